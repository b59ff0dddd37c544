/// A spec package of any number of requirements: ten for each pair of an action and a step, each of a
/// different shape. The same numbers give the same bytes.
public struct LargeSpec: Sendable {
  public static let rulesPerPair = 10
  public static let steps = 20
  public static let rulesPerFile = 50

  public let requirements: Int
  /// Whether no two conditions have the same text.
  public var isDistinct = false
  /// The number of tools; 50 for 10,000 requirements.
  public let tools: Int
  /// Pairs of an action and a step in the order in which they get their rules.
  private let onlyPair: (tool: Int, step: Int)?

  /// `requirements` over one tool for each 200 of them.
  public init(requirements: Int) {
    self.requirements = requirements
    tools = max(1, requirements / (Self.rulesPerPair * Self.steps))
    onlyPair = nil
  }

  /// All tools and steps of a larger spec, and the ten requirements of one pair alone.
  public init(pairOf other: LargeSpec, tool: Int, step: Int) {
    requirements = Self.rulesPerPair
    tools = other.tools
    onlyPair = (tool, step)
  }

  public static func toolName(_ index: Int) -> String { "action_\(index)" }
  public static func stepName(_ index: Int) -> String { "step_\(index)" }

  /// The files, by path relative to the package.
  public func files() -> [(path: String, text: String)] {
    var files = [("package.yaml", head)]
    var next = 0
    while next < requirements {
      let end = min(next + Self.rulesPerFile, requirements)
      var text = "requirements:\n"
      for index in next..<end { text += requirement(index) }
      files.append(("rules/\(padded(files.count)).yaml", text))
      next = end
    }
    return files
  }

  private func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  private var head: String {
    var text = """
      plumb: 1
      spec: large
      version: 1.0.0
      owner: operations
      purpose: Act on orders within the limits of the house.

      roles: [lead]

      case:
        customer_id: string
        order_id: string

      types:
        Customer: { id: string, tier: [basic, silver, gold], escalated: bool, verified: bool, credit: number }
        Line: { sku: string, price: number, quantity: int }
        Order:
          id: string
          status: [pending, shipped, delivered, cancelled]
          total: number
          paid: bool
          delivered_at: timestamp?
          items: list(Line)

      tools:
        get_customer:
          effect: read
          args: { customer_id: string }
          returns: Customer
          keeps: customers[args.customer_id]
          learns: { case.customer_id: result.id }
        get_order:
          effect: read
          args: { order_id: string }
          returns: Order
          keeps: orders[args.order_id]
          learns: { case.order_id: result.id }

      """
    for tool in 0..<tools {
      text += """
          \(Self.toolName(tool)):
            effect: write
            args: { order_id: string, amount: number, quantity: int, reason: string }
            touches: none

        """
    }
    let names = (0..<tools).map(Self.toolName).joined(separator: ", ")
    text += """

      groups:
        changes: [\(names)]

      tables:
        limits: { basic: 500.0, silver: 1500.0, gold: 5000.0 }
        pieces: { basic: 10, silver: 30, gold: 100 }

      terms:
        order: orders[args.order_id]
        customer: customers[case.customer_id]
        recent(o): has(o.delivered_at) && now - o.delivered_at <= duration("720h")
        within_credit(c): args.amount <= c.credit + limits[c.tier]

      workflows:
        desk:
          start: \(Self.stepName(0))
          steps:

      """
    for step in 0..<Self.steps {
      text += """
              \(Self.stepName(step)):
                goal: Do what belongs into part \(step) of the work.
                tools: [get_customer, get_order, changes]
                next: [{ to: \(step + 1 < Self.steps ? Self.stepName(step + 1) : "closed") }]

        """
    }
    return text + "      closed: { final: true }\n\n"
  }

