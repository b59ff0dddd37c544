/// The value of an expression. What is unknown and what went wrong come back as values.
func evaluate(_ expression: PlainExpression, in scope: any PlainScope) -> Plain {
  PlainEvaluator(scope: scope).value(expression.root, PlainEvaluator.Names(), 0)
}

/// Walks the tree. Every function reads as the language definition does.
struct PlainEvaluator {
  let scope: any PlainScope

  typealias Node = PlainExpression.Node

  /// What a name of a macro or of a term's parameter stands for.
  indirect enum Binding {
    case value(Plain)
    /// An argument of a term: evaluated where it is used, with the names of where it is written.
    case written(Node, Names)
  }
  typealias Names = [String: Binding]

  private static let deepest = 400

  func value(_ node: Node, _ names: Names, _ depth: Int) -> Plain {
    guard depth < Self.deepest else { return .unsupported("too many levels") }
    func inner(_ node: Node) -> Plain { value(node, names, depth + 1) }

    switch node {
    case .literal(let plain): return plain
    case .name(let name): return named(name, names, depth)
    case .select(let operand, let field):
      if let path = dotted(node, names), let found = scope.variable(path) { return found }
      return select(inner(operand), field)
    case .optionalSelect(let operand, let field):
      return optionally(inner(operand)) { lookUp($0, .string(field)) }
    case .has(let operand, let field):
      // A test is of one value, so that a long name has no say in it.
      return has(inner(operand), field)
    case .index(let operand, let key): return index(inner(operand), inner(key))
    case .optionalIndex(let operand, let key):
      let key = inner(key)
      let operand = inner(operand)
      if let flaw = Self.flaw([operand, key]) { return flaw }
      return optionally(operand) { lookUp($0, key) }
    case .apply(let operation, let operands):
      return apply(operation, operands, names, depth)
    case .call(let name, let arguments): return call(name, arguments, names, depth)
    case .method(let target, let name, let arguments):
      if let path = dotted(target, names), PlainLibrary.dottedNames.contains("\(path).\(name)") {
        return function("\(path).\(name)", arguments.map(inner))
      }
      let receiver = inner(target)
      if name == "sum", receiver == .list([], rest: nil), target.isListOfInts() { return .int(0) }
      return function(name, [receiver] + arguments.map(inner))
    case .list(let parts): return list(parts, inner)
    case .map(let entries): return map(entries, inner)
    case .record: return .unsupported("a record made by an expression")
    case .fold(let fold): return self.fold(fold, names, depth)
    case .bind(let name, let bound, let body):
      let bound = inner(bound)
      return value(body, names.merging([name: .value(bound)]) { $1 }, depth + 1)
    case .optionalMap(let target, let name, let body, let flat):
      let target = inner(target)
      guard case .optional(let content) = target else {
        return Self.flaw([target]) ?? .failure("no optional value")
      }
      guard let content else { return .optional(nil) }
      let made = value(body, names.merging([name: .value(content)]) { $1 }, depth + 1)
      if flat { return made }
      return Self.flaw([made]) ?? .optional(made)
    }
  }

  // MARK: - Names

  private func named(_ name: String, _ names: Names, _ depth: Int) -> Plain {
    switch names[name] {
    case .value(let plain)?: return plain
    case .written(let node, let outer)?: return value(node, outer, depth + 1)
    case nil: break
    }
    let plainName = name.hasPrefix(".") ? String(name.dropFirst()) : name
    if let term = scope.term(plainName), term.parameters == nil {
      return value(term.body.root, [:], depth + 1)
    }
    if let found = scope.variable(plainName) { return found }
    if PlainLibrary.typeNames.contains(plainName) { return .type(plainName) }
    return .failure("no such name: \(plainName)")
  }

  /// The text of a chain of names that begins with none of the expression's own.
  private func dotted(_ node: Node, _ names: Names) -> String? {
    switch node {
    case .name(let name):
      names[name] == nil ? (name.hasPrefix(".") ? String(name.dropFirst()) : name) : nil
    case .select(let operand, let field): dotted(operand, names).map { "\($0).\(field)" }
    default: nil
    }
  }

  // MARK: - Calls

