/// A formula of linear temporal logic on finite words (LTLf; De Giacomo and Vardi, IJCAI 2013) in
/// negation normal form.
///
/// A positive atom asks for certainty and a negative one excludes possibility, so that what is not
/// known neither fulfils nor excuses anything.
indirect enum Formula: Sendable, Hashable {
  enum Name: Sendable, Hashable { case a, b }

  case constant(Bool)
  /// The event is in the set for certain.
  case certain(Name)
  /// The event cannot be in the set.
  case impossible(Name)
  /// In an order of their own, each once.
  case and([Formula])
  case or([Formula])
  /// There is a next event, and it holds there.
  case strongNext(Formula)
  /// It holds at the next event, if there is one.
  case weakNext(Formula)
  case eventually(Formula)
  case always(Formula)
  case until(Formula, Formula)
  case weakUntil(Formula, Formula)
  /// What a next leaves for the rest: there is more, and it holds for it.
  case some(Formula)
  /// What a next leaves for the rest: it holds for it, if there is more.
  case ifAny(Formula)

  static let a = Formula.certain(.a)
  static let b = Formula.certain(.b)
  static let notA = Formula.impossible(.a)
  static let notB = Formula.impossible(.b)

  /// Whether it holds on the empty word.
  var holdsOnEmpty: Bool {
    switch self {
    case .constant(let value): value
    case .certain, .impossible(_), .strongNext, .eventually, .until, .some:
      // `impossible` is the negation of an atom that is false here.
      if case .impossible = self { true } else { false }
    case .weakNext, .always, .weakUntil, .ifAny: true
    case .and(let parts): parts.allSatisfy(\.holdsOnEmpty)
    case .or(let parts): parts.contains(where: \.holdsOnEmpty)
    }
  }

  /// What the rest of a word must satisfy after a letter (Bacchus and Kabanza's progression).
  func after(_ letter: Letter) -> Formula {
    switch self {
    case .constant: self
    case .certain(let name): .constant(Self.truth(name, letter).isCertain)
    case .impossible(let name): .constant(!Self.truth(name, letter).isPossible)
    case .and(let parts): .all(parts.map { $0.after(letter) })
    case .or(let parts): .any(parts.map { $0.after(letter) })
    case .strongNext(let next): next.holdsOnEmpty ? .some(next) : next
    case .weakNext(let next): next.holdsOnEmpty ? next : .ifAny(next)
    case .eventually(let part): .any([part.after(letter), self])
    case .always(let part): .all([part.after(letter), self])
    case .until(let first, let second), .weakUntil(let first, let second):
      .any([second.after(letter), .all([first.after(letter), self])])
    case .some(let rest), .ifAny(let rest): rest.after(letter)
    }
  }

  private static func truth(_ name: Name, _ letter: Letter) -> Certainty {
    name == .a ? letter.a : letter.b
  }

  /// The conjunction, flat, without repetitions and without what is implied.
  static func all(_ parts: [Formula]) -> Formula {
    join(parts, neutral: true) {
      if case .and(let inner) = $0 { inner } else { nil }
    } make: {
      .and($0)
    }
  }

  /// The disjunction, likewise.
  static func any(_ parts: [Formula]) -> Formula {
    join(parts, neutral: false) {
      if case .or(let inner) = $0 { inner } else { nil }
    } make: {
      .or($0)
    }
  }

  private static func join(
    _ parts: [Formula], neutral: Bool, inner: (Formula) -> [Formula]?,
    make: ([Formula]) -> Formula
  ) -> Formula {
    var flat: [Formula] = []
    for part in parts {
      for element in inner(part) ?? [part] {
        if case .constant(let value) = element {
          if value == neutral { continue }
          return element
        }
        if !flat.contains(element) { flat.append(element) }
      }
    }
    // A part that another one is made of adds nothing to it.
    flat = flat.filter { part in
      !flat.contains { other in
        guard other != part, let pieces = neutral ? part.alternatives : part.conjuncts else {
          return false
        }
        return pieces.contains(other)
      }
    }
    if flat.isEmpty { return .constant(neutral) }
    if flat.count == 1 { return flat[0] }
    return make(flat.map { ($0, "\($0)") }.sorted { $0.1 < $1.1 }.map(\.0))
  }

  private var alternatives: [Formula]? { if case .or(let parts) = self { parts } else { nil } }
  private var conjuncts: [Formula]? { if case .and(let parts) = self { parts } else { nil } }
}
