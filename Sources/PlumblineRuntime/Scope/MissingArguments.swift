import CEL

/// Conditions on an action that lacks arguments which others of its requirement have.
enum MissingArguments {
  /// `has(args.x)` of an argument that is lacking is false, and what hangs on it falls away.
  static func fold(_ expr: Expr, _ lacking: Set<String>) -> Expr {
    func made(_ value: Bool) -> Expr {
      Expr(position: expr.position, kind: .literal(.bool(value)))
    }
    func rebuilt(_ function: String, _ arguments: [Expr]) -> Expr {
      Expr(
        position: expr.position,
        kind: .call(function: function, target: nil, arguments: arguments))
    }
    switch expr.kind {
    case .select(let operand, let field, true, _):
      if case .ident("args") = operand.kind, lacking.contains(field) { return made(false) }
      return expr
    case .call("!_", nil, let arguments) where arguments.count == 1:
      let inner = fold(arguments[0], lacking)
      if let value = constant(inner) { return made(!value) }
      return rebuilt("!_", [inner])
    case .call(let function, nil, let arguments)
    where (function == "_&&_" || function == "_||_") && arguments.count == 2:
      // The value that decides the whole, whatever the other side is.
      let deciding = function == "_||_"
      let sides = arguments.map { fold($0, lacking) }
      if sides.contains(where: { constant($0) == deciding }) { return made(deciding) }
      if constant(sides[0]) != nil { return sides[1] }
      if constant(sides[1]) != nil { return sides[0] }
      return rebuilt(function, sides)
    case .call("_?_:_", nil, let arguments) where arguments.count == 3:
      let sides = arguments.map { fold($0, lacking) }
      if let value = constant(sides[0]) { return value ? sides[1] : sides[2] }
      return rebuilt("_?_:_", sides)
    default: return expr
    }
  }

  private static func constant(_ expr: Expr) -> Bool? {
    if case .literal(.bool(let value)) = expr.kind { return value }
    return nil
  }
}
