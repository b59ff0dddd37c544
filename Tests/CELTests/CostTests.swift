import CEL
import Testing

/// Estimates and what runs cost.
@Suite struct CostTests {
  static let environment: CEL.Environment = {
    var environment = UnknownTests.environment
    environment.variables["x"] = VariableDeclaration(name: "x", type: .dyn, slot: 90)
    return environment
  }()

  static func checked(_ text: String) throws -> CheckedExpression {
    let (expr, issues) = CELParser.parse(text, in: environment)
    #expect(issues == [])
    let result = CELChecker.check(expr, in: environment)
    #expect(result.issues == [])
    return try #require(result.checked)
  }

  static let sizes: CostSizes = ["list": 10, "order.lines": 5, "order.id": 20, "s": 100]

  static let estimates: [(String, ClosedRange<UInt64>)] = [
    ("1", 0...0), ("true", 0...0), ("n", 1...1), ("n + 1 == 3", 3...3),
    ("order.total > 3", 3...3), ("flag && n == 1", 1...3), ("flag ? n + 1 : n", 1...3),
    ("'abcdefghijk' + 'b'", 2...2), ("s == 'abcdefghijklmnopqrstuvw'", 2...4), ("s + s", 2...22),
    ("[1, 2]", 10...10), ("{'a': 1}", 30...30), ("n in list", 3...12),
    ("list.exists(e, e > 2)", 1...31), ("list.map(e, e)", 1...21),
    ("order.lines.all(l, l.price > 3)", 2...22),
    ("list.all(a, list.all(c, a < c))", 1...(1 + 10 * (1 + 1 + 10 * 4))),
    ("m.exists(k, k == 'a')", 1...(.max)), ("s.contains('ab')", 2...11),
    ("lists.range(5)", 1...6), ("lists.range(n)", 2...(.max)), ("has(order.note)", 2...2),
  ]

  @Test(arguments: estimates) func estimate(_ text: String, _ expected: ClosedRange<UInt64>) throws
  {
    #expect(try Self.checked(text).estimateCost(sizes: Self.sizes) == expected)
  }

  static let runs: [(String, UInt64)] = [
    ("1", 0), ("n", 1), ("n + 1 == 3", 3), ("flag || n == 1", 1), ("flag && n == 2", 3),
    ("list.exists(e, e == 2)", 1 + 2 * 3), ("list.map(e, e)", 1 + 3 * 2), ("n in list", 2 + 3),
    ("order.lines.filter(l, l.price > 10).size()", 2 + 2 * 4 + 1 + 1), ("lists.range(5)", 6),
  ]

  @Test(arguments: runs) func run(_ text: String, _ cost: UInt64) throws {
    let program = Program(try Self.checked(text), in: Self.environment)
    let facts = PartialActivation(Self.environment, UnknownTests.values)
    let (value, found) = program.evaluate(facts, costLimit: .max)
    #expect(found == cost)
    #expect(value.description == program.evaluate(facts).description)
    #expect(program.evaluate(facts, costLimit: cost).value.description == value.description)
    guard cost > 0 else { return }
    guard case .error(let error) = program.evaluate(facts, costLimit: cost - 1).value else {
      Issue.record("\(text) passes a limit below its cost")
      return
    }
    #expect(error.kind == .cost)
  }

  /// No logic saves an evaluation that cost too much.
  @Test func limitIsNotAbsorbed() throws {
    let text = "list.all(a, list.all(b, list.all(c, a + b + c > 0))) || flag"
    let program = Program(try Self.checked(text), in: Self.environment)
    let facts = PartialActivation(Self.environment, UnknownTests.values)
    let (value, cost) = program.evaluate(facts, costLimit: 20)
    guard case .error(let error) = value else {
      Issue.record("\(value)")
      return
    }
    #expect(error.kind == .cost)
    #expect((21...40).contains(cost))
  }

  @Test(arguments: 0..<8) func runsLieWithinEstimates(_ seed: Int) throws {
    var random = ParseFuzzTests.Random(state: UInt64(seed) &+ 77)
    for _ in 0..<(100 * ParseFuzzTests.factor) {
      let text = RandomExpressions.text(.bool, 5, &random)
      let checked = try #require(RandomExpressions.checked(text), "\(text)")
      let estimate = checked.estimateCost(sizes: RandomExpressions.sizes)
      let program = Program(checked, in: RandomExpressions.environment)
      for _ in 0..<5 {
        let facts = RandomExpressions.facts(&random)
        let (value, cost) = program.evaluate(facts, costLimit: .max)
        let plain = RandomExpressions.plain(program.evaluate(facts))
        #expect(estimate.contains(cost), "seed \(seed): \(text) cost \(cost), \(estimate)")
        #expect(RandomExpressions.plain(value) == plain, "seed \(seed): \(text)")
      }
    }
  }
}
