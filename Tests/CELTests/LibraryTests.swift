import CEL
import Testing

/// Functions of the library, each by an expression that needs no variables.
@Suite struct LibraryTests {
  static let environment = CEL.Environment(extensions: Set(CEL.Environment.Extension.allCases))

  static func evaluate(_ source: String) -> String {
    let expr = CELParser.parse(source, in: environment).expr
    let result = CELChecker.check(expr, in: environment)
    if let issue = result.issues.first { return "issue: \(issue.message)" }
    guard let checked = result.checked else { return "no tree" }
    return Program(checked, in: environment).evaluate(Nothing()).description
  }

  final class Nothing: Activation {
    func load(_ slot: Int) -> Value { .absent }
  }

  static let numbers: [(String, String)] = [
    ("9223372036854775807 + 1", "error: the result is out of range"),
    ("-9223372036854775808 / -1", "error: the result is out of range"),
    ("-9223372036854775808 * -1", "error: the result is out of range"), ("7 % -2", "1"),
    ("-7 / 2", "-3"), ("1u - 2u", "error: the result is out of range"), ("1.0 / 0.0", "Infinity"),
    ("string(1e300)", "\"1e+300\""), ("string(1e21)", "\"1e+21\""),
    ("string(123456789012345680000.0)", "\"123456789012345680000\""), ("string(0.1)", "\"0.1\""),
    ("string(1e-7)", "\"1e-7\""), ("string(0.000001)", "\"0.000001\""),
    ("string(-0.0)", "\"-0\""), ("string(100.0)", "\"100\""), ("string(20.10)", "\"20.1\""),
    ("string(5e-324)", "\"5e-324\""), ("double('1e3')", "1000.0"),
    ("int('x')", "error: `x` cannot be read as `int`"),
    ("int(3.99)", "3"), ("uint(-1)", "error: the number is out of the range of `uint`"),
    ("dyn(1) == 1u", "true"), ("dyn(1.0) == 1", "true"), ("2 < 2.5", "true"), ("1u < -1", "false"),
    ("{1: 'a'}[dyn(1u)]", "\"a\""), ("math.round(2.5)", "3.0"), ("math.sqrt(16)", "4.0"),
    ("math.abs(-3)", "3"), ("math.least(3, 1.5, 2u)", "1.5"), ("math.bitShiftLeft(1, 4)", "16"),
  ]

  static let texts: [(String, String)] = [
    ("'héllo'.size()", "5"), ("'日本語'.substring(1, 2)", "\"本\""),
    ("'e\\u0301' == '\\u00e9'", "false"),
    ("'a,b,c'.split(',')", "[\"a\", \"b\", \"c\"]"), ("'a,b,c'.split(',', 2)", "[\"a\", \"b,c\"]"),
    ("''.split(',')", "[\"\"]"), ("'abc'.split('')", "[\"a\", \"b\", \"c\"]"),
    ("'aaa'.replace('a', 'b', 2)", "\"bba\""), ("'ab'.replace('', '-')", "\"-a-b-\""),
    ("' x '.trim()", "\"x\""), ("'AbÇ'.lowerAscii()", "\"abÇ\""),
    ("['a', 'b'].join('-')", "\"a-b\""),
    ("'%s is %.2f'.format(['pi', 3.14159])", "\"pi is 3.14\""), ("'%.0f'.format([0.5])", "\"0\""),
    ("'%.1f'.format([0.25])", "\"0.2\""), ("'%.2f'.format([999.999])", "\"1000.00\""),
    ("'%.3f'.format([0.0005])", "\"0.001\""), ("'%.2f'.format([0.001])", "\"0.00\""),
    ("'%e'.format([0.000123])", "\"1.230000e-04\""), ("'%.1e'.format([9.96])", "\"1.0e+01\""),
    ("'%f'.format([0.0])", "\"0.000000\""), ("'%e'.format([0.0])", "\"0.000000e+00\""),
    ("'%x'.format([-255])", "\"-ff\""),
    ("'order 12.50, tax 0.75'.find('[0-9]+\\\\.[0-9]+')", "\"12.50\""),
    ("'a=1 b=2'.findAll('([a-z])=')", "[\"a\", \"b\"]"), ("'none'.find('[0-9]')", "\"\""),
    ("'aé'.findAll('')", "[\"\", \"\", \"\"]"), ("find('x1', '[0-9]')", "\"1\""),
    ("'é'.matches('^.$')", "true"), ("''.matches('^$')", "true"),
    ("base64.encode(b'hello')", "\"aGVsbG8=\""), ("base64.decode('aGVsbG8')", "b\"hello\""),
    ("base64.decode('a')", "error: the text is not base64"), ("bytes('é')", "b\"\\xc3\\xa9\""),
    ("string(b'\\xff')", "error: the bytes are not valid UTF-8"),
    ("strings.quote('a\"b')", "\"\\\"a\\\\\\\"b\\\"\""),
  ]

