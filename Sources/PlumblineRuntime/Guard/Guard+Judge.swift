public import CEL
import PlumblineBundle
import PlumblineJSON
import Suggestions

/// What judging one proposal came to, before anything is changed.
struct Judgement {
  var findings: [Finding] = []
  var outcome = Outcome.allow
  /// -1: no such tool.
  var action = -1
  /// nil where the arguments are malformed.
  var args: RecordValue?
  /// The events of the messages whose yes it uses.
  var usedConfirmations: [Int] = []
  /// What was found out about temporal rules, for the action's result.
  var frozen: FrozenTemporal?
  /// Requirements whose escalation an approval has answered.
  var lifted: Set<String> = []
}

extension Guard {
  /// Decides a proposal without changing the case. With `only`, these requirements alone are judged,
  /// and neither steps nor digests nor anything else.
  public func judge(
    _ state: CaseState, _ proposal: Proposal, at time: Timestamp, only: Set<String>? = nil
  ) -> Decision {
    let now = max(time, state.clock ?? time)
    if state.seq == 0 {
      var begun = state
      begin(&begun, at: now, workflow: nil)
      begun.seq = -1
      var first = judge(begun, proposal, at: time, only: only)
      first.seq = 1
      return first
    }
    if let deadline = state.temporal.deadline, deadline < now.instant, !state.isClosed {
      var later = state
      _ = expire(&later.temporal, before: now)
      return judge(later, proposal, at: time, only: only)
    }
    return withActivation { activation in
      let judgement = withUnsafePointer(to: state) {
        judge(activation, $0, proposal, at: now, only: only)
      }
      let next = state.seq + 1
      guard judgement.action >= 0, !temporalPlan.attempts[judgement.action].isEmpty else {
        return withUnsafePointer(to: state) { pointer in
          decision(judgement, proposal, pointer, seq: next, at: now, activation)
        }
      }
      var after = state
      attempt(&after, judgement, seq: next, at: now, activation)
      return withUnsafePointer(to: after) { pointer in
        decision(judgement, proposal, pointer, seq: next, at: now, activation)
      }
    }
  }

  /// Temporal rules take the proposal itself, where they speak of attempts.
  func attempt(
    _ state: inout CaseState, _ judgement: Judgement, seq: Int, at now: Timestamp,
    _ activation: GuardActivation
  ) {
    guard judgement.action >= 0, let args = judgement.args, !state.isClosed,
      !temporalPlan.attempts[judgement.action].isEmpty
    else { return }
    var temporal = state.temporal
    withUnsafePointer(to: state) { pointer in
      activation.state = pointer
      attempt(
        &temporal, judgement.action, args, judgement.frozen, seq: seq, at: now, activation)
      activation.state = nil
    }
    state.temporal = temporal
  }

  func decision(
    _ judgement: Judgement, _ proposal: Proposal, _ state: UnsafePointer<CaseState>, seq: Int,
    at time: Timestamp, _ activation: GuardActivation
  ) -> Decision {
    // The digest that is due after this answer: a denial is part of it.
    let identity = digestIdentity(
      state.pointee, lastDenial: denial(judgement, proposal, seq: seq) ?? state.pointee.lastDenial)
    var findings = judgement.findings
    for index in findings.indices where findings[index].rule == Self.digestRule {
      findings[index].fix = "read the digest `\(identity.digest)` and propose again"
    }
    return Decision(
      caseID: state.pointee.caseID, seq: seq, time: time, outcome: judgement.outcome,
      findings: findings, validUntil: activation.validUntil, identity: identity,
      key: IdempotencyKey(
        caseID: state.pointee.caseID, action: proposal.action, args: judgement.args,
        oncePer: judgement.action >= 0 ? tools[judgement.action].oncePer : []))
  }

