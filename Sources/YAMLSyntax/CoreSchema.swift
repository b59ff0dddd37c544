/// What an unquoted scalar means: the core schema of YAML 1.2.
enum CoreSchema {
  static func resolve(_ text: UnsafeBufferPointer<UInt8>) -> YAMLTree.Scalar {
    guard let first = text.first else { return .null }
    switch first {
    case UInt8(ascii: "~"):
      if text.count == 1 { return .null }
    case UInt8(ascii: "n"), UInt8(ascii: "N"):
      if isWord(text, "null", "Null", "NULL") { return .null }
    case UInt8(ascii: "t"), UInt8(ascii: "T"):
      if isWord(text, "true", "True", "TRUE") { return .bool(true) }
    case UInt8(ascii: "f"), UInt8(ascii: "F"):
      if isWord(text, "false", "False", "FALSE") { return .bool(false) }
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
      UInt8(ascii: "."):
      if let number = number(text) { return number }
    default: break
    }
    return .string(String(decoding: text, as: UTF8.self))
  }

  private static func isWord(
    _ text: UnsafeBufferPointer<UInt8>, _ a: StaticString, _ b: StaticString, _ c: StaticString
  ) -> Bool {
    func equals(_ word: StaticString) -> Bool {
      word.withUTF8Buffer { text.elementsEqual($0) }
    }
    return equals(a) || equals(b) || equals(c)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private static func number(_ text: UnsafeBufferPointer<UInt8>) -> YAMLTree.Scalar? {
    if let based = basedInteger(text) { return based }
    var index = 0
    let negative = text[0] == UInt8(ascii: "-")
    if negative || text[0] == UInt8(ascii: "+") { index = 1 }
    let rest = UnsafeBufferPointer(rebasing: text[index...])
    if isWord(rest, ".inf", ".Inf", ".INF") { return .double(negative ? -.infinity : .infinity) }
    if index == 0, isWord(rest, ".nan", ".NaN", ".NAN") { return .double(.nan) }

    let whole = digits(text, from: &index)
    if index == text.count, whole > 0 { return integer(text) }
    var fraction = 0
    if index < text.count, text[index] == UInt8(ascii: ".") {
      index += 1
      fraction = digits(text, from: &index)
    }
    guard whole + fraction > 0 else { return nil }
    if index < text.count, text[index] == UInt8(ascii: "e") || text[index] == UInt8(ascii: "E") {
      index += 1
      if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
        index += 1
      }
      guard digits(text, from: &index) > 0 else { return nil }
    }
    guard index == text.count else { return nil }
    return Double(String(decoding: text, as: UTF8.self)).map { .double($0) }
  }

  private static func digits(_ text: UnsafeBufferPointer<UInt8>, from index: inout Int) -> Int {
    let start = index
    while index < text.count, isDigit(text[index]) { index += 1 }
    return index - start
  }

  private static func integer(_ text: UnsafeBufferPointer<UInt8>) -> YAMLTree.Scalar {
    let string = String(decoding: text, as: UTF8.self)
    return Int64(string).map { .int($0) } ?? .bigInteger(string)
  }

  /// `0o17` and `0x1F`, which take no sign.
  private static func basedInteger(_ text: UnsafeBufferPointer<UInt8>) -> YAMLTree.Scalar? {
    guard text.count > 2, text[0] == UInt8(ascii: "0") else { return nil }
    let radix: Int
    switch text[1] {
    case UInt8(ascii: "o"): radix = 8
    case UInt8(ascii: "x"): radix = 16
    default: return nil
    }
    let rest = text[2...]
    let allDigits = rest.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "7"): true
      case UInt8(ascii: "8"), UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
        UInt8(ascii: "A")...UInt8(ascii: "F"):
        radix == 16
      default: false
      }
    }
    guard allDigits else { return nil }
    return Int64(String(decoding: rest, as: UTF8.self), radix: radix).map { .int($0) }
      ?? .bigInteger(String(decoding: text, as: UTF8.self))
  }
}
