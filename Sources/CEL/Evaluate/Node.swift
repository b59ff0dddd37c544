/// What one evaluation keeps besides its activation.
struct Frame {
  /// Variables of comprehensions, by slot; lives as long as the evaluation.
  // INVARIANT: holds as many values as the planner gave out slots (`Planner.newLocal`).
  let locals: UnsafeMutablePointer<Value>?
  /// Steps of comprehensions that are left.
  var remaining: Int
  /// Only for programs planned for tracing.
  let trace: TraceNotes?
  /// Only for programs planned for metering.
  var meter: CostMeter? = nil

  func local(_ slot: Int) -> Value {
    locals?[slot] ?? .failure(.other, "there is no such variable")
  }
  func set(_ slot: Int, _ value: Value) {
    locals?[slot] = value
  }

  /// Gives a variable each element in turn, without a retain for each, until `body` is false.
  // INVARIANT: the elements outlive the call, and the variable belongs to this fold alone: whoever reads it
  // retains what is read, and nobody writes to it.
  mutating func lend(
    _ elements: UnsafeBufferPointer<Value>, to variable: UnsafeMutablePointer<Value>,
    _ body: (inout Frame) -> Bool
  ) {
    guard let base = elements.baseAddress else { return }
    variable.deinitialize(count: 1)
    defer { variable.initialize(to: .null) }
    for index in 0..<elements.count {
      UnsafeMutableRawPointer(variable).copyMemory(
        from: UnsafeRawPointer(base + index), byteCount: MemoryLayout<Value>.size)
      if !body(&self) { return }
    }
  }
}

/// What a condition comes to, where it comes to a plain truth value.
enum Decided {
  case no, yes
  /// An error, unknown, or no bool: `eval` tells.
  case open

  init(_ holds: Bool) { self = holds ? .yes : .no }
}

/// A planned node. Nodes hold nothing that changes, so that a program may run on many threads.
class Node: @unchecked Sendable {
  func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    .failure(.other, "the expression cannot be evaluated")
  }

  // Short cuts past `Value`, which costs a retain wherever it is handed on. What they do not decide is
  // evaluated again, whole, by `eval`.

  /// As a condition.
  func test(_ activation: any Activation, _ frame: inout Frame) -> Decided {
    if case .bool(let holds) = eval(activation, &frame) { return Decided(holds) }
    return .open
  }
  /// As a double; nil: it is none.
  func double(_ activation: any Activation, _ frame: inout Frame) -> Double? {
    if case .double(let number) = eval(activation, &frame) { return number }
    return nil
  }
  /// As an int; nil: it is none.
  func int(_ activation: any Activation, _ frame: inout Frame) -> Int64? {
    if case .int(let number) = eval(activation, &frame) { return number }
    return nil
  }
  /// Whether it is this text; open: it is no text.
  func isText(_ text: String, _ activation: any Activation, _ frame: inout Frame) -> Decided {
    if case .string(let other) = eval(activation, &frame) {
      return Decided(other.sameBytes(as: text))
    }
    return .open
  }
  /// The value where it is known when planning.
  var constant: Value? { nil }
}

final class ConstantNode: Node, @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value { value }
  override func double(_ activation: any Activation, _ frame: inout Frame) -> Double? {
    if case .double(let number) = value { return number }
    return nil
  }
  override func int(_ activation: any Activation, _ frame: inout Frame) -> Int64? {
    if case .int(let number) = value { return number }
    return nil
  }
  override var constant: Value? { value }
}

final class VariableNode: Node, @unchecked Sendable {
  let slot: Int
  let name: String
  init(_ slot: Int, _ name: String) {
    self.slot = slot
    self.name = name
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    let value = activation.load(slot)
    if case .absent = value { return .noSuchKey(name) }
    return value
  }
}

