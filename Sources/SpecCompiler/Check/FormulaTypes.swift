import CEL

/// What a formula is told of the types in a condition.
struct FormulaTypes {
  let checked: CheckedExpression
  /// Whether a guard of an argument can be told. Where a rule judges several actions, one may lack it.
  var tellsGuards = true

  /// For the body of a macro, whose variables may have the names of ours.
  var inside: FormulaTypes { FormulaTypes(checked: checked, tellsGuards: false) }

  /// Arguments were checked before any condition is asked: one that is not optional is there. Of a record
  /// that was read, the guard tells more: whether there is such a record.
  func isAlwaysThere(_ field: String, of operand: Expr) -> Bool {
    guard tellsGuards, case .object(let type) = checked.type(of: operand),
      let slot = type.slot(of: field), type.fields.indices.contains(slot)
    else { return false }
    let known = type.fields[slot]
    return !known.optional && !known.partial && Self.isArgument(operand)
  }

  private static func isArgument(_ expr: Expr) -> Bool {
    switch expr.kind {
    case .ident("args"): true
    case .select(let operand, _, false, false): isArgument(operand)
    default: false
    }
  }

  /// A constraint that every value of its subject meets, or none, is a constant.
  static func bounded(_ formula: Formula, _ subject: Expr, _ types: FormulaTypes?) -> Formula {
    guard case .literal(let literal) = formula else { return formula }
    switch literal.constraint {
    case .range(let interval):
      guard let possible = range(of: subject) else { break }
      // Who asks for any confidence at all asks that it be told.
      if possible.isInside(interval), isCount(subject) { return .constant(true) }
      if possible.intersection(interval).isEmpty { return .constant(false) }
    case .notNumber(let number):
      if isCount(subject), number < 0 || number != number.rounded() { return .constant(true) }
    case .oneOf(let values):
      guard let all = enumeration(subject, types) else { break }
      if all.isSubset(of: values) { return .constant(true) }
    case .noneOf(let values):
      guard let all = enumeration(subject, types) else { break }
      let rest = all.subtracting(values)
      if rest.isEmpty { return .constant(false) }
      return .literal(Formula.Literal(subject: literal.subject, constraint: .oneOf(rest)))
    case .truth: break
    }
    return formula
  }

  /// Whether the values are all that the subject, one of the operands, can have.
  static func isEveryValue(
    _ values: Set<String>, ofOneOf operands: [Expr], _ subject: UInt64, _ types: FormulaTypes?
  ) -> Bool {
    operands.contains {
      Fingerprint.of($0) == subject
        && enumeration($0, types).map { $0.isSubset(of: values) } == true
    }
  }

  /// The numbers that a subject can be, where its name tells.
  private static func range(of subject: Expr) -> Formula.Interval? {
    if isCount(subject) { return Formula.Interval(low: 0) }
    if case .ident("confidence") = subject.kind { return Formula.Interval(low: 0, high: 1) }
    return nil
  }

  /// What counts is never negative.
  private static func isCount(_ expr: Expr) -> Bool {
    switch expr.kind {
    case .ident("in_flight"): true
    case .call("size", let target, let arguments): arguments.count + (target == nil ? 0 : 1) == 1
    default: false
    }
  }

  private static func enumeration(_ subject: Expr, _ types: FormulaTypes?) -> Set<String>? {
    // A case without a workflow is in none of the steps.
    if case .ident("step") = subject.kind { return nil }
    guard let types, case .enumeration(let set) = types.checked.type(of: subject) else {
      return nil
    }
    return Set(set.values)
  }

  /// Whether a value may be not-a-number, which differs from itself. JSON has none, so that what is read
  /// is none; what is computed may be.
  static func mayBeNoNumber(_ expr: Expr, _ types: FormulaTypes?) -> Bool {
    if let types {
      switch types.checked.type(of: expr) {
      case .bool, .int, .uint, .string, .bytes, .timestamp, .duration, .date, .enumeration, .null:
        return false
      default: break
      }
    }
    var computes = false
    expr.walk { node in
      switch node.kind {
      case .literal(.double(let value)): if value.isNaN { computes = true }
      case .call("size", _, _), .call("_[_]", _, _): break
      case .call: computes = true
      case .comprehension: computes = true
      default: break
      }
    }
    return computes
  }
}

extension Formula {
  /// What a condition says, or its contrary, with what its types tell.
  /// - Parameter condition: already folded.
  init(of condition: CheckedExpression, positive: Bool = true, tellsGuards: Bool = true) {
    let types = FormulaTypes(checked: condition, tellsGuards: tellsGuards)
    self = Formula(condition.root, positive: positive, types: types).simplified
  }
}

extension CheckedExpression {
  /// A part of the expression by itself.
  func part(_ expr: Expr) -> CheckedExpression {
    CheckedExpression(root: expr, types: types, references: references)
  }

  /// With what can be worked out worked out. Most conditions have nothing of the kind and are left alone.
  func folded(in environment: CEL.Environment) -> CheckedExpression {
    var found = false
    _ = isClosed(root, [], &found)
    return found ? foldingConstants(in: environment) : self
  }

  /// Whether a part rests on constants alone. `found`: such a part is more than a constant.
  private func isClosed(_ expr: Expr, _ bound: Set<String>, _ found: inout Bool) -> Bool {
    if found { return true }
    switch expr.kind {
    case .literal: return true
    case .invalid, .structure: return false
    case .ident(let name):
      if bound.contains(name) { return true }
      if case .variable(let declaration)? = reference(of: expr) {
        switch declaration.constant {
        case .some(.map), nil: return false
        default:
          found = true
          return true
        }
      }
      return false
    case .call(let function, let target, let arguments):
      var closed = true
      for part in (target.map { [$0] } ?? []) + arguments {
        if !isClosed(part, bound, &found) { closed = false }
      }
      if closed, function != "duration", function != "timestamp" { found = true }
      if function == "_?_:_", let first = arguments.first, case .literal = first.kind {
        found = true
      }
      return closed
    case .comprehension(let loop):
      let range = isClosed(loop.range, bound, &found)
      let inner = bound.union([loop.accumulator, loop.variable])
        .union(loop.variable2.map { [$0] } ?? [])
      if range, (loop.condition.freeNames() + loop.step.freeNames()).allSatisfy(inner.contains) {
        found = true
        return true
      }
      _ = isClosed(loop.step, bound, &found)
      return false
    default:
      var closed = true
      for child in expr.children where !isClosed(child, bound, &found) { closed = false }
      return closed
    }
  }
}
