import Foundation
import Testing

@testable import CEL

/// Text of any kind: no trap, no hang, and what prints reads back.
@Suite struct ParseFuzzTests {
  static let environment = Environment(extensions: Set(Environment.Extension.allCases))

  /// How much longer than in a usual run.
  static let factor =
    Int(ProcessInfo.processInfo.environment["CEL_FUZZ_FACTOR"] ?? "") ?? 1

  struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  /// A random tree of everything that text can spell.
  static func tree(_ random: inout Random, _ depth: Int) -> Expr {
    let at = ExprPosition(start: 0, end: 0)
    func make(_ kind: Expr.Kind) -> Expr { Expr(position: at, kind: kind) }
    let names = ["a", "b", "order", "x1", "_y"]
    let name = names.randomElement(using: &random) ?? "a"
    if depth <= 0 || Int.random(in: 0..<6, using: &random) == 0 {
      let literals: [Expr.Literal] = [
        .null, .bool(true), .int(.random(in: .min ... .max, using: &random)), .int(-1), .int(0),
        .uint(.max), .double(-0.5), .double(1e300), .double(.leastNonzeroMagnitude),
        .string("a\"\\\n\u{7f}é😀\0"),
        .bytes([0, 34, 92, 127, 255, 65]),
      ]
      if Bool.random(using: &random) { return make(.ident(name)) }
      return make(.literal(literals.randomElement(using: &random) ?? .null))
    }
    func sub() -> Expr { tree(&random, depth - 1) }
    switch Int.random(in: 0..<14, using: &random) {
    case 0:
      let fields = ["f", "in", "b-c", "total"]
      return make(
        .select(
          operand: sub(), field: fields.randomElement(using: &random) ?? "f", test: false,
          optional: Bool.random(using: &random)))
    case 1: return make(.select(operand: sub(), field: "f", test: true, optional: false))
    case 2:
      let operators = ["_+_", "_-_", "_*_", "_/_", "_%_", "_<_", "_==_", "_!=_", "@in", "_>=_"]
      return .call(operators.randomElement(using: &random) ?? "_+_", [sub(), sub()], at: at)
    case 3, 4:
      let count = Int.random(in: 2..<6, using: &random)
      let terms = (0..<count).map { _ in sub() }
      return Bool.random(using: &random) ? .and(terms, at: at) : .or(terms, at: at)
    case 5: return .call("_&&_", [sub(), sub()], at: at)
    case 6: return .call("_?_:_", [sub(), sub(), sub()], at: at)
    case 7: return .call(Bool.random(using: &random) ? "!_" : "-_", [sub()], at: at)
    case 8: return .call("f", on: sub(), [sub()], at: at)
    case 9: return .call("g", [sub(), sub()], at: at)
    case 10:
      return make(
        .list([.init(value: sub()), .init(value: sub(), optional: Bool.random(using: &random))]))
    case 11:
      return make(
        .map([.init(key: sub(), value: sub(), optional: Bool.random(using: &random))]))
    case 12:
      return .call(
        Bool.random(using: &random) ? "_[_]" : "_[?_]", [sub(), sub()], at: at)
    default:
      let macros = ["all", "exists", "exists_one", "filter", "map", "transformList", "existsOne"]
      let macro = macros.randomElement(using: &random) ?? "all"
      let two = macro == "transformList" || macro == "existsOne"
      let variables = two ? [make(.ident("i")), make(.ident("v"))] : [make(.ident(name))]
      let call: Expr = .call(macro, on: sub(), variables + [sub()], at: at)
      guard case .call(_, let target, let arguments) = call.kind else { return call }
      let found = Self.environment.macros.first {
        $0.name == macro && $0.member && $0.argumentCount == arguments.count
      }
      return found?.expand(call, target, arguments, MacroContext()) ?? call
    }
  }

  @Test(arguments: 0..<8) func printedTreesReadBack(_ seed: Int) {
    var random = Random(state: UInt64(seed))
    for _ in 0..<(400 * Self.factor) {
      let expr = Self.tree(&random, 5)
      let text = expr.unparse()
      let (again, issues) = CELParser.parse(text, in: Self.environment)
      #expect(issues == [], "seed \(seed): \(text)")
      if !again.isSameShape(as: expr) {
        Issue.record("seed \(seed): \(text) reads back as \(again.unparse())")
        return
      }
    }
  }