  func judge(
    _ activation: GuardActivation, _ state: UnsafePointer<CaseState>, _ proposal: Proposal,
    at now: Timestamp, only: Set<String>? = nil
  ) -> Judgement {
    activation.reset(now: now)
    activation.state = state
    var judgement = Judgement()
    guard let action = scope.toolIndex[proposal.action] else {
      judgement.findings = [undeclared(proposal, at: now)]
      judgement.outcome = .deny
      return judgement
    }
    judgement.action = action
    guard let args = arguments(proposal, action, at: now, &judgement.findings) else {
      judgement.outcome = .deny
      return judgement
    }
    judgement.args = args
    activation.action = action
    activation.args = .record(args)
    activation.confidence = proposal.confidence
    activation.agent = proposal.agent
    activation.turnText = state.pointee.turnText
    if !checkClaims(proposal, action, at: now, &judgement.findings) {
      judgement.outcome = .deny
      return judgement
    }
    let plan = actionPlan(action)
    prepareClaims(activation, plan, proposal.claims)
    judgement.frozen = freeze(activation, isWellFormed: true)

    if only == nil {
      checkStep(action, state, at: now, &judgement.findings)
      checkDigest(action, proposal, state, at: now, &judgement.findings)
      checkOncePer(action, args, state, at: now, &judgement.findings)
      checkConfidence(action, proposal, state, at: now, &judgement.findings)
    }
    judgeRequirements(activation, plan, only: only, &judgement)
    if !judgement.findings.isEmpty {
      judgement.findings.removeAll { finding in
        if approval(answering: finding, activation) == nil { return false }
        if let requirement = finding.requirement { judgement.lifted.insert(requirement) }
        return true
      }
      // An approval counts only beside the agent's own name.
      if proposal.agent.map(ApprovalRecord.person)?.isEmpty ?? true {
        for index in judgement.findings.indices where judgement.findings[index].answer == .escalate
        {
          judgement.findings[index].fix = judgement.findings[index].fix.map {
            "name yourself in `agent`, then \($0)"
          }
        }
      }
      for finding in judgement.findings where !finding.shadow && finding.answer > judgement.outcome
      {
        judgement.outcome = finding.answer
      }
    }
    return judgement
  }

  static let digestRule = "digest"

  /// The denial that a judgement is; nil where it denies nothing, or only for its digest.
  func denial(_ judgement: Judgement, _ proposal: Proposal, seq: Int) -> Denial? {
    let denials = judgement.findings.filter {
      !$0.shadow && $0.answer == .deny && $0.category != .outdatedDigest
    }
    if denials.isEmpty { return nil }
    return Denial(
      seq: seq, action: proposal.action,
      findings: denials.map {
        .init(
          name: $0.requirement ?? $0.rule, category: $0.category, message: $0.message, fix: $0.fix)
      })
  }

  private func undeclared(_ proposal: Proposal, at now: Timestamp) -> Finding {
    let near = Suggest.nearest(proposal.action, among: bundle.tools.map(\.name))
    return Finding(
      rule: "declared", category: .undeclared,
      message: "there is no action `\(proposal.action)`",
      fix: near.map { "did you mean `\($0)`?" }, time: now)
  }

  /// The typed arguments, or nil and the findings that say what is wrong with them.
  private func arguments(
    _ proposal: Proposal, _ action: Int, at now: Timestamp, _ findings: inout [Finding]
  ) -> RecordValue? {
    func invalid(_ message: String, _ fix: String? = nil) {
      findings.append(
        Finding(
          rule: "args", category: .invalid, message: message, fix: fix,
          position: bundle.tools[action].position, time: now))
    }
    if let problem = proposal.malformed {
      invalid(problem)
      return nil
    }
    let plan = argumentPlans[action]
    if let values = proposal.values {
      if takesValues[action], values.count == plan.slotCount {
        return RecordValue(type: plan.type, slots: values)
      }
      invalid("the arguments came as values, which are not held to what is asked of them")
      return nil
    }
    var decoder = ContractDecoder()
    let value: Value
    if let node = proposal.args {
      value = decoder.record(node, plan, nil, "")
    } else {
      let required = plan.fields.filter { !$0.plan.optional }
      for field in required { invalid("argument `\(field.name)` is missing") }
      if !required.isEmpty { return nil }
      value = .record(
        RecordValue(type: plan.type, slots: plan.type.fields.map { _ in .absent }))
    }
    if decoder.drifts.isEmpty, decoder.extras.isEmpty, case .record(let record) = value {
      return record
    }
    for drift in decoder.drifts { invalid("argument \(drift.message)") }
    for extra in decoder.extras {
      // Within arguments too: what nobody declared would be carried out unseen.
      let near = Suggest.nearest(extra, among: plan.fields.map(\.name))
      invalid(
        "`\(tools[action].name)` has no argument `\(extra)`", near.map { "did you mean `\($0)`?" })
    }
    if findings.isEmpty, case .record(let record) = value { return record }
    return nil
  }

