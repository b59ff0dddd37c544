import CEL
import PlumblineBundle
import PlumblineRuntime

/// Writes conditions as Swift expressions: a part that has a plain type as an optional of it, nil where the
/// interpreter would find an error or something unknown; anything else as a `Value`.
///
/// INVARIANT: where an expression is plainly true or false, the interpreter says the same. Nil says nothing,
/// and every way of putting parts together keeps it so (Kleene's logic is monotonic); what asks whether
/// something is known gets values alone, in which nothing is lost.
struct ConditionWriter {
  /// Why a condition is left to the interpreter.
  struct Unwritten: Error {
    let reason: String
  }

  /// What is made once and used by conditions: patterns, functions, constants.
  struct Shared {
    var patterns = Pool()
    var functions = Pool()
    var constants = Pool()
    var tables = Pool()
    var hosts: [String] = []

    mutating func host(_ name: String) -> Int {
      if let known = hosts.firstIndex(of: name) { return known }
      hosts.append(name)
      return hosts.count - 1
    }
  }

  /// Declarations without repetition, by what they are made of.
  struct Pool {
    private(set) var made: [(name: String, text: String)] = []
    private var names: [String: String] = [:]

    mutating func name(_ stem: String, for text: String) -> String {
      if let known = names[text] { return known }
      let name = "\(stem)\(made.count + 1)"
      names[text] = name
      made.append((name, text))
      return name
    }
  }

  let condition: NamedCondition
  let bundle: SpecBundle
  var shared: Shared
  private var locals: [(name: String, swift: String)] = []
  private var localCount = 0
  /// Whether parts of plain type may stand within; not where something asks whether a value is known.
  private var mayBePlain = true

  init(_ condition: NamedCondition, _ bundle: SpecBundle, _ shared: Shared) {
    self.condition = condition
    self.bundle = bundle
    self.shared = shared
  }

  private var checked: CheckedExpression { condition.checked }

  /// The whole condition.
  mutating func write() throws(Unwritten) -> SwiftExpression { try truth(checked.root) }

  // MARK: - What is known before

  /// The value of a part that depends on nothing.
  private func constant(_ expr: Expr) -> Value? {
    switch expr.kind {
    case .literal(.null): return .null
    case .literal(.bool(let value)): return .bool(value)
    case .literal(.int(let value)): return .int(value)
    case .literal(.double(let value)): return .double(value)
    case .literal(.string(let value)): return .string(value)
    case .ident, .select:
      if case .variable(let variable)? = checked.reference(of: expr) { return variable.constant }
      return nil
    case .call, .list:
      guard isClosed(expr) else { return nil }
      return Program(
        CheckedExpression(root: expr, types: checked.types, references: checked.references),
        in: condition.environment
      ).constant
    default: return nil
    }
  }

  /// Whether nothing in it depends on anything but the library.
  private func isClosed(_ expr: Expr) -> Bool {
    switch expr.kind {
    case .literal: true
    case .call(_, let target, let arguments):
      target.map(isClosed) ?? true && arguments.allSatisfy(isClosed)
    case .list(let elements): elements.allSatisfy { !$0.optional && isClosed($0.value) }
    case .ident, .select:
      if case .variable(let variable)? = checked.reference(of: expr) {
        variable.constant != nil
      } else {
        false
      }
    default: false
    }
  }

  /// A constant as Swift; nil for one that it cannot write.
  private func literal(_ value: Value, depth: Int = 0) -> String? {
    guard depth < 8 else { return nil }
    switch value {
    case .null: return ".null"
    case .bool(let value): return ".bool(\(value))"
    case .int(let value): return ".int(\(Self.int(value)))"
    case .double(let value): return Self.double(value).map { ".double(\($0))" }
    case .string(let value): return ".string(\(SwiftText.literal(value)))"
    case .timestamp(let value): return ".timestamp(\(Self.timestamp(value)))"
    case .duration(let value): return ".duration(\(Self.duration(value)))"
    case .date(let value): return ".date(\(value))"
    case .list(let list):
      guard list.missing == nil, list.elements.count <= 500 else { return nil }
      var parts: [String] = []
      for element in list.elements {
        guard let part = literal(element, depth: depth + 1) else { return nil }
        parts.append(part)
      }
      return ".list([\(parts.joined(separator: ", "))] as [Value])"
    default: return nil
    }
  }

