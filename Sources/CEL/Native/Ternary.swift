/// The logic of conditions that were compiled to Swift: true, false, or nil for whatever is not plain, an
/// error or what is unknown (Kleene's strong logic, which CEL's `&&` and `||` follow).
///
/// Each function has a name of its own for each type, so that Swift types long conditions in a breath. Right
/// sides are evaluated where the interpreter would.
public enum Ternary {
  /// `a && b`.
  @inlinable @inline(__always)
  public static func and(_ a: Bool?, _ b: @autoclosure () -> Bool?) -> Bool? {
    if a == false { return false }
    let right = b()
    if right == false { return false }
    return a == nil ? nil : right
  }

  /// `a || b`.
  @inlinable @inline(__always)
  public static func or(_ a: Bool?, _ b: @autoclosure () -> Bool?) -> Bool? {
    if a == true { return true }
    let right = b()
    if right == true { return true }
    return a == nil ? nil : right
  }

  /// `!a`.
  @inlinable @inline(__always)
  public static func not(_ a: Bool?) -> Bool? {
    switch a {
    case .some(let holds): !holds
    case nil: nil
    }
  }

  /// `condition ? a : b`.
  @inlinable @inline(__always)
  public static func choose<T>(
    _ condition: Bool?, _ a: @autoclosure () -> T?, _ b: @autoclosure () -> T?
  ) -> T? {
    switch condition {
    case true: a()
    case false: b()
    default: nil
    }
  }

  /// `condition ? a : b` of values.
  @inlinable @inline(__always)
  public static func chooseValue(
    _ condition: Bool?, _ a: @autoclosure () -> Value, _ b: @autoclosure () -> Value
  ) -> Value {
    switch condition {
    case true: a()
    case false: b()
    default: .open
    }
  }

  // MARK: - Comparing

  /// Both sides, where both are there.
  @inlinable @inline(__always)
  static func both<T>(_ a: T?, _ b: () -> T?, _ body: (T, T) -> Bool) -> Bool? {
    guard let a, let b = b() else { return nil }
    return body(a, b)
  }

  /// The same, of two that are evaluated already.
  @inlinable @inline(__always)
  static func bothThere<T>(_ a: T?, _ b: T?, _ body: (T, T) -> Bool) -> Bool? {
    guard let a, let b else { return nil }
    return body(a, b)
  }

  /// `a < b`, of ints.
  @inlinable @inline(__always)
  public static func lessInt(_ a: Int64?, _ b: @autoclosure () -> Int64?) -> Bool? {
    both(a, b) { $0 < $1 }
  }
  /// `a <= b`, of ints.
  @inlinable @inline(__always)
  public static func atMostInt(_ a: Int64?, _ b: @autoclosure () -> Int64?) -> Bool? {
    both(a, b) { $0 <= $1 }
  }
  /// `a > b`, of ints.
  @inlinable @inline(__always)
  public static func moreInt(_ a: Int64?, _ b: @autoclosure () -> Int64?) -> Bool? {
    both(a, b) { $0 > $1 }
  }
  /// `a >= b`, of ints.
  @inlinable @inline(__always)
  public static func atLeastInt(_ a: Int64?, _ b: @autoclosure () -> Int64?) -> Bool? {
    both(a, b) { $0 >= $1 }
  }
  /// `a == b`, of ints.
  @inlinable @inline(__always)
  public static func sameInt(_ a: Int64?, _ b: @autoclosure () -> Int64?) -> Bool? {
    both(a, b) { $0 == $1 }
  }

  /// `a < b`, of doubles.
  @inlinable @inline(__always)
  public static func lessDouble(_ a: Double?, _ b: @autoclosure () -> Double?) -> Bool? {
    both(a, b) { $0 < $1 }
  }
  /// `a <= b`, of doubles.
  @inlinable @inline(__always)
  public static func atMostDouble(_ a: Double?, _ b: @autoclosure () -> Double?) -> Bool? {
    both(a, b) { $0 <= $1 }
  }
  /// `a > b`, of doubles.
  @inlinable @inline(__always)
  public static func moreDouble(_ a: Double?, _ b: @autoclosure () -> Double?) -> Bool? {
    both(a, b) { $0 > $1 }
  }
  /// `a >= b`, of doubles.
  @inlinable @inline(__always)
  public static func atLeastDouble(_ a: Double?, _ b: @autoclosure () -> Double?) -> Bool? {
    both(a, b) { $0 >= $1 }
  }
  /// `a == b`, of doubles.
  @inlinable @inline(__always)
  public static func sameDouble(_ a: Double?, _ b: @autoclosure () -> Double?) -> Bool? {
    both(a, b) { $0 == $1 }
  }

