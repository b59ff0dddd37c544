public import PlumblineJSON

/// The JSON Schema of the bundle format, for programs that read bundles without this library.
public enum BundleSchema {
  /// JSON Schema 2020-12 of `bundle.json`.
  public static let schema: JSON = [
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://plumbline.dev/schemas/bundle-1.json",
    "title": "Plumbline bundle, format 1",
    "description":
      "Canonical JSON (RFC 8785, integers in full). `sha256` is the hash of the text without that member and the comma behind it; `meaning` that of the same without positions and prose.",
    "$ref": "#/$defs/bundle",
    "$defs": .object(definitions.map { JSON.Member($0.0, $0.1) }),
  ]

  private static let text: JSON = ["type": "string"]
  private static let flag: JSON = ["const": true]
  private static let count: JSON = ["type": "integer", "minimum": 0]
  private static let seconds: JSON = ["type": "integer", "minimum": 0, "description": "Seconds."]
  private static let texts: JSON = list(["type": "string"])
  private static let hash: JSON = ["type": "string", "pattern": "^[0-9a-f]{64}$"]
  private static let at = ref("position")

  private static func ref(_ name: String) -> JSON { ["$ref": .string("#/$defs/\(name)")] }
  private static func list(_ items: JSON) -> JSON { ["type": "array", "items": items] }
  private static func choice(_ values: [String]) -> JSON { ["enum": .strings(values)] }
  private static func choice<T: RawRepresentable & CaseIterable>(_ type: T.Type) -> JSON
  where T.RawValue == String {
    choice(T.allCases.map(\.rawValue))
  }
  private static func either(_ options: JSON...) -> JSON { ["oneOf": .array(options)] }

  /// An object without any other field.
  private static func object(
    _ required: [String], _ properties: [(String, JSON)], _ description: String? = nil
  ) -> JSON {
    .fields([
      ("description", description.map { .string($0) }),
      ("type", "object"),
      ("properties", .object(properties.map { JSON.Member($0.0, $0.1) })),
      ("required", required.isEmpty ? nil : .strings(required)),
      ("additionalProperties", false),
    ])
  }

  private static func wrapper(_ name: String, _ inner: JSON) -> JSON {
    object([name], [(name, inner)])
  }

