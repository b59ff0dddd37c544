import PlumblineBundle
import PlumblineJSON

/// A case folded event by event, from the beginning (semantics 1 to 8, 12, 15, 16, 29 to 31).
struct PlainFold {
  let spec: PlainSpec
  private(set) var state: PlainCase
  private var output = PlainOutput()
  private var now = PlainMoment(seconds: 0)

  init(_ spec: PlainSpec) {
    self.spec = spec
    state = PlainCase(spec)
  }

  private mutating func report(_ name: String, _ category: FindingCategory) {
    output.findings.append(PlainFinding(name, category, at: now))
  }

  private func view() -> PlainView { PlainView(spec, state, at: now) }
  private var rules: PlainRules { PlainRules(spec, state, at: now) }
  private var writing: PlainCase.Written { .init(seq: state.seq, time: now) }

  mutating func take(_ event: JSON) -> PlainOutput {
    output = PlainOutput()
    state.seq += 1
    let time = Self.moment(event["time"]) ?? PlainMoment(seconds: 0)
    now = time
    if let clock = state.clock, time < clock {
      now = clock
      report("clock", .invalid)
    }
    let overdue = state.clock.map { rules.overdue(since: $0) } ?? []
    let isFirst = state.clock == nil
    state.clock = now
    let type = event["type"]?.string ?? ""
    if isFirst { begin(type == "open" ? event["workflow"]?.string : nil) }
    fold(type, event, isFirst: isFirst)
    let text = event["text"]?.string ?? ""
    state.turnText = type == "message" && event["from"]?.string == "agent" ? text : ""
    advance()
    output.findings += overdue
    output.step = state.step?.name
    output.obligations = rules.obligations()
    return output
  }

  static func moment(_ json: JSON?) -> PlainMoment? {
    guard let text = json?.string,
      case .timestamp(let seconds, let nanos)? = PlainTimeText.timestamp(text)
    else { return nil }
    return PlainMoment(seconds: seconds, nanos: nanos)
  }

  private mutating func fold(_ type: String, _ event: JSON, isFirst: Bool) {
    switch type {
    case "open":
      if isFirst {
        if let data = event["data"], data != .null { learnCase(data) }
      } else {
        report("open", .invalid)
      }
    case "propose": propose(PlainProposal(event))
    case "result": result(event)
    case "message": message(event["from"]?.string ?? "", event["text"]?.string ?? "")
    case "approve": approve(event)
    case "fact": fact(event)
    case "enter": enter(named: event["step"]?.string ?? "")
    case "activity":
      let name = event["name"]?.string ?? ""
      var decoder = PlainDecoder(spec.bundle.types)
      let data = event["data"].flatMap { $0 == .null ? nil : $0 }
      let args = data.map { decoder.decode($0, as: .any) } ?? .map([], rest: nil)
      observe(args: args, result: .absent) { _ in { $0 == .activity(name) } }
    case "close":
      if state.isClosed {
        report("close", .invalid)
      } else {
        output.findings += rules.closing()
      }
      state.isClosed = true
    default: break
    }
  }

  // MARK: - Steps

  private mutating func begin(_ name: String?) {
    let workflows = spec.bundle.workflows
    if let name {
      state.workflow = workflows.first { $0.name == name }
      if state.workflow == nil { report("workflow", .invalid) }
    } else if workflows.count == 1 {
      state.workflow = workflows[0]
    } else if workflows.count > 1 {
      report("workflow", .invalid)
    }
    if let workflow = state.workflow,
      let start = workflow.steps.first(where: { $0.name == workflow.start })
    {
      enter(start, at: 0)
    }
  }

  private mutating func enter(_ step: StepDeclaration, at seq: Int) {
    state.step = step
    state.visit += 1
    state.entered = now
    state.enteredSeq = seq
  }

  /// Takes the first edge whose condition is true, again and again, no step twice.
  private mutating func advance() {
    guard let start = state.step?.name else { return }
    var visited: Set<String> = [start]
    while let step = state.step {
      let view = view()
      let edge = step.next.first { edge in
        edge.when.map { view.test($0) == .bool(true) } ?? false
      }
      guard let edge, let target = state.workflow?.steps.first(where: { $0.name == edge.to }),
        visited.insert(target.name).inserted
      else { return }
      enter(target, at: state.seq)
    }
  }

