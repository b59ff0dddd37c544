/// `a && b && …`: false if any is false; else unknown if any is, else an error, else true.
final class AndNode: Node, @unchecked Sendable {
  let operands: [Node]
  init(_ operands: [Node]) { self.operands = operands }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    var flaw = Flaw()
    var flawed = false
    for operand in operands {
      let value = operand.eval(activation, &frame)
      if case .bool(let holds) = value {
        if !holds { return false }
      } else {
        flawed = true
        if !flaw.add(value) { _ = flaw.add(.noSuchOverload("_&&_", value)) }
      }
    }
    return flawed ? flaw.value ?? true : true
  }
  override func test(_ activation: any Activation, _ frame: inout Frame) -> Decided {
    var decided = Decided.yes
    for operand in operands {
      switch operand.test(activation, &frame) {
      case .yes: break
      case .no: return .no
      case .open: decided = .open
      }
    }
    return decided
  }
}

/// `a || b || …`, the mirror of `&&`.
final class OrNode: Node, @unchecked Sendable {
  let operands: [Node]
  init(_ operands: [Node]) { self.operands = operands }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    var flaw = Flaw()
    var flawed = false
    for operand in operands {
      let value = operand.eval(activation, &frame)
      if case .bool(let holds) = value {
        if holds { return true }
      } else {
        flawed = true
        if !flaw.add(value) { _ = flaw.add(.noSuchOverload("_||_", value)) }
      }
    }
    return flawed ? flaw.value ?? false : false
  }
  override func test(_ activation: any Activation, _ frame: inout Frame) -> Decided {
    var decided = Decided.no
    for operand in operands {
      switch operand.test(activation, &frame) {
      case .no: break
      case .yes: return .yes
      case .open: decided = .open
      }
    }
    return decided
  }
}

final class NotNode: Node, @unchecked Sendable {
  let operand: Node
  init(_ operand: Node) { self.operand = operand }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    let value = operand.eval(activation, &frame)
    if case .bool(let holds) = value { return .bool(!holds) }
    return value.isErrorOrUnknown ? value : .noSuchOverload("!_", value)
  }
  override func test(_ activation: any Activation, _ frame: inout Frame) -> Decided {
    switch operand.test(activation, &frame) {
    case .yes: .no
    case .no: .yes
    case .open: .open
    }
  }
}

final class ConditionalNode: Node, @unchecked Sendable {
  let condition: Node
  let yes: Node
  let no: Node
  init(_ condition: Node, _ yes: Node, _ no: Node) {
    self.condition = condition
    self.yes = yes
    self.no = no
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    let value = condition.eval(activation, &frame)
    if case .bool(let holds) = value {
      return (holds ? yes : no).eval(activation, &frame)
    }
    return value.isErrorOrUnknown ? value : .noSuchOverload("_?_:_", value)
  }
  override func test(_ activation: any Activation, _ frame: inout Frame) -> Decided {
    switch condition.test(activation, &frame) {
    case .yes: yes.test(activation, &frame)
    case .no: no.test(activation, &frame)
    case .open: .open
    }
  }
}

// MARK: - Comparing

/// Numbers that the short cuts know.
enum NumberKind { case int, double }

final class EqualNode: Node, @unchecked Sendable {
  let left: Node
  let right: Node
  let negated: Bool
  /// What both sides are, where they are numbers of one kind.
  let numbers: NumberKind?
  init(_ left: Node, _ right: Node, negated: Bool, _ numbers: NumberKind?) {
    self.left = left
    self.right = right
    self.negated = negated
    self.numbers = numbers
  }
  override func test(_ activation: any Activation, _ frame: inout Frame) -> Decided {
    switch numbers {
    case .double:
      guard let a = left.double(activation, &frame), let b = right.double(activation, &frame)
      else { return .open }
      return Decided((a == b) != negated)
    case .int:
      guard let a = left.int(activation, &frame), let b = right.int(activation, &frame)
      else { return .open }
      return Decided((a == b) != negated)
    case nil: return super.test(activation, &frame)
    }
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    let equal = Value.equals(left.eval(activation, &frame), right.eval(activation, &frame))
    if case .bool(let same) = equal { return .bool(same != negated) }
    return equal
  }
}

