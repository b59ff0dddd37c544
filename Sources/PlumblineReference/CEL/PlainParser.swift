extension PlainExpression {
  init(_ text: String) throws(PlainSyntaxError) {
    var parser = PlainParser(try PlainLexer.tokens(text))
    root = try parser.expression()
    guard parser.token == .end else { throw parser.mistake("the end") }
  }
}

/// Reads expressions by the grammar of the CEL language definition, one function for each of its rules.
private struct PlainParser {
  typealias Node = PlainExpression.Node

  private let tokens: [(token: PlainToken, place: Int)]
  private var position = 0
  private var depth = 0
  private static let deepest = 150

  init(_ tokens: [(token: PlainToken, place: Int)]) { self.tokens = tokens }

  var token: PlainToken { tokens.indices.contains(position) ? tokens[position].token : .end }
  private var following: PlainToken {
    tokens.indices.contains(position + 1) ? tokens[position + 1].token : .end
  }

  func mistake(_ expected: String) -> PlainSyntaxError {
    PlainSyntaxError(
      message: "expected \(expected)",
      place: tokens.indices.contains(position) ? tokens[position].place : 0)
  }

  private mutating func take(_ symbol: String) -> Bool {
    guard token == .symbol(symbol) else { return false }
    position += 1
    return true
  }

  private mutating func need(_ symbol: String) throws(PlainSyntaxError) {
    guard take(symbol) else { throw mistake("`\(symbol)`") }
  }

  // MARK: - Operators, from the loosest to the tightest

  /// `Expr = ConditionalOr ["?" ConditionalOr ":" Expr]`
  mutating func expression() throws(PlainSyntaxError) -> Node {
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.deepest else { throw mistake("fewer levels") }
    let first = try or()
    guard take("?") else { return first }
    let yes = try or()
    try need(":")
    return .apply(.conditional, [first, yes, try expression()])
  }

  private mutating func or() throws(PlainSyntaxError) -> Node {
    var parts = [try and()]
    while take("||") { parts.append(try and()) }
    return parts.count == 1 ? parts[0] : .apply(.or, parts)
  }

  private mutating func and() throws(PlainSyntaxError) -> Node {
    var parts = [try relation()]
    while take("&&") { parts.append(try relation()) }
    return parts.count == 1 ? parts[0] : .apply(.and, parts)
  }

  private mutating func relation() throws(PlainSyntaxError) -> Node {
    try leftToRight(["<", "<=", ">", ">=", "==", "!=", "in"]) { (parser) throws(PlainSyntaxError) in
      try parser.sum()
    }
  }

  private mutating func sum() throws(PlainSyntaxError) -> Node {
    try leftToRight(["+", "-"]) { (parser) throws(PlainSyntaxError) in try parser.product() }
  }

  private mutating func product() throws(PlainSyntaxError) -> Node {
    try leftToRight(["*", "/", "%"]) { (parser) throws(PlainSyntaxError) in try parser.unary() }
  }

  private mutating func leftToRight(
    _ operators: [String],
    _ part: (inout PlainParser) throws(PlainSyntaxError) -> Node
  ) throws(PlainSyntaxError) -> Node {
    var left = try part(&self)
    var length = 0
    while let found = operators.first(where: { isOperator($0) }),
      let operation = PlainExpression.Operator(rawValue: found)
    {
      position += 1
      length += 1
      guard length < Self.deepest else { throw mistake("fewer parts") }
      left = .apply(operation, [left, try part(&self)])
    }
    return left
  }

  private func isOperator(_ text: String) -> Bool {
    text == "in" ? token == .name("in") : token == .symbol(text)
  }

  /// `Unary = Member | "!" {"!"} Member | "-" {"-"} Member`
  private mutating func unary() throws(PlainSyntaxError) -> Node {
    if token == .symbol("!") { return try repeated("!", .not) }
    if token == .symbol("-") {
      switch following {
      case .int, .double: return try member()
      default: return try repeated("-", .negate)
      }
    }
    return try member()
  }

