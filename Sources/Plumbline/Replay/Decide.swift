import CEL
import PlumblineBundle
import PlumblineJSON
public import PlumblineRuntime

/// One decision, after a trace.
public enum Decide {
  public struct Result: Sendable {
    /// nil where the proposal could not be read.
    public let decision: Decision?
    public let problems: [String]
  }

  /// Decides a proposal.
  /// - Parameters:
  ///   - trace: what happened before, JSON Lines; nil for nothing.
  ///   - proposal: the file with a `propose` event; `-` is standard input.
  public static func run(
    _ spec: LoadedSpec, trace: String?, proposal: String
  ) throws(FileError) -> Result {
    if trace == "-", proposal == "-" {
      return Result(
        decision: nil, problems: ["plumb: the trace and the proposal can't both be standard input"])
    }
    let bytes = try FileSystem.read(proposal)
    let shown = proposal == "-" ? "standard input" : FileSystem.display(proposal)
    let root: JSONNode
    do {
      root = try JSONDocument.parse(bytes).root
    } catch {
      return Result(decision: nil, problems: ["\(shown): invalid: not JSON: \(error)"])
    }
    for key in ["case", "time", "type"] {
      if let value = root[key], value.kind != .null, value.kind != .string {
        return Result(decision: nil, problems: ["\(shown): invalid: `\(key)` must be a text"])
      }
    }
    if let type = root["type"]?.string, type != "propose" {
      return Result(
        decision: nil, problems: ["\(shown): invalid: a proposal is no event of type `\(type)`"])
    }
    let read: Proposal
    switch TraceReader.proposal(from: root) {
    case .success(let proposal): read = proposal
    case .failure(let error):
      return Result(decision: nil, problems: ["\(shown): invalid: \(error.message)"])
    }
    if let node = root["case"], node.kind != .null, node.string == nil {
      return Result(decision: nil, problems: ["\(shown): invalid: `case` must be a text"])
    }
    let run = try CaseRun.fold(spec.guardEngine, trace: trace, caseID: root["case"]?.string)
    var time = run.state.clock ?? Timestamp(seconds: 0)
    if let node = root["time"], node.kind != .null {
      guard let own = node.string.flatMap({ TimeText.timestamp($0) }) else {
        return Result(
          decision: nil,
          problems: run.problems + [
            "\(shown): invalid: `time` must be a text such as 2026-01-31T10:00:00Z"
          ])
      }
      time = own
    }
    var problems = run.problems
    if let clock = run.state.clock, time < clock {
      problems.append(
        "\(shown): invalid: the proposal is from before the last event; it is decided at the case's clock"
      )
    }
    // As the case's next event: deadlines that have passed fire first.
    var state = run.state
    let output = spec.guardEngine.step(
      &state, Event(caseID: root["case"]?.string ?? "", time: time, body: .propose(read)))
    problems += output.findings.filter { $0.category == .overdue && !$0.shadow }.map {
      "\(shown): overdue: \($0.requirement ?? $0.rule): \($0.message)"
    }
    return Result(decision: output.decision, problems: problems)
  }

  /// A decision for people.
  public static func text(_ decision: Decision) -> String {
    var out = decision.outcome.name + "\n"
    for finding in decision.findings {
      out +=
        "  \(finding.requirement ?? finding.rule): \(finding.category.rawValue): \(finding.message)\n"
      if let fix = finding.fix { out += "    \(fix)\n" }
      if !finding.groundBy.isEmpty {
        out += "    ground it by: \(finding.groundBy.joined(separator: ", "))\n"
      }
    }
    return out
  }
}
