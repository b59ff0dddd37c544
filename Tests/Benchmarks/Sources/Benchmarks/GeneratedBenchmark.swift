import CEL
import Foundation
import PlumblineBundle
import PlumblineRuntime
import PlumblineTyped

/// A decision of the Swift that the build plugin makes of `Specs/desk`, next to the same guard interpreting, and
/// next to the same ten rules by hand over the same structs.
enum GeneratedBenchmark {
  static func run(_ table: inout Table) throws {
    let day = Timestamp(seconds: Int64(HandDesk.now))
    func guarded(_ engine: Guard) -> Desk.Guard {
      var desk = Desk.Guard(case: .init(customerID: "k-1"), at: day, engine: engine)
      desk.propose(.getCustomer(customerID: "k-1"), at: day)
      desk.observe(.getCustomer(HandDesk.customer), at: day)
      desk.propose(.getOrder(orderID: "o-1"), at: day)
      desk.observe(.getOrder(HandDesk.order), at: day)
      desk.fold(.enter(step: "act"), at: day)
      return desk
    }
    let proposal = Desk.Proposal.act(
      orderID: "o-1", amount: 80.5, quantity: 4, reason: "arrived broken")
    let compiled = guarded(Desk.embedded.engine)
    let interpreting = guarded(
      try Guard(Desk.embedded.engine.bundle, meaning: Desk.embedded.engine.meaning))
    for desk in [compiled, interpreting] {
      let decision = desk.judge(proposal, at: day)
      guard decision.outcome == .allow, decision.step == "act" else {
        throw Failure("the benchmark's proposal is not allowed: \(decision)")
      }
    }
    let hand = HandDesk()
    guard hand.decide(proposal, at: HandDesk.now) == [] else {
      throw Failure("by hand it is denied")
    }

    var sink = 0
    let base = DecisionBenchmark.percentiles {
      sink &+= hand.decide(proposal, at: HandDesk.now).count
    }
    let fast = DecisionBenchmark.percentiles { sink &+= compiled.judge(proposal, at: day).seq }
    let slow = DecisionBenchmark.percentiles { sink &+= interpreting.judge(proposal, at: day).seq }
    let baseline = "ten rules by hand over the same structs: \(shown(base.p50 * 1e3, 0)) ns"
    table.add(
      "one decision of generated Swift, 10 rules, p50", "\(shown(fast.p50, 2)) µs",
      baseline: baseline, ratio: shown(fast.p50 / base.p50, 1), goal: "aim 2",
      holds: fast.p50 / base.p50 <= 2)
    table.add(
      "the same, interpreted", "\(shown(slow.p50, 2)) µs", baseline: "the generated decision",
      ratio: shown(slow.p50 / fast.p50, 2))
    if sink == 42 { print("") }
  }
}

/// The rules of `Specs/desk` as a Swift programmer would write them over the generated structs.
struct HandDesk {
  static let now = 1_767_607_200.0
  static let customer = Desk.Customer(
    id: "k-1", tier: .gold, escalated: false, verified: true, credit: 250)
  static let order = Desk.Order(
    id: "o-1", status: .delivered, total: 120, paid: true, deliveredAt: "2026-01-02T09:00:00Z",
    items: [
      .init(sku: "s-1", price: 60, quantity: 1), .init(sku: "s-2", price: 60, quantity: 1),
    ])

  var step = Desk.Step.act
  var customerID = "k-1"
  var orders = ["o-1": (order, delivered: 1_767_344_400.0 as Double?)]
  var customers = ["k-1": customer]

  /// The requirements that are broken; all where a fact is missing.
  @inline(never)
  func decide(_ proposal: Desk.Proposal, at now: Double) -> [Desk.Requirement] {
    guard case .act(let asked) = proposal else { return [] }
    guard let (order, delivered) = orders[asked.orderID], let customer = customers[customerID]
    else {
      return Desk.Requirement.allCases
    }
    guard step == .act else { return [] }
    let (limit, most): (Double, Int) =
      switch customer.tier {
      case .basic: (500, 10)
      case .silver: (1500, 30)
      case .gold: (5000, 100)
      }
    var broken: [Desk.Requirement] = []
    if asked.amount > order.total { broken.append(.desk1) }
    if asked.amount > 103, !customer.verified { broken.append(.desk2) }
    if customer.escalated { broken.append(.desk3) }
    if asked.amount > customer.credit + limit { broken.append(.desk4) }
    if order.status == .delivered {
      if let delivered, now - delivered <= 720 * 3600 {} else { broken.append(.desk5) }
    }
    if !order.paid || order.status == .cancelled { broken.append(.desk6) }
    if asked.quantity <= 0 || asked.quantity > most { broken.append(.desk7) }
    if asked.reason.count < 3 || asked.reason.hasPrefix("test") { broken.append(.desk8) }
    if !order.items.allSatisfy({ $0.quantity > 0 }) { broken.append(.desk9) }
    if asked.quantity > 8, customer.tier != .gold, customer.credit < 203 { broken.append(.desk10) }
    return broken
  }
}
