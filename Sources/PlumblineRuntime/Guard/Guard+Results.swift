import CEL
import PlumblineBundle
import PlumblineJSON

/// What a successful result changes, worked out before anything is changed.
private struct Changes {
  var touched: [FactTarget] = []
  var kept: [(target: FactTarget, record: RecordValue?)] = []
  var set: [(target: FactTarget, value: Value)] = []
  var learned: [(learn: ToolPlan.Learn, value: Value)] = []
}

extension Guard {
  func foldResult(
    _ state: inout CaseState, _ of: String, _ outcome: ResultOutcome, at now: Timestamp,
    _ activation: GuardActivation, _ output: inout StepOutput
  ) {
    guard let index = state.pending.lastIndex(where: { $0.id == of }) else {
      output.findings.append(
        invalid("result", "no unanswered proposal has the id `\(of)`", at: now))
      return
    }
    let call = state.pending[index]
    if !call.accepted, call.doubt == nil {
      output.findings.append(
        Finding(
          rule: "result", category: .bypassed,
          message: "`\(call.name)` was carried out although it was not allowed", answer: .allow,
          time: now))
    }
    guard call.action >= 0 else {
      state.pending.remove(at: index)
      return
    }
    switch outcome {
    case .failure(_, let effect):
      fail(&state, index, effect ?? (call.isRead ? .none : .unknown), at: now, activation)
    case .success(let node):
      succeed(&state, index, node, at: now, activation, &output)
    }
  }

  private func fail(
    _ state: inout CaseState, _ index: Int, _ effect: FailureEffect, at now: Timestamp,
    _ activation: GuardActivation
  ) {
    let call = state.pending[index]
    if effect == .none {
      // It did not happen: what it used comes back.
      for approval in state.approvals.indices where state.approvals[approval].usedBy == call.seq {
        state.approvals[approval].usedBy = nil
      }
      state.usedConfirmations.removeAll { $0.proposal == call.seq }
    }
    if effect == .none || call.isRead {
      settle(&state, index)
    } else {
      doubt(&state, index, .effectUnknown, at: now, activation)
    }
  }

  /// The call has its final result.
  private func settle(_ state: inout CaseState, _ index: Int) {
    let seq = state.pending[index].seq
    state.pending.remove(at: index)
    if !state.shadows.isEmpty { state.shadows.removeAll { $0.pending == seq } }
  }

  private func doubt(
    _ state: inout CaseState, _ index: Int, _ doubt: PendingCall.Doubt, at now: Timestamp,
    _ activation: GuardActivation
  ) {
    let call = state.pending[index].doubted(doubt)
    state.pending[index] = call
    state.shadows.removeAll { $0.pending == call.seq }
    shadow(&state, call, reason: .inDoubt, at: now, activation)
  }

  /// Makes unknown what a call may be changing.
  func shadow(
    _ state: inout CaseState, _ call: PendingCall, reason: UnknownReason, at now: Timestamp,
    _ activation: GuardActivation
  ) {
    let plan = toolPlan(call.action)
    guard plan.changesFacts else { return }
    var targets: [FactTarget] = []
    withUnsafePointer(to: state) { pointer in
      activation.reset(now: now)
      activation.state = pointer
      activation.resolving = call.seq
      activation.args = .record(call.args)
      activation.result = .unknown(UnknownReason.inFlight.unknown("result", source: nil))
      for keep in plan.keeps {
        if keep.each {
          targets.append(FactTarget(collection: keep.collection, key: nil, fields: []))
        } else {
          targets.append(
            FactTarget(
              collection: keep.collection, key: key(keep.key.value(activation)), fields: []))
        }
      }
      for target in plan.touches + plan.sets.map(\.target) {
        if let found = self.target(target, activation) { targets.append(found) }
      }
      activation.state = nil
    }
    for target in targets {
      state.shadows.append(
        FactShadow(
          pending: call.seq, collection: target.collection, key: target.key,
          fields: target.fields, reason: reason, settledBy: plan.settledBy))
    }
  }

  /// A key as text; nil where it is not known.
  private func key(_ value: Value) -> String? {
    switch value {
    case .string(let text): text
    case .int, .uint, .double, .bool, .date, .timestamp: ValueJSON.text(value)
    default: nil
    }
  }

