import CEL

/// A condition as far as logic can look into it: negations pushed inwards, comparisons with constants as
/// constraints on a subject, everything else a name that is equal to itself.
indirect enum Formula: Hashable, Sendable {
  case constant(Bool)
  case literal(Literal)
  case and([Formula])
  case or([Formula])

  struct Literal: Hashable, Sendable {
    /// A fingerprint of what is constrained.
    var subject: UInt64
    var constraint: Constraint
  }

  enum Constraint: Hashable, Sendable {
    case truth(Bool)
    case range(Interval)
    case notNumber(Double)
    case oneOf(Set<String>)
    case noneOf(Set<String>)
  }

  struct Interval: Hashable, Sendable {
    var low = -Double.infinity
    var lowOpen = false
    var high = Double.infinity
    var highOpen = false

    var isEmpty: Bool { low > high || (low == high && (lowOpen || highOpen)) }

    func intersection(_ other: Interval) -> Interval {
      var result = self
      if other.low > low || (other.low == low && other.lowOpen) {
        result.low = other.low
        result.lowOpen = other.lowOpen
      }
      if other.high < high || (other.high == high && other.highOpen) {
        result.high = other.high
        result.highOpen = other.highOpen
      }
      return result
    }
    func isInside(_ other: Interval) -> Bool { intersection(other) == self }
    func contains(_ number: Double) -> Bool {
      !intersection(Interval(low: number, high: number)).isEmpty
    }
  }

  // MARK: Making

  /// With `types`, what they tell is used: which values an enum has, which arguments are always there.
  init(_ expr: Expr, positive: Bool = true, types: FormulaTypes? = nil) {
    self = Self.make(expr, positive, types, depth: 0)
  }

  /// The value of a simplified condition that has only one.
  var value: Bool? {
    if case .constant(let value) = self { return value }
    return nil
  }

  private static func make(
    _ expr: Expr, _ positive: Bool, _ types: FormulaTypes?, depth: Int
  ) -> Formula {
    if depth > 64 { return opaque(expr, positive) }
    func inner(_ expr: Expr, _ positive: Bool) -> Formula {
      make(expr, positive, types, depth: depth + 1)
    }
    switch expr.kind {
    case .literal(.bool(let value)): return .constant(value == positive)
    case .call("!_", nil, let arguments):
      if let operand = arguments.first { return inner(operand, !positive) }
    case .call("_&&_", nil, _):
      let operands = chain("_&&_", expr)
      let parts = operands.map { inner($0, positive) }
      return positive ? .and(parts) : either(parts, operands, types)
    case .call("_||_", nil, _):
      let operands = chain("_||_", expr)
      let parts = operands.map { inner($0, positive) }
      return positive ? either(parts, operands, types) : .and(parts)
    case .call("_?_:_", nil, let parts) where parts.count == 3:
      // What decides stands twice, so two such choices in each other are enough.
      func branch(_ part: Expr, _ positive: Bool) -> Formula {
        make(part, positive, types, depth: depth + 24)
      }
      return .or([
        .and([branch(parts[0], true), branch(parts[1], positive)]),
        .and([branch(parts[0], false), branch(parts[2], positive)]),
      ])
    case .select(let operand, let field, test: true, _):
      if let types, types.isAlwaysThere(field, of: operand) { return .constant(positive) }
    case .comprehension(let loop):
      if let value = value(of: loop, types, depth: depth) { return .constant(value == positive) }
    case .call(let function, nil, let arguments) where arguments.count == 2:
      if let comparison = comparison(function, arguments[0], arguments[1], positive, types) {
        return comparison
      }
    default: break
    }
    return opaque(expr, positive)
  }

  /// Alternatives; true where some of them together name every value of an enum.
  private static func either(
    _ parts: [Formula], _ operands: [Expr], _ types: FormulaTypes?
  ) -> Formula {
    var named: [UInt64: Set<String>] = [:]
    for (part, operand) in zip(parts, operands) {
      guard case .literal(let literal) = part, case .oneOf(let values) = literal.constraint else {
        continue
      }
      let all = named[literal.subject, default: []].union(values)
      if all.count > values.count,
        FormulaTypes.isEveryValue(all, ofOneOf: operand.children, literal.subject, types)
      {
        return .constant(true)
      }
      named[literal.subject] = all
    }
    return .or(parts)
  }

  /// `all` of what is always true, and `exists` of what is never.
  private static func value(
    of loop: Expr.Comprehension, _ types: FormulaTypes?, depth: Int
  ) -> Bool? {
    guard case .call(let function, nil, let parts) = loop.step.kind, parts.count == 2,
      case .ident(loop.accumulator) = parts[0].kind
    else { return nil }
    let empty: Bool
    switch (loop.macro, function) {
    case (.all, "_&&_"): empty = true
    case (.exists, "_||_"): empty = false
    default: return nil
    }
    let body = make(parts[1], true, types?.inside, depth: depth + 1).simplified
    if case .constant(empty) = body { return empty }
    return nil
  }

  /// The operands of a chain of one operator, without recursion along the chain.
  private static func chain(_ operation: String, _ expr: Expr) -> [Expr] {
    var result: [Expr] = []
    var open = [expr]
    while let next = open.popLast() {
      if case .call(operation, nil, let arguments) = next.kind, arguments.count == 2 {
        open.append(arguments[1])
        open.append(arguments[0])
      } else {
        result.append(next)
      }
    }
    return result
  }

  private static func opaque(_ expr: Expr, _ positive: Bool) -> Formula {
    .literal(Literal(subject: Fingerprint.of(expr), constraint: .truth(positive)))
  }

  private static func comparison(
    _ function: String, _ left: Expr, _ right: Expr, _ positive: Bool, _ types: FormulaTypes?
  ) -> Formula? {
    func bounded(_ formula: Formula, _ subject: Expr) -> Formula {
      FormulaTypes.bounded(formula, subject, types)
    }
    if function == "@in" {
      guard case .list(let elements) = right.kind else { return nil }
      var values: Set<String> = []
      for element in elements {
        guard case .literal(.string(let text)) = element.value.kind else { return nil }
        values.insert(text)
      }
      return bounded(
        .literal(
          Literal(
            subject: Fingerprint.of(left), constraint: positive ? .oneOf(values) : .noneOf(values))),
        left)
    }
    guard var relation = Relation(rawValue: function) else { return nil }
    if !positive { relation = relation.negated }
    if let a = number(left), let b = number(right) {
      return .constant(relation.interval(b)?.contains(a) ?? (a != b))
    }
    if case .literal(.string(let a)) = left.kind, case .literal(.string(let b)) = right.kind {
      switch relation {
      case .equal: return .constant(a == b)
      case .unequal: return .constant(a != b)
      default: return nil
      }
    }
    if let bound = number(right) {
      return bounded(relation.literal(Fingerprint.of(left), bound), left)
    }
    if let bound = number(left) {
      return bounded(relation.flipped.literal(Fingerprint.of(right), bound), right)
    }
    for (subject, value) in [(left, right), (right, left)] {
      guard relation == .equal || relation == .unequal else { break }
      switch value.kind {
      case .literal(.string(let text)):
        return bounded(
          .literal(
            Literal(
              subject: Fingerprint.of(subject),
              constraint: relation == .equal ? .oneOf([text]) : .noneOf([text]))), subject)
      case .literal(.bool(let flag)):
        return .literal(
          Literal(
            subject: Fingerprint.of(subject), constraint: .truth(flag == (relation == .equal))))
      default: break
      }
    }
    // Two subjects: a constraint on their difference.
    let a = Fingerprint.of(left)
    let b = Fingerprint.of(right)
    if a == b {
      guard left.isSameShape(as: right), !FormulaTypes.mayBeNoNumber(left, types) else {
        return nil
      }
      switch relation {
      case .equal, .lessOrEqual, .greaterOrEqual: return .constant(true)
      case .unequal, .less, .greater: return .constant(false)
      }
    }
    let subject = Fingerprint.combine(Fingerprint.combine(0xD1FF, min(a, b)), max(a, b))
    return (a < b ? relation : relation.flipped).literal(subject, 0)
  }

  private static func number(_ expr: Expr) -> Double? {
    switch expr.kind {
    case .literal(.int(let value)): return Double(value)
    case .literal(.uint(let value)): return Double(value)
    case .literal(.double(let value)): return value.isNaN ? nil : value
    case .call("-_", nil, let arguments): return arguments.first.flatMap { number($0) }.map { -$0 }
    case .call("double", nil, let arguments):
      guard arguments.count == 1, case .literal = arguments[0].kind else { return nil }
      return number(arguments[0])
    default: return nil
    }
  }

  private enum Relation: String {
    case less = "_<_"
    case lessOrEqual = "_<=_"
    case greater = "_>_"
    case greaterOrEqual = "_>=_"
    case equal = "_==_"
    case unequal = "_!=_"

    var negated: Relation {
      switch self {
      case .less: .greaterOrEqual
      case .lessOrEqual: .greater
      case .greater: .lessOrEqual
      case .greaterOrEqual: .less
      case .equal: .unequal
      case .unequal: .equal
      }
    }
    var flipped: Relation {
      switch self {
      case .less: .greater
      case .lessOrEqual: .greaterOrEqual
      case .greater: .less
      case .greaterOrEqual: .lessOrEqual
      case .equal, .unequal: self
      }
    }
    func interval(_ bound: Double) -> Interval? {
      switch self {
      case .less: Interval(high: bound, highOpen: true)
      case .lessOrEqual: Interval(high: bound)
      case .greater: Interval(low: bound, lowOpen: true)
      case .greaterOrEqual: Interval(low: bound)
      case .equal: Interval(low: bound, high: bound)
      case .unequal: nil
      }
    }
    func literal(_ subject: UInt64, _ bound: Double) -> Formula {
      .literal(
        Literal(
          subject: subject, constraint: interval(bound).map { .range($0) } ?? .notNumber(bound)))
    }
  }

  // MARK: Reasoning

  /// Constants taken out and chains flattened.
  var simplified: Formula {
    switch self {
    case .constant, .literal: return self
    case .and(let parts) where parts.count > 1 && parts.allSatisfy(\.isLiteral): return self
    case .or(let parts) where parts.count > 1 && parts.allSatisfy(\.isLiteral): return self
    case .and(let parts):
      var result: [Formula] = []
      for part in parts.map(\.simplified) {
        switch part {
        case .constant(false): return .constant(false)
        case .constant(true): continue
        case .and(let inner): result += inner
        default: result.append(part)
        }
      }
      return result.isEmpty ? .constant(true) : result.count == 1 ? result[0] : .and(result)
    case .or(let parts):
      var result: [Formula] = []
      for part in parts.map(\.simplified) {
        switch part {
        case .constant(true): return .constant(true)
        case .constant(false): continue
        case .or(let inner): result += inner
        default: result.append(part)
        }
      }
      return result.isEmpty ? .constant(false) : result.count == 1 ? result[0] : .or(result)
    }
  }

  private var isLiteral: Bool {
    if case .literal = self { return true }
    return false
  }

  var negated: Formula {
    switch self {
    case .constant(let value): .constant(!value)
    case .and(let parts): .or(parts.map(\.negated))
    case .or(let parts): .and(parts.map(\.negated))
    case .literal(let literal): .literal(literal.negated).splitOutside(literal)
    }
  }

  /// The complement of an interval bounded on both sides is two intervals.
  private func splitOutside(_ original: Literal) -> Formula {
    guard case .range(let interval) = original.constraint, interval.low > -.infinity,
      interval.high < .infinity
    else { return self }
    if interval.low == interval.high {
      return .literal(
        Literal(subject: original.subject, constraint: .notNumber(interval.low)))
    }
    return .or([
      .literal(
        Literal(
          subject: original.subject,
          constraint: .range(Interval(high: interval.low, highOpen: !interval.lowOpen)))),
      .literal(
        Literal(
          subject: original.subject,
          constraint: .range(Interval(low: interval.high, lowOpen: !interval.highOpen)))),
    ])
  }

  var conjuncts: [Formula] {
    if case .and(let parts) = self { return parts }
    if case .constant(true) = self { return [] }
    return [self]
  }

  /// Whether it can never be true, as far as this can tell.
  var isContradiction: Bool { Self.contradict(simplified.conjuncts) }

  private static func contradict(_ conjuncts: [Formula], splitting: Bool = true) -> Bool {
    if conjuncts.count > 64 { return false }
    var literals: [Literal] = []
    for conjunct in conjuncts {
      switch conjunct {
      case .constant(false): return true
      case .literal(let literal):
        var merged = literal
        for known in literals where known.subject == literal.subject {
          guard let both = merged.meet(known) else { return true }
          if both.constraint != merged.constraint { merged = both }
        }
        literals.append(merged)
      default: break
      }
    }
    guard splitting else { return false }
    let known = literals.map { Formula.literal($0) }
    for conjunct in conjuncts {
      guard case .or(let alternatives) = conjunct else { continue }
      if alternatives.allSatisfy({ contradict(known + $0.conjuncts, splitting: false) }) {
        return true
      }
    }
    return false
  }

  /// Whether the first makes the second true, as far as this can tell.
  static func implies(_ a: Formula, _ b: Formula, depth: Int = 0) -> Bool {
    if depth > 12 { return false }
    switch (a, b) {
    case (.constant(false), _), (_, .constant(true)): return true
    case (.or(let parts), _): return parts.allSatisfy { implies($0, b, depth: depth + 1) }
    case (_, .and(let parts)): return parts.allSatisfy { implies(a, $0, depth: depth + 1) }
    case (.and(let parts), _):
      if parts.contains(where: { implies($0, b, depth: depth + 1) }) { return true }
      if case .or(let alternatives) = b {
        return alternatives.contains { implies(a, $0, depth: depth + 1) }
      }
      return false
    case (_, .or(let alternatives)):
      return alternatives.contains { implies(a, $0, depth: depth + 1) }
    case (.literal(let x), .literal(let y)): return x.implies(y)
    default: return false
    }
  }

  /// A bit for each subject that it speaks of; two subjects may share one.
  var mask: UInt64 {
    var mask: UInt64 = 0
    forEachLiteral { mask |= 1 << ($0.subject & 63) }
    return mask
  }

  func forEachLiteral(_ visit: (Literal) -> Void) {
    switch self {
    case .constant: break
    case .literal(let literal): visit(literal)
    case .and(let parts), .or(let parts): for part in parts { part.forEachLiteral(visit) }
    }
  }
}

