/// What testing a condition gave.
public enum Truth: Sendable {
  case yes
  case no
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

/// An expression ready to be evaluated, any number of times and from any thread.
public final class Program: Sendable {
  private let root: Node
  private let iterations: Int
  public let checked: CheckedExpression
  private let environment: Environment

  /// Plans an expression: resolves names to slots, folds constants, compiles constant patterns.
  public init(_ checked: CheckedExpression, in environment: Environment) {
    self.checked = checked
    self.environment = environment
    iterations = environment.limits.iterations
    var planner = Planner(
      environment: environment, types: checked.types, references: checked.references,
      traces: false)
    root = planner.plan(checked.root)
  }

  /// Plans a tree that was not checked: names are looked up by their text, overloads by the values.
  public convenience init(unchecked expr: Expr, in environment: Environment) {
    self.init(CheckedExpression(root: expr, types: [], references: []), in: environment)
  }

  /// The value. An error or what is not known comes back as a value too.
  public func evaluate(_ activation: any Activation) -> Value {
    var frame = Frame(activation: activation, budget: iterations, recorder: nil)
    let value = root.evaluate(&frame)
    if case .absent = value { return .null }
    return value
  }

  /// The value as a condition; what is no bool is an error.
  public func test(_ activation: any Activation) -> Truth {
    switch evaluate(activation) {
    case .bool(true): return .yes
    case .bool(false): return .no
    case .unknown(let unknown): return .unknown(unknown)
    case .error(let error): return .error(error)
    case let other:
      return .error(
        EvaluationError(.noSuchOverload, "expected a bool, found \(other.runtimeType)"))
    }
  }

  /// The value where it depends on no variable.
  public var constant: Value? { root.constant }

  /// Evaluates once more and notes the value of each sub-expression, outer ones first.
  public func trace(_ activation: any Activation) -> [TraceEntry] {
    var planner = Planner(
      environment: environment, types: checked.types, references: checked.references,
      traces: true)
    let node = planner.plan(checked.root)
    let recorder = TraceRecorder()
    var frame = Frame(activation: activation, budget: iterations, recorder: recorder)
    _ = node.evaluate(&frame)
    return recorder.entries.compactMap { $0 }
  }
}
