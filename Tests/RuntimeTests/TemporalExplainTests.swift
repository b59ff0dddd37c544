import CEL
import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Testing

/// What explanations and digests tell about temporal rules.
@Suite struct TemporalExplainTests {
  private static func action(_ name: String, where condition: String? = nil)
    -> [EventDeclaration]
  {
    [.init(.actions([name]), condition: condition.map { .init($0) })]
  }

  private static func rule(
    _ template: DeclareTemplate, _ events: [[EventDeclaration]], count: Int? = nil,
    same: [String] = [], within: Int64? = nil, sugar: String = "declare",
    on actions: [String] = ["issue_refund"], when: String? = nil
  ) -> RequirementDeclaration {
    RequirementDeclaration("T-1", on: actions, when: when) {
      $0.temporal = [
        .init(
          template: template, events: events, count: count, same: same, within: within,
          sugar: sugar)
      ]
    }
  }

  /// A case that keeps what explanations tell.
  private static func run(
    _ rule: RequirementDeclaration, change: (inout SpecBundle) -> Void = { _ in }
  ) throws -> Run {
    var run = try Run(rule, change: change)
    run.state = run.guardian.open("c-1", forExplaining: true)
    return run
  }

  private func address(_ run: inout Run, _ id: String, order: String = "o-1") throws {
    try run.propose(id, "change_address", #"{"order_id":"\#(order)","address":"B"}"#)
    try run.result(id, "null")
  }

  private func explained(_ run: Run, order: String = "o-1") throws -> Explanation.Rule {
    let event = try Run.event(
      #"{"type":"propose","id":"x","action":"issue_refund","args":"#
        + #"{"order_id":"\#(order)","amount":5}}"#, at: run.clock + 1)
    let explanation = try #require(run.guardian.explain(run.state, event))
    return try #require(explanation.rules.first { $0.id == "T-1" })
  }

  private func short(_ rule: Explanation.Rule) -> [String] {
    rule.events.map { "\($0.seq) \($0.name) \($0.counts.rawValue)" }
  }

  @Test func whatHasToComeFirst() throws {
    var run = try Self.run(
      Self.rule(
        .precedence, [Self.action("change_address"), Self.action("issue_refund")],
        same: ["order_id"], sugar: "after"))
    try address(&run, "a1", order: "o-2")
    let before = try explained(run)
    #expect(before.status == .failed)
    #expect(before.events.isEmpty)
    #expect(
      before.note
        == "It is `after change_address` with the same `order_id`; none of its events happened "
        + "so far. Missing: `change_address` has to come first.")
    try address(&run, "a2", order: "o-1")
    let after = try explained(run)
    #expect(after.status == .satisfied)
    #expect(short(after) == ["4 change_address yes"])
    #expect(after.events.first?.time == Timestamp(seconds: Int64(Run.start + 4)))
    #expect(
      after.note
        == "It is `after change_address` with the same `order_id`; 1 of its events so far counts."
    )
  }

