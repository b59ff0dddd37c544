import CEL

/// Times as logs write them.
enum LogTime {
  /// RFC 3339, with a space for the `T`, without a zone, without seconds or the day alone; zones as
  /// `+01:00`, `+0100` and `+01`. nil: no such time.
  static func read(_ text: String, zoneMinutes: Int) -> Timestamp? {
    var text = text
    return text.withUTF8 { read($0, zoneMinutes: zoneMinutes) }
  }

  static func read(_ bytes: UnsafeBufferPointer<UInt8>, zoneMinutes: Int) -> Timestamp? {
    if let time = TimeFormat.timestamp(utf8: bytes, offsetMinutes: zoneMinutes) { return time }
    guard bytes.count >= 10, bytes.count <= 64, let full = completed(Array(bytes)) else {
      return nil
    }
    return full.withUnsafeBufferPointer {
      TimeFormat.timestamp(utf8: $0, offsetMinutes: zoneMinutes)
    }
  }

  /// The text with what RFC 3339 wants and logs leave out.
  private static func completed(_ text: [UInt8]) -> [UInt8]? {
    if text.count == 10 { return text + Array("T00:00:00".utf8) }
    guard text.count >= 16 else { return nil }
    var out = Array(text[..<16])
    var rest = text[16...]
    if rest.first == 0x3A {
      guard rest.count >= 3 else { return nil }
      out += rest.prefix(3)
      rest = rest.dropFirst(3)
    } else {
      out += Array(":00".utf8)
    }
    if rest.first == 0x2E {
      let fraction = rest.prefix { $0 == 0x2E || (0x30...0x39).contains($0) }
      out += fraction
      rest = rest.dropFirst(fraction.count)
    }
    if rest.first == 0x20 { rest = rest.dropFirst() }
    if rest.elementsEqual("UTC".utf8) || rest.elementsEqual("GMT".utf8) { return out + [0x5A] }
    if rest.first == 0x2B || rest.first == 0x2D {
      if rest.count == 3 { return out + rest + Array(":00".utf8) }
      if rest.count == 5, rest.dropFirst().allSatisfy({ (0x30...0x39).contains($0) }) {
        return out + rest.prefix(3) + [0x3A] + rest.suffix(2)
      }
    }
    return out + rest
  }
}
