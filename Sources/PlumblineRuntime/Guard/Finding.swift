public import CEL
public import PlumblineBundle
public import PlumblineJSON

/// What a proposal is answered with; also what one finding alone would answer.
public enum Outcome: Int, Sendable, Hashable, CaseIterable, Comparable {
  case allow, warn, escalate, deny
  public static func < (a: Outcome, b: Outcome) -> Bool { a.rawValue < b.rawValue }
  /// As decisions write it.
  public var name: String {
    switch self {
    case .allow: "allow"
    case .warn: "warn"
    case .escalate: "escalate"
    case .deny: "deny"
    }
  }
}

/// A fact that a decision rests on.
public struct Evidence: Sendable, Hashable {
  /// As the spec writes it, its keys filled in: `orders["o-1"].total`.
  public var path: String
  public var value: JSON
  /// The tool it was read with, `fact`, `case`, or nil for what the proposal itself says.
  public var source: String?
  public var asOf: Timestamp?
  public init(path: String, value: JSON, source: String?, asOf: Timestamp?) {
    self.path = path
    self.value = value
    self.source = source
    self.asOf = asOf
  }
}

/// Something that is wrong with an event.
public struct Finding: Sendable, Hashable {
  /// The requirement, or nil for what every spec implies.
  public var requirement: String?
  /// The check: `require`, `confirmed`, `step`, `declared`, `args`, `digest`, `once_per`, …
  public var rule: String
  public var category: FindingCategory
  public var message: String
  /// What to do about it.
  public var fix: String?
  /// Where the spec says so.
  public var position: SourcePosition?
  public var evidence: [Evidence]
  /// The tools that would ground what is not known.
  public var groundBy: [String]
  /// Who can approve it, where it escalates.
  public var role: String?
  /// Of a requirement in shadow mode: it decides nothing.
  public var shadow: Bool
  /// What this finding alone would answer.
  public var answer: Outcome
  /// The time of the finding.
  public var time: Timestamp

  public init(
    requirement: String? = nil, rule: String, category: FindingCategory, message: String,
    fix: String? = nil, position: SourcePosition? = nil, evidence: [Evidence] = [],
    groundBy: [String] = [], role: String? = nil, shadow: Bool = false, answer: Outcome = .deny,
    time: Timestamp = Timestamp(seconds: 0)
  ) {
    self.requirement = requirement
    self.rule = rule
    self.category = category
    self.message = message
    self.fix = fix
    self.position = position
    self.evidence = evidence
    self.groundBy = groundBy
    self.role = role
    self.shadow = shadow
    self.answer = answer
    self.time = time
  }

  /// The fields of a finding within a decision, in their fixed order.
  public func json() -> JSON { .object(members) }

  var members: [JSON.Member] {
    [
      .init("requirement", .text(requirement)),
      .init("rule", .string(rule)),
      .init("category", .string(category.rawValue)),
      .init("message", .string(message)),
      .init("fix", .text(fix)),
      .init(
        "position", .text(position?.description)),
      .init(
        "evidence",
        .array(
          evidence.map {
            .object([
              .init("path", .string($0.path)), .init("value", $0.value),
              .init("source", .text($0.source)),
              .init("as_of", .text($0.asOf.map { TimeText.text($0) })),
            ])
          })),
      .init("ground_by", .array(groundBy.map { .string($0) })),
      .init("role", .text(role)),
      .init("answer", .string(answer.name)),
      .init("shadow", .bool(shadow)),
    ]
  }

  /// A line of a list of findings: `{"case","seq","time","requirement","category",…}`.
  public func json(caseID: String, seq: Int) -> JSON {
    let rest = members.filter { $0.key != "requirement" && $0.key != "category" }
    return .object(
      [
        .init("case", .string(caseID)), .init("seq", .int(Int64(seq))),
        .init("time", .string(TimeText.text(time))),
        .init("requirement", .text(requirement)),
        .init("category", .string(category.rawValue)),
      ] + rest)
  }
}

extension JSON {
  /// A text, or null.
  static func text(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
}
