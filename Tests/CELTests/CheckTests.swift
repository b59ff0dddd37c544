import Testing

@testable import CEL

/// The checker over a small world of orders.
@Suite struct CheckTests {
  static let status = EnumType(name: "Status", values: ["pending", "delivered", "cancelled"])

  static let environment: Environment = {
    var environment = Environment(extensions: Set(Environment.Extension.allCases))
    let line = ObjectType(
      name: "Line",
      fields: [.init(name: "price", type: .double), .init(name: "sku", type: .string)])
    let order = ObjectType(
      name: "Order",
      fields: [
        .init(name: "id", type: .string), .init(name: "status", type: .enumeration(status)),
        .init(name: "total", type: .double),
        .init(name: "delivered_at", type: .timestamp, optional: true),
        .init(name: "card", type: .string, partial: true),
        .init(name: "items", type: .list(.object(line))), .init(name: "count", type: .int),
      ])
    environment.objectTypes = ["Order": order, "Line": line]
    let variables: [(String, CELType)] = [
      ("order", .object(order)), ("orders", .map(.string, .object(order))), ("now", .timestamp),
      ("n", .int), ("x", .double), ("s", .string), ("flag", .bool), ("any", .dyn),
      ("size2", .enumeration(EnumType(name: "Size", values: ["small", "large"]))),
      ("prices", .list(.double)), ("free", .map(.string, .int)), ("patterns.done", .string),
      ("tags", .list(.enumeration(status))), ("opt", .optional(.int)),
    ]
    for (slot, (name, type)) in variables.enumerated() {
      environment.variables[name] = VariableDeclaration(name: name, type: type, slot: slot)
    }
    environment.widensIntegers = true
    environment.requiresGuards = true
    environment.functions = environment.functions.adding([
      FunctionDeclaration(
        "known",
        [
          Overload(
            "known", [.dyn], .bool, lenient: true, asksPresence: true, .unary { _ in .bool(true) })
        ]),
      FunctionDeclaration(
        "mark", [Overload("mark", [.enumeration(status)], .bool, .unary { _ in .bool(true) })]),
      FunctionDeclaration(
        "pair",
        [
          Overload(
            "pair", [.parameter("A"), .parameter("B")],
            .abstract("pair", [.parameter("A"), .parameter("B")]), .intrinsic)
        ]),
      FunctionDeclaration(
        "first",
        [
          Overload(
            "pair_first", [.abstract("pair", [.parameter("A"), .parameter("B")])],
            .parameter("A"), member: true, .intrinsic)
        ]),
      FunctionDeclaration(
        "second",
        [
          Overload(
            "pair_second", [.abstract("pair", [.parameter("A"), .parameter("B")])],
            .parameter("B"), member: true, .intrinsic)
        ]),
      FunctionDeclaration(
        "same",
        [
          Overload(
            "same", [.parameter("T"), .parameter("T")], .parameter("T"), .intrinsic)
        ]),
    ])
    return environment
  }()

  static func check(_ text: String, expecting: CELType? = nil) -> CheckResult {
    let (expr, issues) = CELParser.parse(text, in: environment)
    #expect(issues == [], "\(text)")
    return CELChecker.check(expr, in: environment, expecting: expecting)
  }

