import Foundation
import Plumbline
import PlumblineBundle
import PlumblineJSON
import Testing

/// The examples of `Docs/Formats.md` are what the commands print.
@Suite struct FormatsTests {
  static func fence(_ info: String) throws -> String {
    let page = try String(
      contentsOf: Tool.root.appendingPathComponent("Docs/Formats.md"), encoding: .utf8)
    let parts = page.components(separatedBy: "```\(info)\n")
    let body = try #require(parts.count == 2 ? parts[1] : nil, "one fence `\(info)`")
    return body.components(separatedBy: "\n```")[0]
  }

  @Test func theExamplesAreWhatIsPrinted() throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      let run = try Tool.run(
        [
          "replay", "desk", "desk/traces/first.jsonl", "--decisions", "d", "--findings", "f",
          "--format", "json",
        ], in: folder)
      func lines(_ name: String) throws -> [String] {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
          .components(separatedBy: "\n")
      }
      #expect(run.out == (try Self.fence("json summary")) + "\n")
      #expect(try lines("d")[2] == Self.fence("json decision"))
      #expect(try lines("f")[0] == Self.fence("json finding"))
    }
  }

  @Test func theTraceHoldsEveryTypeThatNeedsNoLog() throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      let trace = try Self.fence("jsonl trace")
      let run = try Tool.run(
        ["replay", "desk", "-", "--decisions", "d"], in: folder, input: trace + "\n")
      #expect(!run.out.contains("invalid"), "\(run.out)")
      let decisions = try Tool.lines(folder.appendingPathComponent("d"))
      #expect(
        decisions.map { $0["decision"] as? String } == ["allow", "escalate", "allow", "deny"])
      let types = try trace.components(separatedBy: "\n").map {
        try Tool.json($0)["type"] as? String
      }
      #expect(
        Set(types) == [
          "open", "message", "propose", "result", "approve", "fact", "compacted", "tick", "close",
        ])
    }
  }

  @Test func theLogBecomesTheTraceShown() throws {
    try Tool.withFolder { folder in
      try Self.fence("csv log").write(
        to: folder.appendingPathComponent("log.csv"), atomically: true, encoding: .utf8)
      let imported = try Tool.run(["import", "log", "log.csv"], in: folder)
      #expect(imported.out == (try Self.fence("jsonl imported")) + "\n")
      _ = try Tool.run(["init", "desk"], in: folder)
      _ = try Tool.run(
        ["replay", "desk", "-", "--by-case", "cases"], in: folder, input: imported.out)
      let cases = try String(contentsOf: folder.appendingPathComponent("cases"), encoding: .utf8)
      #expect(cases == (try Self.fence("json by-case")) + "\n")
    }
  }

  /// Every key of a digest stands on the page.
  @Test func theKeysOfADigestAreTold() throws {
    let page = try String(
      contentsOf: Tool.root.appendingPathComponent("Docs/Formats.md"), encoding: .utf8)
    let section = try #require(
      page.components(separatedBy: "\n## ").first { $0.hasPrefix("Digest\n") })
    let generated = Tool.root.appendingPathComponent("Generated")
    let files = try #require(FileManager.default.enumerator(atPath: generated.path))
    var keys: Set<String> = []
    for case let file as String in files
    where file.contains("/digests/") && file.hasSuffix(".json") {
      let text = try String(
        contentsOf: generated.appendingPathComponent(file), encoding: .utf8)
      keys.formUnion(try Tool.json(text).keys)
    }
    #expect(keys.count > 10)
    #expect(keys.filter { !section.contains("`\($0)`") }.sorted() == [])
  }

  @Test func theSchemaOfBundlesIsTheOneShown() throws {
    let file = Tool.root.appendingPathComponent("Docs/bundle.schema.json")
    let written = BundleSchema.schema.prettyText + "\n"
    if ProcessInfo.processInfo.environment["PLUMBLINE_RECORD"] != nil {
      try written.write(to: file, atomically: true, encoding: .utf8)
      Issue.record("recorded; run again without PLUMBLINE_RECORD")
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == written)
  }
}
