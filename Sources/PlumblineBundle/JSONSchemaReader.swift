import PlumblineJSON

/// What a JSON Schema file says that a type cannot hold.
public struct JSONSchemaProblem: Error, Sendable, Hashable, CustomStringConvertible {
  /// The place as a JSON Pointer.
  public var pointer: String
  /// The UTF-8 offset in the file.
  public var offset: Int
  /// Plain words, lowercase, without a final period.
  public var message: String
  public init(pointer: String, offset: Int, message: String) {
    self.pointer = pointer
    self.offset = offset
    self.message = message
  }
  public var description: String { pointer.isEmpty ? message : "\(pointer): \(message)" }
}

/// Types read from a JSON Schema file.
public struct JSONSchemaTypes: Sendable, Hashable {
  /// The file's own type first, then those of its definitions that are used, named
  /// `TYPE_DEFINITION`.
  public var types: [TypeDeclaration]
  /// What cannot be said as a type. The types are of no use if there is any.
  public var problems: [JSONSchemaProblem]
  /// Keywords that restrict values further than types and limits do: nobody checks them.
  public var unchecked: [JSONSchemaProblem]
}

/// Reads the part of JSON Schema (2020-12, and `definitions` of older drafts) that says types.
public enum JSONSchemaReader {
  /// Reads a file.
  /// - Parameters:
  ///   - name: the name of the file's own type.
  ///   - file: its path relative to the spec package, kept in the types.
  public static func read(_ bytes: [UInt8], name: String, file: String) -> JSONSchemaTypes {
    do throws(JSONError) {
      let document = try JSONDocument.parse(bytes)
      var reader = SchemaReading(root: document.root, name: name, file: file)
      reader.run()
      if let duplicate = document.duplicateKey {
        reader.result.problems.append(
          .init(
            pointer: "", offset: duplicate.offset,
            message: "the key `\(duplicate.key)` stands twice in one object"))
      }
      return reader.result
    } catch {
      return JSONSchemaTypes(
        types: [],
        problems: [.init(pointer: "", offset: error.offset, message: "not JSON: \(error.message)")],
        unchecked: [])
    }
  }
}

private struct SchemaReading {
  let root: JSONNode
  let name: String
  let file: String
  var result = JSONSchemaTypes(types: [], problems: [], unchecked: [])
  /// Pointers that were referred to, with the name of their type.
  private var names: [String: String] = [:]
  private var waiting: [(pointer: String, node: JSONNode)] = []
  /// The pointer of the type that is read, and what is asked below it beyond types.
  private var base = ""
  private var limits: [PlacedLimit] = []

  init(root: JSONNode, name: String, file: String) {
    self.root = root
    self.name = name
    self.file = file
    names["#"] = name
  }

  mutating func run() {
    waiting.append(("#", root))
    var next = 0
    while next < waiting.count {
      let (pointer, node) = waiting[next]
      next += 1
      let typeName = names[pointer] ?? name
      // Its place comes before those of the types that reading it declares.
      let index = result.types.count
      result.types.append(
        TypeDeclaration(name: typeName, definition: .type(.any), schemaFile: file))
      let path = String(pointer.dropFirst())
      base = path
      limits = []
      let definition =
        union(node, path, named: typeName) ?? .type(type(node, path, named: typeName))
      // A type that only points to itself says nothing and would never end.
      if case .type(.named(let other)) = definition, other == typeName {
        problem(node, path, "a type that is only itself")
        continue
      }
      result.types[index].definition = definition
      result.types[index].limits = limits
    }
  }

  private mutating func problem(_ node: JSONNode, _ path: String, _ message: String) {
    result.problems.append(
      .init(pointer: path, offset: node.range.lowerBound, message: message))
  }

  private static let annotations: Set<String> = [
    "$schema", "$id", "$comment", "$anchor", "$vocabulary", "$defs", "definitions", "title",
    "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly",
    "discriminator", "contentMediaType", "contentEncoding",
  ]
  private static let structural: Set<String> = [
    "type", "enum", "const", "properties", "required", "items", "additionalProperties", "$ref",
    "anyOf", "oneOf", "allOf",
  ]