  private static func int(_ value: Int64) -> String {
    value == .min ? "Int64.min" : String(value)
  }
  private static func double(_ value: Double) -> String? {
    value.isFinite ? "\(value)" : nil
  }
  private static func timestamp(_ value: Timestamp) -> String {
    "Timestamp(seconds: \(int(value.seconds)), nanoseconds: \(value.nanoseconds))"
  }
  private static func duration(_ value: CEL.Duration) -> String {
    "CEL.Duration(seconds: \(int(value.seconds)), nanoseconds: \(value.nanoseconds))"
  }

  // MARK: - Plain types

  /// The types that have a Swift type of their own, and how a value is read as one.
  private enum Plain {
    case bool, int, double, text, timestamp, duration, date, record

    init?(_ type: CELType) {
      switch type {
      case .bool: self = .bool
      case .int: self = .int
      case .double: self = .double
      case .string, .enumeration: self = .text
      case .timestamp: self = .timestamp
      case .duration: self = .duration
      case .date: self = .date
      case .object: self = .record
      default: return nil
      }
    }

    /// `double(2)` of a record.
    var accessor: String {
      switch self {
      case .bool: "bool"
      case .int: "int"
      case .double: "double"
      case .text: "text"
      case .timestamp: "timestamp"
      case .duration: "duration"
      case .date: "date"
      case .record: "record"
      }
    }
    /// `asDouble` of a value.
    var property: String {
      switch self {
      case .bool: "asBool"
      case .int: "asInt"
      case .double: "asDouble"
      case .text: "asText"
      case .timestamp: "asTimestamp"
      case .duration: "asDuration"
      case .date: "asDate"
      case .record: "asRecord"
      }
    }
    /// `Value.double`.
    var make: String {
      switch self {
      case .bool: "Value.bool"
      case .int: "Value.int"
      case .double: "Value.double"
      case .text: "Value.string"
      case .timestamp: "Value.timestamp"
      case .duration: "Value.duration"
      case .date: "Value.date"
      case .record: "Value.record"
      }
    }
  }

  private func plain(_ expr: Expr) -> Plain? { Plain(checked.type(of: expr)) }

  /// An expression of a plain type.
  private mutating func part(_ expr: Expr, _ type: Plain) throws(Unwritten) -> SwiftExpression {
    if type == .bool { return try truth(expr) }
    if let value = constant(expr) {
      switch (type, value) {
      case (.int, .int(let value)): return .text(Self.int(value))
      case (.double, .double(let value)):
        if let text = Self.double(value) { return .text(text) }
      case (.text, .string(let value)): return .text(SwiftText.literal(value))
      case (.timestamp, .timestamp(let value)): return .text(Self.timestamp(value))
      case (.duration, .duration(let value)): return .text(Self.duration(value))
      case (.date, .date(let value)): return .text("\(value)")
      default: break
      }
    }
    if let path = try path(expr, type) { return path }
    if case .call(let function, nil, let arguments) = expr.kind {
      if function == "_?_:_", arguments.count == 3 {
        return .call(
          "Ternary.choose",
          [try truth(arguments[0]), try part(arguments[1], type), try part(arguments[2], type)])
      }
      if let made = try arithmetic(function, arguments, type) { return made }
    }
    if type == .int, case .call("size", _, _) = expr.kind, expr.children.count == 1,
      plain(expr.children[0]) == .text
    {
      return .call("Ternary.size", [try part(expr.children[0], .text)])
    }
    return .member(try value(expr), type.property)
  }

