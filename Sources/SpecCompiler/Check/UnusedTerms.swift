import CEL
import PlumblineBundle
import PlumblineDiagnostics
import PlumblineRuntime
import SpecModel

/// Terms are typed at each use. One that nothing uses is typed by itself: it must mean something somewhere.
enum UnusedTerms {
  static func check(_ input: CheckInput, _ terms: TermTable) -> [Diagnostic] {
    if input.terms.isEmpty { return [] }
    let unused = UnusedChecks.unusedTerms(input)
    if unused.isEmpty { return [] }
    let contexts = contexts(input)
    var checks = ExpressionChecks(input, terms)
    for (number, term) in input.terms.enumerated()
    where unused.contains(term.name.value) && !terms.broken.contains(number) {
      check(term, contexts, input, &checks)
    }
    return checks.diagnostics
  }

  /// Every kind of place that a term can be used in.
  private static func contexts(_ input: CheckInput) -> [SpecScope.Context] {
    let tools = input.bundle.tools.map(\.name)
    var contexts = tools.map { SpecScope.Context.requirement(action: $0) }
    contexts += tools.map { .ensure(action: $0) }
    contexts += tools.map { .result(tool: $0) }
    contexts += tools.map { .rawResult(tool: $0) }
    if let workflow = input.bundle.workflows.first, let step = workflow.steps.first {
      contexts.append(.next(workflow: workflow.name, step: step.name))
    }
    return contexts.isEmpty ? [.constant] : contexts
  }

  private static func check(
    _ term: WrittenTerm, _ contexts: [SpecScope.Context], _ input: CheckInput,
    _ checks: inout ExpressionChecks
  ) {
    var best: [CELIssue]?
    for context in contexts {
      let issues = issues(term, context, input, checks)
      if issues.isEmpty { return }
      if best.map({ rank(issues) < rank($0) }) ?? true { best = issues }
    }
    // One mistake, one message: what else does not fit may only follow from where it was tried.
    guard let issue = best?.first else { return }
    if issue.position.source == 0 {
      checks.diagnostics.append(.expression(issue, at: term.body.range(issue.position)))
    } else if let number = checks.term(issue.position.source) {
      let other = input.terms[number]
      checks.diagnostics.append(.expression(issue, at: other.body.range(issue.position)))
    }
  }

  /// Where most names are known is where the term belongs; a misspelt name is nearer than an unknown one.
  private static func rank(_ issues: [CELIssue]) -> Int {
    issues.reduce(0) { sum, issue in
      switch issue.kind {
      case .undeclaredName, .undeclaredField, .undeclaredFunction:
        sum + (issue.help?.hasPrefix("did you mean") == true ? 2 : 3)
      default: sum + 1
      }
    }
  }

  private static func issues(
    _ term: WrittenTerm, _ context: SpecScope.Context, _ input: CheckInput,
    _ checks: ExpressionChecks
  ) -> [CELIssue] {
    let parsed = input.scope.parse(ExpressionText(term.body.text), in: context)
    if !parsed.issues.isEmpty { return parsed.issues }
    var environment = input.scope.environment(context)
    for parameter in term.parameters ?? [] {
      let name = parameter.value
      environment.variables[name] = VariableDeclaration(name: name, type: .dyn, slot: 0)
    }
    let result = CELChecker.check(parsed.expr, in: environment)
    guard result.issues.isEmpty, let checked = result.checked else { return result.issues }
    return checks.callIssues(checked)
  }
}
