import PlumblineJSON

/// A bundle as it is stored, with its two identities.
public struct SealedBundle: Sendable, Hashable {
  public var bundle: SpecBundle
  /// Canonical JSON.
  public var bytes: [UInt8]
  /// The identity of what it decides, in hexadecimal.
  public var meaning: String
  /// The identity of all of it, in hexadecimal.
  public var whole: String
}

extension SpecBundle {
  /// The bundle as canonical JSON, both hashes inside.
  ///
  /// Absent and empty values, and those that are the default, are left out. Whole doubles are
  /// written like integers and the keys of maps are sorted, so a bundle that was read may differ
  /// from the one written in these two ways; its bytes do not.
  public func encode() -> [UInt8] { seal().bytes }

  /// The identity of what the bundle decides: the SHA-256 of its canonical JSON without what
  /// decides nothing.
  ///
  /// Left out are positions and files, the spec's version, owner and purpose, descriptions, goals,
  /// statements, sources, notes, reasons (`because`), the names of schema files, examples and
  /// incidents. A `tell` stays, for it is what a decision says.
  public var meaningHash: String {
    var writer = BundleWriter(meaning: true)
    writer.bundle(self, meaning: nil, whole: nil)
    return SHA256.hex(writer.out)
  }

  /// The bundle as canonical JSON, with its two identities.
  public func seal() -> SealedBundle {
    let meaning = meaningHash
    var writer = BundleWriter(meaning: false)
    writer.bundle(self, meaning: meaning, whole: nil)
    let whole = SHA256.hex(writer.out)
    // The hash goes where its key belongs.
    var bytes = writer.out
    if let place = writer.wholePlace {
      bytes.insert(contentsOf: Array("\"sha256\":\"\(whole)\",".utf8), at: place)
    }
    return SealedBundle(bundle: self, bytes: bytes, meaning: meaning, whole: whole)
  }
}

/// Writes canonical JSON straight from the declarations: the keys of each object stand here in
/// their order.
struct BundleWriter {
  var out: [UInt8] = []
  /// Whether what decides nothing is left out.
  let meaning: Bool
  /// Where the hash over everything belongs.
  private(set) var wholePlace: Int?
  private var files: [String: Int] = [:]

  init(meaning: Bool) {
    self.meaning = meaning
    out.reserveCapacity(1 << 16)
  }

  // MARK: Parts

  private mutating func open(_ byte: UInt8 = 0x7B) { out.append(byte) }
  private mutating func close(_ byte: UInt8 = 0x7D) {
    if out.last == 0x2C { out.removeLast() }
    out.append(byte)
  }
  /// Every value ends with a comma, which the end of its container takes back.
  private mutating func comma() { out.append(0x2C) }

