public import CEL
public import PlumblineBundle
public import PlumblineJSON

/// What an agent must have in front of it at one step: Markdown for the model, JSON for the program.
public struct Digest: Sendable {
  /// What a proposal quotes to show that it was made knowing this digest. It changes when duties
  /// change, not with facts, ages or the budget.
  public let identity: String
  public let spec: String
  public let version: String
  /// The hash of the bundle's meaning.
  public let meaning: String
  public let workflow: String?
  public let step: String?
  public let goal: String?
  /// The role that acts here; the agent may only read.
  public let actor: String?
  public let isFinal: Bool
  /// Proposals must quote the identity here: every one, or writes.
  public let quoting: Quoting
  public let confidence: ConfidenceDeclaration?
  public let actions: [Action]
  public let edges: [Edge]
  /// In order: musts first, prohibitions first among equals.
  public let requirements: [Requirement]
  /// Shown, enforced by nothing.
  public let advice: [Requirement]
  /// The requirement whose breach would be worst; it is shown once more at the end.
  public let gravest: String?
  public let lastDenial: Refusal?
  /// What has to happen yet.
  public let obligations: [Obligation]
  /// nil for a digest of the spec alone, without a case.
  public let known: [KnownFact]?
  public let missing: [MissingFact]
  /// The moment the ages are reckoned from.
  public let time: Timestamp?
  /// How many tokens of the model's context it aims at.
  public let budget: Int

  public enum Quoting: String, Sendable, Hashable, CaseIterable { case never, writes, always }

  /// Something that can be proposed here.
  public struct Action: Sendable, Hashable {
    public let name: String
    public let effect: Effect
    public let oncePer: [String]
  }

  /// A way on.
  public struct Edge: Sendable, Hashable {
    public let to: String
    /// As written; nil where nothing is asked.
    public let when: String?
    /// The action that leads there, where that is all there is to it.
    public let after: String?
  }

  public struct Requirement: Sendable, Hashable {
    public let id: String
    public let statement: String
    public let priority: Priority
    public let isProhibition: Bool
    /// Of the actions possible here, those it decides.
    public let actions: [String]
    public let otherwise: Answer
  }

  /// The last proposal that was denied.
  public struct Refusal: Sendable, Hashable {
    public struct Reason: Sendable, Hashable {
      /// The requirement's id, or the check.
      public let name: String
      public let category: FindingCategory
      public let message: String
      public let fix: String?
    }
    public let seq: Int
    public let action: String
    public let reasons: [Reason]
  }

  /// A record or a key of the case that is known now.
  public struct KnownFact: Sendable, Hashable {
    public let path: String
    /// What the rules here read of it, by field; the value itself for a key of the case. Sensitive
    /// values stand as `(sensitive)`.
    public let fields: [Field]
    public let value: JSON?
    /// A tool, `fact` or `case`.
    public let source: String
    public let asOf: Timestamp?
    /// The rules here name exactly this one.
    public let isNamed: Bool
    public struct Field: Sendable, Hashable {
      public let name: String
      public let value: JSON
    }
  }

  /// A fact that the rules here read and that is not known.
  public struct MissingFact: Sendable, Hashable {
    public let path: String
    public let fields: [String]
    /// The end of a sentence; nil in a digest without a case.
    public let reason: String?
    public let asOf: Timestamp?
    public let groundBy: [Grounding]
    /// A tool that makes it known.
    public struct Grounding: Sendable, Hashable {
      public let tool: String
      /// Whether it can be called in this step.
      public let isAllowed: Bool
    }
  }

  /// Every requirement that can decide an action possible at this step.
  public var requirementIDs: [String] { requirements.map(\.id) }

  /// The text for the model, within the budget where that is possible.
  public func markdown() -> String { DigestText(self).fitted().text }

