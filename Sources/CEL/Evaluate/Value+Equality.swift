extension Value {
  /// CEL's `==`: a bool, or the unknown or error that stands in its way. Values of different types are
  /// unequal; numbers compare across int, uint and double.
  @inline(__always)
  public static func equals(_ a: Value, _ b: Value) -> Value {
    switch (a, b) {
    case (.string(let x), .string(let y)): .bool(x.sameBytes(as: y))
    case (.int(let x), .int(let y)): .bool(x == y)
    case (.double(let x), .double(let y)): .bool(x == y)
    case (.bool(let x), .bool(let y)): .bool(x == y)
    default: slowEquals(a, b, depth: 0)
    }
  }

  static let deepestComparison = 200

  static func slowEquals(_ a: Value, _ b: Value, depth: Int) -> Value {
    if depth > deepestComparison {
      return .failure(.depth, "values are nested too deeply to compare")
    }
    switch (a, b) {
    case (.unknown(let x), .unknown(let y)): return .unknown(x.union(y))
    case (.unknown, _): return a
    case (_, .unknown): return b
    case (.error, _): return a
    case (_, .error): return b
    case (.string(let x), .string(let y)): return .bool(x.sameBytes(as: y))
    case (.bool(let x), .bool(let y)): return .bool(x == y)
    case (.null, .null), (.absent, .absent): return .bool(true)
    case (.bytes(let x), .bytes(let y)): return .bool(x == y)
    case (.timestamp(let x), .timestamp(let y)): return .bool(x == y)
    case (.duration(let x), .duration(let y)): return .bool(x == y)
    case (.date(let x), .date(let y)): return .bool(x == y)
    case (.type(let x), .type(let y)): return .bool(x.type.runtimeName == y.type.runtimeName)
    case (.list(let x), .list(let y)): return listsEqual(x, y, depth: depth)
    case (.map(let x), .map(let y)): return mapsEqual(x, y, depth: depth)
    case (.record(let x), .record(let y)): return recordsEqual(x, y, depth: depth)
    case (.optional(let x), .optional(let y)):
      switch (x.value, y.value) {
      case (nil, nil): return .bool(true)
      case (let l?, let r?): return slowEquals(l, r, depth: depth + 1)
      default: return .bool(false)
      }
    case (.opaque(let x), .opaque(let y)): return .bool(x.isEqual(to: y))
    default:
      guard let order = compareNumbers(a, b) else { return .bool(false) }
      return .bool(order == .same)
    }
  }

  /// False wins over unknown: one pair that differs decides.
  private static func all(_ count: Int, _ pair: (Int) -> Value) -> Value {
    var unknown: Unknown?
    for index in 0..<count {
      switch pair(index) {
      case .bool(true): continue
      case .unknown(let found): unknown = unknown?.union(found) ?? found
      case let other: return other
      }
    }
    return unknown.map { .unknown($0) } ?? .bool(true)
  }

  private static func missing(_ a: Unknown?, _ b: Unknown?) -> Unknown? {
    guard let a else { return b }
    guard let b else { return a }
    return a.union(b)
  }

  private static func listsEqual(_ a: ListValue, _ b: ListValue, depth: Int) -> Value {
    if let unknown = missing(a.missing, b.missing) { return .unknown(unknown) }
    guard a.elements.count == b.elements.count else { return .bool(false) }
    return all(a.elements.count) {
      slowEquals(a.elements[$0], b.elements[$0], depth: depth + 1)
    }
  }

  private static func mapsEqual(_ a: MapValue, _ b: MapValue, depth: Int) -> Value {
    if let unknown = missing(a.missing, b.missing) { return .unknown(unknown) }
    guard a.count == b.count else { return .bool(false) }
    let keys = a.keys
    return all(keys.count) { index in
      let other = b.lookup(keys[index])
      if case .absent = other { return .bool(false) }
      return slowEquals(a.lookup(keys[index]), other, depth: depth + 1)
    }
  }

  private static func recordsEqual(_ a: RecordValue, _ b: RecordValue, depth: Int) -> Value {
    guard a.type == b.type, a.slots.count == b.slots.count else { return .bool(false) }
    return all(a.slots.count) { slowEquals(a.slots[$0], b.slots[$0], depth: depth + 1) }
  }

  enum Ordering: Sendable { case less, same, more, none }

  /// The order of two numbers of whatever numeric types; nil when one is no number. An integer meets a
  /// double as a double, as the conformance suite has it.
  static func compareNumbers(_ a: Value, _ b: Value) -> Ordering? {
    switch (a, b) {
    case (.int(let x), .int(let y)): order(x, y)
    case (.uint(let x), .uint(let y)): order(x, y)
    case (.double(let x), .double(let y)): order(x, y)
    case (.int(let x), .uint(let y)): x < 0 ? .less : order(UInt64(x), y)
    case (.uint(let x), .int(let y)): y < 0 ? .more : order(x, UInt64(y))
    case (.int(let x), .double(let y)): order(Double(x), y)
    case (.double(let x), .int(let y)): order(x, Double(y))
    case (.uint(let x), .double(let y)): order(Double(x), y)
    case (.double(let x), .uint(let y)): order(x, Double(y))
    default: nil
    }
  }

  @inline(__always)
  private static func order<T: Comparable>(_ a: T, _ b: T) -> Ordering {
    a < b ? .less : a == b ? .same : a > b ? .more : .none
  }

  /// The order of two values of one ordered type (numbers across types); nil when there is none.
  static func compare(_ a: Value, _ b: Value) -> Ordering? {
    switch (a, b) {
    case (.string(let x), .string(let y)): x.byteOrder(to: y)
    case (.bool(let x), .bool(let y)): x == y ? .same : y ? .less : .more
    case (.timestamp(let x), .timestamp(let y)): order(x, y)
    case (.duration(let x), .duration(let y)): order(x, y)
    case (.date(let x), .date(let y)): order(x, y)
    case (.bytes(let x), .bytes(let y)):
      x == y ? .same : x.lexicographicallyPrecedes(y) ? .less : .more
    default: compareNumbers(a, b)
    }
  }
}

