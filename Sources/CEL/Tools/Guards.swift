/// What the logic of a condition tells about fields that may be absent.
///
/// A fact is the selection `x.f` of a field that is known to be present where control has come to.
enum Guards {
  /// What holds if `expr` is true.
  static func whenTrue(_ expr: Expr) -> [Expr] {
    switch expr.kind {
    case .select(let operand, let field, test: true, _):
      return [
        Expr(
          position: expr.position,
          kind: .select(operand: operand, field: field, test: false, optional: false))
      ]
    case .call("!_", nil, let arguments): return arguments.first.map(whenFalse) ?? []
    case .call("_&&_", nil, let arguments): return arguments.flatMap(whenTrue)
    case .call("_||_", nil, let arguments): return common(arguments.map(whenTrue))
    case .call("_?_:_", nil, let arguments) where arguments.count == 3:
      // `a ? b : false` is `a && b`.
      if case .literal(.bool(false)) = arguments[2].kind {
        return whenTrue(arguments[0]) + whenTrue(arguments[1])
      }
      return common([whenTrue(arguments[1]), whenTrue(arguments[2])])
    case .comprehension(let c) where c.macro == .bind:
      return whenTrue(c.result).filter { !mentions($0, [c.accumulator]) }
    default: return []
    }
  }

  /// What holds if `expr` is false.
  static func whenFalse(_ expr: Expr) -> [Expr] {
    switch expr.kind {
    case .call("!_", nil, let arguments): return arguments.first.map(whenTrue) ?? []
    case .call("_||_", nil, let arguments): return arguments.flatMap(whenFalse)
    case .call("_&&_", nil, let arguments): return common(arguments.map(whenFalse))
    default: return []
    }
  }

  private static func common(_ branches: [[Expr]]) -> [Expr] {
    guard let first = branches.first else { return [] }
    return first.filter { fact in
      branches.dropFirst().allSatisfy { $0.contains { $0.isSameShape(as: fact) } }
    }
  }

  /// Whether a fact speaks of one of these names.
  static func mentions(_ fact: Expr, _ names: [String]) -> Bool {
    fact.freeNames().contains { names.contains($0) }
  }
}
