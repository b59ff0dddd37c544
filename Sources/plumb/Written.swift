import CommandSupport
import Plumbline
import PlumblineDiagnostics

/// What a command that writes files does with what it made.
struct Written {
  let output: String
  /// Nothing is written; what differs is stale.
  let check: Bool
  let format: ReportFormat
  /// Whether nothing is told where nothing changed.
  var isQuiet = false

  /// Shows diagnostics, writes what differs, and tells what did.
  /// - Throws: the exit status where a spec has errors or, with `check`, something is stale; `FileError`.
  func finish(
    _ result: Outputs.Result, _ sources: SourceSet,
    differences: ([Outputs.File], String) throws(FileError) -> [Outputs.Change]
  ) throws {
    let loud = result.diagnostics.filter { $0.severity != .note }
    if !loud.isEmpty {
      Console.error(TextRenderer.render(loud, in: sources, color: Console.colorsErrors))
    }
    guard let files = result.files else { throw ExitStatus.wrongCall }
    let changes = try differences(files, output)
    try FileClash.refuse(
      folders: Outputs.folders(of: files).sorted().map { FileSystem.join(output, $0) },
      sources: sources.files.map(\.path))
    if !check { try Outputs.apply(changes, files: files, in: output) }
    switch format {
    case .json: Console.print(Outputs.json(changes, files: files.count))
    case .text:
      for change in changes { Console.print("\(change.kind.rawValue) \(change.path)") }
      if check || !isQuiet || !changes.isEmpty {
        Console.print("\(files.count) files, \(changes.count) \(check ? "stale" : "changed")")
      }
    }
    if check, !changes.isEmpty { throw ExitStatus.finding }
  }
}
