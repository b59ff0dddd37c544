import PlumblineBundle
import PlumblineJSON

/// Calls: what is proposed, and what comes of it (semantics 7, 8, 12 and 31).
extension PlainFold {
  mutating func propose(_ proposal: PlainProposal) {
    let judge = PlainJudge(spec: spec, state: state, now: now)
    var judgement = judge.judge(proposal)
    let outcome = judgement.outcome
    output.decision = outcome.name
    output.findings += judgement.findings
    let tool = judgement.tool
    if let tool, let args = judgement.args, !state.isClosed {
      // The attempt itself; what it breaks stands in the decision.
      var view = view()
      view.args = .record(args)
      view.result = .unknown(Missing("result", .inFlight))
      let rules = rules
      for rule in spec.rules where rule.namesAttempt(tool.name) {
        let letter = rules.letter(
          rule, view, filter: judgement.filters[rule.number] ?? .yes, event: state.seq
        ) { if case .attempt(let names) = $0 { names.contains(tool.name) } else { false } }
        _ = consume(rule, letter, .record(args))
      }
    }
    if tool != nil, judgement.args == nil {
      // Nothing is known of arguments that are malformed.
      for rule in spec.rules where rule.requirement.when != nil {
        judgement.filters[rule.number] = .maybe
      }
    }
    let isAccepted = outcome.strength <= 1
    let args = judgement.args ?? unknownArguments(tool)
    if isAccepted, let tool {
      for place in state.validApprovals(tool.name, args, agent: proposal.agent) {
        state.approvals[place].usedBy = state.seq
      }
      for message in Set(judgement.confirmations) {
        state.confirmations.append(
          .init(message: message, action: tool.name, args: args, proposal: state.seq))
      }
      state.escalations.removeAll { $0.action == tool.name && $0.args == args }
    } else if case .escalate = outcome, let tool {
      state.escalations.append(.init(action: tool.name, args: args, time: now))
    }
    let call = PlainCase.Pending(
      id: proposal.id, action: tool?.name, args: args, seq: state.seq, time: now,
      visit: state.visit, isAccepted: isAccepted, isRead: tool?.actsAsRead ?? true, doubt: nil,
      agent: proposal.agent, filters: judgement.filters, reviewed: judgement.reviewed,
      answered: isAccepted ? judgement.answered : [])
    if isAccepted, !call.isRead { shade(call, .inFlight) }
    state.pending.append(call)
  }

  private func unknownArguments(_ tool: ToolDeclaration?) -> PlainRecord {
    PlainRecord(
      type: "args",
      fields: (tool?.arguments ?? []).map {
        .init($0.name, .unknown(Missing("args.\($0.name)", .absent)))
      })
  }

  /// Makes unknown what a call may be changing.
  private mutating func shade(_ call: PlainCase.Pending, _ reason: Missing.Reason) {
    guard let action = call.action, let tool = spec.tool(action) else { return }
    var view = view()
    view.resolving = call.seq
    view.args = .record(call.args)
    view.result = .unknown(Missing("result", .inFlight))
    var targets = tool.keeps.map { keep in
      PlainCase.Target(
        collection: keep.collection,
        key: keep.each != nil || keep.source != nil ? nil : Self.key(view.value(keep.key)),
        fields: [])
    }
    targets += ((tool.touches ?? []) + tool.sets.map(\.path)).compactMap { target($0, view) }
    for target in targets {
      state.shadows.append(
        .init(proposal: call.seq, target: target, reason: reason, settledBy: tool.settledBy))
    }
  }

  /// A key as text; nil where it is not known.
  private static func key(_ value: Plain) -> String? {
    switch value {
    case .string(let text): text
    case .int(let whole): String(whole)
    case .uint(let whole): String(whole)
    case .bool(let flag): String(flag)
    case .double(let number): JSON.double(number).description
    case .timestamp, .date:
      if case .string(let text)? = PlainLibrary.call("string", [value]) { text } else { nil }
    default: nil
    }
  }

