public import PlumblineBundle

/// What a template without a window says of a word.
enum TemplateMeaning: Sendable {
  case formula(LinearFormula)
  /// At least so many letters in a; nil: no lower bound. Fewer than so many.
  case count(atLeast: Int?, fewerThan: Int?)

  init(_ template: DeclareTemplate, count: Int) {
    let a = LinearFormula.atom(.a)
    let b = LinearFormula.atom(.b)
    let notA = LinearFormula.negated(.a)
    let notB = LinearFormula.negated(.b)
    /// ¬(F a ∧ F b)
    let notBoth = LinearFormula.or(.always(notA), .always(notB))
    let response = LinearFormula.always(.or(notA, .eventually(b)))
    let alternateResponse = LinearFormula.always(.or(notA, .strongNext(.until(notA, b))))
    let chainResponse = LinearFormula.always(.or(notA, .strongNext(b)))
    let precedence = LinearFormula.weakUntil(notB, a)
    let alternatePrecedence = LinearFormula.and(
      precedence, .always(.or(notB, .weakNext(precedence))))
    let chainPrecedence = LinearFormula.and(notB, .always(.or(.weakNext(notB), a)))
    let aNeedsB = LinearFormula.or(.always(notA), .eventually(b))
    let bNeedsA = LinearFormula.or(.always(notB), .eventually(a))

    switch template {
    case .existence: self = .count(atLeast: count, fewerThan: nil)
    case .absence: self = .count(atLeast: nil, fewerThan: count)
    case .exactly:
      let (next, overflow) = count.addingReportingOverflow(1)
      self = .count(atLeast: count, fewerThan: overflow ? nil : next)
    case .initial: self = .formula(a)
    case .end: self = .formula(.eventually(.and(a, .weakNext(.falsum))))
    case .choice: self = .formula(.or(.eventually(a), .eventually(b)))
    case .exclusiveChoice:
      self = .formula(.and(.or(.eventually(a), .eventually(b)), notBoth))
    case .respondedExistence: self = .formula(aNeedsB)
    case .coExistence: self = .formula(.and(aNeedsB, bNeedsA))
    case .response: self = .formula(response)
    case .alternateResponse: self = .formula(alternateResponse)
    case .chainResponse: self = .formula(chainResponse)
    case .precedence: self = .formula(precedence)
    case .alternatePrecedence: self = .formula(alternatePrecedence)
    case .chainPrecedence: self = .formula(chainPrecedence)
    case .succession: self = .formula(.and(response, precedence))
    case .alternateSuccession: self = .formula(.and(alternateResponse, alternatePrecedence))
    case .chainSuccession: self = .formula(.and(chainResponse, chainPrecedence))
    case .notCoExistence, .notRespondedExistence: self = .formula(notBoth)
    case .notSuccession, .notResponse, .notPrecedence:
      self = .formula(.always(.or(notA, .always(notB))))
    case .notChainSuccession, .notChainResponse, .notChainPrecedence:
      self = .formula(.always(.or(notA, .weakNext(notB))))
    }
  }

  /// Whether it would be kept if the word were over.
  func holds(_ word: [PlainLetter]) -> Bool {
    switch self {
    case .formula(let formula): formula.holds(word)
    case .count(let atLeast, let fewerThan):
      (atLeast.map { Self.certain(word) >= $0 } ?? true)
        && (fewerThan.map { Self.possible(word) < $0 } ?? true)
    }
  }

  private static func certain(_ word: [PlainLetter]) -> Int { word.count { $0.a == .yes } }
  private static func possible(_ word: [PlainLetter]) -> Int { word.count { $0.a != .no } }

  /// Whether no continuation of the word keeps it.
  ///
  /// A `maybe` makes every atom false, positive or negated, so a continuation with one in it satisfies no more
  /// than the same with `yes` or `no` there: the four certain letters are enough. So are two of them:
  /// what any of these formulas still asks of the future is one letter (a `b`, a last `a`, any letter at
  /// all), or a letter after the next. What counts asks for as many letters in a as are missing.
  func isViolatedForGood(_ word: [PlainLetter]) -> Bool {
    !Self.hopes(of: self, after: word).contains { holds(word + $0) }
  }

