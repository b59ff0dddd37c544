import ArgumentParser
import CommandSupport
import Plumbline
import PlumblineRuntime

struct DecideCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decide",
    abstract: "Decides one proposal after a trace.",
    discussion: """
      The proposal is a `propose` event, as in a trace: {"case":…,"time":…,"action":…,"args":{…}}.
      Without a `case` it belongs to the only case of the trace; without a `time` it stands at the
      trace's last.
      """)

  @Argument(help: "A spec package, or a bundle.json.")
  var spec: String

  @Option(help: "What happened before, JSON Lines.")
  var trace: String?

  @Option(help: "The proposal, a JSON object; `-` is standard input.")
  var proposal: String

  @Option(help: "How the decision is written.")
  var format: ReportFormat = .json

  @Option(
    help: "A file with a key: sensitive values are shown as HMAC-SHA-256 under it, not hidden.")
  var key: String?

  func run() throws {
    let spec = try LoadedSpec.loadOrExit(spec, key: key)
    let result = try Decide.run(spec, trace: trace, proposal: proposal)
    for problem in result.problems { Console.error(problem) }
    guard let decision = result.decision else { throw ExitStatus.wrongCall }
    switch format {
    case .json: Console.print(decision.json().compactText)
    case .text: Console.write(Array(Decide.text(decision).utf8))
    }
    if decision.outcome > .warn { throw ExitStatus.finding }
    if !result.problems.isEmpty { throw ExitStatus.finding }
  }
}
