import CEL
import PlumblineBundle
import PlumblineJSON

extension Guard {
  /// Judges every applicable requirement; findings are added in the order of ids.
  func judgeRequirements(
    _ activation: GuardActivation, _ plan: ActionPlan, only: Set<String>?,
    _ judgement: inout Judgement
  ) {
    let rules: [RequirementPlan]
    if only == nil {
      let step = activation.state.flatMap { self.step($0.pointee.workflow, $0.pointee.stepIndex) }
      let here = plan.rules(in: step?.declaration.name)
      if here.isPlain, allTrue(activation, here.conditions) { return }
      rules = here.requirements
    } else {
      rules = plan.requirements
    }
    var failing: Set<Int> = []
    var found: [(rank: Int, finding: Finding)] = []
    for requirement in rules {
      if let only, !only.contains(requirement.declaration.id) { continue }
      if !failing.isEmpty, !requirement.needs.isEmpty,
        requirement.needs.contains(where: { failing.contains($0) })
      {
        if !requirement.shadow { failing.insert(requirement.rank) }
        continue
      }
      let before = found.count
      if let condition = requirement.condition {
        let verdict = condition.test(activation)
        if case .yes = verdict {
        } else {
          found.append(
            (
              requirement.rank,
              finding(requirement, condition, verdict, rule: Self.rule(requirement), activation)
            ))
        }
      }
      if let confirmation = requirement.confirmation {
        judgeConfirmation(activation, requirement, confirmation, &judgement) {
          found.append((requirement.rank, $0))
        }
      }
      for question in requirement.temporal {
        if let finding = judge(question, requirement, judgement.frozen, activation) {
          found.append((requirement.rank, finding))
        }
      }
      // What an approval answers fails nothing: what needs it is judged.
      if !requirement.shadow,
        found[before...].contains(where: { approval(answering: $0.finding, activation) == nil })
      {
        failing.insert(requirement.rank)
      }
    }
    if found.isEmpty { return }
    found.sort { $0.rank < $1.rank }
    judgement.findings += found.map(\.finding)
  }

  /// The way of nearly every proposal: each condition is true.
  private func allTrue(
    _ activation: GuardActivation, _ conditions: ContiguousArray<Condition>
  ) -> Bool {
    for index in conditions.indices {
      guard conditions[index].isTrue(activation) else {
        // All are judged again, from the start.
        activation.validUntil = nil
        return false
      }
    }
    return true
  }

  static func rule(_ requirement: RequirementPlan) -> String {
    requirement.declaration.negated ? "forbid" : "require"
  }

  /// The finding of a condition that is not true.
  func finding(
    _ requirement: RequirementPlan, _ condition: Condition, _ verdict: Condition.Verdict,
    rule: String, _ activation: GuardActivation
  ) -> Finding {
    // Reading for the explanation must not change how long the decision holds.
    let validUntil = activation.validUntil
    defer { activation.validUntil = validUntil }
    var finding = Finding(
      requirement: requirement.declaration.id, rule: rule, category: .violated, message: "",
      position: requirement.declaration.position, shadow: requirement.shadow,
      time: activation.now)
    finding.evidence = evidence(condition, activation)
    switch verdict {
    case .yes, .no: violate(&finding, requirement, activation)
    case .error(let error) where error.kind == .absent:
      violate(&finding, requirement, activation)
      finding.evidence.append(
        Evidence(
          path: shown(error, of: condition, activation), value: .string("absent"), source: nil,
          asOf: nil))
    case .error(let error):
      unground(&finding, requirement)
      finding.message =
        "the condition cannot be evaluated: \(shown(error, of: condition, activation))"
    case .unknown(let unknown):
      unground(&finding, requirement)
      explain(shown(unknown, of: [condition], activation), &finding)
    }
    if finding.fix == nil {
      // What is done is done: it must not be proposed again.
      finding.fix =
        rule == "ensure"
        ? finding.role.map { "have `\($0)` look at what came of it" }
        : Self.fix(finding.answer, finding.role)
    }
    return finding
  }

  /// The message of an error without what must not be shown.
  func shown(_ error: EvaluationError, of condition: Condition?, _ activation: GuardActivation)
    -> String
  {
    guard let checked = condition?.checked else { return error.message }
    return ValueMask(checked, self, action: activation.action).message(error, of: checked.root)
  }

  func violate(
    _ finding: inout Finding, _ requirement: RequirementPlan, _ activation: GuardActivation
  ) {
    finding.category = .violated
    (finding.answer, finding.role) = Self.answer(requirement.declaration.otherwise)
    finding.message = requirement.tell?.text(activation) ?? requirement.declaration.statement
  }

  func unground(_ finding: inout Finding, _ requirement: RequirementPlan) {
    finding.category = .ungrounded
    // A requirement that only warns warns in both cases.
    let answer =
      requirement.declaration.otherwise == .warn
      ? .warn : requirement.declaration.ungrounded
    (finding.answer, finding.role) = Self.answer(answer)
  }

  /// Category, message and sources of what is not known.
  func explain(_ unknown: Unknown, _ finding: inout Finding) {
    let reasons = unknown.attributes.map { UnknownReason(rawValue: $0.reason) ?? .neverRead }
    if let first = reasons.first, reasons.allSatisfy({ $0 == first }) {
      switch first {
      case .stale: finding.category = .stale
      case .partial: finding.category = .partial
      case .drift: finding.category = .contractDrift
      default: finding.category = .ungrounded
      }
    }
    var parts: [String] = []
    var tools: [String] = []
    for (attribute, reason) in zip(unknown.attributes, reasons) {
      let part = "`\(attribute.path)` \(reason.phrase)"
      if !parts.contains(part) { parts.append(part) }
      for tool in grounding(attribute) where !tools.contains(tool) { tools.append(tool) }
    }
    finding.message = parts.joined(separator: "; ")
    finding.groundBy = tools
    if !tools.isEmpty {
      finding.fix =
        "call \(tools.map { "`\($0)`" }.joined(separator: " or ")) first, then propose again"
    }
  }

  /// The tools that would make an attribute known.
  func grounding(_ attribute: Unknown.Attribute) -> [String] {
    if let source = FactSource(number: attribute.source) {
      switch source {
      case .collection(let index):
        return bundle.collections.indices.contains(index)
          ? bundle.collections[index].groundedBy : []
      case .caseField(let index):
        guard bundle.caseFields.indices.contains(index) else { return [] }
        return learners(bundle.caseFields[index].name)
      case .settling(let tool):
        return bundle.tools.indices.contains(tool) ? [bundle.tools[tool].name] : []
      }
    }
    // A path inside a record of a collection: its collection's tools.
    let name = String(attribute.path.prefix { $0 != "[" && $0 != "." })
    if let index = scope.collectionIndex[name] { return bundle.collections[index].groundedBy }
    if name == "case" {
      let field = attribute.path.dropFirst(5).prefix { $0 != "." && $0 != "[" }
      return learners(String(field))
    }
    return []
  }

  private func learners(_ field: String) -> [String] {
    bundle.tools.filter { $0.learns.contains { $0.key == field } }.map(\.name)
  }
}
