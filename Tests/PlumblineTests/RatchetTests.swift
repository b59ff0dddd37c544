import Foundation
import Plumbline
import PlumblineBundle
import PlumblineDiagnostics
import Testing

/// Each prevented incident of the project's own specs: whatever is done to the rule that prevents it, the
/// check fails at the incident and says what changed.
@Suite struct RatchetTests {
  struct Change: CustomTestStringConvertible {
    var name: String
    /// The requirement's text, changed, from its id on.
    var apply: @Sendable (_ block: String, _ id: String) -> String
    var code: String
    /// What is said about the change.
    var words: @Sendable (_ id: String) -> String
    var testDescription: String { name }
  }

  static let changes: [Change] = [
    Change(
      name: "removed",
      apply: { $0.replacingOccurrences(of: "- id: \($1)\n", with: "- id: \($1)-X\n") },
      code: "PL0642", words: { "`\($0)`, which prevents it, was removed" }),
    Change(
      name: "in shadow mode",
      apply: {
        $0.replacingOccurrences(of: "- id: \($1)\n", with: "- id: \($1)\n    mode: shadow\n")
      }, code: "PL0624", words: { _ in "`mode: shadow` was added" }),
    Change(
      name: "only warning",
      apply: { block, id in
        let kept = block.components(separatedBy: "\n").filter {
          !$0.hasPrefix("    otherwise:") && !$0.hasPrefix("    priority:")
            && !$0.hasPrefix("    ungrounded:")
        }.joined(separator: "\n")
        return kept.replacingOccurrences(
          of: "- id: \(id)\n", with: "- id: \(id)\n    otherwise: warn\n")
      }, code: "PL0629", words: { "in `\($0)` `otherwise` was " }),
    Change(
      name: "only before 2000",
      apply: { block, id in
        var kept: [String] = []
        var inWhen = false
        for line in block.components(separatedBy: "\n") {
          inWhen = line.hasPrefix("    when:") || (inWhen && line.hasPrefix("     "))
          if !inWhen { kept.append(line) }
        }
        return kept.joined(separator: "\n").replacingOccurrences(
          of: "- id: \(id)\n",
          with: "- id: \(id)\n    when: now < timestamp(\"2000-01-01T00:00:00Z\")\n")
      }, code: "PL0629", words: { "in `\($0)` `when" }),
  ]

  /// The files of a package by name, and its incidents.
  static func packages() throws -> [(folder: URL, incidents: [IncidentDeclaration])] {
    let specs = Tool.root.appendingPathComponent("Specs")
    return try FileManager.default.contentsOfDirectory(atPath: specs.path).sorted().compactMap {
      let folder = specs.appendingPathComponent($0)
      let incidents = try Pipeline.load(folder.path).spec?.bundle.incidents ?? []
      return incidents.isEmpty ? nil : (folder, incidents)
    }
  }

  @Test(arguments: changes)
  func noRuleOfAnIncidentCanBeWeakened(_ change: Change) throws {
    for (folder, incidents) in try Self.packages() {
      try Tool.withFolder { scratch in
        let copy = scratch.appendingPathComponent("spec")
        try FileManager.default.copyItem(at: folder, to: copy)
        let generated = scratch.appendingPathComponent("Generated").path
        var sources = SourceSet()
        let made = try #require(try Outputs.make(copy.path, sources: &sources).files)
        try Outputs.apply(
          try Outputs.differences(made, in: generated), files: made, in: generated)
        for incident in incidents where incident.status == .prevented {
          for id in incident.preventedBy {
            let (file, text) = try Self.file(declaring: id, in: copy)
            try Self.changed(text, id, change).write(to: file, atomically: true, encoding: .utf8)
            defer { try? text.write(to: file, atomically: true, encoding: .utf8) }
            var sources = SourceSet()
            let said = try Pipeline.check(copy.path, into: &sources, against: .folder(generated))
              .diagnostics
            let lines = try Self.lines(of: incident, in: copy)
            let found = said.contains { diagnostic in
              guard diagnostic.severity == .error, diagnostic.code == change.code,
                let source = sources[diagnostic.range.file]
              else { return false }
              let place = source.position(at: diagnostic.range.start)
              let told = ([diagnostic.message] + diagnostic.notes.map(\.message))
                .contains { $0.contains(change.words(id)) }
              return source.path.hasSuffix("/" + (incident.position?.file ?? "")) && told
                && lines.contains(place.line)
            }
            #expect(
              found,
              "\(incident.id): \(id) \(change.name): \(said.filter { $0.severity == .error })")
          }
        }
      }
    }
  }

  /// The lines of an incident in its file.
  private static func lines(of incident: IncidentDeclaration, in folder: URL) throws -> Range<Int> {
    let position = try #require(incident.position)
    let text = try String(
      contentsOf: folder.appendingPathComponent(position.file), encoding: .utf8)
    let lines = text.components(separatedBy: "\n")
    let next = lines[position.line...].firstIndex { $0.hasPrefix("  - id:") } ?? lines.count
    return position.line..<(next + 1)
  }

  private static func file(declaring id: String, in folder: URL) throws -> (URL, String) {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    where name.hasSuffix(".yaml") {
      let file = folder.appendingPathComponent(name)
      let text = try String(contentsOf: file, encoding: .utf8)
      if text.contains("\n  - id: \(id)\n") { return (file, text) }
    }
    struct NotFound: Error { var id: String }
    throw NotFound(id: id)
  }

  /// A text with one requirement changed: from its id to the next one.
  private static func changed(_ text: String, _ id: String, _ change: Change) -> String {
    guard let start = text.range(of: "\n  - id: \(id)\n")?.lowerBound else { return text }
    let behind = text.index(start, offsetBy: 3)
    let end = text[behind...].range(of: "\n  - id: ")?.lowerBound ?? text.endIndex
    return text[..<start] + change.apply(String(text[start..<end]), id) + text[end...]
  }
}
