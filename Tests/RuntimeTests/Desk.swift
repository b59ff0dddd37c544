import CEL
import Foundation
import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Testing

/// A small refund desk, as a bundle; tests add the rules they are about.
enum Desk {
  static let order: [FieldDeclaration] = [
    .init(name: "id", type: .string),
    .init(name: "status", type: .enumeration(["pending", "delivered", "cancelled"])),
    .init(name: "total", type: .number),
    .init(name: "delivered_at", type: .optional(.timestamp(offsetMinutes: nil))),
    .init(name: "address", type: .string),
    .init(name: "items", type: .list(.named("OrderLine"))),
  ]

  static func bundle(_ change: (inout SpecBundle) -> Void = { _ in }) -> SpecBundle {
    var bundle = SpecBundle(spec: "refund", version: "1.0.0")
    bundle.roles = ["legal", "support_lead"]
    bundle.caseFields = [
      .init(name: "customer_id", type: .string), .init(name: "order_id", type: .string),
    ]
    bundle.types = [
      .init(
        name: "Customer",
        definition: .type(
          .record([
            .init(name: "id", type: .string),
            .init(name: "tier", type: .enumeration(["basic", "gold"])),
            .init(name: "escalated", type: .bool),
            .init(name: "email", type: .sensitive(.string)),
          ]))),
      .init(name: "Order", definition: .type(.record(order))),
      .init(
        name: "OrderLine",
        definition: .type(
          .record([.init(name: "sku", type: .string), .init(name: "price", type: .number)]))),
      .init(
        name: "Refund", definition: .type(.record([.init(name: "refund_id", type: .string)]))),
      .init(
        name: "Offer",
        definition: .type(
          .record([.init(name: "id", type: .string), .init(name: "price", type: .number)]))),
    ]
    bundle.collections = [
      .init(name: "customers", type: .named("Customer"), groundedBy: ["get_customer"]),
      .init(name: "offers", type: .named("Offer"), groundedBy: ["search_offers"]),
      .init(name: "orders", type: .named("Order"), groundedBy: ["get_order"]),
    ]
    bundle.tools = tools
    bundle.patterns = [
      .init(name: "agreement", pattern: "(?i)\\b(yes|yep)\\b"),
      .init(name: "refusal", pattern: "(?i)\\bno\\b"),
      .init(name: "refund_done", pattern: "(?i)refund (has been|was) issued"),
    ]
    bundle.groups = [.init(name: "money", actions: ["issue_refund"])]
    change(&bundle)
    return bundle
  }

  private static func tool(
    _ name: String, _ effect: Effect, _ arguments: [(String, TypeReference)],
    _ change: (inout ToolDeclaration) -> Void = { _ in }
  ) -> ToolDeclaration {
    var tool = ToolDeclaration(name: name, effect: effect)
    tool.arguments = arguments.map { .init(name: $0.0, type: $0.1) }
    change(&tool)
    return tool
  }

  private static var tools: [ToolDeclaration] {
    [
      tool("get_customer", .read, [("customer_id", .string)]) {
        $0.returns = .named("Customer")
        $0.keeps = [.init(collection: "customers", key: .init("args.customer_id"))]
        $0.fails = [.init("has(result.error)")]
        $0.learns = [.init(key: "customer_id", value: .init("result.id"))]
      },
      tool("get_order", .read, [("order_id", .string)]) {
        $0.returns = .named("Order")
        $0.keeps = [.init(collection: "orders", key: .init("args.order_id"))]
        $0.freshFor = 300
      },
      tool(
        "issue_refund", .write,
        [("order_id", .string), ("amount", .number), ("reason", .optional(.string))]
      ) {
        $0.returns = .named("Refund")
        $0.oncePer = ["order_id"]
        $0.touches = [.init(collection: "orders", key: .init("args.order_id"))]
        $0.settledBy = "get_order"
      },
      tool("tell_customer", .say, [("text", .string)]) {
        $0.message = "agent"
        $0.claims = [
          .init(
            name: "refund_issued", value: .init("args.text.matches(patterns.refund_done)"),
            type: .bool),
          .init(
            name: "amounts", value: .init("args.text.findAll(\"[0-9]+\")"), type: .list(.string)),
        ]
      },
      tool("hand_over", .handoff, [("summary", .string)]),
      tool("search_offers", .read, [("date", .date)]) {
        $0.returns = .list(.named("Offer"))
        $0.keeps = [
          .init(
            each: "offer", source: .init("result"), collection: "offers",
            key: .init("offer.id + \"@\" + string(args.date)"))
        ]
      },
      tool("change_address", .write, [("order_id", .string), ("address", .string)]) {
        $0.sets = [
          .init(
            path: .init(
              collection: "orders", key: .init("args.order_id"), fields: ["address"]),
            value: .init("args.address"))
        ]
      },
      tool("think", .none, [("thought", .string)]),
    ]
  }
}