  /// Where a path leads now; nil where it leads nowhere.
  private func target(_ path: FactPath, _ view: PlainView) -> PlainCase.Target? {
    guard let key = path.key else {
      return .init(collection: path.collection, key: nil, fields: path.fields)
    }
    let value = view.value(key)
    if case .error(let error) = value, error.kind == .absent { return nil }
    if case .absent = value { return nil }
    guard let text = Self.key(value) else {
      return .init(collection: path.collection, key: nil, fields: [])
    }
    return .init(collection: path.collection, key: text, fields: path.fields)
  }

  // MARK: - Results

  mutating func result(_ event: JSON) {
    guard let of = event["of"]?.string,
      let place = state.pending.lastIndex(where: { $0.id == of })
    else {
      report("result", .invalid)
      return
    }
    let call = state.pending[place]
    if !call.isAccepted, call.doubt == nil { report("result", .bypassed) }
    guard let action = call.action, let tool = spec.tool(action) else {
      state.pending.remove(at: place)
      return
    }
    if let error = event["error"] {
      let hasEffect: Bool
      switch error["effect"]?.string {
      case "none": hasEffect = false
      case "unknown": hasEffect = true
      default: hasEffect = !tool.actsAsRead
      }
      fail(call, hasEffect: hasEffect)
    } else {
      succeed(call, tool, event["result"] ?? .null)
    }
  }

  private mutating func settle(_ call: PlainCase.Pending) {
    state.pending.removeAll { $0.seq == call.seq }
    state.shadows.removeAll { $0.proposal == call.seq }
  }

  private mutating func fail(_ call: PlainCase.Pending, hasEffect: Bool) {
    if !hasEffect {
      // It did not happen: what it used comes back.
      for place in state.approvals.indices where state.approvals[place].usedBy == call.seq {
        state.approvals[place].usedBy = nil
      }
      state.confirmations.removeAll { $0.proposal == call.seq }
    }
    if !hasEffect || call.isRead { settle(call) } else { doubt(call, .effect) }
  }

  private mutating func doubt(_ call: PlainCase.Pending, _ doubt: PlainCase.Doubt) {
    guard let place = state.pending.firstIndex(where: { $0.seq == call.seq }) else { return }
    state.pending[place].doubt = doubt
    state.shadows.removeAll { $0.proposal == call.seq }
    shade(state.pending[place], .inDoubt)
  }

  private mutating func succeed(
    _ call: PlainCase.Pending, _ tool: ToolDeclaration, _ json: JSON
  ) {
    var view = view()
    view.resolving = call.seq
    view.args = .record(call.args)
    view.agent = call.agent
    view.action = tool.name
    var raw = PlainDecoder(spec.bundle.types)
    let untyped = raw.decode(json, as: .any)
    if !tool.fails.isEmpty {
      var own = self.view()
      own.args = .record(call.args)
      own.result = untyped
      if tool.fails.contains(where: { own.value($0) == .bool(true) }) {
        fail(call, hasEffect: false)
        return
      }
    }
    var isBroken = false
    var result = raw.drifts.isEmpty ? untyped : .failure("a result without a value")
    if let returns = tool.returns {
      var decoder = PlainDecoder(spec.bundle.types)
      if json == .null, decoder.isOptional(returns) {
        result = .absent
      } else {
        result = decoder.decode(json, as: returns)
        isBroken = !decoder.drifts.isEmpty
      }
    }
    var asOf = call.time
    view.result = result
    if !isBroken, let text = tool.asOf {
      switch view.value(text) {
      case .timestamp(let seconds, let nanos):
        asOf = min(PlainMoment(seconds: seconds, nanos: nanos), now)
      case .error(let error) where error.kind == .absent: break
      default: isBroken = true
      }
    }
    if isBroken {
      drift(call, tool)
      return
    }
    let judge = PlainJudge(spec: spec, state: state, now: now)
    for requirement in spec.requirements(of: tool) {
      guard let ensure = requirement.ensure else { continue }
      let verdict = view.implication(requirement.when, ensure, negated: false)
      guard let finding = judge.finding(requirement, verdict) else { continue }
      output.findings.append(finding)
      if finding.answer == "escalate", !finding.shadow {
        state.escalations.append(.init(action: tool.name, args: call.args, time: now))
      }
    }
    change(call, tool, view, result, asOf)
    state.calls.append(
      .init(action: tool.name, args: call.args, result: result, time: now, seq: state.seq))
    settle(call)
    if let speaker = tool.message, tool.effect == .say,
      case .string(let text)? = call.args["text"]
    {
      state.messages.append(.init(speaker: speaker, text: text, seq: state.seq))
      state.saidByTool = text
    }
    observe(
      args: .record(call.args), result: result, filters: call.filters, reviewed: call.reviewed,
      answered: call.answered
    ) { rule in
      if tool.actsAsRead, !rule.namesSuccess(tool) { return nil }
      return { PlainRule.isSuccess($0, tool) }
    }
  }

