/// A trace of many cases that interleave, with the small spec it belongs to.
public struct LargeTrace: Sendable {
  public let events: Int
  public init(events: Int) { self.events = events }

  /// The spec package of the trace: one file.
  public static let spec = """
    plumb: 1
    spec: refunds
    version: 1.0.0
    owner: operations
    purpose: Refund the right amount of an order, once.

    roles: [lead]

    case:
      order_id: string

    types:
      Order:
        id: string
        customer: string
        status: [pending, delivered, cancelled]
        total: number
        currency: string
        delivered_at: timestamp?

    tools:
      get_order:
        effect: read
        args: { order_id: string }
        returns: Order
        keeps: orders[args.order_id]
        fresh_for: 15m
        learns: { case.order_id: result.id }
      issue_refund:
        effect: write
        args: { order_id: string, amount: number, reason: string }
        once_per: [order_id]
        touches: orders[args.order_id]
        settled_by: get_order

    requirements:
      - id: REF-1
        statement: If a refund exceeds what was paid, then the agent shall not issue it.
        applies_to: issue_refund
        require: args.amount <= orders[args.order_id].total
      - id: REF-2
        statement: When a refund is above 100, the agent shall have a lead approve it.
        applies_to: issue_refund
        require: args.amount <= 100.0
        otherwise: escalate(lead)
      - id: REF-3
        statement: The agent shall refund delivered orders alone.
        applies_to: issue_refund
        require: orders[args.order_id].status == "delivered"

    """

  /// Eight events a case: open, message, read, order, refund, its result, message, close.
  public func write(_ line: ([UInt8]) throws -> Void) rethrows {
    var written = 0
    var first = 0
    let width = 16
    while written < events {
      for stage in 0..<8 {
        for offset in 0..<width where written < events {
          try line(Array(Self.line(first + offset, stage).utf8))
          written += 1
        }
      }
      first += width
    }
  }

  static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

  static func line(_ number: Int, _ stage: Int) -> String {
    let time = "2026-01-05T09:\(two(stage)):\(two(number % 60))Z"
    let open = "{\"case\":\"case-\(number)\",\"time\":\"\(time)\",\"type\":"
    let total = "\(20 + number % 80).\(two(number % 100))"
    switch stage {
    case 0:
      return open
        + "\"open\",\"data\":{\"order_id\":\"order-\(number)\"},\"channel\":\"chat\",\"desk\":\"north\",\"session\":\"9f8e7d6c-5b4a-4938-8271-\(100_000_000_000 + number)\",\"labels\":[\"orders\",\"refunds\",\"first contact\"],\"region\":\"eu-central\",\"release\":\"2026.01.05-rc2\"}\n"
    case 1:
      return open
        + "\"message\",\"from\":\"user\",\"text\":\"Hello, my order order-\(number) came with a broken cup in it, and the box was open on one side. Could you please look at it and give me back what I paid for that cup? I can send a photo if you need one. Thank you.\"}\n"
    case 2:
      return open
        + "\"propose\",\"id\":\"call-1\",\"action\":\"get_order\",\"args\":{\"order_id\":\"order-\(number)\"},\"confidence\":0.97,\"agent\":\"desk-agent-3\",\"model\":\"assistant-2026-01\",\"usage\":{\"prompt\":1840,\"completion\":43},\"latency_ms\":812,\"attempt\":1}\n"
    case 3:
      return open
        + "\"result\",\"of\":\"call-1\",\"result\":{\"id\":\"order-\(number)\",\"customer\":\"customer-\(number * 7)\",\"status\":\"delivered\",\"total\":\(total),\"currency\":\"EUR\",\"delivered_at\":\"2026-01-03T14:00:00Z\"},\"latency_ms\":38,\"host\":\"orders-7.internal\"}\n"
    case 4:
      let amount = number % 50 == 0 ? "\(200 + number % 80).00" : total
      return open
        + "\"propose\",\"id\":\"call-2\",\"action\":\"issue_refund\",\"args\":{\"order_id\":\"order-\(number)\",\"amount\":\(amount),\"reason\":\"The cup was broken when it came; the customer sent a photo of it.\"},\"confidence\":0.91,\"agent\":\"desk-agent-3\",\"latency_ms\":933}\n"
    case 5:
      if number % 50 == 0 {
        return open
          + "\"message\",\"from\":\"agent\",\"text\":\"I am sorry that this happened. The refund that you ask for has to be looked at by a lead of our desk first; it will take no longer than an hour, and you will hear from us again as soon as there is an answer.\"}\n"
      }
      return open
        + "\"result\",\"of\":\"call-2\",\"result\":{\"refund\":\"refund-\(number)\",\"state\":\"booked\",\"amount\":\(total),\"account\":\"1200-77\",\"booked_by\":\"payments-2\",\"currency\":\"EUR\"},\"latency_ms\":121,\"host\":\"payments-2.internal\"}\n"
    case 6:
      return open
        + "\"message\",\"from\":\"agent\",\"text\":\"I am sorry about the cup. I have looked at your order order-\(number) and sent back what you paid for it; the money is on its way to the card that you used. Is there anything else that I can do for you today?\"}\n"
    default:
      return open
        + "\"close\",\"outcome\":\"done\",\"survey\":{\"asked\":true,\"answer\":null},\"summary\":\"A cup of order-\(number) was broken; it was paid back. The customer was friendly, no further contact is planned, and no other order is open.\"}\n"
    }
  }
}
