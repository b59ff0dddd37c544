import CEL
import Testing

/// Expressions with what they evaluate to, as CEL writes it.
@Suite struct EvalTests {
  static let cases: [(String, String)] = [
    ("1 + 2 * 3", "7"), ("'a' + 'b'", "\"ab\""), ("1 < 2 && 2.0 > 1.5", "true"),
    ("true || 1 / 0 > 0", "true"), ("1 / 0 > 0 && false", "false"),
    ("[1, 2, 3].exists(x, x > 2)", "true"), ("[1, 2, 3].all(x, x > 2)", "false"),
    ("[1, 2, 3].map(x, x * 2)", "[2, 4, 6]"), ("[1, 2, 3].filter(x, x > 1)", "[2, 3]"),
    ("[1, 2, 3].map(x, x > 1, x * 10)", "[20, 30]"),
    ("[[1, 2], [3]].map(l, l.map(x, x + 1))", "[[2, 3], [4]]"),
    ("[1, 2, 3].exists_one(x, x > 2)", "true"), ("{'a': 1, 'b': 2}['b']", "2"),
    ("{'a': 1}.a", "1"), ("has({'a': 1}.b)", "false"), ("2 in [1, 2]", "true"),
    ("'x' in {'y': 1}", "false"), ("size('hello')", "5"), ("'hello'.startsWith('he')", "true"),
    ("'abc'.matches('b.')", "true"), ("[1, 2].sum()", "3"), ("[1.5, 2.0].sum()", "3.5"),
    ("[3, 1, 2].min()", "1"), ("[1, 2].last()", "2"), ("int('12') + 1", "13"),
    ("string(1.0)", "\"1\""), ("timestamp('2024-05-15T15:00:00Z').getFullYear()", "2024"),
    ("date('2024-05-15') - date('2024-05-14') == duration('24h')", "true"),
    ("'a 12.50 b 3.20'.findAll('\\\\d+\\\\.\\\\d\\\\d')", "[\"12.50\", \"3.20\"]"),
    ("true ? 1 : 2", "1"), ("!(1 == 2)", "true"), ("1 == 1.0", "true"),
    ("[1, 2.0 ]", "[1.0, 2.0]"), ("math.greatest(1, 3, 2)", "3"),
    ("[1, 2, 3].map(x, [4, 5].exists(y, y == x + 3))", "[true, true, false]"),
  ]

  @Test(arguments: cases) func evaluates(source: String, expected: String) throws {
    var environment = Environment(extensions: Set(Environment.Extension.allCases))
    environment.widensIntegers = true
    let (expr, issues) = CELParser.parse(source, in: environment)
    #expect(issues.isEmpty)
    let result = CELChecker.check(expr, in: environment)
    #expect(result.issues.isEmpty)
    let program = Program(try #require(result.checked), in: environment)
    #expect(program.evaluate(Nothing()).description == expected)
  }

  final class Nothing: Activation {
    func load(_ slot: Int) -> Value { .null }
  }
}
