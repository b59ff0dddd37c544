import Foundation
import Plumbline
import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Testing

/// The guard and the second interpreter, event by event.
///
/// `PLUMBLINE_RANDOM_STEPS` says how many random steps are taken, `PLUMBLINE_SEED` with which seed they begin.
@Suite struct DifferentialTests {
  private static let differ = Differ { bundle, trace in
    try Interpreters.plainly(bundle, trace)
  }

  private static func setting(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }

  /// Whether all is asked for that takes longer than a test run should.
  private static var isThorough: Bool { setting("PLUMBLINE_RANDOM_STEPS") != nil }

  // MARK: - Random specs and traces

  /// How often each decision and each category of finding came.
  private struct Tally {
    var steps = 0
    var specs = 0
    var refused = 0
    var counts: [String: Int] = [:]

    mutating func add(_ seen: [Seen]) {
      steps += seen.count
      for one in seen {
        if let decision = one.decision { counts[decision, default: 0] += 1 }
        for finding in one.findings {
          counts[String(finding.split(separator: " ")[1]), default: 0] += 1
        }
        if !one.obligations.isEmpty { counts["obligations", default: 0] += 1 }
      }
    }
  }

  @Test func randomStepsAgree() throws {
    let goal = Int(Self.setting("PLUMBLINE_RANDOM_STEPS") ?? 3_000)
    let first = Self.setting("PLUMBLINE_SEED") ?? 1
    let disagreements = Int(Self.setting("PLUMBLINE_DISAGREEMENTS") ?? 1)
    let start = ContinuousClock.now
    var tally = Tally()
    var found = 0
    var seed = first
    while tally.steps < goal, found < disagreements {
      defer { seed += 1 }
      let draft = RandomSpec.make(seed)
      guard let sound = try? Sound(draft.bundle) else {
        tally.refused += 1
        continue
      }
      tally.specs += 1
      for trace in Self.traces(sound.bundle, seed) {
        let compared = Self.differ.compare(sound, trace)
        guard compared.first == nil else {
          let report = Self.differ.report(
            Disagreement(draft: draft, trace: trace), seed: seed, budget: 3_000)
          Issue.record("\(report)")
          found += 1
          break
        }
        tally.add(compared.seen)
      }
    }
    let counts = tally.counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    print(
      "\(tally.steps) random steps in \(tally.specs) specs, seeds \(first) to \(seed - 1),"
        + " in \(ContinuousClock.now - start); specs refused: \(tally.refused);"
        + " \(counts.joined(separator: ", "))")
    #expect(tally.refused * 20 < max(tally.specs, 100))
    if found == 0 {
      for outcome in ["allow", "warn", "escalate", "deny", "obligations"] {
        #expect(tally.counts[outcome] != nil, "no step gave \(outcome)")
      }
    }
  }

  /// Many short ones: what is recomputed from the beginning grows with the square of the length.
  private static func traces(_ bundle: SpecBundle, _ seed: UInt64) -> [[JSON]] {
    (0..<6).map { number in
      let length = [6, 10, 10, 14, 18, 24][number]
      return RandomTrace.make(bundle, seed &* 31 &+ UInt64(number), events: length)
    }
  }

  // MARK: - Cases that once differed

  @Test(arguments: KeptCase.names)
  func keptCasesAgree(_ name: String) throws {
    let file = KeptCase.folder.appendingPathComponent(name)
    var kept = try KeptCase(Package.bytes(file))
    let sound = try Sound(kept.bundle)
    let compared = Self.differ.compare(sound, kept.trace)
    if let first = compared.first { Issue.record("\(first)") }
    let said = compared.seen.map(\.description)
    if ProcessInfo.processInfo.environment["PLUMBLINE_RECORD"] != nil {
      kept.expected = said
      try Data(kept.json.prettyPrinted().utf8).write(to: file)
    }
    #expect(said == kept.expected)
  }

  // MARK: - Specs as they are used

  private struct Real {
    var bundle: SpecBundle
    var guardian: Guard

    init(_ name: String) throws {
      let file = Package.folder.appendingPathComponent("Generated/\(name)/bundle.json")
      bundle = try SpecBundle.load(Package.bytes(file)).bundle
      guardian = try Guard(SpecScope(bundle), meaning: name)
    }

    /// Compares the events of each case.
    func compare(_ lines: [[UInt8]], limit: Int = .max) throws -> (steps: Int, wrong: [String]) {
      var cases: [(id: String, trace: [JSON])] = []
      for line in lines where !line.isEmpty {
        let json = try JSON(JSONDocument.parse(line).root)
        let id = json["case"]?.string ?? ""
        if let place = cases.firstIndex(where: { $0.id == id }) {
          cases[place].trace.append(json)
        } else {
          cases.append((id, [json]))
        }
      }
      var steps = 0
      var wrong: [String] = []
      for (id, trace) in cases {
        let compared = differ.compare(bundle, guardian, Array(trace.prefix(limit)))
        steps += compared.seen.count
        if let first = compared.first { wrong.append("\(id) \(first)") }
      }
      return (steps, wrong)
    }
  }

  private static func lines(_ url: URL) throws -> [[UInt8]] {
    try Package.bytes(url).split(separator: 0x0A).map { Array($0) }
  }

  @Test(arguments: ["support", "airline"])
  func tracesOfTheSpecsAgree(_ name: String) throws {
    let real = try Real(name)
    let folder = Package.folder.appendingPathComponent("Specs/\(name)/traces")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".jsonl") }.sorted()
    var steps = 0
    for file in files {
      let (count, wrong) = try real.compare(Self.lines(folder.appendingPathComponent(file)))
      steps += count
      #expect(wrong.isEmpty, "\(file): \(wrong.joined(separator: "\n"))")
    }
    print("\(name): \(steps) steps of \(files.count) traces")
    #expect(steps > 10)
  }

  private static let runs = Package.folder.deletingLastPathComponent()
    .appendingPathComponent("shared/airline/runs.jsonl")

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: runs.path),
      "the recordings lie in ../shared/airline, which is not there"))
  func recordedRunsAgree() throws {
    let real = try Real("airline")
    let importer = ChatImport(clock: "2024-05-15T15:00:00-05:00")
    var conversations = try Self.lines(Self.runs)
    if !Self.isThorough { conversations = Array(conversations.prefix(3)) }
    var steps = 0
    for (index, line) in conversations.enumerated() {
      let events = try importer.events(of: line, line: index + 1).lines
      let (count, wrong) = try real.compare(events, limit: Self.isThorough ? .max : 25)
      steps += count
      #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
    }
    print("airline: \(steps) steps of \(conversations.count) recorded runs")
    #expect(steps > 20)
  }
}
