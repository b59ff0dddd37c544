/// A word of an expression.
struct Token {
  enum Kind: UInt8 {
    case end, identifier, quotedIdentifier, int, uint, double, string, bytes
    case leftParen, rightParen, leftBracket, rightBracket, leftBrace, rightBrace
    case comma, colon, question, dot, plus, minus, star, slash, percent
    case not, equal, notEqual, less, lessEqual, greater, greaterEqual, and, or
    case kwIn, kwTrue, kwFalse, kwNull
    /// A character or an operator that CEL does not have; the parser says what to write instead.
    case foreign
    /// A literal that does not end or is malformed; reported by the lexer already.
    case broken
  }
  var kind: Kind
  var start: Int
  var end: Int
}

/// Cuts UTF-8 into tokens, one at a time.
struct Lexer {
  let bytes: UnsafeBufferPointer<UInt8>
  let source: Int32
  private(set) var offset = 0
  private(set) var issues: [CELIssue] = []

  init(_ bytes: UnsafeBufferPointer<UInt8>, source: Int32) {
    self.bytes = bytes
    self.source = source
  }

  @inline(__always)
  func byte(_ at: Int) -> UInt8 { at < bytes.count ? bytes[at] : 0 }

  func text(_ from: Int, _ to: Int) -> String {
    String(decoding: UnsafeBufferPointer(rebasing: bytes[from..<to]), as: UTF8.self)
  }

