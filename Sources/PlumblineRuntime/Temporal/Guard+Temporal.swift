import CEL
import Declare
import PlumblineBundle
import PlumblineJSON

extension Guard {
  /// Takes the result of a call; what it breaks is a finding, and is not consumed.
  func observe(
    _ state: inout CaseState, _ call: PendingCall, _ result: Value, at now: Timestamp,
    _ activation: GuardActivation, _ output: inout StepOutput
  ) {
    let frozen = call.frozen
    observe(
      &state, temporalPlan.results[call.action], args: .record(call.args), result: result,
      name: call.name, at: now, activation, &output, lifted: call.lifted
    ) {
      // An approval of the very action stands for all that had to come before it.
      frozen?.reviewed.contains($0.rule.index) == true
        ? nil : frozen?.filters[$0.rule.index] ?? .yes
    }
  }

  /// Takes an event that is no action: `when` is evaluated now.
  /// - Parameters:
  ///   - uses: the rules that see it, in order.
  ///   - name: what the message of a breach calls it.
  func observe(
    _ state: inout CaseState, _ uses: EventUses, args: @autoclosure () -> Value,
    name: @autoclosure () -> String, at now: Timestamp, _ activation: GuardActivation,
    _ output: inout StepOutput
  ) {
    observe(
      &state, uses, args: args(), result: .absent, name: name(), at: now, activation, &output
    ) { use in use.when.map { Certainty($0.test(activation)) } ?? .yes }
  }

  /// - Parameter filter: whether the event passes a rule's `when`; nil: the rule does not see it.
  private func observe(
    _ state: inout CaseState, _ event: EventUses, args: @autoclosure () -> Value,
    result: Value, name: @autoclosure () -> String, at now: Timestamp,
    _ activation: GuardActivation, _ output: inout StepOutput, lifted: Set<String> = [],
    filter: (TemporalUse) -> Certainty?
  ) {
    if event.isEmpty || state.isClosed { return }
    var breached = event.moves.apply(
      to: &state.temporal, of: temporalPlan.rules.count,
      here: Waiting(since: now.instant, event: state.seq))
    defer {
      for rule in breached
      where lifted.isEmpty || !lifted.contains(temporalPlan.rules[rule].declaration.id) {
        output.findings.append(breach(temporalPlan.rules[rule], by: name(), at: now))
      }
      if state.temporal.witnesses != nil {
        witness(
          &state, event, args: args(), result: result, name: name(), at: now, breached: breached,
          activation, filter: filter)
      }
    }
    if event.uses.isEmpty { return }
    let arguments = args()
    let letters = withUnsafePointer(to: state) { pointer in
      activation.reset(now: now)
      activation.state = pointer
      activation.args = arguments
      activation.result = result
      defer { activation.state = nil }
      return event.uses.map { use in filter(use).map { use.letter(activation, filter: $0) } }
    }
    let known = breached.count
    for (use, letter) in zip(event.uses, letters) {
      guard let letter else { continue }
      if !consume(&state.temporal, use.rule, letter, arguments, seq: state.seq, at: now) {
        breached.append(use.rule.index)
      }
    }
    if known > 0, known < breached.count { breached.sort() }
  }

  /// Takes a letter; false where it is a breach.
  func consume(
    _ temporal: inout TemporalState, _ rule: TemporalRule, _ letter: Letter, _ args: Value,
    seq: Int, at now: Timestamp
  ) -> Bool {
    if letter == .other, !rule.seesOthers { return true }
    let here = Waiting(since: now.instant, event: seq)
    if rule.isPlain {
      temporal.begin(temporalPlan.rules.count)
      let before = temporal.plain[rule.index].number
      guard let next = rule.monitor.step(before, letter) else { return false }
      if next == before { return true }
      temporal.move(
        rule.index, to: next, wasOpen: rule.monitor.verdict(.number(before)) == .open,
        isOpen: rule.monitor.verdict(.number(next)) == .open, here: here)
      return true
    }
    guard let values = SliceValues(rule.temporal.same, of: args) else { return true }
    let key = TemporalState.SliceKey(rule: rule.index, values: values.text)
    var slice =
      temporal.slices[key]
      ?? .init(
        state: rule.monitor.initial,
        openSince: rule.monitor.verdict(rule.monitor.initial) == .open ? here : nil,
        shown: values.shown(redaction, in: rule.temporal.same, of: args))
    guard rule.monitor.take(&slice.state, letter, at: now.instant, event: seq) else {
      // A slice begins with its first letter, also where that is a breach.
      temporal.slices[key] = slice
      return false
    }
    if case .number = slice.state {
      if rule.monitor.verdict(slice.state) == .open {
        if slice.openSince == nil { slice.openSince = here }
      } else {
        slice.openSince = nil
      }
    }
    temporal.note(slice.state.deadline(rule.monitor))
    temporal.slices[key] = slice
    return true
  }

