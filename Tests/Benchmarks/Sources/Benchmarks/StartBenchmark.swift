import Foundation
import Workload

/// Start to exit.
enum StartBenchmark {
  static func run(_ table: inout Table, scratch: String) throws {
    let folder = scratch + "/start"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(LargeTrace.spec.utf8).write(to: URL(fileURLWithPath: folder + "/refunds.yaml"))
    let proposal = scratch + "/proposal.json"
    try Data(
      #"{"action":"issue_refund","args":{"order_id":"o-1","amount":20,"reason":"late"}}"#.utf8
    ).write(to: URL(fileURLWithPath: proposal))
    let hello = Programs.best(of: 40, Programs.path("hello"), [])
    let baseline = "hello in C: \(shown(hello.seconds * 1e3, 2)) ms"
    let programs: [(String, [String])] = [
      ("`plumb --help`", ["--help"]),
      ("`plumb decide` on a small spec", ["decide", folder, "--proposal", proposal]),
    ]
    for (name, arguments) in programs {
      let cost = Programs.best(of: 40, Programs.path("plumb"), arguments)
      guard cost.status == 0 || cost.status == 1 else {
        throw Failure("\(name): status \(cost.status)")
      }
      table.add(
        "\(name), start to exit", "\(shown(cost.seconds * 1e3, 1)) ms", baseline: baseline,
        ratio: shown(cost.seconds / hello.seconds, 1), goal: "aim 10 ms",
        holds: cost.seconds <= 0.01)
    }
  }
}
