import Foundation
import Testing

/// Incidents from outside: a weakened rule and a lost incident fail the check, and the record tells the times.
@Suite struct IncidentCommandTests {
  /// A compiled package, and its spec to change.
  private func withDesk(_ body: (_ folder: URL, _ spec: URL, _ text: String) throws -> Void) throws
  {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      let made = try Tool.run(["compile", "desk"], in: folder)
      #expect(made.status == 0, "\(made.err)")
      let spec = folder.appendingPathComponent("desk/desk.yaml")
      try body(folder, spec, try String(contentsOf: spec, encoding: .utf8))
    }
  }

  @Test(arguments: [
    (
      "args.amount <= 100.0", "args.amount <= 1000.0",
      ["PL0629", "in `REF-2` `require` was `args.amount <= 100.0`, is `args.amount <= 1000.0`"]
    ),
    (
      "    require: args.amount <= 100.0",
      "    when: orders[args.order_id].total > 200.0\n    require: args.amount <= 100.0",
      ["PL0629", "`when: orders[args.order_id].total > 200.0` was added"]
    ),
    (
      "    otherwise: escalate(lead)", "    otherwise: escalate(lead)\n    mode: shadow",
      ["PL0624", "`mode: shadow` was added"]
    ),
    ("- id: REF-2", "- id: REF-9", ["PL0642", "`REF-2`, which prevents it, was removed"]),
    ("status: prevented", "status: open", ["PL0641"]),
    ("- id: INC-1", "- id: INC-2", ["PL0640", "the incident `INC-1` (A refund of 150"]),
  ])
  func aChangeThatLetsItHappenAgainIsRefused(
    _ was: String, _ now: String, _ words: [String]
  ) throws {
    try withDesk { folder, spec, text in
      try text.replacingOccurrences(of: was, with: now)
        .write(to: spec, atomically: true, encoding: .utf8)
      for arguments in [
        ["check", "desk"], ["check", "desk", "--generated", "Generated"], ["compile", "desk"],
        ["compile", "desk", "--check"],
      ] {
        let run = try Tool.run(arguments, in: folder)
        #expect(run.status == 2, "\(arguments)")
        for word in words { #expect(run.err.contains(word), "\(arguments): \(run.err)") }
      }
    }
  }

  /// Found from wherever the check is run.
  @Test(arguments: ["", "desk", "elsewhere"])
  func theBundleIsFound(_ place: String) throws {
    try withDesk { folder, spec, text in
      try text.replacingOccurrences(of: "- id: INC-1", with: "- id: INC-2")
        .write(to: spec, atomically: true, encoding: .utf8)
      let from = folder.appendingPathComponent(place)
      try FileManager.default.createDirectory(at: from, withIntermediateDirectories: true)
      let paths = ["": "desk/", "desk": ".", "elsewhere": "../desk"]
      let run = try Tool.run(["check", paths[place] ?? ""], in: from)
      #expect(run.status == 2)
      #expect(run.err.contains("PL0640"))
    }
  }

  /// A recording is not changed, and a twin stays.
  @Test func aChangedTraceAndATwinThatIsGoneAreTold() throws {
    try withDesk { folder, spec, text in
      let trace = folder.appendingPathComponent("desk/traces/INC-1.jsonl")
      let recorded = try String(contentsOf: trace, encoding: .utf8)
      let changed = recorded.replacingOccurrences(of: "amount\":150", with: "amount\":151")
      #expect(changed != recorded)
      try changed.write(to: trace, atomically: true, encoding: .utf8)
      let run = try Tool.run(["check", "desk"], in: folder)
      #expect(run.status == 0 && run.out == "no errors, 1 warning\n")
      #expect(
        run.err.contains(
          "warning: `traces/INC-1.jsonl` is not the trace that `INC-1` was compiled with [PL0645]"))
      try recorded.write(to: trace, atomically: true, encoding: .utf8)
      #expect(try Tool.run(["check", "desk"], in: folder).err == "")
      try text.replacingOccurrences(of: "    twin: traces/INC-1.twin.jsonl\n", with: "")
        .write(to: spec, atomically: true, encoding: .utf8)
      #expect(
        try Tool.run(["check", "desk"], in: folder).err.contains(
          "warning: `INC-1` had the twin `traces/INC-1.twin.jsonl`, and has none now [PL0646]"))
    }
  }

  /// A spec that is renamed does not lose its incidents on the way.
  @Test func aRenamedSpecKeepsItsIncidents() throws {
    try withDesk { folder, spec, text in
      func write(_ text: String) throws {
        try text.write(to: spec, atomically: true, encoding: .utf8)
      }
      let renamed = text.replacingOccurrences(of: "spec: desk\n", with: "spec: counter\n")
      #expect(renamed != text)
      try write(renamed)
      for arguments in [["check", "desk"], ["compile", "desk", "--check"]] {
        let run = try Tool.run(arguments, in: folder)
        #expect(run.status < 2 && run.err == "", "\(arguments): \(run.err)")
      }
      let start = try #require(renamed.range(of: "\nincidents:\n")).lowerBound
      let rest = renamed[renamed.index(after: start)...]
      let end = rest.range(of: #"\n[a-z]"#, options: .regularExpression)?.lowerBound
      let without = String(renamed[..<start]) + "\n" + (end.map { rest[$0...] } ?? "")
      try write(without)
      for arguments in [
        ["check", "desk"], ["check", "desk", "--generated", "Generated"], ["compile", "desk"],
        ["compile", ".", "--check"], ["swift", "desk", "-o", "Swift"],
      ] {
        let run = try Tool.run(arguments, in: folder)
        #expect(run.status == 2, "\(arguments)")
        #expect(
          run.err.contains(
            "desk/desk.yaml:2:7: error: no spec is named `desk` any more; `Generated/desk/bundle.json` "
              + "holds the incident `INC-1` (A refund of 150"), "\(arguments): \(run.err)")
        #expect(run.err.contains("[PL0644]"))
      }
      // Renamed first, and the incident deleted later.
      try write(renamed)
      #expect(try Tool.run(["compile", "desk"], in: folder).status == 0)
      #expect(try Tool.run(["check", "desk"], in: folder).err == "")
      try write(without)
      let later = try Tool.run(["check", "desk"], in: folder)
      #expect(later.status == 2 && later.err.contains("PL0640"))
    }
  }

  /// A package that is deleted does not take its incidents with it; one that lies elsewhere is not missed.
  @Test func aDeletedPackageIsMissed() throws {
    try Tool.withFolder { folder in
      for name in ["one", "two"] {
        let path = "Specs/\(name)"
        #expect(try Tool.run(["init", path], in: folder).status == 0)
        // Both have an `INC-1`, and not the same.
        let spec = folder.appendingPathComponent("\(path)/\(name).yaml")
        try String(contentsOf: spec, encoding: .utf8)
          .replacingOccurrences(of: "A refund of 150", with: "In \(name) a refund of 150")
          .write(to: spec, atomically: true, encoding: .utf8)
      }
      let moved = folder.appendingPathComponent("other/place")
      try FileManager.default.createDirectory(at: moved, withIntermediateDirectories: true)
      #expect(try Tool.run(["compile", "Specs"], in: folder).status == 0)
      let two = folder.appendingPathComponent("Specs/two")
      try FileManager.default.moveItem(at: two, to: moved.appendingPathComponent("two"))
      #expect(try Tool.run(["compile", "Specs"], in: folder).err == "")
      try FileManager.default.removeItem(at: moved)
      for arguments in [["check", "Specs/one"], ["compile", "Specs"]] {
        let run = try Tool.run(arguments, in: folder)
        #expect(run.status == 2, "\(arguments)")
        #expect(
          run.err.contains("Generated/two/bundle.json:1:1: error: no spec is named `two` any more"),
          "\(arguments): \(run.err)")
      }
      try FileManager.default.removeItem(at: folder.appendingPathComponent("Generated/two"))
      #expect(try Tool.run(["compile", "Specs"], in: folder).err == "")
    }
  }

  @Test func aDamagedBundleIsToldAndNotRelied() throws {
    try withDesk { folder, _, _ in
      let bundle = folder.appendingPathComponent("Generated/desk/bundle.json")
      try "{".write(to: bundle, atomically: true, encoding: .utf8)
      let run = try Tool.run(["check", "desk"], in: folder)
      #expect(run.status == 0)
      #expect(run.err.contains("warning: `Generated/desk/bundle.json` can't be read"))
      #expect(run.err.contains("PL0643"))
      // Without it there is nothing to compare with.
      try FileManager.default.removeItem(at: bundle)
      #expect(try Tool.run(["check", "desk"], in: folder).err == "")
    }
  }

  /// To decide with a spec asks nothing of its past, but its incidents are replayed all the same.
  @Test func decidingReplaysToo() throws {
    try withDesk { folder, spec, text in
      try text.replacingOccurrences(of: "<= 100.0", with: "<= 1000.0")
        .write(to: spec, atomically: true, encoding: .utf8)
      let run = try Tool.run(["replay", "desk", "desk/traces/first.jsonl"], in: folder)
      #expect(run.status == 2)
      #expect(run.err.contains("PL0629"))
      #expect(!run.err.contains("is now"))
    }
  }

  @Test func theRecordTellsHowLongItTook() throws {
    try withDesk { folder, _, _ in
      let made = folder.appendingPathComponent("Generated/desk")
      let json = try Tool.json(
        String(contentsOf: made.appendingPathComponent("traceability.json"), encoding: .utf8))
      let incident = try #require((json["incidents"] as? [[String: Any]])?.first)
      func time(_ key: String) throws -> (Int?, String?) {
        let span = try #require(incident[key] as? [String: Any])
        return (span["seconds"] as? Int, span["text"] as? String)
      }
      #expect(try time("time_to_detect") == (175_797, "2d 49m 57s"))
      #expect(try time("time_to_recover") == (285_597, "3d 7h 19m 57s"))
      #expect(try time("time_to_prevent") == (344_997, "3d 23h 49m 57s"))
      let page = try String(
        contentsOf: made.appendingPathComponent("traceability.md"), encoding: .utf8)
      #expect(
        page.contains(
          "| violated | 2026-01-05T09:10:03Z | after 2d 49m 57s | after 3d 7h 19m 57s | after 3d 23h 49m 57s | REF-2 |"
        ))
    }
  }
}