  /// Says which keywords nobody will check.
  private mutating func noteUnchecked(_ node: JSONNode, _ path: String) {
    for (key, value) in node.members {
      let name = key.string ?? ""
      if Self.annotations.contains(name) || name.hasPrefix("x-") { continue }
      if name == "format" {
        let isRead = value.stringEquals("date-time") || value.stringEquals("date")
        if isRead && node["type"] != nil { continue }
        result.unchecked.append(
          .init(
            pointer: "\(path)/format", offset: value.range.lowerBound,
            message: "the format `\(value.string ?? value.text)` is not checked"))
        continue
      } else if let limit = ValueLimit(keyword: name, value) {
        if let place = place(path), isHeld(limit, node, path) {
          limits.append(.init(path: place, limit: limit))
          continue
        }
      } else if name == "additionalProperties" {
        // Without `properties` it is the type of a map's values; `true` asks nothing.
        if value.bool == true || node["properties"] == nil { continue }
      } else if name == "uniqueItems", value.bool == false {
        continue
      }
      if Self.structural.contains(name), name != "additionalProperties" { continue }
      result.unchecked.append(
        .init(
          pointer: "\(path)/\(JSONPointer.escape(name))", offset: value.range.lowerBound,
          message: "`\(name)` is not checked"))
    }
  }

  /// The path below the type that is read of a place in the file: parts of an `allOf` and the only options
  /// beside null lie where the whole does. Nil below anything else.
  private func place(_ path: String) -> String? {
    guard path.hasPrefix(base) else { return nil }
    var place = ""
    var steps = path.dropFirst(base.count).split(separator: "/")[...]
    while let step = steps.popFirst() {
      switch step {
      case "properties":
        guard let name = steps.popFirst() else { return nil }
        place += "/\(name)"
      case "items", "additionalProperties": place = PlacedLimit.element(of: place)
      case "allOf", "anyOf", "oneOf": _ = steps.popFirst()
      default: return nil
      }
    }
    return place
  }

  /// What stands beside a reference or a choice, and a part of an object that allows no other field, would
  /// have to be held to more than one type. How many fields a record has is not asked.
  private func isHeld(_ limit: ValueLimit, _ node: JSONNode, _ path: String) -> Bool {
    if ["$ref", "anyOf", "oneOf", "allOf"].contains(where: { node[$0] != nil }) { return false }
    switch limit {
    case .closed:
      return node["properties"] != nil && !path.dropFirst(base.count).contains("/allOf/")
    // Of a record, part may be known.
    case .minProperties, .maxProperties: return node["properties"] == nil
    default: return true
    }
  }

  // MARK: One schema

  private mutating func type(
    _ node: JSONNode, _ path: String, named own: String? = nil
  ) -> TypeReference {
    if let allowed = node.bool {
      if !allowed { problem(node, path, "`false` allows no value") }
      return .any
    }
    guard node.isObject else {
      problem(node, path, "expected a schema")
      return .any
    }
    noteUnchecked(node, path)
    if let target = node["$ref"] { return reference(target, "\(path)/$ref") }
    if let options = node["anyOf"] ?? node["oneOf"] {
      return choice(node, options, node["anyOf"] != nil ? "\(path)/anyOf" : "\(path)/oneOf", own)
    }
    if let parts = node["allOf"] { return merged(node, parts, path) }
    if let values = node["enum"] { return enumeration(values, "\(path)/enum") }
    if let constant = node["const"] { return self.constant(constant, "\(path)/const") }
    guard let types = node["type"] else {
      if node["properties"] != nil { return object(node, path) }
      if node["items"] != nil { return array(node, path) }
      return .any
    }
    if let single = types.string { return plain(single, node, types, path) }
    var names: [String] = []
    var isNull = false
    for element in types.elements {
      let name = element.string ?? ""
      if name == "null" { isNull = true } else { names.append(name) }
    }
    if Set(names) == ["integer", "number"] { names = ["number"] }
    guard names.count == 1, let single = names.first else {
      if names.isEmpty, isNull { return .optional(.any) }
      problem(types, "\(path)/type", "more than one type besides null")
      return .any
    }
    let type = plain(single, node, types, path)
    return isNull ? optional(type) : type
  }

