import PlumblineDiagnostics
import Suggestions
import YAMLSyntax

/// Binds one file: what its nodes say becomes model, what cannot be understood a diagnostic.
struct Binder {
  let tree: YAMLTree
  var diagnostics: [Diagnostic] = []

  init(_ tree: YAMLTree) { self.tree = tree }

  mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  /// A key of a mapping, ready to be switched over.
  struct Entry {
    var key: String
    var keyNode: YAMLNode
    var value: YAMLNode
  }

  /// The entries of a mapping; those whose key is broken are left out.
  func entries(_ node: YAMLNode) -> [Entry] {
    tree.entries(node).compactMap { key, value in
      guard !tree.isBroken(key), tree.kind(key) == .scalar else { return nil }
      return Entry(key: tree.text(key), keyNode: key, value: value)
    }
  }

  /// Binds a mapping with fixed keys: `take` gets each entry and tells whether it knows the key.
  ///
  /// Unknown and missing keys are reported, but one that is only misspelt is not missing too.
  /// - Returns: the keys that were meant by misspelt ones.
  @discardableResult
  mutating func bind(
    _ object: SpecObject, _ node: YAMLNode, at place: SourceRange, named what: String? = nil,
    _ take: (inout Binder, Entry) -> Bool
  ) -> [String] {
    var meant: [String] = []
    var missing = object.requiredKeys
    var unexplained: [Int] = []
    var isCut = false
    var afterComma = false
    for (keyNode, value) in tree.entries(node) {
      guard !tree.isBroken(keyNode), tree.kind(keyNode) == .scalar else {
        isCut = true
        continue
      }
      let entry = Entry(key: tree.text(keyNode), keyNode: keyNode, value: value)
      if take(&self, entry) {
        if let index = missing.firstIndex(of: entry.key) { missing.remove(at: index) }
        afterComma = false
        continue
      }
      // The rest of an expression that a comma cut: the syntax has reported it.
      if tree.isBroken(value) { continue }
      let near = Suggest.nearest(entry.key, among: object.keys.map(\.name))
      // `{ lists: a, b }`: what stands behind the comma is no key.
      if near == nil, tree.isFlow(node), isNull(value), tree.text(value).isEmpty {
        if !afterComma { report(.keyWithoutValue(entry.key, of: object, at: tree.range(keyNode))) }
        afterComma = true
        continue
      }
      if near == nil { unexplained.append(diagnostics.count) }
      if let near {
        meant.append(near)
        if let index = missing.firstIndex(of: near) { missing.remove(at: index) }
      }
      report(.unknownKey(entry.key, of: object, near: near, at: tree.range(keyNode)))
    }
    guard !isCut else { return meant }
    // One unknown key and one missing: most likely one mistake.
    if missing.count == 1, let key = missing.first, unexplained.count == 1,
      let index = unexplained.first
    {
      diagnostics[index].help = "did you mean `\(key)`, which is missing here?"
      return meant
    }
    for key in missing {
      report(.missingKey(key, in: what ?? object.title, at: place))
    }
    return meant
  }

  /// Whether the node is a mapping; reports it if not.
  mutating func isMapping(_ node: YAMLNode, _ key: String, help: String? = nil) -> Bool {
    guard !tree.isBroken(node) else { return false }
    guard tree.kind(node) == .mapping else {
      if isNull(node) { return missingValue(node, key) }
      report(
        .wrongKind(
          key, expected: "a mapping", found: found(node), at: tree.range(node), help: help))
      return false
    }
    return true
  }

  /// Whether an item of a list is a mapping; reports it if not.
  mutating func isMappingItem(_ node: YAMLNode, of key: String, help: String? = nil) -> Bool {
    guard !tree.isBroken(node) else { return false }
    guard tree.kind(node) == .mapping else {
      report(.wrongItem(key, found: found(node), at: tree.range(node), help: help))
      return false
    }
    return true
  }

