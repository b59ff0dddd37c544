import CEL
import Declare
import PlumblineBundle

/// What an event was to a temporal rule that names it. Kept for explanations only.
struct TemporalWitness: Sendable {
  let rule: Int
  /// The values of `same`, as canonical JSON.
  let values: String
  let seq: Int
  let time: Timestamp
  /// As a rule names it.
  let name: String
  let letter: Letter
  /// It broke the rule, which did not consume it.
  let isBreach: Bool
}

extension Guard {
  /// Notes what an event is to the rules that name it.
  func witness(
    _ state: inout CaseState, _ event: EventUses, args: Value, result: Value, name: String,
    at now: Timestamp, breached: [Int], _ activation: GuardActivation,
    filter: (TemporalUse) -> Certainty?
  ) {
    let seq = state.seq
    let found = withUnsafePointer(to: state) { pointer in
      activation.reset(now: now)
      activation.state = pointer
      activation.args = args
      activation.result = result
      defer { activation.state = nil }
      return event.all.compactMap { use -> TemporalWitness? in
        guard use.isNamed, let filter = filter(use),
          let values = SliceValues(use.rule.temporal.same, of: args)
        else { return nil }
        return TemporalWitness(
          rule: use.rule.index, values: values.text, seq: seq, time: now, name: name,
          letter: use.letter(activation, filter: filter),
          isBreach: breached.contains(use.rule.index))
      }
    }
    state.temporal.witnesses?.append(contentsOf: found)
  }

  /// The events of a case that a rule names, in the slice of the proposal, first the earliest; then the
  /// calls that have no final result.
  func events(
    of rule: TemporalRule, _ values: SliceValues, _ activation: GuardActivation
  ) -> [Explanation.TemporalEvent] {
    guard let state = activation.state else { return [] }
    let now = activation.now.instant
    var found: [Explanation.TemporalEvent] = []
    for witness in state.pointee.temporal.witnesses ?? []
    where witness.rule == rule.index && witness.values == values.text {
      let isOld = rule.monitor.length.map { now - witness.time.instant > $0 } ?? false
      found.append(
        .init(
          seq: witness.seq, time: witness.time, name: witness.name,
          counts: witness.isBreach
            ? .broke : isOld ? .tooOld : .init(max(witness.letter.a, witness.letter.b))))
    }
    for (letter, call) in openLetters(rule, values, activation) where letter != .other {
      found.append(
        .init(
          seq: call.seq, time: call.time, name: call.name,
          counts: call.doubt == nil ? .inFlight : .inDoubt))
    }
    return found
  }

  /// How a rule stands on the proposal that the activation holds: as sentences, and the events so far.
  func describe(
    _ question: TemporalQuestion, _ frozen: FrozenTemporal?, _ activation: GuardActivation
  ) -> (text: String, events: [Explanation.TemporalEvent]) {
    let rule = question.rule
    var text = "It is `\(rule.text)`"
    if let within = rule.temporal.within { text += " within \(within)s" }
    guard let state = activation.state,
      let values = SliceValues(rule.temporal.same, of: activation.args)
    else { return (text + "; its `same` cannot be told here.", []) }
    if !rule.temporal.same.isEmpty {
      text += " with the same \(rule.temporal.same.map { "`\($0)`" }.joined(separator: ", "))"
    }
    if frozen?.reviewed.contains(rule.index) == true {
      return (text + "; a valid approval of this very action is there.", [])
    }
    let result = activation.result
    activation.result = .unknown(UnknownReason.inFlight.unknown("result", source: nil))
    defer { activation.result = result }
    let events = events(of: rule, values, activation)
    if state.pointee.temporal.witnesses == nil {
      let happened = state.pointee.calls.count { call in
        TemporalPlan.use(of: rule, in: temporalPlan.successes[call.action])?.isNamed == true
          && SliceValues(rule.temporal.same, of: .record(call.args))?.text == values.text
      }
      text += "; of its actions \(happened) succeeded so far."
    } else if events.isEmpty {
      text += "; none of its events happened so far."
    } else {
      let counting = events.count { [.yes, .maybe].contains($0.counts) }
      text += "; \(counting) of its events so far count\(counting == 1 ? "s" : "")."
    }
    let stand = state.pointee.temporal.state(of: rule, values.text)
    if let missing = missing(question, frozen, from: stand, activation) { text += " \(missing)" }
    return (text, events)
  }

  /// What would have to happen first, or has to happen then.
  private func missing(
    _ question: TemporalQuestion, _ frozen: FrozenTemporal?, from stand: MonitorState,
    _ activation: GuardActivation
  ) -> String? {
    let rule = question.rule
    let now = activation.now.instant
    let seq = (activation.state?.pointee.seq ?? 0) + 1
    let filter = frozen?.filters[rule.index] ?? .yes
    /// Where the proposal and its success lead; nil: one of them is a breach.
    func after(_ stand: MonitorState) -> MonitorState? {
      var next = stand
      for use in [question.attempt, question.success].compactMap({ $0 }) {
        let letter = use.letter(activation, filter: filter)
        guard rule.monitor.take(&next, letter, at: now, event: seq) else { return nil }
      }
      return next
    }
    if let then = after(stand) {
      guard rule.monitor.verdict(then) == .open else { return nil }
      let awaited = Self.names(rule.awaited(then))
      guard !awaited.isEmpty else { return nil }
      return "After it, \(awaited) has to happen"
        + (rule.temporal.within.map { " within \($0)s." } ?? " before the case closes.")
    }
    var names: [String] = []
    for (set, letter) in [Letter(a: .yes), Letter(b: .yes)].enumerated() {
      var next = stand
      if rule.monitor.take(&next, letter, at: now, event: seq), after(next) != nil {
        names += rule.events(set)
      }
    }
    if let role = rule.reviewers.first {
      let others = Self.names(names)
      return "Missing: a valid approval of this very action by `\(role)`"
        + (others.isEmpty ? "." : ", or \(others).")
    }
    if !names.isEmpty { return "Missing: \(Self.names(names)) has to come first." }
    return rule.temporal.within == nil
      ? "Nothing that comes first would let it pass."
      : "Only time would let it pass: what counts grows too old."
  }

  private static func names(_ names: [String]) -> String {
    names.unique { $0 }.map { "`\($0)`" }.joined(separator: " or ")
  }
}

extension Explanation.TemporalEvent.Counts {
  init(_ certainty: Certainty) {
    self =
      switch certainty {
      case .yes: .yes
      case .maybe: .maybe
      case .no: .no
      }
  }
}
