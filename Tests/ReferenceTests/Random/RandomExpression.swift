import PlumblineBundle

/// What an expression may speak of at a place of a spec.
struct Names {
  /// Variables with their types: `args` is a record.
  var variables: [(name: String, type: TypeReference)] = []
  /// Records by key, the case, messages, times.
  var facts = false
  /// A proposal: `turn`, `confidence`, `agent`, `claims`, keys of `done`.
  var proposal: ToolDeclaration?
}

/// Well-typed expressions, drawn from a grammar over what is in scope.
struct RandomExpression {
  let bundle: SpecBundle
  var names: Names
  var chance: Chance
  private var bound = 0

  init(_ bundle: SpecBundle, _ names: Names, _ chance: Chance) {
    self.bundle = bundle
    self.names = names
    self.chance = chance
  }

  /// A place that a value can be read from, with the optional fields on the way to it.
  private struct Place {
    var text: String
    var type: TypeReference
    var guards: [String]
    var record = false
  }

  // MARK: Places

  private mutating func places() -> [Place] {
    var result: [Place] = []
    for (name, type) in names.variables {
      add(Place(text: name, type: type, guards: []), &result, depth: 0)
    }
    if names.facts {
      for field in bundle.caseFields { addField(field, of: "case", [], &result, depth: 0) }
      for collection in bundle.collections {
        let key = key().text
        add(
          Place(
            text: "\(collection.name)[\(key)]", type: collection.type, guards: [], record: true),
          &result, depth: 0)
      }
    }
    return result
  }

  private func add(_ place: Place, _ result: inout [Place], depth: Int) {
    result.append(place)
    if depth > 2 { return }
    switch bundle.plain(place.type) {
    case .record(let fields):
      for field in fields { addField(field, of: place.text, place.guards, &result, depth: depth) }
    case .union(let members, let by):
      let all = members.map { member -> [FieldDeclaration] in
        if case .record(let fields) = bundle.plain(.named(member)) { fields } else { [] }
      }
      for fields in all {
        for field in fields where field.name != by {
          let common = all.allSatisfy { $0.contains { $0 == field } }
          let path = "\(place.text).\(field.name)"
          if result.contains(where: { $0.text == path }) { continue }
          // The same name with different types is left alone.
          if all.contains(where: { $0.contains { $0.name == field.name && $0.type != field.type } })
          {
            continue
          }
          let optional = !common || bundle.isOptional(field.type)
          add(
            Place(
              text: path, type: field.type, guards: place.guards + (optional ? [path] : [])),
            &result, depth: depth + 1)
        }
      }
    default: break
    }
  }

  private func addField(
    _ field: FieldDeclaration, of base: String, _ guards: [String], _ result: inout [Place],
    depth: Int
  ) {
    let path = "\(base).\(field.name)"
    let optional = bundle.isOptional(field.type)
    add(
      Place(text: path, type: field.type, guards: guards + (optional ? [path] : [])), &result,
      depth: depth + 1)
  }

  private mutating func place(of kind: Kind) -> Place? {
    chance.pick(places().filter { bundle.plain($0.type) == kind })
  }

  /// A value of a place; where it may be absent, only if it is there.
  private mutating func atom(_ kind: Kind) -> Sketch? {
    guard let place = place(of: kind) else { return nil }
    if place.guards.isEmpty { return Sketch(kind, place.text) }
    let has = place.guards.map { "has(\($0))" }.joined(separator: " && ")
    return Sketch(kind, "(\(has) ? \(place.text) : §)", literal(kind))
  }

