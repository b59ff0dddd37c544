import CEL
import PlumblineBundle
import PlumblineJSON
import Suggestions

extension Guard {
  /// Folds one event into a case: its new state, and the decision or findings it gives.
  public func step(_ state: inout CaseState, _ event: Event) -> StepOutput {
    withActivation { activation in
      var output = StepOutput()
      let isFirst = state.seq == 0
      state.seq += 1
      if isFirst { state.opened = event.time }
      var now = event.time
      if let clock = state.clock, now < clock {
        now = clock
        output.findings.append(
          invalid(
            "clock", "the event is from before the last one; it is taken at the case's clock",
            at: now))
      }
      state.clock = now
      // What a closed case still waited for was told when it closed.
      let overdue = state.isClosed ? [] : expire(&state.temporal, before: now)
      activation.reset(now: now)

      if isFirst {
        var named: String?
        if case .open(_, let workflow) = event.body { named = workflow }
        if let problem = begin(&state, at: now, workflow: named) {
          output.findings.append(invalid("workflow", problem, at: now))
        }
      }
      fold(&state, event, isFirst: isFirst, at: now, activation, &output)
      if case .message(let from, let text) = event.body {
        state.turnText = from == "agent" ? text : ""
      } else {
        state.turnText = ""
      }
      advance(&state, at: now, activation)
      for index in output.findings.indices { output.findings[index].time = now }
      output.findings.insert(contentsOf: overdue, at: 0)
      return output
    }
  }

  private func fold(
    _ state: inout CaseState, _ event: Event, isFirst: Bool, at now: Timestamp,
    _ activation: GuardActivation, _ output: inout StepOutput
  ) {
    switch event.body {
    case .propose(let proposal):
      output.decision = decide(&state, proposal, at: now, activation)
    case .result(let of, let outcome):
      foldResult(&state, of, outcome, at: now, activation, &output)
    case .message(let from, let text):
      foldMessage(&state, from, text, at: now, activation, &output)
    case .open(let data, _):
      if isFirst {
        if let data { learnCase(&state, data, complete: false, at: now, &output) }
      } else {
        output.findings.append(invalid("open", "the case is open already", at: now))
      }
    case .approve(let approval):
      guard let args = foldApproval(&state, approval, at: now, &output),
        approval.verdict == .approved
      else { break }
      let role = approval.role ?? ""
      observe(
        &state, temporalPlan.approvals[role] ?? temporalPlan.others, args: .record(args),
        name: "approval(\(role))", at: now, activation, &output)
    case .fact(let fact): foldFact(&state, fact, at: now, &output)
    case .enter(let step): foldEnter(&state, step, at: now, activation, &output)
    case .tick: break
    case .activity(let name, let data):
      var decoder = ContractDecoder()
      observe(
        &state, temporalPlan.activities[name] ?? temporalPlan.others,
        args: data.map { decoder.dynamic($0) } ?? .map(MapValue()), name: name, at: now,
        activation, &output)
    case .compacted: state.compactions += 1
    case .close(let outcome):
      if state.isClosed {
        output.findings.append(invalid("close", "the case is closed already", at: now))
      } else {
        closeTemporal(&state, at: now, &output)
      }
      state.isClosed = true
      state.outcome = outcome
    }
  }

  func invalid(_ rule: String, _ message: String, at now: Timestamp) -> Finding {
    Finding(rule: rule, category: .invalid, message: message, answer: .allow, time: now)
  }

  /// Puts a case at the start of its workflow; gives what is wrong with the choice.
  @discardableResult
  func begin(_ state: inout CaseState, at now: Timestamp, workflow: String?) -> String? {
    state.clock = now
    var problem: String?
    if let workflow {
      if let index = bundle.workflows.firstIndex(where: { $0.name == workflow }) {
        state.workflow = index
      } else {
        let near = Suggest.nearest(workflow, among: bundle.workflows.map(\.name))
        problem =
          "there is no workflow `\(workflow)`" + (near.map { "; did you mean `\($0)`?" } ?? "")
      }
    } else if bundle.workflows.count > 1 {
      problem = "the case opens none of the workflows: no step is checked"
    }
    // The only one is followed whatever it was called: a wrong name must not turn the steps off.
    if bundle.workflows.count == 1 { state.workflow = 0 }
    guard bundle.workflows.indices.contains(state.workflow) else { return problem }
    let declared = bundle.workflows[state.workflow]
    if let start = declared.steps.firstIndex(where: { $0.name == declared.start }) {
      enter(&state, start, seq: 0, at: now)
    }
    return problem
  }

