import Suggestions

/// Names and selections.
extension Checker {
  /// The names that `name` can stand for, the innermost namespace first.
  func candidates(_ name: String) -> [String] {
    if name.first == "." { return [String(name.dropFirst())] }
    if environment.container.isEmpty { return [name] }
    var names: [String] = []
    var container = environment.container[...]
    while true {
      names.append("\(container).\(name)")
      guard let dot = container.lastIndex(of: ".") else { break }
      container = container[..<dot]
    }
    names.append(name)
    return names
  }

  private enum Meaning {
    case variable(VariableDeclaration)
    case type(CELType)
  }

  private func meaning(_ name: String) -> Meaning? {
    if environment.container.isEmpty, name.first != "." { return exactly(name) }
    for candidate in candidates(name) {
      if let found = exactly(candidate) { return found }
    }
    return nil
  }

  private func exactly(_ name: String) -> Meaning? {
    if let variable = environment.variables[name] { return .variable(variable) }
    if let variable = environment.resolveVariable?(name) { return .variable(variable) }
    if let type = Self.typeNames[name] { return .type(type) }
    if let object = environment.objectTypes[name] { return .type(.object(object)) }
    return nil
  }

  /// Names of types are values too.
  static let typeNames: [String: CELType] = [
    "bool": .bool, "int": .int, "uint": .uint, "double": .double, "string": .string,
    "bytes": .bytes, "null_type": .null, "list": .list(.dyn), "map": .map(.dyn, .dyn),
    "type": .type(.dyn), "dyn": .dyn, "optional_type": .optional(.dyn), "date": .date,
    "google.protobuf.Timestamp": .timestamp, "google.protobuf.Duration": .duration,
    "net.IP": .abstract("net.IP", []), "net.CIDR": .abstract("net.CIDR", []),
  ]

  func local(_ name: String) -> Local? { locals.last { $0.name == name } }

  /// Whether a qualified name begins with a variable of a comprehension.
  private func beginsLocally(_ expr: Expr) -> Bool {
    switch expr.kind {
    case .ident(let name): !locals.isEmpty && local(name) != nil
    case .select(let operand, _, _, _): beginsLocally(operand)
    default: false
    }
  }

  mutating func visitIdent(_ expr: Expr, _ name: String) -> Expr {
    if let local = local(name) { return node(expr, expr.kind, local.type, .local(name)) }
    if let meaning = meaning(name) { return node(expr, expr.kind, meaning) }
    undeclared(name, at: expr.position)
    return node(expr, expr.kind, .error)
  }

  private mutating func node(_ expr: Expr, _ kind: Expr.Kind, _ meaning: Meaning) -> Expr {
    switch meaning {
    case .variable(let variable): node(expr, kind, variable.type, .variable(variable))
    case .type(let type):
      node(expr, kind, .type(type), .constant(.type(TypeValue(type))))
    }
  }

  private mutating func undeclared(_ name: String, at position: ExprPosition) {
    let plain = name.first == "." ? String(name.dropFirst()) : name
    let near = Suggest.nearest(
      plain,
      among: locals.map(\.name).filter { $0.first != "@" && $0 != Macro.unused }
        + environment.variables.keys)
    var help = didYouMean(near)
    if help == nil, environment.functions[plain] != nil {
      help = "`\(plain)` is a function: `\(plain)(…)`"
    }
    report(.undeclaredName, "undeclared name `\(plain)`", at: position, help: help)
  }

  // MARK: - selections

  mutating func visitSelect(_ expr: Expr) -> Expr {
    guard case .select(let operand, let field, let test, let optional) = expr.kind else {
      return node(expr, .invalid, .error)
    }
    if !test, !optional, let qualified = expr.qualifiedName, !beginsLocally(operand) {
      if let meaning = meaning(qualified) {
        return node(
          expr,
          .select(operand: mark(operand), field: field, test: false, optional: false), meaning)
      }
      if case .ident(let root) = operand.kind, meaning(root) == nil,
        reportQualified(qualified, root, at: expr.position)
      {
        return node(
          expr,
          .select(operand: mark(operand), field: field, test: false, optional: false), .error)
      }
    }
    let checked = visit(operand)
    let (type, slot) = select(field, from: type(of: checked), expr, checked.position)
    var result = type
    if test {
      result = .bool
    } else if optional {
      if case .optional = type {} else { result = .optional(type) }
    }
    if !type.isError, let slot, !test, !optional { requireGuard(expr, operand, slot) }
    return node(
      expr, .select(operand: checked, field: field, test: test, optional: optional), result,
      slot.map { .slot($0.index) })
  }

  /// Ids for nodes that are only part of a qualified name.
  private mutating func mark(_ expr: Expr) -> Expr {
    if case .select(let operand, let field, let test, let optional) = expr.kind {
      return node(
        expr,
        .select(operand: mark(operand), field: field, test: test, optional: optional), .dyn)
    }
    return node(expr, expr.kind, .dyn)
  }

