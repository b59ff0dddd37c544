public import PlumblineBundle
import PlumblineRuntime

/// The examples and incidents of a spec as tests: what the compiler proved, proved again by the guard that a
/// program was built with.
public struct SpecSuite: Sendable {
  /// An example of a requirement, or an incident.
  public struct Case: Sendable, CustomStringConvertible {
    public let description: String
    /// Where it is written.
    public let position: SourcePosition?
    fileprivate let content: Content
  }

  fileprivate enum Content: Sendable {
    case example(ExampleDeclaration, requirement: String)
    case incident(IncidentDeclaration)
  }

  public let examples: [Case]
  /// Those that are prevented.
  public let incidents: [Case]
  private let engine: Guard
  private let traces: [String: [UInt8]]

  /// - Parameters:
  ///   - bundle: the bundle's text in parts.
  ///   - traces: the traces of incidents, by path.
  public init(_ bundle: [StaticString], traces: [(path: String, parts: [StaticString])]) {
    let engine = EmbeddedSpec(bundle).engine
    self.engine = engine
    self.traces = Dictionary(
      traces.map { trace in
        (trace.path, trace.parts.flatMap { part in part.withUTF8Buffer { Array($0) } })
      }, uniquingKeysWith: { first, _ in first })
    examples = engine.bundle.requirements.flatMap { requirement in
      requirement.examples.map {
        Case(
          description: "\(requirement.id): \($0.name)", position: $0.position,
          content: .example($0, requirement: requirement.id))
      }
    }
    incidents = engine.bundle.incidents.filter { $0.status == .prevented }.map {
      Case(
        description: "\($0.id): \($0.title)", position: $0.position, content: .incident($0))
    }
  }

  /// What is wrong with a case; nil where it is as the spec says.
  public func problem(_ one: Case) -> String? {
    switch one.content {
    case .example(let example, let requirement):
      switch ExampleReplay.problem(of: example, of: requirement, on: engine) {
      case nil: nil
      case .event(_, let message), .proposal(let message): message
      case .outcome(let came, let why):
        "expected \(example.expect.rawValue), came to \(came)" + (why.map { ": \($0)" } ?? "")
      }
    case .incident(let incident): problem(incident)
    }
  }

  private func problem(_ incident: IncidentDeclaration) -> String? {
    guard let path = incident.trace, let bytes = traces[path] else { return "its trace is missing" }
    guard let caseID = incident.atCase, let number = incident.atSequence else {
      return "it does not say at which event"
    }
    let trace = IncidentTrace(bytes)
    if let problem = trace.problem { return "\(path):\(problem.line): \(problem.message)" }
    let replay = IncidentReplay(engine, failureMode: incident.failureMode)
    let events = trace.events(of: caseID)
    guard number >= 1, number <= events.count,
      let decision = replay.decision(after: Array(events.prefix(number)), of: caseID)
    else { return "event \(number) of `\(caseID)` is no proposal" }
    let stopped = IncidentReplay.stopping(decision).contains { finding in
      finding.requirement.map(incident.preventedBy.contains) ?? false
    }
    guard stopped else { return "it would happen again: \(IncidentReplay.text(decision))" }
    guard let twinPath = incident.twin else { return nil }
    guard let twinBytes = traces[twinPath] else { return "its twin is missing" }
    return replay.firstFault(in: IncidentTrace(twinBytes)).map {
      "its twin is not allowed: event \($0.sequence) of `\($0.caseID)` \($0.text)"
    }
  }
}
