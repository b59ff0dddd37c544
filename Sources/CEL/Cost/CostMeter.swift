/// What a metered evaluation has cost so far.
final class CostMeter {
  private let limit: UInt64
  private let iterations: Int
  private var charged: UInt64 = 0
  /// What the nodes came to whose parents are not done.
  fileprivate var operands: [CostModel.Operand] = []

  static let exceeded = Value.failure(.cost, "the evaluation costs more than its limit")

  init(limit: UInt64, iterations: Int) {
    self.limit = limit
    self.iterations = iterations
  }

  /// With the steps of comprehensions, which the frame counts.
  func total(_ frame: Frame) -> UInt64 {
    let steps = UInt64(
      clamping: iterations.subtractingReportingOverflow(frame.remaining).partialValue)
    return charged.plus(steps.times(CostModel.step))
  }

  fileprivate func isExceeded(_ frame: Frame) -> Bool { total(frame) > limit }
  fileprivate func charge(_ cost: UInt64) { charged = charged.plus(cost) }
}

/// Charges for its node.
final class CostNode: Node, @unchecked Sendable {
  private enum Charge {
    case fixed(UInt64)
    case call(String)
  }
  private let charge: Charge
  private let inner: Node

  init(_ expr: Expr, isConstant: Bool, _ inner: Node) {
    self.inner = inner
    charge =
      switch expr.kind {
      case _ where isConstant: .fixed(0)
      case .literal, .invalid, .comprehension: .fixed(0)
      case .ident, .select: .fixed(CostModel.access)
      case .list: .fixed(CostModel.list)
      case .map: .fixed(CostModel.map)
      case .structure: .fixed(CostModel.structure)
      case .call(let function, _, _): .call(function)
      }
  }

  override func eval(_ activation: any Activation, _ frame: inout Frame) -> Value {
    guard let meter = frame.meter else { return inner.eval(activation, &frame) }
    if meter.isExceeded(frame) { return CostMeter.exceeded }
    let mark = meter.operands.count
    let value = inner.eval(activation, &frame)
    let result = CostModel.Operand(value)
    switch charge {
    case .fixed(let cost): meter.charge(cost)
    case .call(let function):
      meter.charge(CostModel.call(function, Array(meter.operands[mark...]), result: result))
    }
    meter.operands.removeSubrange(mark...)
    meter.operands.append(result)
    return value
  }
}
