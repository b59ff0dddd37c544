#if PostgreSQL
public import PlumblineRecord
import Synchronization

/// The record in a PostgreSQL database. Several processes may share it; one transaction writes at a time.
public final class PostgreSQLStore: RecordStore {
  private let url: String
  /// Held while one transaction writes.
  private let lock = Mutex(())
  /// Touched under the lock alone.
  private nonisolated(unsafe) let connection: PostgreSQLConnection

  /// - Parameters:
  ///   - url: as libpq reads it: `postgresql://user@host/database`.
  ///   - creates: whether tables that are not there are made.
  /// - Throws: `StoreLost` where the server can't be reached, `LogError` where the database holds no log.
  public init(_ url: String, creates: Bool = true) throws {
    self.url = url
    connection = PostgreSQLConnection(url)
    try connection.open()
    try Self.prepare(connection, creates: creates)
  }

  private static let format = 1

  private static func prepare(_ connection: PostgreSQLConnection, creates: Bool) throws {
    let there = try connection.run("SELECT to_regclass('plumbline_log') IS NOT NULL")
    if there.bytes(0, 0) == [1] {
      let format = try connection.run("SELECT format::int8 FROM plumbline_log").int(0, 0) ?? 0
      guard format == Self.format else {
        throw LogError(
          "the database holds a log of format \(format); this version reads format \(Self.format)")
      }
      return
    }
    guard creates else { throw LogError("the database holds no log of Plumbline") }
    try connection.run(
      """
      BEGIN;
      SELECT pg_advisory_xact_lock(5786970605423);
      CREATE TABLE IF NOT EXISTS plumbline_log(format int NOT NULL, one bool PRIMARY KEY CHECK (one));
      INSERT INTO plumbline_log VALUES(\(format), true) ON CONFLICT DO NOTHING;
      CREATE TABLE IF NOT EXISTS plumbline_records(
        position bigint PRIMARY KEY, kind text NOT NULL, case_id text COLLATE "C", seq bigint, key text COLLATE "C",
        hash text NOT NULL, head bytea NOT NULL, body bytea, sensitive bytea);
      CREATE INDEX IF NOT EXISTS plumbline_records_case ON plumbline_records(case_id, position)
        WHERE case_id IS NOT NULL;
      CREATE INDEX IF NOT EXISTS plumbline_records_key ON plumbline_records(key, kind) WHERE key IS NOT NULL;
      CREATE TABLE IF NOT EXISTS plumbline_checkpoints(
        position bigint PRIMARY KEY, log text NOT NULL, hash text NOT NULL, signature text);
      COMMIT;
      """)
  }

  public func write<Result>(_ body: (any RecordTransaction) throws -> Result) throws -> Result {
    // Bodies that throw are not Sendable: what they give is taken out of the lock by hand.
    var result: Swift.Result<Result, any Error>?
    lock.withLock { _ in
      result = Swift.Result {
        try connection.open()
        try connection.run("BEGIN; LOCK TABLE plumbline_records IN EXCLUSIVE MODE")
        do {
          let made = try body(PostgreSQLTransaction(connection))
          try connection.run("COMMIT")
          return made
        } catch {
          // A connection that was lost took the transaction with it.
          _ = try? connection.run("ROLLBACK")
          throw error
        }
      }
    }
    guard let result else { throw StoreLost("PostgreSQL: nothing was recorded") }
    return try result.get()
  }

  public func read<Result>(_ body: (any LogReader) throws -> Result) throws -> Result {
    // A connection of its own: a long reading must not hold up what is written.
    let connection = PostgreSQLConnection(url)
    try connection.open()
    try connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    let result = try body(PostgreSQLTransaction(connection))
    try connection.run("COMMIT")
    return result
  }
}

/// A transaction, or a snapshot that is read.
struct PostgreSQLTransaction: RecordTransaction {
  private let connection: PostgreSQLConnection
  init(_ connection: PostgreSQLConnection) { self.connection = connection }

  var holdsSensitive: Bool { true }

  private static let columns = "position, kind, case_id, seq, key, hash, head, body, sensitive"

  private static func record(_ rows: PostgreSQLConnection.Rows, _ row: Int) throws -> StoredRecord {
    let position = rows.int(row, 0) ?? 0
    guard let kind = rows.text(row, 1).flatMap({ RecordKind(rawValue: $0) }) else {
      throw LogError(position: position, "the store finds it under no known kind")
    }
    return StoredRecord(
      position: position, head: rows.bytes(row, 6) ?? [], hash: rows.text(row, 5) ?? "",
      body: rows.bytes(row, 7), sensitive: rows.bytes(row, 8),
      index: RecordIndex(
        kind: kind, caseID: rows.text(row, 2), seq: rows.int(row, 3), key: rows.text(row, 4)))
  }