/// Equality with a constant string.
final class EqualStringNode: Node, @unchecked Sendable {
  let operand: Node
  let text: String
  let negated: Bool
  init(_ operand: Node, _ text: String, negated: Bool) {
    self.operand = operand
    self.text = text
    self.negated = negated
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    let value = operand.eval(activation, &frame)
    if case .string(let other) = value { return .bool(other.sameBytes(as: text) != negated) }
    return value.isErrorOrUnknown ? value : .bool(negated)
  }
  override func test(_ activation: any Activation, _ frame: inout Frame) -> Decided {
    switch operand.isText(text, activation, &frame) {
    case .yes: Decided(!negated)
    case .no: Decided(negated)
    case .open: .open
    }
  }
}

final class CompareNode: Node, @unchecked Sendable {
  let comparison: OperatorLibrary.Comparison
  let left: Node
  let right: Node
  /// What both sides are, where they are numbers of one kind.
  let numbers: NumberKind?
  init(
    _ comparison: OperatorLibrary.Comparison, _ left: Node, _ right: Node, _ numbers: NumberKind?
  ) {
    self.comparison = comparison
    self.left = left
    self.right = right
    self.numbers = numbers
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    let a = left.eval(activation, &frame)
    let b = right.eval(activation, &frame)
    switch (a, b) {
    case (.double(let x), .double(let y)): return .bool(comparison.holds(x, y))
    case (.int(let x), .int(let y)): return .bool(comparison.holds(x, y))
    default:
      var flaw = Flaw()
      let broken = flaw.add(a)
      if flaw.add(b) || broken { return flaw.value ?? a }
      return comparison.apply(a, b)
    }
  }
  override func test(_ activation: any Activation, _ frame: inout Frame) -> Decided {
    switch numbers {
    case .double:
      guard let a = left.double(activation, &frame), let b = right.double(activation, &frame)
      else { return .open }
      return Decided(comparison.holds(a, b))
    case .int:
      guard let a = left.int(activation, &frame), let b = right.int(activation, &frame)
      else { return .open }
      return Decided(comparison.holds(a, b))
    default: return super.test(activation, &frame)
    }
  }
}

/// Comparison with a constant number.
final class CompareDoubleNode: Node, @unchecked Sendable {
  let comparison: OperatorLibrary.Comparison
  let operand: Node
  let number: Double
  init(_ comparison: OperatorLibrary.Comparison, _ operand: Node, _ number: Double) {
    self.comparison = comparison
    self.operand = operand
    self.number = number
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    let value = operand.eval(activation, &frame)
    if case .double(let x) = value { return .bool(comparison.holds(x, number)) }
    return value.isErrorOrUnknown ? value : comparison.apply(value, .double(number))
  }
  override func test(_ activation: any Activation, _ frame: inout Frame) -> Decided {
    guard let x = operand.double(activation, &frame) else { return .open }
    return Decided(comparison.holds(x, number))
  }
}

/// Sums, differences and products of numbers of one kind.
final class ArithmeticNode: Node, @unchecked Sendable {
  enum Operation { case add, subtract, multiply }
  let operation: Operation
  let whole: BinaryNode
  init(_ operation: Operation, _ whole: BinaryNode) {
    self.operation = operation
    self.whole = whole
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    whole.eval(activation, &frame)
  }
  override func double(_ activation: any Activation, _ frame: inout Frame) -> Double? {
    guard let a = whole.left.double(activation, &frame),
      let b = whole.right.double(activation, &frame)
    else { return nil }
    return switch operation {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    }
  }
  override func int(_ activation: any Activation, _ frame: inout Frame) -> Int64? {
    guard let a = whole.left.int(activation, &frame), let b = whole.right.int(activation, &frame)
    else { return nil }
    let (result, overflow) =
      switch operation {
      case .add: a.addingReportingOverflow(b)
      case .subtract: a.subtractingReportingOverflow(b)
      case .multiply: a.multipliedReportingOverflow(by: b)
      }
    return overflow ? nil : result
  }
}