  private mutating func key(_ name: StaticString) {
    out.append(0x22)
    name.withUTF8Buffer { out.append(contentsOf: $0) }
    out.append(0x22)
    out.append(0x3A)
  }
  private mutating func string(_ text: String) {
    CanonicalJSON.append(text, to: &out)
    comma()
  }
  private mutating func integer(_ value: some BinaryInteger) {
    CanonicalJSON.append(Int64(value), to: &out)
    comma()
  }
  private mutating func field(_ name: StaticString, _ text: String?) {
    guard let text else { return }
    key(name)
    string(text)
  }
  private mutating func field(_ name: StaticString, _ value: Int64?) {
    guard let value else { return }
    key(name)
    integer(value)
  }
  private mutating func flag(_ name: StaticString, _ value: Bool) {
    guard value else { return }
    key(name)
    out.append(contentsOf: "true,".utf8)
  }
  /// A number, a text or a truth value.
  private mutating func value(_ value: JSON) {
    switch value {
    case .bool(let flag): out.append(contentsOf: flag ? "true".utf8 : "false".utf8)
    case .int(let whole): CanonicalJSON.append(whole, to: &out)
    case .double(let number): CanonicalJSON.append(number, to: &out)
    case .string(let text): CanonicalJSON.append(text, to: &out)
    default: out.append(contentsOf: "null".utf8)
    }
    comma()
  }
  private mutating func strings(_ name: StaticString, _ values: [String]) {
    list(name, values) { $0.string($1) }
  }
  private mutating func list<T>(
    _ name: StaticString, _ values: [T], _ write: (inout BundleWriter, T) -> Void
  ) {
    guard !values.isEmpty else { return }
    key(name)
    array(values, write)
  }
  private mutating func array<T>(_ values: [T], _ write: (inout BundleWriter, T) -> Void) {
    open(0x5B)
    for value in values { write(&self, value) }
    close(0x5D)
    comma()
  }
  private mutating func position(_ position: SourcePosition?) {
    guard !meaning, let position, let file = files[position.file] else { return }
    key("at")
    open(0x5B)
    integer(file)
    integer(position.line)
    integer(position.column)
    close(0x5D)
    comma()
  }
  private mutating func expression(_ name: StaticString, _ expression: ExpressionText?) {
    guard let expression else { return }
    key(name)
    self.expression(expression)
  }
  private mutating func expression(_ expression: ExpressionText) {
    open()
    position(expression.position)
    field("cel", expression.text)
    close()
    comma()
  }
  private mutating func value(_ value: BundleValue) {
    append(value)
    comma()
  }
  private mutating func append(_ value: BundleValue) {
    switch value {
    case .null: out.append(contentsOf: "null".utf8)
    case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
    case .int(let value): CanonicalJSON.append(value, to: &out)
    case .double(let value): CanonicalJSON.append(value, to: &out)
    case .string(let value): CanonicalJSON.append(value, to: &out)
    case .list(let values):
      open(0x5B)
      for value in values {
        append(value)
        comma()
      }
      close(0x5D)
    case .map(let entries):
      open()
      for entry in entries.sorted(by: { CanonicalJSON.precedes($0.key, $1.key) }) {
        CanonicalJSON.append(entry.key, to: &out)
        out.append(0x3A)
        append(entry.value)
        comma()
      }
      close()
    }
  }

  // MARK: Types

  private mutating func type(_ name: StaticString, _ type: TypeReference?) {
    guard let type else { return }
    key(name)
    append(type)
    comma()
  }
  private mutating func append(_ type: TypeReference) {
    func wrapped(_ name: StaticString, _ write: (inout BundleWriter) -> Void) {
      open()
      key(name)
      write(&self)
      close()
    }
    switch type {
    case .any: CanonicalJSON.append("any", to: &out)
    case .bool: CanonicalJSON.append("bool", to: &out)
    case .int: CanonicalJSON.append("int", to: &out)
    case .number: CanonicalJSON.append("number", to: &out)
    case .string: CanonicalJSON.append("string", to: &out)
    case .date: CanonicalJSON.append("date", to: &out)
    case .duration: CanonicalJSON.append("duration", to: &out)
    case .timestamp(nil): CanonicalJSON.append("timestamp", to: &out)
    case .timestamp(let minutes?): wrapped("timestamp") { $0.integer(minutes) }
    case .list(let inner): wrapped("list") { $0.append(inner) }
    case .map(let inner): wrapped("map") { $0.append(inner) }
    case .optional(let inner): wrapped("optional") { $0.append(inner) }
    case .sensitive(let inner): wrapped("sensitive") { $0.append(inner) }
    case .enumeration(let values): wrapped("enum") { $0.array(values) { $0.string($1) } }
    case .record(let fields): wrapped("record") { $0.array(fields) { $0.field($1) } }
    case .named(let name): wrapped("named") { $0.string(name) }
    }
  }
  private mutating func field(_ field: FieldDeclaration) {
    open()
    self.field("name", field.name)
    if field.presence != .either { self.field("presence", field.presence.rawValue) }
    type("type", field.type)
    close()
    comma()
  }
  private mutating func type(_ declaration: TypeDeclaration) {
    open()
    position(declaration.position)
    list("limits", declaration.limits) { writer, placed in
      writer.open()
      writer.field("keyword", placed.limit.keyword)
      writer.field("path", placed.path)
      writer.key("value")
      writer.value(placed.limit.json)
      writer.close()
      writer.comma()
    }
    field("name", declaration.name)
    if !meaning { field("schema", declaration.schemaFile) }
    switch declaration.definition {
    case .type(let type): self.type("type", type)
    case .union(let members, let by):
      key("union")
      open()
      field("by", by)
      strings("members", members)
      close()
      comma()
    }
    close()
    comma()
  }

  // MARK: Tools

