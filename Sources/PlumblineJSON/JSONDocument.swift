/// A JSON text that was read: a private copy of its bytes and a flat tape of its values.
///
/// A document never changes while anyone else holds it.
public final class JSONDocument: @unchecked Sendable {
  // INVARIANT: `tape[0 ..< tapeCount]` is complete and every offset in it lies in
  // `bytes[0 ..< byteCount]`, which is valid UTF-8 and followed by `padding` zeros. Only the builder
  // writes, and only while the document is held by nobody but its parser.
  @exclusivity(unchecked) @usableFromInline var bytes: UnsafeMutablePointer<UInt8>
  @exclusivity(unchecked) @usableFromInline var byteCount = 0
  @exclusivity(unchecked) var byteCapacity: Int
  @exclusivity(unchecked) @usableFromInline var tape: UnsafeMutablePointer<JSONToken>
  @exclusivity(unchecked) @usableFromInline var tapeCount = 0
  @exclusivity(unchecked) var tapeCapacity: Int
  /// Offsets of the quotes of a repeated key, and of the first integer beyond 64 bits; -1 for none.
  @exclusivity(unchecked) var duplicateOffset = -1
  @exclusivity(unchecked) var duplicateIndex = -1
  @exclusivity(unchecked) var bigIntegerOffset = -1

  /// Room behind the text, so that eight bytes can be read at any place of it.
  static let padding = 16

  init(byteCapacity: Int, tapeCapacity: Int) {
    self.byteCapacity = byteCapacity + Self.padding
    self.tapeCapacity = max(tapeCapacity, 8)
    bytes = .allocate(capacity: self.byteCapacity)
    tape = .allocate(capacity: self.tapeCapacity)
  }

  deinit {
    bytes.deallocate()
    tape.deallocate()
  }

  /// Reads one JSON text (RFC 8259, strictly; a byte order mark before it is passed over).
  public static func parse(
    _ bytes: [UInt8], limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> JSONDocument {
    let result: Result<JSONDocument, JSONError> = bytes.withUnsafeBytes { raw in
      do throws(JSONError) {
        return .success(try parse(raw, limits: limits))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Reads one JSON text (RFC 8259, strictly).
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> JSONDocument {
    let document = JSONDocument(
      byteCapacity: min(bytes.count, limits.bytes), tapeCapacity: bytes.count / 12)
    try document.read(bytes, limits: limits)
    return document
  }

  /// Reads one JSON text.
  public static func parse(
    _ text: String, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> JSONDocument {
    try parse(Array(text.utf8), limits: limits)
  }

  /// Replaces what the document holds.
  func read(_ source: UnsafeRawBufferPointer, limits: JSONLimits) throws(JSONError) {
    tapeCount = 0
    byteCount = 0
    duplicateOffset = -1
    duplicateIndex = -1
    bigIntegerOffset = -1
    guard source.count <= limits.bytes else {
      throw JSONError(
        offset: 0, message: "the text has \(source.count) bytes, more than \(limits.bytes)")
    }
    if source.count + Self.padding > byteCapacity {
      bytes.deallocate()
      byteCapacity = source.count + source.count / 2 + Self.padding
      bytes = .allocate(capacity: byteCapacity)
    }
    if let base = source.baseAddress, source.count > 0 {
      UnsafeMutableRawPointer(bytes).copyMemory(from: base, byteCount: source.count)
    }
    (bytes + source.count).initialize(repeating: 0, count: Self.padding)
    byteCount = source.count
    do throws(JSONError) {
      try build(depthLimit: limits.depth)
    } catch {
      tapeCount = 0
      throw error
    }
  }

  /// The value the text holds.
  public var root: JSONNode { JSONNode(document: self, index: 0) }

  /// The first key, by place, that repeats one of its own object. The first value counts.
  public var duplicateKey: (key: String, offset: Int)? {
    guard duplicateOffset >= 0 else { return nil }
    let node = JSONNode(document: self, index: duplicateIndex)
    return (node.string ?? "", duplicateOffset)
  }

  /// The offset of the first integer beyond 64 bits.
  public var bigInteger: Int? { bigIntegerOffset >= 0 ? bigIntegerOffset : nil }

  /// The bytes of the text, for the time of the call.
  @inlinable
  public func withBytes<R, E: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    try body(UnsafeBufferPointer(start: bytes, count: byteCount))
  }
}

/// Reads many texts, one after the other, into the same memory where nobody kept the last one.
public final class JSONParser {
  @exclusivity(unchecked) private var document: JSONDocument
  private let limits: JSONLimits

  public init(limits: JSONLimits = JSONLimits()) {
    self.limits = limits
    document = JSONDocument(byteCapacity: 1024, tapeCapacity: 128)
  }

  /// Reads one text. The answer stays valid for as long as it is held.
  public func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONDocument {
    if !isKnownUniquelyReferenced(&document) {
      document = JSONDocument(
        byteCapacity: min(bytes.count, limits.bytes), tapeCapacity: bytes.count / 12)
    }
    try document.read(bytes, limits: limits)
    return document
  }
}
