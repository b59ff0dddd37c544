import PlumblineBundle
import PlumblineDiagnostics
import SpecModel
import Suggestions

extension Lowering {
  static let scalarTypes: [String: TypeReference] = [
    "string": .string, "bool": .bool, "int": .int, "number": .number, "double": .number,
    "timestamp": .timestamp(offsetMinutes: nil), "date": .date, "duration": .duration,
    "any": .any, "dyn": .any,
  ]
  static let typeFunctions = ["list", "map", "sensitive", "timestamp"]

  mutating func lowerTypes() {
    for type in model.types { typeNames.insert(type.name.value) }
    var seen: Set<String> = []
    for type in model.types where seen.insert(type.name.value).inserted {
      if Self.scalarTypes[type.name.value] != nil
        || Self.typeFunctions.contains(type.name.value)
      {
        report(.reservedType(type.name.value, at: type.name.range))
      }
      writtenTypes.append(type)
      var declaration = TypeDeclaration(
        name: type.name.value, definition: .type(.any), position: position(type.name.range))
      switch type.definition {
      case .type(let written): declaration.definition = .type(lowerType(written))
      case .union(let members, let by):
        declaration.definition = .union(members: members.map(\.value), by: by.value)
      case .schema(let file):
        declaration.schemaFile = file.value
        declaration.definition = lowerSchema(&declaration, file)
      }
      typeIndex[declaration.name] = bundle.types.count
      bundle.types.append(declaration)
    }
    for type in schemaTypes {
      typeIndex[type.name] = bundle.types.count
      bundle.types.append(type)
    }
    checkRecursion()
    for (index, type) in writtenTypes.enumerated() {
      if case .union(let members, let by) = type.definition { checkUnion(index, members, by) }
    }
  }

  mutating func lowerFields(_ fields: [WrittenField]) -> [FieldDeclaration] {
    fields.map { FieldDeclaration(name: $0.name.value, type: lowerType($0.type)) }
  }

  /// What types are called elsewhere.
  private static let otherNames = [
    "array": "list", "boolean": "bool", "datetime": "timestamp", "decimal": "number",
    "dict": "map", "double": "number", "float": "number", "int32": "int", "int64": "int",
    "integer": "int", "long": "int", "money": "number", "object": "map", "str": "string",
    "text": "string", "time": "timestamp", "uuid": "string", "varchar": "string",
  ]

  mutating func lowerType(_ written: WrittenType) -> TypeReference {
    switch written {
    case .name(let name):
      if let scalar = Self.scalarTypes[name.value] { return scalar }
      if typeNames.contains(name.value) { return .named(name.value) }
      report(
        .unknownType(
          name.value, at: name.range,
          near: Self.otherNames[name.value.lowercased()]
            ?? Suggest.nearest(
              name.value,
              among: (Array(typeNames) + Array(Self.scalarTypes.keys) + Self.typeFunctions).sorted()
            )))
      return .any
    case .application(let function, let argument):
      switch function.value {
      case "list": return .list(lowerType(argument))
      case "map": return .map(lowerType(argument))
      case "sensitive": return .sensitive(lowerType(argument))
      case "timestamp":
        // The binder has refused what is no offset.
        guard case .name(let offset) = argument else { return .timestamp(offsetMinutes: nil) }
        return .timestamp(offsetMinutes: Self.offset(offset.value))
      default:
        report(
          .unknownType(
            function.value, at: function.range,
            near: Suggest.nearest(function.value, among: Self.typeFunctions)))
        return .any
      }
    case .optional(let wrapped, _): return .optional(lowerType(wrapped))
    case .enumeration(let values, _):
      var seen: Set<String> = []
      for value in values where !seen.insert(value.value).inserted {
        report(.repeatedValue(value.value, at: value.range))
      }
      return .enumeration(values.map(\.value))
    case .record(let fields, _): return .record(lowerFields(fields))
    case .invalid: return .any
    }
  }

  /// `-05:00`, `+02:00`, `Z`, in minutes.
  static func offset(_ text: String) -> Int? {
    if text == "Z" || text == "UTC" { return 0 }
    let bytes = Array(text.utf8)
    guard bytes.count == 6, bytes[0] == 0x2B || bytes[0] == 0x2D, bytes[3] == 0x3A else {
      return nil
    }
    func digit(_ index: Int) -> Int? {
      let value = Int(bytes[index]) - 0x30
      return (0...9).contains(value) ? value : nil
    }
    guard let a = digit(1), let b = digit(2), let c = digit(4), let d = digit(5) else {
      return nil
    }
    let hours = a * 10 + b
    let minutes = c * 10 + d
    guard hours <= 18, minutes < 60 else { return nil }
    return (bytes[0] == 0x2D ? -1 : 1) * (hours * 60 + minutes)
  }

