#if Companion
import ArgumentParser
import CommandSupport
import Plumbline
import PlumblineJSON
import PlumblineKeys
import PlumblineRecord
import PlumblineRuntime
import PlumblineStore

struct LogRecordCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Decides events and records them, each durable before its answer is written.",
    discussion: """
      Events are lines of JSON, as in a trace. Cases that the log knows go on where they were, under the
      bundle they were opened with; new ones open with SPEC.

      Exit status: 0 nothing worse than a warning; 1 a deny, an escalation, a finding, or a line that is no
      event; 2 a wrong call or a log that can't be written.
      """)

  @Argument(help: "A spec package, or a bundle.json.")
  var spec: String

  @Argument(help: ArgumentHelp("Events, JSON Lines; `-` is standard input.", valueName: "trace"))
  var traces: [String]

  @Option(help: "The log; it is made where there is none.")
  var log: String

  @Option(help: "Write an answer for each event to this file, a line each; `-` is standard output.")
  var answers: String?

  @Option(help: "At most so many events are committed together.")
  var batch = 512

  @OptionGroup var keys: KeyOptions

  @Option(help: "How the summary is written.")
  var format: ReportFormat = .text

  func validate() throws {
    if batch < 1 { throw ValidationError("--batch is a number from 1 on") }
  }

  func run() async throws {
    let path = spec
    let spec = try LoadedSpec.loadOrExit(path, key: keys.key)
    try FileClash.refuse(
      outputs: [("--log", log)] + (answers.map { [("--answers", $0)] } ?? []),
      inputs: traces + spec.inputs(path) + keys.inputs)
    let settings = try keys.settings()
    let signer = try keys.signer()
    let store = try OpenLog.store(log, creates: true)
    let recorder = try Recorder(bundle: spec.bytes, settings: settings)
    let output = try answers.map { try OutputFile($0) }
    var summary = Summary()
    for trace in traces {
      var events = try EventLines(trace, most: batch)
      while let batch = try events.next() {
        for problem in batch.problems {
          summary.problems += 1
          Console.error(problem)
        }
        if batch.events.isEmpty { continue }
        let recorded = try store.write { try recorder.append(batch.events, in: $0) }
        var lines: [UInt8] = []
        for one in recorded {
          summary.count(one)
          guard output != nil else { continue }
          var token: String?
          if let permit = one.permit, let signer {
            token = try await PermitToken.sign(permit, with: signer)
          }
          lines += one.json(permit: token).compact
          lines.append(10)
        }
        try output?.write(lines)
      }
    }
    try output?.close()
    if answers != "-" {
      switch format {
      case .text: Console.print(summary.text(FileSystem.display(log)))
      case .json: Console.print(summary.json.compactText)
      }
    }
    if !summary.isClean { throw ExitStatus.finding }
  }

  struct Summary {
    var events = 0
    var problems = 0
    var decisions: [Outcome: Int] = [:]
    var findings = 0
    var last = 0

    mutating func count(_ recorded: Recorder.Recorded) {
      events += 1
      last = recorded.position
      if let outcome = recorded.decision?.outcome { decisions[outcome, default: 0] += 1 }
      findings += recorded.findings.count { !$0.shadow }
    }

    var isClean: Bool {
      problems == 0 && findings == 0 && decisions[.deny] == nil && decisions[.escalate] == nil
    }

    func text(_ log: String) -> String {
      let counts = Outcome.allCases.compactMap { outcome in
        decisions[outcome].map { "\($0) \(outcome.name)" }
      }
      var text = "\(log): \(Words.count(events, "event")) recorded, up to record \(last)"
      if !counts.isEmpty { text += "; decisions: \(counts.joined(separator: ", "))" }
      if findings > 0 { text += "; \(Words.count(findings, "finding"))" }
      if problems > 0 { text += "; \(Words.count(problems, "line")) that can't be read as events" }
      return text
    }

    var json: JSON {
      [
        "events": .int(Int64(events)), "last": .int(Int64(last)),
        "decisions": .object(
          Outcome.allCases.map { .init($0.name, .int(Int64(decisions[$0] ?? 0))) }),
        "findings": .int(Int64(findings)), "problems": .int(Int64(problems)),
      ]
    }
  }
}
#endif
