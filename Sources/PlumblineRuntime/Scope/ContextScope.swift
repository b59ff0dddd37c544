import CEL
import PlumblineBundle
import Synchronization

/// Where a running guard finds the variables of an environment. Collections follow `collections`,
/// the families of variables that macros make follow `hosts`.
enum Slot {
  static let args = 0
  static let result = 1
  static let caseRecord = 2
  static let said = 3
  static let turn = 4
  static let claims = 5
  static let confidence = 6
  static let agent = 7
  static let now = 8
  static let today = 9
  static let step = 10
  static let entered = 11
  static let inFlight = 12
  static let each = 13
  /// Tables and patterns: their values are folded into programs.
  static let constant = 14
  /// The message that a pattern is held against.
  static let text = 15
  static let collections = 100
  static let hosts = 1_000_000
}

/// The scope of one context: its environment, and the terms as they read there.
final class ContextScope: Sendable {
  let context: SpecScope.Context
  let environment: CEL.Environment
  private let terms: [TermDeclaration]
  private let termIndex: [String: Int]
  private let parsed: Mutex<[Int: (expr: Expr, issues: [CELIssue])]>
  /// Terms with those inside them written out, as far as they are sound.
  private let expanded = Mutex<[Int: Expr]>([:])

  init(_ context: SpecScope.Context, in scope: SpecScope) {
    self.context = context
    terms = scope.bundle.terms
    termIndex = scope.termIndex
    parsed = Mutex([:])
    environment = scope.makeEnvironment(context)
  }

  /// Writes out the terms of an expression, those inside terms too.
  func expandTerms(_ expr: Expr) -> (expr: Expr, issues: [CELIssue]) {
    var issues: [CELIssue] = []
    let expanded = expand(expr, stack: [], &issues)
    return (expanded, issues)
  }

  private func body(_ index: Int) -> (expr: Expr, issues: [CELIssue]) {
    if let known = parsed.withLock({ $0[index] }) { return known }
    let made = CELParser.parse(
      terms[index].body.text,
      source: SpecScope.termSource + Int32(truncatingIfNeeded: index), in: environment)
    parsed.withLock { $0[index] = made }
    return made
  }

  /// Whether a tree uses terms with arguments, and whether it uses terms without.
  private func mentions(_ expr: Expr) -> (calls: Bool, names: Bool) {
    var calls = false
    var names = false
    expr.walk { node in
      switch node.kind {
      case .call(let function, nil, _): if termIndex[function] != nil { calls = true }
      case .ident(let name): if termIndex[name] != nil { names = true }
      default: break
      }
    }
    return (calls, names)
  }

  private func expand(_ expr: Expr, stack: [Int], _ issues: inout [CELIssue]) -> Expr {
    let uses = mentions(expr)
    guard uses.calls || uses.names else { return expr }
    var result = uses.calls ? expandCalls(expr, stack: stack, &issues) : expr
    // Terms without parentheses: free names only, so that a macro's own variables win.
    var bindings: [String: Expr] = [:]
    for name in result.freeNames() {
      guard let index = termIndex[name], terms[index].parameters == nil else { continue }
      bindings[name] = written(index, at: expr.position, stack: stack, &issues)
    }
    if !bindings.isEmpty { result = result.substituting(bindings) }
    return result
  }

  private func expandCalls(_ expr: Expr, stack: [Int], _ issues: inout [CELIssue]) -> Expr {
    let node = expr.mapChildren { expandCalls($0, stack: stack, &issues) }
    guard case .call(let function, nil, let arguments) = node.kind,
      let index = termIndex[function]
    else { return node }
    let parameters = terms[index].parameters ?? []
    guard terms[index].parameters != nil, parameters.count == arguments.count else {
      let form =
        terms[index].parameters == nil
        ? function : "\(function)(\(parameters.joined(separator: ", ")))"
      issues.append(
        CELIssue(
          .invalidMacro,
          "the term `\(function)` takes \(parameters.count) argument\(parameters.count == 1 ? "" : "s"), not \(arguments.count)",
          at: node.position, help: "write `\(form)`"))
      return Expr(position: node.position, kind: .invalid)
    }
    let body = written(index, at: node.position, stack: stack, &issues)
    return body.substituting(
      Dictionary(zip(parameters, arguments), uniquingKeysWith: { first, _ in first }))
  }

  private func written(
    _ index: Int, at position: ExprPosition, stack: [Int], _ issues: inout [CELIssue]
  ) -> Expr {
    if stack.contains(index) || stack.count > 32 {
      issues.append(
        CELIssue(
          .invalidMacro, "term `\(terms[index].name)` is defined by itself", at: position))
      return Expr(position: position, kind: .invalid)
    }
    if let known = expanded.withLock({ $0[index] }) { return known }
    let (expr, found) = body(index)
    for issue in found where !issues.contains(issue) { issues.append(issue) }
    let result = expand(expr, stack: stack + [index], &issues)
    if issues.isEmpty { expanded.withLock { $0[index] = result } }
    return result
  }
}

