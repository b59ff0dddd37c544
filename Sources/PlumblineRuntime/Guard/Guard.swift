import CEL
public import PlumblineBundle
import PlumblineJSON
import Synchronization

/// Why a bundle cannot guard anything.
public struct GuardError: Error, Sendable, Hashable, CustomStringConvertible {
  public var message: String
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}

/// The engine: a pure fold over the events of cases. The same bundle and the same events give the
/// same decisions, byte for byte. Safe to use from several threads, each with cases of its own.
///
///     var state = guardian.open("c-1")
///     let output = guardian.step(&state, event)
public final class Guard: Sendable {
  public let bundle: SpecBundle
  public let scope: SpecScope
  /// The hash of the bundle's meaning; decisions, digests and approvals bind to it.
  public let meaning: String
  /// What stands in evidence for sensitive values.
  let redaction: Redaction

  /// Numbers of the enforced requirements, by tool.
  let requirementsByAction: [[Int]]
  let argumentPlans: [RecordPlan]
  /// By tool: whether types say all that is asked of the arguments.
  let takesValues: [Bool]
  /// How claims of a proposal's own are read, by tool.
  let claimPlans: [[DecodePlan]]
  let tools: [ToolFacts]
  let casePlan: RecordPlan
  let collectionPlans: [DecodePlan]
  /// By collection: the strictest `fresh_for` of what grounds it.
  let collectionFreshness: [Int64?]
  let steps: [[StepPlan]]
  let temporalPlan: TemporalPlan
  /// Tools whose messages count as theirs, by speaker.
  let messageTools: [String: [Int]]
  /// Slots of the variables that compiled conditions name by their place in a list.
  let hostSlots: [Int]
  private let planner: DecodePlanner
  private let actionPlans: [Lazy<ActionPlan>]
  private let toolPlans: [Lazy<ToolPlan>]
  private let template: CaseState
  private let pool = Mutex<[GuardActivation]>([])
  private let patterns = Mutex<[String: Condition]>([:])
  private let everything = Lazy<DigestContent>()

  /// A guard for a bundle.
  /// - Parameters:
  ///   - meaning: the bundle's meaning hash, where the caller has it already.
  ///   - sensitiveKey: sensitive values stand in evidence as HMAC-SHA-256 under this key; nil hides them.
  ///   - compiled: what `plumb` made of this very bundle in Swift; decisions are the same with it, and sooner there.
  public convenience init(
    _ bundle: SpecBundle, meaning: String? = nil, sensitiveKey: [UInt8]? = nil,
    compiled: CompiledSpec? = nil
  ) throws(GuardError) {
    try self.init(
      SpecScope(bundle, compiled: compiled), meaning: meaning, sensitiveKey: sensitiveKey)
  }

  /// A guard on a scope that was made before, with the contexts it knows already.
  public init(
    _ scope: SpecScope, meaning: String? = nil, sensitiveKey: [UInt8]? = nil
  ) throws(GuardError) {
    let bundle = scope.bundle
    redaction = sensitiveKey.map { .keyed($0) } ?? .hidden
    self.bundle = bundle
    self.scope = scope
    self.meaning = meaning ?? bundle.meaningHash
    if let compiled = scope.compiled, compiled.meaning != self.meaning {
      throw GuardError("the generated Swift was made of another bundle: generate it again")
    }
    hostSlots = (scope.compiled?.hosts ?? []).map { scope.hostVariable($0)?.slot ?? -1 }
    if scope.toolIndex.count != bundle.tools.count {
      throw GuardError("the bundle declares a tool twice")
    }
    if Set(bundle.requirements.map(\.id)).count != bundle.requirements.count {
      throw GuardError("the bundle declares a requirement twice")
    }
    if scope.collectionIndex.count != bundle.collections.count {
      throw GuardError("the bundle declares a record collection twice")
    }

    tools = bundle.tools.map { ToolFacts($0) }
    var byAction = [[Int]](repeating: [], count: bundle.tools.count)
    for index in bundle.requirements.indices where bundle.requirements[index].isEnforced {
      for action in bundle.requirements[index].appliesTo {
        guard let tool = scope.toolIndex[action] else {
          throw GuardError(
            "requirement `\(bundle.requirements[index].id)` applies to `\(action)`, which is no tool"
          )
        }
        byAction[tool].append(index)
      }
    }
    temporalPlan = TemporalPlan(scope)
    // A `declare` decides on what it names, and, where anything else can break it, on every non-read.
    for rule in temporalPlan.rules {
      let named = rule.actions
      for (index, tool) in bundle.tools.enumerated()
      where named.contains(tool.name) || (rule.othersCanBreach && !tool.actsAsRead) {
        if !byAction[index].contains(rule.requirement) { byAction[index].append(rule.requirement) }
      }
    }
    requirementsByAction = byAction

    var planner = DecodePlanner(scope.types)
    var arguments: [RecordPlan] = []
    for (tool, type) in zip(bundle.tools, scope.argumentTypes) {
      arguments.append(planner.record(tool.arguments, as: type))
    }
    argumentPlans = arguments
    takesValues = arguments.map(\.isPlain)
    var claims: [[DecodePlan]] = []
    for tool in bundle.tools {
      var plans: [DecodePlan] = []
      for claim in tool.claims { plans.append(planner.plan(claim.type)) }
      claims.append(plans)
    }
    claimPlans = claims
    casePlan = planner.record(bundle.caseFields, as: scope.caseObject)
    var collections: [DecodePlan] = []
    for collection in bundle.collections { collections.append(planner.plan(collection.type)) }
    collectionPlans = collections
    self.planner = planner
    collectionFreshness = bundle.collections.map { collection in
      collection.groundedBy.compactMap { name in
        scope.toolIndex[name].flatMap { bundle.tools[$0].freshFor }
      }.min()
    }

    var plans: [[StepPlan]] = []
    for workflow in bundle.workflows {
      if !workflow.steps.contains(where: { $0.name == workflow.start }) {
        throw GuardError(
          "workflow `\(workflow.name)` starts at `\(workflow.start)`, which is no step")
      }
      plans.append(workflow.steps.map { StepPlan($0, workflow: workflow, scope: scope) })
    }
    steps = plans

    var speakers: [String: [Int]] = [:]
    for (index, tool) in bundle.tools.enumerated() {
      if let speaker = tool.message { speakers[speaker, default: []].append(index) }
    }
    messageTools = speakers
    actionPlans = bundle.tools.map { _ in Lazy() }
    toolPlans = bundle.tools.map { _ in Lazy() }
    let unknownCase = RecordValue(
      type: scope.caseObject,
      slots: bundle.caseFields.enumerated().map { index, field in
        .unknown(
          UnknownReason.neverRead.unknown("case.\(field.name)", source: .caseField(index)))
      })
    template = CaseState(
      caseID: "", caseRecord: unknownCase,
      collections: bundle.collections.map { _ in CollectionState() })
  }

