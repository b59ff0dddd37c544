import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime

/// What a record says of an event.
struct EventRecord {
  /// What stays when the case is erased: numbers, names of the spec, who asked.
  var head: [JSON.Member]
  /// What was asked, what was known, and what was answered.
  var body: [JSON.Member]
  var sensitive: [JSON.Member]

  init(
    event: Event, output: StepOutput, state: CaseState, explanation: Explanation?, action: String?,
    engine: Engine
  ) {
    let line = event.json
    let split = engine.fields.split(line, action: action)
    sensitive = split.values
    var head: [JSON.Member] = [
      .init("bundle", .string(engine.hash)),
      .init("case", .string(event.caseID)),
      .init("meaning", .string(engine.engine.meaning)),
      .init("seq", .int(Int64(state.seq))),
      .init("time", .string(TimeText.text(state.clock ?? event.time))),
      .init("type", line["type"] ?? .null),
    ]
    func add(_ key: String, _ value: JSON?) {
      if let value, value != .null { head.append(.init(key, value)) }
    }
    add("action", action.map { .string($0) })
    if case .propose(let proposal) = event.body {
      add("agent", proposal.agent.map { .string($0) })
      // Who the model was and what it was asked, as far as whoever proposes says so.
      add("model", line["model"]?.string.map { .string($0) })
      add("prompt", line["prompt"]?.string.map { .string($0) })
      add("digest", proposal.digest.map { .string($0) })
    }
    var body: [JSON.Member] = [.init("event", split.shown)]
    let findings = (output.decision?.findings ?? []) + output.findings
    if let decision = output.decision {
      add("decision", .string(decision.outcome.name))
      add("step", decision.step.map { .string($0) })
      body.append(.init("decision", decision.json()))
      let approvals = state.approvals(usedBy: state.seq)
      if !approvals.isEmpty { body.append(.init("approvals", .array(approvals.map(\.json)))) }
    }
    if !findings.isEmpty { head.append(.init("findings", .array(findings.map(Self.brief)))) }
    if !output.findings.isEmpty {
      body.append(
        .init(
          "findings",
          .array(output.findings.map { $0.json(caseID: event.caseID, seq: state.seq) })))
    }
    if let explanation {
      body.append(.init("facts", .array(explanation.known.map(Self.json))))
    }
    self.head = head
    self.body = body
  }

  /// What of a finding is no more than the spec's own words.
  private static func brief(_ finding: Finding) -> JSON {
    var members: [JSON.Member] = [
      .init("answer", .string(finding.answer.name)),
      .init("category", .string(finding.category.rawValue)),
      .init("rule", .string(finding.rule)),
    ]
    if let requirement = finding.requirement {
      members.append(.init("requirement", .string(requirement)))
    }
    if let role = finding.role { members.append(.init("role", .string(role))) }
    if finding.shadow { members.append(.init("shadow", .bool(true))) }
    return .object(members)
  }

  private static func json(_ fact: Evidence) -> JSON {
    .fields([
      ("path", .string(fact.path)), ("value", fact.value),
      ("source", fact.source.map { .string($0) }),
      ("as_of", fact.asOf.map { .string(TimeText.text($0)) }),
    ])
  }
}

extension UsedApproval {
  var json: JSON {
    .fields([
      ("by", by.map { .string($0) }), ("role", role.map { .string($0) }),
      ("seq", .int(Int64(seq))), ("time", .string(TimeText.text(time))),
    ])
  }
}
