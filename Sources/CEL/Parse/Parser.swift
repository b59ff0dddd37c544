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
        bytes, source: source, macros: environment.macros, limits: environment.limits)
      let expr = parser.parseWhole()
      return (expr, parser.allIssues())
    }
  }
}

/// A precedence-climbing parser. After a mistake it says nothing more until it is back in step, at a
/// comma or a closing bracket.
struct Parser {
  var lexer: Lexer
  let source: Int32
  let macros: [Macro]
  let limit: Int
  let nodeLimit: Int
  /// Nodes made so far.
  var nodes = 0
  let context = MacroContext()
  var issues: [CELIssue] = []
  var token: Token
  /// Where the token before `token` ended.
  var lastEnd = 0
  /// Recursion of the parser now.
  var depth = 0
  /// Height of the tree that the last parsing function gave back.
  var height = 0
  /// A mistake was reported and the parser is not back in step.
  var panicking = false
  /// Operators of other languages that were reported.
  var misspellings: Set<String> = []
  /// Nothing more is read.
  var stopped = false

  init(
    _ bytes: UnsafeBufferPointer<UInt8>, source: Int32, macros: [Macro],
    limits: Environment.Limits
  ) {
    lexer = Lexer(bytes, source: source)
    self.source = source
    self.macros = macros
    limit = max(1, min(limits.depth, Environment.Limits.deepest))
    nodeLimit = limits.nodes
    token = lexer.next()
  }

  func allIssues() -> [CELIssue] {
    // A broken literal is reported by the lexer; several sources of issues, one order.
    sortedIssues(issues + lexer.issues + context.issues)
  }

  // MARK: - tokens

  mutating func advance() {
    lastEnd = token.end
    if stopped {
      token = Token(kind: .end, start: token.end, end: token.end)
    } else {
      token = lexer.next()
    }
  }

  mutating func accept(_ kind: Token.Kind) -> Bool {
    guard token.kind == kind else { return false }
    advance()
    return true
  }

  /// Whether a number stands after the token.
  func peekNumber() -> Bool {
    var ahead = lexer
    let next = ahead.next().kind
    return next == .int || next == .double
  }

  func text(_ token: Token) -> String {
    token.kind == .quotedIdentifier
      ? lexer.text(token.start + 1, token.end - 1) : lexer.text(token.start, token.end)
  }

  mutating func node(_ start: Int, _ kind: Expr.Kind) -> Expr {
    count(1, start)
    return Expr(position: lexer.position(start, max(lastEnd, start)), kind: kind)
  }

  func found() -> String {
    switch token.kind {
    case .end: "the end of the expression"
    case .string: "a string"
    case .bytes: "a bytes literal"
    default: "`\(lexer.text(token.start, min(token.end, token.start + 40)))`"
    }
  }

  mutating func report(
    _ message: String, at position: ExprPosition, help: String? = nil,
    kind: CELIssue.Kind = .syntax
  ) {
    guard !panicking, !stopped else { return }
    issues.append(CELIssue(kind, message, at: position, help: help))
  }

  /// Reports that `what` does not stand here, and begins to panic.
  mutating func expected(_ what: String, help: String? = nil) {
    // The lexer has said what is wrong with a broken token.
    if token.kind != .broken {
      report(
        "expected \(what), found \(found())", at: lexer.position(token.start, token.end),
        help: help)
    }
    panicking = true
  }

  mutating func overLimit(_ start: Int) {
    stop("the expression is nested more than \(limit) deep", start)
  }

  /// Takes note of nodes that were made, as far as the limit allows.
  mutating func count(_ made: Int, _ start: Int) {
    nodes += made
    if nodes > nodeLimit { stop("the expression has more than \(nodeLimit) parts", start) }
  }

  /// Reads nothing more: a limit is passed.
  private mutating func stop(_ message: String, _ start: Int) {
    guard !stopped else { return }
    if !panicking {
      issues.append(
        CELIssue(
          .limit, message, at: lexer.position(start, max(start, token.start)),
          help: "name parts of it as terms of their own"))
    }
    panicking = true
    stopped = true
    token = Token(kind: .end, start: token.start, end: token.start)
  }

  mutating func grow(_ start: Int, over children: Int) {
    height = children + 1
    if height > limit { overLimit(start) }
  }

  /// After a mistake: on to the next comma or closing bracket of this nesting.
  mutating func synchronize(_ close: Token.Kind) {
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

  mutating func parseWhole() -> Expr {
    if token.kind == .end {
      report("expected an expression, found nothing", at: lexer.position(0, token.end))
      return node(0, .invalid)
    }
    let expr = parseExpression()
    if token.kind != .end, !panicking { leftOver(after: expr) }
    return expr
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
