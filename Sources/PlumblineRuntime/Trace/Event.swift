public import CEL
public import PlumblineJSON

/// One event of a case: a line of a trace.
public struct Event: Sendable {
  public var caseID: String
  public var time: Timestamp
  public var body: Body
  /// The line it was read from, with the fields nobody here knows.
  public var raw: JSONNode?

  public enum Body: Sendable {
    case open(data: JSONNode?, workflow: String?)
    case propose(Proposal)
    case result(of: String, ResultOutcome)
    case message(from: String, text: String)
    case approve(ApprovalEvent)
    case fact(FactEvent)
    case enter(step: String)
    case tick
    case compacted
    case close(outcome: String?)
    case activity(name: String, data: JSONNode?)
  }

  public init(caseID: String, time: Timestamp, body: Body, raw: JSONNode? = nil) {
    self.caseID = caseID
    self.time = time
    self.body = body
    self.raw = raw
  }
}

/// What an agent proposes to do.
public struct Proposal: Sendable {
  /// What a result names it by.
  public var id: String?
  public var action: String
  /// The arguments as they came; nil where there are none.
  public var args: JSONNode?
  /// The arguments as values of their declared types, one for each, in the order of their declarations; in the place
  /// of `args`, for callers whose own types leave no other.
  public var values: [Value]?
  public var confidence: Double?
  /// What the agent says its text asserts: an object keyed by claim.
  public var claims: JSONNode?
  /// The identity of the digest it holds.
  public var digest: String?
  public var agent: String?
  /// Why it is malformed (its arguments are no object, …): it is decided `invalid`.
  public var malformed: String?

  public init(
    id: String? = nil, action: String, args: JSONNode? = nil, confidence: Double? = nil,
    claims: JSONNode? = nil, digest: String? = nil, agent: String? = nil, malformed: String? = nil
  ) {
    self.id = id
    self.action = action
    self.args = args
    self.confidence = confidence
    self.claims = claims
    self.digest = digest
    self.agent = agent
    self.malformed = malformed
  }
}

/// What came of a proposal.
public enum ResultOutcome: Sendable {
  case success(JSONNode)
  case failure(message: String, effect: FailureEffect?)
}

/// Whether a failed action changed anything.
public enum FailureEffect: String, Sendable, Hashable, CaseIterable {
  case none, unknown
}

/// A verdict of a reviewer on an action with its arguments.
public struct ApprovalEvent: Sendable {
  public enum Verdict: String, Sendable, Hashable, CaseIterable { case approved, rejected }
  /// The proposal it speaks of, or else the action and its arguments.
  public var of: String?
  public var action: String?
  public var args: JSONNode?
  public var by: String?
  public var role: String?
  public var verdict: Verdict
  public init(
    of: String? = nil, action: String? = nil, args: JSONNode? = nil, by: String?, role: String?,
    verdict: Verdict
  ) {
    self.of = of
    self.action = action
    self.args = args
    self.by = by
    self.role = role
    self.verdict = verdict
  }
}

/// Something the host knows: a record, a whole collection, or keys of the case.
public struct FactEvent: Sendable {
  /// `orders["o-1"]`, `orders.o-1`, `orders`, `case.customer_id`.
  public var record: String
  public var value: JSONNode
  public var asOf: Timestamp?
  /// The value is all there is: what it lacks is known to be absent.
  public var complete: Bool
  public init(record: String, value: JSONNode, asOf: Timestamp? = nil, complete: Bool = false) {
    self.record = record
    self.value = value
    self.asOf = asOf
    self.complete = complete
  }
}

/// Why a line is no event.
public struct EventError: Error, Sendable, Hashable, CustomStringConvertible {
  public var message: String
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}