extension SpecScope {
  /// CEL's library with the extensions of specs, and the functions of the guard. Built once.
  static let baseEnvironment: CEL.Environment = {
    var environment = CEL.Environment(extensions: [
      .strings, .math, .lists, .optional, .regex, .date, .encoders, .bindings, .twoVariable,
    ])
    environment.functions = environment.functions.adding(HostFunctions.all)
    environment.widensIntegers = true
    environment.requiresGuards = true
    return environment
  }()

  /// Tables and patterns as constants.
  static func constants(_ bundle: SpecBundle, _ types: ScopeTypes) -> [VariableDeclaration] {
    var result: [VariableDeclaration] = []
    for table in bundle.tables {
      let value = BundleValues.value(table.value, as: table.type, types)
      result.append(
        VariableDeclaration(
          name: table.name, type: types.celType(table.type), slot: Slot.constant, constant: value))
    }
    for pattern in bundle.patterns {
      result.append(
        VariableDeclaration(
          name: "patterns.\(pattern.name)", type: .string, slot: Slot.constant,
          constant: .string(pattern.pattern)))
    }
    // The record behind them, so that a misspelt pattern is a misspelt field.
    let type = ObjectType(
      name: "patterns", fields: bundle.patterns.map { .init(name: $0.name, type: .string) })
    result.append(
      VariableDeclaration(
        name: "patterns", type: .object(type), slot: Slot.constant,
        constant: .record(
          RecordValue(type: type, slots: bundle.patterns.map { .string($0.pattern) }))))
    return result
  }

  func makeEnvironment(_ context: Context) -> CEL.Environment {
    var environment = base
    environment.objectTypes = objectTypes
    var variables: [String: VariableDeclaration] = [:]
    func declare(_ name: String, _ type: CELType, _ slot: Int) {
      variables[name] = VariableDeclaration(name: name, type: type, slot: slot)
    }
    for constant in constants { variables[constant.name] = constant }

    func declareFacts() {
      for (index, collection) in bundle.collections.enumerated() {
        declare(
          collection.name, .map(.string, types.celType(collection.type)), Slot.collections + index)
      }
      declare("case", .object(caseObject), Slot.caseRecord)
      declare("said", .object(saidType), Slot.said)
      declare("now", .timestamp, Slot.now)
      declare("today", .date, Slot.today)
      declare("in_flight", .int, Slot.inFlight)
      if !bundle.workflows.isEmpty {
        declare("step", .enumeration(EnumType(name: "step", values: stepNames)), Slot.step)
        declare("entered", .timestamp, Slot.entered)
      }
    }
    func declareProposal(_ action: String) {
      declareFacts()
      declare("turn", .object(turnType), Slot.turn)
      declare("confidence", .double, Slot.confidence)
      declare("agent", .string, Slot.agent)
      declareArguments([action])
      if let index = toolIndex[action], let claims = claimTypes[index] {
        declare("claims", .object(claims), Slot.claims)
      }
    }
    func declareArguments(_ actions: [String]) {
      let indices = actions.compactMap { toolIndex[$0] }
      declare(
        "args", indices.isEmpty ? .dyn : .object(mergedArguments(indices)), Slot.args)
    }
    func declareResult(_ actions: [String]) {
      declare("result", mergedResult(actions.compactMap { toolIndex[$0] }), Slot.result)
    }

    var proposal: String?
    switch context {
    case .requirement(let action), .tell(let action), .activation(let action):
      declareProposal(action)
      proposal = action
    case .ensure(let action):
      declareProposal(action)
      declareResult([action])
      proposal = action
    case .next: declareFacts()
    case .keep(let tool, let each):
      declareFacts()
      declareArguments([tool])
      declareResult([tool])
      if let each { declare(each.name, each.type, Slot.each) }
    case .result(let tool):
      declareFacts()
      declareArguments([tool])
      declareResult([tool])
    case .rawResult(let tool):
      declareArguments([tool])
      declare("result", .dyn, Slot.result)
    case .claim(let tool): declareArguments([tool])
    case .event(let actions):
      declareArguments(actions)
      declareResult(actions)
    case .message:
      declare(
        "args",
        .object(ObjectType(name: "args(message)", fields: [.init(name: "text", type: .string)])),
        Slot.args)
    case .constant: break
    }
    environment.variables = variables
    environment.macros = hostMacros(proposal: proposal) + base.macros
    environment.resolveVariable = { [weak self] name in self?.hostVariable(name) }
    return environment
  }
}
