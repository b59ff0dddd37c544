import CEL
import Foundation
import Testing

/// The article of the library, and the page for those who write conditions: what they show is what happens.
@Suite struct ArticleTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  typealias Environment = CEL.Environment

  /// The snippets of the article, in its order, with what they print.
  func run(_ write: (String) -> Void) throws {
    func print(_ items: Any...) { write(items.map { "\($0)" }.joined(separator: " ")) }
    // swift-format-ignore
    do {
      // begin
      var environment = Environment(extensions: [.strings, .math, .lists])
      environment.declare("total", .int)
      environment.declare("tags", .list(.string))
      let program = try environment.compile("total <= 100 && !('fraud' in tags)", expecting: .bool)
      let value = program.evaluate(["total": 40, "tags": ["vip"]])
      print(value)  // true
      // next
      do {
        _ = try environment.compile("totl > 3")
      } catch {
        print(error)  // 0..<4: undeclared name `totl` (did you mean `total`?)
      }
      // next
      let unknown = [AttributePattern("tags")]
      print(program.evaluate(["total": 400], unknown: unknown))  // false
      print(program.evaluate(["total": 40], unknown: unknown))  // unknown(tags)
      // next
      let costs = program.checked.estimateCost(sizes: ["tags": 20, "tags[]": 10])
      print(costs)  // 2...24
      let (result, cost) = program.evaluate(
        PartialActivation(environment, ["total": 40, "tags": ["vip"]]), costLimit: 1_000)
      print(result, cost)  // true 5
      // next
      let condition = try environment.compile("!(total > 60 * 60 || 'a' in tags)").checked
      let simpler = condition.negationNormalForm(in: environment).foldingConstants(in: environment)
      print(simpler.root.unparse())  // total <= 3600 && !("a" in tags)
      print(condition.referencedAttributes().map(\.variable))  // ["total", "tags"]
      // next
      let double = Overload("double_int", [.int], .int, .unary { value in
        guard case .int(let number) = value else { return value }
        let (twice, overflow) = number.multipliedReportingOverflow(by: 2)
        return overflow ? .failure(.overflow, "too large to double") : .int(twice)
      })
      environment.functions = environment.functions.adding([FunctionDeclaration("twice", [double])])
      print(try environment.compile("twice(21)").evaluate([:]))  // 42
      // end
    }
  }

  /// The Swift fences of a page.
  static func fences(_ page: String) -> [String] {
    page.components(separatedBy: "```swift\n").dropFirst().map {
      $0.components(separatedBy: "```")[0].trimmingCharacters(in: .newlines)
    }
  }

  @Test func articleShowsWhatHappens() throws {
    let article = try String(
      contentsOf: Self.root.appendingPathComponent("Sources/CEL/CEL.docc/CEL.md"), encoding: .utf8)
    let source = try String(contentsOf: URL(fileURLWithPath: #filePath), encoding: .utf8)
    let lines = source.components(separatedBy: "\n").map {
      $0.hasPrefix("      ") ? String($0.dropFirst(6)) : $0
    }
    let start = try #require(lines.firstIndex(of: "// begin"))
    let end = try #require(lines.firstIndex(of: "// end"))
    let snippets = lines[(start + 1)..<end].split(separator: "// next").map {
      $0.joined(separator: "\n")
    }
    #expect(Self.fences(article) == snippets)

    var printed: [String] = []
    try run { printed.append($0) }
    let promised = snippets.joined(separator: "\n").components(separatedBy: "\n").compactMap {
      $0.contains("print(") ? $0.components(separatedBy: "  // ").last : nil
    }
    #expect(printed == promised)
  }

  // MARK: - Docs/CEL.md

  static let item = ObjectType(
    name: "Item",
    fields: [
      .init(name: "sku", type: .string), .init(name: "price", type: .double),
      .init(name: "opened", type: .bool),
    ])
  static let order = ObjectType(
    name: "Order",
    fields: [
      .init(name: "total", type: .double),
      .init(
        name: "status", type: .enumeration(EnumType(values: ["open", "paid", "cancelled"]))),
      .init(name: "items", type: .list(.object(item))),
      .init(name: "bought", type: .timestamp),
      .init(name: "note", type: .string, optional: true),
    ])

  /// As conditions of specs are checked.
  static let environment: Environment = {
    var environment = Environment(extensions: Set(Environment.Extension.allCases))
    environment.widensIntegers = true
    environment.requiresGuards = true
    environment.declare("order", .object(order))
    environment.declare("amount", .double)
    environment.declare("now", .timestamp)
    environment.declare("blocked", .list(.string))
    return environment
  }()

  /// The rows of the table: condition, facts, outcome.
  static func rows() throws -> [[String]] {
    let page = try String(
      contentsOf: root.appendingPathComponent("Docs/CEL.md"), encoding: .utf8)
    return page.components(separatedBy: "\n").filter { $0.hasPrefix("| `") }.map { line in
      let row = line.replacingOccurrences(of: "\\|", with: "\u{1}")
      return row.components(separatedBy: "|").dropFirst().dropLast().map {
        $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")).replacingOccurrences(
          of: "\u{1}", with: "|")
      }
    }
  }

  /// A value as the type has it: records are written as maps.
  static func typed(_ value: Value, _ type: CELType) -> Value {
    switch (value, type) {
    case (.map(let map), .object(let object)):
      return .record(
        RecordValue(
          type: object,
          slots: object.fields.map { typed(map.lookup(.string($0.name)), $0.type) }))
    case (.list(let list), .list(let element)):
      return .list(list.elements.map { typed($0, element) })
    case (.int(let number), .double): return .double(Double(number))
    default: return value
    }
  }

  @Test func conditionsComeToWhatThePageSays() throws {
    let rows = try Self.rows()
    #expect(rows.count == 20)
    let literals = Environment(extensions: Set(Environment.Extension.allCases))
    for row in rows {
      try #require(row.count == 4, "\(row)")
      var slots = Self.order.fields.map { Value.unknown(Unknown("order.\($0.name)")) }
      var values: [String: Value] = [:]
      for fact in row[1].components(separatedBy: "; ") where fact != "nothing" {
        let parts = fact.components(separatedBy: " = ")
        try #require(parts.count == 2, "\(fact)")
        let isAbsent = parts[1] == "absent"
        let value =
          isAbsent ? Value.absent : try literals.compile(parts[1]).evaluate([String: Value]())
        if parts[0].hasPrefix("order.") {
          let slot = try #require(Self.order.slot(of: String(parts[0].dropFirst(6))))
          slots[slot] = Self.typed(value, Self.order.fields[slot].type)
        } else {
          let type = try #require(Self.environment.variables[parts[0]]?.type)
          values[parts[0]] = Self.typed(value, type)
        }
      }
      values["order"] = .record(RecordValue(type: Self.order, slots: slots))
      let unknown = Self.environment.variables.keys.filter { values[$0] == nil }
      let program = try Self.environment.compile(row[0], expecting: .bool)
      let value = program.evaluate(values, unknown: unknown.map { AttributePattern($0) })
      let outcome =
        switch value {
        case .unknown(let needed):
          "unknown: " + needed.attributes.map(\.path).joined(separator: ", ")
        case .error: "error"
        default: value.description
        }
      #expect(outcome == row[2], "\(row[0])")
    }
  }
}