  /// A condition that says the same of any real amount, in words that no other condition has.
  private func distinct(_ line: String, _ index: Int) -> String {
    for (key, tail) in [
      ("when: ", "&& args.amount < \(1_000_000 + index).5"),
      ("require: ", "|| args.amount > \(2_000_000 + index).5"),
      ("forbid: ", "&& args.amount < \(3_000_000 + index).5"),
    ] where line.hasPrefix(key) {
      var condition = String(line.dropFirst(key.count))
      if condition.hasPrefix("'") { condition = String(condition.dropFirst().dropLast()) }
      return "\(key)'(\(condition)) \(tail)'"
    }
    return line
  }

  private func requirement(_ index: Int) -> String {
    let shape = index % Self.rulesPerPair
    let pair = index / Self.rulesPerPair
    let tool = onlyPair?.tool ?? pair % tools
    let step = onlyPair?.step ?? (pair / tools) % Self.steps
    let here = "step == \"\(Self.stepName(step))\""
    let name = Self.toolName(tool)
    var body: (statement: String, lines: [String])
    switch shape {
    case 0:
      body = (
        "If the amount exceeds what the order costs, then the agent shall not act.",
        [
          "when: '\(here)'", "require: args.amount <= order.total",
          "tell: Propose at most ${order.total}.",
        ]
      )
    case 1:
      body = (
        "When the amount is above \(100 + step), the agent shall have verified the customer.",
        ["when: '\(here) && args.amount > \(100 + step).0'", "require: customer.verified"]
      )
    case 2:
      body = (
        "While a customer has an open escalation, the agent shall leave the order to a lead.",
        ["when: '\(here)'", "forbid: customer.escalated", "otherwise: escalate(lead)"]
      )
    case 3:
      body = (
        "The agent shall stay within the limit of the customer's tier.",
        ["when: '\(here)'", "require: within_credit(customer)"]
      )
    case 4:
      body = (
        "When an order was delivered, the agent shall act within thirty days.",
        ["when: '\(here) && order.status == \"delivered\"'", "require: recent(order)"]
      )
    case 5:
      body = (
        "The agent shall touch only orders that were paid and not cancelled.",
        [
          "when: '\(here)'", "require: order.paid && order.status != \"cancelled\"",
          "priority: must",
        ]
      )
    case 6:
      body = (
        "The agent shall move at most the pieces that the tier allows.",
        [
          "when: '\(here)'",
          "require: args.quantity > 0 && args.quantity <= pieces[customer.tier]",
        ]
      )
    case 7:
      body = (
        "The agent shall give a reason of at least three letters.",
        [
          "when: '\(here)'",
          "require: size(args.reason) >= 3 && !args.reason.startsWith(\"test\")",
          "otherwise: warn", "priority: should",
        ]
      )
    case 8:
      body = (
        "If a line of the order has no pieces, then the agent shall not act on the order.",
        ["when: '\(here)'", "require: order.items.all(i, i.quantity > 0)"]
      )
    default:
      body = (
        "When more than \(5 + step) pieces move, the agent shall act for gold customers alone.",
        [
          "when: '\(here) && args.quantity > \(5 + step)'",
          "require: customer.tier == \"gold\" || customer.credit >= \(200 + step).0",
        ]
      )
    }
    var text = """
        - id: RULE-\(padded(index))
          statement: >-
            \(body.statement)
          source: Handbook of the house, part \(step + 1), section \(tool + 1), paragraph \(shape + 1)
          applies_to: \(name)

      """
    for line in body.lines { text += "    \(isDistinct ? distinct(line, index) : line)\n" }
    text += """
          notes: Agreed with operations; seen in \(3 + index % 7) cases of the last quarter, and looked at
            again with the leads of both desks before the rule was written down here.

      """
    if shape == 5, step == 0 {
      text += """
            examples:
              - name: not paid
                given: { orders: { o-1: { paid: false, status: pending } } }
                propose: { action: \(name), args: { order_id: o-1, amount: 1.00, quantity: 1, reason: late } }
                expect: deny

        """
    }
    return text
  }
}
