import CEL
import PlumblineBundle
import PlumblineRuntime

/// A bundle whose every expression has its type, as the compiler would have it.
struct Sound {
  let bundle: SpecBundle
  let scope: SpecScope
  let guardian: Guard

  struct Problem: Error, CustomStringConvertible { var description: String }

  init(_ written: SpecBundle) throws {
    bundle = try SpecBundle.load(written.encode()).bundle
    scope = SpecScope(bundle)
    try Self.check(scope)
    guardian = try Guard(scope, meaning: "random")
  }

  private static func check(_ scope: SpecScope) throws {
    func demand(
      _ text: ExpressionText?, _ context: SpecScope.Context, _ type: CELType? = nil
    ) throws {
      guard let text else { return }
      let result = scope.compile(text, in: context, expecting: type)
      if let issue = result.issues.first {
        throw Problem(description: "\(text.text): \(issue.message)")
      }
    }
    let bundle = scope.bundle
    for tool in bundle.tools {
      let result = SpecScope.Context.result(tool: tool.name)
      for keep in tool.keeps {
        var context = SpecScope.Context.keep(tool: tool.name, each: nil)
        if let source = keep.source, let each = keep.each {
          try demand(source, result)
          let type = scope.compile(source, in: result).checked?.type
          guard case .list(let element)? = type else { throw Problem(description: "no list") }
          context = .keep(tool: tool.name, each: .init(name: each, type: element))
        }
        try demand(keep.key, context)
      }
      for learn in tool.learns {
        let field = bundle.caseFields.first { $0.name == learn.key }
        try demand(learn.value, result, field.map { scope.celType($0.type) })
      }
      for path in (tool.touches ?? []) + tool.sets.map(\.path) { try demand(path.key, result) }
      for set in tool.sets { try demand(set.value, result, try type(set.path, scope)) }
      try demand(tool.asOf, result, .timestamp)
      for fails in tool.fails { try demand(fails, .rawResult(tool: tool.name), .bool) }
      for claim in tool.claims { try demand(claim.value, .claim(tool: tool.name)) }
    }
    for requirement in bundle.requirements { try check(requirement, scope, demand) }
    for workflow in bundle.workflows {
      for step in workflow.steps {
        for edge in step.next {
          try demand(edge.when, .next(workflow: workflow.name, step: step.name), .bool)
        }
      }
    }
  }

  private static func check(
    _ requirement: RequirementDeclaration, _ scope: SpecScope,
    _ demand: (ExpressionText?, SpecScope.Context, CELType?) throws -> Void
  ) throws {
    func whole(_ made: (expr: Expr?, issues: [CELIssue]), _ context: SpecScope.Context) throws {
      guard let expr = made.expr else { return }
      var issues = made.issues
      if issues.isEmpty {
        issues =
          CELChecker.check(expr, in: scope.environment(context), expecting: .bool).issues
      }
      if let issue = issues.first {
        let text = requirement.require?.text ?? requirement.ensure?.text ?? ""
        throw Problem(description: "\(requirement.id) \(text): \(issue.message)")
      }
    }
    for action in requirement.appliesTo {
      let context = SpecScope.Context.requirement(action: action)
      if requirement.require != nil {
        try whole(scope.condition(of: requirement, action: action), context)
      } else if requirement.ensure != nil {
        try whole(
          scope.postcondition(of: requirement, action: action), .ensure(action: action))
      } else if requirement.temporal.isEmpty {
        try demand(requirement.when, context, .bool)
      }
      if let confirmed = requirement.confirmed {
        try demand(confirmed.agrees, context, .string)
        try demand(confirmed.refuses, context, .string)
        for value in confirmed.lists { try demand(value, context, nil) }
      }
    }
    for rule in requirement.temporal {
      for event in rule.events.joined() {
        switch event.kind {
        case .actions(let actions), .attempt(let actions):
          try demand(event.condition, .event(actions: actions), .bool)
          if requirement.when != nil {
            for action in actions
            where requirement.appliesTo.contains(action) || requirement.appliesTo.isEmpty {
              try? demand(requirement.when, .activation(action: action), .bool)
            }
          }
        case .message: try demand(event.condition, .message, .bool)
        case .activity, .approval: try demand(event.condition, .event(actions: []), .bool)
        }
      }
      if let when = requirement.when {
        let actions =
          requirement.appliesTo.isEmpty
          ? activating(rule) : requirement.appliesTo
        for action in actions { try demand(when, .activation(action: action), .bool) }
      }
    }
  }

  /// The events of the sets that `when` filters.
  static func activatingEvents(_ rule: TemporalDeclaration) -> [EventDeclaration] {
    guard rule.events.count == 2 else { return Array(rule.events.joined()) }
    switch rule.template {
    case .response, .alternateResponse, .chainResponse, .respondedExistence, .notResponse,
      .notRespondedExistence, .notChainResponse:
      return rule.events[0]
    case .precedence, .alternatePrecedence, .chainPrecedence, .notPrecedence,
      .notChainPrecedence, .notSuccession, .notChainSuccession:
      return rule.events[1]
    default: return Array(rule.events.joined())
    }
  }

  /// The actions of the sets that `when` filters.
  static func activating(_ rule: TemporalDeclaration) -> [String] {
    var actions: Set<String> = []
    for event in activatingEvents(rule) {
      switch event.kind {
      case .actions(let names), .attempt(let names): actions.formUnion(names)
      case .approval, .message, .activity: break
      }
    }
    return actions.sorted()
  }

  /// The type of what a path names.
  private static func type(_ path: FactPath, _ scope: SpecScope) throws -> CELType? {
    guard let collection = scope.bundle.collections.first(where: { $0.name == path.collection })
    else { return nil }
    var type = collection.type
    for name in path.fields {
      guard case .record(let fields) = scope.bundle.plain(type),
        let field = fields.first(where: { $0.name == name })
      else { throw Problem(description: "\(path) names no field") }
      type = field.type
    }
    return scope.celType(type)
  }
}
