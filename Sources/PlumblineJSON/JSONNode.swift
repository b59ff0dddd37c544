/// A value inside a document: a reference to the document and a place on its tape.
public struct JSONNode: Sendable {
  /// What a value is.
  public enum Kind: Sendable, Hashable, CaseIterable {
    case null, bool, int, bigInteger, double, string, array, object
  }

  /// The document the value lies in.
  public let document: JSONDocument
  @usableFromInline let index: Int

  @inlinable
  init(document: JSONDocument, index: Int) {
    self.document = document
    self.index = index
  }

  @inlinable var token: JSONToken { document.tape[index] }

  /// What the value is.
  @inlinable
  public var kind: Kind {
    switch token.kind {
    case JSONToken.null: .null
    case JSONToken.no, JSONToken.yes: .bool
    case JSONToken.int: .int
    case JSONToken.bigInteger: .bigInteger
    case JSONToken.double: .double
    case JSONToken.string: .string
    case JSONToken.array: .array
    default: .object
    }
  }

  @inlinable public var isNull: Bool { token.kind == JSONToken.null }
  @inlinable public var isString: Bool { token.kind == JSONToken.string }
  @inlinable public var isArray: Bool { token.kind == JSONToken.array }
  @inlinable public var isObject: Bool { token.kind == JSONToken.object }

  /// The truth value, where it is one.
  @inlinable
  public var bool: Bool? {
    switch token.kind {
    case JSONToken.yes: true
    case JSONToken.no: false
    default: nil
    }
  }

  /// The integer, where it is one of 64 bits.
  @inlinable
  public var int: Int64? {
    let token = token
    return token.kind == JSONToken.int ? Int64(bitPattern: token.value) : nil
  }

  /// The number as a double, whichever way it is written.
  public var double: Double? {
    let token = token
    switch token.kind {
    case JSONToken.double: return Double(bitPattern: token.value)
    case JSONToken.int: return Double(Int64(bitPattern: token.value))
    case JSONToken.bigInteger: return Double(text).flatMap { $0.isFinite ? $0 : nil }
    default: return nil
    }
  }

  /// The text of a string.
  public var string: String? {
    guard token.kind == JSONToken.string else { return nil }
    return document.withContent(of: index) { String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes of a string without quotes and escapes; of any other value none.
  @inlinable
  public func withUTF8<R, E: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    guard token.kind == JSONToken.string else {
      return try body(UnsafeBufferPointer(start: nil, count: 0))
    }
    return try document.withContent(of: index, body)
  }

  /// Where the value is written in the document, quotes and brackets included.
  public var range: Range<Int> {
    let token = token
    let start = Int(token.start)
    switch token.kind {
    case JSONToken.null, JSONToken.yes: return start..<start + 4
    case JSONToken.no: return start..<start + 5
    case JSONToken.bigInteger: return start..<token.low
    case JSONToken.string: return start..<token.low + 1
    case JSONToken.array, JSONToken.object: return start..<token.high
    default:
      var end = start
      while end < document.byteCount {
        switch document.bytes[end] {
        case 0x30...0x39, 0x2B, 0x2D, 0x2E, 0x45, 0x65: end += 1
        default: return start..<end
        }
      }
      return start..<end
    }
  }

  /// The value as it is written.
  public var text: String {
    withRawBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes of the value as it is written, for the time of the call.
  public func withRawBytes<R, E: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    let range = range
    return try body(
      UnsafeBufferPointer(
        start: UnsafePointer(document.bytes + range.lowerBound), count: range.count))
  }

  /// How many members or elements the value has; 0 for others.
  public var count: Int {
    let token = token
    guard token.isContainer else { return 0 }
    if token.count < JSONToken.manyChildren { return Int(token.count) }
    var count = 0
    if token.kind == JSONToken.array {
      for _ in elements { count += 1 }
    } else {
      for _ in members { count += 1 }
    }
    return count
  }

  /// The same value in a document of its own, so that a large one need not be kept for it.
  public func copy() -> JSONNode {
    let parsed = withRawBytes { raw in
      try? JSONDocument.parse(
        UnsafeRawBufferPointer(raw), limits: JSONLimits(depth: .max, bytes: .max))
    }
    return parsed?.root ?? self
  }

  /// A node for a value made in memory. Fails for numbers JSON cannot write.
  public static func make(from value: JSON) throws(JSONError) -> JSONNode {
    let bytes = try value.encoded()
    return try JSONDocument.parse(bytes, limits: JSONLimits(depth: .max, bytes: .max)).root
  }
}
