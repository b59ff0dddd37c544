import CEL
import PlumblineBundle
import PlumblineDiagnostics
import PlumblineRuntime
import SpecModel
import Suggestions

extension Lowering {
  /// Everything of the tools that needs no other name than types.
  mutating func declareTools() {
    for written in model.tools where toolIndex[written.name.value] == nil {
      var tool = ToolDeclaration(
        name: written.name.value,
        effect: written.effect.flatMap { Effect(rawValue: $0.value) } ?? .none)
      tool.description = written.description?.value
      tool.position = position(written.name.range)
      tool.arguments = lowerFields(written.arguments)
      tool.returns = written.returns.map { lowerType($0) }
      tool.freshFor = written.freshFor?.value
      tool.message = written.message?.value
      tool.fails = (model.fails + written.fails).map { expression($0) }
      tool.asOf = written.asOf.map { expression($0) }
      for key in written.oncePer where checkArgument(key, of: tool) {
        tool.oncePer.append(key.value)
      }
      toolIndex[tool.name] = bundle.tools.count
      bundle.tools.append(tool)
      writtenTools.append(written)
    }
  }

  mutating func checkArgument(_ key: Located<String>, of tool: ToolDeclaration) -> Bool {
    if tool.arguments.contains(where: { $0.name == key.value }) { return true }
    report(
      .unknownArgument(
        key.value, of: tool.name, at: key.range,
        near: Suggest.nearest(key.value, among: tool.arguments.map(\.name))))
    return false
  }

  // MARK: Groups

  mutating func lowerGroups() {
    for group in model.groups where groupNames[group.name.value] == nil {
      groupNames[group.name.value] = group.name
    }
    var contents: [String: [Located<String>]] = [:]
    for group in model.groups where contents[group.name.value] == nil {
      contents[group.name.value] = group.content
    }
    var state: [String: Int] = [:]
    var order: [String] = []
    for group in model.groups where !order.contains(group.name.value) {
      order.append(group.name.value)
      _ = resolveGroup(group.name.value, contents, &state, depth: 0)
    }
    for name in order {
      bundle.groups.append(GroupDeclaration(name: name, actions: groupIndex[name] ?? []))
    }
  }

  private mutating func resolveGroup(
    _ name: String, _ contents: [String: [Located<String>]], _ state: inout [String: Int],
    depth: Int
  ) -> Set<String> {
    if state[name] == 2 { return Set(groupIndex[name] ?? []) }
    state[name] = 1
    var actions: Set<String> = []
    for member in contents[name] ?? [] {
      if toolIndex[member.value] != nil {
        actions.insert(member.value)
      } else if contents[member.value] != nil {
        if state[member.value] == 1 || depth > 60 {
          report(.cyclicGroup(name, through: member.value, at: member.range))
        } else {
          actions.formUnion(resolveGroup(member.value, contents, &state, depth: depth + 1))
        }
      } else {
        report(unknownAction(member))
      }
    }
    state[name] = 2
    groupIndex[name] = actions.sorted()
    return actions
  }

  func unknownAction(_ name: Located<String>) -> Diagnostic {
    // Several names without brackets or without commas between them are one to YAML.
    let parts = name.value.split { ", ;".contains($0) }.map(String.init)
    let isList =
      parts.count > 1 && parts.allSatisfy { toolIndex[$0] != nil || nearAction($0) != nil }
    return .unknownAction(
      name.value, at: name.range, near: nearAction(name.value), list: isList ? parts : nil)
  }

  func nearAction(_ name: String) -> String? {
    Suggest.nearest(
      name, among: bundle.tools.map(\.name) + model.groups.map(\.name.value))
  }

  /// The tools a name stands for: a tool or a group. Reports a name that is neither.
  mutating func actions(_ name: Located<String>) -> [String]? {
    if toolIndex[name.value] != nil { return [name.value] }
    if let group = groupIndex[name.value] { return group }
    report(unknownAction(name))
    return nil
  }

  // MARK: Collections

