import CEL
import Declare
import PlumblineBundle
import PlumblineJSON

extension Guard {
  /// What is found out about temporal rules at a proposal: `when`, and approvals of the very action.
  func freeze(_ activation: GuardActivation, isWellFormed: Bool) -> FrozenTemporal? {
    let action = activation.action
    guard temporalPlan.successes.indices.contains(action) else { return nil }
    let uses = temporalPlan.successes[action] + temporalPlan.attempts[action]
    if uses.isEmpty { return nil }
    var filters: [Int: Certainty] = [:]
    var reviewed: Set<Int> = []
    for use in uses {
      let rule = use.rule.index
      if filters[rule] == nil, let when = use.when {
        filters[rule] = isWellFormed ? Certainty(when.test(activation)) : .maybe
      }
      if isWellFormed, use.isNamed, isReviewed(use.rule, activation) { reviewed.insert(rule) }
    }
    filters = filters.filter { $0.value != .yes }
    return filters.isEmpty && reviewed.isEmpty
      ? nil : FrozenTemporal(filters: filters, reviewed: reviewed)
  }

  /// Whether there is a valid approval of the very action by one of the rule's reviewers.
  private func isReviewed(_ rule: TemporalRule, _ activation: GuardActivation) -> Bool {
    guard !rule.reviewers.isEmpty, let state = activation.state,
      !state.pointee.approvals.isEmpty, case .record(let args) = activation.args
    else { return false }
    let hash = Hashing.arguments(args)
    return state.pointee.approvals.contains { approval in
      guard let role = approval.role, rule.reviewers.contains(role),
        approval.isValid(
          for: activation.action, argumentHash: hash, visit: state.pointee.visit,
          agent: activation.agent)
      else { return false }
      guard let within = rule.temporal.within else { return true }
      return activation.now.instant - approval.time.instant <= Instant(within) * 1_000_000_000
    }
  }

  /// Takes the proposal itself, where rules speak of attempts. What it breaks was told in the decision.
  func attempt(
    _ temporal: inout TemporalState, _ action: Int, _ args: RecordValue,
    _ frozen: FrozenTemporal?, seq: Int, at now: Timestamp, _ activation: GuardActivation
  ) {
    activation.args = .record(args)
    activation.result = .unknown(UnknownReason.inFlight.unknown("result", source: nil))
    for use in temporalPlan.attempts[action] {
      let letter = use.letter(activation, filter: frozen?.filters[use.rule.index] ?? .yes)
      let holds = consume(&temporal, use.rule, letter, .record(args), seq: seq, at: now)
      if temporal.witnesses != nil, use.isNamed,
        let values = SliceValues(use.rule.temporal.same, of: .record(args))
      {
        temporal.witnesses?.append(
          TemporalWitness(
            rule: use.rule.index, values: values.text, seq: seq, time: now,
            name: "attempt(\(bundle.tools[action].name))", letter: letter, isBreach: !holds))
      }
    }
    activation.result = .absent
  }

  /// Asks a rule about the proposal that the activation holds; nil where it breaks nothing.
  func judge(
    _ question: TemporalQuestion, _ requirement: RequirementPlan, _ frozen: FrozenTemporal?,
    _ activation: GuardActivation
  ) -> Finding? {
    let rule = question.rule
    guard let state = activation.state, !state.pointee.isClosed else { return nil }
    guard let values = SliceValues(rule.temporal.same, of: activation.args) else { return nil }
    let filter = frozen?.filters[rule.index] ?? .yes
    let now = activation.now.instant
    let seq = state.pointee.seq + 1
    let result = activation.result
    activation.result = .unknown(UnknownReason.inFlight.unknown("result", source: nil))
    defer { activation.result = result }

    var current = state.pointee.temporal.state(of: rule, values.text)
    if let use = question.attempt {
      let letter = use.letter(activation, filter: filter)
      let before = current
      if !rule.monitor.take(&current, letter, at: now, event: seq) {
        var certain = before
        let isCertain = !rule.monitor.take(&certain, letter.certain, at: now, event: seq)
        return finding(
          rule, requirement, use, isCertain: isCertain, isInDoubt: false, [], activation)
      }
    }
    guard let use = question.success, frozen?.reviewed.contains(rule.index) != true else {
      return nil
    }
    let letter = use.letter(activation, filter: filter)
    if letter == .other, !rule.othersCanBreach { return nil }
    let open = openLetters(rule, values, activation)
    let letters = open.map(\.letter)
    guard rule.monitor.couldBreach(current, letter, open: letters, at: now, event: seq) else {
      return nil
    }
    let certain = letter.certain
    let isCertain =
      certain == letter
      || rule.monitor.couldBreach(current, certain, open: letters, at: now, event: seq)
    let isInDoubt =
      !open.isEmpty
      && !rule.monitor.couldBreach(current, letter, open: [], at: now, event: seq)
    return finding(
      rule, requirement, use, isCertain: isCertain, isInDoubt: isInDoubt,
      isInDoubt ? open.map(\.call) : [], activation)
  }

