/// What strings need on both ways: escapes and orders.
enum JSONText {
  /// The text of a checked string, its escapes replaced.
  static func unescape(_ raw: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(raw.count)
    guard let base = raw.baseAddress else { return out }
    var i = 0
    while i < raw.count {
      let c = raw[i]
      guard c == 0x5C else {
        out.append(c)
        i += 1
        continue
      }
      // INVARIANT: the builder let only whole escapes through.
      switch raw[i + 1] {
      case 0x62: out.append(0x08)
      case 0x66: out.append(0x0C)
      case 0x6E: out.append(0x0A)
      case 0x72: out.append(0x0D)
      case 0x74: out.append(0x09)
      case 0x75:
        var code = UInt32(max(JSONDocument.hexUnit(base + i + 2), 0))
        i += 4
        if code >= 0xD800, code <= 0xDBFF {
          let low = UInt32(max(JSONDocument.hexUnit(base + i + 4), 0xDC00))
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
          i += 6
        }
        append(code, to: &out)
      case let other: out.append(other)
      }
      i += 2
    }
    return out
  }

  private static func append(_ code: UInt32, to out: inout [UInt8]) {
    switch code {
    case 0..<0x80: out.append(UInt8(code))
    case 0x80..<0x800:
      out.append(0xC0 | UInt8(code >> 6))
      out.append(0x80 | UInt8(code & 0x3F))
    case 0x800..<0x10000:
      out.append(0xE0 | UInt8(code >> 12))
      out.append(0x80 | UInt8(code >> 6 & 0x3F))
      out.append(0x80 | UInt8(code & 0x3F))
    default:
      out.append(0xF0 | UInt8(truncatingIfNeeded: code >> 18))
      out.append(0x80 | UInt8(code >> 12 & 0x3F))
      out.append(0x80 | UInt8(code >> 6 & 0x3F))
      out.append(0x80 | UInt8(code & 0x3F))
    }
  }

  /// By bytes: below, at or above zero.
  static func compare(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
    let shared = min(a.count, b.count)
    var i = 0
    while i < shared {
      if a[i] != b[i] { return Int(a[i]) - Int(b[i]) }
      i += 1
    }
    return a.count - b.count
  }

  /// By UTF-16 code units, as RFC 8785 sorts keys, without making them.
  ///
  /// The orders of UTF-8 and UTF-16 differ only where U+E000–U+FFFF (leads EE and EF) meets the
  /// characters beyond (leads F0 and up), which are surrogates in UTF-16 and come first there.
  static func compareUTF16(
    _ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>
  ) -> Int {
    let shared = min(a.count, b.count)
    var i = 0
    while i < shared {
      let x = a[i]
      let y = b[i]
      if x != y { return weight(x) - weight(y) }
      i += 1
    }
    return a.count - b.count
  }

  private static func weight(_ byte: UInt8) -> Int {
    byte == 0xEE || byte == 0xEF ? Int(byte) + 0x10 : Int(byte)
  }

  /// Whether `a` comes before `b` by UTF-16 code units.
  static func precedes(_ a: String, _ b: String) -> Bool {
    var a = a
    var b = b
    return a.withUTF8 { x in b.withUTF8 { y in compareUTF16(x, y) < 0 } }
  }
}
