/// A node as a walk with types meets it.
public struct TypedNode {
  public let expression: Expr
  public let type: CELType
  /// What a name or call was resolved to; nil where the node refers to nothing.
  public let reference: CheckedExpression.Reference?
  /// The whole has depth 0.
  public let depth: Int
  /// Variables that comprehensions around the node bind, the innermost last.
  public let locals: [String]
}

extension CheckedExpression {
  /// Calls `visit` on every node with its type, parents first; where it gives false, the node's parts are
  /// left out.
  public func walk(_ visit: (TypedNode) -> Bool) {
    walk(root, 0, [], visit)
  }

  private func walk(
    _ expr: Expr, _ depth: Int, _ locals: [String], _ visit: (TypedNode) -> Bool
  ) {
    let node = TypedNode(
      expression: expr, type: type(of: expr), reference: reference(of: expr), depth: depth,
      locals: locals)
    guard visit(node) else { return }
    guard case .comprehension(let fold) = expr.kind else {
      expr.eachChild { walk($0, depth + 1, locals, visit) }
      return
    }
    walk(fold.range, depth + 1, locals, visit)
    walk(fold.initial, depth + 1, locals, visit)
    let result = locals + [fold.accumulator]
    let inner = result + [fold.variable] + (fold.variable2.map { [$0] } ?? [])
    walk(fold.condition, depth + 1, inner, visit)
    walk(fold.step, depth + 1, inner, visit)
    walk(fold.result, depth + 1, result, visit)
  }
}

/// A checked tree that grows: rewrites make nodes with types and references of their own.
struct TreeBuilder {
  private(set) var types: [CELType]
  private(set) var references: [CheckedExpression.Reference?]

  init(_ checked: CheckedExpression) {
    types = checked.types
    references = checked.references
  }

  mutating func node(
    _ kind: Expr.Kind, _ type: CELType, _ reference: CheckedExpression.Reference? = nil,
    at position: ExprPosition
  ) -> Expr {
    let id = Int32(truncatingIfNeeded: types.count)
    types.append(type)
    references.append(reference)
    return Expr(id: id, position: position, kind: kind)
  }

  /// The same node, now with this content and no reference.
  mutating func replace(_ expr: Expr, with kind: Expr.Kind) -> Expr {
    let id = Int(expr.id)
    if references.indices.contains(id) { references[id] = nil }
    return Expr(id: expr.id, position: expr.position, kind: kind)
  }

  func finish(_ root: Expr) -> CheckedExpression {
    CheckedExpression(root: root, types: types, references: references)
  }
}
