extension Macro {
  /// The standard macros, with those of the extensions named. Expansions are those of cel-go.
  static func standard(_ extensions: Set<Environment.Extension>) -> [Macro] {
    var macros = core
    if extensions.contains(.twoVariable) { macros += twoVariable }
    if extensions.contains(.bindings) { macros.append(bind) }
    if extensions.contains(.block) { macros += block }
    if extensions.contains(.optional) { macros += optional }
    if extensions.contains(.math) { macros += math }
    if extensions.contains(.lists) { macros.append(sortBy) }
    return macros
  }

  /// The accumulator of the standard folds. No text can hold it, so nothing can capture it.
  static let accumulator = "@result"

  private static let core: [Macro] = [
    Macro("has", argumentCount: 1, member: false, has),
    Macro("all", argumentCount: 2, member: true) { call, target, arguments, context in
      fold(.all, call, target, arguments, variables: 1, context)
    },
    Macro("exists", argumentCount: 2, member: true) { call, target, arguments, context in
      fold(.exists, call, target, arguments, variables: 1, context)
    },
    Macro("exists_one", argumentCount: 2, member: true) { call, target, arguments, context in
      fold(.existsOne, call, target, arguments, variables: 1, context)
    },
    Macro("existsOne", argumentCount: 2, member: true) { call, target, arguments, context in
      fold(.existsOne, call, target, arguments, variables: 1, context)
    },
    Macro("filter", argumentCount: 2, member: true) { call, target, arguments, context in
      fold(.filter, call, target, arguments, variables: 1, context)
    },
    Macro("map", argumentCount: 2, member: true) { call, target, arguments, context in
      fold(.map, call, target, arguments, variables: 1, context)
    },
    Macro("map", argumentCount: 3, member: true) { call, target, arguments, context in
      fold(.map, call, target, arguments, variables: 1, context)
    },
  ]

  private static let twoVariable: [Macro] = [
    Macro("all", argumentCount: 3, member: true) { call, target, arguments, context in
      fold(.all, call, target, arguments, variables: 2, context)
    },
    Macro("exists", argumentCount: 3, member: true) { call, target, arguments, context in
      fold(.exists, call, target, arguments, variables: 2, context)
    },
    Macro("existsOne", argumentCount: 3, member: true) { call, target, arguments, context in
      fold(.existsOne, call, target, arguments, variables: 2, context)
    },
    Macro("exists_one", argumentCount: 3, member: true) { call, target, arguments, context in
      fold(.existsOne, call, target, arguments, variables: 2, context)
    },
    Macro("transformList", argumentCount: 3, member: true) { call, target, arguments, context in
      fold(.map, call, target, arguments, variables: 2, context)
    },
    Macro("transformList", argumentCount: 4, member: true) { call, target, arguments, context in
      fold(.map, call, target, arguments, variables: 2, context)
    },
    Macro("transformMap", argumentCount: 3, member: true, transformMap),
    Macro("transformMap", argumentCount: 4, member: true, transformMap),
    Macro("transformMapEntry", argumentCount: 3, member: true, transformMap),
    Macro("transformMapEntry", argumentCount: 4, member: true, transformMap),
  ]

  // MARK: - has

  private static func has(
    _ call: Expr, _ target: Expr?, _ arguments: [Expr], _ context: MacroContext
  ) -> Expr? {
    guard let argument = arguments.first else { return nil }
    if case .select(let operand, let field, test: false, optional: false) = argument.kind {
      return Expr(
        position: call.position,
        kind: .select(operand: operand, field: field, test: true, optional: false))
    }
    if case .invalid = argument.kind { return argument }
    return mistake(
      "`has` takes the selection of a field", at: argument, context,
      help: "such as `has(order.delivered_at)`; for a key of a map write `key in map`")
  }

  static func mistake(
    _ message: String, at expr: Expr, _ context: MacroContext, help: String? = nil
  ) -> Expr {
    context.report(CELIssue(.invalidMacro, message, at: expr.position, help: help))
    return Expr(position: expr.position, kind: .invalid)
  }

  // MARK: - folds over lists and keys

  /// The variables that the first arguments name, or nil after a report.
  private static func names(
    _ count: Int, of call: Expr, _ arguments: [Expr], _ context: MacroContext
  ) -> [String]? {
    guard case .call(let function, _, _) = call.kind else { return nil }
    var names: [String] = []
    for argument in arguments.prefix(count) {
      guard case .ident(let name) = argument.kind, name.first != "." else {
        if case .invalid = argument.kind { return nil }
        _ = mistake(
          "the \(names.isEmpty ? "first" : "second") argument of `\(function)` must be a plain name",
          at: argument, context, help: "such as `items.\(function)(item, …)`")
        return nil
      }
      if names.contains(name) {
        _ = mistake(
          "`\(function)` needs two different names", at: argument, context)
        return nil
      }
      names.append(name)
    }
    return names
  }

