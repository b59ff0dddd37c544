import PlumblineDiagnostics
import Testing

@testable import YAMLSyntax

/// Random numbers that a seed repeats.
struct SeededRandom: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_F491_4F6C_DD1D
  }
}

/// Every character of a decoded scalar is found where the file has it.
@Suite struct PositionTests {
  /// The source of each stretch of text that stands for itself.
  private func check(_ source: String, word: String, in expected: String) throws {
    let (tree, found) = parse(source)
    #expect(found.isEmpty, "\(source) \(found.map(\.message))")
    let whole = try #require(tree)
    let root = try #require(whole.root)
    let node = try #require(whole.value(root, "k"))
    let text = whole.text(node)
    #expect(text == expected)
    let start = try #require(text.utf8.firstRange(of: word.utf8))
    let lower = text.utf8.distance(from: text.startIndex, to: start.lowerBound)
    let range = whole.sourceRange(node, lower, lower + word.utf8.count)
    let bytes = Array(source.utf8)[Int(range.start)..<Int(range.end)]
    #expect(String(decoding: bytes, as: UTF8.self) == word, "\(source)")
  }

  @Test(arguments: [
    ("k: a bad c\n", "a bad c"), ("k: a\n  bad\n  c\n", "a bad c"),
    ("k: a\n\n\n  bad\n", "a\n\nbad"),
    ("k: 'a bad c'\n", "a bad c"), ("k: 'it''s bad'\n", "it's bad"),
    ("k: 'a\n  b\n\n  bad'\n", "a b\nbad"), ("k: \"a\\tbad\"\n", "a\tbad"),
    ("k: \"\\u00e9\\x41\\U0001F600bad\"\n", "éA😀bad"), ("k: \"a\\\n   bad\"\n", "abad"),
    ("k: \"a \\\n   bad\"\n", "a bad"), ("k: \"a\\\n\n  bad\"\n", "a\nbad"),
    ("k: \"\\N\\_\\L\\Pbad\"\n", "\u{85}\u{A0}\u{2028}\u{2029}bad"), ("k: \"a\n  bad\"\n", "a bad"),
    ("k: \"\\\"bad\\\"\"\n", "\"bad\""), ("k: |\n  a\n  bad\n", "a\nbad\n"),
    ("k: |-\n\n\n  bad", "\n\nbad"), ("k: |2\n    a\n  bad\n", "  a\nbad\n"),
    ("k: |+\n  é\n   bad\n\n", "é\n bad\n\n"), ("k: >-\n  a\n  bad\n", "a bad"),
    ("k: >-\n  a\n\n  bad\n", "a\nbad"), ("k: >\n  a\n   b\n  bad\n", "a\n b\nbad\n"),
    ("k: >-\n\n  a\n  bad\n", "\na bad"), ("k: >- # why\n  a\n  bad\n", "a bad"),
    ("k: >-\r\n  a\r\n  bad\r\n", "a bad"), ("k: |\r\n  a\r\n  bad\r\n", "a\nbad\n"),
    ("k: &x !!str >-\n  a\n  bad\n", "a bad"), ("k: 'a\r\n\r\n  bad'\r\n", "a\nbad"),
    ("\u{FEFF}k: é bad\n", "é bad"), ("k: é\n  bad\n", "é bad"),
    ("k: >-\n    a\n    bad\n", "a bad"),
    ("k: >1\n  a\n bad\n", " a\nbad\n"), ("k: \"a  \n  \n \t bad\"\n", "a\nbad"),
    ("k: a\u{2028}\n  bad\n", "a\u{2028}\nbad"), ("k: |\n  a\u{85}  bad\n", "a\nbad\n"),
    ("k: a\u{2028}  bad\n", "a\u{2028}bad"), ("k: [x, a\n  bad]\n", ""),
  ])
  func words(_ source: String, _ expected: String) throws {
    guard !expected.isEmpty else { return }
    try check(source, word: "bad", in: expected)
  }

  @Test func foldedSpacesAndEscapesCoverWhatTheyStandFor() throws {
    let (tree, _) = parse("k: \"a\\tb\n   c\"\nl: ''\n")
    let whole = try #require(tree)
    let root = try #require(whole.root)
    let node = try #require(whole.value(root, "k"))
    func source(_ lower: Int, _ upper: Int) -> String {
      let range = whole.sourceRange(node, lower, upper)
      return String(decoding: whole.source.bytes[Int(range.start)..<Int(range.end)], as: UTF8.self)
    }
    #expect(source(1, 2) == "\\t")
    #expect(source(3, 4) == "\n   ")
    #expect(source(2, 5) == "b\n   c")
    #expect(source(0, 99) == "a\\tb\n   c")
    #expect(source(5, 5) == "" && whole.sourceRange(node, 5, 5).start == 13)
    let empty = try #require(whole.value(root, "l"))
    #expect(whole.sourceRange(empty, 0, 1) == SourceRange(file: 0, start: 19, end: 19))
  }

