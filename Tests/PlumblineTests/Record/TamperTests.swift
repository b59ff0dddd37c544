#if Companion
import Foundation
import GRDB
import PlumblineBundle
import Testing

/// Whatever is changed in a log, `log verify` finds it.
@Suite struct TamperTests {
  /// An exported, signed log of the support desk.
  static func withExport<T>(_ body: (RecordDesk, [String]) throws -> T) throws -> T {
    try RecordDesk.with { desk in
      try desk.record()
      _ = try desk.run("log", "export", "desk.log", "-o", "export.jsonl")
      #expect(try desk.verify("export.jsonl").status == 0)
      return try body(desk, try desk.lines("export.jsonl"))
    }
  }

  @Test func aFlippedBitIsFoundWhereverItIs() throws {
    try Self.withExport { desk, lines in
      let whole = try desk.bytes("export.jsonl")
      var generator = InputFuzzTests.Generator(state: 7)
      for _ in 0..<60 {
        var bytes = whole
        let at = Int(generator.next() % UInt64(bytes.count))
        bytes[at] ^= 1 << UInt8(generator.next() % 8)
        try Data(bytes).write(to: desk.folder.appendingPathComponent("flipped.jsonl"))
        let run = try desk.verify("flipped.jsonl")
        #expect(run.status == 1, "byte \(at)")
        let line = 1 + whole[..<at].count { $0 == 10 }
        // At its place: the record itself or, where the chain shows it first, the one after.
        let places = [line - 1, line, line + 1].flatMap { ["record \($0):", "line \($0):"] }
        #expect(
          places.contains { run.out.contains($0) || run.err.contains($0) },
          "byte \(at), line \(line): \(run.out)\(run.err)")
      }
    }
  }

  @Test func lossReorderRepetitionAndTruncationAreFound() throws {
    try Self.withExport { desk, lines in
      func expect(_ changed: [String], _ words: String) throws {
        try desk.write(changed, "changed.jsonl")
        let run = try desk.verify("changed.jsonl")
        #expect(run.status == 1)
        #expect(run.out.contains(words), "\(run.out)\(run.err)")
      }
      var lost = lines
      lost.remove(at: 9)
      try expect(lost, "record 11: 1 record before it is missing")
      var cut = lines
      cut.removeFirst(2)
      try expect(cut, "record 3: the log begins here: what was before is missing")
      var swapped = lines
      swapped.swapAt(20, 21)
      try expect(swapped, "record 21: it stands after record 22: it was moved, or is there twice")
      try expect(
        Array(lines[..<5]) + Array(lines[4...]),
        "record 5: it stands after record 5: it was moved, or is there twice")
      try expect(
        Array(lines[..<40]),
        "record 40: the log ends without a checkpoint: what came after this record may be cut off")
      try expect(
        Array(lines[..<40]) + [try #require(lines.last)],
        "record 79: the checkpoint is of record 79, and the log ends at record 40: it was cut off")
      try expect([], "the log is empty")
    }
  }

  @Test func aWitnessFindsACutThatAnOlderCheckpointHides() throws {
    try RecordDesk.with { desk in
      try desk.record()
      _ = try desk.run("log", "export", "desk.log", "-o", "old.jsonl")
      let tick = #"{"case":"late","time":"2026-05-01T00:00:00Z","type":"tick"}"#
      try desk.record(["-"], input: tick)
      let witness = try desk.run("log", "checkpoint", "desk.log")
      try Tool.write(witness.out, "witness.json", in: desk.folder)
      #expect(try desk.verify("desk.log", "--witness", "witness.json").status == 0)
      // By itself the older log is sound: nothing in it tells that there was more.
      #expect(try desk.verify("old.jsonl").status == 0)
      let run = try desk.verify("old.jsonl", "--witness", "witness.json")
      #expect(run.status == 1)
      #expect(
        run.out.contains("the witness saw record 80, and the log ends at record 79: it was cut off")
      )
    }
  }

  @Test func aLogMadeAnewIsNotSignedWithTheKey() throws {
    try Self.withExport { desk, lines in
      // All hashes are right: another log, written without the key, and with another one.
      _ = try desk.run(
        "log", "record", RecordDesk.support, RecordDesk.trace, "--log", "forged.log")
      let unsigned = try desk.verify("forged.log")
      #expect(unsigned.status == 1)
      #expect(
        unsigned.out.contains("the checkpoint is not signed, and a key is configured"))
      #expect(try desk.run("key", "new", "other.jwk").status == 0)
      _ = try desk.run(
        "log", "record", RecordDesk.support, RecordDesk.trace, "--log", "other.log",
        "--signing-key", "other.jwk")
      let other = try desk.verify("other.log")
      #expect(other.status == 1)
      #expect(other.out.contains("the signature of the checkpoint is not one of the key"))
      #expect(other.out.contains("record 1: the log names another key"))
      // The chain written anew after a change, with the old signature.
      var forged = lines
      let record = try #require(forged.firstIndex { $0.contains("\"decision\":\"deny\"") })
      forged[record] = forged[record].replacingOccurrences(
        of: "\"decision\":\"deny\"", with: "\"decision\":\"allow\"")
      try desk.write(Self.chained(forged), "chained.jsonl")
      let chained = try desk.verify("chained.jsonl")
      #expect(chained.status == 1)
      #expect(chained.out.contains("the checkpoint is of another record than the one before it"))
      // An unsigned log stays one whose signature is missing.
      var bare = lines
      bare[bare.count - 1] = bare[bare.count - 1].replacing(
        /"signature":"[0-9a-f]+"/, with: "\"signature\":null")
      try desk.write(bare, "bare.jsonl")
      let run = try desk.run("log", "verify", "bare.jsonl")
      #expect(run.status == 1)
      #expect(run.out.contains("the checkpoint is not signed, and a key is configured"))
    }
  }

  @Test func changesWithinTheStoreAreFound() throws {
    try RecordDesk.with { desk in
      try desk.record()
      let changes: [(String, String)] = [
        (
          "UPDATE records SET body = replace(body, 'allow', 'deny ') WHERE position = 9",
          "record 9: what it holds was changed"
        ),
        (
          "UPDATE records SET body = NULL WHERE position = 9",
          "record 9: what it held is lost: no record says that it was erased"
        ),
        ("DELETE FROM records WHERE position = 30", "record 31: 1 record before it is missing"),
        ("DELETE FROM records WHERE position > 50", "it was cut off"),
        ("DELETE FROM checkpoints", "the log ends without a checkpoint"),
        (
          "UPDATE records SET case_id = 'other' WHERE position = 12",
          "record 12: the store finds it under what it is not"
        ),
        (
          "UPDATE records SET sensitive = x'7b7d' WHERE sensitive IS NOT NULL",
          "its sensitive values were changed"
        ),
        ("UPDATE records SET position = -position WHERE position = 79", "it was cut off"),
      ]
      for (number, (sql, words)) in changes.enumerated() {
        let name = "changed\(number).log"
        try FileManager.default.copyItem(
          at: desk.folder.appendingPathComponent("desk.log"),
          to: desk.folder.appendingPathComponent(name))
        let queue = try DatabaseQueue(path: desk.folder.appendingPathComponent(name).path)
        try queue.write { db in try db.execute(sql: sql) }
        try queue.close()
        let run = try desk.verify(name)
        #expect(run.status == 1, "\(sql)")
        #expect(run.out.contains(words), "\(sql): \(run.out)\(run.err)")
      }
    }
  }

  /// The same records with heads chained and hashed anew: what somebody could do who has no key.
  private static func chained(_ lines: [String]) -> [String] {
    var previous: String?
    return lines.map { line in
      guard let start = line.range(of: "\"head\":", options: .backwards) else { return line }
      var head = String(line[start.upperBound...].dropLast())
      if let previous {
        head = head.replacing(/"previous":"[0-9a-f]+"/, with: "\"previous\":\"\(previous)\"")
      }
      let hash = SHA256.hex(Array(head.utf8))
      previous = hash
      let front = line[..<start.lowerBound].replacing(
        /"hash":"[0-9a-f]+",$/, with: "\"hash\":\"\(hash)\",")
      return front + "\"head\":\(head)}"
    }
  }
}
#endif
