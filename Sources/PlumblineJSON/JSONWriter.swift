/// Writing values in the order they have.
package enum JSONWriter {
  /// Appends a string with its quotes, escaping only what must be.
  package static func append(_ text: String, to out: inout [UInt8]) {
    var text = text
    text.withUTF8 { append($0, to: &out) }
  }

  /// Appends a string with its quotes, given as UTF-8.
  package static func append(_ text: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
    out.append(0x22)
    var plain = 0
    for i in 0..<text.count {
      let c = text[i]
      guard c < 0x20 || c == 0x22 || c == 0x5C else { continue }
      out.append(contentsOf: UnsafeBufferPointer(rebasing: text[plain..<i]))
      plain = i + 1
      out.append(0x5C)
      switch c {
      case 0x22, 0x5C: out.append(c)
      case 0x08: out.append(0x62)
      case 0x0C: out.append(0x66)
      case 0x0A: out.append(0x6E)
      case 0x0D: out.append(0x72)
      case 0x09: out.append(0x74)
      default:
        out.append(contentsOf: "u00".utf8)
        out.append(0x30 + (c >> 4))
        out.append(c & 15 < 10 ? 0x30 + (c & 15) : 0x57 + (c & 15))
      }
    }
    out.append(contentsOf: UnsafeBufferPointer(rebasing: text[plain...]))
    out.append(0x22)
  }

  /// Appends what is neither an array nor an object.
  static func appendScalar(_ value: JSON, to out: inout [UInt8]) throws(JSONError) {
    switch value {
    case .null: out.append(contentsOf: "null".utf8)
    case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
    case .int(let value): JSONNumber.append(value, to: &out)
    case .bigInteger(let digits):
      var rest = digits.utf8[...]
      if rest.first == 0x2D { rest = rest.dropFirst() }
      guard !rest.isEmpty, rest.count == 1 || rest.first != 0x30,
        rest.allSatisfy({ (0x30...0x39).contains($0) })
      else {
        throw JSONError(offset: 0, message: "`\(digits)` is no integer")
      }
      out.append(contentsOf: digits.utf8)
    case .double(let value):
      guard JSONNumber.append(value, to: &out) else {
        throw JSONError(offset: 0, message: "JSON cannot write \(value)")
      }
    case .string(let value): append(value, to: &out)
    case .array, .object: break
    }
  }

  /// Appends a value; `indent` is nil for one line, else the depth of the current line.
  static func append(_ value: JSON, indent: Int?, to out: inout [UInt8]) throws(JSONError) {
    switch value {
    case .array(let elements) where !elements.isEmpty:
      out.append(0x5B)
      var first = true
      for element in elements {
        if !first { out.append(0x2C) }
        first = false
        newline(indent.map { $0 + 1 }, to: &out)
        try append(element, indent: indent.map { $0 + 1 }, to: &out)
      }
      newline(indent, to: &out)
      out.append(0x5D)
    case .object(let members) where !members.isEmpty:
      out.append(0x7B)
      var first = true
      for member in members {
        if !first { out.append(0x2C) }
        first = false
        newline(indent.map { $0 + 1 }, to: &out)
        append(member.key, to: &out)
        out.append(0x3A)
        if indent != nil { out.append(0x20) }
        try append(member.value, indent: indent.map { $0 + 1 }, to: &out)
      }
      newline(indent, to: &out)
      out.append(0x7D)
    case .array: out.append(contentsOf: "[]".utf8)
    case .object: out.append(contentsOf: "{}".utf8)
    default: try appendScalar(value, to: &out)
    }
  }

  private static func newline(_ indent: Int?, to out: inout [UInt8]) {
    guard let indent else { return }
    out.append(0x0A)
    for _ in 0..<(2 * indent) { out.append(0x20) }
  }
}