  /// Record collections are what tools keep. One collection holds records of one type.
  mutating func lowerCollections() {
    var owners: [String: (type: TypeReference?, tool: String, range: SourceRange)] = [:]
    var grounded: [String: Set<String>] = [:]
    var order: [String] = []
    // A type that nobody declares stands for any: it is told already.
    let lacksTypes = diagnostics.contains { $0.code == "PL0201" }
    for (index, tool) in writtenTools.enumerated() {
      for keep in tool.keeps {
        let name = keep.path.collection.value
        let type = recordType(of: keep, tool: index)
        if bundle.tools[index].effect == .read {
          grounded[name, default: []].insert(tool.name.value)
        }
        guard let owner = owners[name] else {
          owners[name] = (type, tool.name.value, keep.path.collection.range)
          order.append(name)
          continue
        }
        guard let type, !(lacksTypes && type == .any) else { continue }
        if let known = owner.type, !(lacksTypes && known == .any) {
          if known != type {
            report(
              .conflictingCollection(
                name, known.description, owner.tool, type.description,
                at: keep.path.collection.range,
                first: owner.range))
          }
        } else {
          owners[name]?.type = type
        }
      }
    }
    for name in order.sorted() {
      collectionIndex[name] = bundle.collections.count
      collectionPlaces[name] = owners[name]?.range
      bundle.collections.append(
        CollectionDeclaration(
          name: name, type: owners[name]?.type ?? .any,
          groundedBy: (grounded[name] ?? []).sorted()))
    }
  }

  /// The type of the record that a `keeps` makes; nil where it cannot be told.
  private func recordType(of keep: WrittenKeep, tool index: Int) -> TypeReference? {
    let tool = bundle.tools[index]
    guard let returns = tool.returns else { return nil }
    guard let source = keep.source else { return stripped(returns) }
    // `result` and fields of it are followed by name, which keeps the declared type's own name.
    let parts = source.text.split(separator: ".", omittingEmptySubsequences: false)
    if parts.first == "result" {
      var type: TypeReference? = returns
      for part in parts.dropFirst() {
        type = type.flatMap { recordFields($0) }?.first { $0.name == part }?.type
      }
      if let type, case .list(let element) = resolved(type) { return stripped(element) }
    }
    let scope = SpecScope(bundle)
    let checked = scope.compile(expression(source), in: .result(tool: tool.name))
    guard let type = checked.checked?.type, case .list(let element) = type else { return nil }
    return reference(element)
  }

  func stripped(_ type: TypeReference) -> TypeReference {
    switch type {
    case .optional(let wrapped), .sensitive(let wrapped): stripped(wrapped)
    default: type
    }
  }

  /// A CEL type as specs write it; nil where there is no way to write it.
  func reference(_ type: CELType, depth: Int = 0) -> TypeReference? {
    if depth > 60 { return nil }
    switch type {
    case .dyn: return .any
    case .bool: return .bool
    case .int: return .int
    case .double: return .number
    case .string: return .string
    case .timestamp: return .timestamp(offsetMinutes: nil)
    case .date: return .date
    case .duration: return .duration
    case .list(let element): return reference(element, depth: depth + 1).map { .list($0) }
    case .map(.string, let value): return reference(value, depth: depth + 1).map { .map($0) }
    case .enumeration(let set): return .enumeration(set.values)
    case .object(let object): return typeNames.contains(object.name) ? .named(object.name) : nil
    default: return nil
    }
  }

  // MARK: Paths

  /// What tools keep, learn, set, touch and claim: the names in it. Expressions are checked later.
  mutating func lowerToolPaths() {
    for index in writtenTools.indices {
      let written = writtenTools[index]
      for keep in written.keeps {
        guard let key = keep.path.key else { continue }
        bundle.tools[index].keeps.append(
          KeepDeclaration(
            each: keep.each?.value, source: keep.source.map { expression($0) },
            collection: keep.path.collection.value, key: expression(key)))
      }
      for learn in written.learns {
        let key = Self.caseKey(learn.name.value)
        guard model.caseFields.contains(where: { $0.name.value == key }) else {
          report(
            .unknownCaseKey(
              key, at: learn.name.range,
              near: Suggest.nearest(key, among: model.caseFields.map(\.name.value))))
          continue
        }
        bundle.tools[index].learns.append(
          LearnDeclaration(key: key, value: expression(learn.content)))
      }
      switch written.touches {
      case nil: break
      case .some(.none): bundle.tools[index].touches = []
      case .some(.paths(let paths)):
        bundle.tools[index].touches = paths.compactMap { lowerPath($0)?.path }
      }
      for set in written.sets {
        guard let (path, _) = lowerPath(set.path) else { continue }
        bundle.tools[index].sets.append(
          SetDeclaration(path: path, value: expression(set.value)))
      }
      if let settled = written.settledBy { lowerSettledBy(settled, index) }
      lowerClaims(index)
    }
  }

