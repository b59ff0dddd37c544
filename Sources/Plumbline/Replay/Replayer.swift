import PlumblineBundle
import PlumblineJSON
public import PlumblineRuntime

/// Runs recorded events through the guard, case by case, and counts.
///
/// One pass, in the order of the lines; what is kept is one state a case.
public final class Replayer {
  /// What a stretch of a trace gave, as lines to write.
  public struct Chunk {
    /// Decisions, a line each (`keepsDecisions`).
    public var decisions: [UInt8] = []
    /// Findings, a line each (`keepsFindings`).
    public var findings: [UInt8] = []
    /// Lines that could not be used: `trace:line: …`.
    public var problems: [String] = []
    /// What a reader may want to know, each once in a replay: `trace:line: note: …`.
    public var notes: [String] = []
    /// Events so far, over all traces.
    public var events = 0
  }

  private struct Entry {
    var state: CaseState
    var proposals = 0
    var denied = false
    /// nil while there is nothing to count: most cases of a large trace are clean.
    var tally: CaseTally?
  }

  /// What one case gave.
  private final class CaseTally {
    var decisions: [Outcome: Int] = [:]
    var findings: [FindingCategory: Int] = [:]
    var requirements: [String: [FindingCategory: Int]] = [:]
  }

  public let engine: Guard
  /// What was found so far.
  public var summary: ReplaySummary {
    var summary = counts
    summary.cases = entries.count
    summary.obligations = entries.flatMap { entry in
      engine.obligations(of: entry.state).map { (entry.state.caseID, $0) }
    }
    return summary
  }
  public var keepsDecisions = false
  public var keepsFindings = false
  /// Whether `eachCase` will be asked for.
  public var keepsCases = false

  private var counts = ReplaySummary()
  private var index: [String: Int] = [:]
  private var entries: [Entry] = []
  /// The case of the line before: traces hold long stretches of one case.
  private var last = -1
  private let parser = JSONParser()
  private var chunk = Chunk()
  private var noted: Set<String> = []

  public init(_ engine: Guard) { self.engine = engine }

  /// Replays one trace, JSON Lines; `-` is standard input.
  /// - Parameter sink: gets what was found, in order, every few thousand lines and at the end.
  /// - Throws: `FileError` of the trace or the sink.
  public func replay(
    _ path: String, sink: (Chunk) throws(FileError) -> Void
  ) throws(FileError) {
    var reader = try LineReader(path)
    let shown = path == "-" ? "standard input" : FileSystem.display(path)
    var number = 0
    while let more = try reader.next({ line in
      number += 1
      self.line(line, number: number, trace: shown)
      if number & 0xFFF == 0 || self.chunk.decisions.count + self.chunk.findings.count > 1 << 20 {
        return false
      }
      return true
    }) {
      chunk.events = counts.events
      try sink(chunk)
      chunk = Chunk()
      if !more { break }
    }
  }

  private func line(_ bytes: UnsafeRawBufferPointer, number: Int, trace: String) {
    if bytes.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { return }
    let event: Event
    let document: JSONDocument
    do throws(JSONError) {
      document = try parser.parse(bytes)
    } catch {
      return broken("not JSON: \(error)", number: number, trace: trace)
    }
    do throws(EventError) {
      event = try TraceReader.read(document.root)
    } catch {
      return broken(error.message, number: number, trace: trace)
    }
    counts.events += 1
    let at = entry(of: event.caseID)
    let output = engine.step(&entries[at].state, event)
    if let decision = output.decision { count(decision, event, at: at, number: number) }
    for note in output.notes where noted.insert(note).inserted {
      chunk.notes.append("\(trace):\(number): note: \(note)")
    }
    for finding in output.findings {
      count(finding, at: at)
      if keepsFindings {
        emit(finding, caseID: event.caseID, seq: entries[at].state.seq, number)
      }
    }
  }

  private func entry(of caseID: String) -> Int {
    if last >= 0, entries[last].state.caseID == caseID { return last }
    if let found = index[caseID] {
      last = found
    } else {
      last = entries.count
      index[caseID] = last
      entries.append(Entry(state: engine.open(caseID)))
    }
    return last
  }

