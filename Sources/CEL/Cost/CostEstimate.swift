/// What a host knows of the sizes of its variables, for estimates of cost.
///
/// Keys are paths: `order.note`, `order.items` for a list, `order.items[]` for its elements (or a map's values),
/// `order.items[].name` for a field of them, `limits{}` for the keys of a map.
public struct CostSizes: Sendable, ExpressibleByDictionaryLiteral {
  /// The most that a string, list or map can hold, by path.
  public var maxima: [String: UInt64]
  /// The most that any other string, list or map of a variable can hold.
  public var otherwise: UInt64

  public init(_ maxima: [String: UInt64] = [:], otherwise: UInt64 = .max) {
    self.maxima = maxima
    self.otherwise = otherwise
  }

  public init(dictionaryLiteral elements: (String, UInt64)...) {
    self.init(Dictionary(elements, uniquingKeysWith: { max($0, $1) }))
  }
}

extension CheckedExpression {
  /// The least and the most that evaluating the expression can cost, in the units of `CostModel`.
  ///
  /// The most holds for values within the sizes, and is `UInt64.max` where something has no bound. The least
  /// holds also where parts are unknown or fail, which ends an evaluation early.
  public func estimateCost(sizes: CostSizes = [:]) -> ClosedRange<UInt64> {
    let estimator = CostEstimator(checked: self, sizes: sizes)
    return estimator.visit(root, [:]).cost
  }

  /// How many steps of comprehensions an evaluation can take however little the variables hold: those that
  /// go through constants, as `[1, 2].all(a, [1, 2].all(b, …))` takes six. What is more than
  /// `Environment.Limits.iterations` cannot always be evaluated to its end.
  public func estimateConstantSteps() -> UInt64 {
    let estimator = CostEstimator(checked: self, sizes: CostSizes(otherwise: 0), onlySteps: true)
    return estimator.visit(root, [:]).cost.upperBound
  }
}

/// What is known of the size of a value, and of what it holds.
struct Extent {
  var size: ClosedRange<UInt64>
  /// Where it comes from, as `CostSizes` writes it.
  var path: String?
  /// Of the elements of a list or the values of a map: one or none.
  var elements: [Extent] = []

  static let one = Extent(size: 1...1)
  static let unbounded = Extent(size: 0...(.max))

  func union(_ other: Extent) -> Extent {
    var inner: [Extent] = []
    if let a = elements.first, let b = other.elements.first { inner = [a.union(b)] }
    return Extent(
      size: min(
        size.lowerBound, other.size.lowerBound)...max(
          size.upperBound, other.size.upperBound),
      path: path == other.path ? path : nil, elements: inner)
  }

  /// At most this.
  func upTo() -> Extent {
    Extent(size: 0...size.upperBound, path: path, elements: elements)
  }
}

struct CostEstimator {
  let checked: CheckedExpression
  let sizes: CostSizes
  /// Counts steps of comprehensions and nothing else, and takes what it does not know for empty.
  var onlySteps = false

  private var unbounded: Extent { onlySteps ? Extent(size: 0...0) : .unbounded }

  typealias Locals = [String: Extent]
  typealias Found = (cost: ClosedRange<UInt64>, extent: Extent)