extension Formula.Literal {
  /// How telling it is: a value more than a truth, a truth more than a range.
  var rank: Int {
    switch constraint {
    case .oneOf: 0
    case .truth: 1
    case .range, .notNumber: 2
    case .noneOf: 3
    }
  }

  /// Numbers under which it is looked up. Of two literals, one implied by the other, each has one of
  /// the other's, or its subject.
  func addKeys(to keys: inout [UInt64]) {
    switch constraint {
    case .oneOf(let values):
      for value in values.sorted() {
        keys.append(Fingerprint.combine(subject, Fingerprint.text(value, 21)))
      }
    case .truth(let value): keys.append(Fingerprint.combine(subject, value ? 22 : 23))
    case .range, .notNumber, .noneOf: keys.append(subject)
    }
  }

  var negated: Formula.Literal {
    switch constraint {
    case .truth(let value): .init(subject: subject, constraint: .truth(!value))
    case .oneOf(let values): .init(subject: subject, constraint: .noneOf(values))
    case .noneOf(let values): .init(subject: subject, constraint: .oneOf(values))
    case .notNumber(let number):
      .init(subject: subject, constraint: .range(.init(low: number, high: number)))
    case .range(let interval):
      .init(
        subject: subject,
        constraint: .range(
          interval.low == -.infinity
            ? .init(low: interval.high, lowOpen: !interval.highOpen)
            : .init(high: interval.low, highOpen: !interval.lowOpen)))
    }
  }

