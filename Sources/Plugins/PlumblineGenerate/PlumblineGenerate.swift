import Foundation
import PackagePlugin

/// `swift package plumb-generate [--check]`: writes `Generated/`, or says what in it is stale.
@main
struct PlumblineGenerate: CommandPlugin {
  func performCommand(context: PluginContext, arguments: [String]) async throws {
    var extractor = ArgumentExtractor(arguments)
    let check = extractor.extractFlag(named: "check") > 0
    if let surplus = extractor.remainingArguments.first {
      Diagnostics.error("unknown argument `\(surplus)`; the only one is --check")
      return
    }
    let root = context.package.directoryURL
    let specs = try SpecFolders(target: nil, package: root)
    let plumb = try context.tool(named: "plumb").url
    let output = root.appending(path: "Generated")
    // A folder of spec packages is compiled as one, so that a spec that is gone is noticed.
    for source in specs.roots {
      try run(
        plumb, ["compile", source.path, "-o", output.path] + (check ? ["--check"] : []), in: root)
    }
    try run(
      plumb,
      ["swift"] + specs.packages.map(\.path) + ["-o", output.appending(path: "Swift").path]
        + (check ? ["--check"] : []), in: root)
  }

  private func run(_ tool: URL, _ arguments: [String], in folder: URL) throws {
    let process = Process()
    process.executableURL = tool
    process.arguments = arguments
    process.currentDirectoryURL = folder
    try process.run()
    process.waitUntilExit()
    switch process.terminationStatus {
    case 0: break
    case 1: Diagnostics.error("Generated/ is stale: run `swift package plumb-generate`")
    default: Diagnostics.error("plumb \(arguments.joined(separator: " ")) failed")
    }
  }
}