  static func caseKey(_ name: String) -> String {
    name.hasPrefix("case.") ? String(name.dropFirst(5)) : name
  }

  private mutating func lowerSettledBy(_ name: Located<String>, _ index: Int) {
    guard let reader = toolIndex[name.value] else {
      report(
        .unknownAction(
          name.value, at: name.range,
          near: Suggest.nearest(
            name.value, among: bundle.tools.filter { $0.effect == .read }.map(\.name))))
      return
    }
    if bundle.tools[reader].effect != .read {
      report(
        .settledByNoRead(
          name.value, bundle.tools[reader].effect.rawValue, at: name.range))
      return
    }
    bundle.tools[index].settledBy = name.value
  }

  /// A path to facts with the type of what it ends at; nil (and reported) where it leads nowhere.
  mutating func lowerPath(_ written: WrittenPath) -> (path: FactPath, type: TypeReference)? {
    let name = written.collection
    var type: TypeReference
    if name.value == "case" {
      type = .record(bundle.caseFields)
    } else if let index = collectionIndex[name.value] {
      type = bundle.collections[index].type
      if written.key == nil, !written.fields.isEmpty {
        report(.pathWithoutKey(name.value, at: written.range))
        return nil
      }
    } else {
      report(
        .unknownCollection(
          name.value, at: name.range,
          near: Suggest.nearest(name.value, among: bundle.collections.map(\.name) + ["case"])))
      return nil
    }
    for field in written.fields {
      if case .any = resolved(type) {
        type = .any
        continue
      }
      guard let fields = recordFields(type) else {
        report(.fieldOfNoRecord(field.value, type.description, at: field.range))
        return nil
      }
      guard let found = fields.first(where: { $0.name == field.value }) else {
        report(
          .unknownField(
            field.value, of: typeTitle(type, in: name.value), at: field.range,
            near: Suggest.nearest(field.value, among: fields.map(\.name))))
        return nil
      }
      type = found.type
    }
    let path = FactPath(
      collection: name.value, key: written.key.map { expression($0) },
      fields: written.fields.map(\.value))
    return (path, type)
  }

  func typeTitle(_ type: TypeReference, in collection: String) -> String {
    if case .named(let name) = stripped(type) { return name }
    return collection
  }

  /// Claims take the type of their expressions: a bool or a list.
  private mutating func lowerClaims(_ index: Int) {
    let written = writtenTools[index]
    guard !written.claims.isEmpty else { return }
    let scope = SpecScope(bundle)
    let context = SpecScope.Context.claim(tool: written.name.value)
    for claim in written.claims {
      let text = expression(claim.content)
      let result = scope.compile(text, in: context)
      var type = TypeReference.any
      if result.issues.isEmpty, let checked = result.checked {
        if let found = reference(checked.type) {
          type = found
        }
        switch checked.type {
        case .bool, .list, .dyn, .error: break
        default:
          report(
            .claimType(claim.name.value, checked.type.specText, at: claim.content.range))
        }
      }
      bundle.tools[index].claims.append(
        ClaimDeclaration(name: claim.name.value, value: text, type: type))
    }
  }
}

extension CELType {
  /// The type in the words of specs where they have one.
  var specText: String {
    switch self {
    case .double: "number"
    case .timestamp: "timestamp"
    case .duration: "duration"
    case .list(let element): "list(\(element.specText))"
    case .map(.string, let value): "map(\(value.specText))"
    default: description
    }
  }
}
