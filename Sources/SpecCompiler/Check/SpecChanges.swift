import PlumblineBundle

/// How a spec differs from what it was compiled to before, in words.
enum SpecChanges {
  /// A difference of a requirement, at one of its keys.
  struct Change: Equatable {
    var key: String
    var text: String
  }

  /// What of a requirement decides otherwise now.
  static func of(_ old: RequirementDeclaration, _ new: RequirementDeclaration) -> [Change] {
    var changes: [Change] = []
    func field(_ key: String, _ before: String?, _ now: String?) {
      guard let text = words(key, before, now) else { return }
      changes.append(Change(key: key, text: text))
    }
    field("mode", old.mode == .shadow ? "shadow" : nil, new.mode == .shadow ? "shadow" : nil)
    field("advice", old.advice ? "true" : nil, new.advice ? "true" : nil)
    field("enforced_by", old.enforcedBy, new.enforcedBy)
    field(
      "applies_to", old.appliesTo.joined(separator: ", "), new.appliesTo.joined(separator: ", "))
    field("when", old.when?.text, new.when?.text)
    field("require", old.negated ? nil : old.require?.text, new.negated ? nil : new.require?.text)
    field("forbid", old.negated ? old.require?.text : nil, new.negated ? new.require?.text : nil)
    field("ensure", old.ensure?.text, new.ensure?.text)
    var sugars: [String] = []
    for rule in old.temporal + new.temporal where !sugars.contains(rule.sugar) {
      sugars.append(rule.sugar)
    }
    for sugar in sugars { field(sugar, temporal(old, sugar), temporal(new, sugar)) }
    field("confirmed", old.confirmed.map(text), new.confirmed.map(text))
    field("otherwise", old.otherwise.description, new.otherwise.description)
    // What only warns, warns in both cases.
    if new.otherwise != .warn || old.otherwise == .warn {
      field("ungrounded", old.ungrounded.description, new.ungrounded.description)
    }
    field("needs", list(old.needs), list(new.needs))
    return changes
  }

  /// What of an incident is different.
  static func of(_ old: IncidentDeclaration, _ new: IncidentDeclaration) -> [String] {
    func at(_ incident: IncidentDeclaration) -> String? {
      guard let caseID = incident.atCase, let sequence = incident.atSequence else { return nil }
      return "{ case: \(caseID), seq: \(sequence) }"
    }
    return [
      words("failure_mode", old.failureMode.rawValue, new.failureMode.rawValue),
      words("trace", old.trace, new.trace), words("at", at(old), at(new)),
      words("prevented_by", list(old.preventedBy), list(new.preventedBy)),
    ].compactMap { $0 }
  }

  /// What a requirement rests on and is different: terms, patterns, tables, tools, types, workflows.
  static func around(
    _ requirement: RequirementDeclaration, from old: SpecBundle, to new: SpecBundle
  ) -> [String] {
    var mentioned = names(in: texts(of: requirement)).union(requirement.appliesTo)
    var grew = true
    while grew {
      let before = mentioned.count
      for term in new.terms where mentioned.contains(term.name) {
        mentioned.formUnion(names(in: [term.body.text]))
      }
      grew = mentioned.count > before
    }
    var found: [String] = []
    for term in old.terms where mentioned.contains(term.name) {
      let now = new.terms.first { $0.name == term.name }?.body.text
      if let text = words(term.name, term.body.text, now) { found.append("the term \(text)") }
    }
    for pattern in old.patterns where mentioned.contains(pattern.name) {
      let now = new.patterns.first { $0.name == pattern.name }?.pattern
      if let text = words(pattern.name, pattern.pattern, now) {
        found.append("the pattern \(text)")
      }
    }
    for table in old.tables where mentioned.contains(table.name) {
      if new.tables.first(where: { $0.name == table.name })?.value != table.value {
        found.append("the table `\(table.name)` was changed")
      }
    }
    // Declarations hold their places too: they are compared by what they mean.
    func meaning(_ fill: (inout SpecBundle) -> Void) -> String {
      var bundle = SpecBundle(spec: "", version: "")
      fill(&bundle)
      return bundle.meaningHash
    }
    for tool in old.tools {
      let now = new.tools.first { $0.name == tool.name }
      if meaning({ $0.tools = [tool] }) != meaning({ $0.tools = now.map { [$0] } ?? [] }) {
        found.append("the tool `\(tool.name)` was \(now == nil ? "removed" : "changed")")
      }
    }
    for type in old.types {
      let now = new.types.first { $0.name == type.name }
      if meaning({ $0.types = [type] }) != meaning({ $0.types = now.map { [$0] } ?? [] }) {
        found.append("the type `\(type.name)` was \(now == nil ? "removed" : "changed")")
      }
    }
    for workflow in old.workflows {
      let now = new.workflows.first { $0.name == workflow.name }
      if meaning({ $0.workflows = [workflow] })
        != meaning({ $0.workflows = now.map { [$0] } ?? [] })
      {
        found.append("the workflow `\(workflow.name)` was \(now == nil ? "removed" : "changed")")
      }
    }
    return found
  }

  // MARK: Words

  /// `` `key` was `before`, is `now` ``, or `` `key: now` was added ``; nil where both are the same.
  static func words(_ key: String, _ before: String?, _ now: String?) -> String? {
    switch (before.map(line), now.map(line)) {
    case (nil, nil): nil
    case (nil, let now?): "`\(key): \(now)` was added"
    case (let before?, nil): "`\(key): \(before)` was removed"
    case (let before?, let now?): before == now ? nil : "`\(key)` was `\(before)`, is `\(now)`"
    }
  }

  private static func line(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static func list(_ names: [String]) -> String? {
    names.isEmpty ? nil : names.joined(separator: ", ")
  }

  private static func temporal(_ requirement: RequirementDeclaration, _ sugar: String) -> String? {
    list(requirement.temporal.filter { $0.sugar == sugar }.map(\.description))
  }

  private static func text(_ confirmed: ConfirmationDeclaration) -> String {
    var text = "by \(confirmed.by), agrees \(confirmed.agrees.text)"
    if let refuses = confirmed.refuses { text += ", refuses \(refuses.text)" }
    if !confirmed.lists.isEmpty {
      text += ", lists \(confirmed.lists.map(\.text).joined(separator: ", "))"
    }
    return text
  }

  private static func texts(of requirement: RequirementDeclaration) -> [String] {
    var all = [requirement.when, requirement.require, requirement.ensure].compactMap { $0?.text }
    for event in requirement.temporal.flatMap({ $0.events.joined() }) {
      if let condition = event.condition { all.append(condition.text) }
    }
    if let confirmed = requirement.confirmed { all.append(text(confirmed)) }
    return all
  }

  /// The words of texts, as names are written.
  private static func names(in texts: [String]) -> Set<String> {
    var found: Set<String> = []
    for text in texts {
      for word in text.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" }) {
        found.insert(String(word))
      }
    }
    return found
  }
}
