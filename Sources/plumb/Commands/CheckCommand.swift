import ArgumentParser
import CommandSupport
import Plumbline
import PlumblineDiagnostics

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks spec packages: names, types, reachability, dead rules, examples, incidents.")

  @Argument(help: ArgumentHelp("A spec package, or a bundle.json.", valueName: "spec"))
  var specs: [String]

  @Option(
    help: ArgumentHelp(
      "The folder `plumb compile` wrote to: incidents there must not be lost.",
      discussion: "Without it, `Generated` beside the package or above it.", valueName: "folder"))
  var generated: String?

  @Option(help: "How findings are written.")
  var format: CheckFormat = .text

  func run() throws {
    var sources = SourceSet()
    let diagnostics = try Pipeline.check(
      specs, into: &sources, against: generated.map { .folder($0) } ?? .nearby)
    switch format {
    case .text:
      if !diagnostics.isEmpty {
        Console.error(TextRenderer.render(diagnostics, in: sources, color: Console.colorsErrors))
      }
    case .json: Console.print(JSONRenderer.render(diagnostics, in: sources))
    case .sarif: Console.print(SARIFRenderer.render(diagnostics, in: sources))
    }
    // The process ends here: the texts of all files need not be given back one by one.
    _ = Unmanaged.passRetained(Kept(sources))
    if diagnostics.contains(where: { $0.severity == .error }) { throw ExitStatus.wrongCall }
    if format == .text {
      let warnings = diagnostics.count { $0.severity == .warning }
      Console.print(
        warnings == 0 ? "no errors" : "no errors, \(warnings) warning\(warnings == 1 ? "" : "s")")
    }
  }
}

private final class Kept {
  let sources: SourceSet
  init(_ sources: SourceSet) { self.sources = sources }
}
