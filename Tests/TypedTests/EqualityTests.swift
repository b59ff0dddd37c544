import Foundation
import GeneratedSpecs
import Plumbline
import PlumblineTyped
import Testing

/// The typed guard, its conditions compiled to Swift, decides as the guard does that interprets them and folds traces:
/// byte for byte.
@Suite struct EqualityTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// How many events went through types, and how many could not: what they hold is off their contract.
  struct Count { var typed = 0, raw = 0 }

  private struct Capture: Decodable {
    let decoder: any Decoder
    init(from decoder: any Decoder) throws { self.decoder = decoder }
  }

  static func decoder(_ node: JSONNode?) throws -> any Decoder {
    let json = node.map { JSON($0) } ?? .object([])
    return try JSONDecoder().decode(Capture.self, from: Data(try json.encoded())).decoder
  }

  /// The same as JSON sees it: keys in any order, 20 and 20.0 alike.
  static func same(_ a: JSON, _ b: JSON) throws -> Bool {
    try CanonicalJSON.encode(a) == CanonicalJSON.encode(b)
  }

  /// Folds a trace both ways and compares every output.
  static func compare<Spec: TypedSpec>(
    _ spec: Spec.Type, _ trace: URL,
    proposal: (Spec.Action, any Decoder) throws -> Spec.Proposal,
    observation: (Spec.Action, any Decoder) throws -> Spec.Observation
  ) throws -> Count {
    var count = Count()
    var plain: [String: CaseState] = [:]
    var typed: [String: TypedGuard<Spec>] = [:]
    var actions: [String: Spec.Action] = [:]
    // Without the conditions that are compiled to Swift: every one is interpreted.
    let engine = try Guard(Spec.embedded.engine.bundle)
    for line in try String(contentsOf: trace, encoding: .utf8).split(separator: "\n") {
      let event = try TraceReader.read(try JSONDocument.parse(String(line)).root)
      var state = plain[event.caseID] ?? engine.open(event.caseID)
      let expected = engine.step(&state, event)
      plain[event.caseID] = state

      // A case opens with its first event; of the trace's own `open` the data is taken.
      if case .open(let data, let workflow) = event.body, typed[event.caseID] == nil,
        let known = try? JSONDecoder().decode(
          Spec.Case.self, from: Data(try (data.map { JSON($0) } ?? .object([])).encoded())),
        try same(known.specJSON, data.map { JSON($0) } ?? .object([]))
      {
        typed[event.caseID] = TypedGuard<Spec>(
          case: known, id: event.caseID, workflow: workflow.flatMap { Spec.Workflow(rawValue: $0) },
          at: event.time)
        count.typed += 1
      } else {
        guard var desk = typed[event.caseID] else { continue }
        switch event.body {
        case .propose(let made):
          if made.claims == nil, let action = Spec.Action(rawValue: made.action),
            let call = try? proposal(action, decoder(made.args)),
            try same(call.arguments, made.args.map { JSON($0) } ?? .object([]))
          {
            if let id = made.id { actions[event.caseID + id] = action }
            desk.propose(
              call, id: made.id, confidence: made.confidence, digest: made.digest,
              agent: made.agent, at: event.time)
            count.typed += 1
          } else {
            desk.fold(event.body, at: event.time)
            count.raw += 1
          }
        case .result(let of, .success(let node)):
          if let action = actions[event.caseID + of],
            let answer = try? observation(action, decoder(node)),
            try same(answer.result, JSON(node))
          {
            desk.observe(answer, of: of, at: event.time)
            count.typed += 1
          } else {
            desk.fold(event.body, at: event.time)
            count.raw += 1
          }
        default: desk.fold(event.body, at: event.time)
        }
        typed[event.caseID] = desk
      }
      guard let desk = typed[event.caseID] else { continue }
      #expect(
        try text(desk.lastOutput) == text(expected), "\(trace.lastPathComponent): \(line)")
    }
    return count
  }

  static func text(_ output: StepOutput) throws -> String {
    let parts = try [output.decision?.json() ?? .null, .array(output.findings.map { $0.json() })]
      .map { String(decoding: try $0.encoded(), as: UTF8.self) }
    return parts.joined(separator: "\n") + output.notes.joined(separator: "\n")
  }

  static func traces(_ folder: String) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(
      at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "jsonl" }.sorted { $0.path < $1.path }
  }

  @Test func everyTraceOfTheSupportDesk() throws {
    var all = Count()
    for trace in try Self.traces("Specs/support/traces") {
      let count = try Self.compare(
        Support.self, trace, proposal: { try Support.Proposal($0, from: $1) },
        observation: { try Support.Observation($0, from: $1) })
      all.typed += count.typed
      all.raw += count.raw
    }
    #expect(all.typed > 100, "\(all)")
    #expect(all.raw < all.typed / 4, "\(all)")
  }

  /// Folds lines of a trace with the compiled conditions and without, and compares every output.
  static func compare(_ engine: Guard, _ lines: [[UInt8]]) throws -> Int {
    let plain = try Guard(engine.bundle)
    var states: [String: (compiled: CaseState, plain: CaseState)] = [:]
    var decisions = 0
    for line in lines {
      let event = try TraceReader.read(try JSONDocument.parse(line).root)
      var (a, b) =
        states[event.caseID] ?? (engine.open(event.caseID), plain.open(event.caseID))
      let (made, expected) = (engine.step(&a, event), plain.step(&b, event))
      if made.decision != nil { decisions += 1 }
      #expect(
        try text(made) == text(expected), "\(String(decoding: line, as: UTF8.self))")
      states[event.caseID] = (a, b)
    }
    return decisions
  }

  private static let runs = root.deletingLastPathComponent()
    .appendingPathComponent("shared/airline/runs.jsonl")

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: runs.path),
      "the recordings lie in ../shared/airline, which is not there"))
  func everyRecordedRun() throws {
    let importer = ChatImport(clock: "2024-05-15T15:00:00-05:00")
    let text = try String(contentsOf: Self.runs, encoding: .utf8)
    var decisions = 0
    for (index, line) in text.split(separator: "\n").enumerated() {
      let events = try importer.events(of: Array(line.utf8), line: index + 1).lines
      decisions += try Self.compare(Airline.embedded.engine, events)
    }
    #expect(decisions == 577)
  }

  @Test func everyTraceOfTheAirline() throws {
    var all = Count()
    for trace in try Self.traces("Specs/airline/traces") {
      let count = try Self.compare(
        Airline.self, trace, proposal: { try Airline.Proposal($0, from: $1) },
        observation: { try Airline.Observation($0, from: $1) })
      all.typed += count.typed
      all.raw += count.raw
    }
    #expect(all.typed > 5, "\(all)")
  }
}
