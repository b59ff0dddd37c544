import PlumblineBundle
import PlumblineJSON

/// What a record of the decision log is about.
public enum RecordKind: String, Sendable, Hashable, CaseIterable {
  /// The first record: which log this is, and under which keys.
  case log
  /// A bundle that decides from here on, whole, so that the log needs no spec beside it.
  case bundle
  /// An event of a case, with what became of it.
  case event
  /// The case goes on under another bundle.
  case refold
  /// What a case held was erased.
  case erasure
  /// A permit was redeemed: it is good for nothing any more.
  case redemption
  /// A reviewer was shown a case, or gave a verdict.
  case review
}

/// One record of the log, as it is stored: a head that is chained, and a body that can be erased.
///
/// The chain goes over the bytes of heads alone. A head holds the hash of its body, and a body holds a
/// random salt, so that an erased body can't be guessed from its hash.
public struct StoredRecord: Sendable, Hashable {
  /// The number of the record in the log, from 1.
  public var position: Int
  /// The head as it is hashed: canonical JSON (RFC 8785), an object.
  public var head: [UInt8]
  /// The sha256 of `head`, in hex.
  public var hash: String
  /// The body, canonical JSON; nil where there is none or it was erased.
  public var body: [UInt8]?
  /// What the body's sensitive values are, canonical JSON, keyed by JSON Pointer (RFC 6901). It never leaves the
  /// store by itself.
  public var sensitive: [UInt8]?
  /// What the store finds it by; nil where it is not from a store.
  public var index: RecordIndex?

  public init(
    position: Int, head: [UInt8], hash: String, body: [UInt8]?, sensitive: [UInt8]? = nil,
    index: RecordIndex? = nil
  ) {
    self.position = position
    self.head = head
    self.hash = hash
    self.body = body
    self.sensitive = sensitive
    self.index = index
  }

  /// What stands before the first record.
  public static let origin = String(repeating: "0", count: 64)

  /// Makes a record.
  /// - Parameters:
  ///   - fields: what the head says beyond position, previous hash and kind.
  ///   - body: what can be erased; its hash stands in the head.
  ///   - sensitive: values by JSON Pointer into the body; a hash of them stands in the body.
  ///   - random: gives random bytes, for the salts that make the hashes unguessable.
  static func seal(
    position: Int, previous: String, _ index: RecordIndex, fields: [JSON.Member],
    body: [JSON.Member]? = nil, sensitive: [JSON.Member] = [], random: (Int) -> [UInt8]
  ) -> StoredRecord {
    var secrets: [UInt8]?
    var bytes: [UInt8]?
    var head = fields
    if var body {
      body.append(.init("salt", .string(SHA256.hexText(random(16)))))
      if !sensitive.isEmpty {
        // Under a salt of their own: an export holds the body's, and the values may be few.
        let secret = JSON.Member("salt", .string(SHA256.hexText(random(16))))
        let written = canonical(.object(sensitive + [secret]))
        body.append(.init("sensitive", .string(SHA256.hex(written))))
        secrets = written
      }
      let written = canonical(.object(body))
      head.append(.init("body", .string(SHA256.hex(written))))
      bytes = written
    }
    head.append(.init("position", .int(Int64(position))))
    head.append(.init("previous", .string(previous)))
    head.append(.init("kind", .string(index.kind.rawValue)))
    let written = canonical(.object(head))
    return StoredRecord(
      position: position, head: written, hash: SHA256.hex(written), body: bytes,
      sensitive: secrets, index: index)
  }

  /// JSON in its one form. Numbers that JSON can't write do not get here: they never were JSON.
  static func canonical(_ json: JSON) -> [UInt8] {
    (try? CanonicalJSON.encode(json)) ?? Array("null".utf8)
  }

  /// The record as a line of an exported log, without its end:
  /// `{"body":…,"hash":"…","head":…}`, and `"sensitive":…` where that is asked for.
  public func line(withSensitive: Bool = false) -> [UInt8] {
    var out = Array("{\"body\":".utf8)
    out += body ?? Array("null".utf8)
    out += Array(",\"hash\":\"\(hash)\",\"head\":".utf8)
    out += head
    if withSensitive, let sensitive {
      out += Array(",\"sensitive\":".utf8)
      out += sensitive
    }
    out.append(0x7D)
    return out
  }
}
