import Foundation
import PackagePlugin

/// Where the specs of a package or a target are. Both plugins link to this file.
struct SpecFolders {
  /// The spec packages: folders that hold `*.yaml` files.
  let packages: [URL]
  /// The folders that were named or found: each a spec package or a folder of them.
  let roots: [URL]
  /// Everything that is looked at, for the build to watch: folders and files.
  let inputs: [URL]

  /// `plumbline.json`: `{ "specs": ["path/to/a/spec/package or a folder of them"] }`.
  private struct Settings: Decodable { var specs: [String] }

  /// Looks in `plumbline.json` and `Specs/` of the target, then of the package.
  init(target: URL?, package: URL) throws {
    var inputs: [URL] = []
    var roots: [URL] = []
    for folder in [target, package].compactMap({ $0 }) {
      let settings = folder.appending(path: "plumbline.json")
      let specs = folder.appending(path: "Specs")
      if FileManager.default.fileExists(atPath: settings.path) {
        inputs.append(settings)
        let named: Settings
        do {
          named = try JSONDecoder().decode(Settings.self, from: Data(contentsOf: settings))
        } catch {
          throw SpecError(
            "\(settings.path):1:1: error: must read { \"specs\": [\"Specs\"] }: \(error)")
        }
        roots = named.specs.map { folder.appending(path: $0) }
        if let missing = roots.first(where: { !Self.isFolder($0) }) {
          throw SpecError(
            "\(settings.path):1:1: error: names \(missing.path), which is no folder")
        }
        break
      }
      if Self.isFolder(specs) {
        roots = [specs]
        break
      }
    }
    guard !roots.isEmpty else {
      throw SpecError(
        """
        no specs: make a folder `Specs` in the package\(target.map { " or in \($0.path)" } ?? ""), or a file \
        `plumbline.json` with { "specs": ["path/to/specs"] }
        """)
    }
    var packages: [URL] = []
    for root in roots {
      inputs.append(root)
      if try Self.holdsSpecs(root) {
        packages.append(root)
      } else {
        packages += try Self.entries(root).filter { try Self.isFolder($0) && Self.holdsSpecs($0) }
      }
    }
    guard !packages.isEmpty else {
      throw SpecError(
        """
        \(roots.map(\.path).joined(separator: ", ")) holds no spec package: put a *.yaml file into it or into \
        a folder in it; `plumb init` makes a first one
        """)
    }
    for package in packages { try Self.collect(package, depth: 0, &inputs) }
    self.packages = packages
    self.roots = roots
    self.inputs = inputs
  }

  private static func isFolder(_ url: URL) -> Bool {
    var folder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &folder)
      && folder.boolValue
  }

  private static func entries(_ folder: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { !$0.hasPrefix(".") }.sorted().map { folder.appending(path: $0) }
  }

  private static func holdsSpecs(_ folder: URL) throws -> Bool {
    try entries(folder).contains { ["yaml", "yml"].contains($0.pathExtension) }
  }

  private static func collect(_ folder: URL, depth: Int, _ found: inout [URL]) throws {
    found.append(folder)
    for entry in try entries(folder) {
      if !isFolder(entry) {
        found.append(entry)
      } else if depth < 16 {
        try collect(entry, depth: depth + 1, &found)
      }
    }
  }
}

/// What is missing, and what to add where.
struct SpecError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
