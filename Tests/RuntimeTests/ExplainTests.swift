import CEL
import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Testing

@Suite struct ExplainTests {
  private func explain(
    _ run: Run, _ action: String, _ args: String, _ more: String = #","confidence":0.9"#,
    at seconds: Int = 10
  ) throws -> Explanation {
    let event = try Run.event(
      #"{"type":"propose","id":"p","action":"\#(action)","args":\#(args)\#(more)}"#, at: seconds)
    return try #require(run.guardian.explain(run.state, event))
  }

  private func rule(_ explanation: Explanation, _ id: String) throws -> Explanation.Rule {
    try #require(explanation.rules.first { $0.id == id })
  }

  @Test func listsOfCallsAndOfApprovalsAreCountedAsWhatTheyAre() throws {
    var run = try Run(
      .init(
        "R", on: ["think"],
        require: #"size(approvals("issue_refund")) == 1 && size(calls("get_order")) == 2"#))
    try run.readOrder()
    try run.readOrder()
    try run.event(
      #"{"type":"approve","action":"issue_refund","args":{"order_id":"o-1","amount":1},"by":"ann","role":"legal","verdict":"approved"}"#
    )
    let text = try explain(run, "think", #"{"thought":"x"}"#, #","agent":"a1""#).text()
    #expect(text.contains(#"approvals("issue_refund") → 1 approval"#), "\(text)")
    #expect(text.contains(#"calls("get_order") → 2 calls"#), "\(text)")
  }

  @Test func oneScreen() throws {
    let run = try RefundDesk.assess { bundle in
      bundle.requirements.removeAll { !["REF-1", "REF-3"].contains($0.id) }
    }
    let explanation = try explain(run, "issue_refund", #"{"order_id":"o-1","amount":90}"#)
    #expect(
      explanation.text() == """
        DENIED: issue_refund
          proposed with {"order_id":"o-1","amount":90}
          case c-1, event 6, 2026-05-28T20:26:50Z, step assess

        Why
          REF-1 violated: If a refund exceeds what was paid, then the agent shall not issue it.
            Propose at most 80.
            refund.yaml:41:5

        What was known, of the rules that failed
          args.amount = 90  (the proposal)
          orders["o-1"].total = 80  (read with get_order, as of 2026-05-28T20:26:44Z)
          args.order_id = "o-1"  (the proposal)

        This holds until 2026-05-28T20:31:44Z; then a fact it rests on is stale.

        What to do
          Propose at most 80.

        The rules that apply

          REF-1: violated
            If a refund exceeds what was paid, then the agent shall not issue it.
            from: Refund policy, section 2
            require:
              args.amount <= orders[args.order_id].total → false
                args.amount → 90
                orders[args.order_id].total → 80
                  args.order_id → "o-1"

          REF-3: satisfied
            When a refund is above the limit, the order shall be recent.
            when:
              args.amount > limits[customers[case.customer_id].tier] → true
                args.amount → 90
                limits[customers[case.customer_id].tier] → 50
                  customers[case.customer_id].tier → "basic"
                    case.customer_id → "cu-1"
            require:
              has(order.delivered_at) && now - order.delivered_at <= duration("336h") → true  \
        (term `recent`)
                has(order.delivered_at) → true
                  case.order_id → "o-1"
                now - order.delivered_at <= duration("336h") → true
                  now - order.delivered_at → "764810s"
                    now → "2026-05-28T20:26:50Z"
                    order.delivered_at → "2026-05-20T00:00:00Z"
                      case.order_id → "o-1"
                  duration("336h") → "1209600s"

        """)
  }

  @Test func whatWasMissing() throws {
    let run = try RefundDesk.assess()
    let explanation = try explain(
      run, "issue_refund", #"{"order_id":"o-2","amount":60}"#, at: 10_000)
    let missing = explanation.missing
    #expect(missing.map(\.path) == ["orders[\"o-2\"]", "orders[\"o-1\"]"])
    #expect(missing.map(\.reason) == ["was never read", "is out of date"])
    #expect(missing.map(\.asOf) == [nil, Timestamp(seconds: Int64(Run.start) + 4)])
    #expect(missing.allSatisfy { $0.groundBy == ["get_order"] })
    #expect(try rule(explanation, "REF-1").status == .failed)
    let text = explanation.text()
    #expect(text.contains("  orders[\"o-2\"] was never read: get_order would tell\n"))
    #expect(text.contains("  call `get_order` first, then propose again\n"))
    #expect(text.contains("orders[args.order_id].total → unknown: orders[\"o-2\"] was never read"))
  }

  @Test func whatAShortCircuitSkipsIsLeftOut() throws {
    let run = try RefundDesk.assess()
    let explanation = try explain(run, "issue_refund", #"{"order_id":"o-1","amount":3}"#)
    #expect(explanation.decision.outcome == .allow)
    let skipped = try rule(explanation, "REF-3")
    #expect(skipped.status == .notApplicable)
    #expect(skipped.parts.map(\.key) == ["when"])
    #expect(explanation.text().hasPrefix("ALLOWED: issue_refund\n"))
    #expect(explanation.text().contains("  Every requirement that applies is satisfied.\n"))
    #expect(explanation.rules.map(\.id) == ["REF-1", "REF-2", "REF-3", "REF-4", "REF-5", "REF-7"])
    #expect(try rule(explanation, "REF-2").parts.map(\.key) == ["forbid"])
  }

  @Test func loopsAreSummedUp() throws {
    var run = try RefundDesk.assess()
    try run.propose("again", "get_order", #"{"order_id":"o-3"}"#)
    try run.result(
      "again",
      #"{"id":"o-3","status":"pending","total":9,"address":"A","#
        + #""items":[{"sku":"a","price":1},{"sku":"b","price":0}]}"#)
    let explanation = try explain(run, "issue_refund", #"{"order_id":"o-3","amount":3}"#)
    let loop = try #require(rule(explanation, "REF-4").parts.first).expression
    #expect(loop.result == .value(false))
    #expect(loop.note == "`line.price > 0.0` for 2 looked at: 1 true, 1 false")
    #expect(loop.children.map(\.text) == ["orders[args.order_id].items"])
  }

  @Test func sensitiveValuesAreMasked() throws {
    let run = try RefundDesk.assess {
      $0.requirements.append(
        RefundDesk.rule("REF-9", "When a refund is issued, the number shall be small.") {
          $0.require = .init("int(customers[case.customer_id].email) < 5")
        })
      $0.requirements.append(
        RefundDesk.rule("REF-A", "When a refund is issued, no letter shall be odd.") {
          $0.require = .init(
            "[customers[case.customer_id].email].map(x, x + \"!\").exists(y, y == \"z\")")
        })
    }
    let explanation = try explain(run, "issue_refund", #"{"order_id":"o-1","amount":3}"#)
    let email = try #require(rule(explanation, "REF-5").parts.first).expression
    #expect(email.result == .value(true))
    #expect(email.children.first?.result == .described("(sensitive)"))
    for text in [explanation.text(), "\(explanation.json())"] {
      #expect(!text.lowercased().contains("ann.secret"))
      #expect(text.contains("(sensitive)"))
    }
  }

  @Test func textsOfMessagesAreMasked() throws {
    let run = try RefundDesk.assess {
      $0.requirements.append(
        RefundDesk.rule("SAY-1", "The agent shall be brief.") {
          $0.appliesTo = ["tell_customer"]
          $0.require = .init("size(args.text) < 5 || said.user == args.text")
        })
    }
    let explanation = try explain(
      run, "tell_customer", #"{"text":"Your refund was issued, xyzzy"}"#)
    let text = explanation.text()
    #expect(!text.contains("xyzzy"))
    #expect(!"\(explanation.json()["rules"] ?? .null)".contains("xyzzy"))
    #expect(text.contains("proposed with {\"text\":\"(text of the message)\"}"))
    #expect(text.contains("args.text → (text of a message)"))
    #expect(text.contains("done(\"issue_refund\") → false"))
    #expect(try rule(explanation, "SAY-1").status == .failed)
  }

  /// A key that is a message's text is shown as it is written: in evidence, in what is missing, in a tree.
  @Test(arguments: [
    "orders[said.user].total > 1.0", "has(orders[said.user].delivered_at)", "said.user in orders",
    #"orders["x" + said.user].total > 1.0 && orders["a"].total > 0.0"#,
    #"said.user.split(",").all(id, orders[id].total > 1.0)"#,
  ])
  func aKeyThatIsAMessageIsShownAsWritten(_ condition: String) throws {
    var run = try Run(.init("R", on: ["think"], require: condition))
    try run.event(#"{"type":"message","from":"user","text":"xyzzy"}"#)
    let explanation = try explain(run, "think", #"{"thought":"x"}"#)
    let decision = try #require(
      try run.event(#"{"type":"propose","id":"p","action":"think","args":{"thought":"x"}}"#)
        .decision)
    #expect(decision.outcome == .deny)
    for text in [explanation.text(), "\(explanation.json())", "\(decision)"] {
      #expect(!text.contains("xyzzy"), "\(text)")
    }
    #expect(decision.findings[0].message.contains("orders[\"") == condition.contains(#"["a"]"#))
    #expect(decision.findings[0].groundBy == ["get_order"])
  }

  @Test func approvedNeededAndConfirmed() throws {
    let rules = [
      RefundDesk.rule("A", "When a refund is issued, a lead shall agree.") {
        $0.require = .init("args.amount < 1.0")
        $0.otherwise = .escalate(role: "support_lead")
      },
      RefundDesk.rule("B", "When a refund is issued, the user shall agree.") {
        $0.when = .init("args.amount > 5.0")
        $0.confirmed = .init(
          by: "user", agrees: .init("patterns.agreement"), refuses: nil,
          lists: [.init("args.amount")])
      },
      RefundDesk.rule("C", "When B holds, the amount shall be even.") {
        $0.needs = ["B"]
        $0.require = .init("args.amount == 10.0")
      },
      RefundDesk.rule("D", "When a refund is issued, it shall have a number.") {
        $0.ensure = .init("result.refund_id != \"\"")
      },
    ]
    var run = try Run(Desk.bundle { $0.requirements = rules })
    let args = #"{"order_id":"o-1","amount":10}"#
    let agent = #","agent":"bot""#
    let before = try explain(run, "issue_refund", args, agent)
    #expect(before.rules.map(\.status) == [.failed, .failed, .notJudged, .elsewhere])
    #expect(try rule(before, "C").note == "a requirement that it needs fails: B")
    #expect(try rule(before, "B").parts.map(\.key) == ["when", "confirmed.lists"])
    #expect(before.text().contains("  B: violated\n"))
    #expect(try rule(before, "B").note == "Not confirmed: the user has not said anything.")

    try run.say("agent", "I would refund 10.00, yes?")
    try run.say("user", "Yes")
    try run.event(
      #"{"type":"approve","action":"issue_refund","args":\#(args),"by":"lea","#
        + #""role":"support_lead","verdict":"approved"}"#)
    let after = try explain(run, "issue_refund", args, agent)
    #expect(after.decision.outcome == .allow)
    #expect(after.rules.map(\.status) == [.approved, .satisfied, .satisfied, .elsewhere])
    #expect(after.text().contains("A would escalate; an approval answers it."))
    #expect(try rule(after, "B").note?.hasPrefix("Confirmed:") == true)
    let small = try explain(run, "issue_refund", #"{"order_id":"o-1","amount":5}"#, agent)
    #expect(try rule(small, "B").status == .notApplicable)
  }

  @Test func proposalsThatAreNone() throws {
    let run = try RefundDesk.assess()
    let undeclared = try explain(run, "isue_refund", "{}")
    #expect(undeclared.rules.isEmpty && undeclared.arguments == nil)
    #expect(undeclared.text().contains("declared undeclared: there is no action `isue_refund`"))
    #expect(undeclared.text().contains("did you mean `issue_refund`?"))
    let malformed = try explain(run, "issue_refund", #"{"order_id":7}"#)
    #expect(malformed.rules.isEmpty && malformed.decision.outcome == .deny)
    let tick = try Run.event(#"{"type":"tick"}"#, at: 9)
    #expect(run.guardian.explain(run.state, tick) == nil)
  }

  @Test func itIsWhatTheGuardDecides() throws {
    var run = try RefundDesk.assess()
    for (amount, order) in [("3", "o-1"), ("60", "o-1"), ("90", "o-1"), ("3", "o-2")] {
      let args = #"{"order_id":"\#(order)","amount":\#(amount)}"#
      let explanation = try explain(run, "issue_refund", args, at: run.clock + 1)
      var copy = run
      let decision = try copy.propose("p", "issue_refund", args, #""confidence":0.9"#)
      #expect(explanation.decision.json() == decision.json())
      #expect(
        explanation.json() == (try explain(run, "issue_refund", args, at: run.clock + 1)).json())
    }
    run.clock += 1
    // Before the first event there is nothing but the start of the workflow.
    let fresh = try Run(RefundDesk.bundle())
    #expect(try explain(fresh, "get_order", #"{"order_id":"o-1"}"#).decision.outcome == .allow)
  }
}