  /// Fires the deadlines that lie before a moment.
  func expire(_ temporal: inout TemporalState, before now: Timestamp) -> [Finding] {
    guard let deadline = temporal.deadline, deadline < now.instant else { return [] }
    var missed: [(time: Instant, rule: Int, waiting: Waiting, values: String, awaits: [String])] =
      []
    var next: Instant?
    for (key, slice) in temporal.slices {
      let monitor = temporalPlan.rules[key.rule].monitor
      guard let own = slice.state.deadline(monitor) else { continue }
      var rest = own
      if own < now.instant {
        var slice = slice
        let rule = temporalPlan.rules[key.rule]
        let sides = slice.state.waitingBySet
        for waiting in slice.state.expire(before: now.instant, monitor) {
          let isFirst = sides.first { $0.0 == waiting }?.1 ?? true
          missed.append(
            (
              waiting.since + (monitor.length ?? 0), key.rule, waiting, key.values,
              rule.events(isFirst ? 1 : 0)
            ))
        }
        temporal.slices[key] = slice
        guard let later = slice.state.deadline(monitor) else { continue }
        rest = later
      }
      next = next.map { min($0, rest) } ?? rest
    }
    temporal.deadline = next
    missed.sort {
      ($0.time, $0.rule, $0.waiting.event, $0.values)
        < ($1.time, $1.rule, $1.waiting.event, $1.values)
    }
    return missed.map { missed in
      overdue(
        temporalPlan.rules[missed.rule], awaits: missed.awaits, since: missed.waiting.event,
        at: Timestamp(instant: missed.time))
    }
  }

  /// The verdicts at the end of a case: each slice that is open is violated.
  func closeTemporal(_ state: inout CaseState, at now: Timestamp, _ output: inout StepOutput) {
    var open = owed(state.temporal, from: state.opened)
    // One finding a slice, in the order of the events since which they are open.
    var seen: Set<TemporalState.SliceKey> = []
    open.removeAll { !seen.insert($0.key).inserted }
    for owed in open {
      var finding = finding(of: owed.rule, .violated, at: now)
      finding.message =
        "the case closed and \(Self.names(awaits(owed))) still had to happen: \(owed.rule.declaration.statement)"
      output.findings.append(finding)
    }
  }

  /// Something that a rule waits for.
  private struct Owed {
    let rule: TemporalRule
    let key: TemporalState.SliceKey
    let waiting: Waiting
    let shown: [JSON]
    let state: MonitorState
    /// In a window: whether the activation is of the first set.
    var isFirst: Bool?
  }

  private func awaits(_ owed: Owed) -> [String] {
    owed.isFirst.map { owed.rule.events($0 ? 1 : 0) } ?? owed.rule.awaited(owed.state)
  }

  /// All that rules wait for, in the order of rules, then of the events since which they do.
  private func owed(_ temporal: TemporalState, from opened: Timestamp?) -> [Owed] {
    var found: [Owed] = []
    for rule in temporalPlan.rules where rule.isPlain {
      let state = temporal.state(of: rule, "")
      guard rule.monitor.verdict(state) == .open else { continue }
      let waiting =
        temporal.opened(rule)
        ?? Waiting(since: (opened ?? Timestamp(seconds: 0)).instant, event: 0)
      found.append(
        Owed(
          rule: rule, key: .init(rule: rule.index, values: ""), waiting: waiting, shown: [],
          state: state))
    }
    for (key, slice) in temporal.slices {
      let rule = temporalPlan.rules[key.rule]
      if let since = slice.openSince {
        found.append(
          Owed(rule: rule, key: key, waiting: since, shown: slice.shown, state: slice.state))
      }
      for (waiting, isFirst) in slice.state.waitingBySet {
        found.append(
          Owed(
            rule: rule, key: key, waiting: waiting, shown: slice.shown, state: slice.state,
            isFirst: isFirst))
      }
    }
    found.sort {
      ($0.rule.index, $0.waiting.event, $0.key.values)
        < ($1.rule.index, $1.waiting.event, $1.key.values)
    }
    return found
  }

