public import PlumblineJSON

extension SpecBundle {
  /// Reads a bundle and checks it: the format's version, every field, both hashes, every reference.
  public static func decode(_ bytes: [UInt8]) throws(BundleError) -> SpecBundle {
    try load(bytes).bundle
  }

  /// Reads a bundle and checks it, and says its two identities.
  ///
  /// `bytes` of the answer are those given, without space around them.
  public static func load(_ bytes: [UInt8]) throws(BundleError) -> SealedBundle {
    let document: JSONDocument
    do throws(JSONError) { document = try JSONDocument.parse(bytes) } catch {
      throw BundleError(path: "", message: "not JSON: \(error)")
    }
    return try load(document)
  }

  /// Reads a bundle and checks it, and says its two identities.
  public static func load(_ document: JSONDocument) throws(BundleError) -> SealedBundle {
    let root = document.root
    guard root.isObject else { throw root.mismatch("an object") }
    guard let format = root["format"] else {
      throw BundleError(path: "", message: "`format` is missing")
    }
    guard format.int == Int64(SpecBundle.format) else {
      throw BundleError(
        path: "/format",
        message: "format \(format.text) is not known here, which reads \(SpecBundle.format)")
    }
    if let duplicate = document.duplicateKey {
      throw BundleError(path: "", message: "the key `\(duplicate.key)` stands twice in one object")
    }
    // The fields first: what is wrong with them says more than a hash that differs.
    var reader = BundleReader()
    let bundle = try reader.bundle(root)
    let whole = try checkWhole(document, expected: reader.whole)
    let meaning = bundle.meaningHash
    guard meaning == reader.meaning else {
      throw BundleError(
        path: "/meaning", message: "the hash differs from what the bundle decides: \(meaning)")
    }
    try bundle.checkReferences()
    let text = root.withRawBytes { Array($0) }
    return SealedBundle(bundle: bundle, bytes: text, meaning: meaning, whole: whole)
  }

  /// The hash over the text without the hash itself.
  private static func checkWhole(
    _ document: JSONDocument, expected: String
  ) throws(BundleError) -> String {
    let root = document.root
    let all = root.range
    var state = SHA256.State()
    document.withBytes { bytes in
      var start = all.lowerBound
      for (key, value) in root.members where key.stringEquals("sha256") {
        // The key, the value and the comma behind it.
        let from = key.range.lowerBound
        let to = value.range.upperBound
        state.update(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<from]))
        start = to < all.upperBound && bytes[to] == 0x2C ? to + 1 : to
      }
      state.update(
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<all.upperBound]))
    }
    let whole = SHA256.hexText(state.finish())
    guard whole == expected else {
      throw BundleError(
        path: "/sha256",
        message: "the text was changed after it was compiled: its hash is \(whole)")
    }
    return whole
  }
}

/// Reads the declarations of a bundle.
struct BundleReader {
  private(set) var meaning = ""
  private(set) var whole = ""
  private var files: [String] = []

  // MARK: Parts

  private func position(_ cursor: inout ObjectCursor) throws(BundleError) -> SourcePosition? {
    guard let node = cursor.take("at") else { return nil }
    var numbers = node.elements
    guard node.count == 3, let file = numbers.next()?.int, let line = numbers.next()?.int,
      let column = numbers.next()?.int
    else {
      throw BundleError(path: "/at", message: "expected a file, a line and a column")
    }
    guard let index = Int(exactly: file), files.indices.contains(index),
      let row = Int(exactly: line), let place = Int(exactly: column)
    else {
      throw BundleError(path: "/at", message: "no such file")
    }
    return SourcePosition(file: files[index], line: row, column: place)
  }

  private func expression(_ node: JSONNode) throws(BundleError) -> ExpressionText {
    var cursor = try ObjectCursor(node)
    let position = try position(&cursor)
    let text = try cursor.needString("cel")
    try cursor.end()
    return ExpressionText(text, position: position)
  }

  private func value(_ node: JSONNode) throws(BundleError) -> BundleValue {
    switch node.kind {
    case .null: return .null
    case .bool: return .bool(node.bool == true)
    case .int: return .int(node.int ?? 0)
    case .double, .bigInteger:
      // A whole double is written without a fraction, however large.
      guard let value = node.double else {
        throw BundleError(path: "", message: "the number is too large")
      }
      return .double(value)
    case .string: return .string(node.string ?? "")
    case .array:
      var values: [BundleValue] = []
      for element in node.elements { values.append(try value(element)) }
      return .list(values)
    case .object:
      var entries: [BundleValue.Entry] = []
      for (key, value) in node.members {
        entries.append(.init(key.string ?? "", try self.value(value)))
      }
      return .map(entries)
    }
  }

