import Foundation
import Workload

/// `plumb check` against a bare loop over libyaml's events on the same bytes.
enum CheckBenchmark {
  static func write(_ spec: LargeSpec, to folder: String) throws -> (paths: [String], bytes: Int) {
    let manager = FileManager.default
    try? manager.removeItem(atPath: folder)
    try manager.createDirectory(atPath: folder + "/rules", withIntermediateDirectories: true)
    var paths: [String] = []
    var bytes = 0
    for (path, text) in spec.files() {
      let full = folder + "/" + path
      try Data(text.utf8).write(to: URL(fileURLWithPath: full))
      paths.append(full)
      bytes += text.utf8.count
    }
    return (paths, bytes)
  }

  /// The same number of requirements, no two conditions of one text: nothing that was typed comes again.
  private static func distinct(_ table: inout Table, scratch: String) throws {
    let folder = scratch + "/spec-distinct"
    var spec = LargeSpec(requirements: 10_000)
    spec.isDistinct = true
    let (paths, bytes) = try write(spec, to: folder)
    let loop = Programs.best(of: 5, Programs.path("yaml-events"), paths)
    let check = Programs.best(of: 5, Programs.path("plumb"), ["check", folder])
    guard loop.status == 0, check.status == 0 else {
      throw Failure("check of distinct requirements: status \(check.status), loop \(loop.status)")
    }
    let memory = Programs.memory(Programs.path("plumb"), ["check", folder])
    table.add(
      "the same, no two conditions alike, \(shown(Double(bytes) / 1e6)) MB",
      "\(shown(check.seconds * 1e3)) ms (\(shown(check.cpuSeconds * 1e3)) ms of CPU), \(shown(memory, 0)) MB",
      baseline: "libyaml events in C: \(shown(loop.seconds * 1e3)) ms",
      ratio: shown(check.seconds / loop.seconds, 2))
  }

  static func run(_ table: inout Table, scratch: String, sizes: [Int]) throws {
    var byClock: [Double] = []
    var byCPU: [Double] = []
    for size in sizes {
      let folder = scratch + "/spec-\(size)"
      let (paths, bytes) = try write(LargeSpec(requirements: size), to: folder)
      let times = size > 20_000 ? 2 : 5
      let loop = Programs.best(of: times, Programs.path("yaml-events"), paths)
      let check = Programs.best(of: times, Programs.path("plumb"), ["check", folder])
      guard loop.status == 0, check.status == 0 else {
        throw Failure("check of \(size) requirements: status \(check.status), loop \(loop.status)")
      }
      let ratio = check.seconds / loop.seconds
      let isMust = size == 10_000
      table.add(
        "`plumb check`, \(size) requirements, \(paths.count) files, \(shown(Double(bytes) / 1e6)) MB",
        "\(shown(check.seconds * 1e3)) ms (\(shown(check.cpuSeconds * 1e3)) ms of CPU)",
        baseline: "libyaml events in C: \(shown(loop.seconds * 1e3)) ms",
        ratio: shown(ratio, 2), goal: isMust ? "≤ 6" : "", holds: isMust ? ratio <= 6 : nil)
      if isMust {
        let memory = Programs.memory(Programs.path("plumb"), ["check", folder])
        table.add(
          "its memory", "\(shown(memory, 0)) MB", goal: "< 400 MB", holds: memory < 400)
      }
      byClock.append(check.seconds / Double(size) * 1e6)
      byCPU.append(check.cpuSeconds / Double(size) * 1e6)
    }
    try distinct(&table, scratch: scratch)
    // Both: the clock depends on how many cores were free at each size.
    guard let middle = sizes.firstIndex(of: 10_000), sizes.count > middle + 1 else { return }
    let named = sizes.map(String.init).joined(separator: " / ")
    for (kind, times) in [("by the clock", byClock), ("of CPU", byCPU)] {
      guard let last = times.last else { continue }
      let growth = last / times[middle]
      table.add(
        "time a requirement \(kind), \(named)",
        times.map { shown($0, 1) }.joined(separator: " / ") + " µs",
        baseline: "10000 requirements", ratio: shown(growth, 2), goal: "linear (≤ 1.3)",
        holds: growth <= 1.3)
    }
  }
}

struct Failure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
