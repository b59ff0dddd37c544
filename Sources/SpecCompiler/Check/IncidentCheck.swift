import PlumblineBundle
import PlumblineDiagnostics
import PlumblineRuntime
import SpecModel
import Suggestions

/// Replays incidents: what happened once must not be able to happen again.
///
/// *Prevented* means: without the requirements in `prevented_by` the event would be allowed, with them it is
/// denied or escalated, and by one of them. What is only stopped because a fact is missing counts where the
/// failure was just that.
enum IncidentCheck {
  static func check(_ input: CheckInput) -> [Diagnostic] {
    let incidents = input.bundle.incidents
    guard let first = input.lowering.writtenIncidents.first else { return [] }
    // What can't be replayed is not prevented.
    let engine: Guard
    do throws(GuardError) {
      engine = try Guard(input.scope, meaning: "incident")
    } catch {
      return [.specDoesNotLoad(error.message, at: first.id.range)]
    }
    let declared = DeclaredNames(input)
    // Incidents of one rule share the guard without it.
    let sets = Array(
      Set(incidents.filter { $0.status == .prevented }.map { Set($0.preventedBy) }))
    let made = SideBySide.map(sets.count) { number in
      Result { () throws(GuardError) in
        try IncidentReplay.engine(input.bundle, without: sets[number])
      }
    }
    let without = Dictionary(zip(sets, made), uniquingKeysWith: { first, _ in first })
    let found = SideBySide.map(incidents.count) { index in
      var check = OneIncident(index, input, engine, without: without)
      check.run(declared)
      return check.diagnostics
    }
    // A literal that several incidents hold is one mistake.
    var places: Set<SourceRange> = []
    return found.joined().filter { diagnostic in
      diagnostic.code != "PL0639" || places.insert(diagnostic.range).inserted
    }
  }

  /// What an outcome is worth to an incident.
  enum Verdict {
    case prevented
    /// Stopped by one of the named requirements, for want of a fact.
    case byChance(Finding)
    /// Let pass by them.
    case allowed

    init(_ decision: Decision, by ids: Set<String>, mode: FindingCategory) {
      let own = IncidentReplay.stopping(decision).filter { finding in
        finding.requirement.map(ids.contains) ?? false
      }
      if own.contains(where: { !$0.category.isMissingFact || $0.category == mode }) {
        self = .prevented
      } else if let first = own.first {
        self = .byChance(first)
      } else {
        self = .allowed
      }
    }
  }
}

/// The checks of one incident.
private struct OneIncident {
  let input: CheckInput
  let engine: Guard
  /// The guards without the requirements of an incident.
  let without: [Set<String>: Result<Guard, GuardError>]
  let incident: IncidentDeclaration
  let written: WrittenIncident
  var diagnostics: [Diagnostic] = []

  init(
    _ index: Int, _ input: CheckInput, _ engine: Guard,
    without: [Set<String>: Result<Guard, GuardError>]
  ) {
    self.input = input
    self.engine = engine
    self.without = without
    incident = input.bundle.incidents[index]
    written = input.lowering.writtenIncidents[index]
  }

  mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  mutating func run(_ declared: DeclaredNames) {
    guard let trace = load(written.trace) else { return }
    let twin = load(written.twin)
    if let event = event(in: trace) {
      switch incident.status {
      case .prevented: prevent(trace, event)
      case .open: look(event)
      }
      if let twin, let place = written.twin { check(twin, of: trace, event, at: place) }
    }
    let before = input.lowering.committed?.incidents.first { $0.id == incident.id }
    if let hash = before?.traceHash, hash != incident.traceHash, let file = written.trace {
      report(.traceChanged(incident.id, file.value, at: file.range))
    }
    if let twin = before?.twin, written.twin == nil {
      report(.twinGone(incident.id, twin, at: written.id.range))
    }
    guard incident.status == .prevented else { return }
    if written.twin == nil, diagnostics.isEmpty {
      report(.preventedWithoutTwin(incident.id, at: written.id.range))
    }
    var values = TraceValues(declared)
    if let file = written.trace { values.add(trace, from: file.value) }
    if let twin, let file = written.twin { values.add(twin, from: file.value) }
    diagnostics += IncidentLiterals(input, values, written).diagnostics
  }

  /// A trace of the package, wholly readable; a file that is not there was told before.
  private mutating func load(_ file: Located<String>?) -> IncidentTrace? {
    guard let file, let bytes = input.package.read(file.value) else { return nil }
    let trace = IncidentTrace(bytes)
    if let problem = trace.problem {
      report(
        .traceLine(file.value, problem.line, problem.message, more: problem.more, at: file.range))
      return nil
    }
    return trace
  }

  /// The event that should not have happened, with all before it.
  private struct Point {
    var caseID: String
    var sequence: Int
    var events: [Event]
    var proposal: Proposal?
    var shown: String { "event \(sequence) of `\(caseID)`" }
  }

  private mutating func event(in trace: IncidentTrace) -> Point? {
    guard let caseID = written.atCase, let sequence = written.atSequence,
      let number = incident.atSequence, let file = written.trace?.value
    else { return nil }
    let events = trace.events(of: caseID.value)
    if events.isEmpty {
      report(
        .traceWithoutCase(
          caseID.value, file, at: caseID.range,
          near: Suggest.nearest(caseID.value, among: trace.cases)))
      return nil
    }
    guard number >= 1, number <= events.count else {
      report(
        .traceWithoutEvent(
          number, caseID.value, file, count: events.count, at: sequence.range))
      return nil
    }
    var point = Point(
      caseID: caseID.value, sequence: number, events: Array(events.prefix(number)))
    let event = events[number - 1]
    if case .propose(let proposal) = event.body {
      point.proposal = proposal
    } else if incident.status == .prevented {
      report(.eventIsNoProposal(number, caseID.value, event.typeName, at: sequence.range))
      return nil
    }
    return point
  }

