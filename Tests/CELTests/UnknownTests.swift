import CEL
import Testing

/// Evaluation over attributes that are not known: a value where they do not matter, and else exactly what
/// is still needed.
@Suite struct UnknownTests {
  static let line = ObjectType(
    name: "Line", fields: [.init(name: "sku", type: .string), .init(name: "price", type: .int)])
  static let order = ObjectType(
    name: "Order",
    fields: [
      .init(name: "id", type: .string), .init(name: "total", type: .int),
      .init(name: "lines", type: .list(.object(line))),
      .init(name: "note", type: .string, optional: true),
    ])

  static func line(_ sku: Value, _ price: Value) -> Value {
    .record(RecordValue(type: line, slots: [sku, price]))
  }

  static let values: [String: Value] = [
    "order": .record(
      RecordValue(
        type: order,
        slots: ["o-1", 30, [line("a", 10), line("b", 20)], .absent])),
    "m": ["k": 1, "l": 2, "odd key": 3], "list": [1, 2, 3], "flag": true, "n": 2, "s": "k",
    "nested": ["a": ["x": 1, "y": 2], "b": ["x": 3, "y": 4]],
    "opt": .optional(OptionalValue(["k": 1])),
  ]
  static let types: [(String, CELType)] = [
    ("order", .object(order)), ("m", .map(.string, .int)), ("list", .list(.int)), ("flag", .bool),
    ("n", .int), ("s", .string), ("nested", .map(.string, .map(.string, .int))),
    ("opt", .optional(.map(.string, .int))), ("unset", .int), ("gone", .int),
  ]

  static let environment: CEL.Environment = {
    var environment = CEL.Environment(extensions: Set(CEL.Environment.Extension.allCases))
    for (slot, (name, type)) in types.enumerated() {
      environment.variables[name] = VariableDeclaration(name: name, type: type, slot: slot)
    }
    return environment
  }()

