import CEL
public import PlumblineJSON

/// Reads the trace format. Unknown fields are kept in `Event.raw`; unknown types are refused.
public enum TraceReader {
  public static func event(from node: JSONNode) -> Result<Event, EventError> {
    do {
      return .success(try read(node))
    } catch {
      return .failure(error)
    }
  }

  /// The names of the format.
  private enum Field: Int {
    case `case`, time, type, id, action, args, confidence, claims, digest, agent, of, result, error
    case from, text, data, workflow, outcome, step, name, by, role, verdict, record, value
    case asOf, complete

    /// As lines write it.
    var name: String { self == .asOf ? "as_of" : "\(self)" }

    /// The number of a key; -1 for one that nobody here reads.
    static func number(_ key: UnsafeBufferPointer<UInt8>) -> Int {
      guard let first = key.first else { return -1 }
      func found(_ field: Field, _ name: StaticString) -> Int {
        guard name.utf8CodeUnitCount == key.count else { return -1 }
        for index in key.indices where name.utf8Start[index] != key[index] { return -1 }
        return field.rawValue
      }
      // By the length and the first letter few names are left.
      switch (key.count, first) {
      case (2, 0x69): return found(.id, "id")
      case (2, 0x6F): return found(.of, "of")
      case (2, 0x62): return found(.by, "by")
      case (4, 0x63): return found(.case, "case")
      case (4, 0x74):
        return max(found(.time, "time"), found(.type, "type"), found(.text, "text"))
      case (4, 0x61): return found(.args, "args")
      case (4, 0x66): return found(.from, "from")
      case (4, 0x64): return found(.data, "data")
      case (4, 0x73): return found(.step, "step")
      case (4, 0x6E): return found(.name, "name")
      case (4, 0x72): return found(.role, "role")
      case (5, 0x61): return max(found(.agent, "agent"), found(.asOf, "as_of"))
      case (5, 0x65): return found(.error, "error")
      case (5, 0x76): return found(.value, "value")
      case (6, 0x61): return found(.action, "action")
      case (6, 0x63): return found(.claims, "claims")
      case (6, 0x64): return found(.digest, "digest")
      case (6, 0x72): return max(found(.result, "result"), found(.record, "record"))
      case (7, 0x6F): return found(.outcome, "outcome")
      case (7, 0x76): return found(.verdict, "verdict")
      case (8, 0x77): return found(.workflow, "workflow")
      case (8, 0x63): return found(.complete, "complete")
      case (10, 0x63): return found(.confidence, "confidence")
      default: return -1
      }
    }
  }

  /// The fields of a line.
  private struct Line {
    let root: JSONNode
    private let fields: JSONNode.Fields

    init(_ root: JSONNode) {
      self.root = root
      fields = root.fields { Field.number($0) }
    }

    /// The value as it stands, null too.
    func value(_ field: Field) -> JSONNode? { fields[field.rawValue] }

    func node(_ field: Field) -> JSONNode? {
      guard let value = value(field), value.kind != .null else { return nil }
      return value
    }
    func text(_ name: Field) throws(EventError) -> String? {
      guard let node = node(name) else { return nil }
      guard let text = node.string else {
        throw EventError("`\(name.name)` must be a text, not \(node.article)")
      }
      return text
    }
    func required(_ name: Field, of type: String) throws(EventError) -> String {
      guard let text = try text(name) else {
        throw EventError("an event of type `\(type)` needs `\(name.name)`")
      }
      return text
    }
  }

  /// The event that a line holds.
  public static func read(_ node: JSONNode) throws(EventError) -> Event {
    guard node.kind == .object else {
      throw EventError("an event must be an object, not \(node.article)")
    }
    let line = Line(node)
    guard let caseID = line.value(.case)?.string else {
      throw EventError("an event needs `case`, a text")
    }
    guard let timeNode = line.value(.time), timeNode.kind == .string else {
      throw EventError("an event needs `time`, a text such as 2026-01-31T10:00:00Z")
    }
    guard let time = timeNode.withUTF8({ TimeText.timestamp($0, offsetMinutes: nil) }) else {
      throw EventError("`\(clip(timeNode.string ?? ""))` is no time such as 2026-01-31T10:00:00Z")
    }
    guard let typeNode = line.value(.type), let type = typeNode.string else {
      throw EventError("an event needs `type`, a text")
    }
    if let key = twice(in: node), type != "propose" || ["case", "time", "type"].contains(key) {
      throw EventError("the key `\(clip(key))` is given twice")
    }
    return Event(
      caseID: caseID, time: time, body: try body(type, line), raw: node)
  }

  /// A key that an object holds twice: other readers take the other value, so there is no right one.
  private static func twice(in object: JSONNode?) -> String? {
    guard let object, object.kind == .object, object.document.duplicateKey != nil else {
      return nil
    }
    var seen: Set<String> = []
    var found: String?
    object.eachMember { key, _ in
      if let key = key.string, !seen.insert(key).inserted, found == nil { found = key }
    }
    return found
  }

