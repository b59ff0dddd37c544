public import PlumblineDiagnostics

/// `deny`, `escalate(ROLE)` or `warn`.
public struct WrittenAnswer: Sendable {
  public enum Kind: Sendable {
    case deny, warn
    case escalate(role: Located<String>)
  }
  public var kind: Kind
  public var range: SourceRange
  public init(_ kind: Kind, at range: SourceRange) {
    self.kind = kind
    self.range = range
  }
}

/// An action, a group, an activity, or `effect(…)`, `attempt(…)`, `approval(…)`, `message(…)`, as named.
public struct WrittenEvent: Sendable {
  /// `effect`, `attempt`, `approval`, `message`; nil for a plain name.
  public var function: Located<String>?
  public var name: Located<String>
  public var condition: WrittenExpression?
  public init(
    function: Located<String>? = nil, name: Located<String>, condition: WrittenExpression? = nil
  ) {
    self.function = function
    self.name = name
    self.condition = condition
  }
}

public struct WrittenTemporal: Sendable {
  /// The key that wrote it: `after`, `immediately_after`, `not_after`, `followed_by`, `once_per`,
  /// `at_most`, `declare`.
  public var sugar: Located<String>
  /// Only for `declare`.
  public var template: Located<String>?
  /// For sugar one disjunction; for `declare` one for each parameter.
  public var events: [[WrittenEvent]]
  public var count: Located<Int64>?
  /// `same` of a `declare`, `per` of an `at_most`, or the keys of `once_per`; the `same` beside sugar
  /// stays on the requirement.
  public var same: [Located<String>]
  /// Seconds. Only for `declare`: beside sugar it stays on the requirement.
  public var within: Located<Int64>?
  public var when: WrittenExpression?
  public init(sugar: Located<String>, events: [[WrittenEvent]] = []) {
    self.sugar = sugar
    self.events = events
    same = []
  }
}

public struct WrittenConfirmation: Sendable {
  public var by: Located<String>?
  public var agrees: WrittenExpression?
  public var refuses: WrittenExpression?
  public var lists: [WrittenExpression] = []
  public var range: SourceRange
  public init(at range: SourceRange) { self.range = range }
}

public struct WrittenExample: Sendable {
  public var name: Located<String>?
  public var given: WrittenValue?
  public var history: [WrittenValue] = []
  public var now: Located<String>?
  public var propose: WrittenValue?
  public var expect: Located<String>?
  public var range: SourceRange
  public init(at range: SourceRange) { self.range = range }
}

public struct WrittenRequirement: Sendable {
  public var id: Located<String>
  public var statement: Located<String>?
  /// The statement again, able to give the place of a word in it.
  public var statementText: WrittenExpression?
  public var source: Located<String>?
  public var priority: Located<String>?
  public var mode: Located<String>?
  public var advice: Located<Bool>?
  public var enforcedBy: Located<String>?
  public var notes: Located<String>?
  public var appliesTo: [WrittenEvent] = []
  public var when: WrittenExpression?
  public var require: WrittenExpression?
  public var forbid: WrittenExpression?
  public var ensure: WrittenExpression?
  public var temporal: [WrittenTemporal] = []
  /// `same` and `within` beside the sugar, kept apart so that their misuse can be told.
  public var same: [Located<String>] = []
  public var within: Located<Int64>?
  public var confirmed: WrittenConfirmation?
  public var otherwise: WrittenAnswer?
  public var ungrounded: WrittenAnswer?
  public var because: Located<String>?
  public var tell: WrittenExpression?
  public var needs: [Located<String>] = []
  public var examples: [WrittenExample] = []
  public var range: SourceRange
  public init(id: Located<String>, range: SourceRange) {
    self.id = id
    self.range = range
  }
}
