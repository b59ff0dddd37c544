/// Timestamps, durations and dates: their arithmetic, their parts and their texts. UTC and fixed offsets only.
enum PlainTime {
  static let billion: Int128 = 1_000_000_000

  // MARK: - Making them

  private static let first: Int64 = -62_135_596_800
  private static let last: Int64 = 253_402_300_799

  static func split(_ nanos: Int128) -> (seconds: Int128, nanos: Int128) {
    var (seconds, rest) = nanos.quotientAndRemainder(dividingBy: billion)
    if rest < 0 {
      seconds -= 1
      rest += billion
    }
    return (seconds, rest)
  }

  /// A moment in nanoseconds since 1970, in the years 1 to 9999.
  static func timestamp(_ nanos: Int128) -> Plain {
    let (seconds, rest) = split(nanos)
    guard seconds >= first, seconds <= last else { return .failure("a timestamp out of range") }
    return .timestamp(seconds: Int64(seconds), nanos: Int32(rest))
  }

  /// A span that fits 64 bits of nanoseconds.
  static func duration(_ nanos: Int128) -> Plain {
    guard Int64(exactly: nanos) != nil else { return .failure("a duration out of range") }
    return unlimited(nanos)
  }

  private static func unlimited(_ nanos: Int128) -> Plain {
    let (seconds, rest) = nanos.quotientAndRemainder(dividingBy: billion)
    return .duration(seconds: Int64(seconds), nanos: Int32(rest))
  }

  static func date(_ days: Int64) -> Plain {
    guard days >= first / 86_400, days <= last / 86_400 else {
      return .failure("a date out of range")
    }
    return .date(days: Int32(days))
  }

  static func nanos(_ seconds: Int64, _ nanos: Int32) -> Int128 {
    Int128(seconds) * billion + Int128(nanos)
  }

  // MARK: - Arithmetic

  static func apply(
    _ operation: PlainExpression.Operator, _ left: Plain, _ right: Plain
  ) -> Plain? {
    let sign: Int128 = operation == .subtract ? -1 : 1
    switch (operation, left, right) {
    case (.add, .timestamp(let one, let n), .duration(let other, let m)),
      (.subtract, .timestamp(let one, let n), .duration(let other, let m)):
      return timestamp(nanos(one, n) + sign * nanos(other, m))
    case (.add, .duration, .timestamp): return apply(.add, right, left)
    case (.add, .duration(let one, let n), .duration(let other, let m)),
      (.subtract, .duration(let one, let n), .duration(let other, let m)):
      return duration(nanos(one, n) + sign * nanos(other, m))
    case (.subtract, .timestamp(let one, let n), .timestamp(let other, let m)):
      return duration(nanos(one, n) - nanos(other, m))
    case (.subtract, .date(let one), .date(let other)):
      return .duration(seconds: (Int64(one) - Int64(other)) * 86_400, nanos: 0)
    case (.add, .date(let day), .duration(let seconds, let nanos)),
      (.subtract, .date(let day), .duration(let seconds, let nanos)):
      guard nanos == 0, seconds % 86_400 == 0 else { return .failure("no whole days") }
      return date(Int64(day) + Int64(sign) * (seconds / 86_400))
    case (.add, .duration, .date): return apply(.add, right, left)
    default: return nil
    }
  }

  // MARK: - The calendar

  static func isLeap(_ year: Int64) -> Bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
  }

  private static func lengths(_ year: Int64) -> [Int64] {
    [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  }

  /// Days from 1970-01-01 to the first day of a year.
  private static func daysBefore(_ year: Int64) -> Int64 {
    let years = year - 1
    return years * 365 + years / 4 - years / 100 + years / 400 - 719_162
  }

  /// Days since 1970-01-01; nil where there is no such day.
  static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64? {
    guard (1...9999).contains(year), (1...12).contains(month) else { return nil }
    let lengths = lengths(year)
    guard day >= 1, day <= lengths[Int(month) - 1] else { return nil }
    return daysBefore(year) + lengths[..<(Int(month) - 1)].reduce(0, +) + day - 1
  }

  static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64, dayOfYear: Int64) {
    var year = 1970 + days / 366
    while daysBefore(year) > days { year -= 1 }
    while daysBefore(year + 1) <= days { year += 1 }
    let dayOfYear = days - daysBefore(year)
    var rest = dayOfYear
    var month: Int64 = 1
    for length in lengths(year) {
      if rest < length { break }
      rest -= length
      month += 1
    }
    return (year, month, rest + 1, dayOfYear)
  }

  static func floored(_ value: Int64, _ by: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: by)
    return remainder < 0 ? (quotient - 1, remainder + by) : (quotient, remainder)
  }

  // MARK: - Parts

  static let parts: Set<String> = [
    "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear",
    "getHours", "getMinutes", "getSeconds", "getMilliseconds",
  ]

  /// `time.getHours()`, `time.getHours("+02:00")`, `span.getHours()`, `day.getMonth()`.
  static func part(_ name: String, _ arguments: [Plain]) -> Plain? {
    switch arguments.first {
    case .timestamp(let seconds, let nanos)? where arguments.count <= 2:
      var offset: Int64 = 0
      if arguments.count == 2 {
        guard case .string(let zone) = arguments[1] else { return nil }
        guard let found = PlainTimeText.offset(zone) else { return .failure("no fixed offset") }
        offset = found
      }
      let (day, second) = floored(seconds + offset, 86_400)
      switch name {
      case "getHours": return .int(second / 3600)
      case "getMinutes": return .int(second / 60 % 60)
      case "getSeconds": return .int(second % 60)
      case "getMilliseconds": return .int(Int64(nanos) / 1_000_000)
      default: return dayPart(name, day)
      }
    case .duration(let seconds, let nanos)? where arguments.count == 1:
      switch name {
      case "getHours": return .int(seconds / 3600)
      case "getMinutes": return .int(seconds / 60)
      case "getSeconds": return .int(seconds)
      case "getMilliseconds": return .int(Int64(nanos) / 1_000_000)
      default: return nil
      }
    case .date(let days)? where arguments.count == 1: return dayPart(name, Int64(days))
    default: return nil
    }
  }

  private static func dayPart(_ name: String, _ days: Int64) -> Plain? {
    let day = civil(days)
    switch name {
    case "getFullYear": return .int(day.year)
    case "getMonth": return .int(day.month - 1)
    case "getDate": return .int(day.day)
    case "getDayOfMonth": return .int(day.day - 1)
    case "getDayOfYear": return .int(day.dayOfYear)
    // 1970-01-01 was a Thursday, and Sunday is 0.
    case "getDayOfWeek": return .int(floored(days + 4, 7).remainder)
    default: return nil
    }
  }
}
