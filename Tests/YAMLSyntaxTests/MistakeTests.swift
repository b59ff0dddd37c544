import Foundation
import PlumblineDiagnostics
import Testing

@testable import YAMLSyntax

/// What the author of a spec reads after a mistake.
///
/// `Cases/mistakes.txt` holds each text with what is said about it. With `PLUMBLINE_RECORD` set the
/// file is written anew, and the run fails so that nobody takes it for a pass.
@Suite struct MistakeTests {
  private static let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Cases/mistakes.txt")
  private static let between = "=====\n"
  private static let answer = "-----\n"

  private func rendered(_ text: String) -> String {
    let file = SourceFile(path: "a.yaml", bytes: Array(text.utf8))
    var sources = SourceSet()
    let number = sources.add(file)
    let found = YAMLParser.parse(file, file: number).diagnostics
    return TextRenderer.render(found, in: sources, color: false)
  }

  @Test func snapshots() throws {
    let text = try String(contentsOf: Self.file, encoding: .utf8)
    let cases = text.components(separatedBy: Self.between)
    #expect(cases.count > 60)
    if ProcessInfo.processInfo.environment["PLUMBLINE_RECORD"] != nil {
      let new = cases.map { item in
        let source = item.components(separatedBy: Self.answer)[0]
        return source + Self.answer + rendered(source)
      }
      try new.joined(separator: Self.between).write(
        to: Self.file, atomically: true, encoding: .utf8)
      Issue.record("recorded \(cases.count) cases")
      return
    }
    for item in cases {
      let parts = item.components(separatedBy: Self.answer)
      #expect(parts.count == 2)
      #expect(rendered(parts[0]) == parts.last, "\(parts[0])")
    }
  }

  /// No case of the file names anything of libyaml's own wording.
  @Test func wordsAreOurs() throws {
    let text = try String(contentsOf: Self.file, encoding: .utf8)
    for foreign in ["did not find expected", "while parsing", "while scanning", "[PL0025]"] {
      #expect(!text.contains(foreign), "\(foreign)")
    }
  }

  // MARK: What no text file can hold

  private func codes(_ bytes: [UInt8], limits: YAMLLimits = .init()) -> [String] {
    let file = SourceFile(path: "a.yaml", bytes: bytes)
    return YAMLParser.parse(file, file: 0, limits: limits).diagnostics.map {
      let (line, column) = file.position(at: $0.range.start)
      return "\($0.code) \(line):\(column)"
    }
  }

  @Test(
    arguments: [
      ([0x61, 0x3A, 0x20, 0xFF, 0x0A], "PL0002 1:4"), ([0xFF, 0xFE, 0x61, 0x00], "PL0002 1:1"),
      ([0xFE, 0xFF, 0x00, 0x61], "PL0002 1:1"), ([0x61, 0x0A, 0xC3], "PL0002 2:1"),
      ([0xC0, 0x80], "PL0002 1:1"), ([0xED, 0xA0, 0x80], "PL0002 1:1"),
      ([0xF5, 0x80, 0x80, 0x80], "PL0002 1:1"), ([0x61, 0x3A, 0x20, 0x00, 0x0A], "PL0003 1:4"),
      ([0x23, 0x20, 0x1B, 0x0A], "PL0003 1:3"), ([0x61, 0x7F], "PL0003 1:2"),
      ([0x61, 0x0A, 0xEF, 0xBB, 0xBF], "PL0003 2:1"), ([0xEF, 0xBF, 0xBF], "PL0003 1:1"),
      ([0xC2, 0x80], "PL0003 1:1"), ([0xEF, 0xBB, 0xBF, 0x00], "PL0003 1:1"),
    ] as [([UInt8], String)])
  func badBytes(_ bytes: [UInt8], _ expected: String) {
    #expect(codes(bytes) == [expected])
  }

  @Test(.timeLimit(.minutes(1)), arguments: ["[", "{a: ", "- ", "? ", "[{"])
  func deepNesting(_ opening: String) {
    let found = codes(Array(String(repeating: opening, count: 10_000).utf8))
    #expect(found.count == 1 && found[0].hasPrefix("PL0005 1:"), "\(found)")
  }

  @Test func depthLimitIsExact() {
    let text = { (count: Int) in
      Array((String(repeating: "[", count: count) + String(repeating: "]", count: count)).utf8)
    }
    #expect(codes(text(100)).isEmpty)
    #expect(codes(text(101)) == ["PL0005 1:101"])
  }

  @Test func aliasBombs() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...20 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    let found = codes(Array(text.utf8))
    #expect(found.count == 1 && found[0].hasPrefix("PL0010 6:"), "\(found)")

    // Merge keys repeat as well.
    text = "m0: &m0 {" + (0..<100).map { "k\($0): x" }.joined(separator: ", ") + "}\n"
    for level in 1...200 {
      let aliases = Array(repeating: "*m\(level - 1)", count: 100).joined(separator: ", ")
      text += "m\(level): &m\(level) { <<: [\(aliases)] }\n"
    }
    #expect(codes(Array(text.utf8)).map { $0.prefix(6) } == ["PL0010"])

    // Long chains of aliases nest without brackets.
    text = "a0: &a0 [x]\n" + (1...200).map { "a\($0): &a\($0) [*a\($0 - 1)]\n" }.joined()
    #expect(codes(Array(text.utf8)).map { $0.prefix(6) } == ["PL0010"])
  }

  @Test func largeFiles() {
    let bytes = Array("a: \"\(String(repeating: "x", count: 1000))\"\n".utf8)
    #expect(codes(bytes, limits: YAMLLimits(bytes: 1000)) == ["PL0001 1:1"])
    #expect(codes(bytes, limits: YAMLLimits(bytes: .max)).isEmpty)
  }

  @Test func aHugeScalarIsRefusedAtOnce() {
    let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 200 << 20)
    #expect(codes(bytes) == ["PL0001 1:1"])
  }

  @Test func manyMistakesStopTheReading() {
    let text = (0..<5000).map { "- *x\($0)\n" }.joined()
    #expect(codes(Array(text.utf8)).count == 1000)
  }

  @Test func duplicateKeysOfLargeMappings() {
    var text = (0..<500).map { "k\($0): x\n" }.joined()
    text += "k77: y\n\"k499\": z\n"
    #expect(codes(Array(text.utf8)) == ["PL0006 501:1", "PL0006 502:1"])
  }

  @Test func brokenNodesAreMarked() throws {
    let (tree, found) = parse("a: *x\nb: !y z\nc: {d: f(1, 2)}\na: 1\ne: 5\n")
    #expect(found.map(\.code).sorted() == ["PL0006", "PL0008", "PL0011", "PL0016"])
    let whole = try #require(tree)
    let root = try #require(whole.root)
    let entries = whole.entries(root)
    #expect(entries.map { whole.isBroken($0.value) } == [true, true, true, false, false])
    #expect(entries.map { whole.isBroken($0.key) } == [false, false, false, true, false])
  }
}
