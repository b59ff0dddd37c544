/// CEL's equality and order.
enum PlainCompare {
  private static let deepest = 200

  /// `==`: false of values that differ in kind; numbers compare across int, uint and double.
  static func equals(_ left: Plain, _ right: Plain, depth: Int = 0) -> Plain {
    guard depth < deepest else { return .failure("nested too deeply") }
    switch (left, right) {
    case (.unknown, _), (_, .unknown), (.error, _), (_, .error):
      return PlainEvaluator.flaw([left, right]) ?? .bool(false)
    case (.list(let one, let rest), .list(let other, let otherRest)):
      if let rest = Missing.union(rest, otherRest) { return .unknown(rest) }
      guard one.count == other.count else { return .bool(false) }
      return all(zip(one, other).map { equals($0, $1, depth: depth + 1) })
    case (.map(let one, _), .map(let other, _)):
      if let rest = Missing.union(left.openRest, right.openRest) { return .unknown(rest) }
      guard one.count == other.count else { return .bool(false) }
      return all(
        one.map { entry in
          guard let match = other.first(where: { areEqual($0.key, entry.key) }) else {
            return .bool(false)
          }
          return equals(entry.value, match.value, depth: depth + 1)
        })
    case (.record(let one), .record(let other)):
      guard one.type == other.type, one.fields.count == other.fields.count else {
        return .bool(false)
      }
      return all(
        one.fields.map { field in
          other[field.name].map { equals(field.value, $0, depth: depth + 1) } ?? .bool(false)
        })
    case (.optional(let one?), .optional(let other?)):
      return equals(one, other, depth: depth + 1)
    case (.optional(let one), .optional(let other)): return .bool(one == nil && other == nil)
    case (.null, .null), (.absent, .absent): return .bool(true)
    case (.type(let one), .type(let other)): return .bool(one == other)
    default: return .bool(order(left, right) == .same)
    }
  }

  /// One pair that differs decides; else what is unknown keeps the whole from being known.
  private static func all(_ pairs: [Plain]) -> Plain {
    if pairs.contains(.bool(false)) { return .bool(false) }
    return PlainEvaluator.flaw(pairs) ?? .bool(true)
  }

  static func areEqual(_ left: Plain, _ right: Plain) -> Bool {
    equals(left, right) == .bool(true)
  }

  enum Order: Sendable, Hashable {
    case less, same, more
    /// A number and what is no number.
    case none
  }

  /// The order of two values; nil where they have none.
  static func order(_ left: Plain, _ right: Plain) -> Order? {
    switch (left, right) {
    case (.bool(let one), .bool(let other)): order(one ? 1 : 0, other ? 1 : 0)
    case (.int(let one), .int(let other)): order(one, other)
    case (.uint(let one), .uint(let other)): order(one, other)
    case (.int(let one), .uint(let other)): order(Int128(one), Int128(other))
    case (.uint(let one), .int(let other)): order(Int128(one), Int128(other))
    case (.double(let one), .double(let other)): order(one, other)
    case (.int(let one), .double(let other)): order(Double(one), other)
    case (.double(let one), .int(let other)): order(one, Double(other))
    case (.uint(let one), .double(let other)): order(Double(one), other)
    case (.double(let one), .uint(let other)): order(one, Double(other))
    case (.string(let one), .string(let other)): order(Array(one.utf8), Array(other.utf8))
    case (.bytes(let one), .bytes(let other)): order(one, other)
    case (.timestamp(let one, let nanos), .timestamp(let other, let otherNanos)),
      (.duration(let one, let nanos), .duration(let other, let otherNanos)):
      order(
        Int128(one) * 1_000_000_000 + Int128(nanos),
        Int128(other) * 1_000_000_000 + Int128(otherNanos))
    case (.date(let one), .date(let other)): order(one, other)
    default: nil
    }
  }

  private static func order<T: Comparable>(_ one: T, _ other: T) -> Order {
    one < other ? .less : one > other ? .more : one == other ? .same : .none
  }

  private static func order(_ one: [UInt8], _ other: [UInt8]) -> Order {
    if one == other { return .same }
    return one.lexicographicallyPrecedes(other) ? .less : .more
  }
}