  /// Whether the node is a list; reports it if not.
  mutating func isList(_ node: YAMLNode, _ key: String, help: String? = nil) -> Bool {
    guard !tree.isBroken(node) else { return false }
    guard tree.kind(node) == .sequence else {
      if isNull(node) { return missingValue(node, key) }
      report(
        .wrongKind(key, expected: "a list", found: found(node), at: tree.range(node), help: help))
      return false
    }
    return true
  }

  /// Reports that a key has no value; always false.
  mutating func missingValue(_ node: YAMLNode, _ key: String) -> Bool {
    report(.noValue(key, at: tree.range(node)))
    return false
  }

  func isNull(_ node: YAMLNode) -> Bool {
    guard tree.kind(node) == .scalar else { return false }
    if case .null = tree.scalar(node) { return true }
    return false
  }

  /// The items of a list, or the one thing that stands for a list of one.
  func oneOrList(_ node: YAMLNode) -> [YAMLNode] {
    tree.kind(node) == .sequence ? tree.items(node) : [node]
  }

  /// What a node is, in the words of a message.
  func found(_ node: YAMLNode) -> String {
    switch tree.kind(node) {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .scalar:
      switch tree.scalar(node) {
      case .null: "nothing"
      case .bool(let value): "the truth value \(value)"
      case .int, .bigInteger, .double: "the number \(tree.rawText(node))"
      case .string: "text"
      }
    }
  }

  // MARK: Text

  /// A text; numbers, truth values and collections are reported.
  /// `isFree`: whether any text will do, so that quoting helps.
  mutating func text(
    _ node: YAMLNode, _ key: String, expected: String = "text", isFree: Bool = true
  ) -> Located<String>? {
    guard !tree.isBroken(node) else { return nil }
    guard tree.kind(node) == .scalar else {
      let help =
        tree.isFlow(node) && expected == "text"
        ? "quote it if the bracket is meant as text"
        : nil
      report(
        .wrongKind(key, expected: expected, found: found(node), at: tree.range(node), help: help))
      return nil
    }
    switch tree.scalar(node) {
    case .string(let text):
      guard !text.isEmpty else {
        report(.empty(key, at: tree.range(node)))
        return nil
      }
      return Located(text, at: tree.range(node))
    case .null:
      _ = missingValue(node, key)
    case .double(let number):
      let written = tree.rawText(node)
      if written == "\(number)" {
        reportScalar(node, key, expected: expected, isFree: isFree)
      } else {
        report(.numberTrap(written, read: "\(number)", at: tree.range(node)))
      }
    case .bool, .int, .bigInteger:
      reportScalar(node, key, expected: expected, isFree: isFree)
    }
    return nil
  }

  private mutating func reportScalar(
    _ node: YAMLNode, _ key: String, expected: String, isFree: Bool
  ) {
    report(
      .wrongScalar(
        key, expected: expected, found: found(node), at: tree.range(node),
        help: isFree ? "quote it: `'\(tree.rawText(node))'`" : nil))
  }

  /// One word of a closed set.
  mutating func word(_ node: YAMLNode, _ key: String, of words: [String]) -> Located<String>? {
    guard !tree.isBroken(node) else { return nil }
    guard tree.kind(node) == .scalar, !isNull(node), !tree.text(node).isEmpty else {
      return text(node, key, expected: "one word")
    }
    let word = Located(tree.text(node), at: tree.range(node))
    guard words.contains(word.value) else {
      report(.unknownWord(word.value, for: key, among: words, at: word.range))
      return nil
    }
    return word
  }

  /// A name that conditions use.
  mutating func identifier(_ node: YAMLNode, _ key: String, of what: String) -> Located<String>? {
    guard let name = text(node, key, expected: "a name") else { return nil }
    return checked(name, of: what)
  }

  /// The name if conditions can use it.
  mutating func checked(_ name: Located<String>, of what: String) -> Located<String>? {
    guard TextScanner.isIdentifier(name.value) else {
      report(.badName(name.value, of: what, at: name.range))
      return nil
    }
    return name
  }

