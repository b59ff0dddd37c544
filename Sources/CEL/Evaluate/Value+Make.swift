extension Value {
  /// An evaluation error as a value.
  public static func failure(_ kind: EvaluationError.Kind, _ message: String) -> Value {
    .error(EvaluationError(kind, message))
  }

  /// A list of these elements.
  public static func list(_ elements: [Value]) -> Value { .list(ListValue(elements)) }

  /// A map of these entries, in their order; of two equal keys the last one's value counts.
  public static func map(_ entries: [(Value, Value)]) -> Value { .map(DictionaryMap(entries)) }

  /// The type value of `type`.
  public static func type(_ type: CELType) -> Value { .type(TypeValue(type)) }

  static func noSuchOverload(_ function: String, _ arguments: Value...) -> Value {
    noSuchOverload(function, arguments)
  }

  static func noSuchOverload(_ function: String, _ arguments: [Value]) -> Value {
    let types = arguments.map { $0.runtimeType.runtimeName }.joined(separator: ", ")
    return .failure(.noSuchOverload, "no such overload: `\(function)(\(types))`")
  }

  static func noSuchKey(_ key: Value) -> Value {
    .failure(.absent, "no such key: `\(key.keyText)`")
  }

  static func noSuchKey(_ key: String) -> Value { .failure(.absent, "no such key: `\(key)`") }

  /// How messages write a key: strings without quotes.
  private var keyText: String {
    if case .string(let text) = self { return text }
    return description
  }

  /// Whether evaluation went wrong or is not decided.
  var isErrorOrUnknown: Bool {
    switch self {
    case .error, .unknown: true
    default: false
    }
  }

  /// The type of the value as `type(x)` tells it.
  public var runtimeType: CELType {
    switch self {
    case .null: .null
    case .bool: .bool
    case .int: .int
    case .uint: .uint
    case .double: .double
    case .string: .string
    case .bytes: .bytes
    case .timestamp: .timestamp
    case .duration: .duration
    case .date: .date
    case .list: .list(.dyn)
    case .map: .map(.dyn, .dyn)
    case .record(let record): .object(record.type)
    case .type: .type(.dyn)
    case .optional: .optional(.dyn)
    case .opaque(let opaque): opaque.type
    case .absent: .null
    case .error, .unknown: .error
    }
  }

  /// Whether the value may stand where `type` is asked for: how an overload is chosen at run time.
  func conforms(to type: CELType) -> Bool {
    switch (type, self) {
    case (.dyn, _), (.parameter, _), (.error, _): true
    case (.null, .null), (.bool, .bool), (.int, .int), (.uint, .uint), (.double, .double): true
    case (.string, .string), (.bytes, .bytes), (.timestamp, .timestamp): true
    case (.duration, .duration), (.date, .date), (.type, .type): true
    case (.list(let element), .list(let list)):
      list.elements.first { !$0.isErrorOrUnknown }.map { $0.conforms(to: element) } ?? true
    case (.map(let key, _), .map(let map)):
      map.count == 0 || map.keys.first.map { $0.conforms(to: key) } ?? true
    case (.optional(let wrapped), .optional(let optional)):
      optional.value.map { $0.conforms(to: wrapped) } ?? true
    case (.wrapper(let wrapped), _):
      if case .null = self { true } else { conforms(to: wrapped) }
    case (.enumeration(let set), .string(let text)): set.values.contains(text)
    case (.object(let object), .record(let record)): record.type == object
    case (.object, .null), (.timestamp, .null), (.duration, .null): true
    case (.abstract(let name, _), .opaque(let opaque)): opaque.type.runtimeName == name
    default: false
    }
  }
}

extension CELType {
  /// The name of the type at run time: without parameters.
  public var runtimeName: String {
    switch self {
    case .list: "list"
    case .map: "map"
    case .optional: "optional_type"
    case .type: "type"
    case .wrapper(let wrapped): wrapped.runtimeName
    case .enumeration: "string"
    case .abstract(let name, _): name
    default: description
    }
  }
}

