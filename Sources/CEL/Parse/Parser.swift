/// Text of the Common Expression Language to a syntax tree.
public enum CELParser {
  /// Parses one expression and expands its macros.
  ///
  /// Never fails: where the text makes no sense the tree holds `.invalid` nodes and `issues` says why.
  public static func parse(
    _ text: String, source: Int32 = 0, in environment: Environment
  ) -> (expr: Expr, issues: [CELIssue]) {
    var text = text
    return text.withUTF8 { bytes in
      let length = min(bytes.count, Int(Int32.max))
      let whole = ExprPosition(source: source, start: 0, end: Int32(length))
      guard bytes.count <= environment.limits.size else {
        let issue = CELIssue(
          .limit,
          "the expression has \(bytes.count) bytes, the limit is \(environment.limits.size)",
          at: whole)
        return (Expr(position: whole, kind: .invalid), [issue])
      }
      var parser = Parser(
        bytes, source: source, macros: environment.macros, depth: environment.limits.depth)
      let expr = parser.parseWhole()
      return (expr, parser.allIssues())
    }
  }
}

/// A precedence-climbing parser. After a mistake it says nothing more until it is back in step, at a
/// comma or a closing bracket.
struct Parser {
  private var lexer: Lexer
  private let source: Int32
  private let macros: [Macro]
  private let limit: Int
  private let context = MacroContext()
  private var issues: [CELIssue] = []
  private var token: Token
  /// Where the token before `token` ended.
  private var lastEnd = 0
  /// Recursion of the parser now.
  private var depth = 0
  /// Height of the tree that the last parsing function gave back.
  private var height = 0
  /// A mistake was reported and the parser is not back in step.
  private var panicking = false
  /// Operators of other languages that were reported.
  private var misspellings: Set<String> = []
  /// Nothing more is read.
  private var stopped = false

  init(
    _ bytes: UnsafeBufferPointer<UInt8>, source: Int32, macros: [Macro], depth: Int
  ) {
    lexer = Lexer(bytes, source: source)
    self.source = source
    self.macros = macros
    limit = depth
    token = lexer.next()
  }

  func allIssues() -> [CELIssue] {
    // A broken literal is reported by the lexer; several sources of issues, one order.
    sortedIssues(issues + lexer.issues + context.issues)
  }

  // MARK: - tokens

  private mutating func advance() {
    lastEnd = token.end
    if stopped {
      token = Token(kind: .end, start: token.end, end: token.end)
    } else {
      token = lexer.next()
    }
  }

  private mutating func accept(_ kind: Token.Kind) -> Bool {
    guard token.kind == kind else { return false }
    advance()
    return true
  }

  /// Whether a number stands after the token.
  private func peekNumber() -> Bool {
    var ahead = lexer
    let next = ahead.next().kind
    return next == .int || next == .double
  }

  private func text(_ token: Token) -> String {
    token.kind == .quotedIdentifier
      ? lexer.text(token.start + 1, token.end - 1) : lexer.text(token.start, token.end)
  }

  private func node(_ start: Int, _ kind: Expr.Kind) -> Expr {
    Expr(position: lexer.position(start, max(lastEnd, start)), kind: kind)
  }

  private func found() -> String {
    switch token.kind {
    case .end: "the end of the expression"
    case .string: "a string"
    case .bytes: "a bytes literal"
    default: "`\(lexer.text(token.start, min(token.end, token.start + 40)))`"
    }
  }

  private mutating func report(
    _ message: String, at position: ExprPosition, help: String? = nil,
    kind: CELIssue.Kind = .syntax
  ) {
    guard !panicking, !stopped else { return }
    issues.append(CELIssue(kind, message, at: position, help: help))
  }

  /// Reports that `what` does not stand here, and begins to panic.
  private mutating func expected(_ what: String, help: String? = nil) {
    // The lexer has said what is wrong with a broken token.
    if token.kind != .broken {
      report(
        "expected \(what), found \(found())", at: lexer.position(token.start, token.end),
        help: help)
    }
    panicking = true
  }

  private mutating func overLimit(_ start: Int) {
    guard !stopped else { return }
    if !panicking {
      issues.append(
        CELIssue(
          .limit, "the expression is nested more than \(limit) deep",
          at: lexer.position(start, max(start, token.start)),
          help: "name parts of it as terms of their own"))
    }
    panicking = true
    stopped = true
    token = Token(kind: .end, start: token.start, end: token.start)
  }

