public import PlumblineJSON

/// Types as JSON Schema 2020-12, for whoever calls the tools or gives their results.
public enum JSONSchema {
  static let dialect = "https://json-schema.org/draft/2020-12/schema"

  /// A schema that stands alone: the named types it needs are in its `$defs`.
  ///
  /// Fields beyond those declared are allowed, as they are in results. An optional field may be
  /// absent or null, unless a JSON Schema file said which of the two.
  public static func of(_ type: TypeReference, in bundle: SpecBundle) -> JSON {
    var writer = SchemaWriter(bundle)
    return writer.document(writer.schema(type))
  }

  /// The schema of a tool's arguments. Fields beyond those declared are not allowed.
  public static func arguments(of tool: ToolDeclaration, in bundle: SpecBundle) -> JSON {
    var writer = SchemaWriter(bundle)
    return writer.document(writer.record(tool.arguments, closed: true))
  }
}

private struct SchemaWriter {
  let types: [String: TypeDeclaration]
  /// Named types in the order in which they were met.
  private var order: [String] = []
  /// By path: what is asked beyond types in the declaration that is written.
  private var limits: [String: [ValueLimit]] = [:]

  init(_ bundle: SpecBundle) {
    types = Dictionary(bundle.types.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  mutating func document(_ body: JSON) -> JSON {
    var definitions: [JSON.Member] = []
    var next = 0
    while next < order.count {
      let name = order[next]
      next += 1
      definitions.append(.init(name, definition(name)))
    }
    definitions.sort { CanonicalJSON.precedes($0.key, $1.key) }
    var members = [JSON.Member("$schema", .string(JSONSchema.dialect))]
    members += body.members ?? []
    if !definitions.isEmpty { members.append(.init("$defs", .object(definitions))) }
    return .object(members)
  }

  private mutating func definition(_ name: String) -> JSON {
    limits = Dictionary(grouping: types[name]?.limits ?? [], by: \.path)
      .mapValues { $0.map(\.limit) }
    defer { limits = [:] }
    return switch types[name]?.definition {
    case .type(let type): schema(type)
    case .union(let members, let by):
      .fields([
        ("oneOf", .array(members.map { reference($0) })),
        ("discriminator", ["propertyName": .string(by)]),
      ])
    case nil: .object([])
    }
  }

  private mutating func reference(_ name: String) -> JSON {
    if !order.contains(name) { order.append(name) }
    return ["$ref": .string("#/$defs/\(JSONPointer.escape(name))")]
  }

  mutating func schema(_ type: TypeReference, at path: String = "") -> JSON {
    let plain = self.plain(type, at: path)
    switch type {
    // The limits are those of what is inside.
    case .optional, .sensitive: return plain
    default: break
    }
    guard let asked = limits[path], case .object(var members) = plain else { return plain }
    for limit in asked where !members.contains(where: { $0.key == limit.keyword }) {
      members.append(.init(limit.keyword, limit.json))
    }
    return .object(members)
  }

  private mutating func plain(_ type: TypeReference, at path: String) -> JSON {
    switch type {
    case .any: return .object([])
    case .bool: return ["type": "boolean"]
    case .int: return ["type": "integer"]
    case .number: return ["type": "number"]
    case .string: return ["type": "string"]
    case .timestamp(nil): return ["type": "string", "format": "date-time"]
    case .timestamp(.some):
      // A text without a zone is no `date-time`; the type's own words say how it is read.
      return ["type": "string", "description": .string("\(type)")]
    case .date: return ["type": "string", "format": "date"]
    case .duration:
      return ["type": "string", "pattern": #"^-?([0-9]+(\.[0-9]+)?(h|m|s|ms|us|ns))+$"#]
    case .list(let inner):
      return ["type": "array", "items": schema(inner, at: PlacedLimit.element(of: path))]
    case .map(let inner):
      return [
        "type": "object",
        "additionalProperties": schema(inner, at: PlacedLimit.element(of: path)),
      ]
    case .optional(let inner): return nullable(schema(inner, at: path))
    case .sensitive(let inner):
      var members = schema(inner, at: path).members ?? []
      members.append(.init("x-sensitive", true))
      return .object(members)
    case .enumeration(let values): return ["enum": .strings(values)]
    case .record(let fields): return record(fields, closed: false, at: path)
    case .named(let name): return reference(name)
    }
  }

  mutating func record(
    _ fields: [FieldDeclaration], closed: Bool, at path: String = ""
  ) -> JSON {
    var required: [JSON] = []
    var properties: [JSON.Member] = []
    for field in fields {
      properties.append(
        .init(
          field.name,
          schema(
            field.presence == .notNull ? field.type.notNull : field.type,
            at: PlacedLimit.field(field.name, of: path))))
      if !field.type.mayBeAbsent || field.presence == .required {
        required.append(.string(field.name))
      }
    }
    return .fields([
      ("type", "object"), ("properties", .object(properties)),
      ("required", required.isEmpty ? nil : .array(required)),
      ("additionalProperties", closed ? false : nil),
    ])
  }

  private func nullable(_ schema: JSON) -> JSON {
    guard case .object(let members) = schema, !members.isEmpty else { return schema }
    return .object(
      members.count == 1 || members[0].key == "type"
        ? members.map { member in
          switch (member.key, member.value) {
          case ("type", .string(let name)): .init("type", [.string(name), "null"])
          case ("enum", .array(let values)): .init("enum", .array(values + [nil]))
          case ("$ref", _): .init("anyOf", [schema, ["type": "null"]])
          default: member
          }
        } : [.init("anyOf", [schema, ["type": "null"]])])
  }
}

extension TypeReference {
  /// Whether a field of this type may be absent or null.
  public var mayBeAbsent: Bool {
    switch self {
    case .optional: true
    case .sensitive(let inner): inner.mayBeAbsent
    default: false
    }
  }

  /// The type without the null that an optional one allows.
  public var notNull: TypeReference {
    switch self {
    case .optional(let inner): inner.notNull
    case .sensitive(let inner): .sensitive(inner.notNull)
    default: self
    }
  }
}