  private static func body(_ type: String, _ line: Line) throws(EventError) -> Event.Body {
    switch type {
    case "propose": return .propose(try proposal(line))
    case "result": return try result(line)
    case "message":
      return .message(
        from: try line.required(.from, of: type), text: try line.required(.text, of: type))
    case "open": return .open(data: line.node(.data), workflow: try line.text(.workflow))
    case "tick": return .tick
    case "compacted": return .compacted
    case "close": return .close(outcome: try line.text(.outcome))
    case "enter": return .enter(step: try line.required(.step, of: type))
    case "activity":
      return .activity(name: try line.required(.name, of: type), data: line.node(.data))
    case "approve": return .approve(try approval(line))
    case "fact": return .fact(try fact(line))
    default: throw EventError("unknown type `\(clip(type))` of event")
    }
  }

  private static func proposal(_ line: Line) throws(EventError) -> Proposal {
    var proposal = Proposal(
      id: try line.text(.id), action: try line.required(.action, of: "propose"),
      args: line.node(.args), claims: line.node(.claims), digest: try line.text(.digest),
      agent: try line.text(.agent))
    if let args = proposal.args, args.kind != .object {
      proposal.malformed = "`args` must be an object, not \(args.article)"
    }
    if let confidence = line.node(.confidence) {
      if confidence.kind == .double || confidence.kind == .int, let number = confidence.double,
        number.isFinite
      {
        if (0...1).contains(number) {
          proposal.confidence = number
        } else {
          // A share of a hundred would pass every threshold.
          proposal.malformed = "`confidence` must be between 0 and 1, not \(confidence.text)"
        }
      } else {
        proposal.malformed = "`confidence` must be a number, not \(confidence.article)"
      }
    }
    if let claims = proposal.claims, claims.kind != .object {
      proposal.malformed = "`claims` must be an object keyed by claim, not \(claims.article)"
    }
    if let key = twice(in: line.root) {
      proposal.malformed = "the key `\(clip(key))` is given twice"
    }
    return proposal
  }

  /// A proposal as the command line takes it: `{action, args, …}` without case, time and type.
  public static func proposal(from node: JSONNode) -> Result<Proposal, EventError> {
    guard node.kind == .object else {
      return .failure(EventError("a proposal must be an object, not \(node.article)"))
    }
    let line = Line(node)
    do {
      return .success(try proposal(line))
    } catch {
      return .failure(error)
    }
  }

  private static func result(_ line: Line) throws(EventError) -> Event.Body {
    let of = try line.required(.of, of: "result")
    var outcome: ResultOutcome?
    if let value = line.value(.result) { outcome = .success(value) }
    if let error = line.node(.error) {
      if outcome != nil { throw EventError("a result holds either `result` or `error`") }
      outcome = try failure(error)
    }
    guard let outcome else { throw EventError("a result needs `result` or `error`") }
    return .result(of: of, outcome)
  }

  private static func failure(_ node: JSONNode) throws(EventError) -> ResultOutcome {
    if node.kind == .string { return .failure(message: node.string ?? "", effect: nil) }
    guard node.kind == .object else {
      throw EventError("`error` must be an object with `message`, not \(node.article)")
    }
    if let key = twice(in: node) { throw EventError("the key `\(clip(key))` is given twice") }
    var message = ""
    var effect: FailureEffect?
    var broken: String?
    node.eachMember { key, value in
      if key.isText("message") {
        message = value.string ?? ""
      } else if key.isText("effect"), value.kind != .null {
        effect = value.string.flatMap { FailureEffect(rawValue: $0) }
        if effect == nil { broken = "`effect` of an error is `none` or `unknown`" }
      }
    }
    if let broken { throw EventError(broken) }
    return .failure(message: message, effect: effect)
  }

  private static func approval(_ line: Line) throws(EventError) -> ApprovalEvent {
    let text = try line.required(.verdict, of: "approve")
    guard let verdict = ApprovalEvent.Verdict(rawValue: text) else {
      throw EventError("`verdict` is `approved` or `rejected`, not `\(clip(text))`")
    }
    let event = ApprovalEvent(
      of: try line.text(.of), action: try line.text(.action), args: line.node(.args),
      by: try line.text(.by), role: try line.text(.role), verdict: verdict)
    if event.of == nil, event.action == nil {
      throw EventError("an approval needs `of`, or `action` with `args`")
    }
    return event
  }

  private static func fact(_ line: Line) throws(EventError) -> FactEvent {
    let record = try line.required(.record, of: "fact")
    guard let value = line.value(.value) else { throw EventError("a fact needs `value`") }
    var asOf: Timestamp?
    if let text = try line.text(.asOf) {
      guard let time = TimeText.timestamp(text.utf8, offsetMinutes: nil) else {
        throw EventError("`as_of` `\(clip(text))` is no time such as 2026-01-31T10:00:00Z")
      }
      asOf = time
    }
    var complete = false
    if let node = line.node(.complete) {
      guard node.kind == .bool, let flag = node.bool else {
        throw EventError("`complete` must be true or false, not \(node.article)")
      }
      complete = flag
    }
    return FactEvent(record: record, value: value, asOf: asOf, complete: complete)
  }

  private static func clip(_ text: String) -> String {
    text.unicodeScalars.count <= 60 ? text : String(text.prefix(60)) + "…"
  }
}
