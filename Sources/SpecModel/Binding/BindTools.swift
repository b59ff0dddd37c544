import PlumblineDiagnostics
import YAMLSyntax

extension Binder {
  mutating func tools(_ node: YAMLNode) -> [WrittenTool] {
    guard isMapping(node, "tools") else { return [] }
    return entries(node).compactMap { entry in
      guard let name = actionName(entry), isMapping(entry.value, entry.key) else { return nil }
      return tool(name, entry.value)
    }
  }

  private mutating func tool(_ name: Located<String>, _ node: YAMLNode) -> WrittenTool {
    var tool = WrittenTool(name: name)
    bind(SpecLanguage.toolObject, node, at: name.range, named: "the tool `\(name.value)`") {
      binder, entry in
      let value = entry.value
      switch entry.key {
      case "effect": tool.effect = binder.word(value, "effect", of: SpecLanguage.effects)
      case "description": tool.description = binder.text(value, "description")
      case "args":
        if binder.isMapping(value, "args") {
          tool.arguments = binder.fields(value, of: "an argument")
        }
      case "returns": tool.returns = binder.type(value, "returns")
      case "keeps": tool.keeps = binder.keeps(value)
      case "fresh_for": tool.freshFor = binder.duration(value, "fresh_for")
      case "as_of": tool.asOf = binder.expression(value, "as_of")
      case "fails": tool.fails = binder.expressions(value, "fails")
      case "learns": tool.learns = binder.learns(value)
      case "once_per": tool.oncePer = binder.keyNames(value, "once_per")
      case "touches": tool.touches = binder.touches(value)
      case "sets": tool.sets = binder.sets(value)
      case "settled_by": tool.settledBy = binder.text(value, "settled_by", expected: "a tool")
      case "message": tool.message = binder.word(value, "message", of: ["agent"])
      case "claims": tool.claims = binder.named(value, "claims", of: "a claim")
      default: return false
      }
      return true
    }
    return tool
  }

  /// Names that correlate: at least one, each once.
  mutating func keyNames(_ node: YAMLNode, _ key: String) -> [Located<String>] {
    guard !tree.isBroken(node) else { return [] }
    if tree.kind(node) == .sequence, tree.items(node).isEmpty {
      report(.empty(key, at: tree.range(node)))
      return []
    }
    return distinct(names(node, key))
  }

  /// A mapping from names that conditions use to conditions.
  mutating func named(
    _ node: YAMLNode, _ key: String, of what: String
  ) -> [WrittenEntry<WrittenExpression>] {
    guard isMapping(node, key) else { return [] }
    return entries(node).compactMap { entry in
      guard let name = name(entry), let checked = checked(name, of: what),
        let value = expression(entry.value, entry.key)
      else { return nil }
      return WrittenEntry(name: checked, content: value)
    }
  }

  private mutating func learns(_ node: YAMLNode) -> [WrittenEntry<WrittenExpression>] {
    guard isMapping(node, "learns") else { return [] }
    return entries(node).compactMap { entry in
      let prefix = "case."
      guard entry.key.hasPrefix(prefix),
        TextScanner.isIdentifier(String(entry.key.dropFirst(prefix.count)))
      else {
        report(.learnsNoCaseKey(entry.key, at: tree.range(entry.keyNode)))
        return nil
      }
      guard let value = expression(entry.value, entry.key) else { return nil }
      let range = tree.sourceRange(entry.keyNode, prefix.utf8.count, entry.key.utf8.count)
      let name = Located(String(entry.key.dropFirst(prefix.count)), at: range)
      return WrittenEntry(name: name, content: value)
    }
  }

  private mutating func touches(_ node: YAMLNode) -> WrittenTool.Touches? {
    guard !tree.isBroken(node) else { return nil }
    if tree.textEquals(node, "none" as StaticString) {
      return WrittenTool.Touches.none(tree.range(node))
    }
    if tree.kind(node) == .sequence, tree.items(node).isEmpty {
      report(.empty("touches", at: tree.range(node), help: "write `touches: none`"))
      return nil
    }
    return .paths(oneOrList(node).compactMap { path($0, "touches") })
  }

  private mutating func sets(_ node: YAMLNode) -> [(path: WrittenPath, value: WrittenExpression)] {
    guard isMapping(node, "sets") else { return [] }
    return entries(node).compactMap { entry in
      guard let target = path(of: entry.key, entry.keyNode),
        let value = expression(entry.value, entry.key)
      else { return nil }
      return (target, value)
    }
  }

  mutating func patterns(_ node: YAMLNode) -> [WrittenEntry<Located<String>>] {
    guard isMapping(node, "patterns") else { return [] }
    return entries(node).compactMap { entry in
      guard let name = name(entry), let checked = checked(name, of: "a pattern"),
        let pattern = text(entry.value, entry.key, expected: "a pattern")
      else { return nil }
      return WrittenEntry(name: checked, content: pattern)
    }
  }

  mutating func groups(_ node: YAMLNode) -> [WrittenEntry<[Located<String>]>] {
    guard isMapping(node, "groups") else { return [] }
    return entries(node).compactMap { entry in
      guard let name = actionName(entry) else { return nil }
      return WrittenEntry(name: name, content: keyNames(entry.value, entry.key))
    }
  }

  mutating func tables(_ node: YAMLNode) -> [WrittenEntry<WrittenValue>] {
    guard isMapping(node, "tables") else { return [] }
    return entries(node).compactMap { entry in
      guard let name = name(entry), let checked = checked(name, of: "a table"),
        !tree.isBroken(entry.value)
      else { return nil }
      if isNull(entry.value) {
        _ = missingValue(entry.value, entry.key)
        return nil
      }
      return WrittenEntry(name: checked, content: WrittenValue(tree: tree, node: entry.value))
    }
  }

  mutating func terms(_ node: YAMLNode) -> [WrittenTerm] {
    guard isMapping(node, "terms") else { return [] }
    return entries(node).compactMap { entry in
      guard let head = termHead(entry), let body = expression(entry.value, entry.key) else {
        return nil
      }
      return WrittenTerm(name: head.name, parameters: head.parameters, body: body)
    }
  }

  /// `recent(order)`: a name and, in brackets, its parameters.
  private mutating func termHead(
    _ entry: Entry
  ) -> (name: Located<String>, parameters: [Located<String>]?)? {
    let node = entry.keyNode
    let whole = tree.range(node)
    if TextScanner.isIdentifier(entry.key) { return (Located(entry.key, at: whole), nil) }
    guard let call = TextScanner.call(entry.key) else {
      report(.badTerm(entry.key, at: whole))
      return nil
    }
    let bytes = Array(entry.key.utf8)
    var parameters: [Located<String>] = []
    var start = call.bounds.lowerBound
    while start < call.bounds.upperBound {
      let end =
        bytes[start..<call.bounds.upperBound].firstIndex(of: UInt8(ascii: ","))
        ?? call.bounds.upperBound
      let bounds = TextScanner.trim(bytes, start..<end)
      let name = String(decoding: bytes[bounds], as: UTF8.self)
      guard TextScanner.isIdentifier(name) else {
        report(.badTerm(entry.key, at: whole))
        return nil
      }
      parameters.append(
        Located(name, at: tree.sourceRange(node, bounds.lowerBound, bounds.upperBound)))
      start = end + 1
    }
    let name = Located(
      call.function, at: tree.sourceRange(node, 0, call.function.utf8.count))
    return (name, distinct(parameters))
  }
}
