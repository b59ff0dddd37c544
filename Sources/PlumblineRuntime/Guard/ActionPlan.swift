import CEL
import PlumblineBundle
import Synchronization

/// The rules of one action, compiled at its first proposal.
final class ActionPlan: Sendable {
  /// In an order in which what is needed comes first; `rank` gives the order of ids.
  let requirements: [RequirementPlan]
  private let byStep = Mutex<[String?: StepRules]>([:])
  let claims: [Condition]

  init(action: Int, requirements indices: [Int], scope: SpecScope, temporal: TemporalPlan) {
    let tool = scope.bundle.tools[action]
    let sorted = indices.sorted { a, b in
      let (left, right) = (scope.bundle.requirements[a].id, scope.bundle.requirements[b].id)
      return left == right ? a < b : left < right
    }
    let here = Dictionary(
      sorted.enumerated().map { (scope.bundle.requirements[$1].id, $0) },
      uniquingKeysWith: { first, _ in first })
    let needs: [[Int]] = sorted.map { index in
      scope.bundle.requirements[index].needs.compactMap { here[$0] }
    }
    // Depth first; a cycle, which the compiler refuses, is cut at its start.
    var order: [Int] = []
    var visited = [Bool](repeating: false, count: sorted.count)
    var stack: [(rank: Int, next: Int)] = []
    for start in sorted.indices where !visited[start] {
      visited[start] = true
      stack.append((start, 0))
      while let top = stack.last {
        if top.next < needs[top.rank].count {
          stack[stack.count - 1].next += 1
          let need = needs[top.rank][top.next]
          if !visited[need] {
            visited[need] = true
            stack.append((need, 0))
          }
        } else {
          order.append(top.rank)
          stack.removeLast()
        }
      }
    }
    requirements = order.map { rank in
      RequirementPlan(
        scope.bundle.requirements[sorted[rank]], rank: rank, needs: needs[rank], action: tool.name,
        scope: scope, temporal: temporal.questions(of: sorted[rank], action: action))
    }
    claims = tool.claims.map { scope.condition($0.value, in: .claim(tool: tool.name)) }
  }
}

/// The rules of one action that can decide something in one step, compiled.
final class StepRules: Sendable {
  /// In the order of the action's.
  let requirements: [RequirementPlan]
  /// The conditions of all of them; where all are true and nothing else is to be judged, all is well.
  let conditions: ContiguousArray<Condition>
  /// Nothing but conditions decides here.
  let isPlain: Bool

  init(_ requirements: [RequirementPlan]) {
    self.requirements = requirements
    conditions = ContiguousArray(requirements.compactMap(\.condition))
    isPlain = requirements.allSatisfy {
      $0.declaration.confirmed == nil && $0.temporal.isEmpty
    }
  }
}

extension ActionPlan {
  /// What can be other than true in a step (nil: in no step): a rule whose `when` asks for another step
  /// is satisfied there, whatever else it says.
  func rules(in step: String?) -> StepRules {
    if let known = byStep.withLock({ $0[step] }) { return known }
    let made = StepRules(
      step.map { step in requirements.filter { $0.applies(in: step) } } ?? requirements)
    byStep.withLock { $0[step] = made }
    return made
  }
}

/// One requirement as it is judged on one action.
final class RequirementPlan: Sendable {
  let declaration: RequirementDeclaration
  let action: String
  /// Its place among the action's requirements in the order of ids.
  let rank: Int
  /// Ranks of the requirements whose failure leaves this one unjudged.
  let needs: [Int]
  let shadow: Bool
  let temporal: [TemporalQuestion]
  private let scope: SpecScope
  private let lazyCondition = Lazy<Condition?>()
  private let lazyEnsure = Lazy<Condition?>()
  private let lazyConfirmation = Lazy<ConfirmationPlan?>()
  private let lazyTell = Lazy<TellPlan?>()

  init(
    _ declaration: RequirementDeclaration, rank: Int, needs: [Int], action: String,
    scope: SpecScope, temporal: [TemporalQuestion]
  ) {
    self.temporal = temporal
    self.declaration = declaration
    self.rank = rank
    self.needs = needs
    self.action = action
    self.scope = scope
    shadow = declaration.mode == .shadow
  }

  /// `!(when) || (require)`.
  var condition: Condition? {
    if declaration.require == nil { return nil }
    return lazyCondition.get {
      compiled("on", .requirement(action: action)) {
        $0.condition(of: $1, action: $2)
      }
    }
  }

