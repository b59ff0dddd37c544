import Backends
import Foundation
import GeneratedSpecs
import PlumblineTyped
import Testing

/// The typed guard as an engineer writes it.
@Suite struct TypedGuardTests {
  /// Values that nothing was asked of are taken only where types say all that is asked.
  @Test func valuesAreTakenOnlyWhereTypesSayAll() {
    let engine = Support.embedded.engine
    #expect(engine.takesValues(action: "get_order"))
    #expect(!engine.takesValues(action: "publish_note"))
    #expect(!engine.takesValues(action: "nothing"))
    let desk = Support.Guard(case: .init(), workflow: .refund, at: Timestamp(seconds: 0))
    var made = Proposal(action: "publish_note")
    made.values = [.string("c-1"), .list([Value]()), .string("")]
    let decision = engine.judge(desk.state, made, at: Timestamp(seconds: 0))
    #expect(decision.outcome == .deny)
    #expect(decision.findings.map(\.category) == [.invalid])
    made = Proposal(action: "get_order")
    made.values = []
    #expect(engine.judge(desk.state, made, at: Timestamp(seconds: 0)).outcome == .deny)
    made.values = [.string("o-1")]
    #expect(engine.judge(desk.state, made, at: Timestamp(seconds: 0)).outcome == .allow)
  }

  /// A plugin can't import what knows them.
  @Test func thePluginNamesTheFilesThatAreWritten() throws {
    let plugin = try String(
      contentsOf: EqualityTests.root.appendingPathComponent(
        "Sources/Plugins/PlumblineBuild/PlumblineBuild.swift"), encoding: .utf8)
    let start = try #require(plugin.range(of: ": [\n")).upperBound
    let end = try #require(plugin.range(of: "].map { stem + $0 }")).lowerBound
    let names = plugin[start..<end].split(separator: ",").map {
      $0.trimmingCharacters(in: CharacterSet(charactersIn: "\" \n"))
    }
    #expect(
      names.dropLast().map { "Refund\($0).swift" } == SwiftSource.fileNames(stem: "Refund"))
  }

  static let start = Timestamp(seconds: 1_772_323_200)

  static func minute(_ number: Int64) -> Timestamp {
    Timestamp(seconds: start.seconds + number * 60)
  }

  @Test func aRefundIsAllowedOnlyOnWhatWasRead() {
    var desk = Support.Guard(
      case: .init(customerID: "c-1", orderID: "o-1"), id: "case-1", workflow: .refund,
      at: Self.start)
    #expect(desk.step == .intake)
    let early = desk.judge(.issueRefund(orderID: "o-1", amount: 20, reason: "late"), at: Self.start)
    #expect(early.outcome == .deny)
    desk.propose(.getOrder(orderID: "o-1"), at: Self.minute(1))
    let wrong = desk.observe(
      .getOrder(.init(id: "o-1", customerID: "c-1", status: .delivered, total: 20)),
      at: Self.minute(2))
    #expect(wrong.isEmpty)
    desk.propose(.getCustomer(customerID: "c-1"), at: Self.minute(2))
    desk.observe(
      .getCustomer(
        .init(id: "c-1", name: "Ada", tier: .plus, escalated: false, email: "a@example.org")),
      at: Self.minute(3))
    let tooMuch = desk.propose(
      .issueRefund(orderID: "o-1", amount: 20.01, reason: "late"), agent: "bot",
      at: Self.minute(4))
    #expect(tooMuch.outcome == .deny)
    #expect(tooMuch.findings.contains { $0.requirement == Support.Requirement.ref1.rawValue })
    #expect(desk.state.seq == 6)
  }

  @Test func anAnswerOffItsContractIsFound() {
    var desk = Support.Guard(
      case: .init(orderID: "o-1"), workflow: .refund, at: Self.start)
    desk.propose(.getOrder(orderID: "o-1"), at: Self.minute(1))
    let findings = desk.observe(
      ["id": "o-1", "customer_id": "c-1", "state": "paid", "total": 20], of: .getOrder,
      at: Self.minute(2))
    #expect(findings.map(\.category) == [.contractDrift])
  }

  @Test func numbersThatJSONCannotWriteAreRefused() {
    var desk = Support.Guard(case: .init(), workflow: .refund, at: Self.start)
    let decision = desk.propose(
      .issueRefund(orderID: "o-1", amount: .infinity, reason: ""), at: Self.start)
    #expect(decision.outcome == .deny)
    #expect(decision.findings.first?.category == .invalid)
  }

  @Test func requirementsKnowTheirStatements() {
    #expect(Support.Requirement(rawValue: "SAY-2") == .say2)
    #expect(
      Support.Requirement.say2.statement
        == "When the agent says that a refund was issued, a refund shall have succeeded.")
    #expect(
      Support.Requirement.allCases.map(\.rawValue)
        == Support.embedded.engine.bundle.requirements.map(\.id))
  }

  @Test func valuesAreCodable() throws {
    let order = Support.Order(id: "o-1", customerID: "c-1", status: .paid, total: 12.5)
    let data = try JSONEncoder().encode(order)
    #expect(try JSONDecoder().decode(Support.Order.self, from: data) == order)
    #expect(
      try JSON.parse(String(decoding: data, as: UTF8.self)).sorted() == order.specJSON.sorted())
  }
}
