public import PlumblineDiagnostics
import SpecCompiler

/// A folder of specs: its YAML files, read, and access to the other files in it.
public struct SpecPackage: Sendable {
  /// The folder as it is shown.
  public let folder: String
  /// All `*.yaml` files of the folder and the folders in it, in order of path.
  public let files: [SourceFile]
  let root: String

  /// Reads the YAML files.
  /// - Throws: `FileError` where the folder holds none or one can't be read.
  public init(_ folder: String) throws(FileError) {
    root = folder
    self.folder = FileSystem.display(folder)
    let found = try Self.names(folder)
    guard !found.isEmpty else {
      throw FileError(path: self.folder, reason: "holds no *.yaml file, so it is no spec package")
    }
    let names = found
    let read = ParallelMap.map(names.count) { index in
      Result { () throws(FileError) in try FileSystem.read(FileSystem.join(folder, names[index])) }
    }
    var files: [SourceFile] = []
    for (name, result) in zip(names, read) {
      files.append(
        SourceFile(path: FileSystem.join(self.folder, name), bytes: try result.get()))
    }
    self.files = files
  }

  /// The other files of the package, for schemas, traces and policies: nothing outside of it is read.
  func access(_ generated: Generated) -> PackageFiles {
    let root = root
    return PackageFiles(
      root: folder,
      read: { path in
        guard !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else { return nil }
        return try? FileSystem.read(FileSystem.join(root, path), limit: 64 << 20)
      },
      committed: { generated.bundle(of: $0, package: root) })
  }

  /// The paths of the YAML files below a folder, relative to it.
  static func names(_ folder: String) throws(FileError) -> [String] {
    var found: [String] = []
    try collect(folder, "", depth: 0, &found)
    return found
  }

  /// Whether a folder has YAML files of its own.
  static func isPackage(_ folder: String) throws(FileError) -> Bool {
    for name in try FileSystem.list(folder) where isSpec(name) { return true }
    return false
  }

  static func isSpec(_ name: String) -> Bool {
    name.hasSuffix(".yaml") || name.hasSuffix(".yml")
  }

  private static func collect(
    _ root: String, _ below: String, depth: Int, _ found: inout [String]
  ) throws(FileError) {
    let folder = below.isEmpty ? root : FileSystem.join(root, below)
    for name in try FileSystem.list(folder) {
      let path = FileSystem.join(below, name)
      switch FileSystem.kind(FileSystem.join(folder, name)) {
      case .file where isSpec(name): found.append(path)
      // Links may make a circle of folders.
      case .folder where depth < 16: try collect(root, path, depth: depth + 1, &found)
      // A rule that is left out unseen would fail open.
      case .other where isSpec(name), nil where isSpec(name):
        throw FileError(
          path: FileSystem.display(FileSystem.join(folder, name)),
          reason: "a spec file that can't be read: a broken link, or no file")
      default: break
      }
    }
  }
}
