import CEL
import Testing

/// Texts made to break a parser: an error or a value, never a trap, whatever the limits say.
@Suite struct LimitTests {
  static func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }

  static let texts: [String] = [
    repeated("(", 100_000), repeated("[", 100_000), repeated("{", 100_000), repeated("!", 100_000),
    repeated("-", 100_000), "a" + repeated("+a", 500_000), "a" + repeated(".b", 500_000),
    "a" + repeated("&&a", 300_000), "a" + repeated("?a:a", 200_000),
    "a" + repeated(".map(x,x)", 50_000), repeated("[0].map(x,", 50_000),
    "a" + repeated("[0]", 300_000), repeated("f(", 100_000), repeated("{0:", 100_000),
    repeated("a.exists(x,", 400) + "x" + repeated(")", 400),
    repeated("cel.bind(x,x,", 400) + "x" + repeated(")", 400),
    repeated("(", 200) + "1" + repeated(")", 200), "[" + repeated("1,", 300_000) + "1]",
  ]

  /// Even where a host allows everything.
  @Test(arguments: texts.indices) func neverTraps(_ index: Int) {
    let text = Self.texts[index]
    var environment = CEL.Environment(extensions: Set(CEL.Environment.Extension.allCases))
    environment.limits.size = 4_000_000
    environment.limits.depth = .max
    environment.variables["a"] = VariableDeclaration(name: "a", type: .dyn, slot: 0)
    for nodes in [10, 100_000] {
      environment.limits.nodes = nodes
      let (expr, issues) = CELParser.parse(text, in: environment)
      for issue in issues {
        #expect(issue.position.start <= issue.position.end)
        #expect(Int(issue.position.end) <= text.utf8.count)
      }
      _ = expr.unparse()
      let result = CELChecker.check(expr, in: environment)
      if issues.isEmpty, let checked = result.checked, result.issues.isEmpty {
        _ = Program(checked, in: environment).evaluate(RandomExpressions.Facts([1]))
        _ = checked.estimateCost()
        _ = checked.foldingConstants(in: environment)
        _ = checked.negationNormalForm(in: environment)
      }
    }
  }

  @Test func partsHaveALimit() throws {
    var environment = CEL.Environment()
    environment.limits.nodes = 9
    let fine = CELParser.parse("1 + 2 + 3 + 4 + 5", in: environment)
    #expect(fine.issues == [])
    let over = CELParser.parse("1 + 2 + 3 + 4 + 5 + 6", in: environment)
    let issue = try #require(over.issues.first)
    #expect(over.issues.count == 1)
    #expect(issue.kind == .limit)
    #expect(issue.message == "the expression has more than 9 parts")
  }

  /// A macro of the host's that doubles its argument: the tree is small in memory and huge in nodes.
  @Test func macrosHaveALimit() {
    var environment = CEL.Environment()
    environment.macros.append(
      Macro("twice", argumentCount: 1, member: false) { call, _, arguments, _ in
        .call("_+_", [arguments[0], arguments[0]], at: call.position)
      })
    let few = Self.repeated("twice(", 4) + "1" + Self.repeated(")", 4)
    #expect(CELParser.parse(few, in: environment).issues == [])
    let many = Self.repeated("twice(", 40) + "1" + Self.repeated(")", 40)
    #expect(CELParser.parse(many, in: environment).issues.map(\.kind) == [.limit])
  }
}