  private mutating func arithmetic(
    _ function: String, _ arguments: [Expr], _ type: Plain
  ) throws(Unwritten) -> SwiftExpression? {
    guard arguments.count == 2 else { return nil }
    let kinds = arguments.map { plain($0) }
    switch (function, type, kinds[0], kinds[1]) {
    case ("_+_", .int, .int, .int), ("_-_", .int, .int, .int), ("_*_", .int, .int, .int),
      ("_+_", .double, .double, .double), ("_-_", .double, .double, .double),
      ("_*_", .double, .double, .double):
      let verb = function == "_+_" ? "add" : function == "_-_" ? "subtract" : "multiply"
      return .call(
        "Ternary.\(verb)\(type == .int ? "Int" : "Double")",
        [try part(arguments[0], type), try part(arguments[1], type)])
    case ("_-_", .duration, .timestamp, .timestamp):
      return .call(
        "Ternary.between",
        [try part(arguments[0], .timestamp), try part(arguments[1], .timestamp)])
    default: return nil
    }
  }

  /// A variable, a field of a record, a record of a collection, an entry of a table.
  private mutating func path(_ expr: Expr, _ type: Plain) throws(Unwritten) -> SwiftExpression? {
    switch expr.kind {
    case .ident, .select(_, _, false, false):
      if case .variable(let variable)? = checked.reference(of: expr) {
        return variable.constant == nil ? self.variable(variable, type) : nil
      }
      guard case .select(let operand, let field, _, _) = expr.kind,
        let (record, slot) = try record(operand, field)
      else { return nil }
      return .text("\(record.text)?.\(type.accessor)(\(slot) \(Self.comment(field)))")
    case .call("_[_]", nil, let arguments) where arguments.count == 2:
      guard case .variable(let variable)? = checked.reference(of: arguments[0]) else { return nil }
      if type == .record, let collection = collection(variable), plain(arguments[1]) == .text {
        return .call(
          "facts.record",
          [.text("\(collection) \(Self.comment(variable.name))"), try part(arguments[1], .text)])
      }
      if let name = table(variable, type), plain(arguments[1]) == .text {
        return .call(name, [try part(arguments[1], .text)])
      }
      return nil
    default: return nil
    }
  }

  static func comment(_ text: String) -> String {
    "/* \(text.replacing("*/", with: "* /").replacing("/*", with: "/ *")) */"
  }

  /// The record whose field is read, and the field's slot in its declared type.
  private mutating func record(
    _ operand: Expr, _ field: String
  ) throws(Unwritten) -> (SwiftExpression, Int)? {
    guard case .object(let object) = checked.type(of: operand), let slot = object.slot(of: field)
    else { return nil }
    return (try part(operand, .record), slot)
  }

  private func collection(_ variable: VariableDeclaration) -> Int? {
    let index = bundle.collections.firstIndex { $0.name == variable.name }
    guard let index, variable.constant == nil,
      variable.slot == ConditionFacts.slot(collection: index)
    else { return nil }
    return index
  }

  /// A function for a table of plain values.
  private mutating func table(_ variable: VariableDeclaration, _ type: Plain) -> String? {
    guard case .map(let map)? = variable.constant, (1...64).contains(map.count) else { return nil }
    var lines: [String] = []
    for key in map.keys {
      guard case .string(let name) = key, let value = literal(map.lookup(key)),
        let open = value.firstIndex(of: "("), value.hasPrefix(type.make.dropFirst(5))
      else { return nil }
      lines.append(
        "case \(SwiftText.literal(name)): \(value[value.index(after: open)...].dropLast())")
    }
    let swift: String
    switch type {
    case .bool: swift = "Bool"
    case .int: swift = "Int64"
    case .double: swift = "Double"
    case .text: swift = "String"
    case .timestamp: swift = "Timestamp"
    case .duration: swift = "CEL.Duration"
    case .date: swift = "Int32"
    case .record: return nil
    }
    return shared.tables.name(
      "table",
      for: (["/// The table `\(variable.name)`.", swift] + lines).joined(separator: "\n"))
  }

