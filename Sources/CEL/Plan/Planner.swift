/// Turns a checked tree into nodes.
struct Planner {
  let environment: Environment
  let types: [CELType]
  let references: [CheckedExpression.Reference?]
  let traces: Bool
  /// Names of comprehension variables in scope, with their places.
  var scope: [(name: String, place: Int)] = []

  mutating func plan(_ expr: Expr) -> Node {
    let node = planned(expr)
    guard traces else { return node }
    switch expr.kind {
    case .literal: return node
    default: return TracingNode(node, expr)
    }
  }

  private func reference(_ expr: Expr) -> CheckedExpression.Reference? {
    references.indices.contains(Int(expr.id)) ? references[Int(expr.id)] : nil
  }

  private mutating func planned(_ expr: Expr) -> Node {
    switch reference(expr) {
    case .variable(let variable):
      // A comprehension's variable hides one of the environment.
      if let constant = variable.constant { return ConstantNode(constant) }
      return LoadNode(variable.slot)
    case .constant(let value): return ConstantNode(value)
    default: break
    }
    switch expr.kind {
    case .literal(let literal): return ConstantNode(Self.value(literal))
    case .ident(let name): return identifier(name)
    case .select(let operand, let field, let test, let isOptional):
      if !test, !isOptional, let name = qualifiedName(expr),
        let variable = environment.variables[name]
      {
        return variable.constant.map { ConstantNode($0) } ?? LoadNode(variable.slot)
      }
      let inner = plan(operand)
      if test { return HasNode(inner, name: field) }
      if case .slot(let slot) = reference(expr) {
        if !isOptional { return FieldNode(inner, slot: slot, name: field) }
      }
      return fold(SelectNode(inner, name: field, isOptional: isOptional), [inner])
    case .call(let function, let target, let arguments):
      return call(expr, function, target, arguments)
    case .list(let elements):
      let nodes = elements.map { (node: plan($0.value), isOptional: $0.optional) }
      return fold(ListNode(nodes), nodes.map(\.node))
    case .map(let entries):
      let nodes = entries.map {
        (key: plan($0.key), value: plan($0.value), isOptional: $0.optional)
      }
      return fold(MapNode(nodes), nodes.map(\.key) + nodes.map(\.value))
    case .structure(let type, let fields):
      guard let object = environment.objectTypes[type] else { break }
      return StructureNode(
        object,
        fields.compactMap { field in
          object.slot(of: field.name).map {
            (slot: $0, node: plan(field.value), isOptional: field.optional)
          }
        })
    case .comprehension(let comprehension): return plan(comprehension)
    case .invalid: break
    }
    return ConstantNode(.failure(.other, "the expression was not understood"))
  }

  private func identifier(_ name: String) -> Node {
    if let local = scope.last(where: { $0.name == name }) { return LocalNode(local.place) }
    let plain = name.hasPrefix(".") ? String(name.dropFirst()) : name
    if let variable = environment.variables[plain] ?? environment.resolveVariable?(plain) {
      return variable.constant.map { ConstantNode($0) } ?? LoadNode(variable.slot)
    }
    return ConstantNode(.failure(.other, "undeclared name `\(name)`"))
  }

  /// `a.b.c` where no part of it is a comprehension's variable.
  private func qualifiedName(_ expr: Expr) -> String? {
    switch expr.kind {
    case .ident(let name):
      return scope.contains { $0.name == name }
        ? nil : name.hasPrefix(".") ? String(name.dropFirst()) : name
    case .select(let operand, let field, false, false):
      return qualifiedName(operand).map { "\($0).\(field)" }
    default: return nil
    }
  }

  private mutating func call(
    _ expr: Expr, _ function: String, _ target: Expr?, _ arguments: [Expr]
  ) -> Node {
    switch (function, arguments.count) {
    case ("_&&_", 2): return AndNode(flatten("_&&_", expr).map { plan($0) })
    case ("_||_", 2): return OrNode(flatten("_||_", expr).map { plan($0) })
    case ("!_", 1): return NotNode(plan(arguments[0]))
    case ("_?_:_", 3):
      return ConditionalNode(plan(arguments[0]), plan(arguments[1]), plan(arguments[2]))
    case ("@not_strictly_false", 1), ("__not_strictly_false__", 1):
      return NotStrictlyFalseNode(plan(arguments[0]))
    case ("_==_", 2): return pair(arguments) { EqualNode($0, $1, negated: false) }
    case ("_!=_", 2): return pair(arguments) { EqualNode($0, $1, negated: true) }
    case ("_<_", 2): return pair(arguments) { CompareNode($0, $1, .less) }
    case ("_<=_", 2): return pair(arguments) { CompareNode($0, $1, .lessOrEqual) }
    case ("_>_", 2): return pair(arguments) { CompareNode($0, $1, .greater) }
    case ("_>=_", 2): return pair(arguments) { CompareNode($0, $1, .greaterOrEqual) }
    case ("@in", 2), ("_in_", 2): return pair(arguments) { InNode($0, $1) }
    case ("_[_]", 2): return pair(arguments) { IndexNode($0, $1, isOptional: false) }
    case ("_[?_]", 2): return pair(arguments) { IndexNode($0, $1, isOptional: true) }
    case ("dyn", 1): return plan(arguments[0])
    default: break
    }
    var name = function
    var receiver = target
    var overloads: [Overload] = []
    if case .overloads(let found) = reference(expr) {
      overloads = found
      // `math.greatest(…)`: the checker took the target for a namespace.
      if let target, let only = found.first, !only.member, qualifiedName(target) != nil {
        receiver = nil
      }
    } else {
      if let target, let prefix = qualifiedName(target),
        let declared = environment.functions["\(prefix).\(function)"]
      {
        name = "\(prefix).\(function)"
        receiver = nil
        overloads = declared.overloads
      } else {
        overloads = environment.functions[function]?.overloads ?? []
      }
      let isMember = receiver != nil
      let count = arguments.count + (isMember ? 1 : 0)
      overloads = overloads.filter { $0.member == isMember && $0.parameters.count == count }
    }
    guard !overloads.isEmpty else {
      return ConstantNode(.failure(.noSuchOverload, "no function `\(name)` for these arguments"))
    }
    let nodes = (receiver.map { [$0] } ?? []).map { plan($0) } + arguments.map { plan($0) }
    if overloads.count == 1, Standard.ids.contains(overloads[0].id),
      let special = RegexNode.make(name, nodes)
    {
      return special
    }
    let node = CallNode(function: name, overloads: overloads, arguments: nodes)
    let isPure = !overloads.contains { overload in
      if case .host = overload.implementation { return true }
      return false
    }
    return isPure ? fold(node, nodes) : node
  }

