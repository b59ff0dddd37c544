import Foundation
import Plumbline
import PlumblineJSON
import PlumblineRuntime
import Workload

/// Rules on order, counts and deadlines: what one more event costs.
enum TemporalBenchmark {
  static func run(_ table: inout Table, scratch: String) throws {
    for (name, tools) in [("spread over 20 actions", 20), ("all on one action", 1)] {
      try oneMore(&table, scratch: scratch, name, tools: tools)
    }
    try log(&table, scratch: scratch)
    try manyCases(&table, scratch: scratch)
  }

  static func load(_ text: String, _ scratch: String) throws -> LoadedSpec {
    let folder = scratch + "/spec-temporal"
    try? FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/spec.yaml"))
    let loaded = try Pipeline.load(folder)
    guard let spec = loaded.spec else {
      throw Failure("the generated spec does not compile: \(loaded.diagnostics.prefix(2))")
    }
    return spec
  }

  // MARK: - a thousand rules, two hundred events

  /// A thousand rules of ten shapes; most are correlated by an argument.
  private static func thousand(tools: Int) -> String {
    var text = "plumb: 1\nspec: temporal\nroles: [lead]\ntools:\n"
    for tool in 0..<max(tools, 2) {
      text +=
        "  act_\(tool): { effect: write, args: { key: string, amount: number }, touches: none }\n"
    }
    text += "requirements:\n"
    for index in 0..<1_000 {
      let action = "act_\(index % tools)"
      let other = "act_\((index + 1) % max(tools, 2))"
      let form =
        switch index / tools % 10 {
        case 0: "at_most: 300\n    per: [key]"
        case 1: "not_after: \(other)\n    same: [key]\n    when: args.amount > \(1_000 + index).0"
        case 2: "followed_by: \(other)\n    within: \(1 + index % 9)h"
        case 3: "at_most: 300\n    within: 24h"
        case 4:
          "declare: { template: alternate_response, events: [\(action), \(other)], same: [key] }"
        case 5: "after: { event: \(other), where: args.amount < \(1_000 + index).0 }"
        case 6:
          "followed_by: { event: \(other), where: args.amount < \(1_000 + index).0 }\n    same: [key]"
        case 7: "declare: { template: co_existence, events: [\(action), \(other)] }"
        case 8: "at_most: 300\n    per: [key]\n    within: \(2 + index % 9)h"
        default: "declare: { template: precedence, events: [\(other), \(action)] }"
        }
      text += """
          - id: T-\(index)
            statement: The agent shall keep to rule \(index).
            \(form.hasPrefix("declare") ? "" : "applies_to: \(action)")
            \(form)
            otherwise: warn
            priority: should

        """
    }
    return text.replacingOccurrences(of: "\n    \n", with: "\n")
  }

