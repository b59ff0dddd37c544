/// The words of an expression.
enum PlainToken: Sendable, Hashable {
  case name(String)
  /// A name in backquotes, which can only be a field.
  case quotedName(String)
  /// The digits of an int, read where the sign is known.
  case int(magnitude: UInt64)
  case uint(UInt64)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  case symbol(String)
  case end
}

/// Takes a text apart into words.
struct PlainLexer {
  private let text: [Unicode.Scalar]
  private var place = 0

  private init(_ text: String) { self.text = Array(text.unicodeScalars) }

  static func tokens(_ text: String) throws(PlainSyntaxError) -> [(token: PlainToken, place: Int)] {
    var lexer = PlainLexer(text)
    var tokens: [(token: PlainToken, place: Int)] = []
    while true {
      lexer.skipSpace()
      let start = lexer.place
      let token = try lexer.next()
      tokens.append((token, start))
      if token == .end { return tokens }
    }
  }

  private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
    text.indices.contains(place + ahead) ? text[place + ahead] : nil
  }

  private func starts(with word: String) -> Bool {
    let scalars = Array(word.unicodeScalars)
    return place + scalars.count <= text.count
      && Array(text[place..<place + scalars.count]) == scalars
  }

  private func mistake(_ message: String) -> PlainSyntaxError {
    PlainSyntaxError(message: message, place: place)
  }

  private mutating func skipSpace() {
    while let scalar = peek() {
      if " \t\r\n\u{c}".unicodeScalars.contains(scalar) {
        place += 1
      } else if starts(with: "//") {
        while let other = peek(), other != "\n" { place += 1 }
      } else {
        return
      }
    }
  }

  private static func isDigit(_ scalar: Unicode.Scalar?) -> Bool {
    guard let scalar else { return false }
    return ("0"..."9").contains(scalar)
  }
  private static func isHexDigit(_ scalar: Unicode.Scalar?) -> Bool {
    guard let scalar else { return false }
    return isDigit(scalar) || ("a"..."f").contains(scalar) || ("A"..."F").contains(scalar)
  }
  private static func isLetter(_ scalar: Unicode.Scalar?) -> Bool {
    guard let scalar else { return false }
    return ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
  }

  private mutating func next() throws(PlainSyntaxError) -> PlainToken {
    guard let first = peek() else { return .end }
    if let literal = try quoted() { return literal }
    if Self.isLetter(first) {
      return .name(take { Self.isLetter($0) || Self.isDigit($0) })
    }
    if Self.isDigit(first) || (first == "." && Self.isDigit(peek(1))) { return try number() }
    if first == "`" {
      place += 1
      let name = take {
        Self.isLetter($0) || Self.isDigit($0) || ".-/ ".unicodeScalars.contains($0)
      }
      guard peek() == "`", !name.isEmpty else { throw mistake("a name in backquotes") }
      place += 1
      return .quotedName(name)
    }
    for symbol in ["&&", "||", "==", "!=", "<=", ">="] where starts(with: symbol) {
      place += 2
      return .symbol(symbol)
    }
    guard "()[]{}.,?:+-*/%!<>".unicodeScalars.contains(first) else {
      throw mistake("an unexpected character")
    }
    place += 1
    return .symbol(String(first))
  }

  private mutating func take(while accepts: (Unicode.Scalar) -> Bool) -> String {
    var taken = String.UnicodeScalarView()
    while let scalar = peek(), accepts(scalar) {
      taken.append(scalar)
      place += 1
    }
    return String(taken)
  }

  // MARK: - Numbers

  private mutating func number() throws(PlainSyntaxError) -> PlainToken {
    if starts(with: "0x") || starts(with: "0X") {
      place += 2
      guard let value = UInt64(take { Self.isHexDigit($0) }, radix: 16) else {
        throw mistake("a hexadecimal number within 64 bits")
      }
      return unsigned(value) ?? .int(magnitude: value)
    }
    let whole = take { Self.isDigit($0) }
    var text = whole.isEmpty ? "0" : whole
    var isDouble = false
    if peek() == ".", Self.isDigit(peek(1)) {
      place += 1
      isDouble = true
      text += "." + take { Self.isDigit($0) }
    }
    if peek() == "e" || peek() == "E" {
      let sign = peek(1) == "+" || peek(1) == "-"
      if Self.isDigit(peek(sign ? 2 : 1)) {
        isDouble = true
        text += "e" + (peek(1) == "-" ? "-" : "")
        place += sign ? 2 : 1
        text += take { Self.isDigit($0) }
      }
    }
    if isDouble {
      guard let value = Double(text) else { throw mistake("a number") }
      return .double(value)
    }
    guard let value = UInt64(text) else { throw mistake("a number within 64 bits") }
    return unsigned(value) ?? .int(magnitude: value)
  }

  private mutating func unsigned(_ value: UInt64) -> PlainToken? {
    guard peek() == "u" || peek() == "U" else { return nil }
    place += 1
    return .uint(value)
  }

  // MARK: - Texts and bytes

  /// A quoted literal with its prefix; nil where there is none here.
  private mutating func quoted() throws(PlainSyntaxError) -> PlainToken? {
    var ahead = 0
    var isRaw = false
    var isBytes = false
    while let scalar = peek(ahead) {
      if scalar == "r" || scalar == "R", !isRaw {
        isRaw = true
      } else if scalar == "b" || scalar == "B", !isBytes {
        isBytes = true
      } else {
        break
      }
      ahead += 1
    }
    guard let quote = peek(ahead), quote == "\"" || quote == "'" else { return nil }
    place += ahead
    let isTriple = peek(1) == quote && peek(2) == quote
    let close = String(repeating: Character(quote), count: isTriple ? 3 : 1)
    place += close.unicodeScalars.count
    var bytes: [UInt8] = []
    while !starts(with: close) {
      guard let scalar = peek() else { throw mistake("a text that ends") }
      place += 1
      if scalar == "\\", !isRaw {
        try escape(isBytes, into: &bytes)
      } else if scalar == "\n" || scalar == "\r", !isTriple {
        throw mistake("a text on one line")
      } else {
        bytes += Array(String(scalar).utf8)
      }
    }
    place += close.unicodeScalars.count
    if isBytes { return .bytes(bytes) }
    return .string(String(decoding: bytes, as: UTF8.self))
  }

  private mutating func escape(
    _ isBytes: Bool, into bytes: inout [UInt8]
  ) throws(PlainSyntaxError) {
    guard let scalar = peek() else { throw mistake("an escape") }
    place += 1
    let simple: [Unicode.Scalar: UInt8] = [
      "a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "\"": 34, "'": 39, "?": 63,
      "\\": 92, "`": 96,
    ]
    if let byte = simple[scalar] {
      bytes.append(byte)
      return
    }
    let digits: (count: Int, radix: Int)
    switch scalar {
    case "x", "X": digits = (2, 16)
    case "u" where !isBytes: digits = (4, 16)
    case "U" where !isBytes: digits = (8, 16)
    case "0"..."3":
      place -= 1
      digits = (3, 8)
    default: throw mistake("an escape")
    }
    guard place + digits.count <= text.count,
      text[place..<place + digits.count].allSatisfy({ Self.isHexDigit($0) }),
      let value = UInt32(
        text[place..<place + digits.count].map { String($0) }.joined(), radix: digits.radix)
    else { throw mistake("the digits of an escape") }
    place += digits.count
    if isBytes {
      bytes.append(UInt8(truncatingIfNeeded: value))
    } else if let made = Unicode.Scalar(value) {
      bytes += Array(String(made).utf8)
    } else {
      throw mistake("a character")
    }
  }
}
