// Tools to look at trees, to build them and to change them.

extension Expr {
  /// The direct sub-expressions, in the order of the text (of a comprehension: range, initial value,
  /// condition, step, result).
  public var children: [Expr] {
    switch kind {
    case .literal, .ident, .invalid: []
    case .select(let operand, _, _, _): [operand]
    case .call(_, let target, let arguments): target.map { [$0] + arguments } ?? arguments
    case .list(let elements): elements.map(\.value)
    case .map(let entries): entries.flatMap { [$0.key, $0.value] }
    case .structure(_, let fields): fields.map(\.value)
    case .comprehension(let c): [c.range, c.initial, c.condition, c.step, c.result]
    }
  }

  /// Calls `visit` on this node and on all below it, parents first.
  public func walk(_ visit: (Expr) -> Void) {
    visit(self)
    eachChild { $0.walk(visit) }
  }

  /// The direct sub-expressions, without a list of them.
  func eachChild(_ body: (Expr) -> Void) {
    switch kind {
    case .literal, .ident, .invalid: break
    case .select(let operand, _, _, _): body(operand)
    case .call(_, let target, let arguments):
      if let target { body(target) }
      for argument in arguments { body(argument) }
    case .list(let elements): for element in elements { body(element.value) }
    case .map(let entries):
      for entry in entries {
        body(entry.key)
        body(entry.value)
      }
    case .structure(_, let fields): for field in fields { body(field.value) }
    case .comprehension(let c):
      body(c.range)
      body(c.initial)
      body(c.condition)
      body(c.step)
      body(c.result)
    }
  }

  /// The same node over changed children.
  public func mapChildren(_ transform: (Expr) -> Expr) -> Expr {
    var copy = self
    switch kind {
    case .literal, .ident, .invalid: break
    case .select(let operand, let field, let test, let optional):
      copy.kind = .select(
        operand: transform(operand), field: field, test: test, optional: optional)
    case .call(let function, let target, let arguments):
      copy.kind = .call(
        function: function, target: target.map(transform), arguments: arguments.map(transform))
    case .list(let elements):
      copy.kind = .list(
        elements.map { ListElement(value: transform($0.value), optional: $0.optional) })
    case .map(let entries):
      copy.kind = .map(
        entries.map {
          MapEntry(key: transform($0.key), value: transform($0.value), optional: $0.optional)
        })
    case .structure(let type, let fields):
      copy.kind = .structure(
        type: type,
        fields: fields.map {
          StructureField(name: $0.name, value: transform($0.value), optional: $0.optional)
        })
    case .comprehension(var c):
      c.range = transform(c.range)
      c.initial = transform(c.initial)
      c.condition = transform(c.condition)
      c.step = transform(c.step)
      c.result = transform(c.result)
      copy.kind = .comprehension(c)
    }
    return copy
  }

  /// The names this expression takes from outside (the first part of qualified ones), in order of
  /// first use.
  public func freeNames() -> [String] {
    var names: [String] = []
    var seen: Set<String> = []
    collectFreeNames(bound: []) { if seen.insert($0).inserted { names.append($0) } }
    return names
  }

  private func collectFreeNames(bound: Set<String>, _ add: (String) -> Void) {
    switch kind {
    case .ident(let name): if !bound.contains(name) { add(name) }
    case .comprehension(let c):
      c.range.collectFreeNames(bound: bound, add)
      c.initial.collectFreeNames(bound: bound, add)
      let result = bound.union([c.accumulator])
      let inner = result.union([c.variable]).union(c.variable2.map { [$0] } ?? [])
      c.condition.collectFreeNames(bound: inner, add)
      c.step.collectFreeNames(bound: inner, add)
      c.result.collectFreeNames(bound: result, add)
    default: eachChild { $0.collectFreeNames(bound: bound, add) }
    }
  }

  /// This expression with free names replaced.
  ///
  /// Names that a comprehension binds are left alone, and a comprehension variable that would capture
  /// a name of a replacement is renamed.
  public func substituting(_ bindings: [String: Expr]) -> Expr {
    if bindings.isEmpty { return self }
    var outside: Set<String> = []
    for (_, value) in bindings { outside.formUnion(value.freeNames()) }
    return substituting(bindings, outside)
  }

  private func substituting(_ bindings: [String: Expr], _ outside: Set<String>) -> Expr {
    switch kind {
    case .ident(let name): return bindings[name] ?? self
    case .comprehension(var c):
      c.range = c.range.substituting(bindings, outside)
      c.initial = c.initial.substituting(bindings, outside)
      var result = bindings
      var inner = bindings
      var taken = outside
      func bind(_ name: String, inResult: Bool) -> String {
        result[name] = inResult ? nil : result[name]
        inner[name] = nil
        guard outside.contains(name) else { return name }
        if taken.count == outside.count {
          taken.formUnion(c.condition.freeNames())
          taken.formUnion(c.step.freeNames())
          taken.formUnion(c.result.freeNames())
        }
        var number = 1
        while taken.contains("\(name)_\(number)") { number += 1 }
        let fresh = "\(name)_\(number)"
        taken.insert(fresh)
        let ident = Expr(position: position, kind: .ident(fresh))
        inner[name] = ident
        if inResult { result[name] = ident }
        return fresh
      }
      c.variable = bind(c.variable, inResult: false)
      c.variable2 = c.variable2.map { bind($0, inResult: false) }
      c.accumulator = bind(c.accumulator, inResult: true)
      c.condition = c.condition.substituting(inner, outside)
      c.step = c.step.substituting(inner, outside)
      c.result = c.result.substituting(result, outside)
      var copy = self
      copy.kind = .comprehension(c)
      return copy
    default: return mapChildren { $0.substituting(bindings, outside) }
    }
  }