  mutating func key() -> Sketch {
    var texts = [#""a""#, #""b""#]
    if names.facts {
      texts += bundle.caseFields.filter { $0.type == .string }.map { "case.\($0.name)" }
    }
    for (name, type) in names.variables {
      if case .record(let fields) = bundle.plain(type) {
        for field in fields where field.type == .string && field.name != "text" {
          texts += ["\(name).\(field.name)", "\(name).\(field.name)"]
        }
      }
    }
    return Sketch(.string, chance.pick(texts) ?? #""a""#)
  }

  // MARK: Kinds

  mutating func make(_ kind: Kind, _ depth: Int) -> Sketch {
    switch kind {
    case .bool: return bool(depth)
    case .int: return int(depth)
    case .number: return number(depth)
    case .string: return string(depth)
    case .timestamp: return timestamp(depth)
    case .duration: return duration(depth)
    case .date: return date(depth)
    case .list(let element): return list(element, depth)
    case .enumeration:
      if chance.percent(80), let atom = atom(kind) { return atom }
      return literal(kind)
    case .map, .record, .union, .any:
      return atom(kind) ?? literal(kind)
    }
  }

  mutating func literal(_ kind: Kind) -> Sketch {
    switch kind {
    case .bool: return Sketch(kind, chance.pick("true", "false"))
    case .int: return Sketch(kind, "\(chance.number(-1...6))")
    case .number: return Sketch(kind, "\(chance.pick(RandomValue.numbers) ?? 0)")
    case .string: return Sketch(kind, #""\#(chance.pick(RandomValue.words) ?? "")""#)
    case .timestamp:
      return Sketch(kind, chance.pick("now", #"timestamp("2026-05-28T20:26:40Z")"#))
    case .duration: return Sketch(kind, #"duration("\#(chance.pick(RandomValue.spans) ?? 0)s")"#)
    case .date: return Sketch(kind, chance.pick(#"date("2026-05-29")"#, #"date("2026-06-30")"#))
    case .enumeration(let values): return Sketch(kind, #""\#(chance.pick(values) ?? "")""#)
    case .list(let element):
      if chance.percent(30) { return Sketch(kind, "[]") }
      let (one, two) = (literal(element), literal(element))
      return Sketch(kind, "[§, §]", one, two)
    case .map(let value):
      let one = literal(value)
      return Sketch(kind, #"{"a": §}"#, one)
    case .record, .union, .any: return Sketch(kind, "null")
    }
  }

  private static let comparisons = ["<", "<=", ">", ">=", "==", "!="]

  private mutating func compare(_ kind: Kind, _ depth: Int, ordered: Bool = true) -> Sketch {
    let sign = ordered ? (chance.pick(Self.comparisons) ?? "==") : chance.pick("==", "!=")
    let (left, right) = (make(kind, depth - 1), make(kind, depth - 1))
    return Sketch(.bool, "§ \(sign) §", left, right)
  }

  mutating func bool(_ depth: Int) -> Sketch {
    if depth <= 0 {
      if chance.percent(35), let atom = atom(.bool) { return atom }
      return simpleBool(0)
    }
    switch chance.below(14) {
    case 0...2:
      let (left, right) = (bool(depth - 1), bool(depth - 1))
      return Sketch(.bool, "(§ && §)", left, right)
    case 3...5:
      let (left, right) = (bool(depth - 1), bool(depth - 1))
      return Sketch(.bool, "(§ || §)", left, right)
    case 6: return Sketch(.bool, "!(§)", bool(depth - 1))
    case 7:
      let (test, yes, no) = (bool(depth - 1), bool(depth - 1), bool(depth - 1))
      return Sketch(.bool, "(§ ? § : §)", test, yes, no)
    case 8: return quantifier(depth) ?? simpleBool(depth)
    case 9: return host(depth) ?? simpleBool(depth)
    default: return simpleBool(depth)
    }
  }

  private mutating func simpleBool(_ depth: Int) -> Sketch {
    for _ in 0..<8 {
      if let made = trySimpleBool(depth) { return made }
    }
    return literal(.bool)
  }

  private mutating func trySimpleBool(_ depth: Int) -> Sketch? {
    switch chance.below(24) {
    case 0...3: return compare(.number, depth)
    case 4, 5: return compare(.int, depth)
    case 6:
      let (left, right) = (int(depth - 1), number(depth - 1))
      return Sketch(.bool, "§ \(chance.pick(Self.comparisons) ?? "<") §", left, right)
    case 7: return compare(.string, depth, ordered: chance.percent(20))
    case 8:
      let (left, right) = (string(depth - 1), string(0))
      return Sketch(
        .bool, "§.\(chance.pick("contains", "startsWith", "endsWith"))(§)", left, right)
    case 9:
      guard let pattern = chance.pick(bundle.patterns) else { return nil }
      return Sketch(.bool, "§.matches(patterns.\(pattern.name))", string(depth - 1))
    case 10, 11:
      let enums = places().filter {
        if case .enumeration = bundle.plain($0.type) { true } else { false }
      }
      guard let place = chance.pick(enums) else { return nil }
      let kind = bundle.plain(place.type)
      let value = Sketch(kind, place.text)
      let test =
        chance.percent(60)
        ? Sketch(.bool, "§ \(chance.pick("==", "!=")) §", value, literal(kind))
        : Sketch(.bool, "§ in §", value, literal(.list(kind)))
      return guarded(place, test)
    case 12:
      return names.facts ? compare(.timestamp, depth) : nil
    case 13: return names.facts ? compare(.duration, depth) : nil
    case 14: return names.facts ? compare(.date, depth) : nil
    case 15, 16:
      let optional = places().filter { $0.guards.last == $0.text }
      guard let place = chance.pick(optional) else { return nil }
      return guarded(place, Sketch(.bool, "has(\(place.text))"), dropping: 1)
    case 17, 18:
      guard names.facts else { return nil }
      guard let place = chance.pick(places().filter { $0.guards.isEmpty }) else { return nil }
      return Sketch(.bool, "known(\(place.text))")
    case 19:
      guard names.facts, let collection = chance.pick(bundle.collections) else { return nil }
      return Sketch(.bool, "§ in \(collection.name)", key())
    case 20:
      let kind = chance.pick(Kind.string, .int, .number)
      let (value, list) = (make(kind, depth - 1), list(kind, depth - 1))
      return Sketch(.bool, "§ in §", value, list)
    case 21: return host(depth)
    case 22: return claim(.bool)
    default: return atom(.bool)
    }
  }

  private func guarded(_ place: Place, _ test: Sketch, dropping: Int = 0) -> Sketch {
    let guards = place.guards.dropLast(dropping)
    if guards.isEmpty { return test }
    let has = guards.map { "has(\($0))" }.joined(separator: " && ")
    return Sketch(.bool, "(\(has) && §)", test)
  }

  private mutating func claim(_ kind: Kind) -> Sketch? {
    let claims = names.proposal?.claims.filter { bundle.plain($0.type) == kind } ?? []
    return chance.pick(claims).map { Sketch(kind, "claims.\($0.name)") }
  }

  private mutating func actions() -> String? {
    guard let first = chance.pick(bundle.tools) else { return nil }
    if chance.percent(15), let group = chance.pick(bundle.groups) { return #""\#(group.name)""# }
    if chance.percent(10), let second = chance.pick(bundle.tools), second.name != first.name {
      return #"["\#(first.name)", "\#(second.name)"]"#
    }
    return #""\#(first.name)""#
  }

  /// What only a guard knows.
  private mutating func host(_ depth: Int) -> Sketch? {
    guard names.facts else { return nil }
    switch chance.below(9) {
    case 0, 1: return actions().map { Sketch(.bool, "done(\($0))") }
    case 2:
      guard let own = names.proposal, let other = chance.pick(bundle.tools) else { return nil }
      let keys = own.arguments.map(\.name).filter { key in
        other.arguments.contains { $0.name == key }
      }
      guard let key = chance.pick(keys) else { return nil }
      return Sketch(.bool, #"done("\#(other.name)", ["\#(key)"])"#)
    case 3:
      return bundle.workflows.isEmpty ? nil : actions().map { Sketch(.bool, "done_here(\($0))") }
    case 4:
      guard let pattern = chance.pick(bundle.patterns) else { return nil }
      return Sketch(.bool, #"heard("\#(speaker())", patterns.\#(pattern.name))"#)
    case 5:
      guard let pattern = chance.pick(bundle.patterns) else { return nil }
      return Sketch(.bool, "said.\(speaker()).matches(patterns.\(pattern.name))")
    case 6:
      guard let step = bundle.workflows.first?.steps.first else { return nil }
      return Sketch(.bool, #"step == "\#(step.name)""#)
    case 7: return calls(depth)
    default: return approvals()
    }
  }

  private mutating func speaker() -> String { chance.pick("user", "agent", "human", "user") }

  private mutating func calls(_ depth: Int) -> Sketch? {
    guard let tool = chance.pick(bundle.tools) else { return nil }
    var fields = [FieldDeclaration(name: "args", type: .record(tool.arguments))]
    if let returns = tool.returns { fields.append(.init(name: "result", type: returns)) }
    fields.append(.init(name: "time", type: .timestamp(offsetMinutes: nil)))
    let test = with("c", .record(fields)) { $0.bool(min(depth - 1, 1)) }
    return Sketch(
      .bool, #"calls("\#(tool.name)").\#(chance.pick("exists", "all", "exists_one"))(§, §)"#,
      Sketch(.any, test.name), test.body)
  }

  private mutating func approvals() -> Sketch? {
    guard let tool = chance.pick(bundle.tools), let role = chance.pick(bundle.roles) else {
      return nil
    }
    let name = "w\(bound)"
    let test = chance.pick(
      #"\#(name).role == "\#(role)""#, #"\#(name).verdict == "approved""#,
      #"\#(name).by != "ann""#, #"now - \#(name).time <= duration("60s")"#)
    return Sketch(
      .bool, #"approvals("\#(tool.name)").\#(chance.pick("exists", "all"))(\#(name), §)"#,
      Sketch(.bool, test))
  }

  /// A body that may use one more variable.
  private mutating func with(
    _ letter: String, _ type: TypeReference, _ body: (inout Self) -> Sketch
  ) -> (name: String, body: Sketch) {
    let name = "\(letter)\(bound)"
    bound += 1
    names.variables.append((name, type))
    let made = body(&self)
    names.variables.removeLast()
    bound -= 1
    return (name, made)
  }

  private mutating func quantifier(_ depth: Int) -> Sketch? {
    let macro = chance.pick("exists", "all", "exists_one", "exists")
    if names.facts, chance.percent(40), let collection = chance.pick(bundle.collections) {
      // Over the keys.
      let name = "k\(bound)"
      bound += 1
      defer { bound -= 1 }
      if case .record(let fields) = bundle.plain(collection.type),
        let field = chance.pick(fields.filter { !bundle.isOptional($0.type) })
      {
        let kind = bundle.plain(field.type)
        if [.int, .number, .string, .bool].contains(kind) {
          let value = Sketch(kind, "\(collection.name)[\(name)].\(field.name)")
          let other = kind == .bool ? literal(kind) : make(kind, 0)
          return Sketch(.bool, "\(collection.name).\(macro)(\(name), § == §)", value, other)
        }
      }
      return Sketch(.bool, "\(collection.name).\(macro)(\(name), \(name) == §)", key())
    }
    let lists = places().filter {
      if case .list = bundle.plain($0.type) { $0.guards.isEmpty } else { false }
    }
    guard let place = chance.pick(lists), let element = elementType(place.type) else { return nil }
    let test = with("v", element) { $0.bool(min(depth - 1, 1)) }
    return Sketch(.bool, "\(place.text).\(macro)(\(test.name), §)", test.body)
  }

  private func elementType(_ type: TypeReference) -> TypeReference? {
    switch type {
    case .list(let element): element
    case .optional(let inner), .sensitive(let inner): elementType(inner)
    default: nil
    }
  }

  mutating func int(_ depth: Int) -> Sketch {
    let value: Sketch?
    switch chance.below(depth > 0 ? 16 : 7) {
    case 0: value = literal(.int)
    case 1, 2, 3: value = atom(.int)
    case 4: value = names.facts ? Sketch(.int, "in_flight") : nil
    case 5:
      value =
        bundle.tables.contains { $0.name == "limits" } ? Sketch(.int, "limits[§]", key()) : nil
    case 6: value = actionsSize()
    case 7, 8, 9:
      let (left, right) = (int(depth - 1), int(depth - 1))
      value = Sketch(.int, "(§ \(chance.pick("+", "-", "*", "/", "%")) §)", left, right)
    case 10: value = Sketch(.int, "size(§)", string(depth - 1))
    case 11: value = Sketch(.int, "size(§)", list(chance.pick(.string, .number, .int), depth - 1))
    case 12:
      value = chance.pick(bundle.collections).flatMap {
        names.facts ? Sketch(.int, "size(\($0.name))") : nil
      }
    case 13: value = Sketch(.int, "int(§)", number(depth - 1))
    case 14:
      value =
        names.facts
        ? Sketch(
          .int,
          "§.\(chance.pick("getHours", "getDayOfWeek", "getDate", "getMonth", "getFullYear", "getMinutes"))()",
          timestamp(depth - 1)) : nil
    default:
      let (test, yes, no) = (bool(depth - 1), int(depth - 1), int(depth - 1))
      value = Sketch(.int, "(§ ? § : §)", test, yes, no)
    }
    return value ?? literal(.int)
  }

  private mutating func actionsSize() -> Sketch? {
    guard names.facts, let tool = chance.pick(bundle.tools) else { return nil }
    return Sketch(.int, #"size(calls("\#(tool.name)"))"#)
  }

  mutating func number(_ depth: Int) -> Sketch {
    let value: Sketch?
    switch chance.below(depth > 0 ? 14 : 5) {
    case 0: value = literal(.number)
    case 1, 2, 3: value = atom(.number)
    case 4: value = names.proposal == nil ? nil : Sketch(.number, "confidence")
    case 5, 6, 7:
      let (left, right) = (number(depth - 1), number(depth - 1))
      value = Sketch(.number, "(§ \(chance.pick("+", "-", "*", "/")) §)", left, right)
    case 8: value = Sketch(.number, "double(§)", int(depth - 1))
    case 9: value = Sketch(.number, "§.sum()", list(.number, depth - 1))
    case 10:
      let (left, right) = (number(depth - 1), number(depth - 1))
      value = Sketch(.number, "math.\(chance.pick("greatest", "least"))(§, §)", left, right)
    case 11:
      let (left, right) = (number(depth - 1), int(depth - 1))
      value = Sketch(.number, "(§ \(chance.pick("+", "-", "*")) §)", left, right)
    case 12:
      value = Sketch(
        .number, "math.\(chance.pick("abs", "ceil", "floor", "round"))(§)", number(depth - 1))
    default:
      let (test, yes, no) = (bool(depth - 1), number(depth - 1), number(depth - 1))
      value = Sketch(.number, "(§ ? § : §)", test, yes, no)
    }
    return value ?? literal(.number)
  }

  mutating func string(_ depth: Int) -> Sketch {
    let value: Sketch?
    switch chance.below(depth > 0 ? 14 : 6) {
    case 0: value = literal(.string)
    case 1, 2, 3: value = atom(.string)
    case 4: value = names.facts ? Sketch(.string, "said.\(speaker())") : nil
    case 5:
      value = names.proposal == nil ? nil : Sketch(.string, chance.pick("turn.text", "agent"))
    case 6:
      let (left, right) = (string(depth - 1), string(depth - 1))
      value = Sketch(.string, "(§ + §)", left, right)
    case 7: value = Sketch(.string, "string(§)", int(depth - 1))
    case 8:
      value = Sketch(
        .string, "§.\(chance.pick("lowerAscii", "upperAscii", "trim"))()", string(depth - 1))
    case 9:
      let (text, from, to) = (string(depth - 1), string(0), string(0))
      value = Sketch(.string, "§.replace(§, §)", text, from, to)
    case 10: value = Sketch(.string, "§.substring(\(chance.below(3)))", string(depth - 1))
    case 11: value = Sketch(.string, "§.join(\",\")", list(.string, depth - 1))
    case 12: value = names.facts ? Sketch(.string, "string(§)", date(depth - 1)) : nil
    default:
      guard let pattern = chance.pick(bundle.patterns) else { return literal(.string) }
      value = Sketch(.string, "find(§, patterns.\(pattern.name))", string(depth - 1))
    }
    return value ?? literal(.string)
  }

  mutating func timestamp(_ depth: Int) -> Sketch {
    guard names.facts else {
      return atom(.timestamp) ?? Sketch(.timestamp, #"timestamp("2026-05-28T20:26:40Z")"#)
    }
    let value: Sketch?
    switch chance.below(depth > 0 ? 8 : 5) {
    case 0, 1: value = Sketch(.timestamp, "now")
    case 2, 3: value = atom(.timestamp)
    case 4: value = bundle.workflows.isEmpty ? nil : Sketch(.timestamp, "entered")
    case 5, 6:
      let (time, span) = (timestamp(depth - 1), duration(depth - 1))
      value = Sketch(.timestamp, "(§ \(chance.pick("+", "-")) §)", time, span)
    default:
      value = chance.pick(bundle.tools).map {
        Sketch(.timestamp, #"calls("\#($0.name)")[§].time"#, int(0))
      }
    }
    return value ?? literal(.timestamp)
  }

  mutating func duration(_ depth: Int) -> Sketch {
    let value: Sketch?
    switch chance.below(depth > 0 ? 6 : 3) {
    case 0: value = literal(.duration)
    case 1: value = atom(.duration)
    case 2: value = age()
    case 3, 4:
      let (left, right) = (timestamp(depth - 1), timestamp(depth - 1))
      value = Sketch(.duration, "(§ - §)", left, right)
    default:
      let (left, right) = (duration(depth - 1), duration(depth - 1))
      value = Sketch(.duration, "(§ + §)", left, right)
    }
    return value ?? literal(.duration)
  }

  private mutating func age() -> Sketch? {
    guard names.facts, let collection = chance.pick(bundle.collections) else { return nil }
    return Sketch(.duration, "age(\(collection.name)[§])", key())
  }

  mutating func date(_ depth: Int) -> Sketch {
    let value: Sketch?
    switch chance.below(depth > 0 ? 5 : 3) {
    case 0: value = names.facts ? Sketch(.date, "today") : nil
    case 1, 2: value = atom(.date)
    case 3: value = Sketch(.date, "date(§)", timestamp(depth - 1))
    default: value = literal(.date)
    }
    return value ?? literal(.date)
  }

  mutating func list(_ element: Kind, _ depth: Int) -> Sketch {
    let kind = Kind.list(element)
    if chance.percent(15), let claim = claim(kind) { return claim }
    if chance.percent(55), let atom = atom(kind) { return atom }
    if depth > 0, chance.percent(60) {
      let inner = list(element, depth - 1)
      if let type = reference(element) {
        if chance.percent(50) {
          let test = with("f", type) { $0.bool(0) }
          return Sketch(kind, "§.filter(\(test.name), §)", inner, test.body)
        }
        let made = with("m", type) { $0.make(element, 1) }
        return Sketch(kind, "§.map(\(made.name), §)", inner, made.body)
      }
    }
    return literal(kind)
  }

  private func reference(_ kind: Kind) -> TypeReference? {
    switch kind {
    case .bool: .bool
    case .int: .int
    case .number: .number
    case .string: .string
    default: nil
    }
  }
}
