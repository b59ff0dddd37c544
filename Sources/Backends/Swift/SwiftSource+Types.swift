import PlumblineBundle

/// A struct to write.
struct RecordShape {
  var name: String
  var fields: [FieldDeclaration]
  var documentation: String
  var position: SourcePosition?
  /// Of what an action takes.
  var isArguments = false
}

extension SwiftSource {
  func typesFile() -> String {
    var out = header()
    out.block("extension \(namespace)") { out in
      for (index, type) in bundle.types.enumerated() {
        if index > 0 { out.line() }
        declare(type, &out)
      }
    }
    return out.text
  }

  private func declare(_ type: TypeDeclaration, _ out: inout SwiftText) {
    let name = typeNames[type.name] ?? type.name
    let words =
      "The type `\(type.name)`" + (type.schemaFile.map { ", of `\($0)`" } ?? "") + "."
    switch type.definition {
    case .union(let members, let tag): union(name, members, by: tag, words, &out)
    case .type(.record(let fields)):
      record(
        RecordShape(name: name, fields: fields, documentation: words, position: type.position), &out
      )
    case .type(.enumeration(let values)):
      enumeration(name, values, words, at: type.position, &out)
    case .type(let other):
      var nested: [Nested] = []
      let swift = swiftType(other, named: name + "Element", &nested)
      for inner in nested { declare(inner, &out) }
      out.documentation(words)
      out.line("public typealias \(name) = \(swift)")
    }
  }

  /// A type that has no name in the spec.
  struct Nested {
    var name: String
    var type: TypeReference
  }

  func declare(_ nested: Nested, _ out: inout SwiftText) {
    switch nested.type {
    case .record(let fields):
      record(
        RecordShape(name: nested.name, fields: fields, documentation: "A value written within."),
        &out)
    case .enumeration(let values): enumeration(nested.name, values, "A word written within.", &out)
    default: break
    }
  }

  /// Swift's type; types without a name are added to `nested`.
  func swiftType(_ type: TypeReference, named name: String, _ nested: inout [Nested]) -> String {
    switch type {
    case .any: return "JSON"
    case .bool: return "Bool"
    case .int: return "Int"
    case .number: return "Double"
    case .string: return "String"
    case .timestamp: return "SpecTimestamp"
    case .date: return "SpecDate"
    case .duration: return "SpecDuration"
    case .list(let element): return "[\(swiftType(element, named: name, &nested))]"
    case .map(let element): return "[String: \(swiftType(element, named: name, &nested))]"
    case .optional(let inner):
      let swift = swiftType(inner, named: name, &nested)
      return swift.hasSuffix("?") ? swift : swift + "?"
    case .sensitive(let inner): return swiftType(inner, named: name, &nested)
    case .named(let declared): return typeNames[declared] ?? declared
    case .enumeration, .record:
      nested.append(Nested(name: name, type: type))
      return name
    }
  }

  func enumeration(
    _ name: String, _ values: [String], _ documentation: String, at position: SourcePosition? = nil,
    _ out: inout SwiftText
  ) {
    var members = SwiftNames(reserved: SwiftNames.members)
    out.documentation(documentation)
    out.block("public enum \(name): String, SpecValue, CaseIterable") { out in
      located(position, &out) { out in
        for value in values {
          out.line("case \(members.member(value)) = \(SwiftText.literal(value))")
        }
      }
    }
  }

  /// A field of a struct, in Swift.
  struct Field {
    var key: String
    var member: String
    var type: String
    /// nil is written as null; where it may be left out, it is.
    var mustBeThere = false
    var isOptional: Bool { type.hasSuffix("?") }
  }

  /// A struct's fields; types without names are added to `nested`.
  func fields(_ declared: [FieldDeclaration], in owner: String, _ nested: inout [Nested]) -> [Field]
  {
    var members = SwiftNames(reserved: SwiftNames.members)
    var types = SwiftNames(
      reserved: SwiftNames.types.union(typeNames.values).union([owner, namespace]))
    return declared.map { field in
      let name = Self.holdsUnnamed(field.type) ? types.type(field.name) : ""
      var type = swiftType(field.type, named: name, &nested)
      if isDirect(field.type, in: owner) {
        let inner = type.hasSuffix("?") ? String(type.dropLast()) : type
        type = "Boxed<\(inner)>" + (type.hasSuffix("?") ? "?" : "")
      }
      return Field(
        key: field.name, member: members.member(field.name), type: type,
        mustBeThere: field.presence == .required)
    }
  }

  private static func holdsUnnamed(_ type: TypeReference) -> Bool {
    switch type {
    case .list(let inner), .map(let inner), .optional(let inner), .sensitive(let inner):
      holdsUnnamed(inner)
    case .enumeration, .record: true
    default: false
    }
  }

