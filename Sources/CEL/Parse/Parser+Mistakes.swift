// Words and signs of other languages, told as what they are.
extension Parser {
  /// Says why the expression does not go on as written.
  mutating func leftOver(after expr: Expr) {
    if token.kind == .broken { return }
    let here = lexer.position(token.start, token.end)
    if case .ident(let name) = expr.kind, name.lowercased() == "not" {
      report("`\(name)` is not an operator", at: expr.position, help: "write `!`")
      return
    }
    switch token.kind {
    case .rightParen, .rightBracket, .rightBrace:
      report("`\(text(token))` closes nothing", at: here)
    case .identifier where text(token).lowercased() == "is":
      report("`is` is not an operator", at: here, help: "write `==`")
    case .identifier where text(token).lowercased() == "not":
      report(
        "`not` is not an operator", at: here, help: "write `!(x in list)` for `x not in list`")
    case .identifier where text(token).lowercased() == "if":
      report("`if` is not an operator", at: here, help: "write `condition ? a : b`")
    case .foreign: foreignOperator(here)
    case .comma where endsInNumber(expr):
      report(
        "expected an operator or the end, found `,`", at: here,
        help: "a number has a point, as in `1.5`")
    case .colon:
      report(
        "expected an operator or the end, found `:`", at: here,
        help: "a ternary is written `condition ? a : b`")
    default:
      report("expected an operator or the end, found \(found())", at: here)
    }
    panicking = true
  }

  private func endsInNumber(_ expr: Expr) -> Bool {
    var last = expr
    while case .call(_, _, let arguments) = last.kind, let next = arguments.last { last = next }
    guard last.position.end == Int32(clamping: token.start) else { return false }
    switch last.kind {
    case .literal(.int), .literal(.double): return true
    default: return false
    }
  }

  mutating func foreignOperator(_ here: ExprPosition) {
    switch text(token) {
    case ";": report("`;` ends nothing in an expression", at: here)
    case "=>", "=~", "^", "**", "~", "#", "$", "\\", "@":
      report("`\(text(token))` is not an operator", at: here)
    case let other where other.utf8.first.map { $0 < 0x20 || $0 == 0x7F } ?? false:
      report("a control character stands outside a string", at: here)
    case let other where other.utf8.count > 1:
      report(
        "the character `\(other)` stands outside a string", at: here,
        help: "names are made of letters a-z, digits and `_`; text needs quotes")
    default:
      report("`\(text(token))` is not an operator", at: here)
    }
  }

  func misspelt() -> (String, Token.Kind)? {
    switch token.end - token.start {
    case 1:
      if lexer.matches(token.start, "=") { return ("==", .equal) }
      if lexer.matches(token.start, "&") { return ("&&", .and) }
      if lexer.matches(token.start, "|") { return ("||", .or) }
    case 2:
      if lexer.matches(token.start, "<>") { return ("!=", .notEqual) }
      if lexer.matches(token.start, "=<") { return ("<=", .lessEqual) }
      if lexer.matches(token.start, "or") || lexer.matches(token.start, "OR") {
        return ("||", .or)
      }
    case 3:
      if lexer.matches(token.start, "===") { return ("==", .equal) }
      if lexer.matches(token.start, "!==") { return ("!=", .notEqual) }
      if lexer.matches(token.start, "and") || lexer.matches(token.start, "AND") {
        return ("&&", .and)
      }
    default: break
    }
    return nil
  }
}
