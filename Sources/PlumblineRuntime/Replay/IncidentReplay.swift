package import PlumblineBundle
import PlumblineJSON

/// The events of an incident's trace, in the order of the lines.
package struct IncidentTrace: Sendable {
  package var events: [Event] = []
  /// The first line that is no event, and how many more there are.
  package var problem: (line: Int, message: String, more: Int)?

  /// Reads JSON Lines.
  package init(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { buffer in
      for line in JSONLines(buffer) where !line.isBlank {
        do throws(JSONError) {
          let document = try JSONDocument.parse(line.bytes)
          switch TraceReader.event(from: document.root) {
          case .success(let event): events.append(event)
          case .failure(let error): refuse(line.number, error.message)
          }
        } catch {
          refuse(line.number, "not JSON: \(error)")
        }
      }
    }
  }

  private mutating func refuse(_ line: Int, _ message: String) {
    if problem == nil {
      problem = (line, message, 0)
    } else {
      problem?.more += 1
    }
  }

  /// The cases, in order of appearance.
  package var cases: [String] {
    var seen: Set<String> = []
    return events.map(\.caseID).filter { seen.insert($0).inserted }
  }

  package func events(of caseID: String) -> [Event] { events.filter { $0.caseID == caseID } }

  /// The actions that are proposed.
  package var proposed: Set<String> {
    Set(
      events.compactMap { event in
        if case .propose(let proposal) = event.body { return proposal.action }
        return nil
      })
  }

  /// Whether two traces say the same, line by line.
  package func isSame(as other: IncidentTrace) -> Bool {
    events.count == other.events.count
      && zip(events, other.events).allSatisfy { mine, theirs in
        guard let mine = mine.raw, let theirs = theirs.raw else { return false }
        return mine.isEqual(to: theirs)
      }
  }
}

extension Event {
  /// The `type` of its line.
  package var typeName: String { raw?["type"]?.string ?? "event" }
}

/// Folds the cases of an incident's trace through a guard.
package struct IncidentReplay: Sendable {
  package let engine: Guard
  /// Digests have the identity of the rules of their day. A replay asks what the rules of today say, to an
  /// agent that holds today's digest, unless the failure was that it did not.
  let renewsDigests: Bool

  package init(_ engine: Guard, failureMode: FindingCategory) {
    self.engine = engine
    let required =
      engine.bundle.digestRequired
      || engine.bundle.workflows.contains { $0.steps.contains(where: \.digestRequired) }
    renewsDigests = required && failureMode != .outdatedDigest
  }

  /// A guard for a spec without some of its requirements.
  package static func engine(
    _ bundle: SpecBundle, without ids: Set<String>
  ) throws(GuardError) -> Guard {
    var rest = bundle
    rest.requirements.removeAll { ids.contains($0.id) }
    for index in rest.requirements.indices {
      rest.requirements[index].needs.removeAll { ids.contains($0) }
    }
    return try Guard(SpecScope(rest), meaning: "incident")
  }

  /// The decision on the last of a case's events.
  package func decision(after events: [Event], of caseID: String) -> Decision? {
    var state = engine.open(caseID)
    var last: Decision?
    for event in events { last = step(&state, event).decision }
    return last
  }

  /// The first event at which anything is wrong.
  package func firstFault(in trace: IncidentTrace) -> (caseID: String, sequence: Int, text: String)?
  {
    var states: [String: CaseState] = [:]
    for event in trace.events {
      var state = states[event.caseID] ?? engine.open(event.caseID)
      states[event.caseID] = nil
      let output = step(&state, event)
      defer { states[event.caseID] = state }
      if let decision = output.decision, decision.outcome > .warn {
        return (event.caseID, state.seq, "is \(Self.text(decision))")
      }
      if let finding = output.findings.first(where: { !$0.shadow && $0.answer != .warn }) {
        return (event.caseID, state.seq, "has a finding: \(Self.text(finding))")
      }
    }
    return nil
  }

  private func step(_ state: inout CaseState, _ event: Event) -> StepOutput {
    guard renewsDigests, case .propose(var proposal) = event.body else {
      return engine.step(&state, event)
    }
    if state.seq == 0 {
      // The digest of a case that has not begun is the one it begins with.
      var begun = state
      _ = engine.step(&begun, Event(caseID: event.caseID, time: event.time, body: .tick))
      proposal.digest = engine.digest(of: begun)
    } else {
      proposal.digest = engine.digest(of: state)
    }
    var event = event
    event.body = .propose(proposal)
    return engine.step(&state, event)
  }

  /// `denied by `REF-1`: Re-read the order`
  package static func text(_ decision: Decision) -> String {
    let word =
      switch decision.outcome {
      case .allow: "allowed"
      case .warn: "allowed with a warning"
      case .escalate: "escalated"
      case .deny: "denied"
      }
    guard let first = stopping(decision).first else { return word }
    let more = Set(stopping(decision).map(name)).subtracting([name(first)]).sorted()
    return "\(word) by \(([name(first)] + more).joined(separator: ", ")): \(message(first))"
  }

  private static func text(_ finding: Finding) -> String {
    "`\(finding.category.rawValue)` by \(name(finding)): \(message(finding))"
  }

  /// The findings that keep a proposal from being carried out.
  package static func stopping(_ decision: Decision) -> [Finding] {
    decision.findings.filter { !$0.shadow && $0.answer > .warn }
  }

  private static func name(_ finding: Finding) -> String {
    finding.requirement.map { "`\($0)`" } ?? "the check `\(finding.rule)`"
  }

  package static func message(_ finding: Finding) -> String {
    var text = finding.message.split(whereSeparator: \.isNewline).joined(separator: " ")
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }
}