  static let types: [(String, String)] = [
    ("1", "int"), ("1.0 + 2.0", "double"), ("1 + 2.0", "double"), ("n + x", "double"),
    ("n + n", "int"), ("x * 2", "double"), ("[1, 2.0]", "list(double)"), ("[]", "list(dyn)"),
    ("[1, \"a\"]", "list(dyn)"), ("{}", "map(dyn, dyn)"),
    ("{\"a\": 1, \"b\": 2.5}", "map(string, double)"),
    ("flag ? 1 : 2.5", "double"), ("flag ? x : n", "double"), ("flag ? null : order", "Order"),
    ("order.status", "Status"), ("flag ? order.status : \"none\"", "string"),
    ("orders[\"a\"].total", "double"), ("orders.a.total", "double"), ("any.b.c", "dyn"),
    ("[1, 2].map(i, i * 2)", "list(int)"), ("[1, 2].map(i, string(i))", "list(string)"),
    ("order.items.map(l, l.price).sum()", "double"),
    ("order.items.filter(l, l.price > 1)", "list(Line)"),
    ("orders.filter(k, orders[k].total > 5)", "list(string)"),
    ("order.items.exists(l, l.sku == s)", "bool"), ("prices.exists(p, p == 1)", "bool"),
    ("1 in prices", "bool"), ("x in [1, 2, 3]", "bool"), ("x == 1", "bool"), ("1 == x", "bool"),
    ("x == n", "bool"), ("order.total - n", "double"), ("cel.bind(a, 1, a + 1)", "int"),
    ("type(1)", "type(int)"), ("type(1) == int", "bool"), ("int", "type(int)"),
    ("google.protobuf.Timestamp", "type(google.protobuf.Timestamp)"),
    ("patterns.done", "string"), ("s.matches(patterns.done)", "bool"), ("size(s)", "int"),
    ("s.size()", "int"), ("now - now", "google.protobuf.Duration"),
    ("now - duration(\"1h\")", "google.protobuf.Timestamp"),
    ("order.?delivered_at", "optional_type(google.protobuf.Timestamp)"),
    ("order.?delivered_at.orValue(now)", "google.protobuf.Timestamp"),
    ("opt.orValue(1)", "int"), ("optional.of(1)", "optional_type(int)"),
    ("optional.none()", "optional_type(dyn)"),
    ("opt.optMap(v, string(v))", "optional_type(string)"),
    ("has(order.delivered_at) && order.delivered_at < now", "bool"),
    ("!has(order.delivered_at) || order.delivered_at < now", "bool"),
    ("!(has(order.card) && flag) || order.card == s", "bool"),
    ("!(has(order.card)) || (order.card == s)", "bool"),
    ("has(order.delivered_at) ? order.delivered_at : now", "google.protobuf.Timestamp"),
    ("!has(order.delivered_at) ? now : order.delivered_at", "google.protobuf.Timestamp"),
    ("orders.exists(k, has(orders[k].card) && orders[k].card == s)", "bool"),
    ("known(order.delivered_at)", "bool"),
    ("order.status in [\"pending\", \"cancelled\"]", "bool"), ("\"pending\" in tags", "bool"),
    ("order.status == s", "bool"), ("free[order.status]", "int"), ("mark(\"pending\")", "bool"),
    ("mark(order.status)", "bool"), ("Line{price: 1, sku: \"a\"}", "Line"),
    ("dyn(1) == 1.5", "bool"), ("[1, 2, 3].transformList(i, v, i + v)", "list(int)"),
    ("{\"a\": 1}.transformMap(k, v, k + string(v))", "map(string, string)"),
    ("free.all(k, v, v > 1 && k != s)", "bool"), ("math.greatest(1, n)", "int"),
    ("1 < 2.0", "bool"), ("n < x", "bool"), ("-n", "int"), ("!flag", "bool"),
    // Parametric: what one argument says holds for the others and for the result.
    ("order.items.sortBy(l, l.price)", "list(Line)"), ("prices.slice(0, 1).first()", "double"),
    ("[[1], []].flatten()", "list(int)"), ("[\"a\"].distinct().reverse().last()", "string"),
    ("sets.contains(prices, [1.5])", "bool"), ("sets.intersects([], tags)", "bool"),
    ("pair(1, s)", "pair(int, string)"), ("pair(1, s).second()", "string"),
    ("pair(pair(1, x), flag).first()", "pair(int, double)"), ("same(1, n)", "int"),
    ("same([], [1])", "list(int)"), ("same(opt, optional.none())", "optional_type(int)"),
    ("ip(\"::1\")", "net.IP"), ("[ip(\"::1\")].map(i, i.family())", "list(int)"),
    ("cidr(\"10.0.0.0/8\").ip() == ip(\"10.0.0.0\")", "bool"), ("type(ip(s)) == net.IP", "bool"),
    // Optional values of fields, entries and elements, one within the other.
    ("order.?items[?0].?price", "optional_type(double)"),
    ("opt.or(optional.of(2)).value()", "int"), ("[?opt, 1]", "list(int)"),
    ("{\"a\": 1, ?\"b\": opt}", "map(string, int)"),
    ("opt.optFlatMap(v, optional.of([v]))", "optional_type(list(int))"),
    ("[opt].unwrapOpt()", "list(int)"), ("free[?s].optMap(v, v > 1).orValue(false)", "bool"),
  ]

  @Test(arguments: types) func typed(_ text: String, _ type: String) {
    let result = Self.check(text)
    #expect(result.issues == [], "\(text)")
    #expect(result.checked?.type.description == type, "\(text)")
  }

