// Operators by precedence.
extension Parser {
  /// `or ? or : expression`
  mutating func parseExpression() -> Expr {
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

  struct Operator {
    var precedence: Int
    var function: String
  }

  /// The binary operator at the token. Words and signs of other languages are reported and read as
  /// what they mean, so that the rest is still checked.
  mutating func binaryOperator() -> Operator? {
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

  mutating func parseBinary(_ minimum: Int) -> Expr {
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
        count(terms.count - 1, start)
        left = Expr.balanced(op.function, terms[...])
        var links = terms.count - 1
        while links > 1 {
          links /= 2
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

  mutating func parseUnary() -> Expr {
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
}
