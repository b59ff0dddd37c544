/// The reader proper: one pass over the bytes, one token a value, no recursion.
extension JSONDocument {
  func build(depthLimit: Int) throws(JSONError) {
    let base = UnsafePointer(bytes)
    let end = base + byteCount
    var p = base
    // RFC 8259, section 8.1: a reader may pass over a byte order mark.
    if p[0] == 0xEF, p[1] == 0xBB, p[2] == 0xBF { p += 3 }
    var tape = self.tape
    var capacity = tapeCapacity
    var n = 0
    var depth = 0
    // The open container: its index, whether it is an object, and its children so far. While a
    // container is open its token keeps the index of the one around it.
    var open = 0
    var inObject = false
    var count: UInt32 = 0

    value: while true {
      p = Self.skipSpace(p)
      if n + 2 >= capacity {
        tapeCount = n
        growTape()
        tape = self.tape
        capacity = tapeCapacity
      }
      let start = UInt32(truncatingIfNeeded: p - base)
      let first = p.pointee
      switch first {
      case 0x22:  // "
        var escaped = false
        p = try Self.scanString(p + 1, base, end, &escaped)
        tape[n] = JSONToken(
          start: start, meta: JSONToken.string | (escaped ? JSONToken.escaped : 0),
          value: UInt64(UInt32(truncatingIfNeeded: p - base - 1)))
        n += 1
      case 0x7B, 0x5B:  // { [
        if depth >= depthLimit {
          throw Self.failure(p, base, end, "nested more than \(depthLimit) deep")
        }
        depth += 1
        if n > 0 {
          tape[open].meta =
            (tape[open].meta & 0xFF) | (min(count, JSONToken.manyChildren) << 8)
        }
        let isObject = first == 0x7B
        tape[n] = JSONToken(
          start: start, meta: isObject ? JSONToken.object : JSONToken.array,
          value: UInt64(UInt32(truncatingIfNeeded: open)))
        open = n
        n += 1
        count = 0
        inObject = isObject
        p = Self.skipSpace(p + 1)
        if isObject {
          if p.pointee != 0x7D {
            p = try Self.scanKey(p, base, end, tape, &n)
            continue value
          }
        } else if p.pointee != 0x5D {
          continue value
        }
      case 0x2D, 0x30...0x39:
        p = try scanNumber(p, base, end, &tape[n])
        n += 1
      case 0x74:  // true
        guard Self.word(p) == 0x6575_7274 else {
          throw Self.failure(p, base, end, "expected a value")
        }
        tape[n] = JSONToken(start: start, meta: JSONToken.yes, value: 0)
        n += 1
        p += 4
      case 0x66:  // false
        guard Self.word(p + 1) == 0x6573_6C61 else {
          throw Self.failure(p, base, end, "expected a value")
        }
        tape[n] = JSONToken(start: start, meta: JSONToken.no, value: 0)
        n += 1
        p += 5
      case 0x6E:  // null
        guard Self.word(p) == 0x6C6C_756E else {
          throw Self.failure(p, base, end, "expected a value")
        }
        tape[n] = JSONToken(start: start, meta: JSONToken.null, value: 0)
        n += 1
        p += 4
      default:
        throw Self.failure(p, base, end, "expected a value")
      }

      // A value is complete, or a container was opened that is empty.
      if depth > 0, !(n == open + 1) { count &+= 1 }
      while true {
        p = Self.skipSpace(p)
        if depth == 0 {
          guard p == end else {
            throw Self.failure(p, base, end, "unexpected text after the value")
          }
          tapeCount = n
          return
        }
        let c = p.pointee
        if c == 0x2C, n > open + 1 {
          p += 1
          guard inObject else { continue value }
          p = Self.skipSpace(p)
          if n + 2 >= capacity {
            tapeCount = n
            growTape()
            tape = self.tape
            capacity = tapeCapacity
          }
          p = try Self.scanKey(p, base, end, tape, &n)
          continue value
        }
        guard c == (inObject ? 0x7D : 0x5D) else {
          throw Self.failure(
            p, base, end, inObject ? "expected `,` or `}`" : "expected `,` or `]`")
        }
        p += 1
        if inObject, count > 1 { findDuplicates(of: open, end: n, count: count) }
        let outer = tape[open].low
        tape[open].meta = (tape[open].meta & 0xFF) | (min(count, JSONToken.manyChildren) << 8)
        tape[open].value =
          UInt64(UInt32(truncatingIfNeeded: n))
          | (UInt64(UInt32(truncatingIfNeeded: p - base)) << 32)
        depth -= 1
        open = outer
        if depth > 0 {
          inObject = tape[open].kind == JSONToken.object
          count = tape[open].count &+ 1
        }
      }
    }
  }