  /// Both together; nil where that cannot be.
  func meet(_ other: Formula.Literal) -> Formula.Literal? {
    func with(_ constraint: Formula.Constraint) -> Formula.Literal {
      .init(subject: subject, constraint: constraint)
    }
    switch (constraint, other.constraint) {
    case (.truth(let a), .truth(let b)): return a == b ? self : nil
    case (.range(let a), .range(let b)):
      let both = a.intersection(b)
      return both.isEmpty ? nil : with(.range(both))
    case (.range(let a), .notNumber(let b)), (.notNumber(let b), .range(let a)):
      return a.low == b && a.high == b ? nil : with(.range(a))
    case (.oneOf(let a), .oneOf(let b)):
      let both = a.intersection(b)
      return both.isEmpty ? nil : with(.oneOf(both))
    case (.oneOf(let a), .noneOf(let b)), (.noneOf(let b), .oneOf(let a)):
      let rest = a.subtracting(b)
      return rest.isEmpty ? nil : with(.oneOf(rest))
    case (.noneOf(let a), .noneOf(let b)): return with(.noneOf(a.union(b)))
    default: return self
    }
  }

  func implies(_ other: Formula.Literal) -> Bool {
    guard subject == other.subject else { return false }
    switch (constraint, other.constraint) {
    case (.truth(let a), .truth(let b)): return a == b
    case (.range(let a), .range(let b)): return a.isInside(b)
    case (.range(let a), .notNumber(let b)): return !a.contains(b)
    case (.notNumber(let a), .notNumber(let b)): return a == b
    case (.oneOf(let a), .oneOf(let b)): return a.isSubset(of: b)
    case (.oneOf(let a), .noneOf(let b)): return a.isDisjoint(with: b)
    case (.noneOf(let a), .noneOf(let b)): return b.isSubset(of: a)
    default: return false
    }
  }
}

