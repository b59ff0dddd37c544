/// A value of CEL, or what evaluation gave in place of one.
///
/// `error` and `unknown` travel as values, as in cel-go, so that `&&`, `||` and `?:` can absorb them.
/// `absent` stands only in slots of records: a field known not to be there.
public enum Value: Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case uint(UInt64)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  case timestamp(Timestamp)
  case duration(Duration)
  /// Days since 1970-01-01.
  case date(Int32)
  case list(ListValue)
  case map(MapValue)
  case record(RecordValue)
  /// A type value.
  case type(TypeValue)
  case optional(OptionalValue)
  /// A value of an abstract type (an address, a network).
  case opaque(OpaqueValue)
  case absent
  case error(EvaluationError)
  case unknown(Unknown)
}

/// A moment, in seconds and nanoseconds (0 to 999,999,999) since 1970-01-01T00:00:00Z.
/// CEL's range is 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z.
public struct Timestamp: Sendable, Hashable, Comparable {
  public var seconds: Int64
  public var nanoseconds: Int32
  public init(seconds: Int64, nanoseconds: Int32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
  public static func < (a: Timestamp, b: Timestamp) -> Bool {
    (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
  }
}

/// A span of time in seconds and nanoseconds of the same sign.
public struct Duration: Sendable, Hashable, Comparable {
  public var seconds: Int64
  public var nanoseconds: Int32
  public init(seconds: Int64, nanoseconds: Int32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
  public static func < (a: Duration, b: Duration) -> Bool {
    (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
  }
}

/// A list. With `missing` set it is partial: there may be elements that are not known, and whatever
/// depends on them (`size`, `all` without a counter-example, …) is that unknown.
public final class ListValue: Sendable {
  public let elements: [Value]
  public let missing: Unknown?
  public init(_ elements: [Value], missing: Unknown? = nil) {
    self.elements = elements
    self.missing = missing
  }
}

/// A map. Open for hosts to subclass: a guard's record collections look their entries up in its state.
open class MapValue: @unchecked Sendable {
  public init() {}
  /// The entry of `key`; `.absent` when it is known not to be there; `.unknown` when nobody knows.
  open func lookup(_ key: Value) -> Value { .absent }
  /// The known keys, in an order that does not depend on hashing.
  open var keys: [Value] { [] }
  /// The number of known entries.
  open var count: Int { 0 }
  /// Set when there may be entries that are not known.
  open var missing: Unknown? { nil }
}

/// A record of a declared type: one slot a field, in the type's order. A slot is `.absent` where the
/// field is known not to be there and `.unknown` where nobody knows.
public final class RecordValue: Sendable {
  public let type: ObjectType
  public let slots: [Value]
  /// Whatever the host wants to know about where it came from (source, time); never looked at here.
  public let origin: (any Sendable)?
  public init(type: ObjectType, slots: [Value], origin: (any Sendable)? = nil) {
    self.type = type
    self.slots = slots
    self.origin = origin
  }
}

public final class TypeValue: Sendable {
  public let type: CELType
  public init(_ type: CELType) { self.type = type }
}

public final class OptionalValue: Sendable {
  public let value: Value?
  public init(_ value: Value?) { self.value = value }
}

/// A value of an abstract type; subclasses carry the content.
open class OpaqueValue: @unchecked Sendable {
  public let type: CELType
  public init(type: CELType) { self.type = type }
  /// The value as an expression would make it.
  open var text: String { type.description }
  open func isEqual(to other: OpaqueValue) -> Bool { self === other }
  open func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// Why an evaluation failed.
public final class EvaluationError: Sendable {
  public enum Kind: String, Sendable, Hashable {
    /// A key of a map or a field of a record that is known not to be there.
    case absent
    case divideByZero, overflow, range, conversion, noSuchOverload, invalidArgument, cost, depth
    case other
  }
  public let kind: Kind
  public let message: String
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}

/// Which attributes an evaluation still needs.
public final class Unknown: Sendable {
  /// One attribute that is not known. The host makes them; CEL only unites and reports them.
  public struct Attribute: Sendable, Hashable {
    /// As a reader would write it: `orders["o-1"].total`.
    public let path: String
    /// A number of the host's, to say why it is unknown (never read, stale, partial, off contract, in flight).
    public let reason: Int
    /// A number of the host's, to say which source would tell.
    public let source: Int
    /// When the host last knew it (kept for the age of a stale record).
    public let asOf: Timestamp?
    public init(path: String, reason: Int = 0, source: Int = -1, asOf: Timestamp? = nil) {
      self.path = path
      self.reason = reason
      self.source = source
      self.asOf = asOf
    }
  }
  /// In order of first need, without repetition.
  public let attributes: [Attribute]
  public init(_ attributes: [Attribute]) { self.attributes = attributes }
  public convenience init(_ path: String, reason: Int = 0, source: Int = -1) {
    self.init([Attribute(path: path, reason: reason, source: source)])
  }
  public func union(_ other: Unknown) -> Unknown {
    if self === other { return self }
    var all = attributes
    for attribute in other.attributes where !all.contains(attribute) { all.append(attribute) }
    return Unknown(all)
  }
}
