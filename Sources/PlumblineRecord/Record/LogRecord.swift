import PlumblineBundle
public import PlumblineJSON
public import PlumblineRuntime

/// A record of the log, read.
public struct LogRecord: Sendable {
  public let stored: StoredRecord
  public let head: JSONNode
  /// nil where there is none, or it was erased.
  public let body: JSONNode?
  public let kind: RecordKind
  /// The hash of the record before.
  public let previous: String
  /// The hash that the body has or had; nil where there never was one.
  public let bodyHash: String?
  public let caseID: String?
  /// The number of the event in its case.
  public let seq: Int?

  /// - Throws: `LogError` where it is no record.
  public init(_ stored: StoredRecord) throws(LogError) {
    func damaged(_ what: String) -> LogError {
      LogError(position: stored.position, "the record \(what)")
    }
    do {
      head = try JSONDocument.parse(stored.head).root
      body = try stored.body.map { try JSONDocument.parse($0).root }
    } catch {
      throw damaged("is not JSON: \(error)")
    }
    guard head.kind == .object else { throw damaged("has no head") }
    guard let position = head["position"]?.int, position == stored.position else {
      throw damaged("says that it is another one")
    }
    guard let previous = head["previous"]?.string else { throw damaged("names none before it") }
    guard let name = head["kind"]?.string, let kind = RecordKind(rawValue: name) else {
      throw damaged("is of no known kind")
    }
    self.stored = stored
    self.kind = kind
    self.previous = previous
    bodyHash = head["body"]?.string
    caseID = head["case"]?.string
    seq = head["seq"]?.int.map { Int($0) }
  }

  public var position: Int { stored.position }
  /// `allow`, `warn`, `escalate`, `deny`; nil where nothing was proposed.
  public var outcome: String? { head["decision"]?.string }
  /// The time at which the event was folded, as text.
  public var time: String? { head["time"]?.string }
  /// The sha256 of the bundle it was decided with.
  public var bundle: String? { head["bundle"]?.string }

  /// The event as it came, its sensitive values put back where they are there; nil where it was erased, or
  /// where values are withheld.
  public func event() throws(LogError) -> JSON? {
    guard let body, let shown = body["event"] else { return nil }
    var event = JSON(shown)
    guard body["sensitive"] != nil else { return event }
    guard let bytes = stored.sensitive else { return nil }
    do {
      let values = try JSONDocument.parse(bytes).root
      for (key, value) in values.members {
        guard let key = key.string, key.hasPrefix("/") else { continue }
        event = Pointer.set(event, Pointer.parts(key)[...], JSON(value))
      }
    } catch {
      throw LogError(position: position, "its sensitive values are not JSON: \(error)")
    }
    return event
  }
}

extension LogRecord {
  /// The event, ready to be folded.
  /// - Throws: `LogError` where it was erased, its sensitive values are withheld, or it is none.
  public func traceEvent() throws(LogError) -> Event {
    do {
      if let shown = body?["event"], body?["sensitive"] == nil {
        return try TraceReader.read(shown)
      }
      guard let event = try self.event() else {
        throw LogError(
          position: position,
          body == nil ? "its event was erased" : "its sensitive values are withheld")
      }
      return try TraceReader.read(try JSONNode.make(from: event))
    } catch let error as LogError {
      throw error
    } catch {
      throw LogError(position: position, "it holds no event: \(error)")
    }
  }
}

/// JSON Pointers (RFC 6901), as far as the log needs them.
enum Pointer {
  static func escaped(_ key: String) -> String {
    var out = ""
    for scalar in key.unicodeScalars {
      switch scalar {
      case "~": out += "~0"
      case "/": out += "~1"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  static func parts(_ pointer: String) -> [String] {
    pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { part in
      var out = ""
      var scalars = part.unicodeScalars.makeIterator()
      while let scalar = scalars.next() {
        guard scalar == "~" else {
          out.unicodeScalars.append(scalar)
          continue
        }
        switch scalars.next() {
        case "0": out += "~"
        case "1": out += "/"
        default: break
        }
      }
      return out
    }
  }

  /// The same value with another one at a place; what is not there stays so.
  static func set(_ value: JSON, _ path: ArraySlice<String>, _ new: JSON) -> JSON {
    guard let first = path.first else { return new }
    switch value {
    case .object(var members):
      if let index = members.firstIndex(where: { $0.key == first }) {
        members[index].value = set(members[index].value, path.dropFirst(), new)
      }
      return .object(members)
    case .array(var elements):
      if let index = Int(first), elements.indices.contains(index) {
        elements[index] = set(elements[index], path.dropFirst(), new)
      }
      return .array(elements)
    default: return value
    }
  }
}

/// What is wrong with a log, and where.
public struct LogError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The record it was found at; nil where it concerns the log as such.
  public var position: Int?
  public var message: String
  public init(position: Int? = nil, _ message: String) {
    self.position = position
    self.message = message
  }
  public var description: String { position.map { "record \($0): \(message)" } ?? message }
}

extension LogRecord {
  /// The bundle that a record of one holds.
  /// - Throws: `LogError` where it holds another than the one it names.
  public func bundleBytes() throws(LogError) -> [UInt8] {
    guard kind == .bundle, let node = body?["bundle"] else {
      throw LogError(position: position, "it holds no bundle")
    }
    let bytes = CanonicalJSON.encode(node)
    guard SHA256.hex(bytes) == bundle else {
      throw LogError(position: position, "the bundle is another than the one it names")
    }
    return bytes
  }
}
