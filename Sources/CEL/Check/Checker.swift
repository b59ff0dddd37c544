/// The type checker (cel-spec, "Gradual type checking"), with the refinements of `Environment`.
public enum CELChecker {
  /// Types an expression and resolves its names. Never fails: what can't be typed is an issue, typed as
  /// error so that one mistake gives one message.
  /// - Parameters:
  ///   - expr: a parsed expression; node ids are given anew.
  ///   - expecting: the type the whole must have.
  public static func check(
    _ expr: Expr, in environment: Environment, expecting: CELType? = nil
  ) -> CheckResult {
    var checker = Checker(environment: environment)
    var outcome = checker.check(expr)
    if let expecting {
      outcome = checker.expect(expecting, outcome)
    }
    let types = checker.types.map { checker.unifier.finished($0) }
    let checked = CheckedExpression(
      root: outcome.expr, types: types, references: checker.references)
    return CheckResult(
      checked: checked,
      issues: checker.issues.sorted {
        ($0.position.source, $0.position.start, $0.position.end)
          < ($1.position.source, $1.position.start, $1.position.end)
      })
  }
}

/// One run of the checker.
struct Checker {
  let environment: Environment
  var types: [CELType] = []
  var references: [CheckedExpression.Reference?] = []
  var issues: [CELIssue] = []
  var unifier: Unifier
  var locals: [(name: String, type: CELType)] = []
  /// Paths known to be present here, because a `has` to the left says so.
  var present: Set<String> = []

  init(environment: Environment) {
    self.environment = environment
    unifier = Unifier()
    types.reserveCapacity(16)
    references.reserveCapacity(16)
  }

  /// A checked node, and which paths are present where it turned out true or false.
  struct Outcome {
    var expr: Expr
    var type: CELType
    var whenTrue: Set<String> = []
    var whenFalse: Set<String> = []
  }

  // MARK: Nodes

  mutating func record(
    _ kind: Expr.Kind, _ position: ExprPosition, _ type: CELType,
    _ reference: CheckedExpression.Reference? = nil
  ) -> Outcome {
    let id = Int32(types.count)
    types.append(type)
    references.append(reference)
    return Outcome(expr: Expr(id: id, position: position, kind: kind), type: type)
  }

  mutating func report(
    _ kind: CELIssue.Kind, _ message: String, at position: ExprPosition, help: String? = nil
  ) {
    issues.append(CELIssue(kind, message, at: position, help: help))
  }

  mutating func check(_ expr: Expr) -> Outcome {
    let position = expr.position
    switch expr.kind {
    case .invalid: return record(.invalid, position, .error)
    case .literal(let literal): return record(expr.kind, position, Self.type(of: literal))
    case .ident(let name): return checkIdentifier(expr, name)
    case .select(let operand, let field, let test, let isOptional):
      return checkSelect(expr, operand, field, test: test, isOptional: isOptional)
    case .call(let function, let target, let arguments):
      return checkCall(expr, function, target, arguments)
    case .list(let elements): return checkList(elements, position)
    case .map(let entries): return checkMap(entries, position)
    case .structure(let type, let fields): return checkStructure(type, fields, position)
    case .comprehension(let comprehension): return checkComprehension(comprehension, position)
    }
  }

  static func type(of literal: Expr.Literal) -> CELType {
    switch literal {
    case .null: .null
    case .bool: .bool
    case .int: .int
    case .uint: .uint
    case .double: .double
    case .string: .string
    case .bytes: .bytes
    }
  }

  /// Holds a node to a type.
  mutating func expect(_ type: CELType, _ outcome: Outcome) -> Outcome {
    if unifier.assign(outcome.type, to: type) { return outcome }
    if environment.widensIntegers, let widened = widen(outcome, to: type) { return widened }
    report(
      .typeMismatch,
      "expected `\(type)`, found `\(unifier.finished(outcome.type))`", at: outcome.expr.position)
    return outcome
  }

  /// An int where a double is wanted.
  mutating func widen(_ outcome: Outcome, to type: CELType) -> Outcome? {
    guard unifier.resolved(type) == .double, unifier.resolved(outcome.type) == .int else {
      return nil
    }
    if case .literal(.int(let number)) = outcome.expr.kind {
      return record(.literal(.double(Double(number))), outcome.expr.position, .double)
    }
    let overload = environment.functions["double"]?.overloads.first { $0.parameters == [.int] }
    guard let overload else { return nil }
    return record(
      .call(function: "double", target: nil, arguments: [outcome.expr]), outcome.expr.position,
      .double, .overloads([overload]))
  }