final class LocalNode: Node, @unchecked Sendable {
  let slot: Int
  init(_ slot: Int) { self.slot = slot }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    frame.local(slot)
  }
  override func test(_ activation: any Activation, _ frame: inout Frame) -> Decided {
    frame.locals.flatMap { SlotReading.truth($0[slot]) } ?? .open
  }
  override func double(_ activation: any Activation, _ frame: inout Frame) -> Double? {
    frame.locals.flatMap { SlotReading.double($0[slot]) }
  }
  override func int(_ activation: any Activation, _ frame: inout Frame) -> Int64? {
    frame.locals.flatMap { SlotReading.int($0[slot]) }
  }
  override func isText(_ text: String, _ activation: any Activation, _ frame: inout Frame)
    -> Decided
  {
    frame.locals.flatMap { SlotReading.isText($0[slot], text) } ?? .open
  }
}

/// Records what its node came to.
final class TraceNode: Node, @unchecked Sendable {
  let expr: Expr
  let inner: Node
  init(_ expr: Expr, _ inner: Node) {
    self.expr = expr
    self.inner = inner
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    let place = frame.trace?.enter()
    let value = inner.eval(activation, &frame)
    if let place { frame.trace?.leave(place, expr, value) }
    return value
  }
}

// MARK: - Fields and entries

/// `operand.field`, with the slot that the checker found, if it did.
final class FieldNode: Node, @unchecked Sendable {
  let operand: Node
  let type: ObjectType?
  let slot: Int
  let field: String
  init(_ operand: Node, _ field: String, _ type: ObjectType?, _ slot: Int) {
    self.operand = operand
    self.field = field
    self.type = type
    self.slot = slot
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    select(operand.eval(activation, &frame))
  }

  @inline(__always)
  func select(_ value: Value) -> Value {
    if case .record(let record) = value, record.type === type, slot < record.slots.count {
      let found = record.slots[slot]
      if case .absent = found { return .noSuchKey(field) }
      return found
    }
    return Field.select(value, field)
  }

  /// Looks at the field of a record in place; nil where the record is of another type.
  @inline(__always)
  func peek<R>(_ record: RecordValue, _ body: (borrowing Value) -> R?) -> R? {
    guard record.type === type else { return nil }
    return record.slots.withUnsafeBufferPointer { slots in
      slot < slots.count ? body(slots[slot]) : nil
    }
  }
  @inline(__always)
  func peek<R>(_ value: borrowing Value, _ body: (borrowing Value) -> R?) -> R? {
    guard case .record(let record) = copy value else { return nil }
    return peek(record, body)
  }
}

/// A field of a record in a variable.
final class VariableFieldNode: Node, @unchecked Sendable {
  let variable: Int
  let field: FieldNode
  init(_ variable: Int, _ field: FieldNode) {
    self.variable = variable
    self.field = field
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    field.select(activation.load(variable))
  }

  @inline(__always)
  private func peek<R>(_ activation: any Activation, _ body: (borrowing Value) -> R?) -> R? {
    if let record = activation.record(variable) {
      return record._withUnsafeGuaranteedRef { field.peek($0, body) }
    }
    return field.peek(activation.load(variable), body)
  }
  override func test(_ activation: any Activation, _ frame: inout Frame) -> Decided {
    peek(activation, SlotReading.truth) ?? .open
  }
  override func double(_ activation: any Activation, _ frame: inout Frame) -> Double? {
    peek(activation, SlotReading.double)
  }
  override func int(_ activation: any Activation, _ frame: inout Frame) -> Int64? {
    peek(activation, SlotReading.int)
  }
  override func isText(_ text: String, _ activation: any Activation, _ frame: inout Frame)
    -> Decided
  {
    peek(activation) { SlotReading.isText($0, text) } ?? .open
  }
}

/// A field of a record in a comprehension's variable.
final class LocalFieldNode: Node, @unchecked Sendable {
  let local: Int
  let field: FieldNode
  init(_ local: Int, _ field: FieldNode) {
    self.local = local
    self.field = field
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    field.select(frame.local(local))
  }

