import PlumblineJSON

/// The few keywords of JSON Schema that the schemas under test use.
struct SchemaCheck {
  let root: JSON
  init(_ root: JSON) { self.root = root }

  func problems(_ value: JSON) -> [String] { check(value, root, "") }

  private func check(_ value: JSON, _ schema: JSON, _ path: String) -> [String] {
    if let allowed = schema.bool { return allowed ? [] : ["\(path): not allowed"] }
    var problems: [String] = []
    if let target = schema["$ref"]?.string {
      let name = String(target.dropFirst("#/$defs/".count))
      guard let definition = root["$defs"]?[name] else { return ["no \(target)"] }
      problems += check(value, definition, path)
    }
    if let options = schema["oneOf"]?.elements ?? schema["anyOf"]?.elements {
      let fits = options.filter { check(value, $0, path).isEmpty }.count
      if fits == 0 || (schema["oneOf"] != nil && fits > 1) {
        problems.append("\(path): \(fits) of \(options.count) fit \(value)")
      }
    }
    if let constant = schema["const"], constant != value { problems.append("\(path): not const") }
    if let values = schema["enum"]?.elements, !values.contains(value) {
      problems.append("\(path): \(value) not in enum")
    }
    if let type = schema["type"] {
      let names = type.elements?.compactMap(\.string) ?? [type.string ?? ""]
      if !names.contains(where: { has(value, $0) }) { problems.append("\(path): not \(names)") }
    }
    if let elements = value.elements, let items = schema["items"] {
      for (i, element) in elements.enumerated() {
        problems += check(element, items, "\(path)/\(i)")
      }
    }
    if let members = value.members {
      for required in schema["required"]?.elements ?? [] {
        if value[required.string ?? ""] == nil { problems.append("\(path): \(required) missing") }
      }
      for member in members {
        if let property = schema["properties"]?[member.key] {
          problems += check(member.value, property, "\(path)/\(member.key)")
        } else if let other = schema["additionalProperties"] {
          if other == false {
            problems.append("\(path): `\(member.key)` is not allowed")
          } else {
            problems += check(member.value, other, "\(path)/\(member.key)")
          }
        }
      }
    }
    return problems
  }

  private func has(_ value: JSON, _ type: String) -> Bool {
    switch (value, type) {
    case (.null, "null"), (.bool, "boolean"), (.int, "integer"), (.bigInteger, "integer"),
      (.int, "number"), (.bigInteger, "number"), (.double, "number"), (.string, "string"),
      (.array, "array"), (.object, "object"):
      true
    default: false
    }
  }
}
