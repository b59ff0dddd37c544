#if Companion
import ArgumentParser
import CommandSupport
import Plumbline
import PlumblineJSON
import PlumblineKeys
import PlumblineRecord

/// The keys that a log is written with.
struct KeyOptions: ParsableArguments {
  @Option(
    help: "A file with a key: sensitive values are logged as HMAC-SHA-256 under it, not hidden.")
  var key: String?

  @Option(help: "A file with the private key (JWK, Ed25519) that signs checkpoints and permits.")
  var signingKey: String?

  func sensitiveKey() throws -> [UInt8]? { try key.map { try Secret.read($0) } }

  func signer() throws -> SigningKey? {
    try signingKey.map { path in
      try Secret.key(path) { bytes throws(KeyError) in try SigningKey(jwk: bytes) }
    }
  }

  func settings() throws -> Recorder.Settings {
    Recorder.Settings(sensitiveKey: try sensitiveKey(), signer: try signer())
  }

  var inputs: [String] { [key, signingKey].compactMap { $0 } }
}

enum Secret {
  /// The bytes of a file with a key.
  /// - Throws: `FileError` where it can't be read, or holds none.
  static func read(_ path: String) throws(FileError) -> [UInt8] {
    let bytes = try FileSystem.read(path, limit: 1 << 16)
    if bytes.isEmpty { throw FileError(path: path, reason: "holds no key") }
    return bytes
  }

  /// A key out of a file, with the file's name where it is none.
  static func key<Key>(
    _ path: String, _ make: ([UInt8]) throws(KeyError) -> Key
  ) throws(FileError) -> Key {
    let bytes = try read(path)
    do throws(KeyError) {
      return try make(bytes)
    } catch {
      throw FileError(path: path, reason: error.description)
    }
  }

  /// The public key in a file; of a private one its public part.
  static func publicKey(_ path: String) throws(FileError) -> PublicKey {
    try key(path) { bytes throws(KeyError) in try PublicKey(jwk: bytes) }
  }
}

/// A decision by its place: `CASE/SEQ`, as decisions write both.
struct DecisionName: ExpressibleByArgument {
  let caseID: String
  let seq: Int

  init?(argument: String) {
    guard let slash = argument.lastIndex(of: "/"),
      let seq = Int(argument[argument.index(after: slash)...]), seq > 0, slash > argument.startIndex
    else { return nil }
    caseID = String(argument[..<slash])
    self.seq = seq
  }
}
#endif
