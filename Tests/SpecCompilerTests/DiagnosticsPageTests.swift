import Foundation
import PlumblineDiagnostics
import Testing

/// The page of diagnostics lists every code that the sources can say, and no other.
@Suite struct DiagnosticsPageTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test func everyCodeIsListed() throws {
    var said: Set<String> = []
    let sources = Self.root.appendingPathComponent("Sources")
    let files = try #require(FileManager.default.enumerator(atPath: sources.path))
    for case let file as String in files where file.hasSuffix(".swift") {
      let text = try String(
        contentsOf: sources.appendingPathComponent(file), encoding: .utf8)
      for match in text.matches(of: /"(PL\d{4})"/) { said.insert(String(match.1)) }
    }
    let page = try String(
      contentsOf: Self.root.appendingPathComponent("Docs/Diagnostics.md"), encoding: .utf8)
    let listed = page.matches(of: /(?m)^\| (PL\d{4}) \|/).map { String($0.1) }
    // A bound that code compares with, not a code.
    said.remove("PL0100")
    #expect(said.subtracting(listed).sorted() == [])
    #expect(Set(listed).subtracting(said).sorted() == [])
    #expect(listed == listed.sorted())
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
