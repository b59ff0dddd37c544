/// A value, plainly, or what stands in the place of one.
indirect enum Plain: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int64)
  case uint(UInt64)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  case timestamp(seconds: Int64, nanos: Int32)
  case duration(seconds: Int64, nanos: Int32)
  /// Days since 1970-01-01.
  case date(days: Int32)
  /// With a `rest` there may be more elements, and it says why they are not known.
  case list([Plain], rest: Missing?)
  /// With a `rest` there may be more entries, and it says why they are not known. The value of an entry may be
  /// unknown.
  case map([PlainEntry], rest: Missing?)
  case record(PlainRecord)
  case type(String)
  case optional(Plain?)
  /// Known not to be there: a field of a record.
  case absent
  /// What has to be known first.
  case unknown(Missing)
  case error(PlainError)
}

struct PlainEntry: Sendable, Hashable {
  var key: Plain
  var value: Plain
  /// Of a map with a rest: false where nobody knows whether it is there; it tells why its value is not known.
  var isThere = true
  init(_ key: Plain, _ value: Plain, isThere: Bool = true) {
    self.key = key
    self.value = value
    self.isThere = isThere
  }
}

/// A record of a declared type. A field may be `.absent` or `.unknown`.
struct PlainRecord: Sendable, Hashable {
  struct Field: Sendable, Hashable {
    var name: String
    var value: Plain
    init(_ name: String, _ value: Plain) {
      self.name = name
      self.value = value
    }
  }
  /// The declared type's name.
  var type: String
  var fields: [Field]
  /// When its source said that this is so; nil for what was not read.
  var asOf: PlainMoment?

  init(type: String, fields: [Field], asOf: PlainMoment? = nil) {
    self.type = type
    self.fields = fields
    self.asOf = asOf
  }

  /// A field's value; nil where the type has no such field.
  subscript(name: String) -> Plain? {
    get { fields.first { $0.name == name }?.value }
    set {
      guard let newValue else { return }
      if let place = fields.firstIndex(where: { $0.name == name }) {
        fields[place].value = newValue
      } else {
        fields.append(Field(name, newValue))
      }
    }
  }
}

/// A moment, in seconds and nanoseconds since 1970.
struct PlainMoment: Sendable, Hashable, Comparable {
  var seconds: Int64
  var nanos: Int32
  init(seconds: Int64, nanos: Int32 = 0) {
    self.seconds = seconds
    self.nanos = nanos
  }
  static func < (left: Self, right: Self) -> Bool {
    (left.seconds, left.nanos) < (right.seconds, right.nanos)
  }
  var plain: Plain { .timestamp(seconds: seconds, nanos: nanos) }
}

/// What is missing, and why: in the order in which it was first needed, without repetition.
struct Missing: Sendable, Hashable {
  enum Reason: String, Sendable, Hashable {
    case neverRead, stale, partial, drift, inFlight, inDoubt, touched, absent, unreadable
  }
  struct Attribute: Sendable, Hashable {
    /// As a reader would write it: `orders["o-1"].total`.
    var path: String
    var reason: Reason
    /// The record collection that it is part of; nil where it is part of none. After an `@`: the tool that
    /// settles what it depends on.
    var collection: String?
    /// When it was last known, of what is stale.
    var asOf: PlainMoment?
    init(
      _ path: String, _ reason: Reason, collection: String? = nil, asOf: PlainMoment? = nil
    ) {
      self.path = path
      self.reason = reason
      self.collection = collection
      self.asOf = asOf
    }
  }
  var attributes: [Attribute]

  init(_ attributes: [Attribute]) { self.attributes = attributes }
  init(_ path: String, _ reason: Reason, collection: String? = nil, asOf: PlainMoment? = nil) {
    attributes = [Attribute(path, reason, collection: collection, asOf: asOf)]
  }

  func union(_ other: Missing) -> Missing {
    Missing(attributes + other.attributes.filter { !attributes.contains($0) })
  }

  static func union(_ one: Missing?, _ other: Missing?) -> Missing? {
    guard let one else { return other }
    guard let other else { return one }
    return one.union(other)
  }
}

/// Why an evaluation failed.
struct PlainError: Error, Sendable, Hashable {
  enum Kind: String, Sendable, Hashable {
    /// A key of a map or a field of a record that is known not to be there.
    case absent
    /// Whatever else: division by zero, a bad conversion, an overload that does not exist.
    case failure
    /// This interpreter does not know it. Never an outcome to compare.
    case unsupported
  }
  var kind: Kind
  var message: String
  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}

extension Plain {
  /// Why a list or a map may hold more than is known, all in all.
  var openRest: Missing? {
    switch self {
    case .list(_, let rest): return rest
    case .map(let entries, let rest):
      if case .unknown(let missing)? = entries.first(where: { !$0.isThere })?.value,
        rest == nil || entries.first?.key == .null
      {
        return missing
      }
      return rest
    default: return nil
    }
  }

  static func failure(_ message: String) -> Plain { .error(PlainError(.failure, message)) }
  static func notThere(_ message: String) -> Plain { .error(PlainError(.absent, message)) }
  static func unsupported(_ message: String) -> Plain { .error(PlainError(.unsupported, message)) }
}
