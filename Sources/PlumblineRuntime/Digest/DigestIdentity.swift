import CEL
import PlumblineBundle
import PlumblineJSON

/// What a digest obliges to, and nothing that changes with every second (semantics 21).
struct DigestIdentity: Sendable {
  let guardian: Guard
  /// nil: the case is in no step.
  let plan: StepPlan?
  let visit: Int
  let lastDenial: Denial?
  let compactions: Int
  /// Where temporal rules stand in an open case; nil without one.
  let temporal: TemporalState?
  let opened: Timestamp?

  /// The sha256 of it all in canonical JSON, as hex.
  var digest: String {
    let content = guardian.digestContent(plan)
    let owed = temporal.map { guardian.obligations($0, from: opened) } ?? []
    let denial: JSON =
      lastDenial.map { denial in
        .object([
          .init("seq", .int(Int64(denial.seq))), .init("action", .string(denial.action)),
          .init(
            "findings",
            .array(denial.findings.map { .string("\($0.name) \($0.category.rawValue)") })),
        ])
      } ?? .null
    return Hashing.hex(
      .object([
        .init("actions", .array(content.actions.map { .string($0) })),
        .init("compactions", .int(Int64(compactions))),
        .init("denial", denial),
        .init("meaning", .string(guardian.meaning)),
        .init(
          "obligations",
          .array(
            owed.map {
              .object([
                .init("deadline", .text($0.deadline.map { TimeText.text($0) })),
                .init("requirement", .string($0.requirement)),
                .init("since", .int(Int64($0.since))),
              ])
            })),
        .init("requirements", .array(content.requirements.map { .string($0) })),
        .init("step", .text(plan?.declaration.name)),
        .init("visit", .int(Int64(visit))),
        .init("workflow", .text(plan?.workflow.name)),
      ]))
  }
}

/// The part of a digest's identity that a step fixes.
final class DigestContent: Sendable {
  /// In the order of names.
  let actions: [String]
  /// The requirements that can decide something here, in order.
  let requirements: [String]
  init(actions: [String], requirements: [String]) {
    self.actions = actions
    self.requirements = requirements
  }
}