extension ListValue {
  /// What stands in the way of using all elements: the unknown ones united, else the first error.
  var flaw: Value? {
    var flaw = Flaw()
    for element in elements { _ = flaw.add(element) }
    return flaw.value
  }
}

/// A map that holds its entries, in the order in which they were given.
public final class DictionaryMap: MapValue, @unchecked Sendable {
  private let entries: [Value: Value]
  private let order: [Value]
  private let unknownRest: Unknown?

  /// Of two equal keys the last one's value counts. With `missing` set there may be further entries.
  public init(_ pairs: [(Value, Value)], missing: Unknown? = nil) {
    var entries: [Value: Value] = [:]
    var order: [Value] = []
    entries.reserveCapacity(pairs.count)
    order.reserveCapacity(pairs.count)
    for (key, value) in pairs where entries.updateValue(value, forKey: key) == nil {
      order.append(key)
    }
    self.entries = entries
    self.order = order
    self.unknownRest = missing
    super.init()
  }

  public override func lookup(_ key: Value) -> Value {
    if let value = entries[key] { return value }
    return unknownRest.map { .unknown($0) } ?? .absent
  }
  public override var keys: [Value] { order }
  public override var count: Int { order.count }
  public override var missing: Unknown? { unknownRest }
}

// Not by `nil`: where a `Value?` is wanted it would silently mean null.
extension Value: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: Value...) { self = .list(ListValue(elements)) }
  public init(dictionaryLiteral elements: (Value, Value)...) {
    self = .map(DictionaryMap(elements))
  }
}

extension Value: CustomStringConvertible {
  /// The value as CEL would write it.
  public var description: String { text(depth: 0) }

  private func text(depth: Int) -> String {
    if depth > Value.deepestComparison { return "…" }
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .int(let value): return String(value)
    case .uint(let value): return "\(value)u"
    case .double(let value):
      let text = NumberText.double(value)
      return value.isFinite && !text.contains(where: { ".e".contains($0) }) ? text + ".0" : text
    case .string(let value): return StringLibrary.quote(value)
    case .bytes(let value): return "b\"" + value.map(Self.escape).joined() + "\""
    case .timestamp(let value): return "timestamp(\"\(TimeFormat.timestamp(value))\")"
    case .duration(let value): return "duration(\"\(TimeFormat.duration(value))\")"
    case .date(let value): return "date(\"\(TimeFormat.date(value))\")"
    case .list(let list):
      let parts =
        list.elements.map { $0.text(depth: depth + 1) } + (list.missing == nil ? [] : ["…"])
      return "[" + parts.joined(separator: ", ") + "]"
    case .map(let map):
      let parts =
        map.keys.map {
          $0.text(depth: depth + 1) + ": " + map.lookup($0).text(depth: depth + 1)
        } + (map.missing == nil ? [] : ["…"])
      return "{" + parts.joined(separator: ", ") + "}"
    case .record(let record):
      var parts: [String] = []
      for (field, slot) in zip(record.type.fields, record.slots) {
        if case .absent = slot { continue }
        parts.append("\(field.name): \(slot.text(depth: depth + 1))")
      }
      return "\(record.type.name){" + parts.joined(separator: ", ") + "}"
    case .type(let type): return type.type.runtimeName
    case .optional(let optional):
      return optional.value.map { "optional.of(\($0.text(depth: depth + 1)))" }
        ?? "optional.none()"
    case .opaque(let opaque): return opaque.text
    case .absent: return "absent"
    case .error(let error): return "error: \(error.message)"
    case .unknown(let unknown):
      return "unknown(" + unknown.attributes.map(\.path).joined(separator: ", ") + ")"
    }
  }

  private static func escape(_ byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "\""): return "\\\""
    case UInt8(ascii: "\\"): return "\\\\"
    case 0x20..<0x7f: return String(Character(Unicode.Scalar(byte)))
    default:
      let digits = String(byte, radix: 16)
      return "\\x" + (digits.count == 1 ? "0" + digits : digits)
    }
  }
}

extension EvaluationError: CustomStringConvertible {
  public var description: String { message }
}
