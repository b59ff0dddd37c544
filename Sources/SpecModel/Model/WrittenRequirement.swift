public import PlumblineDiagnostics

/// `deny`, `escalate(ROLE)` or `warn`.
public struct WrittenAnswer: Sendable {
  /// The three answers.
  public enum Kind: Sendable {
    case deny, warn
    case escalate(role: Located<String>)
  }
  /// Which answer it is.
  public var kind: Kind
  /// Where it stands.
  public var range: SourceRange
  /// Makes one from its parts.
  public init(_ kind: Kind, at range: SourceRange) {
    self.kind = kind
    self.range = range
  }
}

/// An action, a group, an activity, or `effect(…)`, `attempt(…)`, `approval(…)`, `message(…)`, as named.
public struct WrittenEvent: Sendable {
  /// `effect`, `attempt`, `approval`, `message`; nil for a plain name.
  public var function: Located<String>?
  /// Its name.
  public var name: Located<String>
  /// A condition over the event's own data.
  public var condition: WrittenExpression?
  /// Makes one from its parts.
  public init(
    function: Located<String>? = nil, name: Located<String>, condition: WrittenExpression? = nil
  ) {
    self.function = function
    self.name = name
    self.condition = condition
  }
}

/// A rule over events.
public struct WrittenTemporal: Sendable {
  /// The key that wrote it: `after`, `immediately_after`, `not_after`, `followed_by`, `once_per`,
  /// `at_most`, `declare`.
  public var sugar: Located<String>
  /// Only for `declare`.
  public var template: Located<String>?
  /// For sugar one disjunction; for `declare` one for each parameter.
  public var events: [[WrittenEvent]]
  /// `n`, or the number of `at_most`.
  public var count: Located<Int64>?
  /// `same` of a `declare`, `per` of an `at_most`, or the keys of `once_per`; the `same` beside sugar
  /// stays on the requirement.
  public var same: [Located<String>]
  /// Seconds. Only for `declare`: beside sugar it stays on the requirement.
  public var within: Located<Int64>?
  /// The condition under which it holds.
  public var when: WrittenExpression?
  /// Makes one from its parts.
  public init(sugar: Located<String>, events: [[WrittenEvent]] = []) {
    self.sugar = sugar
    self.events = events
    same = []
  }
}

/// `confirmed`: what was said and who agreed.
public struct WrittenConfirmation: Sendable {
  /// Who must agree.
  public var by: Located<String>?
  /// The pattern of a yes.
  public var agrees: WrittenExpression?
  /// The pattern of a no.
  public var refuses: WrittenExpression?
  /// The values that must have been named.
  public var lists: [WrittenExpression] = []
  /// Where it stands.
  public var range: SourceRange
  /// Makes one from its parts.
  public init(at range: SourceRange) { self.range = range }
}

/// A worked case of a requirement.
public struct WrittenExample: Sendable {
  /// Its name.
  public var name: Located<String>?
  /// Known records and keys of the case.
  public var given: WrittenValue?
  /// Events that came before.
  public var history: [WrittenValue] = []
  /// The time of the proposal.
  public var now: Located<String>?
  /// The proposal.
  public var propose: WrittenValue?
  /// How it is decided.
  public var expect: Located<String>?
  /// Where it stands.
  public var range: SourceRange
  /// Makes one from its parts.
  public init(at range: SourceRange) { self.range = range }
}

/// A requirement.
public struct WrittenRequirement: Sendable {
  /// Whether something in it was reported. It is then left with its id, its statement and `advice`,
  /// so that nothing more is said about it.
  public var isBroken = false
  /// Its id.
  public var id: Located<String>
  /// The requirement as a sentence.
  public var statement: Located<String>?
  /// The statement again, able to give the place of a word in it.
  public var statementText: WrittenExpression?
  /// The list whose elements are kept; for a requirement where it comes from.
  public var source: Located<String>?
  /// `must`, `should` or `may`.
  public var priority: Located<String>?
  /// `enforce` or `shadow`.
  public var mode: Located<String>?
  /// Whether it is shown only.
  public var advice: Located<Bool>?
  /// What holds it elsewhere.
  public var enforcedBy: Located<String>?
  /// Prose.
  public var notes: Located<String>?
  /// The actions it judges.
  public var appliesTo: [WrittenEvent] = []
  /// The condition under which it holds.
  public var when: WrittenExpression?
  /// What must be true.
  public var require: WrittenExpression?
  /// What must be false.
  public var forbid: WrittenExpression?
  /// A post-condition.
  public var ensure: WrittenExpression?
  /// Its temporal rules.
  public var temporal: [WrittenTemporal] = []
  /// `same` and `within` beside the sugar, kept apart so that their misuse can be told.
  public var same: [Located<String>] = []
  /// Seconds.
  public var within: Located<Int64>?
  /// What must have been agreed to.
  public var confirmed: WrittenConfirmation?
  /// The answer to a violation.
  public var otherwise: WrittenAnswer?
  /// The answer to a missing fact.
  public var ungrounded: WrittenAnswer?
  /// Why an unknown may pass.
  public var because: Located<String>?
  /// What the agent is told.
  public var tell: WrittenExpression?
  /// Requirements without which it is not judged.
  public var needs: [Located<String>] = []
  /// Its worked cases.
  public var examples: [WrittenExample] = []
  /// Where it stands.
  public var range: SourceRange
  /// Makes one from its parts.
  public init(id: Located<String>, range: SourceRange) {
    self.id = id
    self.range = range
  }
}
