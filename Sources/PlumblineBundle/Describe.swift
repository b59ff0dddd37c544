extension TypeReference: CustomStringConvertible {
  /// The type as specs write it.
  public var description: String {
    switch self {
    case .any: "any"
    case .bool: "bool"
    case .int: "int"
    case .number: "number"
    case .string: "string"
    case .timestamp(nil): "timestamp"
    case .timestamp(let minutes?): "timestamp(\(Self.offset(minutes)))"
    case .date: "date"
    case .duration: "duration"
    case .list(let inner): "list(\(inner))"
    case .map(let inner): "map(\(inner))"
    case .optional(let inner): "\(inner)?"
    case .sensitive(let inner): "sensitive(\(inner))"
    case .enumeration(let values): "[\(values.joined(separator: ", "))]"
    case .record(let fields):
      "{ \(fields.map { "\($0.name): \($0.type)" }.joined(separator: ", ")) }"
    case .named(let name): name
    }
  }

  private static func offset(_ minutes: Int) -> String {
    func two(_ number: UInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let magnitude = minutes.magnitude
    return "\(minutes < 0 ? "-" : "+")\(two(magnitude / 60)):\(two(magnitude % 60))"
  }
}

extension Answer: CustomStringConvertible {
  /// The answer as specs write it.
  public var description: String {
    switch self {
    case .deny: "deny"
    case .escalate(let role): "escalate(\(role))"
    case .warn: "warn"
    }
  }
}

extension SourcePosition: CustomStringConvertible {
  /// `file:line:column`.
  public var description: String { "\(file):\(line):\(column)" }
}

extension FactPath: CustomStringConvertible {
  /// The path as specs write it.
  public var description: String {
    var text = collection
    if let key { text += "[\(key.text)]" }
    for field in fields { text += ".\(field)" }
    return text
  }
}

extension EventDeclaration: CustomStringConvertible {
  /// The event as specs write it.
  public var description: String {
    var text: String
    switch kind {
    case .actions(let actions): text = actions.joined(separator: " or ")
    case .attempt(let actions): text = "attempt(\(actions.joined(separator: " or ")))"
    case .approval(let role): text = "approval(\(role))"
    case .message(let speaker): text = "message(\(speaker))"
    case .activity(let name): text = "activity \(name)"
    }
    if let condition { text += " where \(condition.text)" }
    return text
  }
}

extension TemporalDeclaration: CustomStringConvertible {
  /// The template with its events and bounds.
  public var description: String {
    let events = events.map { $0.map(\.description).joined(separator: " or ") }
    var text = "\(template.rawValue)(\(events.joined(separator: ", ")))"
    if let count { text += " n=\(count)" }
    if !same.isEmpty { text += " same \(same.joined(separator: ", "))" }
    if let within { text += " within \(within) s" }
    return text
  }
}

extension SpecBundle {
  /// The bundle as text for people: what was compiled, in the order of the format.
  public func describe() -> String {
    var out = BundleDescription()
    out.bundle(self)
    return out.text
  }
}

/// Builds the text, two spaces a level.
private struct BundleDescription {
  var text = ""
  private var depth = 0

  private mutating func line(_ content: String) {
    text += String(repeating: "  ", count: depth)
    // A text of many lines stays in its column.
    var first = true
    for part in content.split(separator: "\n", omittingEmptySubsequences: true) {
      if !first { text += String(repeating: "  ", count: depth + 1) }
      first = false
      text += part
      text += "\n"
    }
    if first { text += "\n" }
  }
  private mutating func line(_ name: String, _ value: String?) {
    if let value { line("\(name): \(value)") }
  }
  private mutating func line(_ name: String, _ values: [String]) {
    if !values.isEmpty { line("\(name): \(values.joined(separator: ", "))") }
  }
  private mutating func nested(_ title: String, _ body: (inout BundleDescription) -> Void) {
    line(title)
    depth += 1
    body(&self)
    depth -= 1
  }
  private mutating func section<T>(
    _ title: String, _ values: [T], _ body: (inout BundleDescription, T) -> Void
  ) {
    guard !values.isEmpty else { return }
    text += "\n"
    nested("\(title) (\(values.count))") { out in for value in values { body(&out, value) } }
  }
  private func at(_ position: SourcePosition?) -> String {
    position.map { "  (\($0))" } ?? ""
  }

  mutating func bundle(_ bundle: SpecBundle) {
    line("\(bundle.spec) \(bundle.version), language \(bundle.language)")
    line("meaning", bundle.meaningHash)
    line("owner", bundle.owner)
    line("purpose", bundle.purpose)
    line("roles", bundle.roles)
    if bundle.digestRequired { line("a current digest is required before every write") }
    section("case", bundle.caseFields) { $0.line("\($1.name): \($1.type)") }
    section("types", bundle.types) { out, type in
      switch type.definition {
      case .type(let definition): out.line("\(type.name): \(definition)\(out.at(type.position))")
      case .union(let members, let by):
        out.line(
          "\(type.name): one of \(members.joined(separator: ", ")) by \(by)"
            + out.at(type.position))
      }
    }
    section("collections", bundle.collections) { out, collection in
      let reads = collection.groundedBy.joined(separator: ", ")
      out.line(
        "\(collection.name): \(collection.type), grounded by \(reads.isEmpty ? "nothing" : reads)")
    }
    section("tools", bundle.tools) { $0.tool($1) }
    section("patterns", bundle.patterns) { $0.line("\($1.name): \($1.pattern)") }
    section("groups", bundle.groups) { $0.line($1.name, $1.actions) }
    section("tables", bundle.tables) { $0.line("\($1.name): \($1.type)") }
    section("terms", bundle.terms) { out, term in
      let head = term.parameters.map { "(\($0.joined(separator: ", ")))" } ?? ""
      out.line("\(term.name)\(head): \(term.body.text)")
    }
    section("requirements", bundle.requirements) { $0.requirement($1) }
    section("workflows", bundle.workflows) { out, workflow in
      out.nested("\(workflow.name), starts at \(workflow.start)\(out.at(workflow.position))") {
        out in
        for step in workflow.steps { out.step(step) }
      }
    }
    section("incidents", bundle.incidents) { out, incident in
      out.nested("\(incident.id) \(incident.status.rawValue)\(out.at(incident.position))") { out in
        out.line(incident.title)
        out.line("failure mode", incident.failureMode.rawValue)
        out.line("occurred", incident.occurred)
        out.line("detected", incident.detected)
        out.line("recovered", incident.recovered)
        out.line("prevented", incident.prevented)
        out.line("trace", incident.trace)
        out.line("its sha256", incident.traceHash)
        if let caseID = incident.atCase, let sequence = incident.atSequence {
          out.line("at event \(sequence) of \(caseID)")
        }
        out.line("twin", incident.twin)
        out.line("prevented by", incident.preventedBy)
      }
    }
  }

  private mutating func tool(_ tool: ToolDeclaration) {
    let arguments = tool.arguments.map { "\($0.name): \($0.type)" }.joined(separator: ", ")
    let returns = tool.returns.map { " -> \($0)" } ?? ""
    nested("\(tool.effect.rawValue) \(tool.name)(\(arguments))\(returns)\(at(tool.position))") {
      out in
      out.line(
        "keeps",
        tool.keeps.map { keep in
          let source = keep.source.map { " for each \(keep.each ?? "") in \($0.text)" } ?? ""
          return "\(keep.collection)[\(keep.key.text)]\(source)"
        })
      out.line("fresh for", tool.freshFor.map { "\($0) s" })
      out.line("fails", tool.fails.map(\.text))
      out.line("learns", tool.learns.map { "case.\($0.key) = \($0.value.text)" })
      out.line("once per", tool.oncePer)
      if let touches = tool.touches {
        out.line(
          "touches", touches.isEmpty ? "none" : touches.map(\.description).joined(separator: ", "))
      }
      out.line("sets", tool.sets.map { "\($0.path) = \($0.value.text)" })
      out.line("settled by", tool.settledBy)
      out.line("messages of", tool.message)
      for claim in tool.claims { out.line("claim \(claim.name): \(claim.value.text)") }
      out.line("as of", tool.asOf?.text)
    }
  }

  private mutating func requirement(_ requirement: RequirementDeclaration) {
    var title = "\(requirement.id) \(requirement.priority.rawValue)"
    if requirement.mode == .shadow { title += " shadow" }
    if requirement.advice { title += " advice" }
    nested(title + at(requirement.position)) { out in
      out.line(requirement.statement)
      out.line("source", requirement.source)
      out.line("enforced by", requirement.enforcedBy)
      out.line("applies to", requirement.appliesTo)
      out.line("when", requirement.when?.text)
      out.line(requirement.negated ? "forbid" : "require", requirement.require?.text)
      out.line("ensure", requirement.ensure?.text)
      for rule in requirement.temporal {
        out.line(rule.sugar, rule.description)
      }
      if let confirmed = requirement.confirmed {
        let lists = confirmed.lists.map(\.text).joined(separator: ", ")
        out.line("confirmed by \(confirmed.by): \(confirmed.agrees.text), lists \(lists)")
      }
      if requirement.isEnforced {
        out.line("otherwise", requirement.otherwise.description)
        out.line("ungrounded", requirement.ungrounded.description)
      }
      out.line("because", requirement.because)
      out.line("tell", requirement.tell?.text)
      out.line("needs", requirement.needs)
      if !requirement.examples.isEmpty { out.line("examples: \(requirement.examples.count)") }
    }
  }

  private mutating func step(_ step: StepDeclaration) {
    var title = step.name
    if step.final { title += ", final" }
    if let actor = step.actor { title += ", by \(actor)" }
    nested(title + at(step.position)) { out in
      out.line("goal", step.goal)
      out.line("tools", step.tools)
      if let confidence = step.confidence {
        out.line("confidence below \(confidence.below): \(confidence.then)")
      }
      if step.digestRequired { out.line("a current digest is required") }
      for edge in step.next {
        out.line("to \(edge.to)" + (edge.when.map { " when \($0.text)" } ?? ""))
      }
    }
  }
}
