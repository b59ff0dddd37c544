public import PlumblineBundle
public import PlumblineDiagnostics
import PlumblineRuntime
public import SpecModel

/// What the compiler may read beside the spec files: schemas, traces and the texts of `source`.
public struct PackageFiles: Sendable {
  /// The folder of the package as the paths of the source files begin; empty where they are relative to it.
  public var root: String
  /// The bytes of a file, by its path relative to the package; nil where there is none.
  public var read: @Sendable (_ path: String) -> [UInt8]?
  /// What a spec, by its name, was compiled to before; nil where that is not known, or holds no incident.
  public var committed: @Sendable (_ spec: String) -> CommittedBundle?

  public init(
    root: String, read: @escaping @Sendable (_ path: String) -> [UInt8]?,
    committed: @escaping @Sendable (_ spec: String) -> CommittedBundle? = { _ in nil }
  ) {
    self.root = root
    self.read = read
    self.committed = committed
  }

  /// A package of which only the spec files are known.
  public static let none = PackageFiles(root: "") { _ in nil }

  /// The path of a source file relative to the package.
  func relative(_ path: String) -> String {
    if root.isEmpty || root == "." { return path }
    let prefix = root.hasSuffix("/") ? root : root + "/"
    return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
  }
}

/// What a spec was compiled to before: what a change is compared with.
public struct CommittedBundle: Sendable {
  /// What its file holds.
  public enum Content: Sendable {
    case bundle(SpecBundle)
    /// Why it can't be used.
    case unreadable(String)
  }
  /// The file, as it is shown.
  public var path: String
  public var content: Content
  public init(path: String, content: Content) {
    self.path = path
    self.content = content
  }
}

/// From what was written to what the guard runs: names resolved, types and rules checked.
public enum SpecCompiler {
  /// Compiles one spec package. The bundle is nil where an error was found; diagnostics are in the order
  /// of their places.
  public static func compile(
    _ model: SpecModel, in sources: SourceSet, package: PackageFiles
  ) -> (bundle: SpecBundle?, diagnostics: [Diagnostic]) {
    // Where a declaration is missing because of a mistake that was told, to look for it would repeat it.
    guard model.isComplete else { return (nil, []) }
    var lowering = Lowering(model, sources: sources, package: package)
    lowering.run()
    var diagnostics = lowering.diagnostics
    let scope = SpecScope(lowering.bundle)
    let input = CheckInput(lowering, scope: scope)
    diagnostics += SpecChecker.check(input)
    let failed = diagnostics.contains { $0.severity == .error }
    if !failed {
      diagnostics += ExampleRunner.check(input)
      diagnostics += IncidentCheck.check(input)
    }
    diagnostics.sort { ($0.range, $0.code) < ($1.range, $1.code) }
    let broken = diagnostics.contains { $0.severity == .error }
    if model.requirements.count > 1_000 { GiveBack.later(input) }
    return (broken ? nil : lowering.bundle, diagnostics)
  }
}
