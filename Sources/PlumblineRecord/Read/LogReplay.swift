import PlumblineBundle
public import PlumblineJSON
import PlumblineRuntime

/// Folds a whole log anew and holds each answer against the one it recorded: the same inputs give the same
/// decisions.
public struct LogReplay {
  public struct Difference: Sendable, Hashable {
    public var position: Int
    public var caseID: String
    public var seq: Int
    /// What is another: `decision` or `findings`.
    public var what: String
    public var recorded: JSON
    public var replayed: JSON
  }

  public struct Report: Sendable {
    public internal(set) var events = 0
    public internal(set) var decisions = 0
    public internal(set) var cases = 0
    public internal(set) var differences: [Difference] = []
    public internal(set) var moreDifferences = 0
    /// Cases that can't be replayed, as they were erased.
    public internal(set) var erased = 0
    /// Cases that can't be replayed, as the log withholds sensitive values.
    public internal(set) var withheld = 0
    public var isSame: Bool { differences.isEmpty }
    /// Whether each case was replayed, but for those that were erased.
    public var isWhole: Bool { withheld == 0 }

    public func json() -> JSON {
      [
        "cases": .int(Int64(cases)), "events": .int(Int64(events)),
        "decisions": .int(Int64(decisions)), "erased_cases": .int(Int64(erased)),
        "withheld_cases": .int(Int64(withheld)),
        "differences": .array(
          differences.map {
            [
              "position": .int(Int64($0.position)), "case": .string($0.caseID),
              "seq": .int(Int64($0.seq)), "what": .string($0.what), "recorded": $0.recorded,
              "replayed": $0.replayed,
            ]
          }),
        "more_differences": .int(Int64(moreDifferences)),
      ]
    }
  }

  private struct Entry {
    var state: CaseState
    var engine: Engine
    /// For a change of bundle.
    var events: [Event] = []
  }

  private let reader: any LogReader
  private let sensitiveKey: [UInt8]?
  private var report = Report()
  private var entries: [String: Entry] = [:]
  private var engines: [String: Engine] = [:]
  private var skipped: Set<String> = []
  /// Cases that go on under another bundle later: only their events are kept.
  private var refolded: Set<String> = []
  private static let most = 20

  private init(_ reader: any LogReader, sensitiveKey: [UInt8]?) {
    self.reader = reader
    self.sensitiveKey = sensitiveKey
  }

  /// - Parameter sensitiveKey: the key that the log was written with; nil where there was none.
  /// - Throws: `LogError` where the log can't be replayed: it lacks a bundle, a record is damaged, or the key is
  ///   another.
  public static func run(_ reader: any LogReader, sensitiveKey: [UInt8]?) throws -> Report {
    var replay = LogReplay(reader, sensitiveKey: sensitiveKey)
    try reader.entries(after: 0) { entry in
      if case .record(let stored) = entry {
        let record = try LogRecord(stored)
        if record.kind == .refold, let id = record.caseID { replay.refolded.insert(id) }
      }
      return true
    }
    try reader.entries(after: 0) { entry in
      if case .record(let stored) = entry { try replay.take(try LogRecord(stored)) }
      return true
    }
    return replay.report
  }

  private mutating func take(_ record: LogRecord) throws {
    switch record.kind {
    case .log:
      let key = sensitiveKey.map { SensitiveKey.id($0) }
      if record.head["sensitive_key"]?.string != key {
        throw LogError(
          key == nil
            ? "the log hashes sensitive values under a key, and none is given"
            : "the log does not hash sensitive values under the key that is given")
      }
    case .event: try event(record)
    case .refold:
      guard let id = record.caseID, !skipped.contains(id), var entry = entries[id] else { break }
      entry.engine = try engine(of: record)
      entry.state = entry.engine.engine.open(id)
      for event in entry.events { _ = entry.engine.engine.step(&entry.state, event) }
      entries[id] = entry
    case .bundle, .erasure, .redemption, .review: break
    }
  }

  private mutating func event(_ record: LogRecord) throws {
    let id = record.caseID ?? ""
    if skipped.contains(id) { return }
    guard let body = record.body else {
      skipped.insert(id)
      report.erased += 1
      return
    }
    if body["sensitive"] != nil, record.stored.sensitive == nil {
      skipped.insert(id)
      report.withheld += 1
      return
    }
    let event = try record.traceEvent()
    var entry: Entry
    if let known = entries[id] {
      entry = known
      entries[id] = nil
    } else {
      let engine = try engine(of: record)
      entry = Entry(state: engine.engine.open(id), engine: engine)
      report.cases += 1
    }
    let output = entry.engine.engine.step(&entry.state, event)
    if refolded.contains(id) { entry.events.append(event) }
    entries[id] = entry
    report.events += 1
    if output.decision != nil { report.decisions += 1 }
    compare("decision", output.decision.map { $0.json() }, body["decision"], record)
    compare(
      "findings",
      output.findings.isEmpty
        ? nil : .array(output.findings.map { $0.json(caseID: id, seq: entry.state.seq) }),
      body["findings"], record)
  }

  private mutating func compare(
    _ what: String, _ replayed: JSON?, _ recorded: JSONNode?, _ record: LogRecord
  ) {
    let now = StoredRecord.canonical(replayed ?? .null)
    let then = recorded.map { CanonicalJSON.encode($0) } ?? Array("null".utf8)
    if now == then { return }
    guard report.differences.count < Self.most else {
      report.moreDifferences += 1
      return
    }
    report.differences.append(
      Difference(
        position: record.position, caseID: record.caseID ?? "", seq: record.seq ?? 0, what: what,
        recorded: recorded.map { JSON($0) } ?? .null, replayed: replayed ?? .null))
  }

  private mutating func engine(of record: LogRecord) throws -> Engine {
    let hash = record.bundle ?? ""
    if let known = engines[hash] { return known }
    guard let bytes = try reader.bundle(hash) else {
      throw LogError(position: record.position, "the log lacks its bundle \(hash)")
    }
    let made = try Engine(bytes, sensitiveKey: sensitiveKey)
    engines[hash] = made
    return made
  }
}
