import CEL

/// Finds the steps that a requirement speaks of: `!(step == "a" && …) || …` is true outside step `a`.
enum StepFilter {
  /// The steps in which a condition can be other than true; nil where that cannot be told.
  static func steps(_ condition: Expr) -> Set<String>? {
    guard case .call("_||_", nil, let sides) = condition.kind else {
      return steps(refuting: condition)
    }
    // True as soon as one side is: what all sides leave open.
    var found: Set<String>?
    for side in sides {
      guard let own = steps(side) else { continue }
      found = found?.intersection(own) ?? own
    }
    return found
  }

  private static func steps(refuting expr: Expr) -> Set<String>? {
    guard case .call("!_", nil, let operands) = expr.kind, let operand = operands.first else {
      return nil
    }
    return steps(allowing: operand)
  }

  /// The steps in which an expression can be other than false.
  private static func steps(allowing expr: Expr) -> Set<String>? {
    switch expr.kind {
    case .call("_&&_", nil, let sides):
      var found: Set<String>?
      for side in sides {
        guard let own = steps(allowing: side) else { continue }
        found = found?.intersection(own) ?? own
      }
      return found
    case .call("_||_", nil, let sides):
      var found: Set<String> = []
      for side in sides {
        guard let own = steps(allowing: side) else { return nil }
        found.formUnion(own)
      }
      return found
    case .call("_==_", nil, let sides) where sides.count == 2:
      if isStep(sides[0]) { return text(sides[1]).map { [$0] } }
      if isStep(sides[1]) { return text(sides[0]).map { [$0] } }
      return nil
    case .call("@in", nil, let sides) where sides.count == 2:
      guard isStep(sides[0]), case .list(let elements) = sides[1].kind else { return nil }
      let texts = elements.compactMap { text($0.value) }
      return texts.count == elements.count ? Set(texts) : nil
    default: return nil
    }
  }

  private static func isStep(_ expr: Expr) -> Bool {
    if case .ident("step") = expr.kind { return true }
    return false
  }

  private static func text(_ expr: Expr) -> String? {
    if case .literal(.string(let text)) = expr.kind { return text }
    return nil
  }
}
