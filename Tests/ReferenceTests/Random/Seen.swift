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
      seen.findings = Self.once(
        ((output.decision?.findings ?? []) + output.findings).map(text))
      seen.step = guardian.stepName(of: state)
      return seen
    }
  }

  /// How many arguments are wrong is no matter of meaning.
  static func once(_ findings: [String]) -> [String] { Set(findings).sorted() }

  /// What the second interpreter says, each event from the beginning.
  static func plain(_ bundle: SpecBundle, _ trace: [JSON]) throws -> [Seen] {
    try PlainGuard(bundle).outputs(of: trace).map { output in
      var seen = Seen()
      seen.decision = output.decision
      seen.findings = once(
        output.findings.map {
          text(
            name: $0.name, category: $0.category, answer: $0.answer, role: $0.role,
            shadow: $0.shadow, time: $0.time, groundBy: $0.groundBy)
        })
      seen.step = output.step
      return seen
    }
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