  static let mistakes: [(String, CELIssue.Kind, String, String?, String)] = [
    ("ordr.total", .undeclaredName, "undeclared name `ordr`", "did you mean `order`?", "ordr"),
    (
      "order.totl > 1", .undeclaredField, "`Order` has no field `totl`", "did you mean `total`?",
      "totl"
    ),
    (
      "has(order.totl)", .undeclaredField, "`Order` has no field `totl`", "did you mean `total`?",
      "totl"
    ),
    (
      "order.totl.x.y == 1", .undeclaredField, "`Order` has no field `totl`",
      "did you mean `total`?", "totl"
    ),
    ("s == 1", .noMatchingOverload, "`==` compares `string` with `int`", nil, "s == 1"),
    (
      "s + 1 == s", .noMatchingOverload, "`+` does not take `string` and `int`",
      "convert the number with `string(…)`", "s + 1"
    ),
    ("flag < 1", .noMatchingOverload, "`<` does not take `bool` and `int`", nil, "flag < 1"),
    ("n && flag", .noMatchingOverload, "an operand of `&&` must be `bool`, found `int`", nil, "n"),
    (
      "prices.exists(p, p)", .noMatchingOverload, "the condition must be `bool`, found `double`",
      nil, "p"
    ),
    (
      "flag ? 1 : s", .noMatchingOverload, "the branches of `?:` are `int` and `string`",
      "make them the same type", "flag ? 1 : s"
    ),
    (
      "s.startWith(s)", .undeclaredFunction, "undeclared function `startWith`",
      "did you mean `startsWith`?", "startWith"
    ),
    ("sze(s)", .undeclaredFunction, "undeclared function `sze`", "did you mean `size`?", "sze"),
    (
      "prices.exists(p)", .undeclaredFunction, "undeclared function `exists`",
      "`exists` takes 2 arguments", "exists"
    ),
    (
      "n.exists(p, true)", .noMatchingOverload, "`exists` goes over a list or a map, found `int`",
      nil, "n"
    ),
    (
      "order.status == \"deliverd\"", .notInEnum, "`deliverd` is not a value of `Status`",
      "did you mean `delivered`?", "\"deliverd\""
    ),
    (
      "order.status in [\"pending\", \"gone\"]", .notInEnum, "`gone` is not a value of `Status`",
      "it is one of `pending`, `delivered`, `cancelled`", "\"gone\""
    ),
    (
      "\"gone\" in tags", .notInEnum, "`gone` is not a value of `Status`",
      "it is one of `pending`, `delivered`, `cancelled`", "\"gone\""
    ),
    (
      "order.status == size2", .notInEnum,
      "`Status` and `Size` have no value in common, so they are never equal", nil,
      "order.status == size2"
    ),
    (
      "mark(\"pendng\")", .notInEnum, "`pendng` is not a value of `Status`",
      "did you mean `pending`?", "\"pendng\""
    ),
    (
      "order.delivered_at < now", .unguardedOptional, "field `delivered_at` may be absent",
      "guard it: `has(order.delivered_at) && …`", "delivered_at"
    ),
    (
      "order.delivered_at < now && has(order.delivered_at)", .unguardedOptional,
      "field `delivered_at` may be absent", "guard it: `has(order.delivered_at) && …`",
      "delivered_at"
    ),
    (
      "has(order.delivered_at) || order.delivered_at < now", .unguardedOptional,
      "field `delivered_at` may be absent", "guard it: `has(order.delivered_at) && …`",
      "delivered_at"
    ),
    (
      "order.card == s", .unguardedOptional, "only some kinds of this value have the field `card`",
      "guard it: `has(order.card) && …`", "card"
    ),
    (
      "has(order.card) && [order].exists(order, order.card == s)", .unguardedOptional,
      "only some kinds of this value have the field `card`",
      "guard it: `has(order.card) && …`", "card"
    ),
    (
      "patterns.dne == s", .undeclaredName, "undeclared name `patterns.dne`",
      "did you mean `patterns.done`?", "patterns.dne"
    ),
    (
      "math.grtest(1)", .undeclaredFunction, "undeclared function `math.grtest`", nil,
      "math.grtest(1)"
    ),
    (
      "prices[s]", .noMatchingOverload, "`list(double)` cannot be indexed with `string`", nil,
      "prices[s]"
    ),
    (
      "order.items.sortBy(l, l)", .noMatchingOverload, "`sortBy` cannot sort by `Line`",
      "sort by a number, a text, a time, a day, a bool or bytes", "order.items.sortBy(l, l)"
    ),
    (
      "n.sortBy(l, l)", .noMatchingOverload, "`sortBy` sorts a list, found `int`",
      nil, "n"
    ),
    (
      "prices.sortby(n, n)", .undeclaredFunction, "undeclared function `sortby`",
      "did you mean `sortBy`?", "sortby"
    ),
    (
      "same(s, [1])", .noMatchingOverload, "`same` does not take (`string`, `list(int)`)",
      nil, "same(s, [1])"
    ),
    (
      "s.second()", .noMatchingOverload, "`second` of `string` needs other arguments than none",
      nil, "s.second()"
    ),
    (
      "opt + 1 > 2", .noMatchingOverload, "`+` does not take `optional_type(int)` and `int`",
      nil, "opt + 1"
    ),
    (
      "sets.contain(prices, prices)", .undeclaredFunction, "undeclared function `sets.contain`",
      "did you mean `sets.contains`?", "sets.contain(prices, prices)"
    ),
    (
      "cidr(s).containsIp(s)", .undeclaredFunction, "undeclared function `containsIp`",
      "did you mean `containsIP`?", "containsIp"
    ),
    ("n.foo", .undeclaredField, "`int` has no fields, so no `foo`", nil, "foo"),
    ("Lin{sku: s}", .undeclaredType, "undeclared type `Lin`", "did you mean `Line`?", "Lin"),
    ("Line{skuu: s}", .undeclaredField, "`Line` has no field `skuu`", "did you mean `sku`?", "s"),
    (
      "Line{sku: 1}", .typeMismatch, "expected `string`, found `int`",
      "convert it with `string(…)`", "1"
    ),
  ]