  private static let definitions: [(String, JSON)] = [
    (
      "bundle",
      object(
        ["format", "language", "meaning", "sha256", "spec", "version"],
        [
          ("case", list(ref("field"))), ("collections", list(ref("collection"))),
          ("digest_required", flag), ("files", texts),
          ("format", ["const": .int(Int64(SpecBundle.format))]), ("groups", list(ref("group"))),
          ("incidents", list(ref("incident"))), ("language", ["type": "integer"]),
          ("meaning", hash), ("owner", text), ("patterns", list(ref("pattern"))),
          ("purpose", text), ("requirements", list(ref("requirement"))), ("roles", texts),
          ("sha256", hash), ("spec", text), ("tables", list(ref("table"))),
          ("terms", list(ref("term"))), ("tools", list(ref("tool"))), ("types", list(ref("type"))),
          ("version", text), ("workflows", list(ref("workflow"))),
        ])
    ),
    (
      "position",
      [
        "description": "Index into `files`, line and column from 1.", "type": "array",
        "items": ["type": "integer", "minimum": 0], "minItems": 3, "maxItems": 3,
      ]
    ),
    (
      "expression",
      object(["cel"], [("at", at), ("cel", text)], "A condition or value in CEL.")
    ),
    (
      "typeReference",
      either(
        choice(["any", "bool", "int", "number", "string", "timestamp", "date", "duration"]),
        wrapper("timestamp", ["type": "integer", "description": "Minutes east of UTC."]),
        wrapper("list", ref("typeReference")), wrapper("map", ref("typeReference")),
        wrapper("optional", ref("typeReference")), wrapper("sensitive", ref("typeReference")),
        wrapper("enum", texts), wrapper("record", list(ref("field"))), wrapper("named", text))
    ),
    (
      "field",
      object(
        ["name", "type"],
        [
          ("name", text),
          (
            "presence",
            choice(FieldDeclaration.Presence.allCases.filter { $0 != .either }.map(\.rawValue))
          ),
          ("type", ref("typeReference")),
        ])
    ),
    (
      "type",
      either(
        object(
          ["name", "type"],
          [
            ("at", at), ("limits", list(ref("limit"))), ("name", text), ("schema", text),
            ("type", ref("typeReference")),
          ]),
        object(
          ["name", "union"],
          [
            ("at", at), ("limits", list(ref("limit"))), ("name", text), ("schema", text),
            ("union", object(["by", "members"], [("by", text), ("members", texts)])),
          ]))
    ),
    (
      "limit",
      object(
        ["keyword", "path", "value"],
        [
          ("keyword", choice(ValueLimit.keywords)), ("path", text),
          ("value", ["type": ["boolean", "number", "string"]]),
        ], "What a JSON Schema file asks at a place below the type; `*` is any element.")
    ),
    (
      "collection",
      object(
        ["name", "type"],
        [("grounded_by", texts), ("name", text), ("type", ref("typeReference"))])
    ),
    ("group", object(["name"], [("actions", texts), ("name", text)])),
    ("pattern", object(["name", "pattern"], [("name", text), ("pattern", text)])),
    (
      "table",
      object(
        ["name", "type", "value"],
        [("name", text), ("type", ref("typeReference")), ("value", true)])
    ),
    (
      "term",
      object(
        ["body", "name"], [("body", ref("expression")), ("name", text), ("parameters", texts)])
    ),
    (
      "path",
      object(
        ["collection"], [("collection", text), ("fields", texts), ("key", ref("expression"))])
    ),
    (
      "tool",
      object(
        ["effect", "name"],
        [
          ("args", list(ref("field"))), ("as_of", ref("expression")), ("at", at),
          (
            "claims",
            list(
              object(
                ["name", "type", "value"],
                [("name", text), ("type", ref("typeReference")), ("value", ref("expression"))]))
          ),
          ("description", text), ("effect", choice(Effect.self)),
          ("fails", list(ref("expression"))), ("fresh_for", seconds),
          (
            "keeps",
            list(
              object(
                ["collection", "key"],
                [
                  ("collection", text), ("each", text), ("key", ref("expression")),
                  ("source", ref("expression")),
                ]))
          ),
          (
            "learns",
            list(object(["key", "value"], [("key", text), ("value", ref("expression"))]))
          ),
          ("message", text), ("name", text), ("once_per", texts),
          ("returns", ref("typeReference")),
          (
            "sets",
            list(object(["path", "value"], [("path", ref("path")), ("value", ref("expression"))]))
          ),
          ("settled_by", text), ("touches", list(ref("path"))),
        ])
    ),
    ("answer", either(choice(["deny", "warn"]), wrapper("escalate", text))),
    (
      "event",
      either(
        object(["actions"], [("actions", texts), ("where", ref("expression"))]),
        object(["activity"], [("activity", text), ("where", ref("expression"))]),
        object(["approval"], [("approval", text), ("where", ref("expression"))]),
        object(["attempt"], [("attempt", texts), ("where", ref("expression"))]),
        object(["message"], [("message", text), ("where", ref("expression"))]))
    ),
    (
      "temporal",
      object(
        ["sugar", "template"],
        [
          ("count", count), ("events", list(list(ref("event")))), ("same", texts),
          ("sugar", text), ("template", choice(DeclareTemplate.self)), ("within", seconds),
        ])
    ),
    (
      "example",
      object(
        ["expect", "given", "name", "propose"],
        [
          ("at", at), ("expect", choice(ExampleDeclaration.Expectation.self)), ("given", true),
          ("history", ["type": "array"]), ("name", text), ("now", text), ("propose", true),
        ])
    ),
    (
      "requirement",
      object(
        ["id", "statement"],
        [
          ("advice", flag), ("applies_to", texts), ("at", at), ("because", text),
          (
            "confirmed",
            object(
              ["agrees", "by"],
              [
                ("agrees", ref("expression")), ("by", text), ("lists", list(ref("expression"))),
                ("refuses", ref("expression")),
              ])
          ),
          ("enforced_by", text), ("ensure", ref("expression")), ("examples", list(ref("example"))),
          ("id", text), ("mode", choice(RequirementDeclaration.Mode.self)), ("needs", texts),
          ("negated", flag), ("notes", text), ("otherwise", ref("answer")),
          ("priority", choice(Priority.self)), ("require", ref("expression")), ("source", text),
          ("statement", text), ("tell", ref("expression")), ("temporal", list(ref("temporal"))),
          ("ungrounded", ref("answer")), ("when", ref("expression")),
        ])
    ),
    (
      "step",
      object(
        ["name"],
        [
          ("actor", text), ("at", at),
          (
            "confidence",
            object(["below"], [("below", ["type": "number"]), ("then", ref("answer"))])
          ),
          ("digest_required", flag), ("final", flag), ("goal", text), ("name", text),
          ("next", list(object(["to"], [("to", text), ("when", ref("expression"))]))),
          ("tools", texts),
        ])
    ),
    (
      "workflow",
      object(
        ["name", "start"],
        [("at", at), ("name", text), ("start", text), ("steps", list(ref("step")))])
    ),
    (
      "incident",
      object(
        ["failure_mode", "id", "status", "title"],
        [
          ("at", at), ("case", text), ("detected", text),
          ("failure_mode", choice(FindingCategory.self)), ("id", text), ("occurred", text),
          ("prevented", text), ("prevented_by", texts), ("recovered", text), ("seq", count),
          ("status", choice(IncidentDeclaration.Status.self)), ("title", text), ("trace", text),
          ("trace_sha256", hash), ("twin", text),
        ])
    ),
  ]
}