  private func enter(_ state: inout CaseState, _ step: Int, seq: Int, at now: Timestamp) {
    state.stepIndex = step
    state.visit += 1
    state.entered = now
    state.enteredSeq = seq
  }

  /// Takes the first edge whose condition is definitely true, repeatedly, no step twice.
  private func advance(_ state: inout CaseState, at now: Timestamp, _ activation: GuardActivation) {
    guard var plan = step(of: state), !plan.edges.isEmpty else { return }
    let start = state.stepIndex
    var visited: Set<Int> = []
    while true {
      var target: Int?
      activation.reset(now: now)
      withUnsafePointer(to: state) { pointer in
        activation.state = pointer
        for (edge, condition) in zip(plan.edges, plan.conditions) {
          guard let condition, edge.to >= 0 else { continue }
          if case .yes = condition.test(activation) {
            target = edge.to
            break
          }
        }
        activation.state = nil
      }
      guard let target, target != start, visited.insert(target).inserted else { return }
      enter(&state, target, seq: state.seq, at: now)
      guard let next = step(of: state), !next.edges.isEmpty else { return }
      plan = next
    }
  }

  private func foldEnter(
    _ state: inout CaseState, _ name: String, at now: Timestamp, _ activation: GuardActivation,
    _ output: inout StepOutput
  ) {
    guard let plan = step(of: state) else {
      output.findings.append(
        invalid("enter", "the case has no workflow: there is no step `\(name)` to enter", at: now))
      return
    }
    func refuse(_ message: String) {
      output.findings.append(
        Finding(
          rule: "enter", category: .outOfStep, message: message,
          position: plan.declaration.position, answer: .allow, time: now))
    }
    guard let target = plan.workflow.steps.firstIndex(where: { $0.name == name }) else {
      let near = Suggest.nearest(name, among: plan.workflow.steps.map(\.name))
      refuse(
        "workflow `\(plan.workflow.name)` has no step `\(name)`"
          + (near.map { "; did you mean `\($0)`?" } ?? ""))
      return
    }
    activation.reset(now: now)
    let open = withUnsafePointer(to: state) { pointer in
      activation.state = pointer
      defer { activation.state = nil }
      return zip(plan.edges, plan.conditions).contains { edge, condition in
        guard edge.to == target else { return false }
        guard let condition else { return true }
        if case .yes = condition.test(activation) { return true }
        return false
      }
    }
    if open {
      enter(&state, target, seq: state.seq, at: now)
    } else {
      refuse("no open edge leads from step `\(plan.declaration.name)` to `\(name)`")
    }
  }

