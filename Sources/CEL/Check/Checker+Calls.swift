/// Calls: the overloads they can mean, and what to say where there is none.
extension Checker {
  mutating func visitCall(_ expr: Expr) -> Expr {
    guard case .call(let function, let target, let arguments) = expr.kind else {
      return node(expr, .invalid, .error)
    }
    if target == nil {
      switch (function, arguments.count) {
      case ("_&&_", 2), ("_||_", 2): return visitLogic(expr, function, arguments)
      case ("_?_:_", 3): return visitTernary(expr, arguments)
      default: return visitFunction(expr, function, arguments)
      }
    }
    if let target { return visitMethod(expr, function, target, arguments) }
    return node(expr, .invalid, .error)
  }

  private func declared(_ function: String) -> FunctionDeclaration? {
    if environment.container.isEmpty, function.first != "." {
      return environment.functions[function]
    }
    for candidate in candidates(function) {
      if let found = environment.functions[candidate] { return found }
    }
    return nil
  }

  private func builtin(_ function: String) -> CheckedExpression.Reference? {
    environment.functions[function].map { .overloads($0.overloads) }
  }

  // MARK: - logic

  private mutating func visitLogic(
    _ expr: Expr, _ function: String, _ arguments: [Expr]
  ) -> Expr {
    let left = visit(arguments[0])
    let outside = facts
    if environment.requiresGuards {
      facts += function == "_&&_" ? Guards.whenTrue(arguments[0]) : Guards.whenFalse(arguments[0])
    }
    let right = visit(arguments[1])
    facts = outside
    let sign = function == "_&&_" ? "&&" : "||"
    // The left of a fold's step is its accumulator, of which the reader knows nothing.
    var folds = false
    if case .ident(Macro.accumulator) = arguments[0].kind { folds = true }
    for operand in [left, right] {
      requireBool(operand, folds ? "the condition" : "an operand of `\(sign)`")
    }
    return node(
      expr, .call(function: function, target: nil, arguments: [left, right]), .bool,
      builtin(function))
  }

  private mutating func requireBool(_ expr: Expr, _ what: String) {
    let type = type(of: expr)
    guard !unifier.assign(type, to: .bool) else { return }
    report(
      .noMatchingOverload, "\(what) must be `bool`, found \(name(type))", at: expr.position)
  }

  private mutating func visitTernary(_ expr: Expr, _ arguments: [Expr]) -> Expr {
    let condition = visit(arguments[0])
    requireBool(condition, "the condition")
    let outside = facts
    if environment.requiresGuards { facts += Guards.whenTrue(arguments[0]) }
    var yes = visit(arguments[1])
    facts = outside
    if environment.requiresGuards { facts += Guards.whenFalse(arguments[0]) }
    var no = visit(arguments[2])
    facts = outside
    let (a, b) = (type(of: yes), type(of: no))
    var result: CELType
    if a.isError || b.isError {
      result = .error
    } else if unifier.assign(b, to: a) || unifier.assign(a, to: b) {
      result = unifier.moreGeneral(unifier.resolve(a), unifier.resolve(b))
    } else {
      result = .error
      if environment.widensIntegers {
        let (x, y) = (widenedType(yes, a), widenedType(no, b))
        if let x, unifier.assign(x, to: b) {
          yes = widen(yes)
          result = b
        } else if let y, unifier.assign(y, to: a) {
          no = widen(no)
          result = a
        }
      }
      if result.isError {
        report(
          .noMatchingOverload, "the branches of `?:` are \(name(a)) and \(name(b))",
          at: expr.position, help: "make them the same type")
      }
    }
    return node(
      expr, .call(function: "_?_:_", target: nil, arguments: [condition, yes, no]), result,
      builtin("_?_:_"))
  }

  // MARK: - functions and methods

  private mutating func visit(_ arguments: [Expr], of declaration: FunctionDeclaration?) -> [Expr] {
    let outside = mayBeAbsent
    if let declaration, !declaration.overloads.isEmpty,
      declaration.overloads.allSatisfy(\.asksPresence)
    {
      mayBeAbsent = true
    }
    defer { mayBeAbsent = outside }
    var checked: [Expr] = []
    checked.reserveCapacity(arguments.count)
    for argument in arguments { checked.append(visit(argument)) }
    return checked
  }

