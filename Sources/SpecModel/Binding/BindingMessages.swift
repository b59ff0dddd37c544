import PlumblineDiagnostics
import Suggestions
import YAMLSyntax

/// All messages of the binder, in the order of their codes.
extension Diagnostic {
  /// PL0101: a key that its object does not have.
  static func unknownKey(
    _ key: String, of object: SpecObject, near: String?, at range: SourceRange
  ) -> Self {
    let names = object.keys.map(\.name)
    let owner =
      near == nil ? SpecLanguage.objects.first { $0.keys.contains { $0.name == key } } : nil
    let help: String?
    if let near {
      help = "did you mean `\(near)`?"
    } else if object.keys.contains(where: { $0.name == "declare" }),
      SpecLanguage.templates.contains(key)
    {
      help = "write `declare: { template: \(key), events: [ACTION, …] }`"
    } else if let owner {
      help = "`\(clip(key))` belongs in \(owner.title)"
    } else {
      help = names.count <= 20 ? "known here: \(list(names))" : nil
    }
    return .init(
      "PL0101", .error, "unknown key `\(clip(key))` in \(object.title)", at: range, help: help)
  }

  /// PL0101: what a comma inside brackets made a key of its own.
  static func keyWithoutValue(_ key: String, of object: SpecObject, at range: SourceRange) -> Self {
    .init(
      "PL0101", .error, "unknown key `\(clip(key))` in \(object.title), and nothing after it",
      at: range,
      help:
        "a comma inside `{ }` ends the value before it: quote that value, or make it a list in `[ ]`"
    )
  }

  /// PL0102: a mapping, a list or a scalar where another is expected.
  static func wrongKind(
    _ key: String, expected: String, found: String, at range: SourceRange, help: String? = nil
  ) -> Self {
    .init(
      "PL0102", .error, "expected \(expected) for `\(clip(key))`, found \(found)", at: range,
      help: help)
  }

  /// PL0102: an item of a list that is no mapping.
  static func wrongItem(
    _ key: String, found: String, at range: SourceRange, help: String?
  ) -> Self {
    .init(
      "PL0102", .error, "each item of `\(key)` is a mapping, found \(found)", at: range,
      help: help)
  }

  /// PL0103: a scalar of another type.
  static func wrongScalar(
    _ key: String, expected: String, found: String, at range: SourceRange, help: String?
  ) -> Self {
    .init(
      "PL0103", .error, "expected \(expected) for `\(clip(key))`, found \(found)", at: range,
      help: help)
  }

  /// PL0104: text that YAML reads as another number than it shows.
  static func numberTrap(_ written: String, read: String, at range: SourceRange) -> Self {
    .init(
      "PL0104", .error, "YAML reads `\(clip(written))` as the number \(read)", at: range,
      help: "quote it: `'\(clip(written))'`")
  }

  /// PL0105: a key without which its object means nothing.
  static func missingKey(_ key: String, in what: String, at range: SourceRange) -> Self {
    .init("PL0105", .error, "\(what) needs `\(key)`", at: range)
  }

  /// PL0106: a key with nothing after it.
  static func noValue(_ key: String, at range: SourceRange) -> Self {
    .init(
      "PL0106", .error, "`\(clip(key))` has no value", at: range,
      help: "give it one, or remove the key")
  }

  /// PL0107: no file of the package names the spec.
  static func noSpec(at range: SourceRange) -> Self {
    .init(
      "PL0107", .error, "no file of this package names the spec", at: range,
      help: "add `plumb: 1` and `spec: NAME` to one file")
  }

  /// PL0108: the file that names the spec does not say its language version.
  static func noLanguage(at range: SourceRange) -> Self {
    .init(
      "PL0108", .error, "the file that names the spec needs `plumb`, the language version",
      at: range, help: "add `plumb: \(SpecLanguage.version)`")
  }

  /// PL0109: a language version of the future, or none at all.
  static func unsupportedLanguage(_ version: String, at range: SourceRange) -> Self {
    .init(
      "PL0109", .error, "language version \(clip(version)) is not supported", at: range,
      help: "this version reads `plumb: \(SpecLanguage.version)`")
  }

