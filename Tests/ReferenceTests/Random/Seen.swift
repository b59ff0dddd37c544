import CEL
import PlumblineBundle
import PlumblineJSON
import PlumblineReference

@testable import PlumblineRuntime

/// What an interpreter says to one event, as far as two of them must agree.
struct Seen: Hashable, CustomStringConvertible {
  var decision: String?
  /// In an order of their own.
  var findings: [String] = []
  var step: String?
  var obligations: [String] = []

  var description: String {
    var parts = [decision ?? "-"]
    parts += findings.map { "\n      \($0)" }
    if let step { parts.append("\n      in step \(step)") }
    parts += obligations.map { "\n      owes \($0)" }
    return parts.joined()
  }
}

enum Interpreters {
  /// The events of a trace, those that are none left out.
  static func events(_ trace: [JSON]) -> [(json: JSON, event: Event)] {
    trace.compactMap { line in
      guard let bytes = try? line.encoded(), let document = try? JSONDocument.parse(bytes),
        let event = try? TraceReader.event(from: document.root).get()
      else { return nil }
      return (line, event)
    }
  }

  static func guarded(_ guardian: Guard, _ events: [Event]) -> [Seen] {
    var state = guardian.open("c-1")
    return events.map { event in
      let output = guardian.step(&state, event)
      var seen = Seen()
      seen.decision = output.decision?.outcome.name
      seen.findings = ordered(((output.decision?.findings ?? []) + output.findings).map(text))
      seen.step = guardian.stepName(of: state)
      seen.obligations = guardian.obligations(of: state).map { owed in
        obligation(
          owed.requirement, since: owed.since, deadline: owed.deadline.map { TimeText.text($0) })
      }.sorted()
      return seen
    }
  }

  /// What the second interpreter says.
  static func plainly(_ bundle: SpecBundle, _ trace: [JSON]) throws -> [Seen] {
    try PlainGuard(bundle).outputs(of: trace).map { output in
      var seen = Seen()
      seen.decision = output.decision
      seen.findings = ordered(
        output.findings.map { finding in
          text(
            name: finding.name, category: finding.category, answer: finding.answer,
            role: finding.role, shadow: finding.shadow, time: finding.time,
            groundBy: finding.groundBy)
        })
      seen.step = output.step
      seen.obligations = output.obligations.map { owed in
        obligation(owed.requirement, since: owed.since, deadline: owed.deadline)
      }.sorted()
      return seen
    }
  }

  /// In an order of their own. Malformed arguments and claims are one finding, however many mistakes are told.
  private static func ordered(_ findings: [String]) -> [String] {
    let sorted = findings.sorted()
    return sorted.indices.filter { place in
      let isMistake = ["args invalid", "claims invalid"].contains { sorted[place].hasPrefix($0) }
      return !isMistake || place == 0 || sorted[place] != sorted[place - 1]
    }.map { sorted[$0] }
  }

  private static func obligation(
    _ requirement: String, since: Int, deadline: String?
  ) -> String {
    "\(requirement) since \(since)" + (deadline.map { " until \($0)" } ?? "")
  }

  static func text(_ finding: Finding) -> String {
    text(
      name: finding.requirement ?? finding.rule, category: finding.category.rawValue,
      answer: finding.answer.name, role: finding.role, shadow: finding.shadow,
      time: TimeText.text(finding.time), groundBy: finding.groundBy)
  }

  static func text(
    name: String, category: String, answer: String, role: String?, shadow: Bool, time: String,
    groundBy: [String]
  ) -> String {
    let ground = Set(groundBy).sorted().joined(separator: ",")
    return
      "\(name) \(category) \(answer)\(role.map { "(\($0))" } ?? "")\(shadow ? " shadow" : "") at \(time) by [\(ground)]"
  }
}
