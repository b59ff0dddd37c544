import CEL
import PlumblineBundle
import PlumblineJSON

extension Guard {
  /// The digest of a step as the spec alone gives it: no case, nothing known. Without a workflow
  /// the only one is meant, without a step its start; in a spec without workflows, all of it.
  /// nil where there is no such step.
  public func digest(workflow: String?, step: String?) -> Digest? {
    if bundle.workflows.isEmpty {
      guard workflow == nil, step == nil else { return nil }
      return digest(plan: nil, state: nil, budget: Self.defaultBudget)
    }
    let index: Int?
    if let workflow {
      index = bundle.workflows.firstIndex { $0.name == workflow }
    } else {
      index = bundle.workflows.count == 1 ? 0 : nil
    }
    guard let index else { return nil }
    let name = step ?? bundle.workflows[index].start
    guard let plan = steps[index].first(where: { $0.declaration.name == name }) else { return nil }
    return digest(plan: plan, state: nil, budget: Self.defaultBudget)
  }

  /// The digest that is due in a state, within a budget of tokens.
  public func digest(_ state: CaseState, budget: Int = 400) -> Digest {
    digest(plan: step(of: state), state: state, budget: budget)
  }

  private static let defaultBudget = 400

  private func digest(plan: StepPlan?, state: CaseState?, budget: Int) -> Digest {
    let step = plan?.declaration
    let tools = allowedTools(plan, isClosed: state?.isClosed ?? false)
    let requirements = digestRequirements(tools)
    let identity: DigestIdentity
    if let state {
      identity = digestIdentity(state)
    } else {
      identity = DigestIdentity(
        guardian: self, plan: plan, visit: 0, lastDenial: nil, compactions: 0,
        temporal: nil, opened: nil)
    }
    let uses = factUses(plan, tools)
    let facts = FactReport(guardian: self, uses: uses, allowed: Set(tools))
    var known: [Digest.KnownFact]?
    var missing: [Digest.MissingFact]
    if let state {
      let found = facts.inCase(state)
      known = found.known
      missing = found.missing
    } else {
      missing = facts.needed()
    }
    return Digest(
      identity: identity.digest, spec: bundle.spec, version: bundle.version, meaning: meaning,
      workflow: plan?.workflow.name, step: step?.name, goal: step?.goal, actor: step?.actor,
      isFinal: step?.final ?? false,
      quoting: step?.digestRequired == true ? .always : bundle.digestRequired ? .writes : .never,
      confidence: step?.confidence,
      actions: tools.map {
        .init(
          name: bundle.tools[$0].name, effect: bundle.tools[$0].effect,
          oncePer: bundle.tools[$0].oncePer)
      },
      edges: (step?.next ?? []).map { edge(of: $0) },
      requirements: requirements, advice: digestAdvice(tools), gravest: gravest(requirements),
      lastDenial: state?.lastDenial.map { refusal($0) },
      obligations: state.map { obligations(of: $0) } ?? [], known: known, missing: missing,
      time: state?.clock, budget: budget)
  }

  /// The tools possible in a step, in the order in which it names them.
  private func allowedTools(_ plan: StepPlan?, isClosed: Bool) -> [Int] {
    if isClosed { return [] }
    guard let plan else { return Array(bundle.tools.indices) }
    var seen: Set<Int> = []
    return plan.declaration.tools.compactMap { scope.toolIndex[$0] }
      .filter { plan.allowed[$0] && seen.insert($0).inserted }
  }

  private func digestRequirements(_ tools: [Int]) -> [Digest.Requirement] {
    var order: [Int] = []
    var actions: [Int: [String]] = [:]
    for tool in tools {
      for index in requirementsByAction[tool]
      where bundle.requirements[index].mode == .enforce && isAbout(tool, requirement: index) {
        if actions[index] == nil { order.append(index) }
        actions[index, default: []].append(bundle.tools[tool].name)
      }
    }
    return order.map { requirement(bundle.requirements[$0], actions[$0] ?? []) }
      .sorted { Self.rank($0) < Self.rank($1) }
  }

  /// Whether a requirement is about an action itself: it judges it, or the action can break one of its
  /// temporal rules, or has a part in one that wants something to happen. What only has to come before
  /// another action, or must not, is listed under that one.
  private func isAbout(_ tool: Int, requirement index: Int) -> Bool {
    let rule = bundle.requirements[index]
    let judges = rule.require != nil || rule.ensure != nil || rule.confirmed != nil
    if rule.temporal.isEmpty || judges && rule.appliesTo.contains(bundle.tools[tool].name) {
      return true
    }
    return temporalPlan.isAbout(action: tool, requirement: index)
  }

