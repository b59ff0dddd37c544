import PlumblineBundle
public import PlumblineJSON
public import PlumblineRuntime

/// Folds events into cases and writes what became of them to a log, within the transactions of a store.
///
/// Not to be used by several threads at a time.
public final class Recorder {
  /// What a recorder is set up with.
  public struct Settings: Sendable {
    /// The key under which sensitive values are hashed; nil hides them.
    public var sensitiveKey: [UInt8]?
    /// Signs checkpoints.
    public var signer: (any Signer)?
    /// How long a permit is good for, in seconds.
    public var permitSeconds: Int64 = 300
    /// Random bytes, for salts and the log's id.
    public var random: @Sendable (Int) -> [UInt8]

    public init(
      sensitiveKey: [UInt8]? = nil, signer: (any Signer)? = nil,
      random: @escaping @Sendable (Int) -> [UInt8] = Self.systemRandom
    ) {
      self.sensitiveKey = sensitiveKey
      self.signer = signer
      self.random = random
    }

    /// Bytes of the system's own generator.
    public static let systemRandom: @Sendable (Int) -> [UInt8] = { count in
      var generator = SystemRandomNumberGenerator()
      return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
  }

  /// What became of an event.
  public struct Recorded: Sendable {
    /// The number of its record in the log.
    public let position: Int
    public let caseID: String
    /// Its number in its case.
    public let seq: Int
    public let decision: Decision?
    public let findings: [Finding]
    public let notes: [String]
    /// Of an allowed write.
    public let permit: Permit?
    /// The state after it.
    public let state: CaseState
    /// The guard that decided it.
    public let engine: Guard

    /// As a line of answers.
    /// - Parameter permit: the token of the permit.
    public func json(permit token: String? = nil) -> JSON {
      .object([
        .init("position", .int(Int64(position))), .init("case", .string(caseID)),
        .init("seq", .int(Int64(seq))), .init("decision", decision?.json() ?? .null),
        .init("findings", .array(findings.map { $0.json(caseID: caseID, seq: seq) })),
        .init("notes", .array(notes.map { .string($0) })),
        .init("permit", token.map { .string($0) } ?? .null),
      ])
    }
  }

  private struct Entry {
    var state: CaseState
    var engine: Engine
  }

  /// What new cases open with; nil where none may.
  private let current: Engine?
  private let settings: Settings
  private var engines: [String: Engine] = [:]
  private var cases: [String: Entry] = [:]
  /// The last record this recorder knows of.
  private var known: (position: Int, hash: String)?
  private var log: String?
  /// At most so many cases stay in memory.
  private let capacity: Int

  /// - Parameters:
  ///   - bundle: the bytes of the bundle that new cases open with.
  ///   - capacity: how many cases stay in memory between transactions.
  /// - Throws: `LogError` where the bundle can't be used.
  public init(
    bundle: [UInt8], settings: Settings = Settings(), capacity: Int = 100_000
  ) throws(LogError) {
    self.settings = settings
    self.capacity = capacity
    let engine = try Engine(bundle, sensitiveKey: settings.sensitiveKey)
    current = engine
    engines[engine.hash] = engine
  }

  /// Goes on with a log that there is; no case can be opened.
  public init(appendingWith settings: Settings, capacity: Int = 100_000) {
    self.settings = settings
    self.capacity = capacity
    current = nil
  }

  /// Folds events and adds them to the log, in order.
  /// - Throws: what the store throws; then nothing of it happened.
  public func append(
    _ events: [Event], in transaction: any RecordTransaction
  ) throws -> [Recorded] {
    try changing(transaction) { tail in
      var answers: [Recorded] = []
      answers.reserveCapacity(events.count)
      for event in events {
        answers.append(try append(event, after: &tail, transaction))
      }
      return answers
    }
  }