  static let times: [(String, String)] = [
    ("timestamp('2024-02-29T12:00:00+02:00')", "timestamp(\"2024-02-29T10:00:00Z\")"),
    (
      "timestamp('2023-02-29T12:00:00Z')",
      "error: `2023-02-29T12:00:00Z` is no timestamp such as `2024-05-15T10:00:00Z`"
    ),
    ("timestamp('2024-01-01T00:00:00.120Z')", "timestamp(\"2024-01-01T00:00:00.12Z\")"),
    (
      "timestamp('1969-12-31T23:59:59.5Z') + duration('500ms')",
      "timestamp(\"1970-01-01T00:00:00Z\")"
    ),
    ("timestamp('2024-05-15T00:00:00Z').getDayOfWeek()", "3"),
    ("timestamp('2024-05-15T23:30:00Z').getHours('+02:00')", "1"),
    ("timestamp('2024-05-15T23:30:00Z').getDate('-05:30')", "15"),
    (
      "timestamp('2024-05-15T23:30:00Z').getHours('Europe/Berlin')",
      "error: `Europe/Berlin` is no fixed offset such as `+02:00` or `UTC`"
    ),
    ("duration('1h30m') == duration('90m')", "true"), ("string(duration('1.5h'))", "\"5400s\""),
    ("string(duration('-1.5s'))", "\"-1.5s\""),
    ("duration('1d')", "error: `1d` is no duration such as `1h30m` or `5s`"),
    ("duration('90m').getHours()", "1"),
    (
      "timestamp('2024-03-01T00:00:00Z') - timestamp('2024-02-28T00:00:00Z') == duration('48h')",
      "true"
    ),
    ("date('2024-02-29') + duration('24h')", "date(\"2024-03-01\")"),
    ("date('2024-02-29') + duration('1h')", "error: a date moves by whole days only"),
    ("date('2024-03-01') - date('2024-02-28') == duration('48h')", "true"),
    ("date('2023-02-29')", "error: `2023-02-29` is no date such as `2024-05-15`"),
    ("date(2024, 5, 15) == date('2024-05-15')", "true"), ("date('2024-05-15').getMonth()", "4"),
    ("date(timestamp('2024-05-15T23:00:00Z'), '+02:00')", "date(\"2024-05-16\")"),
    ("timestamp(date('2024-05-15'))", "timestamp(\"2024-05-15T00:00:00Z\")"),
    ("string(date('0099-01-02'))", "\"0099-01-02\""), ("date('2024-12-31').getDayOfYear()", "365"),
    ("date('2024-05-15') < date('2024-05-16')", "true"),
    ("date('9999-12-31') + duration('24h')", "error: the date is out of range (years 1 to 9999)"),
  ]

