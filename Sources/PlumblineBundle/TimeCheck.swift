/// Times and dates as specs write them, without a library: only whether they are ones, and their order.
package enum TimeCheck {
  /// `2026-05-02`
  package static func isDate(_ text: String) -> Bool { days(Array(text.utf8)[...]) != nil }

  /// Seconds since 1970 of an RFC 3339 time; `zoned` says that it must have its zone.
  package static func seconds(_ text: String, zoned: Bool = true) -> Double? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 19, let days = days(bytes[0..<10]),
      bytes[10] == 0x54 || bytes[10] == 0x74 || bytes[10] == 0x20,
      let hour = number(bytes[11..<13]), bytes[13] == 0x3A,
      let minute = number(bytes[14..<16]), bytes[16] == 0x3A,
      let second = number(bytes[17..<19]), hour < 24, minute < 60, second < 60
    else { return nil }
    var rest = bytes[19...]
    var fraction = 0.0
    if rest.first == 0x2E {
      rest = rest.dropFirst()
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard !digits.isEmpty, digits.count <= 9 else { return nil }
      var scale = 0.1
      for digit in digits {
        fraction += Double(digit - 0x30) * scale
        scale /= 10
      }
      rest = rest.dropFirst(digits.count)
    }
    var offset = 0
    switch rest.first {
    case nil:
      if zoned { return nil }
    case 0x5A, 0x7A:
      guard rest.count == 1 else { return nil }
    case 0x2B, 0x2D:
      let zone = Array(rest)
      guard zone.count == 6, zone[3] == 0x3A, let hours = number(zone[1..<3]),
        let minutes = number(zone[4..<6]), hours < 24, minutes < 60
      else { return nil }
      offset = (hours * 60 + minutes) * 60 * (zone[0] == 0x2D ? -1 : 1)
    default: return nil
    }
    return Double(days * 86_400 + hour * 3600 + minute * 60 + second - offset) + fraction
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for byte in bytes {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    return value
  }

  /// Days since 1970-01-01 of `YYYY-MM-DD`.
  private static func days(_ bytes: ArraySlice<UInt8>) -> Int? {
    let b = Array(bytes)
    guard b.count == 10, b[4] == 0x2D, b[7] == 0x2D, let year = number(b[0..<4]),
      let month = number(b[5..<7]), let day = number(b[8..<10]), year >= 1, (1...12).contains(month)
    else { return nil }
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
    let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard (1...lengths[month - 1]).contains(day) else { return nil }
    let before = year - 1
    let untilYear = before * 365 + before / 4 - before / 100 + before / 400
    return untilYear + lengths[..<(month - 1)].reduce(0, +) + day - 1 - 719_162
  }
}
