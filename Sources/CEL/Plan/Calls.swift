/// A function whose overload is known, or chosen by the values where types are dynamic.
final class CallNode: Node, @unchecked Sendable {
  let function: String
  let overloads: [Overload]
  let arguments: [Node]
  init(function: String, overloads: [Overload], arguments: [Node]) {
    self.function = function
    self.overloads = overloads
    self.arguments = arguments
  }

  override func evaluate(_ frame: inout Frame) -> Value {
    if overloads.count == 1, let only = overloads.first, !only.lenient {
      switch only.implementation {
      case .unary(let body) where arguments.count == 1:
        let a = arguments[0].evaluate(&frame)
        if let stop = Self.stop(a) { return stop }
        return body(a)
      case .binary(let body) where arguments.count == 2:
        let a = arguments[0].evaluate(&frame)
        let b = arguments[1].evaluate(&frame)
        if let stop = Self.stop(a, b) { return stop }
        return body(a, b)
      default: break
      }
    }
    let values = arguments.map { $0.evaluate(&frame) }
    return Self.apply(function, overloads, values, frame.activation)
  }

  static func apply(
    _ function: String, _ overloads: [Overload], _ values: [Value], _ activation: any Activation
  ) -> Value {
    if !overloads.contains(where: \.lenient) {
      var pending: Value?
      for value in values {
        guard let stop = stop(value) else { continue }
        pending = pending.map { Logic.merge($0, stop) } ?? stop
      }
      if let pending { return pending }
    }
    let chosen =
      overloads.count == 1
      ? overloads.first : overloads.first { $0.accepts(values) }
    guard let chosen else {
      let types = values.map(\.runtimeType.description).joined(separator: ", ")
      return .failure(.noSuchOverload, "no overload of `\(function)` for (\(types))")
    }
    switch chosen.implementation {
    case .unary(let body) where values.count == 1: return body(values[0])
    case .binary(let body) where values.count == 2: return body(values[0], values[1])
    case .variadic(let body): return body(values)
    case .host(let body): return body(values, activation)
    default:
      return .failure(.noSuchOverload, "`\(function)` takes another number of arguments")
    }
  }

  /// What keeps a strict function from being called: an unknown, an error, a collection known in part.
  @inline(__always)
  static func stop(_ value: Value) -> Value? {
    switch value {
    case .unknown, .error: return value
    case .list(let list): return list.missing.map(Value.unknown)
    case .map(let map): return map.missing.map(Value.unknown)
    case .absent: return .failure(.absent, "the value is absent")
    default: return nil
    }
  }
  @inline(__always)
  static func stop(_ a: Value, _ b: Value) -> Value? {
    switch (stop(a), stop(b)) {
    case (nil, nil): return nil
    case (let x?, nil): return x
    case (nil, let y?): return y
    case (let x?, let y?): return Logic.merge(x, y)
    }
  }
}

extension Overload {
  /// Whether values of these types can be its arguments.
  func accepts(_ values: [Value]) -> Bool {
    guard parameters.count == values.count else { return false }
    return zip(parameters, values).allSatisfy { $1.conforms(to: $0) }
  }
}

final class ListNode: Node, @unchecked Sendable {
  let elements: [(node: Node, isOptional: Bool)]
  init(_ elements: [(node: Node, isOptional: Bool)]) { self.elements = elements }
  override func evaluate(_ frame: inout Frame) -> Value {
    var values: [Value] = []
    values.reserveCapacity(elements.count)
    var pending: Value?
    for (node, isOptional) in elements {
      let value = node.evaluate(&frame)
      switch value {
      case .unknown, .error: pending = pending.map { Logic.merge($0, value) } ?? value
      case .optional(let optional) where isOptional:
        if let inner = optional.value { values.append(inner) }
      default: values.append(value)
      }
    }
    return pending ?? .list(ListValue(values))
  }
}

final class MapNode: Node, @unchecked Sendable {
  let entries: [(key: Node, value: Node, isOptional: Bool)]
  init(_ entries: [(key: Node, value: Node, isOptional: Bool)]) { self.entries = entries }
  override func evaluate(_ frame: inout Frame) -> Value {
    var found: [(key: Value, value: Value)] = []
    var seen: Set<Value> = []
    var pending: Value?
    for entry in entries {
      let key = entry.key.evaluate(&frame)
      let value = entry.value.evaluate(&frame)
      if let stop = Access.firstStop(key, value) {
        pending = pending.map { Logic.merge($0, stop) } ?? stop
        continue
      }
      switch key {
      case .string, .int, .uint, .bool: break
      default: return .failure(.noSuchOverload, "a map key can't be \(key.runtimeType)")
      }
      if entry.isOptional, case .optional(let optional) = value {
        guard let inner = optional.value else { continue }
        found.append((key, inner))
      } else {
        found.append((key, value))
      }
      guard seen.insert(key).inserted else {
        return .failure(.invalidArgument, "the key \(key) stands twice")
      }
    }
    return pending ?? .map(DictionaryMap(found.map { ($0.key, $0.value) }))
  }
}

final class StructureNode: Node, @unchecked Sendable {
  let type: ObjectType
  let fields: [(slot: Int, node: Node, isOptional: Bool)]
  init(_ type: ObjectType, _ fields: [(slot: Int, node: Node, isOptional: Bool)]) {
    self.type = type
    self.fields = fields
  }
  override func evaluate(_ frame: inout Frame) -> Value {
    var slots = [Value](repeating: .absent, count: type.fields.count)
    var pending: Value?
    for (slot, node, isOptional) in fields where slot < slots.count {
      let value = node.evaluate(&frame)
      switch value {
      case .unknown, .error: pending = pending.map { Logic.merge($0, value) } ?? value
      case .optional(let optional) where isOptional: slots[slot] = optional.value ?? .absent
      default: slots[slot] = value
      }
    }
    return pending ?? .record(RecordValue(type: type, slots: slots))
  }
}