  private mutating func visitFunction(
    _ expr: Expr, _ function: String, _ arguments: [Expr]
  ) -> Expr {
    let declaration = declared(function)
    let reported = issues.count
    let checked = visit(arguments, of: declaration)
    guard let declaration else {
      forgetIfMacro(function, isMethod: false, from: reported)
      undeclaredFunction(function, at: namePosition(function, expr, nil), isMethod: false)
      return node(
        expr, .call(function: function, target: nil, arguments: checked), .error)
    }
    return resolve(expr, declaration, nil, checked)
  }

  private mutating func visitMethod(
    _ expr: Expr, _ function: String, _ target: Expr, _ arguments: [Expr]
  ) -> Expr {
    // `a.b.f(x)` may be a function with a qualified name.
    if let qualifier = target.qualifiedName, !isLocal(target),
      let declaration = declared(qualifier + "." + function)
    {
      return resolve(expr, declaration, nil, visit(arguments, of: declaration))
    }
    let declaration = environment.functions[function]
    if declaration == nil, let qualifier = target.qualifiedName, !isLocal(target),
      isNamespace(qualifier)
    {
      let checked = visit(arguments, of: nil)
      undeclaredFunction(
        qualifier + "." + function, at: expr.position, isMethod: false)
      return node(
        expr, .call(function: qualifier + "." + function, target: nil, arguments: checked), .error)
    }
    let receiver = visit([target], of: declaration)
    let reported = issues.count
    let checked = visit(arguments, of: declaration)
    if declaration == nil { forgetIfMacro(function, isMethod: true, from: reported) }
    guard let declaration, let receiver = receiver.first else {
      if let receiver = receiver.first, !type(of: receiver).isError {
        undeclaredFunction(
          function, at: namePosition(function, expr, target), isMethod: true)
      }
      return node(
        expr, .call(function: function, target: receiver.first, arguments: checked), .error)
    }
    return resolve(expr, declaration, receiver, checked)
  }

  /// The arguments of a macro that was called wrongly hold names it would have declared.
  private mutating func forgetIfMacro(_ function: String, isMethod: Bool, from reported: Int) {
    if environment.macros.contains(where: { $0.name == function && $0.member == isMethod }) {
      issues.removeSubrange(reported...)
    }
  }

  private func isLocal(_ target: Expr) -> Bool {
    switch target.kind {
    case .ident(let name): local(name) != nil
    case .select(let operand, _, _, _): isLocal(operand)
    default: false
    }
  }

  /// Whether functions are declared under this name.
  private func isNamespace(_ name: String) -> Bool {
    guard environment.variables[name] == nil, environment.resolveVariable?(name) == nil else {
      return false
    }
    let prefix = name + "."
    return environment.functions.functions.keys.contains { $0.hasPrefix(prefix) }
  }

  // MARK: - overloads