  private static func oneMore(
    _ table: inout Table, scratch: String, _ name: String, tools: Int
  ) throws {
    let engine = try load(thousand(tools: tools), scratch).guardEngine
    var state = engine.open("c")
    var second = 0
    func line(_ rest: String) throws -> Event {
      second += 1
      let time =
        "2026-01-05T\(pair(10 + second / 3600)):\(pair(second / 60 % 60)):\(pair(second % 60))Z"
      return try DecisionBenchmark.parse(#"{"case":"c","time":"\#(time)",\#(rest)}"#)
    }
    func pair(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
    func proposal(_ number: Int) -> String {
      #""type":"propose","id":"p\#(number)","action":"act_\#(number % max(tools, 2))","args":{"key":"k-\#(number % 7)","amount":\#(number)}"#
    }
    for number in 0..<100 {
      _ = engine.step(&state, try line(proposal(number)))
      _ = engine.step(&state, try line(#""type":"result","of":"p\#(number)","result":{}"#))
    }
    let next = try line(proposal(100))
    guard case .propose(let asked) = next.body else { throw Failure("no proposal") }
    var sink = 0
    let judged = percentiles(of: 1_000) { sink &+= engine.judge(state, asked, at: next.time).seq }
    table.add(
      "1,000 temporal rules, \(name), 200 events: one more decided, p50 (p99)",
      "\(shown(judged.p50)) µs (\(shown(judged.p99)) µs)", goal: "aim 50 µs",
      holds: judged.p50 <= 50)
    // The fold too: proposals and their results, while the history grows.
    var times: [Double] = []
    let clock = ContinuousClock()
    for number in 100..<350 {
      let events = [
        try line(proposal(number)), try line(#""type":"result","of":"p\#(number)","result":{}"#),
      ]
      let start = clock.now
      for event in events { sink &+= engine.step(&state, event).findings.count }
      times.append(seconds(clock.now - start) * 1e6)
    }
    times.sort()
    table.add(
      "the same, a proposal and its result folded, 200 to 700 events, p50",
      "\(shown(times[times.count / 2])) µs")
    if sink == 42 { print("") }
  }

  private static func percentiles(of count: Int, _ body: () -> Void) -> (p50: Double, p99: Double) {
    for _ in 0..<count / 10 { body() }
    var times: [Double] = []
    let clock = ContinuousClock()
    for _ in 0..<count {
      let start = clock.now
      body()
      times.append(seconds(clock.now - start) * 1e6)
    }
    times.sort()
    return (times[times.count / 2], times[times.count * 99 / 100])
  }

  // MARK: - twenty constraints over a log

  static let activities = [
    "Register request", "Check ticket", "Examine casually", "Examine thoroughly", "Decide",
    "Reinitiate request", "Pay compensation", "Reject request", "Send letter", "Archive",
  ]

  static var constraints: String {
    var text = "plumb: 1\nspec: log\nrequirements:\n"
    let pairs = [
      ("response", 0, 4), ("precedence", 1, 4), ("not_succession", 9, 0),
      ("alternate_response", 4, 8),
      ("succession", 0, 9), ("chain_response", 6, 8), ("responded_existence", 7, 8),
      ("not_co_existence", 6, 7), ("co_existence", 4, 1), ("precedence", 4, 6), ("response", 5, 4),
      ("alternate_precedence", 4, 5), ("chain_precedence", 4, 6), ("exclusive_choice", 6, 7),
      ("choice", 2, 3), ("not_chain_succession", 2, 3),
    ]
    let single = [("init", 0), ("end", 9), ("existence", 4), ("absence", 0)]
    var number = 0
    func add(_ declare: String) {
      number += 1
      text += """
          - id: L-\(number)
            statement: The office shall keep to rule \(number).
            declare: { \(declare) }

        """
    }
    for (template, a, b) in pairs {
      add("template: \(template), events: [\(activities[a]), \(activities[b])]")
    }
    for (template, a) in single {
      let count = template == "existence" ? ", n: 1" : template == "absence" ? ", n: 3" : ""
      add("template: \(template), events: [\(activities[a])]\(count)")
    }
    return text
  }

  /// Logs of made-up cases: twenty events each, which keep to the rules but for one event in twenty.
  static func lines(cases: Int) -> [String] {
    var state: UInt64 = 7
    func draw(_ below: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % below
    }
    // Register, then rounds of a check, an examination, a decision and its letter; at last the archive.
    let round = [1, 2, 4, 8]
    var lines: [String] = []
    for number in 0..<cases {
      for event in 0..<20 {
        var activity = event == 0 ? 0 : event == 19 ? 9 : round[(event - 1) % 4]
        if draw(20) == 0 { activity = draw(activities.count) }
        let minute = event < 10 ? "0\(event)" : String(event)
        lines.append(
          #"{"case":"case-\#(number)","time":"2026-01-05T10:\#(minute):00Z","type":"activity","name":"\#(activities[activity])","data":{"resource":"r-\#(event % 5)"}}"#
        )
      }
    }
    return lines
  }

  private static func log(_ table: inout Table, scratch: String) throws {
    let engine = try load(constraints, scratch).guardEngine
    let lines = lines(cases: 5_000)
    let events = try lines.map { try DecisionBenchmark.parse($0) }
    var sink = 0
    var found = 0
    var best = Double.infinity
    for _ in 0..<5 {
      found = 0
      best = min(
        best,
        time {
          var state = engine.open("none")
          var current = ""
          // By place: an event that is taken out of an array is copied.
          events.withUnsafeBufferPointer { events in
            for index in events.indices {
              if events[index].caseID != current {
                current = events[index].caseID
                state = engine.open(current)
              }
              found += engine.step(&state, events[index]).findings.count
            }
          }
        })
      sink &+= found
    }
    let rate = Double(events.count) / best / 1e6
    table.add(
      "20 constraints over a log of \(events.count) decoded events, \(found) findings",
      "\(shown(rate, 2)) M events/s", goal: "aim 10 M/s", holds: rate >= 10)
    let path = scratch + "/log.jsonl"
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
    let cost = Programs.best(
      of: 3, Programs.path("plumb"), ["replay", scratch + "/spec-temporal", path])
    guard cost.status == 0 || cost.status == 1 else { throw Failure("replay: \(cost.status)") }
    let fromText = Double(events.count) / cost.cpuSeconds / 1e6
    table.add(
      "the same from JSON Lines with `plumb replay`", "\(shown(fromText, 2)) M events/s of CPU",
      goal: "aim 1 M/s", holds: fromText >= 1)
    if sink == 42 { print("") }
  }

  // MARK: - many open cases

  private static func manyCases(_ table: inout Table, scratch: String) throws {
    let engine = try load(constraints, scratch).guardEngine
    let opening = try lines(cases: 1).prefix(4).map { try DecisionBenchmark.parse($0) }
    var states: [CaseState] = []
    states.reserveCapacity(1_000_000)
    var before = residentMegabytes()
    var perEvent: [Double] = []
    var perTouch: [Double] = []
    var sink = 0
    // What memory alone costs: eight places in blocks of the size of a case.
    var blocks = [UInt64](repeating: 0, count: 1_000_000 * 72)
    for index in stride(from: 0, to: blocks.count, by: 512) { blocks[index] = 1 }
    before = residentMegabytes()
    for size in [1_000, 10_000, 100_000, 1_000_000] {
      while states.count < size {
        var state = engine.open("case-\(states.count)")
        for event in opening.prefix(3) { _ = engine.step(&state, event) }
        states.append(state)
      }
      // One more event in cases all over the place.
      let count = 200_000
      var place: UInt64 = 99
      let spent = time {
        for _ in 0..<count {
          place = place &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          sink &+= engine.step(&states[Int(place >> 20) % size], opening[3]).findings.count
        }
      }
      perEvent.append(spent / Double(count) * 1e9)
      let touching = time {
        for _ in 0..<count {
          place = place &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          let block = Int(place >> 20) % size * 72
          for word in stride(from: 0, to: 64, by: 8) { blocks[block + word] &+= place }
        }
      }
      perTouch.append(touching / Double(count) * 1e9)
    }
    let bytes = (residentMegabytes() - before) * 1_048_576 / 1_000_000
    table.add("one million open cases under these constraints", "\(shown(bytes, 0)) bytes a case")
    table.add(
      "one more event with 1,000 / 10,000 / 100,000 / 1,000,000 cases open",
      perEvent.map { shown($0, 0) }.joined(separator: " / ") + " ns",
      baseline: "1,000 cases", ratio: shown((perEvent.last ?? 0) / perEvent[0], 2))
    table.add(
      "memory alone: eight cache lines of a block of 576 bytes, as many blocks",
      perTouch.map { shown($0, 0) }.joined(separator: " / ") + " ns", baseline: "1,000 blocks",
      ratio: shown((perTouch.last ?? 0) / perTouch[0], 2))
    if sink == 42 { print("") }
  }
}
