/// The operators: declarations for the checker, and what they do.
enum OperatorLibrary {
  private static let t = CELType.parameter("T")
  private static let k = CELType.parameter("K")
  private static let v = CELType.parameter("V")

  static let declarations: [FunctionDeclaration] =
    arithmetic + comparisons + [
      FunctionDeclaration(
        "_==_", [Overload("equals", [t, t], .bool, .binary(Value.equals))]),
      FunctionDeclaration("_!=_", [Overload("not_equals", [t, t], .bool, .binary(notEquals))]),
      FunctionDeclaration(
        "@in",
        [
          Overload("in_list", [t, .list(t)], .bool, lenient: true, .binary(contains)),
          Overload("in_map", [k, .map(k, v)], .bool, lenient: true, .binary(contains)),
        ]),
      FunctionDeclaration(
        "_[_]",
        [
          Overload("index_list", [.list(t), .int], t, lenient: true, .binary(index)),
          Overload("index_map", [.map(k, v), k], v, lenient: true, .binary(index)),
        ]),
      FunctionDeclaration(
        "_&&_", [Overload("logical_and", [.bool, .bool], .bool, lenient: true, .intrinsic)]),
      FunctionDeclaration(
        "_||_", [Overload("logical_or", [.bool, .bool], .bool, lenient: true, .intrinsic)]),
      FunctionDeclaration(
        "_?_:_", [Overload("conditional", [.bool, t, t], t, lenient: true, .intrinsic)]),
      FunctionDeclaration("!_", [Overload("logical_not", [.bool], .bool, .unary(not))]),
      FunctionDeclaration(
        "@not_strictly_false",
        [
          Overload(
            "not_strictly_false", [.bool], .bool, lenient: true, .unary(notStrictlyFalse))
        ]),
      FunctionDeclaration(
        "cel.@mapInsert",
        [
          Overload(
            "@mapInsert_map_map", [.map(k, v), .map(k, v)], .map(k, v), .binary(mapInsert)),
          Overload(
            "@mapInsert_map_key_value", [.map(k, v), k, v], .map(k, v), .variadic(mapInsert)),
        ]),
    ]

  private static let arithmetic: [FunctionDeclaration] = {
    func all(
      _ name: String, _ function: @escaping @Sendable (Value, Value) -> Value,
      _ overloads: [(String, CELType, CELType, CELType)]
    ) -> FunctionDeclaration {
      FunctionDeclaration(
        name, overloads.map { Overload($0.0, [$0.1, $0.2], $0.3, .binary(function)) })
    }
    return [
      all(
        "_+_", add,
        [
          ("add_int64", .int, .int, .int), ("add_uint64", .uint, .uint, .uint),
          ("add_double", .double, .double, .double), ("add_string", .string, .string, .string),
          ("add_bytes", .bytes, .bytes, .bytes), ("add_list", .list(t), .list(t), .list(t)),
          ("add_timestamp_duration", .timestamp, .duration, .timestamp),
          ("add_duration_timestamp", .duration, .timestamp, .timestamp),
          ("add_duration_duration", .duration, .duration, .duration),
        ]),
      all(
        "_-_", subtract,
        [
          ("subtract_int64", .int, .int, .int), ("subtract_uint64", .uint, .uint, .uint),
          ("subtract_double", .double, .double, .double),
          ("subtract_timestamp_timestamp", .timestamp, .timestamp, .duration),
          ("subtract_timestamp_duration", .timestamp, .duration, .timestamp),
          ("subtract_duration_duration", .duration, .duration, .duration),
        ]),
      all(
        "_*_", multiply,
        [
          ("multiply_int64", .int, .int, .int), ("multiply_uint64", .uint, .uint, .uint),
          ("multiply_double", .double, .double, .double),
        ]),
      all(
        "_/_", divide,
        [
          ("divide_int64", .int, .int, .int), ("divide_uint64", .uint, .uint, .uint),
          ("divide_double", .double, .double, .double),
        ]),
      all(
        "_%_", modulo,
        [("modulo_int64", .int, .int, .int), ("modulo_uint64", .uint, .uint, .uint)]),
      FunctionDeclaration(
        "-_",
        [
          Overload("negate_int64", [.int], .int, .unary(negate)),
          Overload("negate_double", [.double], .double, .unary(negate)),
        ]),
    ]
  }()

