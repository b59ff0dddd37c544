public import CEL
import PlumblineBundle

/// All that a guard knows of one case. A value: a fold over the case's events, cheap to copy.
public struct CaseState: Sendable {
  public let caseID: String
  /// The number of events so far: the 1-based number of the last one.
  public internal(set) var seq = 0
  /// The time of the first event.
  var opened: Timestamp?
  /// The time of the last event; it never goes back.
  public internal(set) var clock: Timestamp?
  public internal(set) var isClosed = false
  /// How it was closed.
  public internal(set) var outcome: String?

  /// The number of the workflow in the bundle; -1: none, no step checks.
  var workflow = -1
  /// The number of the step in its workflow.
  var stepIndex = -1
  /// How many steps were entered; the first is 1.
  var visit = 0
  var entered: Timestamp?
  /// The number of the event at which the step was entered.
  var enteredSeq = 0

  /// One slot for each declared key.
  var caseRecord: RecordValue
  var collections: [CollectionState]
  /// Calls whose result is known, in the order of their results.
  var calls: [CallRecord] = []
  /// Proposals without a final result, in order.
  var pending: [PendingCall] = []
  /// Facts made unknown by what is in flight or in doubt.
  var shadows: [FactShadow] = []
  var messages: [Message] = []
  /// The last message of `Speaker.known`, by slot.
  var said = LastMessages()
  /// The agent's message, where it was the last event.
  var turnText = ""
  /// The last message came with a say and stands already.
  var saidByTool: String?
  var usedConfirmations: [UsedConfirmation] = []
  var approvals: [ApprovalRecord] = []
  /// Proposals that wait for a reviewer, and broken post-conditions that do.
  public internal(set) var escalations: [Escalation] = []
  var temporal = TemporalState()
  var lastDenial: Denial?
  var compactions = 0
  /// Undeclared fields of results, noted once.
  var notedExtras: Set<String> = []

  /// A write whose result is the event being folded.
  var writing: LastWrite { LastWrite(seq: seq, time: clock) }

  init(caseID: String, caseRecord: RecordValue, collections: [CollectionState]) {
    self.caseID = caseID
    self.caseRecord = caseRecord
    self.collections = collections
  }
}

/// The records of one collection.
struct CollectionState: Sendable {
  var entries: [String: RecordEntry] = [:]
  /// The keys, in the order in which they came.
  var order: [String] = []
  /// A fact said that this is all there is.
  var complete = false
  /// Why a key without an entry is unknown.
  var missing = UnknownReason.neverRead
  /// The last write to all of it.
  var lastWrite = LastWrite()

  /// The last write that may have changed a record.
  func lastWrite(to key: String) -> LastWrite {
    max(lastWrite, entries[key]?.lastWrite ?? LastWrite())
  }
}

struct RecordEntry: Sendable {
  /// A record, or nil where it is unknown for `reason`.
  var record: RecordValue?
  /// The last moment at which the record is fresh; nil: it never goes stale.
  var freshUntil: Timestamp?
  var reason = UnknownReason.neverRead
  /// Known to exist, though its content is not known now.
  var exists = false
  /// The last write to it.
  var lastWrite = LastWrite()
}

/// When something was last changed by a write: what was seen before may not be so any more.
struct LastWrite: Sendable, Comparable {
  /// The event of the write's result; 0: none.
  var seq = 0
  var time: Timestamp?

  static func < (a: Self, b: Self) -> Bool { a.seq < b.seq }

  /// Whether what was so at `moment` may have been changed since.
  func isAfter(_ moment: Timestamp) -> Bool { time.map { moment < $0 } ?? false }
}

/// A call that succeeded, its result on contract.
final class CallRecord: Sendable {
  let action: Int
  let args: RecordValue
  let result: Value
  let time: Timestamp
  /// The event of its result.
  let seq: Int
  init(action: Int, args: RecordValue, result: Value, time: Timestamp, seq: Int) {
    self.action = action
    self.args = args
    self.result = result
    self.time = time
    self.seq = seq
  }
}

/// A proposal that has no result yet, or whose outcome is in doubt.
///
/// An object that never changes, so that a case that is copied shares it.
final class PendingCall: Sendable {
  enum Doubt: Sendable {
    /// It failed, and whether it changed anything is not known.
    case effectUnknown
    /// Its result broke the contract.
    case drift
  }
  let id: String?
  /// -1: no such tool.
  let action: Int
  let name: String
  /// All slots unknown where the arguments were malformed.
  let args: RecordValue
  let seq: Int
  let time: Timestamp
  let visit: Int
  /// It was allowed or warned.
  let accepted: Bool
  /// It acts as a read: never in doubt.
  let isRead: Bool
  let doubt: Doubt?
  /// The agent that proposed it.
  let agent: String?
  /// The hash of the arguments, where something binds to it.
  let argumentHash: String?
  let frozen: FrozenTemporal?
  /// Requirements that it may break: an approval answered their escalation.
  let lifted: Set<String>

