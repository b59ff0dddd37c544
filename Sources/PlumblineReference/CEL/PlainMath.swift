/// The functions of `math`.
enum PlainMath {
  static func call(_ name: String, _ arguments: [Plain]) -> Plain? {
    switch name {
    case "greatest": return extreme(arguments, .more)
    case "least": return extreme(arguments, .less)
    case "bitAnd": return bits(arguments, { $0 & $1 }, { $0 & $1 })
    case "bitOr": return bits(arguments, { $0 | $1 }, { $0 | $1 })
    case "bitXor": return bits(arguments, { $0 ^ $1 }, { $0 ^ $1 })
    case "bitShiftLeft": return shift(arguments) { $0 << $1 }
    case "bitShiftRight": return shift(arguments) { $0 >> $1 }
    default: break
    }
    guard arguments.count == 1, let value = arguments.first else { return nil }
    switch (name, value) {
    case ("abs", .int(let number)):
      return number == .min ? .failure("out of range") : .int(abs(number))
    case ("abs", .uint): return value
    case ("abs", .double(let number)): return .double(number.magnitude)
    case ("sign", .int(let number)): return .int(number.signum())
    case ("sign", .uint(let number)): return .uint(number == 0 ? 0 : 1)
    case ("sign", .double(let number)):
      return .double(number.isNaN ? number : number > 0 ? 1 : number < 0 ? -1 : 0)
    case ("bitNot", .int(let number)): return .int(~number)
    case ("bitNot", .uint(let number)): return .uint(~number)
    default: break
    }
    guard let number = double(value) else { return nil }
    switch name {
    case "sqrt": return .double(number.squareRoot())
    case "ceil": return .double(number.rounded(.up))
    case "floor": return .double(number.rounded(.down))
    case "round": return .double(number.rounded(.toNearestOrAwayFromZero))
    case "trunc": return .double(number.rounded(.towardZero))
    case "isNaN": return .bool(number.isNaN)
    case "isInf": return .bool(number.isInfinite)
    case "isFinite": return .bool(number.isFinite)
    default: return nil
    }
  }

  /// An int widens to a double where one is wanted.
  private static func double(_ value: Plain) -> Double? {
    switch value {
    case .double(let number): number
    case .int(let number): Double(number)
    case .uint(let number): Double(number)
    default: nil
    }
  }

  private static func extreme(_ arguments: [Plain], _ wanted: PlainCompare.Order) -> Plain? {
    var values = arguments
    if arguments.count == 1, case .list(let elements, _) = arguments[0] { values = elements }
    guard var best = values.first else { return .failure("of nothing") }
    for value in values {
      guard double(value) != nil, let order = PlainCompare.order(value, best) else { return nil }
      if order == wanted { best = value }
    }
    return best
  }

  private static func bits(
    _ arguments: [Plain], _ int: (Int64, Int64) -> Int64, _ uint: (UInt64, UInt64) -> UInt64
  ) -> Plain? {
    guard arguments.count == 2 else { return nil }
    switch (arguments[0], arguments[1]) {
    case (.int(let one), .int(let other)): return .int(int(one, other))
    case (.uint(let one), .uint(let other)): return .uint(uint(one, other))
    default: return nil
    }
  }

  /// The sign moves as any bit does.
  private static func shift(
    _ arguments: [Plain], _ move: (UInt64, UInt64) -> UInt64
  ) -> Plain? {
    guard arguments.count == 2, case .int(let places) = arguments[1] else { return nil }
    guard places >= 0 else { return .failure("a negative offset") }
    let count = UInt64(min(places, 64))
    switch arguments[0] {
    case .int(let number): return .int(Int64(bitPattern: move(UInt64(bitPattern: number), count)))
    case .uint(let number): return .uint(move(number, count))
    default: return nil
    }
  }
}
