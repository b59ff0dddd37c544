#if Companion
import Foundation
import GRDB
import Plumbline
public import PlumblineRecord

/// The record in a file: SQLite in WAL mode, each commit on disk before it returns. Several processes may share
/// it; one transaction writes at a time.
public final class SQLiteStore: RecordStore {
  private let pool: DatabasePool
  private let path: String

  /// Opens a record, and makes it where there is none.
  /// - Parameters:
  ///   - path: the file; SQLite keeps `-wal` and `-shm` beside it.
  ///   - creates: whether a file that is not there is made.
  /// - Throws: `LogError` where it can't be opened or is none of ours.
  public init(_ path: String, creates: Bool = true) throws {
    self.path = path
    var configuration = Configuration()
    configuration.busyMode = .timeout(30)
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA fullfsync = 1")
    }
    do {
      if !creates, FileSystem.kind(path) == nil { throw LogError("\(path): there is no such log") }
      pool = try DatabasePool(path: path, configuration: configuration)
      // The pool relaxes it when it opens; a commit that a power cut can take back is none.
      try pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = FULL")
        guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
          throw LogError("\(path): SQLite does not write through")
        }
        try Self.prepare(db, path)
      }
    } catch {
      throw Self.wrapped(error, path)
    }
  }

  private static let format = 1
  /// "Plum": tells our files from other SQLite files.
  private static let application = 0x506C_756D

  private static func prepare(_ db: Database, _ path: String) throws {
    try db.inTransaction(.immediate) {
      let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
      let format = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
      if application == Self.application, format == Self.format { return .commit }
      if application == Self.application {
        throw LogError(
          "\(path): a log of format \(format); this version reads format \(Self.format)")
      }
      guard application == 0, format == 0,
        try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
      else { throw LogError("\(path): a database, but no log of Plumbline") }
      try db.execute(
        sql: """
          CREATE TABLE records(
            position INTEGER PRIMARY KEY, kind TEXT NOT NULL, case_id TEXT, seq INTEGER, key TEXT,
            hash TEXT NOT NULL, head BLOB NOT NULL, body BLOB, sensitive BLOB);
          CREATE INDEX records_case ON records(case_id, position) WHERE case_id IS NOT NULL;
          CREATE INDEX records_key ON records(key, kind) WHERE key IS NOT NULL;
          CREATE TABLE checkpoints(
            position INTEGER PRIMARY KEY, log TEXT NOT NULL, hash TEXT NOT NULL, signature TEXT);
          PRAGMA application_id = \(Self.application);
          PRAGMA user_version = \(Self.format);
          """)
      return .commit
    }
  }

  /// An error in the words of the log.
  private static func wrapped(_ error: any Error, _ path: String) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    let reason = error.message ?? "\(error.resultCode)"
    switch error.resultCode {
    case .SQLITE_FULL: return LogError("\(path): the disk is full; nothing was recorded")
    case .SQLITE_NOTADB: return LogError("\(path): not a log of Plumbline")
    case .SQLITE_CORRUPT: return LogError("\(path): the file is damaged: \(reason)")
    case .SQLITE_CANTOPEN: return LogError("\(path): can't be opened: \(reason)")
    default: return LogError("\(path): \(reason)")
    }
  }

  public func write<Result>(_ body: (any RecordTransaction) throws -> Result) throws -> Result {
    do {
      var result: Result?
      try pool.writeWithoutTransaction { db in
        try db.inTransaction(.immediate) {
          result = try body(SQLiteTransaction(db))
          return .commit
        }
      }
      guard let result else { throw LogError("\(path): nothing was recorded") }
      return result
    } catch {
      throw Self.wrapped(error, path)
    }
  }

  public func read<Result>(_ body: (any LogReader) throws -> Result) throws -> Result {
    do {
      return try pool.read { db in try body(SQLiteTransaction(db)) }
    } catch {
      throw Self.wrapped(error, path)
    }
  }
}

/// A transaction, or a snapshot that is read.
struct SQLiteTransaction: RecordTransaction {
  private let db: Database
  init(_ db: Database) { self.db = db }

  var holdsSensitive: Bool { true }

  private static let columns = "position, kind, case_id, seq, key, hash, head, body, sensitive"

  private static func record(_ row: Row) throws -> StoredRecord {
    let position: Int = row[0]
    guard let kind = RecordKind(rawValue: row[1]) else {
      throw LogError(position: position, "the store finds it under no known kind")
    }
    let head: Data = row[6]
    let body: Data? = row[7]
    let sensitive: Data? = row[8]
    return StoredRecord(
      position: position, head: [UInt8](head), hash: row[5], body: body.map { [UInt8]($0) },
      sensitive: sensitive.map { [UInt8]($0) },
      index: RecordIndex(kind: kind, caseID: row[2], seq: row[3], key: row[4]))
  }

