import PlumblineJSON
public import PlumblineRuntime

/// Explains a decision from the log alone.
public enum LogExplain {
  /// - Parameters:
  ///   - seq: the number of the proposal in its case.
  ///   - sensitiveKey: the key that the log was written with.
  /// - Throws: `LogError` where there is no such decision, or what it rests on was erased or is withheld.
  public static func explain(
    _ caseID: String, _ seq: Int, in reader: any LogReader, sensitiveKey: [UInt8]?
  ) throws -> Explanation {
    var events: [LogRecord] = []
    var bundle: String?
    var isErased = false
    var reached = false
    try reader.records(of: caseID) { stored in
      let record = try LogRecord(stored)
      switch record.kind {
      case .event:
        guard let number = record.seq, number <= seq else { break }
        bundle = bundle ?? record.bundle
        events.append(record)
        reached = number == seq
      case .refold where !reached: bundle = record.bundle
      case .erasure: isErased = true
      default: break
      }
      return true
    }
    guard let last = events.last else {
      throw LogError("the log has no case `\(caseID)`")
    }
    if isErased { throw LogError("what case `\(caseID)` held was erased") }
    guard reached else {
      throw LogError("case `\(caseID)` has \(last.seq ?? 0) events; there is no event \(seq)")
    }
    guard let bundle, let bytes = try reader.bundle(bundle) else {
      throw LogError(position: last.position, "the log lacks the bundle that decided it")
    }
    let engine = try Engine(bytes, sensitiveKey: sensitiveKey).engine
    var state = engine.open(caseID, forExplaining: true)
    for record in events.dropLast() { _ = engine.step(&state, try record.traceEvent()) }
    guard let explanation = engine.explain(state, try last.traceEvent()) else {
      throw LogError(
        position: last.position,
        "event \(seq) of case `\(caseID)` is a \(last.head["type"]?.string ?? "event"): nothing was decided; decisions are made on proposals"
      )
    }
    return explanation
  }
}