  private mutating func variable(_ variable: VariableDeclaration, _ type: Plain) -> SwiftExpression
  {
    if let (name, own) = ConditionFacts.plainVariables[variable.slot] {
      if own == type.property { return .text("facts.\(name)") }
    }
    return .text("\(value(of: variable)).\(type.property)")
  }

  private mutating func value(of variable: VariableDeclaration) -> String {
    if variable.name.hasPrefix("@"), variable.slot >= ConditionFacts.firstHost {
      return "facts.host(\(shared.host(variable.name)) \(Self.comment(variable.name)))"
    }
    if let index = collection(variable) {
      return "facts.collection(\(index) \(Self.comment(variable.name)))"
    }
    return "facts.variable(\(variable.slot), \(SwiftText.literal(variable.name)))"
  }

  // MARK: - Conditions

  private mutating func truth(_ expr: Expr) throws(Unwritten) -> SwiftExpression {
    if case .bool(let value)? = constant(expr) { return .text("\(value)") }
    guard mayBePlain else { return .member(try value(expr), "asBool") }
    switch expr.kind {
    case .call("_&&_", nil, let parts) where parts.count == 2:
      return .call("Ternary.and", [try truth(parts[0]), try truth(parts[1])])
    case .call("_||_", nil, let parts) where parts.count == 2:
      return .call("Ternary.or", [try truth(parts[0]), try truth(parts[1])])
    case .call("!_", nil, let parts) where parts.count == 1:
      return .call("Ternary.not", [try truth(parts[0])])
    case .call("_?_:_", nil, let parts) where parts.count == 3:
      return .call(
        "Ternary.choose", [try truth(parts[0]), try truth(parts[1]), try truth(parts[2])])
    case .call(let function, nil, let parts) where parts.count == 2:
      if let made = try comparison(function, parts) { return made }
    case .select(let operand, let field, true, _):
      if let (record, slot) = try record(operand, field) {
        return .text("\(record.text)?.has(\(slot) \(Self.comment(field)))")
      }
      return .call(
        "\(try value(operand).text).has", [.text("named: \(SwiftText.literal(field))")])
    case .comprehension(let fold):
      if let made = try quantifier(fold) { return made }
    default: break
    }
    if case .call(let function, let target?, let arguments) = expr.kind, arguments.count == 1,
      plain(target) == .text, plain(arguments[0]) == .text,
      let name = ["startsWith": "starts", "endsWith": "ends", "contains": "holds"][function]
    {
      return .call("Ternary.\(name)", [try part(target, .text), try part(arguments[0], .text)])
    }
    if case .call("matches", _, _) = expr.kind {
      let operands = expr.children
      if operands.count == 2, case .string(let pattern)? = constant(operands[1]),
        RegexPattern.validate(pattern) == nil, plain(operands[0]) == .text
      {
        let name = shared.patterns.name("pattern", for: SwiftText.literal(pattern))
        return .call("\(name).matches", [try part(operands[0], .text)])
      }
    }
    if let path = try path(expr, .bool) { return path }
    return .member(try value(expr), "asBool")
  }