  /// The name if files can be named like it: what is compiled must stay in its folder.
  mutating func fileName(_ name: Located<String>, of what: String) -> Located<String>? {
    let scalars = name.value.unicodeScalars
    let isSafe = scalars.allSatisfy {
      $0.properties.isAlphabetic || $0.properties.numericType != nil
        || "_-. ".unicodeScalars.contains($0)
    }
    guard isSafe, let first = scalars.first, first != ".", first != " ", scalars.last != " ",
      name.value.utf8.count <= 100
    else {
      report(.badFileName(name.value, of: what, at: name.range))
      return nil
    }
    return name
  }

  /// A list of names, or one.
  mutating func names(_ node: YAMLNode, _ key: String) -> [Located<String>] {
    guard !tree.isBroken(node) else { return [] }
    return oneOrList(node).compactMap { text($0, key, expected: "a name") }
  }

  /// The key of a mapping whose keys are names.
  mutating func name(_ entry: Entry) -> Located<String>? {
    let range = tree.range(entry.keyNode)
    guard !entry.key.isEmpty else {
      report(.empty("name", at: range))
      return nil
    }
    return oneLine(Located(entry.key, at: range))
  }

  /// The name of a tool or a group, which stands where events do.
  mutating func actionName(_ entry: Entry) -> Located<String>? {
    guard let name = name(entry) else { return nil }
    guard TextScanner.call(name.value) == nil else {
      report(.eventAsName(name.value, at: name.range))
      return nil
    }
    return name
  }

  /// An identifier of a requirement or an incident.
  mutating func id(_ node: YAMLNode) -> Located<String>? {
    // It stays known by it: one message is enough.
    guard let id = text(node, "id", expected: "an id") else { return nil }
    _ = oneLine(id)
    return id
  }

  /// The name if it can stand in a line of a report, and reads there as what it is.
  mutating func oneLine(_ name: Located<String>) -> Located<String>? {
    let scalars = name.value.unicodeScalars
    if scalars.contains(where: { $0 == "`" || TextScanner.isUnseen($0) })
      || scalars.first == " " || scalars.last == " "
    {
      report(.unfitName(name.value, at: name.range))
      return nil
    }
    return name
  }

  // MARK: Other scalars

  mutating func boolean(_ node: YAMLNode, _ key: String) -> Located<Bool>? {
    guard !tree.isBroken(node) else { return nil }
    let range = tree.range(node)
    guard tree.kind(node) == .scalar else {
      report(.wrongKind(key, expected: "`true` or `false`", found: found(node), at: range))
      return nil
    }
    switch tree.scalar(node) {
    case .bool(let value): return Located(value, at: range)
    case .null: _ = missingValue(node, key)
    case .string(let text):
      let quoted = tree.style(node) != .plain
      let near = ["yes": "true", "on": "true", "no": "false", "off": "false"][text.lowercased()]
      report(
        .wrongScalar(
          key, expected: "`true` or `false`", found: "the text `\(text.prefix(20))`", at: range,
          help: near.map { "in YAML 1.2 `\(text)` is text; write `\($0)`" }
            ?? (quoted && (text == "true" || text == "false") ? "remove the quotes" : nil)))
    case .int, .bigInteger, .double:
      report(
        .wrongScalar(
          key, expected: "`true` or `false`", found: found(node), at: range, help: nil))
    }
    return nil
  }

  mutating func integer(_ node: YAMLNode, _ key: String, atLeast least: Int64 = .min) -> Located<
    Int64
  >? {
    guard !tree.isBroken(node) else { return nil }
    let range = tree.range(node)
    guard tree.kind(node) == .scalar else {
      report(.wrongKind(key, expected: "a whole number", found: found(node), at: range))
      return nil
    }
    switch tree.scalar(node) {
    case .int(let value):
      guard value >= least else {
        report(.outOfRange(key, "\(value)", bounds: "at least \(least)", at: range))
        return nil
      }
      return Located(value, at: range)
    case .bigInteger(let digits):
      report(.outOfRange(key, digits, bounds: "a number of 64 bits", at: range))
    case .null: _ = missingValue(node, key)
    case .string(let text):
      report(
        .wrongScalar(
          key, expected: "a whole number", found: "text", at: range,
          help: Int64(text) != nil ? "remove the quotes" : nil))
    case .bool, .double:
      report(
        .wrongScalar(key, expected: "a whole number", found: found(node), at: range, help: nil))
    }
    return nil
  }