  // MARK: Types

  func type(_ node: JSONNode) throws(BundleError) -> TypeReference {
    if node.isString {
      switch node.string {
      case "any": return .any
      case "bool": return .bool
      case "int": return .int
      case "number": return .number
      case "string": return .string
      case "timestamp": return .timestamp(offsetMinutes: nil)
      case "date": return .date
      case "duration": return .duration
      default: throw BundleError(path: "", message: "unknown type \(node.text)")
      }
    }
    guard node.count == 1, let (key, value) = node.members.first(where: { _ in true }) else {
      throw node.mismatch("a type")
    }
    let name = key.string ?? ""
    do throws(BundleError) {
      switch name {
      case "timestamp":
        guard let minutes = value.int, let offset = Int(exactly: minutes) else {
          throw value.mismatch("an integer")
        }
        return .timestamp(offsetMinutes: offset)
      case "list": return .list(try type(value))
      case "map": return .map(try type(value))
      case "optional": return .optional(try type(value))
      case "sensitive": return .sensitive(try type(value))
      case "named":
        guard let text = value.string else { throw value.mismatch("a string") }
        return .named(text)
      case "enum":
        guard value.isArray else { throw value.mismatch("an array") }
        var values: [String] = []
        for element in value.elements {
          guard let text = element.string else { throw element.mismatch("a string") }
          values.append(text)
        }
        return .enumeration(values)
      case "record":
        guard value.isArray else { throw value.mismatch("an array") }
        var fields: [FieldDeclaration] = []
        for element in value.elements {
          do throws(BundleError) { fields.append(try field(element)) } catch {
            throw error.under("\(fields.count)")
          }
        }
        return .record(fields)
      default: throw BundleError(path: "", message: "unknown type")
      }
    } catch {
      throw error.under(name)
    }
  }

  private func field(_ node: JSONNode) throws(BundleError) -> FieldDeclaration {
    var cursor = try ObjectCursor(node)
    let name = try cursor.needString("name")
    let presence = try cursor.string("presence")
    let type = try cursor.need("type", type)
    try cursor.end()
    guard let presence else { return FieldDeclaration(name: name, type: type) }
    guard let known = FieldDeclaration.Presence(rawValue: presence), known != .either else {
      throw BundleError(path: "/presence", message: "unknown presence `\(presence)`")
    }
    return FieldDeclaration(name: name, type: type, presence: known)
  }

  private func typeDeclaration(_ node: JSONNode) throws(BundleError) -> TypeDeclaration {
    var cursor = try ObjectCursor(node)
    let position = try position(&cursor)
    let limits = try cursor.list("limits", limit)
    let name = try cursor.needString("name")
    let schema = try cursor.string("schema")
    let definition: TypeDeclaration.Definition
    if let type = try cursor.read("type", type) {
      definition = .type(type)
    } else {
      definition = try cursor.need("union") { node throws(BundleError) in
        var cursor = try ObjectCursor(node)
        let by = try cursor.needString("by")
        let members = try cursor.strings("members")
        try cursor.end()
        return .union(members: members, by: by)
      }
    }
    try cursor.end()
    return TypeDeclaration(
      name: name, definition: definition, limits: limits, schemaFile: schema, position: position)
  }

  private func limit(_ node: JSONNode) throws(BundleError) -> PlacedLimit {
    var cursor = try ObjectCursor(node)
    let keyword = try cursor.needString("keyword")
    let path = try cursor.needString("path")
    let value = try cursor.need("value")
    try cursor.end()
    guard let limit = ValueLimit(keyword: keyword, value) else {
      throw BundleError(path: "/value", message: "this is no value of `\(keyword)`")
    }
    return PlacedLimit(path: path, limit: limit)
  }

  // MARK: Tools

  private func path(_ node: JSONNode) throws(BundleError) -> FactPath {
    var cursor = try ObjectCursor(node)
    let collection = try cursor.needString("collection")
    let fields = try cursor.strings("fields")
    let key = try cursor.read("key", expression)
    try cursor.end()
    return FactPath(collection: collection, key: key, fields: fields)
  }

  private func claim(_ node: JSONNode) throws(BundleError) -> ClaimDeclaration {
    var cursor = try ObjectCursor(node)
    let name = try cursor.needString("name")
    let type = try cursor.need("type", type)
    let value = try cursor.need("value", expression)
    try cursor.end()
    return ClaimDeclaration(name: name, value: value, type: type)
  }

