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

  /// `# file: NAME` in the text begins another file: one of the specs, or, where it is no YAML, one that they
  /// name. `# committed` begins a spec that stands for what was compiled before.
  init(_ text: String, files: [String: String] = [:], committed: CommittedBundle? = nil) {
    var files = files
    var committed = committed
    var sources = SourceSet()
    var trees: [YAMLTree] = []
    var found: [Diagnostic] = []
    var parts: [(name: String, text: String)] = [("a.yaml", "")]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("# file: ") {
        parts.append((String(line.dropFirst(8)), ""))
      } else if line == "# committed" {
        parts.append(("# committed", ""))
      } else {
        parts[parts.count - 1].text += line + "\n"
      }
    }
    for part in parts where !part.name.hasSuffix(".yaml") && part.name != "# committed" {
      files[part.name] = part.text
    }
    if let before = parts.first(where: { $0.name == "# committed" }),
      let bundle = Compiled(before.text, files: files).bundle
    {
      committed = CommittedBundle(path: "Generated/s/bundle.json", content: .bundle(bundle))
    }
    for part in parts where part.name.hasSuffix(".yaml") {
      let source = SourceFile(path: part.name, bytes: Array(part.text.utf8))
      let (tree, diagnostics) = YAMLParser.parse(source, file: sources.add(source))
      found += diagnostics
      if let tree { trees.append(tree) }
    }
    let bound = SpecBinder.bind(trees, in: sources)
    found += bound.diagnostics
    let compiled = SpecCompiler.compile(
      bound.model, in: sources,
      package: PackageFiles(
        root: "", read: { [files] in files[$0].map { Array($0.utf8) } },
        committed: { [committed] _ in committed }))
    found = OneMistake.merge(found + compiled.diagnostics, in: sources)
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
