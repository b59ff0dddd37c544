#if Companion
import Foundation
import GRDB
import PlumblineRecord
import PlumblineRuntime
import PlumblineStore
import Testing

/// What goes wrong under the record: no acknowledged event is lost, none is there by half.
/// `PLUMBLINE_KILLS` is how often the recording process is killed.
@Suite(.serialized) struct FaultTests {
  static var environment: [String: String] { ProcessInfo.processInfo.environment }

  /// Events of so many cases, all alike but for their names.
  static func load(_ name: String, cases: Int) throws -> String {
    let case1 = try String(contentsOfFile: RecordDesk.trace, encoding: .utf8)
      .split(separator: "\n").filter { $0.contains("\"case\":\"mon-1\"") }
      .map { $0 + "\n" }.joined()
    return (0..<cases).map { case1.replacingOccurrences(of: "mon-1", with: "\(name)-\($0)") }
      .joined()
  }

  /// What the log says of an event.
  struct Entry: Equatable {
    var caseID: String
    var seq: Int
    var decision: String?
  }

  /// Records after a position, of a store in a file or a server.
  static func entries(_ log: String, after position: Int) throws -> [Int: Entry] {
    var found: [Int: Entry] = [:]
    try OpenLog.read(log) { reader in
      try reader.entries(after: position) { entry in
        if case .record(let stored) = entry {
          let record = try LogRecord(stored)
          if let name = record.caseID, let seq = record.seq {
            found[record.position] = Entry(caseID: name, seq: seq, decision: record.outcome)
          }
        }
        return true
      }
    }
    return found
  }