  /// All of it, for programs. Field order is fixed.
  public func json() -> JSON {
    let fitted = DigestText(self).fitted()
    let owed: [JSON] = obligations.map { json($0) }
    return .object([
      .init("digest", .string(identity)),
      .init("spec", .string(spec)),
      .init("version", .string(version)),
      .init("bundle", .string(meaning)),
      .init("workflow", .text(workflow)),
      .init("step", .text(step)),
      .init("goal", .text(goal)),
      .init("actor", .text(actor)),
      .init("final", .bool(isFinal)),
      .init("quote_digest", .string(quoting.rawValue)),
      .init(
        "confidence",
        confidence.map {
          .object([
            .init("below", .double($0.below)), .init("then", .string(Self.text($0.then))),
          ])
        } ?? .null),
      .init(
        "allowed",
        .array(
          actions.map {
            .object([
              .init("action", .string($0.name)), .init("effect", .string($0.effect.rawValue)),
              .init("once_per", .strings($0.oncePer)),
            ])
          })),
      .init(
        "next",
        .array(
          edges.map {
            .object([
              .init("to", .string($0.to)), .init("when", .text($0.when)),
              .init("after", .text($0.after)),
            ])
          })),
      .init("requirements", .array(requirements.map { json($0) })),
      .init("gravest", .text(gravest)),
      .init("advice", .array(advice.map { json($0) })),
      .init("last_denial", lastDenial.map { json($0) } ?? .null),
      .init("obligations", .array(owed)),
      .init("known", known.map { .array($0.map { json($0) }) } ?? .null),
      .init("missing", .array(missing.map { json($0) })),
      .init("time", .text(time.map { TimeText.text($0) })),
      .init("budget", .int(Int64(budget))),
      .init("tokens", .int(Int64(fitted.tokens))),
      .init("shortened", .strings(fitted.shortened)),
    ])
  }

  private func json(_ requirement: Requirement) -> JSON {
    .object([
      .init("id", .string(requirement.id)),
      .init("priority", .string(requirement.priority.rawValue)),
      .init("prohibition", .bool(requirement.isProhibition)),
      .init("statement", .string(requirement.statement)),
      .init("actions", .strings(requirement.actions)),
      .init("otherwise", .string(Self.text(requirement.otherwise))),
    ])
  }

  private func json(_ obligation: Obligation) -> JSON {
    var json = obligation.json()
    if let deadline = obligation.deadline, let time {
      json["left_s"] = .int(max(0, deadline.since(time).seconds))
    }
    return json
  }

  private func json(_ refusal: Refusal) -> JSON {
    .object([
      .init("seq", .int(Int64(refusal.seq))),
      .init("action", .string(refusal.action)),
      .init(
        "reasons",
        .array(
          refusal.reasons.map {
            .object([
              .init("name", .string($0.name)), .init("category", .string($0.category.rawValue)),
              .init("message", .string($0.message)), .init("fix", .text($0.fix)),
            ])
          })),
    ])
  }

  private func json(_ fact: KnownFact) -> JSON {
    .object([
      .init("path", .string(fact.path)),
      .init(
        "value",
        fact.value ?? .object(fact.fields.map { .init($0.name, $0.value) })),
      .init("source", .string(fact.source)),
      .init("as_of", .text(fact.asOf.map { TimeText.text($0) })),
    ])
  }

  private func json(_ fact: MissingFact) -> JSON {
    .object([
      .init("path", .string(fact.path)),
      .init("fields", .strings(fact.fields)),
      .init("reason", .text(fact.reason)),
      .init("as_of", .text(fact.asOf.map { TimeText.text($0) })),
      .init(
        "ground_by",
        .array(
          fact.groundBy.map {
            .object([.init("tool", .string($0.tool)), .init("allowed", .bool($0.isAllowed))])
          })),
    ])
  }

  static func text(_ answer: Answer) -> String {
    switch answer {
    case .deny: "deny"
    case .warn: "warn"
    case .escalate(let role): "escalate(\(role))"
    }
  }
}
