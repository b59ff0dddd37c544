import PlumblineBundle

/// Everything that is known of a case.
struct PlainCase {
  struct Entry {
    /// nil: not known, for the reason.
    var record: PlainRecord?
    var reason = Missing.Reason.neverRead
    /// Known to be there, whatever is in it.
    var exists = false
    /// Seconds; nil: it never goes stale.
    var freshFor: Int64?
    var written: Written?
  }
  /// A write that changed something: the number and the time of its result.
  struct Written {
    var seq: Int
    var time: PlainMoment
  }
  struct Collection {
    var entries: [(key: String, entry: Entry)] = []
    var isComplete = false
    /// Why a key without entry is not known.
    var missing = Missing.Reason.neverRead
    var written: Written?

    subscript(key: String) -> Entry? {
      get { entries.first { $0.key == key }?.entry }
      set {
        guard let newValue else { return }
        if let place = entries.firstIndex(where: { $0.key == key }) {
          entries[place].entry = newValue
        } else {
          entries.append((key, newValue))
        }
      }
    }

    /// The last write that may have changed a record.
    func lastWrite(_ key: String) -> Written? {
      [written, self[key]?.written].compactMap { $0 }.max { $0.seq < $1.seq }
    }
  }
  struct Call {
    var action: String
    var args: PlainRecord
    var result: Plain
    var time: PlainMoment
    var seq: Int
  }
  enum Doubt { case effect, drift }
  struct Pending {
    var id: String?
    /// nil: no such tool.
    var action: String?
    var args: PlainRecord
    var seq: Int
    var time: PlainMoment
    var visit: Int
    var isAccepted: Bool
    var isRead: Bool
    var doubt: Doubt?
    var agent: String?
    /// `when` of the temporal rules at the proposal, by rule.
    var filters: [Int: Truth]
    /// Rules that an approval of this very action answers.
    var reviewed: Set<Int>
    /// Requirements whose escalation was answered.
    var answered: Set<String> = []

    /// A non-read that may have happened.
    var isOpen: Bool { !isRead && (isAccepted || doubt != nil) }
  }
  struct Message {
    var speaker: String
    var text: String
    var seq: Int
  }
  struct Approval {
    var action: String
    var args: PlainRecord
    var visit: Int
    var by: String
    var role: String
    var isApproved: Bool
    var time: PlainMoment
    var asked: PlainMoment?
    /// The agent whose proposal it was asked for.
    var proposer: String?
    var usedBy: Int?
    var isRevoked = false
  }
  struct Confirmation {
    var message: Int
    var action: String
    var args: PlainRecord
    var proposal: Int
  }
  struct Escalation {
    var action: String
    var args: PlainRecord
    var time: PlainMoment
  }
  /// A place in the facts.
  struct Target {
    /// `case` for the case itself.
    var collection: String
    /// nil: all of the collection.
    var key: String?
    var fields: [String]
  }
  /// What an open call may be changing.
  struct Shadow {
    var proposal: Int
    var target: Target
    var reason: Missing.Reason
    var settledBy: String?
  }
  /// A rule's letters of one slice.
  struct Slice {
    var key: String
    /// Those that were no breach.
    var consumed: [PlainLetter] = []
    /// The event with which it began.
    var since: Int
  }

  var seq = 0
  var clock: PlainMoment?
  var isClosed = false
  var workflow: WorkflowDeclaration?
  var step: StepDeclaration?
  var visit = 0
  var entered: PlainMoment?
  var enteredSeq = 0
  var fields = PlainRecord(type: "case", fields: [])
  var collections: [String: Collection] = [:]
  var calls: [Call] = []
  var pending: [Pending] = []
  var shadows: [Shadow] = []
  var messages: [Message] = []
  var turnText = ""
  /// The message that came with a say and stands already.
  var saidByTool: String?
  var approvals: [Approval] = []
  var confirmations: [Confirmation] = []
  var escalations: [Escalation] = []
  /// By rule.
  var slices: [[Slice]] = []

  init(_ spec: PlainSpec) {
    for field in spec.bundle.caseFields {
      fields[field.name] = .unknown(Missing("case.\(field.name)", .neverRead))
    }
    for collection in spec.bundle.collections { collections[collection.name] = Collection() }
    slices = Array(repeating: [], count: spec.rules.count)
  }

  /// The valid approvals of an action with these arguments, in this visit of the step, by somebody else.
  func validApprovals(_ action: String, _ args: PlainRecord, agent: String?) -> [Int] {
    approvals.indices.filter { index in
      let approval = approvals[index]
      return approval.isApproved && !approval.isRevoked && approval.usedBy == nil
        && Self.isSecondPerson(approval, beside: agent)
        && approval.action == action && approval.args == args && approval.visit == visit
    }
  }

  static func isSecondPerson(_ approval: Approval, beside agent: String?) -> Bool {
    let names = [agent ?? "", approval.by].map(who)
    if names.contains("") || names[0] == names[1] { return false }
    return approval.proposer.map { who($0) != names[1] } ?? true
  }

  /// What of a name can be told apart by reading it.
  static func who(_ name: String) -> String {
    var letters = ""
    for scalar in name.lowercased().unicodeScalars {
      let kind = scalar.properties
      if kind.isWhitespace || kind.isDefaultIgnorableCodePoint || kind.generalCategory == .control {
        continue
      }
      letters.unicodeScalars.append(scalar)
    }
    return letters
  }
}

extension PlainMoment {
  var instant: Int128 { Int128(seconds) * 1_000_000_000 + Int128(nanos) }

  init(instant: Int128) {
    var (seconds, nanos) = instant.quotientAndRemainder(dividingBy: 1_000_000_000)
    if nanos < 0 {
      nanos += 1_000_000_000
      seconds -= 1
    }
    self.init(seconds: Int64(clamping: seconds), nanos: Int32(nanos))
  }

  /// RFC 3339.
  var text: String { PlainTimeText.text(seconds: seconds, nanos: nanos) }
}