  private mutating func enter(named name: String) {
    guard let step = state.step, let workflow = state.workflow else {
      report("enter", .invalid)
      return
    }
    let view = view()
    let isOpen = step.next.contains { edge in
      edge.to == name && (edge.when.map { view.test($0) == .bool(true) } ?? true)
    }
    guard isOpen, let target = workflow.steps.first(where: { $0.name == name }) else {
      report("enter", .outOfStep)
      return
    }
    enter(target, at: state.seq)
  }

  // MARK: - Temporal rules

  /// Whether an event is a letter of a rule, by what it is; nil: it is not in the rule's alphabet.
  private typealias IsOne = (EventDeclaration.Kind) -> Bool

  private mutating func observe(
    args: Plain, result: Plain, filters: [Int: Truth]? = nil, reviewed: Set<Int> = [],
    _ letterOf: (PlainRule) -> IsOne?
  ) {
    if state.isClosed { return }
    var view = view()
    view.args = args
    view.result = result
    let rules = rules
    for rule in spec.rules where !reviewed.contains(rule.number) {
      guard let isOne = letterOf(rule) else { continue }
      let filter =
        filters.map { $0[rule.number] ?? .yes } ?? rules.filter(rule, view, isOne)
      let letter = rules.letter(rule, view, filter: filter, event: state.seq, isOne)
      if !consume(rule, letter, args) { output.findings.append(rules.breach(rule)) }
    }
  }

  /// Takes a letter; false where it is a breach, and is not consumed.
  private mutating func consume(_ rule: PlainRule, _ letter: PlainLetter, _ args: Plain) -> Bool {
    guard let key = PlainRules.slice(rule, args) else { return true }
    var slice =
      state.slices[rule.number].first { $0.key == key }
      ?? PlainCase.Slice(key: key, since: rule.temporal.same.isEmpty ? 0 : state.seq)
    let isBreach = rule.meaning.isBreach(letter, after: slice.consumed)
    if !isBreach { slice.consumed.append(letter) }
    if let place = state.slices[rule.number].firstIndex(where: { $0.key == key }) {
      state.slices[rule.number][place] = slice
    } else {
      state.slices[rule.number].append(slice)
    }
    return !isBreach
  }

  // MARK: - Proposals

  private mutating func propose(_ proposal: PlainProposal) {
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
      agent: proposal.agent, filters: judgement.filters, reviewed: judgement.reviewed)
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

