import CEL
import PlumblineBundle
import Synchronization

/// A compiled expression of the bundle, or why there is none. A bundle that was compiled by the
/// compiler has no broken ones; of any other, they fail closed.
final class Condition: Sendable {
  let program: Program?
  let checked: CheckedExpression?
  let problem: String?
  /// The texts its positions point into.
  let sources: [Int32: ExpressionText]

  init(
    _ result: CheckResult, in environment: CEL.Environment, sources: [Int32: ExpressionText] = [:]
  ) {
    self.sources = sources
    if let checked = result.checked, result.issues.isEmpty {
      program = Program(checked, in: environment)
      self.checked = checked
      problem = nil
    } else {
      program = nil
      checked = nil
      problem = result.issues.first?.message ?? "the expression cannot be read"
    }
  }

  init(problem: String) {
    program = nil
    checked = nil
    self.problem = problem
    sources = [:]
  }

  /// What a condition came to.
  enum Verdict {
    case yes, no
    case unknown(Unknown)
    case error(EvaluationError)
  }

  func test(_ activation: GuardActivation) -> Verdict {
    guard let program else {
      return .error(EvaluationError(.other, problem ?? "the expression cannot be read"))
    }
    switch program.test(activation) {
    case .yes: return .yes
    case .no: return .no
    case .unknown(let unknown): return .unknown(unknown)
    case .error(let error): return .error(error)
    }
  }

  func value(_ activation: GuardActivation) -> Value {
    guard let program else {
      return .error(EvaluationError(.other, problem ?? "the expression cannot be read"))
    }
    return program.evaluate(activation)
  }
}

/// Something made at its first use, once, whoever asks.
final class Lazy<Made: Sendable>: Sendable {
  private let box: Mutex<Made?> = Mutex(nil)
  func get(_ make: () -> Made) -> Made {
    if let made = box.withLock({ $0 }) { return made }
    // Made outside the lock: two threads may both make it, the first to finish counts.
    let fresh = make()
    return box.withLock { value in
      if let value { return value }
      value = fresh
      return fresh
    }
  }
}

extension SpecScope {
  /// Compiles a text for the running guard.
  func condition(_ text: ExpressionText, in context: Context, expecting: CELType? = nil)
    -> Condition
  {
    Condition(
      compile(text, in: context, expecting: expecting), in: environment(context),
      sources: [0: text])
  }
}