  static let seeds = [
    "a.b(c, [1, 2u, 0x1f])[?0].?d && !(e in {'k': b\"\\x00\"}) ? r'''x''' : -1.5e3",
    "orders.filter(o, has(o.x)).map(o, o.x * 2).exists(x, x > 1 || x == null) // end",
    "cel.bind(a, T{f: 1, ?g: optional.none()}, a.f).optMap(v, v + \"\\u00e9\") <= .q.`w-x`",
  ]

  @Test(arguments: 0..<8) func anyBytes(_ seed: Int) {
    var random = Random(state: UInt64(seed) &+ 1000)
    let alphabet = Array("ab.?[](){}:,'\"`\\&|=<>!+-*/%0189xeuUrRbB \n\r\t@#é\u{1F600}\0".utf8)
    for round in 0..<(300 * Self.factor) {
      var bytes = Array((Self.seeds.randomElement(using: &random) ?? "").utf8)
      if round % 3 == 0 { bytes = [] }
      for _ in 0..<Int.random(in: 1..<12, using: &random) {
        let at = Int.random(in: 0...bytes.count, using: &random)
        let byte = alphabet.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.insert(byte, at: at)
        case 1 where at < bytes.count: bytes.remove(at: at)
        default: if at < bytes.count { bytes[at] = byte } else { bytes.append(byte) }
        }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      let (expr, issues) = CELParser.parse(text, in: Self.environment)
      let length = Int32(text.utf8.count)
      for issue in issues {
        #expect(
          0 <= issue.position.start && issue.position.start <= issue.position.end
            && issue.position.end <= length, "seed \(seed): \(text)")
      }
      let result = CELChecker.check(expr, in: CheckTests.environment)
      var isInvalid = false
      expr.walk { if case .invalid = $0.kind { isInvalid = true } }
      if issues.isEmpty {
        #expect(!isInvalid, "seed \(seed): \(text)")
        let again = CELParser.parse(expr.unparse(), in: Self.environment)
        #expect(again.issues == [] && again.expr.isSameShape(as: expr), "seed \(seed): \(text)")
      }
      #expect(result.checked != nil)
    }
  }

  static let deep = [
    String(repeating: "(", count: 50_000), String(repeating: "[", count: 50_000),
    String(repeating: "{1:", count: 30_000), String(repeating: "!(", count: 40_000),
    String(repeating: "a.", count: 40_000) + "a", String(repeating: "f(", count: 40_000),
    "1" + String(repeating: "+1", count: 40_000), "a" + String(repeating: "[0]", count: 30_000),
    String(repeating: "a?b:", count: 20_000) + "c",
    "a" + String(repeating: ".map(x,x)", count: 10_000),
    String(repeating: "(", count: 120) + "1" + String(repeating: ")", count: 120),
  ]

  @Test(arguments: deep) func nestingHasALimit(_ text: String) {
    let issues = CELParser.parse(text, in: Self.environment).issues
    #expect(issues.map(\.kind) == [.limit])
  }

  @Test func longChainsAreFine() {
    for sign in [" && ", " || "] {
      let text = (0..<5_000).map { "a\($0)" }.joined(separator: sign)
      let (expr, issues) = CELParser.parse(text, in: Self.environment)
      #expect(issues == [])
      #expect(expr.unparse() == text)
      _ = CELChecker.check(expr, in: CheckTests.environment)
    }
    let minus = String(repeating: "-", count: 50_000) + "a"
    #expect(CELParser.parse(minus, in: Self.environment).issues == [])
  }

  @Test func sizeHasALimit() {
    let text = String(repeating: " ", count: 100_001)
    #expect(CELParser.parse(text, in: Self.environment).issues.map(\.kind) == [.limit])
  }

  /// The deepest tree that passes must fit the small stack of a concurrency thread.
  @Test func deepestFitsASmallStack() {
    let texts = [
      String(repeating: "(", count: 90) + "1" + String(repeating: ")", count: 90),
      String(repeating: "[", count: 90) + String(repeating: "]", count: 90),
      String(repeating: "f(", count: 90) + "1" + String(repeating: ")", count: 90),
      "1" + String(repeating: " + 1", count: 90),
      "[1]" + String(repeating: ".map(x, x)", count: 40),
    ]
    let thread = Thread {
      for text in texts {
        let expr = CELParser.parse(text, in: Self.environment).expr
        _ = CELChecker.check(expr, in: CheckTests.environment)
        _ = expr.unparse()
      }
    }
    thread.stackSize = 1 << 20
    thread.start()
    while !thread.isFinished { usleep(1000) }
  }
}
