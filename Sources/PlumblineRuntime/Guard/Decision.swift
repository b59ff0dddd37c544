public import CEL
import PlumblineBundle
public import PlumblineJSON

/// The answer to one proposal.
public struct Decision: Sendable {
  public var caseID: String
  public var seq: Int
  public var time: Timestamp
  public var outcome: Outcome
  public var findings: [Finding]
  /// The step it was decided in; nil where there is none.
  public var step: String? { identity.plan?.declaration.name }
  /// The first moment at which a fact it rests on goes stale.
  public var validUntil: Timestamp?
  /// The meaning of the bundle that decided it.
  public var bundle: String { identity.guardian.meaning }
  /// The identity of the digest that is due now. Computed when asked for.
  public var digest: String { identity.digest }
  /// What executors can pass on, so that a repetition is seen as one. Computed when asked for.
  public var idempotencyKey: String { key.text }

  let identity: DigestIdentity
  let key: IdempotencyKey

  /// The decision as the design writes it; field order is fixed.
  public func json() -> JSON {
    .object([
      .init("case", .string(caseID)),
      .init("seq", .int(Int64(seq))),
      .init("time", .string(TimeText.text(time))),
      .init("decision", .string(outcome.name)),
      .init("findings", .array(findings.map { $0.json() })),
      .init("step", .text(step)),
      .init("digest", .string(digest)),
      .init("bundle", .string(bundle)),
      .init("valid_until", .text(validUntil.map { TimeText.text($0) })),
      .init("idempotency_key", .string(idempotencyKey)),
    ])
  }
}

/// What the folding of one event gave.
public struct StepOutput: Sendable {
  /// Of a proposal.
  public var decision: Decision?
  /// What is wrong, other than the decision's own findings.
  public var findings: [Finding]
  /// What a reader may want to know once.
  public var notes: [String]
  public init(decision: Decision? = nil, findings: [Finding] = [], notes: [String] = []) {
    self.decision = decision
    self.findings = findings
    self.notes = notes
  }
}

/// What makes two proposals the same for an executor: the case, the action, and the arguments it is
/// limited by (all of them where it has no `once_per`).
struct IdempotencyKey: Sendable {
  let caseID: String
  let action: String
  let args: RecordValue?
  let oncePer: [String]

  var text: String {
    var members: [JSON.Member] = []
    if let args {
      for (field, slot) in zip(args.type.fields, args.slots)
      where oncePer.isEmpty || oncePer.contains(field.name) {
        if case .absent = slot { continue }
        members.append(.init(field.name, ValueJSON.json(slot, redact: .none)))
      }
    }
    return Hashing.hex(
      .object([
        .init("action", .string(action)), .init("args", .object(members)),
        .init("case", .string(caseID)),
      ]))
  }
}

/// Hashes of JSON in its canonical form.
enum Hashing {
  static func hex(_ json: JSON) -> String {
    // Numbers that JSON cannot write do not come from JSON; they hash as what they are.
    SHA256.hex((try? CanonicalJSON.encode(json)) ?? Array("\(json)".utf8))
  }

  /// The hash that approvals and confirmations bind to.
  static func arguments(_ args: RecordValue) -> String {
    hex(ValueJSON.json(.record(args), redact: .none))
  }
}