  /// Everything that has to happen yet in a case, of rules that decide something; in the order of
  /// requirement ids, then of the events since which it is open.
  public func obligations(of state: CaseState) -> [Obligation] {
    if state.isClosed || state.seq == 0 { return [] }
    return obligations(state.temporal, from: state.opened)
  }

  func obligations(_ temporal: TemporalState, from opened: Timestamp?) -> [Obligation] {
    if temporalPlan.rules.isEmpty { return [] }
    return owed(temporal, from: opened).filter { !$0.rule.isShadow }.map { owed in
      let deadline = owed.rule.monitor.length.map { owed.waiting.since + $0 }
      return Obligation(
        requirement: owed.rule.declaration.id, statement: owed.rule.declaration.statement,
        rule: owed.rule.temporal.sugar,
        awaits: awaits(owed),
        keys: zip(owed.rule.temporal.same, owed.shown).map { .init(name: $0, value: $1) },
        since: owed.waiting.event, sinceTime: Timestamp(instant: owed.waiting.since),
        deadline: deadline.map { Timestamp(instant: $0) })
    }
  }

  // MARK: Findings

  func finding(of rule: TemporalRule, _ category: FindingCategory, at now: Timestamp) -> Finding {
    let (answer, role) = Self.answer(rule.declaration.otherwise)
    return Finding(
      requirement: rule.declaration.id, rule: rule.temporal.sugar, category: category,
      message: rule.declaration.statement, position: rule.declaration.position, role: role,
      shadow: rule.isShadow, answer: answer, time: now)
  }

  private func breach(_ rule: TemporalRule, by name: String, at now: Timestamp) -> Finding {
    var finding = finding(of: rule, rule.reviewers.isEmpty ? .violated : .unreviewed, at: now)
    finding.message = "`\(name)` happened and breaks this: \(rule.declaration.statement)"
    return finding
  }

  private func overdue(
    _ rule: TemporalRule, awaits: [String], since event: Int, at deadline: Timestamp
  ) -> Finding {
    var finding = finding(of: rule, .overdue, at: deadline)
    finding.message =
      "\(Self.names(awaits)) did not happen in time, due since event \(event): \(rule.declaration.statement)"
    return finding
  }

  private static func names(_ events: [String]) -> String {
    events.map { "`\($0)`" }.joined(separator: " or ")
  }
}

extension TemporalRule {
  /// The events of a set, as a spec writes them.
  func events(_ set: Int) -> [String] {
    guard sets.indices.contains(set) else { return [] }
    return sets[set].flatMap(\.kind.text)
  }

  /// The events of which any would do: those of the sets whose letter leaves the state not open.
  func awaited(_ state: MonitorState) -> [String] {
    var names: [String] = []
    for (set, letter) in [Letter(a: .yes), Letter(b: .yes)].enumerated() {
      var next = state
      guard monitor.take(&next, letter, at: 0, event: 0), monitor.verdict(next) != .open else {
        continue
      }
      names += events(set)
    }
    return names.isEmpty ? events(0) : names
  }
}

/// The values of the keys that correlate events.
struct SliceValues {
  /// Canonical: equal numbers have equal texts.
  let text: String

  /// nil where an event has not all of the keys, or they are not known.
  init?(_ keys: [String], of args: Value) {
    if keys.isEmpty {
      text = ""
      return
    }
    var values: [JSON] = []
    for key in keys {
      guard let value = Self.value(key, of: args) else { return nil }
      values.append(ValueJSON.json(value, redact: .none))
    }
    guard let bytes = try? CanonicalJSON.encode(.array(values)) else { return nil }
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// nil where there is none, or it is not known. An optional argument that is absent is null.
  private static func value(_ key: String, of args: Value) -> Value? {
    let value: Value
    switch args {
    case .record(let record):
      guard let slot = record.type.slot(of: key), record.slots.indices.contains(slot) else {
        return nil
      }
      value = record.slots[slot]
      if case .absent = value { return .null }
    case .map(let map):
      value = map.lookup(.string(key))
      if case .absent = value { return nil }
    default: return nil
    }
    switch value {
    case .unknown, .error, .absent: return nil
    default: return value
    }
  }

  /// The values as they may be shown.
  func shown(_ redaction: Redaction, in keys: [String], of args: Value) -> [JSON] {
    keys.map { key in
      guard let value = Self.value(key, of: args) else { return .null }
      if case .record(let record) = args, let slot = record.type.slot(of: key),
        record.type.fields[slot].sensitive
      {
        return ValueJSON.hide(value, redaction)
      }
      return ValueJSON.json(value, redact: redaction)
    }
  }
}
