/// What the macros over lists and maps share: going through a range with their variables set.
class FoldNode: Node, @unchecked Sendable {
  let range: Node
  let first: Int
  let second: Int?
  init(_ range: Node, first: Int, second: Int?) {
    self.range = range
    self.first = first
    self.second = second
  }

  static let exhausted = Value.failure(.cost, "the evaluation takes too many steps")

  enum Outcome {
    /// Came to the end; `missing` where there may be more that is not known.
    case finished(missing: Unknown?)
    /// The body ended it with this value.
    case stopped(Value)
  }

  /// Runs `body` for each element (or key; or index and element, key and value); it ends by giving a value.
  final func each(
    _ activation: any Activation, _ frame: inout Frame, _ body: (inout Frame) -> Value?
  ) -> Outcome {
    let value = range.eval(activation, &frame)
    switch value {
    case .list(let list):
      for (index, element) in list.elements.enumerated() {
        frame.remaining -= 1
        if frame.remaining < 0 { return .stopped(Self.exhausted) }
        if let second {
          frame.set(first, .int(Int64(index)))
          frame.set(second, element)
        } else {
          frame.set(first, element)
        }
        if let end = body(&frame) { return .stopped(end) }
      }
      return .finished(missing: list.missing)
    case .map(let map):
      for key in map.keys {
        frame.remaining -= 1
        if frame.remaining < 0 { return .stopped(Self.exhausted) }
        frame.set(first, key)
        if let second { frame.set(second, map.lookup(key)) }
        if let end = body(&frame) { return .stopped(end) }
      }
      return .finished(missing: map.missing)
    case .unknown, .error: return .stopped(value)
    default: return .stopped(.noSuchOverload("comprehension", value))
    }
  }
}

/// `exists` (`wanted` true) and `all` (`wanted` false): one witness decides.
final class QuantifierNode: FoldNode, @unchecked Sendable {
  let predicate: Node
  let wanted: Bool
  init(_ range: Node, first: Int, second: Int?, _ predicate: Node, wanted: Bool) {
    self.predicate = predicate
    self.wanted = wanted
    super.init(range, first: first, second: second)
  }
  override func test(_ activation: any Activation, _ frame: inout Frame) -> Decided {
    guard second == nil, let locals = frame.locals else { return .open }
    // Of a list that is only made to be looked through, each element is made when its turn comes.
    let made = (range as? CollectNode).flatMap { $0.isPlainMap ? $0 : nil }
    guard case .list(let list) = (made?.range ?? range).eval(activation, &frame) else {
      return .open
    }
    var decided: Decided = list.missing == nil ? Decided(!wanted) : .open
    var witnessed = false
    list.elements.withUnsafeBufferPointer { elements in
      frame.lend(elements, to: locals + (made?.first ?? first)) { frame in
        frame.remaining -= made == nil ? 1 : 2
        if frame.remaining < 0 {
          decided = .open
          return false
        }
        if let made {
          let element = made.element.eval(activation, &frame)
          // What is flawed makes the whole list flawed.
          if element.isErrorOrUnknown {
            decided = .open
            return false
          }
          if witnessed { return true }
          frame.set(first, element)
        }
        switch predicate.test(activation, &frame) {
        case .yes where wanted, .no where !wanted:
          decided = Decided(wanted)
          witnessed = true
          // The rest of a list that is made may have a flaw yet.
          return made != nil
        case .open: decided = .open
        default: break
        }
        return true
      }
    }
    return decided
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    var flaw = Flaw()
    let outcome = each(activation, &frame) { frame in
      let value = predicate.eval(activation, &frame)
      if case .bool(let holds) = value { return holds == wanted ? value : nil }
      if !flaw.add(value) { _ = flaw.add(.noSuchOverload("_&&_", value)) }
      return nil
    }
    switch outcome {
    case .stopped(let value): return value
    case .finished(let missing):
      if let missing { flaw.add(missing) }
      return flaw.value ?? .bool(!wanted)
    }
  }
}

/// `exists_one`.
final class ExactlyOneNode: FoldNode, @unchecked Sendable {
  let predicate: Node
  init(_ range: Node, first: Int, second: Int?, _ predicate: Node) {
    self.predicate = predicate
    super.init(range, first: first, second: second)
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    var flaw = Flaw()
    var count = 0
    let outcome = each(activation, &frame) { frame in
      let value = predicate.eval(activation, &frame)
      if case .bool(let holds) = value {
        if holds { count += 1 }
      } else if !flaw.add(value) {
        _ = flaw.add(.noSuchOverload("_?_:_", value))
      }
      return nil
    }
    switch outcome {
    case .stopped(let value): return value
    case .finished(let missing):
      if let missing, count < 2 { flaw.add(missing) }
      return flaw.value ?? .bool(count == 1)
    }
  }
}

/// `map`, `filter`, `transformList`: builds a list.
final class CollectNode: FoldNode, @unchecked Sendable {
  let condition: Node?
  let element: Node
  /// Whether the condition may be tested by a short cut: nobody looks at how it is evaluated.
  let isShort: Bool
  init(
    _ range: Node, first: Int, second: Int?, _ condition: Node?, _ element: Node, isShort: Bool
  ) {
    self.condition = condition
    self.element = element
    self.isShort = isShort
    super.init(range, first: first, second: second)
  }
  /// Whether it is a `map` over one variable whose elements may be made one by one.
  var isPlainMap: Bool { isShort && condition == nil && second == nil }