  func visit(_ expr: Expr, _ locals: Locals) -> Found {
    switch checked.reference(of: expr) {
    case .variable(let declaration):
      if let constant = declaration.constant { return (0...0, extent(of: constant)) }
      return (fixed(CostModel.access), attribute(declaration.name, declaration.type))
    case .constant(let value): return (0...0, extent(of: value))
    default: break
    }
    switch expr.kind {
    case .literal(let literal): return (0...0, extent(of: Planner.value(literal)))
    case .invalid: return (0...0, unbounded)
    case .ident(let name):
      return (fixed(CostModel.access), locals[name] ?? unbounded)
    case .select(let operand, let field, let test, _):
      let (cost, extent) = visit(operand, locals)
      let own = add(cost, fixed(CostModel.access))
      if test { return (own, .one) }
      return (own, member(of: extent, field, checked.type(of: expr)))
    case .call(let function, let target, let arguments):
      return visitCall(expr, function, target, arguments, locals)
    case .list(let elements):
      let found = elements.map { visit($0.value, locals) }
      let isExact = elements.allSatisfy {
        if case .literal = $0.value.kind { return !$0.optional }
        return false
      }
      let count = UInt64(elements.count)
      var inner = found.first?.extent
      for other in found.dropFirst() { inner = inner?.union(other.extent) }
      return (
        partial(found.map(\.cost), CostModel.list),
        Extent(size: (isExact ? count : 0)...count, elements: inner.map { [$0] } ?? [])
      )
    case .map(let entries):
      let parts = entries.flatMap { [visit($0.key, locals), visit($0.value, locals)] }
      var inner = entries.isEmpty ? nil : parts[1].extent
      for index in entries.indices.dropFirst() { inner = inner?.union(parts[2 * index + 1].extent) }
      return (
        partial(parts.map(\.cost), CostModel.map),
        Extent(size: 0...UInt64(entries.count), elements: inner.map { [$0] } ?? [])
      )
    case .structure(_, let fields):
      return (
        partial(fields.map { visit($0.value, locals).cost }, CostModel.structure), .one
      )
    case .comprehension(let fold): return visitFold(fold, locals)
    }
  }

  // MARK: - ranges

  private func fixed(_ cost: UInt64) -> ClosedRange<UInt64> {
    onlySteps ? 0...0 : cost...cost
  }

  private func add(_ a: ClosedRange<UInt64>, _ b: ClosedRange<UInt64>) -> ClosedRange<UInt64> {
    a.lowerBound.plus(b.lowerBound)...a.upperBound.plus(b.upperBound)
  }

  /// Parts of which the first is surely evaluated.
  private func partial(_ parts: [ClosedRange<UInt64>], _ own: UInt64) -> ClosedRange<UInt64> {
    let own = onlySteps ? 0 : own
    var most = own
    for part in parts { most = most.plus(part.upperBound) }
    return own.plus(parts.first?.lowerBound ?? 0)...most
  }

  // MARK: - sizes

  private func attribute(_ path: String, _ type: CELType) -> Extent {
    let most: UInt64
    switch type {
    case .null, .bool, .int, .uint, .double, .timestamp, .duration, .date, .type, .object,
      .optional, .abstract:
      return Extent(size: 0...1, path: path)
    case .enumeration(let set):
      most = UInt64(set.values.map(\.unicodeScalars.count).max() ?? 0)
    default: most = sizes.maxima[path] ?? sizes.otherwise
    }
    return Extent(size: 0...max(onlySteps ? 0 : 1, most), path: path)
  }

  private func member(of extent: Extent, _ field: String, _ type: CELType) -> Extent {
    if let path = extent.path { return attribute("\(path).\(field)", type) }
    return extent.elements.first ?? result(type)
  }

  func element(of extent: Extent, _ type: CELType) -> Extent {
    if let path = extent.path { return attribute("\(path)[]", type) }
    return extent.elements.first ?? result(type)
  }

  func key(of extent: Extent, _ type: CELType) -> Extent {
    extent.path.map { attribute("\($0){}", type) } ?? result(type)
  }

  /// What a value of this type can come to when nothing else is known.
  func result(_ type: CELType) -> Extent {
    switch type {
    case .null, .bool, .int, .uint, .double, .timestamp, .duration, .date, .type, .object,
      .optional, .abstract:
      return Extent(size: 0...1)
    default: return unbounded
    }
  }

  private func extent(of value: Value) -> Extent {
    let size = CostModel.Operand(value).size
    var found = Extent(size: size...size)
    let parts: [Value]
    switch value {
    case .list(let list): parts = list.elements
    case .map(let map): parts = map.keys.map { map.lookup($0) }
    default: parts = []
    }
    if var inner = parts.first.map({ extent(of: $0) }) {
      for part in parts.dropFirst() { inner = inner.union(extent(of: part)) }
      found.elements = [inner]
    }
    return found
  }

  // MARK: - calls

