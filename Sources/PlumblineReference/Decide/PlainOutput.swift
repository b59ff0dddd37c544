import PlumblineBundle

/// What is said to one event.
public struct PlainOutput: Hashable, Sendable {
  /// `allow`, `warn`, `escalate` or `deny`, of a proposal.
  public var decision: String?
  /// Of the decision, or of the event.
  public var findings: [PlainFinding] = []
  /// The step in which the case is afterwards.
  public var step: String?
  /// What is open after the event.
  public var obligations: [PlainObligation] = []
}

public struct PlainFinding: Hashable, Sendable {
  /// The requirement's id, or the check.
  public var name: String
  public var category: String
  public var answer: String
  public var role: String?
  public var shadow = false
  /// RFC 3339.
  public var time: String
  public var groundBy: [String] = []

  init(
    _ name: String, _ category: FindingCategory, _ answer: PlainAnswer = .allow,
    at time: PlainMoment, shadow: Bool = false, groundBy: [String] = []
  ) {
    self.name = name
    self.category = category.rawValue
    self.answer = answer.name
    role = answer.role
    self.shadow = shadow
    self.time = PlainTimeText.text(seconds: time.seconds, nanos: time.nanos)
    self.groundBy = groundBy
  }
}

public struct PlainObligation: Hashable, Sendable {
  public var requirement: String
  /// The event since which it is open; 0: the case's beginning.
  public var since: Int
  /// RFC 3339; nil: when the case closes.
  public var deadline: String?
}

/// An answer, the weakest first.
enum PlainAnswer: Hashable {
  case allow, warn
  case escalate(String)
  case deny

  init(_ answer: Answer) {
    switch answer {
    case .deny: self = .deny
    case .escalate(let role): self = .escalate(role)
    case .warn: self = .warn
    }
  }

  var name: String {
    switch self {
    case .allow: "allow"
    case .warn: "warn"
    case .escalate: "escalate"
    case .deny: "deny"
    }
  }
  var role: String? { if case .escalate(let role) = self { role } else { nil } }
  var strength: Int {
    switch self {
    case .allow: 0
    case .warn: 1
    case .escalate: 2
    case .deny: 3
    }
  }
}
