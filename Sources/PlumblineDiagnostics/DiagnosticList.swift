/// Diagnostics made ready to be shown: in order, each once, not too many.
public struct DiagnosticList: Sendable, Hashable {
  /// How many are shown unless said otherwise.
  public static let defaultLimit = 200
  /// Those to show, sorted by place.
  public let shown: [Diagnostic]
  /// How many more there are.
  public let omitted: Int

  /// Sorts, removes what is said twice, and keeps at most `limit`, errors before warnings.
  public init(_ diagnostics: [Diagnostic], limit: Int = DiagnosticList.defaultLimit) {
    var seen = Set<Key>()
    var list = diagnostics.filter { seen.insert(Key($0)).inserted }
    list.sort(by: Self.precedes)
    guard list.count > max(limit, 0) else {
      (shown, omitted) = (list, 0)
      return
    }
    // A warning must not push out the error that fails the run.
    var room = max(limit, 0)
    var kept = [Bool](repeating: false, count: list.count)
    for severity in Severity.allCases {
      for index in list.indices where room > 0 && list[index].severity == severity {
        kept[index] = true
        room -= 1
      }
    }
    shown = list.indices.filter { kept[$0] }.map { list[$0] }
    omitted = list.count - shown.count
  }

  private struct Key: Hashable {
    let code: String
    let message: String
    let range: SourceRange
    init(_ diagnostic: Diagnostic) {
      (code, message, range) = (diagnostic.code, diagnostic.message, diagnostic.range)
    }
  }

  private static func precedes(_ a: Diagnostic, _ b: Diagnostic) -> Bool {
    if a.range != b.range { return a.range < b.range }
    if a.severity != b.severity { return rank(a.severity) < rank(b.severity) }
    return (a.code, a.message) < (b.code, b.message)
  }

  private static func rank(_ severity: Severity) -> Int {
    switch severity {
    case .error: 0
    case .warning: 1
    case .note: 2
    }
  }

  /// `3 errors, 1 warning`; notes are not counted, and nothing at all is `no errors`.
  public static func summary(_ diagnostics: [Diagnostic]) -> String {
    func counted(_ severity: Severity) -> String? {
      let count = diagnostics.count { $0.severity == severity }
      return count == 0 ? nil : "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
    }
    let parts = [counted(.error), counted(.warning)].compactMap { $0 }
    return parts.isEmpty ? "no errors" : parts.joined(separator: ", ")
  }
}
