public import CEL

/// Times as text. Strict, and independent of the system's time zone and locale.
public enum TimeText {
  /// RFC 3339. Text without a zone is read in the offset given, or refused where there is none.
  public static func timestamp(_ text: String, offsetMinutes: Int? = nil) -> Timestamp? {
    timestamp(text.utf8, offsetMinutes: offsetMinutes)
  }

  static func timestamp(_ text: some Collection<UInt8>, offsetMinutes: Int?) -> Timestamp? {
    contiguous(text) { TimeFormat.timestamp(utf8: $0, offsetMinutes: offsetMinutes) }
  }

  /// `YYYY-MM-DD` as days since 1970-01-01.
  public static func date(_ text: String) -> Int32? { date(text.utf8) }

  static func date(_ text: some Collection<UInt8>) -> Int32? {
    contiguous(text) { TimeFormat.date(utf8: $0) }
  }

  /// RFC 3339 in UTC, with as many digits of the second as it needs.
  public static func text(_ time: Timestamp) -> String { TimeFormat.timestamp(time) }

  /// A calendar day as `YYYY-MM-DD`.
  public static func text(date: Int32) -> String { TimeFormat.date(date) }

  /// A span as seconds: `900s`, `1.5s`.
  static func text(_ span: CEL.Duration) -> String { TimeFormat.duration(span) }

  /// `1h30m`, `900s`, `1.5s`, `-2ms`. Not CEL's `duration()`: data may hold longer spans than its 292
  /// years, and each number needs its digits and a unit.
  static func duration(_ text: some Collection<UInt8>) -> CEL.Duration? {
    contiguous(text) { duration(utf8: $0) }
  }

  private static func duration(utf8 bytes: UnsafeBufferPointer<UInt8>) -> CEL.Duration? {
    var reader = TimeReader(bytes)
    let negative = reader.take("-")
    if !negative { _ = reader.take("+") }
    var total: (seconds: Int64, nanoseconds: Int64) = (0, 0)
    if reader.atEnd { return nil }
    while !reader.atEnd {
      guard let whole = whole(&reader) else { return nil }
      var fraction: Int64 = 0
      if reader.take(".") {
        guard let digits = reader.fraction() else { return nil }
        fraction = digits
      }
      guard let unit = unit(&reader) else { return nil }
      // A unit in nanoseconds; whole seconds are kept apart so that nothing overflows early.
      let (product, overflow) = whole.multipliedReportingOverflow(by: unit.seconds)
      guard !overflow, product <= 315_576_000_000 else { return nil }
      total.seconds += product
      if unit.seconds > 0 {
        let (part, tooBig) = fraction.multipliedReportingOverflow(by: unit.seconds)
        guard !tooBig else { return nil }
        total.nanoseconds += part
      } else {
        let (part, tooBig) = whole.multipliedReportingOverflow(by: unit.nanoseconds)
        guard !tooBig else { return nil }
        total.nanoseconds += part + fraction * unit.nanoseconds / 1_000_000_000
      }
      total.seconds += total.nanoseconds / 1_000_000_000
      total.nanoseconds %= 1_000_000_000
      guard total.seconds <= 315_576_000_000 else { return nil }
    }
    let sign: Int64 = negative ? -1 : 1
    return CEL.Duration(
      seconds: sign * total.seconds,
      nanoseconds: Int32(truncatingIfNeeded: sign * total.nanoseconds))
  }

  private static func whole(_ reader: inout TimeReader) -> Int64? {
    guard var result = reader.digit() else { return nil }
    while let digit = reader.digit() {
      let (scaled, over) = result.multipliedReportingOverflow(by: 10)
      let (sum, more) = scaled.addingReportingOverflow(digit)
      if over || more { return nil }
      result = sum
    }
    return result
  }

  private static func unit(
    _ reader: inout TimeReader
  ) -> (seconds: Int64, nanoseconds: Int64)? {
    if reader.take("h") { return (3600, 0) }
    if reader.take("m") { return reader.take("s") ? (0, 1_000_000) : (60, 0) }
    if reader.take("s") { return (1, 0) }
    if reader.take("u") { return reader.take("s") ? (0, 1000) : nil }
    if reader.take("n") { return reader.take("s") ? (0, 1) : nil }
    return nil
  }

  private static func contiguous<R>(
    _ text: some Collection<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> R
  ) -> R {
    text.withContiguousStorageIfAvailable(body)
      ?? Array(text).withUnsafeBufferPointer { body($0) }
  }
}
