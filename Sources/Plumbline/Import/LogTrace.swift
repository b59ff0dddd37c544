import CEL
import PlumblineJSON

/// The trace that a log becomes: lines in the log's order, and what is needed to sort them.
struct LogTrace {
  private struct Entry {
    var caseIndex: Int
    var time: Timestamp
    var start: Int
  }

  private struct CaseEntry {
    var name: String
    var latest: Timestamp
    /// Events behind a later one.
    var late = 0
  }

  let zoneMinutes: Int
  private var result = LogImport.Result()
  private var entries: [Entry] = []
  private var caseIndex: [String: Int] = [:]
  private var cases: [CaseEntry] = []
  /// The case of the event before: logs hold long stretches of one case.
  private var last: (name: String, index: Int)?

  init(zoneMinutes: Int) { self.zoneMinutes = zoneMinutes }

  /// Adds an event.
  /// - Parameter data: appends the inner part of its object, members separated by commas.
  mutating func add(
    case name: String, activity: String, time: Timestamp, _ data: (inout [UInt8]) -> Void
  ) {
    let start = result.trace.count
    result.trace.append(contentsOf: #"{"case":"#.utf8)
    JSONWriter.append(name, to: &result.trace)
    result.trace.append(contentsOf: #","time":""#.utf8)
    result.trace.append(contentsOf: TimeFormat.timestamp(time).utf8)
    result.trace.append(contentsOf: #"","type":"activity","name":"#.utf8)
    JSONWriter.append(activity, to: &result.trace)
    result.trace.append(contentsOf: #","data":{"#.utf8)
    data(&result.trace)
    result.trace.append(contentsOf: "}}\n".utf8)
    result.events += 1
    let index = number(of: name, at: time)
    entries.append(Entry(caseIndex: index, time: time, start: start))
    if time < cases[index].latest {
      cases[index].late += 1
    } else {
      cases[index].latest = time
    }
  }

  private mutating func number(of name: String, at time: Timestamp) -> Int {
    if let last, last.name == name { return last.index }
    let index: Int
    if let found = caseIndex[name] {
      index = found
    } else {
      index = cases.count
      caseIndex[name] = index
      cases.append(CaseEntry(name: name, latest: time))
    }
    last = (name, index)
    return index
  }

  /// An event that can't be taken.
  mutating func leaveOut(_ problem: @autoclosure () -> LogImport.Problem) {
    result.problemCount += 1
    if result.problems.count < LogImport.problemLimit { result.problems.append(problem()) }
  }

  mutating func filterOut() { result.filtered += 1 }

  /// The trace, each case in the order of its times. What stands in order keeps its place; within a case
  /// that does not, events share out the places of the case.
  /// - Parameter closing: whether each case ends with a `close` at the time of its last event.
  consuming func finish(closing: Bool) -> LogImport.Result {
    result.cases = cases.count
    result.problems.sort { ($0.line, $0.column) < ($1.line, $1.column) }
    result.reordered = cases.reduce(0) { $0 + $1.late }
    result.reorderedCases = cases.reduce(0) { $0 + ($1.late > 0 ? 1 : 0) }
    if result.reordered > 0 { sort() }
    if closing {
      for entry in cases {
        result.trace.append(contentsOf: #"{"case":"#.utf8)
        JSONWriter.append(entry.name, to: &result.trace)
        result.trace.append(contentsOf: #","time":""#.utf8)
        result.trace.append(contentsOf: TimeFormat.timestamp(entry.latest).utf8)
        result.trace.append(contentsOf: "\",\"type\":\"close\"}\n".utf8)
      }
    }
    return result
  }

  private mutating func sort() {
    var places: [Int: [Int]] = [:]
    for (place, entry) in entries.enumerated() where cases[entry.caseIndex].late > 0 {
      places[entry.caseIndex, default: []].append(place)
    }
    var order = Array(entries.indices)
    for (_, own) in places {
      // The place in the log decides among equal times.
      let sorted = own.sorted { (entries[$0].time, $0) < (entries[$1].time, $1) }
      for (place, event) in zip(own, sorted) { order[place] = event }
    }
    var trace: [UInt8] = []
    trace.reserveCapacity(result.trace.count)
    for event in order {
      let end = event + 1 < entries.count ? entries[event + 1].start : result.trace.count
      trace.append(contentsOf: result.trace[entries[event].start..<end])
    }
    result.trace = trace
  }
}
