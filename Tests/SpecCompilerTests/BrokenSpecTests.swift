import Foundation
import Testing

/// Each file of `Broken/` is a spec with one mistake, followed by what must be said about it, and
/// nothing else (`# expect …`).
///
/// With `PLUMBLINE_RECORD=1` the expectations are written anew, and the run fails.
@Suite struct BrokenSpecTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Broken")

  static var names: [String] {
    let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    return (files ?? []).filter { $0.hasSuffix(".yaml") }.sorted()
  }

  /// Files that the cases of sources and incidents find in their package.
  static let files = [
    "policy.md": "# Policy\n\n## Refunds\n\nAt most what was paid.\n",
    "present.jsonl": "",
    "bad.json": "{ \"type\": ",
    "limits.json":
      #"{"type": "object", "properties": {"amount": {"type": "number", "minimum": 0, "not": {"const": 3}}, "id": {"type": "string", "pattern": "^(?=a)"}, "by": {"type": "string", "format": "uuid"}}}"#,
    "paid-parts.json":
      ##"{"properties": {"card": {"$ref": "#/$defs/Card"}}, "$defs": {"Card": {"type": "string"}}}"##,
    "paid-ok.json":
      #"{"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}"#,
  ]

  @Test(arguments: names)
  func saysExactlyThis(name: String) throws {
    let url = Self.folder.appendingPathComponent(name)
    let text = try String(contentsOf: url, encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let expected = lines.filter { $0.hasPrefix("# expect ") }.map { String($0.dropFirst(9)) }
    let spec = lines.filter { !$0.hasPrefix("# expect ") }.joined(separator: "\n")
    let said = Compiled(spec, files: Self.files).said
    if ProcessInfo.processInfo.environment["PLUMBLINE_RECORD"] != nil {
      let body = spec.hasSuffix("\n") ? spec : spec + "\n"
      try (body + said.map { "# expect \($0)\n" }.joined()).write(
        to: url, atomically: true, encoding: .utf8)
      Issue.record("recorded \(name)")
    } else {
      #expect(said == expected)
      #expect(!said.isEmpty)
    }
  }

  @Test func thereAreManyCases() { #expect(Self.names.count >= 150) }
}
