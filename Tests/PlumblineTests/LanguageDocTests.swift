import Foundation
import PlumblineDiagnostics
import SpecCompiler
import SpecModel
import Testing
import YAMLSyntax

/// Every example of `Docs/Language.md` compiles, without so much as a warning.
@Suite struct LanguageDocTests {
  @Test func everyExampleCompiles() throws {
    let page = try LanguagePage.read()
    #expect(page.specs.count >= 20)
    let files = page.files
    let package = PackageFiles(root: "") { files[$0].map { Array($0.utf8) } }
    for fence in page.specs {
      var sources = SourceSet()
      var trees: [YAMLTree] = []
      var diagnostics: [Diagnostic] = []
      for (path, text) in page.package(fence) {
        let source = SourceFile(path: path, bytes: Array(text.utf8))
        let parsed = YAMLParser.parse(source, file: sources.add(source))
        diagnostics += parsed.diagnostics
        if let tree = parsed.tree { trees.append(tree) }
      }
      let bound = SpecBinder.bind(trees, in: sources)
      let compiled = SpecCompiler.compile(bound.model, in: sources, package: package)
      diagnostics += bound.diagnostics + compiled.diagnostics
      let worse = diagnostics.filter { $0.severity != .note }
      let said = TextRenderer.render(worse, in: sources, color: false)
      #expect(worse.isEmpty, "the example at line \(fence.line):\n\(said)")
      #expect(compiled.bundle != nil, "the example at line \(fence.line)")
    }
  }
}
