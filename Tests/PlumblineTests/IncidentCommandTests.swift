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
