import Foundation
import Testing

/// Swift of a spec with many requirements holds nothing that takes the compiler the square of their number:
/// no long literal, no derived `allCases` or `init(rawValue:)`.
@Suite struct LargeSwiftTests {
  @Test func noExpressionIsGiant() throws {
    try Tool.withFolder { folder in
      var spec = """
        plumb: 1
        spec: large
        version: 1.0.0
        owner: desk
        purpose: Act within limits.
        tools:
          act: { effect: write, args: { amount: number }, touches: none }
        requirements:

        """
      for number in 1...600 {
        spec += """
            - { id: R-\(number), statement: The agent shall keep limit \(number)., applies_to: act, require: args.amount != \(number).5 }

          """
      }
      try Tool.write(spec, "large/large.yaml", in: folder)
      let run = try Tool.run(["swift", "large", "-o", "out"], in: folder)
      #expect(run.status == 0, "\(run.err)")
      var cases = 0
      for name in try FileManager.default.contentsOfDirectory(
        atPath: folder.appendingPathComponent("out").path)
      {
        let text = try String(
          contentsOf: folder.appendingPathComponent("out/\(name)"), encoding: .utf8)
        var length: Int?
        for line in text.split(separator: "\n") {
          if line.hasSuffix("= [") { length = 0 }
          if line.trimmingCharacters(in: .whitespaces) == "]" { length = nil }
          length = length.map { $0 + 1 }
          #expect(length ?? 0 <= 101, "\(name) holds a literal of \(length ?? 0) lines")
          if line.contains("all.append(.r") { cases += 1 }
        }
        if name == "Large+Requirements.swift" {
          #expect(text.contains("public init?(rawValue: String)"))
          #expect(text.contains("public static var allCases: [Requirement]"))
        }
      }
      #expect(cases == 600)
    }
  }
}
