import Foundation
import PlumblineDiagnostics
import SpecModel
import Testing
import YAMLSyntax

/// Whatever stands in the files, binding ends with a model and diagnostics, never with a trap.
/// Seeded; `PLUMBLINE_FUZZ_SECONDS` makes it longer, `PLUMBLINE_FUZZ_SEED` replays.
@Suite struct BindingFuzzTests {
  struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  static let snippets = [
    "null", "[", "]", "{", "}", "[a, b]", "{ a: b }", "'", "\"", ":", ": ", " #", "- ", "true",
    "1.10", "-1", "99999999999999999999", "''", "list(", "escalate(", "orders[", "é", "\u{2028}",
    "&a ", "*a", "!!str ", "<<: *a", "|\n", ">-\n", "\t", "?", "()", "((((((", "a[b[c].d].e",
    ".nan", "effect()", "1h", "1d1d", "9223372036854775807d",
  ]

  @Test func mutatedSpecsBindWithoutTraps() throws {
    let environment = ProcessInfo.processInfo.environment
    let seconds = Double(environment["PLUMBLINE_FUZZ_SECONDS"] ?? "") ?? 1
    var seed = UInt64(environment["PLUMBLINE_FUZZ_SEED"] ?? "") ?? 1
    let original = Array(EverySpec.text.utf8)
    let end = Date().addingTimeInterval(seconds)
    var runs = 0
    while Date() < end || runs < 50 {
      var random = Generator(state: seed)
      let mutated = Self.mutate(original, &random)
      var sources = SourceSet()
      let source = SourceFile(path: "a.yaml", bytes: mutated)
      let (tree, _) = YAMLParser.parse(source, file: sources.add(source))
      let trees = tree.map { [$0] } ?? []
      let bound = SpecBinder.bind(trees, in: sources)
      for diagnostic in bound.diagnostics {
        let range = diagnostic.range
        if range.start < 0 || range.end < range.start || range.end > mutated.count {
          Issue.record("seed \(seed): a range outside the file: \(diagnostic)")
        }
        if diagnostic.message.contains("\n") || diagnostic.help?.contains("\n") == true {
          Issue.record("seed \(seed): a message of several lines: \(diagnostic)")
        }
      }
      seed += 1
      runs += 1
    }
  }

  static func mutate(_ original: [UInt8], _ random: inout Generator) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      guard !bytes.isEmpty else { break }
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<7, using: &random) {
      case 0: bytes[at] = UInt8.random(in: 32..<127, using: &random)
      case 1: bytes.remove(at: at)
      case 2:
        bytes.insert(contentsOf: Array((snippets.randomElement(using: &random) ?? "").utf8), at: at)
      case 3:
        // A value becomes something else.
        guard let colon = bytes[at...].firstIndex(of: UInt8(ascii: ":")) else { break }
        let line = bytes[colon...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        let value = " " + (snippets.randomElement(using: &random) ?? "")
        bytes.replaceSubrange(colon + 1..<line, with: Array(value.utf8))
      case 4:
        // A line goes away, or stands twice.
        let start = bytes[..<at].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let end = bytes[at...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
        let line = Array(bytes[start..<end])
        if Bool.random(using: &random) {
          bytes.removeSubrange(start..<end)
        } else {
          bytes.insert(contentsOf: line, at: Int.random(in: 0...bytes.count, using: &random))
        }
      case 5:
        bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...40, using: &random)))
      default: bytes.removeSubrange(at...)
      }
    }
    return bytes
  }
}
