public import CEL
import PlumblineBundle
import PlumblineJSON

extension Guard {
  /// Explains what becomes of an event in the state before it; nil where it proposes nothing.
  public func explain(_ state: CaseState, _ event: Event) -> Explanation? {
    guard case .propose(let proposal) = event.body else { return nil }
    return explain(state, proposal, at: event.time)
  }

  /// Explains what becomes of a proposal in the state before it. Changes nothing.
  public func explain(_ state: CaseState, _ proposal: Proposal, at time: Timestamp) -> Explanation {
    var state = state
    let now = max(time, state.clock ?? time)
    if state.seq == 0 { begin(&state, at: now, workflow: nil) }
    let before = state
    return withActivation { activation in
      withUnsafePointer(to: before) { pointer in
        let judgement = judge(activation, pointer, proposal, at: now)
        let decision = decision(
          judgement, proposal, pointer, seq: before.seq + 1, at: now, activation)
        let rules =
          judgement.args == nil ? [] : explainRules(judgement, activation)
        return Explanation(
          decision: decision, action: proposal.action,
          arguments: judgement.args.map { shown($0, judgement.action) }, rules: rules)
      }
    }
  }

  /// Arguments as they may be shown.
  private func shown(_ args: RecordValue, _ action: Int) -> JSON {
    var json = ValueJSON.json(.record(args))
    if bundle.tools.indices.contains(action), bundle.tools[action].message != nil,
      json["text"] != nil
    {
      json["text"] = .string("(text of the message)")
    }
    return json
  }

  private func explainRules(_ judgement: Judgement, _ activation: GuardActivation)
    -> [Explanation.Rule]
  {
    let plan = actionPlan(judgement.action)
    var failing: Set<Int> = []
    var rules: [(rank: Int, rule: Explanation.Rule)] = []
    for requirement in plan.requirements {
      let missingNeeds = requirement.needs.contains { failing.contains($0) }
      var builder = RuleBuilder(guardian: self, requirement: requirement, activation: activation)
      if missingNeeds {
        builder.status = .notJudged
        builder.note =
          "a requirement that it needs fails: "
          + requirement.declaration.needs.joined(separator: ", ")
      } else {
        builder.judge(judgement)
      }
      let held = [.satisfied, .notApplicable, .approved].contains(builder.status)
      if !held, builder.status != .elsewhere, !requirement.shadow {
        failing.insert(requirement.rank)
      }
      rules.append((requirement.rank, builder.made()))
    }
    return rules.sorted { $0.rank < $1.rank }.map(\.rule)
  }
}

/// Explains one requirement.
private struct RuleBuilder {
  let guardian: Guard
  let requirement: RequirementPlan
  let activation: GuardActivation
  var status = Explanation.Rule.Status.satisfied
  var note: String?
  private var findings: [Finding] = []
  private var parts: [Explanation.Part] = []
  private var known: [Evidence] = []
  private var missing: [Explanation.Missing] = []
  private var events: [Explanation.TemporalEvent] = []

  init(guardian: Guard, requirement: RequirementPlan, activation: GuardActivation) {
    self.guardian = guardian
    self.requirement = requirement
    self.activation = activation
  }

  func made() -> Explanation.Rule {
    let rule = requirement.declaration
    return Explanation.Rule(
      id: rule.id, statement: rule.statement, source: rule.source, position: rule.position,
      status: status, isShadow: requirement.shadow, findings: findings, note: note, parts: parts,
      known: known, missing: missing, events: events)
  }

  mutating func judge(_ judgement: Judgement) {
    findings = judgement.findings.filter { $0.requirement == requirement.declaration.id }
    var failed = false
    var applies = true
    if let condition = requirement.condition {
      switch condition.test(activation) {
      case .yes: applies = explain(condition)
      case .no, .unknown, .error:
        failed = true
        _ = explain(condition)
      }
    }
    if let confirmation = requirement.confirmation {
      failed = explain(confirmation) || failed
      if let when = confirmation.when, case .no = when.test(activation) { applies = false }
    }
    for question in requirement.temporal { explain(question, judgement) }
    if failed || !findings.isEmpty {
      // A finding that is gone was lifted by an approval.
      status = findings.isEmpty ? .approved : .failed
    } else if requirement.condition == nil, requirement.confirmation == nil,
      requirement.temporal.isEmpty
    {
      status = .elsewhere
      note =
        requirement.ensure != nil
        ? "It is judged on the action's result."
        : "It speaks of what has to come later, not of this proposal."
    } else if !applies {
      status = .notApplicable
    }
  }

