extension Checker {
  mutating func checkCall(
    _ expr: Expr, _ function: String, _ target: Expr?, _ arguments: [Expr]
  ) -> Outcome {
    switch (function, arguments.count) {
    case ("_&&_", 2) where target == nil: return checkLogic(expr, arguments, and: true)
    case ("_||_", 2) where target == nil: return checkLogic(expr, arguments, and: false)
    case ("!_", 1) where target == nil:
      let inner = bool(check(arguments[0]), "!")
      var outcome = record(
        .call(function: function, target: nil, arguments: [inner.expr]), expr.position, .bool,
        overloads(function))
      outcome.whenTrue = inner.whenFalse
      outcome.whenFalse = inner.whenTrue
      return outcome
    case ("_?_:_", 3) where target == nil: return checkConditional(expr, arguments)
    case ("_==_", 2) where target == nil, ("_!=_", 2) where target == nil:
      return checkEquality(expr, function, arguments)
    case ("@in", 2) where target == nil, ("_in_", 2) where target == nil:
      return checkIn(expr, function, arguments)
    default: break
    }
    // `math.greatest(…)`: the target may be a namespace.
    if let target, let prefix = qualifiedName(target) {
      for candidate in candidates("\(prefix).\(function)") {
        if let declaration = environment.functions[candidate],
          declaration.overloads.contains(where: { !$0.member })
        {
          let checked = arguments.map { check($0) }
          return resolveCall(
            expr, candidate, declaration, receiver: nil, checked, shownAs: candidate)
        }
      }
    }
    if let target {
      let receiver = check(target)
      let checked = arguments.map { check($0) }
      guard let declaration = environment.functions[function] else {
        return undeclaredFunction(expr, function, member: true, [receiver] + checked)
      }
      return resolveCall(
        expr, function, declaration, receiver: receiver, checked, shownAs: function)
    }
    let checked = arguments.map { check($0) }
    for candidate in candidates(function) {
      if let declaration = environment.functions[candidate] {
        return resolveCall(
          expr, candidate, declaration, receiver: nil, checked, shownAs: candidate)
      }
    }
    return undeclaredFunction(expr, function, member: false, checked)
  }

  private func overloads(_ function: String) -> CheckedExpression.Reference? {
    environment.functions[function].map { .overloads($0.overloads) }
  }

  // MARK: Logic

  private mutating func bool(_ outcome: Outcome, _ shown: String) -> Outcome {
    if unifier.assign(outcome.type, to: .bool) { return outcome }
    report(
      .noMatchingOverload,
      "`\(shown)` takes a `bool`, this is `\(unifier.finished(outcome.type))`",
      at: outcome.expr.position)
    return outcome
  }

  private mutating func checkLogic(_ expr: Expr, _ arguments: [Expr], and: Bool) -> Outcome {
    let function = and ? "_&&_" : "_||_"
    let shown = and ? "&&" : "||"
    let left = bool(check(arguments[0]), shown)
    let outer = present
    present.formUnion(and ? left.whenTrue : left.whenFalse)
    let right = bool(check(arguments[1]), shown)
    present = outer
    var outcome = record(
      .call(function: function, target: nil, arguments: [left.expr, right.expr]), expr.position,
      .bool, overloads(function))
    if and {
      outcome.whenTrue = left.whenTrue.union(right.whenTrue)
      outcome.whenFalse = left.whenFalse.intersection(right.whenFalse)
    } else {
      outcome.whenTrue = left.whenTrue.intersection(right.whenTrue)
      outcome.whenFalse = left.whenFalse.union(right.whenFalse)
    }
    return outcome
  }

  private mutating func checkConditional(_ expr: Expr, _ arguments: [Expr]) -> Outcome {
    let condition = bool(check(arguments[0]), "?")
    let outer = present
    present.formUnion(condition.whenTrue)
    var yes = check(arguments[1])
    present = outer.union(condition.whenFalse)
    var no = check(arguments[2])
    present = outer
    var type = join(yes.type, no.type)
    if type == .double, environment.widensIntegers {
      yes = widen(yes, to: .double) ?? yes
      no = widen(no, to: .double) ?? no
    }
    if case .dyn = type, unifier.resolved(yes.type) != .dyn, unifier.resolved(no.type) != .dyn {
      report(
        .noMatchingOverload,
        "both branches of `?:` must have one type: `\(unifier.finished(yes.type))` and `\(unifier.finished(no.type))`",
        at: expr.position)
      type = .error
    }
    return record(
      .call(
        function: "_?_:_", target: nil, arguments: [condition.expr, yes.expr, no.expr]),
      expr.position, type, overloads("_?_:_"))
  }

  // MARK: Equality