  @Test func whatDoesNotCountSaysWhy() throws {
    var run = try Self.run(
      Self.rule(
        .precedence,
        [
          Self.action("change_address", where: #"args.address == "C""#),
          Self.action("issue_refund"),
        ], sugar: "after"))
    try address(&run, "a1")
    let rule = try explained(run)
    #expect(rule.status == .failed)
    #expect(short(rule) == ["2 change_address no"])
    #expect(rule.note?.contains("0 of its events so far count.") == true)
    let event = try Run.event(
      #"{"type":"propose","id":"x","action":"issue_refund","args":{"order_id":"o","amount":5}}"#,
      at: run.clock + 1)
    let explanation = try #require(run.guardian.explain(run.state, event))
    #expect(
      explanation.text().contains(
        "event 2, 2026-05-28T20:26:42Z: change_address does not count: its condition does not hold"
      ))
    let rules = explanation.json()["rules"]
    #expect(
      rules?[index: 0]?["events"]?[index: 0]
        == .object([
          .init("seq", .int(2)), .init("time", .string("2026-05-28T20:26:42Z")),
          .init("event", .string("change_address")), .init("counts", .string("no")),
        ]))
  }

  @Test func whatIsOpenAndWhatIsTooOld() throws {
    var run = try Self.run(
      Self.rule(
        .absence, [Self.action("issue_refund")], count: 2, within: 60, sugar: "at_most"),
      change: { $0.tools[2].oncePer = [] })
    try run.refund("p1", order: "o-1")
    #expect(short(try explained(run)) == ["1 issue_refund in_flight"])
    try run.result("p1", #"{"refund_id":"r"}"#)
    let soon = try explained(run)
    #expect(soon.status == .failed)
    #expect(short(soon) == ["2 issue_refund yes"])
    #expect(soon.note?.hasSuffix("Only time would let it pass: what counts grows too old.") == true)
    run.clock += 60
    #expect(short(try explained(run)) == ["2 issue_refund too_old"])
    try run.refund("p2", order: "o-2")
    try run.fail("p2")
    #expect(short(try explained(run)) == ["2 issue_refund too_old", "3 issue_refund in_doubt"])
  }

  @Test func whatIsAnEndAndWhatComesThen() throws {
    var run = try Self.run(
      Self.rule(
        .notSuccession, [Self.action("change_address"), Self.action("issue_refund")],
        sugar: "not_after"))
    try address(&run, "a1")
    #expect(
      try explained(run).note?.hasSuffix("Nothing that comes first would let it pass.") == true)

    let then = try Self.run(
      Self.rule(
        .chainResponse, [Self.action("issue_refund"), Self.action("change_address")],
        on: []))
    let rule = try explained(then)
    #expect(
      rule.note?.hasSuffix("After it, `change_address` has to happen before the case closes.")
        == true)
  }

  @Test func everyKindOfEventIsTold() throws {
    var run = try Self.run(
      Self.rule(
        .precedence,
        [
          [
            .init(.message(speaker: "user")), .init(.attempt(["change_address"])),
            .init(.activity("checked by hand")),
          ], Self.action("issue_refund"),
        ], sugar: "after"))
    try run.say("user", "please")
    try run.propose("a", "change_address", #"{"order_id":"o-1","address":"B"}"#)
    try run.event(#"{"type":"activity","name":"checked by hand"}"#)
    #expect(
      short(try explained(run)) == [
        "1 message(user) yes", "2 attempt(change_address) yes", "3 checked by hand yes",
      ])
  }

  /// Decisions, states and digests are the same, whether or not witnesses are kept.
  @Test func witnessesDecideNothing() throws {
    let rule = Self.rule(
      .alternatePrecedence, [Self.action("change_address"), Self.action("issue_refund")],
      sugar: "declare")
    var with = try Self.run(rule)
    var without = try Run(rule)
    for step in 0..<12 {
      for (id, action, args) in [
        ("a\(step)", "change_address", #"{"order_id":"o-1","address":"B"}"#),
        ("r\(step)", "issue_refund", #"{"order_id":"o-\#(step)","amount":5}"#),
        ("s\(step)", "issue_refund", #"{"order_id":"p-\#(step)","amount":5}"#),
      ] {
        #expect(
          try with.propose(id, action, args).json() == without.propose(id, action, args).json())
        let result = action == "issue_refund" ? #"{"refund_id":"r"}"# : "null"
        #expect(try with.result(id, result).findings == without.result(id, result).findings)
      }
    }
    #expect(with.guardian.digest(of: with.state) == without.guardian.digest(of: without.state))
  }

  // MARK: Digests

  /// The actions under which a digest lists the rule; nil: it does not.
  private func listed(_ rule: RequirementDeclaration) throws -> [String]? {
    let run = try Run(rule)
    return run.guardian.digest(run.state).requirements.first { $0.id == "T-1" }?.actions
  }

  @Test(arguments: [
    (DeclareTemplate.precedence, ["issue_refund"]), (.alternatePrecedence, ["issue_refund"]),
    (.chainPrecedence, ["issue_refund"]), (.notSuccession, ["issue_refund"]),
    (.notResponse, ["issue_refund"]), (.notChainSuccession, ["issue_refund"]),
    (.notCoExistence, ["change_address", "issue_refund"]),
    (.exclusiveChoice, ["change_address", "issue_refund"]),
    // Both have a part in what has to happen.
    (.response, ["change_address", "issue_refund"]),
    (.respondedExistence, ["change_address", "issue_refund"]),
    (.succession, ["change_address", "issue_refund"]),
  ])
  func aRuleIsListedUnderWhatItCanDeny(template: DeclareTemplate, actions: [String]) throws {
    let events = [Self.action("change_address"), Self.action("issue_refund")]
    #expect(try listed(Self.rule(template, events, on: []))?.sorted() == actions)
    #expect(
      try listed(Self.rule(template, events, within: 60, on: []))?.sorted()
        == actions)
  }

  /// A duty that no action begins is told where an action fulfils it.
  @Test func aDutyIsListedUnderWhatFulfilsIt() throws {
    let rule = Self.rule(
      .response, [[.init(.message(speaker: "user"))], Self.action("tell_customer")], within: 60,
      on: [])
    #expect(try listed(rule) == ["tell_customer"])
  }

  /// Where any other action can break it, it is told with each that can.
  @Test func whatMustComeNextIsListedUnderAll() throws {
    let rule = Self.rule(
      .chainResponse, [Self.action("change_address"), Self.action("issue_refund")], on: [])
    let actions = try #require(try listed(rule))
    #expect(Set(actions).isSuperset(of: ["change_address", "issue_refund", "hand_over"]))
  }

  @Test func limitsAreToldWithTheirNumber() throws {
    let run = try Self.run(
      Self.rule(.absence, [Self.action("issue_refund")], count: 3, sugar: "at_most"))
    #expect(
      try explained(run).note == "It is `at_most 2`; none of its events happened so far.")
  }

  @Test func aStepWithTheWitnessAloneHasNoSuchRule() throws {
    let rule = Self.rule(
      .precedence, [Self.action("get_order"), Self.action("issue_refund")], sugar: "after")
    let run = try Run(RefundDesk.bundle { $0.requirements = [rule] })
    #expect(run.guardian.digest(workflow: "refund", step: "intake")?.requirements.isEmpty == true)
    #expect(
      run.guardian.digest(workflow: "refund", step: "assess")?.requirements.map(\.actions) == [
        ["issue_refund"]
      ])
  }

  @Test func theLastDenialHasOneFullStop() throws {
    var run = try Run(
      Self.rule(
        .precedence, [[.init(.approval(role: "lead"))], Self.action("issue_refund")],
        sugar: "after"), change: { $0.roles = ["lead"] })
    #expect(try run.refund("p1").outcome == .deny)
    let text = run.guardian.digest(run.state).markdown()
    #expect(text.contains(". To do: have `lead` approve it"))
    #expect(!text.contains(".. "))
  }
}
