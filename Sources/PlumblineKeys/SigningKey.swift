#if Companion
import Crypto
import Foundation
import PlumblineBundle
public import PlumblineJSON
public import PlumblineRecord

/// An Ed25519 key (RFC 8032), kept as a JSON Web Key (RFC 8037).
public struct SigningKey: Signer {
  private let key: Curve25519.Signing.PrivateKey

  /// A new key.
  public init() { key = Curve25519.Signing.PrivateKey() }

  /// Reads a private key: `{"crv":"Ed25519","d":"…","kty":"OKP","x":"…"}`.
  /// - Throws: `KeyError` where it is none.
  public init(jwk bytes: [UInt8]) throws(KeyError) {
    let node = try PublicKey.node(bytes)
    guard let text = node["d"]?.string else {
      throw KeyError("holds a public key alone; signing needs the private one")
    }
    guard let raw = Base64URL.bytes(text),
      let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: raw)
    else { throw KeyError("the `d` of the key is damaged") }
    self.key = key
    if let x = node["x"]?.string, Base64URL.bytes(x) != Array(key.publicKey.rawRepresentation) {
      throw KeyError("the `x` of the key does not belong to its `d`")
    }
  }

  public var publicKey: String { SHA256.hexText(Array(key.publicKey.rawRepresentation)) }

  public func sign(_ message: [UInt8]) throws -> [UInt8] {
    Array(try key.signature(for: message))
  }

  /// The private key, to be kept.
  public var jwk: JSON {
    [
      "crv": "Ed25519", "d": .string(Base64URL.text(Array(key.rawRepresentation))), "kty": "OKP",
      "x": .string(Base64URL.text(Array(key.publicKey.rawRepresentation))),
    ]
  }

  var privateKey: Curve25519.Signing.PrivateKey { key }
  /// What verifies it.
  public var verifying: PublicKey { PublicKey(key.publicKey) }
}

/// What signatures are checked with.
public struct PublicKey: Sendable {
  let key: Curve25519.Signing.PublicKey

  init(_ key: Curve25519.Signing.PublicKey) { self.key = key }

  /// Reads a public key, or the public part of a private one.
  /// - Throws: `KeyError` where it is none.
  public init(jwk bytes: [UInt8]) throws(KeyError) {
    let node = try Self.node(bytes)
    guard let raw = node["x"]?.string.flatMap(Base64URL.bytes),
      let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw)
    else { throw KeyError("the `x` of the key is missing or damaged") }
    self.key = key
  }

  /// 32 bytes in hex.
  public var text: String { SHA256.hexText(Array(key.rawRepresentation)) }

  /// As it can be handed on.
  public var jwk: JSON {
    [
      "crv": "Ed25519", "kty": "OKP",
      "x": .string(Base64URL.text(Array(key.rawRepresentation))),
    ]
  }

  static func node(_ bytes: [UInt8]) throws(KeyError) -> JSONNode {
    let node: JSONNode
    do {
      node = try JSONDocument.parse(bytes).root
    } catch {
      throw KeyError("not a JSON Web Key: \(error)")
    }
    guard node["kty"]?.string == "OKP", node["crv"]?.string == "Ed25519" else {
      throw KeyError("not an Ed25519 key (`kty` must be OKP, `crv` Ed25519)")
    }
    return node
  }
}

/// Why a key can't be used.
public struct KeyError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// Checks Ed25519 signatures.
public struct Ed25519Verifier: SignatureVerifier {
  public init() {}

  public func isValid(_ signature: String, over message: [UInt8], by publicKey: String) -> Bool {
    guard let signature = Hex.bytes(signature), let raw = Hex.bytes(publicKey),
      let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw)
    else { return false }
    return key.isValidSignature(signature, for: message)
  }
}

enum Hex {
  static func bytes(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var out: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
      out.append(high << 4 | low)
    }
    return out
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x57
    default: nil
    }
  }
}

/// base64url without padding (RFC 4648, section 5).
enum Base64URL {
  static func text(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString()
      .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }

  static func bytes(_ text: String) -> [UInt8]? {
    var plain = text.replacingOccurrences(of: "-", with: "+")
      .replacingOccurrences(of: "_", with: "/")
    plain += String(repeating: "=", count: (4 - plain.count % 4) % 4)
    return Data(base64Encoded: plain).map { Array($0) }
  }
}
#endif
