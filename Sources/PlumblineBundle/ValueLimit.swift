public import PlumblineJSON

/// What a JSON Schema file asks of a value beyond its type. As there, a limit speaks of values of its own
/// kind only: `minimum` of numbers, `pattern` of texts.
public enum ValueLimit: Sendable, Hashable {
  case minimum(Double)
  case maximum(Double)
  case exclusiveMinimum(Double)
  case exclusiveMaximum(Double)
  case multipleOf(Double)
  case minLength(Int)
  case maxLength(Int)
  case minItems(Int)
  case maxItems(Int)
  case minProperties(Int)
  case maxProperties(Int)
  /// RE2, found anywhere in the text.
  case pattern(String)
  case uniqueItems
  /// No field but those declared: `additionalProperties: false`.
  case closed

  /// The keywords, in the order of the alphabet.
  public static let keywords = [
    "additionalProperties", "exclusiveMaximum", "exclusiveMinimum", "maxItems", "maxLength",
    "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum", "multipleOf",
    "pattern", "uniqueItems",
  ]

  /// Nil where the keyword, with this value, is no limit that is held.
  public init?(keyword: String, _ value: JSONNode) {
    let isNumber = value.kind == .int || value.kind == .double
    let number = isNumber ? value.double : nil
    let count = value.int.flatMap { $0 >= 0 ? Int(exactly: $0) : nil }
    let made: ValueLimit? =
      switch keyword {
      case "minimum": number.map { .minimum($0) }
      case "maximum": number.map { .maximum($0) }
      case "exclusiveMinimum": number.map { .exclusiveMinimum($0) }
      case "exclusiveMaximum": number.map { .exclusiveMaximum($0) }
      case "multipleOf": number.flatMap { $0 > 0 ? .multipleOf($0) : nil }
      case "minLength": count.map { .minLength($0) }
      case "maxLength": count.map { .maxLength($0) }
      case "minItems": count.map { .minItems($0) }
      case "maxItems": count.map { .maxItems($0) }
      case "minProperties": count.map { .minProperties($0) }
      case "maxProperties": count.map { .maxProperties($0) }
      case "pattern": value.string.map { .pattern($0) }
      case "uniqueItems": value.bool == true ? .uniqueItems : nil
      case "additionalProperties": value.bool == false ? .closed : nil
      default: nil
      }
    guard let made else { return nil }
    self = made
  }

  public var keyword: String {
    switch self {
    case .minimum: "minimum"
    case .maximum: "maximum"
    case .exclusiveMinimum: "exclusiveMinimum"
    case .exclusiveMaximum: "exclusiveMaximum"
    case .multipleOf: "multipleOf"
    case .minLength: "minLength"
    case .maxLength: "maxLength"
    case .minItems: "minItems"
    case .maxItems: "maxItems"
    case .minProperties: "minProperties"
    case .maxProperties: "maxProperties"
    case .pattern: "pattern"
    case .uniqueItems: "uniqueItems"
    case .closed: "additionalProperties"
    }
  }

  /// The keyword's value.
  public var json: JSON {
    switch self {
    case .minimum(let number), .maximum(let number), .exclusiveMinimum(let number),
      .exclusiveMaximum(let number), .multipleOf(let number):
      .double(number)
    case .minLength(let count), .maxLength(let count), .minItems(let count), .maxItems(let count),
      .minProperties(let count), .maxProperties(let count):
      .int(Int64(count))
    case .pattern(let pattern): .string(pattern)
    case .uniqueItems: true
    case .closed: false
    }
  }

  /// What is expected, for a reader.
  public var expected: String {
    func counted(_ count: Int, _ one: String, _ many: String) -> String {
      "\(count) \(count == 1 ? one : many)"
    }
    func text(_ number: Double) -> String {
      var out: [UInt8] = []
      CanonicalJSON.append(number, to: &out)
      return String(decoding: out, as: UTF8.self)
    }
    return switch self {
    case .minimum(let number): "at least \(text(number))"
    case .maximum(let number): "at most \(text(number))"
    case .exclusiveMinimum(let number): "more than \(text(number))"
    case .exclusiveMaximum(let number): "less than \(text(number))"
    case .multipleOf(let number): "a multiple of \(text(number))"
    case .minLength(let count): "at least \(counted(count, "character", "characters"))"
    case .maxLength(let count): "at most \(counted(count, "character", "characters"))"
    case .minItems(let count): "at least \(counted(count, "element", "elements"))"
    case .maxItems(let count): "at most \(counted(count, "element", "elements"))"
    case .minProperties(let count): "at least \(counted(count, "key", "keys"))"
    case .maxProperties(let count): "at most \(counted(count, "key", "keys"))"
    case .pattern(let pattern): "a text that matches `\(pattern)`"
    case .uniqueItems: "each element once"
    case .closed: "no field of this name"
    }
  }
}

/// A limit and the place below a declared type that it holds for.
public struct PlacedLimit: Sendable, Hashable {
  /// A JSON Pointer; `*` stands for any element of a list and any value of a map.
  public var path: String
  public var limit: ValueLimit
  public init(path: String, limit: ValueLimit) {
    self.path = path
    self.limit = limit
  }
}

extension PlacedLimit {
  /// The path of a field of what lies at a path.
  public static func field(_ name: String, of path: String) -> String {
    "\(path)/\(JSONPointer.escape(name))"
  }
  /// The path of the elements of what lies at a path.
  public static func element(of path: String) -> String { "\(path)/*" }
}
