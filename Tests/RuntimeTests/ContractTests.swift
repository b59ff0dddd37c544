import CEL
import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Testing

/// Contracts in detail: semantics 3, 23, 43.
@Suite struct ContractTests {
  /// A desk with one more read, `get_payment`, whose result has this type.
  func run(_ returns: TypeReference, _ require: String) throws -> Run {
    try Run(.init("R", on: ["hand_over"], require: require)) { bundle in
      bundle.types += [
        .init(
          name: "Card",
          definition: .type(
            .record([
              .init(name: "kind", type: .enumeration(["card"])),
              .init(name: "id", type: .string),
              .init(name: "last_four", type: .sensitive(.enumeration(["1111", "2222"]))),
            ]))),
        .init(
          name: "Gift",
          definition: .type(
            .record([
              .init(name: "kind", type: .enumeration(["gift", "certificate"])),
              .init(name: "id", type: .string), .init(name: "amount", type: .number),
            ]))),
        .init(name: "Payment", definition: .union(members: ["Card", "Gift"], by: "kind")),
        .init(
          name: "Tree",
          definition: .type(
            .record([
              .init(name: "value", type: .int),
              .init(name: "children", type: .list(.named("Tree"))),
            ]))),
        .init(
          name: "Times",
          definition: .type(
            .record([
              .init(name: "at", type: .timestamp(offsetMinutes: -300)),
              .init(name: "day", type: .date), .init(name: "span", type: .duration),
            ]))),
      ]
      var tool = ToolDeclaration(name: "get_payment", effect: .read)
      tool.returns = returns
      bundle.tools.append(tool)
    }
  }

  /// What the result gives, and what the rule then says.
  func check(_ returns: TypeReference, _ result: String, _ require: String) throws -> [String] {
    var run = try run(returns, require)
    try run.propose("g", "get_payment", "{}")
    let output = try run.result("g", result)
    if let finding = output.findings.first { return [finding.message] }
    return [try run.propose("h", "hand_over", #"{"summary":"s"}"#).summary]
  }

  func calls(_ condition: String) -> String { "calls(\"get_payment\").exists(c, \(condition))" }

  @Test func unionsArePickedByTheirTag() throws {
    let rule = calls("has(c.result.amount) && c.result.amount > 5.0 && c.result.kind == \"gift\"")
    #expect(
      try check(.named("Payment"), #"{"kind":"gift","id":"g","amount":10}"#, rule) == ["allow"])
    #expect(
      try check(.named("Payment"), #"{"kind":"card","id":"g","last_four":"1111"}"#, rule)
        == ["deny violated/R"])
    #expect(
      try check(.named("Payment"), #"{"kind":"cash","id":"g"}"#, rule) == [
        "the result of `get_payment` breaks its contract: `kind`: expected one of `card`, `gift`, `certificate`, found `cash`"
      ])
    #expect(
      try check(.named("Payment"), #"{"id":"g"}"#, rule) == [
        "the result of `get_payment` breaks its contract: `kind`: expected one of `card`, `gift`, `certificate`, found nothing"
      ])
    #expect(
      try check(.named("Payment"), #"{"kind":"gift","id":"g"}"#, rule) == [
        "the result of `get_payment` breaks its contract: `amount`: expected `number`, found nothing"
      ])
  }

