import PlumblineBundle

/// A bundle, its expressions read.
struct PlainSpec: Sendable {
  let bundle: SpecBundle
  private var expressions: [String: PlainExpression] = [:]
  private var terms: [String: (parameters: [String]?, body: PlainExpression)] = [:]
  /// The temporal rules in the order of requirement ids.
  private(set) var rules: [PlainRule] = []

  struct Problem: Error, CustomStringConvertible { var description: String }

  init(_ bundle: SpecBundle) throws {
    self.bundle = bundle
    for text in Self.texts(bundle) where expressions[text] == nil {
      do { expressions[text] = try PlainExpression(text) } catch {
        throw Problem(description: "\(text): \(error.message) at \(error.place)")
      }
    }
    for term in bundle.terms {
      terms[term.name] = (term.parameters, expression(term.body))
    }
    let ordered = bundle.requirements.enumerated().sorted {
      ($0.element.id, $0.offset) < ($1.element.id, $1.offset)
    }
    for (_, requirement) in ordered where requirement.isEnforced {
      for temporal in requirement.temporal {
        rules.append(PlainRule(number: rules.count, requirement, temporal))
      }
    }
  }

  func expression(_ text: ExpressionText) -> PlainExpression {
    expressions[text.text]
      ?? PlainExpression(.literal(.unsupported("an expression that was not read")))
  }

  func term(_ name: String) -> (parameters: [String]?, body: PlainExpression)? { terms[name] }

  func tool(_ name: String) -> ToolDeclaration? { bundle.tools.first { $0.name == name } }

  func collection(_ name: String) -> CollectionDeclaration? {
    bundle.collections.first { $0.name == name }
  }

  /// How long facts of a collection stay fresh: as long as the strictest of the tools that ground it says.
  func freshness(_ collection: String) -> Int64? {
    (self.collection(collection)?.groundedBy ?? []).compactMap { tool($0)?.freshFor }.min()
  }

  /// The requirements that judge an action's proposals.
  func requirements(of tool: ToolDeclaration) -> [RequirementDeclaration] {
    bundle.requirements.filter { requirement in
      guard requirement.isEnforced else { return false }
      return requirement.appliesTo.contains(tool.name)
        || rules.contains { rule in
          rule.requirement.id == requirement.id
            && (rule.names(tool.name) || (rule.othersCanBreach && !tool.actsAsRead))
        }
    }
  }

  private static func texts(_ bundle: SpecBundle) -> [String] {
    var texts: [ExpressionText?] = bundle.terms.map(\.body)
    for tool in bundle.tools {
      texts += tool.keeps.flatMap { [$0.source, $0.key] } + tool.fails.map { $0 }
      texts += tool.learns.map(\.value) + tool.sets.flatMap { [$0.path.key, $0.value] }
      texts += (tool.touches ?? []).map(\.key) + tool.claims.map(\.value) + [tool.asOf]
    }
    for requirement in bundle.requirements {
      texts += [requirement.when, requirement.require, requirement.ensure]
      texts += requirement.temporal.flatMap { $0.events.joined().map(\.condition) }
      texts += [requirement.confirmed?.agrees, requirement.confirmed?.refuses]
      texts += requirement.confirmed?.lists ?? []
    }
    for workflow in bundle.workflows {
      texts += workflow.steps.flatMap { $0.next.map(\.when) }
    }
    return texts.compactMap { $0?.text }
  }
}

/// A temporal rule: its sets, and who may approve in place of the first.
struct PlainRule: Sendable {
  let number: Int
  let requirement: RequirementDeclaration
  let temporal: TemporalDeclaration
  let meaning: RuleMeaning
  let sets: [[EventDeclaration]]
  let reviewers: [String]

  init(number: Int, _ requirement: RequirementDeclaration, _ temporal: TemporalDeclaration) {
    self.number = number
    self.requirement = requirement
    self.temporal = temporal
    meaning = RuleMeaning(temporal)
    var sets = temporal.events
    var reviewers: [String] = []
    if temporal.sugar == "after", let first = sets.first {
      for event in first {
        if case .approval(let role) = event.kind { reviewers.append(role) }
      }
      sets[0] = first.filter { if case .approval = $0.kind { false } else { true } }
    }
    self.sets = sets
    self.reviewers = reviewers
  }

  private func holds(_ test: (EventDeclaration.Kind) -> Bool) -> Bool {
    sets.joined().contains { test($0.kind) }
  }

  func names(_ action: String) -> Bool {
    temporal.events.joined().contains {
      switch $0.kind {
      case .actions(let names), .attempt(let names): names.contains(action)
      default: false
      }
    }
  }

  func namesAttempt(_ action: String) -> Bool {
    holds { if case .attempt(let names) = $0 { names.contains(action) } else { false } }
  }

  var namesMessages: Bool { holds { if case .message = $0 { true } else { false } } }

  /// Whether a success of the action is in a set, where its condition holds.
  func namesSuccess(_ tool: ToolDeclaration) -> Bool {
    holds { Self.isSuccess($0, tool) }
  }

  static func isSuccess(_ kind: EventDeclaration.Kind, _ tool: ToolDeclaration) -> Bool {
    switch kind {
    case .actions(let names): names.contains(tool.name)
    case .message(let speaker): tool.effect == .say && tool.message == speaker
    default: false
    }
  }

  /// Whether a letter outside both sets makes a difference: it comes between, or it begins a slice that waits.
  var othersMatter: Bool {
    if !temporal.same.isEmpty, meaning.isOpen([]) { return true }
    switch temporal.template {
    case .initial, .end, .chainResponse, .chainPrecedence, .chainSuccession, .notChainResponse,
      .notChainPrecedence, .notChainSuccession:
      return true
    default: return false
    }
  }

  /// Whether a letter outside both sets can breach it.
  var othersCanBreach: Bool {
    switch temporal.template {
    case .initial, .chainResponse, .chainSuccession: true
    default: false
    }
  }
}
