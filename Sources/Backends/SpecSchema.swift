public import PlumblineJSON
import SpecModel

/// The JSON Schema (2020-12) of the YAML language, from the same table of keys as the binder and the
/// language page. With it an editor's YAML language server completes and checks specs.
public func specSchema() -> JSON {
  let root = schema(of: SpecLanguage.root)
  let definitions: [(String, JSON)] =
    SpecLanguage.objects.filter { $0.name != SpecLanguage.root.name }
    .map { ($0.name, schema(of: $0)) } + notations
  return .fields(
    [
      ("$schema", "https://json-schema.org/draft/2020-12/schema"),
      ("$id", "spec.schema.json"),
      ("title", "Plumbline spec, language version \(SpecLanguage.version)"),
    ] + (root.members ?? []).map { ($0.key, $0.value) } + [
      ("dependentRequired", ["spec": ["plumb"]]),
      ("$defs", .fields(definitions.sorted { $0.0 < $1.0 }.map { ($0.0, $0.1) })),
    ])
}

private func schema(of object: SpecObject) -> JSON {
  let properties = object.keys.map { key in
    (key.name, described(schema(of: key.shape), key.summary))
  }
  return .fields([
    ("description", .string(object.summary)),
    ("type", "object"),
    ("properties", .fields(properties)),
    ("required", object.requiredKeys.isEmpty ? nil : .strings(object.requiredKeys)),
    ("additionalProperties", false),
  ])
}

/// The schema with the meaning of its key in front.
private func described(_ schema: JSON, _ summary: String) -> JSON {
  .fields(
    [("description", .string(summary))] + (schema.members ?? []).map { ($0.key, $0.value) })
}

private func reference(_ name: String) -> JSON { ["$ref": .string("#/$defs/\(name)")] }

private func schema(of shape: SpecShape) -> JSON {
  switch shape {
  case .text, .name, .file, .template, .path, .event, .pattern, .time:
    ["type": "string", "minLength": 1]
  case .expression: reference("condition")
  case .duration: reference("duration")
  case .answer: reference("answer")
  case .type: reference("type")
  case .boolean: ["type": "boolean"]
  case .integer(let least): ["type": "integer", "minimum": .int(least)]
  case .fraction: ["type": "number", "minimum": 0, "maximum": 1]
  case .constant(let number): ["const": .int(number)]
  case .words(let words): ["enum": .strings(words)]
  case .value: [:]
  case .anyMapping: ["type": "object"]
  case .object(let name): reference(name)
  case .list(let item): ["type": "array", "items": schema(of: item)]
  case .oneOrList(let item):
    ["anyOf": [schema(of: item), ["type": "array", "items": schema(of: item)]]]
  case .map(let item): ["type": "object", "additionalProperties": schema(of: item)]
  case .either(let shapes): ["anyOf": .array(shapes.map { schema(of: $0) })]
  }
}

/// The notations inside scalars.
private let notations: [(String, JSON)] = [
  (
    "condition",
    [
      "description":
        "A CEL expression. Quote it, or write it as a block with `>-`, where YAML sees its characters first.",
      "type": ["string", "boolean", "number"],
    ]
  ),
  (
    "duration",
    [
      "description": "Days, hours, minutes, seconds: `7d`, `1h30m`, `90s`.",
      "type": "string", "minLength": 2,
      "pattern": "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$",
    ]
  ),
  (
    "answer",
    [
      "description": "`deny`, `warn` or `escalate(ROLE)`.",
      "anyOf": [
        ["enum": ["deny", "warn"]],
        ["type": "string", "pattern": "^escalate\\(\\s*[^\\s()][^()]*\\)$"],
      ],
    ]
  ),
  (
    "type",
    [
      "description":
        "A type: a name, `T?`, `list(T)`, `map(T)`, `sensitive(T)`, `timestamp(OFFSET)`; a list of values for an enum; a mapping of fields for a record.",
      "anyOf": [
        ["type": "string", "minLength": 1],
        ["type": "array", "items": ["type": "string"], "minItems": 1, "uniqueItems": true],
        ["type": "object", "additionalProperties": ["$ref": "#/$defs/type"]],
      ],
    ]
  ),
]