  private mutating func pair(_ arguments: [Expr], _ make: (Node, Node) -> Node) -> Node {
    let left = plan(arguments[0])
    let right = plan(arguments[1])
    return fold(make(left, right), [left, right])
  }

  /// The operands of a chain of one logical operator, without recursion along it.
  private func flatten(_ function: String, _ expr: Expr) -> [Expr] {
    var terms: [Expr] = []
    var stack = [expr]
    while let next = stack.popLast() {
      if case .call(function, nil, let arguments) = next.kind, arguments.count == 2 {
        stack.append(arguments[1])
        stack.append(arguments[0])
      } else {
        terms.append(next)
      }
    }
    return terms
  }

  /// A node over constants is a constant.
  private func fold(_ node: Node, _ operands: [Node]) -> Node {
    guard !traces, operands.allSatisfy({ $0.constant != nil }) else { return node }
    var frame = Frame(activation: EmptyActivation.shared, budget: 10_000, recorder: nil)
    return ConstantNode(node.evaluate(&frame))
  }

  private mutating func plan(_ comprehension: Expr.Comprehension) -> Node {
    let range = plan(comprehension.range)
    let initial = plan(comprehension.initial)
    let base = scope.count
    defer { scope.removeSubrange(base...) }
    // Places follow the depth of the scope, so that a frame's locals are a stack.
    let place = scope.last.map { $0.place + 1 } ?? 0
    scope.append((comprehension.variable, place))
    var variable2: Int?
    if let name = comprehension.variable2 {
      variable2 = place + 1
      scope.append((name, place + 1))
    }
    let accumulator = place + (variable2 == nil ? 1 : 2)
    if variable2 == nil, let collect = collecting(comprehension, range, place) { return collect }
    scope.append((comprehension.accumulator, accumulator))
    return ComprehensionNode(
      macro: comprehension.macro, range: range, variable: place, variable2: variable2,
      accumulator: accumulator, initial: initial, condition: plan(comprehension.condition),
      step: plan(comprehension.step), result: plan(comprehension.result))
  }

  /// `map` and `filter` in the form the macros give them: the accumulator grows by one element a step.
  private mutating func collecting(
    _ comprehension: Expr.Comprehension, _ range: Node, _ place: Int
  ) -> Node? {
    guard comprehension.macro == .map || comprehension.macro == .filter else { return nil }
    func isAccumulator(_ expr: Expr) -> Bool {
      if case .ident(comprehension.accumulator) = expr.kind { return true }
      return false
    }
    func appended(_ expr: Expr) -> Expr? {
      guard case .call("_+_", nil, let arguments) = expr.kind, arguments.count == 2,
        isAccumulator(arguments[0]), case .list(let elements) = arguments[1].kind,
        elements.count == 1, !elements[0].optional
      else { return nil }
      return elements[0].value
    }
    guard isAccumulator(comprehension.result) else { return nil }
    if let element = appended(comprehension.step) {
      return CollectNode(range: range, variable: place, filter: nil, transform: plan(element))
    }
    if case .call("_?_:_", nil, let arguments) = comprehension.step.kind, arguments.count == 3,
      isAccumulator(arguments[2]), let element = appended(arguments[1])
    {
      let filter = plan(arguments[0])
      return CollectNode(range: range, variable: place, filter: filter, transform: plan(element))
    }
    return nil
  }

  static func value(_ literal: Expr.Literal) -> Value {
    switch literal {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .int(let number): .int(number)
    case .uint(let number): .uint(number)
    case .double(let number): .double(number)
    case .string(let text): .string(text)
    case .bytes(let bytes): .bytes(bytes)
    }
  }
}

/// No variables.
final class EmptyActivation: Activation, Sendable {
  static let shared = EmptyActivation()
  func load(_ slot: Int) -> Value { .failure(.other, "no variables here") }
}
