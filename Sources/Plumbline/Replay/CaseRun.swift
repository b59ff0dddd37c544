import PlumblineJSON
public import PlumblineRuntime

/// The events of one case of a trace, folded up to a point.
public struct CaseRun: Sendable {
  public internal(set) var state: CaseState
  /// Lines that could not be used: `trace:line: …`.
  public internal(set) var problems: [String] = []
  /// The cases of the trace, in order of appearance.
  public internal(set) var cases: [String] = []

  /// Folds a trace.
  /// - Parameters:
  ///   - trace: the file; nil for an empty case.
  ///   - caseID: the case; nil takes the only one.
  ///   - forExplaining: whether the state keeps what explanations tell beyond decisions.
  ///   - stop: asked before each proposal of the case with its index; true ends the fold there.
  /// - Throws: `FileError` where the trace can't be read or the case is not in it.
  static func fold(
    _ engine: Guard, trace: String?, caseID: String?, forExplaining: Bool = false,
    stop: (Int, Event) -> Bool = { _, _ in false }
  ) throws(FileError) -> CaseRun {
    guard let trace else { return CaseRun(state: engine.open(caseID ?? "case")) }
    let shown = trace == "-" ? "standard input" : FileSystem.display(trace)
    var events: [Event] = []
    var cases: [String] = []
    var seen: Set<String> = []
    var problems: [String] = []
    var reader = try LineReader(trace)
    var number = 0
    while let more = try reader.next({ line in
      number += 1
      if line.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { return true }
      do {
        let document = try JSONDocument.parse(Array(line))
        switch TraceReader.event(from: document.root) {
        case .success(let event):
          if seen.insert(event.caseID).inserted { cases.append(event.caseID) }
          if caseID == nil || caseID == event.caseID { events.append(event) }
        case .failure(let error): problems.append("\(shown):\(number): invalid: \(error.message)")
        }
      } catch {
        problems.append("\(shown):\(number): invalid: not JSON: \(error)")
      }
      return true
    }), more {}
    // A trace without an event is that of a case that has not begun. Where others have, the name may be
    // mistaken, and what happened before would be lost.
    if let caseID, !seen.contains(caseID), !seen.isEmpty || !problems.isEmpty {
      throw FileError(
        path: shown,
        reason:
          "holds no case `\(caseID)`\(Self.hint(cases)); a new one needs an `open` there, or no trace"
      )
    }
    if caseID == nil, cases.count > 1 {
      throw FileError(path: shown, reason: "holds several cases; name one\(Self.hint(cases))")
    }
    var run = CaseRun(
      state: engine.open(caseID ?? cases.first ?? "case", forExplaining: forExplaining))
    run.problems = problems
    run.cases = cases
    var index = 0
    for event in events {
      if case .propose = event.body {
        if stop(index, event) { break }
        index += 1
      }
      _ = engine.step(&run.state, event)
    }
    return run
  }

  private static func hint(_ cases: [String]) -> String {
    guard !cases.isEmpty else { return "" }
    let some = cases.prefix(5).map { "`\($0)`" }.joined(separator: ", ")
    return " (it has \(some)\(cases.count > 5 ? ", …" : ""))"
  }
}
