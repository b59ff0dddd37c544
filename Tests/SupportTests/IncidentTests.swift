import Foundation
import Plumbline
import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Testing

/// The support desk: each recorded failure is stopped where it happened, and each twin passes.
@Suite struct IncidentTests {
  static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Specs/support")

  static func spec() throws -> (bundle: SpecBundle, engine: Guard) {
    let loaded = try Pipeline.load(package.path)
    let spec = try #require(loaded.spec, "\(loaded.diagnostics)")
    return (spec.bundle, spec.guardEngine)
  }

  /// What each line of a trace gave.
  static func replay(_ trace: String, through engine: Guard) throws -> [(Event, StepOutput)] {
    let text = try String(contentsOf: package.appendingPathComponent(trace), encoding: .utf8)
    var states: [String: CaseState] = [:]
    return try text.split(separator: "\n").map { line in
      let event = try TraceReader.event(from: JSONDocument.parse(Array(line.utf8)).root).get()
      var state = states[event.caseID] ?? engine.open(event.caseID)
      let output = engine.step(&state, event)
      states[event.caseID] = state
      return (event, output)
    }
  }

  /// By incident: the one rule that answers, how, and with which category.
  static let promised: [(id: String, rule: String, category: FindingCategory, outcome: Outcome)] = [
    ("INC-01", "SAY-1", .contractDrift, .deny), ("INC-02", "REF-4", .duplicate, .deny),
    ("INC-03", "SAY-4", .ungrounded, .deny), ("INC-04", "RTE-1", .ungrounded, .deny),
    ("INC-05", "REL-1", .violated, .deny), ("INC-06", "SAY-5", .violated, .deny),
    ("INC-07", "MKT-1", .stale, .deny), ("INC-08", "FIL-1", .violated, .deny),
    ("INC-09", "SAY-3", .violated, .deny), ("INC-10", "REL-2", .violated, .deny),
    ("INC-11", "FIL-2", .partial, .deny), ("INC-12", "REF-5", .unreviewed, .escalate),
  ]

  @Test func everyFailureIsStoppedWhereItHappened() throws {
    let (bundle, engine) = try Self.spec()
    #expect(bundle.incidents.map(\.id) == Self.promised.map(\.id))
    for (incident, promise) in zip(bundle.incidents, Self.promised) {
      let steps = try Self.replay(try #require(incident.trace), through: engine)
      let at = try #require(incident.atSequence)
      let decision = try #require(steps[at - 1].1.decision, "\(incident.id)")
      #expect(decision.outcome == promise.outcome, "\(incident.id)")
      #expect(decision.findings.map(\.requirement) == [promise.rule], "\(incident.id)")
      #expect(decision.findings.map(\.category) == [promise.category], "\(incident.id)")
      #expect(incident.failureMode == promise.category, "\(incident.id)")
      // Nothing before it was in the way.
      for (event, output) in steps.prefix(at - 1) {
        #expect(output.decision?.outcome ?? .allow == .allow, "\(incident.id) \(event.time)")
      }
    }
  }

  @Test func everyTwinPassesWhole() throws {
    let (bundle, engine) = try Self.spec()
    for incident in bundle.incidents {
      for (event, output) in try Self.replay(try #require(incident.twin), through: engine) {
        #expect(output.findings.isEmpty, "\(incident.id) \(event.time): \(output.findings)")
        #expect(output.decision?.outcome ?? .allow == .allow, "\(incident.id) \(event.time)")
      }
    }
  }

  @Test func everyIncidentTellsItsTimes() throws {
    for incident in try Self.spec().bundle.incidents {
      let times = [incident.occurred, incident.detected, incident.recovered, incident.prevented]
      let known = times.compactMap { $0 }
      #expect(known.count == 4 && known == known.sorted(), "\(incident.id)")
    }
  }

  @Test func anOrdinaryDay() throws {
    let (_, engine) = try Self.spec()
    let replayer = Replayer(engine)
    try replayer.replay(Self.package.appendingPathComponent("traces/desk.jsonl").path) {
      (chunk: Replayer.Chunk) throws(FileError) in
      _ = chunk
    }
    let summary = replayer.summary
    #expect(summary.cases == 7)
    #expect(summary.decisions == [.allow: 28, .escalate: 1, .deny: 5])
    #expect(
      summary.findings == [
        .violated: 3, .ungrounded: 1, .stale: 1, .unreviewed: 1, .overdue: 1,
      ])
    #expect(summary.requirements["REF-6"] == [.overdue: 1])
    #expect(summary.obligations.map(\.caseID) == ["mon-3", "mon-3"])
    #expect(summary.obligations.map(\.obligation.requirement) == ["REF-6", "SAY-6"])
  }
}
