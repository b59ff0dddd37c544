import CEL
import Foundation
import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Testing

/// Semantics 1 to 8, 29, 31, 39, 41, 44.
@Suite struct FactTests {
  /// Decides a hand-over under one condition.
  func check(_ run: inout Run, _ more: String = "") throws -> String {
    try run.propose("h\(run.clock)", "hand_over", #"{"summary":"s"}"#, more).summary
  }

  func rule(_ condition: String) -> RequirementDeclaration {
    .init("R", on: ["hand_over"], require: condition)
  }

  // 1
  @Test func collectionsAreOpen() throws {
    func decide(_ condition: String, complete: Bool) throws -> String {
      var run = try Run(rule(condition))
      try run.readOrder()
      if complete {
        try run.event(
          #"{"type":"fact","record":"orders","value":{"o-1":\#(Run.order())},"complete":true}"#)
      }
      return try check(&run)
    }
    #expect(try decide(#"orders.exists(k, orders[k].total > 5.0)"#, complete: false) == "allow")
    #expect(
      try decide(#"orders.exists(k, orders[k].total > 50.0)"#, complete: false)
        == "deny ungrounded/R")
    #expect(
      try decide(#"orders.exists(k, orders[k].total > 50.0)"#, complete: true) == "deny violated/R")
    #expect(
      try decide(#"orders.all(k, orders[k].total > 5.0)"#, complete: false) == "deny ungrounded/R")
    #expect(try decide(#"orders.all(k, orders[k].total > 5.0)"#, complete: true) == "allow")
    #expect(try decide(#"size(orders) == 1"#, complete: false) == "deny ungrounded/R")
    #expect(try decide(#"size(orders) == 1"#, complete: true) == "allow")
    #expect(try decide(#""o-1" in orders"#, complete: false) == "allow")
    #expect(try decide(#""o-2" in orders"#, complete: false) == "deny ungrounded/R")
    #expect(try decide(#"!("o-2" in orders)"#, complete: true) == "allow")
    // 6: a key absent from a complete map is known absence.
    #expect(try decide(#"orders["o-2"].total > 1.0"#, complete: true) == "deny violated/R")
  }

  @Test func listsOfAPartialRecordAreOpen() throws {
    var run = try Run(rule(#"orders["o-1"].items.all(i, i.price > 1.0)"#))
    try run.event(
      #"{"type":"fact","record":"orders[\"o-1\"]","value":{"items":[{"sku":"a","price":2}]}}"#)
    #expect(try check(&run) == "deny partial/R")
    try run.event(
      #"{"type":"fact","record":"orders[\"o-1\"].items","value":[{"sku":"a","price":2}]}"#)
    #expect(try check(&run) == "allow")
  }

  // 2
  @Test func optionalFields() throws {
    func decide(_ more: String, partial: Bool = false) throws -> String {
      var run = try Run(
        rule(#"!has(orders["o-1"].delivered_at) || orders["o-1"].delivered_at < now"#),
        .init("S", on: ["hand_over"], require: #"has(orders["o-1"].delivered_at)"#) {
          $0.otherwise = .warn
        })
      if partial {
        try run.event(#"{"type":"fact","record":"orders.o-1","value":{"total":2}}"#)
      } else {
        try run.readOrder(more: more)
      }
      return try check(&run)
    }
    #expect(try decide("") == "warn violated/S")
    #expect(try decide(#","delivered_at":null"#) == "warn violated/S")
    #expect(try decide(#","delivered_at":"2020-01-01T00:00:00Z""#) == "allow")
    #expect(try decide("", partial: true) == "deny partial/R partial/S")
  }

  // 3
  @Test func contractsAreHeld() throws {
    var run = try Run(rule(#"orders["o-1"].total > 1.0"#))
    try run.readOrder()
    #expect(try check(&run) == "allow")
    try run.propose("r", "get_order", #"{"order_id":"o-1"}"#)
    let output = try run.result(
      "r", #"{"id":"o-1","status":"lost","total_amount":20,"address":1,"items":[{"sku":"a"}]}"#)
    #expect(output.summary == ["contract_drift/contract"])
    let message = output.findings[0].message
    for part in [
      "`status`: expected one of `pending`, `delivered`, `cancelled`, found `lost`",
      "`total`: expected `number`, found nothing; is it `total_amount` now?",
      "`address`: expected `string`, found an integer",
      "`items[0].price`: expected `number`, found nothing",
    ] { #expect(message.contains(part), "\(message)") }
    #expect(try check(&run) == "deny contract_drift/R")
    try run.readOrder()
    #expect(try check(&run) == "allow")
  }

  @Test func aDriftedWriteIsInDoubt() throws {
    var run = try Run(rule(#"done("issue_refund")"#))
    try run.readOrder()
    try run.refund("p")
    #expect(try run.result("p", #"{"refund":"x"}"#).summary == ["contract_drift/contract"])
    #expect(try check(&run) == "deny ungrounded/R")
    // 39: the executor sends another result for the action in doubt.
    #expect(try run.result("p", #"{"refund_id":"x"}"#).summary == [])
    #expect(try check(&run) == "allow")
  }

  @Test func driftOfAListTouchesTheWholeCollection() throws {
    var run = try Run(rule(#"offers["a@2026-06-01"].price > 1.0"#))
    try run.propose("s", "search_offers", #"{"date":"2026-06-01"}"#)
    try run.result("s", #"[{"id":"a","price":2}]"#)
    #expect(try check(&run) == "allow")
    try run.propose("s", "search_offers", #"{"date":"2026-06-02"}"#)
    try run.result("s", #"[{"id":"a"}]"#)
    #expect(try check(&run) == "deny contract_drift/R")
  }

  @Test func extraFieldsAreNotedOnce() throws {
    var run = try Run(rule("true"))
    try run.propose("r", "get_order", #"{"order_id":"o-1"}"#)
    let first = try run.result("r", Run.order(more: #","colour":"red""#))
    #expect(
      first.notes == ["`get_order` gives the field `colour`, which its contract does not mention"])
    #expect(first.findings == [])
    try run.propose("r", "get_order", #"{"order_id":"o-2"}"#)
    #expect(try run.result("r", Run.order(more: #","colour":"red""#)).notes == [])
  }

  @Test func anExtraFieldOfEveryElementIsNotedOnce() throws {
    var run = try Run(rule("true"))
    try run.propose("r", "get_order", #"{"order_id":"o-1"}"#)
    let lines = #"[{"sku":"a","price":1,"z":1},{"sku":"b","price":1,"z":1}]"#
    let order = #"{"id":"o-1","status":"delivered","total":1,"address":"A","items":\#(lines)}"#
    #expect(
      try run.result("r", order).notes == [
        "`get_order` gives the field `items[].z`, which its contract does not mention"
      ])
  }

  // 4
  @Test func staleFactsAreNotKnown() throws {
    var run = try Run(
      rule(#"orders["o-1"].total > 1.0"#),
      .init("S", on: ["think"], require: #"age(orders["o-1"]) > duration("5m")"#))
    try run.readOrder()
    let asOf = run.clock - 1
    run.clock = asOf + 299
    #expect(try check(&run) == "allow")
    #expect(run.last.decision?.validUntil == Timestamp(seconds: Int64(Run.start + asOf + 300)))
    #expect(try run.propose("t", "think", #"{"thought":"x"}"#).summary == "allow")
    #expect(try check(&run) == "deny stale/R")
  }

  @Test func aReadProposedBeforeTheLastWriteIsNotKept() throws {
    var run = try Run(rule(#"orders["o-1"].address == "new""#))
    try run.readOrder()
    try run.propose("w", "change_address", #"{"order_id":"o-1","address":"new"}"#)
    try run.propose("r", "get_order", #"{"order_id":"o-1"}"#)
    try run.result("w", "{}")
    #expect(try check(&run) == "allow")
    try run.result("r", Run.order())
    #expect(try check(&run) == "allow")
    try run.readOrder()
    #expect(try check(&run) == "deny violated/R")
  }

  @Test func aReadFromBeforeAWriteIsNotKeptOverACompleteFact() throws {
    var run = try Run(rule(#"orders["o-1"].address == "new""#))
    try run.propose("r", "get_order", #"{"order_id":"o-1"}"#)
    try run.propose("w", "change_address", #"{"order_id":"o-1","address":"new"}"#)
    try run.result("w", "{}")
    let order = Run.order().replacingOccurrences(of: #""A""#, with: #""new""#)
    try run.event(
      #"{"type":"fact","record":"orders","value":{"o-1":\#(order)},"complete":true}"#)
    #expect(try check(&run) == "allow")
    try run.result("r", Run.order())
    #expect(try check(&run) == "allow")
  }

  /// A look-up that a write overtook: what it saw may not be so any more.
  @Test(arguments: [
    #""orders.o-1","value":\#(Run.order())"#,
    #""orders.o-1","value":\#(Run.order()),"complete":true"#,
    #""orders","value":{"o-1":\#(Run.order())},"complete":true"#,
    #""orders.o-1.address","value":"A""#,
  ])
  func aFactFromBeforeAWriteIsNotKept(fact: String) throws {
    let write = #"{"order_id":"o-1","address":"new"}"#
    func verdict(asOf offset: Int, write args: String) throws -> String {
      var run = try Run(rule(#"orders["o-1"].address == "new""#))
      try run.propose("w", "change_address", args)
      try run.result("w", "{}")
      let asOf = TimeText.text(Timestamp(seconds: Int64(Run.start + run.clock + offset)))
      try run.event(#"{"type":"fact","record":\#(fact),"as_of":"\#(asOf)"}"#)
      return try check(&run)
    }
    #expect(try verdict(asOf: -1, write: write) == "allow")
    #expect(try verdict(asOf: 0, write: write) == "deny violated/R")
    // A write to another order changes nothing here.
    let other = #"{"order_id":"o-2","address":"new"}"#
    #expect(try verdict(asOf: -1, write: other) == "deny violated/R")
  }

  @Test func aCompleteFactFromBeforeAWriteLeavesWhatWasWritten() throws {
    var run = try Run(rule(#"!("o-3" in orders) && orders["o-2"].total == 20.0"#))
    try run.propose("w", "change_address", #"{"order_id":"o-1","address":"new"}"#)
    try run.result("w", "{}")
    let asOf = TimeText.text(Timestamp(seconds: Int64(Run.start)))
    try run.event(
      #"{"type":"fact","record":"orders","value":{"o-2":\#(Run.order("o-2"))},"complete":true,"as_of":"\#(asOf)"}"#
    )
    #expect(try check(&run) == "allow")
    #expect(run.last.notes.isEmpty)
    try run.event(#"{"type":"fact","record":"orders.o-1.address","value":"A","as_of":"\#(asOf)"}"#)
    #expect(
      run.last.notes == [
        "the fact `orders.o-1.address` is from before the last write to it and is not kept"
      ])
  }

  /// Found by the differential tests: the older part's freshness stood for both.
  @Test func aRecordMadeOfTwoIsFreshWhileBothAre() throws {
    var run = try Run(rule(#"orders["o-1"].total > 1.0"#)) { bundle in
      // Orders of one tool never go stale, those of the other do after a minute.
      for index in bundle.tools.indices where bundle.tools[index].name == "get_order" {
        bundle.tools[index].freshFor = nil
      }
      for index in bundle.tools.indices where bundle.tools[index].name == "search_offers" {
        bundle.tools[index].freshFor = 60
      }
      for index in bundle.collections.indices where bundle.collections[index].name == "orders" {
        bundle.collections[index].groundedBy.append("search_offers")
      }
    }
    try run.readOrder()
    run.clock += 1_000
    try run.event(#"{"type":"fact","record":"orders.o-1","value":{"address":"new"}}"#)
    run.clock += 50
    #expect(try check(&run) == "allow")
    run.clock += 20
    #expect(try check(&run) == "deny stale/R")
  }

  @Test func asOfOfATool() throws {
    var run = try Run(rule(#"orders["o-1"].total > 1.0"#)) { bundle in
      for index in bundle.tools.indices where bundle.tools[index].name == "get_order" {
        bundle.tools[index].asOf = .init("timestamp(result.address)")
      }
    }
    try run.propose("r", "get_order", #"{"order_id":"o-1"}"#)
    let old = TimeText.text(Timestamp(seconds: Int64(Run.start - 400)))
    try run.result(
      "r", #"{"id":"o-1","status":"pending","total":2,"address":"\#(old)","items":[]}"#)
    #expect(try check(&run) == "deny stale/R")
    // Never later than its event.
    try run.propose("r", "get_order", #"{"order_id":"o-1"}"#)
    try run.result(
      "r", #"{"id":"o-1","status":"pending","total":2,"address":"2099-01-01T00:00:00Z","items":[]}"#
    )
    #expect(try check(&run) == "allow")
    #expect(
      run.last.decision?.validUntil == Timestamp(seconds: Int64(Run.start + run.clock - 1 + 300)))
  }

  // 5
  @Test func setsMakesAPartialRecord() throws {
    var run = try Run(
      rule(#"orders["o-1"].address == "new""#),
      .init("S", on: ["hand_over"], require: #"orders["o-1"].total > 1.0"#) { $0.otherwise = .warn }
    )
    try run.propose("w", "change_address", #"{"order_id":"o-1","address":"new"}"#)
    try run.result("w", "{}")
    #expect(try check(&run) == "warn partial/S")
  }

  @Test func touchesMakesUnknown() throws {
    var run = try Run(rule(#"orders["o-1"].total > 1.0"#))
    try run.readOrder()
    try run.readOrder("o-2")
    try run.refund("p", order: "o-2")
    try run.result("p", #"{"refund_id":"r"}"#)
    #expect(try check(&run) == "allow")
    try run.refund("q", order: "o-1")
    try run.result("q", #"{"refund_id":"r"}"#)
    #expect(try check(&run) == "deny ungrounded/R")
    try run.readOrder()
    #expect(try check(&run) == "allow")
  }

  @Test func touchedFieldsOnly() throws {
    var run = try Run(
      rule(#"orders["o-1"].total > 1.0"#),
      .init("S", on: ["hand_over"], require: #"orders["o-1"].address != """#) {
        $0.otherwise = .warn
      }
    ) { bundle in
      for index in bundle.tools.indices where bundle.tools[index].name == "issue_refund" {
        bundle.tools[index].touches = [
          .init(collection: "orders", key: .init("args.order_id"), fields: ["address"])
        ]
      }
    }
    try run.readOrder()
    try run.refund("p")
    #expect(try check(&run) == "warn ungrounded/S")
    try run.result("p", #"{"refund_id":"r"}"#)
    #expect(try check(&run) == "warn ungrounded/S")
  }

  // 6
  @Test func knownIsNeverUnknown() throws {
    var run = try Run(rule(#"known(orders["o-1"])"#))
    #expect(try check(&run) == "deny violated/R")
    try run.event(#"{"type":"fact","record":"orders.o-1","value":{"total":2}}"#)
    #expect(try check(&run) == "deny violated/R")
    try run.readOrder()
    #expect(try check(&run) == "allow")
    run.clock += 400
    #expect(try check(&run) == "deny violated/R")
  }

  /// A field that may be absent is known or not like any other: no guard is asked for.
  @Test func knownOfAnOptionalField() throws {
    var run = try Run(rule(#"known(orders["o-1"].delivered_at)"#))
    #expect(try check(&run) == "deny violated/R")
    try run.event(
      #"{"type":"fact","record":"orders.o-1","value":{"delivered_at":"2026-01-02T09:00:00Z"}}"#)
    #expect(try check(&run) == "allow")
    var other = try Run(rule(#"known(orders["o-2"].delivered_at)"#))
    try other.event(#"{"type":"fact","record":"orders.o-2","value":{"total":2}}"#)
    #expect(try check(&other) == "deny violated/R")
  }

  @Test func aGuardInWhenCarriesOver() throws {
    var run = try Run(
      .init(
        "R", on: ["hand_over"], when: #"has(orders["o-1"].delivered_at)"#,
        require: #"orders["o-1"].delivered_at < now"#))
    try run.readOrder()
    #expect(try check(&run) == "allow")
  }

  // 7
  @Test func whatIsInFlightIsUnknown() throws {
    var run = try Run(
      rule(#"done("issue_refund")"#),
      .init("S", on: ["think"], require: #"calls("issue_refund").exists(c, c.args.amount > 1.0)"#),
      .init("T", on: ["search_offers"], require: #"orders["o-1"].total > 1.0"#))
    func others() throws -> [String] {
      [
        try run.propose("t", "think", #"{"thought":"x"}"#).summary,
        try run.propose("u", "search_offers", #"{"date":"2026-01-01"}"#).summary,
      ]
    }
    try run.readOrder()
    #expect(try check(&run) == "deny violated/R")
    #expect(try others() == ["deny violated/S", "allow"])
    try run.refund("p")
    #expect(try check(&run) == "deny ungrounded/R")
    #expect(run.last.decision?.findings[0].groundBy == ["get_order"])
    #expect(try others() == ["deny ungrounded/S", "deny ungrounded/T"])
    try run.fail("p")
    #expect(try check(&run) == "deny ungrounded/R")
    try run.fail("p", effect: "none")
    #expect(try check(&run) == "deny violated/R")
    #expect(try others() == ["deny violated/S", "allow"])
    try run.refund("q")
    try run.result("q", #"{"refund_id":"r"}"#)
    #expect(try check(&run) == "allow")
    #expect(try others() == ["allow", "deny ungrounded/T"])
  }

  @Test func aToolWithoutEffectCountsAsARead() throws {
    var run = try Run(rule(#"!done("think") && size(calls("think")) == 0"#))
    try run.propose("t", "think", #"{"thought":"x"}"#)
    try run.fail("t")
    #expect(try check(&run) == "allow")
  }

  @Test func doneWithKeysComparesWithTheProposal() throws {
    var run = try Run(
      .init("R", on: ["change_address"], require: #"done("issue_refund", ["order_id"])"#))
    try run.readOrder()
    try run.refund("p")
    func change(_ order: String) throws -> String {
      try run.propose("c", "change_address", #"{"order_id":"\#(order)","address":"x"}"#).summary
    }
    #expect(try change("o-1") == "deny ungrounded/R")
    #expect(try change("o-2") == "deny violated/R")
    try run.result("p", #"{"refund_id":"r"}"#)
    #expect(try change("o-1") == "allow")
  }

  @Test func callsOfSeveralActions() throws {
    var run = try Run(
      rule(
        #"calls(["issue_refund", "change_address"]).exists(c, c.action == "issue_refund" && has(c.args.amount) && c.args.amount > 5.0) && calls(effect(write)).all(c, c.args.order_id == "o-1") && size(calls("money")) == 1"#
      ))
    #expect(try check(&run) == "deny violated/R")
    try run.refund("p")
    try run.result("p", #"{"refund_id":"r"}"#)
    #expect(try check(&run) == "allow")
  }

  // 8
  @Test func oncePerSpansTheCase() throws {
    var run = try Run(Desk.bundle())
    #expect(try run.refund("a").summary == "allow")
    let second = try run.refund("b", amount: "5")
    #expect(second.summary == "deny duplicate/once_per")
    #expect(second.findings[0].groundBy == ["get_order"])
    #expect(try run.refund("c", order: "o-2").summary == "allow")
    try run.fail("a")
    #expect(try run.refund("d").summary == "deny duplicate/once_per")
    try run.fail("a", effect: "none")
    #expect(try run.refund("e").summary == "allow")
    try run.result("e", #"{"refund_id":"r"}"#)
    let last = try run.refund("f")
    #expect(last.summary == "deny duplicate/once_per")
    #expect(last.findings[0].groundBy == [])
    // The key of what executors may repeat: the same for the same case, action and keys.
    #expect(last.idempotencyKey == second.idempotencyKey)
    #expect(last.idempotencyKey != (try run.refund("g", order: "o-3").idempotencyKey))
  }

  // 29
  /// What is done is done: nobody is asked to do it once more.
  @Test func aFailedEnsureAsksSomebodyToLook() throws {
    var run = try Run(
      .init("E", on: ["issue_refund"]) {
        $0.ensure = .init(#"result.refund_id != "r""#)
        $0.otherwise = .escalate(role: "legal")
      })
    try run.refund("1")
    let finding = try #require(try run.result("1", #"{"refund_id":"r"}"#).findings.first)
    #expect(finding.summary == "violated/E")
    #expect(finding.fix == "have `legal` look at what came of it")
  }

  @Test func ensureSeesTheRecordsBefore() throws {
    var run = try Run(
      .init("E", on: ["issue_refund"]) {
        $0.ensure = .init(#"result.refund_id != "" && orders[args.order_id].total >= args.amount"#)
        $0.otherwise = .escalate(role: "legal")
      },
      rule(#"done("issue_refund")"#))
    try run.readOrder()
    try run.refund("p")
    #expect(try run.result("p", #"{"refund_id":"r"}"#).summary == [])
    try run.refund("q", order: "o-2")
    #expect(try run.result("q", #"{"refund_id":"r"}"#).summary == ["ungrounded/E"])
    try run.readOrder("o-3")
    try run.refund("s", order: "o-3")
    #expect(try run.result("s", #"{"refund_id":""}"#).summary == ["violated/E"])
    #expect(run.state.escalations.map(\.role) == ["legal"])
    #expect(try check(&run) == "allow")
  }

  // 31
  @Test func learnsKeepsTheFirstValue() throws {
    var run = try Run(rule(#"case.customer_id == "c-1""#))
    #expect(try check(&run) == "deny ungrounded/R")
    #expect(run.last.decision?.findings[0].groundBy == ["get_customer"])
    func read(_ id: String) throws -> StepOutput {
      try run.propose("g", "get_customer", #"{"customer_id":"\#(id)"}"#)
      return try run.result(
        "g", #"{"id":"\#(id)","tier":"gold","escalated":false,"email":"e"}"#)
    }
    #expect(try read("c-1").summary == [])
    #expect(try check(&run) == "allow")
    let output = try read("c-2")
    #expect(output.summary == ["violated/learns"])
    #expect(output.findings[0].evidence.map(\.value) == [.string("c-1"), .string("c-2")])
    #expect(try check(&run) == "allow")
  }

  @Test func failsIsAnErrorInDisguise() throws {
    var run = try Run(rule(#"done("get_customer")"#))
    try run.propose("g", "get_customer", #"{"customer_id":"c"}"#)
    #expect(try run.result("g", #"{"error":"not found"}"#).summary == [])
    #expect(try check(&run) == "deny violated/R")
  }

  @Test func factsAboutTheCase() throws {
    var run = try Run(rule(#"case.customer_id == "c-1" && case.order_id == "o""#))
    try run.event(#"{"type":"fact","record":"case.customer_id","value":"c-1"}"#)
    try run.event(#"{"type":"fact","record":"case","value":{"order_id":"o"}}"#)
    #expect(try check(&run) == "allow")
    #expect(
      try run.event(#"{"type":"fact","record":"case.order_id","value":"p"}"#).summary == [
        "violated/fact"
      ])
  }

  @Test(arguments: [
    #"{"type":"fact","record":"orders[o-1]","value":{}}"#,
    #"{"type":"fact","record":"ordrs","value":{}}"#,
    #"{"type":"fact","record":"orders","value":[]}"#,
    #"{"type":"fact","record":"","value":{}}"#,
    #"{"type":"fact","record":"orders.","value":{}}"#,
  ])
  func factsThatNameNothing(_ line: String) throws {
    var run = try Run(Desk.bundle())
    #expect(try run.event(line).summary == ["invalid/fact"])
  }

  @Test func aFactOffItsTypeIsDrift() throws {
    var run = try Run(rule(#"orders["o-1"].total > 1.0"#))
    #expect(
      try run.event(#"{"type":"fact","record":"orders.o-1","value":{"total":"x"}}"#).summary
        == ["contract_drift/contract"])
    #expect(try check(&run) == "deny contract_drift/R")
  }
}
