import CEL
import PlumblineBundle

/// What of a condition's values must not be shown: what is sensitive, and texts of messages. It
/// follows the flow of data; only a boolean sheds it (semantics 14, 23).
struct ValueMask {
  enum Kind: Int, Comparable {
    case open, message, sensitive
    static func < (a: Kind, b: Kind) -> Bool { a.rawValue < b.rawValue }
    var words: String {
      switch self {
      case .open: ""
      case .message: "(text of a message)"
      case .sensitive: "(sensitive)"
      }
    }
  }

  private let checked: CheckedExpression
  private let guardian: Guard
  /// The action that is judged.
  private let action: Int

  init(_ checked: CheckedExpression, _ guardian: Guard, action: Int) {
    self.checked = checked
    self.guardian = guardian
    self.action = action
  }

  /// What the value of an expression may carry.
  func value(of expr: Expr) -> Kind { value(expr, [:]) }

  /// The message of an error, which may quote what it is about.
  func message(_ error: EvaluationError, of expr: Expr) -> String {
    var found = Kind.open
    walk(expr) { node, locals in
      if error.kind == .absent {
        // Quotes a key.
        guard case .call("_[_]", nil, let arguments) = node.kind, arguments.count == 2 else {
          return
        }
        found = max(found, carried(arguments[1], locals))
      } else {
        found = max(found, carried(node, locals))
      }
    }
    return found == .open ? error.message : "\(error.kind.rawValue) \(found.words)"
  }

  /// The keys by which something is picked out of a map or list, and of which collection, if it is one.
  func keys(in root: Expr) -> [(collection: String?, key: Expr, kind: Kind)] {
    var found: [(collection: String?, key: Expr, kind: Kind)] = []
    walk(root) { node, locals in
      guard case .call(let function, nil, let arguments) = node.kind, arguments.count == 2 else {
        return
      }
      switch function {
      case "_[_]", "_[?_]":
        found.append((collection(arguments[0]), arguments[1], carried(arguments[1], locals)))
      case "@in", "_in_":
        guard let name = collection(arguments[1]) else { return }
        found.append((name, arguments[0], carried(arguments[0], locals)))
      default: break
      }
    }
    return found
  }

  private func collection(_ expr: Expr) -> String? {
    guard case .variable(let variable)? = checked.reference(of: expr) else { return nil }
    let index = variable.slot - Slot.collections
    guard guardian.bundle.collections.indices.contains(index) else { return nil }
    return guardian.bundle.collections[index].name
  }

  /// Goes through an expression with what the names of its loops may carry.
  private func walk(_ root: Expr, _ body: (Expr, [String: Kind]) -> Void) {
    var locals: [String: Kind] = [:]
    root.walk { node in
      if case .comprehension(let loop) = node.kind {
        // Names that a loop gives to what it looks at; the strictest of several counts.
        let range = value(loop.range, locals)
        for name in [loop.variable, loop.variable2, loop.accumulator].compactMap({ $0 }) {
          locals[name] = max(locals[name] ?? .open, range)
        }
      }
      body(node, locals)
    }
  }

  private func value(_ expr: Expr, _ locals: [String: Kind]) -> Kind {
    if case .bool = checked.type(of: expr) { return .open }
    return carried(expr, locals)
  }

  private func carried(_ expr: Expr, _ locals: [String: Kind]) -> Kind {
    switch expr.kind {
    case .literal, .invalid: return .open
    case .ident(let name):
      if case .local? = checked.reference(of: expr) { return locals[name] ?? .open }
      guard case .variable(let variable)? = checked.reference(of: expr) else { return .open }
      let index = variable.slot - Slot.collections
      if guardian.bundle.collections.indices.contains(index),
        guardian.scope.types.isSensitive(guardian.bundle.collections[index].type)
      {
        return .sensitive
      }
      return variable.slot == Slot.text ? .message : .open
    case .select(let operand, let field, let test, _):
      if test { return .open }
      if case .variable(let variable)? = checked.reference(of: expr), variable.constant != nil {
        return .open
      }
      return max(value(operand, locals), self.field(field, of: operand))
    case .comprehension(let loop):
      let range = value(loop.range, locals)
      var inner = locals
      inner[loop.variable] = range
      if let second = loop.variable2 { inner[second] = range }
      let step = max(value(loop.initial, locals), value(loop.step, inner))
      inner[loop.accumulator] = step
      return max(range, step, value(loop.result, inner))
    default:
      return expr.children.map { value($0, locals) }.max() ?? .open
    }
  }

  private func field(_ field: String, of operand: Expr) -> Kind {
    guard case .object(let object) = checked.type(of: operand) else { return .open }
    if let slot = object.slot(of: field), object.fields[slot].sensitive { return .sensitive }
    if case .variable(let variable)? = checked.reference(of: operand) {
      switch variable.slot {
      case Slot.said, Slot.turn: return .message
      case Slot.claims: return claim(field)
      default: break
      }
    }
    return field == "text" && isMessageArguments(object) ? .message : .open
  }

  /// A claim carries the text that its pattern looked at, and what of that is sensitive.
  private func claim(_ name: String) -> Kind {
    guard guardian.bundle.tools.indices.contains(action),
      let index = guardian.bundle.tools[action].claims.firstIndex(where: { $0.name == name })
    else { return .open }
    let claims = guardian.actionPlan(action).claims
    guard claims.indices.contains(index), let checked = claims[index].checked else { return .open }
    var result = Kind.message
    checked.root.walk { node in
      guard case .select(let operand, let field, _, _) = node.kind,
        checked.types.indices.contains(Int(operand.id)),
        case .object(let object) = checked.types[Int(operand.id)],
        let slot = object.slot(of: field), object.fields[slot].sensitive
      else { return }
      result = .sensitive
    }
    return result
  }

  /// `said`, `turn`, or all the arguments of a message.
  func isMessage(root expr: Expr) -> Bool {
    guard case .variable(let variable)? = checked.reference(of: expr) else { return false }
    switch variable.slot {
    case Slot.said, Slot.turn: return true
    case Slot.args:
      return guardian.bundle.tools.indices.contains(action)
        && guardian.bundle.tools[action].message != nil
    default: return false
    }
  }

  private func isMessageArguments(_ type: ObjectType) -> Bool {
    guardian.scope.isMessageArguments(type)
  }
}