  /// `!(when) || (ensure)`.
  var ensure: Condition? {
    if declaration.ensure == nil { return nil }
    return lazyEnsure.get {
      compiled("after", .ensure(action: action)) {
        $0.postcondition(of: $1, action: $2)
      }
    }
  }

  var confirmation: ConfirmationPlan? {
    guard let confirmed = declaration.confirmed else { return nil }
    return lazyConfirmation.get {
      ConfirmationPlan(confirmed, when: declaration.when, action: action, scope: scope)
    }
  }

  private func compiled(
    _ word: String, _ context: SpecScope.Context,
    _ parts:
      @escaping @Sendable (SpecScope, RequirementDeclaration, String) -> (
        expr: Expr?, issues: [CELIssue]
      )
  ) -> Condition {
    let environment = scope.environment(context)
    let texts = [
      declaration.when, word == "after" ? declaration.ensure : declaration.require,
    ].compactMap { $0 }
    return scope.made(
      "\(declaration.id) \(word) \(action)", in: environment,
      sources: scope.sources(of: declaration), texts: texts
    ) { [unowned scope, declaration, action] in
      let made = parts(scope, declaration, action)
      // Asked for only where the requirement has such a condition.
      guard let expr = made.expr, made.issues.isEmpty else {
        return CheckResult(checked: nil, issues: made.issues)
      }
      return CELChecker.check(expr, in: environment, expecting: .bool)
    }
  }

  /// Whether it can decide anything in a step.
  func applies(in step: String) -> Bool {
    guard let when = declaration.when, scope.mayNameStep(when) else { return true }
    let parts = scope.condition(of: declaration, action: action)
    guard let expr = parts.expr, parts.issues.isEmpty, declaration.confirmed == nil,
      declaration.temporal.isEmpty
    else {
      return true
    }
    return StepFilter.steps(expr)?.contains(step) ?? true
  }

  var tell: TellPlan? {
    lazyTell.get {
      declaration.tell.map { TellPlan($0, context: .tell(action: action), scope: scope) }
    }
  }
}

/// `confirmed` on one action.
final class ConfirmationPlan: Sendable {
  let speaker: String
  let when: Condition?
  /// Over `@text`, the message.
  let agrees: Condition
  let refuses: Condition?
  let lists: [Condition]
  let texts: [String]

  init(
    _ declaration: ConfirmationDeclaration, when: ExpressionText?, action: String, scope: SpecScope
  ) {
    let context = SpecScope.Context.requirement(action: action)
    speaker = declaration.by
    self.when = when.map { scope.condition($0, in: context, expecting: .bool) }
    agrees = scope.matching(declaration.agrees, in: context)
    refuses = declaration.refuses.map { scope.matching($0, in: context) }
    lists = declaration.lists.map { scope.condition($0, in: context) }
    texts = declaration.lists.map(\.text)
  }
}

extension SpecScope {
  /// The condition that the text at hand matches a pattern that an expression gives.
  func matching(_ pattern: ExpressionText, in context: Context) -> Condition {
    matching("\(context.words): matches \(pattern.text)", in: environment(context), [pattern]) {
      [unowned self] in parse(pattern, in: context)
    }
  }

  /// The condition that the text at hand matches a pattern known now.
  func matching(pattern: String) -> Condition {
    let nowhere = ExprPosition(start: 0, end: 0)
    return matching("matches the pattern \(pattern)", in: environment(.constant), []) {
      (Expr(position: nowhere, kind: .literal(.string(pattern))), [])
    }
  }

  private func matching(
    _ name: String, in environment: CEL.Environment, _ texts: [ExpressionText],
    _ pattern: @escaping @Sendable () -> (expr: Expr, issues: [CELIssue])
  ) -> Condition {
    var environment = environment
    environment.variables["@text"] = VariableDeclaration(
      name: "@text", type: .string, slot: Slot.text)
    return made(name, in: environment, texts: texts) { [environment] in
      let (pattern, issues) = pattern()
      if !issues.isEmpty { return CheckResult(checked: nil, issues: issues) }
      let text = Expr(position: pattern.position, kind: .ident("@text"))
      let call = Expr(
        position: pattern.position,
        kind: .call(function: "matches", target: text, arguments: [pattern]))
      return CELChecker.check(call, in: environment, expecting: .bool)
    }
  }
}

