/// Arithmetic of times, with CEL's ranges. Only UTC and fixed offsets; nothing asks the system.
package enum TimeMath {
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
  package static func day(ofSecond seconds: Int64) -> Int64 {
    seconds / 86400 - (seconds % 86400 < 0 ? 1 : 0)
  }

  /// The proleptic Gregorian calendar, by counting from 0000-03-01.
  package static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
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
  package static func days(year: Int64, month: Int64, day: Int64) -> Int64? {
    guard year >= 1, year <= 9999, month >= 1, month <= 12, day >= 1 else { return nil }
    let isLeap = year & 3 == 0 && (year % 25 != 0 || year & 15 == 0)
    // 31 and 30 take turns, anew from August.
    let length = month == 2 ? (isLeap ? 29 : 28) : 30 + ((month + (month >> 3)) & 1)
    guard day <= length else { return nil }
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The offset of a fixed zone in seconds: `UTC`, `Z`, `+02:00`, `-02:30`, `02:00`; nil for others.
  static func offset(_ zone: String) -> Int64? {
    if zone == "UTC" || zone == "Z" || zone == "GMT" { return 0 }
    return TimeReader.read(zone) { reader in
      var sign: Int64 = 1
      if reader.take("-") { sign = -1 } else { _ = reader.take("+") }
      guard let offset = reader.offset(), reader.atEnd else { return nil }
      return sign * offset
    }
  }
}
