import ArgumentParser
import CommandSupport
import Plumbline

struct ImportLogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Event logs (CSV, XES or JSON Lines) to a trace of activities.",
    discussion: """
      Each event becomes an `activity`: its case, its time, its name, and all else as `data`. Events
      keep the log's order; within a case that is out of order they are sorted by time.

      Times are RFC 3339, or such as `2026-01-31 10:00:00.5`, `2026-01-31 10:00` and `2026-01-31`;
      one that names no zone is read in --zone. A row that can't be taken is told with its place and
      left out (exit status 1); a file that is not in its format gives nothing (2).

      The columns are looked for by their usual names (case:concept:name, case_id, case, Case ID;
      concept:name, activity; time:timestamp, timestamp, time), in any case of letters.
      """)

  @Argument(help: "The log: FILE.csv, FILE.xes or FILE.jsonl; `-` is standard input.")
  var file: String

  @Option(
    name: .customLong("as"),
    help: "The log's format (csv, xes, jsonl), where its name does not end with it.")
  var format: LogFormat?

  @Option(
    name: .customLong("case"),
    help: ArgumentHelp("The column or key with the case.", valueName: "column"))
  var caseColumn: String?

  @Option(help: ArgumentHelp("The one with the name of the activity.", valueName: "column"))
  var activity: String?

  @Option(help: ArgumentHelp("The one with the time.", valueName: "column"))
  var time: String?

  @Option(
    help: ArgumentHelp(
      "What separates the cells of a CSV file: one character, or `tab`. (default: ,)",
      valueName: "character"))
  var delimiter: String?

  @Option(help: "The zone of times that name none, as +01:00.")
  var zone = "Z"

  @Option(
    help: ArgumentHelp(
      "Take only events of this lifecycle:transition, as complete. (default: all)",
      valueName: "transition"))
  var lifecycle: String?

  @Flag(
    help: "Close each case after its last event: what is still due then counts as violated.")
  var close = false

  func validate() throws {
    if LogImport.zone(zone) == nil {
      throw ValidationError("--zone: `\(zone)` is no zone such as +01:00, -05:30 or Z")
    }
    if delimiter != nil, delimiterByte == nil {
      throw ValidationError(
        "--delimiter: one ASCII character that is no quote, letter, digit or line break, or `tab`")
    }
    let format = try chosenFormat()
    if format != .csv, delimiter != nil {
      throw ValidationError("--delimiter: only CSV has one")
    }
    if format == .xes, caseColumn != nil || activity != nil || time != nil {
      throw ValidationError(
        "--case, --activity and --time: XES itself says where they are (concept:name, time:timestamp)"
      )
    }
  }

  private var delimiterByte: UInt8? {
    guard let delimiter else { return 0x2C }
    if delimiter == "tab" { return 0x09 }
    guard delimiter.utf8.count == 1, let byte = delimiter.utf8.first, byte < 0x80, byte != 0x22,
      byte == 0x09 || byte >= 0x20 && byte != 0x7F,
      !delimiter.allSatisfy({ $0.isLetter || $0.isNumber })
    else { return nil }
    return byte
  }

  private func chosenFormat() throws -> LogImport.Format {
    if let format { return format.value }
    if let format = LogImport.Format(path: file) { return format }
    if file.lowercased().hasSuffix(".gz") {
      throw ValidationError(
        "`\(file)` is compressed: unpack it first, as in gunzip -c FILE | plumb import log - --as xes"
      )
    }
    throw ValidationError(
      "name the log's format with --as csv, --as xes or --as jsonl; the name `\(file)` does not tell it"
    )
  }

  func run() throws {
    var importer = LogImport(try chosenFormat())
    importer.caseColumn = caseColumn
    importer.activityColumn = activity
    importer.timeColumn = time
    importer.delimiter = delimiterByte ?? 0x2C
    importer.zoneMinutes = LogImport.zone(zone) ?? 0
    importer.lifecycle = lifecycle
    importer.closesCases = close
    func events(_ count: Int) -> String { count == 1 ? "1 event" : "\(count) events" }
    let shown = file == "-" ? "standard input" : FileSystem.display(file)
    let bytes = try FileSystem.read(file)
    let result: LogImport.Result
    do throws(LogImport.Problem) {
      result = try importer.read(bytes)
    } catch {
      Console.error("\(shown):\(error)")
      throw ExitStatus.wrongCall
    }
    for problem in result.problems { Console.error("\(shown):\(problem)") }
    if result.problemCount > result.problems.count {
      Console.error(
        "plumb: error: and \(result.problemCount - result.problems.count) more of the kind")
    }
    if result.filtered > 0 {
      Console.error(
        "plumb: note: \(events(result.filtered)) of another lifecycle:transition left out")
    }
    if result.reordered > 0 {
      Console.error(
        "plumb: warning: \(events(result.reordered)) stood behind a later one of their case "
          + "(\(result.reorderedCases) of \(result.cases) cases); these cases are sorted by time")
    }
    Console.write(result.trace)
    if result.problemCount > 0 { throw ExitStatus.finding }
  }
}

/// `LogImport.Format` as an option.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
  case csv, xes, jsonl

  var value: LogImport.Format {
    switch self {
    case .csv: .csv
    case .xes: .xes
    case .jsonl: .jsonl
    }
  }
}