  /// What other calls without a final result would be to the rule, in the same slice.
  func openLetters(
    _ rule: TemporalRule, _ values: SliceValues, _ activation: GuardActivation
  ) -> [(letter: Letter, call: PendingCall)] {
    guard let state = activation.state else { return [] }
    var found: [(letter: Letter, call: PendingCall)] = []
    let own = activation.args
    defer { activation.args = own }
    for call in state.pointee.pending
    where call.action >= 0 && (call.doubt != nil || call.accepted) {
      guard call.frozen?.reviewed.contains(rule.index) != true,
        let use = TemporalPlan.use(of: rule, in: temporalPlan.successes[call.action]),
        SliceValues(rule.temporal.same, of: .record(call.args))?.text == values.text
      else { continue }
      activation.args = .record(call.args)
      let letter = use.letter(activation, filter: call.frozen?.filters[rule.index] ?? .yes)
      if letter == .other, !rule.seesOthers { continue }
      found.append((letter, call))
    }
    return found
  }

  private func finding(
    _ rule: TemporalRule, _ requirement: RequirementPlan, _ use: TemporalUse, isCertain: Bool,
    isInDoubt: Bool, _ open: [PendingCall], _ activation: GuardActivation
  ) -> Finding {
    let validUntil = activation.validUntil
    defer { activation.validUntil = validUntil }
    var finding = self.finding(of: rule, .violated, at: activation.now)
    finding.evidence = evidence(rule, activation)
    if !isCertain {
      unground(&finding, requirement)
      switch use.when?.test(activation) {
      case .unknown(let unknown)?:
        explain(shown(unknown, of: [use.when], activation), &finding)
      case .error(let error)?:
        finding.message =
          "the condition cannot be evaluated: \(shown(error, of: use.when, activation))"
      default:
        finding.message =
          "whether the rule's event is this one shows only in the result: "
          + rule.declaration.statement
      }
    } else {
      violate(&finding, requirement, activation)
      if rule.temporal.sugar == "once_per" { finding.category = .duplicate }
      if !rule.reviewers.isEmpty {
        finding.category = .unreviewed
        if finding.fix == nil, let role = rule.reviewers.first {
          finding.fix = "have `\(role)` approve it, then propose it again unchanged"
        }
      }
      if isInDoubt { doubt(&finding, open) }
    }
    if finding.fix == nil { finding.fix = Self.fix(finding.answer, finding.role) }
    return finding
  }

  /// It depends on actions that have no final result: which, and what would tell.
  private func doubt(_ finding: inout Finding, _ open: [PendingCall]) {
    let names = open.map { "`\($0.name)`" }.unique { $0 }
    let state = open.contains { $0.doubt != nil } ? "in doubt" : "in flight"
    finding.message += " (\(names.joined(separator: ", ")) \(state))"
    let settling = open.compactMap { bundle.tools[$0.action].settledBy }.unique { $0 }
    finding.groundBy = settling
    if !settling.isEmpty {
      finding.fix =
        "call \(settling.map { "`\($0)`" }.joined(separator: " or ")) to see whether it happened"
    }
  }

  /// The values of the keys that correlate events.
  private func evidence(_ rule: TemporalRule, _ activation: GuardActivation) -> [Evidence] {
    guard case .record(let args) = activation.args,
      let values = SliceValues(rule.temporal.same, of: activation.args)
    else { return [] }
    let isMessage =
      tools.indices.contains(activation.action) && tools[activation.action].message != nil
    return zip(
      rule.temporal.same, values.shown(redaction, in: rule.temporal.same, of: .record(args))
    )
    .map { key, value in
      Evidence(
        path: "args.\(key)",
        value: isMessage && key == "text" ? .string(ValueMask.Kind.message.words) : value,
        source: nil, asOf: nil)
    }
  }
}

extension Letter {
  /// The letter without what may be.
  fileprivate var certain: Letter {
    Letter(a: a == .maybe ? .no : a, b: b == .maybe ? .no : b)
  }
}
