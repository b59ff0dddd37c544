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
  private let bodies: Mutex<[Int: Body]>

  /// A term with the terms inside it written out.
  private struct Body: Sendable {
    var expr: Expr
    var issues: [CELIssue]
  }

  /// How large a condition may become when its terms are written out.
  static let expandedNodes = 100_000
  static let expandedHeight = 200

  init(_ context: SpecScope.Context, in scope: SpecScope) {
    self.context = context
    terms = scope.bundle.terms
    termIndex = scope.termIndex
    bodies = Mutex([:])
    environment = scope.makeEnvironment(context)
  }

  /// Writes out the terms of an expression, those inside terms too.
  func expandTerms(_ expr: Expr) -> (expr: Expr, issues: [CELIssue]) {
    let used = uses(expr, parameters: [])
    guard !used.isEmpty else { return (expr, []) }
    var expansion = Expansion(bodies: writtenOut(used))
    let expanded = expand(expr, parameters: [], &expansion)
    return (expanded, expansion.issues)
  }

  /// The terms that these need, written out: those inside them first, so that nothing is written out
  /// twice and no chain of terms is too long for the stack.
  private func writtenOut(_ needed: Set<Int>) -> [Int: Body] {
    var known = bodies.withLock { $0 }
    var parsed: [Int: (expr: Expr, issues: [CELIssue], uses: [Int])] = [:]
    var open: Set<Int> = []
    var stack = needed.sorted(by: >)
    while let index = stack.last {
      if known[index] != nil {
        stack.removeLast()
        continue
      }
      let parameters = Set(terms[index].parameters ?? [])
      let own: (expr: Expr, issues: [CELIssue], uses: [Int])
      if let found = parsed[index] {
        own = found
      } else {
        let made = CELParser.parse(
          terms[index].body.text,
          source: SpecScope.termSource + Int32(truncatingIfNeeded: index), in: environment)
        own = (made.expr, made.issues, uses(made.expr, parameters: parameters).sorted(by: >))
        parsed[index] = own
      }
      // Whatever is open already is a circle, and is told where it is used.
      if open.insert(index).inserted {
        let missing = own.uses.filter { known[$0] == nil && !open.contains($0) }
        if !missing.isEmpty {
          stack += missing
          continue
        }
      }
      var expansion = Expansion(bodies: known, issues: own.issues)
      let expr = expand(own.expr, parameters: parameters, &expansion)

      known[index] = Body(expr: expr, issues: expansion.issues)
      stack.removeLast()
    }
    let made = parsed.keys.compactMap { index in known[index].map { (index, $0) } }
    if !made.isEmpty { bodies.withLock { $0.merge(made) { first, _ in first } } }
    return known
  }

  /// The terms that an expression mentions.
  private func uses(_ expr: Expr, parameters: Set<String>) -> Set<Int> {
    var found: Set<Int> = []
    expr.walk { node in
      switch node.kind {
      case .call(let function, nil, _): if let index = termIndex[function] { found.insert(index) }
      case .ident(let name):
        if let index = termIndex[name], !parameters.contains(name) { found.insert(index) }
      default: break
      }
    }
    return found
  }

  /// One writing out: what it may use, and what was found on the way.
  private struct Expansion {
    let bodies: [Int: Body]
    var issues: [CELIssue] = []
    var isTooLarge = false
    /// How many nodes may still be made, those that are replaced again too.
    var room = 4 * ContextScope.expandedNodes

    mutating func add(_ issue: CELIssue) { if !issues.contains(issue) { issues.append(issue) } }
  }

  private func expand(
    _ expr: Expr, parameters: Set<String>, _ expansion: inout Expansion
  ) -> Expr {
    var calls = false
    expr.walk { node in
      if case .call(let function, nil, _) = node.kind, termIndex[function] != nil { calls = true }
    }
    var result = calls ? expandCalls(expr, &expansion) : expr
    // Terms without parentheses: free names only, so that a macro's own variables win.
    var bindings: [String: Expr] = [:]
    for name in result.freeNames() where !parameters.contains(name) {
      guard let index = termIndex[name], terms[index].parameters == nil else { continue }
      bindings[name] = written(index, at: expr.position, &expansion)
    }
    if !bindings.isEmpty {
      result = substituting(bindings, in: result, at: expr.position, &expansion)
    }
    return result
  }

  private func expandCalls(_ expr: Expr, _ expansion: inout Expansion) -> Expr {
    if expansion.isTooLarge { return Expr(position: expr.position, kind: .invalid) }
    let node = expr.mapChildren { expandCalls($0, &expansion) }
    guard case .call(let function, nil, let arguments) = node.kind,
      let index = termIndex[function]
    else { return node }
    let parameters = terms[index].parameters ?? []
    guard terms[index].parameters != nil, parameters.count == arguments.count else {
      let form =
        terms[index].parameters == nil
        ? function : "\(function)(\(parameters.joined(separator: ", ")))"
      expansion.add(
        CELIssue(
          .invalidMacro,
          "the term `\(function)` takes \(parameters.count) argument\(parameters.count == 1 ? "" : "s"), not \(arguments.count)",
          at: node.position, help: "write `\(form)`"))
      return Expr(position: node.position, kind: .invalid)
    }
    let body = written(index, at: node.position, &expansion)
    return substituting(
      Dictionary(zip(parameters, arguments), uniquingKeysWith: { first, _ in first }), in: body,
      at: node.position, &expansion)
  }

  private func written(
    _ index: Int, at position: ExprPosition, _ expansion: inout Expansion
  ) -> Expr {
    guard let body = expansion.bodies[index] else {
      expansion.add(
        CELIssue(
          .invalidMacro, "term `\(terms[index].name)` is defined by itself", at: position))
      return Expr(position: position, kind: .invalid)
    }
    for issue in body.issues { expansion.add(issue) }
    return body.expr
  }

  /// Terms can double what they stand for again and again: what that leads to is measured before it is made.
  private func substituting(
    _ bindings: [String: Expr], in expr: Expr, at position: ExprPosition,
    _ expansion: inout Expansion
  ) -> Expr {
    let limit = Self.expandedNodes
    let sizes = bindings.mapValues { Self.size($0, limit: limit) }
    var nodes = 0
    expr.walk { node in
      nodes += 1
      if case .ident(let name) = node.kind, nodes <= limit { nodes += sizes[name] ?? 0 }
    }
    expansion.room -= nodes
    if !expansion.isTooLarge, nodes <= limit, expansion.room >= 0 {
      let result = expr.substituting(bindings)
      if result.height(limit: Self.expandedHeight) <= Self.expandedHeight { return result }
    }
    if !expansion.isTooLarge, expansion.issues.isEmpty {
      expansion.add(
        CELIssue(
          .limit,
          "with its terms written out, this has more than \(limit) parts or \(Self.expandedHeight) levels",
          at: position, help: "let its terms stand for less"))
    }
    expansion.isTooLarge = true
    return Expr(position: position, kind: .invalid)
  }

  private static func size(_ expr: Expr, limit: Int) -> Int {
    var nodes = 0
    func count(_ expr: Expr) {
      nodes += 1
      for child in expr.children where nodes <= limit { count(child) }
    }
    count(expr)
    return nodes
  }
}

extension SpecScope {
  /// CEL's library with the extensions of specs, and the functions of the guard. Built once.
  static let baseEnvironment: CEL.Environment = {
    var environment = CEL.Environment(extensions: [
      .strings, .math, .lists, .optional, .regex, .date, .encoders, .bindings, .twoVariable,
      .network, .sets,
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