  private func checkStep(
    _ action: Int, _ state: UnsafePointer<CaseState>, at now: Timestamp,
    _ findings: inout [Finding]
  ) {
    if state.pointee.isClosed {
      findings.append(
        Finding(
          rule: "step", category: .outOfStep, message: "the case is closed", time: now))
      return
    }
    guard let plan = step(state.pointee.workflow, state.pointee.stepIndex), !plan.allowed[action]
    else { return }
    let tool = tools[action]
    let step = plan.declaration
    var message = "`\(tool.name)` is not allowed in step `\(step.name)`"
    if step.final {
      message = "step `\(step.name)` is final: nothing is allowed in it"
    } else if let actor = step.actor, !tool.actsAsRead {
      message = "in step `\(step.name)` `\(actor)` acts; the agent may only read"
    }
    let open =
      step.final ? [] : step.tools.filter { scope.toolIndex[$0].map { plan.allowed[$0] } ?? false }
    findings.append(
      Finding(
        rule: "step", category: .outOfStep, message: message,
        fix: open.isEmpty
          ? nil : "allowed here: \(open.map { "`\($0)`" }.joined(separator: ", "))",
        position: step.position, time: now))
  }

  private func checkDigest(
    _ action: Int, _ proposal: Proposal, _ state: UnsafePointer<CaseState>, at now: Timestamp,
    _ findings: inout [Finding]
  ) {
    let byStep =
      step(state.pointee.workflow, state.pointee.stepIndex)?.digestRequired ?? false
    guard byStep || (bundle.digestRequired && tools[action].effect == .write) else { return }
    let current = digestIdentity(state.pointee).digest
    if proposal.digest == current { return }
    findings.append(
      Finding(
        rule: Self.digestRule, category: .outdatedDigest,
        message: proposal.digest == nil
          ? "the proposal names no digest" : "the digest is not the current one", time: now))
  }

  private func checkOncePer(
    _ action: Int, _ args: RecordValue, _ state: UnsafePointer<CaseState>, at now: Timestamp,
    _ findings: inout [Finding]
  ) {
    if tools[action].oncePer.isEmpty { return }
    let tool = bundle.tools[action]
    var problem: String?
    var fix: String?
    for call in state.pointee.calls where call.action == action {
      if ArgumentKeys.equal(tool.oncePer, args, call.args) != false {
        problem = "`\(tool.name)` was done already"
      }
    }
    if problem == nil {
      for call in state.pointee.pending where call.action == action && call.isOpen {
        if ArgumentKeys.equal(tool.oncePer, args, call.args) == false { continue }
        problem =
          call.doubt == nil
          ? "`\(tool.name)` is in flight: whether it was done is in doubt"
          : "whether `\(tool.name)` was done already is in doubt"
        fix = tool.settledBy.map { "`\($0)` tells whether it happened" }
      }
    }
    guard let problem else { return }
    let keys = tool.oncePer.map { "`\($0)`" }.joined(separator: ", ")
    findings.append(
      Finding(
        rule: "once_per", category: .duplicate, message: "\(problem) with this \(keys)", fix: fix,
        position: tool.position,
        evidence: tool.oncePer.compactMap { key in
          guard let slot = args.type.slot(of: key) else { return nil }
          var value = ValueJSON.json(args.slots[slot], redact: redaction)
          if args.type.fields[slot].sensitive {
            value = ValueJSON.hide(args.slots[slot], redaction)
          }
          if key == "text", tool.message != nil { value = .string(ValueMask.Kind.message.words) }
          return Evidence(path: "args.\(key)", value: value, source: nil, asOf: nil)
        },
        groundBy: fix == nil ? [] : [tool.settledBy].compactMap { $0 }, time: now))
  }

  private func checkConfidence(
    _ action: Int, _ proposal: Proposal, _ state: UnsafePointer<CaseState>, at now: Timestamp,
    _ findings: inout [Finding]
  ) {
    guard let plan = step(state.pointee.workflow, state.pointee.stepIndex),
      let rule = plan.confidence
    else { return }
    let effect = tools[action].effect
    guard effect == .write || effect == .say else { return }
    if let confidence = proposal.confidence, confidence >= rule.below { return }
    let (answer, role) = Self.answer(rule.then)
    findings.append(
      Finding(
        rule: "confidence", category: .lowConfidence,
        message: proposal.confidence == nil
          ? "the proposal says no confidence"
          : "the confidence is below \(ValueJSON.text(rule.below))",
        fix: Self.fix(answer, role), position: plan.declaration.position,
        evidence: [
          Evidence(
            path: "confidence", value: proposal.confidence.map { .double($0) } ?? .null,
            source: nil, asOf: nil)
        ], role: role, answer: answer, time: now))
  }

