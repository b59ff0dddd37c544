import PlumblineDiagnostics
import Suggestions
import YAMLSyntax

extension Binder {
  mutating func requirements(_ node: YAMLNode) -> [WrittenRequirement] {
    guard
      isList(node, "requirements", help: "begin each requirement with `- id: …`")
    else { return [] }
    let items = tree.items(node)
    var bound: [WrittenRequirement] = []
    bound.reserveCapacity(items.count)
    for item in items where isMappingItem(item, of: "requirements") {
      if let requirement = requirement(item) { bound.append(requirement) }
    }
    return bound
  }

  private mutating func requirement(_ node: YAMLNode) -> WrittenRequirement? {
    var range = tree.range(node)
    let none = Located("", at: range)
    let bound = WrittenRequirement(id: none, range: range)
    if let id = tree.value(node, "id"), tree.kind(id) == .scalar {
      bound.id = Located("", at: tree.range(id))
      range = bound.id.range
    }
    let reported = diagnostics.count
    var per: [Located<String>] = []
    var perKey: SourceRange?
    var atMost: Int?
    let title =
      tree.value(node, "id").flatMap { tree.kind($0) == .scalar ? tree.text($0) : nil }
      .flatMap { $0.isEmpty ? nil : "requirement `\($0.prefix(60))`" }
    bind(SpecLanguage.requirementObject, node, at: range, named: title) {
      binder, entry in
      let value = entry.value
      switch entry.key {
      case "id":
        if let id = binder.id(value) { bound.id = id }
      case "statement":
        bound.statement = binder.text(value, "statement")
        bound.statementText = bound.statement.map {
          WrittenExpression(text: $0.value, range: $0.range, tree: binder.tree, node: value)
        }
      case "applies_to": bound.appliesTo = binder.actions(value)
      case "when": bound.when = binder.expression(value, "when")
      case "require": bound.require = binder.expression(value, "require")
      case "forbid": bound.forbid = binder.expression(value, "forbid")
      case "ensure": bound.ensure = binder.expression(value, "ensure")
      case "tell": bound.tell = binder.template(value, "tell")
      case "otherwise": bound.otherwise = binder.answer(value, "otherwise")
      case "ungrounded": bound.ungrounded = binder.answer(value, "ungrounded")
      case "priority":
        bound.priority = binder.word(value, "priority", of: SpecLanguage.priorities)
      case "source": bound.source = binder.text(value, "source")
      case "mode": bound.mode = binder.word(value, "mode", of: SpecLanguage.modes)
      case "advice": bound.advice = binder.boolean(value, "advice")
      case "enforced_by": bound.enforcedBy = binder.text(value, "enforced_by")
      case "notes": bound.notes = binder.text(value, "notes")
      case "because": bound.because = binder.text(value, "because")
      case "needs": bound.needs = binder.distinct(binder.names(value, "needs"))
      case "after", "immediately_after", "not_after", "followed_by":
        let events = binder.events(value, entry.key)
        if !events.isEmpty {
          bound.temporal.append(.init(sugar: binder.sugar(entry), events: [events]))
        }
      case "once_per":
        var temporal = WrittenTemporal(sugar: binder.sugar(entry))
        temporal.same = binder.keyNames(value, "once_per")
        if !temporal.same.isEmpty { bound.temporal.append(temporal) }
      case "at_most":
        var temporal = WrittenTemporal(sugar: binder.sugar(entry))
        temporal.count = binder.integer(value, "at_most", atLeast: 0)
        atMost = bound.temporal.count
        bound.temporal.append(temporal)
      case "per":
        perKey = binder.tree.range(entry.keyNode)
        per = binder.keyNames(value, "per")
      case "declare":
        bound.temporal += binder.declarations(value, binder.sugar(entry))
      case "same": bound.same = binder.keyNames(value, "same")
      case "within": bound.within = binder.duration(value, "within")
      case "confirmed": bound.confirmed = binder.confirmed(value)
      case "examples": bound.examples = binder.examples(value)
      default: return false
      }
      return true
    }
    if let atMost {
      bound.temporal[atMost].same = per
      if bound.temporal[atMost].count == nil { bound.temporal.remove(at: atMost) }
    } else if let perKey {
      report(.needsCompanion("per", "`at_most`", at: perKey))
    }
    guard !bound.id.value.isEmpty else { return nil }
    return diagnostics.count == reported ? bound : broken(bound)
  }

