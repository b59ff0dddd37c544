#if Companion
import Plumbline
public import PlumblineRecord

/// Opens what a command calls LOG.
public enum OpenLog {
  /// A log that can be read: a record, or an exported file.
  /// - Throws: `FileError` or `LogError` where it can't be.
  public static func read<Result>(
    _ path: String, _ body: (any LogReader) throws -> Result
  ) throws -> Result {
    if !isServer(path), LogFile.isOne(path) || path == "-" { return try body(LogFile(path)) }
    return try store(path, creates: false).read(body)
  }

  private static func isServer(_ path: String) -> Bool {
    path.hasPrefix("postgresql://") || path.hasPrefix("postgres://")
  }

  /// A record that can be added to.
  /// - Parameter creates: whether one that is not there is made.
  public static func store(_ path: String, creates: Bool) throws -> any RecordStore {
    if isServer(path) {
      #if PostgreSQL
      return try PostgreSQLStore(path, creates: creates)
      #else
      throw LogError("this plumbd was built without PostgreSQL: build it with --traits PostgreSQL")
      #endif
    }
    if LogFile.isOne(path) {
      throw LogError("\(path): an exported log can be read, not added to; name the record itself")
    }
    return try SQLiteStore(path, creates: creates)
  }
}
#endif
