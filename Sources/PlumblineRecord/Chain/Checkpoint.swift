public import PlumblineJSON

/// A point of the log up to which nothing is missing: whoever holds one finds any change before it.
public struct Checkpoint: Sendable, Hashable {
  /// The log's id.
  public var log: String
  /// The last record it covers.
  public var position: Int
  /// That record's hash.
  public var hash: String
  /// The signature over `message`, in hex; nil where no key is configured.
  public var signature: String?

  public init(log: String, position: Int, hash: String, signature: String? = nil) {
    self.log = log
    self.position = position
    self.hash = hash
    self.signature = signature
  }

  /// Of each stretch of so many records one checkpoint stays, and the newest: the first record of its stretch.
  package var stretch: Int { position / 4096 * 4096 }

  /// What is signed.
  public var message: [UInt8] {
    Array("plumbline log checkpoint\n\(log)\n\(position)\n\(hash)\n".utf8)
  }

  public var json: JSON {
    [
      "hash": .string(hash), "log": .string(log), "position": .int(Int64(position)),
      "signature": signature.map { .string($0) } ?? .null,
    ]
  }

  /// As a line of an exported log: `{"checkpoint":…}`.
  public var line: [UInt8] { StoredRecord.canonical(["checkpoint": json]) }

  public init?(_ node: JSONNode) {
    guard let log = node["log"]?.string, let position = node["position"]?.int,
      let hash = node["hash"]?.string
    else { return nil }
    self.init(
      log: log, position: Int(position), hash: hash, signature: node["signature"]?.string)
  }
}

/// Signs checkpoints, permits and approvals: Ed25519 (RFC 8032).
public protocol Signer: Sendable {
  /// The public key, 32 bytes in hex.
  var publicKey: String { get }
  /// The signature over a message, 64 bytes.
  func sign(_ message: [UInt8]) throws -> [UInt8]
}

/// Checks what a `Signer` signed.
public protocol SignatureVerifier: Sendable {
  /// Whether a signature is one of a key, both in hex, over a message.
  func isValid(_ signature: String, over message: [UInt8], by publicKey: String) -> Bool
}
