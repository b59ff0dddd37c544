import CEL
import PlumblineBundle

/// A fact that conditions read: a key of the case, or a record of a collection and fields of it.
struct FactUse: Sendable, Hashable {
  enum Root: Sendable, Hashable {
    case collection(Int)
    /// -1: the case as a whole.
    case caseField(Int)
  }
  var root: Root
  /// The key as an expression; nil for the whole collection, and for keys of the case.
  var key: String?

  /// As specs write it, without fields below.
  func path(_ bundle: SpecBundle) -> String {
    switch root {
    case .collection(let index):
      let name = bundle.collections.indices.contains(index) ? bundle.collections[index].name : ""
      // A long key says how it is made, not which record it is.
      return key.map { "\(name)[\($0.utf8.count > 48 ? "…" : $0)]" } ?? name
    case .caseField(let index):
      return bundle.caseFields.indices.contains(index)
        ? "case.\(bundle.caseFields[index].name)" : "case"
    }
  }
}

/// Collects the facts that checked conditions read, in the order in which they are first met.
struct FactUses {
  let scope: SpecScope
  private(set) var order: [FactUse] = []
  /// The fields read of each, in the order in which they are met.
  private(set) var fields: [FactUse: [String]] = [:]
  /// Keys that do not depend on the proposal, compiled.
  private(set) var keys: [FactUse: Condition] = [:]

  init(_ scope: SpecScope) { self.scope = scope }

  mutating func collect(_ condition: Condition?, in context: SpecScope.Context) {
    guard let checked = condition?.checked else { return }
    visit(checked.root, checked, context)
  }

  private mutating func visit(
    _ expr: Expr, _ checked: CheckedExpression, _ context: SpecScope.Context
  ) {
    if let (root, key, path, inner) = fact(expr, checked) {
      add(root, key, path, checked, context)
      for expr in inner { visit(expr, checked, context) }
      return
    }
    for child in expr.children { visit(child, checked, context) }
  }

  private typealias Fact = (root: FactUse.Root, key: Expr?, path: [String], inner: [Expr])

  /// The longest path to a fact that an expression is, and the expressions inside its brackets.
  private func fact(_ expr: Expr, _ checked: CheckedExpression) -> Fact? {
    switch expr.kind {
    case .ident:
      guard case .variable(let variable)? = checked.reference(of: expr), variable.constant == nil
      else { return nil }
      if variable.slot == Slot.caseRecord { return (.caseField(-1), nil, [], []) }
      let index = variable.slot - Slot.collections
      guard scope.bundle.collections.indices.contains(index) else { return nil }
      return (.collection(index), nil, [], [])
    case .select(let operand, let field, _, _):
      guard var fact = fact(operand, checked) else { return nil }
      if case .caseField(-1) = fact.root {
        fact.root = .caseField(scope.caseObject.slot(of: field) ?? -1)
      } else if case .collection = fact.root, fact.key == nil, fact.inner.isEmpty {
        // `orders.x`: a key written as a field.
        fact.key = Expr(position: expr.position, kind: .literal(.string(field)))
      } else {
        fact.path.append(field)
      }
      return fact
    case .call(let function, nil, let arguments)
    where (function == "_[_]" || function == "_[?_]") && arguments.count == 2:
      guard var fact = fact(arguments[0], checked) else { return nil }
      if case .collection = fact.root, fact.key == nil, fact.path.isEmpty {
        fact.key = arguments[1]
      }
      fact.inner.append(arguments[1])
      return fact
    default: return nil
    }
  }

  private mutating func add(
    _ root: FactUse.Root, _ key: Expr?, _ path: [String], _ checked: CheckedExpression,
    _ context: SpecScope.Context
  ) {
    var use = FactUse(root: root, key: nil)
    var resolvable = false
    if let key {
      var local = false
      resolvable = true
      key.walk { node in
        switch checked.reference(of: node) {
        case .local: local = true
        case .variable(let variable) where variable.constant == nil:
          let isFact =
            variable.slot == Slot.caseRecord
            || (variable.slot >= Slot.collections && variable.slot < Slot.hosts)
          if !isFact { resolvable = false }
        default: break
        }
      }
      // A key that runs through the collection speaks of all of it.
      if !local { use.key = key.unparse() }
    }
    if fields[use] == nil {
      order.append(use)
      fields[use] = []
    }
    if let first = path.first, fields[use]?.contains(first) == false {
      fields[use]?.append(first)
    }
    if resolvable, use.key != nil, keys[use] == nil, let key {
      let environment = scope.environment(context)
      let condition = Condition(in: environment) { CELChecker.check(key, in: environment) }
      if condition.problem == nil { keys[use] = condition }
    }
  }
}
