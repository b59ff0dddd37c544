import CEL
import Testing

/// Unknown facts, partial collections, absence, errors and limits: where evaluation is more than plain CEL.
@Suite struct EvalSemanticsTests {
  static let item = ObjectType(
    name: "Item",
    fields: [
      .init(name: "sku", type: .string), .init(name: "price", type: .double),
      .init(name: "note", type: .string, optional: true),
    ])
  static let order = ObjectType(
    name: "Order",
    fields: [
      .init(name: "id", type: .string), .init(name: "total", type: .double),
      .init(name: "items", type: .list(.object(item))),
      .init(name: "sent", type: .timestamp, optional: true),
    ])

  /// Knows `o-1` only; any other order was never read.
  final class Orders: MapValue, @unchecked Sendable {
    override func lookup(_ key: Value) -> Value {
      guard case .string(let id) = key else { return .absent }
      return id == "o-1" ? EvalSemanticsTests.firstOrder : .unknown(Unknown("orders[\"\(id)\"]"))
    }
    override var keys: [Value] { ["o-1"] }
    override var count: Int { 1 }
    override var missing: Unknown? { Unknown("orders") }
  }

  static let firstOrder = Value.record(
    RecordValue(
      type: order,
      slots: [
        "o-1", 20.5,
        .list(
          ListValue([
            .record(RecordValue(type: item, slots: ["a", 10.0, .absent])),
            .record(RecordValue(type: item, slots: ["b", .unknown(Unknown("b.price")), "x"])),
          ])),
        .absent,
      ]))

  static let variables: [(String, CELType, Value)] = [
    ("orders", .map(.string, .object(order)), .map(Orders())),
    ("order", .object(order), firstOrder),
    ("part", .list(.int), .list(ListValue([1, 2, 3], missing: Unknown("part")))),
    ("some", .map(.string, .int), .map(DictionaryMap([("k", 1)], missing: Unknown("some")))),
    ("u", .bool, .unknown(Unknown("u"))), ("v", .bool, .unknown(Unknown("v"))),
    ("n", .int, .unknown(Unknown("n"))), ("x", .int, 7), ("s", .string, "text"),
    ("list", .list(.int), [1, 2, 3]), ("none", .list(.int), []), ("pattern", .string, "t.x"),
    ("d", .double, 2.5), ("gone", .string, .absent),
  ]

  final class Facts: Activation {
    func load(_ slot: Int) -> Value { EvalSemanticsTests.variables[slot].2 }
  }

  static func environment() -> CEL.Environment {
    var environment = CEL.Environment(extensions: Set(CEL.Environment.Extension.allCases))
    for (slot, variable) in variables.enumerated() {
      environment.variables[variable.0] = VariableDeclaration(
        name: variable.0, type: variable.1, slot: slot)
    }
    environment.functions = environment.functions.adding([
      FunctionDeclaration(
        "known",
        [
          Overload(
            "known_any", [.parameter("T")], .bool, lenient: true,
            .unary {
              switch $0 {
              case .unknown, .error: false
              default: true
              }
            })
        ]),
      FunctionDeclaration(
        "loaded",
        [
          Overload(
            "loaded_int", [.int], .dyn,
            .host { arguments, activation in
              if case .int(let slot)? = arguments.first { activation.load(Int(slot)) } else { "?" }
            })
        ]),
    ])
    return environment
  }

