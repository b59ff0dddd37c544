/// The meaning of literal tokens.
extension Lexer {
  struct LiteralError: Error {
    var message: String
    var start: Int
    var end: Int
    var help: String?
  }

  /// The content of a string or bytes token.
  func unquote(_ token: Token) throws(LiteralError) -> (content: [UInt8], isBytes: Bool) {
    var i = token.start
    var raw = false
    var isBytes = false
    while i < token.end, bytes[i] != UInt8(ascii: "\""), bytes[i] != UInt8(ascii: "'") {
      if bytes[i] | 0x20 == UInt8(ascii: "r") { raw = true } else { isBytes = true }
      i += 1
    }
    let quote = byte(i)
    let triple = token.end - i >= 6 && byte(i + 1) == quote && byte(i + 2) == quote
    i += triple ? 3 : 1
    let end = token.end - (triple ? 3 : 1)
    var out: [UInt8] = []
    guard i < end else { return (out, isBytes) }
    out.reserveCapacity(end - i)
    while i < end {
      let c = bytes[i]
      if c == 0x0D {
        // Line ends are one character, however the file was written.
        out.append(0x0A)
        i += byte(i + 1) == 0x0A ? 2 : 1
        continue
      }
      guard c == UInt8(ascii: "\\"), !raw else {
        out.append(c)
        i += 1
        continue
      }
      i = try escape(at: i, end: end, isBytes: isBytes, into: &out)
    }
    return (out, isBytes)
  }

  private func escape(
    at start: Int, end: Int, isBytes: Bool, into out: inout [UInt8]
  ) throws(LiteralError) -> Int {
    let c = start + 1 < end ? bytes[start + 1] : 0
    switch c {
    case UInt8(ascii: "a"): out.append(7)
    case UInt8(ascii: "b"): out.append(8)
    case UInt8(ascii: "f"): out.append(12)
    case UInt8(ascii: "n"): out.append(10)
    case UInt8(ascii: "r"): out.append(13)
    case UInt8(ascii: "t"): out.append(9)
    case UInt8(ascii: "v"): out.append(11)
    case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"),
      UInt8(ascii: "?"):
      out.append(c)
    case UInt8(ascii: "x"), UInt8(ascii: "X"):
      return try number(start, digits: 2, from: start + 2, radix: 16, end, isBytes, into: &out)
    case UInt8(ascii: "u") where !isBytes:
      return try number(start, digits: 4, from: start + 2, radix: 16, end, isBytes, into: &out)
    case UInt8(ascii: "U") where !isBytes:
      return try number(start, digits: 8, from: start + 2, radix: 16, end, isBytes, into: &out)
    case UInt8(ascii: "0")...UInt8(ascii: "3"):
      return try number(start, digits: 3, from: start + 1, radix: 8, end, isBytes, into: &out)
    default:
      var stop = min(start + 2, end)
      while stop < end, bytes[stop] & 0xC0 == 0x80 { stop += 1 }
      throw LiteralError(
        message: "`\(text(start, stop))` is not an escape", start: start, end: stop,
        help: "write `\\\\` for a backslash, or a raw string: r\"…\"")
    }
    return start + 2
  }

  private func number(
    _ start: Int, digits: Int, from: Int, radix: UInt32, _ end: Int, _ isBytes: Bool,
    into out: inout [UInt8]
  ) throws(LiteralError) -> Int {
    var value: UInt32 = 0
    for i in from..<from + digits {
      guard i < end, let digit = hexValue(bytes[i]), digit < radix else {
        var stop = min(max(i, start + 2), end)
        while stop < end, bytes[stop] & 0xC0 == 0x80 { stop += 1 }
        throw LiteralError(
          message: "the escape `\(text(start, stop))` needs \(digits) "
            + (radix == 8 ? "octal digits" : "hexadecimal digits"),
          start: start, end: stop)
      }
      value = value &* radix &+ digit
    }
    if isBytes {
      out.append(UInt8(truncatingIfNeeded: value))
    } else if let scalar = Unicode.Scalar(value) {
      out.append(contentsOf: Array(String(Character(scalar)).utf8))
    } else {
      throw LiteralError(
        message: "`\(text(start, from + digits))` is not a Unicode character", start: start,
        end: from + digits)
    }
    return from + digits
  }

  /// The magnitude of an int or uint token; nil where it does not fit 64 bits.
  func magnitude(_ token: Token) -> UInt64? {
    var i = token.start
    var radix: UInt64 = 10
    if bytes[i] == UInt8(ascii: "0"), byte(i + 1) | 0x20 == UInt8(ascii: "x") {
      radix = 16
      i += 2
    }
    let end = token.kind == .uint ? token.end - 1 : token.end
    var value: UInt64 = 0
    while i < end {
      guard let digit = hexValue(bytes[i]) else { return nil }
      let (product, over) = value.multipliedReportingOverflow(by: radix)
      let (sum, more) = product.addingReportingOverflow(UInt64(digit))
      if over || more { return nil }
      value = sum
      i += 1
    }
    return value
  }

  /// The value of a double token.
  func double(_ token: Token) -> Double? {
    let text = text(token.start, token.end)
    return Double(text.first == "." ? "0" + text : text)
  }
}
