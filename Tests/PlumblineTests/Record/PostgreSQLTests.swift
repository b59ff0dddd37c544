#if PostgreSQL
import Foundation
import PlumblineRecord
import PlumblineStore
import Testing

/// A PostgreSQL server of its own, in a folder, reached through a socket in it.
struct PostgreSQLServer {
  let bin: String
  let folder: URL

  /// The newest server that Debian installed.
  static var installed: String? {
    let versions =
      (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    return versions.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }.last
      .map { "/usr/lib/postgresql/\($0)/bin" }
  }

  static func with<T>(_ body: (PostgreSQLServer, RecordDesk) throws -> T) throws -> T? {
    guard let bin = installed else {
      if ProcessInfo.processInfo.environment["PLUMBLINE_REQUIRE_SHARED"] != nil {
        Issue.record("PostgreSQL is required but not installed")
      } else {
        print("skipped: no PostgreSQL server is installed")
      }
      return nil
    }
    return try RecordDesk.with { desk in
      // A short path: the name of a socket is limited.
      let folder = URL(fileURLWithPath: "/tmp/plumb-pg-\(UInt32.random(in: 0...UInt32.max))")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let server = PostgreSQLServer(bin: bin, folder: folder)
      if getuid() == 0 { try server.shell("chown postgres \(folder.path)") }
      try server.asServer("\(bin)/initdb -D \(folder.path)/data -A trust -U postgres -N")
      try server.start()
      defer { _ = try? server.stop("immediate") }
      return try body(server, desk)
    }
  }

  var url: String {
    "postgresql://postgres@/postgres?host=\(folder.path)"
  }

  func start() throws {
    try asServer(
      "\(bin)/pg_ctl -D \(folder.path)/data -w -l \(folder.path)/log "
        + "-o \"-k \(folder.path) -c listen_addresses=''\" start")
  }

  func stop(_ mode: String) throws {
    try asServer("\(bin)/pg_ctl -D \(folder.path)/data -w -m \(mode) stop")
  }

  /// The server refuses to run as root.
  private func asServer(_ command: String) throws {
    try shell(
      getuid() == 0
        ? "runuser -u postgres -- /bin/sh -c '\(command.replacingOccurrences(of: "''", with: "'\\'''\\''"))'"
        : command)
  }

  private func shell(_ command: String) throws {
    // A server that stays must not keep what this process waits for.
    let closed =
      "for fd in /proc/self/fd/*; do fd=${fd##*/}; [ $fd -gt 2 ] && eval \"exec $fd>&-\"; done; "
    let run = try Tool.run(
      URL(fileURLWithPath: "/bin/bash"), ["-c", closed + command], in: URL(fileURLWithPath: "/"))
    #expect(run.status == 0, "\(command): \(run.out)\(run.err)")
  }
}