  mutating func fraction(_ node: YAMLNode, _ key: String) -> Located<Double>? {
    guard !tree.isBroken(node) else { return nil }
    let range = tree.range(node)
    let expected = "a number from 0 to 1"
    guard tree.kind(node) == .scalar else {
      report(.wrongKind(key, expected: expected, found: found(node), at: range))
      return nil
    }
    let number: Double
    switch tree.scalar(node) {
    case .int(let value): number = Double(value)
    case .double(let value): number = value
    case .null:
      _ = missingValue(node, key)
      return nil
    case .string, .bool, .bigInteger:
      report(.wrongScalar(key, expected: expected, found: found(node), at: range, help: nil))
      return nil
    }
    guard number >= 0, number <= 1 else {
      report(.outOfRange(key, tree.rawText(node), bounds: "from 0 to 1", at: range))
      return nil
    }
    return Located(number, at: range)
  }

  /// Seconds.
  mutating func duration(_ node: YAMLNode, _ key: String) -> Located<Int64>? {
    guard !tree.isBroken(node) else { return nil }
    let range = tree.range(node)
    guard tree.kind(node) == .scalar else {
      report(.wrongKind(key, expected: "a duration", found: found(node), at: range))
      return nil
    }
    guard !isNull(node) else {
      _ = missingValue(node, key)
      return nil
    }
    let text = tree.text(node)
    guard let seconds = TextScanner.seconds(text) else {
      report(.badDuration(text, at: range))
      return nil
    }
    // The longest that conditions can reckon with, as in CEL.
    guard seconds <= Int64.max / 1_000_000_000 else {
      report(.outOfRange(key, text, bounds: "at most 292 years", at: range))
      return nil
    }
    return Located(seconds, at: range)
  }

  /// `deny`, `warn` or `escalate(ROLE)`.
  mutating func answer(_ node: YAMLNode, _ key: String) -> WrittenAnswer? {
    let expected = "`deny`, `warn` or `escalate(ROLE)`"
    guard let text = text(node, key, expected: expected, isFree: false) else { return nil }
    switch text.value {
    case "deny": return .init(.deny, at: text.range)
    case "warn": return .init(.warn, at: text.range)
    default: break
    }
    guard let call = TextScanner.call(text.value), call.function == "escalate",
      !call.argument.isEmpty
    else {
      report(.badAnswer(text.value, at: text.range))
      return nil
    }
    let role = Located(
      call.argument, at: tree.sourceRange(node, call.bounds.lowerBound, call.bounds.upperBound))
    return .init(.escalate(role: role), at: text.range)
  }

  // MARK: Expressions

  /// A condition: any scalar is its text; a collection is one of YAML's traps.
  mutating func expression(_ node: YAMLNode, _ key: String) -> WrittenExpression? {
    guard !tree.isBroken(node) else { return nil }
    let range = tree.range(node)
    switch tree.kind(node) {
    case .mapping:
      report(.conditionIsMapping(key, isFlow: tree.isFlow(node), at: range))
      return nil
    case .sequence:
      report(.conditionIsList(key, isFlow: tree.isFlow(node), at: range))
      return nil
    case .scalar: break
    }
    let text = tree.text(node)
    if text.isEmpty {
      if tree.style(node) == .plain {
        _ = missingValue(node, key)
      } else {
        report(.empty(key, at: range))
      }
      return nil
    }
    return WrittenExpression(text: text, range: range, tree: tree, node: node)
  }

  /// One condition, or a list of them.
  mutating func expressions(_ node: YAMLNode, _ key: String) -> [WrittenExpression] {
    guard !tree.isBroken(node) else { return [] }
    return oneOrList(node).compactMap { expression($0, key) }
  }

  /// A text that may hold `${CEL}`.
  mutating func template(_ node: YAMLNode, _ key: String) -> WrittenExpression? {
    text(node, key).map {
      WrittenExpression(text: $0.value, range: $0.range, tree: tree, node: node)
    }
  }
}
