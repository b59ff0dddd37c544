extension CheckedExpression {
  /// The expression with negations moved inwards, until they stand before what has no logic inside.
  ///
  /// Sound for every value, unknowns and errors included: each step gives what the original gives.
  /// - `!!a` is `a`, where `a` is surely a bool.
  /// - `!(a && b)` is `!a || !b`, and the other way round: an unknown or an error passes `!`, and `&&` and
  ///   `||` treat them alike.
  /// - `!(c ? a : b)` is `c ? !a : !b`.
  /// - `!(a == b)` is `a != b`, which is how CEL defines `!=`, also for NaN.
  /// - `!(a < b)` is `a >= b` for values in one order: int, uint, string, bytes, bool, timestamp, duration and
  ///   date. Not for doubles: of NaN both are false. Not for `dyn`, which may hold one.
  /// - `!x.all(i, p)` is `x.exists(i, !p)`, and the other way round. A partial list or map is no obstacle: what is
  ///   not known of it can only be a witness, and each macro needs one to decide.
  public func negationNormalForm(in environment: Environment) -> CheckedExpression {
    var normalizer = Normalizer(self, environment)
    let root = normalizer.keep(root)
    return normalizer.builder.finish(root)
  }
}

private struct Normalizer {
  let checked: CheckedExpression
  let environment: Environment
  var builder: TreeBuilder

  init(_ checked: CheckedExpression, _ environment: Environment) {
    self.checked = checked
    self.environment = environment
    builder = TreeBuilder(checked)
  }

  private func type(_ expr: Expr) -> CELType { checked.type(of: expr) }

  /// The expression with its parts normal.
  mutating func keep(_ expr: Expr) -> Expr {
    if case .call("!_", nil, let parts) = expr.kind, parts.count == 1, isStandard(expr) {
      return negate(parts[0], whole: expr)
    }
    return expr.mapChildren { keep($0) }
  }

  private func isStandard(_ expr: Expr) -> Bool {
    guard case .overloads(let found)? = checked.reference(of: expr) else { return false }
    return found.allSatisfy { Standard.ids.contains($0.id) }
  }

  /// The contrary of `expr`. `whole` is the negation it comes from, where there is one.
  private mutating func negate(_ expr: Expr, whole: Expr? = nil) -> Expr {
    switch expr.kind {
    case .literal(.bool(let value)):
      return builder.node(.literal(.bool(!value)), .bool, at: expr.position)
    case .call("!_", nil, let parts):
      if parts.count == 1, isStandard(expr), type(parts[0]) == .bool { return keep(parts[0]) }
    case .call("_&&_", nil, let parts), .call("_||_", nil, let parts):
      guard parts.count == 2, case .call(let function, _, _) = expr.kind else { break }
      let negated = parts.map { negate($0) }
      return call(function == "_&&_" ? "_||_" : "_&&_", negated, at: expr.position)
    case .call("_?_:_", nil, let parts):
      guard parts.count == 3, isStandard(expr) else { break }
      let negated = [keep(parts[0]), negate(parts[1]), negate(parts[2])]
      return call("_?_:_", negated, at: expr.position)
    case .call(let function, nil, let parts):
      if parts.count == 2, let other = contrary(function, parts, expr) {
        return call(other, parts.map { keep($0) }, like: expr, at: expr.position)
      }
    case .comprehension(let fold):
      if let other = contrary(fold, expr) { return other }
    default: break
    }
    let inner = keep(expr)
    if let whole {
      var kept = whole
      kept.kind = .call(function: "!_", target: nil, arguments: [inner])
      return kept
    }
    return call("!_", [inner], at: expr.position)
  }

  private mutating func call(
    _ function: String, _ parts: [Expr], like: Expr? = nil, at position: ExprPosition
  ) -> Expr {
    var overloads = environment.functions[function]?.overloads ?? []
    if let like, case .overloads(let own)? = checked.reference(of: like) {
      let alike = overloads.filter { candidate in
        own.contains { $0.parameters == candidate.parameters }
      }
      if !alike.isEmpty { overloads = alike }
    }
    return builder.node(
      .call(function: function, target: nil, arguments: parts), .bool, .overloads(overloads),
      at: position)
  }

  /// The comparison that holds exactly where this one does not.
  private func contrary(_ function: String, _ parts: [Expr], _ expr: Expr) -> String? {
    guard isStandard(expr) else { return nil }
    switch function {
    case "_==_": return "_!=_"
    case "_!=_": return "_==_"
    default: break
    }
    guard parts.allSatisfy({ isOrdered(type($0)) }) else { return nil }
    switch function {
    case "_<_": return "_>=_"
    case "_>=_": return "_<_"
    case "_>_": return "_<=_"
    case "_<=_": return "_>_"
    default: return nil
    }
  }

  private func isOrdered(_ type: CELType) -> Bool {
    switch type {
    case .bool, .int, .uint, .string, .bytes, .timestamp, .duration, .date, .enumeration: true
    default: false
    }
  }

  /// `exists` for `all`, `all` for `exists`.
  private mutating func contrary(_ fold: Expr.Comprehension, _ expr: Expr) -> Expr? {
    let isAll: Bool
    switch fold.macro {
    case .all: isAll = true
    case .exists: isAll = false
    default: return nil
    }
    guard case .call(isAll ? "_&&_" : "_||_", nil, let parts) = fold.step.kind, parts.count == 2,
      case .ident(fold.accumulator) = parts[0].kind,
      case .ident(fold.accumulator) = fold.result.kind,
      case .call("@not_strictly_false", nil, _) = fold.condition.kind
    else { return nil }
    let at = expr.position
    var other = fold
    other.macro = isAll ? .exists : .all
    other.range = keep(fold.range)
    other.initial = builder.node(.literal(.bool(!isAll)), .bool, at: at)
    var going = parts[0]
    if isAll { going = call("!_", [going], at: at) }
    other.condition = call("@not_strictly_false", [going], at: at)
    other.step = call(isAll ? "_||_" : "_&&_", [parts[0], negate(parts[1])], at: at)
    return builder.node(.comprehension(other), .bool, at: at)
  }
}
