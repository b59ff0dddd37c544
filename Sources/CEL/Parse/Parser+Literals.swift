// Lists, maps, records, numbers and strings.
extension Parser {
  mutating func parseList(_ start: Int) -> Expr {
    advance()
    var elements: [Expr.ListElement] = []
    var tallest = 0
    while token.kind != .rightBracket, token.kind != .end {
      let optional = accept(.question)
      elements.append(Expr.ListElement(value: parseExpression(), optional: optional))
      tallest = max(tallest, height)
      guard separator(.rightBracket, "`,` or `]`") else { break }
    }
    closeBracket(.rightBracket, "`]`")
    grow(start, over: tallest)
    return node(start, .list(elements))
  }

  mutating func parseMap(_ start: Int) -> Expr {
    advance()
    var entries: [Expr.MapEntry] = []
    var tallest = 0
    while token.kind != .rightBrace, token.kind != .end {
      let optional = accept(.question)
      let key = parseExpression()
      tallest = max(tallest, height)
      if panicking || !accept(.colon) {
        expected("`:` and the value of this key")
      } else {
        let value = parseExpression()
        tallest = max(tallest, height)
        entries.append(Expr.MapEntry(key: key, value: value, optional: optional))
      }
      guard separator(.rightBrace, "`,` or `}`") else { break }
    }
    closeBracket(.rightBrace, "`}`")
    grow(start, over: tallest)
    return node(start, .map(entries))
  }

  mutating func parseStructure(_ name: String, _ start: Int) -> Expr {
    advance()
    var fields: [Expr.StructureField] = []
    var tallest = 0
    while token.kind != .rightBrace, token.kind != .end {
      let optional = accept(.question)
      let field = token
      if field.kind == .identifier || field.kind == .quotedIdentifier {
        advance()
        if accept(.colon) {
          let value = parseExpression()
          tallest = max(tallest, height)
          fields.append(
            Expr.StructureField(name: text(field), value: value, optional: optional))
        } else {
          expected("`:` and the value of `\(text(field))`")
        }
      } else {
        expected("a field name")
      }
      guard separator(.rightBrace, "`,` or `}`") else { break }
    }
    closeBracket(.rightBrace, "`}`")
    grow(start, over: tallest)
    return node(start, .structure(type: name, fields: fields))
  }

  mutating func number(_ token: Token, _ start: Int, negative: Bool) -> Expr {
    switch token.kind {
    case .double:
      if let value = lexer.double(token), value.isFinite {
        return node(start, .literal(.double(negative ? -value : value)))
      }
    case .uint:
      if let value = lexer.magnitude(token) { return node(start, .literal(.uint(value))) }
    default:
      if let value = lexer.magnitude(token) {
        if negative, value == 1 << 63 { return node(start, .literal(.int(.min))) }
        if value < 1 << 63 {
          return node(start, .literal(.int(negative ? -Int64(value) : Int64(value))))
        }
      }
    }
    report(
      "`\(lexer.text(start, token.end))` does not fit "
        + (token.kind == .double ? "a double" : "64 bits"),
      at: lexer.position(start, token.end), kind: .invalidLiteral)
    return node(start, .invalid)
  }

  mutating func string(_ token: Token) -> Expr {
    do throws(Lexer.LiteralError) {
      let (content, isBytes) = try lexer.unquote(token)
      return node(
        token.start,
        .literal(isBytes ? .bytes(content) : .string(String(decoding: content, as: UTF8.self))))
    } catch {
      report(
        error.message, at: lexer.position(error.start, error.end), help: error.help,
        kind: .invalidLiteral)
      return node(token.start, .invalid)
    }
  }
}
