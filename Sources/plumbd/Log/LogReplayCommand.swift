#if Companion
import ArgumentParser
import CommandSupport
import Plumbline
import PlumblineJSON
import PlumblineRecord
import PlumblineStore

struct LogReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Decides the whole log anew, and shows that the same inputs give the same decisions.",
    discussion: """
      Exit status: 0 every decision is the one recorded; 1 one is not, or cases can't be replayed because the
      log withholds sensitive values; 2 the log can't be read.
      """)

  @Argument(help: "The log.")
  var log: String

  @Option(help: "The key for sensitive values that the log was written with.")
  var key: String?

  @Option(help: "How the result is written.")
  var format: ReportFormat = .text

  func run() throws {
    let secret = try key.map { try Secret.read($0) }
    let report = try OpenLog.read(log) { try LogReplay.run($0, sensitiveKey: secret) }
    switch format {
    case .json: Console.print(report.json().compactText)
    case .text:
      for difference in report.differences {
        Console.print(
          "record \(difference.position), case \(difference.caseID), event \(difference.seq): another \(difference.what)"
        )
        Console.print("  recorded \(difference.recorded.compactText)")
        Console.print("  replayed \(difference.replayed.compactText)")
      }
      if report.moreDifferences > 0 { Console.print("and \(report.moreDifferences) more") }
      var text =
        "\(FileSystem.display(log)): \(Words.count(report.events, "event")) of "
        + "\(Words.count(report.cases, "case")), \(Words.count(report.decisions, "decision")): "
      text += report.isSame ? "each is the one recorded" : "NOT those recorded"
      if report.erased > 0 { text += "; \(Words.count(report.erased, "case")) erased" }
      if report.withheld > 0 {
        text +=
          "; not replayed: \(Words.count(report.withheld, "case")) of which this export withholds sensitive values"
      }
      Console.print(text)
    }
    if !report.isSame || !report.isWhole { throw ExitStatus.finding }
  }
}
#endif
