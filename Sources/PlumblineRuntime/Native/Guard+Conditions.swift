public import PlumblineBundle
import Synchronization

extension Guard {
  /// All conditions of a bundle under the names by which guards ask for their functions, in a fixed order:
  /// those of requirements on each action, of temporal rules, edges, claims, failures and confirmations.
  public static func conditions(of bundle: SpecBundle) throws(GuardError) -> [NamedCondition] {
    let scope = SpecScope(bundle, compiled: nil, recording: true)
    let guardian = try Guard(scope)
    for action in bundle.tools.indices {
      let plan = guardian.actionPlan(action)
      for requirement in plan.requirements {
        _ = (requirement.condition, requirement.ensure, requirement.confirmation)
      }
      _ = guardian.toolPlan(action)
    }
    for step in guardian.steps.joined() { _ = step.conditions }
    let temporal = guardian.temporalPlan
    let others =
      temporal.approvals.sorted { $0.key < $1.key }.map(\.value)
      + temporal.activities.sorted { $0.key < $1.key }.map(\.value)
      + temporal.messages.sorted { $0.key < $1.key }.map(\.value)
      + [temporal.others, temporal.otherMessages]
    let uses =
      temporal.successes.flatMap(\.self) + temporal.attempts.flatMap(\.self)
      + others.flatMap(\.all)
    for use in uses { use.compile() }
    return scope.recorder?.conditions ?? []
  }
}

/// Takes note of conditions as a scope makes them.
final class ConditionRecorder: Sendable {
  private let list = Mutex<(names: Set<String>, conditions: [NamedCondition])>(([], []))

  /// Of two with one name the first counts.
  func add(_ condition: NamedCondition) {
    list.withLock {
      if $0.names.insert(condition.name).inserted { $0.conditions.append(condition) }
    }
  }

  var conditions: [NamedCondition] { list.withLock { $0.conditions } }
}
