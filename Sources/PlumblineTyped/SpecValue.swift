public import CEL
public import PlumblineJSON

/// A value of a type that a spec declares: what generated structs and enums are.
public protocol SpecValue: Codable, Hashable, Sendable {
  /// The value as events hold it.
  var specJSON: JSON { get }
  /// The value as conditions read it, where its type alone says that it keeps to its contract; nil: it has to be read
  /// from `specJSON`.
  var specValue: Value? { get }
}

extension SpecValue {
  public var specValue: Value? { nil }
}

extension SpecValue where Self: RawRepresentable, RawValue == String {
  /// The word itself.
  public var specJSON: JSON { .string(rawValue) }
  public var specValue: Value? { .string(rawValue) }
}

extension JSON: SpecValue {
  public var specJSON: JSON { self }
}
extension Bool: SpecValue {
  public var specJSON: JSON { .bool(self) }
  public var specValue: Value? { .bool(self) }
}
extension Int: SpecValue {
  public var specJSON: JSON { .int(Int64(self)) }
  public var specValue: Value? { .int(Int64(self)) }
}
extension Double: SpecValue {
  /// JSON has no infinity: as a text it is off every contract, and found to be.
  public var specJSON: JSON { isFinite ? .double(self) : .string("\(self)") }
  public var specValue: Value? { isFinite ? .double(self) : nil }
}
extension String: SpecValue {
  public var specJSON: JSON { .string(self) }
  public var specValue: Value? { .string(self) }
}
extension Array: SpecValue where Element: SpecValue {
  public var specJSON: JSON { .array(map(\.specJSON)) }
}
extension Dictionary: SpecValue where Key == String, Value: SpecValue {
  /// Its keys sorted, so that equal maps are equal texts.
  public var specJSON: JSON {
    .object(
      sorted { CanonicalJSON.precedes($0.key, $1.key) }
        .map { JSON.Member($0.key, $0.value.specJSON) })
  }
}
extension Optional: SpecValue where Wrapped: SpecValue {
  public var specJSON: JSON { map(\.specJSON) ?? .null }
  /// In a field: what is not there is absent.
  public var specSlot: Value? {
    switch self {
    case .some(let value): value.specValue
    case nil: .some(.absent)
    }
  }
}

/// A value of a type that holds itself.
public indirect enum Boxed<Value: SpecValue>: SpecValue {
  case value(Value)

  /// Boxes a value.
  public init(_ value: Value) { self = .value(value) }

  /// What is in it.
  public var value: Value {
    switch self {
    case .value(let value): value
    }
  }
  public var specJSON: JSON { value.specJSON }

  public init(from decoder: any Decoder) throws { self = .value(try Value(from: decoder)) }
  public func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
}

/// A key by its text, for unions.
public struct SpecKey: CodingKey, Sendable {
  public let stringValue: String
  public var intValue: Int? { nil }
  public init(_ text: String) { stringValue = text }
  public init?(stringValue: String) { self.stringValue = stringValue }
  public init?(intValue: Int) { nil }
}

/// The names of something that a spec has none of.
public struct NoName: SpecName {
  public var rawValue: String { "" }
  public init?(rawValue: String) { nil }
  public static var allCases: [NoName] { [] }
  /// Why nothing can be read.
  public static func decodingError(_ decoder: any Decoder) -> DecodingError {
    .dataCorrupted(
      .init(codingPath: decoder.codingPath, debugDescription: "the spec declares no action"))
  }
}

/// A name of a spec: an action, a workflow, a step, a requirement.
public protocol SpecName: RawRepresentable<String>, CaseIterable, Hashable, Sendable {}