  private mutating func path(_ path: FactPath) {
    open()
    field("collection", path.collection)
    strings("fields", path.fields)
    expression("key", path.key)
    close()
    comma()
  }
  private mutating func tool(_ tool: ToolDeclaration) {
    open()
    list("args", tool.arguments) { $0.field($1) }
    expression("as_of", tool.asOf)
    position(tool.position)
    list("claims", tool.claims) { writer, claim in
      writer.open()
      writer.field("name", claim.name)
      writer.type("type", claim.type)
      writer.expression("value", claim.value)
      writer.close()
      writer.comma()
    }
    if !meaning { field("description", tool.description) }
    field("effect", tool.effect.rawValue)
    list("fails", tool.fails) { $0.expression($1) }
    field("fresh_for", tool.freshFor)
    list("keeps", tool.keeps) { writer, keep in
      writer.open()
      writer.field("collection", keep.collection)
      writer.field("each", keep.each)
      writer.expression("key", keep.key)
      writer.expression("source", keep.source)
      writer.close()
      writer.comma()
    }
    list("learns", tool.learns) { writer, learn in
      writer.open()
      writer.field("key", learn.key)
      writer.expression("value", learn.value)
      writer.close()
      writer.comma()
    }
    field("message", tool.message)
    field("name", tool.name)
    strings("once_per", tool.oncePer)
    type("returns", tool.returns)
    list("sets", tool.sets) { writer, set in
      writer.open()
      writer.key("path")
      writer.path(set.path)
      writer.expression("value", set.value)
      writer.close()
      writer.comma()
    }
    field("settled_by", tool.settledBy)
    // An empty list is `touches: none`, which is not the same as silence.
    if let touches = tool.touches {
      key("touches")
      array(touches) { $0.path($1) }
    }
    close()
    comma()
  }

  // MARK: Requirements

  private mutating func answer(_ name: StaticString, _ answer: Answer) {
    switch answer {
    case .deny: break
    case .warn: field(name, "warn")
    case .escalate(let role):
      key(name)
      open()
      field("escalate", role)
      close()
      comma()
    }
  }
  private mutating func event(_ event: EventDeclaration) {
    open()
    switch event.kind {
    case .actions(let actions): strings("actions", actions)
    case .activity(let name): field("activity", name)
    case .approval(let role): field("approval", role)
    case .attempt(let actions): strings("attempt", actions)
    case .message(let speaker): field("message", speaker)
    }
    expression("where", event.condition)
    close()
    comma()
  }
  private mutating func temporal(_ rule: TemporalDeclaration) {
    open()
    field("count", rule.count.map(Int64.init))
    list("events", rule.events) { writer, events in writer.array(events) { $0.event($1) } }
    strings("same", rule.same)
    field("sugar", rule.sugar)
    field("template", rule.template.rawValue)
    field("within", rule.within)
    close()
    comma()
  }
  private mutating func example(_ example: ExampleDeclaration) {
    open()
    position(example.position)
    field("expect", example.expect.rawValue)
    key("given")
    value(example.given)
    list("history", example.history) { $0.value($1) }
    field("name", example.name)
    field("now", example.now)
    key("propose")
    value(example.propose)
    close()
    comma()
  }
  private mutating func requirement(_ requirement: RequirementDeclaration) {
    open()
    flag("advice", requirement.advice)
    strings("applies_to", requirement.appliesTo)
    position(requirement.position)
    if !meaning { field("because", requirement.because) }
    if let confirmed = requirement.confirmed {
      key("confirmed")
      open()
      expression("agrees", confirmed.agrees)
      field("by", confirmed.by)
      list("lists", confirmed.lists) { $0.expression($1) }
      expression("refuses", confirmed.refuses)
      close()
      comma()
    }
    field("enforced_by", requirement.enforcedBy)
    expression("ensure", requirement.ensure)
    if !meaning { list("examples", requirement.examples) { $0.example($1) } }
    field("id", requirement.id)
    if requirement.mode != .enforce { field("mode", requirement.mode.rawValue) }
    strings("needs", requirement.needs)
    flag("negated", requirement.negated)
    if !meaning { field("notes", requirement.notes) }
    answer("otherwise", requirement.otherwise)
    if requirement.priority != .must { field("priority", requirement.priority.rawValue) }
    expression("require", requirement.require)
    if !meaning {
      field("source", requirement.source)
      field("statement", requirement.statement)
    }
    expression("tell", requirement.tell)
    list("temporal", requirement.temporal) { $0.temporal($1) }
    answer("ungrounded", requirement.ungrounded)
    expression("when", requirement.when)
    close()
    comma()
  }

