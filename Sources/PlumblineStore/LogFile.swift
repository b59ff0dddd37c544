import Plumbline
import PlumblineJSON
public import PlumblineRecord

/// An exported log: a record a line, with checkpoints between them (Docs/Formats.md).
public struct LogFile: LogReader {
  private let path: String
  /// Where each case's records stand, and each bundle's: read through once, as soon as either is asked for.
  private let places = Places()

  private final class Places {
    var bundles: [String: [UInt8]]?
  }

  public init(_ path: String) { self.path = path }

  public var holdsSensitive: Bool { false }

  /// Whether a file looks like an exported log.
  static func isOne(_ path: String) -> Bool {
    guard let start = try? FileSystem.read(path, first: 16) else { return false }
    return start.starts(with: Array("{\"body\":".utf8))
      || start.starts(with: Array("{\"checkpoint\":".utf8))
  }

  public func entries(after position: Int, _ body: (LogEntry) throws -> Bool) throws {
    var reader = try LineReader(path)
    var number = 0
    var failure: (any Error)?
    var ended = false
    while !ended,
      let more = try reader.next({ line in
        number += 1
        if line.isEmpty { return true }
        do {
          let entry = try Self.entry(line, number: number)
          if case .record(let record) = entry, record.position <= position { return true }
          if case .checkpoint(let point) = entry, point.position <= position { return true }
          if try body(entry) { return true }
          ended = true
        } catch {
          failure = error
          ended = true
        }
        return false
      }), more
    {}
    if let failure { throw failure }
  }

  public func records(of caseID: String, _ body: (StoredRecord) throws -> Bool) throws {
    try entries(after: 0) { entry in
      guard case .record(let record) = entry else { return true }
      return try LogRecord(record).caseID == caseID ? try body(record) : true
    }
  }

  public func bundle(_ hash: String) throws -> [UInt8]? {
    if let known = places.bundles { return known[hash] }
    var found: [String: [UInt8]] = [:]
    try entries(after: 0) { entry in
      guard case .record(let stored) = entry else { return true }
      let record = try LogRecord(stored)
      if record.kind == .bundle, let hash = record.bundle { found[hash] = try record.bundleBytes() }
      return true
    }
    places.bundles = found
    return found[hash]
  }

  /// The entry of a line.
  /// - Throws: `LogError` with the line's number where it is none.
  static func entry(_ line: UnsafeRawBufferPointer, number: Int) throws(LogError) -> LogEntry {
    let root: JSONNode
    do {
      root = try JSONDocument.parse(line).root
    } catch {
      throw LogError("line \(number): not JSON: \(error)")
    }
    if let point = root["checkpoint"] {
      guard let checkpoint = Checkpoint(point), Array(line) == checkpoint.line else {
        throw LogError("line \(number): a checkpoint that is none")
      }
      return .checkpoint(checkpoint)
    }
    guard let head = root["head"], head.kind == .object, let hash = root["hash"]?.string,
      let position = head["position"]?.int, let body = root["body"]
    else { throw LogError("line \(number): no record of a log") }
    func bytes(_ node: JSONNode) -> [UInt8] { node.withRawBytes { Array($0) } }
    let record = StoredRecord(
      position: Int(position), head: bytes(head), hash: hash,
      body: body.kind == .null ? nil : bytes(body),
      sensitive: root["sensitive"].map { bytes($0) })
    // What the hashes do not cover must not hide anything.
    guard record.line(withSensitive: true).elementsEqual(line) else {
      throw LogError("line \(number): record \(position) is not in its one form: it was changed")
    }
    return .record(record)
  }
}