  private mutating func grow(_ start: Int, over children: Int) {
    height = children + 1
    if height > limit { overLimit(start) }
  }

  /// After a mistake: on to the next comma or closing bracket of this nesting.
  private mutating func synchronize(_ close: Token.Kind) {
    guard panicking else { return }
    var open = 0
    while token.kind != .end {
      switch token.kind {
      case .leftParen, .leftBracket, .leftBrace: open += 1
      case .rightParen, .rightBracket, .rightBrace:
        if open == 0 {
          if token.kind == close { panicking = false }
          return
        }
        open -= 1
      case .comma where open == 0:
        panicking = false
        return
      default: break
      }
      advance()
    }
  }

  // MARK: - expressions

  mutating func parseWhole() -> Expr {
    if token.kind == .end {
      report("expected an expression, found nothing", at: lexer.position(0, token.end))
      return node(0, .invalid)
    }
    let expr = parseExpression()
    if token.kind != .end, !panicking { leftOver(after: expr) }
    return expr
  }

  /// Says why the expression does not go on as written.
  private mutating func leftOver(after expr: Expr) {
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
    case .colon:
      report(
        "expected an operator or the end, found `:`", at: here,
        help: "a ternary is written `condition ? a : b`")
    default:
      report("expected an operator or the end, found \(found())", at: here)
    }
    panicking = true
  }

  private mutating func foreignOperator(_ here: ExprPosition) {
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

  /// `or ? or : expression`
  private mutating func parseExpression() -> Expr {
    depth += 1
    defer { depth -= 1 }
    let start = token.start
    if depth > limit {
      overLimit(start)
      height = 1
      return node(start, .invalid)
    }
    let condition = parseBinary(1)
    guard token.kind == .question, !panicking else { return condition }
    var tallest = height
    advance()
    let yes = parseBinary(1)
    tallest = max(tallest, height)
    guard accept(.colon) else {
      expected(
        "`:` of the ternary",
        help: token.kind == .question ? "put the inner `?:` in parentheses" : nil)
      return node(start, .invalid)
    }
    let no = parseExpression()
    grow(start, over: max(tallest, height))
    return node(start, .call(function: "_?_:_", target: nil, arguments: [condition, yes, no]))
  }

  private struct Operator {
    var precedence: Int
    var function: String
  }

  /// The binary operator at the token. Words and signs of other languages are reported and read as
  /// what they mean, so that the rest is still checked.
  private mutating func binaryOperator() -> Operator? {
    switch token.kind {
    case .or: return Operator(precedence: 1, function: "_||_")
    case .and: return Operator(precedence: 2, function: "_&&_")
    case .less: return Operator(precedence: 3, function: "_<_")
    case .lessEqual: return Operator(precedence: 3, function: "_<=_")
    case .greater: return Operator(precedence: 3, function: "_>_")
    case .greaterEqual: return Operator(precedence: 3, function: "_>=_")
    case .equal: return Operator(precedence: 3, function: "_==_")
    case .notEqual: return Operator(precedence: 3, function: "_!=_")
    case .kwIn: return Operator(precedence: 3, function: "@in")
    case .plus: return Operator(precedence: 4, function: "_+_")
    case .minus: return Operator(precedence: 4, function: "_-_")
    case .star: return Operator(precedence: 5, function: "_*_")
    case .slash: return Operator(precedence: 5, function: "_/_")
    case .percent: return Operator(precedence: 5, function: "_%_")
    case .foreign, .identifier:
      guard !panicking, let (instead, kind) = misspelt() else { return nil }
      token.kind = kind
      // A habit is one mistake, however often it shows.
      if misspellings.insert(text(token)).inserted {
        report(
          "`\(text(token))` is not an operator", at: lexer.position(token.start, token.end),
          help: kind == .equal ? "write `==` to compare" : "write `\(instead)`")
      }
      return binaryOperator()
    default: return nil
    }
  }

  private func misspelt() -> (String, Token.Kind)? {
    switch token.end - token.start {
    case 1:
      if lexer.matches(token.start, "=") { return ("==", .equal) }
      if lexer.matches(token.start, "&") { return ("&&", .and) }
      if lexer.matches(token.start, "|") { return ("||", .or) }
    case 2:
      if lexer.matches(token.start, "<>") { return ("!=", .notEqual) }
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

  private mutating func parseBinary(_ minimum: Int) -> Expr {
    let start = token.start
    var left = parseUnary()
    while !panicking, let op = binaryOperator(), op.precedence >= minimum {
      var tallest = height
      if op.precedence <= 2 {
        // A chain becomes a balanced tree: its height grows with the logarithm of its length.
        var terms = [left]
        let kind = token.kind
        while token.kind == kind || binaryOperator()?.precedence == op.precedence {
          advance()
          terms.append(parseBinary(op.precedence + 1))
          tallest = max(tallest, height)
          if panicking { break }
        }
        left = Expr.balanced(op.function, terms[...])
        var count = terms.count - 1
        while count > 1 {
          count /= 2
          tallest += 1
        }
      } else {
        advance()
        let right = parseBinary(op.precedence + 1)
        tallest = max(tallest, height)
        left = node(start, .call(function: op.function, target: nil, arguments: [left, right]))
      }
      grow(start, over: tallest)
    }
    return left
  }

  private mutating func parseUnary() -> Expr {
    let start = token.start
    switch token.kind {
    case .not:
      var count = 0
      while accept(.not) { count += 1 }
      let operand: Expr
      if token.kind == .minus, peekNumber() {
        let minus = token.start
        advance()
        operand = parseMember(negative: minus)
      } else {
        operand = parseMember()
      }
      guard count % 2 == 1 else { return operand }
      grow(start, over: height)
      return node(start, .call(function: "!_", target: nil, arguments: [operand]))
    case .minus:
      var count = 0
      var last = start
      while token.kind == .minus {
        last = token.start
        advance()
        count += 1
      }
      let isNumber = token.kind == .int || token.kind == .double
      if isNumber, count % 2 == 1 { return parseMember(negative: count == 1 ? start : last) }
      let operand = parseMember()
      guard count % 2 == 1 else { return operand }
      grow(start, over: height)
      return node(start, .call(function: "-_", target: nil, arguments: [operand]))
    default:
      return parseMember()
    }
  }

  // MARK: - members and primaries

  private mutating func parseMember(negative: Int? = nil) -> Expr {
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

  private mutating func parseSelection(of operand: Expr, _ start: Int) -> Expr {
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
  private mutating func parseArguments() -> ([Expr], Int) {
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
  private mutating func separator(_ close: Token.Kind, _ what: String) -> Bool {
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

  private mutating func misplaced(_ what: String) {
    if token.kind == .foreign {
      foreignOperator(lexer.position(token.start, token.end))
      panicking = true
    } else {
      expected(what)
    }
  }

  private func closes(_ kind: Token.Kind) -> Bool {
    kind == .rightParen || kind == .rightBracket || kind == .rightBrace
  }

  private mutating func closeBracket(_ close: Token.Kind, _ what: String) {
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

  private mutating func parsePrimary(negative: Int?) -> Expr {
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

  private mutating func foreignStart() {
    let here = lexer.position(token.start, token.end)
    if misspelt() != nil {
      expected("an expression")
    } else {
      foreignOperator(here)
      panicking = true
    }
  }

  private mutating func parseName(_ start: Int) -> Expr {
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
        help: "choose another name")
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

  private func startsOperand(_ kind: Token.Kind) -> Bool {
    switch kind {
    case .identifier, .string, .bytes, .int, .uint, .double, .kwTrue, .kwFalse, .not:
      misspelt() == nil
    default: false
    }
  }

  private mutating func parseList(_ start: Int) -> Expr {
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

  private mutating func parseMap(_ start: Int) -> Expr {
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

  private mutating func parseStructure(_ name: String, _ start: Int) -> Expr {
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

  // MARK: - literals

  private mutating func number(_ token: Token, _ start: Int, negative: Bool) -> Expr {
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

  private mutating func string(_ token: Token) -> Expr {
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

  // MARK: - calls

  /// A call, or what a macro makes of it.
  private mutating func call(
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
      // An expansion is as tall as it is; a host's may bring in whole terms.
      height = expanded.height(limit: limit)
      if height > limit { overLimit(start) }
      return expanded
    }
    return call
  }
}

/// Words that CEL keeps for other languages' sake; no variable may be named so.
let reservedWords: Set<String> = [
  "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop",
  "package", "namespace", "return", "var", "void", "while",
]

func sortedIssues(_ issues: [CELIssue]) -> [CELIssue] {
  guard issues.count > 1 else { return issues }
  return issues.enumerated().sorted {
    let (a, b) = ($0.element.position, $1.element.position)
    return (a.source, a.start, a.end, Int32($0.offset)) < (
      b.source, b.start, b.end, Int32($1.offset)
    )
  }.map(\.element)
}