  private mutating func comparison(
    _ function: String, _ parts: [Expr]
  ) throws(Unwritten) -> SwiftExpression? {
    let left = parts[0]
    let right = parts[1]
    let kinds = (plain(left), plain(right))
    switch (function, kinds.0, kinds.1) {
    case ("_==_", .text, .text): return try sameText(left, right)
    case ("_!=_", .text, .text): return .call("Ternary.not", [try sameText(left, right)])
    case ("_==_", _, _), ("_!=_", _, _):
      var same: SwiftExpression
      switch kinds {
      case (.int, .int): same = try numbers("sameInt", left, right, .int)
      case (.double, .double): same = try numbers("sameDouble", left, right, .double)
      default: same = .call("Ternary.same", [try value(left), try value(right)])
      }
      if function == "_!=_" { same = .call("Ternary.not", [same]) }
      return same
    case ("@in", .text, _), ("_in_", .text, _):
      if case .list(let list)? = constant(right), list.missing == nil,
        (1...32).contains(list.elements.count)
      {
        let tests = list.elements.compactMap { element -> String? in
          guard case .string(let text) = element, text.utf8.allSatisfy({ $0 < 0x80 }) else {
            return nil
          }
          return "Ternary.equal($0, \(SwiftText.literal(text)))"
        }
        if tests.count == list.elements.count {
          return .call(
            "Ternary.isOneOf",
            [try part(left, .text), .text("{ \(tests.joined(separator: " || ")) }")])
        }
      }
      fallthrough
    case ("@in", _, _), ("_in_", _, _):
      return .call("\(try value(right).text).contains", [try value(left)])
    case ("_<_", .int, .int): return try numbers("lessInt", left, right, .int)
    case ("_<=_", .int, .int): return try numbers("atMostInt", left, right, .int)
    case ("_>_", .int, .int): return try numbers("moreInt", left, right, .int)
    case ("_>=_", .int, .int): return try numbers("atLeastInt", left, right, .int)
    case ("_<_", .double, .double): return try numbers("lessDouble", left, right, .double)
    case ("_<=_", .double, .double): return try numbers("atMostDouble", left, right, .double)
    case ("_>_", .double, .double): return try numbers("moreDouble", left, right, .double)
    case ("_>=_", .double, .double): return try numbers("atLeastDouble", left, right, .double)
    case ("_<_", .timestamp, .timestamp):
      return try numbers("lessTimestamp", left, right, .timestamp)
    case ("_<=_", .timestamp, .timestamp):
      return try numbers("atMostTimestamp", left, right, .timestamp)
    case ("_>_", .timestamp, .timestamp):
      return try numbers("lessTimestamp", right, left, .timestamp)
    case ("_>=_", .timestamp, .timestamp):
      return try numbers("atMostTimestamp", right, left, .timestamp)
    case ("_<_", .duration, .duration): return try numbers("lessDuration", left, right, .duration)
    case ("_<=_", .duration, .duration):
      return try numbers("atMostDuration", left, right, .duration)
    case ("_>_", .duration, .duration): return try numbers("lessDuration", right, left, .duration)
    case ("_>=_", .duration, .duration):
      return try numbers("atMostDuration", right, left, .duration)
    case ("_<_", .date, .date): return try numbers("lessDate", left, right, .date)
    case ("_<=_", .date, .date): return try numbers("atMostDate", left, right, .date)
    case ("_>_", .date, .date): return try numbers("lessDate", right, left, .date)
    case ("_>=_", .date, .date): return try numbers("atMostDate", right, left, .date)
    case ("_<_", _, _), ("_<=_", _, _), ("_>_", _, _), ("_>=_", _, _):
      return .call(
        "Ternary.ordered",
        [.text(SwiftText.literal(function)), try value(left), try value(right)])
    default: return nil
    }
  }

  private mutating func numbers(
    _ name: String, _ left: Expr, _ right: Expr, _ type: Plain
  ) throws(Unwritten) -> SwiftExpression {
    .call("Ternary.\(name)", [try part(left, type), try part(right, type)])
  }

  private mutating func sameText(_ left: Expr, _ right: Expr) throws(Unwritten) -> SwiftExpression {
    for (text, other) in [(right, left), (left, right)] {
      if case .string(let value)? = constant(text), value.utf8.allSatisfy({ $0 < 0x80 }) {
        return .call(
          "Ternary.isText", [try part(other, .text), .text(SwiftText.literal(value))])
      }
    }
    return .call("Ternary.sameText", [try part(left, .text), try part(right, .text)])
  }

  // MARK: - Folds

  private mutating func inScope<T>(
    _ names: [String], _ body: (inout ConditionWriter, [String]) throws(Unwritten) -> T
  ) throws(Unwritten) -> T {
    let count = locals.count
    var swift: [String] = []
    for name in names {
      let own = local(name)
      swift.append(own)
      locals.append((name, own))
    }
    defer { locals.removeLast(locals.count - count) }
    return try body(&self, swift)
  }

