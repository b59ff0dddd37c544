import PlumblineBundle
import PlumblineDiagnostics
import SpecCompiler
import SpecModel
import YAMLSyntax

/// Compiles texts as the files of one package, and tells what was said.
struct Compiled {
  var bundle: SpecBundle?
  var diagnostics: [Diagnostic]
  var sources: SourceSet

  /// `# file: NAME` in the text begins another file.
  init(_ text: String, files: [String: String] = [:]) {
    var sources = SourceSet()
    var trees: [YAMLTree] = []
    var found: [Diagnostic] = []
    var parts: [(name: String, text: String)] = [("a.yaml", "")]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("# file: ") {
        parts.append((String(line.dropFirst(8)), ""))
      } else {
        parts[parts.count - 1].text += line + "\n"
      }
    }
    for part in parts {
      let source = SourceFile(path: part.name, bytes: Array(part.text.utf8))
      let (tree, diagnostics) = YAMLParser.parse(source, file: sources.add(source))
      found += diagnostics
      if let tree { trees.append(tree) }
    }
    let bound = SpecBinder.bind(trees, in: sources)
    found += bound.diagnostics
    let compiled = SpecCompiler.compile(
      bound.model, in: sources,
      package: PackageFiles(root: "") { files[$0].map { Array($0.utf8) } })
    found += compiled.diagnostics
    found.sort { ($0.range, $0.code) < ($1.range, $1.code) }
    bundle = found.contains { $0.severity == .error } ? nil : compiled.bundle
    diagnostics = found
    self.sources = sources
  }

  var said: [String] { diagnostics.map { describe($0) } }

  /// `FILE:LINE:COLUMN-END CODE SEVERITY MESSAGE | help: … | note PLACE: …`
  func describe(_ diagnostic: Diagnostic) -> String {
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
