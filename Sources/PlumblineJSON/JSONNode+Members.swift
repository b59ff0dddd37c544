extension JSONNode {
  /// The index behind the value at `index`.
  @inlinable
  static func next(_ tape: UnsafeMutablePointer<JSONToken>, _ index: Int) -> Int {
    let token = tape[index]
    return token.isContainer ? token.low : index + 1
  }

  /// The members of an object, in the order written; none for other values.
  public struct Members: Sequence, IteratorProtocol {
    @usableFromInline let document: JSONDocument
    @usableFromInline var index: Int
    @usableFromInline let end: Int

    @inlinable
    init(document: JSONDocument, index: Int, end: Int) {
      self.document = document
      self.index = index
      self.end = end
    }

    @inlinable
    public mutating func next() -> (key: JSONNode, value: JSONNode)? {
      guard index < end else { return nil }
      let key = JSONNode(document: document, index: index)
      let value = JSONNode(document: document, index: index + 1)
      index = JSONNode.next(document.tape, index + 1)
      return (key, value)
    }
  }

  /// The elements of an array; none for other values.
  public struct Elements: Sequence, IteratorProtocol {
    @usableFromInline let document: JSONDocument
    @usableFromInline var index: Int
    @usableFromInline let end: Int

    @inlinable
    init(document: JSONDocument, index: Int, end: Int) {
      self.document = document
      self.index = index
      self.end = end
    }

    @inlinable
    public mutating func next() -> JSONNode? {
      guard index < end else { return nil }
      let element = JSONNode(document: document, index: index)
      index = JSONNode.next(document.tape, index)
      return element
    }
  }

  /// The members of an object, in the order written, repeated keys included.
  @inlinable
  public var members: Members {
    let token = token
    return Members(
      document: document, index: index + 1, end: token.kind == JSONToken.object ? token.low : 0)
  }

  /// The elements of an array.
  @inlinable
  public var elements: Elements {
    let token = token
    return Elements(
      document: document, index: index + 1, end: token.kind == JSONToken.array ? token.low : 0)
  }

  /// Calls `body` with each member of an object, in the order written.
  @inlinable
  public func forEachMember<E: Error>(
    _ body: (_ key: JSONNode, _ value: JSONNode) throws(E) -> Void
  ) throws(E) {
    for (key, value) in members { try body(key, value) }
  }

  /// The first member with this key.
  public subscript(key: String) -> JSONNode? {
    var key = key
    return key.withUTF8 { member($0) }
  }

  /// The first member with this key.
  @inlinable
  public subscript(key: StaticString) -> JSONNode? {
    guard key.hasPointerRepresentation else { return self[key.description] }
    return member(UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
  }

  /// The first member with this key, given as UTF-8.
  @inlinable
  public func member(_ key: UnsafeBufferPointer<UInt8>) -> JSONNode? {
    let token = token
    guard token.kind == JSONToken.object else { return nil }
    let tape = document.tape
    var i = index + 1
    while i < token.low {
      if document.string(at: i, equals: key) { return JSONNode(document: document, index: i + 1) }
      i = Self.next(tape, i + 1)
    }
    return nil
  }

  /// The element at a place of an array.
  public subscript(index position: Int) -> JSONNode? {
    guard position >= 0 else { return nil }
    var left = position
    for element in elements {
      if left == 0 { return element }
      left -= 1
    }
    return nil
  }

  /// Whether the value is this string.
  @inlinable
  public func stringEquals(_ text: StaticString) -> Bool {
    guard text.hasPointerRepresentation else { return stringEquals(text.description) }
    return stringEquals(
      UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Whether the value is this string.
  public func stringEquals(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { stringEquals($0) }
  }

  /// Whether the value is this string, given as UTF-8.
  @inlinable
  public func stringEquals(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    token.kind == JSONToken.string && document.string(at: index, equals: text)
  }

  /// Whether two values are the same: numbers by value, objects whatever their order.
  public func isEqual(to other: JSONNode) -> Bool {
    switch (kind, other.kind) {
    case (.null, .null): return true
    case (.bool, .bool): return bool == other.bool
    case (.int, .int): return int == other.int
    case (.bigInteger, .bigInteger): return text == other.text
    case (.int, .double), (.double, .int), (.double, .double), (.bigInteger, .double),
      (.double, .bigInteger):
      return double == other.double
    case (.string, .string):
      return withUTF8 { mine in other.stringEquals(mine) }
    case (.array, .array):
      guard count == other.count else { return false }
      var theirs = other.elements
      for element in elements {
        guard let next = theirs.next(), element.isEqual(to: next) else { return false }
      }
      return true
    case (.object, .object):
      guard count == other.count else { return false }
      for (key, value) in members {
        guard let match = key.withUTF8({ other.member($0) }), value.isEqual(to: match) else {
          return false
        }
      }
      return true
    default: return false
    }
  }
}

extension JSONDocument {
  /// Whether the string at a place of the tape says exactly these bytes.
  @inlinable
  func string(at index: Int, equals text: UnsafeBufferPointer<UInt8>) -> Bool {
    let token = tape[index]
    if token.isEscaped { return escapedString(at: index, equals: text) }
    let start = Int(token.start) + 1
    let count = token.low - start
    guard count == text.count else { return false }
    let mine = bytes + start
    var i = 0
    while i < count {
      if mine[i] != text[i] { return false }
      i += 1
    }
    return true
  }

  @usableFromInline
  func escapedString(at index: Int, equals text: UnsafeBufferPointer<UInt8>) -> Bool {
    withContent(of: index) { JSONText.compare($0, text) == 0 }
  }
}
