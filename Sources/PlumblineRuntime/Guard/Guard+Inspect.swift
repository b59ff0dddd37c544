import CEL
import PlumblineBundle

/// One applicable requirement, looked at closely: for explanations.
struct Inspection {
  let requirement: RequirementDeclaration
  /// nil for a requirement without a condition of its own (`confirmed`).
  let condition: Condition?
  /// Each sub-expression that was evaluated, with its value.
  let entries: [TraceEntry]
  /// What it came to; nil where it is satisfied.
  let finding: Finding?
}

extension Guard {
  /// Judges a proposal and keeps every sub-expression of every applicable requirement.
  func inspect(_ state: CaseState, _ proposal: Proposal, at time: Timestamp) -> (
    judgement: Judgement, inspections: [Inspection]
  ) {
    var state = state
    let now = max(time, state.clock ?? time)
    if state.seq == 0 { begin(&state, at: now, workflow: nil) }
    return withActivation { activation in
      withUnsafePointer(to: state) { pointer in
        let judgement = judge(activation, pointer, proposal, at: now)
        guard judgement.action >= 0, judgement.args != nil else { return (judgement, []) }
        let inspections = actionPlan(judgement.action).requirements
          .sorted { $0.rank < $1.rank }
          .map { requirement in
            Inspection(
              requirement: requirement.declaration, condition: requirement.condition,
              entries: requirement.condition?.program?.trace(activation) ?? [],
              finding: judgement.findings.first { $0.requirement == requirement.declaration.id })
          }
        return (judgement, inspections)
      }
    }
  }
}
