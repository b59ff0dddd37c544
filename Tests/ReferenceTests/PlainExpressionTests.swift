import CEL
import Foundation
import PlumblineBundle
import PlumblineJSON
import Testing

@testable import PlumblineReference
@testable import PlumblineRuntime

/// Expressions of random specs through both interpreters of CEL, on facts of which some are missing.
@Suite struct PlainExpressionTests {
  /// How many expressions; `PLUMBLINE_RANDOM_EXPRESSIONS` for more.
  static let count =
    ProcessInfo.processInfo.environment["PLUMBLINE_RANDOM_EXPRESSIONS"].flatMap { Int($0) } ?? 6_000
  static let seed =
    ProcessInfo.processInfo.environment["PLUMBLINE_SEED"].flatMap { UInt64($0) } ?? 0

  /// Values by name, the same for both.
  struct Facts: PlainScope {
    var names: [String: Plain]
    var terms: [TermDeclaration]

    func variable(_ name: String) -> Plain? { names[name] }

    func special(
      _ name: String, _ arguments: [PlainExpression.Node],
      _ evaluate: (PlainExpression.Node) -> Plain
    ) -> Plain? {
      guard name == "known", let argument = arguments.first else { return nil }
      switch evaluate(argument) {
      case .unknown, .error, .absent, .null: return .bool(false)
      case .list(_, let rest), .map(_, let rest): return .bool(rest == nil)
      case .record(let record):
        return .bool(
          !record.fields.contains { if case .unknown = $0.value { true } else { false } })
      default: return .bool(true)
      }
    }

    func term(_ name: String) -> (parameters: [String]?, body: PlainExpression)? {
      guard let term = terms.first(where: { $0.name == name }),
        let body = try? PlainExpression(term.body.text)
      else { return nil }
      return (term.parameters, body)
    }
  }

  final class Slots: Activation {
    let values: [Int: Value]
    init(_ values: [Int: Value]) { self.values = values }
    func load(_ slot: Int) -> Value {
      values[slot] ?? .failure(.other, "not offered to the test")
    }
  }

  /// Names that only a running guard can answer.
  static let hosted = [
    "calls(", "done(", "done_here(", "heard(", "approvals(", "age(", "step ", "claims",
  ]

  /// Facts of a spec for one proposal: some unknown, some known in part.
  static func facts(_ bundle: SpecBundle, _ tool: ToolDeclaration, _ chance: inout Chance) -> Facts
  {
    let values = RandomValue(bundle: bundle)
    func read(_ json: JSON, _ type: TypeReference, _ path: String, partial: Bool) -> Plain {
      var decoder = PlainDecoder(bundle.types, partial: partial ? path : nil)
      let plain = decoder.decode(json, as: type)
      return decoder.drifts.isEmpty ? plain : .unknown(Missing(path, .drift))
    }
    var names: [String: Plain] = [
      "now": .timestamp(seconds: 1_780_000_000, nanos: 500_000_000), "today": .date(days: 20_601),
      "in_flight": .int(Int64(chance.below(3))), "confidence": .double(0.5),
      "agent": .string("a"), "entered": .timestamp(seconds: 1_779_990_000, nanos: 0),
      "turn": .record(
        PlainRecord(type: "turn", fields: [.init("text", .string(values.sentence(&chance)))])),
      "said": .record(
        PlainRecord(
          type: "said",
          fields: ["user", "agent", "human"].map {
            .init(
              $0,
              chance.percent(30)
                ? .unknown(Missing("said.\($0)", .neverRead)) : .string(values.sentence(&chance)))
          })),
      "patterns": .record(
        PlainRecord(
          type: "patterns", fields: bundle.patterns.map { .init($0.name, .string($0.pattern)) })),
    ]
    for table in bundle.tables {
      names[table.name] = PlainDecoder.constant(table.value, as: table.type, bundle.types)
    }
    var decoder = PlainDecoder(bundle.types)
    names["args"] = decoder.decode(
      values.record(tool.arguments, &chance), fields: tool.arguments, named: "args")
    var caseFields: [PlainRecord.Field] = []
    for field in bundle.caseFields {
      let path = "case.\(field.name)"
      let isMissing = chance.percent(30)
      let json = values.json(field.type, &chance)
      caseFields.append(
        .init(
          field.name,
          isMissing
            ? .unknown(Missing(path, .neverRead))
            : json == .null && decoder.isOptional(field.type)
              ? .absent : read(json, field.type, path, partial: false)))
    }
    names["case"] = .record(PlainRecord(type: "case", fields: caseFields))
    for collection in bundle.collections {
      var entries: [PlainEntry] = []
      for key in RandomValue.keys where chance.percent(60) {
        let path = "\(collection.name)[\"\(key)\"]"
        var value = Plain.unknown(Missing(path, chance.pick(.stale, .drift)))
        if chance.percent(80) {
          let isPartial = chance.percent(40)
          let whole = values.json(collection.type, &chance)
          var json = whole
          if isPartial, case .object(let members) = whole {
            json = .object(members.filter { $0.key == "kind" || chance.percent(70) })
          }
          value = read(json, collection.type, path, partial: isPartial)
        }
        entries.append(PlainEntry(.string(key), value))
      }
      names[collection.name] = .map(
        entries, rest: chance.percent(70) ? Missing(collection.name, .neverRead) : nil)
    }
    return Facts(names: names, terms: bundle.terms)
  }