  /// The variable's own name, where Swift takes it and nothing else is called so.
  private mutating func local(_ name: String) -> String {
    let isPlain =
      name.utf8.first.map { $0 >= 0x61 && $0 <= 0x7A } ?? false
      && name.utf8.allSatisfy {
        $0 >= 0x61 && $0 <= 0x7A || $0 >= 0x41 && $0 <= 0x5A || $0 == 0x5F
      }
    // Names of what is shared end in digits; a plain name has none.
    if isPlain, name != "facts", SwiftNames.quoted(name) == name { return name }
    localCount += 1
    return "x\(localCount)"
  }

  private func isAccumulator(_ expr: Expr, _ fold: Expr.Comprehension) -> Bool {
    if case .ident(let name) = expr.kind { return name == fold.accumulator }
    return false
  }

  private mutating func quantifier(
    _ fold: Expr.Comprehension
  ) throws(Unwritten) -> SwiftExpression? {
    if fold.macro == .bind { return try bound(fold, as: .bool) }
    guard case .call(let function, nil, let arguments) = fold.step.kind else { return nil }
    let names = [fold.variable] + (fold.variable2.map { [$0] } ?? [])
    let suffix = names.count == 2 ? "2" : ""
    let name: String
    let predicate: Expr
    switch (fold.macro, function, arguments.count) {
    case (.exists, "_||_", 2) where isAccumulator(arguments[0], fold):
      (name, predicate) = ("exists", arguments[1])
    case (.all, "_&&_", 2) where isAccumulator(arguments[0], fold):
      (name, predicate) = ("all", arguments[1])
    case (.existsOne, "_?_:_", 3) where isAccumulator(arguments[2], fold):
      (name, predicate) = ("existsOne", arguments[0])
    default: return nil
    }
    let range = try value(fold.range)
    let body = try inScope(names) { writer, swift throws(Unwritten) in
      SwiftExpression.closure(swift, try writer.truth(predicate))
    }
    return .call("facts.\(name)\(suffix)", [range, body])
  }

  private mutating func bound(
    _ fold: Expr.Comprehension, as type: Plain?
  ) throws(Unwritten) -> SwiftExpression {
    let value = try value(fold.initial)
    let body = try inScope([fold.accumulator]) { writer, swift throws(Unwritten) in
      SwiftExpression.closure(
        swift,
        type == nil ? try writer.value(fold.result) : try writer.truth(fold.result),
        result: type == nil ? "Value" : "Bool?")
    }
    return .call("facts.bind", [value, body])
  }

  private mutating func collected(
    _ fold: Expr.Comprehension
  ) throws(Unwritten) -> SwiftExpression? {
    if fold.macro == .bind { return try bound(fold, as: nil) }
    guard fold.macro == .map || fold.macro == .filter, isAccumulator(fold.result, fold),
      case .call(let function, nil, let arguments) = fold.step.kind
    else { return nil }
    var condition: Expr?
    var step = fold.step
    if function == "_?_:_", arguments.count == 3, isAccumulator(arguments[2], fold) {
      condition = arguments[0]
      step = arguments[1]
    }
    guard case .call("_+_", nil, let parts) = step.kind, parts.count == 2,
      isAccumulator(parts[0], fold), case .list(let elements) = parts[1].kind,
      elements.count == 1, !elements[0].optional
    else { return nil }
    let names = [fold.variable] + (fold.variable2.map { [$0] } ?? [])
    let range = try value(fold.range)
    var operands = [range]
    if let condition {
      operands.append(
        .labelled(
          "where",
          try inScope(names) { writer, swift throws(Unwritten) in
            SwiftExpression.closure(swift, try writer.truth(condition))
          }))
    }
    operands.append(
      try inScope(names) { writer, swift throws(Unwritten) in
        SwiftExpression.closure(swift, try writer.value(elements[0].value))
      })
    return .call("facts.map\(names.count == 2 ? "2" : "")", operands)
  }

