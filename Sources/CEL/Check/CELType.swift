/// A static type of CEL, with the refinements that declared environments need.
public indirect enum CELType: Sendable, Hashable {
  case dyn
  case null
  case bool
  case int
  case uint
  case double
  case string
  case bytes
  case timestamp
  case duration
  /// A calendar day without zone (an extension: `date("2024-05-15")`, compared in order, `date - date` is a duration).
  case date
  case list(CELType)
  case map(CELType, CELType)
  case optional(CELType)
  /// The type of a type value, `type(int)`.
  case type(CELType)
  case wrapper(CELType)
  /// A string of a closed set. Assignable to string; comparing it with a literal outside the set is a type error.
  case enumeration(EnumType)
  case object(ObjectType)
  /// An opaque type with parameters, such as `net.IP` or a conformance test's `tuple(a, b)`.
  case abstract(String, [CELType])
  /// A type parameter of a generic overload.
  case parameter(String)
  /// The type of what could not be typed; accepted everywhere so that one mistake gives one message.
  case error
}

/// A closed set of strings.
public struct EnumType: Sendable, Hashable {
  /// The declared name, or nil for one written in place.
  public let name: String?
  public let values: [String]
  public init(name: String? = nil, values: [String]) {
    self.name = name
    self.values = values
  }
}

/// A record type: fields in a fixed order, so that a field is a slot. Nominal: equal when the names are.
///
/// Types may refer to each other in cycles; fields are therefore set once after creation, by `define`.
public final class ObjectType: Sendable, Hashable, CustomStringConvertible {
  public struct Field: Sendable, Hashable {
    public let name: String
    public let type: CELType
    /// May be absent or null in a complete record.
    public let optional: Bool
    /// Only some members of the union have it: it must be guarded by `has`, like an optional one.
    public let partial: Bool
    public let sensitive: Bool
    public init(
      name: String, type: CELType, optional: Bool = false, partial: Bool = false,
      sensitive: Bool = false
    ) {
      self.name = name
      self.type = type
      self.optional = optional
      self.partial = partial
      self.sensitive = sensitive
    }
  }

  public let name: String
  private nonisolated(unsafe) var storage: [Field] = []
  private nonisolated(unsafe) var index: [String: Int] = [:]

  public init(name: String) { self.name = name }

  public convenience init(name: String, fields: [Field]) {
    self.init(name: name)
    define(fields)
  }

  /// Sets the fields. Called once, before the type is shared. The first of two fields with one name counts.
  public func define(_ fields: [Field]) {
    storage = fields
    index = Dictionary(
      fields.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  public var fields: [Field] { storage }
  public func slot(of field: String) -> Int? { index[field] }
  public var description: String { name }
  public static func == (a: ObjectType, b: ObjectType) -> Bool { a === b || a.name == b.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension CELType: CustomStringConvertible {
  /// The type as messages write it: CEL's own names.
  public var description: String {
    switch self {
    case .dyn: "dyn"
    case .null: "null_type"
    case .bool: "bool"
    case .int: "int"
    case .uint: "uint"
    case .double: "double"
    case .string: "string"
    case .bytes: "bytes"
    case .timestamp: "google.protobuf.Timestamp"
    case .duration: "google.protobuf.Duration"
    case .date: "date"
    case .list(let element): "list(\(element))"
    case .map(let key, let value): "map(\(key), \(value))"
    case .optional(let wrapped): "optional_type(\(wrapped))"
    case .type(let of): "type(\(of))"
    case .wrapper(let of): "wrapper(\(of))"
    case .enumeration(let set): set.name ?? "[\(set.values.joined(separator: ", "))]"
    case .object(let object): object.name
    case .abstract(let name, let parameters):
      parameters.isEmpty
        ? name : "\(name)(\(parameters.map(\.description).joined(separator: ", ")))"
    case .parameter(let name): name
    case .error: "!error!"
    }
  }
}
