import Foundation
import Plumbline
import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Testing

/// The guard and the second opinion, held together.
@Suite struct AgreementTests {
  /// What the guard said to one proposal.
  struct Answer {
    var outcome: Outcome
    var action: String
    var rules: [String]
  }

  static func guardEngine() throws -> Guard {
    let loaded = try Pipeline.load(
      Recordings.package.appendingPathComponent("Specs/airline").path)
    return try #require(loaded.spec?.guardEngine, "\(loaded.diagnostics)")
  }

  static func events(_ lines: [[UInt8]]) throws -> [Event] {
    try lines.map { line in
      try TraceReader.event(from: JSONDocument.parse(line).root).get()
    }
  }

  /// The answers to the proposals of some events, in their order, and the findings of the rest.
  static func replay(_ events: [Event], through engine: Guard) -> (
    answers: [Answer], findings: [Finding]
  ) {
    var states: [String: CaseState] = [:]
    var answers: [Answer] = []
    var findings: [Finding] = []
    for event in events {
      var state = states[event.caseID] ?? engine.open(event.caseID)
      let output = engine.step(&state, event)
      states[event.caseID] = state
      findings += output.findings
      if let decision = output.decision, case .propose(let proposal) = event.body {
        let rules = decision.findings.filter { !$0.shadow && $0.answer >= .escalate }
          .map { $0.requirement ?? $0.rule }
        answers.append(
          Answer(
            outcome: decision.outcome, action: proposal.action, rules: Set(rules).sorted()))
      }
    }
    return (answers, findings)
  }

  /// The one rule on which they differ, and why: the search lists a second leg after midnight with
  /// the fare of the day before, so what the guard can see is not what the database says.
  static let known: [String: Set<String>] = [
    "task46-trial3 8": ["BOOK-7"], "task46-trial3 14": ["BOOK-7"],
  ]

  @Test(
    .enabled(
      if: Recordings.available, "the recordings lie in ../shared/airline, which is not there"))
  func everyWriteIsJudgedAlike() throws {
    let engine = try Self.guardEngine()
    let database = try Recordings.database()
    let importer = ChatImport(clock: "2024-05-15T15:00:00-05:00")
    let text = try String(
      contentsOf: Recordings.folder.appendingPathComponent("runs.jsonl"), encoding: .utf8)
    let runs = try Recordings.runs()
    var writes = 0
    var allowed = 0
    for (index, line) in text.split(separator: "\n").enumerated() {
      let lines = try importer.events(of: Array(line.utf8), line: index + 1).lines
      let (answers, findings) = Self.replay(try Self.events(lines), through: engine)
      for finding in findings {
        #expect(finding.category != .contractDrift, "\(runs[index].id): \(finding.message)")
      }
      for opinion in SecondOpinion.judge(runs[index], database: database) {
        let place = "\(opinion.run) \(opinion.index)"
        guard answers.indices.contains(opinion.index) else {
          Issue.record("\(place): the guard has no decision")
          continue
        }
        let answer = answers[opinion.index]
        let stopped = answer.outcome >= .escalate
        let expected = Set(opinion.forbiddenBy)
        let found = Set(answer.rules)
        let differing = expected.symmetricDifference(found)
        #expect(answer.action == opinion.tool, "\(place)")
        #expect(
          stopped == !expected.isEmpty,
          "\(place) \(opinion.tool): guard \(answer.rules), second opinion \(opinion.forbiddenBy)")
        #expect(
          differing.isSubset(of: Self.known[place] ?? []),
          "\(place) \(opinion.tool): guard \(answer.rules), second opinion \(opinion.forbiddenBy)")
        writes += 1
        if !stopped { allowed += 1 }
      }
    }
    #expect(writes == 152)
    #expect(allowed == 58)
  }

  /// Every denied write of a run that earned its reward stands in `Docs/Airline.md`.
  @Test(
    .enabled(
      if: Recordings.available, "the recordings lie in ../shared/airline, which is not there"))
  func everyDenialOfARewardedRunIsExplained() throws {
    let page = try String(
      contentsOf: Recordings.package.appendingPathComponent("Docs/Airline.md"), encoding: .utf8)
    let database = try Recordings.database()
    var denied = 0
    for run in try Recordings.runs() where run.reward == 1 {
      for opinion in SecondOpinion.judge(run, database: database)
      where !opinion.forbiddenBy.isEmpty {
        denied += 1
        #expect(page.contains(opinion.run), "\(opinion.run) \(opinion.index)")
        for rule in opinion.forbiddenBy { #expect(page.contains(rule)) }
      }
    }
    #expect(denied == 27)
  }

  @Test func theDesksOwnTrace() throws {
    let engine = try Self.guardEngine()
    let text = try String(
      contentsOf: Recordings.package.appendingPathComponent("Specs/airline/traces/desk.jsonl"),
      encoding: .utf8)
    let lines = text.split(separator: "\n").map { Array($0.utf8) }
    let events = try Self.events(lines)
    let (answers, findings) = Self.replay(events, through: engine)
    let stopped = answers.filter { $0.outcome >= .escalate }
    #expect(
      stopped.map(\.rules) == [
        ["CXL-2"], ["BAG-2"], ["AIR-1", "AIR-7"],
        ["AIR-18", "AIR-4", "CXL-2", "CXL-4", "CXL-5", "step"], ["TRF-1"], ["CXL-4"],
        ["CXL-3"],
      ])
    #expect(findings.filter { $0.category == .contractDrift }.count == 1)
    #expect(findings.compactMap(\.requirement) == ["CXL-6"])
    #expect(findings.allSatisfy { $0.category != .bypassed })
  }
}
