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
    let files = specs.packages.flatMap { package -> [String] in
      let stem = SpecFolders.stem(package)
      return tests
        ? ["\(stem)SpecTests"]
        : [
          "", "+Actions", "+Bundle", "+Requirements", "+Types",
          "+Conditions", "+Conditions2", "+Conditions3", "+Conditions4",
        ].map { stem + $0 }
    }
    guard Set(files).count == files.count else {
      throw SpecError("two spec packages of `\(target.name)` have folders of one name")
    }
    // SwiftPM plans anew where a file comes or goes in what a prebuild command writes to. This one writes
    // nothing; without it an added spec is seen late, and a deleted one breaks the build.
    let watch = specs.packages.map { package in
      Command.prebuildCommand(
        displayName: "Looking at the specs of \(target.name)",
        executable: URL(fileURLWithPath: "/usr/bin/true"), arguments: [],
        outputFilesDirectory: package)
    }
    return watch + [
      .buildCommand(
        displayName: "Compiling the specs of \(target.name)", executable: plumb.url,
        arguments: ["swift"] + specs.packages.map(\.path) + ["-o", output.path]
          + (tests ? ["--tests"] : []),
        inputFiles: specs.inputs,
        outputFiles: files.map { output.appending(path: "\($0).swift") })
    ]
  }
}
