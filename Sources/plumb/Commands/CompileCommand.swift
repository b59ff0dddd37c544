import ArgumentParser
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
    let loud = result.diagnostics.filter { $0.severity != .note }
    if !loud.isEmpty {
      Console.error(TextRenderer.render(loud, in: sources, color: Console.colorsErrors))
    }
    guard let files = result.files else { throw ExitStatus.wrongCall }
    let changes = try Outputs.differences(files, in: output)
    if check {
      report(changes, files: files.count)
      if !changes.isEmpty { throw ExitStatus.finding }
      return
    }
    try Outputs.apply(changes, files: files, in: output)
    report(changes, files: files.count)
  }

  private func report(_ changes: [Outputs.Change], files: Int) {
    switch format {
    case .json: Console.print(Outputs.json(changes, files: files))
    case .text:
      for change in changes { Console.print("\(change.kind.rawValue) \(change.path)") }
      Console.print("\(files) files, \(changes.count) \(check ? "stale" : "changed")")
    }
  }
}
