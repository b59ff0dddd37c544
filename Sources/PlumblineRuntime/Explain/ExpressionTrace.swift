import CEL
import PlumblineBundle
import PlumblineJSON

/// One evaluation of a condition as a tree of its sub-expressions with their values.
struct ExpressionTrace {
  let checked: CheckedExpression
  let sources: [Int32: ExpressionText]
  let guardian: Guard
  private let action: Int
  /// By node id: in a loop there are several.
  private var values: [Int32: [Value]] = [:]
  /// What was not known anywhere in it, in the order in which it was met.
  private(set) var unknowns: [Unknown.Attribute] = []

  init(
    _ program: Program, _ checked: CheckedExpression, _ condition: Condition, _ guardian: Guard,
    _ activation: GuardActivation
  ) {
    self.checked = checked
    sources = condition.sources
    self.guardian = guardian
    action = activation.action
    for entry in program.trace(activation) {
      values[entry.expression.id, default: []].append(entry.value)
      guard case .unknown(let unknown) = entry.value else { continue }
      for attribute in unknown.attributes where !unknowns.contains(attribute) {
        unknowns.append(attribute)
      }
    }
  }

  func value(_ expr: Expr) -> Value? { values[expr.id]?.last }

  /// The tree below an expression; nil where it was not evaluated.
  func tree(_ expr: Expr) -> Explanation.Expression? {
    tree(expr, masks: Masks(), inside: -1, depth: 0)
  }

  /// What must not be shown of the variables of loops.
  private struct Masks {
    var locals: [String: Mask] = [:]
  }

  private enum Mask: Int, Comparable {
    case open, message, sensitive
    static func < (a: Mask, b: Mask) -> Bool { a.rawValue < b.rawValue }
    var words: String {
      switch self {
      case .open: ""
      case .message: "(text of a message)"
      case .sensitive: "(sensitive)"
      }
    }
  }

  private func tree(_ expr: Expr, masks: Masks, inside source: Int32, depth: Int)
    -> Explanation.Expression?
  {
    guard depth < 60, let value = value(expr) else { return nil }
    let text = text(expr)
    var children: [Explanation.Expression] = []
    for child in parts(of: expr) {
      guard
        let node = tree(
          child, masks: masks, inside: expr.position.source, depth: depth + 1)
      else { continue }
      // A conversion that the checker put in says nothing more.
      if node.text == text, children.isEmpty, parts(of: expr).count == 1 { return node }
      children.append(node)
    }
    var note: String?
    if expr.position.source != source, let term = term(expr.position.source) {
      note = "term `\(term)`"
    }
    if case .comprehension(let loop) = expr.kind {
      note = [note, summary(loop, over: self.value(loop.range))].compactMap { $0 }.joined(
        separator: "; ")
      if note?.isEmpty == true { note = nil }
    }
    return .init(text: text, result: result(expr, value, masks), note: note, children: children)
  }

  /// The sub-expressions that are worth a line of their own.
  private func parts(of expr: Expr) -> [Expr] {
    if isConstant(expr) { return [] }
    switch expr.kind {
    case .literal, .ident, .invalid: return []
    case .select(let operand, _, _, _):
      return isPath(operand) ? keys(operand) : worthwhile([operand])
    case .call(let function, nil, let arguments)
    where (function == "_[_]" || function == "_[?_]") && arguments.count == 2:
      if isPath(arguments[0]) { return keys(expr) }
      return worthwhile(arguments)
    case .call(let function, nil, let arguments) where function == "_&&_" || function == "_||_":
      // `a && b && c` is one list.
      return worthwhile(arguments.flatMap { operands($0, of: function) })
    case .call(_, let target, let arguments):
      return worthwhile([target].compactMap { $0 } + arguments)
    case .comprehension(let loop): return worthwhile([loop.range])
    default: return worthwhile(expr.children)
    }
  }

  private func operands(_ expr: Expr, of function: String) -> [Expr] {
    guard case .call(function, nil, let arguments) = expr.kind else { return [expr] }
    return arguments.flatMap { operands($0, of: function) }
  }

