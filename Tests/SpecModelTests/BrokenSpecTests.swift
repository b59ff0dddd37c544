import Foundation
import PlumblineDiagnostics
import SpecModel
import Testing
import YAMLSyntax

/// Each file of `Broken/` is a spec with mistakes, followed by what must be said about it, and
/// nothing else: `# expect FILE:LINE:COLUMN CODE SEVERITY MESSAGE | help: … | note LINE:COLUMN: …`.
/// `# file: NAME` begins another file of the same package.
///
/// With `PLUMBLINE_RECORD=1` the expectations are written anew, and the run fails.
@Suite struct BrokenSpecTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Broken")

  static var names: [String] {
    let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    return (files ?? []).filter { $0.hasSuffix(".yaml") }.sorted()
  }

  @Test(arguments: names)
  func saysExactlyThis(name: String) throws {
    let url = Self.folder.appendingPathComponent(name)
    let text = try String(contentsOf: url, encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let expected = lines.filter { $0.hasPrefix("# expect ") }.map { String($0.dropFirst(9)) }
    let spec = lines.filter { !$0.hasPrefix("# expect ") }.joined(separator: "\n")
    var sources = SourceSet()
    var trees: [YAMLTree] = []
    var found: [Diagnostic] = []
    for (index, part) in Self.files(spec).enumerated() {
      let path = index == 0 ? "a.yaml" : "b.yaml"
      let source = SourceFile(path: path, bytes: Array(part.utf8))
      let (tree, diagnostics) = YAMLParser.parse(source, file: sources.add(source))
      found += diagnostics
      if let tree { trees.append(tree) }
    }
    found += SpecBinder.bind(trees, in: sources).diagnostics
    let said = found.map { Self.describe($0, in: sources) }
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

  @Test func thereAreManyCases() { #expect(Self.names.count >= 100) }

  /// The files of a case.
  static func files(_ text: String) -> [String] {
    var files = [""]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("# file: ") {
        files.append("")
      } else {
        files[files.count - 1] += line + "\n"
      }
    }
    return files
  }

  static func describe(_ diagnostic: Diagnostic, in sources: SourceSet) -> String {
    func place(_ range: SourceRange) -> String {
      guard let file = sources[range.file] else { return "?" }
      let (line, column) = file.position(at: range.start)
      let end = file.position(at: range.end)
      let tail = end.line == line ? "-\(end.column)" : "-\(end.line):\(end.column)"
      return "\(file.path):\(line):\(column)\(tail)"
    }
    var text =
      "\(place(diagnostic.range)) \(diagnostic.code) \(diagnostic.severity) \(diagnostic.message)"
    if let help = diagnostic.help { text += " | help: \(help)" }
    for note in diagnostic.notes { text += " | note \(place(note.range)): \(note.message)" }
    return text
  }
}