extension RequirementDeclaration {
  init(
    _ id: String, on actions: [String], when: String? = nil, require: String? = nil,
    _ change: (inout RequirementDeclaration) -> Void = { _ in }
  ) {
    self.init(id: id, statement: "The agent shall keep to \(id).")
    appliesTo = actions
    self.when = when.map { .init($0) }
    self.require = require.map { .init($0) }
    change(&self)
  }
}

/// A case that runs event by event; times count in seconds from a fixed start.
struct Run {
  let guardian: Guard
  var state: CaseState
  var clock = 0
  private(set) var last = StepOutput()

  init(_ bundle: SpecBundle) throws {
    guardian = try Guard(bundle, meaning: "test")
    state = guardian.open("c-1")
  }

  init(_ requirements: RequirementDeclaration..., change: (inout SpecBundle) -> Void = { _ in })
    throws
  {
    try self.init(
      Desk.bundle {
        $0.requirements = requirements
        change(&$0)
      })
  }

  static let start = 1_780_000_000

  static func event(_ json: String, at seconds: Int) throws -> Event {
    let time = TimeText.text(Timestamp(seconds: Int64(start + seconds)))
    let text = "{\"case\":\"c-1\",\"time\":\"\(time)\"," + json.dropFirst()
    let document = try JSONDocument.parse(Array(text.utf8))
    return try TraceReader.event(from: document.root).get()
  }

  @discardableResult
  mutating func event(_ json: String) throws -> StepOutput {
    clock += 1
    last = guardian.step(&state, try Self.event(json, at: clock))
    return last
  }

  @discardableResult
  mutating func propose(_ id: String, _ action: String, _ args: String = "{}", _ more: String = "")
    throws -> Decision
  {
    let rest = more.isEmpty ? "" : ",\(more)"
    let output = try event(
      #"{"type":"propose","id":"\#(id)","action":"\#(action)","args":\#(args)\#(rest)}"#)
    return try #require(output.decision)
  }

  @discardableResult
  mutating func result(_ of: String, _ value: String) throws -> StepOutput {
    try event(#"{"type":"result","of":"\#(of)","result":\#(value)}"#)
  }

  @discardableResult
  mutating func fail(_ of: String, effect: String? = nil) throws -> StepOutput {
    let effect = effect.map { ",\"effect\":\"\($0)\"" } ?? ""
    return try event(#"{"type":"result","of":"\#(of)","error":{"message":"no"\#(effect)}}"#)
  }

  @discardableResult
  mutating func say(_ from: String, _ text: String) throws -> StepOutput {
    try event(#"{"type":"message","from":"\#(from)","text":"\#(text)"}"#)
  }

  /// Reads an order, successfully.
  mutating func readOrder(_ id: String = "o-1", total: String = "20.0", more: String = "") throws {
    try propose("r\(clock)", "get_order", #"{"order_id":"\#(id)"}"#)
    let of = "r\(clock - 1)"
    try result(of, Self.order(id, total: total, more: more))
  }

  static func order(_ id: String = "o-1", total: String = "20.0", more: String = "") -> String {
    #"{"id":"\#(id)","status":"delivered","total":\#(total),"address":"A","items":[]\#(more)}"#
  }

  /// Proposes a refund of an order.
  @discardableResult
  mutating func refund(
    _ id: String = "p", order: String = "o-1", amount: String = "10.0", _ more: String = ""
  ) throws -> Decision {
    try propose(id, "issue_refund", #"{"order_id":"\#(order)","amount":\#(amount)}"#, more)
  }
}

extension Decision {
  /// `deny violated/REF-1 ungrounded/REF-2`: what tests look at.
  var summary: String {
    ([outcome.name] + findings.map(\.summary)).joined(separator: " ")
  }
}

extension Finding {
  var summary: String {
    "\(category.rawValue)/\(requirement ?? rule)\(shadow ? "(shadow)" : "")"
  }
}

extension StepOutput {
  var summary: [String] { findings.map(\.summary) }
}
