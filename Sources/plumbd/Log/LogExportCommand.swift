#if Companion
import ArgumentParser
import CommandSupport
import Plumbline
import PlumblineJSON
import PlumblineRecord
import PlumblineStore

struct LogExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a log as lines of JSON, which `log verify` and `explain --log` read too.",
    discussion: """
      Sensitive values stay in the record, unless --with-sensitive is given: without them the chain can be
      verified, and cases that hold some can't be replayed.
      """)

  @Argument(help: "The log.")
  var log: String

  @Option(name: .shortAndLong, help: "The file to write; `-` is standard output.")
  var output = "-"

  @Option(help: "Only what comes after this record.")
  var after = 0

  @Flag(help: "Write sensitive values too.")
  var withSensitive = false

  func run() throws {
    try FileClash.refuse(outputs: [("--output", output)], inputs: [log])
    let file = try OutputFile(output)
    try OpenLog.read(log) { reader in
      var lines: [UInt8] = []
      func flush() throws {
        try file.write(lines)
        lines.removeAll(keepingCapacity: true)
      }
      try reader.entries(after: after) { entry in
        switch entry {
        case .record(let record): lines += record.line(withSensitive: withSensitive)
        case .checkpoint(let checkpoint): lines += checkpoint.line
        }
        lines.append(10)
        if lines.count > 1 << 18 { try flush() }
        return true
      }
      try flush()
    }
    try file.close()
  }
}

struct LogCheckpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint",
    abstract:
      "The newest checkpoint of a log: keep it elsewhere, and `log verify --witness` it later.")

  @Argument(help: "The log.")
  var log: String

  func run() throws {
    let found = try OpenLog.read(log) { reader in
      var newest: Checkpoint?
      try reader.entries(after: 0) { entry in
        if case .checkpoint(let checkpoint) = entry { newest = checkpoint }
        return true
      }
      return newest
    }
    guard let found else { throw LogError("\(FileSystem.display(log)): it has no checkpoint") }
    Console.write(found.line + [10])
  }
}
#endif
