extension Expr {
  /// The expression as text, with as few parentheses as it needs. Parsing it gives the same tree; what
  /// macros expanded to is written as the macro's call again.
  public func unparse() -> String {
    var writer = Unparser()
    writer.write(self, 0)
    return writer.text
  }
}

private struct Unparser {
  var text = ""

  /// How tightly a kind of expression binds.
  private enum Level {
    static let ternary = 0
    static let or = 1
    static let and = 2
    static let relation = 3
    static let sum = 4
    static let product = 5
    static let unary = 6
    static let member = 7
  }

  private static let binary: [String: (sign: String, level: Int)] = [
    "_||_": ("||", Level.or), "_&&_": ("&&", Level.and),
    "_<_": ("<", Level.relation), "_<=_": ("<=", Level.relation),
    "_>_": (">", Level.relation), "_>=_": (">=", Level.relation),
    "_==_": ("==", Level.relation), "_!=_": ("!=", Level.relation),
    "@in": ("in", Level.relation),
    "_+_": ("+", Level.sum), "_-_": ("-", Level.sum),
    "_*_": ("*", Level.product), "_/_": ("/", Level.product), "_%_": ("%", Level.product),
  ]

  private mutating func parenthesized(
    _ needed: Bool, _ body: (inout Unparser) -> Void
  ) {
    if needed { text += "(" }
    body(&self)
    if needed { text += ")" }
  }

  /// Writes `expr` where only something that binds at least as tightly as `level` can stand.
  mutating func write(_ expr: Expr, _ level: Int) {
    switch expr.kind {
    case .literal(let literal): write(literal)
    case .ident(let name): text += blockName(name) ?? name
    case .select(let operand, let field, let test, let optional):
      if test { text += "has(" }
      write(operand, Level.member)
      text += optional ? ".?" : "."
      write(field: field)
      if test { text += ")" }
    case .call(let function, let target, let arguments):
      writeCall(function, target, arguments, level)
    case .list(let elements):
      text += "["
      separate(elements) { writer, element in
        if element.optional { writer.text += "?" }
        writer.write(element.value, 0)
      }
      text += "]"
    case .map(let entries):
      text += "{"
      separate(entries) { writer, entry in
        if entry.optional { writer.text += "?" }
        writer.write(entry.key, 0)
        writer.text += ": "
        writer.write(entry.value, 0)
      }
      text += "}"
    case .structure(let type, let fields):
      text += type + "{"
      separate(fields) { writer, field in
        if field.optional { writer.text += "?" }
        writer.write(field: field.name)
        writer.text += ": "
        writer.write(field.value, 0)
      }
      text += "}"
    case .comprehension(let comprehension): write(comprehension)
    case .invalid: text += "<invalid>"
    }
  }

  private mutating func separate<T>(_ items: [T], _ body: (inout Unparser, T) -> Void) {
    for (index, item) in items.enumerated() {
      if index > 0 { text += ", " }
      body(&self, item)
    }
  }

  private mutating func write(arguments: [Expr]) {
    text += "("
    separate(arguments) { $0.write($1, 0) }
    text += ")"
  }

  private mutating func write(field: String) {
    let bytes = Array(field.utf8)
    let plain =
      bytes.first.map(isIdentifierStart) == true && bytes.allSatisfy(isIdentifierPart)
      && !["in", "true", "false", "null"].contains(field)
    text += plain ? field : "`\(field)`"
  }

  // MARK: - calls

  private mutating func writeCall(
    _ function: String, _ target: Expr?, _ arguments: [Expr], _ level: Int
  ) {
    if let target {
      write(target, Level.member)
      text += "." + function
      write(arguments: arguments)
      return
    }
    switch (function, arguments.count) {
    case ("_?_:_", 3):
      if let call = optionalMap(arguments, nil) {
        write(call)
        return
      }
      parenthesized(level > Level.ternary) {
        $0.write(arguments[0], Level.or)
        $0.text += " ? "
        $0.write(arguments[1], Level.or)
        $0.text += " : "
        $0.write(arguments[2], Level.ternary)
      }
    case ("!_", 1), ("-_", 1):
      parenthesized(level > Level.unary) {
        $0.text += function == "!_" ? "!" : "-"
        var operand = Unparser()
        operand.write(arguments[0], Level.member)
        // A minus before a number is a sign; two are none.
        let first = operand.text.utf8.first ?? 0
        let isSigned = function == "-_" && (isDigit(first) || first == UInt8(ascii: "-"))
        $0.text += isSigned ? "(" + operand.text + ")" : operand.text
      }
    case ("_[_]", 2), ("_[?_]", 2):
      write(arguments[0], Level.member)
      text += function == "_[_]" ? "[" : "[?"
      write(arguments[1], 0)
      text += "]"
    case ("_&&_", 2), ("_||_", 2):
      writeChain(function, arguments, level)
    case ("math.@max", _), ("math.@min", _):
      text += function == "math.@max" ? "math.greatest" : "math.least"
      if arguments.count == 1, case .list(let elements) = arguments[0].kind, elements.count > 2 {
        write(arguments: elements.map(\.value))
      } else {
        write(arguments: arguments)
      }
    case (_, 2):
      guard let (sign, own) = Unparser.binary[function] else { fallthrough }
      parenthesized(level > own) {
        $0.write(arguments[0], own)
        $0.text += " " + sign + " "
        $0.write(arguments[1], own + 1)
      }
    default:
      text += function
      write(arguments: arguments)
    }
  }

