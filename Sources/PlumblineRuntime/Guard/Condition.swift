import CEL
import PlumblineBundle
import Synchronization

/// An expression of the bundle, ready to be evaluated, or why there is none. A bundle that was compiled by the
/// compiler has no broken ones; of any other, they fail closed.
final class Condition: Sendable {
  /// What the interpreter needs.
  private struct Interpreted: Sendable {
    var program: Program?
    var checked: CheckedExpression?
    var problem: String?
  }

  /// The function that `plumb` made of it; what it does not decide is left to the interpreter.
  private let compiled: CompiledSpec.Condition?
  /// There from the start unless a function stands before it.
  private let program: Program?
  private let interpreted: Interpreted?
  private let later = Lazy<Interpreted>()
  private let make: @Sendable () -> Interpreted
  /// The texts its positions point into.
  let sources: [Int32: ExpressionText]

  /// - Parameters:
  ///   - compiled: the function, where there is one.
  ///   - check: types the expression; asked for once, and, behind a function, only when it is needed.
  init(
    in environment: CEL.Environment, sources: [Int32: ExpressionText] = [:],
    compiled: CompiledSpec.Condition? = nil, check: @escaping @Sendable () -> CheckResult
  ) {
    self.sources = sources
    self.compiled = compiled
    let make = { @Sendable in
      let result = check()
      guard let checked = result.checked, result.issues.isEmpty else {
        return Interpreted(
          problem: result.issues.first?.message ?? "the expression cannot be read")
      }
      return Interpreted(program: Program(checked, in: environment), checked: checked)
    }
    self.make = make
    let made = compiled == nil ? make() : nil
    interpreted = made
    program = made?.program
  }

  private var whole: Interpreted { interpreted ?? later.get(make) }

  /// The typed expression; nil where it has a problem.
  var checked: CheckedExpression? { whole.checked }
  var problem: String? { whole.problem }

  /// What a condition came to.
  enum Verdict {
    case yes, no
    case unknown(Unknown)
    case error(EvaluationError)
  }

  /// What its function says; nil where there is none, or where it says nothing.
  @inline(__always)
  private func plain(_ activation: GuardActivation) -> Bool? {
    guard let compiled else { return nil }
    activation.steps = activation.guardian.scope.base.limits.iterations
    let holds = compiled.test(ConditionFacts(activation))
    return activation.steps < 0 ? nil : holds
  }

  /// Whether it is plainly true.
  @inline(__always)
  func isTrue(_ activation: GuardActivation) -> Bool {
    if plain(activation) == true { return true }
    guard let program = program ?? whole.program, case .yes = program.test(activation) else {
      return false
    }
    return true
  }

  func test(_ activation: GuardActivation) -> Verdict {
    if let holds = plain(activation) { return holds ? .yes : .no }
    guard let program = program ?? whole.program else {
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
    if let holds = plain(activation) { return .bool(holds) }
    guard let program = program ?? whole.program else {
      return .error(EvaluationError(.other, problem ?? "the expression cannot be read"))
    }
    return program.evaluate(activation)
  }

  /// Evaluates once more and notes the value of each sub-expression.
  func trace(_ activation: GuardActivation) -> [TraceEntry] {
    whole.program?.trace(activation) ?? []
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
    made(
      "\(context.words): \(text.text)", in: environment(context), sources: [0: text], texts: [text]
    ) { [unowned self] in compile(text, in: context, expecting: expecting) }
  }

  /// A condition under its name: by its function, where the bundle was compiled to Swift.
  func made(
    _ name: String, in environment: CEL.Environment,
    sources: [Int32: ExpressionText] = [:], texts: [ExpressionText],
    check: @escaping @Sendable () -> CheckResult
  ) -> Condition {
    if let recorder {
      let result = check()
      if let checked = result.checked, result.issues.isEmpty,
        checked.type(of: checked.root) == .bool
      {
        recorder.add(
          NamedCondition(name: name, texts: texts, checked: checked, environment: environment))
      }
    }
    return Condition(
      in: environment, sources: sources, compiled: compiled?.conditions[name], check: check)
  }
}
