/// A fold over the elements of a list or the keys of a map.
final class ComprehensionNode: Node, @unchecked Sendable {
  let macro: Expr.Comprehension.Macro
  let range: Node
  /// Places of the variables among the frame's locals: element (or key), value, accumulator.
  let variable: Int
  let variable2: Int?
  let accumulator: Int
  let initial: Node
  let condition: Node
  let step: Node
  let result: Node

  init(
    macro: Expr.Comprehension.Macro, range: Node, variable: Int, variable2: Int?,
    accumulator: Int, initial: Node, condition: Node, step: Node, result: Node
  ) {
    self.macro = macro
    self.range = range
    self.variable = variable
    self.variable2 = variable2
    self.accumulator = accumulator
    self.initial = initial
    self.condition = condition
    self.step = step
    self.result = result
  }

  override func evaluate(_ frame: inout Frame) -> Value {
    let range = range.evaluate(&frame)
    let source: Source
    switch range {
    case .list(let list): source = Source(elements: list.elements, map: nil, missing: list.missing)
    case .map(let map): source = Source(elements: map.keys, map: map, missing: map.missing)
    case .unknown, .error: return range
    default:
      return .failure(.noSuchOverload, "can't go through a value of type \(range.runtimeType)")
    }
    let depth = frame.locals.count
    defer { frame.locals.removeSubrange(depth...) }
    let first = initial.evaluate(&frame)
    while frame.locals.count <= max(variable, variable2 ?? 0, accumulator) {
      frame.locals.append(.null)
    }
    frame.locals[accumulator] = first
    for (position, element) in source.elements.enumerated() {
      if case .bool(false) = condition.evaluate(&frame) { break }
      frame.budget -= 1
      if frame.budget < 0 {
        return .failure(.cost, "the condition goes through too many elements")
      }
      if let variable2 {
        if let map = source.map {
          frame.locals[variable] = element
          frame.locals[variable2] = map.lookup(element)
        } else {
          frame.locals[variable] = .int(Int64(position))
          frame.locals[variable2] = element
        }
      } else {
        frame.locals[variable] = element
      }
      frame.locals[accumulator] = step.evaluate(&frame)
    }
    if let missing = source.missing {
      frame.locals[accumulator] = open(frame.locals[accumulator], missing)
    }
    return result.evaluate(&frame)
  }

  private struct Source {
    let elements: [Value]
    let map: MapValue?
    let missing: Unknown?
  }

  /// The accumulator after all known elements, where there may be others.
  private func open(_ value: Value, _ missing: Unknown) -> Value {
    switch (macro, value) {
    case (.exists, .bool(true)), (.all, .bool(false)): return value
    case (.exists, .bool), (.all, .bool): return .unknown(missing)
    case (.map, .list(let list)), (.filter, .list(let list)):
      return .list(ListValue(list.elements, missing: list.missing?.union(missing) ?? missing))
    case (_, .unknown(let unknown)): return .unknown(unknown.union(missing))
    default: return .unknown(missing)
    }
  }
}

/// `list.map(x, e)`, `list.map(x, c, e)` and `list.filter(x, c)`: one list is filled, not a new one an element.
final class CollectNode: Node, @unchecked Sendable {
  let range: Node
  let variable: Int
  let filter: Node?
  let transform: Node

  init(range: Node, variable: Int, filter: Node?, transform: Node) {
    self.range = range
    self.variable = variable
    self.filter = filter
    self.transform = transform
  }

  override func evaluate(_ frame: inout Frame) -> Value {
    let range = range.evaluate(&frame)
    let elements: [Value]
    let missing: Unknown?
    switch range {
    case .list(let list): (elements, missing) = (list.elements, list.missing)
    case .map(let map): (elements, missing) = (map.keys, map.missing)
    case .unknown, .error: return range
    default:
      return .failure(.noSuchOverload, "can't go through a value of type \(range.runtimeType)")
    }
    let depth = frame.locals.count
    defer { frame.locals.removeSubrange(depth...) }
    while frame.locals.count <= variable { frame.locals.append(.null) }
    var collected: [Value] = []
    collected.reserveCapacity(elements.count)
    var pending: Value?
    for element in elements {
      frame.budget -= 1
      if frame.budget < 0 {
        return .failure(.cost, "the condition goes through too many elements")
      }
      frame.locals[variable] = element
      if let filter {
        let kept = filter.evaluate(&frame)
        guard case .bool(let flag) = kept else {
          pending = Logic.merge(pending, kept)
          continue
        }
        if !flag { continue }
      }
      let value = transform.evaluate(&frame)
      switch value {
      case .unknown, .error: pending = Logic.merge(pending, value)
      default: collected.append(value)
      }
    }
    return pending ?? .list(ListValue(collected, missing: missing))
  }
}