  private func decide(_ point: Point, _ engine: Guard) throws(GuardError) -> Decision {
    let replay = IncidentReplay(engine, failureMode: incident.failureMode)
    guard let decision = replay.decision(after: point.events, of: point.caseID) else {
      throw GuardError("\(point.shown) is not decided")
    }
    return decision
  }

  // MARK: Prevented

  private mutating func prevent(_ trace: IncidentTrace, _ point: Point) {
    let ids = Set(incident.preventedBy)
    let before: Decision
    let now: Decision
    do throws(GuardError) {
      let others: Guard
      if let made = without[ids] {
        others = try made.get()
      } else {
        others = try IncidentReplay.engine(input.bundle, without: ids)
      }
      before = try decide(point, others)
      now = try decide(point, engine)
    } catch {
      report(.specDoesNotLoad(error.message, at: written.id.range))
      return
    }
    let rules = incident.preventedBy.map { "`\($0)`" }.joined(separator: ", ")
    guard before.outcome <= .warn else {
      var others: [String] = []
      for finding in IncidentReplay.stopping(before) {
        if let id = finding.requirement, !others.contains(id) { others.append(id) }
      }
      report(
        .preventedElsewhere(
          incident.id, rules, point.shown, IncidentReplay.text(before), at: written.id.range,
          requirements: others))
      return
    }
    switch IncidentCheck.Verdict(now, by: ids, mode: incident.failureMode) {
    case .prevented: needed(point, now)
    case .byChance(let finding):
      report(
        .preventedByChance(
          incident.id, finding.requirement ?? finding.rule, point.shown, finding.category.rawValue,
          incident.failureMode.rawValue, IncidentReplay.message(finding), at: written.id.range,
          notes: changes))
    case .allowed:
      report(
        .notPrevented(
          incident.id, rules, point.shown, IncidentReplay.text(now), at: written.id.range,
          notes: changes))
    }
  }

  /// Of several requirements each must stop the event; one that needs another is asked alone.
  private mutating func needed(_ point: Point, _ now: Decision) {
    guard incident.preventedBy.count > 1 else { return }
    for name in written.preventedBy {
      let id = name.value
      if case .prevented = IncidentCheck.Verdict(now, by: [id], mode: incident.failureMode) {
        continue
      }
      let others = Set(incident.preventedBy).subtracting([id])
      if let alone = try? IncidentReplay.engine(input.bundle, without: others),
        let decision = try? decide(point, alone),
        case .prevented = IncidentCheck.Verdict(decision, by: [id], mode: incident.failureMode)
      {
        continue
      }
      report(.preventsNothingHere(id, incident.id, at: name.range))
    }
  }

  /// What is different from the bundle that was compiled last.
  private var changes: [Diagnostic.Note] {
    guard let old = input.lowering.committed,
      let before = old.incidents.first(where: { $0.id == incident.id })
    else { return [] }
    var notes = SpecChanges.of(before, incident).map {
      Diagnostic.Note($0, at: written.id.range)
    }
    for id in incident.preventedBy {
      guard let index = input.bundle.requirements.firstIndex(where: { $0.id == id }),
        let was = old.requirements.first(where: { $0.id == id })
      else { continue }
      let place = input.requirements[index]
      let changes = SpecChanges.of(was, input.bundle.requirements[index])
      notes += changes.map {
        .init("in `\(id)` \($0.text)", at: place.range(of: $0.key))
      }
      if changes.isEmpty {
        notes += SpecChanges.around(input.bundle.requirements[index], from: old, to: input.bundle)
          .map { .init("`\(id)` is as it was, but \($0)", at: place.id.range) }
      }
    }
    return notes
  }

  // MARK: Open

  private mutating func look(_ point: Point) {
    guard point.proposal != nil, let now = try? decide(point, engine), now.outcome > .warn else {
      return
    }
    report(
      .openButPrevented(
        incident.id, point.shown, IncidentReplay.text(now),
        at: written.status?.range ?? written.id.range))
  }

  // MARK: The twin

  private mutating func check(
    _ twin: IncidentTrace, of trace: IncidentTrace, _ point: Point, at file: Located<String>
  ) {
    if twin.isSame(as: trace) {
      report(.twinIsTheTrace(file.value, at: file.range))
      return
    }
    let proposed = twin.proposed
    if proposed.isEmpty {
      report(.twinWithoutProposal(file.value, at: file.range))
      return
    }
    let replay = IncidentReplay(engine, failureMode: incident.failureMode)
    if let fault = replay.firstFault(in: twin) {
      report(
        .twinNotAllowed(
          "event \(fault.sequence) of `\(fault.caseID)`", fault.text, at: file.range))
    } else if let action = point.proposal?.action, !proposed.contains(action) {
      report(.twinWithoutAction(action, at: file.range))
    }
  }
}

extension WrittenRequirement {
  /// Where one of its keys stands, as far as that is known.
  func range(of key: String) -> SourceRange {
    let place: SourceRange? =
      switch key {
      case "when": when?.range
      case "require": require?.range
      case "forbid": forbid?.range
      case "ensure": ensure?.range
      case "confirmed": confirmed?.range
      case "otherwise": otherwise?.range
      case "ungrounded": ungrounded?.range
      case "mode": mode?.range
      case "advice": advice?.range
      case "enforced_by": enforcedBy?.range
      case "applies_to": appliesTo.first?.name.range
      case "needs": needs.first?.range
      default: temporal.first { $0.sugar.value == key }?.sugar.range
      }
    return place ?? id.range
  }
}
