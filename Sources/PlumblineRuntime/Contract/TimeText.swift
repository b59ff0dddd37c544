public import CEL

/// Times as text. Strict, and independent of the system's time zone and locale.
public enum TimeText {
  /// RFC 3339. Text without a zone is read in the offset given, or refused where there is none.
  public static func timestamp(_ text: String, offsetMinutes: Int? = nil) -> Timestamp? {
    timestamp(text.utf8, offsetMinutes: offsetMinutes)
  }

  static func timestamp(_ text: some Collection<UInt8>, offsetMinutes: Int?) -> Timestamp? {
    var reader = Reader(text)
    guard let day = reader.date(), let separator = reader.next(),
      separator == UInt8(ascii: "T") || separator == UInt8(ascii: "t")
        || separator == UInt8(ascii: " ")
    else { return nil }
    guard let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2),
      reader.skip(":"), let second = reader.number(2), hour < 24, minute < 60, second < 60
    else { return nil }
    var nanoseconds: Int32 = 0
    if reader.skip(".") {
      guard let fraction = reader.fraction() else { return nil }
      nanoseconds = fraction
    }
    var offset: Int
    if reader.atEnd {
      guard let offsetMinutes else { return nil }
      offset = offsetMinutes
    } else if reader.skip("Z") || reader.skip("z") {
      offset = 0
    } else {
      guard let sign = reader.next(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
        let hours = reader.number(2), reader.skip(":"), let minutes = reader.number(2),
        hours < 24, minutes < 60
      else { return nil }
      offset = hours * 60 + minutes
      if sign == UInt8(ascii: "-") { offset = -offset }
    }
    guard reader.atEnd, offset.magnitude < 24 * 60 else { return nil }
    let seconds =
      Int64(day) * 86_400 + Int64(hour * 3600 + minute * 60 + second) - Int64(offset) * 60
    guard seconds >= -62_135_596_800, seconds <= 253_402_300_799 else { return nil }
    return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
  }

  /// `YYYY-MM-DD` as days since 1970-01-01.
  public static func date(_ text: String) -> Int32? { date(text.utf8) }

  static func date(_ text: some Collection<UInt8>) -> Int32? {
    var reader = Reader(text)
    guard let day = reader.date(), reader.atEnd else { return nil }
    return day
  }

