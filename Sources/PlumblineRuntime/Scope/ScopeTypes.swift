import CEL
import PlumblineBundle

/// The spec's types as CEL types.
struct ScopeTypes: Sendable {
  /// Record types and unions, by name.
  let named: [String: ObjectType]
  private let declarations: [String: TypeDeclaration]

  init(_ bundle: SpecBundle) {
    declarations = Dictionary(
      bundle.types.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var named: [String: ObjectType] = [:]
    for type in bundle.types where named[type.name] == nil {
      switch type.definition {
      case .union, .type(.record): named[type.name] = ObjectType(name: type.name)
      case .type: break
      }
    }
    self.named = named
    // Types may refer to each other in cycles: their fields are set when all of them exist.
    for type in bundle.types {
      guard let object = named[type.name], object.fields.isEmpty else { continue }
      switch type.definition {
      case .type(.record(let declared)): object.define(fields(declared))
      case .union(let members, let tag): object.define(union(members, by: tag))
      case .type: break
      }
    }
  }

  func fields(_ declared: [FieldDeclaration]) -> [ObjectType.Field] {
    declared.map {
      ObjectType.Field(
        name: $0.name, type: celType($0.type), optional: isOptional($0.type),
        sensitive: isSensitive($0.type))
    }
  }

  func celType(_ type: TypeReference) -> CELType { celType(type, depth: 0) }

  private func celType(_ type: TypeReference, depth: Int) -> CELType {
    if depth > 64 { return .dyn }
    switch type {
    case .any: return .dyn
    case .bool: return .bool
    case .int: return .int
    case .number: return .double
    case .string: return .string
    case .timestamp: return .timestamp
    case .date: return .date
    case .duration: return .duration
    case .list(let element): return .list(celType(element, depth: depth + 1))
    case .map(let value): return .map(.string, celType(value, depth: depth + 1))
    case .optional(let wrapped), .sensitive(let wrapped):
      return celType(wrapped, depth: depth + 1)
    case .enumeration(let values): return .enumeration(EnumType(values: values))
    case .record(let declared):
      return .object(ObjectType(name: type.description, fields: fields(declared)))
    case .named(let name):
      if let object = named[name] { return .object(object) }
      guard let declaration = declarations[name] else { return .dyn }
      switch declaration.definition {
      case .type(.enumeration(let values)):
        return .enumeration(EnumType(name: name, values: values))
      case .type(let other): return celType(other, depth: depth + 1)
      case .union: return .dyn
      }
    }
  }

  func isOptional(_ type: TypeReference, depth: Int = 0) -> Bool {
    switch type {
    case .optional: true
    case .sensitive(let wrapped): isOptional(wrapped, depth: depth)
    case .named(let name):
      if depth < 64, case .type(let other)? = declarations[name]?.definition {
        isOptional(other, depth: depth + 1)
      } else {
        false
      }
    default: false
    }
  }

  func isSensitive(_ type: TypeReference, depth: Int = 0) -> Bool {
    if depth > 64 { return true }
    switch type {
    case .sensitive: return true
    case .optional(let wrapped), .list(let wrapped), .map(let wrapped):
      return isSensitive(wrapped, depth: depth + 1)
    case .named(let name):
      if named[name] != nil { return false }
      if case .type(let other)? = declarations[name]?.definition {
        return isSensitive(other, depth: depth + 1)
      }
      return false
    default: return false
    }
  }

  /// The definition behind a name, followed through aliases; nil for a name nobody declares.
  func resolve(_ name: String) -> TypeDeclaration.Definition? {
    var name = name
    for _ in 0..<64 {
      guard let definition = declarations[name]?.definition else { return nil }
      if case .type(.named(let next)) = definition {
        name = next
      } else {
        return definition
      }
    }
    return nil
  }

  /// What a JSON Schema file asks beyond types of what a name stands for, by its place.
  func limits(_ name: String) -> [String: [ValueLimit]] {
    var name = name
    for _ in 0..<64 {
      guard let declaration = declarations[name] else { break }
      if case .type(.named(let next)) = declaration.definition {
        name = next
      } else if declaration.limits.isEmpty {
        break
      } else {
        return Dictionary(grouping: declaration.limits, by: \.path).mapValues { $0.map(\.limit) }
      }
    }
    return [:]
  }

  /// The fields of a declared record.
  func record(_ name: String) -> [FieldDeclaration]? {
    if case .type(.record(let fields))? = resolve(name) { return fields }
    return nil
  }

  private func union(_ members: [String], by tag: String) -> [ObjectType.Field] {
    Self.merge(members.map { fields(record($0) ?? []) })
  }

  /// The fields of several records as those of one: what all have keeps its type (or widens), what
  /// only some have must be guarded.
  static func merge(_ members: [[ObjectType.Field]]) -> [ObjectType.Field] {
    var order: [String] = []
    var found: [String: [ObjectType.Field]] = [:]
    for member in members {
      for field in member {
        if found[field.name] == nil { order.append(field.name) }
        found[field.name, default: []].append(field)
      }
    }
    return order.map { name in
      let fields = found[name] ?? []
      return ObjectType.Field(
        name: name, type: join(fields.map(\.type)),
        optional: fields.contains(where: \.optional),
        partial: fields.count < members.count || fields.contains(where: \.partial),
        sensitive: fields.contains(where: \.sensitive))
    }
  }

  private static func join(_ types: [CELType]) -> CELType {
    guard var joined = types.first else { return .dyn }
    for type in types.dropFirst() where type != joined {
      switch (joined, type) {
      case (.enumeration(let a), .enumeration(let b)):
        joined = .enumeration(
          EnumType(values: a.values + b.values.filter { !a.values.contains($0) }))
      case (.enumeration, .string), (.string, .enumeration): joined = .string
      case (.int, .double), (.double, .int): joined = .double
      default: return .dyn
      }
    }
    return joined
  }
}