  private static let comparisons: [FunctionDeclaration] = {
    let numbers: [(String, CELType)] = [("int64", .int), ("uint64", .uint), ("double", .double)]
    let others: [(String, CELType)] = [
      ("bool", .bool), ("string", .string), ("bytes", .bytes), ("timestamp", .timestamp),
      ("duration", .duration),
    ]
    return Comparison.allCases.map { comparison in
      var overloads: [Overload] = []
      let implementation = Overload.Implementation.binary { comparison.apply($0, $1) }
      for (name, type) in others + numbers {
        overloads.append(
          Overload("\(comparison.stem)_\(name)", [type, type], .bool, implementation))
      }
      for (left, leftType) in numbers {
        for (right, rightType) in numbers where left != right {
          overloads.append(
            Overload(
              "\(comparison.stem)_\(left)_\(right)", [leftType, rightType], .bool, implementation))
        }
      }
      return FunctionDeclaration(comparison.rawValue, overloads)
    }
  }()

  /// The four order relations.
  enum Comparison: String, CaseIterable, Sendable {
    case less = "_<_"
    case lessEqual = "_<=_"
    case more = "_>_"
    case moreEqual = "_>=_"

    var stem: String {
      switch self {
      case .less: "less"
      case .lessEqual: "less_equals"
      case .more: "greater"
      case .moreEqual: "greater_equals"
      }
    }

    @inline(__always)
    func holds<T: Comparable>(_ a: T, _ b: T) -> Bool {
      switch self {
      case .less: a < b
      case .lessEqual: a <= b
      case .more: a > b
      case .moreEqual: a >= b
      }
    }

    func apply(_ a: Value, _ b: Value) -> Value {
      switch (a, b) {
      case (.double(let x), .double(let y)): return .bool(holds(x, y))
      case (.int(let x), .int(let y)): return .bool(holds(x, y))
      default:
        guard let order = Value.compare(a, b) else {
          return .noSuchOverload(rawValue, a, b)
        }
        switch (order, self) {
        case (.less, .less), (.less, .lessEqual), (.same, .lessEqual), (.same, .moreEqual),
          (.more, .more), (.more, .moreEqual):
          return true
        default: return false
        }
      }
    }
  }

  @Sendable static func notEquals(_ a: Value, _ b: Value) -> Value {
    let equal = Value.equals(a, b)
    if case .bool(let same) = equal { return .bool(!same) }
    return equal
  }

  @Sendable static func not(_ a: Value) -> Value {
    if case .bool(let value) = a { return .bool(!value) }
    return .noSuchOverload("!_", a)
  }

  @Sendable static func notStrictlyFalse(_ a: Value) -> Value {
    if case .bool(false) = a { return false }
    return true
  }

  // MARK: - Arithmetic

  private static let overflow = Value.failure(.overflow, "the result is out of range")
  private static let divideByZero = Value.failure(.divideByZero, "division by zero")
  /// What a built string, bytes or list may not exceed; texts that double at each step meet it.
  static let largest = 10_000_000
  static let tooLarge = Value.failure(.cost, "the result is too large")

  private static func checked<T: FixedWidthInteger>(
    _ result: (partialValue: T, overflow: Bool), _ make: (T) -> Value
  ) -> Value {
    result.overflow ? overflow : make(result.partialValue)
  }

