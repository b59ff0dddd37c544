import Suggestions

/// What the checker says about calls.
extension Checker {
  /// Where the name of a called function stands.
  func namePosition(_ function: String, _ expr: Expr, _ target: Expr?) -> ExprPosition {
    var position = expr.position
    let length = Int32(clamping: function.utf8.count)
    if let target {
      guard target.position.source == position.source, target.position.end + 1 < position.end
      else { return position }
      position.start = target.position.end + 1
    }
    position.end = min(position.end, position.start + length)
    return position
  }

  /// Whether a function has a name that people write, not one of an operator.
  private func isWord(_ name: String) -> Bool {
    guard let first = name.utf8.first else { return false }
    return first != UInt8(ascii: "_") && isIdentifierStart(first)
  }

  mutating func undeclaredFunction(_ function: String, at position: ExprPosition, isMethod: Bool) {
    let macros = environment.macros
    var help: String?
    if let macro = macros.first(where: { $0.name == function && $0.member == isMethod }) {
      help =
        macro.argumentCount.map { "`\(function)` takes \($0) argument\($0 == 1 ? "" : "s")" }
    } else if function == "not" {
      help = "write `!`"
    } else {
      var names = macros.filter { $0.member == isMethod }.map(\.name)
      for declaration in environment.functions.functions.values
      where isWord(declaration.name)
        && declaration.overloads.contains(where: { $0.member == isMethod })
      {
        names.append(declaration.name)
      }
      help = didYouMean(Suggest.nearest(function, among: names))
    }
    report(
      .undeclaredFunction, "undeclared function `\(function)`",
      at: position, help: help)
  }

  mutating func noMatch(
    _ expr: Expr, _ declaration: FunctionDeclaration, _ receiver: Expr?, _ operands: [Expr],
    _ types: [CELType]
  ) {
    if reportEnumArgument(declaration, receiver != nil, operands, types) { return }
    let function = declaration.name
    let names = types.map { name($0) }
    if function == ListLibrary.byKeys, let receiver, case .list(let key)? = types.last {
      guard case .list = types[0] else {
        report(
          .noMatchingOverload, "`sortBy` sorts a list, found \(names[0])", at: receiver.position)
        return
      }
      report(
        .noMatchingOverload, "`sortBy` cannot sort by \(name(key))", at: expr.position,
        help: "sort by a number, a text, a time, a day, a bool or bytes")
      return
    }
    if types.count == 2, let message = binaryMessage(function, names) {
      report(
        .noMatchingOverload, message, at: expr.position, help: advice(function, types))
      return
    }
    if types.count == 1, function == "!_" || function == "-_" {
      let sign = function == "!_" ? "!" : "-"
      report(
        .noMatchingOverload,
        "`\(sign)` needs \(function == "!_" ? "`bool`" : "a number"), found \(names[0])",
        at: expr.position)
      return
    }
    let candidates = declaration.overloads.filter { $0.member == (receiver != nil) }
    let message: String
    if receiver != nil {
      let rest = names.dropFirst().joined(separator: ", ")
      message =
        candidates.isEmpty
        ? "`\(function)` is a function, not a method"
        : rest.isEmpty
          ? "`\(function)` of \(names[0]) needs other arguments than none"
          : "`\(function)` of \(names[0]) does not take (\(rest))"
    } else {
      message =
        candidates.isEmpty
        ? "`\(function)` is a method, not a function"
        : names.isEmpty
          ? "`\(function)` needs arguments"
          : "`\(function)` does not take (\(names.joined(separator: ", ")))"
    }
    report(
      .noMatchingOverload, message, at: expr.position,
      help: signatures(declaration, candidates.isEmpty ? declaration.overloads : candidates))
  }

  private func binaryMessage(_ function: String, _ names: [String]) -> String? {
    switch function {
    case "_==_": "`==` compares \(names[0]) with \(names[1])"
    case "_!=_": "`!=` compares \(names[0]) with \(names[1])"
    case "_<_", "_<=_", "_>_", "_>=_":
      "`\(sign(function))` does not take \(names[0]) and \(names[1])"
    case "_+_", "_-_", "_*_", "_/_", "_%_":
      "`\(sign(function))` does not take \(names[0]) and \(names[1])"
    case "@in": "`in` cannot look for \(names[0]) in \(names[1])"
    case "_[_]", "_[?_]": "\(names[0]) cannot be indexed with \(names[1])"
    default: nil
    }
  }

  private func sign(_ function: String) -> String {
    String(function.dropFirst().dropLast())
  }

  private func advice(_ function: String, _ types: [CELType]) -> String? {
    guard function != "@in", function != "_[_]", function != "_[?_]" else { return nil }
    switch (types[0], types[1]) {
    case (.int, .double), (.double, .int), (.uint, .double), (.double, .uint):
      return "convert one side with `double(…)`"
    case (.int, .uint), (.uint, .int): return "convert one side with `int(…)`"
    case (.string, .int), (.string, .double), (.int, .string), (.double, .string):
      return function == "_+_" ? "convert the number with `string(…)`" : nil
    case (.optional, _), (_, .optional): return "take the value with `.orValue(…)`"
    case (_, .null), (.null, _): return "write `has(…)` to ask whether a field is there"
    case (.timestamp, .string), (.string, .timestamp): return "write `timestamp(\"…\")`"
    case (.duration, .string), (.string, .duration): return "write `duration(\"…\")`"
    case (.date, .string), (.string, .date): return "write `date(\"…\")`"
    case (.date, .timestamp), (.timestamp, .date): return "write `date(…)` of the timestamp"
    default: return nil
    }
  }

  private func signatures(_ declaration: FunctionDeclaration, _ overloads: [Overload]) -> String? {
    guard !overloads.isEmpty, overloads.count <= 5 else { return nil }
    let texts = overloads.map { overload -> String in
      var parameters = overload.parameters.map(\.description)
      let receiver = overload.member && !parameters.isEmpty ? parameters.removeFirst() + "." : ""
      return "`\(receiver)\(declaration.name)(\(parameters.joined(separator: ", ")))`"
    }
    return "there is " + texts.joined(separator: ", ")
  }

  /// A literal that is not in the closed set which an argument asks for.
  private mutating func reportEnumArgument(
    _ declaration: FunctionDeclaration, _ isMember: Bool, _ operands: [Expr], _ types: [CELType]
  ) -> Bool {
    let candidates = declaration.overloads.filter {
      $0.member == isMember && $0.parameters.count == operands.count
    }
    guard let overload = candidates.first, candidates.count == 1 else { return false }
    for (operand, parameter) in zip(operands, overload.parameters) {
      guard case .enumeration(let set) = parameter,
        case .literal(.string(let value)) = operand.kind, !set.values.contains(value)
      else { continue }
      notInEnum(value, set, at: operand.position)
      return true
    }
    return false
  }
}
