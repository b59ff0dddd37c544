import Suggestions

/// Types of expressions, found and checked before anything runs.
public enum CELChecker {
  /// Gives every node a type and every name and call its meaning.
  ///
  /// Node ids of the result are 0 ..< n. Where the environment says so, ints are widened to doubles in
  /// the tree itself. A result with issues must not be planned.
  public static func check(
    _ expr: Expr, in environment: Environment, expecting: CELType? = nil
  ) -> CheckResult {
    var checker = Checker(environment)
    var root = checker.visit(expr)
    if let expecting { root = checker.expect(root, expecting) }
    return checker.finish(root)
  }
}

/// One run of the checker.
struct Checker {
  let environment: Environment
  var unifier = Unifier()
  var types: [CELType] = []
  var references: [CheckedExpression.Reference?] = []
  var issues: [CELIssue] = []
  /// A variable of a comprehension.
  struct Local {
    let name: String
    var type: CELType
    /// Goes over the keys of a map, without their values.
    var isKey = false
  }

  /// Variables of comprehensions, the innermost last.
  var locals: [Local] = []
  /// Selections known to be present here.
  var facts: [Expr] = []
  /// Inside an argument of a function that asks for presence, such as `known(order.delivered_at)`.
  var mayBeAbsent = false

  init(_ environment: Environment) { self.environment = environment }

  func finish(_ root: Expr) -> CheckResult {
    let checked = CheckedExpression(
      root: root, types: types.map { unifier.resolve($0, final: true) }, references: references)
    return CheckResult(checked: checked, issues: sortedIssues(issues))
  }

  // MARK: - nodes

  /// The node with new content, an id and a type.
  mutating func node(
    _ expr: Expr, _ kind: Expr.Kind, _ type: CELType,
    _ reference: CheckedExpression.Reference? = nil
  ) -> Expr {
    let id = Int32(truncatingIfNeeded: types.count)
    types.append(type)
    references.append(reference)
    return Expr(id: id, position: expr.position, kind: kind)
  }

  /// The type of a checked node, as far as it is known by now.
  func type(of expr: Expr) -> CELType {
    let index = Int(expr.id)
    guard types.indices.contains(index) else { return .error }
    return unifier.resolve(types[index])
  }

  /// The name of a type in a message.
  func name(_ type: CELType) -> String { "`\(unifier.resolve(type, final: true))`" }

  mutating func report(
    _ kind: CELIssue.Kind, _ message: String, at position: ExprPosition, help: String? = nil
  ) {
    issues.append(CELIssue(kind, message, at: position, help: help))
  }

  func didYouMean(_ name: String?) -> String? { name.map { "did you mean `\($0)`?" } }

  // MARK: - the walk

