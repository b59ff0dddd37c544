// Selections, calls, names and what stands alone.
extension Parser {
  mutating func parseMember(negative: Int? = nil) -> Expr {
    let start = negative ?? token.start
    var expr = parsePrimary(negative: negative)
    while !panicking {
      switch token.kind {
      case .dot:
        expr = parseSelection(of: expr, start)
      case .leftBracket:
        let operandHeight = height
        advance()
        let optional = accept(.question)
        let index = parseExpression()
        closeBracket(.rightBracket, "`]`")
        grow(start, over: max(operandHeight, height))
        expr = node(
          start,
          .call(function: optional ? "_[?_]" : "_[_]", target: nil, arguments: [expr, index]))
      case .leftBrace:
        guard let name = expr.qualifiedName else { return expr }
        expr = parseStructure(name, start)
      default: return expr
      }
    }
    return expr
  }

  mutating func parseSelection(of operand: Expr, _ start: Int) -> Expr {
    let operandHeight = height
    advance()
    let optional = accept(.question)
    let name = token
    switch name.kind {
    case .identifier, .quotedIdentifier: advance()
    case .kwIn, .kwTrue, .kwFalse, .kwNull:
      expected("a field name", help: "a field with this name is written in backticks")
      advance()
      return node(start, .invalid)
    default:
      expected("a field name")
      return node(start, .invalid)
    }
    if name.kind == .identifier, !optional, token.kind == .leftParen {
      let (arguments, tallest) = parseArguments()
      height = max(operandHeight, tallest)
      return call(text(name), target: operand, arguments, start)
    }
    grow(start, over: operandHeight)
    return node(
      start,
      .select(operand: operand, field: text(name), test: false, optional: optional))
  }

  /// The arguments after `(`, and the height of the tallest.
  mutating func parseArguments() -> ([Expr], Int) {
    advance()
    var arguments: [Expr] = []
    var tallest = 0
    while token.kind != .rightParen, token.kind != .end {
      arguments.append(parseExpression())
      tallest = max(tallest, height)
      guard separator(.rightParen, "`,` or `)`") else { break }
      if token.kind == .rightParen { expected("an argument") }
    }
    closeBracket(.rightParen, "`)`")
    return (arguments, tallest)
  }

  /// Past a comma: true. At the closing bracket: false. Else a mistake.
  mutating func separator(_ close: Token.Kind, _ what: String) -> Bool {
    if !panicking, token.kind != .comma, token.kind != close {
      if token.kind == .end || token.kind == .broken {
        expected(what)
      } else if closes(token.kind) {
        expected(what)
      } else {
        misplaced(what)
      }
    }
    synchronize(close)
    return accept(.comma)
  }

  mutating func misplaced(_ what: String) {
    if token.kind == .foreign {
      foreignOperator(lexer.position(token.start, token.end))
      panicking = true
    } else {
      expected(what)
    }
  }

  func closes(_ kind: Token.Kind) -> Bool {
    kind == .rightParen || kind == .rightBracket || kind == .rightBrace
  }

  mutating func closeBracket(_ close: Token.Kind, _ what: String) {
    if panicking {
      // Skip what is left of this bracket.
      while token.kind != .end {
        synchronize(close)
        guard token.kind == .comma else { break }
        advance()
        panicking = true
      }
    }
    if accept(close) {
      panicking = false
    } else if token.kind == .foreign, !panicking {
      misplaced(what)
    } else {
      expected(what)
    }
  }

  mutating func parsePrimary(negative: Int?) -> Expr {
    let start = negative ?? token.start
    let current = token
    height = 1
    switch current.kind {
    case .int, .uint, .double:
      advance()
      return number(current, start, negative: negative != nil)
    case .string, .bytes:
      advance()
      return string(current)
    case .kwTrue:
      advance()
      return node(start, .literal(.bool(true)))
    case .kwFalse:
      advance()
      return node(start, .literal(.bool(false)))
    case .kwNull:
      advance()
      return node(start, .literal(.null))
    case .leftParen:
      advance()
      let inner = parseExpression()
      let tallest = height
      closeBracket(.rightParen, "`)`")
      height = tallest
      return inner
    case .leftBracket: return parseList(start)
    case .leftBrace: return parseMap(start)
    case .identifier, .dot: return parseName(start)
    case .foreign:
      foreignStart()
      return node(start, .invalid)
    default:
      expected(
        "an expression",
        help: current.kind == .quotedIdentifier
          ? "only fields are written in backticks: a.`b-c`" : nil)
      return node(start, .invalid)
    }
  }

  mutating func foreignStart() {
    let here = lexer.position(token.start, token.end)
    if misspelt() != nil {
      expected("an expression")
    } else {
      foreignOperator(here)
      panicking = true
    }
  }

  mutating func parseName(_ start: Int) -> Expr {
    let leading = accept(.dot)
    let name = token
    guard name.kind == .identifier else {
      expected("a name")
      return node(start, .invalid)
    }
    advance()
    var word = text(name)
    if reservedWords.contains(word) {
      report(
        "`\(word)` is a reserved word", at: lexer.position(name.start, name.end),
        help: word == "if" ? "write `condition ? a : b`" : "choose another name")
      return node(start, .invalid)
    }
    if leading { word = "." + word }
    if token.kind == .leftParen {
      let (arguments, tallest) = parseArguments()
      height = tallest
      return call(word, target: nil, arguments, start)
    }
    if word == "not" || word == "NOT", startsOperand(token.kind) {
      report(
        "`\(word)` is not an operator", at: lexer.position(name.start, name.end),
        help: "write `!`")
      let operand = parseMember()
      return node(start, .call(function: "!_", target: nil, arguments: [operand]))
    }
    return node(start, .ident(word))
  }

  func startsOperand(_ kind: Token.Kind) -> Bool {
    switch kind {
    case .identifier, .string, .bytes, .int, .uint, .double, .kwTrue, .kwFalse, .not:
      misspelt() == nil
    default: false
    }
  }

  /// A call, or what a macro makes of it.
  mutating func call(
    _ name: String, target: Expr?, _ arguments: [Expr], _ start: Int
  ) -> Expr {
    let childHeight = height
    let call = node(start, .call(function: name, target: target, arguments: arguments))
    grow(start, over: childHeight)
    guard !panicking else { return call }
    for macro in macros
    where macro.member == (target != nil) && macro.name == name
      && (macro.argumentCount == nil || macro.argumentCount == arguments.count)
    {
      guard let expanded = macro.expand(call, target, arguments, context) else { continue }
      // An expansion is as tall and as big as it is; a host's may bring in whole terms.
      let before = call.measure(height: limit, nodes: nodeLimit).nodes
      let after = expanded.measure(height: limit, nodes: nodeLimit)
      count(max(0, after.nodes - before), start)
      height = after.height
      if height > limit { overLimit(start) }
      return expanded
    }
    return call
  }
}
