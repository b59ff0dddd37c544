#if Companion
import ArgumentParser
import CommandSupport
import Plumbline
import PlumblineJSON
import PlumblineKeys
import PlumblineRecord
import PlumblineStore

struct LogVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Finds any change, loss, reorder or truncation of a log, and says where.",
    discussion: """
      Without a key of your own the log is held against the key it names itself, which whoever writes a new
      log can choose: give --public-key, or a checkpoint that you kept, to know that it is the log you mean.

      Exit status: 0 the log is sound; 1 it is not; 2 it can't be read at all.
      """)

  @Argument(help: "The log.")
  var log: String

  @Option(help: "The key (JWK) that has to have signed it; a log that is not signed fails.")
  var publicKey: String?

  @Option(help: "A file with a checkpoint of this log that was kept elsewhere (`log checkpoint`).")
  var witness: String?

  @Option(help: "How the result is written.")
  var format: ReportFormat = .text

  func run() throws {
    var expectation = Verifier.Expectation()
    expectation.publicKey = try publicKey.map { try Secret.publicKey($0).text }
    expectation.witness = try witness.map { try Self.checkpoint($0) }
    let report: Verifier.Report
    do {
      report = try OpenLog.read(log) {
        try Verifier.verify($0, expectation, signatures: Ed25519Verifier())
      }
    } catch let error as LogError {
      // A line that is no record is what verification is there to find.
      guard FileSystem.kind(log) == .file || log == "-" else { throw error }
      Console.error("\(FileSystem.display(log)): \(error)")
      throw ExitStatus.finding
    }
    switch format {
    case .json: Console.print(report.json().compactText)
    case .text: Console.print(Self.text(report, FileSystem.display(log)))
    }
    if !report.isSound { throw ExitStatus.finding }
  }

  private static func checkpoint(_ path: String) throws(FileError) -> Checkpoint {
    let bytes = try FileSystem.read(path, limit: 1 << 20)
    guard let root = try? JSONDocument.parse(bytes).root,
      let checkpoint = root["checkpoint"].flatMap({ Checkpoint($0) })
    else { throw FileError(path: path, reason: "holds no checkpoint of a log") }
    return checkpoint
  }

  private static func text(_ report: Verifier.Report, _ log: String) -> String {
    var lines = report.problems.map { "\(log): \($0.text)" }
    if report.moreProblems > 0 {
      lines.append("\(log): and \(Words.count(report.moreProblems, "more problem"))")
    }
    var summary =
      "\(log): \(report.isSound ? "sound" : "NOT sound"): \(Words.count(report.records, "record")), "
      + "\(Words.count(report.events, "event")) of \(Words.count(report.cases, "case"))"
    if report.erased > 0 { summary += " (\(report.erased) erased)" }
    summary += report.signedBy.map { ", signed by \($0)" } ?? ", not signed"
    lines.append(summary)
    return lines.joined(separator: "\n")
  }
}
#endif