  mutating func visit(_ expr: Expr) -> Expr {
    switch expr.kind {
    case .literal(let literal): node(expr, expr.kind, Self.type(of: literal))
    case .ident(let name): visitIdent(expr, name)
    case .select: visitSelect(expr)
    case .call: visitCall(expr)
    case .list(let elements): visitList(expr, elements)
    case .map(let entries): visitMap(expr, entries)
    case .structure(let type, let fields): visitStructure(expr, type, fields)
    case .comprehension(let comprehension): visitComprehension(expr, comprehension)
    case .invalid: node(expr, .invalid, .error)
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

  // MARK: - collections

  private mutating func visitList(_ expr: Expr, _ elements: [Expr.ListElement]) -> Expr {
    var checked: [Expr.ListElement] = []
    checked.reserveCapacity(elements.count)
    for element in elements {
      checked.append(
        Expr.ListElement(value: visit(element.value), optional: element.optional))
    }
    let (type, widened) = join(
      checked.map { ($0.value, unwrapped($0.value, $0.optional)) })
    if widened {
      for i in checked.indices where !checked[i].optional {
        checked[i].value = widen(checked[i].value)
      }
    }
    return node(expr, .list(checked), .list(type ?? unifier.fresh()))
  }

  private mutating func visitMap(_ expr: Expr, _ entries: [Expr.MapEntry]) -> Expr {
    var checked: [Expr.MapEntry] = []
    checked.reserveCapacity(entries.count)
    for entry in entries {
      checked.append(
        Expr.MapEntry(key: visit(entry.key), value: visit(entry.value), optional: entry.optional))
    }
    let (key, _) = join(checked.map { ($0.key, type(of: $0.key)) }, mayWiden: false)
    let (value, widened) = join(checked.map { ($0.value, unwrapped($0.value, $0.optional)) })
    if widened {
      for i in checked.indices where !checked[i].optional {
        checked[i].value = widen(checked[i].value)
      }
    }
    for entry in checked {
      switch type(of: entry.key) {
      case .bool, .int, .uint, .string, .enumeration, .date, .dyn, .error, .parameter, .wrapper:
        break
      case let other:
        report(
          .typeMismatch, "\(name(other)) cannot be the key of a map", at: entry.key.position,
          help: "keys are `string`, `int`, `uint` or `bool`")
      }
    }
    return node(
      expr, .map(checked), .map(key ?? unifier.fresh(), value ?? unifier.fresh()))
  }

  /// The type an element adds: that inside the optional for `?e`.
  private mutating func unwrapped(_ value: Expr, _ optional: Bool) -> CELType {
    let type = type(of: value)
    guard optional else { return type }
    switch type {
    case .optional(let wrapped): return wrapped
    case .dyn, .error, .parameter: return .dyn
    default:
      report(
        .typeMismatch, "expected an optional value after `?`, found \(name(type))",
        at: value.position)
      return .error
    }
  }

  /// The type of all elements together: the most general where they agree, `dyn` where they do not.
  private mutating func join(
    _ elements: [(expr: Expr, type: CELType)], mayWiden: Bool = true
  ) -> (CELType?, widened: Bool) {
    var joined: CELType?
    for (_, type) in elements {
      guard let sofar = joined else {
        joined = type
        continue
      }
      if sofar == type { continue }
      if unifier.assign(type, to: sofar) || unifier.assign(sofar, to: type) {
        joined = unifier.moreGeneral(unifier.resolve(sofar), unifier.resolve(type))
        continue
      }
      if mayWiden, environment.widensIntegers, let widened = joinWidened(elements) {
        return (widened, true)
      }
      return (.dyn, false)
    }
    return (joined.map { unifier.resolve($0) }, false)
  }

  /// The type of the elements if ints among them become doubles.
  private mutating func joinWidened(_ elements: [(expr: Expr, type: CELType)]) -> CELType? {
    var joined: CELType?
    for (expr, type) in elements {
      let wide = widenedType(expr, type) ?? type
      guard let sofar = joined else {
        joined = wide
        continue
      }
      guard unifier.assign(wide, to: sofar) || unifier.assign(sofar, to: wide) else { return nil }
      joined = unifier.moreGeneral(sofar, wide)
    }
    return joined
  }

  // MARK: - records

  private mutating func visitStructure(
    _ expr: Expr, _ type: String, _ fields: [Expr.StructureField]
  ) -> Expr {
    let object = candidates(type).compactMap { environment.objectTypes[$0] }.first
    if object == nil {
      report(
        .undeclaredType, "undeclared type `\(type)`",
        at: ExprPosition(
          source: expr.position.source, start: expr.position.start,
          end: min(expr.position.end, expr.position.start + Int32(clamping: type.utf8.count))),
        help: didYouMean(Suggest.nearest(type, among: environment.objectTypes.keys)))
    }
    var checked: [Expr.StructureField] = []
    var seen: Set<String> = []
    for field in fields {
      var value = visit(field.value)
      if let object {
        if let slot = object.slot(of: field.name) {
          let declared = object.fields[slot].type
          value = expect(value, field.optional ? .optional(declared) : declared)
        } else {
          undeclaredField(field.name, of: object, at: field.value.position)
        }
      }
      if !seen.insert(field.name).inserted {
        report(.syntax, "the field `\(field.name)` is set twice", at: field.value.position)
      }
      checked.append(
        Expr.StructureField(name: field.name, value: value, optional: field.optional))
    }
    return node(
      expr, .structure(type: object?.name ?? type, fields: checked),
      object.map { .object($0) } ?? .error)
  }

  // MARK: - comprehensions

  private mutating func visitComprehension(_ expr: Expr, _ c: Expr.Comprehension) -> Expr {
    var c = c
    c.range = visit(c.range)
    var first: CELType
    var second: CELType
    switch type(of: c.range) {
    case .list(let element):
      (first, second) = c.variable2 == nil ? (element, .dyn) : (.int, element)
    case .map(let key, let value): (first, second) = (key, value)
    case .dyn, .parameter: (first, second) = (.dyn, .dyn)
    case .error: (first, second) = (.error, .error)
    // The call that takes the keys says it.
    case _ where c.range.isSortedInput: (first, second) = (.error, .error)
    case let other:
      report(
        .noMatchingOverload, "`\(macroName(c))` goes over a list or a map, found \(name(other))",
        at: c.range.position)
      (first, second) = (.error, .error)
    }
    c.initial = visit(c.initial)
    let accumulator = type(of: c.initial)
    let outside = facts
    let depth = locals.count
    let bound = [c.accumulator, c.variable] + (c.variable2.map { [$0] } ?? [])
    if !facts.isEmpty { facts.removeAll { Guards.mentions($0, bound) } }
    var isKey = false
    if case .map = type(of: c.range) { isKey = c.variable2 == nil }
    locals.append(Local(name: c.accumulator, type: accumulator))
    locals.append(Local(name: c.variable, type: first, isKey: isKey))
    if let name = c.variable2 { locals.append(Local(name: name, type: second)) }
    c.condition = visit(c.condition)
    c.step = visit(c.step)
    let step = type(of: c.step)
    if !unifier.assign(step, to: accumulator), !step.isError {
      if c.macro == .other, case .map = unifier.resolve(accumulator) {
        // Entries of different types: the map is dynamic, as a literal of them would be.
        locals[depth].type = .map(.dyn, .dyn)
      } else {
        report(
          .typeMismatch,
          "a step of `\(macroName(c))` gives \(name(step)), expected \(name(accumulator))",
          at: expr.position)
      }
    }
    locals.removeSubrange((depth + 1)...)
    c.result = visit(c.result)
    locals.removeSubrange(depth...)
    facts = outside
    return node(expr, .comprehension(c), type(of: c.result), .local(c.accumulator))
  }

  private func macroName(_ c: Expr.Comprehension) -> String {
    switch c.macro {
    case .exists: "exists"
    case .all: "all"
    case .existsOne: "exists_one"
    case .map: c.variable2 == nil ? "map" : "transformList"
    case .filter: "filter"
    case .bind: "cel.bind"
    case .other: "transformMap"
    }
  }

  // MARK: - expectations

  /// Holds a checked expression to the type that its place asks for.
  mutating func expect(_ expr: Expr, _ wanted: CELType) -> Expr {
    if case .enumeration(let set) = wanted { return expect(expr, oneOf: set) }
    let type = type(of: expr)
    if unifier.assign(type, to: wanted) { return expr }
    if environment.widensIntegers, let wide = widenedType(expr, type),
      unifier.assign(wide, to: wanted)
    {
      return widen(expr)
    }
    report(
      .typeMismatch, "expected \(name(wanted)), found \(name(type))", at: expr.position,
      help: conversion(from: type, to: wanted))
    return expr
  }

  private mutating func expect(_ expr: Expr, oneOf set: EnumType) -> Expr {
    switch expr.kind {
    case .literal(.string(let value)):
      if !set.values.contains(value) { notInEnum(value, set, at: expr.position) }
    case .call("_?_:_", nil, let arguments) where arguments.count == 3:
      _ = expect(arguments[1], oneOf: set)
      _ = expect(arguments[2], oneOf: set)
    default:
      let type = type(of: expr)
      switch type {
      case .dyn, .error, .parameter: break
      case .enumeration(let own) where Set(own.values).isSubset(of: set.values): break
      default:
        report(
          .typeMismatch, "expected \(name(.enumeration(set))), found \(name(type))",
          at: expr.position)
      }
    }
    return expr
  }

  mutating func notInEnum(_ value: String, _ set: EnumType, at position: ExprPosition) {
    let near = Suggest.nearest(value, among: set.values)
    let list =
      set.values.prefix(12).map { "`\($0)`" }.joined(separator: ", ")
      + (set.values.count > 12 ? ", …" : "")
    let type = CELType.enumeration(set).description
    report(
      .notInEnum,
      "`\(value)` is not a value of "
        + (type.utf8.count <= 60 ? "`\(type)`" : "this enumeration"),
      at: position, help: didYouMean(near) ?? "it is one of \(list)")
  }

  private func conversion(from: CELType, to: CELType) -> String? {
    switch (from, unifier.resolve(to)) {
    case (.int, .double), (.uint, .double): "convert it with `double(…)`"
    case (.double, .int), (.uint, .int): "convert it with `int(…)`"
    case (.int, .string), (.double, .string), (.uint, .string): "convert it with `string(…)`"
    case (.string, .timestamp): "convert it with `timestamp(…)`"
    case (.string, .duration): "convert it with `duration(…)`"
    case (.optional(let wrapped), let wanted) where wrapped == wanted:
      "take its value with `.orValue(…)`"
    default: nil
    }
  }
}
