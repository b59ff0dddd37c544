/// The facts of the decision benchmark as a Swift programmer would hold them.
struct NativeFacts {
  struct Order {
    var status: String
    var total: Double
    var paid: Bool
    var deliveredAt: Double?
    var quantities: [Int]
  }
  struct Customer {
    var tier: String
    var escalated: Bool
    var verified: Bool
    var credit: Double
  }
  var step: String
  var now: Double
  var amount: Double
  var quantity: Int
  var reason: String
  var orderID: String
  var customerID: String
  var orders: [String: Order]
  var customers: [String: Customer]

  static let sample = NativeFacts(
    step: "step_3", now: 1_767_607_200, amount: 80.5, quantity: 4, reason: "arrived broken",
    orderID: "o-1", customerID: "k-1",
    orders: [
      "o-1": .init(
        status: "delivered", total: 120, paid: true, deliveredAt: 1_767_344_400, quantities: [1, 1])
    ],
    customers: ["k-1": .init(tier: "gold", escalated: false, verified: true, credit: 250)])
}

/// The ten rules of one action and step, by hand: the baseline of one decision.
struct NativeRules {
  let limits: [String: Double] = ["basic": 500, "silver": 1500, "gold": 5000]
  let pieces: [String: Int] = ["basic": 10, "silver": 30, "gold": 100]

  /// The number of rules that are broken; 100 where a fact is missing.
  @inline(never)
  func decide(_ facts: NativeFacts) -> Int {
    guard let order = facts.orders[facts.orderID], let customer = facts.customers[facts.customerID],
      let limit = limits[customer.tier], let most = pieces[customer.tier]
    else { return 100 }
    guard facts.step == "step_3" else { return 0 }
    var broken = 0
    if facts.amount > order.total { broken += 1 }
    if facts.amount > 103, !customer.verified { broken += 1 }
    if customer.escalated { broken += 1 }
    if facts.amount > customer.credit + limit { broken += 1 }
    if order.status == "delivered" {
      if let delivered = order.deliveredAt {
        if facts.now - delivered > 720 * 3600 { broken += 1 }
      } else {
        broken += 1
      }
    }
    if !order.paid || order.status == "cancelled" { broken += 1 }
    if facts.quantity <= 0 || facts.quantity > most { broken += 1 }
    if facts.reason.count < 3 || facts.reason.hasPrefix("test") { broken += 1 }
    if !order.quantities.allSatisfy({ $0 > 0 }) { broken += 1 }
    if facts.quantity > 8, customer.tier != "gold", customer.credit < 203 { broken += 1 }
    return broken
  }
}
