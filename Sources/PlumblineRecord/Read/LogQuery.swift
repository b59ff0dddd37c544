public import PlumblineJSON

/// Picks records of events out of a log.
public struct LogQuery: Sendable {
  public var caseID: String?
  /// Records with a finding of this requirement.
  public var requirement: String?
  /// Records with a finding of this category.
  public var category: String?
  public var decision: String?
  public var action: String?
  public var agent: String?
  public var model: String?
  /// Not before, nor at or after: texts such as 2026-01-31T10:00:00Z.
  public var since: String?
  public var until: String?
  /// Whether events that nothing was decided on are picked too.
  public var allEvents = false

  public init() {}

  /// Hands over what is picked, in order.
  public func each(
    in reader: any LogReader, _ body: (LogRecord) throws -> Bool
  ) throws {
    func take(_ stored: StoredRecord) throws -> Bool {
      let record = try LogRecord(stored)
      return picks(record) ? try body(record) : true
    }
    if let caseID {
      try reader.records(of: caseID, take)
    } else {
      try reader.entries(after: 0) { entry in
        guard case .record(let record) = entry else { return true }
        return try take(record)
      }
    }
  }

  private func picks(_ record: LogRecord) -> Bool {
    guard record.kind == .event else { return false }
    func matches(_ wanted: String?, _ key: StaticString) -> Bool {
      guard let wanted else { return true }
      return record.head[key]?.string == wanted
    }
    guard matches(caseID, "case"), matches(decision, "decision"), matches(action, "action"),
      matches(agent, "agent"), matches(model, "model")
    else { return false }
    // Times of the log are in UTC and of one form: they sort as texts, but for fractions of a second.
    if since != nil || until != nil {
      guard let time = record.time.map(Self.sortable) else { return false }
      if let since, time < Self.sortable(since) { return false }
      if let until, time >= Self.sortable(until) { return false }
    }
    let findings = record.head["findings"]?.elements
    if requirement != nil || category != nil {
      return findings?.contains { finding in
        (requirement == nil || finding["requirement"]?.string == requirement)
          && (category == nil || finding["category"]?.string == category)
      } ?? false
    }
    return allEvents || record.outcome != nil || findings != nil
  }

  private static func sortable(_ time: String) -> String {
    time.hasSuffix("Z") ? String(time.dropLast()) : time
  }

  /// What a record gives as a flat row; lists are joined by blanks.
  public enum Column: String, CaseIterable, Sendable {
    case position, `case`, seq, time, type, action, decision, step, agent, model
    case requirements, categories, bundle, meaning, hash
  }

  /// A record as a flat object, a column each.
  public static func row(_ record: LogRecord) -> JSON {
    .object(Column.allCases.map { .init($0.rawValue, value($0, of: record)) })
  }

  private static func value(_ column: Column, of record: LogRecord) -> JSON {
    func findings(_ key: StaticString) -> JSON {
      var seen: [String] = []
      for finding in record.head["findings"]?.elements.map({ $0 }) ?? [] {
        if let text = finding[key]?.string, !seen.contains(text) { seen.append(text) }
      }
      return .string(seen.joined(separator: " "))
    }
    switch column {
    case .position: return .int(Int64(record.position))
    case .hash: return .string(record.stored.hash)
    case .requirements: return findings("requirement")
    case .categories: return findings("category")
    default: return record.head[column.rawValue].map { JSON($0) } ?? .null
    }
  }

  /// The head line of the CSV form (RFC 4180).
  public static let csvHeader = Column.allCases.map(\.rawValue).joined(separator: ",")

  /// A record as a line of CSV, without its end.
  public static func csv(_ record: LogRecord) -> String {
    Column.allCases.map { column in
      switch value(column, of: record) {
      case .int(let number): return String(number)
      case .string(let text): return quoted(text)
      default: return ""
      }
    }.joined(separator: ",")
  }

  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }
}
