/// An entry of a log, in order.
public enum LogEntry: Sendable {
  case record(StoredRecord)
  /// Covers the records before it.
  case checkpoint(Checkpoint)
}

/// A log that can be read: a store, or an exported file.
public protocol LogReader {
  /// All entries after a position, in order.
  /// - Parameter body: false ends it.
  func entries(after position: Int, _ body: (LogEntry) throws -> Bool) throws
  /// The events of a case and what else concerns it, in order.
  func records(of caseID: String, _ body: (StoredRecord) throws -> Bool) throws
  /// The bytes of a bundle by its sha256.
  func bundle(_ hash: String) throws -> [UInt8]?
  /// Whether sensitive values are there to be read.
  var holdsSensitive: Bool { get }
}