  static func program(_ source: String) throws -> Program {
    let (expr, issues) = CELParser.parse(source, in: environment)
    #expect(issues.isEmpty, "\(source): \(issues)")
    let result = CELChecker.check(expr, in: environment)
    #expect(result.issues.isEmpty, "\(source): \(result.issues)")
    return Program(try #require(result.checked), in: environment)
  }

  /// `nested.a["x"]`, `m.*`: a pattern as a test writes it.
  static func pattern(_ text: String) -> AttributePattern {
    let parts = text.split(separator: "/").map(String.init)
    return AttributePattern(
      parts[0],
      path: parts.dropFirst().map { part in
        part == "*" ? .any : .key(Int64(part).map { .int($0) } ?? .string(part))
      })
  }

  static let cases: [(unknown: String, source: String, expected: String)] = [
    // Logic, either way round; an unknown goes before an error.
    ("flag", "flag && false", "false"), ("flag", "false && flag", "false"),
    ("flag", "flag || true", "true"), ("flag", "true || flag", "true"),
    ("flag", "flag && true", "unknown(flag)"), ("flag", "flag || false", "unknown(flag)"),
    ("flag n", "flag && n == 2", "unknown(flag, n)"), ("flag", "!flag", "unknown(flag)"),
    ("flag", "flag || 1 / 0 == 1", "unknown(flag)"),
    ("flag", "1 / 0 == 1 && flag", "unknown(flag)"),
    ("flag n", "(flag && false) || n == 2", "unknown(n)"),
    // The condition is needed first; a branch that is not taken never.
    ("flag n", "flag ? n : 1", "unknown(flag)"), ("n", "flag ? 1 : n", "1"),
    ("n", "flag ? n : 1", "unknown(n)"),
    // Strict functions need all of their arguments.
    ("n m/k", "n + m.k", "unknown(n, m.k)"), ("n", "n + n", "unknown(n)"),
    ("n", "n == 2", "unknown(n)"), ("n", "n + 1 / 0", "unknown(n)"),
    ("n", "string(n) + s", "unknown(n)"), ("n s", "[n, 1, size(s)]", "unknown(n, s)"),
    ("n s", "{s: n}", "unknown(s, n)"), ("n", "math.greatest(n, m.k, 3)", "unknown(n)"),
    // What is known beside an unknown entry stays known.
    ("m/k", "m.l", "2"), ("m/k", "m.k", "unknown(m.k)"), ("m/k", "m['k'] > 0", "unknown(m.k)"),
    ("m/odd key", "m['odd key']", "unknown(m[\"odd key\"])"), ("m/k", "size(m)", "3"),
    ("m/k", "'k' in m", "true"), ("m/k", "has(m.k)", "unknown(m.k)"), ("m/k", "has(m.l)", "true"),
    ("m/k", "has(m.zz)", "false"), ("m/k", "m.zz", "error: no such key: `zz`"),
    ("m/k", "m == {'k': 1, 'l': 2, 'odd key': 3}", "unknown(m.k)"),
    ("m/k", "m == {'k': 1, 'l': 7, 'odd key': 3}", "false"), ("m/k", "m == {'k': 1}", "false"),
    // An entry that may be there.
    ("m/new", "m.new", "unknown(m.new)"), ("m/new", "size(m)", "unknown(m)"),
    // Every entry.
    ("m/*", "m.k", "unknown(m.k)"), ("m/*", "size(m)", "unknown(m)"), ("m", "m.k", "unknown(m)"),
    ("nested/*/x", "nested.a.y", "2"), ("nested/*/x", "nested.b.x", "unknown(nested.b.x)"),
    ("nested/*/x", "size(nested)", "2"),
    // A key that is not known.
    ("s", "m[s]", "unknown(s)"), ("s m", "m[s]", "unknown(m, s)"), ("n", "list[n]", "unknown(n)"),
    ("s", "s in m", "unknown(s)"), ("n", "n in list", "unknown(n)"),
    ("s", "m[?s].orValue(1)", "unknown(s)"),
    // Lists.
    ("list/1", "list[0]", "1"), ("list/1", "list[1]", "unknown(list[1])"),
    ("list/1", "size(list)", "3"), ("list/1", "3 in list", "true"),
    ("list/1", "7 in list", "unknown(list[1])"),
    ("list/1 list/2", "7 in list", "unknown(list[1], list[2])"),
    ("list/0 list/1", "list.sum()", "unknown(list[0], list[1])"),
    ("list/0 list/1", "list.max()", "unknown(list[0], list[1])"),
    ("list/0", "list.last()", "3"), ("list/0", "list.first()", "unknown(list[0])"),
    ("list/0", "list.slice(1, 3)", "[2, 3]"),
    ("list/0 list/2", "list.slice(0, 2)", "unknown(list[0])"),
    ("list/2", "list.indexOf(2)", "1"), ("list/0", "list.indexOf(2)", "unknown(list[0])"),
    ("list/0", "list.lastIndexOf(2)", "1"),
    ("list/0 list/1", "list.indexOf(3)", "unknown(list[0], list[1])"),
    ("list/0 list/2", "list.sort()", "unknown(list[0], list[2])"),
    ("list/0 list/2", "list.sortBy(e, -e)", "unknown(list[0], list[2])"),
    ("list/0 list/2", "[list].flatten()", "unknown(list[0], list[2])"),
    ("list/0 list/2", "'%d %d'.format(list)", "unknown(list[0], list[2])"),
    ("list/0 list/2", "list.map(e, string(e)).join()", "unknown(list[0], list[2])"),
    ("list/*", "size(list)", "unknown(list)"), ("list/5", "list[1]", "2"),
    ("list/5", "size(list)", "unknown(list)"),
    // Comprehensions: a witness decides, and only without one the unknown elements are needed.
    ("list/0", "list.exists(e, e == 3)", "true"),
    ("list/0", "list.exists(e, e == 9)", "unknown(list[0])"),
    ("list/0", "list.all(e, e < 3)", "false"),
    ("list/0 list/2", "list.all(e, e < 9)", "unknown(list[0], list[2])"),
    ("list/0", "list.exists_one(e, e == 3)", "unknown(list[0])"),
    ("list/0", "list.exists(e, e / 0 == 1)", "unknown(list[0])"),
    ("list/0", "list.map(e, e * 2)", "unknown(list[0])"), ("list/0", "list.map(e, 1)", "[1, 1, 1]"),
    ("list/0", "list.filter(e, e > 1)", "unknown(list[0])"),
    ("list", "list.map(e, 1)", "unknown(list)"),
    ("n", "list.map(e, e + n)", "unknown(n)"), ("n", "list.exists(e, e == n || e == 1)", "true"),
    ("m/k", "m.exists(k, m[k] == 2)", "true"), ("m/k", "m.all(k, m[k] > 0)", "unknown(m.k)"),
    ("m/k", "m.all(k, v, v > 1)", "unknown(m.k)"), ("m/k", "m.all(k, v, v > 2)", "false"),
    ("m/*", "m.all(k, v, v > 0)", "unknown(m.k, m.l, m[\"odd key\"], m)"),
    ("list/1", "list.transformList(i, e, i)", "[0, 1, 2]"),
    ("m/k", "m.transformMap(k, v, v > 1, v)", "unknown(m.k)"),
    ("list/0", "cel.bind(e, list[0], list[1])", "2"),
    // Sets.
    ("list/0", "sets.contains(list, [2, 3])", "true"),
    ("list/0", "sets.contains([2], list)", "false"),
    ("list/0", "sets.contains(list, [9])", "unknown(list[0])"),
    ("list/0", "sets.intersects(list, [3])", "true"),
    ("list/0", "sets.intersects([9], list)", "unknown(list[0])"),
    ("list/0 list/1", "sets.equivalent(list, [1, 2, 3])", "unknown(list[0], list[1])"),
    ("list/5", "sets.contains([1, 2, 3], list)", "unknown(list)"),
    ("list/5", "sets.intersects(list, [9])", "unknown(list)"),
    ("list/5", "sets.intersects([], list)", "false"),
    // Records.
    ("order/total", "order.id", "\"o-1\""),
    ("order/total", "order.total > 3", "unknown(order.total)"),
    ("order/total", "order.total > 3 || order.id == 'o-1'", "true"),
    ("order/note", "has(order.note)", "unknown(order.note)"),
    ("order/total", "has(order.note)", "false"),
    ("order/lines/*/price", "order.lines[1].sku", "\"b\""),
    (
      "order/lines/*/price", "order.lines.map(l, l.price).sum()",
      "unknown(order.lines[0].price, order.lines[1].price)"
    ),
    ("order/lines/1", "order.lines.exists(l, l.price == 10)", "true"),
    ("order/lines/1", "order.lines.exists(l, l.price == 11)", "unknown(order.lines[1])"),
    ("order/lines/1/price", "order == order", "unknown(order.lines[1].price)"),
    ("order", "order.total", "unknown(order)"),
    // Optional values.
    ("m/k", "m.?k.orValue(7)", "unknown(m.k)"), ("m/k", "m.?zz.orValue(7)", "7"),
    ("n", "m.?k.orValue(n)", "1"), ("n", "m.?zz.orValue(n)", "unknown(n)"),
    ("opt/k", "opt.?k.orValue(7)", "unknown(opt.k)"),
    ("n", "optional.of(n).hasValue()", "unknown(n)"),
    ("n", "[?m.?zz, n]", "unknown(n)"), ("s", "m.?k.optMap(v, s)", "unknown(s)"),
    ("s", "m.?zz.optMap(v, s).hasValue()", "false"),
    // Without a value: unknown where a pattern says so, else a mistake of the host's.
    ("unset/k", "unset > 1 || true", "true"), ("unset", "unset > 1", "unknown(unset)"),
    ("n", "gone > 1", "error: `gone` is not bound"), ("n", "gone > n", "unknown(n)"),
  ]

  @Test(arguments: cases)
  func evaluates(_ unknown: String, _ source: String, _ expected: String) throws {
    let activation = PartialActivation(
      Self.environment, Self.values,
      unknown: unknown.split(separator: " ").map { text in
        // A key of two words.
        Self.pattern(String(text))
      } + (unknown == "m/odd key" ? [Self.pattern(unknown)] : []))
    #expect(try Self.program(source).evaluate(activation).description == expected, "\(source)")
    let loose = Program(
      unchecked: CELParser.parse(source, in: Self.environment).expr, in: Self.environment)
    #expect(loose.evaluate(activation).description == expected, "\(source) unchecked")
  }

  /// The attributes that random tests hide, as patterns and as unknowns name them.
  static let hideable: [(pattern: String, path: String)] = [
    ("flag", "flag"), ("n", "n"), ("s", "s"), ("m/k", "m.k"), ("m/l", "m.l"),
    ("list/0", "list[0]"), ("list/1", "list[1]"), ("list/2", "list[2]"),
    ("order/total", "order.total"), ("order/note", "order.note"),
    ("order/lines/0/price", "order.lines[0].price"), ("order/lines/1", "order.lines[1]"),
    ("nested/a/x", "nested.a.x"), ("nested/b", "nested.b"),
  ]

  /// On random expressions: a value over partial facts is the value over all of them; and what an unknown
  /// names is hidden, and telling just that leads to the end.
  @Test func partialFactsNeverLie() throws {
    var random = SeededGenerator(seed: 4)
    func pick<T>(_ choices: [T]) -> T { choices[Int(random.next() % UInt64(choices.count))] }
    func number(_ depth: Int) -> String {
      guard depth > 0 else {
        return pick([
          "n", "m.k", "m.l", "m[s]", "list[0]", "list[n]", "order.total", "order.lines[1].price",
          "nested.a.x", "nested.b.y", "0", "1", "2", "size(list)", "list.sum()",
        ])
      }
      switch random.next() % 6 {
      case 0:
        return "(\(number(depth - 1)) \(pick(["+", "-", "*", "/", "%"])) \(number(depth - 1)))"
      case 1: return "(\(condition(depth - 1)) ? \(number(depth - 1)) : \(number(depth - 1)))"
      case 2:
        return "\(numbers(depth - 1)).\(pick(["sum()", "max()", "first()", "last()", "size()"]))"
      case 3: return "\(numbers(depth - 1)).indexOf(\(number(depth - 1)))"
      case 4: return "m[?\(pick(["s", "'k'", "'zz'"]))].orValue(\(number(depth - 1)))"
      default: return number(0)
      }
    }
    func numbers(_ depth: Int) -> String {
      guard depth > 0 else { return pick(["list", "[1, 2]", "order.lines.map(l, l.price)"]) }
      switch random.next() % 6 {
      case 0: return "\(numbers(depth - 1)).map(e, e + \(number(depth - 1)))"
      case 1: return "\(numbers(depth - 1)).filter(e, e > \(number(depth - 1)))"
      case 2: return "[\(number(depth - 1)), \(number(depth - 1))]"
      case 3: return "\(numbers(depth - 1)).slice(0, 1)"
      case 4:
        return
          "\(numbers(depth - 1)).\(pick(["sort()", "sortBy(e, -e)", "distinct()", "reverse()"]))"
      default: return numbers(0)
      }
    }
    func condition(_ depth: Int) -> String {
      guard depth > 0 else {
        return pick(["flag", "has(order.note)", "s in m", "s == 'k'", "has(m.k)", "true", "false"])
      }
      switch random.next() % 9 {
      case 0, 1: return "(\(condition(depth - 1)) && \(condition(depth - 1)))"
      case 2, 3: return "(\(condition(depth - 1)) || \(condition(depth - 1)))"
      case 4: return "!(\(condition(depth - 1)))"
      case 5: return "(\(number(depth - 1)) \(pick(["<", "==", "!=", ">="])) \(number(depth - 1)))"
      case 6:
        return
          "\(numbers(depth - 1)).\(pick(["all", "exists", "exists_one"]))(e, e == \(number(depth - 1)))"
      case 7: return "\(number(depth - 1)) in \(numbers(depth - 1))"
      default:
        return
          "sets.\(pick(["contains", "intersects", "equivalent"]))(\(numbers(depth - 1)), \(numbers(depth - 1)))"
      }
    }
    var decided = 0
    var asked = 0
    for _ in 0..<5_000 {
      let source = condition(Int(random.next() % 4) + 1)
      let program = try Self.program(source)
      let full = program.evaluate(PartialActivation(Self.environment, Self.values))
      var hidden = Self.hideable.filter { _ in random.next() % 2 == 0 }
      while true {
        let activation = PartialActivation(
          Self.environment, Self.values, unknown: hidden.map { Self.pattern($0.pattern) })
        let value = program.evaluate(activation)
        guard case .unknown(let unknown) = value else {
          decided += 1
          let same: Bool
          if case .error = full {
            same = if case .error = value { true } else { false }
          } else {
            same = value == full
          }
          #expect(same, "\(source): \(value), with all facts \(full)")
          break
        }
        asked += 1
        let named = Set(unknown.attributes.map(\.path))
        let before = hidden.count
        #expect(!named.isEmpty && named.isSubset(of: hidden.map(\.path)), "\(source): \(named)")
        hidden.removeAll { named.contains($0.path) }
        guard hidden.count < before else { break }
      }
    }
    #expect(decided == 5_000 && asked > 2_000, "\(decided), \(asked)")
  }
}