  @inline(never)
  private func growTape() {
    let larger = tapeCapacity * 2 + 8
    let fresh = UnsafeMutablePointer<JSONToken>.allocate(capacity: larger)
    fresh.moveInitialize(from: tape, count: tapeCount)
    tape.deallocate()
    tape = fresh
    tapeCapacity = larger
  }

  @inline(__always)
  private static func skipSpace(_ start: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
    var p = start
    if p.pointee > 0x20 { return p }
    while p.pointee == 0x20 || p.pointee == 0x0A || p.pointee == 0x0D || p.pointee == 0x09 {
      p += 1
    }
    return p
  }

  /// Four bytes, the first one lowest.
  @inline(__always)
  private static func word(_ p: UnsafePointer<UInt8>) -> UInt32 {
    UInt32(littleEndian: UnsafeRawPointer(p).loadUnaligned(as: UInt32.self))
  }

  /// Reads a key and its colon, and puts the key on the tape.
  @inline(__always)
  private static func scanKey(
    _ start: UnsafePointer<UInt8>, _ base: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    _ tape: UnsafeMutablePointer<JSONToken>, _ n: inout Int
  ) throws(JSONError) -> UnsafePointer<UInt8> {
    guard start.pointee == 0x22 else {
      throw failure(start, base, end, "expected a key in double quotes")
    }
    var escaped = false
    var p = try scanString(start + 1, base, end, &escaped)
    tape[n] = JSONToken(
      start: UInt32(truncatingIfNeeded: start - base),
      meta: JSONToken.string | (escaped ? JSONToken.escaped : 0),
      value: UInt64(UInt32(truncatingIfNeeded: p - base - 1)))
    n += 1
    p = skipSpace(p)
    guard p.pointee == 0x3A else { throw failure(p, base, end, "expected `:` after the key") }
    return p + 1
  }

  /// From behind the opening quote to behind the closing one.
  @inline(__always)
  private static func scanString(
    _ start: UnsafePointer<UInt8>, _ base: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    _ escaped: inout Bool
  ) throws(JSONError) -> UnsafePointer<UInt8> {
    var p = start
    while true {
      // Eight bytes at once. The lowest mark is exact: a borrow only ever reaches past a mark.
      let w = UInt64(littleEndian: UnsafeRawPointer(p).loadUnaligned(as: UInt64.self))
      let quote = w ^ 0x2222_2222_2222_2222
      let slash = w ^ 0x5C5C_5C5C_5C5C_5C5C
      let ones: UInt64 = 0x0101_0101_0101_0101
      var marks = (w &- 0x2020_2020_2020_2020) & ~w
      marks |= (quote &- ones) & ~quote
      marks |= (slash &- ones) & ~slash
      marks |= w
      marks &= 0x8080_8080_8080_8080
      if marks == 0 {
        p += 8
        // The zeros behind the text are marks, so this never runs past the padding.
        continue
      }
      p += marks.trailingZeroBitCount >> 3
      if p.pointee == 0x22 { return p + 1 }
      p = try scanSpecial(p, base, end, &escaped)
    }
  }

