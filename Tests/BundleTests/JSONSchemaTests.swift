import PlumblineBundle
import PlumblineJSON
import Testing

@Suite struct JSONSchemaTests {
  static func read(_ text: String) -> JSONSchemaTypes {
    JSONSchemaReader.read(Array(text.utf8), name: "T", file: "schemas/t.json")
  }

  static let mapped: [(String, TypeReference)] = [
    ("{}", .any), ("true", .any), (##"{"type":"boolean"}"##, .bool),
    (##"{"type":"integer"}"##, .int),
    (##"{"type":"number"}"##, .number), (##"{"type":"string","title":"x"}"##, .string),
    (##"{"type":"string","format":"date-time"}"##, .timestamp(offsetMinutes: nil)),
    (##"{"type":"string","format":"date"}"##, .date),
    (##"{"type":"string","format":"email"}"##, .string),
    (##"{"type":["string","null"]}"##, .optional(.string)),
    (##"{"type":["integer","number"]}"##, .number),
    (##"{"enum":["a","b"]}"##, .enumeration(["a", "b"])),
    (##"{"enum":["a",null]}"##, .optional(.enumeration(["a"]))),
    (##"{"const":"a"}"##, .enumeration(["a"])),
    (##"{"type":"array","items":{"type":"integer"}}"##, .list(.int)),
    (##"{"type":"array"}"##, .list(.any)),
    (##"{"type":"object"}"##, .map(.any)),
    (##"{"type":"object","additionalProperties":{"type":"number"}}"##, .map(.number)),
    (
      ##"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["a"]}"##,
      .record([
        .init(name: "a", type: .string),
        .init(name: "b", type: .optional(.int), presence: .notNull),
      ])
    ),
    (##"{"anyOf":[{"type":"null"},{"type":"integer"}]}"##, .optional(.int)),
    (
      ##"{"allOf":[{"$ref":"#/$defs/A"},{"properties":{"b":{"type":"string"}},"required":["b"]}],"$defs":{"A":{"properties":{"a":{"type":"integer"}},"required":["a"]}}}"##,
      .record([.init(name: "a", type: .int), .init(name: "b", type: .string)])
    ),
    (
      ##"{"type":"object","properties":{"next":{"$ref":"#"}}}"##,
      .record([.init(name: "next", type: .optional(.named("T")), presence: .notNull)])
    ),
    // `required` says that it is there, the type whether it may be null.
    (
      ##"{"properties":{"a":{"type":["string","null"]},"b":{"type":["string","null"]},"c":{"enum":["x",null]},"d":{"enum":["x"]},"e":{},"f":{"type":"string","enum":["x",null]},"g":{"$ref":"#/$defs/N"},"h":{"$ref":"#/$defs/N"}},"required":["a","c","g"],"$defs":{"N":{"type":["string","null"]}}}"##,
      .record([
        .init(name: "a", type: .optional(.string), presence: .required),
        .init(name: "b", type: .optional(.string)),
        .init(name: "c", type: .optional(.enumeration(["x"])), presence: .required),
        .init(name: "d", type: .optional(.enumeration(["x"])), presence: .notNull),
        .init(name: "e", type: .optional(.any)),
        .init(name: "f", type: .optional(.enumeration(["x"])), presence: .notNull),
        .init(name: "g", type: .named("T_N"), presence: .required),
        .init(name: "h", type: .optional(.named("T_N"))),
      ])
    ),
    (
      ##"{"allOf":[{"properties":{"a":{"type":["string","null"]},"b":{"type":"string"}}},{"properties":{"a":{"type":["string","null"]},"b":{"type":["string","null"]}},"required":["a"]}]}"##,
      .record([
        .init(name: "a", type: .optional(.string), presence: .required),
        .init(name: "b", type: .optional(.string), presence: .notNull),
      ])
    ),
  ]

  @Test(arguments: mapped)
  func maps(_ text: String, _ type: TypeReference) {
    let result = Self.read(text)
    #expect(result.problems == [])
    #expect(result.unchecked.allSatisfy { $0.message == "the format `email` is not checked" })
    #expect(result.types.first?.definition == .type(type))
    #expect(result.types.first?.schemaFile == "schemas/t.json")
  }

  @Test func definitionsBecomeTypes() {
    let result = Self.read(
      ##"""
      {"type":"object","required":["lines","pay"],"properties":{
        "lines":{"type":"array","items":{"$ref":"#/$defs/line item"}},
        "pay":{"oneOf":[{"$ref":"#/$defs/card"},{"$ref":"#/$defs/gift"}]},
        "back":{"anyOf":[{"$ref":"#/$defs/card"},{"$ref":"#/$defs/gift"},{"type":"null"}]}},
       "$defs":{"line item":{"type":"object","properties":{"sku":{"type":"string"}},"required":["sku"]},
        "card":{"properties":{"kind":{"const":"card"},"last":{"type":"string"}},"required":["kind","last"]},
        "gift":{"properties":{"kind":{"enum":["gift","voucher"]}},"required":["kind"]},
        "unused":{"type":"null"}}}
      """##)
    #expect(result.problems == [])
    let types = Dictionary(uniqueKeysWithValues: result.types.map { ($0.name, $0.definition) })
    #expect(
      types["T"]
        == .type(
          .record([
            .init(name: "lines", type: .list(.named("T_line_item"))),
            .init(name: "pay", type: .named("T_pay")),
            .init(name: "back", type: .optional(.named("T_anyOf"))),
          ])))
    #expect(types["T_pay"] == .union(members: ["T_card", "T_gift"], by: "kind"))
    #expect(types["T_anyOf"] == .union(members: ["T_card", "T_gift"], by: "kind"))
    #expect(
      types["T_gift"]
        == .type(.record([.init(name: "kind", type: .enumeration(["gift", "voucher"]))])))
    #expect(types["T_unused"] == nil)
    #expect(types.count == 6)
  }

  @Test func aUnionAtTheTop() {
    let result = Self.read(
      ##"{"oneOf":[{"properties":{"k":{"const":"a"}},"required":["k"]},{"properties":{"k":{"const":"b"}},"required":["k"]}]}"##
    )
    #expect(result.problems == [])
    #expect(result.types.map(\.name) == ["T", "T_0", "T_1"])
    #expect(result.types.first?.definition == .union(members: ["T_0", "T_1"], by: "k"))
  }

  static let refused: [(String, String)] = [
    ("{", "not JSON: the text ends too early: expected a key in double quotes"),
    ("[]", "expected a schema"), ("false", "`false` allows no value"),
    (##"{"type":"text"}"##, "/type: unknown type `text`"),
    (##"{"type":["string","integer"]}"##, "/type: more than one type besides null"),
    (##"{"enum":["a",1]}"##, "/enum: an enumeration holds texts only"),
    (##"{"$ref":"other.json"}"##, "/$ref: `other.json` lies outside this file, which is not read"),
    (##"{"$ref":"#/$defs/x"}"##, "/$ref: there is no `#/$defs/x` in this file"),
    (##"{"$ref":"#"}"##, "a type that is only itself"),
    (
      ##"{"properties":{"a":{"items":[{}]}}}"##,
      "/properties/a/items: a list whose elements differ by place is no type"
    ),
    (
      ##"{"type":"object","properties":{},"required":["a"]}"##,
      "/required: `a` is required but no property"
    ),
    (
      ##"{"anyOf":[{"type":"string"},{"type":"integer"}]}"##,
      "/anyOf: the options have no field in common whose texts tell them apart"
    ),
    (
      ##"{"allOf":[{"type":"string"},{"type":"object","properties":{}}]}"##,
      "/allOf: only objects can be put together"
    ),
    (##"{"type":"string","type":"integer"}"##, "the key `type` stands twice in one object"),
  ]

  @Test(arguments: refused)
  func refuses(_ text: String, _ message: String) {
    #expect(Self.read(text).problems.map(\.description) == [message])
  }

  @Test func saysWhatNobodyChecks() {
    let result = Self.read(
      ##"{"properties":{"a":{"type":"number","minimum":0,"x-unit":"EUR","exclusiveMaximum":true},"b":{"type":"string","pattern":"^a","format":"uuid"},"c":{"allOf":[{"properties":{"d":{"type":"array","items":{"type":"integer","maximum":4}}},"additionalProperties":false}]}},"patternProperties":{},"if":{},"additionalProperties":{"type":"string"}}"##
    )
    #expect(result.problems == [])
    #expect(
      result.unchecked.map(\.description) == [
        "/patternProperties: `patternProperties` is not checked", "/if: `if` is not checked",
        "/additionalProperties: `additionalProperties` is not checked",
        "/properties/a/exclusiveMaximum: `exclusiveMaximum` is not checked",
        "/properties/b/format: the format `uuid` is not checked",
        "/properties/c/allOf/0/additionalProperties: `additionalProperties` is not checked",
      ])
    #expect(
      result.types.first?.limits == [
        .init(path: "/a", limit: .minimum(0)), .init(path: "/b", limit: .pattern("^a")),
        .init(path: "/c/d/*", limit: .maximum(4)),
      ])
    #expect(result.unchecked.allSatisfy { $0.offset > 0 })
  }

  /// What is written is read back as the same type.
  @Test func writtenSchemasReadBack() throws {
    let bundle = Samples.full
    let types: [TypeReference] = [
      .any, .bool, .int, .number, .string, .timestamp(offsetMinutes: nil), .date,
      .list(.optional(.int)), .map(.string), .optional(.enumeration(["a"])), .optional(.map(.int)),
      .record([.init(name: "a", type: .optional(.number)), .init(name: "b", type: .list(.bool))]),
    ]
    for type in types {
      let schema = JSONSchema.of(type, in: bundle)
      #expect(schema["$schema"]?.string == "https://json-schema.org/draft/2020-12/schema")
      let result = JSONSchemaReader.read(try schema.encoded(), name: "T", file: "t.json")
      #expect(result.problems == [])
      #expect(result.types.first?.definition == .type(type), "\(schema)")
    }
    let order = JSONSchema.of(.named("Order"), in: bundle)
    #expect(order["$ref"]?.string == "#/$defs/Order")
    #expect(order["$defs"]?.members?.map(\.key) == ["Line", "Order"])
    #expect(order["$defs"]?["Order"]?["properties"]?["mail"]?["x-sensitive"] == true)
    let result = JSONSchemaReader.read(try order.encoded(), name: "T", file: "t.json")
    #expect(result.problems == [])
    #expect(result.types.map(\.name) == ["T", "T_Order", "T_Line"])
    let payment = JSONSchema.of(.named("Payment"), in: bundle)
    #expect(payment["$defs"]?["Payment"]?["oneOf"] == [["$ref": "#/$defs/Card"]])
  }

  /// So are the limits of schema files.
  @Test func writtenLimitsReadBack() throws {
    let text =
      ##"{"type":"object","properties":{"a":{"type":["number","null"],"minimum":0.5,"multipleOf":0.01},"b":{"type":"array","items":{"enum":["x","y"],"maxLength":3},"uniqueItems":true},"c":{"$ref":"#/$defs/C"}},"additionalProperties":false,"$defs":{"C":{"type":"string","pattern":"^c"}}}"##
    var bundle = SpecBundle(spec: "s", version: "1")
    bundle.types = Self.read(text).types
    #expect(bundle.types.map(\.limits.count) == [5, 1])
    let written = JSONSchema.of(.named("T"), in: bundle)
    let again = JSONSchemaReader.read(try written.encoded(), name: "U", file: "u.json")
    #expect(again.problems == [] && again.unchecked == [])
    #expect(
      again.types.dropFirst().map { Set($0.limits) } == bundle.types.map { Set($0.limits) })
  }

  @Test func argumentsAreClosed() {
    let schema = JSONSchema.arguments(of: Samples.full.tools[1], in: Samples.full)
    #expect(schema["additionalProperties"] == false)
    #expect(schema["required"] == ["order_id", "amount"])
  }
}