  private mutating func resolve(
    _ expr: Expr, _ declaration: FunctionDeclaration, _ receiver: Expr?, _ arguments: [Expr]
  ) -> Expr {
    var operands = receiver.map { [$0] + arguments } ?? arguments
    let operandTypes = operands.map { type(of: $0) }
    let isMember = receiver != nil
    let hasError = operandTypes.contains { $0.isError }
    var result: CELType?
    var overloads: [Overload] = []
    func add(_ overload: Overload, _ type: CELType) {
      overloads.append(overload)
      if let sofar = result {
        if !sofar.isDynamic, sofar != type { result = .dyn }
      } else {
        result = type
      }
    }
    if hasError { suggestQuotes(declaration.name, operands, operandTypes) }
    let isComparison =
      !hasError && compareEnumerations(expr, declaration.name, operands, operandTypes)
    // By index: most overloads are refused at a glance, and copying one costs more than the glance.
    for index in declaration.overloads.indices
    where declaration.overloads[index].member == isMember
      && Unifier.canMatch(operandTypes, declaration.overloads[index].parameters)
    {
      let overload = declaration.overloads[index]
      if let told = Unifier.matchExactly(operandTypes, overload) {
        if let type = told { add(overload, type) }
        continue
      }
      let (parameters, type) = instantiate(overload)
      if unifier.assign(operandTypes, to: parameters) { add(overload, unifier.resolve(type)) }
    }
    if overloads.isEmpty, let closed = literalSets(operands, operandTypes) {
      for overload in declaration.overloads
      where overload.member == isMember && overload.parameters.count == operands.count {
        let (parameters, type) = instantiate(overload)
        if unifier.assign(closed, to: parameters) { add(overload, unifier.resolve(type)) }
      }
    }
    if overloads.isEmpty, !hasError, environment.widensIntegers {
      for overload in declaration.overloads
      where overload.member == isMember && overload.parameters.count == operands.count {
        if let (type, wide) = matchWidened(overload, operands, operandTypes) {
          for index in wide { operands[index] = widen(operands[index]) }
          add(overload, type)
          break
        }
      }
    }
    if overloads.isEmpty, !hasError, !isComparison {
      noMatch(expr, declaration, receiver, operands, operandTypes)
    }
    let kind: Expr.Kind = .call(
      function: declaration.name, target: isMember ? operands.first : nil,
      arguments: isMember ? Array(operands.dropFirst()) : operands)
    var given = result ?? .error
    if overloads.isEmpty {
      given = isComparison ? .bool : .error
    } else if hasError, overloads.count > 1, given == .dyn {
      // With a broken argument only a result that does not depend on it is worth something.
      given = .error
    }
    return node(expr, kind, given, overloads.isEmpty ? nil : .overloads(overloads))
  }

  /// The types with string literals as sets of one value, which larger sets accept.
  private func literalSets(_ operands: [Expr], _ types: [CELType]) -> [CELType]? {
    var closed = types
    var found = false
    for (index, operand) in operands.enumerated() {
      guard case .literal(.string(let value)) = operand.kind else { continue }
      closed[index] = .enumeration(EnumType(values: [value]))
      found = true
    }
    return found ? closed : nil
  }

  private mutating func instantiate(_ overload: Overload) -> ([CELType], CELType) {
    guard overload.result.isGeneric || overload.parameters.contains(where: \.isGeneric) else {
      return (overload.parameters, overload.result)
    }
    var types = unifier.instantiate(overload.parameters + [overload.result])
    let result = types.removeLast()
    return (types, result)
  }

  /// The result type and the arguments to widen, if the overload fits once ints become doubles.
  private mutating func matchWidened(
    _ overload: Overload, _ operands: [Expr], _ types: [CELType]
  ) -> (CELType, [Int])? {
    let wide = zip(operands, types).map { widenedType($0, $1) }
    guard wide.contains(where: { $0 != nil }) else { return nil }
    let saved = unifier
    // All ints at once, then one after the other.
    let (parameters, type) = instantiate(overload)
    if unifier.assign(zip(wide, types).map { $0 ?? $1 }, to: parameters) {
      return (unifier.resolve(type), wide.indices.filter { wide[$0] != nil })
    }
    unifier = saved
    let (again, result) = instantiate(overload)
    var chosen: [Int] = []
    for index in operands.indices {
      if unifier.assign(types[index], to: again[index]) { continue }
      guard let wide = wide[index], unifier.assign(wide, to: again[index]) else {
        unifier = saved
        return nil
      }
      chosen.append(index)
    }
    return (unifier.resolve(result), chosen)
  }

  // MARK: - widening

  /// The type of a checked expression once the ints in it are doubles; nil where that changes nothing.
  func widenedType(_ expr: Expr, _ type: CELType) -> CELType? {
    switch (type, expr.kind) {
    case (.int, _): return .double
    case (.list(let element), .list(let elements)):
      guard !elements.isEmpty, elements.allSatisfy({ !$0.optional }) else { return nil }
      var wide: CELType?
      for item in elements {
        let own = self.type(of: item.value)
        guard let one = widenedType(item.value, own) ?? (own == .double ? own : nil) else {
          return nil
        }
        if let wide, wide != one { return nil }
        wide = one
      }
      guard let wide, wide != element else { return nil }
      return .list(wide)
    case (.map(let key, let value), .map(let entries)):
      guard !entries.isEmpty, entries.allSatisfy({ !$0.optional }) else { return nil }
      var wide: CELType?
      for entry in entries {
        let own = self.type(of: entry.value)
        guard let one = widenedType(entry.value, own) ?? (own == .double ? own : nil) else {
          return nil
        }
        if let wide, wide != one { return nil }
        wide = one
      }
      guard let wide, wide != value else { return nil }
      return .map(key, wide)
    default: return nil
    }
  }

