public import CEL
public import PlumblineBundle
public import PlumblineJSON

/// Why a decision came out as it did: each rule that applies, each sub-expression with its value,
/// each fact with its source and time.
public struct Explanation: Sendable {
  public let decision: Decision
  public let action: String
  /// As proposed; nil where they are malformed. Sensitive values and texts of messages are masked.
  public let arguments: JSON?
  /// In the order of ids.
  public let rules: [Rule]

  /// One requirement that applies to the action.
  public struct Rule: Sendable {
    public enum Status: String, Sendable, Hashable, CaseIterable {
      case satisfied
      /// Its `when` is false.
      case notApplicable = "not_applicable"
      case failed
      /// It escalates, and a valid approval answers that.
      case approved
      /// A requirement that it needs fails already.
      case notJudged = "not_judged"
      /// It is no condition on a proposal (a post-condition, a temporal rule).
      case elsewhere
    }
    public let id: String
    public let statement: String
    /// Where the requirement comes from, as it says itself.
    public let source: String?
    public let position: SourcePosition?
    public let status: Status
    public let isShadow: Bool
    /// What is wrong, where something is.
    public let findings: [Finding]
    /// More about the status.
    public let note: String?
    /// Parts of its condition, each under the key that wrote it (`when`, `require`, …).
    public let parts: [Part]
    public let known: [Evidence]
    public let missing: [Missing]
    /// The events of the case that its temporal rules name, where the state was opened
    /// `forExplaining`; and the calls without a final result that they name.
    public let events: [TemporalEvent]
  }

  /// An event that a temporal rule names.
  public struct TemporalEvent: Sendable, Hashable {
    public enum Counts: String, Sendable, Hashable, CaseIterable {
      case yes
      /// Whether its condition holds is not known.
      case maybe
      /// Its condition does not hold.
      case no
      /// It broke the rule, and so is not part of what the rule goes on from.
      case broke
      /// It lies before the window.
      case tooOld = "too_old"
      case inFlight = "in_flight"
      case inDoubt = "in_doubt"
    }
    /// Its number in the case; of a call without a final result, that of the proposal.
    public let seq: Int
    public let time: Timestamp
    public let name: String
    public let counts: Counts
  }

  public struct Part: Sendable {
    public let key: String
    public let expression: Expression
  }

  /// A sub-expression as written, with its value. What a short circuit skipped is left out.
  public struct Expression: Sendable {
    public enum Result: Sendable, Hashable {
      case value(JSON)
      /// Something that must not be shown, or is too long to be: in words.
      case described(String)
      case unknown([String])
      case error(String)
    }
    public let text: String
    public let result: Result
    /// The term it belongs to, or what a loop came to.
    public let note: String?
    public let children: [Expression]
  }

  /// A fact that is not known.
  public struct Missing: Sendable, Hashable {
    public let path: String
    /// The end of a sentence.
    public let reason: String
    public let asOf: Timestamp?
    public let groundBy: [String]
  }

  /// Facts of all rules, each once.
  public var known: [Evidence] { rules.flatMap(\.known).unique { $0.path } }

  /// What is not known, of all rules, each once.
  public var missing: [Missing] { rules.flatMap(\.missing).unique { $0.path } }

  /// The explanation as JSON: `{"decision","action","args","rules"}`. Field order is fixed.
  public func json() -> JSON {
    .object([
      .init("decision", decision.json()),
      .init("action", .string(action)),
      .init("args", arguments ?? .null),
      .init("rules", .array(rules.map { json($0) })),
    ])
  }

  private func json(_ rule: Rule) -> JSON {
    .object([
      .init("requirement", .string(rule.id)),
      .init("statement", .string(rule.statement)),
      .init("source", .text(rule.source)),
      .init(
        "position",
        .text(rule.position?.description)),
      .init("status", .string(rule.status.rawValue)),
      .init("shadow", .bool(rule.isShadow)),
      .init("note", .text(rule.note)),
      .init("categories", .strings(rule.findings.map(\.category.rawValue))),
      .init(
        "expressions",
        .array(
          rule.parts.map {
            .object([.init("key", .string($0.key)), .init("tree", json($0.expression))])
          })),
      .init(
        "known",
        .array(
          rule.known.map {
            .object([
              .init("path", .string($0.path)), .init("value", $0.value),
              .init("source", .text($0.source)),
              .init("as_of", .text($0.asOf.map { TimeText.text($0) })),
            ])
          })),
      .init(
        "missing",
        .array(
          rule.missing.map {
            .object([
              .init("path", .string($0.path)), .init("reason", .string($0.reason)),
              .init("as_of", .text($0.asOf.map { TimeText.text($0) })),
              .init("ground_by", .strings($0.groundBy)),
            ])
          })),
      .init(
        "events",
        .array(
          rule.events.map {
            .object([
              .init("seq", .int(Int64($0.seq))), .init("time", .string(TimeText.text($0.time))),
              .init("event", .string($0.name)), .init("counts", .string($0.counts.rawValue)),
            ])
          })),
    ])
  }

  private func json(_ expression: Expression) -> JSON {
    var members: [JSON.Member] = [.init("text", .string(expression.text))]
    switch expression.result {
    case .value(let value): members.append(.init("value", value))
    case .described(let words): members.append(.init("described", .string(words)))
    case .unknown(let paths): members.append(.init("unknown", .strings(paths)))
    case .error(let message): members.append(.init("error", .string(message)))
    }
    if let note = expression.note { members.append(.init("note", .string(note))) }
    if !expression.children.isEmpty {
      members.append(.init("children", .array(expression.children.map { json($0) })))
    }
    return .object(members)
  }
}
