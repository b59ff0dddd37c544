public enum Priority: String, Sendable, Hashable, CaseIterable {
  case must, should, may
}

/// What a broken or ungrounded requirement answers.
public enum Answer: Sendable, Hashable {
  case deny
  case escalate(role: String)
  case warn
}

/// The Declare templates, by their standard names.
public enum DeclareTemplate: String, Sendable, Hashable, CaseIterable {
  case existence, absence, exactly
  case initial = "init"
  case end, choice
  case exclusiveChoice = "exclusive_choice"
  case respondedExistence = "responded_existence"
  case coExistence = "co_existence"
  case response
  case alternateResponse = "alternate_response"
  case chainResponse = "chain_response"
  case precedence
  case alternatePrecedence = "alternate_precedence"
  case chainPrecedence = "chain_precedence"
  case succession
  case alternateSuccession = "alternate_succession"
  case chainSuccession = "chain_succession"
  case notCoExistence = "not_co_existence"
  case notSuccession = "not_succession"
  case notChainSuccession = "not_chain_succession"
  case notResponse = "not_response"
  case notPrecedence = "not_precedence"
  case notRespondedExistence = "not_responded_existence"
  case notChainResponse = "not_chain_response"
  case notChainPrecedence = "not_chain_precedence"
}

/// An event that temporal rules speak of.
public struct EventDeclaration: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// The result of one of these actions succeeded.
    case actions([String])
    /// One of these actions was proposed.
    case attempt([String])
    case approval(role: String)
    case message(speaker: String)
    /// An activity of an imported log, by its name.
    case activity(String)
  }
  public var kind: Kind
  /// A condition over the event's `args` and `result`.
  public var condition: ExpressionText?
  public init(_ kind: Kind, condition: ExpressionText? = nil) {
    self.kind = kind
    self.condition = condition
  }
}

/// A temporal rule: a template over events. Sugar is resolved to it by the compiler.
public struct TemporalDeclaration: Sendable, Hashable {
  public var template: DeclareTemplate
  /// One disjunction of events for each parameter of the template.
  public var events: [[EventDeclaration]]
  /// For existence, absence, exactly.
  public var count: Int?
  public var same: [String]
  /// Seconds.
  public var within: Int64?
  /// The key that wrote it (`after`, `once_per`, `declare`, …), for messages.
  public var sugar: String
  public init(
    template: DeclareTemplate, events: [[EventDeclaration]], count: Int? = nil,
    same: [String] = [], within: Int64? = nil, sugar: String
  ) {
    self.template = template
    self.events = events
    self.count = count
    self.same = same
    self.within = within
    self.sugar = sugar
  }
}

/// `confirmed`: the agent listed the values, then the speaker agreed.
public struct ConfirmationDeclaration: Sendable, Hashable {
  public var by: String
  /// Expressions that give a pattern's text (usually `patterns.x`).
  public var agrees: ExpressionText
  public var refuses: ExpressionText?
  public var lists: [ExpressionText]
  public init(
    by: String, agrees: ExpressionText, refuses: ExpressionText?, lists: [ExpressionText]
  ) {
    self.by = by
    self.agrees = agrees
    self.refuses = refuses
    self.lists = lists
  }
}

/// What decides: exactly one of these, or nothing (advice, `enforced_by`).
public struct RequirementDeclaration: Sendable, Hashable {
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    case enforce, shadow
  }
  public var id: String
  public var statement: String
  public var source: String?
  public var priority: Priority
  public var mode: Mode
  public var advice: Bool
  /// Held elsewhere: `types`, or a text that says where.
  public var enforcedBy: String?
  public var notes: String?
  /// Resolved to tools, sorted. Empty for a spec of temporal rules over activities alone.
  public var appliesTo: [String]
  public var when: ExpressionText?
  /// `forbid: E` is kept as `require` with `negated`.
  public var require: ExpressionText?
  public var negated: Bool
  /// A post-condition on the action's result.
  public var ensure: ExpressionText?
  public var temporal: [TemporalDeclaration]
  public var confirmed: ConfirmationDeclaration?
  public var otherwise: Answer
  public var ungrounded: Answer
  /// Why `ungrounded: warn` is right here.
  public var because: String?
  /// A text with `${CEL}` in it.
  public var tell: ExpressionText?
  public var needs: [String]
  public var examples: [ExampleDeclaration]
  public var position: SourcePosition?

  public init(id: String, statement: String) {
    self.id = id
    self.statement = statement
    priority = .must
    mode = .enforce
    advice = false
    appliesTo = []
    negated = false
    temporal = []
    otherwise = .deny
    ungrounded = .deny
    needs = []
    examples = []
  }

  /// Whether it can decide anything: neither advice nor held elsewhere.
  public var isEnforced: Bool { !advice && enforcedBy == nil }
}

/// A worked case of a requirement; judged at compile time.
public struct ExampleDeclaration: Sendable, Hashable {
  public enum Expectation: String, Sendable, Hashable, CaseIterable {
    case allow, deny, escalate, warn, ungrounded
  }
  public var name: String
  /// Records by collection and key, and keys of the case under `case`.
  public var given: BundleValue
  /// Events that come before, as the trace format writes them.
  public var history: [BundleValue]
  /// RFC 3339.
  public var now: String?
  /// `{action, args, confidence?, claims?, agent?, …}`
  public var propose: BundleValue
  public var expect: Expectation
  public var position: SourcePosition?
  public init(
    name: String, given: BundleValue, history: [BundleValue], now: String?, propose: BundleValue,
    expect: Expectation, position: SourcePosition? = nil
  ) {
    self.name = name
    self.given = given
    self.history = history
    self.now = now
    self.propose = propose
    self.expect = expect
    self.position = position
  }
}