  private func worthwhile(_ exprs: [Expr]) -> [Expr] {
    exprs.filter { expr in
      if isConstant(expr) { return false }
      switch expr.kind {
      case .literal: return false
      case .list(let elements):
        return !elements.allSatisfy {
          if case .literal = $0.value.kind { true } else { false }
        }
      default: return true
      }
    }
  }

  /// A table or a pattern.
  private func isConstant(_ expr: Expr) -> Bool {
    if case .variable(let variable)? = reference(expr) { return variable.constant != nil }
    if case .constant? = reference(expr) { return true }
    return false
  }

  /// Names, fields and elements: what is on the way to a field says no more than the field.
  private func isPath(_ expr: Expr) -> Bool {
    switch expr.kind {
    case .ident: true
    case .select(let operand, _, _, _): isPath(operand)
    case .call("_[_]", nil, let arguments), .call("_[?_]", nil, let arguments):
      arguments.first.map { isPath($0) } ?? false
    default: false
    }
  }

  private func keys(_ expr: Expr) -> [Expr] {
    switch expr.kind {
    case .select(let operand, _, _, _): return keys(operand)
    case .call("_[_]", nil, let arguments), .call("_[?_]", nil, let arguments):
      guard arguments.count == 2 else { return [] }
      return keys(arguments[0]) + worthwhile([arguments[1]])
    default: return []
    }
  }

  /// As written; terms as they are written there.
  private func text(_ expr: Expr) -> String {
    let position = expr.position
    guard let source = sources[position.source] else { return expr.unparse() }
    let bytes = Array(source.text.utf8)
    let (start, end) = (Int(position.start), Int(position.end))
    guard start >= 0, start < end, end <= bytes.count,
      let slice = String(validating: bytes[start..<end], as: UTF8.self)
    else { return expr.unparse() }
    return OneLine.text(slice)
  }

  private func term(_ source: Int32) -> String? {
    let index = Int(source) - Int(SpecScope.termSource)
    guard guardian.bundle.terms.indices.contains(index) else { return nil }
    return guardian.bundle.terms[index].name
  }

  /// How often the body of a loop was true.
  private func summary(_ loop: Expr.Comprehension, over range: Value?) -> String? {
    switch range {
    case .unknown, .error, nil: return nil
    default: break
    }
    let body: Expr?
    switch (loop.macro, loop.step.kind) {
    case (.exists, .call(_, nil, let arguments)), (.all, .call(_, nil, let arguments)):
      body = arguments.count == 2 ? arguments[1] : nil
    case (.existsOne, .call("_?_:_", nil, let arguments)),
      (.filter, .call("_?_:_", nil, let arguments)):
      body = arguments.first
    default: body = nil
    }
    guard let body else { return nil }
    let results = values[body.id] ?? []
    if results.isEmpty { return "nothing to look at" }
    var counts = [0, 0, 0, 0]
    for result in results {
      switch result {
      case .bool(true): counts[0] += 1
      case .bool(false): counts[1] += 1
      case .unknown: counts[2] += 1
      default: counts[3] += 1
      }
    }
    let words = zip(counts, ["true", "false", "unknown", "in error"])
      .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return "`\(text(body))` for \(results.count) looked at: \(words.joined(separator: ", "))"
  }

  private func result(_ expr: Expr, _ value: Value, _ masks: Masks)
    -> Explanation.Expression.Result
  {
    switch value {
    case .unknown(let unknown):
      return .unknown(
        unknown.attributes.map {
          "\($0.path) \((UnknownReason(rawValue: $0.reason) ?? .neverRead).phrase)"
        })
    case .error(let error):
      // The message of an error may quote what it is about.
      let mask = error.kind == .absent ? Mask.open : mentions(expr, masks)
      return .error(mask == .open ? error.message : "\(error.kind.rawValue) \(mask.words)")
    case .bool(let flag): return .value(.bool(flag))
    default: break
    }
    let mask = mask(expr, masks)
    if mask != .open { return .described(mask.words) }
    switch value {
    case .absent: return .described("absent")
    case .list(let list) where isCalls(expr): return .described("\(list.elements.count) calls")
    case .map(let map) where isCollection(expr): return .described("\(map.count) known")
    case .record where isMessage(root: expr): return .described(Mask.message.words)
    default: return .value(ValueJSON.json(value))
    }
  }