  private func optional(_ type: TypeReference) -> TypeReference {
    if case .optional = type { type } else { .optional(type) }
  }

  private mutating func plain(
    _ name: String, _ node: JSONNode, _ at: JSONNode, _ path: String
  ) -> TypeReference {
    switch name {
    case "boolean": return .bool
    case "integer": return .int
    case "number": return .number
    case "null": return .optional(.any)
    case "array": return array(node, path)
    case "object": return object(node, path)
    case "string":
      switch node["format"]?.string {
      case "date-time": return .timestamp(offsetMinutes: nil)
      case "date": return .date
      default: return .string
      }
    default:
      problem(at, "\(path)/type", "unknown type `\(name)`")
      return .any
    }
  }

  private mutating func array(_ node: JSONNode, _ path: String) -> TypeReference {
    guard let items = node["items"] else { return .list(.any) }
    guard !items.isArray else {
      problem(items, "\(path)/items", "a list whose elements differ by place is no type")
      return .list(.any)
    }
    return .list(type(items, "\(path)/items"))
  }

  private mutating func object(_ node: JSONNode, _ path: String) -> TypeReference {
    guard let properties = node["properties"] else {
      guard let rest = node["additionalProperties"], rest.isObject else { return .map(.any) }
      return .map(type(rest, "\(path)/additionalProperties"))
    }
    var required: Set<String> = []
    for element in node["required"]?.elements ?? node.elements {
      if let name = element.string { required.insert(name) }
    }
    var fields: [FieldDeclaration] = []
    for (key, value) in properties.members {
      let name = key.string ?? ""
      let place = "\(path)/properties/\(JSONPointer.escape(name))"
      let type = type(value, place)
      let isRequired = required.remove(name) != nil
      fields.append(field(name, type, value, isRequired: isRequired))
    }
    for name in required.sorted() {
      problem(
        node["required"] ?? node, "\(path)/required", "`\(name)` is required but no property")
    }
    return .record(fields)
  }

  /// `required` says that a field is there, the type whether it may be null: two things, though a
  /// condition sees the same absence.
  private func field(
    _ name: String, _ type: TypeReference, _ schema: JSONNode, isRequired: Bool
  ) -> FieldDeclaration {
    let isNullable = allowsNull(schema, depth: 0)
    if !isRequired {
      return .init(name: name, type: optional(type), presence: isNullable ? .either : .notNull)
    }
    return switch type {
    case .optional, .named:
      .init(name: name, type: type, presence: isNullable ? .required : .either)
    default: .init(name: name, type: type)
    }
  }

  /// Whether null is among the values of a schema, as its type is read here: one with `properties` is
  /// an object also where it does not say so.
  private func allowsNull(_ node: JSONNode, depth: Int) -> Bool {
    if let allowed = node.bool { return allowed }
    guard depth < 20, node.isObject else { return false }
    if node["$ref"] != nil {
      let target = resolve(node)
      return target["$ref"] == nil && allowsNull(target, depth: depth + 1)
    }
    if let options = node["anyOf"] ?? node["oneOf"] {
      return options.elements.contains { allowsNull($0, depth: depth + 1) }
    }
    if let parts = node["allOf"] {
      return node["properties"] == nil
        && parts.elements.allSatisfy { allowsNull($0, depth: depth + 1) }
    }
    if let values = node["enum"], !values.elements.contains(where: \.isNull) { return false }
    if let constant = node["const"], !constant.isNull { return false }
    if let types = node["type"] {
      return types.stringEquals("null") || types.elements.contains { $0.stringEquals("null") }
    }
    return node["properties"] == nil && node["items"] == nil
  }

  private mutating func enumeration(_ node: JSONNode, _ path: String) -> TypeReference {
    var values: [String] = []
    var isNull = false
    var others: Set<JSONNode.Kind> = []
    for element in node.elements {
      if element.isNull {
        isNull = true
      } else if let text = element.string {
        values.append(text)
      } else {
        others.insert(element.kind)
      }
    }
    if others == [.bool], values.isEmpty { return isNull ? .optional(.bool) : .bool }
    guard others.isEmpty, !values.isEmpty else {
      problem(node, path, "an enumeration holds texts only")
      return .any
    }
    return isNull ? .optional(.enumeration(values)) : .enumeration(values)
  }