  private func visitCall(
    _ expr: Expr, _ function: String, _ target: Expr?, _ arguments: [Expr], _ locals: Locals
  ) -> Found {
    var operands = arguments
    if let target {
      operands = [target] + arguments
      if case .overloads(let found)? = checked.reference(of: expr), found.first?.member == false {
        operands = arguments
      }
    }
    let found = operands.map { visit($0, locals) }
    if function == "_&&_" || function == "_||_" {
      return (partial(found.map(\.cost), 0), .one)
    }
    if function == "_?_:_", found.count == 3 {
      let most = max(found[1].cost.upperBound, found[2].cost.upperBound)
      let cost = found[0].cost.lowerBound...found[0].cost.upperBound.plus(most)
      return (cost, found[1].extent.union(found[2].extent))
    }
    var cost: ClosedRange<UInt64> = 0...0
    for part in found { cost = add(cost, part.cost) }
    let extent = size(function, operands, found.map(\.extent), checked.type(of: expr))
    if onlySteps { return (cost, extent) }
    var least: [CostModel.Operand] = []
    var most: [CostModel.Operand] = []
    for (operand, part) in zip(operands, found) {
      let kind = kind(checked.type(of: operand))
      least.append(.init(kind: kind == .any ? .map : kind, size: part.extent.size.lowerBound))
      most.append(.init(kind: kind, size: part.extent.size.upperBound))
    }
    let high = CostModel.call(
      function, most, result: .init(kind: .any, size: extent.size.upperBound))
    var low = CostModel.call(function, least, result: .flawed)
    // What may be anything may cost nothing.
    if operands.contains(where: { kind(checked.type(of: $0)) == .any }) { low = 0 }
    return (add(cost, min(low, high)...high), extent)
  }

  private func kind(_ type: CELType) -> CostModel.Operand.Kind {
    switch type {
    case .string, .bytes, .enumeration: .text
    case .list: .list
    case .map: .map
    case .null, .bool, .int, .uint, .double, .timestamp, .duration, .date, .type, .object,
      .optional, .abstract:
      .scalar
    default: .any
    }
  }

  /// The size of what a function gives.
  private func size(
    _ function: String, _ operands: [Expr], _ extents: [Extent], _ type: CELType
  ) -> Extent {
    guard let first = extents.first else { return result(type) }
    let most = first.size.upperBound
    switch function {
    case "_[_]", "_[?_]", "first", "last":
      if function == "_[_]", case .literal(.string(let field))? = operands.last?.kind,
        first.path != nil, case .object = checked.type(of: operands[0])
      {
        return member(of: first, field, type)
      }
      return element(of: first, type)
    case "_+_":
      guard extents.count == 2 else { return result(type) }
      if kind(type) == .scalar { return Extent(size: 0...1) }
      let other = extents[1]
      var inner: [Extent] = []
      if case .list(let of) = type {
        inner = [element(of: first, of).union(element(of: other, of))]
      }
      let low = first.size.lowerBound.plus(other.size.lowerBound)
      let isExact = operands.allSatisfy {
        if case .literal = $0.kind { return true }
        return false
      }
      return Extent(
        size: (isExact ? low : 0)...most.plus(other.size.upperBound), elements: inner)
    case "substring", "trim", "charAt", "find", "lowerAscii", "upperAscii":
      return kind(type) == .text ? Extent(size: 0...most) : result(type)
    case "reverse", "slice", "distinct", "sort", ListLibrary.byKeys: return first.upTo()
    case "split", "findAll":
      return Extent(size: 0...most.plus(1), elements: [Extent(size: 0...most)])
    case "join":
      guard case .list(let of) = checked.type(of: operands[0]) else { return result(type) }
      let separator = extents.count > 1 ? extents[1].size.upperBound : 0
      let each = element(of: first, of).size.upperBound.plus(separator)
      return Extent(size: 0...most.times(each))
    case "string":
      switch checked.type(of: operands[0]) {
      case .string, .bytes, .enumeration: return Extent(size: 0...most)
      case .bool, .int, .uint, .double, .timestamp, .duration, .date: return Extent(size: 0...64)
      default: return unbounded
      }
    case "bytes": return Extent(size: 0...most.times(4))
    case "orValue":
      guard extents.count == 2 else { return result(type) }
      return element(unwrapped: first, type).union(extents[1]).upTo()
    case "value": return element(unwrapped: first, type)
    case "lists.range":
      guard case .literal(.int(let count))? = operands.first?.kind else { return unbounded }
      return Extent(size: 0...UInt64(max(0, count)), elements: [.one])
    default: return result(type)
    }
  }

