import PlumblineBundle
public import PlumblineJSON

/// Holds a log against its own chain: any change, loss, reorder or truncation shows.
public struct Verifier {
  /// What a log is held against beyond its own chain.
  public struct Expectation: Sendable {
    /// The public key that has to have signed it, in hex; nil: where it is signed, the key it names itself.
    public var publicKey: String?
    /// A checkpoint that somebody else kept.
    public var witness: Checkpoint?
    public init(publicKey: String? = nil, witness: Checkpoint? = nil) {
      self.publicKey = publicKey
      self.witness = witness
    }
  }

  /// What is wrong, and where.
  public struct Problem: Sendable, Hashable {
    /// The record; nil where it concerns the log as such.
    public var position: Int?
    public var message: String
    /// `record 17: …`
    public var text: String { LogError(position: position, message).description }
  }

  /// What a verification came to.
  public struct Report: Sendable {
    public internal(set) var log: String?
    public internal(set) var records = 0
    public internal(set) var events = 0
    public internal(set) var cases = 0
    /// Cases whose content was erased, as records say.
    public internal(set) var erased = 0
    public internal(set) var checkpoints = 0
    /// The key that signed it; nil where it is not signed.
    public internal(set) var signedBy: String?
    /// The newest checkpoint.
    public internal(set) var checkpoint: Checkpoint?
    public internal(set) var problems: [Problem] = []
    /// How many more problems there are than are listed.
    public internal(set) var moreProblems = 0
    public var isSound: Bool { problems.isEmpty }

    public func json() -> JSON {
      [
        "log": log.map { .string($0) } ?? .null, "records": .int(Int64(records)),
        "events": .int(Int64(events)), "cases": .int(Int64(cases)),
        "erased_cases": .int(Int64(erased)), "checkpoints": .int(Int64(checkpoints)),
        "signed_by": signedBy.map { .string($0) } ?? .null,
        "checkpoint": checkpoint?.json ?? .null,
        "problems": .array(
          problems.map {
            [
              "position": $0.position.map { .int(Int64($0)) } ?? .null,
              "message": .string($0.message),
            ]
          }),
        "more_problems": .int(Int64(moreProblems)),
      ]
    }
  }

  private let expectation: Expectation
  private let signatures: any SignatureVerifier
  private var report = Report()
  private var previous = StoredRecord.origin
  private var position = 0
  /// Of each case the number of its last event, and how many of its records have no body.
  private var cases: [String: (seq: Int, bare: Int)] = [:]
  private var firstBare: [String: Int] = [:]
  private var erased: Set<String> = []
  private var hasWitness = false
  /// The key the log names itself.
  private var ownKey: String?
  private static let most = 20

  public init(_ expectation: Expectation = Expectation(), signatures: any SignatureVerifier) {
    self.expectation = expectation
    self.signatures = signatures
  }

  /// Verifies a whole log.
  /// - Throws: what the reader throws where it can't be read at all.
  public static func verify(
    _ reader: any LogReader, _ expectation: Expectation = Expectation(),
    signatures: any SignatureVerifier
  ) throws -> Report {
    var verifier = Verifier(expectation, signatures: signatures)
    try reader.entries(after: 0) { entry in
      verifier.take(entry)
      return true
    }
    return verifier.finish()
  }

  /// Takes the next entry.
  public mutating func take(_ entry: LogEntry) {
    switch entry {
    case .record(let record): take(record)
    case .checkpoint(let checkpoint): take(checkpoint)
    }
  }

  private mutating func add(_ position: Int?, _ message: String) {
    if report.problems.count < Self.most {
      report.problems.append(Problem(position: position, message: message))
    } else {
      report.moreProblems += 1
    }
  }

  private static func missing(_ count: Int) -> String {
    count == 1 ? "1 record before it is missing" : "\(count) records before it are missing"
  }

