import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Testing

/// The desk with a workflow and the rules that digests and explanations are shown with.
enum RefundDesk {
  static func bundle(_ change: (inout SpecBundle) -> Void = { _ in }) -> SpecBundle {
    Desk.bundle { bundle in
      bundle.terms = [
        .init(
          name: "recent", parameters: ["order"],
          body: .init(
            "has(order.delivered_at) && now - order.delivered_at <= duration(\"336h\")"))
      ]
      bundle.tables = [
        .init(
          name: "limits", type: .map(.number),
          value: .map([.init("basic", .double(50)), .init("gold", .double(500))]))
      ]
      bundle.workflows = [workflow]
      bundle.requirements = rules
      change(&bundle)
    }
  }

  private static var workflow: WorkflowDeclaration {
    var intake = StepDeclaration(name: "intake")
    intake.goal = "Know who is asking and which order is meant."
    intake.tools = ["get_customer", "get_order", "tell_customer"]
    intake.next = [
      .init(
        to: "assess",
        when: .init("known(customers[case.customer_id]) && known(orders[case.order_id])"))
    ]
    var assess = StepDeclaration(name: "assess")
    assess.goal = "Decide the amount;\npropose it with a reason."
    assess.tools = ["get_order", "issue_refund", "hand_over"]
    assess.next = [
      .init(to: "closed", when: .init("done_here(\"issue_refund\")")),
      .init(to: "human", when: .init("done_here(\"hand_over\")")),
    ]
    assess.confidence = .init(below: 0.8, then: .escalate(role: "support_lead"))
    var human = StepDeclaration(name: "human")
    human.actor = "support_lead"
    human.tools = ["get_order", "issue_refund"]
    var closed = StepDeclaration(name: "closed")
    closed.final = true
    return .init(name: "refund", start: "intake", steps: [intake, assess, human, closed])
  }

  static var rules: [RequirementDeclaration] {
    [
      rule("REF-1", "If a refund exceeds what was paid, then the agent shall not issue it.") {
        $0.source = "Refund policy, section 2"
        $0.require = .init("args.amount <= orders[args.order_id].total")
        $0.tell = .init("Propose at most ${orders[args.order_id].total}.")
        $0.position = .init(file: "refund.yaml", line: 41, column: 5)
      },
      rule("REF-2", "While a customer has an open escalation, the agent shall ask a human.") {
        $0.require = .init("customers[case.customer_id].escalated")
        $0.negated = true
        $0.otherwise = .escalate(role: "support_lead")
      },
      rule("REF-3", "When a refund is above the limit, the order shall be recent.") {
        $0.when = .init("args.amount > limits[customers[case.customer_id].tier]")
        $0.require = .init("recent(orders[case.order_id])")
      },
      rule("REF-4", "When an order has lines, each shall have a price.") {
        $0.priority = .should
        $0.otherwise = .warn
        $0.require = .init("orders[args.order_id].items.all(line, line.price > 0.0)")
      },
      rule("REF-5", "When a refund is issued, the customer's address shall be one of ours.") {
        $0.priority = .should
        $0.otherwise = .warn
        $0.require = .init(
          "customers[case.customer_id].email.lowerAscii().endsWith(\"@example.com\")")
      },
      rule("REF-6", "The agent shall be courteous.") {
        $0.appliesTo = []
        $0.advice = true
      },
      rule("REF-7", "When a refund is small, nobody shall need to look at it.") {
        $0.mode = .shadow
        $0.require = .init("args.amount < 5.0")
      },
      rule("REF-8", "The agent shall say that a refund was issued only after it was.") {
        $0.appliesTo = ["tell_customer"]
        $0.when = .init("claims.refund_issued")
        $0.require = .init("done(\"issue_refund\")")
      },
    ]
  }

  static func rule(
    _ id: String, _ statement: String, _ change: (inout RequirementDeclaration) -> Void
  ) -> RequirementDeclaration {
    var rule = RequirementDeclaration(id: id, statement: statement)
    rule.appliesTo = ["issue_refund"]
    change(&rule)
    return rule
  }

  /// A case in the step `assess`, with one customer and one order read.
  static func assess(_ change: (inout SpecBundle) -> Void = { _ in }) throws -> Run {
    var run = try Run(bundle(change))
    try run.event(#"{"type":"open","data":{"customer_id":"cu-1","order_id":"o-1"}}"#)
    try run.propose("c", "get_customer", #"{"customer_id":"cu-1"}"#)
    try run.result(
      "c",
      #"{"id":"cu-1","tier":"basic","escalated":false,"email":"Ann.Secret@Example.com"}"#)
    try run.readOrder(total: "80.0", more: #","delivered_at":"2026-05-20T00:00:00Z""#)
    return run
  }
}
