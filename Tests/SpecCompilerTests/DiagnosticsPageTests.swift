import Foundation
import PlumblineDiagnostics
import Testing

/// The page of diagnostics lists every code that the sources can say, and no other.
@Suite struct DiagnosticsPageTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The codes that texts of a folder name, with the places to look left to the caller.
  static func codes(
    below folder: String, _ pattern: some RegexComponent<(Substring, Substring)>,
    where isRead: (String) -> Bool
  ) throws -> Set<String> {
    var found: Set<String> = []
    let folder = Self.root.appendingPathComponent(folder)
    let files = try #require(FileManager.default.enumerator(atPath: folder.path))
    for case let file as String in files where isRead(file) {
      let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
      for match in text.matches(of: pattern) { found.insert(String(match.output.1)) }
    }
    return found
  }

  /// What the sources can say.
  static func saidCodes() throws -> Set<String> {
    var said = try codes(below: "Sources", /"(PL\d{4})"/) { $0.hasSuffix(".swift") }
    // A bound that code compares with, not a code.
    said.remove("PL0100")
    return said
  }

  @Test func everyCodeIsListed() throws {
    let said = try Self.saidCodes()
    let page = try String(
      contentsOf: Self.root.appendingPathComponent("Docs/Diagnostics.md"), encoding: .utf8)
    let listed = page.matches(of: /(?m)^\| (PL\d{4}) \|/).map { String($0.1) }
    #expect(said.subtracting(listed).sorted() == [])
    #expect(Set(listed).subtracting(said).sorted() == [])
    #expect(listed == listed.sorted())
  }

  /// Every message has a case that produces it: a test or the data of one names its code.
  @Test func everyCodeIsTested() throws {
    let kinds = [".swift", ".yaml", ".txt", ".json", ".jsonl", ".md"]
    var tested = try Self.codes(below: "Tests", /\b(PL\d{4})\b/) { file in
      // Renderers are tested with diagnostics made up for them, and this file names codes too.
      !file.hasPrefix("DiagnosticsTests/") && !file.hasSuffix("DiagnosticsPageTests.swift")
        && kinds.contains { file.hasSuffix($0) }
    }
    // An invariant: a guard that refuses what the compiler passed. No spec is to produce it.
    tested.insert("PL0999")
    let untested = try Self.saidCodes().subtracting(tested).sorted()
    #expect(untested == [])
  }

  /// The example of the plan of record compiles without an error.
  @Test func theDesignsExampleCompiles() throws {
    let url = Self.root.deletingLastPathComponent().appendingPathComponent("shared/design.md")
    guard let page = try? String(contentsOf: url, encoding: .utf8) else {
      print("skipped: ../shared/design.md is not there")
      return
    }
    let block = try #require(page.firstMatch(of: /(?s)```yaml\n(.*?)```/)?.1)
    let compiled = Compiled(
      String(block),
      files: [
        "schemas/refund.json":
          #"{"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}"#,
        "traces/INC-2026-014.jsonl": "", "traces/INC-2026-014.twin.jsonl": "",
      ])
    let worse = compiled.diagnostics.filter { $0.severity != .note }
    #expect(worse.map { compiled.describe($0) } == [])
    #expect(compiled.bundle != nil)
  }
}
