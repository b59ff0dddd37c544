import Foundation
import PlumblineBundle
import PlumblineJSON
import Testing

enum Samples {
  static func at(_ line: Int, _ column: Int = 5, _ file: String = "refund.yaml") -> SourcePosition {
    SourcePosition(file: file, line: line, column: column)
  }
  static func cel(_ text: String, _ line: Int) -> ExpressionText {
    ExpressionText(text, position: at(line, 14))
  }

  /// A bundle that uses every part of the format.
  static let full: SpecBundle = {
    var bundle = SpecBundle(spec: "refund", version: "1.4.0")
    bundle.owner = "payments-ops"
    bundle.purpose = "Return the right amount to the right customer once."
    bundle.digestRequired = true
    bundle.roles = ["support_lead"]
    bundle.caseFields = [.init(name: "order_id", type: .string)]
    bundle.types = [
      .init(
        name: "Order",
        definition: .type(
          .record([
            .init(name: "id", type: .string), .init(name: "total", type: .number),
            .init(name: "status", type: .enumeration(["pending", "delivered"])),
            .init(name: "lines", type: .list(.named("Line"))),
            .init(name: "at", type: .optional(.timestamp(offsetMinutes: -300))),
            .init(name: "made", type: .timestamp(offsetMinutes: nil)),
            .init(name: "mail", type: .sensitive(.string)),
            .init(name: "extra", type: .map(.any)), .init(name: "day", type: .date),
            .init(name: "took", type: .duration), .init(name: "open", type: .bool),
          ])), position: at(3)),
      .init(name: "Line", definition: .type(.record([.init(name: "n", type: .int)]))),
      .init(
        name: "Card", definition: .type(.record([])),
        limits: [
          .init(path: "", limit: .closed), .init(path: "/a", limit: .minimum(0.5)),
          .init(path: "/b/*", limit: .pattern("^\"")), .init(path: "/b", limit: .maxItems(3)),
          .init(path: "/b", limit: .uniqueItems),
        ], schemaFile: "schemas/card.json"),
      .init(name: "Payment", definition: .union(members: ["Card"], by: "kind")),
    ]
    bundle.collections = [
      .init(name: "orders", type: .named("Order"), groundedBy: ["get_order"])
    ]
    var read = ToolDeclaration(name: "get_order", effect: .read)
    read.arguments = [.init(name: "order_id", type: .string)]
    read.returns = .named("Order")
    read.keeps = [
      .init(collection: "orders", key: cel("args.order_id", 9)),
      .init(
        each: "o", source: cel("result.others", 10), collection: "orders",
        key: cel("o.id", 10)),
    ]
    read.freshFor = 300
    read.fails = [cel("has(result.error)", 11)]
    read.learns = [.init(key: "order_id", value: cel("result.id", 12))]
    read.asOf = cel("result.quoted_at", 13)
    var write = ToolDeclaration(name: "issue_refund", effect: .write)
    write.arguments = [
      .init(name: "order_id", type: .string), .init(name: "amount", type: .number),
    ]
    write.oncePer = ["order_id"]
    write.touches = [.init(collection: "orders", key: cel("args.order_id", 20), fields: ["total"])]
    write.sets = [
      .init(
        path: .init(collection: "orders", key: cel("args.order_id", 21), fields: ["status"]),
        value: cel("\"pending\"", 21))
    ]
    write.settledBy = "get_order"
    write.description = "Pays back."
    write.position = at(17)
    var say = ToolDeclaration(name: "tell", effect: .say)
    say.arguments = [.init(name: "text", type: .string)]
    say.touches = []
    say.message = "agent"
    say.claims = [
      .init(name: "done", value: cel("args.text.matches(patterns.done)", 25), type: .bool)
    ]
    bundle.tools = [read, write, say]
    bundle.patterns = [.init(name: "done", pattern: #"(?i)done\."#)]
    bundle.groups = [.init(name: "money", actions: ["issue_refund"])]
    bundle.tables = [
      .init(
        name: "limits", type: .map(.number),
        value: .map([.init("basic", .double(10)), .init("gold", .double(2.5))]))
    ]
    bundle.terms = [
      .init(name: "big", parameters: ["x"], body: cel("x > 100.0", 30)),
      .init(name: "small", parameters: nil, body: ExpressionText("1.0")),
    ]
    var first = RequirementDeclaration(
      id: "REF-1", statement: "If a refund exceeds what was paid, the agent shall not issue it.")
    first.source = "policy.md#2"
    first.notes = "é\n\"quoted\""
    first.appliesTo = ["issue_refund"]
    first.when = cel("args.amount > 0.0", 40)
    first.require = cel("args.amount > orders[args.order_id].total", 41)
    first.negated = true
    first.ensure = cel("result.ok", 42)
    first.otherwise = .escalate(role: "support_lead")
    first.ungrounded = .warn
    first.because = "Small."
    first.tell = cel("At most ${orders[args.order_id].total}.", 43)
    first.position = at(39)
    first.confirmed = .init(
      by: "user", agrees: cel("patterns.done", 44), refuses: cel("patterns.done", 45),
      lists: [cel("args.amount", 46)])
    first.examples = [
      .init(
        name: "one cent", given: .map([.init("orders", .map([.init("o-1", .null)]))]),
        history: [.map([.init("type", .string("tick"))])], now: "2026-01-01T00:00:00Z",
        propose: .map([.init("action", .string("issue_refund")), .init("n", .list([.bool(true)]))]),
        expect: .deny, position: at(50))
    ]
    var second = RequirementDeclaration(id: "REF-2", statement: "The agent shall tell.")
    second.priority = .should
    second.mode = .shadow
    second.appliesTo = ["issue_refund"]
    second.needs = ["REF-1"]
    second.otherwise = .warn
    second.temporal = [
      .init(
        template: .response,
        events: [
          [.init(.actions(["issue_refund"]))],
          [
            .init(.actions(["tell"]), condition: cel("args.text != \"\"", 60)),
            .init(.attempt(["tell"])), .init(.approval(role: "support_lead")),
            .init(.message(speaker: "user")), .init(.activity("Closed by hand")),
          ],
        ], same: ["order_id"], within: 3600, sugar: "followed_by"),
      .init(template: .absence, events: [[.init(.actions(["tell"]))]], count: 3, sugar: "at_most"),
    ]
    var third = RequirementDeclaration(id: "REF-3", statement: "The agent shall be courteous.")
    third.advice = true
    third.enforcedBy = "types"
    bundle.requirements = [first, second, third]
    var step = StepDeclaration(name: "assess")
    step.goal = "Decide."
    step.tools = ["get_order", "issue_refund"]
    step.next = [
      .init(to: "closed", when: cel("done_here(\"issue_refund\")", 70)),
      .init(to: "closed", when: nil),
    ]
    step.confidence = .init(below: 0.8, then: .escalate(role: "support_lead"))
    step.digestRequired = true
    step.position = at(68)
    var closed = StepDeclaration(name: "closed")
    closed.actor = "support_lead"
    closed.final = true
    bundle.workflows = [
      .init(
        name: "refund", start: "assess", steps: [step, closed], position: at(65, 1, "flow.yaml"))
    ]
    var incident = IncidentDeclaration(
      id: "INC-1", title: "Told too early", failureMode: .contractDrift, status: .prevented)
    incident.occurred = "2026-05-02T10:11:00Z"
    incident.detected = "2026-05-03T10:11:00Z"
    incident.recovered = "2026-05-04T10:11:00Z"
    incident.prevented = "2026-05-05T10:11:00Z"
    incident.trace = "traces/1.jsonl"
    incident.twin = "traces/1.twin.jsonl"
    incident.atCase = "c-88"
    incident.atSequence = 14
    incident.preventedBy = ["REF-1"]
    incident.position = at(80)
    bundle.incidents = [incident]
    return bundle
  }()

  /// A bundle of many requirements, for speed and size.
  static func many(_ count: Int) -> SpecBundle {
    var bundle = SpecBundle(spec: "many", version: "1")
    bundle.tools = (0..<50).map { i in
      var tool = ToolDeclaration(name: "action_\(i)", effect: .write)
      tool.arguments = [.init(name: "amount", type: .number), .init(name: "id", type: .string)]
      tool.touches = []
      return tool
    }
    for i in 0..<count {
      var requirement = RequirementDeclaration(
        id: "REQ-\(i)",
        statement: "If the amount is above \(i), then the agent shall not carry out the action.")
      requirement.appliesTo = ["action_\(i % 50)"]
      let file = "specs/part\(i % 200).yaml"
      requirement.when = .init(
        "args.amount > \(i % 97).0", position: .init(file: file, line: i, column: 11))
      requirement.require = .init(
        "args.id != \"x\(i)\" && args.amount <= \(i).5",
        position: .init(file: file, line: i + 1, column: 14))
      requirement.position = .init(file: file, line: i, column: 5)
      requirement.source = "policy.md#\(i)"
      bundle.requirements.append(requirement)
    }
    return bundle
  }
}

@Suite struct BundleCodingTests {
  @Test func everythingReadsBack() throws {
    let sealed = Samples.full.seal()
    let loaded = try SpecBundle.load(sealed.bytes)
    #expect(loaded.bundle == Samples.full)
    #expect(loaded.meaning == sealed.meaning)
    #expect(loaded.whole == sealed.whole)
    #expect(loaded.bytes == sealed.bytes)
    #expect(loaded.bundle.encode() == sealed.bytes)
    // A line end that an editor added is no change.
    #expect(try SpecBundle.decode(sealed.bytes + [0x0A]) == Samples.full)
  }

  @Test func theTextIsCanonical() throws {
    for bundle in [Samples.full, Samples.many(30), SpecBundle(spec: "s", version: "1")] {
      let bytes = bundle.encode()
      let document = try JSONDocument.parse(bytes)
      #expect(document.duplicateKey == nil)
      #expect(CanonicalJSON.encode(document.root) == bytes)
      #expect(try SpecBundle.decode(bytes) == bundle)
    }
  }

  /// What may change without a new meaning, and what may not.
  @Test func meaning() {
    let meaning = Samples.full.meaningHash
    func changed(_ change: (inout SpecBundle) -> Void) -> Bool {
      var bundle = Samples.full
      change(&bundle)
      #expect(bundle != Samples.full)
      #expect(bundle.seal().whole != Samples.full.seal().whole)
      return bundle.meaningHash != meaning
    }
    #expect(!changed { $0.purpose = nil })
    #expect(!changed { $0.owner = "x" })
    #expect(!changed { $0.version = "2" })
    #expect(!changed { $0.incidents = [] })
    #expect(!changed { $0.requirements[0].statement = "x" })
    #expect(!changed { $0.requirements[0].source = nil })
    #expect(!changed { $0.requirements[0].notes = nil })
    #expect(!changed { $0.requirements[0].because = "x" })
    #expect(!changed { $0.requirements[0].examples = [] })
    #expect(!changed { $0.requirements[0].position?.line = 7 })
    #expect(!changed { $0.requirements[0].when?.position?.file = "other.yaml" })
    #expect(!changed { $0.workflows[0].steps[0].goal = "x" })
    #expect(!changed { $0.tools[1].description = nil })
    #expect(!changed { $0.types[2].schemaFile = nil })
    #expect(changed { $0.spec = "x" })
    #expect(changed { $0.requirements[0].id = "x" })
    #expect(changed { $0.requirements[0].when?.text = "true" })
    #expect(changed { $0.requirements[0].tell = nil })
    #expect(changed { $0.requirements[0].negated = false })
    #expect(changed { $0.requirements[1].mode = .enforce })
    #expect(changed { $0.requirements[1].temporal[0].within = 1 })
    #expect(changed { $0.tools[2].touches = nil })
    #expect(changed { $0.tools[0].freshFor = nil })
    #expect(changed { $0.workflows[0].steps[0].tools = [] })
    #expect(changed { $0.patterns[0].pattern = "x" })
    #expect(changed { $0.tables[0].value = .map([]) })
    #expect(changed { $0.digestRequired = false })
  }

  static let broken: [(String, String, String)] = [
    (#""format":1"#, #""format":2"#, "/format: format 2 is not known here, which reads 1"),
    (#""format":1,"#, "", "`format` is missing"),
    (#""spec":"refund""#, #""spec":"rebate""#, "/sha256: the text was changed"),
    (#""language":1"#, #""language":"1""#, "/language: expected an integer, found a string"),
    (
      #""name":"get_order""#, #""name":"get_order","nome":1"#,
      "/tools/0: unknown or misplaced field `nome`"
    ),
    (
      #""effect":"write""#, #""effect":"wrote""#,
      "/tools/1/effect: `wrote` is none of `read`, `write`"
    ),
    (#""at":[1,39,5]"#, #""at":[7,39,5]"#, "/requirements/0/at: no such file"),
    (#"{"cel":"1.0"}"#, #"{"cel":1}"#, "/terms/1/body/cel: expected a string"),
    (
      #"{"list":{"named":"Line"}}"#, #"{"lost":{"named":"Line"}}"#,
      "/types/0/type/record/3/type/lost: unknown type"
    ),
    (
      #""roles":["support_lead"]"#, #""roles":"support_lead""#,
      "/roles: expected an array, found a string"
    ),
    (#""version":"1.4.0","#, "", "`version` is missing"),
    (#""spec":"refund","#, #""spec":"refund","spec":"refund","#, "the key `spec` stands twice"),
  ]

  @Test(arguments: broken)
  func refuses(_ old: String, _ new: String, _ message: String) throws {
    let text = String(decoding: Samples.full.encode(), as: UTF8.self)
    #expect(text.contains(old))
    let changed = text.replacingOccurrences(of: old, with: new)
    let error = #expect(throws: BundleError.self) { _ = try SpecBundle.decode(Array(changed.utf8)) }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
  }

  @Test func refusesAForgedMeaning() throws {
    let sealed = Samples.full.seal()
    let forged = String(repeating: "0", count: 64)
    let plain = String(decoding: sealed.bytes, as: UTF8.self)
      .replacingOccurrences(of: "\"sha256\":\"\(sealed.whole)\",", with: "")
      .replacingOccurrences(of: sealed.meaning, with: forged)
    let text = plain.replacingOccurrences(
      of: "\"spec\":\"refund\"", with: "\"sha256\":\"\(SHA256.hex(plain))\",\"spec\":\"refund\"")
    let error = #expect(throws: BundleError.self) { _ = try SpecBundle.decode(Array(text.utf8)) }
    #expect(error?.path == "/meaning")
  }

  static let dangling: [(String, @Sendable (inout SpecBundle) -> Void)] = [
    ("/requirements/0/applies_to: unknown tool `x`", { $0.requirements[0].appliesTo = ["x"] }),
    ("/requirements/1/needs: unknown requirement `x`", { $0.requirements[1].needs = ["x"] }),
    (
      "/requirements/0/otherwise: unknown role `x`",
      { $0.requirements[0].otherwise = .escalate(role: "x") }
    ),
    ("/tools/0/keeps: unknown collection `x`", { $0.tools[0].keeps[0].collection = "x" }),
    ("/tools/0/returns: unknown type `x`", { $0.tools[0].returns = .list(.named("x")) }),
    ("/workflows/0/start: unknown step `x`", { $0.workflows[0].start = "x" }),
    ("/workflows/0/steps/0/next: unknown step `x`", { $0.workflows[0].steps[0].next[0].to = "x" }),
    ("/incidents/0/prevented_by: unknown requirement `x`", { $0.incidents[0].preventedBy = ["x"] }),
    ("/tools/1: `get_order` is declared twice", { $0.tools[1].name = "get_order" }),
    (
      "/types/3/union: unknown type `x`",
      { $0.types[3].definition = .union(members: ["x"], by: "k") }
    ),
  ]

  @Test(arguments: dangling.indices)
  func refusesUnknownNames(_ index: Int) {
    let (message, change) = Self.dangling[index]
    var bundle = Samples.full
    change(&bundle)
    let error = #expect(throws: BundleError.self) { _ = try SpecBundle.decode(bundle.encode()) }
    #expect(error?.description == message)
  }

  @Test func truncatedAndBrokenTextsNeverTrap() {
    let bytes = Samples.full.encode()
    for end in stride(from: 0, to: bytes.count, by: 7) {
      #expect(throws: BundleError.self) { _ = try SpecBundle.decode(Array(bytes[..<end])) }
    }
    var state: UInt64 = 7
    for _ in 0..<2000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var changed = bytes
      let at = Int(state >> 33) % changed.count
      let byte = Array("{}[]\",:01tnx".utf8)[Int(state >> 20 & 0xFFF) % 12]
      guard changed[at] != byte else { continue }
      changed[at] = byte
      #expect(throws: BundleError.self) { _ = try SpecBundle.decode(changed) }
    }
  }

  @Test func describes() {
    let text = Samples.full.describe()
    for part in [
      "refund 1.4.0, language 1", "meaning: ", "at: timestamp(-05:00)?",
      "read get_order(order_id: string) -> Order",
      "forbid: args.amount > orders[args.order_id].total", "touches: none",
      "otherwise: escalate(support_lead)",
      "followed_by: response(issue_refund, tell where", "to closed when done_here",
      "INC-1 prevented  (refund.yaml:80:5)",
      "sets: orders[args.order_id].status = \"pending\"",
    ] {
      #expect(text.contains(part), "\(part)\n\(text)")
    }
  }

  /// Every field the writer knows stands in the schema, by a checker small enough to trust.
  @Test func theSchemaHoldsTheFullBundle() throws {
    let value = JSON(try JSONDocument.parse(Samples.full.encode()).root)
    #expect(SchemaCheck(BundleSchema.schema).problems(value) == [])
    var wrong = value
    wrong["extra"] = 1
    #expect(SchemaCheck(BundleSchema.schema).problems(wrong) == [": `extra` is not allowed"])
  }

  @Test func loadsManyRequirements() throws {
    let bundle = Samples.many(2000)
    #expect(try SpecBundle.decode(bundle.encode()) == bundle)
  }
}
