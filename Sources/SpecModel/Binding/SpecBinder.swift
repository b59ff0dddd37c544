public import PlumblineDiagnostics
public import YAMLSyntax

/// From syntax to model: what the files of a spec package say, each at its place.
///
/// Everything that can be told from one key and its value is checked here: unknown and missing keys,
/// values of the wrong kind, durations, types, events, paths. Names are resolved by the compiler.
public enum SpecBinder {
  /// Binds all files of a package and merges them.
  public static func bind(
    _ trees: [YAMLTree], in sources: SourceSet
  ) -> (model: SpecModel, diagnostics: [Diagnostic]) {
    merge(trees.map(bindFile), in: sources)
  }

  /// Binds one file. A pure function of it, so that files can be bound in parallel.
  public static func bindFile(_ tree: YAMLTree) -> BoundFile {
    var binder = Binder(tree)
    var file = BoundFile(file: tree.file)
    if let root = tree.root { binder.file(root, &file) }
    file.diagnostics = binder.diagnostics
    return file
  }

  /// Merges bound files in their order; the later of two equal names is reported and left out.
  public static func merge(
    _ files: [BoundFile], in sources: SourceSet
  ) -> (model: SpecModel, diagnostics: [Diagnostic]) {
    var merger = Merger()
    merger.model.requirements.reserveCapacity(files.reduce(0) { $0 + $1.model.requirements.count })
    for file in files { merger.add(file) }
    // A file that could not be read may be the one that names the spec.
    if let first = files.first, !files.contains(where: \.namesSpec),
      !hasUnread(files, in: sources)
    {
      merger.diagnostics.append(.noSpec(at: SourceRange(file: first.file, start: 0, end: 0)))
    }
    merger.diagnostics.sort { ($0.range, $0.code) < ($1.range, $1.code) }
    return (merger.model, merger.diagnostics)
  }

  /// Whether a spec file stands beside the bound ones that is not among them.
  private static func hasUnread(_ files: [BoundFile], in sources: SourceSet) -> Bool {
    let bound = Set(files.map(\.file))
    func folder(_ path: String) -> Substring {
      path.lastIndex(of: "/").map { path[..<$0] } ?? ""
    }
    let folders = Set(bound.compactMap { sources[$0].map { folder($0.path) } })
    return sources.files.enumerated().contains { index, source in
      (source.path.hasSuffix(".yaml") || source.path.hasSuffix(".yml"))
        && folders.contains(folder(source.path)) && !bound.contains(Int32(index))
    }
  }
}

/// What one file says.
public struct BoundFile: Sendable {
  /// The part of the model that is in this file.
  public internal(set) var model = SpecModel()
  /// What is wrong in it, in the order found.
  public internal(set) var diagnostics: [Diagnostic] = []
  /// Its number.
  let file: Int32
  /// Whether it has the key `spec`, right or wrong, or is so wrong that it cannot be told.
  var namesSpec = false

  init(file: Int32) { self.file = file }
}

extension Binder {
  mutating func file(_ root: YAMLNode, _ file: inout BoundFile) {
    guard tree.kind(root) == .mapping else {
      if isNull(root) || tree.isBroken(root) { return }
      report(.notASpec(found: found(root), at: tree.range(root)))
      file.namesSpec = true
      file.model.isComplete = false
      return
    }
    var specKey: SourceRange?
    var hasLanguage = false
    var inRequirements = 0
    var model = SpecModel()
    let meant = bind(SpecLanguage.specObject, root, at: tree.range(root)) { binder, entry in
      let value = entry.value
      switch entry.key {
      case "plumb":
        hasLanguage = true
        model.language = binder.language(value)
      case "spec":
        specKey = binder.tree.range(entry.keyNode)
        model.spec = binder.text(value, "spec", expected: "a name").flatMap {
          binder.fileName($0, of: "a spec")
        }
      case "version": model.version = binder.text(value, "version")
      case "owner": model.owner = binder.text(value, "owner")
      case "purpose": model.purpose = binder.text(value, "purpose")
      case "digest": model.digest = binder.word(value, "digest", of: ["required"])
      case "roles":
        if binder.isList(value, "roles", help: "write `roles: [support_lead]`") {
          model.roles = binder.names(value, "roles").compactMap { binder.oneLine($0) }
        }
      case "case":
        if binder.isMapping(value, "case") {
          model.caseFields = binder.fields(value, of: "a key of the case")
        }
      case "types": model.types = binder.typeDeclarations(value)
      case "tools": model.tools = binder.tools(value)
      case "fails": model.fails = binder.expressions(value, "fails")
      case "patterns": model.patterns = binder.patterns(value)
      case "groups": model.groups = binder.groups(value)
      case "tables": model.tables = binder.tables(value)
      case "terms": model.terms = binder.terms(value)
      case "requirements":
        let before = binder.diagnostics.count
        model.requirements = binder.requirements(value)
        inRequirements = binder.diagnostics.count - before
      case "workflows": model.workflows = binder.workflows(value)
      case "incidents": model.incidents = binder.incidents(value)
      default: return false
      }
      return true
    }
    if let specKey, !hasLanguage, !meant.contains("plumb") { report(.noLanguage(at: specKey)) }
    file.namesSpec = specKey != nil || meant.contains("spec")
    model.isComplete = diagnostics.count == inRequirements
    file.model = model
  }

