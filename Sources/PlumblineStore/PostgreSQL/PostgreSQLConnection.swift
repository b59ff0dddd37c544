#if PostgreSQL
import CLibPQ
import PlumblineRecord

/// One connection to a PostgreSQL server, made anew where it was lost. Used by one thread at a time.
final class PostgreSQLConnection {
  private let url: String
  private var connection: OpaquePointer?
  /// The names of the statements that the server has prepared.
  private var prepared: Set<String> = []

  init(_ url: String) { self.url = url }

  deinit { close() }

  func close() {
    if let connection { PQfinish(connection) }
    connection = nil
    prepared = []
  }

  /// A parameter of a statement.
  enum Parameter {
    case null
    case text(String)
    case bytes([UInt8])
    static func int(_ number: Int) -> Parameter { .text(String(number)) }
    static func text(_ text: String?) -> Parameter { text.map { .text($0) } ?? .null }
    static func bytes(_ bytes: [UInt8]?) -> Parameter { bytes.map { .bytes($0) } ?? .null }
  }

  /// What a query gave: values are read in their binary or textual form.
  final class Rows {
    private let result: OpaquePointer
    fileprivate init(_ result: OpaquePointer) { self.result = result }
    deinit { PQclear(result) }

    var count: Int { Int(PQntuples(result)) }

    func bytes(_ row: Int, _ column: Int) -> [UInt8]? {
      guard PQgetisnull(result, Int32(row), Int32(column)) == 0,
        let start = PQgetvalue(result, Int32(row), Int32(column))
      else { return nil }
      let count = Int(PQgetlength(result, Int32(row), Int32(column)))
      return start.withMemoryRebound(to: UInt8.self, capacity: count) {
        Array(UnsafeBufferPointer(start: $0, count: count))
      }
    }

    func text(_ row: Int, _ column: Int) -> String? {
      bytes(row, column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A bigint, in its binary form.
    func int(_ row: Int, _ column: Int) -> Int? {
      bytes(row, column).map { $0.reduce(0) { $0 << 8 | Int($1) } }
    }
  }

  /// Whether the server is there: connects where there is no connection.
  func open() throws {
    if let connection, PQstatus(connection) == CONNECTION_OK { return }
    close()
    guard let made = PQconnectdb(url) else { throw StoreLost("PostgreSQL: no memory") }
    guard PQstatus(made) == CONNECTION_OK else {
      let words = Self.words(PQerrorMessage(made))
      PQfinish(made)
      throw StoreLost("PostgreSQL can't be reached: \(words)")
    }
    // Notices are not ours to print.
    PQsetNoticeProcessor(made, { _, _ in }, nil)
    connection = made
    // Commits are on the server's disk before they return, whatever its own setting.
    try run("SET synchronous_commit = on")
    try run("SET client_min_messages = warning")
  }

  /// Runs a statement; its results come in binary form.
  @discardableResult
  func run(_ sql: String, _ parameters: [Parameter] = []) throws -> Rows {
    guard let connection else { throw StoreLost("PostgreSQL: not connected") }
    if parameters.isEmpty, !sql.hasPrefix("SELECT") {
      return try rows(PQexec(connection, sql))
    }
    let name = sql
    if !prepared.contains(name) {
      _ = try rows(PQprepare(connection, name.hashed, sql, 0, nil))
      prepared.insert(name)
    }
    return try Self.withValues(parameters) { values, lengths, formats in
      try rows(
        PQexecPrepared(
          connection, name.hashed, Int32(parameters.count), values, lengths, formats, 1))
    }
  }

  private func rows(_ result: OpaquePointer?) throws -> Rows {
    guard let result else { throw lost() }
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE: return Rows(result)
    default:
      let words = Self.words(PQresultErrorMessage(result))
      let state = PQresultErrorField(result, 67).map { String(cString: $0) } ?? ""
      PQclear(result)
      // SQLSTATE (PostgreSQL manual, appendix A): none where the connection broke, 08 and 57P where it is broken off.
      if state.isEmpty || state.hasPrefix("08") || state.hasPrefix("57P") {
        close()
        throw StoreLost("PostgreSQL was lost: \(words)")
      }
      if state == "53100" { throw LogError("PostgreSQL: the disk is full; nothing was recorded") }
      throw LogError("PostgreSQL: \(words)")
    }
  }

  private func lost() -> StoreLost {
    let words = connection.map { Self.words(PQerrorMessage($0)) } ?? "not connected"
    close()
    return StoreLost("PostgreSQL was lost: \(words)")
  }

  private static func words(_ message: UnsafePointer<CChar>?) -> String {
    let text = message.map { String(cString: $0) } ?? ""
    return text.split(whereSeparator: \.isNewline).map { line in
      line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }.joined(separator: "; ")
  }

  private static func withValues<Result>(
    _ parameters: [Parameter],
    _ body: (
      UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
    ) throws -> Result
  ) rethrows -> Result {
    var starts: [Int?] = []
    var lengths: [Int32] = []
    var formats: [Int32] = []
    var bytes: [CChar] = []
    for parameter in parameters {
      switch parameter {
      case .null:
        starts.append(nil)
        lengths.append(0)
        formats.append(0)
      case .text(let text):
        starts.append(bytes.count)
        lengths.append(0)
        formats.append(0)
        bytes += text.utf8.map { CChar(bitPattern: $0) } + [0]
      case .bytes(let data):
        starts.append(bytes.count)
        lengths.append(Int32(data.count))
        formats.append(1)
        bytes += data.map { CChar(bitPattern: $0) } + [0]
      }
    }
    return try bytes.withUnsafeBufferPointer { buffer in
      let values = starts.map { start in
        start.flatMap { at in buffer.baseAddress.map { $0 + at } }
      }
      return try body(values, lengths, formats)
    }
  }
}

extension String {
  /// A name for a prepared statement: short, and the same for the same text.
  fileprivate var hashed: String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return "p" + String(hash, radix: 16)
  }
}
#endif