  private mutating func checkEquality(
    _ expr: Expr, _ function: String, _ arguments: [Expr]
  ) -> Outcome {
    let left = check(arguments[0])
    let right = check(arguments[1])
    let shown = function == "_==_" ? "==" : "!="
    if !comparable(left.type, right.type) {
      report(
        .noMatchingOverload,
        "`\(shown)` compares `\(unifier.finished(left.type))` with `\(unifier.finished(right.type))`",
        at: expr.position)
    } else {
      checkEnumeration(left, right)
      checkEnumeration(right, left)
    }
    return record(
      .call(function: function, target: nil, arguments: [left.expr, right.expr]), expr.position,
      .bool, overloads(function))
  }

  private mutating func comparable(_ a: CELType, _ b: CELType) -> Bool {
    let x = unifier.resolved(a)
    let y = unifier.resolved(b)
    // Two closed sets without a common value are told apart with their own message.
    if case .enumeration = x, case .enumeration = y { return true }
    if unifier.assign(x, to: y) || unifier.assign(y, to: x) { return true }
    let numbers: [CELType] = [.int, .uint, .double]
    if environment.widensIntegers {
      if numbers.contains(x), numbers.contains(y) { return true }
      if case .list(let p) = x, case .list(let q) = y { return comparable(p, q) }
    }
    return false
  }

  /// A literal compared with a closed set must be in it.
  private mutating func checkEnumeration(_ a: Outcome, _ b: Outcome) {
    guard case .enumeration(let set) = unifier.resolved(a.type) else { return }
    if case .enumeration(let other) = unifier.resolved(b.type) {
      // Reported once, from the left.
      if a.expr.position.start < b.expr.position.start
        || a.expr.position.source < b.expr.position.source,
        Set(set.values).isDisjoint(with: other.values)
      {
        report(
          .notInEnum, "`\(describe(set))` and `\(describe(other))` have no value in common",
          at: b.expr.position)
      }
      return
    }
    guard case .literal(.string(let text)) = b.expr.kind, !set.values.contains(text) else {
      return
    }
    let help =
      Suggest.nearest(text, among: set.values).map { "did you mean `\($0)`?" }
      ?? "it is one of " + set.values.map { "`\($0)`" }.joined(separator: ", ")
    report(
      .notInEnum, "`\(text)` is not a value of `\(describe(set))`", at: b.expr.position, help: help)
  }

  private func describe(_ set: EnumType) -> String { CELType.enumeration(set).description }

  private mutating func checkIn(
    _ expr: Expr, _ function: String, _ arguments: [Expr]
  ) -> Outcome {
    let element = check(arguments[0])
    let container = check(arguments[1])
    switch unifier.resolved(container.type) {
    case .list(let type):
      if !comparable(element.type, type) {
        report(
          .noMatchingOverload,
          "`in` looks for `\(unifier.finished(element.type))` in `\(unifier.finished(container.type))`",
          at: expr.position)
      } else if case .list(let elements) = container.expr.kind {
        for item in elements {
          let type = types.indices.contains(Int(item.value.id)) ? types[Int(item.value.id)] : .dyn
          checkEnumeration(element, Outcome(expr: item.value, type: type))
        }
      } else if case .enumeration = unifier.resolved(type) {
        checkEnumeration(Outcome(expr: container.expr, type: type), element)
      }
    case .map(let key, _):
      if !comparable(element.type, key) {
        report(
          .noMatchingOverload,
          "`in` looks for `\(unifier.finished(element.type))` among keys of `\(unifier.finished(key))`",
          at: expr.position)
      }
    case .dyn, .error, .parameter: break
    case let other:
      report(
        .noMatchingOverload, "`in` needs a list or a map, this is `\(unifier.finished(other))`",
        at: container.expr.position)
    }
    return record(
      .call(function: function, target: nil, arguments: [element.expr, container.expr]),
      expr.position, .bool, overloads(function))
  }

  // MARK: Overloads

  private mutating func resolveCall(
    _ expr: Expr, _ function: String, _ declaration: FunctionDeclaration, receiver: Outcome?,
    _ arguments: [Outcome], shownAs shown: String
  ) -> Outcome {
    let all = (receiver.map { [$0] } ?? []) + arguments
    let isNamespace = receiver == nil && function != calledName(expr)
    var matched: [Overload] = []
    var result: CELType?
    for overload in declaration.overloads
    where overload.member == (receiver != nil) && overload.parameters.count == all.count {
      var trial = unifier
      var names: [String: CELType] = [:]
      var fits = true
      for (parameter, argument) in zip(overload.parameters, all) {
        let wanted = trial.instantiate(parameter, &names)
        if !trial.assign(argument.type, to: wanted) {
          fits = false
          break
        }
      }
      guard fits else { continue }
      let own = trial.instantiate(overload.result, &names)
      unifier = trial
      matched.append(overload)
      if let known = result {
        if unifier.finished(known) != unifier.finished(own) { result = .dyn }
      } else {
        result = own
      }
    }
    var final = all
    if matched.isEmpty, environment.widensIntegers,
      let widened = widenedMatch(declaration, receiver != nil, all)
    {
      matched = [widened.overload]
      final = widened.arguments
      result = widened.result
    }
    let receiverExpr = receiver == nil ? nil : final.first?.expr
    let argumentExprs = (receiver == nil ? final : Array(final.dropFirst())).map(\.expr)
    // A namespaced function becomes a plain call by its whole name.
    let kind = Expr.Kind.call(
      function: isNamespace ? function : calledName(expr), target: receiverExpr,
      arguments: argumentExprs)
    guard let result else {
      if !all.contains(where: { unifier.resolved($0.type) == .error }) {
        noMatch(expr, shown, declaration, receiver: receiver, all)
      }
      return record(kind, expr.position, .error)
    }
    return record(kind, expr.position, result, .overloads(matched))
  }