  @inline(__always)
  private func peek<R>(_ frame: Frame, _ body: (borrowing Value) -> R?) -> R? {
    guard let locals = frame.locals else { return nil }
    return field.peek(locals[local], body)
  }
  override func test(_ activation: any Activation, _ frame: inout Frame) -> Decided {
    peek(frame, SlotReading.truth) ?? .open
  }
  override func double(_ activation: any Activation, _ frame: inout Frame) -> Double? {
    peek(frame, SlotReading.double)
  }
  override func int(_ activation: any Activation, _ frame: inout Frame) -> Int64? {
    peek(frame, SlotReading.int)
  }
  override func isText(_ text: String, _ activation: any Activation, _ frame: inout Frame)
    -> Decided
  {
    peek(frame) { SlotReading.isText($0, text) } ?? .open
  }
}

/// What the short cuts read of a value in place.
enum SlotReading {
  @inline(__always) static func truth(_ value: borrowing Value) -> Decided? {
    switch value {
    case .bool(let holds): Decided(holds)
    default: nil
    }
  }
  @inline(__always) static func double(_ value: borrowing Value) -> Double? {
    switch value {
    case .double(let number): number
    default: nil
    }
  }
  @inline(__always) static func int(_ value: borrowing Value) -> Int64? {
    switch value {
    case .int(let number): number
    default: nil
    }
  }
  @inline(__always) static func isText(_ value: borrowing Value, _ text: String) -> Decided? {
    switch value {
    case .string(let other): Decided(other.sameBytes(as: text))
    default: nil
    }
  }
}

enum Field {
  /// `value.field` by name.
  static func select(_ value: Value, _ field: String) -> Value {
    switch value {
    case .record(let record):
      guard let slot = record.type.slot(of: field), slot < record.slots.count else {
        return .noSuchKey(field)
      }
      let found = record.slots[slot]
      if case .absent = found { return .noSuchKey(field) }
      return found
    case .map(let map):
      let found = map.lookup(.string(field))
      if case .absent = found { return .noSuchKey(field) }
      return found
    case .optional: return OptionalLibrary.optionalIndex(value, .string(field))
    case .unknown, .error: return value
    case .absent: return .noSuchKey(field)
    default: return .noSuchOverload(".\(field)", value)
    }
  }

  /// `has(value.field)`.
  static func has(_ value: Value, _ field: String) -> Value {
    switch value {
    case .record(let record):
      guard let slot = record.type.slot(of: field), slot < record.slots.count else {
        return false
      }
      return present(record.slots[slot], nullIsThere: false)
    case .map(let map): return present(map.lookup(.string(field)), nullIsThere: true)
    case .optional(let optional): return optional.value.map { has($0, field) } ?? false
    case .unknown, .error: return value
    case .absent: return .noSuchKey(field)
    default: return .noSuchOverload("has(.\(field))", value)
    }
  }

  static func present(_ found: Value, nullIsThere: Bool) -> Value {
    switch found {
    case .absent: false
    case .null: .bool(nullIsThere)
    case .unknown, .error: found
    default: true
    }
  }
}

/// `has(operand.field)`.
final class HasNode: Node, @unchecked Sendable {
  let operand: Node
  let type: ObjectType?
  let slot: Int
  let field: String
  init(_ operand: Node, _ field: String, _ type: ObjectType?, _ slot: Int) {
    self.operand = operand
    self.field = field
    self.type = type
    self.slot = slot
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    let value = operand.eval(activation, &frame)
    if case .record(let record) = value, record.type === type, slot < record.slots.count {
      return Field.present(record.slots[slot], nullIsThere: false)
    }
    return Field.has(value, field)
  }
}

/// `range[key]`.
final class IndexNode: Node, @unchecked Sendable {
  let range: Node
  let key: Node
  init(_ range: Node, _ key: Node) {
    self.range = range
    self.key = key
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    let range = range.eval(activation, &frame)
    let key = key.eval(activation, &frame)
    if case .map(let map) = range, case .string = key {
      let found = map.lookup(key)
      if case .absent = found { return .noSuchKey(key) }
      return found
    }
    return OperatorLibrary.index(range, key)
  }
}