  /// Adds the parts of `!(when) || (require)`. Gives whether `when` lets it apply.
  private mutating func explain(_ condition: Condition) -> Bool {
    guard let checked = condition.checked else {
      note = "The condition cannot be read: \(condition.problem ?? "")"
      return true
    }
    let trace = ExpressionTrace(checked, condition, guardian, activation)
    let rule = requirement.declaration
    var body = checked.root
    var applies = true
    if rule.when != nil, case .call("_||_", nil, let sides) = body.kind, sides.count == 2,
      case .call("!_", nil, let inner) = sides[0].kind, let when = inner.first
    {
      if let tree = trace.tree(when) { parts.append(.init(key: "when", expression: tree)) }
      if case .bool(false)? = trace.value(when) { applies = false }
      body = sides[1]
    }
    var key = "require"
    if rule.negated, case .call("!_", nil, let inner) = body.kind, let forbidden = inner.first {
      body = forbidden
      key = "forbid"
    }
    if let tree = trace.tree(body) { parts.append(.init(key: key, expression: tree)) }
    add(trace, condition)
    return applies
  }

  /// Says how a temporal rule stands on the proposal, and what its filter came to.
  private mutating func explain(_ question: TemporalQuestion, _ judgement: Judgement) {
    if requirement.condition == nil, requirement.confirmation == nil,
      let when = (question.success ?? question.attempt)?.when
    {
      add("when", when)
    }
    let state = guardian.describe(question, judgement.frozen, activation)
    note = note.map { "\($0) \(state.text)" } ?? state.text
    // Rules of one requirement may name the same events.
    for event in state.events where !events.contains(event) { events.append(event) }
    events.sort { $0.seq < $1.seq }
  }

  /// Adds what was asked of the conversation. Gives whether the confirmation fails.
  private mutating func explain(_ confirmation: ConfirmationPlan) -> Bool {
    if let when = confirmation.when, requirement.condition == nil {
      add("when", when)
      if case .no = when.test(activation) { return false }
    }
    for list in confirmation.lists { add("confirmed.lists", list) }
    switch guardian.confirm(activation, confirmation) {
    case .confirmed:
      note = "Confirmed: the agent listed the values, then the \(confirmation.speaker) agreed."
      return false
    case .refused(let reason, _): note = "Not confirmed: \(reason)."
    case .unknown(let unknown):
      note = "Whether it is confirmed is not known."
      add(guardian.shown(unknown, of: confirmation.lists, activation).attributes)
    case .error(let error):
      let shown = confirmation.lists.map { guardian.shown(error, of: $0, activation) }
      note =
        "The confirmation cannot be evaluated: "
        + "\(shown.first { $0 != error.message } ?? error.message)."
    }
    return true
  }

  private mutating func add(_ key: String, _ condition: Condition) {
    guard let checked = condition.checked else { return }
    let trace = ExpressionTrace(checked, condition, guardian, activation)
    if let tree = trace.tree(checked.root) { parts.append(.init(key: key, expression: tree)) }
    add(trace, condition)
  }

  /// The facts that were read, and those that were not known.
  private mutating func add(_ trace: ExpressionTrace, _ condition: Condition) {
    for fact in guardian.evidence(condition, activation)
    where fact.value != .null && !known.contains(where: { $0.path == fact.path }) {
      known.append(fact)
    }
    add(trace.unknowns)
  }

  private mutating func add(_ unknowns: [Unknown.Attribute]) {
    for attribute in unknowns where !missing.contains(where: { $0.path == attribute.path }) {
      missing.append(
        .init(
          path: attribute.path,
          reason: (UnknownReason(rawValue: attribute.reason) ?? .neverRead).phrase,
          asOf: attribute.asOf, groundBy: guardian.grounding(attribute)))
    }
  }
}