  /// PL0110: the same name or id twice.
  static func duplicate(
    _ what: String, _ name: String, at range: SourceRange, first: SourceRange
  ) -> Self {
    .init(
      "PL0110", .error, "\(what) `\(clip(name))` is declared twice", at: range,
      help: "rename or remove one of them", notes: [.init("first declared here", at: first)])
  }

  /// PL0111: a key of the whole package in two files.
  static func repeatedKey(_ key: String, at range: SourceRange, first: SourceRange) -> Self {
    .init(
      "PL0111", .error, "`\(key)` is given in two files", at: range,
      help: "a package says it once", notes: [.init("first given here", at: first)])
  }

  /// PL0112: a duration that cannot be read.
  static func badDuration(_ text: String, at range: SourceRange) -> Self {
    let isNumber = !text.isEmpty && text.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
    return .init(
      "PL0112", .error, "`\(clip(text))` is not a duration", at: range,
      help: isNumber
        ? "give a unit: `\(clip(text))s`, `\(clip(text))m`, `\(clip(text))h` or `\(clip(text))d`"
        : "write it like `90s`, `15m`, `1h30m` or `7d`")
  }

  /// PL0113: a type that cannot be read.
  static func badType(_ problem: String, help: String?, at range: SourceRange) -> Self {
    .init("PL0113", .error, problem, at: range, help: help)
  }

  /// PL0114: an answer that is none.
  static func badAnswer(_ text: String, at range: SourceRange) -> Self {
    let help: String
    if text == "escalate" || text == "escalate()" {
      help = "name the role that decides: `escalate(ROLE)`"
    } else if let near = Suggest.nearest(text, among: ["deny", "warn"]) {
      help = "did you mean `\(near)`?"
    } else {
      help = "use `deny`, `warn` or `escalate(ROLE)`"
    }
    return .init("PL0114", .error, "`\(clip(text))` is not an answer", at: range, help: help)
  }

  /// PL0115: an event that cannot be read.
  static func badEvent(_ text: String, help: String, at range: SourceRange) -> Self {
    .init("PL0115", .error, "`\(clip(text))` is not an event", at: range, help: help)
  }

  /// PL0116: the head of a term that cannot be read.
  static func badTerm(_ text: String, at range: SourceRange) -> Self {
    .init(
      "PL0116", .error, "`\(clip(text))` cannot name a term", at: range,
      help: "write `name` or `name(parameter, other)`, in letters, digits and `_`")
  }

  /// PL0117: a path that cannot be read.
  static func badPath(_ problem: String, at range: SourceRange) -> Self {
    .init(
      "PL0117", .error, problem, at: range,
      help: "write `collection[key]` or `collection[key].field`")
  }

  /// PL0118: a condition that YAML read as a mapping.
  static func conditionIsMapping(_ key: String, isFlow: Bool, at range: SourceRange) -> Self {
    .init(
      "PL0118", .error,
      isFlow
        ? "a leading `{` makes a YAML mapping of `\(clip(key))`, where a condition is expected"
        : "expected a condition for `\(clip(key))`, found a mapping",
      at: range,
      help: "quote the condition, or write it as a block with `>-`")
  }

  /// PL0119: a condition that YAML read as a list.
  static func conditionIsList(_ key: String, isFlow: Bool, at range: SourceRange) -> Self {
    .init(
      "PL0119", .error,
      isFlow
        ? "a leading `[` makes a YAML list of `\(clip(key))`, where a condition is expected"
        : "expected a condition for `\(clip(key))`, found a list",
      at: range,
      help: isFlow
        ? "quote the condition, or write it as a block with `>-`"
        : "join the conditions with `&&` or `||`")
  }

  /// PL0120: a word outside a closed set.
  static func unknownWord(
    _ word: String, for key: String, among words: [String], at range: SourceRange
  ) -> Self {
    let near = Suggest.nearest(word, among: words)
    let choice = words.count == 1 ? "the only value is " : "use one of "
    return .init(
      "PL0120", .error, "`\(clip(word))` is no value of `\(key)`", at: range,
      help: near.map { "did you mean `\($0)`?" } ?? choice + list(words))
  }