  private static func fold(
    _ macro: Expr.Comprehension.Macro, _ call: Expr, _ target: Expr?, _ arguments: [Expr],
    variables: Int, _ context: MacroContext
  ) -> Expr? {
    guard let target, arguments.count > variables else { return nil }
    let at = call.position
    guard let names = names(variables, of: call, arguments, context) else {
      return Expr(position: at, kind: .invalid)
    }
    let variable = names[0]
    let body = arguments[variables]
    let result = Expr.ident(accumulator, at: at)
    func literal(_ literal: Expr.Literal) -> Expr { .literal(literal, at: at) }
    let initial: Expr
    var condition = literal(.bool(true))
    let step: Expr
    var final = result
    switch macro {
    case .all:
      initial = literal(.bool(true))
      condition = .call("@not_strictly_false", [result], at: at)
      step = .call("_&&_", [result, body], at: at)
    case .exists:
      initial = literal(.bool(false))
      condition = .call("@not_strictly_false", [.call("!_", [result], at: at)], at: at)
      step = .call("_||_", [result, body], at: at)
    case .existsOne:
      initial = literal(.int(0))
      step = .call(
        "_?_:_", [body, .call("_+_", [result, literal(.int(1))], at: at), result], at: at)
      final = .call("_==_", [result, literal(.int(1))], at: at)
    case .filter:
      initial = Expr(position: at, kind: .list([]))
      step = .call(
        "_?_:_", [body, append(Expr.ident(variable, at: arguments[0].position), at), result],
        at: at)
    case .map, .bind, .other:
      initial = Expr(position: at, kind: .list([]))
      if arguments.count > variables + 1 {
        step = .call("_?_:_", [body, append(arguments[variables + 1], at), result], at: at)
      } else {
        step = append(body, at)
      }
    }
    return Expr(
      position: at,
      kind: .comprehension(
        Expr.Comprehension(
          macro: macro, range: target, variable: variable,
          variable2: names.count > 1 ? names[1] : nil, accumulator: accumulator,
          initial: initial, condition: condition, step: step, result: final)))
  }

  private static func append(_ element: Expr, _ at: ExprPosition) -> Expr {
    .call(
      "_+_",
      [
        .ident(accumulator, at: at),
        Expr(position: element.position, kind: .list([Expr.ListElement(value: element)])),
      ], at: at)
  }

  private static func transformMap(
    _ call: Expr, _ target: Expr?, _ arguments: [Expr], _ context: MacroContext
  ) -> Expr? {
    guard let target, arguments.count > 2, case .call(let function, _, _) = call.kind else {
      return nil
    }
    let at = call.position
    guard let names = names(2, of: call, arguments, context), let value = arguments.last else {
      return Expr(position: at, kind: .invalid)
    }
    let result = Expr.ident(accumulator, at: at)
    let inserted: Expr =
      function == "transformMap"
      ? .call("cel.@mapInsert", [result, arguments[0], value], at: at)
      : .call("cel.@mapInsert", [result, value], at: at)
    let step: Expr =
      arguments.count > 3 ? .call("_?_:_", [arguments[2], inserted, result], at: at) : inserted
    return Expr(
      position: at,
      kind: .comprehension(
        Expr.Comprehension(
          macro: .other, range: target, variable: names[0], variable2: names[1],
          accumulator: accumulator, initial: Expr(position: at, kind: .map([])),
          condition: .literal(.bool(true), at: at), step: step, result: result)))
  }

  // MARK: - binding

  /// The variable of a fold over nothing.
  static let unused = "#unused"

  /// `name` bound to `value` in `body`: a fold over the empty list that keeps its initial value.
  static func binding(_ name: String, _ value: Expr, in body: Expr, at: ExprPosition) -> Expr {
    Expr(
      position: at,
      kind: .comprehension(
        Expr.Comprehension(
          macro: .bind, range: Expr(position: at, kind: .list([])), variable: unused,
          accumulator: name, initial: value, condition: .literal(.bool(false), at: at),
          step: .ident(name, at: at), result: body)))
  }

  static func isNamespace(_ target: Expr?, _ name: String) -> Bool {
    if case .ident(name)? = target?.kind { return true }
    return false
  }

  private static let bind = Macro("bind", argumentCount: 3, member: true) {
    call, target, arguments, context in
    guard isNamespace(target, "cel") else { return nil }
    guard let names = names(1, of: call, arguments, context) else {
      return Expr(position: call.position, kind: .invalid)
    }
    return binding(names[0], arguments[1], in: arguments[2], at: call.position)
  }

  // MARK: - blocks