  // MARK: - Values

  /// An expression of whatever type, errors and what is unknown included.
  private mutating func value(_ expr: Expr) throws(Unwritten) -> SwiftExpression {
    if let value = constant(expr), !isTable(expr) {
      guard let text = literal(value) else {
        throw Unwritten(reason: "it holds a constant that Swift cannot write")
      }
      switch value {
      case .list: return .text(shared.constants.name("constant", for: "Value\(text)"))
      default: return .text("Value\(text)")
      }
    }
    switch expr.kind {
    case .ident(let name):
      switch checked.reference(of: expr) {
      case .variable(let variable): return try value(variable, expr)
      case .constant: throw Unwritten(reason: "it speaks of a type")
      default: break
      }
      guard let local = locals.last(where: { $0.name == name }) else {
        throw Unwritten(reason: "its name `\(name)` is not resolved")
      }
      return .text(local.swift)
    case .select(let operand, let field, let test, let optional):
      switch checked.reference(of: expr) {
      case .variable(let variable): return try value(variable, expr)
      case .constant: throw Unwritten(reason: "it speaks of a type")
      default: break
      }
      if test { return try made(.bool, expr) }
      if optional {
        return .call(
          "\(try value(operand).text).optional",
          [.text("Value.string(\(SwiftText.literal(field)))")])
      }
      if case .object(let object) = checked.type(of: operand), let slot = object.slot(of: field) {
        return .call(
          "\(try value(operand).text).field", [.text("\(slot)"), .text(SwiftText.literal(field))])
      }
      return .call(
        "\(try value(operand).text).field", [.text("named: \(SwiftText.literal(field))")])
    case .call(let function, let target, let arguments):
      return try call(expr, function, target, arguments)
    case .list(let elements):
      var parts: [SwiftExpression] = []
      for element in elements {
        if element.optional { throw Unwritten(reason: "it makes a list of optional parts") }
        parts.append(try value(element.value))
      }
      return .call("facts.list", parts)
    case .comprehension(let fold):
      switch fold.macro {
      case .exists, .all, .existsOne: return try made(.bool, expr)
      default: break
      }
      guard mayBePlain || fold.macro == .bind, let made = try collected(fold) else {
        throw Unwritten(reason: "it goes through a list in a way of its own")
      }
      return made
    case .literal, .map, .structure, .invalid:
      throw Unwritten(reason: "it makes a map or a record")
    }
  }

  private func isTable(_ expr: Expr) -> Bool {
    guard case .variable(let variable)? = checked.reference(of: expr) else { return false }
    if case .map? = variable.constant { return true }
    if case .record? = variable.constant { return true }
    return false
  }

  private mutating func value(
    _ variable: VariableDeclaration, _ expr: Expr
  ) throws(Unwritten) -> SwiftExpression {
    guard variable.constant != nil else { return .text(value(of: variable)) }
    guard let index = bundle.tables.firstIndex(where: { $0.name == variable.name }) else {
      throw Unwritten(reason: "it holds a constant that Swift cannot write")
    }
    return .text("facts.table(\(index) \(Self.comment(variable.name)))")
  }

  /// A part of a plain type as a value.
  private mutating func made(_ type: Plain, _ expr: Expr) throws(Unwritten) -> SwiftExpression {
    guard mayBePlain else {
      throw Unwritten(reason: "it asks whether the outcome of a condition is known")
    }
    return .call("(\(try part(expr, type).text)).value", [.text(type.make)])
  }