/// What folding a tool's results needs, compiled at its first use.
final class ToolPlan: Sendable {
  struct Keep: Sendable {
    let collection: Int
    let each: Bool
    let source: Condition?
    let key: Condition
  }
  struct Target: Sendable {
    /// -1: the case.
    let collection: Int
    /// nil: the whole collection.
    let key: Condition?
    let fields: [String]
  }
  struct Assignment: Sendable {
    let target: Target
    let value: Condition
  }
  struct Learn: Sendable {
    let slot: Int
    let key: String
    let value: Condition
  }
  let result: DecodePlan?
  let keeps: [Keep]
  let touches: [Target]
  let sets: [Assignment]
  let learns: [Learn]
  let fails: [Condition]
  let asOf: Condition?
  let settledBy: Int?
  /// Whether anything of the case depends on its outcome.
  var changesFacts: Bool { !(keeps.isEmpty && touches.isEmpty && sets.isEmpty) }

  init(action: Int, scope: SpecScope, planner: DecodePlanner) {
    let tool = scope.bundle.tools[action]
    var planner = planner
    result = tool.returns.map { planner.plan($0) }
    let typed = SpecScope.Context.result(tool: tool.name)
    func target(_ path: FactPath) -> Target? {
      if path.collection == "case" { return Target(collection: -1, key: nil, fields: path.fields) }
      guard let collection = scope.collectionIndex[path.collection] else { return nil }
      return Target(
        collection: collection, key: path.key.map { scope.condition($0, in: typed) },
        fields: path.fields)
    }
    keeps = tool.keeps.compactMap { keep in
      guard let collection = scope.collectionIndex[keep.collection] else { return nil }
      var context = SpecScope.Context.keep(tool: tool.name, each: nil)
      if let each = keep.each {
        let type = scope.celType(scope.bundle.collections[collection].type)
        context = .keep(tool: tool.name, each: .init(name: each, type: type))
      }
      return Keep(
        collection: collection, each: keep.each != nil,
        source: keep.source.map { scope.condition($0, in: typed) },
        key: scope.condition(keep.key, in: context))
    }
    touches = (tool.touches ?? []).compactMap { target($0) }
    sets = tool.sets.compactMap { set in
      target(set.path).map {
        Assignment(target: $0, value: scope.condition(set.value, in: typed))
      }
    }
    learns = tool.learns.compactMap { learn in
      scope.caseObject.slot(of: learn.key).map {
        Learn(slot: $0, key: learn.key, value: scope.condition(learn.value, in: typed))
      }
    }
    fails = tool.fails.map {
      scope.condition($0, in: .rawResult(tool: tool.name))
    }
    asOf = tool.asOf.map { scope.condition($0, in: typed) }
    settledBy = tool.settledBy.flatMap { scope.toolIndex[$0] }
  }
}

/// One step, ready to run. Edges are compiled at the first event in the step.
final class StepPlan: Sendable {
  let declaration: StepDeclaration
  let workflow: WorkflowDeclaration
  /// By number of the tool.
  let allowed: [Bool]
  let digestRequired: Bool
  let confidence: ConfidenceDeclaration?
  let edges: [(to: Int, hasWhen: Bool)]
  private let scope: SpecScope
  private let lazyConditions = Lazy<[Condition?]>()
  let content = Lazy<DigestContent>()

  init(_ declaration: StepDeclaration, workflow: WorkflowDeclaration, scope: SpecScope) {
    self.declaration = declaration
    self.workflow = workflow
    self.scope = scope
    var allowed = [Bool](repeating: false, count: scope.bundle.tools.count)
    if !declaration.final {
      for tool in declaration.tools {
        guard let index = scope.toolIndex[tool] else { continue }
        allowed[index] = declaration.actor == nil || scope.bundle.tools[index].actsAsRead
      }
    }
    self.allowed = allowed
    digestRequired = declaration.digestRequired
    confidence = declaration.confidence
    edges = declaration.next.map { edge in
      (workflow.steps.firstIndex { $0.name == edge.to } ?? -1, edge.when != nil)
    }
  }

  /// The conditions of the edges; nil for an edge without.
  var conditions: [Condition?] {
    lazyConditions.get {
      declaration.next.map { edge in
        edge.when.map {
          scope.condition(
            $0, in: .next(workflow: workflow.name, step: declaration.name), expecting: .bool)
        }
      }
    }
  }
}
