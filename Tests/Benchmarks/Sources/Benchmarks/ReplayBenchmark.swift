import Foundation
import Workload

/// `plumb replay` of a long trace against plainer ways through the same lines.
enum ReplayBenchmark {
  static func run(_ table: inout Table, scratch: String, events: Int) throws {
    let folder = scratch + "/replay"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(LargeTrace.spec.utf8).write(to: URL(fileURLWithPath: folder + "/refunds.yaml"))
    let path = scratch + "/trace.jsonl"
    var all = Data()
    all.reserveCapacity(events * 300)
    LargeTrace(events: events).write { all.append(contentsOf: $0) }
    try all.write(to: URL(fileURLWithPath: path))

    let replay = Programs.best(of: 3, Programs.path("plumb"), ["replay", folder, path])
    guard replay.status == 0 || replay.status == 1 else {
      throw Failure("replay: status \(replay.status)")
    }
    let bytes = [UInt8](all)
    // The lines alone.
    var lines = 0
    let scan = time {
      bytes.withUnsafeBytes { raw in
        guard let base = raw.baseAddress else { return }
        var position = 0
        while position < raw.count,
          let found = memchr(base + position, 10, raw.count - position)
        {
          lines += 1
          position = UnsafeRawPointer(found) - base + 1
        }
      }
    }
    // The parser that comes with Swift, on a tenth of them.
    var parsed = 0
    let foundation = time {
      var rest = all[...]
      while parsed < events / 10, let end = rest.firstIndex(of: 10) {
        if (try? JSONSerialization.jsonObject(with: rest[rest.startIndex..<end])) != nil {
          parsed += 1
        }
        rest = rest[(end + 1)...]
      }
    }
    guard lines == events, parsed == events / 10 else { throw Failure("the trace is broken") }
    let rate = Double(events) / replay.cpuSeconds / 1e6
    let foundationRate = Double(parsed) / foundation / 1e6
    let scanRate = Double(lines) / scan / 1e6
    table.add(
      "`plumb replay`, \(events) events of \(all.count / events) bytes",
      "\(shown(rate, 2)) M events/s of CPU (\(shown(Double(events) / replay.seconds / 1e6, 2)) by the wall clock)",
      baseline: "JSONSerialization alone: \(shown(foundationRate, 2)) M/s",
      ratio: shown(rate / foundationRate, 1), goal: "aim 2 M/s", holds: rate >= 2)
    table.add(
      "the same lines, only found (memchr)", "\(shown(scanRate, 1)) M/s",
      ratio: shown(rate / scanRate, 2))
    table.add(
      "memory of that replay",
      "\(shown(Programs.memory(Programs.path("plumb"), ["replay", folder, path]), 0)) MB")
  }
}
