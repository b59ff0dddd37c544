#if Companion
import ArgumentParser
import CEL
import CommandSupport
import Plumbline
import PlumblineBundle
import PlumblineJSON
import PlumblineRecord
import PlumblineRuntime
import PlumblineStore

struct LogQueryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query",
    abstract: "Picks decisions and findings out of a log, as rows of JSON Lines or CSV.",
    discussion: """
      A row is an event on which something was decided or found. What it holds: \
      \(LogQuery.Column.allCases.map(\.rawValue).joined(separator: ", ")).
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case jsonl, csv }

  @Argument(help: "The log.")
  var log: String

  @Option(name: .customLong("case"), help: "Of this case.")
  var caseID: String?
  @Option(help: "With a finding of this requirement.")
  var requirement: String?
  @Option(help: "With a finding of this category.")
  var category: CategoryName?
  @Option(help: "Decided so: allow, warn, escalate, deny.")
  var decision: DecisionWord?
  @Option(help: "About this action.")
  var action: String?
  @Option(help: "Proposed by this agent.")
  var agent: String?
  @Option(help: "Proposed by this model.")
  var model: String?
  @Option(help: "At this time or later, such as 2026-01-31T10:00:00Z.")
  var since: Moment?
  @Option(help: "Before this time.")
  var until: Moment?
  @Flag(help: "All events, also those on which nothing was decided.")
  var all = false
  @Option(help: "How rows are written.")
  var format: Format = .jsonl

  func run() throws {
    var query = LogQuery()
    query.caseID = caseID
    query.requirement = requirement
    query.category = category?.name
    query.decision = decision?.rawValue
    query.action = action
    query.agent = agent
    query.model = model
    query.since = since?.text
    query.until = until?.text
    query.allEvents = all
    if format == .csv { Console.print(LogQuery.csvHeader) }
    try OpenLog.read(log) { reader in
      var lines: [UInt8] = []
      try query.each(in: reader) { record in
        lines +=
          format == .csv ? Array(LogQuery.csv(record).utf8) : LogQuery.row(record).compact
        lines.append(10)
        if lines.count > 1 << 16 {
          Console.write(lines)
          lines.removeAll(keepingCapacity: true)
        }
        return true
      }
      Console.write(lines)
    }
  }
}

enum DecisionWord: String, ExpressibleByArgument, CaseIterable { case allow, warn, escalate, deny }

/// A category of findings by its name.
struct CategoryName: ExpressibleByArgument {
  let name: String
  init?(argument: String) {
    guard FindingCategory(rawValue: argument) != nil else { return nil }
    name = argument
  }
  static var allValueStrings: [String] { FindingCategory.allCases.map(\.rawValue) }
}

/// A time as logs write it.
struct Moment: ExpressibleByArgument {
  let time: Timestamp
  var text: String { TimeText.text(time) }
  init?(argument: String) {
    guard let time = TimeText.timestamp(argument) else { return nil }
    self.time = time
  }
}
#endif
