import PlumblineDiagnostics

/// Says in plain words why libyaml gave up, from what stands around the place.
struct Traps {
  let bytes: UnsafeBufferPointer<UInt8>
  let file: Int32
  /// Whether the innermost open collection is written with brackets.
  let inFlow: Bool

  private func byte(_ index: Int) -> UInt8 {
    index >= 0 && index < bytes.count ? bytes[index] : 0
  }
  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
  private func isBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  private func range(_ start: Int, _ end: Int) -> SourceRange {
    let start = min(max(start, 0), bytes.count)
    let end = min(max(end, start), bytes.count)
    return SourceRange(file: file, start: Int32(start), end: Int32(end))
  }

  /// A word or a single character.
  private func token(_ start: Int) -> SourceRange {
    var end = start
    while end < bytes.count, !isBlank(byte(end)), !isBreak(byte(end)) { end += 1 }
    return range(start, end)
  }

  private func character(_ start: Int) -> SourceRange {
    var end = start + 1
    while end < bytes.count, byte(end) & 0xC0 == 0x80 { end += 1 }
    return range(start, isBreak(byte(start)) ? start : end)
  }

  // MARK: Lines

  private func lineStart(_ index: Int) -> Int {
    var start = min(index, bytes.count)
    while start > 0, !isBreak(byte(start - 1)) { start -= 1 }
    return start
  }

  private func lineEnd(_ index: Int) -> Int {
    var end = index
    while end < bytes.count, !isBreak(byte(end)) { end += 1 }
    return end
  }

  /// The parts of a line: `- key: value`.
  private struct Line {
    var text: Int
    var value: Int
    var end: Int
    /// The colon after the key.
    var colon: Int?
  }

  private func line(around index: Int) -> Line {
    let start = lineStart(index)
    let end = lineEnd(start)
    var text = start
    while text < end, isBlank(byte(text)) { text += 1 }
    while text + 1 < end, byte(text) == UInt8(ascii: "-"), isBlank(byte(text + 1)) {
      text += 1
      while text < end, isBlank(byte(text)) { text += 1 }
    }
    var line = Line(text: text, value: text, end: end, colon: nil)
    var at = text
    while at < end {
      let next = at + 1
      if byte(at) == UInt8(ascii: ":"), next == end || isBlank(byte(next)) {
        line.colon = at
        line.value = next
        while line.value < end, isBlank(byte(line.value)) { line.value += 1 }
        break
      }
      // Keys are words; a line that starts with a quote or bracket has none that we would find.
      guard isWord(byte(at)) || byte(at) == 0x20 && at > text else { break }
      at += 1
    }
    return line
  }