  /// Goes on with a case under the current bundle: all its events are folded anew.
  /// - Returns: nil where the case has that bundle already.
  /// - Throws: `LogError` where there is no such case, or it was erased.
  public func refold(
    _ caseID: String, in transaction: any RecordTransaction
  ) throws -> CaseState? {
    try changing(transaction) { tail in
      guard var entry = try load(caseID, transaction) else {
        throw LogError("there is no case `\(caseID)`")
      }
      guard let current else { throw LogError("a case is folded anew under a bundle; name one") }
      if entry.engine.hash == current.hash { return nil }
      var state = current.engine.open(caseID)
      try events(of: caseID, transaction) { event in _ = current.engine.step(&state, event) }
      entry = Entry(state: state, engine: current)
      try insert(
        RecordIndex(kind: .refold, caseID: caseID),
        [
          .init("bundle", .string(current.hash)), .init("case", .string(caseID)),
          .init("meaning", .string(current.engine.meaning)),
          .init("seq", .int(Int64(state.seq))),
        ], nil, after: &tail, transaction)
      cases[caseID] = entry
      return state
    }
  }

  /// Erases what the events of a case hold. Their heads stay, so the chain can be verified as before.
  /// - Parameter reason: why, in words that may stay.
  /// - Returns: how many records lost their bodies.
  /// - Throws: `LogError` where there is no such case.
  public func erase(
    _ caseID: String, reason: String, in transaction: any RecordTransaction
  ) throws -> Int {
    try changing(transaction) { tail in
      var count = 0
      try transaction.records(of: caseID) { record in
        if record.body != nil { count += 1 }
        return true
      }
      if count == 0 { throw LogError("there is nothing to erase of a case `\(caseID)`") }
      try transaction.eraseBodies(of: caseID)
      try insert(
        RecordIndex(kind: .erasure, caseID: caseID),
        [
          .init("case", .string(caseID)), .init("reason", .string(reason)),
          .init("records", .int(Int64(count))),
        ], nil, after: &tail, transaction)
      cases[caseID] = nil
      return count
    }
  }

  /// Redeems a permit: it is good once.
  /// - Parameter id: the permit's id (`jti`).
  /// - Returns: whether it was good until now.
  public func redeem(
    _ id: String, of caseID: String, at time: String, in transaction: any RecordTransaction
  ) throws -> Bool {
    try changing(transaction) { tail in
      if try transaction.isRedeemed(id) { return false }
      try insert(
        RecordIndex(kind: .redemption, caseID: caseID, key: id),
        [
          .init("case", .string(caseID)), .init("permit", .string(id)),
          .init("time", .string(time)),
        ], nil, after: &tail, transaction)
      return true
    }
  }

  /// Records what a reviewer was shown or decided.
  /// - Parameters:
  ///   - fields: what stays when the case is erased.
  ///   - body: what goes with it.
  public func review(
    _ caseID: String, _ fields: [JSON.Member], body: [JSON.Member],
    in transaction: any RecordTransaction
  ) throws {
    try changing(transaction) { tail in
      try insert(
        RecordIndex(kind: .review, caseID: caseID),
        fields + [.init("case", .string(caseID))], body, after: &tail, transaction)
    }
  }

  /// The state of a case as the log has it; nil where there is none.
  public func state(
    of caseID: String, in transaction: any RecordTransaction
  ) throws -> (state: CaseState, engine: Guard)? {
    try catchUp(transaction)
    return try load(caseID, transaction).map { ($0.state, $0.engine.engine) }
  }

  /// Forgets what is in memory: the next transaction reads it anew.
  public func forget() {
    cases.removeAll(keepingCapacity: true)
    known = nil
  }
}

// MARK: - Within a transaction

extension Recorder {
  /// Runs a body that adds records. Should it fail, or the transaction, memory holds nothing that the store
  /// does not.
  private func changing<Result>(
    _ transaction: any RecordTransaction,
    _ body: (inout (position: Int, hash: String)) throws -> Result
  ) throws -> Result {
    do {
      try catchUp(transaction)
      var tail = try begin(transaction)
      let before = tail.position
      let result = try body(&tail)
      if tail.position > before || known == nil {
        try transaction.setCheckpoint(try checkpoint(tail))
      }
      known = tail
      return result
    } catch {
      forget()
      throw error
    }
  }

