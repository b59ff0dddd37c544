/// What the operators do with values that are known.
enum PlainArithmetic {
  static func apply(
    _ operation: PlainExpression.Operator, _ left: Plain, _ right: Plain
  ) -> Plain {
    switch operation {
    case .less, .lessEqual, .more, .moreEqual: return compared(operation, left, right)
    default: break
    }
    // An int widens to a double where the two meet.
    switch (left, right) {
    case (.int(let whole), .double): return apply(operation, .double(Double(whole)), right)
    case (.double, .int(let whole)): return apply(operation, left, .double(Double(whole)))
    case (.int(let one), .int(let other)): return whole(operation, one, other, Plain.int)
    case (.uint(let one), .uint(let other)): return whole(operation, one, other, Plain.uint)
    case (.double(let one), .double(let other)): return double(operation, one, other)
    default: break
    }
    switch (operation, left, right) {
    case (.add, .string(let one), .string(let other)): return .string(one + other)
    case (.add, .bytes(let one), .bytes(let other)): return .bytes(one + other)
    case (.add, .list(let one, _), .list(let other, _)): return .list(one + other, rest: nil)
    default: return PlainTime.apply(operation, left, right) ?? none(operation)
    }
  }

  private static func none(_ operation: PlainExpression.Operator) -> Plain {
    .failure("no such overload: \(operation.rawValue)")
  }

  private static func compared(
    _ operation: PlainExpression.Operator, _ left: Plain, _ right: Plain
  ) -> Plain {
    guard let order = PlainCompare.order(left, right) else { return none(operation) }
    switch operation {
    case .less: return .bool(order == .less)
    case .lessEqual: return .bool(order == .less || order == .same)
    case .more: return .bool(order == .more)
    default: return .bool(order == .more || order == .same)
    }
  }

  private static func whole<T: FixedWidthInteger>(
    _ operation: PlainExpression.Operator, _ one: T, _ other: T, _ make: (T) -> Plain
  ) -> Plain {
    let result: (partialValue: T, overflow: Bool)
    switch operation {
    case .add: result = one.addingReportingOverflow(other)
    case .subtract: result = one.subtractingReportingOverflow(other)
    case .multiply: result = one.multipliedReportingOverflow(by: other)
    case .divide, .modulo:
      if other == 0 { return .failure("division by zero") }
      result =
        operation == .divide
        ? one.dividedReportingOverflow(by: other)
        : one.remainderReportingOverflow(dividingBy: other)
    default: return none(operation)
    }
    return result.overflow ? .failure("out of range") : make(result.partialValue)
  }

  private static func double(
    _ operation: PlainExpression.Operator, _ one: Double, _ other: Double
  ) -> Plain {
    switch operation {
    case .add: .double(one + other)
    case .subtract: .double(one - other)
    case .multiply: .double(one * other)
    case .divide: .double(one / other)
    default: none(operation)
    }
  }

  static func negated(_ value: Plain) -> Plain {
    switch value {
    case .int(let whole): apply(.subtract, .int(0), .int(whole))
    case .double(let number): .double(-number)
    default: none(.negate)
    }
  }
}