  @Test func sensitiveValuesAreNotQuoted() throws {
    #expect(
      try check(.named("Payment"), #"{"kind":"card","id":"g","last_four":"9876"}"#, "true") == [
        "the result of `get_payment` breaks its contract: `last_four`: expected one of `1111`, `2222`, found (sensitive)"
      ])
  }

  @Test func typesMayBeRecursive() throws {
    let rule = calls("c.result.children[0].children[0].value == 3")
    let tree = #"{"value":1,"children":[{"value":2,"children":[{"value":3,"children":[]}]}]}"#
    #expect(try check(.named("Tree"), tree, rule) == ["allow"])
    #expect(
      try check(.named("Tree"), #"{"value":1,"children":[{"value":2.5,"children":[]}]}"#, rule) == [
        "the result of `get_payment` breaks its contract: `children[0].value`: expected `int`, found a number with a fraction"
      ])
  }

  @Test func timesHaveTypes() throws {
    let rule = calls(
      "c.result.at == timestamp(\"2024-05-15T20:00:00Z\") && c.result.day < date(\"2024-05-16\") && c.result.span == duration(\"15m\")"
    )
    #expect(
      try check(
        .named("Times"), #"{"at":"2024-05-15T15:00:00","day":"2024-05-15","span":"900s"}"#, rule)
        == ["allow"])
    #expect(
      try check(
        .named("Times"), #"{"at":"15:00","day":"2024-02-30","span":"x"}"#, rule) == [
          "the result of `get_payment` breaks its contract: `at`: expected `timestamp(-05:00)`, found the text `15:00`; `day`: expected `date`, found the text `2024-02-30`; `span`: expected `duration`, found the text `x`"
        ])
  }

  @Test(arguments: [
    (TypeReference.int, "7", "c.result == 7", "allow"),
    // JSON Schema's integer is any number without a fraction.
    (.int, "7.0", "c.result == 7", "allow"),
    (.number, "7", "c.result == 7.0", "allow"),
    (.number, "7", "c.result == 7", "allow"),
    (.map(.number), #"{"a":1,"b":2.5}"#, #"c.result["b"] == 2.5 && size(c.result) == 2"#, "allow"),
    (.list(.string), #"["a","b"]"#, #""b" in c.result"#, "allow"),
    (.any, #"{"a":[1,{"b":null}]}"#, "c.result.a[0] == 1", "allow"),
    (.optional(.int), "null", "true", "allow"),
    (.enumeration(["a", "b"]), #""b""#, #"c.result == "b""#, "allow"),
    (.bool, "true", "c.result", "allow"),
    (.string, #""x""#, #"c.result == "y""#, "deny violated/R"),
  ])
  func values(_ type: TypeReference, _ result: String, _ condition: String, _ expected: String)
    throws
  {
    #expect(try check(type, result, calls(condition)) == [expected])
  }

  @Test(arguments: [
    (TypeReference.int, "7.5"), (.int, #""7""#), (.number, "true"), (.string, "7"), (.bool, "0"),
    (.list(.int), "{}"), (.map(.int), "[]"), (.any, "99999999999999999999"), (.int, "null"),
    (.map(.int), #"{"a":1,"a":2}"#), (.record([.init(name: "a", type: .int)]), "null"),
  ])
  func drifts(_ type: TypeReference, _ result: String) throws {
    var run = try run(type, "true")
    try run.propose("g", "get_payment", "{}")
    #expect(try run.result("g", result).summary == ["contract_drift/contract"])
  }

  @Test func stepsOfARuleAreFound() throws {
    // A rule of another step is not evaluated, and says the same.
    func decide(_ when: String) throws -> String {
      var run = try Run(
        Desk.bundle {
          $0.workflows = [CaseTests.workflow()]
          $0.requirements = [
            .init("A", on: ["get_order"], when: when, require: "false"),
            .init("B", on: ["get_order"], require: "true"),
          ]
        })
      return try run.propose("p", "get_order", #"{"order_id":"o"}"#).summary
    }
    #expect(try decide(#"step == "intake""#) == "deny violated/A")
    #expect(try decide(#"step == "assess""#) == "allow")
    #expect(try decide(#"step in ["assess", "human"] && now > entered"#) == "allow")
    #expect(try decide(#"step in ["assess", "intake"]"#) == "deny violated/A")
    #expect(try decide(#"step == "assess" || "intake" == step"#) == "deny violated/A")
    #expect(try decide(#"step != "assess""#) == "deny violated/A")
    #expect(try decide(#"step == "assess" || args.order_id == "o""#) == "deny violated/A")
  }

  @Test func whatIsBelowSomethingSensitiveIsNotShown() throws {
    for type in [TypeReference.named("Gift"), .named("Payment")] {
      let said = try check(
        .sensitive(type), #"{"kind":"sardine","id":"1","amount":1}"#, "true")
      #expect(said.count == 1)
      #expect(said.first?.contains("found (sensitive)") == true)
      #expect(said.first?.contains("sardine") == false)
    }
  }
}