/// `operand in ["a", "b"]`.
final class InTextsNode: Node, @unchecked Sendable {
  let texts: [String]
  let whole: BinaryNode
  init(_ texts: [String], _ whole: BinaryNode) {
    self.texts = texts
    self.whole = whole
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    whole.eval(activation, &frame)
  }
  override func test(_ activation: any Activation, _ frame: inout Frame) -> Decided {
    for text in texts {
      let same = whole.left.isText(text, activation, &frame)
      if same != .no { return same }
    }
    return .no
  }
}

// MARK: - Calls

/// A strict function of one argument.
final class UnaryNode: Node, @unchecked Sendable {
  let operand: Node
  let lenient: Bool
  let function: @Sendable (Value) -> Value
  init(_ operand: Node, lenient: Bool, _ function: @escaping @Sendable (Value) -> Value) {
    self.operand = operand
    self.lenient = lenient
    self.function = function
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    let value = operand.eval(activation, &frame)
    if !lenient {
      var flaw = Flaw()
      if flaw.addStrictly(value) { return flaw.value ?? value }
    }
    return function(value)
  }
}

/// A strict function of two arguments.
final class BinaryNode: Node, @unchecked Sendable {
  let left: Node
  let right: Node
  let lenient: Bool
  let function: @Sendable (Value, Value) -> Value
  init(
    _ left: Node, _ right: Node, lenient: Bool,
    _ function: @escaping @Sendable (Value, Value) -> Value
  ) {
    self.left = left
    self.right = right
    self.lenient = lenient
    self.function = function
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    let a = left.eval(activation, &frame)
    let b = right.eval(activation, &frame)
    if !lenient {
      var flaw = Flaw()
      let broken = flaw.addStrictly(a)
      if flaw.addStrictly(b) || broken { return flaw.value ?? a }
    }
    return function(a, b)
  }
}

/// A call that is none of the special ones. Of several overloads the first that the arguments fit is taken.
final class CallNode: Node, @unchecked Sendable {
  let name: String
  let arguments: [Node]
  let overloads: [Overload]
  init(_ name: String, _ arguments: [Node], _ overloads: [Overload]) {
    self.name = name
    self.arguments = arguments
    self.overloads = overloads
  }

  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    var values: [Value] = []
    values.reserveCapacity(arguments.count)
    for argument in arguments { values.append(argument.eval(activation, &frame)) }
    return Self.call(name, overloads, values, activation)
  }

  static func call(
    _ name: String, _ overloads: [Overload], _ values: [Value], _ activation: any Activation
  ) -> Value {
    if overloads.count == 1 { return call(overloads[0], values, activation) }
    var flaw = Flaw()
    var flawed = false
    for value in values where flaw.addStrictly(value) { flawed = true }
    for overload in overloads where overload.parameters.count == values.count {
      if flawed && !overload.lenient { continue }
      let fits = zip(values, overload.parameters).allSatisfy {
        ($0.0.isErrorOrUnknown && overload.lenient) || $0.0.conforms(to: $0.1)
      }
      if fits { return call(overload, values, activation) }
    }
    return flaw.value ?? .noSuchOverload(name, values)
  }

  static func call(_ overload: Overload, _ values: [Value], _ activation: any Activation) -> Value {
    if !overload.lenient {
      var flaw = Flaw()
      var flawed = false
      for value in values where flaw.addStrictly(value) { flawed = true }
      if flawed, let value = flaw.value { return value }
    }
    switch (overload.implementation, values.count) {
    case (.unary(let function), 1): return function(values[0])
    case (.binary(let function), 2): return function(values[0], values[1])
    case (.variadic(let function), _): return function(values)
    case (.host(let function), _): return function(values, activation)
    default: return .noSuchOverload(overload.id, values)
    }
  }
}

/// `matches`, `find` and `findAll` with a constant pattern.
final class PatternNode: Node, @unchecked Sendable {
  let operand: Node
  let name: String
  let function: @Sendable (String) -> Value
  init(_ operand: Node, _ name: String, _ function: @escaping @Sendable (String) -> Value) {
    self.operand = operand
    self.name = name
    self.function = function
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    let value = operand.eval(activation, &frame)
    if case .string(let text) = value { return function(text) }
    return value.isErrorOrUnknown ? value : .noSuchOverload(name, value, .string(""))
  }
}