  private func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "."):
      true
    default: byte >= 0x80
    }
  }

  // MARK: The explanation

  func explain(problem: String, context: String, at place: Int, from began: Int) -> Diagnostic {
    if let found = tab(problem, place) ?? unicodeBreak(place) ?? unicodeBreak(began) {
      return found
    }
    if problem == "found unexpected end of stream"
      || problem == "found unexpected document indicator",
      context.contains("quoted scalar")
    {
      return .quoteNotClosed(byte(began) == UInt8(ascii: "'") ? "'" : "\"", at: character(began))
    }
    if context.contains("quoted scalar"), !problem.contains("tab") {
      var escape = place
      while escape > began, byte(escape) != UInt8(ascii: "\\") { escape -= 1 }
      if escape > began { return .badEscape(at: range(escape, max(escape + 2, place))) }
    }
    if problem.hasPrefix("mapping values are not allowed") { return mappingValue(place) }
    if let found = leading(problem, context, place, began) { return found }
    if inFlow || problem.contains("',' or") { return flow(place, began) }
    if problem == "could not find expected ':'" {
      let line = line(around: began)
      return .notAnEntry(at: range(began, line.end))
    }
    if problem == "found character that cannot start any token" {
      let text = String(decoding: bytes[range(character(place))], as: UTF8.self)
      return .reservedStart(text, "cannot start an unquoted value", at: character(place))
    }
    if context.contains("block mapping") || context.contains("block collection")
      || problem.contains("are not allowed in this context")
    {
      return structure(problem, place, began)
    }
    if problem == "did not find expected <document start>" {
      return .textAfterDocument(at: token(place))
    }
    return .unreadable(context.isEmpty ? problem : "\(problem) \(context)", at: token(place))
  }

  private func range(_ place: SourceRange) -> Range<Int> { Int(place.start)..<Int(place.end) }

  private func tab(_ problem: String, _ place: Int) -> Diagnostic? {
    var at = lineStart(place)
    while at < bytes.count, isBlank(byte(at)) {
      if byte(at) == 0x09, at <= place {
        var end = at
        while byte(end) == 0x09 { end += 1 }
        return .tabIndents(at: range(at, end))
      }
      at += 1
    }
    if problem.hasPrefix("found character that cannot start"), byte(place) == 0x09 {
      return .tabSeparates(at: character(place))
    }
    return problem.contains("tab character") ? .tabIndents(at: character(place)) : nil
  }

  /// A line separator of Unicode, which reads like a space and ends the line.
  private func unicodeBreak(_ place: Int) -> Diagnostic? {
    var at = place
    let start = lineStart(place)
    while at > start {
      at -= 1
      let tail = (byte(at - 2), byte(at - 1), byte(at))
      if tail.1 == 0xC2, tail.2 == 0x85 {
        return .unicodeBreak("U+0085", at: range(at - 1, at + 1))
      }
      if tail.0 == 0xE2, tail.1 == 0x80, tail.2 == 0xA8 || tail.2 == 0xA9 {
        return .unicodeBreak(tail.2 == 0xA8 ? "U+2028" : "U+2029", at: range(at - 2, at + 1))
      }
    }
    return nil
  }

  private func mappingValue(_ place: Int) -> Diagnostic {
    let line = line(around: place)
    // The first colon of a line that starts with a word: the line is deeper than it should be.
    if line.colon == place, line.text < place {
      if let above = lineAbove(place), indentation(above) == indentation(place) {
        return .notAnEntry(at: range(above + indentation(above), lineEnd(above)))
      }
      return .indentation(
        "this entry is indented as if it belonged to the text above it",
        at: range(line.text, place))
    }
    // Without a key the line continues a value, and its first character is nothing special.
    if line.colon != nil, let found = leadingIndicator(line.value, before: place) { return found }
    return .colonInValue(at: range(place, place + 1))
  }

  /// A value that starts with something YAML understands otherwise.
  private func leading(
    _ problem: String, _ context: String, _ place: Int, _ began: Int
  ) -> Diagnostic? {
    let here = line(around: place)
    if let found = leadingIndicator(here.value, before: place) { return found }
    let scans = ["a tag", "an anchor", "an alias", "a block scalar", "a directive"]
    if scans.contains(where: { context.hasSuffix($0) }) {
      return leadingIndicator(began, before: max(place, began + 1))
    }
    return nil
  }

  private func leadingIndicator(_ value: Int, before place: Int) -> Diagnostic? {
    guard value < bytes.count, value <= place else { return nil }
    let at = character(value)
    switch byte(value) {
    case UInt8(ascii: "!"):
      return .unknownTag(
        String(decoding: bytes[range(token(value))], as: UTF8.self), at: token(value))
    case UInt8(ascii: "&"): return .reservedStart("&", "starts a YAML anchor", at: at)
    case UInt8(ascii: "*"): return .reservedStart("*", "is a YAML alias", at: at)
    case UInt8(ascii: "%"): return .reservedStart("%", "starts a YAML directive", at: at)
    case UInt8(ascii: "@"): return .reservedStart("@", "is reserved in YAML", at: at)
    case UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ","):
      guard value == place else { return nil }
      let sign = String(UnicodeScalar(byte(value)))
      return .reservedStart(sign, "belongs to a bracket, and none is open here", at: at)
    case UInt8(ascii: "?"):
      guard isBlank(byte(value + 1)) else { return nil }
      return .reservedStart("? ", "starts a key in YAML", at: at)
    case UInt8(ascii: "`"):
      return .init(
        "PL0014", .error, "a leading backtick is reserved in YAML", at: at,
        help: "quote the value, or write it as a block with `>-`")
    case UInt8(ascii: ">"), UInt8(ascii: "|"):
      let sign = byte(value) == UInt8(ascii: "|") ? "|" : ">"
      guard lineStart(place) == lineStart(value) else { return nil }
      return .reservedStart(sign, "starts a block of text on the lines below it", at: at)
    case UInt8(ascii: "\""), UInt8(ascii: "'"):
      guard let end = closingQuote(value), end < place else { return nil }
      let sign = byte(value) == UInt8(ascii: "'") ? "'" : "\""
      return .textAfterValue(sign, "its closing quote", at: range(end + 1, lineEnd(place)))
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      guard let end = closingBracket(value), end < place else { return nil }
      let sign = byte(value) == UInt8(ascii: "[") ? "[" : "{"
      return .textAfterValue(sign, "its closing bracket", at: range(end + 1, lineEnd(place)))
    default: return nil
    }
  }

  private func closingQuote(_ start: Int) -> Int? {
    let quote = byte(start)
    var at = start + 1
    while at < bytes.count {
      if byte(at) == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
        at += 2
        continue
      }
      if byte(at) == quote {
        if quote == UInt8(ascii: "'"), byte(at + 1) == quote {
          at += 2
          continue
        }
        return at
      }
      at += 1
    }
    return nil
  }

  private func closingBracket(_ start: Int) -> Int? {
    var (at, depth) = (start, 0)
    while at < bytes.count {
      switch byte(at) {
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 { return at }
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        guard !isWord(byte(at - 1)), let end = closingQuote(at) else { break }
        at = end
      default: break
      }
      at += 1
    }
    return nil
  }

  private func flow(_ place: Int, _ began: Int) -> Diagnostic {
    let brackets = [UInt8(ascii: "{"), UInt8(ascii: "[")]
    let isLater = brackets.contains(byte(began)) && lineStart(place) > lineStart(began)
    if isLater, indentation(place) <= indentation(began) {
      return .bracketNotClosed(byte(began) == UInt8(ascii: "{") ? "{" : "[", at: character(began))
    }
    switch byte(place) {
    case UInt8(ascii: ":"):
      let line = line(around: place)
      if isLater, line.colon == place {
        return .missingComma(at: range(line.text, place))
      }
      return .colonInFlow(at: character(place))
    case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "\""), UInt8(ascii: "'"),
      UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "|"),
      UInt8(ascii: ">"), UInt8(ascii: "%"), UInt8(ascii: "@"):
      if lineStart(place) == lineStart(began) {
        let text = String(decoding: bytes[range(character(place))], as: UTF8.self)
        return .reservedInFlow(text, at: character(place))
      }
    default: break
    }
    if byte(place) == UInt8(ascii: ",") {
      return .emptyEntry(at: character(place))
    }
    if brackets.contains(byte(began)), let call = callWithComma(began, before: place) {
      return .commaSplits(byte(began) == UInt8(ascii: "{") ? "{ }" : "[ ]", at: call)
    }
    let opening = byte(began) == UInt8(ascii: "{") ? "{" : "["
    guard brackets.contains(byte(began)) else {
      if let open = openBracket(before: place) { return open }
      return .unreadable("a bracket is not closed before this", at: token(place))
    }
    let isCloser = byte(place) == UInt8(ascii: "]") || byte(place) == UInt8(ascii: "}")
    if lineStart(place) == lineStart(began), place < bytes.count, !isCloser {
      return .textAfterEntry(at: token(place))
    }
    return .bracketNotClosed(opening, at: character(began))
  }

  /// The bracket that a closing one of the other kind leaves open.
  private func openBracket(before place: Int) -> Diagnostic? {
    var (at, depth) = (place, 0)
    while at > 0 {
      at -= 1
      switch byte(at) {
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth += 1
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        if depth == 0 {
          return .bracketNotClosed(byte(at) == UInt8(ascii: "{") ? "{" : "[", at: character(at))
        }
        depth -= 1
      default: break
      }
    }
    return nil
  }

  /// The value inside brackets in which a parenthesis is open at a comma: a call with two arguments.
  private func callWithComma(_ began: Int, before place: Int) -> SourceRange? {
    var (at, value, depth) = (began + 1, began + 1, 0)
    while at < place {
      switch byte(at) {
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"): depth -= 1
      case UInt8(ascii: ",") where depth > 0: return range(value, place + 1)
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        if depth <= 0, isBlank(byte(at + 1)) { value = at + 2 }
      default: break
      }
      at += 1
    }
    return nil
  }

  private func indentation(_ index: Int) -> Int {
    let start = lineStart(index)
    var at = start
    while byte(at) == 0x20 { at += 1 }
    return at - start
  }

  /// Where the last line with text above this one begins.
  private func lineAbove(_ index: Int) -> Int? {
    var start = lineStart(index)
    while start > 0 {
      start = lineStart(start - 1)
      if start + indentation(start) < lineEnd(start) { return start }
    }
    return nil
  }

  private func structure(_ problem: String, _ place: Int, _ began: Int) -> Diagnostic {
    let isFirst = lineStart(place) + indentation(place) == place
    let isItem = byte(place) == UInt8(ascii: "-") && isBlank(byte(place + 1))
    if problem.hasPrefix("block sequence entries"), !isFirst {
      return .reservedStart(
        "- ", "starts a list, which must begin on a line of its own", at: character(place))
    }
    guard isFirst else {
      return .init(
        "PL0015", .error, "more text follows a value that has ended", at: token(place),
        help: "see that every quote before it is closed; quote the whole value, or use `>-`")
    }
    if indentation(place) == began - lineStart(began) {
      return .indentation(
        isItem
          ? "a list item stands here between the keys of a mapping"
          : "a list item, with a `- `, should stand here", at: token(place))
    }
    return .indentation("this line is indented like nothing above it", at: token(place))
  }

  // MARK: Expressions that were cut

  private static func balance(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> (
    parens: Int, quotes: Int
  ) {
    var (parens, quotes) = (0, 0)
    for byte in text {
      switch byte {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): parens += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): parens -= 1
      case UInt8(ascii: "\""): quotes += 1
      default: break
      }
    }
    return (parens, quotes)
  }

  /// Whether more is opened than closed.
  static func opensMore(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    let (parens, quotes) = balance(text)
    return parens > 0 || quotes % 2 == 1
  }

  /// Whether more is closed than opened.
  static func closesMore(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    let (parens, quotes) = balance(text)
    return parens < 0 || quotes % 2 == 1
  }

  private static let sentenceEnds = Array(".!?".utf8)
  private static let sentenceSigns = Array(",'-%)/;:.!?&$".utf8)

  /// Whether a sentence seems to go on in a comment: it has no end, and the comment reads like more of it.
  static func isSentenceCut(
    _ text: Slice<UnsafeBufferPointer<UInt8>>, by comment: Slice<UnsafeBufferPointer<UInt8>>
  ) -> Bool {
    var words = 1
    var before: UInt8 = 0x20
    for byte in text {
      switch byte {
      case 0x20, 0x0A, 0x0D: if before != 0x20, before != 0x0A { words += 1 }
      // Calls, fields and places are those of expressions.
      case UInt8(ascii: "("), UInt8(ascii: "\""): if before != 0x20 { return false }
      case _ where before == UInt8(ascii: "."): return false
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
        break
      default:
        guard sentenceSigns.contains(byte) else { return false }
      }
      before = byte
    }
    guard comment.count > 1, !sentenceEnds.contains(before), let first = text.first,
      let last = comment.last
    else { return false }
    let next = comment[comment.startIndex + 1]
    // `Policy #4` is no remark.
    if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) {
      return words > 1 || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first)
    }
    if zip(comment, comment.dropFirst()).contains(where: { $0 == (0x24, 0x7B) }) { return true }
    guard words > 2 else { return false }
    return (next != 0x20 && next != UInt8(ascii: "#")) || last == UInt8(ascii: ".")
  }

  /// Whether an expression seems to stop in the middle: something open, or an operator at the end.
  static func looksCut(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    if opensMore(text) { return true }
    guard let last = text.last else { return false }
    let operators: [UInt8] = [
      UInt8(ascii: "="), UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"),
      UInt8(ascii: "+"), UInt8(ascii: "|"),
    ]
    return operators.contains(last)
  }
}
