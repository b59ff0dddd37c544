import PlumblineBundle

/// `confirmed`: the agent listed the values, then the speaker agreed (semantics 30 and 35).
enum PlainConfirmation {
  enum Answer {
    /// By the message with this number.
    case by(Int)
    case refused
    /// It cannot be told: something is unknown, or an error.
    case open(Plain)
  }

  static func confirm(_ declared: ConfirmationDeclaration, _ view: PlainView) -> Answer {
    let messages = view.state.messages
    guard let answer = messages.lastIndex(where: { $0.speaker == declared.by }) else {
      return .refused
    }
    func matches(_ pattern: ExpressionText) -> Plain {
      let pattern = view.value(pattern)
      if let flaw = PlainEvaluator.flaw([pattern]) { return flaw }
      return PlainLibrary.call("matches", [.string(messages[answer].text), pattern])
        ?? .failure("no pattern")
    }
    switch matches(declared.agrees) {
    case .bool(true): break
    case .bool(false): return .refused
    case let other: return .open(other)
    }
    if let refuses = declared.refuses {
      switch matches(refuses) {
      case .bool(false): break
      case .bool(true): return .refused
      case let other: return .open(other)
      }
    }
    let listed = messages[..<answer].last { $0.speaker == "agent" }?.text ?? ""
    var isListed = true
    for text in declared.lists {
      let value = view.value(text)
      if let flaw = PlainEvaluator.flaw([value]), value != .absent { return .open(flaw) }
      switch holds(listed, value) {
      case .bool(true): break
      case .bool(false): isListed = false
      case let unknown: return .open(unknown)
      }
    }
    if !isListed { return .refused }
    let message = messages[answer].seq
    let isUsed = view.state.confirmations.contains {
      $0.message == message && $0.action == view.action && .record($0.args) == view.args
    }
    return isUsed ? .refused : .by(message)
  }

  /// Whether a text holds a value: of a list each element, of a record each field.
  private static func holds(_ text: String, _ value: Plain) -> Plain {
    func each(_ values: [Plain]) -> Plain {
      for value in values {
        let held = holds(text, value)
        if held != .bool(true) { return held }
      }
      return .bool(true)
    }
    switch value {
    case .null, .absent: return .bool(true)
    case .int(let whole): return .bool(numbers(text).contains(Double(whole)))
    case .uint(let whole): return .bool(numbers(text).contains(Double(whole)))
    case .double(let number): return .bool(numbers(text).contains(number))
    case .list(let elements, let rest):
      if let rest { return .unknown(rest) }
      return each(elements)
    case .map(let entries, let rest):
      if let rest { return .unknown(rest) }
      return each(entries.map(\.value))
    case .record(let record): return each(record.fields.map(\.value))
    case .optional(let content): return content.map { each([$0]) } ?? .bool(true)
    case .unknown: return value
    default:
      guard case .string(let word)? = PlainLibrary.call("string", [value]) else {
        return .bool(false)
      }
      return .bool(hasWord(text, word))
    }
  }

  private static func isWord(_ character: Unicode.Scalar) -> Bool {
    character == "_" || character.properties.isAlphabetic
      || character.properties.numericType != nil
  }

  /// As a whole word, in any case.
  private static func hasWord(_ text: String, _ word: String) -> Bool {
    let text = Array(text.lowercased().unicodeScalars)
    let word = Array(word.lowercased().unicodeScalars)
    guard let first = word.first, let last = word.last else { return true }
    guard text.count >= word.count else { return false }
    return (0...(text.count - word.count)).contains { start in
      let end = start + word.count
      guard Array(text[start..<end]) == word else { return false }
      if start > 0, isWord(first), isWord(text[start - 1]) { return false }
      if end < text.count, isWord(last), isWord(text[end]) { return false }
      return true
    }
  }

  /// The numbers that stand by themselves in a text.
  private static func numbers(_ text: String) -> [Double] {
    let text = Array(text.lowercased().unicodeScalars)
    func isDigit(_ place: Int) -> Bool {
      text.indices.contains(place) && text[place].value >= 48 && text[place].value <= 57
    }
    var found: [Double] = []
    var place = 0
    while place < text.count {
      guard isDigit(place) else {
        place += 1
        continue
      }
      let start = place
      var digits = ""
      while isDigit(place) || isThousands(text, place, isDigit) {
        if isDigit(place) { digits.unicodeScalars.append(text[place]) }
        place += 1
      }
      if place < text.count, text[place] == ".", isDigit(place + 1) {
        digits += "."
        place += 1
        while isDigit(place) {
          digits.unicodeScalars.append(text[place])
          place += 1
        }
      }
      if isPartOf(text, start: start, end: place, isDigit) { continue }
      guard let number = Double(digits) else { continue }
      found.append(number)
      if start > 0, text[start - 1] == "-" || text[start - 1] == "\u{2212}" {
        found.append(-number)
      }
    }
    return found
  }

  /// A comma before exactly three digits.
  private static func isThousands(
    _ text: [Unicode.Scalar], _ place: Int, _ isDigit: (Int) -> Bool
  ) -> Bool {
    place < text.count && text[place] == "," && isDigit(place + 1) && isDigit(place + 2)
      && isDigit(place + 3) && !isDigit(place + 4)
  }

  /// Whether digits are part of a word, a date, a time, a range or a number in thousands.
  private static func isPartOf(
    _ text: [Unicode.Scalar], start: Int, end: Int, _ isDigit: (Int) -> Bool
  ) -> Bool {
    let dashes: Set<Unicode.Scalar> = ["-", "\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}"]
    let joints: Set<Unicode.Scalar> = [".", ",", ":", "/"]
    if start > 0 {
      let before = text[start - 1]
      if isWord(before) { return true }
      if start > 1, dashes.contains(before), isWord(text[start - 2]) { return true }
      if joints.contains(before), isDigit(start - 2) { return true }
    }
    guard end < text.count else { return false }
    let after = text[end]
    if after == "_" { return true }
    if after == "k" || after == "m" { return end + 1 >= text.count || !isWord(text[end + 1]) }
    return (dashes.contains(after) || joints.contains(after)) && isDigit(end + 1)
  }
}
