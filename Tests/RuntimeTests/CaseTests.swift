import CEL
import Foundation
import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Testing

/// Semantics 15, 16, 20 to 22, 30, 32 to 35, 40.
@Suite struct CaseTests {
  static func workflow(_ change: (inout [StepDeclaration]) -> Void = { _ in })
    -> WorkflowDeclaration
  {
    func step(
      _ name: String, _ tools: [String], _ next: [(String, String?)],
      _ change: (inout StepDeclaration) -> Void = { _ in }
    ) -> StepDeclaration {
      var step = StepDeclaration(name: name)
      step.tools = tools
      step.next = next.map { .init(to: $0.0, when: $0.1.map { .init($0) }) }
      change(&step)
      return step
    }
    var steps = [
      step("intake", ["get_order", "hand_over"], [("assess", #"known(orders["o-1"])"#)]),
      step(
        "assess", ["issue_refund", "get_order"],
        [("closed", #"done_here("issue_refund")"#), ("human", nil)]),
      step("human", ["get_order", "issue_refund"], []) { $0.actor = "support_lead" },
      step("closed", ["get_order"], []) { $0.final = true },
    ]
    change(&steps)
    return .init(name: "refund", start: "intake", steps: steps)
  }

  func run(_ requirements: RequirementDeclaration..., change: (inout SpecBundle) -> Void = { _ in })
    throws -> Run
  {
    try Run(
      Desk.bundle {
        $0.requirements = requirements
        $0.workflows = [Self.workflow()]
        change(&$0)
      })
  }

  // 15
  @Test func theClockNeverGoesBack() throws {
    var run = try run()
    run.clock = 10
    try run.event(#"{"type":"tick"}"#)
    run.clock = 3
    let output = try run.event(
      #"{"type":"propose","id":"p","action":"get_order","args":{"order_id":"o"}}"#)
    #expect(output.summary == ["invalid/clock"])
    #expect(output.decision?.time == Timestamp(seconds: Int64(Run.start + 11)))
    #expect(run.state.clock == Timestamp(seconds: Int64(Run.start + 11)))
  }

  // 16
  @Test func stepsAdvanceByThemselves() throws {
    var run = try run()
    #expect(try run.refund("a").summary == "deny out_of_step/step")
    #expect(run.guardian.stepName(of: run.state) == "intake")
    try run.readOrder()
    #expect(run.guardian.stepName(of: run.state) == "assess")
    #expect(try run.refund("b").summary == "allow")
    try run.result("b", #"{"refund_id":"r"}"#)
    #expect(run.guardian.stepName(of: run.state) == "closed")
    let decision = try run.propose("c", "get_order", #"{"order_id":"o-1"}"#)
    #expect(decision.summary == "deny out_of_step/step")
    #expect(decision.step == "closed")
  }

  @Test func enterFollowsOnlyAnOpenEdge() throws {
    var run = try run()
    #expect(try run.event(#"{"type":"enter","step":"human"}"#).summary == ["out_of_step/enter"])
    #expect(try run.event(#"{"type":"enter","step":"hum"}"#).summary == ["out_of_step/enter"])
    try run.readOrder()
    #expect(try run.event(#"{"type":"enter","step":"closed"}"#).summary == ["out_of_step/enter"])
    #expect(try run.event(#"{"type":"enter","step":"human"}"#).summary == [])
    // 33: the agent may only read.
    #expect(try run.propose("g", "get_order", #"{"order_id":"o-1"}"#).summary == "allow")
    #expect(try run.refund().summary == "deny out_of_step/step")
  }

  @Test func noStepTwice() throws {
    var run = try run {
      $0.workflows = [
        Self.workflow {
          $0[0].next = [.init(to: "assess", when: .init("true"))]
          $0[1].next = [.init(to: "intake", when: .init("true"))]
        }
      ]
    }
    try run.event(#"{"type":"tick"}"#)
    #expect(run.guardian.stepName(of: run.state) == "assess")
    try run.event(#"{"type":"tick"}"#)
    #expect(run.guardian.stepName(of: run.state) == "intake")
  }

  @Test func doneHereSpeaksOfTheStep() throws {
    var run = try run(
      .init("R", on: ["get_order"], require: #"done("get_order") == done_here("get_order")"#))
    #expect(try run.propose("a", "get_order", #"{"order_id":"o-1"}"#).outcome == .allow)
    try run.result("a", Run.order())
    #expect(run.guardian.stepName(of: run.state) == "assess")
    #expect(try run.propose("b", "get_order", #"{"order_id":"o-1"}"#).outcome == .deny)
  }

  // 16, 40
  @Test func workflowsAreChosenByOpen() throws {
    func bundle() -> SpecBundle {
      Desk.bundle {
        var other = Self.workflow()
        other.name = "other"
        other.start = "assess"
        $0.workflows = [Self.workflow(), other]
      }
    }
    var named = try Run(bundle())
    #expect(try named.event(#"{"type":"open","workflow":"other","data":{}}"#).summary == [])
    #expect(named.guardian.stepName(of: named.state) == "assess")
    var unnamed = try Run(bundle())
    #expect(try unnamed.event(#"{"type":"tick"}"#).summary == ["invalid/workflow"])
    #expect(try unnamed.event(#"{"type":"tick"}"#).summary == [])
    #expect(try unnamed.refund().summary == "allow")
    var misspelt = try Run(bundle())
    #expect(
      try misspelt.event(#"{"type":"open","workflow":"othr"}"#).summary == ["invalid/workflow"])
    // The only one there is holds, whatever it is called.
    var only = try Run(Desk.bundle { $0.workflows = [Self.workflow()] })
    #expect(
      try only.event(#"{"type":"open","workflow":"othr"}"#).summary == ["invalid/workflow"])
    #expect(only.guardian.stepName(of: only.state) == Self.workflow().start)
  }

  // 32
  @Test func openGivesTheCaseItsKeys() throws {
    var run = try run(
      .init("R", on: ["get_order"], require: #"case.order_id == args.order_id"#))
    let output = try run.event(
      #"{"type":"open","data":{"order_id":"o-1","colour":"red","customer_id":7}}"#)
    #expect(output.summary == ["contract_drift/contract"])
    #expect(output.notes == ["the case gives the key `colour`, which the spec does not declare"])
    let decision = try run.propose("a", "get_order", #"{"order_id":"o-1"}"#)
    #expect(decision.summary == "allow")
    #expect(decision.seq == 2)
    #expect(try run.event(#"{"type":"open","data":{}}"#).summary == ["invalid/open"])
  }

  @Test func aClosedCaseAllowsNothing() throws {
    var run = try run()
    try run.event(#"{"type":"close","outcome":"done"}"#)
    #expect(run.state.isClosed)
    #expect(try run.propose("a", "get_order", #"{"order_id":"o-1"}"#).outcome == .deny)
    #expect(try run.event(#"{"type":"close"}"#).summary == ["invalid/close"])
  }

  // 20, 21, 34
  @Test func digestsAreRequired() throws {
    var run = try run { $0.digestRequired = true }
    let intake = run.guardian.digest(of: run.state)
    #expect(try run.propose("a", "get_order", #"{"order_id":"o-1"}"#).outcome == .allow)
    try run.result("a", Run.order())
    let refused = try run.refund("b")
    #expect(refused.summary == "deny outdated_digest/digest")
    #expect(refused.digest != intake)
    #expect(refused.findings[0].fix?.contains(refused.digest) == true)
    // The denial itself does not change the digest.
    #expect(try run.refund("c", "\"digest\":\"\(refused.digest)\"").summary == "allow")
    let before = run.guardian.digest(of: run.state)
    try run.event(#"{"type":"tick"}"#)
    try run.readOrder("o-9")
    #expect(run.guardian.digest(of: run.state) == before)
    try run.event(#"{"type":"compacted"}"#)
    let compacted = run.guardian.digest(of: run.state)
    #expect(compacted != before)
    try run.propose("d", "hand_over", #"{"summary":"s"}"#)
    #expect(run.guardian.digest(of: run.state) != compacted)
  }

  // 21: a denial for another reason too changes what is due; the answer holds the new one.
  @Test func theAnswerHoldsTheDigestThatIsDueNow() throws {
    var run = try run(.init("R", on: ["issue_refund"], require: "args.amount < 5.0")) {
      $0.digestRequired = true
    }
    try run.readOrder()
    let refused = try run.refund("a")
    #expect(refused.summary == "deny outdated_digest/digest violated/R")
    #expect(refused.digest == run.guardian.digest(of: run.state))
    #expect(refused.findings[0].fix?.contains(refused.digest) == true)
    #expect(
      try run.refund("b", amount: "4.0", "\"digest\":\"\(refused.digest)\"").summary == "allow")
  }

  @Test func aStepCanRequireDigests() throws {
    var run = try run {
      $0.workflows = [Self.workflow { $0[0].digestRequired = true }]
    }
    #expect(
      try run.propose("a", "get_order", #"{"order_id":"o-1"}"#).summary
        == "deny outdated_digest/digest")
  }

  // 34
  @Test func confidenceIsJudgedForWritesAndSays() throws {
    var run = try run {
      $0.workflows = [
        Self.workflow {
          $0[0].confidence = .init(below: 0.8, then: .warn)
          $0[0].tools = ["get_order", "issue_refund", "tell_customer", "hand_over"]
        }
      ]
    }
    #expect(try run.refund("a", "\"confidence\":0.8").summary == "allow")
    #expect(
      try run.refund("b", order: "2", "\"confidence\":0.79").summary
        == "warn low_confidence/confidence")
    #expect(try run.refund("c", order: "3").summary == "warn low_confidence/confidence")
    #expect(try run.propose("d", "get_order", #"{"order_id":"x"}"#).summary == "allow")
    #expect(
      try run.propose("e", "tell_customer", #"{"text":"x"}"#).summary
        == "warn low_confidence/confidence")
    #expect(try run.propose("f", "hand_over", #"{"summary":"x"}"#).summary == "allow")
  }

  // 30, 35
  static let confirmed = RequirementDeclaration("C", on: ["issue_refund"]) {
    $0.confirmed = .init(
      by: "user", agrees: .init("patterns.agreement"), refuses: .init("patterns.refusal"),
      lists: [.init("args.amount"), .init("args.order_id")])
  }

  static let confirmations: [(messages: [(String, String)], outcome: String)] = [
    ([("agent", "Refund 20 for o-1?"), ("user", "Yes please")], "allow"),
    ([("agent", "Refund $20.00 for O-1?"), ("user", "yep")], "allow"),
    ([("agent", "Refund 1,020.00 for o-1?"), ("user", "yep")], "deny"),
    ([("agent", "Refund 200 for o-1?"), ("user", "yes")], "deny"),
    ([("agent", "Refund 20 for o-12?"), ("user", "yes")], "deny"),
    ([("agent", "Refund 20 for xo-1?"), ("user", "yes")], "deny"),
    ([("agent", "Refund 20 for o-1?"), ("user", "yes or no")], "deny"),
    ([("agent", "Refund 20 for o-1?"), ("user", "well")], "deny"),
    ([("agent", "Refund 20 for o-1?"), ("user", "yes"), ("user", "well")], "deny"),
    ([("user", "yes"), ("agent", "Refund 20 for o-1?")], "deny"),
    ([("agent", "Refund 20 for o-1?"), ("agent", "So?"), ("user", "yes")], "deny"),
    ([("agent", "Refund 20 for o-1?"), ("user", "yes"), ("agent", "fine")], "allow"),
    ([], "deny"),
    ([("agent", "Refund €20.00 for “o-1”—ok?"), ("user", "yes")], "allow"),
    ([("agent", "Refund 20€ (o-1)?"), ("user", "yes")], "allow"),
    ([("agent", "Total:20, order o-1."), ("user", "yes")], "allow"),
    ([("agent", "Refund 20-euro o-1."), ("user", "yes")], "allow"),
    ([("agent", "Refund 20 for o-1é?"), ("user", "yes")], "deny"),
    ([("agent", "Refund o-1 and o-20?"), ("user", "yes")], "deny"),
    ([("agent", "Refund o-1 on 2026-05-20?"), ("user", "yes")], "deny"),
    ([("agent", "Refund o-1 at 12:20?"), ("user", "yes")], "deny"),
    ([("agent", "Refund 20-30 for o-1?"), ("user", "yes")], "deny"),
    ([("agent", "Refund 20k for o-1?"), ("user", "yes")], "deny"),
    ([("agent", "Refund 20,5 for o-1?"), ("user", "yes")], "deny"),
    ([("agent", "Refund 1.20.3 for o-1?"), ("user", "yes")], "deny"),
  ]

  @Test(arguments: confirmations.indices)
  func confirmation(_ index: Int) throws {
    let (messages, outcome) = Self.confirmations[index]
    var run = try Run(Desk.bundle { $0.requirements = [Self.confirmed] })
    for (speaker, text) in messages { try run.say(speaker, text) }
    #expect(try run.refund("p", amount: "20").outcome.name == outcome)
  }

  @Test func aYesIsUsedUp() throws {
    var run = try Run(
      Desk.bundle {
        $0.requirements = [Self.confirmed]
        for index in $0.tools.indices { $0.tools[index].oncePer = [] }
      })
    try run.say("agent", "Refund 20 or 10 for o-1?")
    try run.say("user", "yes")
    #expect(try run.refund("a", amount: "20").outcome == .allow)
    #expect(try run.refund("b", amount: "20").outcome == .deny)
    #expect(try run.refund("c", amount: "10").outcome == .allow)
    try run.fail("a", effect: "none")
    #expect(try run.refund("d", amount: "20").outcome == .allow)
    try run.say("user", "yes yes")
    #expect(try run.refund("e", amount: "20").outcome == .allow)
  }

  @Test func confirmationUnderACondition() throws {
    var rule = Self.confirmed
    rule.when = .init("args.amount > orders[args.order_id].total")
    var run = try Run(Desk.bundle { $0.requirements = [rule] })
    #expect(try run.refund("a").summary == "deny ungrounded/C")
    try run.readOrder()
    #expect(try run.refund("b").summary == "allow")
    #expect(try run.refund("c", order: "o-2", amount: "30").summary == "deny ungrounded/C")
    try run.readOrder("o-2")
    #expect(try run.refund("d", order: "o-2", amount: "30").summary == "deny violated/C")
  }

  // 22: the same events give the same bytes.
  @Test func decisionsAreDeterministic() throws {
    func once() throws -> [UInt8] {
      var run = try run(
        .init("R", on: ["issue_refund"], require: "args.amount < orders[args.order_id].total"),
        Self.confirmed)
      var bytes: [UInt8] = []
      try run.readOrder()
      bytes += try run.refund("a").json().encoded()
      bytes += try run.refund("b", amount: "30").json().encoded()
      return bytes
    }
    let first = try once()
    #expect(try once() == first)
    let text = String(decoding: first, as: UTF8.self)
    #expect(
      text.hasPrefix(
        #"{"case":"c-1","seq":3,"time":"2026-05-28T20:26:43Z","decision":"deny","findings":[{"requirement":"C","#
      ))
  }

  @Test func judgingChangesNothing() throws {
    var run = try Run(
      .init("R", on: ["issue_refund"], require: "args.amount < orders[args.order_id].total"),
      .init("S", on: ["issue_refund"], require: "false"))
    try run.readOrder()
    let args = try JSONDocument.parse(Array(#"{"order_id":"o-1","amount":3}"#.utf8)).root
    let proposal = Proposal(action: "issue_refund", args: args)
    let time = Timestamp(seconds: Int64(Run.start + 5))
    #expect(run.guardian.judge(run.state, proposal, at: time).summary == "deny violated/S")
    // 24: an example judges its requirement alone.
    #expect(run.guardian.judge(run.state, proposal, at: time, only: ["R"]).summary == "allow")
    #expect(run.state.seq == 2)
  }

  @Test func guardsRefuseBrokenBundles() {
    #expect(throws: GuardError.self) {
      try Guard(Desk.bundle { $0.tools += [$0.tools[0]] }, meaning: "")
    }
    #expect(throws: GuardError.self) {
      try Guard(Desk.bundle { $0.requirements = [.init("R", on: ["nothing"])] }, meaning: "")
    }
    #expect(throws: GuardError.self) {
      try Guard(
        Desk.bundle { $0.workflows = [.init(name: "w", start: "x", steps: [])] }, meaning: "")
    }
  }

  @Test func aBrokenConditionFailsClosed() throws {
    var run = try Run(
      .init("R", on: ["issue_refund"], require: "args.amont > 1"),
      .init("S", on: ["issue_refund"], require: "args.amount >"))
    #expect(try run.refund().summary == "deny ungrounded/R ungrounded/S")
  }
}
