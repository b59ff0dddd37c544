import PlumblineBundle
import PlumblineJSON

/// What judging a proposal came to.
struct PlainJudgement {
  var findings: [PlainFinding] = []
  /// nil: no such tool.
  var tool: ToolDeclaration?
  /// nil: malformed.
  var args: PlainRecord?
  /// The messages whose yes it uses.
  var confirmations: [Int] = []
  var filters: [Int: Truth] = [:]
  var reviewed: Set<Int> = []
  /// What escalated and was answered by an approval.
  var answered: Set<String> = []

  var outcome: PlainAnswer {
    findings.filter { !$0.shadow }.map { finding -> PlainAnswer in
      switch finding.answer {
      case "deny": .deny
      case "escalate": .escalate(finding.role ?? "")
      case "warn": .warn
      default: .allow
      }
    }.max { $0.strength < $1.strength } ?? .allow
  }
}

/// A proposal as the trace has it.
struct PlainProposal {
  var id: String?
  var action: String
  var args: JSON?
  var confidence: Double?
  var claims: JSON?
  var agent: String?
  var isMalformed: Bool

  init(_ event: JSON) {
    id = event["id"]?.string
    action = event["action"]?.string ?? ""
    args = event["args"]
    claims = event["claims"]
    agent = event["agent"]?.string
    isMalformed = false
    if let args, args.members == nil { isMalformed = true }
    if let claims, claims != .null, claims.members == nil { isMalformed = true }
    if let given = event["confidence"], given != .null {
      if let number = given.double, number >= 0, number <= 1 {
        confidence = number
      } else {
        isMalformed = true
      }
    }
    if claims == .null { claims = nil }
    if let args, Self.hasTwice(args) { isMalformed = true }
  }

  private static func hasTwice(_ json: JSON) -> Bool {
    switch json {
    case .object(let members):
      Set(members.map(\.key)).count < members.count || members.contains { hasTwice($0.value) }
    case .array(let items): items.contains { hasTwice($0) }
    default: false
    }
  }
}

/// Decides a proposal (semantics 9 to 14).
struct PlainJudge {
  let spec: PlainSpec
  let state: PlainCase
  let now: PlainMoment

  func judge(_ proposal: PlainProposal) -> PlainJudgement {
    var judgement = PlainJudgement()
    guard let tool = spec.tool(proposal.action) else {
      judgement.findings = [PlainFinding("declared", .undeclared, .deny, at: now)]
      return judgement
    }
    judgement.tool = tool
    guard let args = arguments(proposal, tool) else {
      judgement.findings = [PlainFinding("args", .invalid, .deny, at: now)]
      return judgement
    }
    judgement.args = args
    let names = tool.claims.map(\.name)
    if let own = proposal.claims?.members,
      !own.allSatisfy({ names.contains($0.key) }) || Set(own.map(\.key)).count < own.count
    {
      judgement.findings = [PlainFinding("claims", .invalid, .deny, at: now)]
      return judgement
    }
    var view = PlainView(spec, state, at: now)
    view.action = tool.name
    view.args = .record(args)
    view.confidence = proposal.confidence
    view.agent = proposal.agent
    view.turnText = state.turnText
    view.claims = claims(tool, proposal.claims, view)
    (judgement.filters, judgement.reviewed) = PlainRules(spec, state, at: now).freeze(tool, view)

    checkStep(tool, &judgement)
    checkOncePer(tool, args, &judgement)
    checkConfidence(tool, proposal, &judgement)
    judgeRequirements(tool, view, &judgement)
    judgement.answered = Set(
      judgement.findings.filter { isLifted($0, tool, args, proposal.agent) }.map(\.name))
    judgement.findings.removeAll { isLifted($0, tool, args, proposal.agent) }
    return judgement
  }

  /// An agent's message that was never proposed, as the say it should have been.
  func judgeMessage(_ tool: ToolDeclaration, _ text: String) -> [PlainFinding] {
    var args = PlainRecord(type: "args", fields: [])
    let decoder = PlainDecoder(spec.bundle.types)
    for field in tool.arguments {
      args[field.name] =
        field.name == "text"
        ? .string(text)
        : decoder.isOptional(field.type)
          ? .absent : .unknown(Missing("args.\(field.name)", .absent))
    }
    var view = PlainView(spec, state, at: now)
    view.action = tool.name
    view.args = .record(args)
    view.claims = claims(tool, nil, view)
    var judgement = PlainJudgement()
    judgement.tool = tool
    judgement.args = args
    (judgement.filters, judgement.reviewed) = PlainRules(spec, state, at: now).freeze(tool, view)
    judgeRequirements(tool, view, &judgement)
    return judgement.findings
  }