  static func answer(_ answer: Answer) -> (Outcome, role: String?) {
    switch answer {
    case .deny: (.deny, nil)
    case .escalate(let role): (.escalate, role)
    case .warn: (.warn, nil)
    }
  }

  static func fix(_ answer: Outcome, _ role: String?) -> String? {
    guard answer == .escalate, let role else { return nil }
    return "have `\(role)` approve it, then propose it again unchanged"
  }

  /// The valid approval that lifts a finding's escalation; nil where there is none.
  func approval(answering finding: Finding, _ activation: GuardActivation) -> ApprovalRecord? {
    guard finding.answer == .escalate, !finding.shadow, let role = finding.role,
      let state = activation.state, !state.pointee.approvals.isEmpty,
      case .record(let args) = activation.args
    else { return nil }
    let hash = Hashing.arguments(args)
    let within = temporalPlan.approvalWindow(of: finding, role: role)
    return state.pointee.approvals.last { approval in
      if let within, activation.now.instant - approval.time.instant > within { return false }
      return approval.role == role
        && approval.isValid(
          for: activation.action, argumentHash: hash, visit: state.pointee.visit,
          agent: activation.agent)
    }
  }

  /// Claims of the proposal's own that nobody declared, or that come twice, are malformed.
  private func checkClaims(
    _ proposal: Proposal, _ action: Int, at now: Timestamp, _ findings: inout [Finding]
  ) -> Bool {
    guard let own = proposal.claims else { return true }
    let tool = bundle.tools[action]
    let names = tool.claims.map(\.name)
    var seen: Set<String> = []
    let before = findings.count
    own.eachMember { key, _ in
      let name = key.string ?? ""
      let isNew = seen.insert(name).inserted
      if names.contains(name), isNew { return }
      let near = names.contains(name) ? nil : Suggest.nearest(name, among: names)
      findings.append(
        Finding(
          rule: "claims", category: .invalid,
          message: isNew
            ? "`\(tool.name)` has no claim `\(name)`" : "the claim `\(name)` is there twice",
          fix: near.map { "did you mean `\($0)`?" }, position: tool.position, time: now))
    }
    return findings.count == before
  }

  /// What the text asserts: pattern hits and what the proposal says itself.
  func prepareClaims(
    _ activation: GuardActivation, _ plan: ActionPlan, _ own: JSONNode?
  ) {
    guard tools[activation.action].hasClaims, let type = scope.claimTypes[activation.action] else {
      return
    }
    let declared = bundle.tools[activation.action].claims
    var slots: [Value] = []
    slots.reserveCapacity(declared.count)
    let plans = claimPlans[activation.action]
    for (index, (claim, condition)) in zip(declared, plan.claims).enumerated() {
      let hit = condition.value(activation)
      var said: JSONNode?
      own?.eachMember { key, value in
        if said == nil, key.isText(claim.name) { said = value }
      }
      slots.append(union(hit, said, plans[index], isBool: claim.type == .bool, claim.name))
    }
    activation.claims = .record(RecordValue(type: type, slots: slots))
  }

  private func union(
    _ hit: Value, _ said: JSONNode?, _ plan: DecodePlan, isBool: Bool, _ name: String
  ) -> Value {
    if isBool {
      // Whatever fails claims it.
      guard case .bool(false) = hit else { return .bool(true) }
      guard let said, said.kind != .null else { return .bool(false) }
      return .bool(said.bool ?? true)
    }
    let unreadable = Value.unknown(
      UnknownReason.unreadable.unknown("claims.\(name)", source: nil))
    guard case .list(let hits) = hit, hits.missing == nil else { return unreadable }
    guard let said, said.kind != .null else { return hit }
    var decoder = ContractDecoder()
    guard case .list(let own) = decoder.decode(said, plan), decoder.drifts.isEmpty,
      own.missing == nil
    else { return unreadable }
    var elements = hits.elements
    for value in own.elements
    where !elements.contains(where: { ArgumentKeys.equal($0, value) == true }) {
      elements.append(value)
    }
    return .list(ListValue(elements))
  }
}
