/// The text of a Swift file, line by line.
struct SwiftText {
  private(set) var text = ""
  private var depth = 0

  /// A line; an empty one where there is nothing to write.
  mutating func line(_ line: String = "") {
    if !line.isEmpty { text += String(repeating: "  ", count: depth) + line }
    text += "\n"
  }

  /// `head {`, what is within, `}`.
  mutating func block(_ head: String, _ body: (inout SwiftText) -> Void) {
    line(head + " {")
    depth += 1
    body(&self)
    depth -= 1
    line("}")
  }

  /// A documentation comment; each line of the text becomes one.
  mutating func documentation(_ text: String) {
    for part in text.split(whereSeparator: \.isNewline) {
      // A line that ends in a quote of code is no danger; control characters are.
      line("/// " + String(String.UnicodeScalarView(part.unicodeScalars.filter { $0.value >= 32 })))
    }
  }

  /// A text as a literal.
  static func literal(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _
      where scalar.value < 32 || scalar.value == 127
        || scalar.properties.generalCategory == .format:
        out += "\\u{\(String(scalar.value, radix: 16))}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  /// A long text as literals that the compiler takes in its stride, cut between characters.
  static func parts(_ text: String, size: Int = 16_000) -> [String] {
    var parts: [String] = []
    let bytes = Array(text.utf8)
    var start = 0
    while start < bytes.count {
      var end = min(start + size, bytes.count)
      while end < bytes.count, end > start + 1, bytes[end] & 0xC0 == 0x80 { end -= 1 }
      parts.append(literal(String(decoding: bytes[start..<end], as: UTF8.self)))
      start = end
    }
    return parts
  }
}
