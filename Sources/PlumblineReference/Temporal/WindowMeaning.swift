import PlumblineBundle

/// What a template with a window asks of each activation, read off the list of letters.
///
/// The letters are those that were consumed. Positive mention asks for `yes`, and negative mention,
/// activations among it, excludes `maybe` too.
struct WindowMeaning: Sendable {
  let template: DeclareTemplate
  let count: Int
  /// In nanoseconds.
  let length: Int128

  private func near(_ one: PlainLetter, _ other: PlainLetter) -> Bool {
    abs(one.time - other.time) <= length
  }

  // MARK: Letters that break a pair

  /// Whether a letter after these is the violating letter of a pair, or makes an obligation impossible.
  func isBreach(_ next: PlainLetter, after word: [PlainLetter]) -> Bool {
    switch template {
    case .response, .respondedExistence, .coExistence, .existence, .exactly, .initial, .end,
      .choice, .exclusiveChoice:
      return false
    case .alternateResponse: return spoilsAlternate(next, word)
    case .chainResponse: return spoilsChain(next, word)
    case .precedence, .succession: return !isPreceded(next, word)
    case .alternatePrecedence: return !isPrecededAlternately(next, word)
    case .chainPrecedence: return !isPrecededDirectly(next, word)
    case .alternateSuccession:
      return spoilsAlternate(next, word) || !isPrecededAlternately(next, word)
    case .chainSuccession: return spoilsChain(next, word) || !isPrecededDirectly(next, word)
    case .notResponse, .notPrecedence, .notSuccession:
      return next.b != .no && (word + [next]).contains { $0.a != .no && near($0, next) }
    case .notCoExistence, .notRespondedExistence:
      let all = word + [next]
      return (next.b != .no && all.contains { $0.a != .no && near($0, next) })
        || (next.a != .no && all.contains { $0.b != .no && near($0, next) })
    case .notChainResponse, .notChainPrecedence, .notChainSuccession:
      guard next.b != .no, let last = word.last else { return false }
      return last.a != .no && near(last, next)
    case .absence:
      guard next.a != .no else { return false }
      // With this one, so many would lie within the window.
      return word.count { $0.a != .no && near($0, next) } + 1 >= count
    }
  }

  /// Someone waits for a b, and here is another a instead.
  private func spoilsAlternate(_ next: PlainLetter, _ word: [PlainLetter]) -> Bool {
    next.b != .yes && next.a != .no && !waiting(word, at: next.time).isEmpty
  }

  /// Someone waits for the next letter to be a b, and it is none.
  private func spoilsChain(_ next: PlainLetter, _ word: [PlainLetter]) -> Bool {
    next.b != .yes && !waiting(word, at: next.time).isEmpty
  }

  private func isPreceded(_ next: PlainLetter, _ word: [PlainLetter]) -> Bool {
    next.b == .no || (word + [next]).contains { $0.a == .yes && near($0, next) }
  }

  private func isPrecededAlternately(_ next: PlainLetter, _ word: [PlainLetter]) -> Bool {
    let afterLast = word.lastIndex { $0.b != .no }.map { $0 + 1 } ?? 0
    return next.b == .no
      || (word[afterLast...] + [next]).contains { $0.a == .yes && near($0, next) }
  }

  private func isPrecededDirectly(_ next: PlainLetter, _ word: [PlainLetter]) -> Bool {
    next.b == .no || word.last.map { $0.a == .yes && near($0, next) } ?? false
  }

  // MARK: Activations that wait

  /// The activations that still wait at a moment, in order. One whose deadline lies before the moment has
  /// been told and is forgotten.
  func waiting(_ word: [PlainLetter], at now: Int128) -> [PlainLetter] {
    unanswered(word).filter { $0.time + length >= now }
  }

  /// The activations whose deadline lies in a stretch of time that has passed: not before the first moment, and
  /// before the second.
  func overdue(_ word: [PlainLetter], from: Int128, to: Int128) -> [PlainLetter] {
    unanswered(word).filter { $0.time + length >= from && $0.time + length < to }
  }

  /// The activations without their other half among these letters; of `co_existence` one for each half that
  /// is missing.
  private func unanswered(_ word: [PlainLetter]) -> [PlainLetter] {
    var found: [PlainLetter] = []
    for (place, letter) in word.enumerated() {
      let later = word[(place + 1)...]
      if letter.a != .no {
        switch template {
        case .response, .succession:
          if !word[place...].contains(where: { $0.b == .yes && near($0, letter) }) {
            found.append(letter)
          }
        case .alternateResponse, .alternateSuccession:
          // The first b or a after it decides; another a has not been consumed unless it is a b too.
          let next = later.first { $0.b == .yes || $0.a != .no }
          if !(next.map { $0.b == .yes && near($0, letter) } ?? false) { found.append(letter) }
        case .chainResponse, .chainSuccession:
          if !(later.first.map { $0.b == .yes && near($0, letter) } ?? false) {
            found.append(letter)
          }
        case .respondedExistence, .coExistence:
          if !word.contains(where: { $0.b == .yes && near($0, letter) }) { found.append(letter) }
        default: break
        }
      }
      if letter.b != .no, template == .coExistence,
        !word.contains(where: { $0.a == .yes && near($0, letter) })
      {
        found.append(letter)
      }
    }
    return found
  }
}
