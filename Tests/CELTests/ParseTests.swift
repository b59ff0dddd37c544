import Testing

@testable import CEL

/// What parsing and printing must keep.
@Suite struct ParseRoundTripTests {
  static let environment = Environment(extensions: Set(Environment.Extension.allCases))

  static let same = [
    "1", "-1", "-9223372036854775808", "18446744073709551615u", "1.5", "-0.5", "true", "null",
    "\"a\\\"b\\n\"", "b\"a\\x00\\xff\"", "a", ".a.b", "a.b.c", "a.?b", "a[0]", "a[?0]",
    "a.`b-c`", "a.f(1)", "f(1, 2)", "!a", "-a", "!(!a)", "-(1)", "a + b * c", "(a + b) * c",
    "a - b - c", "a - (b - c)", "a && b && c && d && e", "a && (b && c)", "(a || b) && c",
    "a || b || c", "a ? b : c ? d : e", "(a ? b : c) ? d : e", "a ? (b ? c : d) : e",
    "a in [1, 2]", "(a in b) == c", "a == (b in c)", "[1, ?a, 2]", "{\"a\": 1, ?\"b\": c}",
    "T{a: 1, b: [2]}", "a.b.T{}", "has(a.b)", "!has(a.b.c)", "x.all(i, i > 0)",
    "x.exists(i, i.f == 1 && has(i.g))", "x.exists_one(i, i == 1)", "x.filter(i, i > 1)",
    "x.map(i, i * 2)", "x.map(i, i > 1, i * 2)", "x.all(i, v, v > i)",
    "x.exists(i, v, v > i)", "x.existsOne(i, v, v > i)", "x.transformList(i, v, i + v)",
    "x.transformList(i, v, i > 0, i + v)", "x.transformMap(k, v, v + 1)",
    "x.transformMap(k, v, k > 0, v + 1)", "x.transformMapEntry(k, v, {v: k})",
    "cel.bind(a, 1 + 2, a * a)", "a.optMap(v, v + 1)", "a.b.optMap(v, v + 1)",
    "a.sortBy(v, v.f)", "f(a).sortBy(v, -v).sortBy(w, w.sortBy(x, x)[0])",
    "f(a).optFlatMap(v, v.?c)", "math.greatest(1, 2, 3)", "math.least(1, 2)",
    "math.greatest([1, 2])", "x.map(i, i.filter(j, j > i))", "(-1).f()", "(a + b).f()[0].g",
  ]

  @Test(arguments: same) func roundTrip(_ text: String) {
    let (expr, issues) = CELParser.parse(text, in: Self.environment)
    #expect(issues == [])
    let printed = expr.unparse()
    let again = CELParser.parse(printed, in: Self.environment)
    #expect(again.issues == [], "\(printed)")
    #expect(again.expr.isSameShape(as: expr), "\(printed)")
    if text != "(-1).f()", text != "(a in b) == c" { #expect(printed == text) }
  }

  static let mistakes: [(String, String, Int32, Int32)] = [
    ("", "expected an expression, found nothing", 0, 0),
    ("a +", "expected an expression, found the end of the expression", 3, 3),
    ("a = b", "`=` is not an operator", 2, 3),
    ("a & b", "`&` is not an operator", 2, 3),
    ("a and b and c", "`and` is not an operator", 2, 5),
    ("not a", "`not` is not an operator", 0, 3),
    ("(a", "expected `)`, found the end of the expression", 2, 2),
    ("a)", "`)` closes nothing", 1, 2),
    ("f(a, )", "expected an argument, found `)`", 5, 6),
    ("\"abc", "a string that starts here does not end", 0, 4),
    ("x == 'abc\ny", "a string that starts here does not end", 5, 9),
    ("\"\\q\"", "`\\q` is not an escape", 1, 3),
    ("1a", "`1a` is not a number", 0, 2),
    ("9223372036854775808", "`9223372036854775808` does not fit 64 bits", 0, 19),
    ("for", "`for` is a reserved word", 0, 3),
    ("a b", "expected an operator or the end, found `b`", 2, 3),
    ("a ? b", "expected `:` of the ternary, found the end of the expression", 5, 5),
    ("a ? b ? c : d : e", "expected `:` of the ternary, found `?`", 6, 7),
    ("has(a)", "`has` takes the selection of a field", 4, 5),
    ("x.all(1, true)", "the first argument of `all` must be a plain name", 6, 7),
    ("f(a b, c)", "expected `,` or `)`, found `b`", 4, 5),
    ("[1, +, 2]", "expected an expression, found `+`", 4, 5),
    ("é", "the character `é` stands outside a string", 0, 2),
    ("a.in", "expected a field name, found `in`", 2, 4),
    ("{a}", "expected `:` and the value of this key, found `}`", 2, 3),
  ]

  @Test(arguments: mistakes) func oneMistakeOneMessage(
    _ text: String, _ message: String, _ start: Int32, _ end: Int32
  ) {
    let issues = CELParser.parse(text, in: Self.environment).issues
    #expect(issues.map(\.message) == [message])
    #expect(issues.first?.position.start == start)
    #expect(issues.first?.position.end == end)
  }
}
