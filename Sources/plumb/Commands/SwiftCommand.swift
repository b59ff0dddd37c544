import ArgumentParser
import Plumbline
import PlumblineDiagnostics

struct SwiftCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swift",
    abstract: "Writes Swift for spec packages: their types and a guard that speaks in them.",
    discussion: "The build plugin runs it; see Docs/BuildPlugin.md.")

  @Argument(help: ArgumentHelp("Spec packages.", valueName: "spec"))
  var specs: [String]

  @Option(name: [.customShort("o"), .long], help: "The folder to write to.")
  var output: String

  @Flag(help: "Write Swift Testing suites of the examples and incidents instead.")
  var tests = false

  @Flag(help: "Write nothing; exit 1 where anything on disk differs.")
  var check = false

  @Option(help: "How the result is told.")
  var format: ReportFormat = .text

  func run() throws {
    var sources = SourceSet()
    let result = try SwiftOutputs.make(specs, tests ? .tests : .code, sources: &sources)
    let loud = result.diagnostics.filter { $0.severity != .note }
    if !loud.isEmpty {
      Console.error(TextRenderer.render(loud, in: sources, color: Console.colorsErrors))
    }
    guard let files = result.files else { throw ExitStatus.wrongCall }
    let changes = try SwiftOutputs.differences(files, in: output)
    if !check { try Outputs.apply(changes, files: files, in: output) }
    switch format {
    case .json: Console.print(Outputs.json(changes, files: files.count))
    case .text:
      for change in changes { Console.print("\(change.kind.rawValue) \(change.path)") }
      if check || !changes.isEmpty {
        Console.print("\(files.count) files, \(changes.count) \(check ? "stale" : "changed")")
      }
    }
    if check, !changes.isEmpty { throw ExitStatus.finding }
  }
}
