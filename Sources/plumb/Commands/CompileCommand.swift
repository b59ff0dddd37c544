import ArgumentParser
import CommandSupport
import Plumbline
import PlumblineDiagnostics

struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Writes what spec packages compile to: bundle, digests, traceability, diagrams.")

  @Argument(help: ArgumentHelp("A spec package, or a folder of them.", valueName: "specs"))
  var specs: String

  @Option(name: [.customShort("o"), .long], help: "The folder to write to.")
  var output: String = "Generated"

  @Flag(help: "Write nothing; exit 1 where anything on disk differs.")
  var check = false

  @Option(help: "How the result is told.")
  var format: ReportFormat = .text

  func run() throws {
    var sources = SourceSet()
    let result = try Outputs.make(specs, sources: &sources, output: output)
    try Written(output: output, check: check, format: format)
      .finish(result, sources, differences: Outputs.differences)
  }
}