  /// Whether a value of this type holds one of `owner` without a list or map between: Swift needs a box.
  private func isDirect(_ type: TypeReference, in owner: String) -> Bool {
    var seen: Set<String> = []
    func reaches(_ type: TypeReference) -> Bool {
      switch type {
      case .optional(let inner), .sensitive(let inner): return reaches(inner)
      case .record(let fields): return fields.contains { reaches($0.type) }
      case .named(let name):
        if typeNames[name] == owner { return true }
        guard seen.insert(name).inserted,
          let declared = bundle.types.first(where: { $0.name == name })
        else { return false }
        switch declared.definition {
        case .type(let type): return reaches(type)
        case .union(let members, _): return members.contains { reaches(.named($0)) }
        }
      default: return false
      }
    }
    return reaches(type)
  }

  func record(_ shape: RecordShape, _ out: inout SwiftText) {
    var nested: [Nested] = []
    let fields = fields(shape.fields, in: shape.name, &nested)
    out.documentation(shape.documentation)
    out.block("public struct \(shape.name): SpecValue") { out in
      located(fields.isEmpty ? nil : shape.position, &out) { out in
        for field in fields { out.line("public var \(field.member): \(field.type)") }
      }
      if !fields.isEmpty { out.line() }
      let parameters = fields.map {
        "\($0.member): \($0.type)" + ($0.isOptional ? " = nil" : "")
      }
      out.block("public init(\(parameters.joined(separator: ", ")))") { out in
        for field in fields { out.line("self.\(field.member) = \(field.member)") }
      }
      out.line()
      out.block("public var specJSON: JSON") { out in
        guard !fields.isEmpty else { return out.line(".object([])") }
        out.line("var members: [JSON.Member] = []")
        for field in fields {
          let key = SwiftText.literal(field.key)
          if field.isOptional, !field.mustBeThere {
            out.line(
              "if let value = self.\(field.member) { members.append(.init(\(key), value.specJSON)) }"
            )
          } else {
            out.line("members.append(.init(\(key), self.\(field.member).specJSON))")
          }
        }
        out.line("return .object(members)")
      }
      if shape.isArguments {
        out.line()
        out.documentation(
          "As conditions read them; nil where they have to be read from `specJSON`.")
        out.block("public var specValues: [Value]?") { out in
          let names = fields.indices.map { "value\($0 + 1)" }
          if !fields.isEmpty {
            let parts = zip(names, fields).map { name, field in
              "let \(name) = self.\(field.member).\(field.isOptional ? "specSlot" : "specValue")"
            }
            out.line("guard \(parts.joined(separator: ", ")) else { return nil }")
          }
          out.line("return [\(names.joined(separator: ", "))]")
        }
      }
      if fields.contains(where: { $0.member != $0.key }) {
        out.line()
        out.block("private enum CodingKeys: String, CodingKey") { out in
          for field in fields {
            out.line("case \(field.member) = \(SwiftText.literal(field.key))")
          }
        }
      }
      for inner in nested {
        out.line()
        declare(inner, &out)
      }
    }
  }

  /// The words by which a union tells its members apart.
  private func tags(_ member: String, _ tag: String) -> [String] {
    guard let declared = bundle.types.first(where: { $0.name == member }),
      case .type(.record(let fields)) = declared.definition,
      let field = fields.first(where: { $0.name == tag })
    else { return [] }
    var type = field.type
    for _ in 0..<8 {
      switch type {
      case .enumeration(let values): return values
      case .optional(let inner), .sensitive(let inner): type = inner
      case .named(let name):
        guard let next = bundle.types.first(where: { $0.name == name }),
          case .type(let definition) = next.definition
        else { return [] }
        type = definition
      default: return []
      }
    }
    return []
  }

  private func union(
    _ name: String, _ members: [String], by tag: String, _ documentation: String,
    _ out: inout SwiftText
  ) {
    var names = SwiftNames(reserved: SwiftNames.members)
    let cases = members.map { (member: names.member($0), type: typeNames[$0] ?? $0, spec: $0) }
    let key = SwiftText.literal(tag)
    out.documentation(documentation)
    out.block("public indirect enum \(name): SpecValue") { out in
      for one in cases { out.line("case \(one.member)(\(one.type))") }
      out.line()
      out.block("public var specJSON: JSON") { out in
        out.line("switch self {")
        for one in cases { out.line("case .\(one.member)(let value): value.specJSON") }
        out.line("}")
      }
      out.line()
      out.block("public init(from decoder: any Decoder) throws") { out in
        out.line("let fields = try decoder.container(keyedBy: SpecKey.self)")
        out.line("let tag = try fields.decode(String.self, forKey: SpecKey(\(key)))")
        out.line("switch tag {")
        for one in cases {
          let words = tags(one.spec, tag).map(SwiftText.literal)
          guard !words.isEmpty else { continue }
          out.line(
            "case \(words.joined(separator: ", ")): self = .\(one.member)(try \(one.type)(from: decoder))"
          )
        }
        out.line("default:")
        out.line("  throw DecodingError.dataCorruptedError(")
        out.line(
          "    forKey: SpecKey(\(key)), in: fields, debugDescription: \"no member of the union is \\(tag)\")"
        )
        out.line("}")
      }
      out.line()
      out.block("public func encode(to encoder: any Encoder) throws") { out in
        out.line("switch self {")
        for one in cases {
          out.line("case .\(one.member)(let value): try value.encode(to: encoder)")
        }
        out.line("}")
      }
    }
  }
}