  @Sendable static func add(_ a: Value, _ b: Value) -> Value {
    switch (a, b) {
    case (.int(let x), .int(let y)): return checked(x.addingReportingOverflow(y), Value.int)
    case (.uint(let x), .uint(let y)): return checked(x.addingReportingOverflow(y), Value.uint)
    case (.double(let x), .double(let y)): return .double(x + y)
    case (.string(let x), .string(let y)):
      return x.utf8.count + y.utf8.count > largest ? tooLarge : .string(x + y)
    case (.bytes(let x), .bytes(let y)):
      return x.count + y.count > largest ? tooLarge : .bytes(x + y)
    case (.list(let x), .list(let y)):
      if y.elements.isEmpty { return a }
      if x.elements.isEmpty { return b }
      if x.elements.count + y.elements.count > largest { return tooLarge }
      return .list(ListValue(x.elements + y.elements))
    case (.timestamp(let x), .duration(let y)): return TimeMath.shift(x, by: y)
    case (.duration(let x), .timestamp(let y)): return TimeMath.shift(y, by: x)
    case (.duration(let x), .duration(let y)): return TimeMath.sum(x, y)
    case (.date(let x), .duration(let y)): return TimeMath.shift(x, by: y, sign: 1)
    case (.duration(let x), .date(let y)): return TimeMath.shift(y, by: x, sign: 1)
    default: return .noSuchOverload("_+_", a, b)
    }
  }

  @Sendable static func subtract(_ a: Value, _ b: Value) -> Value {
    switch (a, b) {
    case (.int(let x), .int(let y)): return checked(x.subtractingReportingOverflow(y), Value.int)
    case (.uint(let x), .uint(let y)):
      return checked(x.subtractingReportingOverflow(y), Value.uint)
    case (.double(let x), .double(let y)): return .double(x - y)
    case (.timestamp(let x), .timestamp(let y)): return TimeMath.difference(x, y)
    case (.timestamp(let x), .duration(let y)): return TimeMath.shift(x, by: y, sign: -1)
    case (.duration(let x), .duration(let y)): return TimeMath.sum(x, y, sign: -1)
    case (.date(let x), .date(let y)):
      return .duration(Duration(seconds: (Int64(x) - Int64(y)) * 86400))
    case (.date(let x), .duration(let y)): return TimeMath.shift(x, by: y, sign: -1)
    default: return .noSuchOverload("_-_", a, b)
    }
  }

  @Sendable static func multiply(_ a: Value, _ b: Value) -> Value {
    switch (a, b) {
    case (.int(let x), .int(let y)): checked(x.multipliedReportingOverflow(by: y), Value.int)
    case (.uint(let x), .uint(let y)): checked(x.multipliedReportingOverflow(by: y), Value.uint)
    case (.double(let x), .double(let y)): .double(x * y)
    default: .noSuchOverload("_*_", a, b)
    }
  }

  @Sendable static func divide(_ a: Value, _ b: Value) -> Value {
    switch (a, b) {
    case (.int(let x), .int(let y)):
      y == 0 ? divideByZero : checked(x.dividedReportingOverflow(by: y), Value.int)
    case (.uint(let x), .uint(let y)): y == 0 ? divideByZero : .uint(x / y)
    case (.double(let x), .double(let y)): .double(x / y)
    default: .noSuchOverload("_/_", a, b)
    }
  }

  @Sendable static func modulo(_ a: Value, _ b: Value) -> Value {
    switch (a, b) {
    case (.int(let x), .int(let y)):
      // INT64_MIN % -1 overflows in hardware terms only, but cel-go and the suite call it an error too.
      y == 0 ? divideByZero : checked(x.remainderReportingOverflow(dividingBy: y), Value.int)
    case (.uint(let x), .uint(let y)): y == 0 ? divideByZero : .uint(x % y)
    default: .noSuchOverload("_%_", a, b)
    }
  }

  @Sendable static func negate(_ a: Value) -> Value {
    switch a {
    case .int(let x): checked(Int64(0).subtractingReportingOverflow(x), Value.int)
    case .double(let x): .double(-x)
    default: .noSuchOverload("-_", a)
    }
  }