  static func program(_ source: String) throws -> Program {
    let environment = environment()
    let (expr, issues) = CELParser.parse(source, in: environment)
    #expect(issues.isEmpty, "\(source): \(issues)")
    let result = CELChecker.check(expr, in: environment)
    #expect(result.issues.isEmpty, "\(source): \(result.issues)")
    return Program(try #require(result.checked), in: environment)
  }

  static let cases: [(String, String)] = [
    // Logic absorbs what does not matter.
    ("u && false", "false"), ("false && u", "false"), ("u || true", "true"),
    ("u && true", "unknown(u)"), ("u && v", "unknown(u, v)"), ("u || v || u", "unknown(u, v)"),
    ("1 / 0 > 0 && u", "unknown(u)"), ("u && 1 / 0 > 0", "unknown(u)"),
    ("1 / 0 > 0 || u", "unknown(u)"), ("1 / 0 > 0 || true", "true"), ("!u", "unknown(u)"),
    ("1 / (x - x) > 0 && true", "error: division by zero"), ("u ? 1 : 2", "unknown(u)"),
    ("x > 3 ? 1 : 1 / 0", "1"), ("x < 3 ? n : 2", "2"),
    // Strict operations pass unknowns on, united.
    ("n + 1", "unknown(n)"), ("n == n", "unknown(n)"), ("n < x", "unknown(n)"),
    ("n + size(part)", "unknown(n, part)"), ("[n, 1]", "unknown(n)"), ("{'a': n}", "unknown(n)"),
    ("string(n) + string(1 / 0)", "unknown(n)"),
    // Open collections.
    ("orders['o-1'].total", "20.5"), ("orders['o-2'].total", "unknown(orders[\"o-2\"])"),
    ("orders['o-2'].total > 3.0 || x == 7", "true"), ("'o-1' in orders", "true"),
    ("'o-2' in orders", "unknown(orders[\"o-2\"])"), ("has(orders['o-1'].sent)", "false"),
    ("has(orders['o-2'].sent)", "unknown(orders[\"o-2\"])"),
    ("orders.exists(k, k == 'o-1')", "true"), ("orders.exists(k, k == 'o-2')", "unknown(orders)"),
    ("orders.all(k, k != 'o-1')", "false"), ("orders.all(k, k == 'o-1')", "unknown(orders)"),
    ("size(orders)", "unknown(orders)"), ("orders == orders", "unknown(orders)"),
    // Partial lists and maps.
    ("part[0]", "1"), ("part[5]", "unknown(part)"), ("2 in part", "true"),
    ("5 in part", "unknown(part)"), ("part.exists(p, p > 2)", "true"),
    ("part.exists(p, p > 5)", "unknown(part)"), ("part.all(p, p < 3)", "false"),
    ("part.all(p, p < 5)", "unknown(part)"), ("part.exists_one(p, p > 1)", "false"),
    ("part.exists_one(p, p > 2)", "unknown(part)"), ("part.map(p, p * 2)", "[2, 4, 6, …]"),
    ("part.filter(p, p > 1)", "[2, 3, …]"), ("part.filter(p, p > 1).exists(p, p == 3)", "true"),
    ("part.map(p, p).size()", "unknown(part)"), ("part.sum()", "unknown(part)"),
    ("part == [1, 2, 3]", "unknown(part)"), ("part + [4]", "unknown(part)"),
    ("some['k']", "1"), ("some.k", "1"), ("some['z']", "unknown(some)"),
    ("has(some.z)", "unknown(some)"), ("'k' in some", "true"), ("'z' in some", "unknown(some)"),
    ("part.transformList(i, p, i + p)", "[1, 3, 5, …]"),
    ("some.transformMap(k, w, w + 1)", "{\"k\": 2, …}"),
    // Absence is known.
    ("order.sent", "error: no such key: `sent`"), ("has(order.sent)", "false"),
    ("has(order.total)", "true"), ("gone", "error: no such key: `gone`"),
    ("order.items[0].note", "error: no such key: `note`"), ("has(order.items[1].note)", "true"),
    ("order.items[7].sku", "error: index out of bounds: 7"),
    ("{'a': 1}['b']", "error: no such key: `b`"), ("{1: 1}[2]", "error: no such key: `2`"),
    ("order.?sent.hasValue()", "false"), ("order.?total.orValue(0.0)", "20.5"),
    ("none.first()", "error: `first` of an empty list"), ("list.last()", "3"),
    ("none.max()", "error: `max` of an empty list"), ("none.sum()", "0"),
    // Elements that are not known.
    ("order.items.exists(i, i.price > 5.0)", "true"),
    ("order.items.exists(i, i.price > 50.0)", "unknown(b.price)"),
    ("order.items.all(i, i.price > 50.0)", "false"),
    ("order.items.map(i, i.price)", "unknown(b.price)"),
    ("order.items.map(i, i.sku)", "[\"a\", \"b\"]"),
    ("order.items[0] == order.items[1]", "false"),
    ("order.items[1] == order.items[1]", "unknown(b.price)"),
    // Lenient functions see what others do not; host functions see the activation.
    ("known(n)", "false"), ("known(1 / 0)", "false"), ("known(x)", "true"),
    ("known(orders['o-2'])", "false"), ("loaded(x)", "7"), ("loaded(n)", "unknown(n)"),
    // Nested folds and bindings.
    ("list.map(a, list.filter(b, b > a).map(b, a * b))", "[[2, 3], [6], []]"),
    ("cel.bind(a, x * 2, list.map(b, a + b))", "[15, 16, 17]"),
    ("list.exists(a, [a].exists(a, a == 2))", "true"),
    ("list.filter(a, a % 2 == 1).map(a, a > 1, a * 10)", "[30]"),
    ("s.matches(pattern)", "true"), ("s.matches('t.x')", "true"), ("s == 'text'", "true"),
    ("'text' != s", "false"), ("d > 2.0", "true"), ("2.0 < d", "true"),
    ("s in ['a', 'text']", "true"), ("lists.range(3)", "[0, 1, 2]"),
  ]

  @Test(arguments: cases) func evaluates(source: String, expected: String) throws {
    #expect(try Self.program(source).evaluate(Facts()).description == expected)
  }

  /// Without the checker the values decide, with the same outcome.
  @Test(arguments: cases) func evaluatesUnchecked(source: String, expected: String) {
    let environment = Self.environment()
    let program = Program(
      unchecked: CELParser.parse(source, in: environment).expr, in: environment)
    #expect(program.evaluate(Facts()).description == expected)
  }

  @Test func truth() throws {
    func test(_ source: String) throws -> String {
      switch try Self.program(source).test(Facts()) {
      case .yes: "yes"
      case .no: "no"
      case .unknown(let unknown): unknown.attributes.map(\.path).joined(separator: " ")
      case .error(let error): error.kind.rawValue
      }
    }
    #expect(try test("x == 7") == "yes")
    #expect(try test("x == 8") == "no")
    #expect(try test("u && v") == "u v")
    #expect(try test("1 / (x - 7) == 1") == "divideByZero")
    #expect(try test("order.sent > timestamp(0)") == "absent")
    #expect(try test("x") == "noSuchOverload")
  }

  @Test func budget() throws {
    var environment = Self.environment()
    environment.limits.iterations = 50
    func kind(_ source: String) throws -> EvaluationError.Kind? {
      let expr = CELParser.parse(source, in: environment).expr
      let checked = try #require(CELChecker.check(expr, in: environment).checked)
      if case .error(let error) = Program(checked, in: environment).evaluate(Facts()) {
        return error.kind
      }
      return nil
    }
    #expect(try kind("lists.range(50).all(a, a >= 0)") == nil)
    #expect(try kind("lists.range(51).all(a, a >= 0)") == .cost)
    #expect(try kind("list.exists(a, lists.range(20).exists(b, b == 100))") == .cost)
    #expect(try kind("lists.range(100).map(a, a)") == .cost)
    #expect(try kind("lists.range(1000000000)") == .cost)
  }

  @Test func growthIsBounded() throws {
    var source = "size(a)"
    for _ in 0..<40 { source = "cel.bind(a, a + a, \(source))" }
    let value = try Self.program("cel.bind(a, 'xxxxxxxx', \(source))").evaluate(Facts())
    guard case .error(let error) = value else {
      Issue.record("\(value)")
      return
    }
    #expect(error.kind == .cost)
  }

  @Test func trace() throws {
    let program = try Self.program("x > 3 && (n < 2 || list.exists(a, a == 2)) && u")
    let entries = program.trace(Facts())
    #expect(entries.first?.depth == 0)
    #expect(entries.first?.value.description == "unknown(u)")
    let named = entries.filter {
      if case .ident = $0.expression.kind { true } else { false }
    }
    #expect(
      named.map(\.value.description) == [
        "7", "unknown(n)", "[1, 2, 3]", "1", "2", "unknown(u)",
      ])
    // Tracing gives what evaluation gives.
    for (source, expected) in Self.cases {
      let first = try Self.program(source).trace(Facts()).first
      if let first { #expect(first.value.description == expected, "\(source)") }
    }
  }

  @Test func constants() throws {
    #expect(try Self.program("1 + 2 * 3").constant == 7)
    #expect(try Self.program("timestamp('2024-01-01T00:00:00Z') > timestamp(0)").constant == true)
    #expect(try Self.program("size([1, 2] + [3])").constant == 3)
    #expect(try Self.program("1 + x").constant == nil)
    #expect(try Self.program("loaded(1)").constant == nil)
  }

  @Test func manyThreads() async throws {
    let program = try Self.program("list.map(a, a * x).exists(b, b == 14) && s.matches('^t')")
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<200).allSatisfy { _ in
            if case .yes = program.test(Facts()) { true } else { false }
          }
        }
      }
      for await result in group { #expect(result) }
    }
  }

  /// Random trees: none traps, and planned with and without types they mean the same.
  @Test func randomExpressions() {
    let environment = Self.environment()
    var random = SeededGenerator(seed: 20_240_515)
    let atoms = [
      "x", "n", "u", "s", "d", "list", "part", "order", "orders", "1", "0", "-1", "2.5", "'a'",
      "true", "null", "b'z'", "[1]", "{'k': 1}", "9223372036854775807", "timestamp(0)",
      "duration('1h')", "date('2024-02-29')", "1u", "optional.of(1)", "none", "gone",
    ]
    let operators = ["+", "-", "*", "/", "%", "<", "<=", "==", "!=", "&&", "||", "in", ">"]
    let methods = [
      "size()", "exists(e, e == 1)", "all(e, e > 0)", "map(e, e + 1)", "filter(e, e != 2)", "sum()",
      "max()", "first()", "total", "items", "trim()", "contains('a')", "matches('a+')", "reverse()",
      "getMonth()", "distinct()", "sort()", "orValue(2)", "split('')", "flatten()", "slice(0, 1)",
      "format([1])", "findAll('.')", "exists_one(e, e)", "substring(1)", "charAt(0)",
    ]
    func make(_ depth: Int) -> String {
      guard depth > 0 else { return atoms[Int(random.next() % UInt64(atoms.count))] }
      switch random.next() % 7 {
      case 0, 1, 2:
        let symbol = operators[Int(random.next() % UInt64(operators.count))]
        return "(\(make(depth - 1)) \(symbol) \(make(depth - 1)))"
      case 3: return "(\(make(depth - 1)) ? \(make(depth - 1)) : \(make(depth - 1)))"
      case 4: return "(\(make(depth - 1)))[\(make(depth - 1))]"
      case 5: return "!(\(make(depth - 1)))"
      default:
        return "(\(make(depth - 1))).\(methods[Int(random.next() % UInt64(methods.count))])"
      }
    }
    var compiled = 0
    for _ in 0..<10_000 {
      let source = make(Int(random.next() % 4) + 1)
      let expr = CELParser.parse(source, in: environment).expr
      let loose = Program(unchecked: expr, in: environment).evaluate(Facts())
      let result = CELChecker.check(expr, in: environment)
      guard result.issues.isEmpty, let checked = result.checked else { continue }
      compiled += 1
      let value = Program(checked, in: environment).evaluate(Facts())
      if case .error = value {
        // Messages may name other overloads; that it fails is what counts.
        guard case .error = loose else {
          Issue.record("\(source): \(value), unchecked \(loose)")
          continue
        }
      } else {
        #expect(value.description == loose.description, "\(source)")
      }
    }
    #expect(compiled > 100)
  }
}

/// A small generator whose numbers are the same everywhere (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