  @Test(arguments: mistakes) func mistaken(
    _ text: String, _ kind: CELIssue.Kind, _ message: String, _ help: String?, _ place: String
  ) {
    let issues = Self.check(text).issues
    #expect(issues.count == 1, "\(text): \(issues)")
    guard let issue = issues.first else { return }
    #expect(issue.kind == kind, "\(text)")
    #expect(issue.message == message, "\(text)")
    if let help { #expect(issue.help == help, "\(text)") }
    let bytes = Array(text.utf8)[Int(issue.position.start)..<Int(issue.position.end)]
    #expect(String(decoding: bytes, as: UTF8.self) == place, "\(text)")
  }

  @Test func severalMistakesInOrder() {
    let issues = Self.check("s == 1 && order.totl > 1.0 && ordr.x").issues
    #expect(issues.map(\.kind) == [.noMatchingOverload, .undeclaredField, .undeclaredName])
  }

  @Test func expecting() {
    #expect(Self.check("1", expecting: .double).issues == [])
    #expect(Self.check("n", expecting: .double).checked?.type == .double)
    #expect(Self.check("[1, n]", expecting: .list(.double)).checked?.type == .list(.double))
    #expect(Self.check("any", expecting: .bool).issues == [])
    #expect(
      Self.check("s", expecting: .bool).issues.map(\.message)
        == ["expected `bool`, found `string`"])
    #expect(
      Self.check("flag ? \"pending\" : \"gone\"", expecting: .enumeration(Self.status)).issues.map(
        \.kind) == [.notInEnum])
    #expect(
      Self.check("s", expecting: .enumeration(Self.status)).issues.map(\.kind) == [.typeMismatch])
  }

  @Test func widenedTree() {
    func text(_ source: String) -> String { Self.check(source).checked?.root.unparse() ?? "" }
    #expect(text("x * 2") == "x * 2.0")
    #expect(text("x + n") == "x + double(n)")
    #expect(text("x in [1, n]") == "x in [1.0, double(n)]")
    #expect(text("x > 1") == "x > 1")
    #expect(text("flag ? 1 : x") == "flag ? 1.0 : x")
  }

  @Test func idsAreDense() throws {
    for (source, _) in Self.types {
      let checked = try #require(Self.check(source).checked)
      var ids: Set<Int32> = []
      checked.root.walk { ids.insert($0.id) }
      var count = 0
      checked.root.walk { _ in count += 1 }
      #expect(ids.count == count, "\(source)")
      #expect(ids.allSatisfy { $0 >= 0 && Int($0) < checked.types.count }, "\(source)")
      #expect(checked.types.count == checked.references.count)
    }
  }

  @Test func substitution() {
    func parse(_ text: String) -> Expr { CELParser.parse(text, in: Self.environment).expr }
    let body = parse("prices.exists(p, p > limit) && o.total > limit")
    let result = body.substituting(["o": parse("orders[s]"), "limit": parse("p + 1")])
    #expect(
      result.unparse() == "prices.exists(p_1, p_1 > p + 1) && orders[s].total > p + 1")
    #expect(body.freeNames() == ["prices", "limit", "o"])
  }
}