  /// Whether two trees mean the same text, wherever they stand.
  public func isSameShape(as other: Expr) -> Bool {
    switch (kind, other.kind) {
    case (.literal(let a), .literal(let b)): return a == b
    case (.ident(let a), .ident(let b)): return a == b
    case (.select(let a, let f, let t, let o), .select(let b, let g, let u, let p)):
      return f == g && t == u && o == p && a.isSameShape(as: b)
    case (.call(let f, let t, let a), .call(let g, let u, let b)):
      guard f == g, a.count == b.count else { return false }
      switch (t, u) {
      case (nil, nil): break
      case (let t?, let u?): if !t.isSameShape(as: u) { return false }
      default: return false
      }
      return zip(a, b).allSatisfy { $0.isSameShape(as: $1) }
    case (.list(let a), .list(let b)):
      return a.count == b.count
        && zip(a, b).allSatisfy { $0.optional == $1.optional && $0.value.isSameShape(as: $1.value) }
    case (.map(let a), .map(let b)):
      return a.count == b.count
        && zip(a, b).allSatisfy {
          $0.optional == $1.optional && $0.key.isSameShape(as: $1.key)
            && $0.value.isSameShape(as: $1.value)
        }
    case (.structure(let s, let a), .structure(let t, let b)):
      return s == t && a.count == b.count
        && zip(a, b).allSatisfy {
          $0.name == $1.name && $0.optional == $1.optional && $0.value.isSameShape(as: $1.value)
        }
    case (.comprehension(let a), .comprehension(let b)):
      return a.macro == b.macro && a.variable == b.variable && a.variable2 == b.variable2
        && a.accumulator == b.accumulator && a.range.isSameShape(as: b.range)
        && a.initial.isSameShape(as: b.initial) && a.condition.isSameShape(as: b.condition)
        && a.step.isSameShape(as: b.step) && a.result.isSameShape(as: b.result)
    case (.invalid, .invalid): return true
    default: return false
    }
  }

  /// The dotted name this expression spells, if it is an identifier or a chain of plain selections.
  public var qualifiedName: String? {
    switch kind {
    case .ident(let name): return name
    case .select(let operand, let field, test: false, optional: false):
      return operand.qualifiedName.map { $0 + "." + field }
    default: return nil
    }
  }

  /// The height of the tree; more than `limit` where it is taller, or has far too many nodes.
  public func height(limit: Int) -> Int {
    let measured = measure(height: limit, nodes: 500_000)
    return measured.nodes > 500_000 ? limit + 1 : measured.height
  }

  /// The height and the number of nodes, counted until either passes its limit.
  ///
  /// Trees share parts: one that a macro doubled over and over has more nodes than memory has bytes.
  func measure(height limit: Int, nodes most: Int) -> (height: Int, nodes: Int) {
    var nodes = 0
    func visit(_ expr: Expr, _ room: Int) -> Int {
      nodes += 1
      if nodes > most || room <= 0 { return 1 }
      var tallest = 0
      expr.eachChild { child in
        if nodes <= most { tallest = max(tallest, visit(child, room - 1)) }
      }
      return tallest + 1
    }
    let height = visit(self, limit)
    return (height, nodes)
  }
}

// MARK: - building trees

extension Expr {
  /// A call of a function or operator.
  public static func call(
    _ function: String, _ arguments: [Expr], at position: ExprPosition
  ) -> Expr {
    Expr(position: position, kind: .call(function: function, target: nil, arguments: arguments))
  }

  /// A call of a method.
  public static func call(
    _ function: String, on target: Expr, _ arguments: [Expr] = [], at position: ExprPosition
  ) -> Expr {
    Expr(
      position: position, kind: .call(function: function, target: target, arguments: arguments))
  }

  /// All of these; true where there are none.
  public static func and(_ terms: [Expr], at position: ExprPosition) -> Expr {
    terms.isEmpty
      ? Expr(position: position, kind: .literal(.bool(true))) : balanced("_&&_", terms[...])
  }

  /// One of these at least; false where there are none.
  public static func or(_ terms: [Expr], at position: ExprPosition) -> Expr {
    terms.isEmpty
      ? Expr(position: position, kind: .literal(.bool(false))) : balanced("_||_", terms[...])
  }

  /// The contrary.
  public static func not(_ expr: Expr) -> Expr {
    call("!_", [expr], at: expr.position)
  }

  /// A literal.
  public static func literal(_ literal: Literal, at position: ExprPosition) -> Expr {
    Expr(position: position, kind: .literal(literal))
  }

  /// A name.
  public static func ident(_ name: String, at position: ExprPosition) -> Expr {
    Expr(position: position, kind: .ident(name))
  }

  /// A chain of one associative operator as a tree of logarithmic height, shaped as cel-go does it.
  static func balanced(_ function: String, _ terms: ArraySlice<Expr>) -> Expr {
    guard let first = terms.first, let last = terms.last else {
      return Expr(position: ExprPosition(start: 0, end: 0), kind: .invalid)
    }
    if terms.count == 1 { return first }
    let middle = terms.startIndex + balancedSplit(terms.count)
    let left = balanced(function, terms[..<middle])
    let right = balanced(function, terms[middle...])
    var position = first.position
    if last.position.source == position.source {
      position.start = min(position.start, last.position.start)
      position.end = max(position.end, last.position.end)
    }
    return Expr(
      position: position, kind: .call(function: function, target: nil, arguments: [left, right]))
  }

  /// How many of `count` terms of a balanced chain stand on the left.
  static func balancedSplit(_ count: Int) -> Int { count / 2 + count % 2 }
}
