/// What one evaluation carries along.
struct Frame {
  let activation: any Activation
  /// Variables of the comprehensions around the node being evaluated.
  var locals: [Value] = []
  /// Steps of comprehensions left.
  var budget: Int
  /// Set only when tracing.
  let recorder: TraceRecorder?
}

/// A planned expression: names are slots, constants are folded, operators have their implementation.
class Node: @unchecked Sendable {
  func evaluate(_ frame: inout Frame) -> Value { .null }
  /// The value, where it does not depend on any variable.
  var constant: Value? { nil }
}

final class ConstantNode: Node, @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
  override func evaluate(_ frame: inout Frame) -> Value { value }
  override var constant: Value? { value }
}

final class LoadNode: Node, @unchecked Sendable {
  let slot: Int
  init(_ slot: Int) { self.slot = slot }
  override func evaluate(_ frame: inout Frame) -> Value { frame.activation.load(slot) }
}

final class LocalNode: Node, @unchecked Sendable {
  let index: Int
  init(_ index: Int) { self.index = index }
  override func evaluate(_ frame: inout Frame) -> Value {
    index < frame.locals.count ? frame.locals[index] : .failure(.other, "no such variable")
  }
}

/// Notes each value on its way.
final class TracingNode: Node, @unchecked Sendable {
  let inner: Node
  let expression: Expr
  init(_ inner: Node, _ expression: Expr) {
    self.inner = inner
    self.expression = expression
  }
  override func evaluate(_ frame: inout Frame) -> Value {
    let place = frame.recorder?.enter()
    let value = inner.evaluate(&frame)
    if let place { frame.recorder?.leave(place, expression, value) }
    return value
  }
  override var constant: Value? { inner.constant }
}

/// Collects the values of sub-expressions in the order in which they stand.
final class TraceRecorder {
  private(set) var entries: [TraceEntry?] = []
  private var depth = 0
  /// More than this is not kept: a comprehension over a long list says little past its first elements.
  private let limit = 2_000
  func enter() -> Int? {
    guard entries.count < limit else { return nil }
    depth += 1
    entries.append(nil)
    return entries.count - 1
  }
  func leave(_ place: Int, _ expression: Expr, _ value: Value) {
    depth -= 1
    entries[place] = TraceEntry(expression: expression, value: value, depth: depth)
  }
}

// MARK: Fields and elements

/// A field of a record whose type is known: a slot.
final class FieldNode: Node, @unchecked Sendable {
  let operand: Node
  let slot: Int
  let name: String
  init(_ operand: Node, slot: Int, name: String) {
    self.operand = operand
    self.slot = slot
    self.name = name
  }
  override func evaluate(_ frame: inout Frame) -> Value {
    let value = operand.evaluate(&frame)
    guard case .record(let record) = value, slot < record.slots.count else {
      return Access.select(value, name)
    }
    let found = record.slots[slot]
    if case .absent = found { return Access.noSuchKey(name) }
    return found
  }
}

final class SelectNode: Node, @unchecked Sendable {
  let operand: Node
  let name: String
  let isOptional: Bool
  init(_ operand: Node, name: String, isOptional: Bool) {
    self.operand = operand
    self.name = name
    self.isOptional = isOptional
  }
  override func evaluate(_ frame: inout Frame) -> Value {
    let value = operand.evaluate(&frame)
    return isOptional ? Access.optionalSelect(value, .string(name)) : Access.select(value, name)
  }
}

/// `has(operand.name)`
final class HasNode: Node, @unchecked Sendable {
  let operand: Node
  let name: String
  init(_ operand: Node, name: String) {
    self.operand = operand
    self.name = name
  }
  override func evaluate(_ frame: inout Frame) -> Value {
    Access.has(operand.evaluate(&frame), name)
  }
}

final class IndexNode: Node, @unchecked Sendable {
  let operand: Node
  let key: Node
  let isOptional: Bool
  init(_ operand: Node, _ key: Node, isOptional: Bool) {
    self.operand = operand
    self.key = key
    self.isOptional = isOptional
  }
  override func evaluate(_ frame: inout Frame) -> Value {
    let value = operand.evaluate(&frame)
    let key = key.evaluate(&frame)
    return isOptional ? Access.optionalSelect(value, key) : Access.index(value, key)
  }
}

