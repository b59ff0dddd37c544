#if Companion
import CEL
import Foundation
import JWTKit
public import PlumblineJSON
public import PlumblineRecord
import PlumblineRuntime

/// Permits as JSON Web Tokens (RFC 7519), signed with EdDSA (RFC 8037).
public enum PermitToken {
  /// The claims, under their registered names where there are some.
  struct Claims: JWTPayload {
    var iss: String
    /// The case.
    var sub: String
    var jti: String
    var iat: Int64
    var exp: Int64
    var log: String
    var seq: Int
    var action: String
    var arguments: String
    var meaning: String
    var step: String?
    var agent: String?
    var idempotencyKey: String

    enum CodingKeys: String, CodingKey {
      case iss, sub, jti, iat, exp, log, seq, action, meaning, step, agent
      case arguments = "args_sha256"
      case idempotencyKey = "idempotency_key"
    }

    /// Times are held against the time the executor gives, not the machine's clock.
    func verify(using _: some JWTAlgorithm) throws {}
  }

  static let issuer = "plumbline"

  /// The token of a permit.
  public static func sign(_ permit: Permit, with key: SigningKey) async throws -> String {
    let keys = JWTKeyCollection()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    await keys.add(
      eddsa: EdDSA.PrivateKey(backing: key.privateKey),
      serializer: DefaultJWTSerializer(jsonEncoder: encoder))
    return try await keys.sign(
      Claims(
        iss: issuer, sub: permit.caseID, jti: permit.id, iat: permit.issued.seconds,
        exp: permit.expires.seconds, log: permit.log, seq: permit.seq, action: permit.action,
        arguments: permit.arguments, meaning: permit.meaning, step: permit.step,
        agent: permit.agent, idempotencyKey: permit.idempotencyKey))
  }

  /// What an executor is about to do, as far as it says so.
  public struct Use: Sendable {
    public var caseID: String?
    public var action: String?
    public var arguments: JSON?
    public var meaning: String?
    public var step: String?
    /// Seconds since 1970.
    public var now: Int64
    public init(now: Int64) { self.now = now }
  }

  /// What a token says.
  public struct Verified: Sendable {
    public let id: String
    public let caseID: String
    public let action: String
    public let expires: Int64
    public let json: JSON
  }

  /// Holds a token against what is to be done.
  /// - Throws: `KeyError` that says why it permits nothing.
  public static func verify(
    _ token: String, with key: PublicKey, for use: Use
  ) async throws -> Verified {
    let keys = JWTKeyCollection()
    await keys.add(eddsa: EdDSA.PublicKey(backing: key.key))
    let claims: Claims
    do {
      claims = try await keys.verify(token, as: Claims.self)
    } catch {
      throw KeyError("the permit is not one of this key: it was changed, or is none")
    }
    guard claims.iss == issuer else { throw KeyError("the token is no permit of a guard") }
    guard use.now < claims.exp else { throw KeyError("the permit has expired") }
    // A clock that went back must not make a permit out of one that is not yet valid.
    guard claims.iat <= use.now else { throw KeyError("the permit is from the future") }
    func same(_ what: String, _ given: String?, _ own: String?) throws(KeyError) {
      if let given, given != own {
        throw KeyError("the permit is for another \(what): \(own ?? "none")")
      }
    }
    try same("case", use.caseID, claims.sub)
    try same("action", use.action, claims.action)
    try same("meaning", use.meaning, claims.meaning)
    try same("step", use.step, claims.step)
    if let arguments = use.arguments,
      Permit.hash(ofArguments: arguments) != claims.arguments
    {
      throw KeyError("the permit is for other arguments")
    }
    return Verified(
      id: claims.jti, caseID: claims.sub, action: claims.action, expires: claims.exp,
      json: .fields([
        ("action", .string(claims.action)), ("agent", claims.agent.map { .string($0) }),
        ("args_sha256", .string(claims.arguments)), ("case", .string(claims.sub)),
        ("expires", .string(TimeText.text(Timestamp(seconds: claims.exp)))),
        ("id", .string(claims.jti)), ("idempotency_key", .string(claims.idempotencyKey)),
        ("issued", .string(TimeText.text(Timestamp(seconds: claims.iat)))),
        ("log", .string(claims.log)), ("meaning", .string(claims.meaning)),
        ("seq", .int(Int64(claims.seq))), ("step", claims.step.map { .string($0) }),
      ]))
  }
}
#endif