  private func count(_ decision: Decision, _ event: Event, at: Int, number: Int) {
    counts.proposals += 1
    counts.decisions[decision.outcome, default: 0] += 1
    if keepsCases { tally(at).decisions[decision.outcome, default: 0] += 1 }
    if decision.outcome == .deny, !entries[at].denied {
      entries[at].denied = true
      counts.casesWithDeny += 1
    }
    for finding in decision.findings {
      count(finding, at: at)
      if keepsFindings {
        emit(finding, caseID: decision.caseID, seq: decision.seq, number)
      }
    }
    if keepsDecisions {
      var line = decision.json()
      if case .object(var members) = line {
        var id: String?
        if case .propose(let proposal) = event.body { id = proposal.id }
        members.append(.init("of", id.map(JSON.string) ?? .null))
        members.append(.init("index", .int(Int64(entries[at].proposals))))
        line = .object(members)
      }
      chunk.decisions += line.compact
      chunk.decisions.append(10)
    }
    entries[at].proposals += 1
  }

  private func tally(_ at: Int) -> CaseTally {
    if let tally = entries[at].tally { return tally }
    let tally = CaseTally()
    entries[at].tally = tally
    return tally
  }

  private func count(_ finding: Finding, at: Int) {
    if finding.shadow {
      if let id = finding.requirement {
        counts.shadow[id, default: [:]][finding.category, default: 0] += 1
      }
      return
    }
    counts.findings[finding.category, default: 0] += 1
    guard finding.requirement != nil || keepsCases else { return }
    let tally = tally(at)
    tally.findings[finding.category, default: 0] += 1
    if let id = finding.requirement {
      counts.requirements[id, default: [:]][finding.category, default: 0] += 1
      if tally.requirements[id] == nil { counts.requirementCases[id, default: 0] += 1 }
      tally.requirements[id, default: [:]][finding.category, default: 0] += 1
    }
  }

  private func emit(_ finding: Finding, caseID: String, seq: Int, _ number: Int) {
    guard case .object(var members) = finding.json(caseID: caseID, seq: seq) else { return }
    members.append(.init("line", .int(Int64(number))))
    chunk.findings += JSON.object(members).compact
    chunk.findings.append(10)
  }

  /// A line that is no event: a finding of its own, and the rest goes on.
  private func broken(_ message: String, number: Int, trace: String) {
    counts.findings[.invalid, default: 0] += 1
    chunk.problems.append("\(trace):\(number): invalid: \(message)")
    guard keepsFindings else { return }
    chunk.findings +=
      JSON.object([
        .init("case", .null), .init("seq", .null), .init("time", .null),
        .init("requirement", .null), .init("category", .string("invalid")),
        .init("message", .string(message)), .init("trace", .string(trace)),
        .init("line", .int(Int64(number))),
      ]).compact
    chunk.findings.append(10)
  }

  /// Hands over a line for each case, in the order in which they first appeared (`keepsCases`).
  /// - Parameter sink: gets the lines, many at once.
  public func eachCase(_ sink: ([UInt8]) throws(FileError) -> Void) throws(FileError) {
    var lines: [UInt8] = []
    for entry in entries {
      let tally = entry.tally ?? CaseTally()
      lines +=
        JSON.object([
          .init("case", .string(entry.state.caseID)),
          .init("events", .int(Int64(entry.state.seq))),
          .init("decisions", ReplaySummary.outcomes(tally.decisions)),
          .init("findings", ReplaySummary.categories(tally.findings)),
          .init("requirements", ReplaySummary.byRequirement(tally.requirements)),
          .init("open", .bool(!entry.state.isClosed)),
          .init("outcome", entry.state.outcome.map(JSON.string) ?? .null),
          .init("obligations", .array(engine.obligations(of: entry.state).map { $0.json() })),
        ]).compact
      lines.append(10)
      if lines.count > 1 << 20 {
        try sink(lines)
        lines.removeAll(keepingCapacity: true)
      }
    }
    if !lines.isEmpty { try sink(lines) }
  }
}