  private func call(
    _ name: String, _ arguments: [Node], _ names: Names, _ depth: Int
  ) -> Plain {
    let name = name.hasPrefix(".") ? String(name.dropFirst()) : name
    if let special = scope.special(name, arguments, { value($0, names, depth + 1) }) {
      return special
    }
    if let term = scope.term(name), let parameters = term.parameters {
      guard parameters.count == arguments.count else {
        return .failure("\(name) takes \(parameters.count) arguments")
      }
      var bound: Names = [:]
      for (parameter, argument) in zip(parameters, arguments) {
        bound[parameter] = .written(argument, names)
      }
      return value(term.body.root, bound, depth + 1)
    }
    return function(name, arguments.map { value($0, names, depth + 1) })
  }

  /// A function is not called with what is unknown, or in error.
  private func function(_ name: String, _ arguments: [Plain]) -> Plain {
    if let flaw = Self.strictFlaw(arguments) { return flaw }
    if let hosted = scope.function(name, arguments) { return hosted }
    return PlainLibrary.call(name, arguments)
      ?? .failure("no such overload: \(name) of \(arguments.map { PlainLibrary.typeName($0) })")
  }

  /// What is unknown in any of them, together; else the first error.
  static func flaw(_ values: [Plain]) -> Plain? {
    var missing: Missing?
    var error: Plain?
    for value in values {
      switch value {
      case .unknown(let more): missing = Missing.union(missing, more)
      case .error: error = error ?? value
      case .absent: error = error ?? .notThere("known to be absent")
      default: break
      }
    }
    return missing.map { .unknown($0) } ?? error
  }

  /// As `flaw`; a list or a map with a rest is unknown as a whole.
  static func strictFlaw(_ values: [Plain]) -> Plain? {
    flaw(
      values.map { value in
        value.openRest.map { .unknown($0) } ?? value
      })
  }

  // MARK: - Operators

  private func apply(
    _ operation: PlainExpression.Operator, _ operands: [Node], _ names: Names, _ depth: Int
  ) -> Plain {
    func operand(_ place: Int) -> Plain {
      operands.indices.contains(place)
        ? value(operands[place], names, depth + 1) : .unsupported("an operand that is not there")
    }
    switch operation {
    case .and: return connect(operands, decides: false, names, depth)
    case .or: return connect(operands, decides: true, names, depth)
    case .conditional:
      switch operand(0) {
      case .bool(let holds): return operand(holds ? 1 : 2)
      case let other: return Self.flaw([other]) ?? .failure("no condition")
      }
    case .not:
      switch operand(0) {
      case .bool(let holds): return .bool(!holds)
      case let other: return Self.flaw([other]) ?? .failure("no such overload: !")
      }
    case .equal: return PlainCompare.equals(operand(0), operand(1))
    case .unequal:
      switch PlainCompare.equals(operand(0), operand(1)) {
      case .bool(let same): return .bool(!same)
      case let other: return other
      }
    case .contained: return contains(operand(0), operand(1))
    case .less, .lessEqual, .more, .moreEqual, .add, .subtract, .multiply, .divide, .modulo:
      let (left, right) = (operand(0), operand(1))
      return Self.strictFlaw([left, right]) ?? PlainArithmetic.apply(operation, left, right)
    case .negate:
      let only = operand(0)
      return Self.strictFlaw([only]) ?? PlainArithmetic.negated(only)
    }
  }

  /// `&&` and `||`: one operand that decides is enough, whatever the others are; else what is unknown is so, else
  /// what is an error is one.
  private func connect(
    _ operands: [Node], decides: Bool, _ names: Names, _ depth: Int
  ) -> Plain {
    let values = operands.map { value($0, names, depth + 1) }
    if values.contains(.bool(decides)) { return .bool(decides) }
    return Self.undecided(values) ?? .bool(!decides)
  }

  /// What keeps conditions from being true or false.
  private static func undecided(_ values: [Plain]) -> Plain? {
    flaw(
      values.map { value in
        switch value {
        case .bool, .unknown, .error, .absent: value
        default: .failure("no condition")
        }
      })
  }