  private func isLifted(
    _ finding: PlainFinding, _ tool: ToolDeclaration, _ args: PlainRecord, _ agent: String?
  ) -> Bool {
    guard finding.answer == "escalate", !finding.shadow, let role = finding.role else {
      return false
    }
    // A rule that asks for an approval within a time is not answered by an older one.
    let window = spec.rules.filter { rule in
      rule.requirement.id == finding.name
        && rule.temporal.events.joined().contains { $0.kind == .approval(role: role) }
    }.compactMap(\.temporal.within).min()
    return state.validApprovals(tool.name, args, agent: agent).contains { place in
      let approval = state.approvals[place]
      if let window, now.instant - approval.time.instant > Int128(window) * 1_000_000_000 {
        return false
      }
      return approval.role == role
    }
  }

  // MARK: - Arguments and claims

  private func arguments(_ proposal: PlainProposal, _ tool: ToolDeclaration) -> PlainRecord? {
    if proposal.isMalformed { return nil }
    var decoder = PlainDecoder(spec.bundle.types)
    let read = decoder.decode(
      proposal.args ?? .object([]), fields: tool.arguments, named: "args")
    guard decoder.drifts.isEmpty, decoder.extras.isEmpty, case .record(let record) = read else {
      return nil
    }
    return record
  }

  /// What a text asserts: what its patterns find, and what the proposal says itself.
  private func claims(_ tool: ToolDeclaration, _ own: JSON?, _ view: PlainView) -> Plain {
    if tool.claims.isEmpty { return .absent }
    return .record(
      PlainRecord(
        type: "claims",
        fields: tool.claims.map { claim in
          .init(claim.name, self.claim(claim, own?[claim.name], view))
        }))
  }

  private func claim(_ claim: ClaimDeclaration, _ said: JSON?, _ view: PlainView) -> Plain {
    let hit = view.value(claim.value)
    let said = said == .null ? nil : said
    if claim.type == .bool {
      // What fails claims it.
      if hit != .bool(false) { return .bool(true) }
      guard let said else { return .bool(false) }
      return .bool(said.bool ?? true)
    }
    let unreadable = Plain.unknown(Missing("claims.\(claim.name)", .unreadable))
    guard case .list(let found, nil) = hit else { return unreadable }
    guard let said else { return hit }
    var decoder = PlainDecoder(spec.bundle.types)
    guard case .list(let more, nil) = decoder.decode(said, as: claim.type),
      decoder.drifts.isEmpty
    else { return unreadable }
    var all = found
    for value in more where !all.contains(where: { PlainKeys.equal($0, value) == true }) {
      all.append(value)
    }
    return .list(all, rest: nil)
  }

  // MARK: - Checks

  private func checkStep(_ tool: ToolDeclaration, _ judgement: inout PlainJudgement) {
    let finding = PlainFinding("step", .outOfStep, .deny, at: now)
    if state.isClosed {
      judgement.findings.append(finding)
      return
    }
    guard let step = state.step else { return }
    let isAllowed =
      !step.final && step.tools.contains(tool.name) && (step.actor == nil || tool.actsAsRead)
    if !isAllowed { judgement.findings.append(finding) }
  }

  private func checkOncePer(
    _ tool: ToolDeclaration, _ args: PlainRecord, _ judgement: inout PlainJudgement
  ) {
    if tool.oncePer.isEmpty { return }
    func isSame(_ other: PlainRecord) -> Bool {
      PlainKeys.equal(tool.oncePer, args, other) != false
    }
    if state.calls.contains(where: { $0.action == tool.name && isSame($0.args) }) {
      judgement.findings.append(PlainFinding("once_per", .duplicate, .deny, at: now))
    } else if state.pending.contains(where: {
      $0.action == tool.name && $0.isOpen && isSame($0.args)
    }) {
      judgement.findings.append(
        PlainFinding(
          "once_per", .duplicate, .deny, at: now,
          groundBy: [tool.settledBy].compactMap { $0 }))
    }
  }

  private func checkConfidence(
    _ tool: ToolDeclaration, _ proposal: PlainProposal, _ judgement: inout PlainJudgement
  ) {
    guard let rule = state.step?.confidence, tool.effect == .write || tool.effect == .say else {
      return
    }
    if let confidence = proposal.confidence, confidence >= rule.below { return }
    judgement.findings.append(
      PlainFinding("confidence", .lowConfidence, PlainAnswer(rule.then), at: now))
  }

  // MARK: - Requirements

