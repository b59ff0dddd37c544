import CEL
import Foundation
import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Testing

/// Semantics 9 to 14, 27, 28, 33 to 38, 42, 43.
@Suite struct DecidingTests {
  let limit = RequirementDeclaration(
    "REF-1", on: ["issue_refund"], require: "args.amount <= orders[args.order_id].total"
  ) { $0.tell = .init("at most ${orders[args.order_id].total}") }

  @Test func aSatisfiedRequirementAllows() throws {
    var run = try Run(limit)
    try run.readOrder()
    let decision = try run.refund()
    #expect(decision.summary == "allow")
    #expect(decision.seq == 3)
    #expect(decision.validUntil == Timestamp(seconds: Int64(Run.start + 1 + 300)))
  }

  @Test func aViolatedRequirementDeniesWithEvidence() throws {
    var run = try Run(limit)
    try run.readOrder()
    let decision = try run.refund(amount: "20.01")
    #expect(decision.summary == "deny violated/REF-1")
    let finding = try #require(decision.findings.first)
    #expect(finding.message == "at most 20")
    #expect(
      finding.evidence.map(\.path) == ["args.amount", "orders[\"o-1\"].total", "args.order_id"])
    #expect(finding.evidence[1].source == "get_order")
    #expect(finding.evidence[1].value == .double(20))
    #expect(finding.evidence[1].asOf == Timestamp(seconds: Int64(Run.start + 1)))
  }

  @Test func anUnknownFactDeniesAndSaysWhatGroundsIt() throws {
    var run = try Run(limit)
    let decision = try run.refund()
    #expect(decision.summary == "deny ungrounded/REF-1")
    #expect(decision.findings[0].groundBy == ["get_order"])
    #expect(decision.findings[0].message == "`orders[\"o-1\"]` was never read")
  }

  @Test(arguments: [
    (#"{"order_id":"o-1"}"#, "invalid"),
    (#"{"order_id":"o-1","amount":"ten"}"#, "invalid"),
    (#"{"order_id":"o-1","amount":1,"amont":2}"#, "invalid"),
    (#"{"order_id":"o-1","amount":1,"amount":1}"#, "invalid"),
    (#"{"order_id":"o-1","amount":99999999999999999999}"#, "invalid"),
    (#"[1]"#, "invalid"),
    (#""text""#, "invalid"),
    (#"{"order_id":"o-1","amount":1,"reason":null}"#, "ungrounded"),
  ])
  func argumentsAreHeldToTheirTypes(_ args: String, _ category: String) throws {
    var run = try Run(limit)
    let decision = try run.propose("p", "issue_refund", args)
    #expect(decision.outcome == .deny)
    #expect(decision.findings.map(\.category.rawValue).allSatisfy { $0 == category })
  }

  @Test func anUndeclaredActionEndsIt() throws {
    var run = try Run(limit)
    let decision = try run.propose("p", "issue_refnd", "{}")
    #expect(decision.summary == "deny undeclared/declared")
    #expect(decision.findings[0].fix == "did you mean `issue_refund`?")
  }

  @Test func allFindingsComeInOrder() throws {
    var run = try Run(
      .init("B-2", on: ["issue_refund"], require: "false"),
      .init("A-1", on: ["issue_refund"], require: "args.amount < 5.0") { $0.otherwise = .warn },
      .init("C-3", on: ["issue_refund"], require: "true")
    ) { bundle in
      var step = StepDeclaration(name: "only")
      step.tools = ["get_order"]
      step.confidence = .init(below: 0.8, then: .escalate(role: "support_lead"))
      bundle.workflows = [.init(name: "w", start: "only", steps: [step])]
    }
    let decision = try run.refund()
    #expect(
      decision.summary
        == "deny out_of_step/step low_confidence/confidence violated/A-1 violated/B-2")
    #expect(decision.findings[1].role == "support_lead")
  }

  @Test func whenAndRequireAreOneImplication() throws {
    var run = try Run(
      .init(
        "R", on: ["issue_refund"], when: "args.amount > 100.0", require: "orders[\"x\"].total > 1.0"
      ),
      .init(
        "S", on: ["issue_refund"], when: "orders[\"x\"].total > 1.0", require: "args.amount < 50.0")
    )
    #expect(try run.refund("a", order: "1", amount: "10").summary == "allow")
    #expect(try run.refund("b", order: "2", amount: "60").summary == "deny ungrounded/S")
    #expect(
      try run.refund("c", order: "3", amount: "101").summary == "deny ungrounded/R ungrounded/S")
  }

  @Test func forbidIsNegated() throws {
    var run = try Run(
      .init("F", on: ["issue_refund"], require: "args.amount > 5.0") { $0.negated = true })
    let decision = try run.refund()
    #expect(decision.summary == "deny violated/F")
    #expect(decision.findings[0].rule == "forbid")
  }

  @Test func answersOfRequirements() throws {
    func decide(_ change: (inout RequirementDeclaration) -> Void, read: Bool) throws -> String {
      var run = try Run(
        .init("R", on: ["issue_refund"], require: "orders[args.order_id].total < 5.0", change))
      if read { try run.readOrder() }
      return try run.refund().summary
    }
    #expect(
      try decide({ $0.otherwise = .escalate(role: "legal") }, read: true) == "escalate violated/R")
    #expect(
      try decide({ $0.otherwise = .escalate(role: "legal") }, read: false) == "deny ungrounded/R")
    #expect(
      try decide({ $0.ungrounded = .escalate(role: "legal") }, read: false)
        == "escalate ungrounded/R")
    // 10, 42: a warn requirement warns in both cases; `ungrounded: warn` lets pass.
    #expect(try decide({ $0.otherwise = .warn }, read: false) == "warn ungrounded/R")
    #expect(try decide({ $0.ungrounded = .warn }, read: false) == "warn ungrounded/R")
    #expect(try decide({ $0.ungrounded = .warn }, read: true) == "deny violated/R")
  }

  @Test func anErrorIsNoMissingFact() throws {
    var run = try Run(
      .init("R", on: ["issue_refund"], require: "1 / (size(args.order_id) - 3) > 0"))
    let decision = try run.refund()
    #expect(decision.summary == "deny ungrounded/R")
    #expect(decision.findings[0].groundBy == [])
  }

  // 6, 10: known absence is that of a key or a field; every other error is ungrounded.
  @Test(arguments: [
    (#"orders[args.order_id].items[0].price > 1.0"#, "deny ungrounded/R"),
    (#"orders[args.order_id].items.map(i, i.price).max() > 1.0"#, "deny ungrounded/R"),
    (#"orders[args.order_id].items.map(i, i.price).min() > 1.0"#, "deny ungrounded/R"),
    (#"orders[args.order_id].items.first().price > 1.0"#, "deny ungrounded/R"),
    (#"orders[args.order_id].items.last().price > 1.0"#, "deny ungrounded/R"),
    (#"orders[args.order_id].address.split(",")[3] == "x""#, "deny ungrounded/R"),
    (#"limits[?args.order_id].value() > 1"#, "deny ungrounded/R"),
    (#"limits[args.order_id] > 1"#, "deny violated/R"),
    (#"orders[args.order_id].items[?0].hasValue()"#, "deny violated/R"),
    (#"orders[args.order_id].items[?-1].hasValue()"#, "deny violated/R"),
    (#"!orders[args.order_id].items[?0].hasValue()"#, "allow"),
  ])
  func onlyAKeyIsKnownToBeAbsent(_ require: String, _ summary: String) throws {
    var run = try Run(.init("R", on: ["issue_refund"], require: require)) {
      $0.tables = [
        .init(name: "limits", type: .map(.int), value: .map([.init("basic", .int(1))]))
      ]
    }
    try run.readOrder()
    let decision = try run.refund()
    #expect(decision.summary == summary)
    #expect(decision.findings.flatMap(\.groundBy) == [])
  }

  @Test func shadowDecidesNothing() throws {
    var run = try Run(
      .init("A", on: ["issue_refund"], require: "false") { $0.mode = .shadow },
      .init("B", on: ["issue_refund"], require: "args.amount > 50.0") {
        $0.needs = ["A"]
        $0.otherwise = .warn
      })
    #expect(try run.refund().summary == "warn violated/A(shadow) violated/B")
  }

  @Test func needsLeavesUnjudged() throws {
    var run = try Run(
      .init("A", on: ["issue_refund"], require: "false") { $0.needs = ["Z"] },
      .init("Z", on: ["issue_refund"], require: "orders[\"x\"].total > 1.0") {
        $0.ungrounded = .warn
      })
    #expect(try run.refund().summary == "warn ungrounded/Z")
  }

  @Test func adviceDecidesNothing() throws {
    var run = try Run(
      .init("A", on: ["issue_refund"], require: "false") { $0.advice = true },
      .init("B", on: ["issue_refund"], require: "false") { $0.enforcedBy = "types" })
    #expect(try run.refund().summary == "allow")
  }

  // 11
  @Test func approvalLiftsEscalationsToItsRole() throws {
    let rules: [RequirementDeclaration] = [
      .init("R", on: ["issue_refund"], require: "args.amount < 5.0") {
        $0.otherwise = .escalate(role: "support_lead")
      }
    ]
    func run(_ approvals: [String], agent: String? = "a1", amount: String = "10.0") throws -> String
    {
      var run = try Run(Desk.bundle { $0.requirements = rules })
      #expect(try run.refund("p1", "\"agent\":\"a1\"").summary == "escalate violated/R")
      #expect(run.state.escalations.map(\.role) == ["support_lead"])
      for approval in approvals {
        try run.event("{\"type\":\"approve\",\"of\":\"p1\",\(approval)}")
      }
      return try run.refund("p2", amount: amount, agent.map { "\"agent\":\"\($0)\"" } ?? "").summary
    }
    let yes = #""by":"lea","role":"support_lead","verdict":"approved""#
    let no = #""by":"lea","role":"support_lead","verdict":"rejected""#
    #expect(try run([yes]) == "allow")
    #expect(try run([]) == "escalate violated/R")
    #expect(try run([yes], amount: "11.0") == "escalate violated/R")
    #expect(try run([yes], agent: nil) == "escalate violated/R")
    #expect(try run([yes, no]) == "escalate violated/R")
    #expect(try run([no, yes]) == "allow")
    #expect(
      try run([#""by":"a1","role":"support_lead","verdict":"approved""#]) == "escalate violated/R")
    #expect(try run([#""by":"lea","role":"legal","verdict":"approved""#]) == "escalate violated/R")
    #expect(try run([#""by":"lea","role":"nobody","verdict":"approved""#]) == "escalate violated/R")
    // Nobody becomes a second person by a blank, a case or a character that cannot be seen.
    for by in ["A1", " a1 ", "a1\\t", "a1\\u200b", "a\\u00ad1"] {
      #expect(
        try run([#""by":"\#(by)","role":"support_lead","verdict":"approved""#])
          == "escalate violated/R", "\(by)")
    }
    // What is shown beside the id must be what the id stands for.
    #expect(
      try run([yes + #","action":"issue_refund","args":{"order_id":"o-1","amount":10}"#]) == "allow"
    )
    #expect(
      try run([yes + #","args":{"order_id":"o-1","amount":9}"#]) == "escalate violated/R")
    #expect(try run([yes + #","action":"hand_over""#]) == "escalate violated/R")
  }

  @Test func anApprovalIsConsumedAndComesBack() throws {
    var run = try Run(
      .init("R", on: ["hand_over"], require: "false") { $0.otherwise = .escalate(role: "legal") })
    func propose(_ id: String) throws -> String {
      try run.propose(id, "hand_over", #"{"summary":"s"}"#, #""agent":"a1""#).summary
    }
    #expect(try propose("1") == "escalate violated/R")
    // An approval of other arguments than the tool has is of nothing.
    #expect(
      try run.event(
        #"{"type":"approve","action":"hand_over","args":{"summary":"s","x":1},"by":"lea","role":"legal","verdict":"approved"}"#
      ).summary == ["invalid/approve"])
    try run.event(
      #"{"type":"approve","action":"hand_over","args":{"summary":"s"},"by":"lea","role":"legal","verdict":"approved"}"#
    )
    #expect(try propose("2") == "allow")
    #expect(try propose("3") == "escalate violated/R")
    try run.fail("2", effect: "none")
    #expect(try propose("4") == "allow")
    try run.fail("4", effect: "unknown")
    #expect(try propose("5") == "escalate violated/R")
  }

  @Test func anAllowedProposalClosesItsEscalation() throws {
    var run = try Run(
      .init("R", on: ["hand_over"], require: #"known(orders["o-1"])"#) {
        $0.otherwise = .escalate(role: "legal")
      })
    #expect(try run.propose("1", "hand_over", #"{"summary":"s"}"#).outcome == .escalate)
    #expect(run.state.escalations.count == 1)
    try run.readOrder()
    #expect(try run.propose("2", "hand_over", #"{"summary":"s"}"#).outcome == .allow)
    #expect(run.state.escalations == [])
  }

  @Test func aDenyIsNeverLifted() throws {
    var run = try Run(
      .init("R", on: ["hand_over"], require: "false") { $0.otherwise = .escalate(role: "legal") },
      .init("S", on: ["hand_over"], require: "false"))
    try run.propose("1", "hand_over", #"{"summary":"s"}"#, #""agent":"a1""#)
    try run.event(#"{"type":"approve","of":"1","by":"lea","role":"legal","verdict":"approved"}"#)
    #expect(
      try run.propose("2", "hand_over", #"{"summary":"s"}"#, #""agent":"a1""#).summary
        == "deny violated/S")
  }

  @Test func approvalsCanBeLookedAt() throws {
    var run = try Run(
      .init(
        "R", on: ["hand_over"],
        require:
          #"approvals("hand_over").exists(a, a.role == "legal" && a.verdict == "approved" && a.time > a.asked)"#
      ) { $0.otherwise = .escalate(role: "support_lead") })
    func propose(_ id: String, _ summary: String = "s", agent: String = "a1") throws -> Outcome {
      try run.propose(id, "hand_over", #"{"summary":"\#(summary)"}"#, #""agent":"\#(agent)""#)
        .outcome
    }
    func approve(_ of: String, by: String = "lea") throws {
      try run.event(
        #"{"type":"approve","of":"\#(of)","by":"\#(by)","role":"legal","verdict":"approved"}"#)
    }
    #expect(try propose("1") == .escalate)
    // Nobody approves what is their own.
    try approve("1", by: "a1")
    #expect(try propose("2") == .escalate)
    try approve("2")
    #expect(try propose("4", "t") == .escalate)
    #expect(try propose("5") == .allow)
    // The allow has consumed it.
    #expect(try propose("6") == .escalate)
    try run.fail("5", effect: "none")
    #expect(try propose("7") == .allow)
  }

  /// Whoever does not say who asks is told that no approval can count.
  @Test func anEscalationAsksForTheAgentsName() throws {
    var run = try Run(
      .init("R", on: ["hand_over"], require: "false") { $0.otherwise = .escalate(role: "legal") })
    func fix(_ more: String) throws -> String? {
      try run.propose("1", "hand_over", #"{"summary":"s"}"#, more).findings[0].fix
    }
    #expect(
      try fix("")
        == "name yourself in `agent`, then have `legal` approve it, then propose it again unchanged"
    )
    #expect(try fix(#""agent":"a1""#) == "have `legal` approve it, then propose it again unchanged")
  }

  /// On a proposal of another action too, nobody's own counts, and it is seen what each was for.
  @Test func approvalsOfAnotherActionAreOfOthers() throws {
    let rule = RequirementDeclaration(
      "R", on: ["issue_refund"],
      require:
        #"approvals("hand_over").exists(a, a.verdict == "approved" && a.args.summary == args.order_id)"#
    )
    func run(_ summary: String, asks: String = "a2", by: String = "lea") throws -> Outcome {
      var run = try Run(rule)
      try run.propose("1", "hand_over", #"{"summary":"\#(summary)"}"#, #""agent":"\#(asks)""#)
      try run.event(
        #"{"type":"approve","of":"1","by":"\#(by)","role":"legal","verdict":"approved"}"#)
      return try run.refund("2", "\"agent\":\"a1\"").outcome
    }
    #expect(try run("o-1") == .allow)
    #expect(try run("o-2") == .deny)
    #expect(try run("o-1", by: "a1") == .deny)
    // Nor that of the agent that asked for it.
    #expect(try run("o-1", asks: "lea") == .deny)
  }

  /// What an approval let pass is no breach when it has happened.
  @Test func anAnsweredEscalationIsNoBreach() throws {
    var run = try Run(
      .init("R", on: ["hand_over"]) {
        $0.otherwise = .escalate(role: "legal")
        $0.temporal = [
          TemporalDeclaration(
            template: .absence, events: [[.init(.actions(["hand_over"]))]], count: 2,
            sugar: "at_most")
        ]
      })
    func propose(_ id: String) throws -> String {
      try run.propose(id, "hand_over", #"{"summary":"s"}"#, #""agent":"a1""#).summary
    }
    #expect(try propose("1") == "allow")
    try run.result("1", "null")
    #expect(try propose("2") == "escalate violated/R")
    try run.event(#"{"type":"approve","of":"2","by":"lea","role":"legal","verdict":"approved"}"#)
    #expect(try propose("3") == "allow")
    #expect(try run.result("3", "null").summary == [])
    // The next one is nobody's to pass.
    #expect(try propose("4") == "escalate violated/R")
    #expect(
      try run.result("4", "null").summary.sorted() == ["bypassed/result", "violated/R"])
  }

  @Test func whatNeedsALiftedRequirementIsJudged() throws {
    var run = try Run(
      .init("A", on: ["hand_over"], require: "false") { $0.otherwise = .escalate(role: "legal") },
      .init("B", on: ["hand_over"], require: "false") { $0.needs = ["A"] })
    func propose(_ id: String) throws -> String {
      try run.propose(id, "hand_over", #"{"summary":"s"}"#, #""agent":"a1""#).summary
    }
    #expect(try propose("1") == "escalate violated/A")
    try run.event(#"{"type":"approve","of":"1","by":"lea","role":"legal","verdict":"approved"}"#)
    #expect(try propose("2") == "deny violated/B")
  }

  // 12
  @Test func resultsAreFoldedWhateverWasDecided() throws {
    var run = try Run(
      .init("R", on: ["issue_refund"], require: "args.amount < 5.0"),
      .init("D", on: ["hand_over"], require: "done(\"issue_refund\")"))
    #expect(try run.refund("p").outcome == .deny)
    #expect(try run.result("p", #"{"refund_id":"r"}"#).summary == ["bypassed/result"])
    #expect(try run.propose("h", "hand_over", #"{"summary":"s"}"#).summary == "allow")
    #expect(try run.result("p", "{}").summary == ["invalid/result"])
    #expect(try run.result("nobody", "{}").summary == ["invalid/result"])
  }

  // 14, 37
  @Test func claimsUnitePatternsAndTheProposal() throws {
    var run = try Run(
      .init(
        "R", on: ["tell_customer"], when: "claims.refund_issued", require: #"done("issue_refund")"#),
      .init("S", on: ["tell_customer"], require: #"!("13" in claims.amounts)"#))
    func tell(_ text: String, _ claims: String = "{}") throws -> String {
      try run.propose("t", "tell_customer", "{\"text\":\"\(text)\"}", "\"claims\":\(claims)")
        .summary
    }
    #expect(try tell("hello") == "allow")
    #expect(try tell("Your refund was issued") == "deny violated/R")
    #expect(try tell("done!", #"{"refund_issued":true}"#) == "deny violated/R")
    #expect(try tell("13 euros") == "deny violated/S")
    #expect(try tell("thirteen", #"{"amounts":["13"]}"#) == "deny violated/S")
    #expect(try tell("thirteen", #"{"amounts":7}"#) == "deny ungrounded/S")
    #expect(try tell("thirteen", #"{"amounts":[13]}"#) == "deny ungrounded/S")
    #expect(try tell("x", "7") == "deny invalid/args")
    #expect(try tell("x", #"{"refund_isued":true}"#) == "deny invalid/claims")
    #expect(
      try tell("x", #"{"refund_issued":false,"refund_issued":true}"#) == "deny invalid/claims")
  }

  // 14: only which pattern matched.
  @Test(arguments: [
    #"claims.amounts[0] == "1""#, #"!("77" in claims.amounts)"#,
    #"claims.amounts.all(a, a.startsWith("1"))"#, #"claims.amounts[0].startsWith("1")"#,
    #"int(claims.amounts[0]) < 5"#,
    #"calls(["tell_customer", "hand_over"]).exists(c, false) || args.text == "x""#,
    #"args.text.size() < 3"#, #"args.text.split(" ")[1] == "x""#, #"said.agent == "1""#,
    #"turn.text == "1""#,
  ])
  func textOfMessagesIsNeverShown(_ condition: String) throws {
    var run = try Run(
      .init("R", on: ["tell_customer"], require: condition) {
        $0.tell = .init("${args.text} ${args.text.lowerAscii()} ${said.agent} ${claims.amounts}")
      })
    try run.say("agent", "Is it 77 qqq")
    let decision = try run.propose("t", "tell_customer", #"{"text":"It is 77 qqq"}"#)
    #expect(decision.outcome == .deny)
    let args = try JSONDocument.parse(Array(#"{"text":"It is 77 qqq"}"#.utf8)).root
    let explained = run.guardian.explain(
      run.state, Proposal(action: "tell_customer", args: args),
      at: Timestamp(seconds: Int64(Run.start + 9)))
    for text in [
      String(decoding: try decision.json().encoded(), as: UTF8.self).replacing(
        condition.replacing("\"", with: "\\\""), with: ""),
      explained.text().replacing(condition, with: ""),
    ] {
      #expect(!text.contains("qqq"))
      #expect(!text.contains("→ \"77\"") && !text.contains(":\"77\"") && !text.contains("→ 77"))
    }
  }

  @Test func aMessageSaidTwiceIsNotShown() throws {
    var run = try Run(change: {
      for index in $0.tools.indices where $0.tools[index].name == "tell_customer" {
        $0.tools[index].oncePer = ["text"]
      }
    })
    try run.propose("1", "tell_customer", #"{"text":"qqq"}"#)
    let decision = try run.propose("2", "tell_customer", #"{"text":"qqq"}"#)
    #expect(decision.summary == "deny duplicate/once_per")
    #expect(decision.findings[0].evidence.map(\.path) == ["args.text"])
    #expect(!String(decoding: try decision.json().encoded(), as: UTF8.self).contains("qqq"))
  }

  @Test func unproposedMessagesAreJudgedAsFindings() throws {
    var run = try Run(
      .init(
        "R", on: ["tell_customer"], when: "claims.refund_issued", require: #"done("issue_refund")"#)
    ) { bundle in
      var step = StepDeclaration(name: "s")
      step.tools = ["get_order"]
      bundle.workflows = [.init(name: "w", start: "s", steps: [step])]
    }
    let output = try run.say("agent", "Your refund was issued to the secret account")
    #expect(output.summary == ["violated/R"])
    #expect(output.decision == nil)
    let text = String(describing: output.findings)
    #expect(!text.contains("secret account"))
    #expect(try run.say("user", "Your refund was issued").summary == [])
  }

  // 35: a successful say is the agent's message.
  @Test func aSayIsAMessage() throws {
    var run = try Run(
      .init("R", on: ["hand_over"], require: #"said.agent == "hi" && heard("agent", "^h")"#))
    try run.propose("t", "tell_customer", #"{"text":"hi"}"#)
    #expect(try run.propose("a", "hand_over", #"{"summary":"s"}"#).outcome == .deny)
    try run.result("t", "null")
    #expect(try run.propose("b", "hand_over", #"{"summary":"s"}"#).summary == "allow")
  }

  // 36
  @Test func turnTextIsTheMessageDirectlyBefore() throws {
    var run = try Run(.init("R", on: ["hand_over"], require: #"turn.text == """#))
    try run.say("agent", "one moment")
    #expect(try run.propose("a", "hand_over", #"{"summary":"s"}"#).outcome == .deny)
    #expect(try run.propose("b", "hand_over", #"{"summary":"s"}"#).outcome == .allow)
    try run.say("user", "hello")
    #expect(try run.propose("c", "hand_over", #"{"summary":"s"}"#).outcome == .allow)
  }

  // 43
  @Test func inFlightLeavesOutTheProposal() throws {
    var run = try Run(.init("R", on: ["hand_over", "get_order"], require: "in_flight == 0"))
    #expect(try run.propose("a", "get_order", #"{"order_id":"o-1"}"#).outcome == .allow)
    #expect(try run.propose("b", "hand_over", #"{"summary":"s"}"#).outcome == .deny)
    try run.result("a", Run.order())
    #expect(try run.propose("c", "hand_over", #"{"summary":"s"}"#).outcome == .allow)
  }

  // 27
  @Test func termsAreMacros() throws {
    var run = try Run(
      .init(
        "R", on: ["issue_refund"], require: "within(orders[args.order_id], args.amount) && small")
    ) {
      $0.terms = [
        .init(name: "within", parameters: ["order", "sum"], body: .init("sum <= order.total")),
        .init(name: "small", parameters: nil, body: .init("args.amount < limit")),
        .init(name: "limit", parameters: nil, body: .init("15.0")),
      ]
    }
    try run.readOrder()
    #expect(try run.refund("a", amount: "10").summary == "allow")
    #expect(try run.refund("b", order: "o-2", amount: "10").outcome == .deny)
  }

  @Test func aTermDefinedByItselfFailsClosed() throws {
    var run = try Run(.init("R", on: ["issue_refund"], require: "a")) {
      $0.terms = [
        .init(name: "a", parameters: nil, body: .init("b")),
        .init(name: "b", parameters: nil, body: .init("a")),
      ]
    }
    #expect(try run.refund().summary == "deny ungrounded/R")
  }

  @Test func tablesAndPatternsAreConstants() throws {
    var run = try Run(
      .init(
        "R", on: ["get_order"],
        require:
          #"args.order_id in limits && limits[args.order_id] > 1 && !args.order_id.matches(patterns.refusal)"#
      )
    ) {
      $0.tables = [
        .init(
          name: "limits", type: .map(.int),
          value: .map([.init("basic", .int(1)), .init("gold", .int(3)), .init("no", .int(5))]))
      ]
    }
    #expect(try run.propose("a", "get_order", #"{"order_id":"gold"}"#).outcome == .allow)
    #expect(try run.propose("b", "get_order", #"{"order_id":"basic"}"#).outcome == .deny)
    #expect(try run.propose("c", "get_order", #"{"order_id":"none"}"#).outcome == .deny)
    #expect(try run.propose("d", "get_order", #"{"order_id":"no"}"#).outcome == .deny)
  }

  // 23
  @Test func sensitiveValuesAreNotShown() throws {
    var run = try Run(
      .init("R", on: ["hand_over"], require: #"customers["c"].email.endsWith("@b.example")"#))
    try run.propose("g", "get_customer", #"{"customer_id":"c"}"#)
    try run.result("g", #"{"id":"c","tier":"gold","escalated":false,"email":"me@a.example"}"#)
    let decision = try run.propose("h", "hand_over", #"{"summary":"s"}"#)
    #expect(decision.summary == "deny violated/R")
    #expect(decision.findings[0].evidence.map(\.value) == [.string("(sensitive)")])
    #expect(!String(describing: decision.json()).contains("me@a"))
  }

  // 27
  @Test func anArgumentThatOneActionLacksIsGuarded() throws {
    let rules = [
      RequirementDeclaration(
        "W", on: ["hand_over", "issue_refund"], when: "has(args.amount)",
        require: "args.amount <= 5.0"),
      RequirementDeclaration(
        "T", on: ["issue_refund", "tell_customer"],
        require: "!has(args.amount) || args.amount <= 6.0"),
    ]
    var run = try Run(Desk.bundle { $0.requirements = rules })
    #expect(try run.refund("p", amount: "5.5").summary == "deny violated/W")
    #expect(try run.refund("q", amount: "5.0").summary == "allow")
    #expect(try run.propose("h", "hand_over", #"{"summary":"s"}"#).summary == "allow")
    #expect(try run.propose("s", "tell_customer", #"{"text":"s"}"#).summary == "allow")
  }
}