  private func keep(_ node: JSONNode) throws(BundleError) -> KeepDeclaration {
    var cursor = try ObjectCursor(node)
    let collection = try cursor.needString("collection")
    let each = try cursor.string("each")
    let key = try cursor.need("key", expression)
    let source = try cursor.read("source", expression)
    try cursor.end()
    return KeepDeclaration(each: each, source: source, collection: collection, key: key)
  }

  private func tool(_ node: JSONNode) throws(BundleError) -> ToolDeclaration {
    var cursor = try ObjectCursor(node)
    var tool = ToolDeclaration(name: "", effect: .none)
    tool.arguments = try cursor.list("args", field)
    tool.asOf = try cursor.read("as_of", expression)
    tool.position = try position(&cursor)
    tool.claims = try cursor.list("claims", claim)
    tool.description = try cursor.string("description")
    tool.effect = try cursor.needChoice("effect", Effect.self)
    tool.fails = try cursor.list("fails", expression)
    tool.freshFor = try cursor.integer("fresh_for")
    tool.keeps = try cursor.list("keeps", keep)
    tool.learns = try cursor.list("learns") { node throws(BundleError) in
      var cursor = try ObjectCursor(node)
      let key = try cursor.needString("key")
      let value = try cursor.need("value", expression)
      try cursor.end()
      return LearnDeclaration(key: key, value: value)
    }
    tool.message = try cursor.string("message")
    tool.name = try cursor.needString("name")
    tool.oncePer = try cursor.strings("once_per")
    tool.returns = try cursor.read("returns", type)
    tool.sets = try cursor.list("sets") { node throws(BundleError) in
      var cursor = try ObjectCursor(node)
      let path = try cursor.need("path", path)
      let value = try cursor.need("value", expression)
      try cursor.end()
      return SetDeclaration(path: path, value: value)
    }
    tool.settledBy = try cursor.string("settled_by")
    if let touches = cursor.take("touches") { tool.touches = try touches.array("touches", path) }
    try cursor.end()
    return tool
  }

  // MARK: Requirements

  private func answer(_ node: JSONNode) throws(BundleError) -> Answer {
    if node.isString {
      if node.stringEquals("warn") { return .warn }
      if node.stringEquals("deny") { return .deny }
      throw BundleError(path: "", message: "unknown answer \(node.text)")
    }
    var cursor = try ObjectCursor(node)
    let role = try cursor.needString("escalate")
    try cursor.end()
    return .escalate(role: role)
  }

  private func event(_ node: JSONNode) throws(BundleError) -> EventDeclaration {
    var cursor = try ObjectCursor(node)
    let kind: EventDeclaration.Kind
    if let actions = cursor.take("actions") {
      kind = .actions(try strings(actions, "actions"))
    } else if let name = try cursor.string("activity") {
      kind = .activity(name)
    } else if let role = try cursor.string("approval") {
      kind = .approval(role: role)
    } else if let actions = cursor.take("attempt") {
      kind = .attempt(try strings(actions, "attempt"))
    } else {
      kind = .message(speaker: try cursor.needString("message"))
    }
    let condition = try cursor.read("where", expression)
    try cursor.end()
    return EventDeclaration(kind, condition: condition)
  }

  private func strings(_ node: JSONNode, _ key: StaticString) throws(BundleError) -> [String] {
    try node.array(key) { node throws(BundleError) in
      guard let text = node.string else { throw node.mismatch("a string") }
      return text
    }
  }

  private func temporal(_ node: JSONNode) throws(BundleError) -> TemporalDeclaration {
    var cursor = try ObjectCursor(node)
    let count = try cursor.int("count")
    let events = try cursor.list("events") { node throws(BundleError) in
      guard node.isArray else { throw node.mismatch("an array") }
      var events: [EventDeclaration] = []
      for element in node.elements { events.append(try event(element)) }
      return events
    }
    let same = try cursor.strings("same")
    let sugar = try cursor.needString("sugar")
    let template = try cursor.needChoice("template", DeclareTemplate.self)
    let within = try cursor.integer("within")
    try cursor.end()
    return TemporalDeclaration(
      template: template, events: events, count: count, same: same, within: within, sugar: sugar)
  }