  /// CEL's form: `1h30m`, `900s`, `1.5s`, `-2ms`.
  static func duration(_ text: some Collection<UInt8>) -> CEL.Duration? {
    var reader = Reader(text)
    let negative = reader.skip("-")
    if !negative { _ = reader.skip("+") }
    var total: (seconds: Int64, nanoseconds: Int64) = (0, 0)
    if reader.atEnd { return nil }
    while !reader.atEnd {
      guard let whole = reader.digits() else { return nil }
      var fraction: Int64 = 0
      if reader.skip(".") {
        guard let digits = reader.fraction() else { return nil }
        fraction = Int64(digits)
      }
      guard let unit = reader.unit() else { return nil }
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

  /// RFC 3339 in UTC, with as many digits of the second as it needs.
  public static func text(_ time: Timestamp) -> String {
    var days = time.seconds / 86_400
    var rest = time.seconds % 86_400
    if rest < 0 {
      rest += 86_400
      days -= 1
    }
    let day = text(date: Int32(clamping: days))
    var result = "\(day)T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
    if time.nanoseconds != 0 { result += fraction(time.nanoseconds) }
    return result + "Z"
  }

  /// A calendar day as `YYYY-MM-DD`.
  public static func text(date: Int32) -> String {
    // Days to civil, by eras of 400 years.
    let z = Int64(date) + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let doe = z - era * 146_097
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100)
    let mp = (5 * doy + 2) / 153
    let day = doy - (153 * mp + 2) / 5 + 1
    let month = mp < 10 ? mp + 3 : mp - 9
    let year = yoe + era * 400 + (month <= 2 ? 1 : 0)
    var digits = String(year.magnitude)
    while digits.utf8.count < 4 { digits = "0" + digits }
    return "\(year < 0 ? "-" : "")\(digits)-\(two(month))-\(two(day))"
  }

  /// A span as seconds: `900s`, `1.5s`.
  static func text(_ span: CEL.Duration) -> String {
    let negative = span.seconds < 0 || span.nanoseconds < 0
    let whole = span.seconds.magnitude
    var result = "\(negative ? "-" : "")\(whole)"
    if span.nanoseconds != 0 { result += fraction(Int32(clamping: span.nanoseconds.magnitude)) }
    return result + "s"
  }

  private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

  private static func fraction(_ nanoseconds: Int32) -> String {
    var digits = String(nanoseconds)
    while digits.utf8.count < 9 { digits = "0" + digits }
    while digits.hasSuffix("0") { digits.removeLast() }
    return "." + digits
  }

  /// Days since 1970-01-01; nil for a day no calendar has.
  static func days(year: Int, month: Int, day: Int) -> Int32? {
    guard year >= 1, year <= 9999, month >= 1, month <= 12, day >= 1 else { return nil }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard day <= lengths[month - 1] else { return nil }
    let y = month <= 2 ? year - 1 : year
    let era = y / 400
    let yoe = y - era * 400
    let doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy
    return Int32(era * 146_097 + doe - 719_468)
  }

  private struct Reader<Text: Collection<UInt8>> {
    let text: Text
    var index: Text.Index
    init(_ text: Text) {
      self.text = text
      index = text.startIndex
    }
    var atEnd: Bool { index == text.endIndex }
    mutating func next() -> UInt8? {
      guard index != text.endIndex else { return nil }
      defer { index = text.index(after: index) }
      return text[index]
    }
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
      guard index != text.endIndex, text[index] == UInt8(truncatingIfNeeded: character.value) else {
        return false
      }
      index = text.index(after: index)
      return true
    }
    mutating func digit() -> Int? {
      guard index != text.endIndex, text[index] >= UInt8(ascii: "0"),
        text[index] <= UInt8(ascii: "9")
      else { return nil }
      defer { index = text.index(after: index) }
      return Int(text[index] - UInt8(ascii: "0"))
    }
    mutating func number(_ count: Int) -> Int? {
      var result = 0
      for _ in 0..<count {
        guard let digit = digit() else { return nil }
        result = result * 10 + digit
      }
      return result
    }
    mutating func digits() -> Int64? {
      guard let first = digit() else { return nil }
      var result = Int64(first)
      while let digit = digit() {
        let (scaled, over) = result.multipliedReportingOverflow(by: 10)
        let (sum, more) = scaled.addingReportingOverflow(Int64(digit))
        if over || more { return nil }
        result = sum
      }
      return result
    }
    /// Digits after a point as nanoseconds; more than nine are cut.
    mutating func fraction() -> Int32? {
      var result: Int32 = 0
      var count = 0
      while let digit = digit() {
        if count < 9 { result = result * 10 + Int32(digit) }
        count += 1
      }
      if count == 0 { return nil }
      for _ in 0..<max(0, 9 - count) { result *= 10 }
      return result
    }
    mutating func date() -> Int32? {
      guard let year = number(4), skip("-"), let month = number(2), skip("-"),
        let day = number(2)
      else { return nil }
      return TimeText.days(year: year, month: month, day: day)
    }
    mutating func unit() -> (seconds: Int64, nanoseconds: Int64)? {
      if skip("h") { return (3600, 0) }
      if skip("m") { return skip("s") ? (0, 1_000_000) : (60, 0) }
      if skip("s") { return (1, 0) }
      if skip("u") { return skip("s") ? (0, 1000) : nil }
      if skip("n") { return skip("s") ? (0, 1) : nil }
      return nil
    }
  }
}