  private mutating func language(_ node: YAMLNode) -> Located<Int64>? {
    guard let version = integer(node, "plumb") else { return nil }
    guard version.value == SpecLanguage.version else {
      report(.unsupportedLanguage("\(version.value)", at: version.range))
      return nil
    }
    return version
  }
}

/// Puts the files of a package together.
private struct Merger {
  var model = SpecModel()
  var diagnostics: [Diagnostic] = []
  private var roles = Names("role")
  private var fields = Names("key of the case")
  private var types = Names("type")
  private var tools = Names("tool")
  private var patterns = Names("pattern")
  private var groups = Names("group")
  private var tables = Names("table")
  private var terms = Names("term")
  private var requirements = Names("requirement")
  private var workflows = Names("workflow")
  private var incidents = Names("incident")

  /// The names of one kind seen so far.
  private struct Names {
    let what: String
    var seen: [String: SourceRange] = [:]
    init(_ what: String) { self.what = what }
  }

  mutating func add(_ file: BoundFile) {
    let new = file.model
    // A second file that names the spec should not: what else such a file needs is beside the point.
    let isSecond = model.spec != nil && new.spec != nil
    diagnostics += file.diagnostics.filter { !(isSecond && $0.code == "PL0108") }
    if !new.isComplete { model.isComplete = false }
    if model.language == nil { model.language = new.language }
    Self.once("spec", new.spec, &model.spec, &diagnostics)
    Self.once("version", new.version, &model.version, &diagnostics)
    Self.once("owner", new.owner, &model.owner, &diagnostics)
    Self.once("purpose", new.purpose, &model.purpose, &diagnostics)
    Self.once("digest", new.digest, &model.digest, &diagnostics)
    model.fails += new.fails
    Self.add(new.roles, to: &model.roles, &roles, &diagnostics) { $0 }
    Self.add(new.caseFields, to: &model.caseFields, &fields, &diagnostics) { $0.name }
    Self.add(new.types, to: &model.types, &types, &diagnostics) { $0.name }
    Self.add(new.tools, to: &model.tools, &tools, &diagnostics) { $0.name }
    Self.add(new.patterns, to: &model.patterns, &patterns, &diagnostics) { $0.name }
    Self.add(new.groups, to: &model.groups, &groups, &diagnostics) { $0.name }
    Self.add(new.tables, to: &model.tables, &tables, &diagnostics) { $0.name }
    Self.add(new.terms, to: &model.terms, &terms, &diagnostics) { $0.name }
    Self.add(new.requirements, to: &model.requirements, &requirements, &diagnostics) { $0.id }
    Self.add(new.workflows, to: &model.workflows, &workflows, &diagnostics) { $0.name }
    Self.add(new.incidents, to: &model.incidents, &incidents, &diagnostics) { $0.id }
  }

  private static func once(
    _ key: String, _ new: Located<String>?, _ kept: inout Located<String>?,
    _ diagnostics: inout [Diagnostic]
  ) {
    guard let new else { return }
    if let first = kept {
      diagnostics.append(.repeatedKey(key, at: new.range, first: first.range))
    } else {
      kept = new
    }
  }

  private static func add<Item>(
    _ items: [Item], to all: inout [Item], _ names: inout Names, _ diagnostics: inout [Diagnostic],
    name: (Item) -> Located<String>
  ) {
    var repeated: Set<Int> = []
    for index in items.indices {
      let name = name(items[index])
      if let first = names.seen[name.value] {
        diagnostics.append(
          .duplicate(names.what, name.value, at: name.range, first: first))
        repeated.insert(index)
      } else {
        names.seen[name.value] = name.range
      }
    }
    if repeated.isEmpty {
      all += items
    } else {
      for index in items.indices where !repeated.contains(index) { all.append(items[index]) }
    }
  }
}
