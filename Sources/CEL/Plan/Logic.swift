/// `&&`: false absorbs errors and unknowns on either side.
final class AndNode: Node, @unchecked Sendable {
  let terms: [Node]
  init(_ terms: [Node]) { self.terms = terms }
  override func evaluate(_ frame: inout Frame) -> Value {
    var pending: Value?
    for term in terms {
      let value = term.evaluate(&frame)
      switch value {
      case .bool(true): continue
      case .bool(false): return value
      default: pending = Logic.merge(pending, value)
      }
    }
    return pending ?? .bool(true)
  }
}

/// `||`: true absorbs errors and unknowns on either side.
final class OrNode: Node, @unchecked Sendable {
  let terms: [Node]
  init(_ terms: [Node]) { self.terms = terms }
  override func evaluate(_ frame: inout Frame) -> Value {
    var pending: Value?
    for term in terms {
      let value = term.evaluate(&frame)
      switch value {
      case .bool(false): continue
      case .bool(true): return value
      default: pending = Logic.merge(pending, value)
      }
    }
    return pending ?? .bool(false)
  }
}

final class NotNode: Node, @unchecked Sendable {
  let operand: Node
  init(_ operand: Node) { self.operand = operand }
  override func evaluate(_ frame: inout Frame) -> Value {
    let value = operand.evaluate(&frame)
    if case .bool(let flag) = value { return .bool(!flag) }
    return Logic.stopped(value)
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
  override func evaluate(_ frame: inout Frame) -> Value {
    let value = condition.evaluate(&frame)
    if case .bool(let flag) = value { return flag ? yes.evaluate(&frame) : no.evaluate(&frame) }
    return Logic.stopped(value)
  }
}

enum Logic {
  /// What is not a bool stops logic: unknowns and errors as they are, others as a wrong type.
  static func stopped(_ value: Value) -> Value {
    switch value {
    case .unknown, .error: value
    default: .failure(.noSuchOverload, "expected a bool, found \(value.runtimeType)")
    }
  }
  /// Unknowns unite and win over errors; the first error stays.
  static func merge(_ pending: Value?, _ value: Value) -> Value {
    let next = stopped(value)
    guard let pending else { return next }
    switch (pending, next) {
    case (.unknown(let a), .unknown(let b)): return .unknown(a.union(b))
    case (_, .unknown): return next
    default: return pending
    }
  }
}

final class EqualNode: Node, @unchecked Sendable {
  let left: Node
  let right: Node
  let negated: Bool
  init(_ left: Node, _ right: Node, negated: Bool) {
    self.left = left
    self.right = right
    self.negated = negated
  }
  override func evaluate(_ frame: inout Frame) -> Value {
    let a = left.evaluate(&frame)
    let b = right.evaluate(&frame)
    let result = Value.equals(a, b)
    if negated, case .bool(let flag) = result { return .bool(!flag) }
    return result
  }
}

final class CompareNode: Node, @unchecked Sendable {
  enum Operator { case less, lessOrEqual, greater, greaterOrEqual }
  let left: Node
  let right: Node
  let operation: Operator
  init(_ left: Node, _ right: Node, _ operation: Operator) {
    self.left = left
    self.right = right
    self.operation = operation
  }
  override func evaluate(_ frame: inout Frame) -> Value {
    let a = left.evaluate(&frame)
    let b = right.evaluate(&frame)
    switch (a, b) {
    case (.double(let x), .double(let y)): return .bool(holds(x, y))
    case (.int(let x), .int(let y)): return .bool(holds(x, y))
    default: break
    }
    if let stopped = Access.firstStop(a, b) { return stopped }
    guard let order = Value.compare(a, b) else {
      return .failure(.noSuchOverload, "can't order \(a.runtimeType) and \(b.runtimeType)")
    }
    switch operation {
    case .less: return .bool(order == .less)
    case .lessOrEqual: return .bool(order == .less || order == .same)
    case .greater: return .bool(order == .more)
    case .greaterOrEqual: return .bool(order == .more || order == .same)
    }
  }
  @inline(__always)
  private func holds<T: Comparable>(_ x: T, _ y: T) -> Bool {
    switch operation {
    case .less: x < y
    case .lessOrEqual: x <= y
    case .greater: x > y
    case .greaterOrEqual: x >= y
    }
  }
}

/// `element in container`
final class InNode: Node, @unchecked Sendable {
  let element: Node
  let container: Node
  init(_ element: Node, _ container: Node) {
    self.element = element
    self.container = container
  }
  override func evaluate(_ frame: inout Frame) -> Value {
    let element = element.evaluate(&frame)
    let container = container.evaluate(&frame)
    if let stopped = Access.firstStop(element, container) { return stopped }
    switch container {
    case .list(let list):
      var pending: Value?
      for candidate in list.elements {
        switch Value.equals(element, candidate) {
        case .bool(true): return .bool(true)
        case .bool: continue
        case let other: pending = Logic.merge(pending, other)
        }
      }
      if let missing = list.missing { pending = Logic.merge(pending, .unknown(missing)) }
      return pending ?? .bool(false)
    case .map(let map):
      switch map.lookup(element) {
      case .absent: return .bool(false)
      case .unknown(let unknown): return .unknown(unknown)
      default: return .bool(true)
      }
    default:
      return .failure(.noSuchOverload, "`in` on a value of type \(container.runtimeType)")
    }
  }
}

/// `@not_strictly_false`: the condition on which a fold goes on.
final class NotStrictlyFalseNode: Node, @unchecked Sendable {
  let operand: Node
  init(_ operand: Node) { self.operand = operand }
  override func evaluate(_ frame: inout Frame) -> Value {
    if case .bool(false) = operand.evaluate(&frame) { return .bool(false) }
    return .bool(true)
  }
}