/// Reading fields, keys and elements.
enum Access {
  static func noSuchKey(_ key: String) -> Value { .failure(.absent, "no such key: `\(key)`") }

  static func select(_ value: Value, _ name: String) -> Value {
    switch value {
    case .record(let record):
      guard let slot = record.type.slot(of: name), slot < record.slots.count else {
        return noSuchKey(name)
      }
      if case .absent = record.slots[slot] { return noSuchKey(name) }
      return record.slots[slot]
    case .map(let map):
      let found = map.lookup(.string(name))
      if case .absent = found { return noSuchKey(name) }
      return found
    case .optional(let optional):
      guard let inner = optional.value else { return value }
      return optionalSelect(inner, .string(name))
    case .unknown, .error: return value
    default: return .failure(.noSuchOverload, "`.\(name)` on a value of type \(value.runtimeType)")
    }
  }

  static func has(_ value: Value, _ name: String) -> Value {
    switch value {
    case .record(let record):
      guard let slot = record.type.slot(of: name), slot < record.slots.count else {
        return .bool(false)
      }
      switch record.slots[slot] {
      case .absent, .null: return .bool(false)
      case .unknown(let unknown): return .unknown(unknown)
      case .error(let error): return .error(error)
      default: return .bool(true)
      }
    case .map(let map):
      switch map.lookup(.string(name)) {
      case .absent: return .bool(false)
      case .unknown(let unknown): return .unknown(unknown)
      default: return .bool(true)
      }
    case .optional(let optional):
      guard let inner = optional.value else { return .bool(false) }
      return has(inner, name)
    case .unknown, .error: return value
    default:
      return .failure(.noSuchOverload, "`has(.\(name))` on a value of type \(value.runtimeType)")
    }
  }

  static func index(_ value: Value, _ key: Value) -> Value {
    if let stopped = firstStop(value, key) { return stopped }
    switch value {
    case .map(let map):
      let found = map.lookup(key)
      if case .absent = found {
        if case .string(let name) = key { return noSuchKey(name) }
        return noSuchKey(key.description)
      }
      return found
    case .list(let list):
      guard let position = position(key) else {
        return .failure(.noSuchOverload, "a list is indexed by an int, not \(key.runtimeType)")
      }
      if position >= 0, position < list.elements.count { return list.elements[Int(position)] }
      if position >= 0, let missing = list.missing { return .unknown(missing) }
      return .failure(.absent, "index out of bounds: \(position)")
    case .record:
      if case .string(let name) = key { return select(value, name) }
      return .failure(.noSuchOverload, "a record is indexed by a field name")
    case .optional(let optional):
      guard let inner = optional.value else { return value }
      return optionalSelect(inner, key)
    default:
      return .failure(.noSuchOverload, "a value of type \(value.runtimeType) has no elements")
    }
  }

  private static func position(_ key: Value) -> Int64? {
    switch key {
    case .int(let number): number
    case .uint(let number): Int64(exactly: number)
    case .double(let number): Int64(exactly: number)
    default: nil
    }
  }

  static func optionalSelect(_ value: Value, _ key: Value) -> Value {
    if let stopped = firstStop(value, key) { return stopped }
    if case .optional(let optional) = value {
      guard let inner = optional.value else { return value }
      return optionalSelect(inner, key)
    }
    let found = index(value, key)
    switch found {
    case .error(let error) where error.kind == .absent: return .optional(OptionalValue(nil))
    case .error, .unknown: return found
    case .null: return .optional(OptionalValue(.null))
    default: return .optional(OptionalValue(found))
    }
  }

  /// Unknown before error, left before right.
  @inline(__always)
  static func firstStop(_ a: Value, _ b: Value) -> Value? {
    switch (a, b) {
    case (.unknown(let x), .unknown(let y)): return .unknown(x.union(y))
    case (.unknown, _): return a
    case (_, .unknown): return b
    case (.error, _): return a
    case (_, .error): return b
    default: return nil
    }
  }
}