  /// Where a path leads now; nil where it leads nowhere (a key known to be absent).
  private func target(_ target: ToolPlan.Target, _ activation: GuardActivation) -> FactTarget? {
    guard let condition = target.key else {
      return FactTarget(collection: target.collection, key: nil, fields: target.fields)
    }
    let value = condition.value(activation)
    if case .error(let error) = value, error.kind == .absent { return nil }
    if case .absent = value { return nil }
    guard let key = key(value) else {
      // Not known which: all of them may be meant.
      return FactTarget(collection: target.collection, key: nil, fields: [])
    }
    return FactTarget(collection: target.collection, key: key, fields: target.fields)
  }

  private func succeed(
    _ state: inout CaseState, _ index: Int, _ node: JSONNode, at now: Timestamp,
    _ activation: GuardActivation, _ output: inout StepOutput
  ) {
    let call = state.pending[index]
    let tool = tools[call.action]
    let plan = toolPlan(call.action)
    if !plan.fails.isEmpty, fails(state, call, plan, node, at: now, activation) {
      fail(&state, index, .none, at: now, activation)
      return
    }

    var decoder = ContractDecoder()
    let result: Value
    if let contract = plan.result {
      result =
        contract.optional && node.kind == .null ? .absent : decoder.decode(node, contract)
    } else {
      // Unchecked: what has no value here is an error where it is used.
      var loose = ContractDecoder()
      let value = loose.dynamic(node)
      result =
        loose.drifts.first.map { .error(EvaluationError(.range, "result \($0.message)")) } ?? value
    }
    for extra in decoder.extras.map(Self.withoutIndices) {
      let note = "`\(tool.name)` gives the field `\(extra)`, which its contract does not mention"
      if state.notedExtras.insert(note).inserted { output.notes.append(note) }
    }
    var drifts = decoder.drifts
    var asOf = call.time
    var changes = Changes()
    if drifts.isEmpty {
      withUnsafePointer(to: state) { pointer in
        activation.reset(now: now)
        activation.state = pointer
        activation.resolving = call.seq
        activation.action = call.action
        activation.args = .record(call.args)
        activation.result = result
        activation.agent = call.agent
        if let condition = plan.asOf {
          switch condition.value(activation) {
          case .timestamp(let time): asOf = min(time, now)
          case .error(let error) where error.kind == .absent: break
          default:
            drifts.append(
              Drift(
                path: "", expected: "a time for `as_of`", found: "none that can be read",
                nearest: nil))
          }
        }
        if drifts.isEmpty {
          checkEnsure(activation, call, &output)
          changes = self.changes(plan, call, asOf: asOf, activation)
        }
        activation.state = nil
      }
    }
    if !drifts.isEmpty {
      drift(&state, index, drifts, at: now, activation, &output)
      return
    }
    for (target, value) in changes.learned.map({ ($0.learn, $0.value) }) {
      learn(&state, target.slot, target.key, value, rule: "learns", at: now, &output)
    }
    apply(&state, changes, call, asOf: asOf)
    state.calls.append(
      CallRecord(
        action: call.action, args: call.args, result: result, time: now, seq: state.seq))
    settle(&state, index)
    escalateEnsured(&state, call, output, at: now)
    if let speaker = tool.message, tool.effect == .say,
      let slot = call.args.type.slot(of: "text"), case .string(let text) = call.args.slots[slot]
    {
      say(&state, speaker, text)
      state.saidByTool = text
    }
    observe(&state, call, result, at: now, activation, &output)
  }

  /// `items[].sku` for `items[3].sku`: a field of every element is one field.
  private static func withoutIndices(_ path: String) -> String {
    guard path.utf8.contains(0x5B) else { return path }
    var result = ""
    var isInside = false
    for character in path {
      if character == "]" { isInside = false }
      if !isInside { result.append(character) }
      if character == "[" { isInside = true }
    }
    return result
  }

  /// Whether the answer is an error in disguise.
  private func fails(
    _ state: CaseState, _ call: PendingCall, _ plan: ToolPlan, _ node: JSONNode,
    at now: Timestamp, _ activation: GuardActivation
  ) -> Bool {
    var loose = ContractDecoder()
    let raw = loose.dynamic(node)
    return withUnsafePointer(to: state) { pointer in
      activation.reset(now: now)
      activation.state = pointer
      activation.args = .record(call.args)
      activation.result = raw
      defer { activation.state = nil }
      return plan.fails.contains { condition in
        if case .bool(true) = condition.value(activation) { return true }
        return false
      }
    }
  }

