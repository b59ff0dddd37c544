/// How doubles are written: as ECMAScript does, which RFC 8785 asks for.
public enum JSONNumber {
  static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// The shortest text that reads back as the same double; nil for what JSON cannot write.
  public static func text(of value: Double) -> String? {
    var out: [UInt8] = []
    guard append(value, to: &out) else { return nil }
    return String(decoding: out, as: UTF8.self)
  }

  /// Appends the shortest text; false, and nothing appended, for an infinity or NaN.
  @discardableResult
  static func append(_ value: Double, to out: inout [UInt8]) -> Bool {
    guard value.isFinite else { return false }
    if value == 0 {
      out.append(0x30)
      return true
    }
    if value < 0 { out.append(0x2D) }
    // The standard library finds the shortest digits; only their layout is ECMAScript's.
    var digits: [UInt8] = []
    var exponent = 0
    var point: Int?
    var text = value.magnitude.description
    text.withUTF8 { utf8 in
      var i = 0
      while i < utf8.count {
        let c = utf8[i]
        i += 1
        if c == 0x2E {
          point = digits.count
        } else if c == 0x65 {
          var negative = false
          while i < utf8.count {
            if utf8[i] == 0x2D {
              negative = true
            } else if utf8[i] != 0x2B {
              exponent = exponent * 10 + Int(utf8[i] &- 0x30)
            }
            i += 1
          }
          if negative { exponent = -exponent }
        } else {
          digits.append(c)
        }
      }
    }
    // value = 0.DIGITS × 10^scale
    var scale = (point ?? digits.count) + exponent
    var first = 0
    while first < digits.count - 1, digits[first] == 0x30 {
      first += 1
      scale -= 1
    }
    var last = digits.count
    while last > first + 1, digits[last - 1] == 0x30 { last -= 1 }
    let significant = digits[first..<last]
    let count = significant.count

    if scale > 21 || scale < -5 {
      out.append(digits[first])
      if count > 1 {
        out.append(0x2E)
        out.append(contentsOf: significant.dropFirst())
      }
      out.append(0x65)
      out.append(scale > 0 ? 0x2B : 0x2D)
      out.append(contentsOf: String((scale - 1).magnitude).utf8)
    } else if scale <= 0 {
      out.append(0x30)
      out.append(0x2E)
      for _ in 0..<(-scale) { out.append(0x30) }
      out.append(contentsOf: significant)
    } else if count <= scale {
      out.append(contentsOf: significant)
      for _ in 0..<(scale - count) { out.append(0x30) }
    } else {
      out.append(contentsOf: significant.prefix(scale))
      out.append(0x2E)
      out.append(contentsOf: significant.dropFirst(scale))
    }
    return true
  }

  /// Appends an integer in full.
  static func append(_ value: Int64, to out: inout [UInt8]) {
    if value < 0 { out.append(0x2D) }
    var magnitude = value.magnitude
    if magnitude < 10 {
      out.append(0x30 + UInt8(truncatingIfNeeded: magnitude))
      return
    }
    let start = out.count
    while magnitude > 0 {
      out.append(0x30 + UInt8(truncatingIfNeeded: magnitude % 10))
      magnitude /= 10
    }
    out[start...].reverse()
  }
}
