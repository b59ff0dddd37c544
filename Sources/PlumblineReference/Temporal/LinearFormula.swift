/// A formula of linear temporal logic on finite words, in negation normal form.
///
/// A positive atom asks for `yes`, a negative one for `no`: a `maybe` is neither.
indirect enum LinearFormula: Sendable, Hashable {
  enum Name: Sendable, Hashable { case a, b }

  case falsum
  case atom(Name)
  case negated(Name)
  case and(LinearFormula, LinearFormula)
  case or(LinearFormula, LinearFormula)
  /// `X!`: there is a next letter, and it holds there.
  case strongNext(LinearFormula)
  /// `X`: if there is a next letter, it holds there.
  case weakNext(LinearFormula)
  /// `F`
  case eventually(LinearFormula)
  /// `G`
  case always(LinearFormula)
  /// `U`
  case until(LinearFormula, LinearFormula)
  /// `W`
  case weakUntil(LinearFormula, LinearFormula)

  /// Whether it holds of the word from a position on; the position may be the word's end.
  func holds(_ word: [PlainLetter], at position: Int = 0) -> Bool {
    let rest = position..<max(word.count, position)
    let hasNext = position + 1 < word.count
    switch self {
    case .falsum: return false
    case .atom(let name): return !rest.isEmpty && Self.truth(name, word[position]) == .yes
    case .negated(let name): return rest.isEmpty || Self.truth(name, word[position]) == .no
    case .and(let one, let other):
      return one.holds(word, at: position) && other.holds(word, at: position)
    case .or(let one, let other):
      return one.holds(word, at: position) || other.holds(word, at: position)
    case .strongNext(let next): return hasNext && next.holds(word, at: position + 1)
    case .weakNext(let next): return !hasNext || next.holds(word, at: position + 1)
    case .eventually(let part): return rest.contains { part.holds(word, at: $0) }
    case .always(let part): return rest.allSatisfy { part.holds(word, at: $0) }
    case .until(let first, let second):
      for place in rest {
        if second.holds(word, at: place) { return true }
        if !first.holds(word, at: place) { return false }
      }
      return false
    case .weakUntil(let first, let second):
      for place in rest {
        if second.holds(word, at: place) { return true }
        if !first.holds(word, at: place) { return false }
      }
      return true
    }
  }

  private static func truth(_ name: Name, _ letter: PlainLetter) -> Truth {
    name == .a ? letter.a : letter.b
  }
}
