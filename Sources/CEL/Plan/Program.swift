import Synchronization

/// Why an expression cannot be planned.
struct PlanError: Error {
  let message: String
}

/// What testing a condition gave.
public enum Truth: Sendable {
  case yes
  case no
  /// Facts are missing.
  case unknown(Unknown)
  case error(EvaluationError)
}

/// The value of one sub-expression in one evaluation.
public struct TraceEntry: Sendable {
  public let expression: Expr
  public let value: Value
  /// How deep the sub-expression stands; the whole has 0.
  public let depth: Int
}

/// An expression ready to run: names are slots, constants are folded, patterns compiled.
/// It holds nothing that changes and may be used by many threads at once.
public final class Program: Sendable {
  private let root: Node
  private let localCount: Int
  private let iterations: Int
  private let isChecked: Bool
  /// Whether it is a bool, as its types say.
  private let isCondition: Bool
  /// The tree it was planned from; without types where it was not checked.
  public let checked: CheckedExpression
  let environment: Environment
  /// Plans of explanations and of metered runs, made when the first one is asked for.
  private let others = Mutex<[Planner.Purpose: (root: Node, locals: Int)]>([:])

  /// Plans an expression that passed the checker. One that cannot be planned evaluates to an error.
  public convenience init(_ checked: CheckedExpression, in environment: Environment) {
    self.init(checked, isChecked: true, environment)
  }

  /// Plans a tree that was not checked: names are looked up by their text, overloads by the values.
  public convenience init(unchecked expr: Expr, in environment: Environment) {
    self.init(
      CheckedExpression(root: expr, types: [], references: []), isChecked: false, environment)
  }

  private init(_ checked: CheckedExpression, isChecked: Bool, _ environment: Environment) {
    self.checked = checked
    self.isChecked = isChecked
    isCondition = isChecked && checked.type(of: checked.root) == .bool
    self.environment = environment
    iterations = environment.limits.iterations
    (root, localCount) = Self.plan(checked, isChecked: isChecked, environment, .run)
  }

  private static func plan(
    _ checked: CheckedExpression, isChecked: Bool, _ environment: Environment,
    _ purpose: Planner.Purpose
  ) -> (Node, Int) {
    var planner = Planner(environment, checked: isChecked ? checked : nil, purpose)
    do {
      let node = try planner.plan(checked.root)
      return (node, planner.localCount)
    } catch {
      return (ConstantNode(.failure(.other, error.message)), 0)
    }
  }

  private func run(
    _ root: Node, _ locals: Int, _ trace: TraceNotes?, _ activation: any Activation
  ) -> Value {
    if locals == 0 {
      var frame = Frame(locals: nil, remaining: iterations, trace: trace)
      return root.eval(activation, &frame)
    }
    return withUnsafeTemporaryAllocation(of: Value.self, capacity: locals) { buffer in
      buffer.initialize(repeating: .null)
      defer { buffer.deinitialize() }
      var frame = Frame(locals: buffer.baseAddress, remaining: iterations, trace: trace)
      return root.eval(activation, &frame)
    }
  }

  /// What the condition comes to by short cuts.
  private func decide(_ activation: any Activation) -> Decided {
    if localCount == 0 {
      var frame = Frame(locals: nil, remaining: iterations, trace: nil)
      return root.test(activation, &frame)
    }
    return withUnsafeTemporaryAllocation(of: Value.self, capacity: localCount) { buffer in
      buffer.initialize(repeating: .null)
      defer { buffer.deinitialize() }
      var frame = Frame(locals: buffer.baseAddress, remaining: iterations, trace: nil)
      return root.test(activation, &frame)
    }
  }

  /// The value. An error or what is not known comes back as a value too.
  public func evaluate(_ activation: any Activation) -> Value {
    if isCondition {
      switch decide(activation) {
      case .yes: return true
      case .no: return false
      case .open: break
      }
    }
    return run(root, localCount, nil, activation)
  }

  /// The value as a condition; what is no bool is an error.
  public func test(_ activation: any Activation) -> Truth {
    switch decide(activation) {
    case .yes: return .yes
    case .no: return .no
    case .open: break
    }
    switch run(root, localCount, nil, activation) {
    case .bool(let holds): return holds ? .yes : .no
    case .unknown(let unknown): return .unknown(unknown)
    case .error(let error): return .error(error)
    case let other:
      return .error(
        EvaluationError(
          .noSuchOverload, "expected a bool, found \(other.runtimeType.runtimeName)"))
    }
  }

  /// The value where it depends on no variable.
  public var constant: Value? { root.constant }

  /// Evaluates once more and notes the value of each sub-expression, outer ones first. What was not
  /// needed is left out; the body of a comprehension comes once for each element, up to a limit.
  public func trace(_ activation: any Activation) -> [TraceEntry] {
    let (node, locals) = plan(for: .trace)
    let notes = TraceNotes()
    _ = run(node, locals, notes, activation)
    return notes.entries.compactMap { $0 }
  }

  /// The value, and what it cost in the units of `CostModel`.
  ///
  /// An evaluation that comes to cost more than `costLimit` ends with an error of the kind `cost`, whatever
  /// logic stands around. This counts every node and is slower than `evaluate(_:)`, which counts the steps of
  /// comprehensions alone (`Environment.Limits.iterations`).
  public func evaluate(_ activation: any Activation, costLimit: UInt64) -> (
    value: Value, cost: UInt64
  ) {
    let (node, locals) = plan(for: .meter)
    let meter = CostMeter(limit: costLimit, iterations: iterations)
    return withUnsafeTemporaryAllocation(of: Value.self, capacity: max(1, locals)) { buffer in
      buffer.initialize(repeating: .null)
      defer { buffer.deinitialize() }
      var frame = Frame(
        locals: buffer.baseAddress, remaining: iterations, trace: nil, meter: meter)
      let value = node.eval(activation, &frame)
      let cost = meter.total(frame)
      return (cost > costLimit ? CostMeter.exceeded : value, cost)
    }
  }

  /// A plan of its own: the fast one has no room for notes.
  private func plan(for purpose: Planner.Purpose) -> (Node, Int) {
    if let known = others.withLock({ $0[purpose] }) { return (known.root, known.locals) }
    let (node, locals) = Self.plan(checked, isChecked: isChecked, environment, purpose)
    others.withLock { $0[purpose] = (node, locals) }
    return (node, locals)
  }
}

/// The notes of one traced evaluation, in the order in which the expressions stand.
final class TraceNotes {
  private(set) var entries: [TraceEntry?] = []
  private var depth = 0
  /// More is not kept: a comprehension over a long list says little past its first elements.
  private static let most = 2_000

  func enter() -> Int? {
    guard entries.count < Self.most else { return nil }
    depth += 1
    entries.append(nil)
    return entries.count - 1
  }

  func leave(_ place: Int, _ expression: Expr, _ value: Value) {
    depth -= 1
    entries[place] = TraceEntry(expression: expression, value: value, depth: depth)
  }
}

/// An activation without variables.
final class EmptyActivation: Activation {
  func load(_ slot: Int) -> Value { .failure(.other, "there is no variable here") }
}