  private mutating func call(
    _ expr: Expr, _ function: String, _ target: Expr?, _ arguments: [Expr]
  ) throws(Unwritten) -> SwiftExpression {
    if target == nil {
      switch (function, arguments.count) {
      case ("_&&_", 2), ("_||_", 2), ("!_", 1), ("_==_", 2), ("_!=_", 2), ("_<_", 2), ("_<=_", 2),
        ("_>_", 2), ("_>=_", 2), ("@in", 2), ("_in_", 2):
        return try made(.bool, expr)
      case ("_?_:_", 3):
        guard mayBePlain else {
          throw Unwritten(reason: "it asks whether the outcome of a condition is known")
        }
        return .call(
          "Ternary.chooseValue",
          [try truth(arguments[0]), try value(arguments[1]), try value(arguments[2])])
      case ("_[_]", 2):
        return .text("\(try value(arguments[0]).text)[\(try value(arguments[1]).text)]")
      case ("_[?_]", 2):
        return .call("\(try value(arguments[0]).text).optional", [try value(arguments[1])])
      case ("_+_", 2), ("_-_", 2), ("_*_", 2):
        if mayBePlain, let type = plain(expr), type != .record, type != .bool,
          try arithmetic(function, arguments, type) != nil
        {
          return try made(type, expr)
        }
      default: break
      }
    }
    guard case .overloads(let overloads)? = checked.reference(of: expr) else {
      throw Unwritten(reason: "its call of `\(function)` is not resolved")
    }
    var operands = arguments
    if let target, overloads.first?.member != false { operands = [target] + arguments }
    for overload in overloads {
      if case .intrinsic = overload.implementation {
        throw Unwritten(reason: "its call of `\(function)` has no function")
      }
    }
    let ids = overloads.map { SwiftText.literal($0.id) }.joined(separator: ", ")
    let name = shared.functions.name(
      "function", for: "\(SwiftText.literal(function)), [\(ids)]")
    // What sees errors and the unknown as they are must get them so.
    let outside = mayBePlain
    defer { mayBePlain = outside }
    if overloads.contains(where: \.lenient) { mayBePlain = false }
    var parts: [SwiftExpression] = [.text(name)]
    for operand in operands { parts.append(try value(operand)) }
    return .call("facts.call", parts)
  }
}

/// A Swift expression, broken into lines where it is long.
indirect enum SwiftExpression {
  case text(String)
  case call(String, [SwiftExpression])
  case member(SwiftExpression, String)
  case labelled(String, SwiftExpression)
  case closure([String], SwiftExpression, result: String? = nil)

  /// On one line.
  var text: String {
    switch self {
    case .text(let text): text
    case .call(let name, let arguments):
      "\(name)(\(arguments.map(\.text).joined(separator: ", ")))"
    case .member(let whole, let name): "\(whole.text).\(name)"
    case .labelled(let label, let inner): "\(label): \(inner.text)"
    case .closure(let names, let body, let result):
      "{ \(Self.head(names, result)) \(body.text) }"
    }
  }

  private static func head(_ names: [String], _ result: String?) -> String {
    let parameters = names.map { "\($0): Value" }.joined(separator: ", ")
    return result.map { "(\(parameters)) -> \($0) in" } ?? "(\(parameters)) in"
  }

  /// The lines, the first and last to stand where the expression does.
  func lines(width: Int = 96) -> [String] {
    let line = text
    if line.count <= width { return [line] }
    switch self {
    case .text: return [line]
    case .member(let whole, let name):
      var lines = whole.lines(width: width - name.count - 1)
      lines[lines.count - 1] += ".\(name)"
      return lines
    case .labelled(let label, let inner):
      var lines = inner.lines(width: width - label.count - 2)
      lines[0] = "\(label): \(lines[0])"
      return lines
    case .call(let name, let arguments):
      var lines = ["\(name)("]
      for (index, argument) in arguments.enumerated() {
        var inner = argument.lines(width: width - 3)
        inner[inner.count - 1] += index == arguments.count - 1 ? ")" : ","
        lines += inner.map { "  \($0)" }
      }
      return lines
    case .closure(let names, let body, let result):
      return ["{ \(Self.head(names, result))"] + body.lines(width: width - 2).map { "  \($0)" }
        + ["}"]
    }
  }
}
