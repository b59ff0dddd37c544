import CEL
import Testing

@testable import SpecCompiler

@Suite struct FormulaTests {
  private func formula(_ text: String) -> Formula {
    Formula(CELParser.parse(text, in: CEL.Environment(extensions: [])).expr).simplified
  }

  @Test(arguments: [
    ("a > 10 && a < 5", true), ("a > 10 && a <= 10", true), ("a >= 10 && a <= 10", false),
    ("a == 10 && a != 10", true), ("a == 10 && a > 9.5", false), ("a == 'x' && a == 'y'", true),
    ("a in ['x', 'y'] && a == 'z'", true), ("a in ['x', 'y'] && !(a == 'x')", false),
    ("a in ['x'] && a != 'x'", true), ("p && !p", true), ("p && q", false),
    ("a > b && a < b", true), ("a > b && b > a", true), ("a >= b && b >= a", false),
    ("a > 10 && (a < 5 || a < 3)", true), ("a > 10 && (a < 5 || a > 3)", false),
    ("!(a > 10 || a < 5) && a == 20", true), ("p == true && p == false", true),
  ])
  func contradictions(text: String, expected: Bool) {
    #expect(formula(text).isContradiction == expected)
  }

  @Test(arguments: [
    ("a > 10", "a > 5", true), ("a > 5", "a > 10", false), ("a == 3", "a != 4", true),
    ("a > 10 && p", "a > 5", true), ("a > 10 || p", "a > 5", false),
    ("a > 10 || a > 8", "a > 5", true), ("p", "p || q", true), ("p && q", "q && p", true),
    ("a == 'x'", "a in ['x', 'y']", true), ("a in ['x', 'y']", "a == 'x'", false),
    ("a == 'x'", "a != 'y'", true), ("a.b.size() > 3", "a.b.size() > 2", true),
    ("xs.exists(x, x > 1)", "xs.exists(x, x > 1)", true),
  ])
  func implications(a: String, b: String, expected: Bool) {
    #expect(Formula.implies(formula(a), formula(b)) == expected)
  }

  @Test(
    arguments: [
      ("true", true), ("1 < 2", true), ("2 <= 1", false), ("'a' == 'a'", true),
      ("p || true", true), ("p && false", false), ("!(1 == 1)", false), ("1.0 == 1", true),
    ] as [(String, Bool)])
  func constants(text: String, expected: Bool) {
    #expect(
      Formula(CELParser.parse(text, in: CEL.Environment(extensions: [])).expr).simplified.value
        == expected)
  }
}