  @Test func bothGiveTheSame() throws {
    var compared = 0
    var refused = 0
    var outcomes: [String: Int] = [:]
    var differing: [String] = []
    var seed = Self.seed
    while compared < Self.count, seed < Self.seed + UInt64(Self.count) {
      defer { seed += 1 }
      let bundle = RandomSpec.make(seed, temporal: false).bundle
      guard let sound = try? Sound(bundle), let tool = sound.bundle.tools.first else { continue }
      let scope = sound.scope
      let context = SpecScope.Context.requirement(action: tool.name)
      let environment = scope.environment(context)
      var chance = Chance(seed &* 31 &+ 7)
      var names = Names()
      names.variables = [("args", .record(tool.arguments))]
      names.facts = true
      var generator = RandomExpression(bundle, names, chance)
      for _ in 0..<40 {
        let facts = Self.facts(sound.bundle, tool, &chance)
        var slots: [Int: Value] = [:]
        for (name, plain) in facts.names {
          guard let variable = environment.variables[name] else { continue }
          slots[variable.slot] = PlainBridge.value(plain, variable.type)
        }
        let kind = chance.pick(
          Kind.bool, .bool, .bool, .int, .number, .string, .timestamp, .duration, .date,
          .list(.string), .list(.number))
        let text = generator.make(kind, 3).text
        if Self.hosted.contains(where: { text.contains($0) }) { continue }
        // `[]` alone is of no type that both could know, and the zero of a sum is of it.
        if text.contains("[]."), text.contains(".sum()") { continue }
        let result = scope.compile(ExpressionText(text), in: context)
        guard result.issues.isEmpty, let checked = result.checked else {
          refused += 1
          continue
        }
        let guarded = PlainBridge.text(
          Program(checked, in: environment).evaluate(Slots(slots)))
        let plain = PlainBridge.text(evaluate(try PlainExpression(text), in: facts))
        compared += 1
        outcomes[String(guarded.prefix { $0 != " " && $0 != "[" }), default: 0] += 1
        if guarded != plain {
          differing.append("seed \(seed): \(text)\n    guard: \(guarded)\n    plain: \(plain)")
        }
      }
    }
    print("CEL through both interpreters: \(compared) expressions,", outcomes)
    print("  \(refused) did not compile")
    for line in differing.sorted(by: { $0.utf8.count < $1.utf8.count }).prefix(25) { print(line) }
    #expect(differing.isEmpty, "\(differing.count) differ")
    #expect(compared >= Self.count / 2)
  }
}