  private func confirmation(_ node: JSONNode) throws(BundleError) -> ConfirmationDeclaration {
    var cursor = try ObjectCursor(node)
    let agrees = try cursor.need("agrees", expression)
    let by = try cursor.needString("by")
    let lists = try cursor.list("lists", expression)
    let refuses = try cursor.read("refuses", expression)
    try cursor.end()
    return ConfirmationDeclaration(by: by, agrees: agrees, refuses: refuses, lists: lists)
  }

  private func example(_ node: JSONNode) throws(BundleError) -> ExampleDeclaration {
    var cursor = try ObjectCursor(node)
    let position = try position(&cursor)
    let expect = try cursor.needChoice("expect", ExampleDeclaration.Expectation.self)
    let given = try cursor.need("given", value)
    let history = try cursor.list("history", value)
    let name = try cursor.needString("name")
    let now = try cursor.string("now")
    let propose = try cursor.need("propose", value)
    try cursor.end()
    return ExampleDeclaration(
      name: name, given: given, history: history, now: now, propose: propose, expect: expect,
      position: position)
  }

  private func requirement(_ node: JSONNode) throws(BundleError) -> RequirementDeclaration {
    var cursor = try ObjectCursor(node)
    var requirement = RequirementDeclaration(id: "", statement: "")
    requirement.advice = try cursor.flag("advice")
    requirement.appliesTo = try cursor.strings("applies_to")
    requirement.position = try position(&cursor)
    requirement.because = try cursor.string("because")
    requirement.confirmed = try cursor.read("confirmed", confirmation)
    requirement.enforcedBy = try cursor.string("enforced_by")
    requirement.ensure = try cursor.read("ensure", expression)
    requirement.examples = try cursor.list("examples", example)
    requirement.id = try cursor.needString("id")
    requirement.mode = try cursor.choice("mode", RequirementDeclaration.Mode.self) ?? .enforce
    requirement.needs = try cursor.strings("needs")
    requirement.negated = try cursor.flag("negated")
    requirement.notes = try cursor.string("notes")
    requirement.otherwise = try cursor.read("otherwise", answer) ?? .deny
    requirement.priority = try cursor.choice("priority", Priority.self) ?? .must
    requirement.require = try cursor.read("require", expression)
    requirement.source = try cursor.string("source")
    requirement.statement = try cursor.needString("statement")
    requirement.tell = try cursor.read("tell", expression)
    requirement.temporal = try cursor.list("temporal", temporal)
    requirement.ungrounded = try cursor.read("ungrounded", answer) ?? .deny
    requirement.when = try cursor.read("when", expression)
    try cursor.end()
    return requirement
  }

  // MARK: Workflows and incidents

  private func step(_ node: JSONNode) throws(BundleError) -> StepDeclaration {
    var cursor = try ObjectCursor(node)
    var step = StepDeclaration(name: "")
    step.actor = try cursor.string("actor")
    step.position = try position(&cursor)
    step.confidence = try cursor.read("confidence") { node throws(BundleError) in
      var cursor = try ObjectCursor(node)
      let number = try cursor.need("below")
      guard let below = number.double else { throw number.mismatch("a number").under("below") }
      let then = try cursor.read("then", answer) ?? .deny
      try cursor.end()
      return ConfidenceDeclaration(below: below, then: then)
    }
    step.digestRequired = try cursor.flag("digest_required")
    step.final = try cursor.flag("final")
    step.goal = try cursor.string("goal")
    step.name = try cursor.needString("name")
    step.next = try cursor.list("next") { node throws(BundleError) in
      var cursor = try ObjectCursor(node)
      let to = try cursor.needString("to")
      let when = try cursor.read("when", expression)
      try cursor.end()
      return EdgeDeclaration(to: to, when: when)
    }
    step.tools = try cursor.strings("tools")
    try cursor.end()
    return step
  }

  private func workflow(_ node: JSONNode) throws(BundleError) -> WorkflowDeclaration {
    var cursor = try ObjectCursor(node)
    let position = try position(&cursor)
    let name = try cursor.needString("name")
    let start = try cursor.needString("start")
    let steps = try cursor.list("steps", step)
    try cursor.end()
    return WorkflowDeclaration(name: name, start: start, steps: steps, position: position)
  }