  /// How many elements a `filter` keeps, counted without a list of them; nil where that is not plain.
  func count(_ activation: any Activation, _ frame: inout Frame) -> Int64? {
    guard isShort, second == nil, let condition, (element as? LocalNode)?.slot == first,
      let locals = frame.locals, case .list(let list) = range.eval(activation, &frame),
      list.missing == nil
    else { return nil }
    var count: Int64? = 0
    list.elements.withUnsafeBufferPointer { elements in
      frame.lend(elements, to: locals + first) { frame in
        frame.remaining -= 1
        switch frame.remaining < 0 ? .open : condition.test(activation, &frame) {
        case .yes: count = count.map { $0 + 1 }
        case .no: break
        case .open: count = nil
        }
        return count != nil
      }
    }
    return count
  }

  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    var flaw = Flaw()
    var values: [Value] = []
    let outcome = each(activation, &frame) { frame in
      if let condition {
        switch isShort ? condition.test(activation, &frame) : .open {
        case .yes: break
        case .no: return nil
        case .open:
          let value = condition.eval(activation, &frame)
          guard case .bool(let holds) = value else {
            if !flaw.add(value) { _ = flaw.add(.noSuchOverload("_?_:_", value)) }
            return nil
          }
          if !holds { return nil }
        }
      }
      let value = element.eval(activation, &frame)
      if !flaw.add(value) { values.append(value) }
      return nil
    }
    switch outcome {
    case .stopped(let value): return value
    case .finished(let missing): return flaw.value ?? .list(ListValue(values, missing: missing))
    }
  }
}

/// `transformMap` and `transformMapEntry`: builds a map.
final class CollectMapNode: FoldNode, @unchecked Sendable {
  let condition: Node?
  /// Nil where `value` gives whole entries as a map.
  let key: Node?
  let value: Node
  init(_ range: Node, first: Int, second: Int?, _ condition: Node?, _ key: Node?, _ value: Node) {
    self.condition = condition
    self.key = key
    self.value = value
    super.init(range, first: first, second: second)
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    var flaw = Flaw()
    var pairs: [(Value, Value)] = []
    var seen: Set<Value> = []
    func insert(_ key: Value, _ value: Value) -> Value? {
      guard seen.insert(key).inserted else {
        return .failure(.invalidArgument, "the key `\(key)` stands twice")
      }
      pairs.append((key, value))
      return nil
    }
    let outcome = each(activation, &frame) { frame in
      if let condition {
        let value = condition.eval(activation, &frame)
        guard case .bool(let holds) = value else {
          if !flaw.add(value) { _ = flaw.add(.noSuchOverload("_?_:_", value)) }
          return nil
        }
        if !holds { return nil }
      }
      let made = value.eval(activation, &frame)
      if flaw.add(made) { return nil }
      if let key {
        let name = key.eval(activation, &frame)
        return flaw.add(name) ? nil : insert(name, made)
      }
      guard case .map(let entries) = made else {
        return .noSuchOverload("cel.@mapInsert", made)
      }
      for name in entries.keys {
        if let failure = insert(name, entries.lookup(name)) { return failure }
      }
      return nil
    }
    switch outcome {
    case .stopped(let value): return value
    case .finished(let missing):
      return flaw.value ?? .map(DictionaryMap(pairs, missing: missing))
    }
  }
}

/// Any other fold, as it is written.
final class GeneralFoldNode: FoldNode, @unchecked Sendable {
  let accumulator: Int
  let initial: Node
  let condition: Node
  let step: Node
  let result: Node
  init(
    _ range: Node, first: Int, second: Int?, accumulator: Int, initial: Node, condition: Node,
    step: Node, result: Node
  ) {
    self.accumulator = accumulator
    self.initial = initial
    self.condition = condition
    self.step = step
    self.result = result
    super.init(range, first: first, second: second)
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    // Set before each use: an inner fold may stand in the range.
    let start = initial.eval(activation, &frame)
    var current = start
    var left = false
    let outcome = each(activation, &frame) { frame in
      frame.set(accumulator, current)
      if case .bool(false) = condition.eval(activation, &frame) {
        left = true
        return current
      }
      current = step.eval(activation, &frame)
      return nil
    }
    switch outcome {
    case .stopped(let value):
      if !left { return value }
    case .finished(let missing):
      if let missing { return .unknown(missing) }
    }
    frame.set(accumulator, current)
    return result.eval(activation, &frame)
  }
}

/// `cel.bind`: a value used more than once.
final class BindNode: Node, @unchecked Sendable {
  let slot: Int
  let value: Node
  let body: Node
  init(_ slot: Int, _ value: Node, _ body: Node) {
    self.slot = slot
    self.value = value
    self.body = body
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    frame.set(slot, value.eval(activation, &frame))
    return body.eval(activation, &frame)
  }
}

/// `size(list.filter(…))`.
final class FilteredSizeNode: Node, @unchecked Sendable {
  let filter: CollectNode
  let whole: UnaryNode
  init(_ filter: CollectNode, _ whole: UnaryNode) {
    self.filter = filter
    self.whole = whole
  }
  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    whole.eval(activation, &frame)
  }
  override func int(_ activation: any Activation, _ frame: inout Frame) -> Int64? {
    filter.count(activation, &frame)
  }
}
