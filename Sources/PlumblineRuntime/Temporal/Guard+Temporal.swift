import CEL
import Declare
import PlumblineBundle
import PlumblineJSON

/// An event as temporal rules see it.
struct TemporalEvent {
  /// The rules that see it, in order.
  var uses: [TemporalUse]
  var args: Value
  var result: Value
  /// What was found out when the action was proposed.
  var frozen: FrozenTemporal?
  /// `when` is evaluated now: it had no proposal.
  var isOutside = false
  /// The action, for the message of a breach.
  var name: String
}

extension Guard {
  /// Takes an event; what it breaks is a finding, and is not consumed.
  func observe(
    _ state: inout CaseState, _ event: TemporalEvent, at now: Timestamp,
    _ activation: GuardActivation, _ output: inout StepOutput
  ) {
    if event.uses.isEmpty || state.isClosed { return }
    let letters = withUnsafePointer(to: state) { pointer in
      activation.reset(now: now)
      activation.state = pointer
      activation.args = event.args
      activation.result = event.result
      defer { activation.state = nil }
      return event.uses.map { use in
        var filter = Certainty.yes
        if event.isOutside {
          filter = use.when.map { Certainty($0.test(activation)) } ?? .yes
        } else {
          filter = event.frozen?.filters[use.rule.index] ?? .yes
        }
        return use.letter(activation, filter: filter)
      }
    }
    for (use, letter) in zip(event.uses, letters) {
      // An approval of the very action stands for all that had to come before it.
      if event.frozen?.reviewed.contains(use.rule.index) == true { continue }
      guard
        !consume(&state.temporal, use.rule, letter, event.args, seq: state.seq, at: now)
      else { continue }
      output.findings.append(breach(use.rule, by: event.name, at: now))
    }
  }

  /// Takes a letter; false where it is a breach.
  func consume(
    _ temporal: inout TemporalState, _ rule: TemporalRule, _ letter: Letter, _ args: Value,
    seq: Int, at now: Timestamp
  ) -> Bool {
    if letter == .other, !rule.seesOthers { return true }
    let here = Waiting(since: now.instant, event: seq)
    if rule.isPlain {
      if temporal.numbers.isEmpty { temporal.numbers = temporalPlan.initial }
      let before = temporal.numbers[rule.index]
      guard let next = rule.monitor.step(before, letter) else { return false }
      if next == before { return true }
      temporal.numbers[rule.index] = next
      let wasOpen = rule.monitor.verdict(.number(before)) == .open
      let isOpen = rule.monitor.verdict(.number(next)) == .open
      if isOpen, !wasOpen {
        temporal.openSince[rule.index] = here
      } else if !isOpen {
        temporal.openSince[rule.index] = nil
      }
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
    var missed: [(time: Instant, rule: Int, waiting: Waiting, values: String)] = []
    var next: Instant?
    for (key, slice) in temporal.slices {
      let monitor = temporalPlan.rules[key.rule].monitor
      guard let own = slice.state.deadline(monitor) else { continue }
      var rest = own
      if own < now.instant {
        var slice = slice
        for waiting in slice.state.expire(before: now.instant, monitor) {
          let length =
            if case .window(let window) = monitor { window.length } else { Instant(0) }
          missed.append((waiting.since + length, key.rule, waiting, key.values))
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
        temporalPlan.rules[missed.rule], since: missed.waiting.event,
        at: Timestamp(instant: missed.time))
    }
  }

  /// The verdicts at the end of a case: what is open is violated.
  func closeTemporal(_ state: inout CaseState, at now: Timestamp, _ output: inout StepOutput) {
    if temporalPlan.rules.isEmpty { return }
    var since: [(rule: Int, waiting: Waiting, values: String)] = []
    for rule in temporalPlan.rules where rule.isPlain {
      guard let waiting = openSince(rule, state.temporal, from: state.opened) else { continue }
      since.append((rule.index, waiting, ""))
    }
    for (key, slice) in state.temporal.slices {
      guard let first = slice.openSince ?? slice.state.waiting.first else { continue }
      since.append((key.rule, first, key.values))
    }
    since.sort { ($0.rule, $0.waiting.event, $0.values) < ($1.rule, $1.waiting.event, $1.values) }
    for open in since {
      let rule = temporalPlan.rules[open.rule]
      var finding = finding(of: rule, .violated, at: now)
      finding.message =
        "the case closed and \(Self.missing(rule)): \(rule.declaration.statement)"
      output.findings.append(finding)
    }
  }

  /// Since when a plain rule is open; nil where it is not.
  func openSince(_ rule: TemporalRule, _ temporal: TemporalState, from opened: Timestamp?)
    -> Waiting?
  {
    let number = temporal.numbers.isEmpty ? 0 : temporal.numbers[rule.index]
    guard rule.monitor.verdict(.number(number)) == .open else { return nil }
    return temporal.openSince[rule.index]
      ?? Waiting(since: (opened ?? Timestamp(seconds: 0)).instant, event: 0)
  }

  /// Everything that has to happen yet in a case, of rules that decide something; in the order of
  /// requirement ids, then of the events since which it is open.
  public func obligations(of state: CaseState) -> [Obligation] {
    if temporalPlan.rules.isEmpty || state.isClosed || state.seq == 0 { return [] }
    var found: [(rule: Int, values: String, obligation: Obligation)] = []
    func add(
      _ rule: TemporalRule, _ waiting: Waiting, _ values: String, _ shown: [JSON],
      awaits: [String], deadline: Instant?
    ) {
      found.append(
        (
          rule.index, values,
          Obligation(
            requirement: rule.declaration.id, statement: rule.declaration.statement,
            rule: rule.temporal.sugar, awaits: awaits,
            keys: zip(rule.temporal.same, shown).map { .init(name: $0, value: $1) },
            since: waiting.event, sinceTime: Timestamp(instant: waiting.since),
            deadline: deadline.map { Timestamp(instant: $0) })
        ))
    }
    for rule in temporalPlan.rules where rule.isPlain && !rule.isShadow {
      guard let waiting = openSince(rule, state.temporal, from: state.opened) else { continue }
      let number = state.temporal.numbers.isEmpty ? 0 : state.temporal.numbers[rule.index]
      add(rule, waiting, "", [], awaits: rule.awaited(.number(number)), deadline: nil)
    }
    for (key, slice) in state.temporal.slices {
      let rule = temporalPlan.rules[key.rule]
      if rule.isShadow { continue }
      if let since = slice.openSince {
        add(
          rule, since, key.values, slice.shown, awaits: rule.awaited(slice.state), deadline: nil)
      }
      guard case .window(let window) = rule.monitor else { continue }
      for (waiting, isFirst) in slice.state.waitingBySet {
        add(
          rule, waiting, key.values, slice.shown, awaits: rule.events(isFirst ? 1 : 0),
          deadline: waiting.since + window.length)
      }
    }
    found.sort {
      ($0.rule, $0.obligation.since, $0.values) < ($1.rule, $1.obligation.since, $1.values)
    }
    return found.map(\.obligation)
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

  private func overdue(_ rule: TemporalRule, since event: Int, at deadline: Timestamp) -> Finding {
    var finding = finding(of: rule, .overdue, at: deadline)
    finding.message =
      "\(Self.missing(rule)) in time, due since event \(event): \(rule.declaration.statement)"
    return finding
  }

  private static func missing(_ rule: TemporalRule) -> String {
    let names = rule.events(rule.sets.count - 1).map { "`\($0)`" }.joined(separator: " or ")
    return "\(names) did not happen"
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