  // MARK: - Collections

  /// `x in list`, `k in map`: a hit decides; a miss in a partial collection does not.
  @Sendable static func contains(_ key: Value, _ range: Value) -> Value {
    switch (key, range) {
    case (.unknown(let x), .unknown(let y)): return .unknown(x.union(y))
    case (.unknown, _): return key
    case (_, .unknown), (_, .error): return range
    case (.error, _): return key
    case (_, .list(let list)):
      var unknown = list.missing
      var failure: Value?
      for element in list.elements {
        switch Value.equals(key, element) {
        case .bool(true): return true
        case .bool(false): continue
        case .unknown(let found): unknown = unknown?.union(found) ?? found
        case let other: failure = failure ?? other
        }
      }
      return unknown.map { .unknown($0) } ?? failure ?? false
    case (_, .map(let map)):
      switch map.lookup(key) {
      case .absent: return false
      case .unknown(let unknown):
        // An entry whose value is not known is there all the same.
        return map.missing == nil && map.keys.contains(key) ? true : .unknown(unknown)
      case .error(let error): return .error(error)
      default: return true
      }
    default: return .noSuchOverload("@in", key, range)
    }
  }

  /// `range[key]`.
  @Sendable static func index(_ range: Value, _ key: Value) -> Value {
    switch (range, key) {
    case (.unknown(let x), .unknown(let y)): return .unknown(x.union(y))
    case (.unknown, _), (.error, .unknown): return key.isUnknown ? key : range
    case (_, .unknown), (_, .error): return key
    case (.error, _): return range
    case (.map(let map), _):
      switch key {
      case .string, .int, .uint, .bool, .double: break
      default: return .noSuchOverload("_[_]", range, key)
      }
      let found = map.lookup(key)
      if case .absent = found { return .noSuchKey(key) }
      return found
    case (.list(let list), _):
      guard let position = wholeNumber(key) else { return .noSuchOverload("_[_]", range, key) }
      if position >= 0, position < Int64(list.elements.count) {
        return list.elements[Int(position)]
      }
      if let missing = list.missing, position >= 0 { return .unknown(missing) }
      return .failure(.range, "index out of bounds: \(position)")
    case (.optional(let optional), _):
      guard let inner = optional.value else { return range }
      return OptionalLibrary.optionalIndex(inner, key)
    case (.record(let record), .string(let name)):
      guard let slot = record.type.slot(of: name), slot < record.slots.count else {
        return .noSuchKey(name)
      }
      let found = record.slots[slot]
      if case .absent = found { return .noSuchKey(name) }
      return found
    default: return .noSuchOverload("_[_]", range, key)
    }
  }

  static func wholeNumber(_ key: Value) -> Int64? {
    switch key {
    case .int(let value): value
    case .uint(let value): Int64(exactly: value)
    case .double(let value): Int64(exactly: value)
    default: nil
    }
  }

  @Sendable private static func mapInsert(_ map: Value, _ more: Value) -> Value {
    guard case .map(let a) = map, case .map(let b) = more else {
      return .noSuchOverload("cel.@mapInsert", map, more)
    }
    var pairs = a.keys.map { ($0, a.lookup($0)) }
    for key in b.keys {
      if case .absent = a.lookup(key) {
        pairs.append((key, b.lookup(key)))
      } else {
        return .failure(.invalidArgument, "key exists twice: `\(key)`")
      }
    }
    return .map(pairs)
  }

  @Sendable private static func mapInsert(_ arguments: [Value]) -> Value {
    guard arguments.count == 3 else { return .noSuchOverload("cel.@mapInsert", arguments) }
    return mapInsert(arguments[0], .map([(arguments[1], arguments[2])]))
  }
}

extension Value {
  var isUnknown: Bool {
    if case .unknown = self { return true }
    return false
  }
}