  static let lists: [(String, String)] = [
    ("[3, 1, 2].sort()", "[1, 2, 3]"), ("[1, 2, 3].isSorted()", "true"),
    ("[1, 2, 3].slice(1, 3)", "[2, 3]"),
    ("[1, 2].slice(1, 5)", "error: cannot slice(1, 5), the list has 2 elements"),
    ("[[1], [2, 3]].flatten()", "[1, 2, 3]"), ("[1, 2, 1].distinct()", "[1, 2]"),
    ("[1, 2].reverse()", "[2, 1]"), ("['b', 'a'].max()", "\"b\""), ("[1.5, 2.5].sum()", "4.0"),
    ("[duration('1h'), duration('30m')].sum() == duration('90m')", "true"),
    ("[1, 2, 1].lastIndexOf(1)", "2"), ("[1, 2].indexOf(3)", "-1"), ("[1, 2].first()", "1"),
    ("type([1]) == list", "true"), ("type(1) == int", "true"),
    ("{'a': 1, 'a': 2}", "error: the key `\"a\"` stands twice"),
    ("optional.of(1).or(optional.of(2)).value()", "1"), ("optional.none().orValue(3)", "3"),
    ("{?'a': optional.none(), 'b': 1}", "{\"b\": 1}"), ("[?optional.of(1), 2]", "[1, 2]"),
    ("['bb', 'a', 'ccc'].sortBy(e, size(e))", "[\"a\", \"bb\", \"ccc\"]"),
    ("[3, 1, 2].sortBy(e, -e).first()", "3"), ("[].sortBy(e, e)", "[]"),
    // What is no number equals nothing, in a list that is one and the same too.
    ("cel.bind(l, [0.0 / 0.0], l == l)", "false"), ("[0.0 / 0.0] == [0.0 / 0.0]", "false"),
    // Equal ones keep their order.
    ("['b', 'a', 'cc', 'd'].sortBy(e, size(e)).join()", "\"badcc\""),
    (
      "[[1], [0]].sortBy(e, e.sortBy(f, f)[0])", "[[0], [1]]"
    ),
    (
      "[2, 1].sortBy(e, [e])",
      "issue: `sortBy` cannot sort by `list(int)`"
    ),
    ("[1, 2, 2].isSorted()", "true"), ("[2, 1].isSorted()", "false"), ("[].isSorted()", "true"),
    ("[2u, 1u].min()", "1u"), ("[].sum()", "0"), ("[b'b', b'a'].max()", "b\"b\""),
    ("[timestamp(2), timestamp(1)].min() == timestamp(1)", "true"),
    ("[true, false].min()", "false"), ("[1, 2, 3].slice(0, 0)", "[]"),
    ("[1].slice(-1, 1)", "error: cannot slice(-1, 1), the list has 1 elements"),
    ("[1, 2, 3].slice(2, 1)", "error: cannot slice(2, 1), the list has 3 elements"),
    ("[[1, [2]], [[3]]].flatten(2)", "[1, 2, 3]"), ("[1, [2, [3]]].flatten(1)", "[1, 2, [3]]"),
    ("[1].flatten(-1)", "error: flatten: the level is negative"),
    ("[1, 1u, 1.0, 2].distinct()", "[1, 2]"), ("lists.range(-1)", "[]"),
    ("[[1], [2]].indexOf([2])", "1"), ("[1, 2].lastIndexOf(9)", "-1"),
    ("[9223372036854775807, 1].sum()", "error: the result is out of range"),
    ("[].last()", "error: `last` of an empty list"), ("[1, 2].last()", "2"),
    // Sets, by the examples of cel-go.
    ("sets.contains([], [])", "true"), ("sets.contains([], [1])", "false"),
    ("sets.contains([1, 2, 3, 4], [2, 3])", "true"),
    ("sets.contains([1, 2.0, 3u], [1.0, 2u, 3])", "true"),
    ("sets.equivalent([], [])", "true"), ("sets.equivalent([1], [1, 1])", "true"),
    ("sets.equivalent([1], [1u, 1.0])", "true"),
    ("sets.equivalent([1, 2, 3], [3u, 2.0, 1])", "true"),
    ("sets.equivalent([1, 2], [1])", "false"), ("sets.intersects([1], [])", "false"),
    ("sets.intersects([1], [1, 2])", "true"),
    ("sets.intersects([[1], [2, 3]], [[1, 2], [2, 3.0]])", "true"),
    ("sets.intersects([1], 1)", "issue: `sets.intersects` does not take (`list(int)`, `int`)"),
    // Addresses are written as they are made.
    ("ip('::FFFF')", "ip(\"::ffff\")"), ("cidr('10.0.0.0/8').masked()", "cidr(\"10.0.0.0/8\")"),
    ("[ip('10.0.0.1')].exists(i, cidr('10.0.0.0/8').containsIP(i))", "true"),
    ("isIP('10.0.0.256')", "false"), ("cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", "true"),
    ("[1, 2, 3].transformMap(i, v, v > 1, v * 10)", "{1: 20, 2: 30}"),
  ]

  @Test(arguments: numbers + texts + times + lists)
  func evaluates(source: String, expected: String) {
    #expect(Self.evaluate(source) == expected)
  }

  @Test func patterns() {
    #expect(RegexPattern.validate("a+") == nil)
    #expect(RegexPattern.validate("") == nil)
    #expect(RegexPattern.validate("(a")?.contains("missing )") == true)
    #expect(RegexPattern.validate("a(?=b)") != nil)
    #expect(RegexPattern.validate("[0-9]{1,100000}") != nil)
    #expect(Self.evaluate("'a'.matches('(a')").contains("invalid pattern"))
  }

  /// Patterns that cost exponential time elsewhere take linear time here.
  @Test func patternsAreLinear() {
    let text = String(repeating: "a", count: 20_000) + "!"
    #expect(Self.evaluate("'\(text)'.matches('^(a+)+$')") == "false")
  }

  @Test func doublesReadBack() {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<2000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      #expect(Double(Self.evaluate("string(\(value))").dropFirst().dropLast()) == value)
    }
  }

  @Test func daysAreDays() {
    // Every day of a few centuries is one more than the day before.
    for day in stride(from: Int32(-800_000), to: 2_900_000, by: 9_973) {
      let text = Value.date(day).description
      guard day >= -719_162, day <= 2_932_896 else { continue }
      #expect(Self.evaluate(text) == text)
    }
  }

  @Test func equalityAndHashing() {
    let same: [[Value]] = [
      [1, .uint(1), 1.0], [.int(Int64.max), .double(Double(Int64.max))],
      [.double(0.0), .double(-0.0)],
      [["a", 1], ["a", .uint(1)]], [["k": 1, "l": 2], ["l": 2.0, "k": 1]],
      [.type(.list(.int)), .type(.list(.dyn))],
    ]
    for group in same {
      for value in group {
        #expect(value == group[0])
        #expect(Set([value, group[0]]).count == 1)
      }
    }
    let different: [Value] = [
      1, "1", true, .null, .bytes([1]), .timestamp(Timestamp(seconds: 1)),
      .duration(Duration(seconds: 1)), .date(1), [1], ["1": 1], .optional(OptionalValue(1)),
      .optional(OptionalValue(nil)), .type(.int), 2.5,
    ]
    for (index, a) in different.enumerated() {
      for b in different[(index + 1)...] { #expect(a != b) }
    }
    #expect(Value.double(.nan) != Value.double(.nan))
  }
}