  /// A result that breaks its contract.
  private mutating func drift(_ call: PlainCase.Pending, _ tool: ToolDeclaration) {
    report("contract", .contractDrift)
    if !call.isRead {
      doubt(call, .drift)
      return
    }
    var view = view()
    view.args = .record(call.args)
    view.result = .unknown(Missing("result", .drift))
    for keep in tool.keeps {
      let key = keep.each != nil || keep.source != nil ? nil : Self.key(view.value(keep.key))
      state.forget(
        .init(collection: keep.collection, key: key, fields: []), .drift, by: nil, spec)
    }
    settle(call)
  }

  /// What a good result changes: everything is looked up in the facts as they were before.
  private mutating func change(
    _ call: PlainCase.Pending, _ tool: ToolDeclaration, _ view: PlainView, _ result: Plain,
    _ asOf: PlainMoment
  ) {
    let write: PlainCase.Written? = call.isRead ? nil : writing
    var touched = (tool.touches ?? []).compactMap { target($0, view) }
    var sets: [(PlainCase.Target, Plain)] = []
    for set in tool.sets {
      guard let place = target(set.path, view) else { continue }
      if place.key == nil, place.collection != "case" {
        touched.append(place)
      } else {
        sets.append((place, view.value(set.value)))
      }
    }
    var kept: [(PlainCase.Target, PlainRecord?)] = []
    for keep in tool.keeps {
      var elements = [result]
      var isWhole = true
      if let source = keep.source {
        if case .list(let found, let rest) = view.value(source) {
          elements = found
          isWhole = rest == nil
        } else {
          elements = []
          isWhole = false
        }
      }
      for element in elements {
        var own = view
        if let name = keep.each { own.each = (name, element) }
        var record: PlainRecord?
        if case .record(let found) = element {
          record = found
          record?.asOf = asOf
        }
        kept.append(
          (
            .init(
              collection: keep.collection, key: Self.key(own.value(keep.key)), fields: []),
            record
          ))
      }
      if !isWhole {
        touched.append(.init(collection: keep.collection, key: nil, fields: []))
      }
    }
    let learned = tool.learns.map { ($0.key, view.value($0.value)) }
    for (key, value) in learned { learn(key, value, "learns") }
    for place in touched { state.forget(place, .touched, by: write, spec) }
    for (place, record) in kept {
      guard let key = place.key, let record else {
        state.forget(place, .touched, by: write, spec)
        continue
      }
      let last = state.collections[place.collection]?.lastWrite(key)
      // It may have seen what was before the last write.
      if call.isRead, let last, last.seq > call.seq { continue }
      state.store(
        record, place.collection, key, freshFor: tool.freshFor, written: write ?? last)
    }
    for (place, value) in sets { state.set(place, value, asOf: asOf, by: writing, spec) }
  }
}
