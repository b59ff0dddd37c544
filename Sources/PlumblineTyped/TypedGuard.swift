public import CEL
public import PlumblineJSON
public import PlumblineRuntime

/// One case before the guard of a spec, in the spec's own types. A value: a copy is another future of it.
///
///     var desk = Refund.Guard(case: .init(orderID: "o-1"))
///     desk.propose(.getOrder(orderID: "o-1"))
///     desk.observe(.getOrder(order))
///     let decision = desk.propose(.issueRefund(orderID: "o-1", amount: 20, reason: "late"))
///
/// Each call is one event, folded by the same `PlumblineRuntime.Guard` that replays traces: its decisions
/// are those, byte for byte. An event that is given no time happens now.
public struct TypedGuard<Spec: TypedSpec>: Sendable {
  /// The guard that decides.
  public let engine: Guard
  /// All that is known of the case.
  public private(set) var state: CaseState
  /// What the last event gave.
  public private(set) var lastOutput = StepOutput()
  private var unanswered: [Spec.Action: String] = [:]
  private var proposals = 0

  /// Opens a case.
  /// - Parameters:
  ///   - data: what is known of it.
  ///   - id: the case's name in decisions.
  ///   - workflow: the workflow it follows; needed where the spec has several.
  ///   - engine: another guard of the same spec, as one with a key for sensitive values.
  public init(
    case data: Spec.Case, id: String = "case", workflow: Spec.Workflow? = nil,
    at time: Timestamp? = nil, engine: Guard = Spec.embedded.engine
  ) {
    self.engine = engine
    state = engine.open(id)
    fold(.open(data: Self.node(data.specJSON), workflow: workflow?.rawValue), at: time)
  }

  /// The step the case is in; nil where there is none.
  public var step: Spec.Step? { engine.stepName(of: state).flatMap { Spec.Step(rawValue: $0) } }

  /// The identity of the digest that is due.
  public var digest: String { engine.digest(of: state) }

  /// Folds any event of the trace format.
  @discardableResult
  public mutating func fold(_ body: Event.Body, at time: Timestamp? = nil) -> StepOutput {
    lastOutput = engine.step(
      &state, Event(caseID: state.caseID, time: time ?? SystemClock.now, body: body))
    return lastOutput
  }

  /// Asks whether an action may be done; what is allowed counts as under way until it is observed.
  /// - Parameter id: what a result names it by; made up where there is none.
  @discardableResult
  public mutating func propose(
    _ proposal: Spec.Proposal, id: String? = nil, confidence: Double? = nil,
    digest: String? = nil, agent: String? = nil, at time: Timestamp? = nil
  ) -> Decision {
    proposals += 1
    let action = proposal.action
    let name = id ?? "p\(proposals)"
    unanswered[action] = name
    var made = call(proposal)
    made.id = name
    made.confidence = confidence
    made.digest = digest
    made.agent = agent
    let output = fold(.propose(made), at: time)
    guard let decision = output.decision else {
      // INVARIANT: the fold decides every proposal.
      preconditionFailure("the guard gave no decision")
    }
    return decision
  }

  /// What would be decided now, without a trace in the case.
  public func judge(_ proposal: Spec.Proposal, at time: Timestamp? = nil) -> Decision {
    engine.judge(state, call(proposal), at: time ?? SystemClock.now)
  }

  /// What an action gave back.
  /// - Parameter id: the proposal it answers; else the last one of that action.
  /// - Returns: what is wrong with it.
  @discardableResult
  public mutating func observe(
    _ observation: Spec.Observation, of id: String? = nil, at time: Timestamp? = nil
  ) -> [Finding] {
    observe(observation.result, of: observation.action, id: id, at: time)
  }

  /// What an action gave back, as it came: held to its contract by the guard.
  @discardableResult
  public mutating func observe(
    _ answer: JSON, of action: Spec.Action, id: String? = nil, at time: Timestamp? = nil
  ) -> [Finding] {
    let outcome: ResultOutcome =
      Self.node(answer).map { .success($0) }
      ?? .failure(message: "the answer holds a number that JSON cannot write", effect: nil)
    return fold(.result(of: answered(action, id), outcome), at: time).findings
  }

  /// An action failed.
  /// - Parameter effect: whether it may have changed something; unknown for a write that says nothing.
  @discardableResult
  public mutating func failed(
    _ action: Spec.Action, _ message: String, effect: FailureEffect? = nil, of id: String? = nil,
    at time: Timestamp? = nil
  ) -> [Finding] {
    fold(.result(of: answered(action, id), .failure(message: message, effect: effect)), at: time)
      .findings
  }

  /// Somebody said something.
  @discardableResult
  public mutating func heard(
    from speaker: String, _ text: String, at time: Timestamp? = nil
  ) -> [Finding] {
    fold(.message(from: speaker, text: text), at: time).findings
  }

  /// A reviewer's verdict on an action with its arguments.
  @discardableResult
  public mutating func review(
    _ proposal: Spec.Proposal, by reviewer: String, role: String,
    verdict: ApprovalEvent.Verdict = .approved, at time: Timestamp? = nil
  ) -> [Finding] {
    fold(
      .approve(
        ApprovalEvent(
          action: proposal.action.rawValue, args: Self.node(proposal.arguments), by: reviewer,
          role: role, verdict: verdict)), at: time
    ).findings
  }

  private mutating func answered(_ action: Spec.Action, _ id: String?) -> String {
    let latest = unanswered.removeValue(forKey: action)
    return id ?? latest ?? action.rawValue
  }

  private func call(_ proposal: Spec.Proposal) -> Proposal {
    if engine.takesValues(action: proposal.action.rawValue), let values = proposal.values {
      var made = Proposal(action: proposal.action.rawValue)
      made.values = values
      return made
    }
    let args = Self.node(proposal.arguments)
    return Proposal(
      action: proposal.action.rawValue, args: args,
      malformed: args == nil ? "`args` hold a number that JSON cannot write" : nil)
  }

  /// The value as the guard reads it; nil where it holds an infinity, which JSON cannot write.
  private static func node(_ value: JSON) -> JSONNode? { try? JSONNode.make(from: value) }
}
