/// Turns a tree into nodes.
struct Planner {
  let environment: Environment
  let checked: CheckedExpression?
  let purpose: Purpose
  /// Every node is looked at while it runs: nothing is folded away.
  var tracing: Bool { purpose != .run }
  private(set) var localCount = 0
  private var scope: [(name: String, slot: Int)] = []
  private var depth = 0

  private static let deepest = 700

  /// What a plan is for.
  enum Purpose: Hashable { case run, trace, meter }

  init(_ environment: Environment, checked: CheckedExpression?, _ purpose: Purpose) {
    self.environment = environment
    self.checked = checked
    self.purpose = purpose
  }

  mutating func plan(_ expr: Expr) throws(PlanError) -> Node {
    depth += 1
    defer { depth -= 1 }
    if depth > Self.deepest {
      throw PlanError(message: "the expression is nested too deeply")
    }
    let node = try planKind(expr)
    switch purpose {
    case .run: return node
    case .trace:
      // Literals explain nothing.
      if case .literal = expr.kind { return node }
      return TraceNode(expr, node)
    case .meter: return CostNode(expr, isConstant: isConstant(expr), node)
    }
  }

  private mutating func planKind(_ expr: Expr) throws(PlanError) -> Node {
    switch expr.kind {
    case .literal(let literal): return ConstantNode(Self.value(literal))
    case .ident(let name): return try planName(expr, name)
    case .select(let operand, let field, let test, let optional):
      return try planSelect(expr, operand, field, test: test, optional: optional)
    case .call(let function, let target, let arguments):
      return try planCall(expr, function, target, arguments)
    case .list(let elements):
      var parts: [(node: Node, optional: Bool)] = []
      for element in elements { parts.append((try plan(element.value), element.optional)) }
      return folded(ListNode(parts), parts.map(\.node))
    case .map(let entries):
      var parts: [(key: Node, value: Node, optional: Bool)] = []
      for entry in entries {
        parts.append((try plan(entry.key), try plan(entry.value), entry.optional))
      }
      return folded(MapNode(parts), parts.flatMap { [$0.key, $0.value] })
    case .structure(let type, let fields): return try planRecord(expr, type, fields)
    case .comprehension(let comprehension): return try planFold(comprehension, expr.position)
    case .invalid: throw PlanError(message: "the expression has a syntax error")
    }
  }

  static func value(_ literal: Expr.Literal) -> Value {
    switch literal {
    case .null: .null
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .uint(let value): .uint(value)
    case .double(let value): .double(value)
    case .string(let value): .string(value)
    case .bytes(let value): .bytes(value)
    }
  }

  /// The node's value as a constant, where all it is made of is constant and nothing goes wrong.
  func folded(_ node: Node, _ parts: [Node]) -> Node {
    if tracing { return node }
    for part in parts where part.constant == nil { return node }
    var frame = Frame(locals: nil, remaining: 0, trace: nil)
    let value = node.eval(EmptyActivation(), &frame)
    return value.isErrorOrUnknown ? node : ConstantNode(value)
  }

  func reference(_ expr: Expr) -> CheckedExpression.Reference? {
    guard let checked, checked.references.indices.contains(Int(expr.id)) else { return nil }
    return checked.references[Int(expr.id)]
  }

  private func isConstant(_ expr: Expr) -> Bool {
    switch reference(expr) {
    case .constant: true
    case .variable(let declaration): declaration.constant != nil
    default: false
    }
  }

  func type(_ expr: Expr) -> CELType? {
    guard let checked, checked.types.indices.contains(Int(expr.id)) else { return nil }
    return checked.types[Int(expr.id)]
  }

  // MARK: - Names

  func local(_ name: String) -> Int? { scope.last { $0.name == name }?.slot }

  private func variable(_ declaration: VariableDeclaration) -> Node {
    if let constant = declaration.constant { return ConstantNode(constant) }
    return VariableNode(declaration.slot, declaration.name)
  }