  /// A chain of `&&` or `||`: flat where the tree is the balanced one that parsing the flat text gives.
  private mutating func writeChain(_ function: String, _ arguments: [Expr], _ level: Int) {
    guard let (sign, own) = Unparser.binary[function] else { return }
    var terms: [Expr] = []
    for argument in arguments { flatten(argument, function, into: &terms) }
    let isBalanced =
      matches(arguments[0], function, Expr.balancedSplit(terms.count))
      && matches(arguments[1], function, terms.count - Expr.balancedSplit(terms.count))
    parenthesized(level > own) { writer in
      let parts = isBalanced ? terms : arguments
      for (index, part) in parts.enumerated() {
        if index > 0 { writer.text += " \(sign) " }
        writer.write(part, own + 1)
      }
    }
  }

  private func flatten(_ expr: Expr, _ function: String, into terms: inout [Expr]) {
    if case .call(function, nil, let arguments) = expr.kind, arguments.count == 2 {
      for argument in arguments { flatten(argument, function, into: &terms) }
    } else {
      terms.append(expr)
    }
  }

  /// Whether `expr` is the balanced tree over exactly `count` terms.
  private func matches(_ expr: Expr, _ function: String, _ count: Int) -> Bool {
    if case .call(function, nil, let arguments) = expr.kind, arguments.count == 2 {
      guard count > 1 else { return false }
      let left = Expr.balancedSplit(count)
      return matches(arguments[0], function, left)
        && matches(arguments[1], function, count - left)
    }
    return count == 1
  }

  // MARK: - macros

  private struct MacroCall {
    var target: Expr
    var name: String
    var arguments: [Expr]
  }

  private mutating func write(_ call: MacroCall) {
    write(call.target, Level.member)
    text += "." + call.name
    write(arguments: call.arguments)
  }

  private mutating func write(_ c: Expr.Comprehension) {
    let at = c.range.position
    if c.macro == .bind {
      if case .call("_?_:_", nil, let arguments) = c.result.kind, arguments.count == 3,
        let call = optionalMap(arguments, c)
      {
        return write(call)
      }
      if let call = sortBy(c) { return write(call) }
      return write(
        MacroCall(
          target: .ident("cel", at: at), name: "bind",
          arguments: [.ident(c.accumulator, at: at), c.initial, c.result]))
    }
    var arguments: [Expr] = [.ident(c.variable, at: at)]
    if let second = c.variable2 { arguments.append(.ident(second, at: at)) }
    // What remains is told by the step: `[if ?] change [: result]`.
    var step = c.step
    var condition: Expr?
    if case .call("_?_:_", nil, let parts) = step.kind, parts.count == 3,
      parts[2].isSameShape(as: .ident(c.accumulator, at: at))
    {
      condition = parts[0]
      step = parts[1]
    }
    guard case .call(let function, nil, let parts) = step.kind, parts.count >= 2 else {
      return writeFold(c)
    }
    var name: String
    switch c.macro {
    case .all, .exists:
      name = c.macro == .all ? "all" : "exists"
      arguments.append(parts[1])
    case .existsOne:
      guard let condition else { return writeFold(c) }
      name = c.variable2 == nil ? "exists_one" : "existsOne"
      arguments.append(condition)
    case .filter:
      guard let condition else { return writeFold(c) }
      name = "filter"
      arguments.append(condition)
    case .map:
      guard case .list(let elements) = parts[1].kind, elements.count == 1 else {
        return writeFold(c)
      }
      name = c.variable2 == nil ? "map" : "transformList"
      if let condition { arguments.append(condition) }
      arguments.append(elements[0].value)
    case .other:
      guard function == "cel.@mapInsert", let value = parts.last else { return writeFold(c) }
      name = parts.count == 3 ? "transformMap" : "transformMapEntry"
      if let condition { arguments.append(condition) }
      arguments.append(value)
    case .bind: return
    }
    write(MacroCall(target: c.range, name: name, arguments: arguments))
  }