// MARK: - Literals with parts

final class ListNode: Node, @unchecked Sendable {
  let elements: [(node: Node, optional: Bool)]
  init(_ elements: [(node: Node, optional: Bool)]) { self.elements = elements }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    var values: [Value] = []
    values.reserveCapacity(elements.count)
    var flaw = Flaw()
    for (node, optional) in elements {
      let value = node.eval(activation, &frame)
      if flaw.add(value) { continue }
      if optional {
        guard case .optional(let content) = value else {
          return .noSuchOverload("[?]", value)
        }
        if let inner = content.value { values.append(inner) }
      } else {
        values.append(value)
      }
    }
    return flaw.value ?? .list(ListValue(values))
  }
}

final class MapNode: Node, @unchecked Sendable {
  let entries: [(key: Node, value: Node, optional: Bool)]
  init(_ entries: [(key: Node, value: Node, optional: Bool)]) { self.entries = entries }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    var pairs: [(Value, Value)] = []
    pairs.reserveCapacity(entries.count)
    var seen: Set<Value> = []
    var flaw = Flaw()
    for (keyNode, valueNode, optional) in entries {
      let key = keyNode.eval(activation, &frame)
      let value = valueNode.eval(activation, &frame)
      let broken = flaw.add(key)
      if flaw.add(value) || broken { continue }
      switch key {
      case .string, .int, .uint, .bool: break
      default:
        return .failure(
          .invalidArgument, "a `\(key.runtimeType.runtimeName)` is no key of a map")
      }
      guard seen.insert(key).inserted else {
        return .failure(.invalidArgument, "the key `\(key)` stands twice")
      }
      if optional {
        guard case .optional(let content) = value else {
          return .noSuchOverload("{?}", value)
        }
        if let inner = content.value { pairs.append((key, inner)) }
      } else {
        pairs.append((key, value))
      }
    }
    return flaw.value ?? .map(DictionaryMap(pairs))
  }
}

/// `Type{field: value}`.
final class RecordNode: Node, @unchecked Sendable {
  let type: ObjectType
  let fields: [(slot: Int, node: Node, optional: Bool)]
  init(_ type: ObjectType, _ fields: [(slot: Int, node: Node, optional: Bool)]) {
    self.type = type
    self.fields = fields
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    var slots = [Value](repeating: .absent, count: type.fields.count)
    var flaw = Flaw()
    for (slot, node, optional) in fields where slots.indices.contains(slot) {
      let value = node.eval(activation, &frame)
      if flaw.add(value) { continue }
      if optional {
        guard case .optional(let content) = value else {
          return .noSuchOverload("{?}", value)
        }
        slots[slot] = content.value ?? .absent
      } else if case .null = value {
        slots[slot] = .absent
      } else {
        slots[slot] = value
      }
    }
    return flaw.value ?? .record(RecordValue(type: type, slots: slots))
  }
}

/// Gathers what stands in the way of a strict operation: unknowns united, else the first error.
struct Flaw {
  private var unknown: Unknown?
  private var error: Value?

  /// Whether `value` is an error or unknown; takes note of it.
  @inline(__always)
  mutating func add(_ value: Value) -> Bool {
    switch value {
    case .unknown(let found):
      add(found)
      return true
    case .error:
      if error == nil { error = value }
      return true
    default: return false
    }
  }

  mutating func add(_ found: Unknown) { unknown = unknown?.union(found) ?? found }

  /// As `add`; what is partial counts as unknown too.
  mutating func addStrictly(_ value: Value) -> Bool {
    switch value {
    case .list(let list):
      guard let missing = list.missing else { return false }
      add(missing)
      return true
    case .map(let map):
      guard let missing = map.missing else { return false }
      add(missing)
      return true
    default: return add(value)
    }
  }

  var value: Value? { unknown.map { .unknown($0) } ?? error }
}
