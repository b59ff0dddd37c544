/// A small writer of indented JSON; this target depends on nothing.
struct JSONText {
  private(set) var text = ""
  private var depth = 0
  private var isFirst = true

  private mutating func newLine() {
    text += "\n" + String(repeating: "  ", count: depth)
  }

  private mutating func member() {
    if !isFirst { text += "," }
    isFirst = false
    newLine()
  }

  private mutating func nested(
    _ open: String, _ close: String, _ body: (inout JSONText) -> Void
  ) {
    text += open
    depth += 1
    isFirst = true
    body(&self)
    depth -= 1
    if !isFirst { newLine() }
    text += close
    isFirst = false
  }

  mutating func object(_ body: (inout JSONText) -> Void) {
    nested("{", "}", body)
  }

  mutating func array<Element>(_ items: [Element], _ body: (inout JSONText, Element) -> Void) {
    nested("[", "]") { json in
      for item in items {
        json.member()
        body(&json, item)
        json.isFirst = false
      }
    }
  }

  private mutating func name(_ name: String) {
    member()
    string(name)
    text += ": "
  }

  mutating func field(_ name: String, _ value: String?) {
    self.name(name)
    if let value { string(value) } else { text += "null" }
  }

  mutating func field(_ name: String, _ value: Int) {
    self.name(name)
    text += String(value)
  }

  mutating func field(_ name: String, _ body: (inout JSONText) -> Void) {
    self.name(name)
    object(body)
  }

  mutating func field<Element>(
    _ name: String, each items: [Element], _ body: (inout JSONText, Element) -> Void
  ) {
    self.name(name)
    array(items, body)
  }

  private mutating func string(_ value: String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..<"\u{20}", "\u{7F}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
