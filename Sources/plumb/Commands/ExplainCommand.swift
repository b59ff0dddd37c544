import ArgumentParser
import CommandSupport
import Plumbline
import PlumblineRuntime

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Why a decision came out as it did.")

  @Argument(help: "A spec package, or a bundle.json.")
  var spec: String

  @Argument(help: "The trace, JSON Lines; `-` is standard input.")
  var trace: String

  @Option(name: .customLong("case"), help: "The case.")
  var caseID: String

  @Option(help: "Which proposal of the case, counted from 0.")
  var index: Int

  @Option(help: "How the explanation is written.")
  var format: ReportFormat = .text

  func run() throws {
    let spec = try LoadedSpec.loadOrExit(spec)
    let result = try Explain.run(spec, trace: trace, caseID: caseID, index: index)
    for problem in result.problems { Console.error(problem) }
    guard let explanation = result.explanation else { throw ExitStatus.wrongCall }
    switch format {
    case .text: Console.write(Array(explanation.text().utf8))
    case .json: Console.print(explanation.json().prettyText)
    }
    if !result.problems.isEmpty { throw ExitStatus.finding }
  }
}