  private mutating func constant(_ node: JSONNode, _ path: String) -> TypeReference {
    if let text = node.string { return .enumeration([text]) }
    result.unchecked.append(
      .init(
        pointer: path, offset: node.range.lowerBound, message: "only the constant's type is checked"
      ))
    switch node.kind {
    case .bool: return .bool
    case .int, .bigInteger: return .int
    case .double: return .number
    default:
      problem(node, path, "a constant that is no text, number or truth value is no type")
      return .any
    }
  }

  /// `#`, `#/$defs/NAME` and other places of the same file.
  private mutating func reference(_ node: JSONNode, _ path: String) -> TypeReference {
    guard let target = node.string else {
      problem(node, path, "expected a text")
      return .any
    }
    if let known = names[target] { return .named(known) }
    guard target.utf8.first == 0x23 else {
      problem(node, path, "`\(target)` lies outside this file, which is not read")
      return .any
    }
    var place: JSONNode? = root
    let steps = target.dropFirst().split(separator: "/", omittingEmptySubsequences: true)
    for step in steps {
      let key = JSONPointer.unescape(step)
      place = place.flatMap { $0.isArray ? $0[index: Int(key) ?? -1] : $0[key] }
    }
    guard let place, target.utf8.count == 1 || target.utf8.dropFirst().first == 0x2F else {
      problem(node, path, "there is no `\(target)` in this file")
      return .any
    }
    return .named(declare(target, place))
  }

  /// Gives a place of the file a type of its own.
  private mutating func declare(_ pointer: String, _ node: JSONNode) -> String {
    if let known = names[pointer] { return known }
    let last = pointer.split(separator: "/").last.map { JSONPointer.unescape($0) } ?? ""
    var safe = ""
    for character in last.unicodeScalars {
      let isPlain =
        ("a"..."z").contains(character) || ("A"..."Z").contains(character)
        || ("0"..."9").contains(character) || character == "_"
      safe.unicodeScalars.append(isPlain ? character : "_")
    }
    let base = "\(name)_\(safe)"
    var candidate = base
    var number = 2
    while names.values.contains(candidate) {
      candidate = "\(base)_\(number)"
      number += 1
    }
    names[pointer] = candidate
    waiting.append((pointer, node))
    return candidate
  }

  // MARK: Combinations

  /// A choice between a type and null, or between one option.
  private mutating func choice(
    _ node: JSONNode, _ options: JSONNode, _ path: String, _ own: String?
  ) -> TypeReference {
    var isNull = false
    var rest: [(index: Int, node: JSONNode)] = []
    for (index, option) in options.elements.enumerated() {
      if option["type"]?.stringEquals("null") == true {
        isNull = true
      } else {
        rest.append((index, option))
      }
    }
    guard let first = rest.first else {
      problem(options, path, "no option besides null")
      return .any
    }
    if rest.count == 1 {
      let type = type(first.node, "\(path)/\(first.index)")
      return isNull ? optional(type) : type
    }
    // Several options are a union, which has a name: that of this place.
    let place = "#" + String(path.dropLast(path.hasSuffix("anyOf") ? 6 : 6))
    if discriminator(rest.map(\.node)) != nil, own == nil || isNull {
      let target = isNull ? "#\(path)" : place
      return wrap(.named(declare(target, node)), isNull)
    }
    problem(options, path, "the options have no field in common whose texts tell them apart")
    return .any
  }

  private func wrap(_ type: TypeReference, _ isNull: Bool) -> TypeReference {
    isNull ? optional(type) : type
  }

