import PlumblineBundle
import PlumblineRuntime
import Testing

/// What a JSON Schema says of a field that is not there, and of one that is null.
@Suite struct PresenceTests {
  static let type = TypeReference.record([
    .init(name: "plain", type: .optional(.string)),
    .init(name: "there", type: .optional(.string), presence: .required),
    .init(name: "kind", type: .optional(.enumeration(["a", "b"])), presence: .notNull),
  ])

  static let cases: [(result: String, finds: String?)] = [
    (#"{"there":"x"}"#, nil), (#"{"there":null}"#, nil), (#"{"there":null,"plain":null}"#, nil),
    (#"{"there":"x","kind":"a"}"#, nil),
    (#"{"plain":"x"}"#, "`there`: expected `string` or null, found nothing"),
    (#"{}"#, "`there`: expected `string` or null, found nothing"),
    (#"{"there":"x","kind":null}"#, "`kind`: expected `[a, b]`, found null"),
  ]

  @Test(arguments: cases)
  func whatMayBeMissing(_ result: String, _ finds: String?) throws {
    var run = try Run(.init("R", on: ["hand_over"], require: "true")) { bundle in
      var tool = ToolDeclaration(name: "get_payment", effect: .read)
      tool.returns = Self.type
      bundle.tools.append(tool)
    }
    try run.propose("g", "get_payment", "{}")
    let output = try run.result("g", result)
    #expect(output.findings.map(\.category) == (finds == nil ? [] : [.contractDrift]))
    if let finds { #expect(output.findings.first?.message.hasSuffix(finds) == true) }
  }

  /// Conditions see the same absence, however it was said.
  @Test(arguments: [#"{"there":null}"#, #"{"there":null,"plain":null}"#])
  func absenceIsKnown(_ result: String) throws {
    var run = try Run(
      .init(
        "R", on: ["hand_over"],
        require: """
          calls("get_payment").exists(c, !has(c.result.there) && !has(c.result.plain) && !has(c.result.kind))
          """)
    ) { bundle in
      var tool = ToolDeclaration(name: "get_payment", effect: .read)
      tool.returns = Self.type
      bundle.tools.append(tool)
    }
    try run.propose("g", "get_payment", "{}")
    try run.result("g", result)
    #expect(try run.propose("h", "hand_over", #"{"summary":"s"}"#).outcome == .allow)
  }
}
