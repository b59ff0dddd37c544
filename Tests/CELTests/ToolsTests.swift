import CEL
import Testing

/// Folding, negations, attributes and walks.
@Suite struct ToolsTests {
  static let foldings: [(String, String)] = [
    ("60 * 60 > i", "3600 > i"), ("b && 1 < 2", "b"), ("false && 1 / i > 0", "false"),
    ("true ? i : j", "i"), ("1 / 0 > 0 || b", "1 / 0 > 0 || b"),
    ("[1, 2, 3].exists(x, x > 2) && b", "b"), ("list.all(x, x > 1 + 1)", "list.all(x, x > 2)"),
    ("list.map(x, 2 * 3)", "list.map(x, 6)"), ("['b', 'a'].join('-') == s", "\"b-a\" == s"),
    ("list.filter(x, 1 < 2)", "list.filter(x, true)"), ("size('abc') in list", "3 in list"),
    ("math.greatest(1, 2) + i", "2 + i"),
    ("lists.range(1000000) == list", "lists.range(1000000) == list"),
    ("cel.bind(a, 1 + 1, a + i)", "cel.bind(a, 2, a + i)"),
  ]

  @Test(arguments: foldings) func folds(_ text: String, _ expected: String) throws {
    let checked = try #require(RandomExpressions.checked(text))
    let folded = checked.foldingConstants(in: RandomExpressions.environment)
    #expect(folded.root.unparse() == expected)
  }

  static let negations: [(String, String)] = [
    ("!(b && c)", "!b || !c"), ("!(b || !c)", "!b && c"), ("!(i < j)", "i >= j"),
    ("!(d < 1.0)", "!(d < 1.0)"), ("!(d == 1.0)", "d != 1.0"),
    ("!(b ? c : i > 1)", "b ? !c : i <= 1"),
    ("!list.all(x, x > 1)", "list.exists(x, x <= 1)"), ("!!b", "b"),
    ("!list.exists(x, x > 1 && b)", "list.all(x, x <= 1 || !b)"),
    ("!(dyn(i) < 1)", "!(dyn(i) < 1)"),
    ("!list.exists_one(x, !(x > 1))", "!list.exists_one(x, x <= 1)"), ("!dyn(b)", "!dyn(b)"),
    ("!(s in names)", "!(s in names)"),
  ]

  @Test(arguments: negations) func negates(_ text: String, _ expected: String) throws {
    let checked = try #require(RandomExpressions.checked(text))
    let normal = checked.negationNormalForm(in: RandomExpressions.environment)
    #expect(normal.root.unparse() == expected)
  }

  @Test(arguments: 0..<8) func rewritesEvaluateAlike(_ seed: Int) throws {
    var random = ParseFuzzTests.Random(state: UInt64(seed) &+ 4_000)
    let environment = RandomExpressions.environment
    for _ in 0..<(100 * ParseFuzzTests.factor) {
      let text = RandomExpressions.text(.bool, 5, &random)
      let checked = try #require(RandomExpressions.checked(text), "\(text)")
      let programs = [
        checked, checked.foldingConstants(in: environment),
        checked.negationNormalForm(in: environment),
        checked.negationNormalForm(in: environment).foldingConstants(in: environment),
      ].map { Program($0, in: environment) }
      let again = try #require(RandomExpressions.checked(programs[3].checked.root.unparse()))
      for _ in 0..<6 {
        let facts = RandomExpressions.facts(&random)
        let values = (programs + [Program(again, in: environment)]).map {
          RandomExpressions.plain($0.evaluate(facts))
        }
        for (index, value) in values.enumerated() {
          #expect(value == values[0], "seed \(seed), \(index): \(text)")
        }
      }
    }
  }

  /// A random well-typed text prints as a text that parses to the same tree, and prints the same again.
  @Test(arguments: 0..<4) func printingIsStable(_ seed: Int) throws {
    var random = ParseFuzzTests.Random(state: UInt64(seed) &+ 9_000)
    for _ in 0..<(200 * ParseFuzzTests.factor) {
      let text = RandomExpressions.text(.bool, 6, &random)
      let (expr, issues) = CELParser.parse(text, in: RandomExpressions.environment)
      #expect(issues == [])
      let printed = expr.unparse()
      let again = CELParser.parse(printed, in: RandomExpressions.environment).expr
      #expect(again.isSameShape(as: expr), "\(printed)")
      #expect(again.unparse() == printed)
    }
  }

  static let attributes: [(String, [String])] = [
    ("n + 1 > n", ["n"]), ("order.total > 3 && order.id == s", ["order.total", "order.id", "s"]),
    ("m.k == m['l']", ["m.k", "m.l"]), ("m[s] > 1", ["m.*", "s"]),
    ("list[0] > n", ["list.0", "n"]),
    ("order.lines.exists(l, l.price > n)", ["order.lines", "order.lines.*.price", "n"]),
    ("m.all(k, k == s)", ["m", "s"]), ("has(order.note)", ["order.note"]),
    ("m.all(k, v, v > n)", ["m", "m.*", "n"]), ("nested.a.x == 1", ["nested.a.x"]),
    ("[n].exists(e, e == 1)", ["n"]), ("1 + 1 == 2", []),
  ]

  @Test(arguments: attributes) func readsAttributes(_ text: String, _ expected: [String]) throws {
    let checked = try CostTests.checked(text)
    let found = checked.referencedAttributes().map { attribute in
      ([attribute.variable]
        + attribute.qualifiers.map {
          switch $0 {
          case .any: "*"
          case .key(.string(let name)): name
          case .key(let key): key.description
          }
        }).joined(separator: ".")
    }
    #expect(found == expected)
  }

  @Test func walkTellsTypesAndLocals() throws {
    let checked = try CostTests.checked("order.lines.exists(l, l.price > n)")
    var seen: [String] = []
    checked.walk { node in
      if case .select(_, let field, _, _) = node.expression.kind {
        seen.append("\(field): \(node.type) \(node.locals.contains("l"))")
      }
      return true
    }
    #expect(seen == ["lines: list(Line) false", "price: int true"])
    var count = 0
    checked.walk { _ in
      count += 1
      return false
    }
    #expect(count == 1)
  }
}
