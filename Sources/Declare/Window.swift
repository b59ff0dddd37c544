public import PlumblineBundle

/// A moment, in nanoseconds since 1970.
public typealias Instant = Int128

/// An activation that waits for its other half.
public struct Waiting: Sendable, Hashable {
  public var since: Instant
  /// The number of the event.
  public var event: Int
  public init(since: Instant, event: Int) {
    self.since = since
    self.event = event
  }
}

/// What a template with a window asks of each activation (Docs/Temporal.md, Windows).
public struct Window: Sendable, Hashable {
  enum Reach: Sendable, Hashable { case none, any, alternate, chain }
  enum Exclusion: Sendable, Hashable { case none, later, either, chain }

  /// What a letter in a needs after it.
  let forward: Reach
  /// What a letter in b needs before it.
  let backward: Reach
  /// A letter in a needs one in b, wherever.
  let aNeedsB: Bool
  let bNeedsA: Bool
  let excludes: Exclusion
  /// No so many letters in a.
  let fewerThan: Int?
  /// In nanoseconds.
  public let length: Instant

  /// The window of a template; nil for one that takes none.
  /// - Parameter length: in nanoseconds; both ends belong to it.
  public static func of(_ template: DeclareTemplate, count: Int, length: Instant) -> Window? {
    var forward = Reach.none
    var backward = Reach.none
    var excludes = Exclusion.none
    var fewerThan: Int?
    switch template {
    case .existence, .exactly, .initial, .end, .choice, .exclusiveChoice: return nil
    case .absence: fewerThan = count
    case .respondedExistence, .coExistence: break
    case .response: forward = .any
    case .alternateResponse: forward = .alternate
    case .chainResponse: forward = .chain
    case .precedence: backward = .any
    case .alternatePrecedence: backward = .alternate
    case .chainPrecedence: backward = .chain
    case .succession: (forward, backward) = (.any, .any)
    case .alternateSuccession: (forward, backward) = (.alternate, .alternate)
    case .chainSuccession: (forward, backward) = (.chain, .chain)
    case .notCoExistence, .notRespondedExistence: excludes = .either
    case .notSuccession, .notResponse, .notPrecedence: excludes = .later
    case .notChainSuccession, .notChainResponse, .notChainPrecedence: excludes = .chain
    }
    return Window(
      forward: forward, backward: backward,
      aNeedsB: template == .respondedExistence || template == .coExistence,
      bNeedsA: template == .coExistence, excludes: excludes, fewerThan: fewerThan,
      length: length)
  }

  /// Whether a letter in no set can change anything.
  var seesOthers: Bool { forward == .chain || backward == .chain || excludes == .chain }

  /// Whether any letter can be a breach.
  var canBreach: Bool {
    forward == .alternate || forward == .chain || backward != .none || excludes != .none
      || fewerThan != nil
  }

  /// Whether a letter is a breach after some letters.
  func canBreach(_ letter: Letter) -> Bool {
    switch forward {
    case .none, .any: break
    case .alternate: if letter.a.isPossible, !letter.b.isCertain { return true }
    case .chain: if !letter.b.isCertain { return true }
    }
    if fewerThan != nil, letter.a.isPossible { return true }
    if excludes == .either, letter.a.isPossible { return true }
    guard letter.b.isPossible else { return false }
    if excludes != .none || backward == .chain { return true }
    // A letter in both sets answers itself, unless the first has to come before it.
    return backward != .none && !letter.a.isCertain
  }
}

/// What is remembered of the letters so far.
public struct WindowState: Sendable, Hashable {
  /// Activations of the first set that wait, and of the second.
  var waitingA: [Waiting] = []
  var waitingB: [Waiting] = []
  /// The last letter that was in a for certain; in b.
  private var certainA: Instant?
  private var certainB: Instant?
  /// The last letter in a for certain since the last one in b.
  private var freshA: Instant?
  /// The last letter that may have been in a; in b.
  private var possibleA: Instant?
  private var possibleB: Instant?
  /// The last letter of all.
  private var last: Letter?
  private var lastTime: Instant = 0
  /// Of the last letters in a: one fewer than are too many.
  private var history: [Instant] = []

  /// Takes a letter; false where it is a breach, and then nothing has changed.
  mutating func take(_ letter: Letter, at time: Instant, event: Int, _ window: Window) -> Bool {
    var next = self
    guard next.fold(letter, at: time, event: event, window) else { return false }
    self = next
    return true
  }

  private mutating func fold(
    _ letter: Letter, at time: Instant, event: Int, _ window: Window
  ) -> Bool {
    func near(_ other: Instant?) -> Bool { other.map { time - $0 <= window.length } ?? false }
    let here = Waiting(since: time, event: event)

    switch window.forward {
    case .none: break
    case .any:
      if letter.b.isCertain {
        waitingA = []
      } else if letter.a.isPossible {
        waitingA.append(here)
      }
    case .alternate, .chain:
      if !waitingA.isEmpty {
        if letter.b.isCertain {
          waitingA = []
        } else if window.forward == .chain || letter.a.isPossible {
          return false
        }
      }
      if letter.a.isPossible { waitingA.append(here) }
    }

    switch window.backward {
    case .none: break
    case .any:
      if letter.a.isCertain { freshA = time }
      if letter.b.isPossible, !near(freshA) { return false }
    case .alternate:
      if letter.a.isCertain { freshA = time }
      if letter.b.isPossible {
        if !near(freshA) { return false }
        freshA = nil
      }
    case .chain:
      if letter.b.isPossible {
        guard let last, last.a.isCertain, near(lastTime) else { return false }
      }
    }

    if window.aNeedsB || window.bNeedsA {
      if letter.a.isCertain {
        certainA = time
        waitingB = []
      }
      if letter.b.isCertain {
        certainB = time
        waitingA = []
      }
      if window.aNeedsB, letter.a.isPossible, !near(certainB) { waitingA.append(here) }
      if window.bNeedsA, letter.b.isPossible, !near(certainA) { waitingB.append(here) }
    }

    switch window.excludes {
    case .none: break
    case .later:
      if letter.a.isPossible { possibleA = time }
      if letter.b.isPossible, near(possibleA) { return false }
    case .either:
      if letter.a.isPossible { possibleA = time }
      if letter.b.isPossible { possibleB = time }
      if letter.b.isPossible, near(possibleA) { return false }
      if letter.a.isPossible, near(possibleB) { return false }
    case .chain:
      if letter.b.isPossible, let last, last.a.isPossible, near(lastTime) { return false }
    }

    if let limit = window.fewerThan, letter.a.isPossible {
      if limit <= 1 { return false }
      if history.count >= limit - 1 {
        let first = history[history.count - (limit - 1)]
        if near(first) { return false }
        history.removeFirst()
      }
      history.append(time)
    }

    if window.seesOthers {
      last = letter
      lastTime = time
    }
    return true
  }

  /// The first deadline of what waits; nil where nothing does.
  func deadline(_ window: Window) -> Instant? {
    [waitingA.first, waitingB.first].compactMap { $0 }.map { $0.since + window.length }.min()
  }

  /// Forgets the activations whose deadline is before a moment, and gives them, first the earliest.
  mutating func expire(before time: Instant, _ window: Window) -> [Waiting] {
    func isOver(_ waiting: Waiting) -> Bool { waiting.since + window.length < time }
    let over = (waitingA.filter(isOver) + waitingB.filter(isOver))
    if over.isEmpty { return [] }
    waitingA.removeAll(where: isOver)
    waitingB.removeAll(where: isOver)
    return over.sorted { ($0.since, $0.event) < ($1.since, $1.event) }
  }
}
