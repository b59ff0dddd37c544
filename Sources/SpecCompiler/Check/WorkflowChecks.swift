import CEL
import PlumblineBundle
import PlumblineDiagnostics
import PlumblineRuntime
import SpecModel

/// Steps: what leads where, and what can never be left or reached.
enum WorkflowChecks {
  /// `told` are actions of which it was said already that no step allows them.
  static func check(_ input: CheckInput, _ terms: TermTable, told: Set<String>) -> [Diagnostic] {
    var checks = ExpressionChecks(input, terms)
    for (index, workflow) in input.workflows.enumerated() {
      edges(workflow, &checks)
      shape(workflow, input.bundle.workflows[index], input, &checks)
    }
    tools(input, told, &checks)
    return checks.diagnostics
  }

  private static func edges(_ workflow: WrittenWorkflow, _ checks: inout ExpressionChecks) {
    for step in workflow.steps {
      let context = SpecScope.Context.next(
        workflow: workflow.name.value, step: step.name.value)
      if let goal = step.goalText { checks.checkTemplate(goal, in: context, what: "a goal") }
      var first: [String: SourceRange] = [:]
      // An edge without a `when` is no such: it waits for an `enter`.
      var always: (to: String, range: SourceRange)?
      for edge in step.next {
        if let always {
          checks.diagnostics.append(
            .edgeNeverTaken(edge.to.value, after: always.to, at: edge.to.range, first: always.range)
          )
        }
        let key = "\(edge.to.value)\u{0}\(edge.when?.text ?? "")"
        if let place = first[key], always == nil {
          checks.diagnostics.append(
            .duplicateEdge(edge.to.value, at: edge.to.range, first: place))
        }
        first[key] = first[key] ?? edge.to.range
        if let when = edge.when {
          if let checked = checks.check(when, in: context, expecting: .bool),
            let constant = constant(checked, checks.input.scope.environment(context))
          {
            if constant {
              always = (edge.to.value, edge.to.range)
            } else {
              checks.diagnostics.append(.edgeNever(edge.to.value, at: when.range))
            }
          }
        }
      }
      if step.final?.value == true, let edge = step.next.first {
        checks.diagnostics.append(.finalWithNext(step.name.value, at: edge.to.range))
      }
    }
  }

  private static func constant(
    _ checked: CheckedExpression, _ environment: CEL.Environment
  ) -> Bool? {
    let formula = Formula(of: checked.folded(in: environment))
    if let value = formula.value { return value }
    if formula.isContradiction { return false }
    return formula.negated.simplified.isContradiction ? true : nil
  }

  private static func shape(
    _ written: WrittenWorkflow, _ workflow: WorkflowDeclaration, _ input: CheckInput,
    _ checks: inout ExpressionChecks
  ) {
    let index = Dictionary(
      workflow.steps.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    let next = workflow.steps.map { $0.next.compactMap { index[$0.to] } }
    // Unknown targets were reported; what follows from them is not.
    let sound = zip(written.steps, workflow.steps).allSatisfy { $0.next.count == $1.next.count }
    let startKnown = written.start.map { index[$0.value] != nil } ?? true

    guard sound else { return }
    // A step without a way out explains what cannot be reached or ended.
    var deadEnd = false
    for (number, step) in written.steps.enumerated()
    where next[number].isEmpty && !workflow.steps[number].final {
      checks.diagnostics.append(.stepNeverLeft(step.name.value, at: step.name.range))
      deadEnd = true
    }
    if !deadEnd {
      if startKnown, let start = index[workflow.start] {
        let reached = closure([start], next)
        for (number, step) in written.steps.enumerated() where !reached.contains(number) {
          checks.diagnostics.append(
            .stepNeverReached(step.name.value, from: workflow.start, at: step.name.range))
        }
      }
      var previous = Array(repeating: [Int](), count: next.count)
      for (from, targets) in next.enumerated() { for to in targets { previous[to].append(from) } }
      let finals = workflow.steps.indices.filter { workflow.steps[$0].final }
      let leaving = closure(finals, previous)
      if let number = workflow.steps.indices.first(where: { !leaving.contains($0) }) {
        let step = written.steps[number]
        checks.diagnostics.append(.stepNeverEnds(step.name.value, at: step.name.range))
      }
    }
    for step in written.steps {
      if step.final?.value == true, let tool = step.tools.first {
        checks.diagnostics.append(.finalWithTools(step.name.value, at: tool.range))
        continue
      }
      // Who acts may be misspelt, and the agent meant.
      guard let actor = step.actor?.value, input.bundle.roles.contains(actor) else { continue }
      for tool in step.tools {
        let actions =
          input.toolIndex[tool.value] != nil
          ? [tool.value] : input.lowering.groupIndex[tool.value] ?? []
        for action in actions {
          guard let index = input.toolIndex[action] else { continue }
          let effect = input.bundle.tools[index].effect
          if effect != .read, effect != .none {
            checks.diagnostics.append(
              .actorStepActs(action, effect.rawValue, step.name.value, at: tool.range))
          }
        }
      }
    }
  }

  private static func closure(_ start: [Int], _ edges: [[Int]]) -> Set<Int> {
    var seen = Set(start)
    var open = start
    while let node = open.popLast() {
      for next in edges[node] where seen.insert(next).inserted { open.append(next) }
    }
    return seen
  }

  /// Actions that no step allows can never be taken.
  private static func tools(
    _ input: CheckInput, _ told: Set<String>, _ checks: inout ExpressionChecks
  ) {
    guard !input.workflows.isEmpty else { return }
    guard let allowed = allowedTools(input) else { return }
    for (index, tool) in input.tools.enumerated() {
      let name = tool.name.value
      // Messages have no step.
      if allowed.contains(name) || told.contains(name) || input.bundle.tools[index].message != nil {
        continue
      }
      checks.diagnostics.append(.toolInNoStep(tool.name.value, at: tool.name.range))
    }
  }

  /// The actions that some step allows; nil where a step names one that nobody knows: it may be any.
  static func allowedTools(_ input: CheckInput) -> Set<String>? {
    for tool in input.workflows.lazy.flatMap(\.steps).flatMap(\.tools)
    where input.toolIndex[tool.value] == nil && input.lowering.groupIndex[tool.value] == nil {
      return nil
    }
    var allowed: Set<String> = []
    for workflow in input.bundle.workflows {
      for step in workflow.steps where !step.final { allowed.formUnion(step.tools) }
    }
    return allowed
  }
}
