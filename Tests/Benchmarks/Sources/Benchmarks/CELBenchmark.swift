import CEL
import CountMalloc
import Foundation

/// Conditions of a refund guard, and some that go over lists, in this CEL, in what a Python user could
/// pick instead, and written in Swift by hand.
///
/// The peers run in one process of their own, over activations made before, each with the cost of
/// evaluating `true` subtracted: what remains is the condition. They are left out where Python or the
/// packages are missing.
enum CELBenchmark {
  struct Case {
    let condition: String
    let byHand: @Sendable (Facts) -> Bool
  }

  struct Facts {
    struct Item {
      var sku: String
      var price: Double
      var quantity: Int
    }
    var status = "delivered"
    var total = 120.5
    var paid = true
    var deliveredDay = 20_000
    var items = (0..<20).map { Item(sku: "s-\($0)", price: 6.5, quantity: $0 % 3 + 1) }
    var tier = "gold"
    var escalated = false
    var verified = true
    var credit = 250.5
    var amount = 80.5
    var quantity = 4
    var reason = "arrived broken"
    var today = 20_005
  }

  static let guardCases: [Case] = [
    Case(condition: "args.amount <= order.total") { $0.amount <= $0.total },
    Case(condition: "!customer.escalated") { !$0.escalated },
    Case(condition: "!(args.amount > 50.0) || customer.verified") {
      !($0.amount > 50) || $0.verified
    },
    Case(condition: #"order.paid && order.status != "cancelled""#) {
      $0.paid && $0.status != "cancelled"
    },
    Case(condition: #"order.status == "delivered" && today - order.delivered_day <= 14"#) {
      $0.status == "delivered" && $0.today - $0.deliveredDay <= 14
    },
    Case(condition: "args.quantity > 0 && args.quantity <= 100") {
      $0.quantity > 0 && $0.quantity <= 100
    },
    Case(condition: #"customer.tier in ["silver", "gold"]"#) {
      ["silver", "gold"].contains($0.tier)
    },
    Case(condition: #"size(args.reason) >= 3 && !args.reason.startsWith("test")"#) {
      $0.reason.unicodeScalars.count >= 3 && !$0.reason.hasPrefix("test")
    },
    Case(condition: "args.amount <= customer.credit + 100.0") { $0.amount <= $0.credit + 100 },
    Case(condition: #"customer.tier == "gold" ? args.amount <= 500.0 : args.amount <= 50.0"#) {
      $0.tier == "gold" ? $0.amount <= 500 : $0.amount <= 50
    },
  ]

  static let listCases: [Case] = [
    Case(condition: "order.items.all(i, i.quantity > 0)") {
      $0.items.allSatisfy { $0.quantity > 0 }
    },
    Case(condition: #"order.items.exists(i, i.sku == "s-19")"#) {
      $0.items.contains { $0.sku == "s-19" }
    },
    Case(condition: "size(order.items.filter(i, i.price > 5.0)) == 20") {
      $0.items.filter { $0.price > 5 }.count == 20
    },
    Case(condition: "order.items.map(i, i.quantity).exists(q, q == 3)") {
      $0.items.map(\.quantity).contains { $0 == 3 }
    },
  ]

  // MARK: - This CEL

  private final class Bindings: Activation {
    private let values: [Value]
    init(_ values: [Value]) { self.values = values }
    func load(_ slot: Int) -> Value { values[slot] }
    func record(_ slot: Int) -> Unmanaged<RecordValue>? {
      if case .record(let record) = values[slot] { return .passUnretained(record) }
      return nil
    }
  }

  private static func record(_ name: String, _ fields: [(String, CELType, Value)]) -> (
    CELType, Value
  ) {
    let type = ObjectType(name: name, fields: fields.map { .init(name: $0.0, type: $0.1) })
    return (.object(type), .record(RecordValue(type: type, slots: fields.map(\.2))))
  }

  private static func environment(_ facts: Facts) -> (CEL.Environment, any Activation) {
    // One type for all of them, as for whatever is declared once.
    let item = ObjectType(
      name: "Item",
      fields: [
        .init(name: "sku", type: .string), .init(name: "price", type: .double),
        .init(name: "quantity", type: .int),
      ])
    let items = facts.items.map {
      Value.record(
        RecordValue(
          type: item, slots: [.string($0.sku), .double($0.price), .int(Int64($0.quantity))]))
    }
    let variables = [
      (
        "order",
        record(
          "Order",
          [
            ("status", .string, .string(facts.status)), ("total", .double, .double(facts.total)),
            ("paid", .bool, .bool(facts.paid)),
            ("delivered_day", .int, .int(Int64(facts.deliveredDay))),
            ("items", .list(.object(item)), .list(ListValue(items))),
          ])
      ),
      (
        "customer",
        record(
          "Customer",
          [
            ("tier", .string, .string(facts.tier)), ("escalated", .bool, .bool(facts.escalated)),
            ("verified", .bool, .bool(facts.verified)), ("credit", .double, .double(facts.credit)),
          ])
      ),
      (
        "args",
        record(
          "Arguments",
          [
            ("amount", .double, .double(facts.amount)),
            ("quantity", .int, .int(Int64(facts.quantity))),
            ("reason", .string, .string(facts.reason)),
          ])
      ),
      ("today", (CELType.int, Value.int(Int64(facts.today)))),
    ]
    var environment = CEL.Environment()
    for (slot, (name, (type, _))) in variables.enumerated() {
      environment.variables[name] = VariableDeclaration(name: name, type: type, slot: slot)
    }
    return (environment, Bindings(variables.map { $0.1.1 }))
  }

