import PlumblineJSON

/// What a store finds a record by. It is not chained: a reader holds it against the head.
public struct RecordIndex: Sendable, Hashable {
  public var kind: RecordKind
  public var caseID: String?
  public var seq: Int?
  /// Of a bundle its hash, of a redemption its permit.
  public var key: String?

  public init(kind: RecordKind, caseID: String? = nil, seq: Int? = nil, key: String? = nil) {
    self.kind = kind
    self.caseID = caseID
    self.seq = seq
    self.key = key
  }

  /// What a record has to be found by.
  public init(_ record: LogRecord) {
    kind = record.kind
    caseID = record.caseID
    seq = record.kind == .event ? record.seq : nil
    switch record.kind {
    case .bundle: key = record.bundle
    case .redemption: key = record.head["permit"]?.string
    default: key = nil
    }
  }
}