  private mutating func repeated(
    _ symbol: String, _ operation: PlainExpression.Operator
  ) throws(PlainSyntaxError) -> Node {
    var count = 0
    while token == .symbol(symbol) {
      if operation == .negate, count > 0 {
        // The last minus before a number is its sign.
        if case .int = following { break }
        if case .double = following { break }
      }
      position += 1
      count += 1
      guard count < Self.deepest else { throw mistake("fewer levels") }
    }
    var node = try member()
    for _ in 0..<count { node = .apply(operation, [node]) }
    return node
  }

  // MARK: - Members

  private mutating func member() throws(PlainSyntaxError) -> Node {
    var node = try primary()
    var length = 0
    while true {
      length += 1
      guard length < Self.deepest else { throw mistake("fewer parts") }
      if take("[") {
        let optional = take("?")
        let key = try expression()
        try need("]")
        node = optional ? .optionalIndex(node, key) : .index(node, key)
      } else if take(".") {
        let optional = take("?")
        let quoted = isQuotedName
        let field = try selector()
        if !optional, !quoted, take("(") {
          let arguments = try self.arguments(until: ")")
          node = try method(node, field, arguments)
        } else {
          node = optional ? .optionalSelect(node, field) : .select(node, field)
        }
      } else if token == .symbol("{"), let type = Self.dotted(node) {
        position += 1
        node = .record(type, try fields())
      } else {
        return node
      }
    }
  }

  private var isQuotedName: Bool {
    if case .quotedName = token { return true }
    return false
  }

  private static func dotted(_ node: Node) -> String? {
    switch node {
    case .name(let name): name
    case .select(let inner, let field): dotted(inner).map { "\($0).\(field)" }
    default: nil
    }
  }

  private mutating func selector() throws(PlainSyntaxError) -> String {
    switch token {
    case .quotedName(let name):
      position += 1
      return name
    case .name(let name) where !["in", "true", "false", "null"].contains(name):
      position += 1
      return name
    default: throw mistake("a field")
    }
  }

  private static let reserved: Set<String> = [
    "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop",
    "package", "namespace", "return", "var", "void", "while",
  ]

  private mutating func primary() throws(PlainSyntaxError) -> Node {
    let start = token
    let isNegative = take("-")
    let word = token
    position += 1
    switch word {
    case .int(let magnitude):
      let value = isNegative ? Int64(exactly: -Int128(magnitude)) : Int64(exactly: magnitude)
      guard let value else { throw mistake("an int within 64 bits") }
      return .literal(.int(value))
    case .double(let value): return .literal(.double(isNegative ? -value : value))
    case .uint(let value): return .literal(.uint(value))
    case .string(let value): return .literal(.string(value))
    case .bytes(let value): return .literal(.bytes(value))
    case .symbol("("):
      let inner = try expression()
      try need(")")
      return inner
    case .symbol("["): return try list()
    case .symbol("{"): return try map()
    case .symbol("."):
      guard case .name(let name) = token else { throw mistake("a name") }
      position += 1
      return try named("." + name)
    case .name("true"): return .literal(.bool(true))
    case .name("false"): return .literal(.bool(false))
    case .name("null"): return .literal(.null)
    case .name(let name): return try named(name)
    default:
      position -= isNegative ? 2 : 1
      throw mistake(start == .end ? "an expression" : "an operand")
    }
  }

  private mutating func named(_ name: String) throws(PlainSyntaxError) -> Node {
    guard !Self.reserved.contains(name), name != "in" else { throw mistake("a name") }
    guard take("(") else { return .name(name) }
    let arguments = try self.arguments(until: ")")
    if name == "has" {
      guard arguments.count == 1, case .select(let operand, let field) = arguments[0] else {
        throw mistake("`has` of a field")
      }
      return .has(operand, field)
    }
    return .call(name, arguments)
  }

  private mutating func arguments(until close: String) throws(PlainSyntaxError) -> [Node] {
    var arguments: [Node] = []
    while !take(close) {
      if !arguments.isEmpty { try need(",") }
      arguments.append(try expression())
    }
    return arguments
  }

