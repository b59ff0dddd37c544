import CEL
import PlumblineBundle
import PlumblineJSON

/// One evaluation of a condition as a tree of its sub-expressions with their values.
struct ExpressionTrace {
  let checked: CheckedExpression
  let sources: [Int32: ExpressionText]
  let guardian: Guard
  private let mask: ValueMask
  private var hidden = HiddenKeys()
  /// By node id: in a loop there are several.
  private var values: [Int32: [Value]] = [:]
  /// What was not known anywhere in it, in the order in which it was met.
  private(set) var unknowns: [Unknown.Attribute] = []

  init(
    _ checked: CheckedExpression, _ condition: Condition, _ guardian: Guard,
    _ activation: GuardActivation
  ) {
    self.checked = checked
    sources = condition.sources
    self.guardian = guardian
    mask = ValueMask(checked, guardian, action: activation.action)
    for entry in condition.trace(activation) {
      values[entry.expression.id, default: []].append(entry.value)
      guard case .unknown(let unknown) = entry.value else { continue }
      for attribute in unknown.attributes where !unknowns.contains(attribute) {
        unknowns.append(attribute)
      }
    }
    addPartsOfKnown()
    hidden = HiddenKeys(checked, mask) { values[$0.id] ?? [] }
    unknowns = unknowns.map { $0.at(hidden.path($0.path)) }
  }

  /// What `known` saw to be missing makes nothing unknown, but a reader wants to hear of it.
  private mutating func addPartsOfKnown() {
    var found: [Unknown.Attribute] = []
    checked.root.walk { node in
      guard case .call("known", nil, let arguments) = node.kind, let argument = arguments.first,
        case .record(let record)? = value(argument)
      else { return }
      found += Self.unknownFields(record)
    }
    for attribute in found where !unknowns.contains(attribute) { unknowns.append(attribute) }
  }

  private static func unknownFields(_ record: RecordValue) -> [Unknown.Attribute] {
    record.slots.flatMap { slot -> [Unknown.Attribute] in
      if case .unknown(let unknown) = slot { unknown.attributes } else { [] }
    }
  }

  func value(_ expr: Expr) -> Value? { values[expr.id]?.last }

  /// The tree below an expression; nil where it was not evaluated.
  func tree(_ expr: Expr) -> Explanation.Expression? {
    tree(expr, inside: -1, depth: 0)
  }

  private func tree(_ expr: Expr, inside source: Int32, depth: Int)
    -> Explanation.Expression?
  {
    guard depth < 60, let value = value(expr) else { return nil }
    let text = text(expr)
    var children: [Explanation.Expression] = []
    for child in parts(of: expr) {
      guard
        let node = tree(
          child, inside: expr.position.source, depth: depth + 1)
      else { continue }
      // A conversion that the checker put in says nothing more.
      if node.text == text, children.isEmpty, parts(of: expr).count == 1 { return node }
      children.append(node)
    }
    var note: String?
    if expr.position.source != source, let term = term(expr.position.source) {
      note = "term `\(term)`"
    }
    if case .record(let record) = value {
      let parts = Self.unknownFields(record).map { hidden.path($0.path) }
      if !parts.isEmpty { note = "known in part; missing: \(parts.joined(separator: ", "))" }
    }
    if case .comprehension(let loop) = expr.kind {
      note = [note, summary(loop, over: self.value(loop.range))].compactMap { $0 }.joined(
        separator: "; ")
      if note?.isEmpty == true { note = nil }
    }
    return .init(text: text, result: result(expr, value), note: note, children: children)
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
    case .call("_+_", nil, let arguments) where isText(expr):
      return worthwhile(arguments.flatMap { operands($0, of: "_+_") })
    case .call(_, let target, let arguments):
      return worthwhile([target].compactMap { $0 } + arguments)
    case .comprehension(let loop): return worthwhile([loop.range])
    default: return worthwhile(expr.children)
    }
  }

  private func isText(_ expr: Expr) -> Bool {
    let id = Int(expr.id)
    guard checked.types.indices.contains(id), case .string = checked.types[id] else { return false }
    return true
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
    if case .variable(let variable)? = checked.reference(of: expr) {
      return variable.constant != nil
    }
    if case .constant? = checked.reference(of: expr) { return true }
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

  private func result(_ expr: Expr, _ value: Value) -> Explanation.Expression.Result {
    switch value {
    case .unknown(let unknown):
      return .unknown(
        unknown.attributes.map {
          "\(hidden.path($0.path)) \((UnknownReason(rawValue: $0.reason) ?? .neverRead).phrase)"
        })
    case .error(let error): return .error(mask.message(error, of: expr))
    case .bool(let flag): return .value(.bool(flag))
    default: break
    }
    let kind = mask.value(of: expr)
    if kind != .open { return .described(kind.words) }
    switch value {
    case .absent: return .described("absent")
    case .list(let list):
      guard let what = hostList(expr) else { return .value(ValueJSON.json(value)) }
      return
        .described(
          list.elements.count == 1 ? "1 \(what)" : "\(list.elements.count) \(what)s")
    case .map(let map) where isCollection(expr): return .described("\(map.count) known")
    case .record where mask.isMessage(root: expr):
      return .described(ValueMask.Kind.message.words)
    default: return .value(ValueJSON.json(value))
    }
  }

  /// What the elements of `calls(…)` and `approvals(…)` are; nil of any other list.
  private func hostList(_ expr: Expr) -> String? {
    guard case .variable(let variable)? = checked.reference(of: expr),
      variable.slot >= Slot.hosts
    else { return nil }
    return variable.name.hasPrefix("@approvals") ? "approval" : "call"
  }

  private func isCollection(_ expr: Expr) -> Bool {
    guard case .variable(let variable)? = checked.reference(of: expr) else { return false }
    return variable.slot >= Slot.collections && variable.slot < Slot.hosts
  }
}
