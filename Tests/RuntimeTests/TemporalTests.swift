import CEL
import Foundation
import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Testing

/// Semantics 8, 11, 15, 17 to 19, 38 and Docs/Temporal.md: what the guard makes of temporal rules.
@Suite struct TemporalTests {
  private static func rule(
    id: String = "T-1", on actions: [String] = ["issue_refund"], _ template: DeclareTemplate,
    _ events: [[EventDeclaration]], count: Int? = nil, same: [String] = [],
    within: Int64? = nil, sugar: String = "declare", when: String? = nil,
    _ change: (inout RequirementDeclaration) -> Void = { _ in }
  ) -> RequirementDeclaration {
    RequirementDeclaration(id, on: actions, when: when) {
      $0.temporal = [
        .init(
          template: template, events: events, count: count, same: same, within: within,
          sugar: sugar)
      ]
      change(&$0)
    }
  }
  private static func action(_ names: String..., where condition: String? = nil)
    -> [EventDeclaration]
  {
    [.init(.actions(names), condition: condition.map { .init($0) })]
  }
  private static let refund = action("issue_refund")
  private static let address = action("change_address")

  private func address(_ run: inout Run, _ id: String, order: String = "o-1") throws {
    try run.propose(id, "change_address", #"{"order_id":"\#(order)","address":"B"}"#)
    try run.result(id, "null")
  }
  private func refunded(_ run: inout Run, _ id: String, order: String = "o-1") throws {
    try run.refund(id, order: order)
    try run.result(id, #"{"refund_id":"r"}"#)
  }

  /// What is still owed is named, not what has happened.
  @Test func whatIsMissingIsNamed() throws {
    func atClose(_ template: DeclareTemplate, count: Int? = nil, both: Bool = true) throws -> String
    {
      var run = try Run(
        Self.rule(template, both ? [Self.refund, Self.address] : [Self.refund], count: count))
      try refunded(&run, "1")
      return try run.event(#"{"type":"close"}"#).findings.map(\.message).joined()
    }
    #expect(
      try atClose(.coExistence).hasPrefix("the case closed and `change_address` still had to"))
    #expect(
      try atClose(.existence, count: 2, both: false)
        .hasPrefix("the case closed and `issue_refund` still had to happen"))
    var run = try Run(Self.rule(.coExistence, [Self.address, Self.refund], within: 5))
    try refunded(&run, "1")
    var late: [Finding] = []
    for _ in 0..<8 { late += try run.event(#"{"type":"tick"}"#).findings }
    #expect(late.count == 1)
    #expect(late[0].message.hasPrefix("`change_address` did not happen in time"), "\(late)")
  }

  // MARK: Looking back

  @Test func precedenceDecidesAtTheProposal() throws {
    var run = try Run(Self.rule(.precedence, [Self.address, Self.refund], sugar: "after"))
    #expect(try run.refund("p1").summary == "deny violated/T-1")
    try address(&run, "a1")
    #expect(try run.refund("p2").summary == "allow")
  }

  @Test func sameJoinsWhatBelongsTogether() throws {
    var run = try Run(
      Self.rule(
        .notSuccession, [Self.address, Self.refund], same: ["order_id"], sugar: "not_after"))
    try address(&run, "a1", order: "o-1")
    let denied = try run.refund("p1", order: "o-1")
    #expect(denied.summary == "deny violated/T-1")
    #expect(denied.findings.first?.evidence.map(\.path) == ["args.order_id"])
    #expect(try run.refund("p2", order: "o-2").summary == "allow")
  }

  @Test func aDeniedOrFailedActionFulfilsNothing() throws {
    var run = try Run(Self.rule(.precedence, [Self.address, Self.refund], sugar: "after"))
    try run.propose("a1", "change_address", #"{"order_id":"o-1","address":"B"}"#)
    #expect(try run.refund("p1").outcome == .deny)
    try run.fail("a1", effect: "none")
    #expect(try run.refund("p2").outcome == .deny)
  }

  @Test func windowsLookBackSoFar() throws {
    var run = try Run(
      Self.rule(.notSuccession, [Self.address, Self.refund], within: 60, sugar: "not_after"))
    try address(&run, "a1")
    run.clock += 59
    #expect(try run.refund("p1").outcome == .deny)
    #expect(try run.refund("p2").outcome == .allow)
  }

  // MARK: Limits

  @Test func whatIsInFlightCounts() throws {
    var run = try Run(
      Self.rule(.absence, [Self.refund], count: 3, sugar: "at_most"),
      change: { $0.tools[2].oncePer = [] })
    try run.refund("p1", order: "o-1")
    try run.refund("p2", order: "o-2")
    let third = try run.refund("p3", order: "o-3")
    #expect(third.summary == "deny violated/T-1")
    // What tells whether it happened.
    #expect(third.findings.first?.groundBy == ["get_order"])
    try run.fail("p1", effect: "none")
    #expect(try run.refund("p4", order: "o-3").outcome == .allow)
  }

  @Test func onceMeansOnceForEachKey() throws {
    let bundle = Self.rule(
      .absence, [Self.refund], count: 2, same: ["order_id"], sugar: "once_per")
    var run = try Run(bundle, change: { $0.tools[2].oncePer = [] })
    try refunded(&run, "p1", order: "o-1")
    #expect(try run.refund("p2", order: "o-1").summary == "deny duplicate/T-1")
    #expect(try run.refund("p3", order: "o-2").outcome == .allow)
    try run.fail("p3")
    let again = try run.refund("p4", order: "o-2")
    #expect(again.summary == "deny duplicate/T-1")
    #expect(again.findings.first?.fix == "call `get_order` to see whether it happened")
  }

  @Test func limitsSlide() throws {
    var run = try Run(
      Self.rule(.absence, [Self.address], count: 3, within: 3600, sugar: "at_most") {
        $0.appliesTo = ["change_address"]
      })
    try address(&run, "a1")
    run.clock = 1000
    try address(&run, "a2")
    run.clock = 3000
    #expect(
      try run.propose("a3", "change_address", #"{"order_id":"o","address":"B"}"#).outcome == .deny)
    run.clock = 3700
    #expect(
      try run.propose("a4", "change_address", #"{"order_id":"o","address":"B"}"#).outcome
        == .allow)
  }

  // MARK: Filters and conditions

  @Test func whenFiltersTheActivationAndIsFrozen() throws {
    var run = try Run(
      Self.rule(
        .precedence, [Self.address, Self.refund], sugar: "after", when: "args.amount > 100.0"))
    #expect(try run.refund("p1", amount: "50.0").outcome == .allow)
    #expect(try run.refund("p2", order: "o-2", amount: "101.0").summary == "deny violated/T-1")
  }

  @Test func anUnknownFilterIsUngrounded() throws {
    var run = try Run(
      Self.rule(
        .precedence, [Self.address, Self.refund], sugar: "after",
        when: "args.amount > orders[args.order_id].total"))
    let decision = try run.refund("p1")
    #expect(decision.summary == "deny ungrounded/T-1")
    #expect(decision.findings.first?.groundBy == ["get_order"])
    try run.readOrder()
    #expect(try run.refund("p2").outcome == .allow)
  }

  @Test func whereLooksAtTheEvent() throws {
    var run = try Run(
      Self.rule(
        .precedence,
        [Self.action("change_address", where: "args.address == \"C\""), Self.refund],
        sugar: "after"))
    try address(&run, "a1")
    #expect(try run.refund("p1").outcome == .deny)
    try run.propose("a2", "change_address", #"{"order_id":"o-1","address":"C"}"#)
    try run.result("a2", "null")
    #expect(try run.refund("p2").outcome == .allow)
  }

  // MARK: Obligations

  @Test func aResponseIsOwedAndMissed() throws {
    var run = try Run(
      Self.rule(
        .response, [Self.refund, Self.action("tell_customer")], within: 3600,
        sugar: "followed_by"))
    try refunded(&run, "p1")
    let owed = try #require(run.guardian.obligations(of: run.state).first)
    #expect(owed.requirement == "T-1" && owed.awaits == ["tell_customer"] && owed.since == 2)
    let due = Timestamp(seconds: Int64(Run.start + 2 + 3600))
    #expect(owed.deadline == due)
    let digest = run.guardian.digest(run.state)
    #expect(
      digest.markdown().contains(
        "- T-1: `tell_customer` by \(TimeText.text(due)) (1h left), since event 2"))
    // The deadline itself is in time.
    run.clock = 3601
    #expect(try run.event(#"{"type":"tick"}"#).summary == [])
    let late = try run.event(#"{"type":"tick"}"#)
    #expect(late.summary == ["overdue/T-1"])
    #expect(late.findings.first?.time == due)
    #expect(run.guardian.obligations(of: run.state) == [])
    #expect(try run.event(#"{"type":"close"}"#).summary == [])
  }

  @Test func aMetObligationIsGone() throws {
    var run = try Run(
      Self.rule(
        .response,
        [
          Self.refund,
          [.init(.message(speaker: "agent"), condition: .init("args.text.contains(\"refund\")"))],
        ],
        within: 3600, sugar: "followed_by"))
    try refunded(&run, "p1")
    try run.say("agent", "hello")
    #expect(run.guardian.obligations(of: run.state).count == 1)
    try run.say("agent", "your refund is on its way")
    #expect(run.guardian.obligations(of: run.state) == [])
    #expect(try run.event(#"{"type":"close"}"#).summary == [])
  }

  @Test func whatIsOpenAtTheEndIsViolated() throws {
    var run = try Run(
      Self.rule(id: "T-1", .response, [Self.refund, Self.action("tell_customer")]),
      Self.rule(id: "T-2", on: [], .existence, [Self.action("hand_over")], count: 1))
    let digest = run.guardian.digest(of: run.state)
    try refunded(&run, "p1")
    #expect(run.guardian.obligations(of: run.state).map(\.requirement) == ["T-1", "T-2"])
    #expect(run.guardian.digest(of: run.state) != digest)
    #expect(try run.event(#"{"type":"close"}"#).summary == ["violated/T-1", "violated/T-2"])
  }

  @Test func theEndOfATraceFiresNothing() throws {
    var run = try Run(Self.rule(.response, [Self.refund, Self.action("tell_customer")]))
    try refunded(&run, "p1")
    #expect(run.last.findings.isEmpty)
  }

  // MARK: Breaches

  @Test func aBreachThatHappenedIsReportedOnce() throws {
    var run = try Run(
      Self.rule(.precedence, [Self.address, Self.refund], sugar: "after"),
      change: { $0.tools[2].oncePer = [] })
    try run.refund("p1")
    #expect(
      try run.result("p1", #"{"refund_id":"r"}"#).summary == ["bypassed/result", "violated/T-1"])
    // It was not consumed: the next one is judged afresh.
    try address(&run, "a1")
    #expect(try run.refund("p2").outcome == .allow)
  }

  @Test func aRuleOfChainsSeesWhatItDoesNotName() throws {
    var run = try Run(
      Self.rule(
        .chainPrecedence, [Self.address, Self.refund], sugar: "immediately_after"))
    try address(&run, "a1")
    // A read breaks no chain it is not part of.
    try run.readOrder()
    #expect(try run.refund("p1").outcome == .allow)
    try run.fail("p1", effect: "none")
    try run.propose("h", "hand_over", #"{"summary":"s"}"#)
    try run.result("h", "null")
    #expect(try run.refund("p2").outcome == .deny)
  }

  @Test func whatMustComeFirstIsAskedOfEverything() throws {
    var run = try Run(Self.rule(on: [], .initial, [Self.address]))
    #expect(try run.propose("h", "hand_over", #"{"summary":"s"}"#).summary == "deny violated/T-1")
    #expect(try run.propose("r", "get_order", #"{"order_id":"o"}"#).outcome == .allow)
    try address(&run, "a1")
    #expect(try run.propose("i", "hand_over", #"{"summary":"s"}"#).outcome == .allow)
  }

  @Test func attemptsCountWhateverWasDecided() throws {
    var run = try Run(
      RequirementDeclaration("N-1", on: ["issue_refund"], require: "args.amount < 5.0"),
      Self.rule(.absence, [[EventDeclaration(.attempt(["issue_refund"]))]], count: 3))
    #expect(try run.refund("p1").summary == "deny violated/N-1")
    #expect(try run.refund("p2").summary == "deny violated/N-1")
    #expect(try run.refund("p3").summary == "deny violated/N-1 violated/T-1")
    #expect(try run.refund("p4").summary == "deny violated/N-1 violated/T-1")
  }

  // MARK: Approvals

  private static let reviewed = rule(
    .precedence, [[.init(.approval(role: "support_lead"))], refund], within: 3600, sugar: "after")

  @Test func anApprovalIsForTheVeryAction() throws {
    var run = try Run(Self.reviewed)
    let agent = #""agent":"bot""#
    let first = try run.refund("p1", amount: "10.0", agent)
    #expect(first.summary == "deny unreviewed/T-1")
    #expect(
      first.findings.first?.fix == "have `support_lead` approve it, then propose it again unchanged"
    )
    try run.event(
      #"{"type":"approve","of":"p1","by":"ann","role":"support_lead","verdict":"approved"}"#)
    #expect(try run.refund("p2", amount: "11.0", agent).outcome == .deny)
    #expect(try run.refund("p3", amount: "10.0", agent).outcome == .allow)
    #expect(try run.result("p3", #"{"refund_id":"r"}"#).summary == [])
  }

  /// Where the rule escalates to the very role that approved, the old approval must not lift what it no longer answers.
  @Test(arguments: ["after", "declare"])
  func anApprovalThatIsTooOldLiftsNothing(sugar: String) throws {
    var escalating = Self.rule(
      .precedence, [[.init(.approval(role: "support_lead"))], Self.refund], within: 3600,
      sugar: sugar)
    escalating.otherwise = .escalate(role: "support_lead")
    func outcome(after seconds: Int) throws -> Outcome {
      var run = try Run(escalating)
      let agent = #""agent":"bot""#
      #expect(try run.refund("p1", agent).outcome == .escalate)
      try run.event(
        #"{"type":"approve","of":"p1","by":"ann","role":"support_lead","verdict":"approved"}"#)
      run.clock += seconds - 1
      return try run.refund("p2", agent).outcome
    }
    #expect(try outcome(after: 3600) == .allow)
    #expect(try outcome(after: 3601) == .escalate)
  }

  @Test func anApprovalAgesAndIsUsedUp() throws {
    let bundle = Self.reviewed
    var run = try Run(bundle, change: { $0.tools[2].oncePer = [] })
    let agent = #""agent":"bot""#
    let approve =
      #"{"type":"approve","action":"issue_refund","args":{"order_id":"o-1","amount":10.0},"by":"ann","role":"support_lead","verdict":"approved"}"#
    try run.event(approve)
    run.clock += 3600
    #expect(try run.refund("p1", agent).summary == "deny unreviewed/T-1")
    try run.event(approve)
    #expect(try run.refund("p2", agent).outcome == .allow)
    #expect(try run.refund("p3", agent).summary == "deny unreviewed/T-1")
    try run.fail("p2", effect: "none")
    #expect(try run.refund("p4", agent).outcome == .allow)
  }

  @Test func nobodyReviewsHimself() throws {
    var run = try Run(Self.reviewed)
    try run.event(
      #"{"type":"approve","action":"issue_refund","args":{"order_id":"o-1","amount":10.0},"by":"bot","role":"support_lead","verdict":"approved"}"#
    )
    #expect(try run.refund("p1", #""agent":"bot""#).outcome == .deny)
    #expect(try run.refund("p2").outcome == .deny)
    #expect(try run.refund("p3", #""agent":"other""#).outcome == .allow)
  }

  @Test func otherEventsOfTheListDoToo() throws {
    var run = try Run(
      Self.rule(
        .precedence,
        [
          [.init(.approval(role: "support_lead")), .init(.actions(["change_address"]))],
          Self.refund,
        ],
        sugar: "after"))
    #expect(try run.refund("p1").summary == "deny unreviewed/T-1")
    try address(&run, "a1")
    #expect(try run.refund("p2").outcome == .allow)
  }

  // MARK: Imported logs

  @Test func activitiesAreJudgedToo() throws {
    var bundle = SpecBundle(spec: "log", version: "1.0.0")
    bundle.requirements = [
      Self.rule(
        on: [], .precedence,
        [[.init(.activity("Check bill"))], [.init(.activity("Pay bill"))]], same: ["bill"],
        sugar: "after"),
      Self.rule(
        id: "T-2", on: [], .response,
        [[.init(.activity("Receive bill"))], [.init(.activity("Pay bill"))]]),
    ]
    var run = try Run(bundle)
    func activity(_ name: String, _ bill: Int) -> String {
      #"{"type":"activity","name":"\#(name)","data":{"bill":\#(bill)}}"#
    }
    #expect(try run.event(activity("Receive bill", 1)).summary == [])
    #expect(try run.event(activity("Check bill", 2)).summary == [])
    #expect(try run.event(activity("Pay bill", 1)).summary == ["violated/T-1"])
    #expect(try run.event(activity("Pay bill", 2)).summary == [])
    #expect(try run.event(activity("Receive bill", 3)).summary == [])
    #expect(try run.event(#"{"type":"close"}"#).summary == ["violated/T-2"])
  }

  @Test func aShadowDecidesNothing() throws {
    var run = try Run(
      Self.rule(.precedence, [Self.address, Self.refund], sugar: "after") { $0.mode = .shadow },
      Self.rule(id: "T-2", .response, [Self.refund, Self.address]) { $0.mode = .shadow })
    #expect(try run.refund("p1").summary == "allow violated/T-1(shadow)")
    #expect(try run.result("p1", #"{"refund_id":"r"}"#).summary == ["violated/T-1(shadow)"])
    #expect(run.guardian.obligations(of: run.state) == [])
  }

  @Test func whenCountsForMessagesThatWereNeverProposed() throws {
    var run = try Run(
      Self.rule(
        on: ["tell_customer"], .precedence, [Self.refund, Self.action("tell_customer")],
        sugar: "after", when: "claims.refund_issued"))
    #expect(try run.say("agent", "How can I help?").summary == [])
    #expect(try run.say("agent", "The refund was issued").summary == ["violated/T-1"])
    try refunded(&run, "p1")
    #expect(try run.say("agent", "The refund was issued").summary == [])
  }
}