  /// A mistake in a qualified name, if `root` is a namespace of declared variables.
  private mutating func reportQualified(
    _ qualified: String, _ root: String, at position: ExprPosition
  ) -> Bool {
    let prefix = root + "."
    let siblings = environment.variables.keys.filter { $0.hasPrefix(prefix) }
    guard !siblings.isEmpty else { return false }
    // A longer name may go on from here: `a.b` of the declared `a.b.c` is no mistake yet.
    let list = siblings.sorted().prefix(6).map { "`\($0)`" }.joined(separator: ", ")
    report(
      .undeclaredName, "undeclared name `\(qualified)`", at: position,
      help: didYouMean(Suggest.nearest(qualified, among: siblings)) ?? "there are \(list)")
    return true
  }

  struct Slot {
    var index: Int
    var field: ObjectType.Field
  }

  private mutating func select(
    _ field: String, from type: CELType, _ expr: Expr, _ operand: ExprPosition
  ) -> (CELType, Slot?) {
    switch type {
    case .map(let key, let value):
      switch key {
      case .string, .enumeration, .dyn, .error, .parameter: break
      default:
        report(
          .noMatchingOverload, "the keys of \(name(type)) are \(name(key)), not names",
          at: fieldPosition(field, expr, operand), help: "write `[…]` with a key")
        return (.error, nil)
      }
      return (value, nil)
    case .object(let object):
      guard let index = object.slot(of: field) else {
        undeclaredField(field, of: object, at: fieldPosition(field, expr, operand))
        return (.error, nil)
      }
      let declared = object.fields[index]
      return (declared.type, Slot(index: index, field: declared))
    case .optional(let wrapped):
      // The field of an optional record is optional; its slot is found when it is there.
      let (inner, _) = select(field, from: wrapped, expr, operand)
      if case .optional = inner { return (inner, nil) }
      return (inner.isError ? .error : .optional(inner), nil)
    case .dyn, .parameter: return (.dyn, nil)
    case .error: return (.error, nil)
    case .wrapper, .null, .bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration,
      .date, .list, .type, .enumeration, .abstract:
      let isMethod =
        environment.functions[field]?.overloads.contains {
          $0.member && $0.parameters.count == 1
        } ?? false
      var help = isMethod ? "`\(field)` is a method: `.\(field)()`" : nil
      if case .list = type, help == nil {
        help = "select it from an element, as in `items.exists(item, item.\(field) …)`"
      }
      if case .select(let from, _, _, _) = expr.kind, case .ident(let key) = from.kind,
        local(key)?.isKey == true
      {
        help =
          "`\(key)` is a key of the map; two variables are key and value, as in `all(key, \(key), …)`"
      }
      report(
        .undeclaredField, "\(name(type)) has no fields, so no `\(field)`",
        at: fieldPosition(field, expr, operand), help: help)
      return (.error, nil)
    }
  }

  /// Where the name of a field stands: at the end of a selection, after the operand in `has(…)`.
  private func fieldPosition(
    _ field: String, _ expr: Expr, _ operand: ExprPosition
  ) -> ExprPosition {
    let length = Int32(clamping: field.utf8.count)
    var position = expr.position
    if case .select(_, _, test: true, _) = expr.kind {
      guard operand.source == position.source, operand.end + 1 + length <= position.end else {
        return position
      }
      position.start = operand.end + 1
      position.end = position.start + length
    } else if position.end - length >= position.start {
      position.start = position.end - length
    }
    return position
  }

  mutating func undeclaredField(
    _ field: String, of object: ObjectType, at position: ExprPosition
  ) {
    let names = object.fields.map(\.name)
    let near = Suggest.nearest(field, among: names)
    report(
      .undeclaredField, "`\(object.name)` has no field `\(field)`", at: position,
      help: didYouMean(near) ?? Suggest.known(names))
  }

  private mutating func requireGuard(_ expr: Expr, _ operand: Expr, _ slot: Slot) {
    guard environment.requiresGuards, !mayBeAbsent, slot.field.optional || slot.field.partial,
      !facts.contains(where: { $0.isSameShape(as: expr) })
    else { return }
    let path = operand.unparse()
    let help =
      path.contains("@") || path.utf8.count > 60
      ? "guard it with `has`" : "guard it: `has(\(path).\(slot.field.name)) && …`"
    report(
      .unguardedOptional,
      slot.field.partial && !slot.field.optional
        ? "only some kinds of this value have the field `\(slot.field.name)`"
        : "field `\(slot.field.name)` may be absent",
      at: fieldPosition(slot.field.name, expr, operand.position), help: help)
  }
}
