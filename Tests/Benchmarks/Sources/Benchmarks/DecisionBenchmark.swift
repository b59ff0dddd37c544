import Foundation
import Plumbline
import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Workload

/// One decision in process: ten rules apply, the facts are in the case.
enum DecisionBenchmark {
  static let tool = 2
  static let step = 3

  static let event = """
    {"case":"c-1","time":"2026-01-05T10:00:00Z","type":"propose","id":"p-1","action":"action_2","args":{"order_id":"o-1","amount":80.5,"quantity":4,"reason":"arrived broken"}}
    """

  static let before = [
    #"{"case":"c-1","time":"2026-01-05T09:00:00Z","type":"open","data":{"customer_id":"k-1"}}"#,
    #"{"case":"c-1","time":"2026-01-05T09:00:01Z","type":"enter","step":"step_1"}"#,
    #"{"case":"c-1","time":"2026-01-05T09:00:02Z","type":"enter","step":"step_2"}"#,
    #"{"case":"c-1","time":"2026-01-05T09:00:03Z","type":"enter","step":"step_3"}"#,
    #"{"case":"c-1","time":"2026-01-05T09:00:04Z","type":"propose","id":"a","action":"get_customer","args":{"customer_id":"k-1"}}"#,
    #"{"case":"c-1","time":"2026-01-05T09:00:05Z","type":"result","of":"a","result":{"id":"k-1","tier":"gold","escalated":false,"verified":true,"credit":250.0}}"#,
    #"{"case":"c-1","time":"2026-01-05T09:00:06Z","type":"propose","id":"b","action":"get_order","args":{"order_id":"o-1"}}"#,
    #"{"case":"c-1","time":"2026-01-05T09:00:07Z","type":"result","of":"b","result":{"id":"o-1","status":"delivered","total":120.0,"paid":true,"delivered_at":"2026-01-02T09:00:00Z","items":[{"sku":"s-1","price":60.0,"quantity":1},{"sku":"s-2","price":60.0,"quantity":1}]}}"#,
  ]

  static func parse(_ text: String) throws -> Event {
    switch TraceReader.event(from: try JSONDocument.parse(text).root) {
    case .success(let event): return event
    case .failure(let error): throw error
    }
  }

  static func prepared(_ engine: Guard) throws -> CaseState {
    var state = engine.open("c-1")
    for line in before { _ = engine.step(&state, try parse(line)) }
    return state
  }

  /// Times single calls in groups, since a clock costs as much as a decision: the percentiles are those
  /// of groups of sixteen.
  static func percentiles(_ body: () -> Void) -> (p50: Double, p99: Double) {
    let clock = ContinuousClock()
    let group = 16
    var times: [Double] = []
    for _ in 0..<20_000 { body() }
    for _ in 0..<20_000 {
      let start = clock.now
      for _ in 0..<group { body() }
      times.append(seconds(clock.now - start) / Double(group) * 1e6)
    }
    times.sort()
    return (times[times.count / 2], times[times.count * 99 / 100])
  }

  static func run(_ table: inout Table, scratch: String) throws {
    let large = LargeSpec(requirements: 10_000)
    let folder = scratch + "/spec-decide"
    _ = try CheckBenchmark.write(large, to: folder)
    let smallFolder = scratch + "/spec-decide-10"
    _ = try CheckBenchmark.write(LargeSpec(pairOf: large, tool: tool, step: step), to: smallFolder)
    guard let spec = try Pipeline.load(folder).spec, let ten = try Pipeline.load(smallFolder).spec
    else { throw Failure("the generated spec does not compile") }
    let proposalEvent = try parse(event)
    guard case .propose(let proposal) = proposalEvent.body else { throw Failure("no proposal") }

    let native = NativeRules()
    let facts = NativeFacts.sample
    var sink = 0
    let base = percentiles { sink &+= native.decide(facts) }

    func measure(_ engine: Guard) throws -> (p50: Double, p99: Double) {
      let state = try prepared(engine)
      let decision = engine.judge(state, proposal, at: proposalEvent.time)
      guard decision.outcome == .allow, decision.step == "step_3" else {
        throw Failure("the benchmark's proposal is not allowed: \(decision)")
      }
      return percentiles { sink &+= engine.judge(state, proposal, at: proposalEvent.time).seq }
    }
    let many = try measure(spec.guardEngine)
    let few = try measure(ten.guardEngine)
    let baseline = "the ten rules written in Swift: \(shown(base.p50 * 1e3, 0)) ns"
    table.add(
      "one decision, 10 rules of 10,000, p50", "\(shown(many.p50, 2)) µs", baseline: baseline,
      ratio: shown(many.p50 / base.p50, 1), goal: "aim 0.5 µs", holds: many.p50 <= 0.5)
    table.add("the same, p99", "\(shown(many.p99, 2)) µs")
    table.add(
      "the same with 10 rules in all, p50", "\(shown(few.p50, 2)) µs",
      baseline: "10,000 rules against 10", ratio: shown(many.p50 / few.p50, 2), goal: "≤ 1.2",
      holds: many.p50 / few.p50 <= 1.2)

    // From the text of the event: parsed, read, judged.
    let bytes = Array(event.utf8)
    let parser = JSONParser()
    let state = try prepared(spec.guardEngine)
    let text = percentiles {
      bytes.withUnsafeBytes { raw in
        guard let document = try? parser.parse(raw),
          case .success(let event) = TraceReader.event(from: document.root),
          case .propose(let proposal) = event.body
        else { return }
        sink &+= spec.guardEngine.judge(state, proposal, at: event.time).seq
      }
    }
    table.add(
      "one decision from JSON text (\(bytes.count) bytes), p50", "\(shown(text.p50, 2)) µs",
      baseline: baseline, ratio: shown(text.p50 / base.p50, 1), goal: "aim 1.2 µs",
      holds: text.p50 <= 1.2)

    try load(&table, spec)
    if sink == 42 { print("") }
  }

  private static func load(_ table: inout Table, _ spec: LoadedSpec) throws {
    let bytes = spec.bytes
    var best = Double.infinity
    for _ in 0..<5 {
      let clock = ContinuousClock()
      let start = clock.now
      let sealed = try SpecBundle.load(bytes)
      let engine = try Guard(sealed.bundle, meaning: sealed.meaning)
      best = min(best, seconds(clock.now - start))
      if engine.meaning.isEmpty { throw Failure("no meaning") }
    }
    var parseOnly = Double.infinity
    for _ in 0..<5 { parseOnly = min(parseOnly, time { _ = try? JSONDocument.parse(bytes) }) }
    table.add(
      "loading 10,000 rules from a bundle of \(shown(Double(bytes.count) / 1e6)) MB",
      "\(shown(best * 1e3, 0)) ms", baseline: "its JSON parsed: \(shown(parseOnly * 1e3, 1)) ms",
      ratio: shown(best / parseOnly, 1), goal: "aim 50 ms", holds: best <= 0.05)
    // Memory in a process of its own, so that nothing else is counted.
    let path = NSTemporaryDirectory() + "plumbline-bundle-\(getpid()).json"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let with = Programs.memory(Programs.path("Benchmarks"), ["--load", path])
    let without = Programs.memory(Programs.path("Benchmarks"), ["--load-nothing", path])
    let growth = with - without
    table.add(
      "memory of that guard (peak while loading, less the file's bytes)",
      "\(shown(growth, 1)) MB", goal: "aim 15 MB", holds: growth <= 15)
  }
}
