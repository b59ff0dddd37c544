import CEL
import PlumblineBundle
import PlumblineDiagnostics
import PlumblineRuntime
import SpecModel
import Suggestions

/// Turns what was written into a bundle. Names are resolved here; what cannot be is reported once and
/// replaced by something that silences what follows from it.
struct Lowering {
  let model: SpecModel
  let sources: SourceSet
  let package: PackageFiles
  var bundle: SpecBundle
  /// What the spec was compiled to before.
  var committed: SpecBundle?
  var diagnostics: [Diagnostic] = []

  /// What was written, by the number of its declaration in the bundle.
  var writtenTools: [WrittenTool] = []
  var writtenTerms: [WrittenTerm] = []
  var writtenRequirements: [WrittenRequirement] = []
  var writtenWorkflows: [WrittenWorkflow] = []
  var writtenTypes: [WrittenTypeDeclaration] = []
  var writtenIncidents: [WrittenIncident] = []

  var toolIndex: [String: Int] = [:]
  var groupIndex: [String: [String]] = [:]
  var groupNames: [String: Located<String>] = [:]
  var typeNames: Set<String> = []
  var typeIndex: [String: Int] = [:]
  /// Types that schema files bring with them; they stand after the written ones.
  var schemaTypes: [TypeDeclaration] = []
  var collectionIndex: [String: Int] = [:]
  var collectionPlaces: [String: SourceRange] = [:]
  /// Requirements whose references are broken: their rules are not judged as a whole.
  var brokenRequirements: Set<Int> = []
  /// The paths of the source files, relative to the package.
  var paths: [String]

  init(_ model: SpecModel, sources: SourceSet, package: PackageFiles) {
    self.model = model
    self.sources = sources
    self.package = package
    bundle = SpecBundle(
      spec: model.spec?.value ?? "spec", version: model.version?.value ?? "0")
    paths = sources.files.map { package.relative($0.path) }
  }

  mutating func run() {
    bundle.language = Int(clamping: model.language?.value ?? 1)
    bundle.owner = model.owner?.value
    bundle.purpose = model.purpose?.value
    bundle.digestRequired = model.digest?.value == "required"
    var seen: Set<String> = []
    bundle.roles = model.roles.map(\.value).filter { seen.insert($0).inserted }
    lowerTypes()
    bundle.caseFields = lowerFields(model.caseFields)
    lowerPatterns()
    declareTools()
    lowerGroups()
    lowerTables()
    lowerTerms()
    lowerCollections()
    lowerToolPaths()
    checkNames()
    lowerRequirements()
    lowerWorkflows()
    lowerIncidents()
  }

  mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  /// Where something stands, for the bundle.
  func position(_ range: SourceRange) -> SourcePosition? {
    guard let file = sources[range.file], paths.indices.contains(Int(range.file)) else {
      return nil
    }
    let (line, column) = file.position(at: range.start)
    return SourcePosition(file: paths[Int(range.file)], line: line, column: column)
  }

  func expression(_ written: WrittenExpression) -> ExpressionText {
    ExpressionText(written.text, position: position(written.range))
  }

  func answer(_ written: WrittenAnswer?) -> Answer? {
    switch written?.kind {
    case .deny: .deny
    case .warn: .warn
    case .escalate(let role): .escalate(role: role.value)
    case nil: nil
    }
  }

  /// Reports the role of an answer that no one declared.
  mutating func checkRole(_ role: Located<String>) {
    if !bundle.roles.contains(role.value) {
      report(
        .unknownRole(
          role.value, at: role.range, near: Suggest.nearest(role.value, among: bundle.roles)))
    }
  }

  mutating func checkRole(of answer: WrittenAnswer?) {
    if case .escalate(let role)? = answer?.kind { checkRole(role) }
  }

  mutating func lowerPatterns() {
    var seen: Set<String> = []
    for pattern in model.patterns where seen.insert(pattern.name.value).inserted {
      if let problem = RegexPattern.validate(pattern.content.value) {
        report(.invalidPattern(pattern.name.value, problem, at: pattern.content.range))
        // A pattern that matches nothing stands in, so that its uses are checked.
        bundle.patterns.append(PatternDeclaration(name: pattern.name.value, pattern: "a^"))
      } else {
        bundle.patterns.append(
          PatternDeclaration(name: pattern.name.value, pattern: pattern.content.value))
      }
    }
  }

  mutating func lowerTerms() {
    var seen: Set<String> = []
    for term in model.terms where seen.insert(term.name.value).inserted {
      writtenTerms.append(term)
      bundle.terms.append(
        TermDeclaration(
          name: term.name.value, parameters: term.parameters?.map(\.value),
          body: expression(term.body)))
    }
  }

  /// Names that conditions use without a dot must differ from each other and from what is there anyway.
  mutating func checkNames() {
    var places: [String: (what: String, range: SourceRange)] = [:]
    func declared(_ what: String, _ name: Located<String>) -> Diagnostic? {
      if Self.reserved.contains(name.value) {
        return .reservedName(name.value, what, at: name.range)
      }
      if let first = places[name.value], first.what != what {
        return .nameTaken(name.value, what, by: first.what, at: name.range, first: first.range)
      }
      places[name.value] = places[name.value] ?? (what, name.range)
      return nil
    }
    var found: [Diagnostic?] = []
    for table in model.tables { found.append(declared("table", table.name)) }
    for collection in bundle.collections {
      if let place = collectionPlaces[collection.name] {
        found.append(declared("record collection", Located(collection.name, at: place)))
      }
    }
    for term in writtenTerms { found.append(declared("term", term.name)) }
    places = [:]
    for tool in writtenTools { found.append(declared("tool", tool.name)) }
    for group in model.groups { found.append(declared("group", group.name)) }
    diagnostics += found.compactMap { $0 }
  }

  static let reserved: Set<String> = [
    "args", "result", "case", "said", "turn", "claims", "confidence", "agent", "now", "today",
    "step", "entered", "in_flight", "patterns", "calls", "done", "done_here", "approvals", "heard",
    "known", "age", "has", "all", "exists", "exists_one", "map", "filter", "size", "true", "false",
    "null", "in", "int", "uint", "double", "string", "bool", "bytes", "list", "timestamp",
    "duration",
    "date", "type", "dyn", "matches", "math", "optional", "cel",
  ]
}