/// A number for the shape of a tree, whatever its places and ids: equal trees have equal ones.
enum Fingerprint {
  static func combine(_ a: UInt64, _ b: UInt64) -> UInt64 {
    var x = (a ^ (b &+ 0x9E37_79B9_7F4A_7C15 &+ (a << 6) &+ (a >> 2))) &* 0xBF58_476D_1CE4_E5B9
    x ^= x >> 29
    return x &* 0x94D0_49BB_1331_11EB
  }

  static func text(_ text: String, _ seed: UInt64) -> UInt64 {
    var hash = seed ^ 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }

  static func of(_ expr: Expr) -> UInt64 {
    switch expr.kind {
    case .literal(let literal):
      switch literal {
      case .null: return 1
      case .bool(let value): return value ? 2 : 3
      case .int(let value): return combine(4, UInt64(bitPattern: value))
      case .uint(let value): return combine(5, value)
      case .double(let value): return combine(6, value.bitPattern)
      case .string(let value): return combine(7, text(value, 7))
      case .bytes(let value): return value.reduce(8) { combine($0, UInt64($1)) }
      }
    case .ident(let name): return combine(9, text(name, 9))
    case .select(let operand, let field, let test, let optional):
      return combine(
        combine(of(operand), text(field, 10)), test ? 11 : optional ? 12 : 13)
    case .call(let function, let target, let arguments):
      var hash = text(function, 14)
      hash = combine(hash, target.map { of($0) } ?? 15)
      for argument in arguments { hash = combine(hash, of(argument)) }
      return hash
    case .list(let elements):
      return elements.reduce(16) { combine(combine($0, of($1.value)), $1.optional ? 1 : 0) }
    case .map(let entries):
      return entries.reduce(17) {
        combine(combine(combine($0, of($1.key)), of($1.value)), $1.optional ? 1 : 0)
      }
    case .structure(let type, let fields):
      return fields.reduce(text(type, 18)) { combine(text($1.name, $0), of($1.value)) }
    case .comprehension(let loop):
      var hash = text(loop.variable, text(loop.macro.rawValue, 19))
      if let second = loop.variable2 { hash = text(second, hash) }
      for part in [loop.range, loop.initial, loop.condition, loop.step, loop.result] {
        hash = combine(hash, of(part))
      }
      return hash
    case .invalid: return 20
    }
  }
}
