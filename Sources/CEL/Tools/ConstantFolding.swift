extension CheckedExpression {
  /// The expression with what is known before any run worked out: `60 * 60 > x` becomes `3600 > x`.
  ///
  /// Folded are calls of the standard library over constants, comprehensions over them included, and logic
  /// that a constant decides: `true && b` is `b` where `b` is surely a bool, `false && b` is `false` whatever
  /// `b` comes to, an error or unknown included, as evaluation has it. What fails, what calls a function of
  /// the host, what no literal can write, and what would grow large, stays. The result evaluates as the
  /// original does on every activation.
  public func foldingConstants(in environment: Environment) -> CheckedExpression {
    var folder = ConstantFolder(self, environment)
    let root = folder.fold(root)
    return folder.builder.finish(root)
  }
}

private struct ConstantFolder {
  let checked: CheckedExpression
  let environment: Environment
  var builder: TreeBuilder

  /// Parts and characters of a literal that a folded value may come to.
  private static let room = 200

  init(_ checked: CheckedExpression, _ environment: Environment) {
    self.checked = checked
    var limited = environment
    limited.limits.iterations = min(environment.limits.iterations, 1_000)
    self.environment = limited
    builder = TreeBuilder(checked)
  }

  mutating func fold(_ expr: Expr) -> Expr {
    var folded = expr
    switch expr.kind {
    case .literal, .invalid: return expr
    case .comprehension(var c):
      c.range = fold(c.range)
      c.initial = fold(c.initial)
      // The shape of the step tells which macro it was: its parts are folded, not it.
      c.step = foldParts(c.step)
      if c.macro == .bind { c.result = fold(c.result) }
      folded.kind = .comprehension(c)
    default:
      if case .variable(let declaration)? = checked.reference(of: expr) {
        guard let constant = declaration.constant else { return expr }
        return literal(constant, for: expr) ?? expr
      }
      if case .constant(let value)? = checked.reference(of: expr) {
        return literal(value, for: expr) ?? expr
      }
      folded = foldParts(expr)
    }
    if let simpler = simplified(folded) { return simpler }
    return evaluated(folded) ?? folded
  }

  private mutating func foldParts(_ expr: Expr) -> Expr {
    expr.mapChildren { fold($0) }
  }

  /// Logic that a constant decides.
  private mutating func simplified(_ expr: Expr) -> Expr? {
    guard case .call(let function, nil, let parts) = expr.kind else { return nil }
    switch function {
    case "_&&_", "_||_":
      guard parts.count == 2 else { return nil }
      let deciding = function == "_||_"
      for (constant, other) in [(parts[0], parts[1]), (parts[1], parts[0])] {
        guard case .literal(.bool(let value)) = constant.kind else { continue }
        if value == deciding { return builder.replace(expr, with: constant.kind) }
        if checked.type(of: other) == .bool { return other }
      }
      return nil
    case "_?_:_":
      guard parts.count == 3, case .literal(.bool(let value)) = parts[0].kind else { return nil }
      return parts[value ? 1 : 2]
    default: return nil
    }
  }

  /// What a closed expression comes to, as a literal.
  private mutating func evaluated(_ expr: Expr) -> Expr? {
    switch expr.kind {
    case .call, .comprehension, .select: break
    default: return nil
    }
    guard isClosed(expr, []) else { return nil }
    let program = Program(builder.finish(expr), in: environment)
    let value = program.evaluate(EmptyActivation())
    if value.isErrorOrUnknown { return nil }
    return literal(value, for: expr)
  }

  /// Made of literals, own variables and functions of the standard library alone.
  private func isClosed(_ expr: Expr, _ bound: Set<String>) -> Bool {
    switch expr.kind {
    case .literal: return true
    case .invalid, .structure: return false
    case .ident(let name): return bound.contains(name)
    case .call(let function, let target, let arguments):
      if target != nil || (function != "_&&_" && function != "_||_") {
        guard case .overloads(let found)? = checked.reference(of: expr), !found.isEmpty,
          found.allSatisfy({ Standard.ids.contains($0.id) }),
          function != "lists.range"
        else { return false }
        // A qualified name is no operand.
        if let target, found.first?.member != false, !isClosed(target, bound) { return false }
      }
      return arguments.allSatisfy { isClosed($0, bound) }
    case .comprehension(let c):
      let result = bound.union([c.accumulator])
      let inner = result.union([c.variable]).union(c.variable2.map { [$0] } ?? [])
      return isClosed(c.range, bound) && isClosed(c.initial, bound) && isClosed(c.condition, inner)
        && isClosed(c.step, inner) && isClosed(c.result, result)
    case .select, .list, .map:
      if checked.reference(of: expr) != nil, case .select = expr.kind { return false }
      var closed = true
      expr.eachChild { if closed { closed = isClosed($0, bound) } }
      return closed
    }
  }

  private mutating func literal(_ value: Value, for expr: Expr) -> Expr? {
    var room = Self.room
    guard let kind = kind(value, at: expr.position, &room) else { return nil }
    return builder.replace(expr, with: kind)
  }

  /// The value as an expression writes it, if there is room for it.
  private mutating func kind(
    _ value: Value, at position: ExprPosition, _ room: inout Int
  ) -> Expr.Kind? {
    room -= 1
    if room < 0 { return nil }
    switch value {
    case .null: return .literal(.null)
    case .bool(let value): return .literal(.bool(value))
    case .int(let value): return .literal(.int(value))
    case .uint(let value): return .literal(.uint(value))
    case .double(let value): return value.isFinite ? .literal(.double(value)) : nil
    case .string(let text):
      room -= text.utf8.count
      return room < 0 ? nil : .literal(.string(text))
    case .bytes(let bytes):
      room -= bytes.count
      return room < 0 ? nil : .literal(.bytes(bytes))
    case .list(let list):
      guard list.missing == nil else { return nil }
      var elements: [Expr.ListElement] = []
      for element in list.elements {
        guard let kind = kind(element, at: position, &room) else { return nil }
        elements.append(
          .init(value: builder.node(kind, element.runtimeType, at: position)))
      }
      return .list(elements)
    default: return nil
    }
  }
}
