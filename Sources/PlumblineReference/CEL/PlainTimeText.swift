/// Times as text.
enum PlainTimeText {
  private typealias Scalars = ArraySlice<UInt8>

  private static func number(_ text: inout Scalars, digits: Int) -> Int64? {
    guard text.count >= digits else { return nil }
    var value: Int64 = 0
    for byte in text.prefix(digits) {
      guard (48...57).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - 48)
    }
    text = text.dropFirst(digits)
    return value
  }

  private static func take(_ text: inout Scalars, _ characters: String) -> Bool {
    guard let first = text.first, characters.utf8.contains(first) else { return false }
    text = text.dropFirst()
    return true
  }

  private static func day(_ text: inout Scalars) -> Int64? {
    guard let year = number(&text, digits: 4), take(&text, "-"),
      let month = number(&text, digits: 2), take(&text, "-"),
      let day = number(&text, digits: 2)
    else { return nil }
    return PlainTime.days(year, month, day)
  }

  /// `YYYY-MM-DD`
  static func date(_ text: String) -> Plain? {
    var rest = Array(text.utf8)[...]
    guard let days = day(&rest), rest.isEmpty else { return nil }
    return PlainTime.date(days)
  }

  /// RFC 3339. Text without a zone is read in the offset given, or is none.
  static func timestamp(_ text: String, offsetMinutes: Int? = nil) -> Plain? {
    var rest = Array(text.utf8)[...]
    guard let days = day(&rest), take(&rest, "Tt"),
      let hour = number(&rest, digits: 2), hour < 24, take(&rest, ":"),
      let minute = number(&rest, digits: 2), minute < 60, take(&rest, ":"),
      let second = number(&rest, digits: 2), second < 60
    else { return nil }
    var nanos: Int128 = 0
    if take(&rest, ".") {
      let digits = rest.prefix { (48...57).contains($0) }
      guard !digits.isEmpty, digits.count <= 9 else { return nil }
      var scale: Int128 = 100_000_000
      for digit in digits {
        nanos += Int128(digit - 48) * scale
        scale /= 10
      }
      rest = rest.dropFirst(digits.count)
    }
    var offset: Int64
    if rest.isEmpty {
      guard let offsetMinutes else { return nil }
      offset = Int64(offsetMinutes) * 60
    } else if take(&rest, "Zz") {
      offset = 0
    } else {
      let isWest = rest.first == 45
      guard take(&rest, "+-"), let hours = number(&rest, digits: 2), hours < 24, take(&rest, ":"),
        let minutes = number(&rest, digits: 2), minutes < 60
      else { return nil }
      offset = (hours * 60 + minutes) * 60 * (isWest ? -1 : 1)
    }
    guard rest.isEmpty else { return nil }
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
    let time = PlainTime.timestamp(Int128(seconds) * PlainTime.billion + nanos)
    if case .error = time { return nil }
    return time
  }

  /// `1h30m`, `900s`, `1.5s`, `-2ms`: in nanoseconds.
  static func span(_ text: String) -> Int128? {
    var rest = Array(text.utf8)[...]
    let isNegative = rest.first == 45
    _ = take(&rest, "+-")
    guard !rest.isEmpty else { return nil }
    if Array(rest) == [48] { return 0 }
    let units: [(name: String, nanos: Int128)] = [
      ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000),
      ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
    ]
    var total: Int128 = 0
    while !rest.isEmpty {
      let whole = rest.prefix { (48...57).contains($0) }
      rest = rest.dropFirst(whole.count)
      var fraction: Scalars = []
      if take(&rest, ".") {
        fraction = rest.prefix { (48...57).contains($0) }
        rest = rest.dropFirst(fraction.count)
      }
      guard !whole.isEmpty || !fraction.isEmpty, whole.count <= 19, fraction.count <= 18,
        let unit = units.first(where: { rest.starts(with: $0.name.utf8) })
      else { return nil }
      rest = rest.dropFirst(unit.name.utf8.count)
      var scale: Int128 = 1
      var digits: Int128 = 0
      for byte in whole { digits = digits * 10 + Int128(byte - 48) }
      for byte in fraction {
        digits = digits * 10 + Int128(byte - 48)
        scale *= 10
      }
      let (product, overflow) = digits.multipliedReportingOverflow(by: unit.nanos)
      guard !overflow else { return nil }
      total += product / scale
      guard total <= Int128(1) << 100 else { return nil }
    }
    return isNegative ? -total : total
  }

  /// `UTC`, `Z`, `+02:00`, `-02:30`, `02:00`: in seconds.
  static func offset(_ zone: String) -> Int64? {
    if ["UTC", "Z", "GMT"].contains(zone) { return 0 }
    var rest = Array(zone.utf8)[...]
    let isWest = rest.first == 45
    _ = take(&rest, "+-")
    guard let hours = number(&rest, digits: 2), hours < 24, take(&rest, ":"),
      let minutes = number(&rest, digits: 2), minutes < 60, rest.isEmpty
    else { return nil }
    return (hours * 60 + minutes) * 60 * (isWest ? -1 : 1)
  }

  // MARK: - Writing

  private static func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// The digits after the point, without those that say nothing.
  private static func fraction(_ nanos: Int32) -> String {
    guard nanos != 0 else { return "" }
    var digits = padded(Int64(nanos.magnitude), 9)
    while digits.hasSuffix("0") { digits.removeLast() }
    return "." + digits
  }

  static func text(days: Int64) -> String {
    let day = PlainTime.civil(days)
    return "\(padded(day.year, 4))-\(padded(day.month, 2))-\(padded(day.day, 2))"
  }

  static func text(seconds: Int64, nanos: Int32) -> String {
    let (day, second) = PlainTime.floored(seconds, 86_400)
    let clock = [second / 3600, second / 60 % 60, second % 60].map { padded($0, 2) }
    return text(days: day) + "T" + clock.joined(separator: ":") + fraction(nanos) + "Z"
  }

  static func text(span seconds: Int64, nanos: Int32) -> String {
    let sign = seconds < 0 || nanos < 0 ? "-" : ""
    return "\(sign)\(seconds.magnitude)\(fraction(nanos))s"
  }
}