  // MARK: Random texts in every style

  private static let letters: [String] = [
    "a", "b", "Z", "0", "(", ")", ".", "é", "€", "😀", "&&", "==", "\"", "'", "\\", "x:y", "a#b",
  ]

  private func word(_ random: inout SeededRandom) -> String {
    let count = Int.random(in: 1...5, using: &random)
    let body = (0..<count).map { _ in Self.letters.randomElement(using: &random) ?? "a" }.joined()
    return "w" + body + "w"
  }

  /// A text of words; each break is one or more spaces or line breaks, written as the style has it.
  private func source(
    _ style: YAMLTree.Style, _ words: [String], _ random: inout SeededRandom
  ) -> String {
    let newline = Bool.random(using: &random) ? "\n" : "\r\n"
    let indent = String(repeating: " ", count: Int.random(in: 1...4, using: &random))
    var body = ""
    for (index, word) in words.enumerated() {
      if index > 0 {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: body += String(repeating: " ", count: Int.random(in: 1...3, using: &random))
        case 1 where style == .doubleQuoted: body += "\\" + newline + indent
        case 2: body += newline + newline + indent
        default: body += newline + indent
        }
      }
      switch style {
      case .plain, .literal, .folded: body += word
      case .singleQuoted:
        body += word.split(separator: "'", omittingEmptySubsequences: false)
          .joined(separator: "''")
      case .doubleQuoted:
        for scalar in word.unicodeScalars {
          if scalar == "\"" || scalar == "\\" {
            body += "\\" + String(scalar)
          } else if Int.random(in: 0..<5, using: &random) == 0 {
            let digits = String(scalar.value, radix: 16)
            body += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
          } else {
            body += String(scalar)
          }
        }
      }
    }
    let chomp = ["", "-", "+"].randomElement(using: &random) ?? ""
    switch style {
    case .plain: return "k: " + body + newline
    case .singleQuoted: return "k: '" + body + "'" + newline
    case .doubleQuoted: return "k: \"" + body + "\"" + newline
    case .literal, .folded:
      let more = Bool.random(using: &random) ? newline + indent + "  w" : ""
      let header = (style == .literal ? "|" : ">") + chomp
      return "k: " + header + newline + indent + body + more + newline + newline + "l: x" + newline
    }
  }

  @Test(arguments: YAMLTree.Style.allCases)
  func everyCharacterIsFound(_ style: YAMLTree.Style) throws {
    for seed in 1...400 {
      var random = SeededRandom(UInt64(seed))
      let words = (0..<Int.random(in: 1...6, using: &random)).map { _ in word(&random) }
      let source = source(style, words, &random)
      let (tree, found) = parse(source)
      #expect(!found.contains { $0.severity == .error }, "seed \(seed): \(found.map(\.message))")
      guard let tree, let root = tree.root, let node = tree.value(root, "k") else {
        Issue.record("seed \(seed): no node in \(source)")
        continue
      }
      #expect(tree.style(node) == style)
      #expect(agree(tree, node), "seed \(seed): \(source)")
    }
  }

  /// Each decoded character stands at its place, as itself or as an escape; places never go back.
  private func agree(_ tree: YAMLTree, _ node: YAMLNode) -> Bool {
    let text = tree.text(node)
    let whole = tree.range(node)
    let bytes = tree.source.bytes
    let positions = tree.positions(node)
    var offset = 0
    var last = whole.start
    for scalar in text.unicodeScalars {
      let length = UTF8.width(scalar)
      let range = positions.range(offset, offset + length)
      guard range.start >= last, range.end >= range.start else { return false }
      last = range.end
      let raw = String(decoding: bytes[Int(range.start)..<Int(range.end)], as: UTF8.self)
      let isSpace = scalar == " " || scalar == "\n"
      if isSpace {
        guard raw.unicodeScalars.allSatisfy({ " \r\n".unicodeScalars.contains($0) }), !raw.isEmpty
        else { return false }
      } else if raw.hasPrefix("\\U") {
        guard UInt32(raw.dropFirst(2), radix: 16) == scalar.value else { return false }
      } else {
        let plain = String(scalar)
        guard raw == plain || raw == "\\" + plain || raw == "''" && plain == "'" else {
          return false
        }
      }
      offset += length
    }
    return true
  }
}