  private static let block: [Macro] = [
    Macro("block", argumentCount: 2, member: true) { call, target, arguments, context in
      guard isNamespace(target, "cel") else { return nil }
      guard case .list(let elements) = arguments[0].kind else {
        return mistake(
          "the first argument of `cel.block` must be a list", at: arguments[0], context)
      }
      var body = arguments[1]
      for (index, element) in elements.enumerated().reversed() {
        body = binding("@index\(index)", element.value, in: body, at: call.position)
      }
      return body
    },
    Macro("index", argumentCount: 1, member: true) { call, target, arguments, context in
      blockName("index", call, target, arguments, context) { "@index\($0[0])" }
    },
    Macro("iterVar", argumentCount: 2, member: true) { call, target, arguments, context in
      blockName("iterVar", call, target, arguments, context) { "@it:\($0[0]):\($0[1])" }
    },
    Macro("accuVar", argumentCount: 2, member: true) { call, target, arguments, context in
      blockName("accuVar", call, target, arguments, context) { "@ac:\($0[0]):\($0[1])" }
    },
  ]

  private static func blockName(
    _ name: String, _ call: Expr, _ target: Expr?, _ arguments: [Expr], _ context: MacroContext,
    _ spell: ([Int64]) -> String
  ) -> Expr? {
    guard isNamespace(target, "cel") else { return nil }
    var numbers: [Int64] = []
    for argument in arguments {
      guard case .literal(.int(let number)) = argument.kind, number >= 0 else {
        return mistake("`cel.\(name)` takes non-negative int literals", at: argument, context)
      }
      numbers.append(number)
    }
    return .ident(spell(numbers), at: call.position)
  }

  // MARK: - optional values

  private static let optional: [Macro] = [
    Macro("optMap", argumentCount: 2, member: true) { call, target, arguments, context in
      mapOptional(call, target, arguments, context) { .call("optional.of", [$0], at: $1) }
    },
    Macro("optFlatMap", argumentCount: 2, member: true) { call, target, arguments, context in
      mapOptional(call, target, arguments, context) { body, _ in body }
    },
  ]

  private static func mapOptional(
    _ call: Expr, _ target: Expr?, _ arguments: [Expr], _ context: MacroContext,
    _ wrap: (Expr, ExprPosition) -> Expr
  ) -> Expr? {
    guard let target else { return nil }
    let at = call.position
    guard let names = names(1, of: call, arguments, context) else {
      return Expr(position: at, kind: .invalid)
    }
    // The receiver is bound first: chains of such calls would double it at each link.
    var receiver = target
    var isBound = false
    if case .ident = target.kind {
    } else {
      receiver = .ident(context.freshName("optional"), at: target.position)
      isBound = true
    }
    let body: Expr = .call(
      "_?_:_",
      [
        .call("hasValue", on: receiver, at: at),
        wrap(
          binding(names[0], .call("value", on: receiver, at: at), in: arguments[1], at: at), at),
        .call("optional.none", [], at: at),
      ], at: at)
    guard isBound, case .ident(let name) = receiver.kind else { return body }
    return binding(name, target, in: body, at: at)
  }

  // MARK: - lists

  static let sortedInput = "sorted"

  /// `list.sortBy(e, key)`: the list sorted by what `key` gives for each element.
  private static let sortBy = Macro("sortBy", argumentCount: 2, member: true) {
    call, target, arguments, context in
    guard let target else { return nil }
    let at = call.position
    let input: Expr = .ident(context.freshName(sortedInput), at: target.position)
    guard case .ident(let name) = input.kind,
      let keys = fold(.map, call, input, arguments, variables: 1, context)
    else { return nil }
    if case .invalid = keys.kind { return keys }
    return binding(
      name, target, in: .call(ListLibrary.byKeys, on: input, [keys], at: at), at: at)
  }

  // MARK: - math

  /// `math.greatest` and `math.least` take any number of arguments.
  private static let math: [Macro] = [
    Macro("greatest", argumentCount: nil, member: true) { call, target, arguments, context in
      extremum("math.@max", call, target, arguments, context)
    },
    Macro("least", argumentCount: nil, member: true) { call, target, arguments, context in
      extremum("math.@min", call, target, arguments, context)
    },
  ]

  private static func extremum(
    _ function: String, _ call: Expr, _ target: Expr?, _ arguments: [Expr], _ context: MacroContext
  ) -> Expr? {
    guard isNamespace(target, "math"), case .call(let name, _, _) = call.kind else { return nil }
    switch arguments.count {
    case 0: return mistake("`math.\(name)` needs an argument", at: call, context)
    case 1, 2: return .call(function, arguments, at: call.position)
    default:
      let elements = arguments.map { Expr.ListElement(value: $0) }
      return .call(
        function, [Expr(position: call.position, kind: .list(elements))], at: call.position)
    }
  }
}

extension Expr {
  /// Whether it is the name under which `sortBy` holds its list.
  var isSortedInput: Bool {
    if case .ident(let name) = kind { name.hasPrefix("@" + Macro.sortedInput) } else { false }
  }
}
