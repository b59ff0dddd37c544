public import PlumblineBundle
public import PlumblineDiagnostics
public import PlumblineRuntime
import SpecCompiler
import SpecModel
import YAMLSyntax

/// A spec, ready to decide.
public struct LoadedSpec: Sendable {
  public let bundle: SpecBundle
  public let guardEngine: Guard
  /// The bundle's bytes, canonical JSON.
  public let bytes: [UInt8]

  /// The files it was made of, as far as they are known by name: those of the package at `path`, or the bundle.
  public func inputs(_ path: String) -> [String] {
    guard FileSystem.kind(path) == .folder else { return [path] }
    let sources = (try? SpecPackage.names(path)) ?? []
    let named =
      bundle.incidents.flatMap { [$0.trace, $0.twin] } + bundle.types.map(\.schemaFile)
      + bundle.requirements.map { $0.source?.split(separator: "#").first.map(String.init) }
    return (sources + named.compactMap { $0 }).map { FileSystem.join(path, $0) }
  }

  /// Requirement statements by id.
  public var statements: [String: String] {
    Dictionary(bundle.requirements.map { ($0.id, $0.statement) }, uniquingKeysWith: { a, _ in a })
  }
}

/// The stages from files to a guard, each a function of values:
///
///     files ─ YAMLParser ─▶ trees ─ SpecBinder ─▶ SpecModel ─ SpecCompiler ─▶ SpecBundle ─▶ Guard
public enum Pipeline {
  /// What loading gave; `spec` is nil where there is an error among the diagnostics.
  public struct Result: Sendable {
    public let spec: LoadedSpec?
    public let diagnostics: [Diagnostic]
    public let sources: SourceSet
    /// Who the package is; nil for a bundle, and where its name can't be told.
    var identity: SpecIdentity?
  }

  /// Loads a spec package (a folder) or a bundle (a file).
  /// - Parameter sensitiveKey: sensitive values stand in evidence as HMAC-SHA-256 under this key; nil hides
  ///   them.
  /// - Throws: `FileError` where it can't be read, or a bundle is damaged.
  public static func load(
    _ path: String, sensitiveKey: [UInt8]? = nil
  ) throws(FileError) -> Result {
    var sources = SourceSet()
    return try load(path, into: &sources, sensitiveKey: sensitiveKey)
  }

