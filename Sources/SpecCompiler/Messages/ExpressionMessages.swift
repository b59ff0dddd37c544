import CEL
import PlumblineDiagnostics

/// PL0301–PL0329: expressions.
extension Diagnostic {
  /// A mistake that CEL found. `action` names the one of several actions for which it is a mistake.
  static func expression(
    _ issue: CELIssue, at range: SourceRange, action: String? = nil, notes: [Note] = []
  ) -> Self {
    let message = action.map { "\(issue.message) (for `\($0)`)" } ?? issue.message
    return .init(
      code(of: issue.kind), .error, message, at: range, help: issue.help, notes: notes)
  }

  private static func code(of kind: CELIssue.Kind) -> String {
    switch kind {
    case .syntax: "PL0301"
    case .limit: "PL0302"
    case .undeclaredName: "PL0303"
    case .undeclaredFunction: "PL0304"
    case .undeclaredField: "PL0305"
    case .undeclaredType: "PL0306"
    case .noMatchingOverload: "PL0307"
    case .typeMismatch: "PL0308"
    case .notInEnum: "PL0309"
    case .invalidLiteral: "PL0310"
    case .invalidMacro: "PL0311"
    case .invalidPattern: "PL0312"
    case .unguardedOptional: "PL0313"
    case .cost: "PL0314"
    }
  }

  /// PL0320: a term that is defined by itself.
  static func recursiveTerm(_ name: String, at range: SourceRange) -> Self {
    .init("PL0320", .error, "the term `\(name)` is defined by itself", at: range)
  }

  /// PL0321: a `${` that nothing closes.
  static func unterminatedTemplate(at range: SourceRange) -> Self {
    .init("PL0321", .error, "`${` has no closing `}`", at: range)
  }

  /// PL0322: a `${}` with nothing in it.
  static func emptyTemplate(at range: SourceRange) -> Self {
    .init("PL0322", .error, "`${}` needs an expression", at: range)
  }

  /// PL0323: something sensitive where it would be shown.
  static func sensitive(_ place: String, at range: SourceRange) -> Self {
    .init(
      "PL0323", .error, "\(place) would show something sensitive", at: range,
      help: "only a comparison or another bool may be made of it")
  }
}
