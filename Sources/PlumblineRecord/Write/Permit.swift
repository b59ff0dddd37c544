public import CEL
import PlumblineBundle
public import PlumblineJSON
import PlumblineRuntime

/// What lets an executor do one thing once: exactly what the guard allowed.
public struct Permit: Sendable, Hashable {
  /// Tells permits apart; the `jti` of its token.
  public var id: String
  /// The log that holds the decision.
  public var log: String
  public var caseID: String
  /// The number of the proposal in its case.
  public var seq: Int
  public var action: String
  /// The sha256 of the arguments, in canonical JSON, as they were proposed.
  public var arguments: String
  /// The hash of the meaning of the bundle that allowed it.
  public var meaning: String
  public var step: String?
  public var agent: String?
  public var idempotencyKey: String
  public var issued: Timestamp
  public var expires: Timestamp

  /// What stands in the record of the decision.
  var json: JSON {
    [
      "arguments": .string(arguments), "expires": .string(TimeText.text(expires)),
      "id": .string(id),
    ]
  }

  /// The permit of a decision; nil where it allows no write.
  static func make(
    for event: Event, _ decision: Decision?, _ engine: Guard, log: String, position: Int,
    seconds: Int64
  ) -> Permit? {
    guard let decision, decision.outcome <= .warn, case .propose(let proposal) = event.body,
      engine.bundle.tools.contains(where: { $0.name == proposal.action && $0.effect == .write })
    else { return nil }
    // A permit is of no use longer than the facts it rests on.
    var expires = Timestamp(
      seconds: decision.time.seconds + seconds, nanoseconds: decision.time.nanoseconds)
    if let until = decision.validUntil, until < expires { expires = until }
    return Permit(
      id: String(SHA256.hex("plumbline permit\n\(log)\n\(position)\n").prefix(32)), log: log,
      caseID: decision.caseID, seq: decision.seq, action: proposal.action,
      arguments: hash(ofArguments: proposal.args.map { JSON($0) } ?? .object([])),
      meaning: decision.bundle, step: decision.step, agent: proposal.agent,
      idempotencyKey: decision.idempotencyKey, issued: decision.time, expires: expires)
  }

  /// The hash that a permit binds arguments by: sha256 over canonical JSON (RFC 8785).
  public static func hash(ofArguments arguments: JSON) -> String {
    SHA256.hex(StoredRecord.canonical(arguments))
  }
}
