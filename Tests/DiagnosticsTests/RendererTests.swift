import Foundation
import Testing

@testable import PlumblineDiagnostics

@Suite struct RendererTests {
  private func sources(_ texts: String...) -> SourceSet {
    var set = SourceSet()
    for (index, text) in texts.enumerated() {
      _ = set.add(SourceFile(path: "specs/f\(index).yaml", bytes: Array(text.utf8)))
    }
    return set
  }

  private func place(_ start: Int32, _ end: Int32, file: Int32 = 0) -> SourceRange {
    SourceRange(file: file, start: start, end: end)
  }

  private func text(_ diagnostics: [Diagnostic], _ sources: SourceSet) -> String {
    TextRenderer.render(diagnostics, in: sources, color: false)
  }

  @Test func wholeDiagnostic() {
    let diagnostic = Diagnostic(
      "PL0203", .error, "unknown requirement `REQ-9`", at: place(8, 13, file: 1),
      help: "did you mean `REQ-8`?", notes: [.init("declared here", at: place(4, 9))])
    let shown = text([diagnostic], sources("id: REQ-8\n", "needs: [REQ-9]\n"))
    #expect(
      shown == """
        specs/f1.yaml:1:9: error: unknown requirement `REQ-9` [PL0203]
            needs: [REQ-9]
                    ^~~~~
          help: did you mean `REQ-8`?
        specs/f0.yaml:1:5: note: declared here
            id: REQ-8
                ^~~~~

        """)
  }

  @Test(
    arguments: [
      // An empty place, and one at the end of the line.
      ("ab: c\n", 4, 4, "    ab: c\n        ^\n"), ("ab:\n", 3, 3, "    ab:\n       ^\n"),
      // Tabs are shown as spaces, wide characters take two columns, combining ones none.
      ("\tx\n", 1, 2, "        x\n        ^\n"), ("日本 x\n", 7, 8, "    日本 x\n         ^\n"),
      ("日本 x\n", 0, 6, "    日本 x\n    ^~~~\n"), ("e\u{301}x\n", 3, 4, "    e\u{301}x\n     ^\n"),
      // Only the first line of a longer place is shown.
      ("a: b\nc: d\n", 3, 9, "    a: b\n       ^\n"),
      // What could steer a terminal is not sent there.
      ("a\u{1B}[2Jb\n", 5, 6, "    a·[2Jb\n         ^\n"), ("\n", 0, 0, ""),
      ("\u{FEFF}a: b\n", 3, 4, "    a: b\n    ^\n"),
    ] as [(String, Int32, Int32, String)])
  func excerpts(_ source: String, _ start: Int32, _ end: Int32, _ expected: String) {
    let shown = text([Diagnostic("PL1", .error, "m", at: place(start, end))], sources(source))
    let lines = shown.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
    #expect(lines.joined(separator: "\n") == expected)
  }

  @Test func longLinesAreCut() throws {
    let line = String(repeating: "a", count: 5000) + "HERE" + String(repeating: "b", count: 5000)
    let shown = text([Diagnostic("PL1", .error, "m", at: place(5000, 5004))], sources(line))
    let lines = shown.split(separator: "\n").map(String.init)
    #expect(lines.count == 3 && lines.allSatisfy { $0.count < 120 })
    #expect(lines[1].hasPrefix("    …") && lines[1].hasSuffix("…"))
    let mark = try #require(lines[2].firstIndex(of: "^"))
    let column = lines[2].distance(from: lines[2].startIndex, to: mark)
    #expect(lines[1].dropFirst(column).hasPrefix("HERE"))
    #expect(lines[2].hasSuffix("^~~~"))
  }

  @Test func brokenBytesAndPlaces() {
    var set = SourceSet()
    _ = set.add(SourceFile(path: "a", bytes: [0xFF, 0xC3, 0x28, 0xE2, 0x82]))
    for start in Int32(-3)...8 {
      for end in Int32(-3)...8 {
        #expect(
          text([Diagnostic("PL1", .error, "m", at: place(start, end))], set).hasPrefix("a:1:"))
      }
    }
    #expect(
      text([Diagnostic("PL1", .warning, "m", at: place(0, 0, file: 7))], set)
        == "warning: m [PL1]\n")
  }

  @Test func colours() {
    let shown = TextRenderer.render(
      [Diagnostic("PL1", .error, "m", at: place(0, 1))], in: sources("x"), color: true)
    #expect(shown.contains("\u{1B}[1;31merror:\u{1B}[0m"))
  }

  @Test func listIsSortedAndCapped() {
    let warnings = (0..<10).map { Diagnostic("PL2", .warning, "w", at: place($0, $0)) }
    let error = Diagnostic("PL1", .error, "e", at: place(50, 51))
    let list = DiagnosticList(warnings.reversed() + [error, error], limit: 4)
    #expect(list.shown.map(\.range.start) == [0, 1, 2, 50])
    #expect(list.omitted == 7)
    #expect(DiagnosticList([error, error]).shown.count == 1)
    let shown = TextRenderer.render(warnings, in: sources("x"), color: false, limit: 3)
    #expect(shown.hasSuffix("… and 7 more\n"))
  }

  @Test func summaries() {
    func diagnostics(_ severities: Severity...) -> [Diagnostic] {
      severities.map { Diagnostic("PL1", $0, "m", at: place(0, 0)) }
    }
    #expect(
      DiagnosticList.summary(diagnostics(.error, .error, .error, .warning)) == "3 errors, 1 warning"
    )
    #expect(DiagnosticList.summary(diagnostics(.error)) == "1 error")
    #expect(DiagnosticList.summary(diagnostics(.warning, .warning, .note)) == "2 warnings")
    #expect(DiagnosticList.summary([]) == "no errors")
  }

  // MARK: JSON

  private struct Item: Decodable, Equatable {
    var code, severity, message, file: String
    var line, column, endLine, endColumn: Int
    var help: String?
  }

  @Test func json() throws {
    let set = sources("a: \"é\"\nb\n")
    let diagnostics = [
      Diagnostic("PL2", .warning, "second", at: place(8, 9)),
      Diagnostic("PL1", .error, "a \"quote\" \\ \u{1}", at: place(3, 8), help: "do\tit"),
    ]
    let text = JSONRenderer.render(diagnostics, in: set)
    let items = try JSONDecoder().decode([Item].self, from: Data(text.utf8))
    #expect(
      items == [
        Item(
          code: "PL1", severity: "error", message: "a \"quote\" \\ \u{1}", file: "specs/f0.yaml",
          line: 1, column: 4, endLine: 2, endColumn: 1, help: "do\tit"),
        Item(
          code: "PL2", severity: "warning", message: "second", file: "specs/f0.yaml", line: 2,
          column: 1, endLine: 2, endColumn: 2, help: nil),
      ])
    #expect(text.contains("\"help\": null"))
    #expect(JSONRenderer.render([], in: set) == "[]\n")
  }

  // MARK: SARIF

  private struct Log: Decodable {
    struct Message: Decodable { var text: String }
    struct Region: Decodable { var startLine, startColumn, endLine, endColumn: Int }
    struct Artifact: Decodable { var uri: String }
    struct Physical: Decodable {
      var artifactLocation: Artifact
      var region: Region
    }
    struct Location: Decodable {
      var id: Int?
      var message: Message?
      var physicalLocation: Physical
    }
    struct Result: Decodable {
      var ruleId, level: String
      var ruleIndex: Int
      var message: Message
      var locations: [Location]
      var relatedLocations: [Location]?
    }
    struct Rule: Decodable { var id: String }
    struct Driver: Decodable {
      var name: String
      var rules: [Rule]
    }
    struct Tool: Decodable { var driver: Driver }
    struct Run: Decodable {
      var tool: Tool
      var columnKind: String
      var results: [Result]
    }
    var version: String
    var runs: [Run]
  }

  @Test func sarif() throws {
    let set = sources("a: é\nb\n", "x")
    let diagnostics = [
      Diagnostic("PL9", .warning, "w", at: place(6, 7), help: "so"),
      Diagnostic(
        "PL1", .error, "e", at: place(3, 5), notes: [.init("here", at: place(0, 1, file: 1))]),
      Diagnostic("PL9", .note, "n", at: place(0, 0, file: 9)),
    ]
    let text = SARIFRenderer.render(diagnostics, in: set, version: "1.0.0")
    let log = try JSONDecoder().decode(Log.self, from: Data(text.utf8))
    #expect(log.version == "2.1.0")
    let run = try #require(log.runs.first)
    #expect(log.runs.count == 1 && run.tool.driver.name == "plumb")
    #expect(run.columnKind == "unicodeCodePoints")
    #expect(run.tool.driver.rules.map(\.id) == ["PL1", "PL9"])
    #expect(run.results.map(\.ruleId) == ["PL1", "PL9", "PL9"])
    for result in run.results {
      #expect(run.tool.driver.rules[result.ruleIndex].id == result.ruleId)
    }
    #expect(run.results.map(\.level) == ["error", "warning", "note"])
    #expect(run.results[1].message.text == "w (help: so)")
    #expect(run.results[2].locations.isEmpty)
    let first = try #require(run.results[0].locations.first?.physicalLocation)
    #expect(first.artifactLocation.uri == "specs/f0.yaml")
    #expect(first.region.startLine == 1 && first.region.startColumn == 4)
    #expect(first.region.endLine == 1 && first.region.endColumn == 5)
    let related = try #require(run.results[0].relatedLocations?.first)
    #expect(related.message?.text == "here" && related.id == 0)
    #expect(related.physicalLocation.artifactLocation.uri == "specs/f1.yaml")
  }

  @Test(arguments: [
    ("specs/a.yaml", "specs/a.yaml"), ("my specs/ä%.yaml", "my%20specs/%C3%A4%25.yaml"),
    ("/home/me/a.yaml", "a.yaml"), ("../a.yaml", "../a.yaml"), ("a:b.yaml", "a%3Ab.yaml"),
  ])
  func uris(_ path: String, _ expected: String) {
    #expect(SARIFRenderer.uri(path) == expected)
  }
}