  /// Forgets the cases that others wrote to.
  private func catchUp(_ transaction: any RecordTransaction) throws {
    let tail = try transaction.tail()
    defer { if known != nil { known = tail } }
    guard let known else {
      cases.removeAll(keepingCapacity: true)
      return
    }
    if tail?.position == known.position, tail?.hash == known.hash {
      if cases.count > capacity { cases.removeAll(keepingCapacity: true) }
      return
    }
    if let tail, tail.position > known.position {
      for id in try transaction.cases(after: known.position) { cases[id] = nil }
    } else {
      cases.removeAll(keepingCapacity: true)
    }
  }

  /// The tail to add to: of an empty log, its first record.
  private func begin(
    _ transaction: any RecordTransaction
  ) throws -> (position: Int, hash: String) {
    if log == nil, let first = try self.first(transaction) {
      let key = first.head["sensitive_key"]?.string
      if key != keyID {
        throw LogError(
          key == nil
            ? "the log hides sensitive values; it was begun without a key for them"
            : "the log hashes sensitive values under another key than the one given")
      }
      let signing = first.head["signing_key"]?.string
      if signing != settings.signer?.publicKey {
        throw LogError(
          signing == nil
            ? "the log is not signed; it was begun without a signing key"
            : "the log is signed with another key than the one given")
      }
      log = first.head["log"]?.string
    }
    if let tail = try transaction.tail() { return tail }
    if current == nil { throw LogError("the log is empty") }
    let id = SHA256.hexText(settings.random(16))
    log = id
    var tail = (position: 0, hash: StoredRecord.origin)
    try insert(
      RecordIndex(kind: .log),
      [
        .init("format", .int(1)), .init("log", .string(id)),
        .init("sensitive_key", keyID.map { .string($0) } ?? .null),
        .init("signing_key", settings.signer.map { .string($0.publicKey) } ?? .null),
      ], nil, after: &tail, transaction)
    return tail
  }

  private func first(_ transaction: any RecordTransaction) throws -> LogRecord? {
    var found: StoredRecord?
    try transaction.entries(after: 0) { entry in
      if case .record(let record) = entry { found = record }
      return false
    }
    return try found.map { try LogRecord($0) }
  }

  /// Who the key for sensitive values is, without telling it.
  private var keyID: String? { settings.sensitiveKey.map { SensitiveKey.id($0) } }

  private func checkpoint(_ tail: (position: Int, hash: String)) throws -> Checkpoint {
    var checkpoint = Checkpoint(log: log ?? "", position: tail.position, hash: tail.hash)
    if let signer = settings.signer {
      checkpoint.signature = SHA256.hexText(try signer.sign(checkpoint.message))
    }
    return checkpoint
  }

  private func insert(
    _ index: RecordIndex, _ fields: [JSON.Member], _ body: [JSON.Member]?,
    sensitive: [JSON.Member] = [], after tail: inout (position: Int, hash: String),
    _ transaction: any RecordTransaction
  ) throws {
    let record = StoredRecord.seal(
      position: tail.position + 1, previous: tail.hash, index, fields: fields, body: body,
      sensitive: sensitive, random: settings.random)
    try transaction.insert(record)
    tail = (record.position, record.hash)
  }

