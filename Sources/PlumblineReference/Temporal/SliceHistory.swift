import PlumblineBundle

/// What a rule makes of a list of letters: which of them are breaches, and what is open after them.
struct RuleMeaning: Sendable {
  private enum Kind: Sendable {
    case template(TemplateMeaning)
    case window(WindowMeaning)
  }
  private let kind: Kind

  init(_ rule: TemporalDeclaration) {
    let count = rule.count ?? 1
    if let within = rule.within, rule.template.takesWindow {
      kind = .window(
        WindowMeaning(
          template: rule.template, count: count, length: Int128(within) * 1_000_000_000))
    } else {
      kind = .template(TemplateMeaning(rule.template, count: count))
    }
  }

  var window: WindowMeaning? { if case .window(let window) = kind { window } else { nil } }

  /// Whether a letter after these is a breach.
  func isBreach(_ next: PlainLetter, after word: [PlainLetter]) -> Bool {
    switch kind {
    case .window(let window): return window.isBreach(next, after: word)
    case .template(let meaning):
      guard meaning.isViolatedForGood(word + [next]) else { return false }
      // A count that nothing can meet (fewer than none) is broken by each letter that it counts.
      return next.a != .no || !meaning.isViolatedForGood(word)
    }
  }

  /// Whether the case would break it by closing now; of a rule with a window nothing is, but what waits.
  func isOpen(_ word: [PlainLetter]) -> Bool {
    switch kind {
    case .window: false
    case .template(let meaning): !meaning.isViolatedForGood(word) && !meaning.holds(word)
    }
  }

  /// The letters that are consumed, and the breaches among the others.
  func read(_ letters: [PlainLetter]) -> (consumed: [PlainLetter], breaches: [PlainLetter]) {
    var consumed: [PlainLetter] = []
    var breaches: [PlainLetter] = []
    for letter in letters {
      if isBreach(letter, after: consumed) {
        breaches.append(letter)
      } else {
        consumed.append(letter)
      }
    }
    return (consumed, breaches)
  }

  /// The event since which the consumed letters are open; nil where they are not.
  /// - Parameter beginning: since when a slice is open that is so without a letter.
  func openSince(_ consumed: [PlainLetter], beginning: Int) -> Int? {
    guard isOpen(consumed) else { return nil }
    var since = beginning
    for length in consumed.indices where !isOpen(Array(consumed[..<length])) {
      since = consumed[length].event
    }
    return since
  }

  /// Whether a proposal's success could break the rule: whether there are sequences x and y of different open
  /// letters such that x y breaches nothing and x p y has a breach.
  func couldBreak(_ letter: PlainLetter, after word: [PlainLetter], open: [PlainLetter]) -> Bool {
    /// With the proposal's letter taken after `before`: goes on with each order of what is left.
    func follow(_ without: [PlainLetter], _ with: [PlainLetter], _ left: [PlainLetter]) -> Bool {
      Self.choices(left).contains { next, rest in
        if isBreach(next, after: without) { return false }
        if isBreach(next, after: with) { return true }
        return follow(without + [next], with + [next], rest)
      }
    }
    func precede(_ before: [PlainLetter], _ left: [PlainLetter]) -> Bool {
      if isBreach(letter, after: before) { return true }
      if follow(before, before + [letter], left) { return true }
      return Self.choices(left).contains { next, rest in
        !isBreach(next, after: before) && precede(before + [next], rest)
      }
    }
    return precede(word, open)
  }

  /// Each letter with the others; of equal ones one is enough.
  private static func choices(_ letters: [PlainLetter]) -> [(PlainLetter, [PlainLetter])] {
    letters.indices.compactMap { index in
      if letters[..<index].contains(letters[index]) { return nil }
      var rest = letters
      rest.remove(at: index)
      return (letters[index], rest)
    }
  }
}
