package import PlumblineBundle
import PlumblineJSON

/// Judges the examples of requirements. An example judges its requirement alone, after its history, at its
/// time; given records are fresh and partial, all else is unknown.
package enum ExampleReplay {
  /// What is wrong with an example.
  package enum Problem: Sendable {
    /// An event of its history, by number, or of what is given, can't be.
    case event(number: Int?, String)
    /// Its proposal can't be.
    case proposal(String)
    /// It came to something else, and why.
    case outcome(String, why: String?)
  }

  /// The time of an example that gives none.
  private static let start = "2026-01-01T00:00:00Z"

  /// Judges an example of a requirement; nil where it comes to what it expects.
  package static func problem(
    of example: ExampleDeclaration, of requirement: String, on runner: Guard
  ) -> Problem? {
    let now = example.now ?? start
    var state = runner.open("example")
    var earliest = now
    for event in example.history {
      if let time = event["time"]?.text,
        (TimeCheck.seconds(time) ?? 0) < (TimeCheck.seconds(earliest) ?? 0)
      {
        earliest = time
      }
    }
    // The number of an event is its place in the history; what is given has none.
    var events: [(event: BundleValue, number: Int?)] = []
    if !example.history.contains(where: { $0["type"]?.text == "open" }),
      let data = example.given["case"]
    {
      events.append((.map([.init("type", .string("open")), .init("data", data)]), nil))
    }
    if case .map(let collections) = example.given {
      for collection in collections where collection.key != "case" {
        guard case .map(let records) = collection.value else { continue }
        for record in records {
          events.append(
            (
              .map([
                .init("type", .string("fact")),
                .init("record", .string("\(collection.key)[\(quoted(record.key))]")),
                .init("value", record.value),
              ]), nil
            ))
        }
      }
    }
    // An `open` of the history stays the first event.
    let history = example.history.enumerated().map { (event: $1, number: Optional($0)) }
    let opens = history.filter { $0.event["type"]?.text == "open" }
    let rest = history.filter { $0.event["type"]?.text != "open" }
    let ordered = opens + events + rest
    var last = earliest
    for (event, number) in ordered {
      if number != nil, let time = event["time"]?.text { last = time }
      switch read(event, at: last) {
      case .failure(let problem):
        return .event(number: number, problem.message)
      case .success(let event):
        let output = runner.step(&state, event)
        // A result off its contract is what an example of a missing fact may be about. That a case
        // opens none of several workflows does not matter here: a requirement is judged alone.
        var namesWorkflow = false
        if case .open(_, let workflow) = event.body { namesWorkflow = workflow != nil }
        if let broken = output.findings.first(where: {
          $0.requirement == nil && (namesWorkflow || $0.rule != "workflow")
            && ($0.category == .invalid
              || $0.category == .contractDrift && example.expect != .ungrounded)
        }) {
          return .event(number: number, broken.message)
        }
      }
    }
    var proposal = example.propose
    if example.propose["id"] == nil, case .map(let entries) = proposal {
      proposal = .map(entries + [.init("id", .string("example"))])
    }
    guard case .map(let entries) = proposal else { return nil }
    let line = BundleValue.map([.init("type", .string("propose"))] + entries)
    switch read(line, at: now) {
    case .failure(let problem):
      return .proposal(problem.message)
    case .success(let event):
      guard case .propose(let proposal) = event.body else { return nil }
      let decision = runner.judge(state, proposal, at: event.time, only: [requirement])
      let came = outcome(decision)
      // A shadow rule decides nothing; its example shows what it would have decided.
      if came.holds(example.expect) { return nil }
      let why = decision.findings.first.map { finding in
        finding.groundBy.isEmpty
          ? finding.message : "\(finding.message) (\(finding.groundBy.joined(separator: ", ")))"
      }
      return .outcome(came.text, why: why)
    }
  }

  /// What a decision came to, in the words of `expect`.
  private struct Came {
    var outcome: Outcome
    var ungrounded: Bool

    func holds(_ expectation: ExampleDeclaration.Expectation) -> Bool {
      switch expectation {
      case .allow: outcome == .allow
      case .deny: outcome == .deny && !ungrounded
      case .escalate: outcome == .escalate && !ungrounded
      case .warn: outcome == .warn && !ungrounded
      case .ungrounded: ungrounded
      }
    }
    var text: String { ungrounded ? "ungrounded" : outcome.name }
  }

  private static func outcome(_ decision: Decision) -> Came {
    let outcome = decision.findings.map(\.answer).max() ?? decision.outcome
    let definite = decision.findings.contains { !$0.category.isMissingFact }
    return Came(
      outcome: max(outcome, decision.outcome), ungrounded: !decision.findings.isEmpty && !definite)
  }

  private static func read(_ event: BundleValue, at time: String) -> Result<Event, EventError> {
    guard case .map(let entries) = event else {
      return .failure(EventError("an event must be a mapping"))
    }
    var members = [JSON.Member("case", .string("example"))]
    if !entries.contains(where: { $0.key == "time" }) {
      members.append(.init("time", .string(time)))
    }
    for entry in entries where entry.key != "case" {
      members.append(.init(entry.key, entry.value.json))
    }
    do {
      return TraceReader.event(from: try JSONNode.make(from: .object(members)))
    } catch {
      return .failure(EventError(error.message))
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for character in text.unicodeScalars {
      switch character {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      default: result.unicodeScalars.append(character)
      }
    }
    return result + "\""
  }
}