  private static func program(_ text: String, _ environment: CEL.Environment) throws -> Program {
    let parsed = CELParser.parse(text, in: environment)
    guard parsed.issues.isEmpty,
      let checked = CELChecker.check(parsed.expr, in: environment, expecting: .bool).checked
    else { throw Failure("\(text): \(parsed.issues)") }
    return Program(checked, in: environment)
  }

  // MARK: - The run

  static func run(_ table: inout Table, scratch: String) throws {
    let facts = Facts()
    let (environment, activation) = environment(facts)
    let empty = try program("true", environment)
    var sink = 0
    let floor = nanoseconds { if case .bool(true) = empty.evaluate(activation) { sink += 1 } }
    let peers = try peers(facts, scratch: scratch)
    for (name, cases) in [
      ("ten conditions of a refund guard", guardCases), ("four over a list of twenty", listCases),
    ] {
      var ours: [Double] = []
      var hand: [Double] = []
      var allocations = 0
      for test in cases {
        let program = try program(test.condition, environment)
        guard case .bool(true) = program.evaluate(activation), test.byHand(facts) else {
          throw Failure("\(test.condition) is not true")
        }
        let before = malloc_count()
        _ = program.test(activation)
        allocations += Int(malloc_count() - before)
        ours.append(
          max(
            nanoseconds { if case .bool(true) = program.evaluate(activation) { sink += 1 } }
              - floor, 0.1))
        hand.append(max(nanoseconds { if test.byHand(facts) { sink += 1 } }, 0.1))
      }
      let mine = mean(ours)
      table.add(
        "\(name), each", "\(shown(mine, 1)) ns",
        baseline: "Swift closures: \(shown(mean(hand), 1)) ns", ratio: shown(mine / mean(hand), 2),
        goal: "aim ≤ 5 times", holds: mine <= 5 * mean(hand))
      if cases.count == guardCases.count {
        table.add(
          "heap allocations of all ten", "\(allocations)", goal: "aim 0", holds: allocations == 0)
      }
      guard let peers else { continue }
      var best = Double.infinity
      for (peer, times) in peers {
        let known = cases.compactMap { times[$0.condition] }
        guard known.count == cases.count else {
          table.add("the same with \(peer)", "not all of them give an answer")
          continue
        }
        best = min(best, mean(known))
        table.add(
          "the same with \(peer)", "\(shown(mean(known), 0)) ns", baseline: "ours",
          ratio: shown(mean(known) / mine, 1))
      }
      if best.isFinite {
        table.add(
          "the faster peer against ours", "\(shown(best / mine, 1)) times", goal: "aim ≥ 5 times",
          holds: best >= 5 * mine)
      }
    }
    if sink == 42 { print("") }
  }

  /// The geometric mean: no condition outweighs the others.
  private static func mean(_ times: [Double]) -> Double {
    exp(times.reduce(0) { $0 + log($1) } / Double(times.count))
  }

  private static func nanoseconds(_ body: () -> Void) -> Double {
    var best = Double.infinity
    for _ in 0..<7 {
      best = min(best, time { for _ in 0..<100_000 { body() } } / 100_000 * 1e9)
    }
    return best
  }

  // MARK: - The peers

  private static func peers(_ facts: Facts, scratch: String) throws -> [(String, [String: Double])]?
  {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
        "cel-peers.py")
    let items = facts.items.map {
      ["sku": $0.sku, "price": $0.price, "quantity": $0.quantity] as [String: Any]
    }
    let work: [String: Any] = [
      "facts": [
        "order": [
          "status": facts.status, "total": facts.total, "paid": facts.paid,
          "delivered_day": facts.deliveredDay, "items": items,
        ] as [String: Any],
        "customer": [
          "tier": facts.tier, "escalated": facts.escalated, "verified": facts.verified,
          "credit": facts.credit,
        ] as [String: Any],
        "args": [
          "amount": facts.amount, "quantity": facts.quantity, "reason": facts.reason,
        ] as [String: Any],
        "today": facts.today,
      ] as [String: Any],
      "conditions": (guardCases + listCases).map(\.condition),
    ]
    let input = scratch + "/cel-peers.json"
    try JSONSerialization.data(withJSONObject: work).write(to: URL(fileURLWithPath: input))
    let output = scratch + "/cel-peers.out"
    let python = ProcessInfo.processInfo.environment["PYTHON"] ?? "python3"
    let cost = Programs.run(
      "/bin/sh", ["-c", "\(python) '\(script.path)' '\(input)' > '\(output)'"])
    guard cost.status == 0,
      let found = try? JSONSerialization.jsonObject(
        with: Data(contentsOf: URL(fileURLWithPath: output))) as? [String: [String: Any]]
    else {
      FileHandle.standardError.write(
        Data(
          "the peers are left out: pip install common-expression-language cel-expr-python, and PYTHON=… where it is not python3\n"
            .utf8))
      return nil
    }
    return found.keys.sorted().map { name in
      let times = found[name]?["times"] as? [Any] ?? []
      var byCondition: [String: Double] = [:]
      for (test, time) in zip(guardCases + listCases, times) {
        if let time = time as? Double { byCondition[test.condition] = max(time, 1) }
      }
      return (name, byCondition)
    }
  }
}
