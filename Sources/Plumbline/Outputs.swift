import Backends
import PlumblineBundle
public import PlumblineDiagnostics
import PlumblineJSON
import PlumblineRuntime

/// What `plumb compile` writes, made in memory first.
public enum Outputs {
  public struct File: Sendable, Hashable {
    /// Relative to the output folder.
    public let path: String
    public let bytes: [UInt8]
  }

  public struct Result: Sendable {
    /// In order of path; nil where a spec has errors.
    public let files: [File]?
    public let diagnostics: [Diagnostic]
  }

  /// Compiles a spec package, or each one in a folder of them.
  /// - Parameter output: the folder that will be written to; incidents in the bundles there must not be lost.
  public static func make(
    _ path: String, sources: inout SourceSet, output: String? = nil
  ) throws(FileError) -> Result {
    guard FileSystem.kind(path) == .folder else {
      throw FileError(path: path, reason: "is no folder of specs")
    }
    var folders: [String] = []
    if try SpecPackage.isPackage(path) {
      folders = [path]
    } else {
      for name in try FileSystem.list(path) {
        let folder = FileSystem.join(path, name)
        if FileSystem.kind(folder) == .folder, try SpecPackage.isPackage(folder) {
          folders.append(folder)
        }
      }
    }
    guard !folders.isEmpty else {
      throw FileError(path: path, reason: "holds no spec package (a folder with *.yaml files)")
    }
    let compiled = try compile(
      folders, into: &sources, against: output.map { .folder($0) } ?? .none)
    guard let specs = compiled.specs else {
      return Result(files: nil, diagnostics: compiled.diagnostics)
    }
    var files = specs.flatMap { self.files(of: $0.spec) }
    files.append(File(path: "spec.schema.json", bytes: bytes(specSchema().prettyText)))
    return Result(
      files: files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) },
      diagnostics: compiled.diagnostics)
  }

  /// Compiles spec packages, all of them, so that every mistake is told.
  /// - Returns: in the order of the folders; nil where a spec has errors.
  static func compile(
    _ folders: [String], into sources: inout SourceSet, against committed: Generated
  ) throws(FileError) -> (
    specs: [(package: SpecPackage, spec: LoadedSpec)]?, diagnostics: [Diagnostic]
  ) {
    var diagnostics: [Diagnostic] = []
    var specs: [(package: SpecPackage, spec: LoadedSpec)] = []
    var identities: [SpecIdentity?] = []
    var folderOf: [String: String] = [:]
    for folder in folders {
      let package = try SpecPackage(folder)
      let result = Pipeline.compile(package, into: &sources, against: committed)
      diagnostics += result.diagnostics
      identities.append(result.identity)
      guard let spec = result.spec else { continue }
      if let other = folderOf.updateValue(folder, forKey: spec.bundle.spec) {
        throw FileError(
          path: folder, reason: "its spec is named `\(spec.bundle.spec)` like the one in \(other)")
      }
      specs.append((package, spec))
    }
    let lost = Pipeline.lost(identities, into: &sources, against: committed)
    return (specs.count == folders.count && lost.isEmpty ? specs : nil, diagnostics + lost)
  }

  private static func files(of spec: LoadedSpec) -> [File] {
    let bundle = spec.bundle
    let name = bundle.spec
    var files = [File(path: "\(name)/bundle.json", bytes: spec.bytes + [10])]
    var shown: [String: [Traceability.Step]] = [:]
    for workflow in bundle.workflows {
      files.append(
        File(
          path: "\(name)/workflows/\(workflow.name).md",
          bytes: Array(WorkflowDiagram.markdown(workflow).utf8)))
      for step in workflow.steps {
        guard
          let digest = spec.guardEngine.digest(workflow: workflow.name, step: step.name)
        else { continue }
        for id in digest.requirementIDs {
          shown[id, default: []].append(.init(workflow: workflow.name, step: step.name))
        }
        let stem = "\(name)/digests/\(workflow.name)/\(step.name)"
        files.append(File(path: stem + ".md", bytes: Array(digest.markdown().utf8)))
        files.append(File(path: stem + ".json", bytes: bytes(digest.json().prettyText)))
      }
    }
    let traceability = Traceability(bundle, meaning: spec.guardEngine.meaning, shown: shown)
    files.append(
      File(path: "\(name)/traceability.md", bytes: Array(traceability.markdown().utf8)))
    files.append(
      File(path: "\(name)/traceability.json", bytes: bytes(traceability.json().prettyText)))
    return files
  }

  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) + [10] }

  /// How the output folder differs from what the specs compile to.
  public struct Change: Sendable, Hashable {
    public enum Kind: String, Sendable { case added, changed, removed }
    public let kind: Kind
    /// Relative to the output folder.
    public let path: String
  }

  /// Differences to a folder. Of what is there beside the files, only workflows and digests of the specs
  /// themselves are stale: other specs' outputs, and whatever else lies there, are left alone.
  public static func differences(_ files: [File], in folder: String) throws(FileError) -> [Change] {
    var changes: [Change] = []
    var expected: Set<String> = []
    for file in files {
      expected.insert(file.path)
      let target = FileSystem.join(folder, file.path)
      guard FileSystem.kind(target) == .file else {
        changes.append(Change(kind: .added, path: file.path))
        continue
      }
      if try FileSystem.read(target) != file.bytes {
        changes.append(Change(kind: .changed, path: file.path))
      }
    }
    for spec in self.folders(of: files).sorted() {
      for path in try allFiles(folder, spec) where !expected.contains(path) && isWritten(path) {
        changes.append(Change(kind: .removed, path: path))
      }
    }
    return changes.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// The folders below the output folder that are written to.
  public static func folders(of files: [File]) -> Set<String> {
    Set(files.compactMap { $0.path.split(separator: "/").dropLast().first.map(String.init) })
  }

  /// Whether a path is one that `files(of:)` makes: the names below `workflows` and `digests` are the spec's.
  private static func isWritten(_ path: String) -> Bool {
    let parts = path.split(separator: "/")
    switch parts.count {
    case 3: return parts[1] == "workflows" && parts[2].hasSuffix(".md")
    case 4:
      return parts[1] == "digests" && (parts[3].hasSuffix(".md") || parts[3].hasSuffix(".json"))
    default: return false
    }
  }

  private static func allFiles(_ folder: String, _ below: String) throws(FileError) -> [String] {
    let here = FileSystem.join(folder, below)
    guard FileSystem.kind(here) == .folder else { return [] }
    var found: [String] = []
    for name in try FileSystem.list(here) {
      let path = below + "/" + name
      switch FileSystem.kind(FileSystem.join(folder, path)) {
      case .folder: found += try allFiles(folder, path)
      case .file: found.append(path)
      default: break
      }
    }
    return found
  }

  /// Writes what changed and deletes what nothing writes any more.
  public static func apply(
    _ changes: [Change], files: [File], in folder: String
  ) throws(FileError) {
    let byPath = Dictionary(files.map { ($0.path, $0.bytes) }, uniquingKeysWith: { a, _ in a })
    for change in changes {
      let target = FileSystem.join(folder, change.path)
      if let bytes = byPath[change.path] {
        try FileSystem.write(bytes, to: target)
      } else {
        try FileSystem.remove(target)
      }
    }
  }

  /// The changes for programs.
  public static func json(_ changes: [Change], files: Int) -> String {
    JSON.object([
      .init("files", .int(Int64(files))),
      .init(
        "changes",
        .array(
          changes.map {
            .object([
              .init("kind", .string($0.kind.rawValue)), .init("path", .string($0.path)),
            ])
          })),
    ]).compactText
  }
}