  private mutating func result(_ event: JSON) {
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
      args: .record(call.args), result: result, filters: call.filters, reviewed: call.reviewed
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

  // MARK: - What is learned

  private mutating func learn(_ key: String, _ value: Plain, _ rule: String) {
    switch value {
    case .unknown, .error, .absent, .null: return
    default: break
    }
    guard let known = state.fields[key] else { return }
    if case .unknown = known {
      state.fields[key] = value
    } else if PlainKeys.equal(known, value) != true {
      report(rule, .violated)
    }
  }

  private mutating func learnCase(_ data: JSON) {
    guard let members = data.members else {
      report("open", .invalid)
      return
    }
    for member in members { learnCase(member.key, member.value) }
  }

  private mutating func learnCase(_ name: String, _ json: JSON) {
    guard let field = spec.bundle.caseFields.first(where: { $0.name == name }),
      let known = state.fields[name]
    else { return }
    var isUnknown = false
    if case .unknown = known { isUnknown = true }
    var decoder = PlainDecoder(spec.bundle.types)
    if json == .null, decoder.isOptional(field.type) {
      if isUnknown { state.fields[name] = .absent }
      return
    }
    let value = decoder.decode(json, as: field.type)
    if !decoder.drifts.isEmpty {
      report("contract", .contractDrift)
      if isUnknown { state.fields[name] = .unknown(Missing("case.\(name)", .drift)) }
      return
    }
    learn(name, value, "fact")
  }

  // MARK: - Messages, approvals

  private mutating func message(_ from: String, _ text: String) {
    let isKnown = state.saidByTool == text && from == "agent"
    if !isKnown {
      let judge = PlainJudge(spec: spec, state: state, now: now)
      for tool in spec.bundle.tools where tool.message == from {
        output.findings += judge.judgeMessage(tool, text)
      }
    }
    state.saidByTool = nil
    if isKnown { return }
    observe(
      args: .map([PlainEntry(.string("text"), .string(text))], rest: nil), result: .absent
    ) { rule in
      rule.namesMessages ? { $0 == .message(speaker: from) } : nil
    }
    state.messages.append(.init(speaker: from, text: text, seq: state.seq))
  }

  private mutating func approve(_ event: JSON) {
    guard let role = event["role"]?.string, let by = event["by"]?.string, !by.isEmpty,
      spec.bundle.roles.contains(role)
    else {
      report("approve", .invalid)
      return
    }
    let isApproved = event["verdict"]?.string == "approved"
    var approval: PlainCase.Approval
    if let of = event["of"]?.string {
      guard let call = state.pending.last(where: { $0.id == of }), let action = call.action
      else {
        report("approve", .invalid)
        return
      }
      approval = .init(
        action: action, args: call.args, visit: call.visit, by: by, role: role,
        isApproved: isApproved, time: now, asked: call.time)
    } else {
      guard let tool = spec.tool(event["action"]?.string ?? ""), let given = event["args"] else {
        report("approve", .invalid)
        return
      }
      var decoder = PlainDecoder(spec.bundle.types)
      guard
        case .record(let args) = decoder.decode(given, fields: tool.arguments, named: "args"),
        decoder.drifts.isEmpty, decoder.extras.isEmpty
      else {
        report("approve", .invalid)
        return
      }
      approval = .init(
        action: tool.name, args: args, visit: state.visit, by: by, role: role,
        isApproved: isApproved, time: now,
        asked: state.escalations.last { $0.action == tool.name && $0.args == args }?.time)
    }
    if !isApproved {
      for place in state.approvals.indices
      where state.approvals[place].action == approval.action
        && state.approvals[place].args == approval.args
      {
        state.approvals[place].isRevoked = true
      }
      state.escalations.removeAll {
        $0.action == approval.action && $0.args == approval.args
      }
    }
    state.approvals.append(approval)
    if isApproved {
      observe(args: .record(approval.args), result: .absent) { _ in { $0 == .approval(role: role) }
      }
    }
  }

  // MARK: - Facts

  private mutating func fact(_ event: JSON) {
    guard let path = Self.path(event["record"]?.string ?? "") else {
      report("fact", .invalid)
      return
    }
    let value = event["value"] ?? .null
    if path.collection == "case" {
      if let key = path.key { learnCase(key, value) } else { learnCase(value) }
      return
    }
    guard let declared = spec.collection(path.collection) else {
      report("fact", .invalid)
      return
    }
    let asOf = min(Self.moment(event["as_of"]) ?? now, now)
    let isComplete = event["complete"]?.bool ?? false
    let before = state.collections[declared.name] ?? .init()
    func isOutdated(_ written: PlainCase.Written?) -> Bool {
      written.map { asOf < $0.time } ?? false
    }
    if let key = path.key {
      if isOutdated(before.lastWrite(key)) { return }
      keep(declared, key, path.fields, value, asOf, isComplete)
      return
    }
    guard let members = value.members else {
      report("fact", .invalid)
      return
    }
    if isOutdated(before.written) { return }
    if isComplete {
      var fresh = PlainCase.Collection()
      fresh.isComplete = true
      fresh.written = ([before.written] + before.entries.map(\.entry.written))
        .compactMap { $0 }.max { $0.seq < $1.seq }
      for (key, entry) in before.entries where isOutdated(entry.written) { fresh[key] = entry }
      state.collections[declared.name] = fresh
    }
    for member in members where !isOutdated(before.lastWrite(member.key)) {
      keep(declared, member.key, [], member.value, asOf, isComplete)
    }
  }

  private mutating func keep(
    _ declared: CollectionDeclaration, _ key: String, _ fields: [String], _ value: JSON,
    _ asOf: PlainMoment, _ isComplete: Bool
  ) {
    let known = state.collections[declared.name]?[key]
    let path = PlainCase.path(declared.name, key)
    let freshFor = spec.freshness(declared.name)
    func broken(_ fold: inout PlainFold) {
      fold.report("contract", .contractDrift)
      fold.state.forget(
        .init(collection: declared.name, key: key, fields: fields), .drift, by: nil, fold.spec)
    }
    if !fields.isEmpty {
      var type: TypeReference? = declared.type
      for field in fields {
        type = type.flatMap { PlainCase.recordType($0, spec) }?.1.first { $0.name == field }?.type
      }
      guard let type else {
        broken(&self)
        return
      }
      var decoder = PlainDecoder(spec.bundle.types)
      let read =
        value == .null && decoder.isOptional(type) ? Plain.absent : decoder.decode(value, as: type)
      guard decoder.drifts.isEmpty else {
        broken(&self)
        return
      }
      let base = known?.record ?? PlainCase.unread(declared, key, asOf: asOf, spec)
      guard let base else { return }
      state.store(
        PlainCase.replacing(base, fields[...], with: read, spec, type: declared.type),
        declared.name, key, freshFor: known?.record == nil ? freshFor : known?.freshFor,
        written: known?.written)
      return
    }
    var decoder = PlainDecoder(spec.bundle.types, partial: isComplete ? nil : path)
    guard case .record(var record) = decoder.decode(value, as: declared.type),
      decoder.drifts.isEmpty
    else {
      if !decoder.drifts.isEmpty { broken(&self) }
      return
    }
    record.asOf = asOf
    var lasting = freshFor
    if !isComplete, let old = known?.record, isPlainRecord(declared.type) {
      // What is known in part adds to what is known, and is as old as the older of them.
      var merged = old
      for field in record.fields where value[field.name] != nil {
        merged[field.name] = field.value
      }
      let oldest = [old.asOf, asOf].compactMap { $0 }.min() ?? asOf
      merged.asOf = oldest
      // It is fresh while both are.
      let ends = [
        freshFor.map { asOf.instant + Int128($0) * 1_000_000_000 },
        known?.freshFor.map { (old.asOf ?? asOf).instant + Int128($0) * 1_000_000_000 },
      ].compactMap { $0 }
      lasting = ends.min().map { Int64(($0 - oldest.instant) / 1_000_000_000) }
      record = merged
    }
    state.store(record, declared.name, key, freshFor: lasting, written: known?.written)
  }

  private func isPlainRecord(_ type: TypeReference) -> Bool {
    guard case .named(let name) = type,
      case .union? = spec.bundle.types.first(where: { $0.name == name })?.definition
    else { return true }
    return false
  }

  /// `orders["o-1"].total`, `orders.o-1`, `orders`.
  private static func path(_ text: String) -> (collection: String, key: String?, fields: [String])?
  {
    var rest = Substring(text)
    func word(_ stops: Set<Character>) -> String {
      let found = rest.prefix { !stops.contains($0) }
      rest = rest.dropFirst(found.count)
      return String(found)
    }
    let collection = word(["[", "."])
    if collection.isEmpty { return nil }
    if rest.isEmpty { return (collection, nil, []) }
    var key = ""
    if rest.first == "[" {
      rest = rest.dropFirst()
      guard let quote = rest.popFirst(), quote == "\"" || quote == "'" else { return nil }
      while let next = rest.popFirst(), next != quote {
        if next == "\\" {
          guard let escaped = rest.popFirst() else { return nil }
          key.append(escaped)
        } else {
          key.append(next)
        }
      }
      guard rest.popFirst() == "]" else { return nil }
    } else {
      rest = rest.dropFirst()
      key = word(["."])
    }
    if key.isEmpty { return nil }
    var fields: [String] = []
    while rest.popFirst() == "." {
      let field = word([".", "["])
      if field.isEmpty { return nil }
      fields.append(field)
    }
    return rest.isEmpty ? (collection, key, fields) : nil
  }
}
