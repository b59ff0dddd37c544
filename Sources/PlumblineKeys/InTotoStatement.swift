#if Companion
import Foundation
import PlumblineBundle
public import PlumblineJSON
public import PlumblineRecord

/// A decision as an in-toto attestation: Statement v1, and its DSSE envelope (v1).
public enum InTotoStatement {
  /// The predicate's type.
  public static let predicateType = "https://plumbline.dev/decision/v1"
  private static let payloadType = "application/vnd.in-toto+json"

  /// The statement on a decision. Its subject is the record in the log; what was erased is not in it.
  /// - Throws: `LogError` where there is no such decision.
  public static func make(
    _ caseID: String, _ seq: Int, in reader: any LogReader
  ) throws -> JSON {
    var found: LogRecord?
    try reader.records(of: caseID) { stored in
      let record = try LogRecord(stored)
      if record.kind == .event, record.seq == seq { found = record }
      return found == nil
    }
    guard let found, found.outcome != nil else {
      throw LogError("the log has no decision \(caseID)/\(seq)")
    }
    return [
      "_type": "https://in-toto.io/Statement/v1",
      "subject": [
        [
          "name": .string("\(caseID)/\(seq)"),
          "digest": ["sha256": .string(found.stored.hash)],
        ]
      ],
      "predicateType": .string(predicateType),
      "predicate": [
        "head": JSON(found.head), "decision": found.body?["decision"].map { JSON($0) } ?? .null,
      ],
    ]
  }

  /// A statement in its signed envelope: `{"payloadType","payload","signatures":[{"keyid","sig"}]}`.
  public static func envelope(_ statement: JSON, _ signer: SigningKey) throws -> JSON {
    let payload = try CanonicalJSON.encode(statement)
    // Pre-authentication encoding: what is signed says its own lengths.
    let message =
      Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
    return [
      "payloadType": .string(payloadType),
      "payload": .string(Data(payload).base64EncodedString()),
      "signatures": [
        [
          "keyid": .string(SHA256.hex(Array(signer.publicKey.utf8))),
          "sig": .string(Data(try signer.sign(message)).base64EncodedString()),
        ]
      ],
    ]
  }
}
#endif
