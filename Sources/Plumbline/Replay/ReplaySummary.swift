public import PlumblineBundle
public import PlumblineJSON
public import PlumblineRuntime

/// What a replay found, counted.
public struct ReplaySummary: Sendable {
  public internal(set) var cases = 0
  public internal(set) var events = 0
  public internal(set) var proposals = 0
  /// By outcome, in the order allow, warn, escalate, deny.
  public internal(set) var decisions: [Outcome: Int] = [:]
  public internal(set) var findings: [FindingCategory: Int] = [:]
  public internal(set) var requirements: [String: [FindingCategory: Int]] = [:]
  /// How many cases each requirement found something in.
  public internal(set) var requirementCases: [String: Int] = [:]
  /// What rules in shadow mode would have found; decides nothing.
  public internal(set) var shadow: [String: [FindingCategory: Int]] = [:]
  public internal(set) var casesWithDeny = 0
  /// What is still owed in cases that stay open, in the order in which the cases came.
  public internal(set) var obligations: [(caseID: String, obligation: Obligation)] = []

  public init() {}

  /// Whether anything was worse than a warning.
  public var isClean: Bool {
    findings.isEmpty && (decisions[.deny] ?? 0) == 0 && (decisions[.escalate] ?? 0) == 0
  }

  static let outcomes: [Outcome] = [.allow, .warn, .escalate, .deny]

  /// The summary as one JSON object; keys of open sets in order of name.
  public func json() -> JSON {
    .object([
      .init("cases", Self.count(cases)), .init("events", Self.count(events)),
      .init("proposals", Self.count(proposals)),
      .init("decisions", Self.outcomes(decisions)),
      .init("findings", Self.categories(findings)),
      .init("requirements", Self.byRequirement(requirements)),
      .init("shadow", Self.byRequirement(shadow)),
      .init("cases_with_deny", Self.count(casesWithDeny)),
      .init(
        "open_obligations",
        .array(
          obligations.map { owed in
            guard case .object(let members) = owed.obligation.json() else { return .null }
            return .object([.init("case", .string(owed.caseID))] + members)
          })),
    ])
  }

  private static func count(_ number: Int) -> JSON { .int(Int64(number)) }

  /// How often each outcome came, those that never did too.
  static func outcomes(_ counts: [Outcome: Int]) -> JSON {
    .object(outcomes.map { .init($0.name, count(counts[$0] ?? 0)) })
  }

  static func categories(_ counts: [FindingCategory: Int]) -> JSON {
    .object(
      FindingCategory.allCases.compactMap { category in
        counts[category].map { .init(category.rawValue, count($0)) }
      })
  }

  static func byRequirement(_ counts: [String: [FindingCategory: Int]]) -> JSON {
    .object(sorted(counts).map { .init($0.key, categories($0.value)) })
  }

  private static func sorted<T>(_ counts: [String: T]) -> [(key: String, value: T)] {
    counts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }

  /// The summary for people.
  /// - Parameter statements: requirement statements by id, shown beside the counts.
  public func text(statements: [String: String]) -> String {
    var out = "\(cases) cases, \(events) events, \(proposals) proposals\n\n"
    for outcome in Self.outcomes {
      out += "  \(pad(outcome.name, 10))\(left(decisions[outcome] ?? 0, 8))\n"
    }
    out += "\n  cases with a deny: \(casesWithDeny)\n"
    if !findings.isEmpty {
      out += "\nfindings\n"
      for category in FindingCategory.allCases {
        guard let number = findings[category] else { continue }
        out += "  \(pad(category.rawValue, 18))\(left(number, 6))\n"
      }
    }
    section("requirements", requirements, statements, cases: requirementCases, &out)
    section("shadow (would have found)", shadow, statements, &out)
    if !obligations.isEmpty {
      out += "\nopen obligations: \(obligations.count)\n"
      for (caseID, obligation) in obligations.prefix(20) {
        let due = obligation.deadline.map { "by \(TimeText.text($0))" } ?? "before the case closes"
        out +=
          "  \(caseID)  \(obligation.requirement)  "
          + "\(obligation.awaits.joined(separator: " or ")) \(due)\n"
      }
      if obligations.count > 20 { out += "  and \(obligations.count - 20) more\n" }
    }
    return out
  }

  private func section(
    _ title: String, _ counts: [String: [FindingCategory: Int]], _ statements: [String: String],
    cases: [String: Int] = [:], _ out: inout String
  ) {
    guard !counts.isEmpty else { return }
    let width = min(counts.keys.map(\.count).max() ?? 0, 30)
    out += "\n\(title)\n"
    for (id, found) in Self.sorted(counts) {
      let parts = FindingCategory.allCases.compactMap { category in
        found[category].map { "\(category.rawValue) \($0)" }
      }
      let spread = cases[id].map { $0 == 1 ? "  (1 case)" : "  (\($0) cases)" } ?? ""
      out += "  \(pad(id, width))  \(parts.joined(separator: ", "))\(spread)\n"
      if let statement = statements[id] {
        out += "  \(pad("", width))    \(statement)\n"
      }
    }
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
  private func left(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