  // MARK: Names

  /// The names a written name may stand for, in the order in which they are looked up.
  func candidates(_ name: String) -> [String] {
    if name.hasPrefix(".") { return [String(name.dropFirst())] }
    if environment.container.isEmpty { return [name] }
    var found: [String] = []
    var container = environment.container
    while true {
      found.append("\(container).\(name)")
      guard let dot = container.lastIndex(of: ".") else { break }
      container = String(container[..<dot])
    }
    return found + [name]
  }

  /// A variable, constant or type by one of its names.
  mutating func resolve(_ name: String, _ expr: Expr) -> Outcome? {
    for candidate in candidates(name) {
      if let variable = environment.variables[candidate]
        ?? environment.resolveVariable?(candidate)
      {
        return record(expr.kind, expr.position, variable.type, .variable(variable))
      }
      if let type = Self.standardTypes[candidate]
        ?? environment.objectTypes[candidate].map(CELType.object)
      {
        return record(
          expr.kind, expr.position, .type(type), .constant(.type(TypeValue(type))))
      }
    }
    return nil
  }

  static let standardTypes: [String: CELType] = [
    "bool": .bool, "int": .int, "uint": .uint, "double": .double, "string": .string,
    "bytes": .bytes, "list": .list(.dyn), "map": .map(.dyn, .dyn), "null_type": .null,
    "type": .type(.dyn), "dyn": .dyn, "optional_type": .optional(.dyn),
    "google.protobuf.Timestamp": .timestamp, "google.protobuf.Duration": .duration,
  ]

  func local(_ name: String) -> CELType? {
    locals.last { $0.name == name }?.type
  }