  /// As `load`, with the files added to a set that others may share.
  public static func load(
    _ path: String, into sources: inout SourceSet, sensitiveKey: [UInt8]? = nil
  ) throws(FileError) -> Result {
    switch FileSystem.kind(path) {
    case nil where path != "-":
      throw FileError(path: path, reason: "there is no such file or folder")
    case .folder:
      let package = try SpecPackage(path)
      return compile(package, into: &sources, sensitiveKey: sensitiveKey)
    default:
      if path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
        throw FileError(path: path, reason: "a file of a spec package; name the folder it is in")
      }
      let bytes = try FileSystem.read(path)
      do {
        let sealed = try SpecBundle.load(bytes)
        let spec = try LoadedSpec(
          bundle: sealed.bundle,
          guardEngine: Guard(
            sealed.bundle, meaning: sealed.meaning, sensitiveKey: sensitiveKey),
          bytes: bytes)
        return Result(spec: spec, diagnostics: [], sources: sources)
      } catch {
        throw FileError(path: path, reason: "not a bundle that can be used: \(error)")
      }
    }
  }

  /// Checks a spec package, or reads a bundle: as `load`, but without what only a guard needs.
  /// - Parameter generated: where incidents that were compiled before are looked for.
  /// - Throws: `FileError` where it can't be read, or a bundle is damaged.
  public static func check(
    _ path: String, into sources: inout SourceSet, against generated: Generated = .nearby
  ) throws(FileError) -> Result {
    guard FileSystem.kind(path) == .folder else { return try load(path, into: &sources) }
    let checked = bundle(try SpecPackage(path), into: &sources, against: generated)
    return Result(
      spec: nil, diagnostics: checked.diagnostics, sources: sources, identity: checked.identity)
  }

  /// Checks several spec packages or bundles, and what is missing among them.
  /// - Parameter generated: where incidents that were compiled before are looked for.
  /// - Throws: `FileError` where one can't be read, or a bundle is damaged.
  public static func check(
    _ paths: [String], into sources: inout SourceSet, against generated: Generated = .nearby
  ) throws(FileError) -> [Diagnostic] {
    var diagnostics: [Diagnostic] = []
    var identities: [SpecIdentity?] = []
    for path in paths {
      let result = try check(path, into: &sources, against: generated)
      diagnostics += result.diagnostics
      identities.append(result.identity)
    }
    return diagnostics + lost(identities, into: &sources, against: generated)
  }

  /// The incidents that are lost with specs that are gone. A package whose name can't be told may be one of
  /// them, and has an error of its own.
  static func lost(
    _ identities: [SpecIdentity?], into sources: inout SourceSet, against generated: Generated
  ) -> [Diagnostic] {
    let known = identities.compactMap { $0 }
    return known.count == identities.count ? generated.lost(known, into: &sources) : []
  }

  /// Compiles a package.
  public static func compile(
    _ package: SpecPackage, into sources: inout SourceSet, sensitiveKey: [UInt8]? = nil,
    against generated: Generated = .none
  ) -> Result {
    let first = sources.files.count
    var (bundle, identity, diagnostics) = bundle(package, into: &sources, against: generated)
    guard let bundle else {
      return Result(spec: nil, diagnostics: diagnostics, sources: sources, identity: identity)
    }
    let sealed = bundle.seal()
    let engine: Guard
    do {
      engine = try Guard(bundle, meaning: sealed.meaning, sensitiveKey: sensitiveKey)
    } catch {
      // INVARIANT: what the compiler passed, the guard loads; should it not, nothing is let through.
      diagnostics.append(
        Diagnostic(
          "PL0999", .error, "the compiled spec does not load: \(error)",
          at: SourceRange(file: Int32(first), start: 0, end: 0)))
      return Result(spec: nil, diagnostics: diagnostics, sources: sources)
    }
    return Result(
      spec: LoadedSpec(bundle: bundle, guardEngine: engine, bytes: sealed.bytes),
      diagnostics: diagnostics, sources: sources, identity: identity)
  }

  /// Files to bundle; nil where there is an error among the diagnostics.
  private static func bundle(
    _ package: SpecPackage, into sources: inout SourceSet, against generated: Generated
  ) -> (bundle: SpecBundle?, identity: SpecIdentity?, diagnostics: [Diagnostic]) {
    let first = sources.files.count
    for file in package.files { _ = sources.add(file) }
    let parsed = parse(package.files, first: first)
    var diagnostics = parsed.flatMap(\.diagnostics)
    let binding = SpecBinder.merge(parsed.compactMap(\.bound), in: sources)
    defer {
      if binding.model.requirements.count > 1_000 { GiveBack.later((parsed, binding.model)) }
    }
    diagnostics += binding.diagnostics
    let identity = binding.model.spec.map {
      SpecIdentity(
        folder: package.root, name: $0,
        incidents: Set(
          binding.model.incidents.map { .init(id: $0.id.value, title: $0.title?.value ?? "") }))
    }
    // A file that can't be read leaves names undeclared everywhere else: say the cause alone.
    if diagnostics.contains(where: { $0.severity == .error && $0.code < "PL0100" }) {
      return (nil, identity, diagnostics)
    }
    let compiled = SpecCompiler.compile(
      binding.model, in: sources, package: package.access(generated))
    diagnostics = OneMistake.merge(diagnostics + compiled.diagnostics, in: sources)
    if diagnostics.contains(where: { $0.severity == .error }) {
      return (nil, identity, diagnostics)
    }
    return (compiled.bundle, identity, diagnostics)
  }

  private struct Parsed: Sendable {
    var bound: BoundFile?
    var diagnostics: [Diagnostic]
  }

  /// Parses and binds files side by side; the order of results is that of the files.
  private static func parse(_ files: [SourceFile], first: Int) -> [Parsed] {
    ParallelMap.map(files.count) { index in
      let (tree, diagnostics) = YAMLParser.parse(files[index], file: Int32(first + index))
      return Parsed(bound: tree.map(SpecBinder.bindFile), diagnostics: diagnostics)
    }
  }
}