  /// The state of a case before its first event.
  /// - Parameter forExplaining: whether it keeps the events that temporal rules name, so that
  ///   explanations can list them. Decisions are the same; the state grows with each such event.
  public func open(_ caseID: String, forExplaining: Bool = false) -> CaseState {
    var state = CaseState(
      caseID: caseID, caseRecord: template.caseRecord, collections: template.collections)
    if forExplaining { state.temporal.witnesses = [] }
    return state
  }

  /// Whether proposals of an action may give their arguments as values: where types say all that is asked of them.
  public func takesValues(action: String) -> Bool {
    scope.toolIndex[action].map { takesValues[$0] } ?? false
  }

  /// The name of the step a case is in; nil where there is none.
  public func stepName(of state: CaseState) -> String? { step(of: state)?.declaration.name }

  /// The identity of the digest that is due in a state.
  public func digest(of state: CaseState) -> String { digestIdentity(state).digest }

  func step(of state: CaseState) -> StepPlan? { step(state.workflow, state.stepIndex) }

  func step(_ workflow: Int, _ step: Int) -> StepPlan? {
    guard workflow >= 0, step >= 0, workflow < steps.count, step < steps[workflow].count else {
      return nil
    }
    return steps[workflow][step]
  }

  func actionPlan(_ action: Int) -> ActionPlan {
    actionPlans[action].get {
      ActionPlan(
        action: action, requirements: requirementsByAction[action], scope: scope,
        temporal: temporalPlan)
    }
  }

  func toolPlan(_ action: Int) -> ToolPlan {
    toolPlans[action].get { ToolPlan(action: action, scope: scope, planner: planner) }
  }

  func pattern(_ text: String) -> Condition {
    if let known = patterns.withLock({ $0[text] }) { return known }
    let made = scope.matching(pattern: text)
    patterns.withLock { $0[text] = made }
    return made
  }

  /// Runs a body with an activation of the pool.
  func withActivation<Result>(_ body: (GuardActivation) -> Result) -> Result {
    let activation = pool.withLock { $0.popLast() } ?? GuardActivation(self)
    defer {
      activation.state = nil
      pool.withLock { if $0.count < 64 { $0.append(activation) } }
    }
    return body(activation)
  }

  func digestIdentity(_ state: CaseState) -> DigestIdentity {
    digestIdentity(state, lastDenial: state.lastDenial)
  }

  func digestIdentity(_ state: CaseState, lastDenial: Denial?) -> DigestIdentity {
    DigestIdentity(
      guardian: self, plan: step(of: state), visit: state.visit, lastDenial: lastDenial,
      compactions: state.compactions,
      temporal: state.isClosed || state.seq == 0 ? nil : state.temporal, opened: state.opened)
  }

  /// What can be done and what can decide something in a step, or anywhere where there is no step.
  func digestContent(_ plan: StepPlan?) -> DigestContent {
    (plan?.content ?? everything).get {
      let allowed = bundle.tools.indices.filter { plan?.allowed[$0] ?? true }
      let requirements = Set(
        allowed.flatMap { requirementsByAction[$0] }.map { bundle.requirements[$0] }
          .filter { $0.mode == .enforce }.map(\.id))
      return DigestContent(
        actions: allowed.map { bundle.tools[$0].name }.sorted(),
        requirements: requirements.sorted())
    }
  }
}
