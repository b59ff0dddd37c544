import PlumblineDiagnostics

/// All messages about YAML itself, in the order of their codes.
extension Diagnostic {
  private static let quote = "quote the value, or write it as a block with `>-`"

  /// PL0001: the file is larger than the limit.
  static func fileTooLarge(_ size: Int, limit: Int, at range: SourceRange) -> Self {
    .init(
      "PL0001", .error, "the file has \(size) bytes, more than the limit of \(limit)", at: range,
      help: "split it; all files of a spec package are merged")
  }

  /// PL0002: the file is not UTF-8.
  static func notUTF8(at range: SourceRange, isUTF16: Bool) -> Self {
    .init(
      "PL0002", .error,
      isUTF16 ? "the file is UTF-16, not UTF-8" : "the bytes here are not UTF-8", at: range,
      help: "save the file as UTF-8")
  }

  /// PL0003: a character that YAML does not allow.
  static func control(_ scalar: UInt32, at range: SourceRange) -> Self {
    let digits = String(scalar, radix: 16, uppercase: true)
    let code = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return .init(
      "PL0003", .error,
      scalar == 0
        ? "a NUL byte is not allowed in YAML" : "the invisible character \(code) is not allowed",
      at: range, help: "delete it; inside double quotes an escape such as `\\u0007` can be written")
  }

  /// PL0002 or PL0003.
  static func fault(
    _ fault: SourceFault, in bytes: UnsafeBufferPointer<UInt8>, file: Int32
  ) -> Self {
    switch fault {
    case .utf16:
      return .notUTF8(at: SourceRange(file: file, start: 0, end: 0), isUTF16: true)
    case .notUTF8(let offset):
      let place = SourceRange(file: file, start: Int32(offset), end: Int32(offset + 1))
      return .notUTF8(at: place, isUTF16: false)
    case .control(let offset, let length, let scalar):
      let place = SourceRange(file: file, start: Int32(offset), end: Int32(offset + length))
      return .control(scalar, at: place)
    }
  }

  /// PL0004: a tab indents a line.
  static func tabIndents(at range: SourceRange) -> Self {
    .init(
      "PL0004", .error, "a tab cannot indent a line in YAML", at: range,
      help: "use two spaces for each level")
  }

  /// PL0004: a tab stands where YAML takes only spaces.
  static func tabSeparates(at range: SourceRange) -> Self {
    .init(
      "PL0004", .error, "a tab cannot stand before what begins here in YAML", at: range,
      help: "use a space")
  }

  /// PL0005: collections nest too deeply.
  static func tooDeep(_ limit: Int, at range: SourceRange) -> Self {
    .init("PL0005", .error, "more than \(limit) levels are nested here", at: range)
  }

  /// PL0006: a key stands twice in one mapping.
  static func duplicateKey(_ key: String, at range: SourceRange, first: SourceRange) -> Self {
    .init(
      "PL0006", .error, "the key `\(clipped(key))` is given twice", at: range,
      help: "rename or remove one of them",
      notes: [.init("first given here", at: first)])
  }

  /// PL0007: the file holds several documents.
  static func secondDocument(at range: SourceRange) -> Self {
    .init(
      "PL0007", .error, "a second document begins here; a file holds one", at: range,
      help: "remove the `---`, or put the rest into a file of its own")
  }

  /// PL0008: an alias without its anchor.
  static func unknownAlias(_ name: String, at range: SourceRange) -> Self {
    .init(
      "PL0008", .error,
      "a leading `*` is a YAML alias, and no anchor `&\(clipped(name))` comes before it", at: range,
      help: "if the `*` is meant as text, \(quote)")
  }

  /// PL0009: an alias that holds itself.
  static func aliasHoldsItself(
    _ name: String, at range: SourceRange, anchor: SourceRange
  ) -> Self {
    .init(
      "PL0009", .error, "the alias `*\(clipped(name))` stands inside what it refers to", at: range,
      notes: [.init("which begins here", at: anchor)])
  }

  /// PL0010: aliases repeat too much.
  static func aliasTooLarge(_ name: String, at range: SourceRange) -> Self {
    .init(
      "PL0010", .error, "`\(clipped(name))` repeats too much: aliases of aliases grow too large",
      at: range, help: "write out what is needed")
  }

  /// PL0011: a tag that means nothing here.
  static func unknownTag(_ tag: String, at range: SourceRange) -> Self {
    .init(
      "PL0011", .error,
      "a leading `!` is a YAML tag, and `\(clipped(tag))` is none that is known", at: range,
      help: "quote the condition, as in `'!done'`, or write it as a block with `>-`")
  }

  /// PL0012: a colon and a space inside an unquoted value.
  static func colonInValue(at range: SourceRange) -> Self {
    .init(
      "PL0012", .error, "a `: ` inside an unquoted value starts a mapping", at: range, help: quote)
  }

  /// PL0012: a colon and a space inside an unquoted value that stands in brackets.
  static func colonInFlow(at range: SourceRange) -> Self {
    .init(
      "PL0012", .error, "a `: ` inside an unquoted value starts a mapping", at: range,
      help: "put a `,` before the next key, or quote the value")
  }

  /// PL0013: a comment seems to cut an expression short.
  static func commentInValue(at range: SourceRange) -> Self {
    .init(
      "PL0013", .warning, "a ` #` starts a comment, so the value ends before it", at: range,
      help: quote)
  }

