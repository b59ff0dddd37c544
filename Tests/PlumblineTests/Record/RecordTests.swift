#if Companion
import Foundation
import Testing

/// What is recorded is what the guard decides, and the log alone tells it again.
@Suite struct RecordTests {
  @Test func recordedDecisionsAreThoseOfReplay() throws {
    try RecordDesk.with { desk in
      let recorded = try desk.record([RecordDesk.trace], "--answers", "answers.jsonl")
      #expect(recorded.status == 1, "the trace holds denials")
      _ = try desk.run(
        "replay", RecordDesk.support, RecordDesk.trace, "--decisions", "replayed.jsonl")
      let replayed = try desk.lines("replayed.jsonl").map { line in
        // Replay adds which proposal it was.
        String(line[..<line.range(of: ",\"of\":")!.lowerBound]) + "}"
      }
      let answers = try desk.lines("answers.jsonl").compactMap { line -> String? in
        guard let start = line.range(of: "\"decision\":{"),
          let end = line.range(of: ",\"findings\":", options: .backwards)
        else { return nil }
        return String(line[start.upperBound...][..<end.lowerBound])
      }.map { "{" + $0 }
      #expect(answers.count == 34)
      #expect(answers == replayed)
    }
  }

  @Test func aLogIsWholeAndTellsTheSameAgain() throws {
    try RecordDesk.with { desk in
      try desk.record()
      let verified = try desk.verify("desk.log")
      #expect(verified.status == 0)
      #expect(
        verified.out.hasPrefix(
          "desk.log: sound: 79 records, 77 events of 7 cases, signed by "))
      let replay = try desk.run("log", "replay", "desk.log")
      #expect(replay.status == 0)
      #expect(
        replay.out == "desk.log: 77 events of 7 cases, 34 decisions: each is the one recorded\n")
      _ = try desk.run("log", "export", "desk.log", "-o", "export.jsonl", "--with-sensitive")
      #expect(try desk.verify("export.jsonl").status == 0)
      #expect(try desk.run("log", "replay", "export.jsonl").status == 0)
    }
  }

  @Test func everyCaseGoesOnWhereItWas() throws {
    // The trace in pieces, each by a process of its own, gives the same decisions as at once.
    try RecordDesk.with { desk in
      try desk.record([RecordDesk.trace], "--answers", "whole.jsonl")
      let lines = try String(contentsOfFile: RecordDesk.trace, encoding: .utf8)
        .split(separator: "\n").map(String.init)
      var answers: [String] = []
      for start in stride(from: 0, to: lines.count, by: 11) {
        let part = lines[start..<min(start + 11, lines.count)].map { $0 + "\n" }.joined()
        let run = try desk.record(["-"], log: "parts.log", "--answers", "-", input: part)
        answers += run.out.split(separator: "\n").map(String.init)
      }
      // Permits name their log, which is another one.
      func withoutPermit(_ line: String) -> Substring {
        line[..<line.range(of: ",\"permit\":")!.lowerBound]
      }
      #expect(answers.map(withoutPermit) == (try desk.lines("whole.jsonl")).map(withoutPermit))
      #expect(try desk.verify("parts.log").status == 0)
    }
  }

  @Test func aDecisionIsExplainedFromTheLogAlone() throws {
    try RecordDesk.with { desk in
      try desk.record()
      _ = try desk.run("log", "export", "desk.log", "-o", "export.jsonl", "--with-sensitive")
      let query = try desk.run("log", "query", "desk.log")
      let rows = try query.out.split(separator: "\n").map { try Tool.json(String($0)) }
      var proposals: [String: Int] = [:]
      var explained = 0
      for row in rows where row["decision"] is String {
        let name = try #require(row["case"] as? String)
        let index = proposals[name, default: 0]
        proposals[name] = index + 1
        if index % 3 != 0 { continue }
        let decision = "\(name)/\(try #require(row["seq"] as? Int))"
        let fromTrace = try desk.run(
          "explain", RecordDesk.support, RecordDesk.trace, "--case", name, "--index", "\(index)")
        for log in ["desk.log", "export.jsonl"] {
          let fromLog = try desk.run("explain", "--log", log, decision)
          #expect(fromLog.status == 0)
          #expect(fromLog.out == fromTrace.out)
        }
        explained += 1
      }
      #expect(explained > 10)
      let none = try desk.run("explain", "--log", "desk.log", "mon-1/4")
      #expect(none.status == 2)
      #expect(
        none.err == "plumbd: record 6: event 4 of case `mon-1` is a result: nothing was decided; "
          + "decisions are made on proposals\n")
      #expect(
        try desk.run("explain", "--log", "desk.log", "mon-1/99").err
          == "plumbd: case `mon-1` has 15 events; there is no event 99\n")
      #expect(
        try desk.run("explain", "--log", "desk.log", "mon-9/1").err
          == "plumbd: the log has no case `mon-9`\n")
      #expect(
        try desk.run("explain", "--log", "no.log", "mon-1/4").err
          == "plumbd: no.log: there is no such log\n")
    }
  }

  @Test func erasedIsGoneAndTheChainStays() throws {
    try RecordDesk.with { desk in
      let secret = "One of the six cups was broken."
      try desk.record()
      func holdsSecret() throws -> Bool {
        for name in ["desk.log", "desk.log-wal"] {
          guard let data = try? Data(contentsOf: desk.folder.appendingPathComponent(name)) else {
            continue
          }
          if data.range(of: Data(secret.utf8)) != nil { return true }
        }
        return false
      }
      #expect(try holdsSecret())
      let erased = try desk.run(
        "log", "erase", "desk.log", "--case", "mon-1", "--reason", "asked for",
        "--signing-key", "key.jwk")
      #expect(erased.out == "case mon-1: what 15 records held is erased\n")
      #expect(try !holdsSecret())
      let verified = try desk.verify("desk.log")
      #expect(verified.status == 0)
      #expect(verified.out.contains("77 events of 7 cases (1 erased)"))
      let replay = try desk.run("log", "replay", "desk.log")
      #expect(replay.status == 0)
      #expect(replay.out.hasSuffix("each is the one recorded; 1 case erased\n"))
      #expect(
        try desk.run("explain", "--log", "desk.log", "mon-1/7").err
          == "plumbd: what case `mon-1` held was erased\n")
      // Its name is taken: what came before counts no more, so nothing may go on from it.
      let again = try Tool.run(
        [
          "log", "record", RecordDesk.support, "-", "--log", "desk.log", "--signing-key", "key.jwk",
        ],
        in: desk.folder, input: #"{"case":"mon-1","time":"2026-05-01T00:00:00Z","type":"tick"}"#)
      #expect(again.status == 2)
      #expect(
        again.err == "plumbd: the case `mon-1` was erased; a new one needs another name\n")
    }
  }

  @Test func wrongKeysAndOtherFilesAreRefused() throws {
    try RecordDesk.with { desk in
      try desk.record()
      let unsigned = try desk.run(
        "log", "record", RecordDesk.support, RecordDesk.trace, "--log", "desk.log")
      #expect(unsigned.status == 2)
      #expect(unsigned.err == "plumbd: the log is signed with another key than the one given\n")
      try Tool.write("not a log", "notes.txt", in: desk.folder)
      for (name, words) in [
        ("notes.txt", "not a log of Plumbline"), ("nothing.log", "there is no such log"),
      ] {
        let run = try desk.run("log", "replay", name)
        #expect(run.status == 2)
        #expect(run.err.contains(words), "\(run.err)")
      }
      let key = try desk.run("key", "new", "key.jwk")
      #expect(key.status == 2)
      #expect(key.err.contains("File exists"))
      let noKey = try desk.run("log", "verify", "desk.log", "--public-key", "notes.txt")
      #expect(noKey.status == 2)
      #expect(noKey.err.contains("notes.txt: not a JSON Web Key"))
      _ = try desk.run("log", "export", "desk.log", "-o", "export.jsonl")
      let closed = try desk.run(
        "log", "erase", "export.jsonl", "--case", "mon-1", "--reason", "x")
      #expect(closed.status == 2)
      #expect(closed.err.contains("an exported log can be read, not added to"))
    }
  }

  @Test func linesThatAreNoEventsAreToldAndTheRestIsRecorded() throws {
    try RecordDesk.with { desk in
      let good = #"{"case":"c","time":"2026-05-01T00:00:00Z","type":"tick"}"#
      let run = try desk.record(["-"], input: "\(good)\n{oh\n{\"case\":1}\n\(good)\n")
      #expect(run.status == 1)
      #expect(run.err.contains("standard input:2: invalid: not JSON"))
      #expect(run.err.contains("standard input:3: invalid: "))
      #expect(
        run.out
          == "desk.log: 2 events recorded, up to record 4; 1 finding; 2 lines that can't be read as events\n"
      )
    }
  }
}
#endif