  /// The union that a named place is, if it is one.
  private mutating func union(
    _ node: JSONNode, _ path: String, named own: String
  ) -> TypeDeclaration.Definition? {
    guard node.isObject, let options = node["anyOf"] ?? node["oneOf"], node["$ref"] == nil else {
      return nil
    }
    let keyword = node["anyOf"] != nil ? "anyOf" : "oneOf"
    // The null of a union that may be null is where the union is used.
    let inner = path.hasSuffix("/\(keyword)") ? path : "\(path)/\(keyword)"
    let all = options.elements.enumerated().map { (index: $0.offset, node: $0.element) }
    let rest = all.filter { $0.node["type"]?.stringEquals("null") != true }
    if rest.count < all.count, inner != path { return nil }
    guard rest.count > 1, let by = discriminator(rest.map(\.node)) else { return nil }
    noteUnchecked(node, path)
    var members: [String] = []
    for option in rest {
      if let target = option.node["$ref"] {
        if case .named(let name) = reference(target, "\(inner)/\(option.index)/$ref") {
          members.append(name)
        }
      } else {
        members.append(declare("#\(inner)/\(option.index)", option.node))
      }
    }
    return .union(members: members, by: by)
  }

  /// The field whose own texts tell the options apart.
  private func discriminator(_ options: [JSONNode]) -> String? {
    let resolved = options.map { resolve($0) }
    guard let first = resolved.first, let properties = first["properties"] else { return nil }
    for (key, _) in properties.members {
      guard let name = key.string else { continue }
      var seen: Set<String> = []
      let tells = resolved.allSatisfy { option in
        guard let values = texts(option["properties"]?[name]) else { return false }
        return values.allSatisfy { seen.insert($0).inserted }
      }
      if tells { return name }
    }
    return nil
  }

  private func resolve(_ node: JSONNode) -> JSONNode {
    var node = node
    var steps = 0
    while let target = node["$ref"]?.string, target.hasPrefix("#/"), steps < 20 {
      steps += 1
      var place: JSONNode? = root
      for step in target.dropFirst(2).split(separator: "/") {
        place = place?[JSONPointer.unescape(step)]
      }
      guard let place else { break }
      node = place
    }
    return node
  }

  private func texts(_ node: JSONNode?) -> [String]? {
    guard let node else { return nil }
    if let constant = node["const"]?.string { return [constant] }
    guard let values = node["enum"] else { return nil }
    let texts = values.elements.compactMap(\.string)
    return texts.count == values.count && !texts.isEmpty ? texts : nil
  }

  /// Records whose fields come together; or one part alone.
  private mutating func merged(
    _ node: JSONNode, _ parts: JSONNode, _ path: String
  ) -> TypeReference {
    var types: [TypeReference] = []
    for (index, part) in parts.elements.enumerated() {
      let target = resolve(part)
      types.append(type(target, "\(path)/allOf/\(index)"))
    }
    if node["properties"] != nil { types.append(object(node, path)) }
    if types.count == 1 { return types[0] }
    var fields: [FieldDeclaration] = []
    for type in types {
      guard case .record(let more) = type else {
        problem(parts, "\(path)/allOf", "only objects can be put together")
        return .any
      }
      for field in more {
        if let index = fields.firstIndex(where: { $0.name == field.name }) {
          guard let both = both(fields[index], field) else {
            problem(parts, "\(path)/allOf", "`\(field.name)` has two types")
            continue
          }
          fields[index] = both
        } else {
          fields.append(field)
        }
      }
    }
    return .record(fields)
  }

  /// A field that two parts describe: required by one is required, null only where both allow it.
  private func both(_ one: FieldDeclaration, _ other: FieldDeclaration) -> FieldDeclaration? {
    guard one.type.notNull == other.type.notNull else { return nil }
    func mustBeThere(_ field: FieldDeclaration) -> Bool {
      !field.type.mayBeAbsent || field.presence == .required
    }
    func mayBeNull(_ field: FieldDeclaration) -> Bool {
      field.type.mayBeAbsent && field.presence != .notNull
    }
    let isNullable = mayBeNull(one) && mayBeNull(other)
    if mustBeThere(one) || mustBeThere(other) {
      return isNullable
        ? .init(name: one.name, type: optional(one.type), presence: .required)
        : .init(name: one.name, type: one.type.notNull)
    }
    return .init(name: one.name, type: one.type, presence: isNullable ? .either : .notNull)
  }
}
