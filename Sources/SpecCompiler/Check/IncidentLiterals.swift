import CEL
import PlumblineBundle
import PlumblineDiagnostics
import PlumblineJSON
import PlumblineRuntime
import SpecModel

/// The words of a spec's own: they are no traces' literals, wherever they stand.
struct DeclaredNames: Sendable {
  private(set) var all: Set<String> = ["user", "agent", "human", "approved", "rejected", ""]
  /// Types by name: one that nothing uses declares no words.
  private var declared: [String: TypeDeclaration.Definition] = [:]

  init(_ input: CheckInput) {
    let bundle = input.bundle
    all.formUnion(bundle.roles)
    for field in bundle.caseFields { add(field) }
    declared = Dictionary(
      bundle.types.map { ($0.name, $0.definition) }, uniquingKeysWith: { first, _ in first })
    for collection in bundle.collections { add(collection.type) }
    for tool in bundle.tools {
      all.insert(tool.name)
      for field in tool.arguments { add(field) }
      if let returns = tool.returns { add(returns) }
      for claim in tool.claims {
        all.insert(claim.name)
        add(claim.type)
      }
    }
    all.formUnion(bundle.collections.map(\.name))
    all.formUnion(bundle.patterns.map(\.name))
    all.formUnion(bundle.terms.map(\.name))
    all.formUnion(bundle.groups.map(\.name))
    for table in bundle.tables {
      all.insert(table.name)
      add(table.type)
      // A table says what is so for all; who is meant by name is no such thing.
      add(table.value, but: TraceValues.looksLikeID)
    }
    for workflow in bundle.workflows {
      all.insert(workflow.name)
      all.formUnion(workflow.steps.map(\.name))
    }
    for requirement in bundle.requirements {
      all.insert(requirement.id)
      for event in requirement.temporal.flatMap({ $0.events.joined() }) {
        if case .activity(let name) = event.kind { all.insert(name) }
      }
    }
  }

  private mutating func add(_ field: FieldDeclaration) {
    all.insert(field.name)
    add(field.type)
  }

  private mutating func add(_ type: TypeReference) {
    switch type {
    case .optional(let inner), .list(let inner), .map(let inner), .sensitive(let inner): add(inner)
    case .enumeration(let values): all.formUnion(values)
    case .record(let fields): for field in fields { add(field) }
    case .named(let name):
      switch declared.removeValue(forKey: name) {
      case .type(let type): add(type)
      case .union(let members, let by):
        all.formUnion(members + [by])
        for member in members { add(.named(member)) }
      case nil: break
      }
      all.insert(name)
    default: break
    }
  }

  private mutating func add(_ value: BundleValue, but isName: (String) -> Bool) {
    switch value {
    case .string(let text): if !isName(text) { all.insert(text) }
    case .list(let items): for item in items { add(item, but: isName) }
    case .map(let entries):
      for entry in entries {
        if !isName(entry.key) { all.insert(entry.key) }
        add(entry.value, but: isName)
      }
    default: break
    }
  }
}

/// The values that belong to one trace: its ids, texts, times and numbers.
struct TraceValues: Sendable {
  private let declared: DeclaredNames
  /// Texts, and the file each is from.
  private var texts: [String: String] = [:]
  private var numbers: [Double: String] = [:]
  /// Those of the texts that look like ids: one word, of letters and digits.
  private var ids: [String] = []

  init(_ declared: DeclaredNames) { self.declared = declared }

  /// Words of the format: they say what an event is, not what it is about.
  private static let format: Set<String> = [
    "type", "action", "from", "verdict", "role", "workflow", "step", "name", "effect",
  ]

  mutating func add(_ trace: IncidentTrace, from file: String) {
    for event in trace.events {
      guard let line = event.raw else { continue }
      for (key, value) in line.members {
        guard let key = key.string, !Self.format.contains(key) else { continue }
        if key == "record", let record = value.string {
          for part in record.split(whereSeparator: { "[]\"'.".contains($0) }) {
            add(String(part), file)
          }
        } else {
          add(value, file)
        }
      }
    }
    ids.sort()
  }

  private mutating func add(_ node: JSONNode, _ file: String) {
    switch node.kind {
    case .string: if let text = node.string { add(text, file) }
    case .int, .double, .bigInteger:
      if let number = node.double, numbers[number] == nil { numbers[number] = file }
    case .array: for element in node.elements { add(element, file) }
    case .object:
      for (key, value) in node.members {
        if let key = key.string { add(key, file) }
        add(value, file)
      }
    default: break
    }
  }

