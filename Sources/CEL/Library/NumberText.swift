/// Numbers as text, the same on every system.
enum NumberText {
  /// The shortest text that reads back to the same double, laid out as ECMAScript does:
  /// `1`, `0.0045`, `123456789`, `1e+300`, `1e-7`.
  static func double(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    if value == 0 { return value.sign == .minus ? "-0" : "0" }
    let sign = value < 0 ? "-" : ""
    let (digits, point) = shortest(value.magnitude)
    let count = digits.count
    if point > 21 || point < -5 {
      let exponent = point - 1
      let head = String(decoding: digits.prefix(1), as: UTF8.self)
      let rest = String(decoding: digits.dropFirst(), as: UTF8.self)
      return sign + head + (rest.isEmpty ? "" : "." + rest) + "e" + (exponent < 0 ? "-" : "+")
        + String(exponent.magnitude)
    }
    let text = String(decoding: digits, as: UTF8.self)
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + text }
    if point >= count { return sign + text + String(repeating: "0", count: point - count) }
    return sign + String(text.prefix(point)) + "." + String(text.dropFirst(point))
  }

  /// The significant digits and where the point stands: 0.DIGITS times ten to the `point`.
  private static func shortest(_ value: Double) -> (digits: [UInt8], point: Int) {
    var digits: [UInt8] = []
    var point: Int?
    var exponent = 0
    var bytes = Substring(value.description)
    if let mark = bytes.firstIndex(where: { $0 == "e" || $0 == "E" }) {
      exponent = Int(bytes[bytes.index(after: mark)...]) ?? 0
      bytes = bytes[..<mark]
    }
    for byte in bytes.utf8 {
      if byte == UInt8(ascii: ".") { point = digits.count } else { digits.append(byte) }
    }
    var place = (point ?? digits.count) + exponent
    while digits.first == UInt8(ascii: "0") {
      digits.removeFirst()
      place -= 1
    }
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    return (digits, place)
  }

  /// All decimal digits of a finite, positive double, exactly: 0.DIGITS times ten to the `point`.
  private static func exact(_ value: Double) -> (digits: [UInt8], point: Int) {
    guard value > 0 else { return ([], 0) }
    var mantissa = value.significandBitPattern
    var exponent = Int(value.exponentBitPattern) - 1075
    if value.exponentBitPattern == 0 { exponent += 1 } else { mantissa |= 1 << 52 }
    // Limbs of nine decimal digits, the lowest first.
    var limbs: [UInt32] = []
    while mantissa > 0 {
      limbs.append(UInt32(mantissa % 1_000_000_000))
      mantissa /= 1_000_000_000
    }
    let factor: UInt64 = exponent < 0 ? 5 : 2
    for _ in 0..<abs(exponent) {
      var carry: UInt64 = 0
      for index in limbs.indices {
        let product = UInt64(limbs[index]) * factor + carry
        limbs[index] = UInt32(product % 1_000_000_000)
        carry = product / 1_000_000_000
      }
      if carry > 0 { limbs.append(UInt32(carry)) }
    }
    var digits: [UInt8] = []
    for limb in limbs.reversed() {
      let text = String(limb)
      if !digits.isEmpty { digits += [UInt8](repeating: 48, count: 9 - text.utf8.count) }
      digits += text.utf8
    }
    return (digits, digits.count + min(exponent, 0))
  }

  /// Keeps the first `count` digits, rounding half to even; `carried` when a digit was gained.
  private static func rounded(_ digits: [UInt8], to count: Int) -> (digits: [UInt8], carried: Bool)
  {
    guard count >= 0 else { return ([], false) }
    guard count < digits.count else { return (digits, false) }
    var kept = Array(digits.prefix(count))
    let tail = digits[count...]
    let next = tail.first ?? 48
    let exactHalf = next == 53 && tail.dropFirst().allSatisfy { $0 == 48 }
    let lastIsOdd = (kept.last.map { $0 % 2 } ?? 0) == 1
    guard next > 53 || (next == 53 && (!exactHalf || lastIsOdd)) else { return (kept, false) }
    var index = count - 1
    while index >= 0 {
      if kept[index] < 57 {
        kept[index] += 1
        return (kept, false)
      }
      kept[index] = 48
      index -= 1
    }
    return ([49] + kept, true)
  }

  /// `%.Nf`.
  static func fixed(_ value: Double, places: Int) -> String {
    guard value.isFinite else { return double(value) }
    let (digits, point) = exact(value.magnitude)
    var (kept, carried) = rounded(digits, to: point + places)
    var whole = point + (carried ? 1 : 0)
    if whole < 0 {
      kept = [UInt8](repeating: 48, count: min(-whole, places)) + kept
      whole = 0
    }
    let missing = whole + places - kept.count
    if missing > 0 { kept += [UInt8](repeating: 48, count: missing) }
    let head = whole == 0 ? "0" : String(decoding: kept.prefix(whole), as: UTF8.self)
    let tail = String(decoding: kept.dropFirst(whole).prefix(places), as: UTF8.self)
    return (value.sign == .minus ? "-" : "") + head + (places == 0 ? "" : "." + tail)
  }

  /// `%.Ne`.
  static func scientific(_ value: Double, places: Int) -> String {
    guard value.isFinite else { return double(value) }
    var (digits, point) = exact(value.magnitude)
    if digits.isEmpty { (digits, point) = ([48], 1) }
    var (kept, carried) = rounded(digits, to: places + 1)
    if carried { point += 1 }
    if kept.count < places + 1 { kept += [UInt8](repeating: 48, count: places + 1 - kept.count) }
    let exponent = point - 1
    let power = String(exponent.magnitude)
    let head = String(decoding: kept.prefix(1), as: UTF8.self)
    let tail = String(decoding: kept.dropFirst().prefix(places), as: UTF8.self)
    return (value.sign == .minus ? "-" : "") + head + (places == 0 ? "" : "." + tail) + "e"
      + (exponent < 0 ? "-" : "+") + (power.count < 2 ? "0" + power : power)
  }
}