  mutating func checkIdentifier(_ expr: Expr, _ name: String) -> Outcome {
    if let type = local(name) {
      return record(expr.kind, expr.position, type, .local(name))
    }
    if let found = resolve(name, expr) { return found }
    let plain = name.hasPrefix(".") ? String(name.dropFirst()) : name
    let known =
      locals.map(\.name).filter { !$0.hasPrefix("@") }
      + environment.variables.keys.filter { !$0.hasPrefix("@") }.sorted()
    let help: String?
    if let near = Suggest.nearest(plain, among: known) {
      help = "did you mean `\(near)`?"
    } else if environment.functions[plain] != nil {
      help = "`\(plain)` is a function: call it"
    } else {
      help = nil
    }
    report(.undeclaredName, "undeclared name `\(plain)`", at: expr.position, help: help)
    return record(expr.kind, expr.position, .error)
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

  // MARK: Fields

  mutating func checkSelect(
    _ expr: Expr, _ operand: Expr, _ field: String, test: Bool, isOptional: Bool
  ) -> Outcome {
    if !test, !isOptional, let name = qualifiedName(expr), let found = resolve(name, expr) {
      return found
    }
    let inner = check(operand)
    var operandType = unifier.resolved(inner.type)
    var throughOptional = isOptional
    if case .optional(let wrapped) = operandType {
      operandType = unifier.resolved(wrapped)
      throughOptional = true
    }
    var reference: CheckedExpression.Reference?
    var type: CELType
    switch operandType {
    case .object(let object):
      if let slot = object.slot(of: field), object.fields.indices.contains(slot) {
        let declared = object.fields[slot]
        type = declared.type
        reference = .slot(slot)
        if !test, !throughOptional, environment.requiresGuards,
          declared.optional || declared.partial
        {
          requireGuard(expr, inner.expr, declared, of: object)
        }
      } else {
        type = .error
        undeclaredField(expr, field, of: object)
      }
    case .map(let key, let value):
      if !unifier.assign(.string, to: key) {
        report(
          .typeMismatch, "`.\(field)` needs a map with string keys, this one has `\(key)` keys",
          at: expr.position)
        type = .error
      } else {
        type = value
      }
    case .dyn, .parameter: type = .dyn
    case .error: type = .error
    case .wrapper:
      type = .error
      noFields(expr, field, operandType)
    default:
      type = .error
      noFields(expr, field, operandType)
    }
    let kind = Expr.Kind.select(
      operand: inner.expr, field: field, test: test, optional: isOptional)
    if test {
      var outcome = record(kind, expr.position, type == .error ? .error : .bool)
      if environment.requiresGuards, let path = Self.path(inner.expr) {
        outcome.whenTrue = ["\(path).\(field)"]
      }
      return outcome
    }
    if throughOptional {
      if case .error = type {} else if case .optional = type {} else { type = .optional(type) }
    }
    return record(kind, expr.position, type, reference)
  }

  private mutating func undeclaredField(_ expr: Expr, _ field: String, of object: ObjectType) {
    let near = Suggest.nearest(field, among: object.fields.map(\.name))
    let help: String? =
      near.map { "did you mean `\($0)`?" }
      ?? (object.fields.isEmpty || object.fields.count > 12
        ? nil
        : "it has " + object.fields.map { "`\($0.name)`" }.joined(separator: ", "))
    report(
      .undeclaredField, "`\(object.name)` has no field `\(field)`", at: fieldPosition(expr, field),
      help: help)
  }

  private mutating func noFields(_ expr: Expr, _ field: String, _ type: CELType) {
    report(
      .undeclaredField, "a `\(unifier.finished(type))` has no field `\(field)`",
      at: fieldPosition(expr, field))
  }

  /// The place of the field's own name: the end of the select.
  private func fieldPosition(_ expr: Expr, _ field: String) -> ExprPosition {
    var position = expr.position
    if case .select(_, _, let test, _) = expr.kind, test { return position }
    position.start = max(position.start, position.end - Int32(field.utf8.count))
    return position
  }

  private mutating func requireGuard(
    _ expr: Expr, _ operand: Expr, _ field: ObjectType.Field, of object: ObjectType
  ) {
    let path = Self.path(operand)
    if let path, present.contains("\(path).\(field.name)") { return }
    let shown = path.map { "\($0).\(field.name)" }
    let why =
      field.partial
      ? "only some kinds of `\(object.name)` have the field `\(field.name)`"
      : "field `\(field.name)` may be absent"
    report(
      .unguardedOptional, why, at: fieldPosition(expr, field.name),
      help: shown.map { "guard it: `has(\($0)) && …`" })
  }

  /// A tree as text that is equal for equal paths; nil where it holds something that is no path.
  static func path(_ expr: Expr) -> String? {
    switch expr.kind {
    case .ident(let name): return name
    case .literal(let literal):
      switch literal {
      case .string(let text): return "\"\(text)\""
      case .int(let number): return String(number)
      case .bool(let flag): return String(flag)
      case .uint(let number): return "\(number)u"
      default: return nil
      }
    case .select(let operand, let field, false, false):
      return path(operand).map { "\($0).\(field)" }
    case .call("_[_]", nil, let arguments) where arguments.count == 2:
      guard let base = path(arguments[0]), let key = path(arguments[1]) else { return nil }
      return "\(base)[\(key)]"
    case .call(let function, let target, let arguments):
      var parts: [String] = []
      for argument in (target.map { [$0] } ?? []) + arguments {
        guard let part = path(argument) else { return nil }
        parts.append(part)
      }
      return "\(function)(\(parts.joined(separator: ", ")))"
    default: return nil
    }
  }

  // MARK: Aggregates

  mutating func checkList(_ elements: [Expr.ListElement], _ position: ExprPosition) -> Outcome {
    var checked: [(outcome: Outcome, isOptional: Bool)] = []
    for element in elements {
      checked.append((check(element.value), element.optional))
    }
    var type: CELType?
    for (outcome, isOptional) in checked {
      let own = isOptional ? unwrapped(outcome) : outcome.type
      type = type.map { join($0, own) } ?? own
    }
    let joined = type ?? unifier.fresh()
    let items = checked.map { outcome, isOptional in
      Expr.ListElement(
        value: (widenInside(outcome, joined)).expr, optional: isOptional)
    }
    return record(.list(items), position, .list(joined))
  }

  mutating func checkMap(_ entries: [Expr.MapEntry], _ position: ExprPosition) -> Outcome {
    var keyType: CELType?
    var valueType: CELType?
    var checked: [(key: Outcome, value: Outcome, isOptional: Bool)] = []
    for entry in entries {
      let key = check(entry.key)
      let value = check(entry.value)
      checked.append((key, value, entry.optional))
      keyType = keyType.map { join($0, key.type) } ?? key.type
      let own = entry.optional ? unwrapped(value) : value.type
      valueType = valueType.map { join($0, own) } ?? own
    }
    let key = keyType ?? unifier.fresh()
    let value = valueType ?? unifier.fresh()
    let items = checked.map {
      Expr.MapEntry(
        key: $0.key.expr, value: widenInside($0.value, value).expr, optional: $0.isOptional)
    }
    return record(.map(items), position, .map(key, value))
  }

  private mutating func widenInside(_ outcome: Outcome, _ type: CELType) -> Outcome {
    guard environment.widensIntegers else { return outcome }
    return widen(outcome, to: type) ?? outcome
  }

  private mutating func unwrapped(_ outcome: Outcome) -> CELType {
    switch unifier.resolved(outcome.type) {
    case .optional(let inner): return inner
    case .dyn: return .dyn
    case .error: return .error
    case let other:
      report(
        .typeMismatch, "expected an optional value, found `\(unifier.finished(other))`",
        at: outcome.expr.position)
      return .error
    }
  }

  /// The type that holds both: one of them, or dyn.
  mutating func join(_ a: CELType, _ b: CELType) -> CELType {
    let x = unifier.resolved(a)
    let y = unifier.resolved(b)
    if case .error = x { return y }
    if case .error = y { return x }
    if x == y { return x }
    if case .enumeration = x, case .enumeration = y { return .string }
    if case .enumeration = x, case .string = y { return .string }
    if case .dyn = x { return .dyn }
    if case .dyn = y { return .dyn }
    if unifier.assign(y, to: x) { return x }
    if unifier.assign(x, to: y) { return y }
    if environment.widensIntegers {
      if x == .int, y == .double { return .double }
      if x == .double, y == .int { return .double }
    }
    return .dyn
  }

  mutating func checkStructure(
    _ name: String, _ fields: [Expr.StructureField], _ position: ExprPosition
  ) -> Outcome {
    var object: ObjectType?
    var resolved = name
    for candidate in candidates(name) where object == nil {
      object = environment.objectTypes[candidate]
      if object != nil { resolved = candidate }
    }
    guard let object else {
      report(
        .undeclaredType, "undeclared type `\(name)`", at: position,
        help: Suggest.nearest(name, among: environment.objectTypes.keys.sorted())
          .map { "did you mean `\($0)`?" })
      for field in fields { _ = check(field.value) }
      return record(.structure(type: name, fields: []), position, .error)
    }
    var checked: [Expr.StructureField] = []
    for field in fields {
      var value = check(field.value)
      guard let slot = object.slot(of: field.name), object.fields.indices.contains(slot) else {
        report(
          .undeclaredField, "`\(object.name)` has no field `\(field.name)`",
          at: field.value.position,
          help: Suggest.nearest(field.name, among: object.fields.map(\.name))
            .map { "did you mean `\($0)`?" })
        continue
      }
      let type = object.fields[slot].type
      value = expect(field.optional ? .optional(type) : type, value)
      checked.append(
        Expr.StructureField(name: field.name, value: value.expr, optional: field.optional))
    }
    return record(
      .structure(type: resolved, fields: checked), position, .object(object))
  }

  // MARK: Comprehensions

  mutating func checkComprehension(
    _ comprehension: Expr.Comprehension, _ position: ExprPosition
  ) -> Outcome {
    let range = check(comprehension.range)
    var first: CELType = .dyn
    var second: CELType = .dyn
    let two = comprehension.variable2 != nil
    switch unifier.resolved(range.type) {
    case .list(let element): (first, second) = two ? (.int, element) : (element, .dyn)
    case .map(let key, let value): (first, second) = (key, value)
    case .dyn, .parameter: break
    case .error: (first, second) = (.error, .error)
    case let other:
      report(
        .typeMismatch, "a `\(unifier.finished(other))` is no list or map to go through",
        at: range.expr.position)
      (first, second) = (.error, .error)
    }
    let initial = check(comprehension.initial)
    let base = locals.count
    let outer = present
    hide(comprehension.accumulator)
    locals.append((comprehension.accumulator, initial.type))
    hide(comprehension.variable)
    locals.append((comprehension.variable, first))
    if let name = comprehension.variable2 {
      hide(name)
      locals.append((name, second))
    }
    let condition = expect(.bool, check(comprehension.condition))
    var step = check(comprehension.step)
    if !unifier.assign(step.type, to: initial.type) {
      step = expect(initial.type, step)
    }
    locals.removeSubrange((base + 1)...)
    let result = check(comprehension.result)
    locals.removeSubrange(base...)
    present = outer
    var checked = comprehension
    checked.range = range.expr
    checked.initial = initial.expr
    checked.condition = condition.expr
    checked.step = step.expr
    checked.result = result.expr
    return record(.comprehension(checked), position, result.type)
  }

  /// A new variable of the same name makes what was known of the old one say nothing.
  private mutating func hide(_ name: String) {
    guard !present.isEmpty else { return }
    present = present.filter { !$0.hasPrefix(name + ".") && !$0.hasPrefix(name + "[") }
  }
}
