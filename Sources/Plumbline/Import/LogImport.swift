/// Turns event logs, as process mining tools and databases export them, into traces of `activity`
/// events.
///
/// A log is read whole before anything is given: events of a case may stand in any order, and a guard
/// never lets the clock go back.
public struct LogImport: Sendable {
  /// How a log is written.
  public enum Format: String, Sendable, CaseIterable {
    /// Comma-separated values, RFC 4180, with a header.
    case csv
    /// The XML format of IEEE 1849.
    case xes
    /// JSON Lines, one object an event.
    case jsonl

    /// The format that a file's name ends with.
    public init?(path: String) {
      guard let dot = path.lastIndex(of: "."),
        let format = Format(rawValue: path[path.index(after: dot)...].lowercased())
      else { return nil }
      self = format
    }
  }

  /// A place in the log and what is wrong there.
  public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
    /// From 1.
    public let line: Int
    /// From 1, in code points.
    public let column: Int
    public let message: String
    /// What to do about it.
    public let help: String?

    public var description: String {
      "\(line):\(column): error: \(message)" + (help.map { "\n  help: \($0)" } ?? "")
    }
  }

  /// What a log gave.
  public struct Result: Sendable {
    /// The trace, JSON Lines.
    public internal(set) var trace: [UInt8] = []
    public internal(set) var events = 0
    public internal(set) var cases = 0
    /// Events that stood behind a later one of their case, and were sorted.
    public internal(set) var reordered = 0
    /// The cases that those were in.
    public internal(set) var reorderedCases = 0
    /// Events of another `lifecycle`.
    public internal(set) var filtered = 0
    /// What kept events out of the trace, in the order of their places; at most `problemLimit`.
    public internal(set) var problems: [Problem] = []
    /// How many there were.
    public internal(set) var problemCount = 0
  }

  /// How many problems are told; the others are counted.
  public static let problemLimit = 100

  public var format: Format
  /// What separates the cells of a CSV file.
  public var delimiter: UInt8 = 0x2C
  /// The column (CSV) or key (JSON Lines) with the case; nil looks for a usual name.
  public var caseColumn: String?
  /// The one with the name of the activity.
  public var activityColumn: String?
  /// The one with the time.
  public var timeColumn: String?
  /// The zone of times that name none, in minutes east of UTC.
  public var zoneMinutes = 0
  /// Only events of this `lifecycle:transition` are taken, in any case of letters; nil: all.
  public var lifecycle: String?

  /// Whether each case is closed after its last event, so that what is still due then is missed.
  public var closesCases = false

  public init(_ format: Format) { self.format = format }

  /// The name of the attribute that `lifecycle` speaks of.
  static let lifecycleKey = "lifecycle:transition"

  /// Reads a log.
  /// - Throws: `Problem` where nothing can be made of the log: it is not in its format, or lacks a column.
  public func read(_ bytes: [UInt8]) throws(Problem) -> Result {
    let places = LogPlaces(bytes)
    try refuseOtherFormats(bytes, places)
    var trace = LogTrace(zoneMinutes: zoneMinutes)
    switch format {
    case .csv: try readCSV(bytes, places, &trace)
    case .xes: try readXES(bytes, places, &trace)
    case .jsonl: try readJSONLines(bytes, places, &trace)
    }
    return trace.finish(closing: closesCases)
  }

  /// The offset of the first byte behind a byte order mark.
  static func start(of bytes: [UInt8]) -> Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

  private func refuseOtherFormats(_ bytes: [UInt8], _ places: LogPlaces) throws(Problem) {
    func refuse(_ message: String, _ help: String) -> Problem {
      Problem(line: 1, column: 1, message: message, help: help)
    }
    if bytes.starts(with: [0x1F, 0x8B]) {
      throw refuse(
        "the log is compressed with gzip",
        "unpack it first: gunzip -c FILE | plumb import log - --as \(format.rawValue)")
    }
    if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
      throw refuse(
        "the log is a ZIP archive (a workbook is one too)",
        "unpack it, or export it as CSV, first")
    }
    if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
      throw refuse(
        "the log is in UTF-16; only UTF-8 is read",
        "convert it first: iconv -f UTF-16 -t UTF-8 FILE"
      )
    }
    // JSON Lines are checked a line at a time, so that one bad line takes out no other.
    if format != .jsonl, let offset = UTF8Check.firstError(in: bytes) {
      throw places.problem(
        at: offset, "a byte that is not UTF-8",
        help: "convert the log first, as in: iconv -f ISO-8859-1 -t UTF-8 FILE")
    }
  }

  /// Minutes east of UTC of `Z`, `+01:00`, `-0500`; nil where the text is no such zone.
  public static func zone(_ text: String) -> Int? {
    if text == "Z" || text == "UTC" { return 0 }
    let bytes = Array(text.utf8)
    guard let sign = bytes.first, sign == 0x2B || sign == 0x2D else { return nil }
    let digits = bytes.dropFirst().filter { $0 != 0x3A }
    guard digits.count == 4, digits.allSatisfy({ (0x30...0x39).contains($0) }),
      bytes.count == 5 || bytes.count == 6 && bytes[3] == 0x3A
    else { return nil }
    let values = digits.map { Int($0) - 0x30 }
    let hours = values[0] * 10 + values[1]
    let minutes = values[2] * 10 + values[3]
    guard hours < 24, minutes < 60 else { return nil }
    return (sign == 0x2D ? -1 : 1) * (hours * 60 + minutes)
  }
}
