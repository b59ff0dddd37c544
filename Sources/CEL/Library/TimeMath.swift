/// Arithmetic of times, with CEL's ranges. Only UTC and fixed offsets; nothing asks the system.
enum TimeMath {
  static let firstSecond: Int64 = -62_135_596_800
  static let lastSecond: Int64 = 253_402_300_799
  /// What 64 bits of nanoseconds hold.
  static let longestDuration: Int64 = 9_223_372_036

  private static let timestampRange = Value.failure(
    .range, "the timestamp is out of range (years 1 to 9999)")
  private static let durationRange = Value.failure(
    .range, "the duration is out of range (about 292 years)")

  static func timestamp(_ seconds: Int64, _ nanoseconds: Int64 = 0) -> Value {
    let carry =
      nanoseconds >= 0 ? nanoseconds / 1_000_000_000 : (nanoseconds - 999_999_999) / 1_000_000_000
    let (whole, overflow) = seconds.addingReportingOverflow(carry)
    guard !overflow, whole >= firstSecond, whole <= lastSecond else { return timestampRange }
    return .timestamp(
      Timestamp(
        seconds: whole, nanoseconds: Int32(truncatingIfNeeded: nanoseconds - carry * 1_000_000_000))
    )
  }

  /// `seconds` and `nanoseconds` may differ in sign.
  static func duration(_ seconds: Int64, _ nanoseconds: Int64 = 0) -> Value {
    var (whole, overflow) = seconds.addingReportingOverflow(nanoseconds / 1_000_000_000)
    var rest = nanoseconds % 1_000_000_000
    if overflow { return durationRange }
    if whole > 0 && rest < 0 {
      whole -= 1
      rest += 1_000_000_000
    } else if whole < 0 && rest > 0 {
      whole += 1
      rest -= 1_000_000_000
    }
    guard
      whole.magnitude < UInt64(longestDuration)
        || (whole.magnitude == UInt64(longestDuration) && rest.magnitude <= 854_775_807)
    else { return durationRange }
    return .duration(Duration(seconds: whole, nanoseconds: Int32(truncatingIfNeeded: rest)))
  }

  private static func safe(_ duration: Duration) -> Bool {
    duration.seconds.magnitude <= 1 << 40
  }

  static func shift(_ time: Timestamp, by span: Duration, sign: Int64 = 1) -> Value {
    guard safe(span), time.seconds >= firstSecond, time.seconds <= lastSecond else {
      return timestampRange
    }
    return timestamp(
      time.seconds + sign * span.seconds, Int64(time.nanoseconds) + sign * Int64(span.nanoseconds))
  }

  static func sum(_ a: Duration, _ b: Duration, sign: Int64 = 1) -> Value {
    guard safe(a), safe(b) else { return durationRange }
    return duration(
      a.seconds + sign * b.seconds, Int64(a.nanoseconds) + sign * Int64(b.nanoseconds))
  }

  static func difference(_ a: Timestamp, _ b: Timestamp) -> Value {
    let (seconds, overflow) = a.seconds.subtractingReportingOverflow(b.seconds)
    if overflow { return durationRange }
    return duration(seconds, Int64(a.nanoseconds) - Int64(b.nanoseconds))
  }

  static func shift(_ day: Int32, by span: Duration, sign: Int64) -> Value {
    guard span.nanoseconds == 0, span.seconds % 86400 == 0, safe(span) else {
      return .failure(.invalidArgument, "a date moves by whole days only")
    }
    return date(Int64(day) + sign * (span.seconds / 86400))
  }

  static func date(_ days: Int64) -> Value {
    guard days >= firstSecond / 86400, days <= lastSecond / 86400 else {
      return .failure(.range, "the date is out of range (years 1 to 9999)")
    }
    return .date(Int32(truncatingIfNeeded: days))
  }

  /// The day of a moment, counted from 1970-01-01.
  static func day(ofSecond seconds: Int64) -> Int64 {
    seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
  }

  /// The proleptic Gregorian calendar, by counting from 0000-03-01.
  static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let calendarMonth = month < 10 ? month + 3 : month - 9
    return (yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0), calendarMonth, day)
  }

  /// Days since 1970-01-01; nil where there is no such day.
  static func days(year: Int64, month: Int64, day: Int64) -> Int64? {
    guard year >= 1, year <= 9999, month >= 1, month <= 12, day >= 1, day <= 31 else { return nil }
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + dayOfEra - 719_468
    // A 31st of a shorter month comes out as another day.
    return civil(days).day == day ? days : nil
  }

  /// The offset of a fixed zone in seconds: `UTC`, `Z`, `+02:00`, `-02:30`, `02:00`; nil for others.
  static func offset(_ zone: String) -> Int64? {
    if zone == "UTC" || zone == "Z" || zone == "GMT" { return 0 }
    var reader = TextReader(zone)
    var sign: Int64 = 1
    if reader.take("-") { sign = -1 } else { _ = reader.take("+") }
    guard let hours = reader.digits(2), reader.take(":"), let minutes = reader.digits(2),
      reader.atEnd, hours <= 23, minutes <= 59
    else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }
}