  private func isCalls(_ expr: Expr) -> Bool {
    if case .variable(let variable)? = reference(expr) { return variable.slot >= Slot.hosts }
    return false
  }

  private func isCollection(_ expr: Expr) -> Bool {
    guard case .variable(let variable)? = reference(expr) else { return false }
    return variable.slot >= Slot.collections && variable.slot < Slot.hosts
  }

  /// `said`, `turn`, or all the arguments of a message.
  private func isMessage(root expr: Expr) -> Bool {
    guard case .variable(let variable)? = reference(expr) else { return false }
    switch variable.slot {
    case Slot.said, Slot.turn: return true
    case Slot.args:
      return guardian.bundle.tools.indices.contains(action)
        && guardian.bundle.tools[action].message != nil
    default: return false
    }
  }

  /// What the value of an expression may carry. Only a boolean sheds it.
  private func mask(_ expr: Expr, _ masks: Masks) -> Mask {
    if case .bool = type(of: expr) { return .open }
    return carried(expr, masks)
  }

  private func carried(_ expr: Expr, _ masks: Masks) -> Mask {
    switch expr.kind {
    case .literal, .invalid: return .open
    case .ident(let name):
      if case .local? = reference(expr) { return masks.locals[name] ?? .open }
      guard case .variable(let variable)? = reference(expr) else { return .open }
      let index = variable.slot - Slot.collections
      if guardian.bundle.collections.indices.contains(index),
        guardian.scope.types.isSensitive(guardian.bundle.collections[index].type)
      {
        return .sensitive
      }
      return variable.slot == Slot.text ? .message : .open
    case .select(let operand, let field, let test, _):
      if test { return .open }
      if case .variable(let variable)? = reference(expr), variable.constant != nil { return .open }
      var result = mask(operand, masks)
      if case .object(let object) = type(of: operand) {
        if let slot = object.slot(of: field), object.fields[slot].sensitive { return .sensitive }
        if isMessage(root: operand), field == "text" || object.name == "said" {
          result = max(result, .message)
        }
        if object.name.hasPrefix("args("), field == "text", isMessageArguments(object) {
          result = max(result, .message)
        }
        if case .variable(let variable)? = reference(operand), variable.slot == Slot.claims {
          result = max(result, claim(field))
        }
      }
      return result
    case .comprehension(let loop):
      let range = mask(loop.range, masks)
      var inner = masks
      inner.locals[loop.variable] = range
      if let second = loop.variable2 { inner.locals[second] = range }
      let step = max(mask(loop.initial, masks), mask(loop.step, inner))
      inner.locals[loop.accumulator] = step
      return max(range, step, mask(loop.result, inner))
    default:
      return expr.children.map { mask($0, masks) }.max() ?? .open
    }
  }

  /// A claim carries what its pattern looked at, where that is sensitive.
  private func claim(_ name: String) -> Mask {
    guard guardian.bundle.tools.indices.contains(action),
      let index = guardian.bundle.tools[action].claims.firstIndex(where: { $0.name == name })
    else { return .open }
    let claims = guardian.actionPlan(action).claims
    guard claims.indices.contains(index), let checked = claims[index].checked else { return .open }
    var result = Mask.open
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

  /// What stands anywhere in an expression, also where a boolean sheds it.
  private func mentions(_ expr: Expr, _ masks: Masks) -> Mask {
    var result = Mask.open
    expr.walk { node in result = max(result, carried(node, masks)) }
    return result
  }

  private func isMessageArguments(_ type: ObjectType) -> Bool {
    guard let action = guardian.scope.argumentTypes.firstIndex(where: { $0 == type }) else {
      return false
    }
    return guardian.bundle.tools[action].message != nil
  }

  private func reference(_ expr: Expr) -> CheckedExpression.Reference? {
    let id = Int(expr.id)
    return checked.references.indices.contains(id) ? checked.references[id] : nil
  }

  private func type(of expr: Expr) -> CELType {
    let id = Int(expr.id)
    return checked.types.indices.contains(id) ? checked.types[id] : .dyn
  }
}
