import ArgumentParser
import CommandSupport
import Plumbline

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Runs recorded traces through the guard and counts what it would have said.")

  @Argument(help: "A spec package, or a bundle.json.")
  var spec: String

  @Argument(help: ArgumentHelp("Traces, JSON Lines; `-` is standard input.", valueName: "trace"))
  var traces: [String]

  @Option(help: "Write every decision to this file, a line each.")
  var decisions: String?

  @Option(help: "Write every finding of any event to this file, a line each.")
  var findings: String?

  @Option(help: "Write what each case gave to this file, a line each.")
  var byCase: String?

  @Option(help: "How the summary is written.")
  var format: ReportFormat = .text

  @Option(
    help: "A file with a key: sensitive values are shown as HMAC-SHA-256 under it, not hidden.")
  var key: String?

  func run() throws {
    let path = spec
    let spec = try LoadedSpec.loadOrExit(path, key: key)
    let outputs = [("--decisions", decisions), ("--findings", findings), ("--by-case", byCase)]
    try FileClash.refuse(
      outputs: outputs.compactMap { option, path in path.map { (option, $0) } },
      inputs: traces + spec.inputs(path) + (key.map { [$0] } ?? []))
    let replayer = Replayer(spec.guardEngine)
    let decisionFile = try decisions.map { try OutputFile($0) }
    let findingFile = try findings.map { try OutputFile($0) }
    let caseFile = try byCase.map { try OutputFile($0) }
    replayer.keepsCases = caseFile != nil
    replayer.keepsDecisions = decisionFile != nil
    replayer.keepsFindings = findingFile != nil
    for trace in traces {
      try replayer.replay(trace) { chunk throws(FileError) in
        try decisionFile?.write(chunk.decisions)
        try findingFile?.write(chunk.findings)
        for problem in chunk.problems + chunk.notes { Console.error(problem) }
        Console.progress("\(chunk.events) events")
      }
    }
    // The process ends soon: the cases of a long trace need not be taken apart one by one.
    defer { _ = Unmanaged.passRetained(replayer) }
    if Console.showsProgress { Console.progress("") }
    if let caseFile {
      try replayer.eachCase { lines throws(FileError) in try caseFile.write(lines) }
    }
    for file in [decisionFile, findingFile, caseFile] { try file?.close() }
    let summary = replayer.summary
    switch format {
    case .json: Console.print(summary.json().compactText)
    case .text:
      Console.write(Array(summary.text(statements: spec.statements).utf8))
    }
    if !summary.isClean { throw ExitStatus.finding }
  }
}