  private func digestAdvice(_ tools: [Int]) -> [Digest.Requirement] {
    let names = Set(tools.map { bundle.tools[$0].name })
    return bundle.requirements.filter { rule in
      rule.advice && (rule.appliesTo.isEmpty || rule.appliesTo.contains { names.contains($0) })
    }
    .map { rule in requirement(rule, rule.appliesTo.filter { names.contains($0) }) }
    .sorted { $0.id < $1.id }
  }

  private func requirement(_ rule: RequirementDeclaration, _ actions: [String])
    -> Digest.Requirement
  {
    .init(
      id: rule.id, statement: rule.statement, priority: rule.priority,
      isProhibition: Self.isProhibition(rule), actions: actions, otherwise: rule.otherwise)
  }

  private static func isProhibition(_ rule: RequirementDeclaration) -> Bool {
    if rule.negated { return true }
    for temporal in rule.temporal {
      switch temporal.template {
      case .absence, .notCoExistence, .notSuccession, .notChainSuccession, .notResponse,
        .notPrecedence, .notRespondedExistence, .notChainResponse, .notChainPrecedence:
        return true
      default: break
      }
    }
    let statement = rule.statement.lowercased()
    return ["shall not", "must not", "shall never", "must never"].contains {
      statement.contains($0)
    }
  }

  private static func rank(_ rule: Digest.Requirement) -> (Int, Int, String) {
    (priority(rule.priority), rule.isProhibition ? 0 : 1, rule.id)
  }

  private static func priority(_ priority: Priority) -> Int {
    switch priority {
    case .must: 0
    case .should: 1
    case .may: 2
    }
  }

  /// What would be worst to break: a must before a should, a denial before an escalation, what is
  /// about writes alone before what is about messages or reads too, about many actions before about
  /// few, a prohibition before a duty.
  private func gravest(_ rules: [Digest.Requirement]) -> String? {
    func weight(_ rule: Digest.Requirement) -> [Int] {
      let answer =
        switch rule.otherwise {
        case .deny: 0
        case .escalate: 1
        case .warn: 2
        }
      let effects = rule.actions.compactMap { scope.toolIndex[$0] }.map { tool in
        switch bundle.tools[tool].effect {
        case .write: 0
        case .handoff: 1
        case .say: 2
        case .read: 3
        case .none: 4
        }
      }
      return [
        Self.priority(rule.priority), answer, effects.max() ?? 5, -effects.count,
        rule.isProhibition ? 0 : 1,
      ]
    }
    return rules.map { (weight($0), $0.id) }
      .min { a, b in a.0 == b.0 ? a.1 < b.1 : a.0.lexicographicallyPrecedes(b.0) }?.1
  }

  private func edge(of edge: EdgeDeclaration) -> Digest.Edge {
    var after: String?
    if let text = edge.when?.text {
      // `done_here("x")` alone: the action leads there.
      for quote in ["\"", "'"] {
        let start = "done_here(\(quote)"
        let end = "\(quote))"
        guard text.hasPrefix(start), text.hasSuffix(end), text.count > start.count + end.count
        else { continue }
        let name = String(text.dropFirst(start.count).dropLast(end.count))
        if scope.toolIndex[name] != nil { after = name }
      }
    }
    return .init(to: edge.to, when: edge.when?.text, after: after)
  }

  private func refusal(_ denial: Denial) -> Digest.Refusal {
    .init(
      seq: denial.seq, action: denial.action,
      reasons: denial.findings.map {
        .init(name: $0.name, category: $0.category, message: $0.message, fix: $0.fix)
      })
  }

  /// The facts that can decide something in a step: what its rules and its ways on read.
  private func factUses(_ plan: StepPlan?, _ tools: [Int]) -> FactUses {
    var uses = FactUses(scope)
    for tool in tools where !requirementsByAction[tool].isEmpty {
      let name = bundle.tools[tool].name
      let context = SpecScope.Context.requirement(action: name)
      for rule in actionPlan(tool).requirements.sorted(by: { $0.rank < $1.rank })
      where !rule.shadow {
        uses.collect(rule.condition, in: context)
        guard let confirmation = rule.confirmation else { continue }
        uses.collect(confirmation.when, in: context)
        for list in confirmation.lists { uses.collect(list, in: context) }
      }
    }
    if let plan, !plan.edges.isEmpty {
      let context = SpecScope.Context.next(
        workflow: plan.workflow.name, step: plan.declaration.name)
      for condition in plan.conditions { uses.collect(condition, in: context) }
    }
    return uses
  }
}
