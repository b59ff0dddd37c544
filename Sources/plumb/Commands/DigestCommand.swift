import ArgumentParser
import CommandSupport
import Plumbline
import PlumblineRuntime

struct DigestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "digest",
    abstract: "The few lines an agent must have in front of it at a step.")

  @Argument(help: "A spec package, or a bundle.json.")
  var spec: String

  @Option(help: "The workflow; may be left out where there is one.")
  var workflow: String?

  @Option(help: "The step; may be left out with a trace.")
  var step: String?

  @Option(help: "What happened so far, JSON Lines.")
  var trace: String?

  @Option(
    name: .customLong("case"), help: "The case of the trace; may be left out where there is one.")
  var caseID: String?

  @Option(help: "Markdown for the model or JSON for the program.")
  var format: DigestFormat = .md

  func run() throws {
    let spec = try LoadedSpec.loadOrExit(spec)
    let result = try Digests.run(
      spec, workflow: workflow, step: step, trace: trace, caseID: caseID)
    for problem in result.problems { Console.error(problem) }
    guard let digest = result.digest else { throw ExitStatus.wrongCall }
    switch format {
    case .md: Console.write(Array(digest.markdown().utf8))
    case .json: Console.print(digest.json().prettyText)
    }
    if !result.problems.isEmpty { throw ExitStatus.finding }
  }
}
