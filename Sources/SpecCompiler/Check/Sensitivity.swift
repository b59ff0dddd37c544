import CEL
import PlumblineBundle

/// Whether a value shows something sensitive: it follows the flow of data, and only a bool sheds it.
struct Sensitivity {
  private let checked: CheckedExpression
  private let collections: Set<String>
  private var variables: [String: Bool] = [:]
  private var keys: [ExprPosition] = []

  static func isSensitive(_ checked: CheckedExpression) -> Bool {
    var flow = Sensitivity(checked: checked, collections: [])
    return flow.flow(checked.root) || holds(checked.type, seen: [])
  }

  /// Whether it comes from something sensitive; a record may also hold it.
  static func flows(_ checked: CheckedExpression) -> Bool {
    var flow = Sensitivity(checked: checked, collections: [])
    return flow.flow(checked.root)
  }

  /// Where something sensitive picks a record out of a collection.
  static func keys(_ checked: CheckedExpression, collections: Set<String>) -> [ExprPosition] {
    var flow = Sensitivity(checked: checked, collections: collections)
    _ = flow.flow(checked.root)
    return flow.keys
  }

  private init(checked: CheckedExpression, collections: Set<String>) {
    self.checked = checked
    self.collections = collections
  }

  private static func holds(_ type: CELType, seen: Set<String>) -> Bool {
    switch type {
    case .object(let object):
      if seen.contains(object.name) { return false }
      let inner = seen.union([object.name])
      return object.fields.contains { $0.sensitive || holds($0.type, seen: inner) }
    case .list(let element), .optional(let element): return holds(element, seen: seen)
    case .map(_, let value): return holds(value, seen: seen)
    default: return false
    }
  }

  private func isCollection(_ expr: Expr) -> Bool {
    guard case .ident(let name) = expr.kind else { return false }
    return variables[name] == nil && collections.contains(name)
  }

  private mutating func flow(_ expr: Expr) -> Bool {
    let found = carried(expr)
    if case .bool = checked.type(of: expr) { return false }
    return found
  }

  private mutating func carried(_ expr: Expr) -> Bool {
    switch expr.kind {
    case .literal, .invalid: return false
    case .ident(let name): return variables[name] ?? false
    case .select(let operand, let field, _, _):
      // Of a record that is sensitive as a whole, every field is.
      let whole = flow(operand)
      if case .object(let object) = checked.type(of: operand), let slot = object.slot(of: field) {
        return whole || object.fields[slot].sensitive
      }
      return whole
    case .comprehension(let loop):
      let range = flow(loop.range)
      let saved = variables
      variables[loop.variable] = range
      if let second = loop.variable2 { variables[second] = range }
      variables[loop.accumulator] = flow(loop.initial)
      let condition = flow(loop.condition)
      let step = flow(loop.step) || condition
      variables[loop.accumulator] = step || variables[loop.accumulator] ?? false
      let result = flow(loop.result)
      variables = saved
      // Even what takes nothing of the elements shows how many there are.
      return result || range
    default:
      var found = false
      var flows: [Bool] = []
      for child in expr.children {
        flows.append(flow(child))
        found = found || flows[flows.count - 1]
      }
      if case .call(let function, nil, let arguments) = expr.kind, arguments.count == 2 {
        switch function {
        case "_[_]", "_[?_]":
          // The path of a fact shows its keys; a table is none.
          if flows[1], !isConstant(arguments[0]) { keys.append(arguments[1].position) }
        case "@in", "_in_":
          if flows[0], isCollection(arguments[1]) { keys.append(arguments[0].position) }
        default: break
        }
      }
      return found
    }
  }

  private func isConstant(_ expr: Expr) -> Bool {
    guard case .ident = expr.kind, case .variable(let variable)? = checked.reference(of: expr)
    else { return false }
    return variable.constant != nil
  }
}
