import ArgumentParser
import CommandSupport
import Plumbline

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Writes a small working spec package with a trace to replay.")

  @Argument(help: "The new folder.")
  var dir: String

  func run() throws {
    guard !dir.isEmpty else { throw ValidationError("name the new folder") }
    var folder = dir
    while folder.hasSuffix("/"), folder.count > 1 { folder.removeLast() }
    switch FileSystem.kind(folder) {
    case .folder:
      guard try FileSystem.list(folder).isEmpty else {
        throw FileError(path: folder, reason: "not empty; name a new folder")
      }
    case .file, .other: throw FileError(path: folder, reason: "is no folder")
    case nil: break
    }
    let absolute = folder.hasPrefix("/") ? folder : FileSystem.workingFolder + "/" + folder
    let name = StarterPackage.specName(folder: folder == "." ? absolute.dropLast(2) + "" : absolute)
    for (path, text) in StarterPackage.files(name: name) {
      let target = FileSystem.join(folder, path)
      try FileSystem.write(Array(text.utf8), to: target)
      Console.print(target)
    }
    let (spec, trace) = (Self.quoted(folder), Self.quoted("\(folder)/traces/first.jsonl"))
    Console.print("next: plumb check \(spec) && plumb replay \(spec) \(trace)")
  }

  /// A path as a shell takes it for one word.
  private static func quoted(_ path: String) -> String {
    let path = path.hasPrefix("-") ? "./" + path : path
    let isPlain = path.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || $0.properties.numericType != nil
        || "_-./".unicodeScalars.contains($0)
    }
    return isPlain
      ? path
      : "'"
        + path.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: #"'\''"#) + "'"
  }
}