  /// What remains of a requirement with a mistake in it.
  private func broken(_ requirement: WrittenRequirement) -> WrittenRequirement {
    let rest = WrittenRequirement(id: requirement.id, range: requirement.range)
    rest.isBroken = true
    rest.statement = requirement.statement
    rest.statementText = requirement.statementText
    rest.advice = Located(true, at: requirement.id.range)
    return rest
  }

  private func sugar(_ entry: Entry) -> Located<String> {
    Located(entry.key, at: tree.range(entry.keyNode))
  }

  // MARK: Events

  /// `applies_to`: names, and `effect(…)`.
  private mutating func actions(_ node: YAMLNode) -> [WrittenEvent] {
    guard !tree.isBroken(node) else { return [] }
    if tree.kind(node) == .sequence, tree.items(node).isEmpty {
      report(.empty("applies_to", at: tree.range(node)))
    }
    return oneOrList(node).compactMap { item in
      guard let event = event(item, "applies_to") else { return nil }
      guard let function = event.function, function.value != "effect" else { return event }
      report(
        .badEvent(
          tree.text(item), help: "`applies_to` takes tools, groups and `effect(EFFECT)`",
          at: tree.range(item)))
      return nil
    }
  }

  /// One event or several, any of which will do.
  private mutating func events(_ node: YAMLNode, _ key: String) -> [WrittenEvent] {
    guard !tree.isBroken(node) else { return [] }
    if tree.kind(node) == .sequence, tree.items(node).isEmpty {
      report(.empty(key, at: tree.range(node)))
    }
    return oneOrList(node).compactMap { item in
      tree.kind(item) == .mapping ? eventWhere(item) : event(item, key)
    }
  }

  private mutating func eventWhere(_ node: YAMLNode) -> WrittenEvent? {
    var event: WrittenEvent?
    var condition: WrittenExpression?
    bind(SpecLanguage.followedByObject, node, at: tree.range(node)) { binder, entry in
      switch entry.key {
      case "event": event = binder.event(entry.value, "event")
      case "where": condition = binder.expression(entry.value, "where")
      default: return false
      }
      return true
    }
    event?.condition = condition
    return event
  }

  /// A name, or one of the functions of events.
  private mutating func event(_ node: YAMLNode, _ key: String) -> WrittenEvent? {
    guard let text = text(node, key, expected: "an event") else { return nil }
    guard let call = TextScanner.call(text.value) else {
      // A bracket that is not closed, after one of the functions.
      if let open = text.value.firstIndex(of: "("),
        SpecLanguage.eventFunctions.contains(String(text.value[..<open]))
      {
        report(.badEvent(text.value, help: "close the bracket", at: text.range))
        return nil
      }
      return WrittenEvent(name: text)
    }
    guard SpecLanguage.eventFunctions.contains(call.function) else {
      guard let near = Suggest.nearest(call.function, among: SpecLanguage.eventFunctions) else {
        return WrittenEvent(name: text)
      }
      report(
        .badEvent(text.value, help: "did you mean `\(near)(\(call.argument))`?", at: text.range))
      return nil
    }
    let bounds = call.bounds
    let argument = Located(
      call.argument, at: tree.sourceRange(node, bounds.lowerBound, bounds.upperBound))
    let words: [String]? =
      switch call.function {
      case "effect": SpecLanguage.effects
      case "message": SpecLanguage.speakers
      default: nil
      }
    guard !call.argument.isEmpty else {
      let help =
        switch call.function {
        case "effect": "name an effect: `effect(write)`"
        case "message": "name a speaker: `message(user)`"
        case "approval": "name a role: `approval(ROLE)`"
        default: "name an action: `attempt(ACTION)`"
        }
      report(.badEvent(text.value, help: help, at: text.range))
      return nil
    }
    if let words, !words.contains(call.argument) {
      report(
        .unknownWord(
          call.argument, for: "\(call.function)(…)", among: words, at: argument.range))
      return nil
    }
    let length = call.function.utf8.count
    let function = Located(call.function, at: tree.sourceRange(node, 0, length))
    return WrittenEvent(function: function, name: argument)
  }