  /// Whether every continuation keeps it.
  ///
  /// By the same monotony no continuation satisfies less than one of `maybe`s alone; two of them
  /// are enough, one for what is forbidden after a letter and that letter itself. What counts can take as many
  /// as it allows.
  func isSatisfiedForGood(_ word: [PlainLetter]) -> Bool {
    let worst = PlainLetter(a: .maybe, b: .maybe)
    let length: Int
    switch self {
    case .formula: length = 2
    case .count(_, let fewerThan): length = max(0, (fewerThan ?? 0) - Self.possible(word))
    }
    // One letter after the other: a long count is not held as so many words.
    var longer = word
    if !holds(longer) { return false }
    for _ in 0..<min(length, 1_000) {
      longer.append(worst)
      if !holds(longer) { return false }
    }
    return true
  }

  private static func hopes(of meaning: TemplateMeaning, after word: [PlainLetter])
    -> [[PlainLetter]]
  {
    switch meaning {
    case .formula: return continuations
    case .count(let atLeast, _):
      let missing = max(0, (atLeast ?? 0) - certain(word))
      return [[], Array(repeating: PlainLetter(a: .yes, b: .no), count: min(missing, 1_000))]
    }
  }

  /// Every word of the certain letters of up to two.
  private static let continuations: [[PlainLetter]] = {
    let letters = [Truth.no, .yes].flatMap { a in
      [Truth.no, .yes].map { PlainLetter(a: a, b: $0) }
    }
    return [[]] + letters.map { [$0] }
      + letters.flatMap { first in letters.map { [first, $0] } }
  }()
}

extension DeclareTemplate {
  /// The sets that `when` filters.
  var activating: (a: Bool, b: Bool) {
    switch self {
    case .response, .alternateResponse, .chainResponse, .respondedExistence, .notResponse,
      .notRespondedExistence, .notChainResponse:
      (true, false)
    case .precedence, .alternatePrecedence, .chainPrecedence, .notPrecedence,
      .notChainPrecedence, .notSuccession, .notChainSuccession:
      (false, true)
    case .existence, .absence, .exactly, .initial, .end, .choice, .exclusiveChoice,
      .coExistence, .succession, .alternateSuccession, .chainSuccession, .notCoExistence:
      (true, true)
    }
  }

  /// Whether it is read pair by pair where there is a `within`.
  var takesWindow: Bool {
    switch self {
    case .existence, .exactly, .initial, .end, .choice, .exclusiveChoice: false
    default: true
    }
  }
}

/// The templates of Docs/Temporal.md by their definition.
public enum PlainTemporal {
  /// The four verdicts on the letters so far.
  public enum Verdict: Sendable, Hashable, CaseIterable {
    /// Whatever comes.
    case violated
    /// Violated if nothing more came.
    case open
    /// Kept if nothing more came.
    case holding
    /// Whatever comes.
    case satisfied
  }

  /// The verdict of a template on a word, by looking at all that could come.
  public static func verdict(
    _ template: DeclareTemplate, count: Int? = nil, word: [(a: Truth, b: Truth)]
  ) -> Verdict {
    let meaning = TemplateMeaning(template, count: count ?? 1)
    let letters = word.map { PlainLetter(a: $0.a, b: $0.b) }
    if meaning.isViolatedForGood(letters) { return .violated }
    if meaning.isSatisfiedForGood(letters) { return .satisfied }
    return meaning.holds(letters) ? .holding : .open
  }

  /// Whether some word that begins with these letters, and goes on with up to so many of all nine, satisfies
  /// a template; and whether some does not. For tests of the bounds that `verdict` relies on.
  static func prospects(
    _ template: DeclareTemplate, count: Int?, word: [PlainLetter], depth: Int
  ) -> (kept: Bool, broken: Bool) {
    let meaning = TemplateMeaning(template, count: count ?? 1)
    let now = meaning.holds(word)
    var found = (kept: now, broken: !now)
    if depth == 0 { return found }
    for a in Truth.allCases {
      for b in Truth.allCases {
        if found.kept, found.broken { return found }
        let later = prospects(
          template, count: count, word: word + [PlainLetter(a: a, b: b)], depth: depth - 1)
        found.kept = found.kept || later.kept
        found.broken = found.broken || later.broken
      }
    }
    return found
  }
}