  func position(_ start: Int, _ end: Int) -> ExprPosition {
    ExprPosition(
      source: source, start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: end))
  }

  private mutating func report(
    _ kind: CELIssue.Kind, _ message: String, _ start: Int, _ end: Int, help: String? = nil
  ) {
    issues.append(CELIssue(kind, message, at: position(start, end), help: help))
  }

  private mutating func skipBlanks() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x09, 0x0A, 0x0C, 0x0D: offset += 1
      case UInt8(ascii: "/") where byte(offset + 1) == UInt8(ascii: "/"):
        while offset < bytes.count, bytes[offset] != 0x0A { offset += 1 }
      default: return
      }
    }
  }

  /// The next token; `.end` for ever after the last.
  mutating func next() -> Token {
    skipBlanks()
    let start = offset
    guard start < bytes.count else { return Token(kind: .end, start: start, end: start) }
    let c = bytes[start]
    if isIdentifierStart(c) { return word(start) }
    if isDigit(c) || (c == UInt8(ascii: ".") && isDigit(byte(start + 1))) { return number(start) }
    let second = byte(start + 1)
    func token(_ kind: Token.Kind, _ length: Int) -> Token {
      Token(kind: kind, start: start, end: start + length)
    }
    let result: Token
    switch c {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return quoted(start, prefix: 0)
    case UInt8(ascii: "`"): return backquoted(start)
    case UInt8(ascii: "("): result = token(.leftParen, 1)
    case UInt8(ascii: ")"): result = token(.rightParen, 1)
    case UInt8(ascii: "["): result = token(.leftBracket, 1)
    case UInt8(ascii: "]"): result = token(.rightBracket, 1)
    case UInt8(ascii: "{"): result = token(.leftBrace, 1)
    case UInt8(ascii: "}"): result = token(.rightBrace, 1)
    case UInt8(ascii: ","): result = token(.comma, 1)
    case UInt8(ascii: ":"): result = token(.colon, 1)
    case UInt8(ascii: "?"): result = token(.question, 1)
    case UInt8(ascii: "."): result = token(.dot, 1)
    case UInt8(ascii: "+"): result = token(.plus, 1)
    case UInt8(ascii: "-"): result = token(.minus, 1)
    case UInt8(ascii: "*"):
      result = second == UInt8(ascii: "*") ? token(.foreign, 2) : token(.star, 1)
    case UInt8(ascii: "/"): result = token(.slash, 1)
    case UInt8(ascii: "%"): result = token(.percent, 1)
    case UInt8(ascii: "!"):
      if second == UInt8(ascii: "=") {
        result =
          byte(start + 2) == UInt8(ascii: "=") ? token(.foreign, 3) : token(.notEqual, 2)
      } else {
        result = token(.not, 1)
      }
    case UInt8(ascii: "="):
      if second == UInt8(ascii: "=") {
        result = byte(start + 2) == UInt8(ascii: "=") ? token(.foreign, 3) : token(.equal, 2)
      } else {
        let isLonger = [UInt8(ascii: ">"), UInt8(ascii: "<"), UInt8(ascii: "~")].contains(second)
        result = token(.foreign, isLonger ? 2 : 1)
      }
    case UInt8(ascii: "<"):
      if second == UInt8(ascii: "=") {
        result = token(.lessEqual, 2)
      } else {
        result = second == UInt8(ascii: ">") ? token(.foreign, 2) : token(.less, 1)
      }
    case UInt8(ascii: ">"):
      result = second == UInt8(ascii: "=") ? token(.greaterEqual, 2) : token(.greater, 1)
    case UInt8(ascii: "&"):
      result = second == c ? token(.and, 2) : token(.foreign, 1)
    case UInt8(ascii: "|"):
      result = second == c ? token(.or, 2) : token(.foreign, 1)
    default:
      var length = 1
      while start + length < bytes.count, bytes[start + length] & 0xC0 == 0x80 { length += 1 }
      result = token(.foreign, length)
    }
    offset = result.end
    return result
  }

  private mutating func word(_ start: Int) -> Token {
    var i = start + 1
    while i < bytes.count, isIdentifierPart(bytes[i]) { i += 1 }
    let length = i - start
    if i < bytes.count, bytes[i] == UInt8(ascii: "\"") || bytes[i] == UInt8(ascii: "'") {
      if length <= 2, let prefix = literalPrefix(start, length) {
        return quoted(start, prefix: length, raw: prefix.raw, isBytes: prefix.bytes)
      }
    }
    offset = i
    var kind = Token.Kind.identifier
    switch length {
    case 2 where matches(start, "in"): kind = .kwIn
    case 4 where matches(start, "true"): kind = .kwTrue
    case 4 where matches(start, "null"): kind = .kwNull
    case 5 where matches(start, "false"): kind = .kwFalse
    default: break
    }
    return Token(kind: kind, start: start, end: i)
  }

  func matches(_ start: Int, _ word: StaticString) -> Bool {
    guard start + word.utf8CodeUnitCount <= bytes.count else { return false }
    for k in 0..<word.utf8CodeUnitCount where bytes[start + k] != word.utf8Start[k] {
      return false
    }
    return true
  }

  private func literalPrefix(_ start: Int, _ length: Int) -> (raw: Bool, bytes: Bool)? {
    var raw = false
    var isBytes = false
    for i in start..<start + length {
      switch bytes[i] | 0x20 {
      case UInt8(ascii: "r") where !raw: raw = true
      case UInt8(ascii: "b") where !isBytes: isBytes = true
      default: return nil
      }
    }
    return (raw, isBytes)
  }

  private mutating func number(_ start: Int) -> Token {
    var i = start
    var kind = Token.Kind.int
    if bytes[i] == UInt8(ascii: "0"), byte(i + 1) | 0x20 == UInt8(ascii: "x"),
      hexValue(byte(i + 2)) != nil
    {
      i += 2
      while i < bytes.count, hexValue(bytes[i]) != nil { i += 1 }
    } else {
      while i < bytes.count, isDigit(bytes[i]) { i += 1 }
      if byte(i) == UInt8(ascii: "."), isDigit(byte(i + 1)) {
        kind = .double
        i += 1
        while i < bytes.count, isDigit(bytes[i]) { i += 1 }
      }
      if byte(i) | 0x20 == UInt8(ascii: "e") {
        var j = i + 1
        if byte(j) == UInt8(ascii: "+") || byte(j) == UInt8(ascii: "-") { j += 1 }
        if isDigit(byte(j)) {
          kind = .double
          while j < bytes.count, isDigit(bytes[j]) { j += 1 }
          i = j
        }
      }
    }
    if kind == .int, byte(i) | 0x20 == UInt8(ascii: "u") {
      kind = .uint
      i += 1
    }
    if i < bytes.count, isIdentifierPart(bytes[i]) {
      while i < bytes.count, isIdentifierPart(bytes[i]) { i += 1 }
      report(.invalidLiteral, "`\(text(start, i))` is not a number", start, i)
      kind = .broken
    }
    offset = i
    return Token(kind: kind, start: start, end: i)
  }

  private mutating func backquoted(_ start: Int) -> Token {
    var i = start + 1
    while i < bytes.count, bytes[i] != UInt8(ascii: "`"), bytes[i] != 0x0A { i += 1 }
    guard byte(i) == UInt8(ascii: "`"), i > start + 1 else {
      report(.syntax, "a field name in backticks does not end", start, i, help: "close it with `")
      offset = i < bytes.count && bytes[i] == UInt8(ascii: "`") ? i + 1 : bytes.count
      return Token(kind: .broken, start: start, end: offset)
    }
    offset = i + 1
    return Token(kind: .quotedIdentifier, start: start, end: i + 1)
  }

  private mutating func quoted(
    _ start: Int, prefix: Int, raw: Bool = false, isBytes: Bool = false
  ) -> Token {
    let quote = bytes[start + prefix]
    var i = start + prefix
    let triple = byte(i + 1) == quote && byte(i + 2) == quote
    i += triple ? 3 : 1
    while i < bytes.count {
      let c = bytes[i]
      if c == UInt8(ascii: "\\") {
        // In a raw literal a backslash stands for itself, and so it does not save the quote after it.
        i += raw ? 1 : 2
        continue
      }
      if c == quote {
        if !triple {
          offset = i + 1
          return Token(kind: isBytes ? .bytes : .string, start: start, end: i + 1)
        }
        if byte(i + 1) == quote && byte(i + 2) == quote {
          offset = i + 3
          return Token(kind: isBytes ? .bytes : .string, start: start, end: i + 3)
        }
      } else if !triple, c == 0x0A || c == 0x0D {
        break
      }
      i += 1
    }
    i = min(i, bytes.count)
    let mark = String(repeating: quote == UInt8(ascii: "\"") ? "\"" : "'", count: triple ? 3 : 1)
    report(
      .syntax, "a string that starts here does not end", start, i,
      help: triple || i == bytes.count
        ? "close it with \(mark)"
        : "close it with \(mark), or write \(mark)\(mark)\(mark) around text of several lines")
    // What follows an open quote is a guess: nothing more is read.
    offset = bytes.count
    return Token(kind: .broken, start: start, end: i)
  }
}

@inline(__always)
func isDigit(_ c: UInt8) -> Bool { c &- 0x30 < 10 }

@inline(__always)
func isIdentifierStart(_ c: UInt8) -> Bool { (c | 0x20) &- 0x61 < 26 || c == 0x5F }

@inline(__always)
func isIdentifierPart(_ c: UInt8) -> Bool { isIdentifierStart(c) || isDigit(c) }

func hexValue(_ c: UInt8) -> UInt32? {
  switch c {
  case 0x30...0x39: UInt32(c - 0x30)
  case 0x41...0x46: UInt32(c - 0x41 + 10)
  case 0x61...0x66: UInt32(c - 0x61 + 10)
  default: nil
  }
}
