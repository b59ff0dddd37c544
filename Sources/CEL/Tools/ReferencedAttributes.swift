extension CheckedExpression {
  /// What the expression reads: variables with the paths into them, in order of first use, each once.
  ///
  /// A field or a literal key is a step of its own; a computed key, and an element that a comprehension goes
  /// through, is `.any`. A range stands for itself besides what is read of its elements:
  /// `order.items.exists(i, i.price > 3)` reads `order.items` and `order.items[*].price`. A value bound by
  /// `cel.bind` counts where it is bound. What is read is an upper bound: a run may need less.
  public func referencedAttributes() -> [AttributePattern] {
    var collector = AttributeCollector(checked: self)
    collector.visit(root, [:])
    return collector.found
  }
}

private struct AttributeCollector {
  let checked: CheckedExpression
  var found: [AttributePattern] = []
  private var seen: Set<AttributePattern> = []

  /// Variables of comprehensions, and the attribute each stands for, if it is one.
  typealias Locals = [String: AttributePattern?]

  init(checked: CheckedExpression) { self.checked = checked }

  private mutating func add(_ attribute: AttributePattern) {
    if seen.insert(attribute).inserted { found.append(attribute) }
  }

  mutating func visit(_ expr: Expr, _ locals: Locals) {
    if let attribute = attribute(expr, locals) {
      add(attribute)
      visitKeys(expr, locals)
      return
    }
    guard case .comprehension(let fold) = expr.kind else {
      expr.eachChild { visit($0, locals) }
      return
    }
    visit(fold.range, locals)
    visit(fold.initial, locals)
    var result = locals
    result[fold.accumulator] = .some(nil)
    var inner = result
    let elements = attribute(fold.range, locals).map { step($0, .any) }
    var isMap = false
    if case .map = checked.type(of: fold.range) { isMap = true }
    if let second = fold.variable2 {
      inner[fold.variable] = .some(nil)
      inner[second] = .some(elements)
    } else {
      // The variable over a map is its key, which is no attribute of its own.
      inner[fold.variable] = .some(isMap ? nil : elements)
    }
    visit(fold.condition, inner)
    visit(fold.step, inner)
    visit(fold.result, result)
  }

  /// The keys that are computed on the way to an attribute.
  private mutating func visitKeys(_ expr: Expr, _ locals: Locals) {
    switch expr.kind {
    case .select(let operand, _, _, _): visitKeys(operand, locals)
    case .call("_[_]", nil, let parts), .call("_[?_]", nil, let parts):
      guard parts.count == 2 else { return }
      visitKeys(parts[0], locals)
      visit(parts[1], locals)
    default: break
    }
  }

  private func step(
    _ attribute: AttributePattern, _ qualifier: AttributePattern.Qualifier
  ) -> AttributePattern {
    AttributePattern(attribute.variable, path: attribute.qualifiers + [qualifier])
  }

  private func attribute(_ expr: Expr, _ locals: Locals) -> AttributePattern? {
    if case .variable(let declaration)? = checked.reference(of: expr) {
      return declaration.constant == nil ? AttributePattern(declaration.name) : nil
    }
    switch expr.kind {
    case .ident(let name): return locals[name] ?? nil
    case .select(let operand, let field, _, _):
      return attribute(operand, locals).map { step($0, .key(.string(field))) }
    case .call("_[_]", nil, let parts), .call("_[?_]", nil, let parts):
      guard parts.count == 2, let base = attribute(parts[0], locals) else { return nil }
      if case .literal(let literal) = parts[1].kind {
        return step(base, .key(Planner.value(literal)))
      }
      return step(base, .any)
    default: return nil
    }
  }
}