  private func judgeRequirements(
    _ tool: ToolDeclaration, _ view: PlainView, _ judgement: inout PlainJudgement
  ) {
    let all = spec.requirements(of: tool)
    /// Whether a requirement fails, by id; and what it says.
    var known: [String: (fails: Bool, findings: [PlainFinding])] = [:]
    func judge(_ requirement: RequirementDeclaration, depth: Int) -> Bool {
      if let known = known[requirement.id] { return known.fails }
      let isShadow = requirement.mode == .shadow
      for id in requirement.needs {
        guard depth < 100, let other = all.first(where: { $0.id == id }) else { continue }
        if judge(other, depth: depth + 1) {
          known[requirement.id] = (!isShadow, [])
          return !isShadow
        }
      }
      let findings = self.findings(requirement, view, &judgement)
      let fails =
        !isShadow
        && findings.contains {
          !isLifted($0, tool, judgement.args ?? PlainRecord(type: "", fields: []), view.agent)
        }
      known[requirement.id] = (fails, findings)
      return fails
    }
    for requirement in all.sorted(by: { $0.id < $1.id }) {
      _ = judge(requirement, depth: 0)
    }
    judgement.findings += all.flatMap { known[$0.id]?.findings ?? [] }
  }

  private func findings(
    _ requirement: RequirementDeclaration, _ view: PlainView, _ judgement: inout PlainJudgement
  ) -> [PlainFinding] {
    var found: [PlainFinding] = []
    if let require = requirement.require {
      let verdict = view.implication(requirement.when, require, negated: requirement.negated)
      if let finding = finding(requirement, verdict) { found.append(finding) }
    }
    if let confirmed = requirement.confirmed {
      let applies = requirement.when.map { view.test($0) } ?? .bool(true)
      if applies != .bool(false) {
        switch PlainConfirmation.confirm(confirmed, view) {
        case .by(let message):
          if requirement.mode != .shadow { judgement.confirmations.append(message) }
        case .refused:
          // Where it is not known whether it applies, that is what is missing.
          let verdict = applies == .bool(true) ? Plain.bool(false) : applies
          found += [finding(requirement, verdict, errorIsAbsence: false)].compactMap { $0 }
        case .open(let value):
          found += [finding(requirement, value, errorIsAbsence: false)].compactMap { $0 }
        }
      }
    }
    let rules = PlainRules(spec, state, at: now)
    for rule in spec.rules where rule.requirement.id == requirement.id {
      if let finding = rules.judge(rule, judgement, view) { found.append(finding) }
    }
    return found
  }

  /// The finding of a condition that is not true; nil where it is.
  /// - Parameter errorIsAbsence: whether something that is known to be absent is a violation.
  func finding(
    _ requirement: RequirementDeclaration, _ verdict: Plain, errorIsAbsence: Bool = true
  ) -> PlainFinding? {
    let isShadow = requirement.mode == .shadow
    func violated() -> PlainFinding {
      PlainFinding(
        requirement.id, .violated, PlainAnswer(requirement.otherwise), at: now, shadow: isShadow)
    }
    switch verdict {
    case .bool(true): return nil
    case .bool(false): return violated()
    case .error(let error) where error.kind == .absent && errorIsAbsence: return violated()
    case .unknown(let missing): return ungrounded(requirement, missing)
    default: return ungrounded(requirement, nil)
    }
  }

  func ungrounded(_ requirement: RequirementDeclaration, _ missing: Missing?) -> PlainFinding {
    let answer = requirement.otherwise == .warn ? .warn : requirement.ungrounded
    return PlainFinding(
      requirement.id, missing.map { Self.category($0) } ?? .ungrounded, PlainAnswer(answer),
      at: now, shadow: requirement.mode == .shadow,
      groundBy: missing.map { grounding($0) } ?? [])
  }

  static func category(_ missing: Missing) -> FindingCategory {
    let reasons = Set(missing.attributes.map(\.reason))
    guard reasons.count == 1 else { return .ungrounded }
    if reasons.contains(.stale) { return .stale }
    if reasons.contains(.partial) { return .partial }
    if reasons.contains(.drift) { return .contractDrift }
    return .ungrounded
  }

  /// The tools that would make known what is missing.
  private func grounding(_ missing: Missing) -> [String] {
    var tools: [String] = []
    for attribute in missing.attributes {
      let name = attribute.collection ?? String(attribute.path.prefix { $0 != "[" && $0 != "." })
      var more: [String] = []
      if name.hasPrefix("@") {
        more = [String(name.dropFirst())]
      } else if name == "case" {
        let field = attribute.path.dropFirst(5).prefix { $0 != "." && $0 != "[" }
        more = spec.bundle.tools.filter { $0.learns.contains { $0.key == field } }.map(\.name)
      } else {
        more = spec.collection(name)?.groundedBy ?? []
      }
      for tool in more where !tools.contains(tool) { tools.append(tool) }
    }
    return tools
  }
}
