import Foundation
import Plumbline
import PlumblineBundle
import PlumblineRuntime
import Workload

/// `swift run -c release Benchmarks [check|decide|generated|cel|temporal|replay|start …]`: measures, and prints a table; status 1
/// where something that must hold does not. `--write-spec FOLDER N [distinct]` and `--write-trace FILE N` write what is measured, and `--scratch FOLDER`
/// says where it goes.
@main
struct Benchmarks {
  static func main() throws {
    var arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.count >= 2, arguments[0] == "--load" { return try load(arguments[1]) }
    if arguments.count >= 3, arguments[0] == "--memory" {
      let cost = Programs.run(arguments[2], Array(arguments.dropFirst(3)))
      try String(cost.megabytes).write(toFile: arguments[1], atomically: false, encoding: .utf8)
      return
    }
    if arguments.count >= 2, arguments[0] == "--load-nothing" {
      _ = try Data(contentsOf: URL(fileURLWithPath: arguments[1]))
      return
    }
    if arguments.count >= 3, arguments[0] == "--write-spec", let count = Int(arguments[2]) {
      var spec = LargeSpec(requirements: count)
      spec.isDistinct = arguments.dropFirst(3).contains("distinct")
      _ = try CheckBenchmark.write(spec, to: arguments[1])
      return
    }
    if arguments.count >= 3, arguments[0] == "--write-trace", let count = Int(arguments[2]) {
      var data = Data()
      LargeTrace(events: count).write { data.append(contentsOf: $0) }
      try data.write(to: URL(fileURLWithPath: arguments[1]))
      return
    }
    var scratch = NSTemporaryDirectory() + "plumbline-benchmarks-\(getpid())"
    var isOwn = true
    if let index = arguments.firstIndex(of: "--scratch"), index + 1 < arguments.count {
      scratch = arguments[index + 1]
      arguments.removeSubrange(index...(index + 1))
      isOwn = false
    }
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    defer { if isOwn { try? FileManager.default.removeItem(atPath: scratch) } }
    func wants(_ part: String) -> Bool { arguments.isEmpty || arguments.contains(part) }
    var table = Table()
    print(Table.head)
    if wants("check") {
      try CheckBenchmark.run(&table, scratch: scratch, sizes: [1_000, 10_000, 100_000])
    }
    if arguments.contains("check-10000") {
      try CheckBenchmark.run(&table, scratch: scratch, sizes: [10_000])
    }
    if wants("decide") { try DecisionBenchmark.run(&table, scratch: scratch) }
    if wants("generated") { try GeneratedBenchmark.run(&table) }
    if wants("cel") { try CELBenchmark.run(&table, scratch: scratch) }
    if wants("temporal") { try TemporalBenchmark.run(&table, scratch: scratch) }
    if wants("replay") { try ReplayBenchmark.run(&table, scratch: scratch, events: 1_000_000) }
    if wants("start") { try StartBenchmark.run(&table, scratch: scratch) }
    for line in table.missed {
      FileHandle.standardError.write(
        Data("missed: \(line.what): \(line.value), ratio \(line.ratio), goal \(line.goal)\n".utf8))
    }
    if !table.missed.isEmpty { exit(1) }
  }

  private static func load(_ path: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let sealed = try SpecBundle.load(bytes)
    let engine = try Guard(sealed.bundle, meaning: sealed.meaning)
    if engine.meaning.isEmpty { throw Failure("no meaning") }
  }
}