  /// A type that needs a value of itself has none. Lists, maps and optional fields end the need.
  private mutating func checkRecursion() {
    let index = typeIndex
    var state = Array(repeating: 0, count: bundle.types.count)
    var cyclic: [Int] = []

    func needs(_ type: TypeReference) -> [String] {
      switch type {
      case .named(let name): [name]
      case .sensitive(let wrapped): needs(wrapped)
      case .record(let fields): fields.flatMap { needs($0.type) }
      default: []
      }
    }
    /// An alias must end somewhere whatever stands between.
    func aliases(_ type: TypeReference) -> [String] {
      switch type {
      case .named(let name): [name]
      case .sensitive(let wrapped), .list(let wrapped), .map(let wrapped), .optional(let wrapped):
        aliases(wrapped)
      case .record(let fields): fields.flatMap { needs($0.type) }
      default: []
      }
    }
    // Iterative depth-first search: a chain of types may be long.
    for start in bundle.types.indices where state[start] == 0 {
      var stack: [(node: Int, edges: [Int], next: Int)] = []
      func edges(_ node: Int) -> [Int] {
        switch bundle.types[node].definition {
        case .type(let type): aliases(type).compactMap { index[$0] }
        case .union(let members, _): members.compactMap { index[$0] }
        }
      }
      state[start] = 1
      stack.append((start, edges(start), 0))
      while let top = stack.last {
        if top.next < top.edges.count {
          stack[stack.count - 1].next += 1
          let target = top.edges[top.next]
          if state[target] == 0 {
            state[target] = 1
            stack.append((target, edges(target), 0))
          } else if state[target] == 1 {
            cyclic.append(target)
          }
        } else {
          state[top.node] = 2
          stack.removeLast()
        }
      }
    }
    for node in Set(cyclic).sorted() {
      bundle.types[node].definition = .type(.any)
      guard node < writtenTypes.count else { continue }
      report(.recursiveType(bundle.types[node].name, at: writtenTypes[node].name.range))
    }
  }

  private mutating func checkUnion(
    _ index: Int, _ members: [Located<String>], _ by: Located<String>
  ) {
    var owner: [String: String] = [:]
    var sound = true
    for member in members {
      guard typeNames.contains(member.value) else {
        report(
          .unknownType(
            member.value, at: member.range,
            near: Suggest.nearest(member.value, among: typeNames.sorted())))
        sound = false
        continue
      }
      guard let fields = recordFields(.named(member.value)) else {
        // A member that is no record because of a mistake of its own was reported there.
        if case .type(.any)? = definition(member.value) {
        } else {
          report(.unionOfNoRecord(member.value, at: member.range))
        }
        sound = false
        continue
      }
      guard let tag = fields.first(where: { $0.name == by.value }) else {
        report(
          .unionWithoutTag(
            member.value, by.value, at: by.range,
            near: Suggest.nearest(by.value, among: fields.map(\.name))))
        sound = false
        break
      }
      guard let values = enumValues(tag.type) else {
        report(.unionTagNoEnum(member.value, by.value, at: by.range))
        sound = false
        break
      }
      for value in values {
        if let other = owner[value], other != member.value {
          report(.unionTagTwice(value, other, member.value, at: member.range))
          sound = false
        }
        owner[value] = member.value
      }
    }
    if !sound { bundle.types[index].definition = .type(.any) }
  }

  // MARK: What names stand for

  func definition(_ name: String) -> TypeDeclaration.Definition? {
    typeIndex[name].map { bundle.types[$0].definition }
  }

  /// A type without the names, `?` and `sensitive` around it.
  func resolved(_ type: TypeReference) -> TypeReference {
    var type = type
    for _ in 0..<64 {
      switch type {
      case .optional(let wrapped), .sensitive(let wrapped): type = wrapped
      case .named(let name):
        guard case .type(let other)? = definition(name) else { return type }
        type = other
      default: return type
      }
    }
    return .any
  }

  /// The fields of a record, or of all members of a union.
  func recordFields(_ type: TypeReference) -> [FieldDeclaration]? {
    switch resolved(type) {
    case .record(let fields): return fields
    case .named(let name):
      guard case .union(let members, _)? = definition(name) else { return nil }
      var fields: [FieldDeclaration] = []
      for member in members {
        guard case .type(.record(let own))? = definition(member) else { continue }
        for field in own {
          guard let at = fields.firstIndex(where: { $0.name == field.name }) else {
            fields.append(field)
            continue
          }
          // Each member has values of its own in the field that tells them apart.
          if let before = enumValues(fields[at].type), let more = enumValues(field.type) {
            fields[at].type = .enumeration(before + more.filter { !before.contains($0) })
          }
        }
      }
      return fields
    default: return nil
    }
  }

  func enumValues(_ type: TypeReference) -> [String]? {
    if case .enumeration(let values) = resolved(type) { return values }
    return nil
  }
}