/// Reads fixed forms of times from their bytes.
struct TextReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var atEnd: Bool { position == bytes.count }
  var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(truncatingIfNeeded: character.value) else { return false }
    position += 1
    return true
  }

  mutating func take(word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  /// Exactly `count` digits.
  mutating func digits(_ count: Int) -> Int64? {
    guard position + count <= bytes.count else { return nil }
    var value: Int64 = 0
    for index in position..<position + count {
      guard bytes[index] >= 48, bytes[index] <= 57 else { return nil }
      value = value * 10 + Int64(bytes[index] - 48)
    }
    position += count
    return value
  }

  /// As many digits as there are.
  mutating func allDigits() -> [UInt8] {
    var result: [UInt8] = []
    while let byte = peek, byte >= 48, byte <= 57 {
      result.append(byte - 48)
      position += 1
    }
    return result
  }
}

/// Times as text and back.
enum TimeFormat {
  private static func padded(_ value: Int64, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
  }

  private static func fraction(_ nanoseconds: Int64) -> String {
    guard nanoseconds != 0 else { return "" }
    var text = Substring(padded(nanoseconds, 9))
    while text.last == "0" { text = text.dropLast() }
    return "." + text
  }

  static func date(_ day: Int32) -> String {
    let (year, month, dayOfMonth) = TimeMath.civil(Int64(day))
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
  }

  /// RFC 3339 in UTC, with as many fraction digits as there are.
  static func timestamp(_ time: Timestamp) -> String {
    let day = TimeMath.day(ofSecond: time.seconds)
    let second = time.seconds - day * 86400
    let (year, month, dayOfMonth) = TimeMath.civil(day)
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
      + "T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
      + fraction(Int64(time.nanoseconds)) + "Z"
  }

  /// Seconds, `-1.5s`.
  static func duration(_ span: Duration) -> String {
    let negative = span.seconds < 0 || span.nanoseconds < 0
    return (negative ? "-" : "") + String(span.seconds.magnitude)
      + fraction(Int64(span.nanoseconds.magnitude)) + "s"
  }

  static func parseDate(_ text: String) -> Value? {
    var reader = TextReader(text)
    guard let day = date(&reader), reader.atEnd else { return nil }
    return TimeMath.date(day)
  }

  private static func date(_ reader: inout TextReader) -> Int64? {
    guard let year = reader.digits(4), reader.take("-"), let month = reader.digits(2),
      reader.take("-"), let day = reader.digits(2)
    else { return nil }
    return TimeMath.days(year: year, month: month, day: day)
  }

  /// RFC 3339, with a zone.
  static func parseTimestamp(_ text: String) -> Value? {
    var reader = TextReader(text)
    guard let day = date(&reader), reader.take("T") || reader.take("t"),
      let hour = reader.digits(2), reader.take(":"), let minute = reader.digits(2),
      reader.take(":"), let second = reader.digits(2), hour <= 23, minute <= 59, second <= 59
    else { return nil }
    var nanoseconds: Int64 = 0
    if reader.take(".") {
      let digits = reader.allDigits()
      if digits.isEmpty { return nil }
      for index in 0..<9 {
        nanoseconds = nanoseconds * 10 + (index < digits.count ? Int64(digits[index]) : 0)
      }
    }
    var offset: Int64 = 0
    if !(reader.take("Z") || reader.take("z")) {
      let sign: Int64
      if reader.take("+") {
        sign = 1
      } else if reader.take("-") {
        sign = -1
      } else {
        return nil
      }
      guard let hours = reader.digits(2), reader.take(":"), let minutes = reader.digits(2),
        hours <= 23, minutes <= 59
      else { return nil }
      offset = sign * (hours * 3600 + minutes * 60)
    }
    guard reader.atEnd else { return nil }
    return TimeMath.timestamp(
      day * 86400 + hour * 3600 + minute * 60 + second - offset, nanoseconds)
  }

  private static let units: [(String, Int64)] = [
    ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000),
    ("m", 60_000_000_000), ("h", 3_600_000_000_000),
  ]

  /// `1h30m`, `-1.5s`, `200ms`: the form Go reads.
  static func parseDuration(_ text: String) -> Value? {
    var reader = TextReader(text)
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