  /// Rows come in stretches of so many: a result in hand leaves the connection free for other questions.
  private static let stretch = 512

  private func each(
    _ condition: String, _ parameter: PostgreSQLConnection.Parameter, after start: Int,
    _ body: (StoredRecord) throws -> Bool
  ) throws {
    var last = start
    while true {
      let rows = try connection.run(
        "SELECT \(Self.columns) FROM plumbline_records WHERE \(condition) AND position > $2 "
          + "ORDER BY position LIMIT \(Self.stretch)", [parameter, .int(last)])
      for row in 0..<rows.count {
        let record = try Self.record(rows, row)
        last = record.position
        guard try body(record) else { return }
      }
      if rows.count < Self.stretch { return }
    }
  }

  func entries(after position: Int, _ body: (LogEntry) throws -> Bool) throws {
    let found = try connection.run(
      "SELECT position, log, hash, signature FROM plumbline_checkpoints WHERE position > $1 "
        + "ORDER BY position", [.int(position)])
    let checkpoints = (0..<found.count).map {
      Checkpoint(
        log: found.text($0, 1) ?? "", position: found.int($0, 0) ?? 0,
        hash: found.text($0, 2) ?? "",
        signature: found.text($0, 3))
    }
    var next = 0
    var ended = false
    try each("position > $1", .int(position), after: position) { record in
      while next < checkpoints.count, checkpoints[next].position < record.position {
        ended = try !body(.checkpoint(checkpoints[next]))
        if ended { return false }
        next += 1
      }
      ended = try !body(.record(record))
      return !ended
    }
    while !ended, next < checkpoints.count {
      ended = try !body(.checkpoint(checkpoints[next]))
      next += 1
    }
  }

  func records(of caseID: String, _ body: (StoredRecord) throws -> Bool) throws {
    try each("case_id = $1", .text(caseID), after: 0, body)
  }

  func bundle(_ hash: String) throws -> [UInt8]? {
    let rows = try connection.run(
      "SELECT \(Self.columns) FROM plumbline_records WHERE key = $1 AND kind = 'bundle' LIMIT 1",
      [.text(hash)])
    if rows.count == 0 { return nil }
    return try LogRecord(Self.record(rows, 0)).bundleBytes()
  }

  func tail() throws -> (position: Int, hash: String)? {
    let rows = try connection.run(
      "SELECT position, hash FROM plumbline_records ORDER BY position DESC LIMIT 1")
    guard rows.count > 0, let position = rows.int(0, 0), let hash = rows.text(0, 1) else {
      return nil
    }
    return (position, hash)
  }

  func cases(after position: Int) throws -> Set<String> {
    let rows = try connection.run(
      "SELECT DISTINCT case_id FROM plumbline_records WHERE position > $1 AND case_id IS NOT NULL",
      [.int(position)])
    return Set((0..<rows.count).compactMap { rows.text($0, 0) })
  }

  func insert(_ record: StoredRecord) throws {
    let index = record.index
    try connection.run(
      "INSERT INTO plumbline_records(\(Self.columns)) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      [
        .int(record.position), .text(index?.kind.rawValue), .text(index?.caseID),
        .text(index?.seq.map { String($0) }), .text(index?.key), .text(record.hash),
        .bytes(record.head), .bytes(record.body), .bytes(record.sensitive),
      ])
  }

  func setCheckpoint(_ checkpoint: Checkpoint) throws {
    try connection.run(
      "DELETE FROM plumbline_checkpoints WHERE position >= $1 AND position < $2",
      [.int(checkpoint.stretch), .int(checkpoint.position)])
    try connection.run(
      "INSERT INTO plumbline_checkpoints(position, log, hash, signature) VALUES($1, $2, $3, $4) "
        + "ON CONFLICT (position) DO UPDATE SET log = $2, hash = $3, signature = $4",
      [
        .int(checkpoint.position), .text(checkpoint.log), .text(checkpoint.hash),
        .text(checkpoint.signature),
      ])
  }

  func eraseBodies(of caseID: String) throws {
    try connection.run(
      "UPDATE plumbline_records SET body = NULL, sensitive = NULL WHERE case_id = $1",
      [.text(caseID)])
  }

  private func has(_ condition: String, _ value: String) throws -> Bool {
    try connection.run(
      "SELECT EXISTS(SELECT 1 FROM plumbline_records WHERE \(condition))", [.text(value)]
    ).bytes(0, 0) == [1]
  }

  func isErased(_ caseID: String) throws -> Bool {
    try has("case_id = $1 AND kind = 'erasure'", caseID)
  }

  func isRedeemed(_ permit: String) throws -> Bool {
    try has("key = $1 AND kind = 'redemption'", permit)
  }
}
#endif