  private mutating func add(_ text: String, _ file: String) {
    guard !declared.all.contains(text), texts.updateValue(texts[text] ?? file, forKey: text) == nil
    else { return }
    if Self.looksLikeID(text) { ids.append(text) }
  }

  /// One word, of letters and digits.
  static func looksLikeID(_ text: String) -> Bool {
    text.unicodeScalars.count >= 3 && text.contains(where: \.isNumber)
      && text.contains(where: \.isLetter) && !text.contains(where: \.isWhitespace)
  }

  /// The value of the trace that a text is, or that it holds as a word, and its file.
  func value(in literal: String) -> (value: String, file: String)? {
    if declared.all.contains(literal) { return nil }
    if let file = texts[literal] { return (literal, file) }
    let plain = literal.replacing("\\", with: "")
    for id in ids where plain.count >= id.count && Self.holds(plain, id) {
      if let file = texts[id] { return (id, file) }
    }
    return nil
  }

  /// - Parameter isLimit: whether it is a bound, which may be a round number.
  func value(_ number: Double, isLimit: Bool) -> String? {
    if isLimit ? Self.isRound(number) : Self.isSmall(number) { return nil }
    return numbers[number.magnitude] ?? numbers[-number.magnitude]
  }

  /// A count, such as `size(found) == 1`.
  private static func isSmall(_ number: Double) -> Bool {
    number.magnitude < 10 && number == number.rounded()
  }

  /// At most two digits that are not zeros at the ends: 0.5, 24, 100, 1500 are limits, 179.99 is a price.
  static func isRound(_ number: Double) -> Bool {
    var digits = "\(number.magnitude)".prefix { $0 != "e" }.filter { $0 != "." }[...]
    while digits.first == "0" { digits = digits.dropFirst() }
    while digits.last == "0" { digits = digits.dropLast() }
    return digits.count <= 2
  }

  /// Whether a text holds another as a whole word.
  private static func holds(_ text: String, _ word: String) -> Bool {
    let bytes = Array(text.utf8)
    let wanted = Array(word.utf8)
    guard bytes.count >= wanted.count else { return false }
    func isWord(_ index: Int) -> Bool {
      guard bytes.indices.contains(index) else { return false }
      let byte = bytes[index]
      return (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
        || (0x61...0x7A).contains(byte) || byte >= 0x80 || byte == 0x5F
    }
    for start in 0...(bytes.count - wanted.count)
    where bytes[start..<(start + wanted.count)].elementsEqual(wanted) {
      if !isWord(start - 1), !isWord(start + wanted.count) { return true }
    }
    return false
  }
}

/// No rule may name the values of a trace it is to prevent: it would hold for that case alone.
struct IncidentLiterals {
  private let input: CheckInput
  private let values: TraceValues
  private let written: WrittenIncident
  private(set) var diagnostics: [Diagnostic] = []
  private var seen: Set<String> = []

  init(_ input: CheckInput, _ values: TraceValues, _ written: WrittenIncident) {
    self.input = input
    self.values = values
    self.written = written
    for name in written.preventedBy {
      guard let index = input.bundle.requirements.firstIndex(where: { $0.id == name.value })
      else { continue }
      seen = []
      let requirement = input.requirements[index]
      for expression in Self.expressions(of: requirement) {
        look(at: expression, of: requirement, input.bundle.requirements[index], in: nil)
      }
    }
  }

  private static func expressions(of requirement: WrittenRequirement) -> [WrittenExpression] {
    var all = [requirement.when, requirement.require, requirement.forbid, requirement.ensure]
    if let confirmed = requirement.confirmed {
      all += [confirmed.agrees, confirmed.refuses]
      all += confirmed.lists
    }
    for temporal in requirement.temporal {
      all.append(temporal.when)
      all += temporal.events.joined().map(\.condition)
    }
    return all.compactMap { $0 }
  }

