import ArgumentParser
import CommandSupport
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
    try Written(output: output, check: check, format: format, isQuiet: true)
      .finish(result, sources, differences: SwiftOutputs.differences)
  }
}