  private mutating func take(_ stored: StoredRecord) {
    report.records += 1
    if stored.position != position + 1 {
      add(
        stored.position,
        position == 0
          ? "the log begins here: what was before is missing"
          : stored.position > position
            ? Self.missing(stored.position - position - 1)
            : "it stands after record \(position): it was moved, or is there twice")
    }
    position = stored.position
    if SHA256.hex(stored.head) != stored.hash {
      add(stored.position, "it was changed: its hash is another")
    }
    defer { previous = stored.hash }
    let record: LogRecord
    do {
      record = try LogRecord(stored)
    } catch {
      add(stored.position, error.message)
      return
    }
    if record.previous != previous {
      add(
        stored.position, "it does not follow the record before it: one of them was changed or lost")
    }
    if CanonicalJSON.encode(record.head) != stored.head {
      add(stored.position, "its head is not in canonical form")
    }
    if let index = stored.index, index != RecordIndex(record) {
      add(stored.position, "the store finds it under what it is not: its index was changed")
    }
    body(record)
    switch record.kind {
    case .log:
      if report.log != nil { add(record.position, "a second log begins here") }
      report.log = record.head["log"]?.string
      ownKey = record.head["signing_key"]?.string
    case .event: event(record)
    case .erasure:
      if let id = record.caseID, erased.insert(id).inserted { report.erased += 1 }
    case .bundle:
      if let body = record.body, let bundle = body["bundle"],
        SHA256.hex(CanonicalJSON.encode(bundle)) != record.bundle
      {
        add(record.position, "the bundle is another than the one it names")
      }
    case .refold, .redemption, .review: break
    }
    if let witness = expectation.witness, witness.position == stored.position {
      hasWitness = true
      if witness.hash != stored.hash {
        add(stored.position, "it is another record than the one that the witness saw")
      }
    }
  }

  private mutating func body(_ record: LogRecord) {
    guard let bytes = record.stored.body else {
      if record.bodyHash != nil {
        let id = record.caseID ?? ""
        cases[id, default: (0, 0)].bare += 1
        if firstBare[id] == nil { firstBare[id] = record.position }
      }
      return
    }
    guard let hash = record.bodyHash else {
      add(record.position, "it has a body that its head does not know of")
      return
    }
    if SHA256.hex(bytes) != hash {
      add(record.position, "what it holds was changed: the hash is another")
    }
    if let sensitive = record.stored.sensitive {
      if record.body?["sensitive"]?.string != SHA256.hex(sensitive) {
        add(record.position, "its sensitive values were changed: their hash is another")
      }
    }
  }

  private mutating func event(_ record: LogRecord) {
    report.events += 1
    guard let id = record.caseID, let seq = record.seq else {
      add(record.position, "it is an event without a case or a number")
      return
    }
    let last = cases[id]?.seq ?? 0
    if last == 0 { report.cases += 1 }
    if seq != last + 1 {
      add(record.position, "it is event \(seq) of case `\(id)`, after event \(last)")
    }
    cases[id, default: (0, 0)].seq = seq
  }

  private mutating func take(_ checkpoint: Checkpoint) {
    report.checkpoints += 1
    report.checkpoint = checkpoint
    if checkpoint.position != position || checkpoint.hash != previous {
      add(
        checkpoint.position,
        checkpoint.position > position
          ? "the checkpoint is of record \(checkpoint.position), and the log ends at record \(position): it was cut off"
          : "the checkpoint is of another record than the one before it")
    }
    if let log = report.log, checkpoint.log != log {
      add(checkpoint.position, "the checkpoint is of another log")
    }
    guard let key = expectation.publicKey ?? ownKey else {
      if checkpoint.signature != nil {
        add(checkpoint.position, "the checkpoint is signed, and the log names no key")
      }
      return
    }
    guard let signature = checkpoint.signature else {
      add(checkpoint.position, "the checkpoint is not signed, and a key is configured")
      return
    }
    if signatures.isValid(signature, over: checkpoint.message, by: key) {
      report.signedBy = key
    } else {
      add(checkpoint.position, "the signature of the checkpoint is not one of the key \(key)")
    }
  }

  /// What it came to.
  public mutating func finish() -> Report {
    for (id, known) in cases.sorted(by: { $0.key < $1.key }) where known.bare > 0 {
      if !erased.contains(id) {
        add(
          firstBare[id],
          "what \(known.bare == 1 ? "it" : "\(known.bare) records of case `\(id)`") held is lost: no record says that it was erased"
        )
      }
    }
    if report.records == 0 {
      add(nil, "the log is empty")
    } else if report.checkpoint?.position != position {
      add(
        position,
        "the log ends without a checkpoint: what came after this record may be cut off")
    }
    if let key = expectation.publicKey, let own = ownKey, key != own {
      add(1, "the log names another key: \(own)")
    }
    if let witness = expectation.witness {
      if witness.log != report.log {
        add(nil, "the witness saw another log: \(witness.log)")
      } else if !hasWitness {
        add(
          nil,
          "the witness saw record \(witness.position), and the log ends at record \(position): it was cut off"
        )
      }
    }
    return report
  }
}