  private func incident(_ node: JSONNode) throws(BundleError) -> IncidentDeclaration {
    var cursor = try ObjectCursor(node)
    var incident = IncidentDeclaration(
      id: "", title: "", failureMode: .violated, status: .open)
    incident.position = try position(&cursor)
    incident.atCase = try cursor.string("case")
    incident.detected = try cursor.string("detected")
    incident.failureMode = try cursor.needChoice("failure_mode", FindingCategory.self)
    incident.id = try cursor.needString("id")
    incident.occurred = try cursor.string("occurred")
    incident.prevented = try cursor.string("prevented")
    incident.preventedBy = try cursor.strings("prevented_by")
    incident.recovered = try cursor.string("recovered")
    incident.atSequence = try cursor.int("seq")
    incident.status = try cursor.needChoice("status", IncidentDeclaration.Status.self)
    incident.title = try cursor.needString("title")
    incident.trace = try cursor.string("trace")
    incident.traceHash = try cursor.string("trace_sha256")
    incident.twin = try cursor.string("twin")
    try cursor.end()
    return incident
  }

  // MARK: The whole

  mutating func bundle(_ node: JSONNode) throws(BundleError) -> SpecBundle {
    var cursor = try ObjectCursor(node)
    var bundle = SpecBundle(spec: "", version: "")
    bundle.caseFields = try cursor.list("case", field)
    bundle.collections = try cursor.list("collections") { node throws(BundleError) in
      var cursor = try ObjectCursor(node)
      let groundedBy = try cursor.strings("grounded_by")
      let name = try cursor.needString("name")
      let type = try cursor.need("type", type)
      try cursor.end()
      return CollectionDeclaration(name: name, type: type, groundedBy: groundedBy)
    }
    bundle.digestRequired = try cursor.flag("digest_required")
    files = try cursor.strings("files")
    _ = try cursor.need("format")
    bundle.groups = try cursor.list("groups") { node throws(BundleError) in
      var cursor = try ObjectCursor(node)
      let actions = try cursor.strings("actions")
      let name = try cursor.needString("name")
      try cursor.end()
      return GroupDeclaration(name: name, actions: actions)
    }
    bundle.incidents = try cursor.list("incidents", incident)
    guard let language = try cursor.int("language") else {
      throw BundleError(path: "", message: "`language` is missing")
    }
    bundle.language = language
    meaning = try cursor.needString("meaning")
    bundle.owner = try cursor.string("owner")
    bundle.patterns = try cursor.list("patterns") { node throws(BundleError) in
      var cursor = try ObjectCursor(node)
      let name = try cursor.needString("name")
      let pattern = try cursor.needString("pattern")
      try cursor.end()
      return PatternDeclaration(name: name, pattern: pattern)
    }
    bundle.purpose = try cursor.string("purpose")
    bundle.requirements = try cursor.list("requirements", requirement)
    bundle.roles = try cursor.strings("roles")
    whole = try cursor.needString("sha256")
    bundle.spec = try cursor.needString("spec")
    bundle.tables = try cursor.list("tables") { node throws(BundleError) in
      var cursor = try ObjectCursor(node)
      let name = try cursor.needString("name")
      let type = try cursor.need("type", type)
      let value = try cursor.need("value", value)
      try cursor.end()
      return TableDeclaration(name: name, type: type, value: value.widened(to: type))
    }
    bundle.terms = try cursor.list("terms") { node throws(BundleError) in
      var cursor = try ObjectCursor(node)
      let body = try cursor.need("body", expression)
      let name = try cursor.needString("name")
      let parameters = try cursor.take("parameters").map { node throws(BundleError) in
        try strings(node, "parameters")
      }
      try cursor.end()
      return TermDeclaration(name: name, parameters: parameters, body: body)
    }
    bundle.tools = try cursor.list("tools", tool)
    bundle.types = try cursor.list("types", typeDeclaration)
    bundle.version = try cursor.needString("version")
    bundle.workflows = try cursor.list("workflows", workflow)
    try cursor.end()
    return bundle
  }
}

extension BundleValue {
  /// The value with doubles where its type says so: they are written like integers when whole.
  func widened(to type: TypeReference) -> BundleValue {
    switch (self, type) {
    case (.int(let value), .number): .double(Double(value))
    case (.list(let values), .list(let inner)): .list(values.map { $0.widened(to: inner) })
    case (.map(let entries), .map(let inner)):
      .map(entries.map { Entry($0.key, $0.value.widened(to: inner)) })
    case (.map(let entries), .record(let fields)):
      .map(
        entries.map { entry in
          let field = fields.first { $0.name == entry.key }
          return Entry(entry.key, field.map { entry.value.widened(to: $0.type) } ?? entry.value)
        })
    case (_, .optional(let inner)), (_, .sensitive(let inner)): widened(to: inner)
    default: self
    }
  }
}