  // MARK: Declare

  private mutating func declarations(
    _ node: YAMLNode, _ sugar: Located<String>
  ) -> [WrittenTemporal] {
    guard !tree.isBroken(node) else { return [] }
    return oneOrList(node).compactMap { item in
      isMapping(item, "declare") ? declaration(item, sugar) : nil
    }
  }

  private mutating func declaration(
    _ node: YAMLNode, _ sugar: Located<String>
  ) -> WrittenTemporal? {
    var bound = WrittenTemporal(sugar: sugar)
    bind(SpecLanguage.declareObject, node, at: sugar.range) { binder, entry in
      let value = entry.value
      switch entry.key {
      case "template":
        bound.template = binder.word(value, "template", of: SpecLanguage.templates)
      case "n": bound.count = binder.integer(value, "n", atLeast: 0)
      case "events":
        guard !binder.tree.isBroken(value) else { break }
        if binder.tree.kind(value) == .sequence, binder.tree.items(value).isEmpty {
          binder.report(.empty("events", at: binder.tree.range(value)))
        }
        bound.events = binder.oneOrList(value).map { binder.events($0, "events") }
      case "same": bound.same = binder.keyNames(value, "same")
      case "when": bound.when = binder.expression(value, "when")
      case "within": bound.within = binder.duration(value, "within")
      default: return false
      }
      return true
    }
    let isWhole = bound.template != nil && !bound.events.contains { $0.isEmpty }
    return isWhole && !bound.events.isEmpty ? bound : nil
  }

  // MARK: Confirmations and examples

  private mutating func confirmed(_ node: YAMLNode) -> WrittenConfirmation? {
    guard isMapping(node, "confirmed") else { return nil }
    var bound = WrittenConfirmation(at: tree.range(node))
    bind(SpecLanguage.confirmedObject, node, at: bound.range) { binder, entry in
      switch entry.key {
      case "by": bound.by = binder.word(entry.value, "by", of: SpecLanguage.speakers)
      case "agrees": bound.agrees = binder.expression(entry.value, "agrees")
      case "refuses": bound.refuses = binder.expression(entry.value, "refuses")
      case "lists": bound.lists = binder.expressions(entry.value, "lists")
      default: return false
      }
      return true
    }
    return bound.by == nil || bound.agrees == nil ? nil : bound
  }

  private mutating func examples(_ node: YAMLNode) -> [WrittenExample] {
    guard isList(node, "examples") else { return [] }
    return tree.items(node).compactMap { item in
      guard isMappingItem(item, of: "examples") else { return nil }
      var bound = WrittenExample(at: tree.range(item))
      bind(SpecLanguage.exampleObject, item, at: bound.range) { binder, entry in
        let value = entry.value
        switch entry.key {
        case "name": bound.name = binder.text(value, "name")
        case "given":
          if binder.isMapping(value, "given") {
            bound.given = WrittenValue(tree: binder.tree, node: value)
          }
        case "history":
          guard binder.isList(value, "history") else { break }
          bound.history = binder.tree.items(value).compactMap {
            binder.isMappingItem($0, of: "history")
              ? WrittenValue(tree: binder.tree, node: $0) : nil
          }
        case "now": bound.now = binder.text(value, "now", expected: "a time")
        case "propose":
          if binder.isMapping(value, "propose") {
            bound.propose = WrittenValue(tree: binder.tree, node: value)
          }
        case "expect": bound.expect = binder.word(value, "expect", of: SpecLanguage.expectations)
        default: return false
        }
        return true
      }
      return bound.propose == nil || bound.expect == nil ? nil : bound
    }
  }
}