  private func planName(_ expr: Expr, _ name: String) throws(PlanError) -> Node {
    switch reference(expr) {
    case .variable(let declaration): return variable(declaration)
    case .constant(let value): return ConstantNode(value)
    case .local(let name):
      if let slot = local(name) { return LocalNode(slot) }
    default: break
    }
    if let slot = local(name) { return LocalNode(slot) }
    if checked == nil, let node = resolve(name) { return node }
    if checked == nil {
      return ConstantNode(.failure(.other, "undeclared name `\(name)`"))
    }
    throw PlanError(message: "the name `\(name)` is not resolved")
  }

  /// The names a written name may stand for, the innermost namespace first.
  func candidates(_ name: String) -> [String] {
    if name.hasPrefix(".") { return [String(name.dropFirst())] }
    var found: [String] = []
    var container = Substring(environment.container)
    while !container.isEmpty {
      found.append("\(container).\(name)")
      container = container.lastIndex(of: ".").map { container[..<$0] } ?? ""
    }
    return found + [name]
  }

  private func resolve(_ name: String) -> Node? {
    for candidate in candidates(name) {
      if let declaration = environment.variables[candidate]
        ?? environment.resolveVariable?(candidate)
      {
        return variable(declaration)
      }
      if let type = Checker.typeNames[candidate]
        ?? environment.objectTypes[candidate].map(CELType.object)
      {
        return ConstantNode(.type(type))
      }
    }
    return nil
  }

  /// `a.b.c` as one name, where `a` is no variable of a comprehension.
  func qualifiedName(_ expr: Expr) -> String? {
    switch expr.kind {
    case .ident(let name): return local(name) == nil ? name : nil
    case .select(let operand, let field, false, false):
      return qualifiedName(operand).map { "\($0).\(field)" }
    default: return nil
    }
  }

  private mutating func planSelect(
    _ expr: Expr, _ operand: Expr, _ field: String, test: Bool, optional: Bool
  ) throws(PlanError) -> Node {
    switch reference(expr) {
    case .variable(let declaration): return variable(declaration)
    case .constant(let value): return ConstantNode(value)
    default: break
    }
    if checked == nil, !test, !optional, let name = qualifiedName(expr), let node = resolve(name) {
      return node
    }
    let inner = try plan(operand)
    if optional, !test {
      let key = ConstantNode(.string(field))
      return folded(
        BinaryNode(inner, key, lenient: true, OptionalLibrary.optionalIndex), [inner])
    }
    var type: ObjectType?
    if case .object(let object)? = self.type(operand) { type = object }
    let slot = type?.slot(of: field)
    // A slot is used only where the record has this very type: else the field is looked up by name.
    if slot == nil { type = nil }
    if test { return folded(HasNode(inner, field, type, slot ?? 0), [inner]) }
    let node = FieldNode(inner, field, type, slot ?? 0)
    if type != nil {
      if let variable = inner as? VariableNode { return VariableFieldNode(variable.slot, node) }
      if let local = inner as? LocalNode { return LocalFieldNode(local.slot, node) }
    }
    return folded(node, [inner])
  }

  private mutating func planRecord(
    _ expr: Expr, _ name: String, _ fields: [Expr.StructureField]
  ) throws(PlanError) -> Node {
    for candidate in candidates(name) {
      guard let type = environment.objectTypes[candidate] else { continue }
      var parts: [(slot: Int, node: Node, optional: Bool)] = []
      for field in fields {
        guard let slot = type.slot(of: field.name) else {
          throw PlanError(message: "`\(name)` has no field `\(field.name)`")
        }
        parts.append((slot, try plan(field.value), field.optional))
      }
      return RecordNode(type, parts)
    }
    return ConstantNode(.failure(.other, "values of type `\(name)` cannot be made"))
  }

  // MARK: - Folds

  private mutating func inScope<T>(
    _ names: [(name: String, slot: Int)], _ body: (inout Planner) throws(PlanError) -> T
  ) throws(PlanError) -> T {
    let count = scope.count
    scope += names
    defer {
      scope.removeLast(scope.count - count)
    }
    return try body(&self)
  }

  /// Slots are not shared between folds: there are few, and so none can disturb another.
  private mutating func newLocal() -> Int {
    localCount += 1
    return localCount - 1
  }

