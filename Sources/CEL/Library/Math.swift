/// The `math` extension.
enum MathLibrary {
  static let declarations: [FunctionDeclaration] =
    extremes + rounding + [
      unary(
        "math.abs", [("int", .int, .int), ("uint", .uint, .uint), ("double", .double, .double)]
      ) {
        switch $0 {
        case .int(let x):
          x == .min ? .failure(.overflow, "the result is out of range") : .int(abs(x))
        case .uint: $0
        case .double(let x): .double(x.magnitude)
        default: nil
        }
      },
      unary(
        "math.sign", [("int", .int, .int), ("uint", .uint, .uint), ("double", .double, .double)]
      ) {
        switch $0 {
        case .int(let x): .int(x.signum())
        case .uint(let x): .uint(x == 0 ? 0 : 1)
        case .double(let x): x.isNaN ? $0 : .double(x > 0 ? 1 : x < 0 ? -1 : 0)
        default: nil
        }
      },
      unary(
        "math.sqrt",
        [("int", .int, .double), ("uint", .uint, .double), ("double", .double, .double)]
      ) {
        switch $0 {
        case .int(let x): .double(Double(x).squareRoot())
        case .uint(let x): .double(Double(x).squareRoot())
        case .double(let x): .double(x.squareRoot())
        default: nil
        }
      },
      test("math.isNaN") { $0.isNaN },
      test("math.isInf") { $0.isInfinite },
      test("math.isFinite") { $0.isFinite },
      bits("math.bitAnd", { $0 & $1 }, { $0 & $1 }),
      bits("math.bitOr", { $0 | $1 }, { $0 | $1 }),
      bits("math.bitXor", { $0 ^ $1 }, { $0 ^ $1 }),
      unary("math.bitNot", [("int_int", .int, .int), ("uint_uint", .uint, .uint)]) {
        switch $0 {
        case .int(let x): .int(~x)
        case .uint(let x): .uint(~x)
        default: nil
        }
      },
      shift("math.bitShiftLeft") { $0 << $1 },
      shift("math.bitShiftRight") { $0 >> $1 },
    ]

  private static func unary(
    _ name: String, _ overloads: [(String, CELType, CELType)],
    _ body: @escaping @Sendable (Value) -> Value?
  ) -> FunctionDeclaration {
    let stem = name.replacing(".", with: "_")
    return FunctionDeclaration(
      name,
      overloads.map {
        Overload(
          "\(stem)_\($0.0)", [$0.1], $0.2, .unary { body($0) ?? .noSuchOverload(name, $0) })
      })
  }

  private static func test(_ name: String, _ body: @escaping @Sendable (Double) -> Bool)
    -> FunctionDeclaration
  {
    unary(name, [("double", .double, .bool)]) {
      if case .double(let x) = $0 { .bool(body(x)) } else { nil }
    }
  }

  private static let rounding: [FunctionDeclaration] = {
    let rules: [(String, FloatingPointRoundingRule)] = [
      ("ceil", .up), ("floor", .down), ("round", .toNearestOrAwayFromZero), ("trunc", .towardZero),
    ]
    return rules.map { name, rule in
      unary("math.\(name)", [("double", .double, .double)]) {
        if case .double(let x) = $0 { .double(x.rounded(rule)) } else { nil }
      }
    }
  }()

  private static func bits(
    _ name: String, _ int: @escaping @Sendable (Int64, Int64) -> Int64,
    _ uint: @escaping @Sendable (UInt64, UInt64) -> UInt64
  ) -> FunctionDeclaration {
    let implementation = Overload.Implementation.binary { a, b in
      switch (a, b) {
      case (.int(let x), .int(let y)): .int(int(x, y))
      case (.uint(let x), .uint(let y)): .uint(uint(x, y))
      default: .noSuchOverload(name, a, b)
      }
    }
    let stem = name.replacing(".", with: "_")
    return FunctionDeclaration(
      name,
      [
        Overload("\(stem)_int_int", [.int, .int], .int, implementation),
        Overload("\(stem)_uint_uint", [.uint, .uint], .uint, implementation),
      ])
  }

  /// Shifts are logical, as in cel-go: the sign moves like any bit.
  private static func shift(
    _ name: String, _ body: @escaping @Sendable (UInt64, UInt64) -> UInt64
  ) -> FunctionDeclaration {
    let implementation = Overload.Implementation.binary { a, b in
      guard case .int(let count) = b else { return .noSuchOverload(name, a, b) }
      guard count >= 0 else { return .failure(.invalidArgument, "negative offset: \(count)") }
      let places = UInt64(min(count, 64))
      switch a {
      case .int(let x): return .int(Int64(bitPattern: body(UInt64(bitPattern: x), places)))
      case .uint(let x): return .uint(body(x, places))
      default: return .noSuchOverload(name, a, b)
      }
    }
    let stem = name.replacing(".", with: "_")
    return FunctionDeclaration(
      name,
      [
        Overload("\(stem)_int_int", [.int, .int], .int, implementation),
        Overload("\(stem)_uint_int", [.uint, .int], .uint, implementation),
      ])
  }

  private static let extremes: [FunctionDeclaration] = [
    ("math.@max", Value.Ordering.more), ("math.@min", Value.Ordering.less),
  ].map { name, wanted in
    let types: [(String, CELType)] = [("int", .int), ("uint", .uint), ("double", .double)]
    let pick: @Sendable ([Value]) -> Value = { values in
      guard var best = values.first else {
        return .failure(.invalidArgument, "`\(name)` of an empty list")
      }
      if let flaw = ListValue(values).flaw { return flaw }
      for value in values {
        guard let order = Value.compareNumbers(value, best) else {
          return .noSuchOverload(name, values)
        }
        if order == wanted { best = value }
      }
      return best
    }
    let ofList = Overload.Implementation.unary { value in
      guard case .list(let list) = value else { return .noSuchOverload(name, value) }
      return pick(list.elements)
    }
    let stem = name.replacing(".", with: "_")
    var overloads: [Overload] = []
    for (left, leftType) in types {
      overloads.append(Overload("\(stem)_\(left)", [leftType], leftType, .unary { pick([$0]) }))
      for (right, rightType) in types {
        overloads.append(
          Overload(
            "\(stem)_\(left)_\(right)", [leftType, rightType], left == right ? leftType : .dyn,
            .binary { pick([$0, $1]) }))
      }
      overloads.append(Overload("\(stem)_list_\(left)", [.list(leftType)], leftType, ofList))
    }
    return FunctionDeclaration(name, overloads)
  }
}