  private func append(
    _ event: Event, after tail: inout (position: Int, hash: String),
    _ transaction: any RecordTransaction
  ) throws -> Recorded {
    var entry: Entry
    if let known = try load(event.caseID, transaction) {
      entry = known
    } else {
      if try transaction.isErased(event.caseID) {
        throw LogError("the case `\(event.caseID)` was erased; a new one needs another name")
      }
      guard let current else { throw LogError("there is no case `\(event.caseID)`") }
      entry = Entry(state: current.engine.open(event.caseID), engine: current)
      if try transaction.bundle(current.hash) == nil {
        try insert(
          RecordIndex(kind: .bundle, key: current.hash),
          [
            .init("bundle", .string(current.hash)),
            .init("meaning", .string(current.engine.meaning)),
            .init("spec", .string(current.engine.bundle.spec)),
            .init("version", .string(current.engine.bundle.version)),
          ], [.init("bundle", current.json)], after: &tail, transaction)
      }
    }
    let engine = entry.engine
    let action = Self.action(of: event, entry.state)
    let explanation = engine.engine.explain(entry.state, event)
    let output = engine.engine.step(&entry.state, event)
    var made = EventRecord(
      event: event, output: output, state: entry.state, explanation: explanation,
      action: action, engine: engine)
    let permit = Permit.make(
      for: event, output.decision, engine.engine, log: log ?? "", position: tail.position + 1,
      seconds: settings.permitSeconds)
    if let permit { made.body.append(.init("permit", permit.json)) }
    try insert(
      RecordIndex(kind: .event, caseID: event.caseID, seq: entry.state.seq), made.head,
      made.body, sensitive: made.sensitive, after: &tail, transaction)
    cases[event.caseID] = entry
    return Recorded(
      position: tail.position, caseID: event.caseID, seq: entry.state.seq,
      decision: output.decision, findings: output.findings, notes: output.notes, permit: permit,
      state: entry.state, engine: engine.engine)
  }

  /// The action that an event is about.
  static func action(of event: Event, _ state: CaseState) -> String? {
    switch event.body {
    case .propose(let proposal): proposal.action
    case .result(let of, _): state.unansweredAction(of)
    case .approve(let approval):
      approval.action ?? approval.of.flatMap { state.unansweredAction($0) }
    default: nil
    }
  }

  private func load(_ caseID: String, _ transaction: any RecordTransaction) throws -> Entry? {
    if let entry = cases[caseID] { return entry }
    var hash: String?
    try transaction.records(of: caseID) { record in
      let record = try LogRecord(record)
      switch record.kind {
      case .event: hash = hash ?? record.bundle
      case .refold: hash = record.bundle
      case .erasure:
        throw LogError("the case `\(caseID)` was erased; a new one needs another name")
      default: break
      }
      return true
    }
    guard let hash else { return nil }
    let engine = try self.engine(hash, transaction)
    var state = engine.engine.open(caseID)
    try events(of: caseID, transaction) { event in _ = engine.engine.step(&state, event) }
    let entry = Entry(state: state, engine: engine)
    cases[caseID] = entry
    return entry
  }

  private func events(
    of caseID: String, _ transaction: any RecordTransaction, _ body: (Event) -> Void
  ) throws {
    try transaction.records(of: caseID) { stored in
      let record = try LogRecord(stored)
      if record.kind == .event { body(try record.traceEvent()) }
      return true
    }
  }

  private func engine(_ hash: String, _ reader: any LogReader) throws -> Engine {
    if let known = engines[hash] { return known }
    guard let bytes = try reader.bundle(hash) else {
      throw LogError("the log lacks the bundle \(hash)")
    }
    let made = try Engine(bytes, sensitiveKey: settings.sensitiveKey)
    engines[hash] = made
    return made
  }
}

/// A guard with what the log needs of its bundle.
struct Engine: Sendable {
  let engine: Guard
  /// The sha256 of the bundle.
  let hash: String
  let json: JSON
  let fields: SensitiveFields

  init(_ bytes: [UInt8], sensitiveKey: [UInt8]?) throws(LogError) {
    do {
      let sealed = try SpecBundle.load(bytes)
      engine = try Guard(sealed.bundle, meaning: sealed.meaning, sensitiveKey: sensitiveKey)
      let root = try JSONDocument.parse(bytes).root
      json = JSON(root)
      // Of its canonical form, so that the record of it and the file give the same.
      hash = SHA256.hex(StoredRecord.canonical(json))
      fields = SensitiveFields(sealed.bundle, sensitiveKey.map { .keyed($0) } ?? .hidden)
    } catch {
      throw LogError("the bundle can't be used: \(error)")
    }
  }
}

/// The key under which sensitive values are hashed.
enum SensitiveKey {
  /// Tells keys apart without telling them.
  static func id(_ key: [UInt8]) -> String {
    String(
      SHA256.hexText(SHA256.authenticate(Array("plumbline sensitive key".utf8), key: key)).prefix(
        16))
  }
}