  /// The answers that a killed process got out, each a whole line.
  static func answers(_ file: URL) throws -> [Int: Entry] {
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    var found: [Int: Entry] = [:]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let answer = try Tool.json(String(line))
      let position = try #require(answer["position"] as? Int)
      found[position] = Entry(
        caseID: try #require(answer["case"] as? String),
        seq: try #require(answer["seq"] as? Int),
        decision: (answer["decision"] as? [String: Any])?["decision"] as? String)
    }
    return found
  }

  /// Starts a process that records; its answers go to a file.
  static func start(
    _ desk: RecordDesk, _ trace: String, log: String, answers: String, batch: Int
  ) throws -> Process {
    let process = Process()
    process.executableURL = Tool.products.appendingPathComponent("plumbd")
    process.arguments = [
      "log", "record", Tool.root.appendingPathComponent("Generated/support/bundle.json").path,
      trace,
      "--log", log, "--signing-key", "key.jwk", "--answers", "-", "--batch", "\(batch)",
    ]
    process.currentDirectoryURL = desk.folder
    let output = desk.folder.appendingPathComponent(answers)
    try Data().write(to: output)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(
      forWritingTo: {
        let errors = desk.folder.appendingPathComponent(answers + ".err")
        try Data().write(to: errors)
        return errors
      }())
    try process.run()
    return process
  }

  @Test func killedAtAnyMomentNothingAcknowledgedIsLost() throws {
    try RecordDesk.with { desk in
      let kills = Self.environment["PLUMBLINE_KILLS"].flatMap { Int($0) } ?? 12
      var generator = InputFuzzTests.Generator(state: InputFuzzTests.seed)
      var seen = 0
      var (acknowledged, unacknowledged, early, finished) = (0, 0, 0, 0)
      for kill in 0..<kills {
        try Tool.write(try Self.load("k\(kill)", cases: 40), "load.jsonl", in: desk.folder)
        let process = try Self.start(
          desk, "load.jsonl", log: "killed.log", answers: "answers.jsonl",
          batch: [1, 7, 64, 512][kill % 4])
        // One in eight at any moment, so also while it opens; the others while it answers.
        if kill % 8 == 0 {
          usleep(UInt32(generator.next() % 500_000))
        } else {
          while process.isRunning, try desk.bytes("answers.jsonl").isEmpty { usleep(1000) }
          usleep(UInt32(generator.next() % 120_000))
        }
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        if process.terminationReason == .exit { finished += 1 }
        let answered = try Self.answers(desk.folder.appendingPathComponent("answers.jsonl"))
        let path = desk.folder.appendingPathComponent("killed.log").path
        guard FileManager.default.fileExists(atPath: path) else {
          #expect(answered.isEmpty)
          early += 1
          continue
        }
        let there = (try? Self.entries(path, after: seen)) ?? [:]
        if answered.isEmpty { early += 1 }
        for (position, answer) in answered {
          #expect(there[position] == answer, "kill \(kill), record \(position)")
        }
        acknowledged += answered.count
        unacknowledged += there.count - answered.count
        seen = max(seen, there.keys.max() ?? 0)
        // What was not acknowledged is there whole, or not at all.
        if kill % 25 == 0, seen > 0 { #expect(try desk.verify("killed.log").status == 0) }
      }
      let verified = try desk.verify("killed.log")
      #expect(verified.status == 0, "\(verified.out)")
      let replayed = try desk.run("log", "replay", "killed.log")
      #expect(replayed.status == 0, "\(replayed.out)")
      #expect(acknowledged > 0)
      print(
        "kill -9: \(kills) kills (\(early) before the first answer, \(finished) after the last), "
          + "\(acknowledged) events acknowledged, 0 lost; \(unacknowledged) in the log that were not "
          + "acknowledged any more, all whole")
      print("kill -9: \(verified.out.split(separator: ",").dropLast().joined(separator: ","))")
    }
  }

  @Test func twoProcessesShareALog() throws {
    try RecordDesk.with { desk in
      for name in ["a", "b"] {
        try Tool.write(try Self.load(name, cases: 20), "\(name).jsonl", in: desk.folder)
      }
      let processes = try ["a", "b"].map {
        try Self.start(
          desk, "\($0).jsonl", log: "shared.log", answers: "\($0).answers", batch: 7)
      }
      for process in processes {
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
      }
      let there = try Self.entries(
        desk.folder.appendingPathComponent("shared.log").path, after: 0)
      #expect(there.count == 600)
      var answered: [Int: Entry] = [:]
      for name in ["a", "b"] {
        let own = try Self.answers(desk.folder.appendingPathComponent("\(name).answers"))
        #expect(own.count == 300)
        answered.merge(own) { first, _ in first }
      }
      #expect(answered == there)
      #expect(try desk.verify("shared.log").status == 0)
      #expect(try desk.run("log", "replay", "shared.log").status == 0)
    }
  }

  @Test func twoProcessesMayWorkOnOneCase() throws {
    // Each event of a case goes to another process: each goes on from what the other recorded.
    try RecordDesk.with { desk in
      let lines = try Self.load("c", cases: 1).split(separator: "\n").map(String.init)
      let store = try SQLiteStore(desk.folder.appendingPathComponent("two.log").path)
      let bundle = Array(
        try Data(contentsOf: Tool.root.appendingPathComponent("Generated/support/bundle.json")))
      let recorders = [try Recorder(bundle: bundle), try Recorder(bundle: bundle)]
      var outcomes: [String] = []
      for (number, line) in lines.enumerated() {
        let event = try EventText.read(line)
        let recorded = try store.write { try recorders[number % 2].append([event], in: $0) }
        if let decision = recorded[0].decision { outcomes.append(decision.outcome.name) }
      }
      try Tool.write(lines.joined(separator: "\n"), "one.jsonl", in: desk.folder)
      _ = try desk.run(
        "replay", RecordDesk.support, "one.jsonl", "--decisions", "decisions.jsonl")
      let alone = try Tool.lines(desk.folder.appendingPathComponent("decisions.jsonl"))
      #expect(outcomes == alone.compactMap { $0["decision"] as? String })
      #expect(outcomes.count == 6)
    }
  }

  @Test func aFullDiskLosesNothing() throws {
    // The system refuses to let the file grow, as a full disk does.
    try RecordDesk.with { desk in
      try Tool.write(try Self.load("d", cases: 60), "load.jsonl", in: desk.folder)
      let shell = try Tool.run(
        URL(fileURLWithPath: "/bin/bash"),
        [
          "-c",
          "trap '' XFSZ; ulimit -f 1200; exec \"$0\" log record \"$1\" load.jsonl --log full.log "
            + "--signing-key key.jwk --answers - --batch 16",
          Tool.products.appendingPathComponent("plumbd").path,
          Tool.root.appendingPathComponent("Generated/support/bundle.json").path,
        ], in: desk.folder)
      #expect(shell.status == 2, "\(shell.err)")
      #expect(shell.err.hasPrefix("plumbd: full.log: "), "\(shell.err)")
      try Tool.write(shell.out, "answers.jsonl", in: desk.folder)
      let answered = try Self.answers(desk.folder.appendingPathComponent("answers.jsonl"))
      #expect(answered.count > 100)
      let there = try Self.entries(desk.folder.appendingPathComponent("full.log").path, after: 0)
      #expect(there == answered)
      #expect(try desk.verify("full.log").status == 0)
      // With room again it goes on.
      try Tool.write(try Self.load("e", cases: 1), "more.jsonl", in: desk.folder)
      try desk.record(["more.jsonl"], log: "full.log")
      #expect(try desk.verify("full.log").status == 0)
      print("full disk: stopped after \(answered.count) events, all there, and went on with room")
    }
  }

  @Test func aFullFileSystemLosesNothing() throws {
    try RecordDesk.with { desk in
      let disk = desk.folder.appendingPathComponent("disk")
      try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
      let mount = try Tool.run(
        URL(fileURLWithPath: "/bin/mount"),
        ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.path], in: desk.folder)
      guard mount.status == 0 else {
        print("skipped: no file system may be mounted here")
        return
      }
      defer {
        _ = try? Tool.run(
          URL(fileURLWithPath: "/bin/umount"), [disk.path], in: desk.folder)
      }
      try Tool.write(try Self.load("d", cases: 60), "load.jsonl", in: desk.folder)
      let process = try Self.start(
        desk, "load.jsonl", log: "disk/full.log", answers: "answers.jsonl", batch: 16)
      process.waitUntilExit()
      #expect(process.terminationStatus == 2)
      #expect(
        try desk.text("answers.jsonl.err")
          == "plumbd: disk/full.log: the disk is full; nothing was recorded\n")
      let answered = try Self.answers(desk.folder.appendingPathComponent("answers.jsonl"))
      #expect(answered.count > 10)
      #expect(try Self.entries(disk.appendingPathComponent("full.log").path, after: 0) == answered)
    }
  }

  @Test func aTornLastRecordIsAsIfItNeverWas() throws {
    try RecordDesk.with { desk in
      let path = desk.folder.appendingPathComponent("torn.log").path
      try desk.record(log: "torn.log")
      // The last commits stand in the write-ahead log alone, as after a crash.
      let bundle = Array(
        try Data(contentsOf: Tool.root.appendingPathComponent("Generated/support/bundle.json")))
      var settings = Recorder.Settings()
      settings.signer = try RecordKeys.signer(desk)
      let store = try SQLiteStore(path)
      let recorder = try Recorder(bundle: bundle, settings: settings)
      var ends: [Int] = []
      for line in try Self.load("t", cases: 1).split(separator: "\n") {
        let event = try EventText.read(String(line))
        _ = try store.write { try recorder.append([event], in: $0) }
        ends.append(try Data(contentsOf: URL(fileURLWithPath: path + "-wal")).count)
      }
      let main = try Data(contentsOf: URL(fileURLWithPath: path))
      let wal = try Data(contentsOf: URL(fileURLWithPath: path + "-wal"))
      var generator = InputFuzzTests.Generator(state: 3)
      for _ in 0..<12 {
        let length = Int(generator.next() % UInt64(wal.count))
        try main.write(to: desk.folder.appendingPathComponent("cut.log"))
        try wal[..<length].write(to: desk.folder.appendingPathComponent("cut.log-wal"))
        try? FileManager.default.removeItem(at: desk.folder.appendingPathComponent("cut.log-shm"))
        let whole = ends.count { $0 <= length }
        let run = try desk.verify("cut.log")
        #expect(run.status == 0, "\(length): \(run.out)\(run.err)")
        #expect(run.out.contains(" \(77 + whole) events "), "\(length): \(run.out)")
      }
    }
  }

  @Test func flippedBitsOfTheFileAreFoundOrChangeNothing() throws {
    try RecordDesk.with { desk in
      try desk.record()
      let whole = try desk.bytes("desk.log")
      _ = try desk.run("log", "export", "desk.log", "-o", "whole.jsonl", "--with-sensitive")
      var generator = InputFuzzTests.Generator(state: 11)
      var found = 0
      for _ in 0..<40 {
        var bytes = whole
        let at = Int(generator.next() % UInt64(bytes.count))
        bytes[at] ^= 1 << UInt8(generator.next() % 8)
        try Data(bytes).write(to: desk.folder.appendingPathComponent("flipped.log"))
        for end in ["-wal", "-shm"] {
          try? FileManager.default.removeItem(
            at: desk.folder.appendingPathComponent("flipped.log" + end))
        }
        let run = try desk.verify("flipped.log")
        if run.status != 0 {
          found += 1
          continue
        }
        _ = try desk.run("log", "export", "flipped.log", "-o", "flipped.jsonl", "--with-sensitive")
        #expect(try desk.bytes("flipped.jsonl") == desk.bytes("whole.jsonl"), "byte \(at)")
      }
      #expect(found > 5)
      print("bit flips: 40 in the file, \(found) found, the others in what is not used")
    }
  }

  @Test func aClockThatGoesBackChangesNoDecision() throws {
    try RecordDesk.with { desk in
      let lines = try String(contentsOfFile: RecordDesk.trace, encoding: .utf8)
        .split(separator: "\n").map(String.init)
      // Every third event comes from a machine whose clock is a day behind.
      let back = lines.enumerated().map { number, line in
        number % 3 == 2 ? line.replacingOccurrences(of: "2026-04-06T", with: "2026-04-05T") : line
      }
      try desk.write(back, "back.jsonl")
      try desk.record(["back.jsonl"])
      _ = try desk.run("replay", RecordDesk.support, "back.jsonl", "--decisions", "d.jsonl")
      let replayed = try Tool.lines(desk.folder.appendingPathComponent("d.jsonl")).map {
        "\($0["case"] ?? "")/\($0["seq"] ?? "") \($0["decision"] ?? "")"
      }
      let rows = try desk.run("log", "query", "desk.log").out.split(separator: "\n").map {
        try Tool.json(String($0))
      }.filter { $0["decision"] is String }
      #expect(
        rows.map { "\($0["case"] ?? "")/\($0["seq"] ?? "") \($0["decision"] ?? "")" } == replayed)
      #expect(try desk.verify("desk.log").status == 0)
      #expect(try desk.run("log", "replay", "desk.log").status == 0)
      // Within a case time never goes back.
      var last: [String: String] = [:]
      let all = try desk.run("log", "query", "desk.log", "--all").out.split(separator: "\n").map {
        try Tool.json(String($0))
      }
      for row in all {
        let name = try #require(row["case"] as? String)
        let time = try #require(row["time"] as? String)
        if let before = last[name] { #expect(before <= time) }
        last[name] = time
      }
    }
  }

  @Test func manyCallersAreCommittedTogether() async throws {
    let folder = try Tool.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let bundle = Array(
      try Data(contentsOf: Tool.root.appendingPathComponent("Generated/support/bundle.json")))
    let store = CountingStore(
      try SQLiteStore(folder.appendingPathComponent("group.log").path))
    let queue = CommitQueue(try Recorder(bundle: bundle), store)
    let events = try (0..<300).map {
      try EventText.read(
        "{\"case\":\"g\($0)\",\"time\":\"2026-05-01T00:00:00Z\",\"type\":\"tick\"}")
    }
    let positions = try await withThrowingTaskGroup(of: Int.self) { group in
      for event in events { group.addTask { try await queue.append(event).position } }
      return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
    }
    #expect(positions == Set(3...302))
    #expect(store.commits < 150, "\(store.commits) commits for 300 events")
    print("group commit: 300 events of 300 callers in \(store.commits) commits")
  }
}

/// Counts transactions.
final class CountingStore: RecordStore {
  private let store: SQLiteStore
  private let count = NSLock()
  private nonisolated(unsafe) var made = 0
  init(_ store: SQLiteStore) { self.store = store }
  var commits: Int { count.withLock { made } }
  func write<Result>(_ body: (any RecordTransaction) throws -> Result) throws -> Result {
    count.withLock { made += 1 }
    return try store.write(body)
  }
  func read<Result>(_ body: (any LogReader) throws -> Result) throws -> Result {
    try store.read(body)
  }
}
#endif