  func entries(after position: Int, _ body: (LogEntry) throws -> Bool) throws {
    let checkpoints = try Row.fetchCursor(
      db,
      sql: "SELECT position, log, hash, signature FROM checkpoints WHERE position > ? ORDER BY 1",
      arguments: [position])
    var next = try checkpoints.next().map(Self.checkpoint)
    let rows = try Row.fetchCursor(
      db, sql: "SELECT \(Self.columns) FROM records WHERE position > ? ORDER BY position",
      arguments: [position])
    while let row = try rows.next() {
      let record = try Self.record(row)
      while let due = next, due.position < record.position {
        guard try body(.checkpoint(due)) else { return }
        next = try checkpoints.next().map(Self.checkpoint)
      }
      guard try body(.record(record)) else { return }
    }
    while let due = next {
      guard try body(.checkpoint(due)) else { return }
      next = try checkpoints.next().map(Self.checkpoint)
    }
  }

  private static func checkpoint(_ row: Row) -> Checkpoint {
    Checkpoint(log: row[1], position: row[0], hash: row[2], signature: row[3])
  }

  func records(of caseID: String, _ body: (StoredRecord) throws -> Bool) throws {
    let statement = try db.cachedStatement(
      sql: "SELECT \(Self.columns) FROM records WHERE case_id = ? ORDER BY position")
    let rows = try Row.fetchCursor(statement, arguments: [caseID])
    while let row = try rows.next() {
      guard try body(Self.record(row)) else { return }
    }
  }

  func bundle(_ hash: String) throws -> [UInt8]? {
    let statement = try db.cachedStatement(
      sql: "SELECT \(Self.columns) FROM records WHERE key = ? AND kind = 'bundle' LIMIT 1")
    guard let row = try Row.fetchOne(statement, arguments: [hash]) else { return nil }
    return try LogRecord(Self.record(row)).bundleBytes()
  }

  func tail() throws -> (position: Int, hash: String)? {
    let statement = try db.cachedStatement(
      sql: "SELECT position, hash FROM records ORDER BY position DESC LIMIT 1")
    return try Row.fetchOne(statement).map { ($0[0], $0[1]) }
  }

  func cases(after position: Int) throws -> Set<String> {
    try String.fetchSet(
      db,
      sql: "SELECT DISTINCT case_id FROM records WHERE position > ? AND case_id IS NOT NULL",
      arguments: [position])
  }

  func insert(_ record: StoredRecord) throws {
    let statement = try db.cachedStatement(
      sql: "INSERT INTO records(\(Self.columns)) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)")
    let index = record.index
    try statement.execute(arguments: [
      record.position, index?.kind.rawValue, index?.caseID, index?.seq, index?.key, record.hash,
      Data(record.head), record.body.map { Data($0) }, record.sensitive.map { Data($0) },
    ])
  }

  func setCheckpoint(_ checkpoint: Checkpoint) throws {
    let last = try db.cachedStatement(
      sql: "DELETE FROM checkpoints WHERE position >= ? AND position < ?")
    try last.execute(arguments: [checkpoint.stretch, checkpoint.position])
    let statement = try db.cachedStatement(
      sql: "INSERT OR REPLACE INTO checkpoints(position, log, hash, signature) VALUES(?, ?, ?, ?)")
    try statement.execute(arguments: [
      checkpoint.position, checkpoint.log, checkpoint.hash, checkpoint.signature,
    ])
  }

  func eraseBodies(of caseID: String) throws {
    // Deleted content is overwritten, not only unlinked.
    try db.execute(sql: "PRAGMA secure_delete = ON")
    try db.execute(
      sql: "UPDATE records SET body = NULL, sensitive = NULL WHERE case_id = ?",
      arguments: [caseID])
  }

  func isErased(_ caseID: String) throws -> Bool {
    try Bool.fetchOne(
      db, sql: "SELECT EXISTS(SELECT 1 FROM records WHERE case_id = ? AND kind = 'erasure')",
      arguments: [caseID]) ?? false
  }

  func isRedeemed(_ permit: String) throws -> Bool {
    try Bool.fetchOne(
      db, sql: "SELECT EXISTS(SELECT 1 FROM records WHERE key = ? AND kind = 'redemption')",
      arguments: [permit]) ?? false
  }
}
#endif