  /// An escape, a character beyond ASCII, or an error.
  @inline(never)
  private static func scanSpecial(
    _ start: UnsafePointer<UInt8>, _ base: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    _ escaped: inout Bool
  ) throws(JSONError) -> UnsafePointer<UInt8> {
    var p = start
    if p.pointee == 0x5C {
      escaped = true
      return try scanEscape(p, base, end)
    }
    if p.pointee < 0x20 {
      throw p >= end
        ? JSONError(offset: end - base, message: "the text ends inside a string")
        : JSONError(offset: p - base, message: "control characters in a string must be escaped")
    }
    while p.pointee >= 0x80 {
      let a = p.pointee
      let b = p[1]
      // The shortest form only, no surrogates, nothing beyond U+10FFFF. A zero of the padding is
      // no continuation, so nothing is read past it.
      let length: Int
      switch a {
      case 0xC2...0xDF: length = b & 0xC0 == 0x80 ? 2 : 0
      case 0xE0: length = (0xA0...0xBF).contains(b) && p[2] & 0xC0 == 0x80 ? 3 : 0
      case 0xED: length = (0x80...0x9F).contains(b) && p[2] & 0xC0 == 0x80 ? 3 : 0
      case 0xE1...0xEF: length = b & 0xC0 == 0x80 && p[2] & 0xC0 == 0x80 ? 3 : 0
      case 0xF0...0xF4:
        let second: ClosedRange<UInt8> =
          a == 0xF0 ? 0x90...0xBF : a == 0xF4 ? 0x80...0x8F : 0x80...0xBF
        length =
          second.contains(b) && p[2] & 0xC0 == 0x80 && p[3] & 0xC0 == 0x80 ? 4 : 0
      default: length = 0
      }
      guard length > 0 else { throw JSONError(offset: p - base, message: "not valid UTF-8") }
      p += length
    }
    return p
  }

  private static func scanEscape(
    _ p: UnsafePointer<UInt8>, _ base: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) throws(JSONError) -> UnsafePointer<UInt8> {
    switch p[1] {
    case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return p + 2
    case 0x75:
      let unit = hexUnit(p + 2)
      guard unit >= 0 else { break }
      if unit < 0xD800 || unit > 0xDFFF { return p + 6 }
      if unit <= 0xDBFF, p[6] == 0x5C, p[7] == 0x75 {
        let second = hexUnit(p + 8)
        if second >= 0xDC00, second <= 0xDFFF { return p + 12 }
      }
      throw JSONError(offset: p - base, message: "half of a surrogate pair stands alone")
    default: break
    }
    throw p + 1 >= end
      ? JSONError(offset: end - base, message: "the text ends inside a string")
      : JSONError(offset: p - base, message: "unknown escape in a string")
  }

  /// Four hexadecimal digits, or -1. Stops at the first byte that is none.
  static func hexUnit(_ p: UnsafePointer<UInt8>) -> Int {
    var unit = 0
    for i in 0..<4 {
      let c = p[i]
      switch c {
      case 0x30...0x39: unit = unit << 4 | Int(c - 0x30)
      case 0x41...0x46: unit = unit << 4 | Int(c - 0x37)
      case 0x61...0x66: unit = unit << 4 | Int(c - 0x57)
      default: return -1
      }
    }
    return unit
  }

  /// An integer is complete after its digits; the rest is left to a slower function.
  @inline(__always)
  private func scanNumber(
    _ start: UnsafePointer<UInt8>, _ base: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    _ token: inout JSONToken
  ) throws(JSONError) -> UnsafePointer<UInt8> {
    var p = start
    let negative = p.pointee == 0x2D
    if negative { p += 1 }
    let digits = p
    var magnitude: UInt64 = 0
    while p.pointee &- 0x30 < 10 {
      magnitude = magnitude &* 10 &+ UInt64(p.pointee &- 0x30)
      p += 1
    }
    let length = p - digits
    guard length > 0 else {
      throw Self.failure(p, base, end, "expected a digit")
    }
    if digits.pointee == 0x30, length > 1 {
      throw JSONError(offset: digits - base, message: "a number must not start with zero")
    }
    let next = p.pointee
    if next == 0x2E || next | 0x20 == 0x65 {
      return try scanDouble(start, digits, p, base, end, &token)
    }
    if length > 18 { return scanLongInteger(start, digits, p, base, &token) }
    token = JSONToken(
      start: UInt32(truncatingIfNeeded: start - base), meta: JSONToken.int,
      value: negative ? 0 &- magnitude : magnitude)
    return p
  }