  init(
    id: String?, action: Int, name: String, args: RecordValue, seq: Int, time: Timestamp,
    visit: Int, accepted: Bool, isRead: Bool, doubt: Doubt? = nil, agent: String?,
    argumentHash: String? = nil, frozen: FrozenTemporal? = nil, lifted: Set<String> = []
  ) {
    self.id = id
    self.action = action
    self.name = name
    self.args = args
    self.seq = seq
    self.time = time
    self.visit = visit
    self.accepted = accepted
    self.isRead = isRead
    self.doubt = doubt
    self.agent = agent
    self.argumentHash = argumentHash
    self.frozen = frozen
    self.lifted = lifted
  }

  /// The same call, its outcome in doubt.
  func doubted(_ doubt: Doubt) -> PendingCall {
    PendingCall(
      id: id, action: action, name: name, args: args, seq: seq, time: time, visit: visit,
      accepted: accepted, isRead: isRead, doubt: doubt, agent: agent,
      argumentHash: argumentHash, frozen: frozen, lifted: lifted)
  }

  /// A non-read that may have happened.
  var isOpen: Bool { !isRead && (accepted || doubt != nil) }
}

/// A fact that an open call may change.
struct FactShadow: Sendable {
  /// The event of the proposal.
  var pending: Int
  /// -1: the case record.
  var collection: Int
  /// nil: all of the collection.
  var key: String?
  /// Names of fields below; empty: the whole record.
  var fields: [String]
  var reason: UnknownReason
  /// The tool that would tell.
  var settledBy: Int?
}

/// The last message of each speaker that has a name of its own, within the state itself.
struct LastMessages: Sendable {
  private var first = ""
  private var second = ""
  private var third = ""

  subscript(slot: Int) -> String {
    get {
      switch slot {
      case 0: first
      case 1: second
      default: third
      }
    }
    set {
      switch slot {
      case 0: first = newValue
      case 1: second = newValue
      default: third = newValue
      }
    }
  }
}

struct Message: Sendable {
  var speaker: String
  var text: String
  var seq: Int
}

/// An action that a speaker's yes was spent on.
struct UsedConfirmation: Sendable {
  /// The event of the message that said yes.
  var message: Int
  var action: Int
  var argumentHash: String
  /// The event of the proposal that used it.
  var proposal: Int
}

struct ApprovalRecord: Sendable {
  var action: Int
  var args: RecordValue
  var argumentHash: String
  var visit: Int
  var by: String?
  var role: String?
  var approved: Bool
  var time: Timestamp
  /// When the proposal was made that it speaks of, and by which agent.
  var asked: Timestamp?
  var proposer: String?
  /// The event of the approval.
  var seq: Int
  /// The event of the proposal that used it.
  var usedBy: Int?
  var revoked = false

  /// Whether it lets this action be done once more: by somebody other than the agent that asks.
  func isValid(for action: Int, argumentHash: String, visit: Int, agent: String?) -> Bool {
    approved && !revoked && usedBy == nil && self.action == action
      && self.argumentHash == argumentHash && self.visit == visit && isOthers(than: agent)
  }

  /// Whether somebody gave it who neither asks now nor asked first.
  func isOthers(than agent: String?) -> Bool {
    guard let by = by.map(Self.person), !by.isEmpty, let agent = agent.map(Self.person),
      !agent.isEmpty
    else { return false }
    return by != agent && by != proposer.map(Self.person)
  }

  /// A name as far as it tells people apart: `Ida ` is no second person beside `ida`.
  static func person(_ name: String) -> String {
    func isBlank(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint
        || scalar.properties.generalCategory == .control
    }
    let scalars = name.unicodeScalars.filter { !isBlank($0) }
    return String(String.UnicodeScalarView(scalars)).lowercased()
  }
}

/// A proposal that waits for a reviewer.
public struct Escalation: Sendable, Hashable {
  /// The event of the proposal.
  public var seq: Int
  public var action: String
  public var role: String
  public var time: Timestamp
  public var requirement: String?
  /// The hash of the arguments.
  var argumentHash: String
}

/// The last proposal that was denied.
final class Denial: Sendable {
  let seq: Int
  let action: String
  let findings: [Reason]

  struct Reason: Sendable {
    /// The requirement's id, or the check.
    var name: String
    var category: FindingCategory
    var message: String
    var fix: String?
  }

  init(seq: Int, action: String, findings: [Reason]) {
    self.seq = seq
    self.action = action
    self.findings = findings
  }
}
