import PlumblineDiagnostics
import SpecModel

/// Statements follow EARS (the Easy Approach to Requirements Syntax) and use words that can be tested.
enum StatementCheck {
  static func check(_ requirement: WrittenRequirement, _ diagnostics: inout [Diagnostic]) {
    guard let statement = requirement.statement else { return }
    let lower = Array(statement.value.utf8).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    if let problem = pattern(lower) {
      diagnostics.append(.notEARS(problem, at: statement.range))
    }
    for (start, end) in vague(lower) {
      let word = String(decoding: Array(statement.value.utf8)[start..<end], as: UTF8.self)
      let range = requirement.statementText?.range(start, end) ?? statement.range
      diagnostics.append(.vagueWord(word, at: range))
    }
  }

  /// What is missing from the form of a statement; nil where it has it.
  private static func pattern(_ text: [UInt8]) -> String? {
    guard let shall = find("shall", in: text) else { return "says no `shall`" }
    if let problem = beginning(text, before: shall) { return problem }
    guard let next = words(text[(shall + 5)...]).first(where: { $0 != "not" }) else {
      return "does not say what shall happen"
    }
    return next == "shall" ? "says `shall` twice" : nil
  }

  private static func beginning(_ text: [UInt8], before shall: Int) -> String? {
    func starts(_ word: StaticString) -> Bool { matches(word, at: 0, in: text) != nil }
    /// Whether a word stands between the first one and a place.
    func says(before end: Int) -> Bool {
      text[..<end].drop(while: isLetter).contains(where: isLetter)
    }
    if let comma = text.firstIndex(of: 0x2C), comma < shall, !says(before: comma),
      starts("while") || starts("when") || starts("where") || starts("if")
    {
      return "has no condition before its comma"
    }
    /// Whether somebody is named between the condition and what shall happen.
    func namesWho() -> Bool {
      words(text[..<shall].drop { $0 != 0x2C }).contains { $0 != "then" }
    }
    if starts("while") || starts("when") || starts("where") {
      guard text[..<shall].contains(0x2C) else {
        return "has no comma between its condition and what shall happen"
      }
      return namesWho() ? nil : "does not say who shall"
    }
    if starts("if") {
      guard text[..<shall].contains(0x2C) else {
        return "has no comma between its condition and what shall happen"
      }
      guard let then = find("then", in: text), then < shall else {
        return "has an `if` without `then`"
      }
      return namesWho() ? nil : "does not say who shall"
    }
    for word in ["the", "a", "an", "each", "every", "no"] as [StaticString] where starts(word) {
      return says(before: shall) ? nil : "does not say who shall"
    }
    return "begins neither with `The` nor with `While`, `When`, `Where` or `If`"
  }

  private static func words(_ text: ArraySlice<UInt8>) -> [String] {
    text.split { !isLetter($0) }.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The place of a whole word.
  private static func find(_ word: StaticString, in text: [UInt8]) -> Int? {
    var index = 0
    while index < text.count {
      if index == 0 || !isLetter(text[index - 1]), matches(word, at: index, in: text) != nil {
        return index
      }
      index += 1
    }
    return nil
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte >= 0x80
  }

  /// The end of a word or phrase that stands at an offset; any white space stands for a space.
  private static func matches(_ phrase: StaticString, at start: Int, in text: [UInt8]) -> Int? {
    phrase.withUTF8Buffer { bytes in
      guard start + bytes.count <= text.count else { return nil }
      for offset in 0..<bytes.count where text[start + offset] != bytes[offset] {
        let isBreak = text[start + offset] == 0x0A && bytes[offset] == 0x20
        if !isBreak { return nil }
      }
      let end = start + bytes.count
      let last = bytes.count > 0 ? bytes[bytes.count - 1] : 0
      if isLetter(last), end < text.count, isLetter(text[end]) { return nil }
      return end
    }
  }

  private static func vague(_ text: [UInt8]) -> [(Int, Int)] {
    var found: [(Int, Int)] = []
    var index = 0
    while index < text.count {
      let atWord = isLetter(text[index]) && (index == 0 || !isLetter(text[index - 1]))
      if atWord, let candidates = byFirst[text[index]] {
        var end: Int?
        for phrase in candidates {
          if let match = matches(phrase, at: index, in: text) {
            end = match
            break
          }
        }
        if let end {
          found.append((index, end))
          index = end
          continue
        }
      }
      index += 1
    }
    return found
  }

  /// Words nobody can test, longer ones first.
  static let phrases: [StaticString] = [
    "as soon as possible", "as quickly as possible", "as far as possible", "as much as possible",
    "as appropriate", "as required", "as necessary", "as needed", "if appropriate", "if necessary",
    "if possible", "if practical", "if needed", "where appropriate", "where possible",
    "where necessary", "when appropriate", "when necessary", "when possible",
    "to the extent possible",
    "in a timely manner", "in a reasonable time", "timely", "promptly", "quickly", "asap",
    "and/or", "etc.", "etc", "and so on", "and so forth", "such as", "but not limited to",
    "appropriately", "appropriate", "adequately", "adequate", "sufficiently", "sufficient",
    "reasonably", "reasonable", "suitably", "suitable", "properly", "user-friendly",
    "user friendly", "easy to use", "easily", "robust", "flexible", "efficiently", "efficient",
    "effectively", "effective", "normally", "usually", "generally", "typically", "often",
    "sometimes", "approximately", "about right", "minimise", "minimize", "maximise", "maximize",
    "optimal", "state-of-the-art", "best practice", "best effort", "seamless", "various", "several",
    "some kind of", "tbd", "to be determined",
  ]

  private static let byFirst: [UInt8: [StaticString]] = {
    var index: [UInt8: [StaticString]] = [:]
    for phrase in phrases {
      let first = phrase.withUTF8Buffer { $0.first ?? 0 }
      index[first, default: []].append(phrase)
    }
    for key in index.keys { index[key]?.sort { $0.utf8CodeUnitCount > $1.utf8CodeUnitCount } }
    return index
  }()
}
