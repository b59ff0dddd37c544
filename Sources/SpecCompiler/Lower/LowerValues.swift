import PlumblineBundle
import PlumblineDiagnostics
import SpecModel
import Suggestions
import YAMLSyntax

extension WrittenValue {
  func child(_ node: YAMLNode) -> WrittenValue { WrittenValue(tree: tree, node: node) }
  var kind: YAMLTree.Kind { tree.kind(node) }
  var scalar: YAMLTree.Scalar { tree.scalar(node) }
  var isMapping: Bool { kind == .mapping }

  func entries() -> [(key: Located<String>, value: WrittenValue)] {
    tree.entries(node).map {
      (Located(tree.text($0.key), at: tree.range($0.key)), child($0.value))
    }
  }

  /// How a message calls it.
  var title: String {
    switch kind {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .scalar:
      switch scalar {
      case .null: "nothing"
      case .bool(let value): "the bool `\(value)`"
      case .int, .bigInteger: "the int `\(tree.text(node))`"
      case .double: "the number `\(tree.text(node))`"
      case .string(let text): text.utf8.count > 40 ? "a string" : "the string `\(text)`"
      }
    }
  }

  /// What YAML reads, without a type.
  func untyped(depth: Int = 0) -> BundleValue {
    if depth > 64 { return .null }
    switch kind {
    case .sequence:
      return .list(tree.items(node).map { child($0).untyped(depth: depth + 1) })
    case .mapping:
      return .map(
        tree.entries(node).map {
          .init(tree.text($0.key), child($0.value).untyped(depth: depth + 1))
        })
    case .scalar:
      switch scalar {
      case .null: return .null
      case .bool(let value): return .bool(value)
      case .int(let value): return .int(value)
      case .bigInteger(let text): return .string(text)
      case .double(let value): return .double(value)
      case .string(let value): return .string(value)
      }
    }
  }
}

extension Lowering {
  // MARK: Tables

  mutating func lowerTables() {
    var seen: Set<String> = []
    for table in model.tables where seen.insert(table.name.value).inserted {
      let (type, sound) = inferType(table.content, depth: 0)
      var value = BundleValue.null
      if sound { value = widened(table.content.untyped(), type) }
      bundle.tables.append(
        TableDeclaration(
          name: table.name.value, type: sound ? type : .any, value: value))
    }
  }

  /// The type of a constant: the same for all values of a map or list, ints and numbers meeting in numbers.
  private mutating func inferType(_ value: WrittenValue, depth: Int) -> (TypeReference, Bool) {
    if depth > 60 {
      report(.tooDeep(at: value.range))
      return (.any, false)
    }
    switch value.kind {
    case .scalar:
      switch value.scalar {
      case .bool: return (.bool, true)
      case .int: return (.int, true)
      case .double(let number):
        if number.isFinite { return (.number, true) }
        report(.tableNotFinite(at: value.range))
        return (.any, false)
      case .string: return (.string, true)
      case .null:
        report(.tableNull(at: value.range))
        return (.any, false)
      case .bigInteger(let text):
        report(.tableBigInteger(text, at: value.range))
        return (.any, false)
      }
    case .sequence:
      return inferCommon(value.tree.items(value.node).map { value.child($0) }, depth) { .list($0) }
    case .mapping:
      return inferCommon(value.entries().map(\.value), depth) { .map($0) }
    }
  }

  private mutating func inferCommon(
    _ values: [WrittenValue], _ depth: Int, _ wrap: (TypeReference) -> TypeReference
  ) -> (TypeReference, Bool) {
    var common: (type: TypeReference, place: SourceRange)?
    for value in values {
      let (type, sound) = inferType(value, depth: depth + 1)
      guard sound else { return (.any, false) }
      guard let known = common else {
        common = (type, value.range)
        continue
      }
      guard let joined = Self.join(known.type, type) else {
        report(
          .mixedTable(known.type.description, type.description, at: value.range, first: known.place)
        )
        return (.any, false)
      }
      common?.type = joined
    }
    return (wrap(common?.type ?? .any), true)
  }

  private static func join(_ a: TypeReference, _ b: TypeReference) -> TypeReference? {
    if a == b { return a }
    switch (a, b) {
    case (.any, let other), (let other, .any): return other
    case (.int, .number), (.number, .int): return .number
    case (.list(let x), .list(let y)): return join(x, y).map { .list($0) }
    case (.map(let x), .map(let y)): return join(x, y).map { .map($0) }
    default: return nil
    }
  }

  /// Ints where numbers stand become numbers.
  private func widened(_ value: BundleValue, _ type: TypeReference) -> BundleValue {
    switch (value, type) {
    case (.int(let whole), .number): .double(Double(whole))
    case (.list(let items), .list(let element)): .list(items.map { widened($0, element) })
    case (.map(let entries), .map(let element)):
      .map(entries.map { .init($0.key, widened($0.value, element)) })
    default: value
    }
  }