  /// `a < b`, of moments.
  @inlinable @inline(__always)
  public static func lessTimestamp(_ a: Timestamp?, _ b: Timestamp?) -> Bool? {
    bothThere(a, b) { $0 < $1 }
  }
  /// `a <= b`, of moments.
  @inlinable @inline(__always)
  public static func atMostTimestamp(_ a: Timestamp?, _ b: Timestamp?) -> Bool? {
    bothThere(a, b) { $0 <= $1 }
  }
  /// `a < b`, of spans.
  @inlinable @inline(__always)
  public static func lessDuration(_ a: Duration?, _ b: Duration?) -> Bool? {
    bothThere(a, b) { $0 < $1 }
  }
  /// `a <= b`, of spans.
  @inlinable @inline(__always)
  public static func atMostDuration(_ a: Duration?, _ b: Duration?) -> Bool? {
    bothThere(a, b) { $0 <= $1 }
  }
  /// `a < b`, of days.
  @inlinable @inline(__always)
  public static func lessDate(_ a: Int32?, _ b: Int32?) -> Bool? { bothThere(a, b) { $0 < $1 } }
  /// `a <= b`, of days.
  @inlinable @inline(__always)
  public static func atMostDate(_ a: Int32?, _ b: Int32?) -> Bool? { bothThere(a, b) { $0 <= $1 } }

  /// `a == b`, of texts: the same code points.
  @inlinable
  public static func sameText(_ a: String?, _ b: String?) -> Bool? {
    guard let a, let b else { return nil }
    return a.utf8.elementsEqual(b.utf8)
  }

  /// Whether a text is this one.
  /// - Parameter text: of ASCII alone: of as many bytes, nothing else is canonically equivalent to it, which is
  ///   what Swift's quick `==` asks.
  @inlinable @inline(__always)
  public static func isText(_ a: String?, _ text: String) -> Bool? {
    guard let a else { return nil }
    return equal(a, text)
  }

  /// Whether a text is one of those that the test holds it against.
  @inlinable @inline(__always)
  public static func isOneOf(_ a: String?, _ test: (String) -> Bool) -> Bool? {
    guard let a else { return nil }
    return test(a)
  }

  /// The same code points, of which the second text's are ASCII.
  @inlinable @inline(__always)
  public static func equal(_ a: String, _ text: String) -> Bool {
    a == text && a.utf8.count == text.utf8.count
  }

  /// `a.startsWith(b)`.
  @inlinable
  public static func starts(_ a: String?, _ b: String?) -> Bool? {
    guard let a, let b else { return nil }
    return a.utf8.starts(with: b.utf8)
  }

  /// `a.endsWith(b)`.
  public static func ends(_ a: String?, _ b: String?) -> Bool? {
    guard let a, let b else { return nil }
    return StringLibrary.ends(a, with: b)
  }

  /// `a.contains(b)`.
  public static func holds(_ a: String?, _ b: String?) -> Bool? {
    guard let a, let b else { return nil }
    return StringLibrary.find(b.utf8, in: a.utf8)
  }

  /// `size(a)`, of a text: its code points.
  @inlinable
  public static func size(_ a: String?) -> Int64? {
    a.map { Int64($0.unicodeScalars.count) }
  }

  /// `a == b`, of any values.
  @inlinable
  public static func same(_ a: Value, _ b: Value) -> Bool? { Value.equals(a, b).asBool }

  /// An order of values of other types, by CEL's operator: `_<_`, `_<=_`, `_>_`, `_>=_`.
  public static func ordered(_ comparison: String, _ a: Value, _ b: Value) -> Bool? {
    guard let comparison = OperatorLibrary.Comparison(rawValue: comparison) else { return nil }
    var flaw = Flaw()
    let broken = flaw.add(a)
    if flaw.add(b) || broken { return nil }
    return comparison.apply(a, b).asBool
  }

  // MARK: - Counting

  /// `a + b`, of ints; nil beyond 64 bits.
  @inlinable @inline(__always)
  public static func addInt(_ a: Int64?, _ b: @autoclosure () -> Int64?) -> Int64? {
    guard let a, let b = b() else { return nil }
    let (result, overflow) = a.addingReportingOverflow(b)
    return overflow ? nil : result
  }
  /// `a - b`, of ints; nil beyond 64 bits.
  @inlinable @inline(__always)
  public static func subtractInt(_ a: Int64?, _ b: @autoclosure () -> Int64?) -> Int64? {
    guard let a, let b = b() else { return nil }
    let (result, overflow) = a.subtractingReportingOverflow(b)
    return overflow ? nil : result
  }
  /// `a * b`, of ints; nil beyond 64 bits.
  @inlinable @inline(__always)
  public static func multiplyInt(_ a: Int64?, _ b: @autoclosure () -> Int64?) -> Int64? {
    guard let a, let b = b() else { return nil }
    let (result, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? nil : result
  }
  /// `a + b`, of doubles.
  @inlinable @inline(__always)
  public static func addDouble(_ a: Double?, _ b: @autoclosure () -> Double?) -> Double? {
    guard let a, let b = b() else { return nil }
    return a + b
  }
  /// `a - b`, of doubles.
  @inlinable @inline(__always)
  public static func subtractDouble(_ a: Double?, _ b: @autoclosure () -> Double?) -> Double? {
    guard let a, let b = b() else { return nil }
    return a - b
  }
  /// `a * b`, of doubles.
  @inlinable @inline(__always)
  public static func multiplyDouble(_ a: Double?, _ b: @autoclosure () -> Double?) -> Double? {
    guard let a, let b = b() else { return nil }
    return a * b
  }
  /// `a - b`, of moments; nil beyond what a span may be.
  public static func between(_ a: Timestamp?, _ b: Timestamp?) -> Duration? {
    guard let a, let b else { return nil }
    return TimeMath.difference(a, b).asDuration
  }
}
