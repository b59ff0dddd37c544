import PlumblineBundle
public import PlumblineRuntime

/// The digest of a step, alone or for a case of a trace.
public enum Digests {
  public struct Result: Sendable {
    /// nil where there is no such step.
    public let digest: Digest?
    public let problems: [String]
  }

  /// - Parameters:
  ///   - workflow: nil takes the only one.
  ///   - step: nil takes the step the trace's case is in.
  ///   - trace: what happened so far; nil for the step as the spec alone tells it.
  /// - Throws: `FileError` where the trace can't be used.
  public static func run(
    _ spec: LoadedSpec, workflow: String?, step: String?, trace: String?, caseID: String?
  ) throws(FileError) -> Result {
    let workflows = spec.bundle.workflows
    let name = workflow ?? (workflows.count == 1 ? workflows.first?.name : nil)
    if let workflow, !workflows.contains(where: { $0.name == workflow }) {
      return Result(
        digest: nil,
        problems: [
          "plumb: no workflow `\(workflow)`; there \(list(workflows.map(\.name)))"
        ])
    }
    guard let trace else {
      if name == nil, !workflows.isEmpty {
        return Result(
          digest: nil,
          problems: ["plumb: name a --workflow; there \(list(workflows.map(\.name)))"])
      }
      let steps = workflows.first { $0.name == name }?.steps.map(\.name) ?? []
      if let step, !steps.contains(step) {
        return Result(
          digest: nil, problems: ["plumb: no step `\(step)`; there \(list(steps))"])
      }
      let start = workflows.first { $0.name == name }?.start
      return Result(
        digest: spec.guardEngine.digest(workflow: name, step: step ?? start), problems: [])
    }
    let run = try CaseRun.fold(spec.guardEngine, trace: trace, caseID: caseID)
    var problems = run.problems
    let actual = spec.guardEngine.stepName(of: run.state)
    if let step, step != actual {
      problems.append(
        "plumb: note: after the trace the case is in \(actual.map { "step `\($0)`" } ?? "no step"), not in `\(step)`; the digest is of where it is"
      )
    }
    return Result(digest: spec.guardEngine.digest(run.state), problems: problems)
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty
      ? "is none"
      : (names.count == 1 ? "is " : "are ") + names.map { "`\($0)`" }.joined(separator: ", ")
  }
}