  /// What stands between commas up to the closing bracket; a comma may end it.
  private mutating func items<Item>(
    until close: String, _ item: (inout Self) throws(PlainSyntaxError) -> Item
  ) throws(PlainSyntaxError) -> [Item] {
    var items: [Item] = []
    while !take(close) {
      if !items.isEmpty {
        try need(",")
        if take(close) { break }
      }
      items.append(try item(&self))
    }
    return items
  }

  private mutating func list() throws(PlainSyntaxError) -> Node {
    .list(
      try items(until: "]") { (parser) throws(PlainSyntaxError) in
        let optional = parser.take("?")
        return .init(value: try parser.expression(), optional: optional)
      })
  }

  private mutating func map() throws(PlainSyntaxError) -> Node {
    .map(
      try items(until: "}") { (parser) throws(PlainSyntaxError) in
        let optional = parser.take("?")
        let key = try parser.expression()
        try parser.need(":")
        return .init(key: key, value: try parser.expression(), optional: optional)
      })
  }

  private mutating func fields() throws(PlainSyntaxError) -> [PlainExpression.Entry] {
    try items(until: "}") { (parser) throws(PlainSyntaxError) in
      let optional = parser.take("?")
      let name = try parser.selector()
      try parser.need(":")
      return .init(
        key: .literal(.string(name)), value: try parser.expression(), optional: optional)
    }
  }

  // MARK: - Macros

  /// A method, or the macro that stands in its place.
  private func method(
    _ target: Node, _ name: String, _ arguments: [Node]
  ) throws(PlainSyntaxError) -> Node {
    switch (name, arguments.count) {
    case ("all", 2), ("exists", 2), ("exists_one", 2), ("existsOne", 2), ("filter", 2):
      return try fold(target, name, arguments, variables: 1)
    case ("map", 2), ("map", 3): return try fold(target, name, arguments, variables: 1)
    case ("all", 3), ("exists", 3), ("exists_one", 3), ("existsOne", 3):
      return try fold(target, name, arguments, variables: 2)
    case ("transformList", 3), ("transformList", 4), ("transformMap", 3), ("transformMap", 4),
      ("transformMapEntry", 3), ("transformMapEntry", 4):
      return try fold(target, name, arguments, variables: 2)
    case ("bind", 3) where target == .name("cel"):
      return .bind(try variable(arguments[0]), arguments[1], arguments[2])
    case ("optMap", 2), ("optFlatMap", 2):
      return .optionalMap(
        target, try variable(arguments[0]), arguments[1], flat: name == "optFlatMap")
    default: return .method(target, name, arguments)
    }
  }

  private func variable(_ node: Node) throws(PlainSyntaxError) -> String {
    guard case .name(let name) = node, !name.hasPrefix(".") else { throw mistake("a plain name") }
    return name
  }

  private func fold(
    _ range: Node, _ name: String, _ arguments: [Node], variables: Int
  ) throws(PlainSyntaxError) -> Node {
    let kinds: [String: PlainExpression.Fold.Kind] = [
      "all": .all, "exists": .exists, "exists_one": .existsOne, "existsOne": .existsOne,
      "filter": .filter, "map": .map, "transformList": .map, "transformMap": .transformMap,
      "transformMapEntry": .transformMapEntry,
    ]
    guard let kind = kinds[name] else { throw mistake("a macro") }
    let first = try variable(arguments[0])
    let second = variables == 2 ? try variable(arguments[1]) : nil
    guard first != second else { throw mistake("two different names") }
    var fold = PlainExpression.Fold(kind: kind, range: range, variable: first, second: second)
    let bodies = arguments[variables...]
    switch kind {
    case .all, .exists, .existsOne, .filter: fold.test = bodies.first
    case .map, .transformMap, .transformMapEntry:
      fold.test = bodies.count > 1 ? bodies.first : nil
      fold.make = bodies.last
    }
    return .fold(fold)
  }
}
