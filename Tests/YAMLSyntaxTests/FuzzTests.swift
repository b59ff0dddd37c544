import Foundation
import PlumblineDiagnostics
import Testing

@testable import YAMLSyntax

/// No input traps or hangs, and every place given lies in the file.
///
/// Seeded: a failure names its seed. `PLUMBLINE_FUZZ_SECONDS` makes it run longer.
@Suite(.timeLimit(.minutes(60))) struct FuzzTests {
  private static var seconds: Double {
    ProcessInfo.processInfo.environment["PLUMBLINE_FUZZ_SECONDS"].flatMap(Double.init) ?? 1.5
  }

  private func everySeed(_ body: (UInt64) -> Void) {
    let end = ContinuousClock.now + .seconds(Self.seconds)
    var seed: UInt64 = 1
    while ContinuousClock.now < end {
      body(seed)
      seed += 1
    }
    #expect(seed > 10)
  }

  /// Parses, then asks everything about everything.
  private func exercise(_ bytes: [UInt8], _ seed: UInt64) {
    let file = SourceFile(path: "a.yaml", bytes: bytes)
    var sources = SourceSet()
    let number = sources.add(file)
    let start = ContinuousClock.now
    let (tree, found) = YAMLParser.parse(file, file: number)
    #expect(tree != nil || found.contains { $0.severity == .error }, "seed \(seed)")
    for diagnostic in found {
      let ranges = [diagnostic.range] + diagnostic.notes.map(\.range)
      for range in ranges {
        let valid = range.start >= 0 && range.start <= range.end && range.end <= bytes.count
        #expect(valid, "seed \(seed): \(diagnostic.code) \(range)")
      }
      #expect(!diagnostic.message.contains { $0.isNewline }, "seed \(seed)")
    }
    _ = TextRenderer.render(found, in: sources, color: true)
    if let tree {
      for index in 0..<tree.nodeCount { visit(tree, YAMLNode(index: Int32(index)), seed) }
    }
    #expect(ContinuousClock.now - start < .seconds(10), "seed \(seed)")
  }

  private func visit(_ tree: YAMLTree, _ node: YAMLNode, _ seed: UInt64) {
    let range = tree.range(node)
    let count = tree.source.bytes.count
    #expect(range.start >= 0 && range.start <= range.end && range.end <= count, "seed \(seed)")
    _ = (tree.scalar(node), tree.tag(node), tree.rawText(node), tree.style(node))
    for item in tree.items(node) { #expect(item.index < tree.nodeCount) }
    for entry in tree.entries(node) { #expect(entry.key.index < tree.nodeCount) }
    guard tree.kind(node) == .scalar else { return }
    let length = tree.text(node).utf8.count
    let positions = tree.positions(node)
    var last: Int32 = 0
    for offset in 0..<length {
      let place = positions.range(offset, offset + 1)
      let valid = place.start >= last && place.end >= place.start && place.end <= count
      #expect(valid, "seed \(seed): offset \(offset) of \(tree.rawText(node).debugDescription)")
      last = place.start
    }
  }

  private static let pieces: [String] = [
    "a", "key", ": ", ":", "- ", "\n", "\n  ", "\n    ", "\r\n", "[", "]", "{", "}", ", ", "'",
    "\"",
    "\\", "\\u00e9", "|", ">", ">-", "|2\n", "&a ", "*a", "!t ", "!!str ", " #c", "\t", "<<: ",
    "? ",
    "---\n", "...\n", "%YAML 1.2\n", "é", "€", "😀", "\u{2028}", "\u{85}", "\u{FEFF}", "@", "`", "~",
    "1.5", "0x1F", "null", "(", ")", "&&", "\u{0}", " ",
  ]

  @Test func piecesInAnyOrder() {
    everySeed { seed in
      var random = SeededRandom(seed)
      let count = Int.random(in: 1...60, using: &random)
      let text = (0..<count).map { _ in Self.pieces.randomElement(using: &random) ?? "" }.joined()
      exercise(Array(text.utf8), seed)
    }
  }

  @Test func bytesInAnyOrder() {
    everySeed { seed in
      var random = SeededRandom(seed)
      let count = Int.random(in: 0...80, using: &random)
      exercise((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }, seed)
    }
  }

  private static let spec = """
    # A spec with every style.
    plumb: 1
    types:
      Customer: { id: string, tier: [basic, gold], name: "é\\u00fc" }
    tools: &tools
      get_order:
        effect: read
        args: { order_id: string }
        keeps: orders[args.order_id]
    more:
      <<: *tools
      text: |
        one
          two

      folded: >-
        args.amount <= orders[args.order_id].total
        && true
      quoted: 'it''s
        so'
      list:
      - a
      - [b, {c: d}]

    """

  @Test func mutationsOfASpec() {
    let original = Array(Self.spec.utf8)
    #expect(parse(Self.spec).found.isEmpty)
    everySeed { seed in
      var random = SeededRandom(seed)
      var bytes = original
      for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: at)
        case 2:
          let piece = Self.pieces.randomElement(using: &random) ?? ""
          bytes.insert(contentsOf: piece.utf8, at: at)
        case 3: bytes.removeSubrange(at..<min(at + 20, bytes.count))
        default:
          let from = Int.random(in: 0..<original.count, using: &random)
          bytes.insert(contentsOf: original[from..<min(from + 30, original.count)], at: at)
        }
      }
      exercise(bytes, seed)
    }
  }

  /// Every beginning of a spec: what a half-written file gives.
  @Test func everyBeginning() {
    let bytes = Array(Self.spec.utf8)
    for end in 0...bytes.count { exercise(Array(bytes[..<end]), UInt64(end)) }
  }
}
