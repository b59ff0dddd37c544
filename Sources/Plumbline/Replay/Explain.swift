public import PlumblineRuntime

/// Why one proposal of a trace was decided as it was.
public enum Explain {
  public struct Result: Sendable {
    /// nil where the case has no such proposal.
    public let explanation: Explanation?
    public let problems: [String]
  }

  /// - Parameter index: which proposal of the case, counted from 0.
  /// - Throws: `FileError` where the trace can't be read or has no such case.
  public static func run(
    _ spec: LoadedSpec, trace: String, caseID: String, index: Int
  ) throws(FileError) -> Result {
    var found: Event?
    var proposals = 0
    let run = try CaseRun.fold(spec.guardEngine, trace: trace, caseID: caseID, forExplaining: true)
    { number, event in
      proposals = number + 1
      guard number == index else { return false }
      found = event
      return true
    }
    guard let found, case .propose(let proposal) = found.body else {
      return Result(
        explanation: nil,
        problems: run.problems + [
          "plumb: case `\(caseID)` has \(proposals) proposals, counted from 0; there is no \(index)"
        ])
    }
    return Result(
      explanation: spec.guardEngine.explain(run.state, proposal, at: found.time),
      problems: run.problems)
  }
}