  /// PL0014: a value starts with a character that YAML keeps for itself.
  static func reservedStart(_ character: String, _ meaning: String, at range: SourceRange) -> Self {
    .init("PL0014", .error, "a leading `\(character)` \(meaning)", at: range, help: quote)
  }

  /// PL0015: text follows a quoted or bracketed value.
  static func textAfterValue(_ opening: String, _ what: String, at range: SourceRange) -> Self {
    .init(
      "PL0015", .error, "a value that starts with `\(opening)` ends at \(what), and more follows",
      at: range, help: "quote the whole value, or write it as a block with `>-`")
  }

  /// PL0015: text follows an entry inside brackets.
  static func textAfterEntry(at range: SourceRange) -> Self {
    .init(
      "PL0015", .error, "inside `{ }` or `[ ]` only a `,` can follow a value that has ended",
      at: range, help: "quote the whole value")
  }

  /// PL0016: a comma inside brackets splits an expression.
  static func commaSplits(_ brackets: String, at range: SourceRange) -> Self {
    .init(
      "PL0016", .error, "a comma inside `\(brackets)` ends the unquoted value before it", at: range,
      help: "quote the value, or write the mapping over several lines")
  }

  /// PL0017: a quote that is never closed.
  static func quoteNotClosed(_ character: String, at range: SourceRange) -> Self {
    .init("PL0017", .error, "this `\(character)` is never closed", at: range)
  }

  /// PL0018: a bracket that is never closed.
  static func bracketNotClosed(_ character: String, at range: SourceRange) -> Self {
    .init(
      "PL0018", .error, "this `\(character)` is not closed where it should be", at: range,
      help: "close it; if it is meant as text, \(quote)")
  }

  /// PL0019: an unquoted value inside brackets holds a character that YAML keeps for itself there.
  static func reservedInFlow(_ character: String, at range: SourceRange) -> Self {
    .init(
      "PL0019", .error, "inside `{ }` or `[ ]` an unquoted value cannot go on with `\(character)`",
      at: range, help: "quote the value, or write the mapping over several lines")
  }

  /// PL0020: an escape that double quotes do not know.
  static func badEscape(at range: SourceRange) -> Self {
    .init(
      "PL0020", .error, "this escape is unknown inside double quotes", at: range,
      help: "use single quotes, where a backslash is only a backslash")
  }

  /// PL0020: `\b` inside double quotes.
  static func backspace(at range: SourceRange) -> Self {
    .init(
      "PL0020", .error, "inside double quotes `\\b` is a backspace, no word boundary", at: range,
      help: "use single quotes, or write `\\\\b`")
  }

  /// PL0021: a line that is neither an entry nor part of the text before it.
  static func notAnEntry(at range: SourceRange) -> Self {
    .init(
      "PL0021", .error, "this is no `key: value`", at: range,
      help: "add the colon and a space, or indent it under the value that it belongs to")
  }

  /// PL0022: the indentation fits nothing above.
  static func indentation(_ message: String, at range: SourceRange) -> Self {
    .init("PL0022", .error, message, at: range, help: "align it with its neighbours")
  }

  /// PL0023: `<<` with something that is no mapping.
  static func mergeOfNoMapping(at range: SourceRange) -> Self {
    .init("PL0023", .error, "`<<` merges a mapping or a list of mappings", at: range)
  }

  /// PL0024: a key that is a list or a mapping.
  static func keyNotText(at range: SourceRange) -> Self {
    .init(
      "PL0024", .error, "a key must be text, not a list or a mapping", at: range,
      help: "if the bracket is meant as text, quote it")
  }

  /// PL0022: text after the document's end.
  static func textAfterDocument(at range: SourceRange) -> Self {
    .init("PL0022", .error, "this stands after the end of the document", at: range)
  }

  /// PL0018: two entries inside brackets without a comma.
  static func missingComma(at range: SourceRange) -> Self {
    .init(
      "PL0018", .error, "a `,` is missing before this entry", at: range,
      help: "inside `{ }` and `[ ]` entries are separated by commas")
  }

  /// PL0026: a line separator of Unicode inside a value.
  static func unicodeBreak(_ name: String, at range: SourceRange) -> Self {
    .init(
      "PL0026", .error, "the line separator \(name) ends the line here, and with it the value",
      at: range, help: "put a space there, or quote the value and write `\\u\(name.dropFirst(2))`")
  }

  /// PL0027: an entry inside brackets that is not there.
  static func emptyEntry(at range: SourceRange) -> Self {
    .init(
      "PL0027", .error, "nothing stands before this comma", at: range, help: "remove the comma")
  }

  /// PL0025: anything else that is no YAML.
  static func unreadable(_ problem: String, at range: SourceRange) -> Self {
    .init("PL0025", .error, "this cannot be read as YAML: \(problem)", at: range)
  }

  /// PL0028: braces around what has no values.
  static func bracesWithoutValues(_ names: [String], at range: SourceRange) -> Self {
    let list = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
    return .init(
      "PL0028", .error, "`{ }` holds pairs `key: value`, and nothing here has a value", at: range,
      help:
        "give each a value, or write a list as `[\(clipped(list))]`; quote what is meant as text")
  }

  private static func clipped(_ text: String) -> String {
    let line = text.prefix(60).map { $0.isNewline || $0 == "`" ? " " : String($0) }.joined()
    return line.count < text.count ? line + "…" : line
  }
}
