#if Companion
import ArgumentParser
import CommandSupport
import Plumbline
import PlumblineJSON
import PlumblineRecord
import PlumblineRuntime
import PlumblineStore

struct ExplainLogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Why a decision came out as it did, from the log alone.")

  @Option(help: "The log.")
  var log: String

  @Argument(help: ArgumentHelp("The decision.", valueName: "case/seq"))
  var decision: DecisionName

  @Option(help: "The key for sensitive values that the log was written with.")
  var key: String?

  @Option(help: "How the explanation is written.")
  var format: ReportFormat = .text

  func run() throws {
    let secret = try key.map { try Secret.read($0) }
    let explanation = try OpenLog.read(log) {
      try LogExplain.explain(decision.caseID, decision.seq, in: $0, sensitiveKey: secret)
    }
    switch format {
    case .text: Console.write(Array(explanation.text().utf8))
    case .json: Console.print(explanation.json().prettyText)
    }
  }
}
#endif