  /// A fold of a host's own making, in the form of cel-go's debug output.
  private mutating func writeFold(_ c: Expr.Comprehension) {
    text += "@fold"
    let at = c.range.position
    write(arguments: [
      .ident(c.variable, at: at), c.range, .ident(c.accumulator, at: at), c.initial,
      c.condition, c.step, c.result,
    ])
  }

  /// `optMap` and `optFlatMap`, whose receiver a binding may hold.
  private func optionalMap(_ arguments: [Expr], _ receiver: Expr.Comprehension?) -> MacroCall? {
    guard case .call("hasValue", let holder?, _) = arguments[0].kind,
      case .ident(let name) = holder.kind,
      case .call("optional.none", nil, _) = arguments[2].kind
    else { return nil }
    if let receiver { guard receiver.accumulator == name, name.first == "@" else { return nil } }
    var inner = arguments[1]
    var macro = "optFlatMap"
    if case .call("optional.of", nil, let wrapped) = inner.kind, wrapped.count == 1 {
      inner = wrapped[0]
      macro = "optMap"
    }
    guard case .comprehension(let body) = inner.kind, body.macro == .bind,
      case .call("value", let target?, _) = body.initial.kind, target.isSameShape(as: holder)
    else { return nil }
    return MacroCall(
      target: receiver?.initial ?? holder, name: macro,
      arguments: [.ident(body.accumulator, at: holder.position), body.result])
  }

  /// `sortBy`, whose receiver a binding holds.
  private func sortBy(_ receiver: Expr.Comprehension) -> MacroCall? {
    guard receiver.accumulator.first == "@",
      case .call(ListLibrary.byKeys, let target?, let keys) = receiver.result.kind,
      case .ident(receiver.accumulator) = target.kind, keys.count == 1,
      case .comprehension(let fold) = keys[0].kind, fold.macro == .map,
      case .call("_+_", nil, let parts) = fold.step.kind, parts.count == 2,
      case .list(let elements) = parts[1].kind, elements.count == 1
    else { return nil }
    return MacroCall(
      target: receiver.initial, name: "sortBy",
      arguments: [.ident(fold.variable, at: target.position), elements[0].value])
  }

  /// The macros that name the variables of a block.
  private func blockName(_ name: String) -> String? {
    guard name.first == "@" else { return nil }
    if name.hasPrefix("@index"), let index = Int(name.dropFirst(6)) { return "cel.index(\(index))" }
    let parts = name.split(separator: ":")
    guard parts.count == 3 else { return nil }
    switch parts[0] {
    case "@it": return "cel.iterVar(\(parts[1]), \(parts[2]))"
    case "@ac": return "cel.accuVar(\(parts[1]), \(parts[2]))"
    default: return nil
    }
  }

  // MARK: - literals

  private mutating func write(_ literal: Expr.Literal) {
    switch literal {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .int(let value): text += String(value)
    case .uint(let value): text += String(value) + "u"
    case .double(let value):
      if value.isFinite {
        text += "\(value)"
      } else {
        text += value.isNaN ? "double(\"NaN\")" : "double(\"\(value < 0 ? "-" : "")Infinity\")"
      }
    case .string(let value):
      text += "\""
      for scalar in value.unicodeScalars { write(scalar) }
      text += "\""
    case .bytes(let bytes):
      text += "b\""
      for byte in bytes {
        if byte >= 0x20, byte < 0x7F {
          write(Unicode.Scalar(byte))
        } else {
          text += "\\x" + hex(UInt32(byte), 2)
        }
      }
      text += "\""
    }
  }

  private mutating func write(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\"": text += "\\\""
    case "\\": text += "\\\\"
    case "\n": text += "\\n"
    case "\r": text += "\\r"
    case "\t": text += "\\t"
    case _ where scalar.value < 0x20 || scalar.value == 0x7F:
      text += "\\x" + hex(scalar.value, 2)
    default: text.unicodeScalars.append(scalar)
    }
  }

  private func hex(_ value: UInt32, _ digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }
}
