extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
  ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}

extension JSON {
  /// An object of the members whose value is there, in this order.
  public static func fields(_ members: [(String, JSON?)]) -> JSON {
    .object(members.compactMap { key, value in value.map { Member(key, $0) } })
  }

  /// An array of strings.
  public static func strings(_ values: some Sequence<String>) -> JSON {
    .array(values.map { .string($0) })
  }

  /// The value that was read, without its document.
  public init(_ node: JSONNode) {
    switch node.kind {
    case .null: self = .null
    case .bool: self = .bool(node.bool == true)
    case .int: self = .int(node.int ?? 0)
    case .bigInteger: self = .bigInteger(node.text)
    case .double: self = .double(node.double ?? 0)
    case .string: self = .string(node.string ?? "")
    case .array: self = .array(node.elements.map { JSON($0) })
    case .object:
      self = .object(node.members.map { Member($0.key.string ?? "", JSON($0.value)) })
    }
  }

  /// Reads a text.
  public static func parse(
    _ text: String, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> JSON {
    JSON(try JSONDocument.parse(text, limits: limits).root)
  }

  /// The first member with this key. Setting replaces it, adds it at the end, or removes it.
  public subscript(key: String) -> JSON? {
    get {
      guard case .object(let members) = self else { return nil }
      return members.first { $0.key == key }?.value
    }
    set {
      guard case .object(var members) = self else { return }
      if let index = members.firstIndex(where: { $0.key == key }) {
        if let newValue {
          members[index].value = newValue
        } else {
          members.remove(at: index)
        }
      } else if let newValue {
        members.append(Member(key, newValue))
      }
      self = .object(members)
    }
  }

  /// The element at a place of an array.
  public subscript(index index: Int) -> JSON? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  public var isNull: Bool { self == .null }

  /// The truth value, where it is one.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }
  /// The integer, where it is one of 64 bits.
  public var int: Int64? {
    if case .int(let value) = self { value } else { nil }
  }
  /// The number as a double, whichever way it is written.
  public var double: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    case .bigInteger(let digits): Double(digits).flatMap { $0.isFinite ? $0 : nil }
    default: nil
    }
  }
  /// The text of a string.
  public var string: String? {
    if case .string(let value) = self { value } else { nil }
  }
  /// The elements of an array.
  public var elements: [JSON]? {
    if case .array(let elements) = self { elements } else { nil }
  }
  /// The members of an object, in their order.
  public var members: [Member]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// The same value with the keys of every object sorted by UTF-16 code units.
  public func sorted() -> JSON {
    switch self {
    case .array(let elements): .array(elements.map { $0.sorted() })
    case .object(let members):
      .object(
        members.map { Member($0.key, $0.value.sorted()) }
          .sorted { JSONText.precedes($0.key, $1.key) })
    default: self
    }
  }

  /// The text on one line, objects in their order. Fails for an infinity or NaN.
  public func encoded() throws(JSONError) -> [UInt8] {
    var out: [UInt8] = []
    try JSONWriter.append(self, indent: nil, to: &out)
    return out
  }

  /// The text on many lines, two spaces a level, with a newline at the end. Fails for an infinity
  /// or NaN.
  public func prettyPrinted() throws(JSONError) -> String {
    var out: [UInt8] = []
    try JSONWriter.append(self, indent: 0, to: &out)
    out.append(0x0A)
    return String(decoding: out, as: UTF8.self)
  }
}

extension JSON: CustomStringConvertible {
  /// The text on one line, for messages.
  public var description: String {
    (try? encoded()).map { String(decoding: $0, as: UTF8.self) } ?? "(not JSON)"
  }
}