  /// `x in list`, `key in map`: a hit decides; what may be in the rest is unknown.
  private func contains(_ key: Plain, _ range: Plain) -> Plain {
    if let flaw = Self.flaw([key, range]) { return flaw }
    switch range {
    case .list(let elements, let rest):
      let answers = elements.map { PlainCompare.equals(key, $0) }
      if answers.contains(.bool(true)) { return .bool(true) }
      return Self.flaw(answers + (rest.map { [.unknown($0)] } ?? [])) ?? .bool(false)
    case .map(let entries, let rest):
      if let entry = entries.first(where: { PlainCompare.areEqual($0.key, key) }) {
        // The value of an entry of a complete map may be unknown, and it is there all the same.
        if case .unknown = entry.value, range.openRest != nil { return entry.value }
        return .bool(true)
      }
      return rest.map { .unknown($0) } ?? .bool(false)
    default: return .failure("no such overload: in")
    }
  }

  // MARK: - Parts of values

  /// What is there under a key: `.absent` where it is known not to be.
  private func lookUp(_ range: Plain, _ key: Plain) -> Plain {
    switch range {
    case .map(let entries, let rest):
      switch key {
      case .string, .int, .uint, .bool, .double: break
      default: return .failure("no key of a map")
      }
      if let entry = entries.first(where: { PlainCompare.areEqual($0.key, key) }) {
        return entry.value
      }
      return rest.map { .unknown($0) } ?? .absent
    case .list(let elements, let rest):
      guard let place = PlainLibrary.whole(key) else { return .failure("no place in a list") }
      if place >= 0, place < Int64(elements.count) { return elements[Int(place)] }
      if place >= 0, let rest { return .unknown(rest) }
      return .absent
    case .record(let record):
      guard case .string(let name) = key else { return .failure("no field of a record") }
      return record[name] ?? .absent
    default: return Self.flaw([range]) ?? .failure("no such overload: a part of it")
    }
  }

  private func select(_ value: Plain, _ field: String) -> Plain {
    if case .optional = value { return optionally(value) { lookUp($0, .string(field)) } }
    if case .list = value { return .failure("a list has no fields") }
    return present(lookUp(value, .string(field)), field)
  }

  private func index(_ value: Plain, _ key: Plain) -> Plain {
    if let flaw = Self.flaw([value, key]) { return flaw }
    if case .optional = value { return optionally(value) { lookUp($0, key) } }
    let found = lookUp(value, key)
    if case .list = value, case .absent = found { return .failure("no such place in the list") }
    return present(found, "the key")
  }

  private func present(_ found: Plain, _ name: String) -> Plain {
    if case .absent = found { return .notThere("there is no \(name)") }
    return found
  }

  /// A part as an optional value: of nothing there is none, and none where it is absent.
  private func optionally(_ value: Plain, _ part: (Plain) -> Plain) -> Plain {
    var value = value
    if case .optional(let content) = value {
      guard let content else { return .optional(nil) }
      value = content
    }
    if let flaw = Self.flaw([value]) { return flaw }
    let found = part(value)
    switch found {
    case .absent: return .optional(nil)
    case .unknown, .error: return found
    default: return .optional(found)
    }
  }

  /// `has(value.field)`: null is no value of a record's field, and one of a map's.
  private func has(_ value: Plain, _ field: String) -> Plain {
    switch value {
    case .optional(let content): return content.map { has($0, field) } ?? .bool(false)
    case .record, .map:
      let found = lookUp(value, .string(field))
      switch found {
      case .absent: return .bool(false)
      case .unknown, .error: return found
      case .null: if case .record = value { return .bool(false) } else { return .bool(true) }
      default: return .bool(true)
      }
    default: return Self.flaw([value]) ?? .failure("no such overload: has")
    }
  }

  // MARK: - Literals with parts

  private func list(_ parts: [PlainExpression.Part], _ inner: (Node) -> Plain) -> Plain {
    let values = parts.map { inner($0.value) }
    if let flaw = Self.flaw(values) { return flaw }
    var elements: [Plain] = []
    for (part, value) in zip(parts, values) {
      if part.optional {
        guard case .optional(let content) = value else { return .failure("no optional value") }
        if let content { elements.append(content) }
      } else {
        elements.append(value)
      }
    }
    return .list(elements, rest: nil)
  }