  private func calledName(_ expr: Expr) -> String {
    if case .call(let function, _, _) = expr.kind { return function }
    return ""
  }

  private mutating func widenedMatch(
    _ declaration: FunctionDeclaration, _ member: Bool, _ arguments: [Outcome]
  ) -> (overload: Overload, arguments: [Outcome], result: CELType)? {
    for overload in declaration.overloads
    where overload.member == member && overload.parameters.count == arguments.count {
      var trial = unifier
      var names: [String: CELType] = [:]
      var toWiden: [Int] = []
      var fits = true
      let wanted = overload.parameters.map { trial.instantiate($0, &names) }
      // Those that fit as they are first, so that they bind the parameters.
      for (index, argument) in arguments.enumerated()
      where !trial.assign(argument.type, to: wanted[index]) {
        toWiden.append(index)
      }
      for index in toWiden {
        let isInteger = trial.resolved(arguments[index].type) == .int
        if !(isInteger && trial.resolved(wanted[index]) == .double) { fits = false }
      }
      guard fits, !toWiden.isEmpty else { continue }
      unifier = trial
      let result = unifier.instantiate(overload.result, &names)
      var widened = arguments
      for index in toWiden {
        guard let wide = widen(widened[index], to: .double) else { return nil }
        widened[index] = wide
      }
      return (overload, widened, result)
    }
    return nil
  }

  // MARK: Messages

  private mutating func noMatch(
    _ expr: Expr, _ shown: String, _ declaration: FunctionDeclaration, receiver: Outcome?,
    _ all: [Outcome]
  ) {
    let types = all.map { "`\(unifier.finished($0.type))`" }
    if let symbol = Self.symbols[shown] {
      report(
        .noMatchingOverload, "`\(symbol)` does not take \(types.joined(separator: " and "))",
        at: expr.position)
      return
    }
    let own = declaration.overloads.filter { $0.member == (receiver != nil) }
    if own.isEmpty {
      let other = receiver == nil ? "`x.\(shown)(…)`" : "`\(shown)(x, …)`"
      report(
        .noMatchingOverload,
        receiver == nil ? "`\(shown)` is a method" : "`\(shown)` is no method", at: expr.position,
        help: "call it as \(other)")
      return
    }
    let given = receiver == nil ? types : Array(types.dropFirst())
    let list = given.isEmpty ? "no arguments" : given.joined(separator: ", ")
    let on = receiver == nil ? "" : " on \(types.first ?? "")"
    let choices = own.prefix(4).map { overload -> String in
      let parameters = overload.parameters.map { $0.description }
      return receiver == nil
        ? "\(shown)(\(parameters.joined(separator: ", ")))"
        : "\(parameters.first ?? "").\(shown)(\(parameters.dropFirst().joined(separator: ", ")))"
    }
    report(
      .noMatchingOverload, "`\(shown)`\(on) does not take \(list)", at: expr.position,
      help: "it is declared as " + choices.map { "`\($0)`" }.joined(separator: ", "))
  }

  static let symbols: [String: String] = [
    "_+_": "+", "_-_": "-", "_*_": "*", "_/_": "/", "_%_": "%", "-_": "-", "_<_": "<",
    "_<=_": "<=", "_>_": ">", "_>=_": ">=", "_[_]": "[]", "_[?_]": "[?]",
  ]

  private mutating func undeclaredFunction(
    _ expr: Expr, _ function: String, member: Bool, _ arguments: [Outcome]
  ) -> Outcome {
    let names =
      environment.functions.functions.values
      .filter { $0.overloads.contains { $0.member == member } }
      .map(\.name).filter { $0.first.map { $0.isLetter } ?? false }
    let macros = environment.macros.filter { $0.member == member }.map(\.name)
    let help: String?
    if environment.macros.contains(where: { $0.name == function && $0.member == member }) {
      help = "`\(function)` takes another number of arguments"
    } else {
      help = Suggest.nearest(function, among: (names + macros).sorted())
        .map { "did you mean `\($0)`?" }
    }
    report(
      .undeclaredFunction, "undeclared function `\(function)`", at: expr.position, help: help)
    let kind = Expr.Kind.call(
      function: function, target: member ? arguments.first?.expr : nil,
      arguments: (member ? Array(arguments.dropFirst()) : arguments).map(\.expr))
    return record(kind, expr.position, .error)
  }
}
