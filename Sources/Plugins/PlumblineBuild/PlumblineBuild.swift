import Foundation
import PackagePlugin

/// Gives a target the Swift of its specs; a test target gets suites of their examples and incidents.
@main
struct PlumblineBuild: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let target = target as? any SourceModuleTarget else {
      throw SpecError("PlumblineBuild is for targets with sources, which `\(target.name)` has not")
    }
    let specs = try SpecFolders(
      target: target.directoryURL, package: context.package.directoryURL)
    let plumb = try context.tool(named: "plumb")
    let tests = target.kind == .test
    let output = context.pluginWorkDirectoryURL.appending(path: "Swift")
    var files: [String] = []
    var owners: [String: URL] = [:]
    for package in specs.packages {
      let stem = SwiftNames.stem(package.lastPathComponent)
      if let other = owners.updateValue(package, forKey: stem) {
        throw SpecError(
          """
          \(other.path) and \(package.path) would both give `\(target.name)` the file \(stem).swift: rename \
          one of the folders
          """)
      }
      files +=
        tests
        ? ["\(stem)SpecTests"]
        : [
          "", "+Actions", "+Bundle", "+Requirements", "+Types",
          "+Conditions", "+Conditions2", "+Conditions3", "+Conditions4",
        ].map { stem + $0 }
    }
    let watch = Command.prebuildCommand(
      displayName: "Looking at the specs of \(target.name)",
      executable: try Self.commandThatDoesNothing(), arguments: [],
      outputFilesDirectory: try Self.watching(specs.roots, context.pluginWorkDirectoryURL))
    return [
      watch,
      .buildCommand(
        displayName: "Compiling the specs of \(target.name)", executable: plumb.url,
        arguments: ["swift"] + specs.packages.map(\.path) + ["-o", output.path]
          + (tests ? ["--tests"] : []),
        inputFiles: specs.inputs,
        outputFiles: files.map { output.appending(path: "\($0).swift") }),
    ]
  }

  /// SwiftPM plans anew where something comes or goes below the folder that a prebuild command writes to. This
  /// one writes nothing, and its folder holds links to those of the specs; without it an added spec is seen late,
  /// and a deleted one breaks the build. What is in such a folder is given to the target, as source or resource;
  /// a catalogue of documentation is neither.
  private static func watching(_ roots: [URL], _ work: URL) throws -> URL {
    let files = FileManager.default
    let folder = work.appending(path: "Watched")
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    let wanted = Dictionary(
      uniqueKeysWithValues: roots.enumerated().map {
        ("specs\($0).docc", $1.standardizedFileURL.path)
      }
    )
    for name in try files.contentsOfDirectory(atPath: folder.path) {
      let link = folder.appending(path: name)
      if try wanted[name] != files.destinationOfSymbolicLink(atPath: link.path) {
        try files.removeItem(at: link)
      }
    }
    for (name, path) in wanted {
      let link = folder.appending(path: name)
      if (try? files.destinationOfSymbolicLink(atPath: link.path)) == nil {
        try files.createSymbolicLink(atPath: link.path, withDestinationPath: path)
      }
    }
    return folder
  }

  /// A prebuild command can't be a tool of the package, which is built later.
  private static func commandThatDoesNothing() throws -> URL {
    let places = ["/usr/bin/true", "/bin/true", "/run/current-system/sw/bin/true"]
    guard let found = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) })
    else { throw SpecError("none of \(places.joined(separator: ", ")) is there to be run") }
    return URL(fileURLWithPath: found)
  }
}