  private func drift(
    _ state: inout CaseState, _ index: Int, _ drifts: [Drift], at now: Timestamp,
    _ activation: GuardActivation, _ output: inout StepOutput
  ) {
    let call = state.pending[index]
    let tool = bundle.tools[call.action]
    var messages = drifts.prefix(5).map(\.message)
    if drifts.count > 5 { messages.append("and \(drifts.count - 5) more") }
    output.findings.append(
      Finding(
        rule: "contract", category: .contractDrift,
        message: "the result of `\(tool.name)` breaks its contract: "
          + messages.joined(separator: "; "),
        fix: "it is not kept; bring the tool or its declared type in line",
        position: tool.position, answer: .allow, time: now))
    if !call.isRead {
      doubt(&state, index, .drift, at: now, activation)
      return
    }
    // What it would have replaced is unknown now.
    let plan = toolPlan(call.action)
    var targets: [FactTarget] = []
    withUnsafePointer(to: state) { pointer in
      activation.reset(now: now)
      activation.state = pointer
      activation.args = .record(call.args)
      activation.result = .unknown(UnknownReason.drift.unknown("result", source: nil))
      for keep in plan.keeps {
        targets.append(
          FactTarget(
            collection: keep.collection, key: keep.each ? nil : key(keep.key.value(activation)),
            fields: []))
      }
      activation.state = nil
    }
    for target in targets { forget(&state, target, .drift, isWrite: false) }
    settle(&state, index)
  }

  /// Everything a good result changes, looked up in the records as they were before.
  private func changes(
    _ plan: ToolPlan, _ call: PendingCall, asOf: Timestamp, _ activation: GuardActivation
  ) -> Changes {
    var changes = Changes()
    for target in plan.touches {
      if let found = self.target(target, activation) { changes.touched.append(found) }
    }
    for set in plan.sets {
      guard let found = target(set.target, activation) else { continue }
      if found.key == nil, found.collection >= 0 {
        changes.touched.append(found)
      } else {
        changes.set.append((found, set.value.value(activation)))
      }
    }
    let origin = RecordOrigin(
      asOf: asOf, tool: call.action, freshFor: tools[call.action].freshFor)
    for keep in plan.keeps {
      let elements: [Value]
      var isPartial = false
      if let source = keep.source {
        if case .list(let list) = source.value(activation) {
          elements = list.elements
          isPartial = list.missing != nil
        } else {
          elements = []
          isPartial = true
        }
      } else {
        elements = [activation.result]
      }
      for element in elements {
        if keep.each { activation.each = element }
        let key = key(keep.key.value(activation))
        var record: RecordValue?
        if case .record(let value) = element {
          record = RecordValue(type: value.type, slots: value.slots, origin: origin)
        }
        changes.kept.append(
          (
            FactTarget(collection: keep.collection, key: key, fields: []),
            key == nil ? nil : record
          ))
      }
      activation.each = .absent
      if isPartial {
        changes.touched.append(FactTarget(collection: keep.collection, key: nil, fields: []))
      }
    }
    for learn in plan.learns { changes.learned.append((learn, learn.value.value(activation))) }
    return changes
  }

  private func apply(
    _ state: inout CaseState, _ changes: Changes, _ call: PendingCall, asOf: Timestamp
  ) {
    for target in changes.touched { forget(&state, target, .touched, isWrite: !call.isRead) }
    for (target, record) in changes.kept {
      guard let key = target.key, let record else {
        forget(&state, target, .touched, isWrite: !call.isRead)
        continue
      }
      // A read proposed before the last write may have seen what was before it.
      let collection = state.collections[target.collection]
      let lastWrite = collection.lastWrite(to: key)
      if call.isRead, lastWrite.seq > call.seq { continue }
      store(
        &state, target.collection, key, record, lastWrite: call.isRead ? lastWrite : state.writing)
    }
    for (target, value) in changes.set { set(&state, target, value, asOf: asOf) }
  }

  private func checkEnsure(
    _ activation: GuardActivation, _ call: PendingCall, _ output: inout StepOutput
  ) {
    for requirement in actionPlan(call.action).requirements.sorted(by: { $0.rank < $1.rank }) {
      guard let condition = requirement.ensure else { continue }
      let verdict = condition.test(activation)
      if case .yes = verdict { continue }
      output.findings.append(
        finding(requirement, condition, verdict, rule: "ensure", activation))
    }
  }

  /// A broken post-condition that escalates is an open escalation.
  private func escalateEnsured(
    _ state: inout CaseState, _ call: PendingCall, _ output: StepOutput, at now: Timestamp
  ) {
    for finding in output.findings
    where finding.rule == "ensure" && finding.answer == .escalate && !finding.shadow {
      state.escalations.append(
        Escalation(
          seq: call.seq, action: call.name, role: finding.role ?? "", time: now,
          requirement: finding.requirement, argumentHash: Hashing.arguments(call.args)))
    }
  }
}