  private func map(_ entries: [PlainExpression.Entry], _ inner: (Node) -> Plain) -> Plain {
    let keys = entries.map { inner($0.key) }
    let values = entries.map { inner($0.value) }
    if let flaw = Self.flaw(zip(keys, values).flatMap { [$0, $1] }) { return flaw }
    var made: [PlainEntry] = []
    for (place, entry) in entries.enumerated() {
      switch keys[place] {
      case .string, .int, .uint, .bool: break
      default: return .failure("no key of a map")
      }
      if keys[..<place].contains(where: { PlainCompare.areEqual($0, keys[place]) }) {
        return .failure("the same key twice")
      }
      if entry.optional {
        guard case .optional(let content) = values[place] else {
          return .failure("no optional value")
        }
        if let content { made.append(PlainEntry(keys[place], content)) }
      } else {
        made.append(PlainEntry(keys[place], values[place]))
      }
    }
    return .map(made, rest: nil)
  }

  // MARK: - Macros over lists and maps

  private func fold(_ fold: PlainExpression.Fold, _ names: Names, _ depth: Int) -> Plain {
    let range = value(fold.range, names, depth + 1)
    let rounds: [Names]
    let rest: Missing?
    switch range {
    case .list(let elements, let more):
      rest = more
      rounds = elements.enumerated().map { place, element in
        guard let second = fold.second else {
          return names.merging([fold.variable: .value(element)]) { $1 }
        }
        return names.merging([fold.variable: .value(.int(Int64(place))), second: .value(element)]) {
          $1
        }
      }
    case .map(let entries, _):
      rest = range.openRest
      rounds = entries.filter(\.isThere).map { entry in
        let first = names.merging([fold.variable: .value(entry.key)]) { $1 }
        guard let second = fold.second else { return first }
        return first.merging([second: .value(entry.value)]) { $1 }
      }
    default: return Self.flaw([range]) ?? .failure("no list and no map")
    }
    func tests() -> [Plain] { rounds.map { value(fold.test ?? .literal(.null), $0, depth + 1) } }
    let unknownRest: [Plain] = rest.map { [.unknown($0)] } ?? []

    switch fold.kind {
    case .all, .exists:
      // One element that decides is enough; else the rest could hold one.
      let decides = fold.kind == .exists
      let values = tests()
      if values.contains(.bool(decides)) { return .bool(decides) }
      return Self.undecided(values + unknownRest) ?? .bool(!decides)
    case .existsOne:
      let values = tests()
      let count = values.filter { $0 == .bool(true) }.count
      // Two are too many, whatever the rest holds.
      if let flaw = Self.undecided(values + (count < 2 ? unknownRest : [])) { return flaw }
      return .bool(count == 1)
    case .filter, .map, .transformMap, .transformMapEntry:
      var kept = rounds
      if fold.test != nil {
        let values = tests()
        if fold.make == nil || Self.undecided(values) == nil {
          if let flaw = Self.undecided(values) { return flaw }
          kept = zip(rounds, values).filter { $1 == .bool(true) }.map { $0.0 }
        } else {
          // What the others make may be unknown, which comes before an error.
          let made = zip(rounds, values).filter { $1 == .bool(true) }.map {
            value(fold.make ?? .literal(.null), $0.0, depth + 1)
          }
          return Self.flaw(made + [Self.undecided(values) ?? .null]) ?? .null
        }
      }
      return collected(fold, kept, rest, depth)
    }
  }

  /// What a macro makes of the elements that it keeps; what may be in the rest stays there.
  private func collected(
    _ fold: PlainExpression.Fold, _ rounds: [Names], _ rest: Missing?, _ depth: Int
  ) -> Plain {
    let make = fold.make ?? .name(fold.second ?? fold.variable)
    let made = rounds.map { value(make, $0, depth + 1) }
    if let flaw = Self.flaw(made) { return flaw }
    switch fold.kind {
    case .transformMap:
      return .map(
        zip(rounds, made).map { names, value in
          if case .value(let key)? = names[fold.variable] { return PlainEntry(key, value) }
          return PlainEntry(.null, value)
        }, rest: rest)
    case .transformMapEntry:
      var entries: [PlainEntry] = []
      for value in made {
        guard case .map(let more, nil) = value else { return .failure("no entry") }
        for entry in more {
          if entries.contains(where: { PlainCompare.areEqual($0.key, entry.key) }) {
            return .failure("the same key twice")
          }
          entries.append(entry)
        }
      }
      return .map(entries, rest: rest)
    default: return .list(made, rest: rest)
    }
  }
}