/// The same record in PostgreSQL.
@Suite(.serialized) struct PostgreSQLTests {
  @Test func aLogInPostgreSQLIsTheSame() throws {
    try PostgreSQLServer.with { server, desk in
      let inFile = try desk.record([RecordDesk.trace], "--answers", "file.jsonl")
      let inServer = try desk.record(
        [RecordDesk.trace], log: server.url, "--answers", "server.jsonl")
      #expect(inServer.status == inFile.status)
      func withoutPermits(_ name: String) throws -> [Substring] {
        try desk.lines(name).map { $0[..<$0.range(of: ",\"permit\":")!.lowerBound] }
      }
      #expect(try withoutPermits("server.jsonl") == withoutPermits("file.jsonl"))
      #expect(try desk.verify(server.url).out.contains("sound: 79 records, 77 events of 7 cases"))
      #expect(try desk.run("log", "replay", server.url).status == 0)
      #expect(
        try desk.run("explain", "--log", server.url, "mon-1/7").out
          == desk.run("explain", "--log", "desk.log", "mon-1/7").out)
      #expect(
        try desk.run("log", "query", server.url, "--case", "mon-3").out.split(separator: "\n").count
          == desk.run("log", "query", "desk.log", "--case", "mon-3").out.split(separator: "\n")
          .count)
      let erased = try desk.run(
        "log", "erase", server.url, "--case", "mon-1", "--reason", "asked for", "--signing-key",
        "key.jwk")
      #expect(erased.out == "case mon-1: what 15 records held is erased\n")
      #expect(try desk.verify(server.url).out.contains("(1 erased)"))
      let missing = try desk.run(
        "log", "verify", server.url.replacingOccurrences(of: "/postgres?", with: "/template1?"))
      #expect(missing.status == 2)
      #expect(missing.err == "plumbd: the database holds no log of Plumbline\n")
    }
  }

  @Test func stoppedAndStartedNothingAcknowledgedIsLost() throws {
    try PostgreSQLServer.with { server, desk in
      var generator = InputFuzzTests.Generator(state: InputFuzzTests.seed)
      let stops = ProcessInfo.processInfo.environment["PLUMBLINE_STOPS"].flatMap { Int($0) } ?? 4
      var seen = 0
      var acknowledged = 0
      for stop in 0..<stops {
        try Tool.write(
          try FaultTests.load("p\(stop)", cases: 120), "load.jsonl", in: desk.folder)
        let process = try FaultTests.start(
          desk, "load.jsonl", log: server.url, answers: "answers.jsonl", batch: [1, 16][stop % 2])
        while process.isRunning, try desk.bytes("answers.jsonl").isEmpty { usleep(1000) }
        usleep(UInt32(generator.next() % 300_000))
        // Immediate: as a crash of the server. Fast: as an update of it.
        try server.stop(stop % 2 == 0 ? "immediate" : "fast")
        process.waitUntilExit()
        #expect(process.terminationStatus == 2)
        let errors = try desk.text("answers.jsonl.err")
        #expect(errors.hasPrefix("plumbd: PostgreSQL"), "\(errors)")
        let down = try desk.run("log", "verify", server.url)
        #expect(down.status == 2)
        #expect(down.err.hasPrefix("plumbd: PostgreSQL can't be reached: "))
        try server.start()
        let answered = try FaultTests.answers(desk.folder.appendingPathComponent("answers.jsonl"))
        let there = try FaultTests.entries(server.url, after: seen)
        for (position, answer) in answered {
          #expect(there[position] == answer, "stop \(stop), record \(position)")
        }
        acknowledged += answered.count
        seen = max(seen, there.keys.max() ?? 0)
      }
      #expect(acknowledged > 0)
      #expect(try desk.verify(server.url).status == 0)
      #expect(try desk.run("log", "replay", server.url).status == 0)
      print(
        "PostgreSQL: stopped and started \(stops) times under load, "
          + "\(acknowledged) events acknowledged, 0 lost")
    }
  }

  @Test func aServerThatComesBackIsUsedAgain() throws {
    try PostgreSQLServer.with { server, desk in
      let store = try PostgreSQLStore(server.url)
      let bundle = Array(
        try Data(
          contentsOf: Tool.root.appendingPathComponent("Generated/support/bundle.json")))
      let recorder = try Recorder(bundle: bundle)
      let lines = try FaultTests.load("r", cases: 1).split(separator: "\n").map(String.init)
      for (number, line) in lines.enumerated() {
        let event = try EventText.read(line)
        if number == 5 {
          try server.stop("fast")
          #expect(throws: StoreLost.self) {
            _ = try store.write { try recorder.append([event], in: $0) }
          }
          try server.start()
        }
        let recorded = try store.write { try recorder.append([event], in: $0) }
        #expect(recorded[0].seq == number + 1)
      }
      #expect(try desk.run("log", "replay", server.url).status == 0)
    }
  }

  @Test func twoProcessesShareADatabase() throws {
    try PostgreSQLServer.with { server, desk in
      for name in ["a", "b"] {
        try Tool.write(try FaultTests.load(name, cases: 20), "\(name).jsonl", in: desk.folder)
      }
      let processes = try ["a", "b"].map {
        try FaultTests.start(
          desk, "\($0).jsonl", log: server.url, answers: "\($0).answers", batch: 7)
      }
      for process in processes {
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
      }
      #expect(try FaultTests.entries(server.url, after: 0).count == 600)
      #expect(try desk.verify(server.url).status == 0)
    }
  }
}
#endif