  /// What an optional of a variable holds.
  private func element(unwrapped extent: Extent, _ type: CELType) -> Extent {
    extent.path.map { attribute($0, type) } ?? result(type)
  }

  // MARK: - comprehensions

  private func visitFold(_ fold: Expr.Comprehension, _ locals: Locals) -> Found {
    if fold.macro == .bind {
      let value = visit(fold.initial, locals)
      var inner = locals
      inner[fold.accumulator] = value.extent
      let body = visit(fold.result, inner)
      return (add(value.cost, body.cost), body.extent)
    }
    let range = visit(fold.range, locals)
    let count = range.extent.size.upperBound
    var inner = locals
    switch checked.type(of: fold.range) {
    case .list(let of):
      let element = element(of: range.extent, of)
      inner[fold.variable] = fold.variable2 == nil ? element : .one
      if let second = fold.variable2 { inner[second] = element }
    case .map(let key, let value):
      inner[fold.variable] = self.key(of: range.extent, key)
      if let second = fold.variable2 { inner[second] = element(of: range.extent, value) }
    default:
      inner[fold.variable] = unbounded
      if let second = fold.variable2 { inner[second] = unbounded }
    }
    guard let body = fold.evaluatedBody else {
      let initial = visit(fold.initial, locals)
      inner[fold.accumulator] = unbounded
      let turn = [fold.condition, fold.step].map { visit($0, inner).cost.upperBound }
      let result = visit(fold.result, inner)
      let each = turn.reduce(CostModel.step) { $0.plus($1) }
      let most = range.cost.upperBound.plus(initial.cost.upperBound).plus(count.times(each))
        .plus(result.cost.upperBound)
      return (range.cost.lowerBound...most, result.extent)
    }
    let found = body.map { visit($0, inner) }
    let each = found.reduce(CostModel.step) { $0.plus($1.cost.upperBound) }
    let cost = range.cost.lowerBound...range.cost.upperBound.plus(count.times(each))
    switch fold.macro {
    case .map, .filter, .other:
      // A filter may leave nothing.
      let count = onlySteps && body.count > 1 && fold.variable2 == nil ? 0 : count
      return (
        cost, Extent(size: 0...count, elements: found.last.map { [$0.extent] } ?? [])
      )
    default: return (cost, .one)
    }
  }
}

extension Expr.Comprehension {
  /// What the evaluator runs for each element where it knows the macro: a condition, if there is one, and what is
  /// made. Nil where it runs the fold as it is written.
  var evaluatedBody: [Expr]? {
    func isAccumulator(_ expr: Expr) -> Bool {
      if case .ident(accumulator) = expr.kind { return true }
      return false
    }
    guard case .call(let function, nil, let parts) = step.kind else { return nil }
    switch (macro, function, parts.count) {
    case (.exists, "_||_", 2), (.all, "_&&_", 2):
      return isAccumulator(parts[0]) ? [parts[1]] : nil
    case (.existsOne, "_?_:_", 3): return isAccumulator(parts[2]) ? [parts[0]] : nil
    case (.map, _, _), (.filter, _, _), (.other, _, _):
      guard isAccumulator(result) else { return nil }
      var body: [Expr] = []
      var change = step
      if function == "_?_:_", parts.count == 3, isAccumulator(parts[2]) {
        body = [parts[0]]
        change = parts[1]
      }
      guard case .call(let name, nil, let made) = change.kind, let target = made.first,
        isAccumulator(target)
      else { return nil }
      if name == "_+_", made.count == 2, case .list(let elements) = made[1].kind,
        elements.count == 1, !elements[0].optional, case .list(let start) = initial.kind,
        start.isEmpty
      {
        return body + [elements[0].value]
      }
      if name == "cel.@mapInsert", case .map(let start) = initial.kind, start.isEmpty,
        made.count == 2 || made.count == 3
      {
        return body + made.dropFirst()
      }
      return nil
    default: return nil
    }
  }
}
