/// Reads the fixed forms of times from their bytes.
package struct TimeReader {
  @usableFromInline let bytes: UnsafeBufferPointer<UInt8>
  @usableFromInline var position = 0

  @inlinable package init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  static func read<R>(_ text: String, _ body: (inout TimeReader) -> R) -> R {
    var text = text
    return text.withUTF8 { bytes in
      var reader = TimeReader(bytes)
      return body(&reader)
    }
  }

  @inlinable package var atEnd: Bool { position == bytes.count }

  @inlinable @inline(__always) package mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count,
      bytes[position] == UInt8(truncatingIfNeeded: character.value)
    else { return false }
    position += 1
    return true
  }

  mutating func take(word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  @inlinable @inline(__always) package mutating func digit() -> Int64? {
    guard position < bytes.count, bytes[position] >= 48, bytes[position] <= 57 else { return nil }
    position += 1
    return Int64(bytes[position - 1] - 48)
  }

  /// Exactly `count` digits.
  @inline(__always) mutating func digits(_ count: Int) -> Int64? {
    var value: Int64 = 0
    for _ in 0..<count {
      guard let digit = digit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  /// As many digits as there are.
  mutating func allDigits() -> [UInt8] {
    var result: [UInt8] = []
    while let digit = digit() { result.append(UInt8(digit)) }
    return result
  }

  /// Digits after a point as billionths; more than nine are cut, none are an error.
  @inlinable @inline(__always) package mutating func fraction() -> Int64? {
    guard var value = digit() else { return nil }
    var count = 1
    while let digit = digit() {
      if count < 9 {
        value = value * 10 + digit
        count += 1
      }
    }
    while count < 9 {
      value *= 10
      count += 1
    }
    return value
  }

  /// `HH:MM` in seconds.
  mutating func offset() -> Int64? {
    guard let hours = digits(2), take(":"), let minutes = digits(2), hours <= 23, minutes <= 59
    else { return nil }
    return hours * 3600 + minutes * 60
  }

  /// `YYYY-MM-DD` as days since 1970-01-01.
  mutating func day() -> Int64? {
    guard let year = digits(4), take("-"), let month = digits(2), take("-"), let day = digits(2)
    else { return nil }
    return TimeMath.days(year: year, month: month, day: day)
  }

  /// RFC 3339, to its end. A time without a zone is read in the offset given, or refused where there
  /// is none. The moment may be out of the range of timestamps.
  mutating func moment(
    offset assumed: Int64? = nil, allowsSpace: Bool = false
  ) -> (seconds: Int64, nanoseconds: Int64)? {
    guard let day = day(), take("T") || take("t") || allowsSpace && take(" "),
      let hour = digits(2), take(":"), let minute = digits(2), take(":"), let second = digits(2),
      hour <= 23, minute <= 59, second <= 59
    else { return nil }
    var nanoseconds: Int64 = 0
    if take(".") {
      guard let fraction = fraction() else { return nil }
      nanoseconds = fraction
    }
    var shift: Int64 = 0
    if let assumed, atEnd {
      shift = assumed
    } else if take("+") {
      guard let offset = offset() else { return nil }
      shift = offset
    } else if take("-") {
      guard let offset = offset() else { return nil }
      shift = -offset
    } else if !take("Z"), !take("z") {
      return nil
    }
    guard atEnd else { return nil }
    return (day * 86400 + hour * 3600 + minute * 60 + second - shift, nanoseconds)
  }
}

/// Times as text and back: the one place for expressions and for the data of traces.
package enum TimeFormat {
  // MARK: - to text

  /// At least `width` digits.
  private static func append(_ value: UInt64, _ width: Int, to text: inout [UInt8]) {
    let start = text.count
    var rest = value
    while rest > 0 || text.count - start < width {
      text.append(48 + UInt8(rest % 10))
      rest /= 10
    }
    text[start...].reverse()
  }

  private static func appendFraction(_ nanoseconds: UInt32, to text: inout [UInt8]) {
    guard nanoseconds != 0 else { return }
    text.append(UInt8(ascii: "."))
    append(UInt64(nanoseconds), 9, to: &text)
    while text.last == 48 { text.removeLast() }
  }

  private static func appendDay(_ days: Int64, to text: inout [UInt8]) {
    let (year, month, day) = TimeMath.civil(days)
    if year < 0 { text.append(UInt8(ascii: "-")) }
    append(year.magnitude, 4, to: &text)
    text.append(UInt8(ascii: "-"))
    append(month.magnitude, 2, to: &text)
    text.append(UInt8(ascii: "-"))
    append(day.magnitude, 2, to: &text)
  }

  /// A calendar day as `YYYY-MM-DD`.
  package static func date(_ day: Int32) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(10)
    appendDay(Int64(day), to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// RFC 3339 in UTC, with as many digits of the second as it needs.
  package static func timestamp(_ time: Timestamp) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(30)
    appendDay(TimeMath.day(ofSecond: time.seconds), to: &text)
    let rest = time.seconds % 86400
    let second = (rest < 0 ? rest + 86400 : rest).magnitude
    text.append(UInt8(ascii: "T"))
    append(second / 3600, 2, to: &text)
    text.append(UInt8(ascii: ":"))
    append(second / 60 % 60, 2, to: &text)
    text.append(UInt8(ascii: ":"))
    append(second % 60, 2, to: &text)
    appendFraction(time.nanoseconds.magnitude, to: &text)
    text.append(UInt8(ascii: "Z"))
    return String(decoding: text, as: UTF8.self)
  }

  /// A span as seconds: `900s`, `-1.5s`.
  package static func duration(_ span: Duration) -> String {
    var text: [UInt8] = []
    if span.seconds < 0 || span.nanoseconds < 0 { text.append(UInt8(ascii: "-")) }
    append(span.seconds.magnitude, 1, to: &text)
    appendFraction(span.nanoseconds.magnitude, to: &text)
    text.append(UInt8(ascii: "s"))
    return String(decoding: text, as: UTF8.self)
  }

  // MARK: - from data

  /// `YYYY-MM-DD` as days since 1970-01-01.
  package static func date(utf8 bytes: UnsafeBufferPointer<UInt8>) -> Int32? {
    var reader = TimeReader(bytes)
    guard let day = reader.day(), reader.atEnd else { return nil }
    return Int32(exactly: day)
  }

  /// RFC 3339, with a space for the `T` too. Text without a zone is read in the offset given, or
  /// refused where there is none.
  package static func timestamp(
    utf8 bytes: UnsafeBufferPointer<UInt8>, offsetMinutes: Int?
  ) -> Timestamp? {
    // An offset of a day or more is none.
    let assumed = offsetMinutes.flatMap { $0.magnitude < 24 * 60 ? Int64($0) * 60 : nil }
    var reader = TimeReader(bytes)
    guard
      let (seconds, nanoseconds) = reader.moment(offset: assumed, allowsSpace: true),
      seconds >= TimeMath.firstSecond, seconds <= TimeMath.lastSecond
    else { return nil }
    return Timestamp(seconds: seconds, nanoseconds: Int32(truncatingIfNeeded: nanoseconds))
  }

  // MARK: - from the texts of expressions

  static func parseDate(_ text: String) -> Value? {
    TimeReader.read(text) { reader in
      guard let day = reader.day(), reader.atEnd else { return nil }
      return TimeMath.date(day)
    }
  }

  /// RFC 3339, with a zone.
  static func parseTimestamp(_ text: String) -> Value? {
    TimeReader.read(text) { reader in
      reader.moment().map { TimeMath.timestamp($0.seconds, $0.nanoseconds) }
    }
  }

  private static let units: [(String, Int64)] = [
    ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000),
    ("m", 60_000_000_000), ("h", 3_600_000_000_000),
  ]

  /// `1h30m`, `-1.5s`, `200ms`: the form Go reads.
  static func parseDuration(_ text: String) -> Value? {
    TimeReader.read(text) { parseDuration(text, &$0) }
  }

  private static func parseDuration(_ text: String, _ reader: inout TimeReader) -> Value? {
    let negative = reader.take("-")
    if !negative { _ = reader.take("+") }
    if text == "0" || text == "-0" || text == "+0" { return .duration(Duration(seconds: 0)) }
    if reader.atEnd { return nil }
    let outOfRange = Value.failure(.range, "the duration is out of range (about 292 years)")
    var total: UInt64 = 0
    while !reader.atEnd {
      let whole = reader.allDigits()
      var part: [UInt8] = []
      if reader.take(".") { part = reader.allDigits() }
      if whole.isEmpty && part.isEmpty { return nil }
      guard let unit = units.first(where: { reader.take(word: $0.0) }) else { return nil }
      var value: UInt64 = 0
      for digit in whole {
        let (scaled, over) = value.multipliedReportingOverflow(by: 10)
        let (next, more) = scaled.addingReportingOverflow(UInt64(digit))
        if over || more { return outOfRange }
        value = next
      }
      var (amount, overflow) = value.multipliedReportingOverflow(by: UInt64(unit.1))
      if overflow { return outOfRange }
      var scale = UInt64(unit.1)
      for digit in part {
        // Digits below a nanosecond are dropped.
        if scale % 10 != 0 && scale < 10 { break }
        let step = scale * UInt64(digit) / 10
        amount &+= step
        scale /= 10
      }
      (total, overflow) = total.addingReportingOverflow(amount)
      if overflow || total > UInt64(Int64.max) { return outOfRange }
    }
    let sign: Int64 = negative ? -1 : 1
    return TimeMath.duration(
      sign * Int64(total / 1_000_000_000), sign * Int64(total % 1_000_000_000))
  }
}