  private mutating func look(
    at expression: WrittenExpression, of requirement: WrittenRequirement,
    _ lowered: RequirementDeclaration, in part: String?
  ) {
    let context: SpecScope.Context =
      input.bundle.tools.first.map { .requirement(action: $0.name) } ?? .constant
    let parsed = CELParser.parse(expression.text, in: input.scope.environment(context)).expr
    var found: [(literal: String, value: String, file: String, place: SourceRange)] = []
    var names: [String] = []
    let exact = Self.exactNumbers(parsed)
    func see(_ number: Double, _ node: Expr) {
      if let file = values.value(number, isLimit: !exact.contains(number.magnitude)) {
        let text = node.unparse()
        found.append((text, text, file, expression.range(node.position)))
      }
    }
    parsed.walk { node in
      switch node.kind {
      case .literal(.string(let text)):
        if let hit = values.value(in: text) {
          found.append((text, hit.value, hit.file, expression.range(node.position)))
        }
      case .literal(.int(let number)):
        see(Double(number), node)
      case .literal(.uint(let number)):
        see(Double(number), node)
      case .literal(.double(let value)):
        see(value, node)
      case .ident(let name): names.append(name)
      case .call(let name, nil, _): names.append(name)
      case .select(let operand, let field, _, _):
        if case .ident(let root) = operand.kind { names.append("\(root).\(field)") }
      default: break
      }
    }
    for hit in found { report(hit, requirement, in: part) }
    // What the rule is made of: terms, patterns, and what finds its claims.
    for name in names where seen.insert(name).inserted {
      if let term = input.termIndex[name] {
        look(at: input.terms[term].body, of: requirement, lowered, in: "the term `\(name)`")
      } else if let table = input.bundle.tables.first(where: { $0.name == name }) {
        look(at: table.value, of: table.name, requirement)
      } else if name.hasPrefix("patterns.") {
        for pattern in input.model.patterns where "patterns.\(pattern.name.value)" == name {
          guard let hit = values.value(in: pattern.content.value) else { continue }
          report(
            (pattern.content.value, hit.value, hit.file, pattern.content.range), requirement,
            in: "the pattern `\(pattern.name.value)`")
        }
      } else if name.hasPrefix("claims.") {
        for action in lowered.appliesTo {
          guard let tool = input.toolIndex[action] else { continue }
          for claim in input.tools[tool].claims where "claims.\(claim.name.value)" == name {
            look(
              at: claim.content, of: requirement, lowered, in: "the claim `\(claim.name.value)`")
          }
        }
      }
    }
  }

  /// Ids of the trace in a table.
  private mutating func look(
    at value: BundleValue, of table: String, _ requirement: WrittenRequirement
  ) {
    func see(_ text: String) {
      guard let hit = values.value(in: text) else { return }
      report(
        (text, hit.value, hit.file, requirement.id.range), requirement, in: "the table `\(table)`")
    }
    switch value {
    case .string(let text): see(text)
    case .list(let items): for item in items { look(at: item, of: table, requirement) }
    case .map(let entries):
      for entry in entries {
        see(entry.key)
        look(at: entry.value, of: table, requirement)
      }
    default: break
    }
  }

  /// Numbers that a condition singles out: what is equal to them, or no member of a list with them, or both
  /// less and more.
  private static func exactNumbers(_ condition: Expr) -> Set<Double> {
    func number(_ expr: Expr) -> Double? {
      switch expr.kind {
      case .literal(.int(let value)): Double(value).magnitude
      case .literal(.uint(let value)): Double(value)
      case .literal(.double(let value)): value.magnitude
      default: nil
      }
    }
    var exact: Set<Double> = []
    var above: Set<Double> = []
    var below: Set<Double> = []
    condition.walk { node in
      guard case .call(let function, nil, let parts) = node.kind, parts.count == 2 else { return }
      switch function {
      case "_==_", "_!=_": exact.formUnion(parts.compactMap(number))
      case "@in":
        if case .list(let elements) = parts[1].kind {
          exact.formUnion(elements.compactMap { number($0.value) })
        }
      case "_<_", "_<=_", "_>_", "_>=_":
        for (place, part) in parts.enumerated() {
          guard let bound = number(part) else { continue }
          if function.hasPrefix("_<") == (place == 1) {
            below.insert(bound)
          } else {
            above.insert(bound)
          }
        }
      default: break
      }
    }
    return exact.union(above.intersection(below))
  }

  private mutating func report(
    _ hit: (literal: String, value: String, file: String, place: SourceRange),
    _ requirement: WrittenRequirement, in part: String?
  ) {
    var notes: [Diagnostic.Note] = []
    if let part {
      notes.append(.init("`\(requirement.id.value)` uses \(part)", at: requirement.id.range))
    }
    notes.append(.init("it prevents `\(written.id.value)`", at: written.id.range))
    diagnostics.append(
      .ruleNamesTrace(
        requirement.id.value, hit.literal, hit.value, hit.file, at: hit.place, notes: notes))
  }
}
