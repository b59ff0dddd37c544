import CEL
import PlumblineDiagnostics

/// PL0301–PL0329: expressions.
extension Diagnostic {
  /// A mistake that CEL found. `action` names the one of several actions for which it is a mistake.
  static func expression(
    _ issue: CELIssue, at range: SourceRange, action: String? = nil, notes: [Note] = []
  ) -> Self {
    let plain = plain(issue.message)
    let message =
      action.map { plain.contains("`\($0)`") ? plain : "\(plain) (for `\($0)`)" } ?? plain
    return .init(
      code(of: issue.kind), .error, message, at: range, help: issue.help.map { self.plain($0) },
      notes: notes)
  }

  /// CEL's words for types in those of specs.
  private static func plain(_ text: String) -> String {
    var text = text
    for (record, kind) in [("`args(", "argument"), ("`claims(", "claim")]
    where text.hasPrefix(record) {
      guard let end = text.firstIndex(of: ")") else { continue }
      let action = text.dropFirst(record.count).prefix { $0 != ")" }
      let rest = text[end...].dropFirst(2)
      if rest.hasPrefix(" has no field ") {
        text = "`\(action)` has no \(kind) \(rest.dropFirst(14))"
      }
    }
    guard text.utf8.contains(0x60) else { return text }
    for (cel, own) in [
      ("google.protobuf.Timestamp", "timestamp"), ("google.protobuf.Duration", "duration"),
      ("`double`", "`number`"), ("(double)", "(number)"),
    ] where text.contains(cel) {
      text = text.replacing(cel, with: own)
    }
    return text
  }

  private static func code(of kind: CELIssue.Kind) -> String {
    switch kind {
    case .syntax: "PL0301"
    case .limit: "PL0302"
    case .cost: "PL0314"
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
  static func sensitive(
    _ place: String, at range: SourceRange, notes: [Diagnostic.Note] = []
  ) -> Self {
    .init(
      "PL0323", .error, "\(place) would show something sensitive", at: range,
      help: "only a comparison or another bool may be made of it", notes: notes)
  }

  /// PL0324: something sensitive kept where it would count as open.
  static func sheds(_ place: String, at range: SourceRange) -> Self {
    .init(
      "PL0324", .error, "\(place) is not sensitive, but what it is given is", at: range,
      help: "declare it as `sensitive(…)`")
  }
}
