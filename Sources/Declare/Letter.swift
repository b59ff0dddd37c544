/// Whether an event is in a set of events, where that may be unknown.
public enum Certainty: UInt8, Sendable, Hashable, CaseIterable, Comparable {
  case no, maybe, yes

  public static func < (a: Certainty, b: Certainty) -> Bool { a.rawValue < b.rawValue }

  /// It may be in the set.
  public var isPossible: Bool { self != .no }
  /// It is in the set for certain.
  public var isCertain: Bool { self == .yes }
}

/// What one event is to a rule: whether it is in each of the rule's sets.
public struct Letter: Sendable, Hashable {
  public var a: Certainty
  public var b: Certainty
  public init(a: Certainty = .no, b: Certainty = .no) {
    self.a = a
    self.b = b
  }

  /// An event of the rule's alphabet that is in none of its sets.
  public static let other = Letter()

  /// Every letter; `index` gives the place.
  public static let all: [Letter] = Certainty.allCases.flatMap { a in
    Certainty.allCases.map { Letter(a: a, b: $0) }
  }

  var index: Int { Int(a.rawValue) * 3 + Int(b.rawValue) }
}

/// The four verdicts on the events so far.
public enum Verdict: UInt8, Sendable, Hashable, CaseIterable {
  /// Whatever comes.
  case violated
  /// Violated if nothing more came.
  case open
  /// Satisfied if nothing more came.
  case holding
  /// Whatever comes.
  case satisfied
}