  // MARK: Typed values

  /// A value as a type wants it. Each mistake is reported at its place, and gives nil. A partial record
  /// may leave fields out.
  mutating func lowerValue(
    _ value: WrittenValue, as type: TypeReference, of what: String, partial: Bool, depth: Int = 0
  ) -> BundleValue? {
    if depth > 60 {
      report(.tooDeep(at: value.range))
      return nil
    }
    if case .optional(let wrapped) = type {
      if case .scalar = value.kind, case .null = value.scalar { return .null }
      return lowerValue(value, as: wrapped, of: what, partial: partial, depth: depth)
    }
    let target = resolved(type)
    func mismatch(_ help: String? = nil) -> Diagnostic {
      .valueType(what, type.description, value.title, at: value.range, help: help)
    }
    switch target {
    case .any: return value.untyped()
    case .record, .named:
      guard let fields = recordFields(target) else { return value.untyped() }
      guard value.isMapping else {
        report(mismatch())
        return nil
      }
      return lowerRecord(
        value, fields: fields, title: typeTitle(type, in: what),
        partial: partial || isUnion(target),
        depth: depth)
    case .list(let element):
      guard value.kind == .sequence else {
        report(mismatch())
        return nil
      }
      var items: [BundleValue] = []
      for item in value.tree.items(value.node) {
        guard
          let lowered = lowerValue(
            value.child(item), as: element, of: "an element of \(what)", partial: partial,
            depth: depth + 1)
        else { return nil }
        items.append(lowered)
      }
      return .list(items)
    case .map(let element):
      guard value.isMapping else {
        report(mismatch())
        return nil
      }
      var entries: [BundleValue.Entry] = []
      for (key, item) in value.entries() {
        guard
          let lowered = lowerValue(
            item, as: element, of: "`\(key.value)`", partial: partial, depth: depth + 1)
        else { return nil }
        entries.append(.init(key.value, lowered))
      }
      return .map(entries)
    default: break
    }
    guard value.kind == .scalar else {
      report(mismatch())
      return nil
    }
    switch (target, value.scalar) {
    case (.bool, .bool(let flag)): return .bool(flag)
    case (.int, .int(let whole)): return .int(whole)
    case (.number, .int(let whole)): return .double(Double(whole))
    case (.number, .double(let number)) where number.isFinite: return .double(number)
    case (.string, .string(let text)), (.duration, .string(let text)): return .string(text)
    case (.date, .string(let text)):
      guard TimeCheck.isDate(text) else {
        report(mismatch("write it as YYYY-MM-DD"))
        return nil
      }
      return .string(text)
    case (.timestamp(let offset), .string(let text)):
      guard TimeCheck.seconds(text, zoned: offset == nil) != nil else {
        report(
          mismatch(
            offset == nil ? "write it as 2026-05-02T10:11:00Z" : "write it as 2026-05-02T10:11:00"))
        return nil
      }
      return .string(text)
    case (.enumeration(let values), .string(let text)):
      if values.contains(text) { return .string(text) }
      report(
        .notInEnumeration(
          text, what, at: value.range, near: Suggest.nearest(text, among: values), values: values))
      return nil
    case (.string, .int), (.string, .double), (.string, .bool), (.string, .bigInteger),
      (.enumeration, .int), (.enumeration, .double), (.enumeration, .bool):
      report(mismatch("quote it to make it a string"))
      return nil
    default:
      report(mismatch())
      return nil
    }
  }

  private func isUnion(_ type: TypeReference) -> Bool {
    if case .named = type { return true }
    return false
  }

  mutating func lowerRecord(
    _ value: WrittenValue, fields: [FieldDeclaration], title: String, partial: Bool, depth: Int
  ) -> BundleValue? {
    var entries: [BundleValue.Entry] = []
    var sound = true
    for (key, item) in value.entries() {
      guard let field = fields.first(where: { $0.name == key.value }) else {
        report(
          .unknownField(
            key.value, of: title, at: key.range,
            near: Suggest.nearest(key.value, among: fields.map(\.name))))
        sound = false
        continue
      }
      if let lowered = lowerValue(
        item, as: !partial && field.presence == .notNull ? field.type.notNull : field.type,
        of: "`\(key.value)`", partial: partial, depth: depth + 1)
      {
        entries.append(.init(key.value, lowered))
      } else {
        sound = false
      }
    }
    if !partial, sound {
      for field in fields where !entries.contains(where: { $0.key == field.name }) {
        if case .optional = field.type, field.presence != .required { continue }
        report(.missingField(field.name, of: title, at: value.range))
        sound = false
      }
    }
    return sound ? .map(entries) : nil
  }
}
