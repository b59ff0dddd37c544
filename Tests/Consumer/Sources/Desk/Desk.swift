import PlumblineTyped

@main
enum Desk {
  static func main() {
    var desk = Refund.Guard(case: .init(orderID: "o-1"), id: "c-1")
    desk.propose(.getOrder(orderID: "o-1"))
    desk.observe(.getOrder(Refund.Order(id: "o-1", total: 20)))
    let tooMuch = desk.propose(.issueRefund(orderID: "o-1", amount: 25, reason: .late))
    let right = desk.propose(.issueRefund(orderID: "o-1", amount: 20, reason: .late))
    print(tooMuch.outcome.name, tooMuch.findings.first?.requirement ?? "")
    print(right.outcome.name)
  }
}