  private func decide(
    _ state: inout CaseState, _ proposal: Proposal, at now: Timestamp,
    _ activation: GuardActivation
  ) -> Decision {
    let seq = state.seq
    var judgement = withUnsafePointer(to: state) {
      judge(activation, $0, proposal, at: now)
    }
    attempt(&state, judgement, seq: seq, at: now, activation)
    let decision = withUnsafePointer(to: state) {
      self.decision(judgement, proposal, $0, seq: seq, at: now, activation)
    }
    if judgement.args == nil, judgement.action >= 0 {
      activation.action = judgement.action
      judgement.frozen = freeze(activation, isWellFormed: false)
    }
    let accepted = judgement.outcome <= .warn
    let action = judgement.action
    let args = judgement.args ?? unknownArguments(action)
    var argumentHash: String?
    if accepted {
      if !state.approvals.isEmpty || !judgement.usedConfirmations.isEmpty
        || !state.escalations.isEmpty
      {
        let hash = Hashing.arguments(args)
        argumentHash = hash
        // One allow, whether an escalation asked for the approval or a requirement looked at it.
        for index in state.approvals.indices
        where state.approvals[index].isValid(
          for: action, argumentHash: hash, visit: state.visit, agent: proposal.agent)
        {
          state.approvals[index].usedBy = seq
        }
        for message in judgement.usedConfirmations {
          state.usedConfirmations.append(
            UsedConfirmation(message: message, action: action, argumentHash: hash, proposal: seq))
        }
        state.escalations.removeAll { $0.argumentHash == hash && $0.action == proposal.action }
      }
    } else {
      if let denial = denial(judgement, proposal, seq: seq) { state.lastDenial = denial }
      if judgement.outcome == .escalate {
        let hash = Hashing.arguments(args)
        argumentHash = hash
        for finding in judgement.findings where !finding.shadow && finding.answer == .escalate {
          state.escalations.append(
            Escalation(
              seq: seq, action: proposal.action, role: finding.role ?? "", time: now,
              requirement: finding.requirement, argumentHash: hash))
        }
      }
    }
    let call = PendingCall(
      id: proposal.id, action: action, name: proposal.action, args: args, seq: seq, time: now,
      visit: state.visit, accepted: accepted,
      isRead: action >= 0 ? tools[action].actsAsRead : true, agent: proposal.agent,
      argumentHash: argumentHash, frozen: judgement.frozen,
      lifted: accepted ? judgement.lifted : [])
    if accepted, !call.isRead {
      shadow(&state, call, reason: .inFlight, at: now, activation)
    }
    state.pending.append(call)
    return decision
  }

  /// Arguments of which nothing is known, of a proposal that was malformed.
  func unknownArguments(_ action: Int) -> RecordValue {
    guard scope.argumentTypes.indices.contains(action) else {
      return RecordValue(type: ObjectType(name: "args", fields: []), slots: [])
    }
    let type = scope.argumentTypes[action]
    return RecordValue(
      type: type,
      slots: type.fields.map {
        .unknown(UnknownReason.absent.unknown("args.\($0.name)", source: nil))
      })
  }

  private func foldMessage(
    _ state: inout CaseState, _ from: String, _ text: String, at now: Timestamp,
    _ activation: GuardActivation, _ output: inout StepOutput
  ) {
    let isKnown = state.saidByTool == text && from == "agent"
    if let tools = messageTools[from], !isKnown {
      for tool in tools {
        judgeMessage(state, tool, text, at: now, activation, &output)
      }
    }
    state.saidByTool = nil
    if !isKnown {
      observe(
        &state, temporalPlan.messages[from] ?? temporalPlan.otherMessages,
        args: .map(StringMap([("text", .string(text))])), name: "message(\(from))", at: now,
        activation, &output)
    }
    // A message that a say has put there already does not stand twice.
    if !isKnown { say(&state, from, text) }
  }

  func say(_ state: inout CaseState, _ speaker: String, _ text: String) {
    state.messages.append(Message(speaker: speaker, text: text, seq: state.seq))
    if let slot = Speaker.slot(speaker) { state.said[slot] = text }
  }

  /// A message that was never proposed, as the say it should have been: findings only, no step check.
  private func judgeMessage(
    _ state: CaseState, _ tool: Int, _ text: String, at now: Timestamp,
    _ activation: GuardActivation, _ output: inout StepOutput
  ) {
    let type = scope.argumentTypes[tool]
    let args = RecordValue(
      type: type,
      slots: type.fields.map { field in
        if field.name == "text" { return .string(text) }
        return field.optional
          ? .absent : .unknown(UnknownReason.absent.unknown("args.\(field.name)", source: nil))
      })
    var judgement = Judgement()
    judgement.action = tool
    withUnsafePointer(to: state) { pointer in
      activation.reset(now: now)
      activation.state = pointer
      activation.action = tool
      activation.args = .record(args)
      let plan = actionPlan(tool)
      prepareClaims(activation, plan, nil)
      judgement.frozen = freeze(activation, isWellFormed: true)
      judgeRequirements(activation, plan, only: nil, &judgement)
      activation.state = nil
    }
    output.findings += judgement.findings
  }
}
