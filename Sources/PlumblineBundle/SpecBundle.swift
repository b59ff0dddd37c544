/// What a spec package compiles to: everything the guard needs, and nothing it must look up elsewhere.
public struct SpecBundle: Sendable, Hashable {
  /// The version of this format.
  public static let format = 1
  /// The version of the spec language.
  public var language: Int
  public var spec: String
  public var version: String
  public var owner: String?
  public var purpose: String?
  /// `digest: required` at the top level: before every write.
  public var digestRequired: Bool
  public var roles: [String]
  public var caseFields: [FieldDeclaration]
  public var types: [TypeDeclaration]
  public var collections: [CollectionDeclaration]
  public var tools: [ToolDeclaration]
  public var patterns: [PatternDeclaration]
  public var groups: [GroupDeclaration]
  public var tables: [TableDeclaration]
  public var terms: [TermDeclaration]
  public var requirements: [RequirementDeclaration]
  public var workflows: [WorkflowDeclaration]
  public var incidents: [IncidentDeclaration]

  public init(spec: String, version: String) {
    language = 1
    self.spec = spec
    self.version = version
    digestRequired = false
    roles = []
    caseFields = []
    types = []
    collections = []
    tools = []
    patterns = []
    groups = []
    tables = []
    terms = []
    requirements = []
    workflows = []
    incidents = []
  }
}

public struct WorkflowDeclaration: Sendable, Hashable {
  public var name: String
  public var start: String
  /// In the order written.
  public var steps: [StepDeclaration]
  public var position: SourcePosition?
  public init(
    name: String, start: String, steps: [StepDeclaration], position: SourcePosition? = nil
  ) {
    self.name = name
    self.start = start
    self.steps = steps
    self.position = position
  }
}

public struct StepDeclaration: Sendable, Hashable {
  public var name: String
  public var goal: String?
  /// Resolved to tools, in the order written.
  public var tools: [String]
  public var next: [EdgeDeclaration]
  public var confidence: ConfidenceDeclaration?
  /// The role that acts here; the agent may only read.
  public var actor: String?
  public var final: Bool
  public var digestRequired: Bool
  public var position: SourcePosition?
  public init(name: String) {
    self.name = name
    tools = []
    next = []
    final = false
    digestRequired = false
  }
}

public struct EdgeDeclaration: Sendable, Hashable {
  public var to: String
  public var when: ExpressionText?
  public init(to: String, when: ExpressionText?) {
    self.to = to
    self.when = when
  }
}

public struct ConfidenceDeclaration: Sendable, Hashable {
  public var below: Double
  public var then: Answer
  public init(below: Double, then: Answer) {
    self.below = below
    self.then = then
  }
}

/// The categories of a finding: the vocabulary of decisions, incidents and reports.
public enum FindingCategory: String, Sendable, Hashable, CaseIterable {
  case violated, ungrounded, stale, partial
  case contractDrift = "contract_drift"
  case undeclared
  case outOfStep = "out_of_step"
  case duplicate
  case outdatedDigest = "outdated_digest"
  case lowConfidence = "low_confidence"
  case unreviewed, overdue, bypassed, invalid

  /// A fact is missing: nothing is definitely broken.
  public var isMissingFact: Bool {
    switch self {
    case .ungrounded, .stale, .partial, .contractDrift: true
    default: false
    }
  }
}

public struct IncidentDeclaration: Sendable, Hashable {
  public enum Status: String, Sendable, Hashable, CaseIterable { case open, prevented }
  public var id: String
  public var title: String
  /// RFC 3339.
  public var occurred: String?
  public var detected: String?
  public var recovered: String?
  public var prevented: String?
  public var failureMode: FindingCategory
  public var trace: String?
  /// The SHA-256 of the trace's bytes, in hexadecimal: what was recorded is not changed.
  public var traceHash: String?
  public var atCase: String?
  public var atSequence: Int?
  public var twin: String?
  public var status: Status
  public var preventedBy: [String]
  public var position: SourcePosition?
  public init(id: String, title: String, failureMode: FindingCategory, status: Status) {
    self.id = id
    self.title = title
    self.failureMode = failureMode
    self.status = status
    preventedBy = []
  }
}