  /// PL0121: a name that conditions could not use.
  static func badName(_ name: String, of what: String, at range: SourceRange) -> Self {
    .init(
      "PL0121", .error, "`\(clip(name))` cannot name \(what)", at: range,
      help: "use letters, digits and `_`, and begin with no digit")
  }

  /// PL0122: a list without items, or text without characters.
  static func empty(_ key: String, at range: SourceRange, help: String? = nil) -> Self {
    .init("PL0122", .error, "`\(clip(key))` must not be empty", at: range, help: help)
  }

  /// PL0123: a key that means nothing without another.
  static func needsCompanion(_ key: String, _ other: String, at range: SourceRange) -> Self {
    .init("PL0123", .error, "`\(key)` means nothing without \(other)", at: range)
  }

  /// PL0124: a number outside its bounds.
  static func outOfRange(
    _ key: String, _ number: String, bounds: String, at range: SourceRange
  ) -> Self {
    .init("PL0124", .error, "`\(key)` must be \(bounds), not \(clip(number))", at: range)
  }

  /// PL0125: `learns` with something that is no key of the case.
  static func learnsNoCaseKey(_ key: String, at range: SourceRange) -> Self {
    .init(
      "PL0125", .error, "`learns` teaches keys of the case, and `\(clip(key))` is none", at: range,
      help: "write `case.KEY: EXPRESSION`")
  }

  /// PL0126: the same word twice in one list.
  static func repeatedItem(_ item: String, at range: SourceRange, first: SourceRange) -> Self {
    .init(
      "PL0126", .error, "`\(clip(item))` stands twice in this list", at: range,
      notes: [.init("first here", at: first)])
  }

  /// PL0127: a `keeps` that is not a record.
  static func keepsNoRecord(_ problem: String, at range: SourceRange) -> Self {
    .init(
      "PL0127", .error, problem, at: range, help: "a result is kept whole: `collection[key]`")
  }

  /// PL0128: a file that is no mapping.
  static func notASpec(found: String, at range: SourceRange) -> Self {
    .init(
      "PL0128", .error, "a spec file is a mapping of keys, found \(found)", at: range,
      help: "begin with `plumb: \(SpecLanguage.version)` and `spec: NAME`")
  }

  /// The words of a list, in backquotes.
  private static func list(_ words: [String]) -> String {
    words.map { "`\($0)`" }.joined(separator: ", ")
  }

  /// PL0129: a name that could not name the files written for it.
  static func badFileName(_ name: String, of what: String, at range: SourceRange) -> Self {
    .init(
      "PL0129", .error, "`\(clip(name))` cannot name \(what): files are named like it", at: range,
      help: "use letters, digits, `_` and `-`")
  }

  /// PL0130: a name that cannot stand in a line of text.
  static func unfitName(_ name: String, at range: SourceRange) -> Self {
    .init(
      "PL0130", .error,
      name.first == " " || name.last == " "
        ? "the name `\(clip(name))` begins or ends with a blank"
        : "the name `\(clip(name))` holds a line break, a backtick or a character that cannot be seen",
      at: range)
  }

  /// PL0130: a tool or a group with the name of an event.
  static func eventAsName(_ name: String, at range: SourceRange) -> Self {
    .init(
      "PL0130", .error, "the name `\(clip(name))` reads like an event, as `attempt(ACTION)` does",
      at: range, help: "leave out the parentheses")
  }

  /// User text short enough and on one line.
  private static func clip(_ text: String) -> String {
    func isUnfit(_ character: Character) -> Bool {
      character == "`" || character.unicodeScalars.contains(where: TextScanner.isUnseen)
    }
    guard text.utf8.count > 60 || text.contains(where: isUnfit) else { return text }
    let line = text.prefix(60).map { isUnfit($0) ? " " : String($0) }.joined()
    return line.count < text.count ? line + "…" : line
  }
}