  /// A checked expression with its ints made doubles.
  mutating func widen(_ expr: Expr) -> Expr {
    let type = type(of: expr)
    guard let wide = widenedType(expr, type) else { return expr }
    var copy = expr
    switch expr.kind {
    case .literal(.int(let value)) where Int64(exactly: Double(value)) == value:
      copy.kind = .literal(.double(Double(value)))
      types[Int(expr.id)] = .double
      return copy
    case .list(let elements):
      copy.kind = .list(elements.map { Expr.ListElement(value: widen($0.value)) })
      types[Int(expr.id)] = wide
      return copy
    case .map(let entries):
      copy.kind = .map(entries.map { Expr.MapEntry(key: $0.key, value: widen($0.value)) })
      types[Int(expr.id)] = wide
      return copy
    default:
      let overloads = environment.functions["double"]?.overloads.filter {
        !$0.member && $0.parameters == [.int]
      }
      return node(
        expr, .call(function: "double", target: nil, arguments: [expr]), .double,
        overloads.map { .overloads($0) })
    }
  }

  // MARK: - enumerations

  /// Checks comparisons with closed sets; true if it reported something.
  private mutating func compareEnumerations(
    _ expr: Expr, _ function: String, _ operands: [Expr], _ types: [CELType]
  ) -> Bool {
    guard operands.count == 2 else { return false }
    let before = issues.count
    switch function {
    case "_==_", "_!=_":
      compare(operands[0], types[0], operands[1], types[1], at: expr.position)
    case "@in":
      switch (types[1], operands[1].kind) {
      case (_, .list(let elements)):
        for element in elements where !element.optional {
          compare(
            operands[0], types[0], element.value, type(of: element.value),
            at: element.value.position)
        }
      case (.list(let element), _), (.map(let element, _), _):
        if case .enumeration(let set) = element,
          case .literal(.string(let value)) = operands[0].kind, !set.values.contains(value)
        {
          notInEnum(value, set, at: operands[0].position)
        } else if case .enumeration(let set) = element, case .enumeration(let other) = types[0],
          Set(set.values).isDisjoint(with: other.values)
        {
          disjoint(types[0], element, at: expr.position)
        }
      default: break
      }
    default: break
    }
    return issues.count > before
  }

  private mutating func compare(
    _ a: Expr, _ aType: CELType, _ b: Expr, _ bType: CELType, at position: ExprPosition
  ) {
    switch (aType, bType) {
    case (.enumeration(let set), .enumeration(let other)):
      if Set(set.values).isDisjoint(with: other.values) { disjoint(aType, bType, at: position) }
    case (.enumeration(let set), _):
      if case .literal(.string(let value)) = b.kind, !set.values.contains(value) {
        notInEnum(value, set, at: b.position)
      }
    case (_, .enumeration(let set)):
      if case .literal(.string(let value)) = a.kind, !set.values.contains(value) {
        notInEnum(value, set, at: a.position)
      }
    default: break
    }
  }

  /// `order.status == done`: a value of the closed set that lacks its quotes.
  private mutating func suggestQuotes(
    _ function: String, _ operands: [Expr], _ types: [CELType]
  ) {
    guard operands.count == 2, function == "_==_" || function == "_!=_" else { return }
    for (word, other) in [(0, 1), (1, 0)] {
      guard types[word].isError, case .ident(let name) = operands[word].kind,
        case .enumeration(let set) = types[other], set.values.contains(name),
        let index = issues.lastIndex(where: {
          $0.kind == .undeclaredName && $0.position == operands[word].position
        })
      else { continue }
      issues[index].help = didYouMean("\"\(name)\"")
    }
  }

  private mutating func disjoint(_ a: CELType, _ b: CELType, at position: ExprPosition) {
    report(
      .notInEnum, "\(name(a)) and \(name(b)) have no value in common, so they are never equal",
      at: position)
  }
}
