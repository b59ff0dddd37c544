import PlumblineBundle

extension SwiftSource {
  /// Swift Testing suites of the examples and incidents, as one file that needs no other of these.
  /// - Parameter traces: the traces that incidents name, by path.
  public func testFiles(traces: [(path: String, text: String)]) -> [File] {
    var out = header(imports: ["import PlumblineTyped", "import Testing"])
    let suite = "\(namespace)SpecTests"
    out.documentation("What the spec `\(bundle.spec)` says of itself.")
    out.block("@Suite(\(SwiftText.literal("the spec \(bundle.spec)"))) struct \(suite)") { out in
      out.block(
        "@Test(\"examples\", arguments: suite.examples) func example(_ one: SpecSuite.Case)"
      ) {
        $0.line("Self.check(one)")
      }
      out.line()
      out.block(
        "@Test(\"incidents\", arguments: suite.incidents) func incident(_ one: SpecSuite.Case)"
      ) {
        $0.line("Self.check(one)")
      }
      out.line()
      out.documentation("A failure shows at the spec's own line.")
      out.block("private static func check(_ one: SpecSuite.Case)") { out in
        out.line("guard let problem = suite.problem(one) else { return }")
        out.line("let file = \(SwiftText.literal(folder)) + \"/\" + (one.position?.file ?? \"\")")
        out.line("Issue.record(")
        out.line("  \"\\(one): \\(problem)\",")
        out.line("  sourceLocation: SourceLocation(")
        out.line(
          "    fileID: \(SwiftText.literal(namespace + "/")) + (one.position?.file ?? \"spec\"),")
        out.line("    filePath: file, line: max(one.position?.line ?? 1, 1),")
        out.line("    column: max(one.position?.column ?? 1, 1)))")
      }
      out.line()
      out.line("static let suite = SpecSuite(bundleText, traces: traces)")
      out.line()
      out.block("private static var bundleText: [StaticString]") { out in
        Self.array(SwiftText.parts(String(decoding: bytes, as: UTF8.self)), &out)
      }
      out.line()
      out.block("private static var traces: [(path: String, parts: [StaticString])]") { out in
        out.line("[")
        for trace in traces {
          out.line("  (")
          out.line("    \(SwiftText.literal(trace.path)),")
          out.line("    [")
          for part in SwiftText.parts(trace.text) { out.line("      \(part),") }
          out.line("    ]")
          out.line("  ),")
        }
        out.line("]")
      }
    }
    return [File(name: "\(stem)SpecTests.swift", text: out.text)]
  }
}