  // MARK: Workflows and incidents

  private mutating func step(_ step: StepDeclaration) {
    open()
    field("actor", step.actor)
    position(step.position)
    if let confidence = step.confidence {
      key("confidence")
      open()
      key("below")
      CanonicalJSON.append(confidence.below, to: &out)
      comma()
      answer("then", confidence.then)
      close()
      comma()
    }
    flag("digest_required", step.digestRequired)
    flag("final", step.final)
    if !meaning { field("goal", step.goal) }
    field("name", step.name)
    list("next", step.next) { writer, edge in
      writer.open()
      writer.field("to", edge.to)
      writer.expression("when", edge.when)
      writer.close()
      writer.comma()
    }
    strings("tools", step.tools)
    close()
    comma()
  }
  private mutating func incident(_ incident: IncidentDeclaration) {
    open()
    position(incident.position)
    field("case", incident.atCase)
    field("detected", incident.detected)
    field("failure_mode", incident.failureMode.rawValue)
    field("id", incident.id)
    field("occurred", incident.occurred)
    field("prevented", incident.prevented)
    strings("prevented_by", incident.preventedBy)
    field("recovered", incident.recovered)
    field("seq", incident.atSequence.map(Int64.init))
    field("status", incident.status.rawValue)
    field("title", incident.title)
    field("trace", incident.trace)
    field("trace_sha256", incident.traceHash)
    field("twin", incident.twin)
    close()
    comma()
  }

  // MARK: The whole

  mutating func bundle(_ bundle: SpecBundle, meaning hash: String?, whole: String?) {
    let names = meaning ? [] : bundle.positionFiles
    for (index, name) in names.enumerated() { files[name] = index }
    open()
    list("case", bundle.caseFields) { $0.field($1) }
    list("collections", bundle.collections) { writer, collection in
      writer.open()
      writer.strings("grounded_by", collection.groundedBy)
      writer.field("name", collection.name)
      writer.type("type", collection.type)
      writer.close()
      writer.comma()
    }
    flag("digest_required", bundle.digestRequired)
    strings("files", names)
    field("format", Int64(SpecBundle.format))
    list("groups", bundle.groups) { writer, group in
      writer.open()
      writer.strings("actions", group.actions)
      writer.field("name", group.name)
      writer.close()
      writer.comma()
    }
    if !meaning { list("incidents", bundle.incidents) { $0.incident($1) } }
    field("language", Int64(bundle.language))
    field("meaning", hash)
    if !meaning { field("owner", bundle.owner) }
    list("patterns", bundle.patterns) { writer, pattern in
      writer.open()
      writer.field("name", pattern.name)
      writer.field("pattern", pattern.pattern)
      writer.close()
      writer.comma()
    }
    if !meaning { field("purpose", bundle.purpose) }
    list("requirements", bundle.requirements) { $0.requirement($1) }
    strings("roles", bundle.roles)
    wholePlace = out.count
    field("sha256", whole)
    field("spec", bundle.spec)
    list("tables", bundle.tables) { writer, table in
      writer.open()
      writer.field("name", table.name)
      writer.type("type", table.type)
      writer.key("value")
      writer.value(table.value)
      writer.close()
      writer.comma()
    }
    list("terms", bundle.terms) { writer, term in
      writer.open()
      writer.expression("body", term.body)
      writer.field("name", term.name)
      if let parameters = term.parameters {
        writer.key("parameters")
        writer.array(parameters) { $0.string($1) }
      }
      writer.close()
      writer.comma()
    }
    list("tools", bundle.tools) { $0.tool($1) }
    list("types", bundle.types) { $0.type($1) }
    if !meaning { field("version", bundle.version) }
    list("workflows", bundle.workflows) { writer, workflow in
      writer.open()
      writer.position(workflow.position)
      writer.field("name", workflow.name)
      writer.field("start", workflow.start)
      writer.list("steps", workflow.steps) { $0.step($1) }
      writer.close()
      writer.comma()
    }
    close()
  }
}