/// The structural side of CEL's equality, for tests and for keys: errors and unknowns are equal when
/// what they say is. Keys of maps are hashed by it, so `1`, `1u` and `1.0` are one key.
extension Value: Hashable {
  public static func == (a: Value, b: Value) -> Bool {
    switch (a, b) {
    case (.error(let x), .error(let y)): return x.kind == y.kind && x.message == y.message
    case (.unknown(let x), .unknown(let y)): return x.attributes == y.attributes
    case (.list(let x), .list(let y)):
      return x.missing?.attributes == y.missing?.attributes && x.elements == y.elements
    default:
      if case .bool(true) = equals(a, b) { return true }
      return false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .bool(let value): hasher.combine(value)
    // Equal numbers of different types must hash alike.
    case .int(let value): hasher.combine(Double(value))
    case .uint(let value): hasher.combine(Double(value))
    case .double(let value): hasher.combine(value)
    case .string(let value): hasher.combine(value)
    case .bytes(let value): hasher.combine(value)
    case .timestamp(let value): hasher.combine(value)
    case .duration(let value): hasher.combine(value)
    case .date(let value): hasher.combine(value)
    case .list(let list): hasher.combine(list.elements.count)
    case .map(let map): hasher.combine(map.count)
    case .record(let record): hasher.combine(record.type.name)
    case .type(let type): hasher.combine(type.type.runtimeName)
    case .optional(let optional): hasher.combine(optional.value == nil)
    case .opaque(let opaque): opaque.hash(into: &hasher)
    case .absent: hasher.combine(1)
    case .error(let error): hasher.combine(error.message)
    case .unknown(let unknown): hasher.combine(unknown.attributes)
    }
  }
}

/// A value as the key of a dictionary: equal and hashed as CEL's map keys are.
public typealias ValueKey = Value

extension String {
  /// Equality of code points. Swift's own `==` is canonical equivalence, which CEL does not have.
  @inline(__always)
  func sameBytes(as other: String) -> Bool {
    let a = utf8
    let b = other.utf8
    guard a.count == b.count else { return false }
    let fast: Bool?? = a.withContiguousStorageIfAvailable { left in
      b.withContiguousStorageIfAvailable { right in
        var index = 0
        while index < left.count {
          if left[index] != right[index] { return false }
          index &+= 1
        }
        return true
      }
    }
    return (fast ?? nil) ?? a.elementsEqual(b)
  }

  /// The order of code points.
  func byteOrder(to other: String) -> Value.Ordering {
    if sameBytes(as: other) { return .same }
    return utf8.lexicographicallyPrecedes(other.utf8) ? .less : .more
  }
}
