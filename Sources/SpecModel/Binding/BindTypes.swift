import PlumblineDiagnostics
import YAMLSyntax

extension Binder {
  /// A mapping from names to types: `args`, `case`, the fields of a record.
  mutating func fields(_ node: YAMLNode, of what: String? = nil) -> [WrittenField] {
    entries(node).compactMap { entry in
      guard var name = name(entry) else { return nil }
      if let what {
        guard let identifier = checked(name, of: what) else { return nil }
        name = identifier
      }
      return WrittenField(name: name, type: type(entry.value, entry.key))
    }
  }

  mutating func typeDeclarations(_ node: YAMLNode) -> [WrittenTypeDeclaration] {
    guard isMapping(node, "types") else { return [] }
    return entries(node).compactMap { entry in
      guard let name = name(entry), let checked = checked(name, of: "a type") else { return nil }
      let definition = typeDefinition(entry.value, entry.key)
      return WrittenTypeDeclaration(name: checked, definition: definition)
    }
  }

  private mutating func typeDefinition(
    _ node: YAMLNode, _ key: String
  ) -> WrittenTypeDeclaration.Definition {
    guard !tree.isBroken(node), tree.kind(node) == .mapping else { return .type(type(node, key)) }
    let place = tree.range(node)
    if let members = tree.value(node, "one_of"), tree.kind(members) == .sequence {
      var union: (members: [Located<String>], by: Located<String>?) = ([], nil)
      bind(SpecLanguage.unionObject, node, at: place) { binder, entry in
        switch entry.key {
        case "one_of": union.members = binder.distinct(binder.names(entry.value, "one_of"))
        case "by": union.by = binder.text(entry.value, "by", expected: "a field")
        default: return false
        }
        return true
      }
      guard let by = union.by else { return .type(.invalid(place)) }
      guard !union.members.isEmpty else {
        report(.empty("one_of", at: tree.range(members)))
        return .type(.invalid(place))
      }
      return .union(members: union.members, by: by)
    }
    if let file = schemaFile(node) { return .schema(file) }
    return .type(type(node, key))
  }

  /// `{ schema: FILE }`; a record may have a field of that name, but no type looks like a file.
  private func schemaFile(_ node: YAMLNode) -> Located<String>? {
    let all = tree.entries(node)
    guard all.count == 1, let only = all.first, tree.textEquals(only.key, "schema" as StaticString),
      tree.kind(only.value) == .scalar
    else { return nil }
    let text = tree.text(only.value)
    guard text.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }) else {
      return nil
    }
    return Located(text, at: tree.range(only.value))
  }

  /// A type: a scalar in the notation of types, a list of values, a mapping of fields.
  mutating func type(_ node: YAMLNode, _ key: String) -> WrittenType {
    let range = tree.range(node)
    guard !tree.isBroken(node) else { return .invalid(range) }
    switch tree.kind(node) {
    case .sequence: return enumeration(node, key)
    case .mapping:
      if let members = tree.value(node, "one_of"), tree.kind(members) == .sequence {
        report(
          .badType(
            "a union must have a name of its own", help: "declare it under `types`", at: range))
        return .invalid(range)
      }
      if schemaFile(node) != nil {
        report(
          .badType(
            "a type from a file must have a name of its own", help: "declare it under `types`",
            at: range))
        return .invalid(range)
      }
      return .record(fields(node), range)
    case .scalar: break
    }
    guard let text = text(node, key, expected: "a type", isFree: false) else {
      return .invalid(range)
    }
    if TextScanner.isIdentifier(text.value) { return .name(text) }
    var parser = TypeParser(text.value, tree: tree, node: node)
    do {
      return try parser.whole()
    } catch {
      report(
        .badType(
          error.message, help: error.help,
          at: tree.sourceRange(node, error.bounds.lowerBound, error.bounds.upperBound)))
      return .invalid(range)
    }
  }

  private mutating func enumeration(_ node: YAMLNode, _ key: String) -> WrittenType {
    let range = tree.range(node)
    var values: [Located<String>] = []
    var isBroken = false
    for item in tree.items(node) {
      if tree.kind(item) == .scalar, case .string(let value) = tree.scalar(item) {
        values.append(Located(value, at: tree.range(item)))
      } else {
        // One message for `[true, false]`.
        if !isBroken { _ = text(item, key, expected: "text in the enum") }
        isBroken = true
      }
    }
    guard !isBroken else { return .invalid(range) }
    guard !values.isEmpty else {
      report(.empty(key, at: range))
      return .invalid(range)
    }
    return .enumeration(distinct(values), range)
  }

  /// Reports what stands twice in a list and leaves it out.
  mutating func distinct(_ values: [Located<String>]) -> [Located<String>] {
    var kept: [Located<String>] = []
    for value in values {
      if let first = kept.first(where: { $0.value == value.value }) {
        report(.repeatedItem(value.value, at: value.range, first: first.range))
      } else {
        kept.append(value)
      }
    }
    return kept
  }
}
