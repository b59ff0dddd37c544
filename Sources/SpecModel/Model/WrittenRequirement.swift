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

/// A requirement. A class, since it holds two dozen references that every copy of a value would count.
///
/// INVARIANT: only the binder sets its fields, before it hands it on; so threads may share it.
public final class WrittenRequirement: @unchecked Sendable {
  /// Whether something in it was reported. It is then left with its id, its statement and `advice`,
  /// so that nothing more is said about it.
  public internal(set) var isBroken = false
  /// Its id.
  public internal(set) var id: Located<String>
  /// The requirement as a sentence.
  public internal(set) var statement: Located<String>?
  /// The statement again, able to give the place of a word in it.
  public internal(set) var statementText: WrittenExpression?
  /// The list whose elements are kept; for a requirement where it comes from.
  public internal(set) var source: Located<String>?
  /// `must`, `should` or `may`.
  public internal(set) var priority: Located<String>?
  /// `enforce` or `shadow`.
  public internal(set) var mode: Located<String>?
  /// Whether it is shown only.
  public internal(set) var advice: Located<Bool>?
  /// What holds it elsewhere.
  public internal(set) var enforcedBy: Located<String>?
  /// Prose.
  public internal(set) var notes: Located<String>?
  /// The actions it judges.
  public internal(set) var appliesTo: [WrittenEvent] = []
  /// The condition under which it holds.
  public internal(set) var when: WrittenExpression?
  /// What must be true.
  public internal(set) var require: WrittenExpression?
  /// What must be false.
  public internal(set) var forbid: WrittenExpression?
  /// A post-condition.
  public internal(set) var ensure: WrittenExpression?
  /// Its temporal rules.
  public internal(set) var temporal: [WrittenTemporal] = []
  /// `same` and `within` beside the sugar, kept apart so that their misuse can be told.
  public internal(set) var same: [Located<String>] = []
  /// Seconds.
  public internal(set) var within: Located<Int64>?
  /// What must have been agreed to.
  public internal(set) var confirmed: WrittenConfirmation?
  /// The answer to a violation.
  public internal(set) var otherwise: WrittenAnswer?
  /// The answer to a missing fact.
  public internal(set) var ungrounded: WrittenAnswer?
  /// Why an unknown may pass.
  public internal(set) var because: Located<String>?
  /// What the agent is told.
  public internal(set) var tell: WrittenExpression?
  /// Requirements without which it is not judged.
  public internal(set) var needs: [Located<String>] = []
  /// Its worked cases.
  public internal(set) var examples: [WrittenExample] = []
  /// Where it stands.
  public internal(set) var range: SourceRange
  /// Makes one from its parts.
  public init(id: Located<String>, range: SourceRange) {
    self.id = id
    self.range = range
  }
}