  private mutating func planFold(_ fold: Expr.Comprehension, _ position: ExprPosition)
    throws(PlanError) -> Node
  {
    if fold.macro == .bind {
      let value = try plan(fold.initial)
      let slot = newLocal()
      return BindNode(slot, value, try bound(fold, slot))
    }
    let range = try plan(fold.range)
    let first = newLocal()
    let second = fold.variable2 == nil ? nil : newLocal()
    var names = [(name: fold.variable, slot: first)]
    if let name = fold.variable2, let second { names.append((name, second)) }
    if let node = try planKnownFold(fold, range, names, first, second) { return node }
    let accumulator = newLocal()
    let initial = try plan(fold.initial)
    let inner = names + [(name: fold.accumulator, slot: accumulator)]
    let (condition, step) = try inScope(inner) { planner throws(PlanError) in
      (try planner.plan(fold.condition), try planner.plan(fold.step))
    }
    let result = try inScope([(name: fold.accumulator, slot: accumulator)]) {
      planner throws(PlanError) in try planner.plan(fold.result)
    }
    return GeneralFoldNode(
      range, first: first, second: second, accumulator: accumulator, initial: initial,
      condition: condition, step: step, result: result)
  }

  private mutating func bound(_ fold: Expr.Comprehension, _ slot: Int) throws(PlanError) -> Node {
    scope.append((fold.accumulator, slot))
    defer { scope.removeLast() }
    return try plan(fold.result)
  }

  private func isAccumulator(_ expr: Expr, _ fold: Expr.Comprehension) -> Bool {
    if case .ident(let name) = expr.kind { return name == fold.accumulator }
    return false
  }

  /// The folds of the standard macros, recognized by their shape.
  private mutating func planKnownFold(
    _ fold: Expr.Comprehension, _ range: Node, _ names: [(name: String, slot: Int)], _ first: Int,
    _ second: Int?
  ) throws(PlanError) -> Node? {
    guard case .call(let function, nil, let arguments) = fold.step.kind else { return nil }
    func body(_ expr: Expr, _ planner: inout Planner) throws(PlanError) -> Node {
      try planner.inScope(names) { planner throws(PlanError) in try planner.plan(expr) }
    }
    switch (fold.macro, function, arguments.count) {
    case (.exists, "_||_", 2), (.all, "_&&_", 2):
      guard isAccumulator(arguments[0], fold) else { return nil }
      return QuantifierNode(
        range, first: first, second: second, try body(arguments[1], &self),
        wanted: fold.macro == .exists)
    case (.existsOne, "_?_:_", 3):
      guard isAccumulator(arguments[2], fold) else { return nil }
      return ExactlyOneNode(range, first: first, second: second, try body(arguments[0], &self))
    case (.map, _, _), (.filter, _, _), (.other, _, _):
      guard isAccumulator(fold.result, fold) else { return nil }
      var condition: Expr?
      var step = fold.step
      if function == "_?_:_", arguments.count == 3, isAccumulator(arguments[2], fold) {
        condition = arguments[0]
        step = arguments[1]
      }
      guard case .call(let name, nil, let parts) = step.kind, let target = parts.first,
        isAccumulator(target, fold)
      else { return nil }
      if name == "_+_", parts.count == 2, case .list(let elements) = parts[1].kind,
        elements.count == 1, !elements[0].optional, case .list(let start) = fold.initial.kind,
        start.isEmpty
      {
        let test: Node?
        if let condition { test = try body(condition, &self) } else { test = nil }
        return CollectNode(
          range, first: first, second: second, test, try body(elements[0].value, &self),
          isShort: !tracing)
      }
      if name == "cel.@mapInsert", case .map(let start) = fold.initial.kind, start.isEmpty,
        parts.count == 2 || parts.count == 3
      {
        let test: Node?
        if let condition { test = try body(condition, &self) } else { test = nil }
        let key: Node?
        if parts.count == 3 { key = try body(parts[1], &self) } else { key = nil }
        return CollectMapNode(
          range, first: first, second: second, test, key, try body(parts[parts.count - 1], &self))
      }
      return nil
    default: return nil
    }
  }
}
