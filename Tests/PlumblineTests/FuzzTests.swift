import Foundation
import Plumbline
import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Testing

/// Readers of what comes from outside, on inputs gone wrong: nothing traps, hangs or gets through.
/// `PLUMBLINE_FUZZ_SECONDS` lengthens the runs, `PLUMBLINE_SEED` repeats one.
@Suite struct InputFuzzTests {
  struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var x = state
      x ^= x >> 33
      x = x &* 0xff51_afd7_ed55_8ccd
      return x ^ (x >> 33)
    }
  }

  static var seed: UInt64 {
    ProcessInfo.processInfo.environment["PLUMBLINE_SEED"].flatMap { UInt64($0) } ?? 20_260_105
  }

  static var seconds: Double {
    ProcessInfo.processInfo.environment["PLUMBLINE_FUZZ_SECONDS"].flatMap { Double($0) } ?? 1
  }

  /// Calls `body` with mutations of the inputs until the time is up; at least two hundred times.
  static func mutate(_ inputs: [[UInt8]], _ body: ([UInt8], UInt64) throws -> Void) rethrows {
    let end = Date().addingTimeInterval(seconds)
    var round: UInt64 = 0
    while round < 200 || Date() < end {
      var random = Generator(state: seed &+ round)
      var bytes = inputs[Int(random.next() % UInt64(inputs.count))]
      for _ in 0...(random.next() % 4) {
        guard !bytes.isEmpty else { break }
        let at = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 6 {
        case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: at)
        case 2: bytes.insert(bytes[Int(random.next() % UInt64(bytes.count))], at: at)
        case 3: bytes.removeSubrange(at...)
        case 4: bytes[at] ^= 1 << UInt8(random.next() % 8)
        default:
          let other = Int(random.next() % UInt64(bytes.count))
          bytes.swapAt(at, other)
        }
      }
      try body(bytes, round)
      round += 1
    }
  }

  static func desk(_ body: (URL) throws -> Void) throws {
    try Tool.withFolder { folder in
      for (path, text) in StarterPackage.files(name: "desk") {
        try FileSystem.write(Array(text.utf8), to: folder.path + "/" + path)
      }
      try body(folder)
    }
  }

  @Test func aDamagedBundleIsNeverLoaded() throws {
    try Self.desk { folder in
      let spec = try #require(try Pipeline.load(folder.path).spec)
      #expect(try SpecBundle.load(spec.bytes).bundle.spec == "desk")
      Self.mutate([spec.bytes]) { bytes, round in
        guard bytes != spec.bytes else { return }
        // White space around the same JSON is the one change that changes nothing.
        guard let loaded = try? SpecBundle.load(bytes) else { return }
        #expect(loaded.meaning == spec.guardEngine.meaning, "round \(round)")
        #expect(loaded.bundle.seal().bytes == spec.bytes, "round \(round)")
      }
    }
  }

  @Test func aTraceGoneWrongIsFoldedWithoutATrap() throws {
    try Self.desk { folder in
      let spec = try #require(try Pipeline.load(folder.path).spec)
      let lines = StarterPackage.files(name: "desk")[1].text.split(separator: "\n")
        .map { Array($0.utf8) }
      var states = ["c-1": spec.guardEngine.open("c-1")]
      Self.mutate(lines) { bytes, round in
        guard let document = try? JSONDocument.parse(bytes),
          case .success(let event) = TraceReader.event(from: document.root)
        else { return }
        if round % 50 == 0 { states = [:] }
        var state = states[event.caseID] ?? spec.guardEngine.open(event.caseID)
        let output = spec.guardEngine.step(&state, event)
        states[event.caseID] = state
        if case .propose(let proposal) = event.body {
          let known = ["get_order", "issue_refund"].contains(proposal.action)
          #expect(output.decision != nil, "round \(round)")
          if !known { #expect(output.decision?.outcome == .deny, "round \(round)") }
        }
      }
    }
  }

  @Test func aTranscriptGoneWrongGivesEventsOrAProblem() throws {
    let transcripts = [
      #"{"id":"k","messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"one moment","tool_calls":[{"id":"a","type":"function","function":{"name":"get_order","arguments":"{\"order_id\": \"o-1\"}"}}]},{"role":"tool","tool_call_id":"a","content":"{\"total\": 20}"}]}"#,
      #"{"id":7,"messages":[{"role":"assistant","content":[{"type":"text","text":"x"},{"type":"tool_use","id":"t","name":"n","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"42"}],"is_error":true}]}]}"#,
    ].map { Array($0.utf8) }
    let importer = ChatImport(clock: "2026-01-05T09:00:00Z")
    Self.mutate(transcripts) { bytes, round in
      guard let conversation = try? importer.events(of: bytes, line: 1) else { return }
      for line in conversation.lines {
        #expect(!line.contains(10), "round \(round)")
        guard let document = try? JSONDocument.parse(line) else {
          Issue.record("round \(round): no JSON: \(String(decoding: line, as: UTF8.self))")
          continue
        }
        guard case .success = TraceReader.event(from: document.root) else {
          Issue.record("round \(round): no event: \(String(decoding: line, as: UTF8.self))")
          continue
        }
      }
    }
  }
}
