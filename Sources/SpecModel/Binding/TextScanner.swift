/// Small notations inside scalars: names, durations, calls. Offsets are in UTF-8.
enum TextScanner {
  static func isIdentifierStart(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_")
      || (byte | 32) >= UInt8(ascii: "a") && (byte | 32) <= UInt8(ascii: "z")
  }

  static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  static func isIdentifierPart(_ byte: UInt8) -> Bool { isIdentifierStart(byte) || isDigit(byte) }

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
  }

  /// Whether CEL takes the text as a name.
  static func isIdentifier(_ text: String) -> Bool {
    guard let first = text.utf8.first, isIdentifierStart(first) else { return false }
    return text.utf8.allSatisfy(isIdentifierPart)
  }

  /// Seconds of `15m`, `1h30m`, `7d`: each unit at most once, the larger first.
  /// More than 64 bits can hold is `Int64.max`.
  static func seconds(_ text: String) -> Int64? {
    let units: [(letter: UInt8, seconds: Int64)] = [
      (UInt8(ascii: "d"), 86400), (UInt8(ascii: "h"), 3600), (UInt8(ascii: "m"), 60),
      (UInt8(ascii: "s"), 1),
    ]
    var next = 0
    var total: Int64 = 0
    var number: Int64?
    for byte in text.utf8 {
      if isDigit(byte) {
        let (tens, overflow) = (number ?? 0).multipliedReportingOverflow(by: 10)
        let (sum, carry) = tens.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
        number = overflow || carry ? .max : sum
      } else {
        guard let count = number, let unit = units[next...].firstIndex(where: { $0.letter == byte })
        else { return nil }
        let (part, overflow) = count.multipliedReportingOverflow(by: units[unit].seconds)
        let (sum, carry) = total.addingReportingOverflow(part)
        (total, number, next) = (overflow || carry ? .max : sum, nil, unit + 1)
      }
    }
    return number == nil && next > 0 ? total : nil
  }

  /// Whether a character is a line break or another one that cannot be seen.
  static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  /// `name(argument)`, with the place of the argument (white space around it cut).
  static func call(_ text: String) -> (function: String, argument: String, bounds: Range<Int>)? {
    let bytes = Array(text.utf8)
    guard let open = bytes.firstIndex(of: UInt8(ascii: "(")), bytes.last == UInt8(ascii: ")")
    else { return nil }
    let function = String(decoding: bytes[..<open], as: UTF8.self)
    guard isIdentifier(function) else { return nil }
    let bounds = trim(bytes, open + 1..<bytes.count - 1)
    return (function, String(decoding: bytes[bounds], as: UTF8.self), bounds)
  }

  /// The range without white space at its ends.
  static func trim(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int> {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high, isSpace(bytes[low]) { low += 1 }
    while high > low, isSpace(bytes[high - 1]) { high -= 1 }
    return low..<high
  }

  /// The offset of the bracket that closes the one at `open`; strings are skipped.
  static func closing(_ bytes: [UInt8], _ open: Int) -> Int? {
    var depth = 0
    var at = open
    while at < bytes.count {
      let byte = bytes[at]
      switch byte {
      case UInt8(ascii: "["), UInt8(ascii: "("), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: ")"), UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 { return at }
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        at += 1
        while at < bytes.count, bytes[at] != byte {
          if bytes[at] == UInt8(ascii: "\\") { at += 1 }
          at += 1
        }
      default: break
      }
      at += 1
    }
    return nil
  }
}
