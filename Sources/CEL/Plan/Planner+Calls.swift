extension Planner {
  mutating func planCall(
    _ expr: Expr, _ function: String, _ target: Expr?, _ arguments: [Expr]
  ) throws(PlanError) -> Node {
    if target == nil, function == "_&&_" || function == "_||_", arguments.count == 2 {
      return try planLogic(expr, function)
    }
    let name: String
    let overloads: [Overload]
    var operands: [Expr] = arguments
    if case .overloads(let found)? = reference(expr) {
      name = function
      overloads = found
      if let target, found.first?.member != false { operands = [target] + arguments }
    } else {
      guard checked == nil else {
        throw PlanError(message: "the call of `\(function)` is not resolved")
      }
      var member = false
      (name, overloads, member) = lookUp(function, target, arguments.count)
      if let target, member { operands = [target] + arguments }
    }
    var nodes: [Node] = []
    for operand in operands { nodes.append(try plan(operand)) }
    let types = operands.map { type($0) }
    return make(name, overloads, nodes, numbers(types))
  }

  /// What the operands are, where all are numbers of one kind.
  private func numbers(_ types: [CELType?]) -> NumberKind? {
    if types.allSatisfy({ $0 == .double }) { return .double }
    return types.allSatisfy({ $0 == .int }) ? .int : nil
  }

  /// The overloads that an unchecked call may mean.
  private func lookUp(_ function: String, _ target: Expr?, _ count: Int)
    -> (name: String, overloads: [Overload], member: Bool)
  {
    if let target, let prefix = qualifiedName(target) {
      for candidate in candidates("\(prefix).\(function)") {
        if let declaration = environment.functions[candidate] {
          let own = declaration.overloads.filter {
            !$0.member && $0.parameters.count == count
          }
          return (candidate, own, false)
        }
      }
    }
    let member = target != nil
    let all = count + (member ? 1 : 0)
    for candidate in member ? [function] : candidates(function) {
      if let declaration = environment.functions[candidate] {
        return (
          candidate,
          declaration.overloads.filter { $0.member == member && $0.parameters.count == all },
          member
        )
      }
    }
    return (function, [], member)
  }

  /// `a && b && c` as one node, however it nests.
  private mutating func planLogic(_ expr: Expr, _ function: String) throws(PlanError) -> Node {
    var operands: [Expr] = []
    var waiting = [expr]
    while let next = waiting.popLast() {
      if case .call(function, nil, let parts) = next.kind, parts.count == 2 {
        waiting.append(parts[1])
        waiting.append(parts[0])
      } else {
        operands.append(next)
      }
    }
    var nodes: [Node] = []
    for operand in operands { nodes.append(try plan(operand)) }
    return folded(function == "_&&_" ? AndNode(nodes) : OrNode(nodes), nodes)
  }

  private func make(
    _ name: String, _ overloads: [Overload], _ nodes: [Node], _ numbers: NumberKind?
  ) -> Node {
    let isStandard =
      !overloads.isEmpty && overloads.allSatisfy { Standard.ids.contains($0.id) }
    if isStandard, let node = special(name, nodes, numbers) { return folded(node, nodes) }
    guard overloads.count == 1, let overload = overloads.first,
      overload.parameters.count == nodes.count
    else {
      let node = CallNode(name, nodes, overloads)
      return isStandard ? folded(node, nodes) : node
    }
    let node: Node
    switch (overload.implementation, nodes.count) {
    case (.unary(let function), 1):
      let whole = UnaryNode(nodes[0], lenient: overload.lenient, function)
      if name == "size", let filter = nodes[0] as? CollectNode, isStandard {
        node = FilteredSizeNode(filter, whole)
      } else {
        node = whole
      }
    case (.binary(let function), 2):
      node = BinaryNode(nodes[0], nodes[1], lenient: overload.lenient, function)
    default: node = CallNode(name, nodes, [overload])
    }
    return isStandard ? folded(node, nodes) : node
  }

  private func arithmetic(
    _ operation: ArithmeticNode.Operation, _ node: BinaryNode, _ numbers: NumberKind?
  ) -> Node {
    numbers == nil ? node : ArithmeticNode(operation, node)
  }

  /// Nodes of their own for operators and for patterns.
  private func special(_ name: String, _ nodes: [Node], _ numbers: NumberKind?) -> Node? {
    switch nodes.count {
    case 1:
      switch name {
      case "!_": return NotNode(nodes[0])
      case "@not_strictly_false":
        return UnaryNode(nodes[0], lenient: true, OperatorLibrary.notStrictlyFalse)
      case "-_": return UnaryNode(nodes[0], lenient: false, OperatorLibrary.negate)
      default: return nil
      }
    case 2: return special(name, nodes[0], nodes[1], numbers)
    case 3 where name == "_?_:_":
      if case .bool(let holds)? = nodes[0].constant, !tracing { return nodes[holds ? 1 : 2] }
      return ConditionalNode(nodes[0], nodes[1], nodes[2])
    default: return nil
    }
  }

  private func special(
    _ name: String, _ left: Node, _ right: Node, _ numbers: NumberKind?
  ) -> Node? {
    if let comparison = OperatorLibrary.Comparison(rawValue: name) {
      if case .double(let number)? = right.constant {
        return CompareDoubleNode(comparison, left, number)
      }
      return CompareNode(comparison, left, right, numbers)
    }
    switch name {
    case "_==_", "_!=_":
      let negated = name == "_!=_"
      if case .string(let text)? = right.constant {
        return EqualStringNode(left, text, negated: negated)
      }
      if case .string(let text)? = left.constant {
        return EqualStringNode(right, text, negated: negated)
      }
      return EqualNode(left, right, negated: negated, numbers)
    case "_[_]": return IndexNode(left, right)
    case "@in", "_in_":
      let node = BinaryNode(left, right, lenient: true, OperatorLibrary.contains)
      guard case .list(let list)? = right.constant, list.missing == nil,
        (1...8).contains(list.elements.count)
      else { return node }
      let texts = list.elements.compactMap { element -> String? in
        if case .string(let text) = element { return text }
        return nil
      }
      return texts.count == list.elements.count ? InTextsNode(texts, node) : node
    case "_[?_]": return BinaryNode(left, right, lenient: true, OptionalLibrary.optionalIndex)
    case "_+_":
      return arithmetic(.add, BinaryNode(left, right, lenient: false, OperatorLibrary.add), numbers)
    case "_-_":
      return arithmetic(
        .subtract, BinaryNode(left, right, lenient: false, OperatorLibrary.subtract), numbers)
    case "_*_":
      return arithmetic(
        .multiply, BinaryNode(left, right, lenient: false, OperatorLibrary.multiply), numbers)
    case "_/_": return BinaryNode(left, right, lenient: false, OperatorLibrary.divide)
    case "_%_": return BinaryNode(left, right, lenient: false, OperatorLibrary.modulo)
    case "matches", "find", "findAll":
      guard case .string(let source)? = right.constant else { return nil }
      guard let pattern = CompiledPattern(source) else {
        let failure = RegexLibrary.invalid(source)
        return PatternNode(left, name) { _ in failure }
      }
      switch name {
      case "matches": return PatternNode(left, name) { .bool(pattern.matches($0)) }
      case "find": return PatternNode(left, name) { RegexLibrary.found(pattern, $0) }
      default: return PatternNode(left, name) { RegexLibrary.foundAll(pattern, $0) }
      }
    default: return nil
    }
  }
}