  @inline(never)
  private func scanLongInteger(
    _ start: UnsafePointer<UInt8>, _ digits: UnsafePointer<UInt8>, _ stop: UnsafePointer<UInt8>,
    _ base: UnsafePointer<UInt8>, _ token: inout JSONToken
  ) -> UnsafePointer<UInt8> {
    let negative = start.pointee == 0x2D
    var value: Int64 = 0
    var p = digits
    var fits = true
    while p < stop {
      let digit = Int64(p.pointee &- 0x30)
      let (scaled, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, overSum) =
        negative
        ? scaled.subtractingReportingOverflow(digit) : scaled.addingReportingOverflow(digit)
      if over || overSum {
        fits = false
        break
      }
      value = sum
      p += 1
    }
    let offset = UInt32(truncatingIfNeeded: start - base)
    if fits {
      token = JSONToken(
        start: offset, meta: JSONToken.int, value: UInt64(bitPattern: value))
    } else {
      if bigIntegerOffset < 0 { bigIntegerOffset = Int(offset) }
      token = JSONToken(
        start: offset, meta: JSONToken.bigInteger,
        value: UInt64(UInt32(truncatingIfNeeded: stop - base)))
    }
    return stop
  }

  /// A number with a fraction or an exponent. `point` is behind its integer digits.
  @inline(never)
  private func scanDouble(
    _ start: UnsafePointer<UInt8>, _ digits: UnsafePointer<UInt8>,
    _ point: UnsafePointer<UInt8>, _ base: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    _ token: inout JSONToken
  ) throws(JSONError) -> UnsafePointer<UInt8> {
    var p = point
    var exponent = 0
    var significant = point - digits
    var mantissa: UInt64 = 0
    var q = digits
    while q < point {
      mantissa = mantissa &* 10 &+ UInt64(q.pointee &- 0x30)
      q += 1
    }
    if p.pointee == 0x2E {
      p += 1
      let fraction = p
      while p.pointee &- 0x30 < 10 {
        mantissa = mantissa &* 10 &+ UInt64(p.pointee &- 0x30)
        p += 1
      }
      guard p > fraction else { throw Self.failure(p, base, end, "expected a digit") }
      exponent = fraction - p
      significant += p - fraction
    }
    if p.pointee | 0x20 == 0x65 {
      p += 1
      let negative = p.pointee == 0x2D
      if negative || p.pointee == 0x2B { p += 1 }
      let first = p
      var written = 0
      while p.pointee &- 0x30 < 10 {
        if written < 100_000 { written = written * 10 + Int(p.pointee &- 0x30) }
        p += 1
      }
      guard p > first else { throw Self.failure(p, base, end, "expected a digit") }
      exponent += negative ? -written : written
    }
    let value: Double
    if significant <= 19, mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
      // Exact: both parts are doubles without error, so one rounding remains.
      let magnitude = Double(mantissa)
      let power = JSONNumber.powersOfTen[exponent < 0 ? -exponent : exponent]
      let scaled = exponent < 0 ? magnitude / power : magnitude * power
      value = start.pointee == 0x2D ? -scaled : scaled
    } else {
      let text = String(
        decoding: UnsafeBufferPointer(start: start, count: p - start), as: UTF8.self)
      let parsed = Double(text) ?? (exponent < 0 ? 0 : .infinity)
      guard parsed.isFinite else {
        throw JSONError(offset: start - base, message: "the number is too large for a double")
      }
      value = parsed
    }
    token = JSONToken(
      start: UInt32(truncatingIfNeeded: start - base), meta: JSONToken.double,
      value: value.bitPattern)
    return p
  }

  @inline(never)
  private static func failure(
    _ p: UnsafePointer<UInt8>, _ base: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    _ message: String
  ) -> JSONError {
    p >= end
      ? JSONError(offset: end - base, message: "the text ends too early: \(message)")
      : JSONError(offset: p - base, message: message)
  }
}
