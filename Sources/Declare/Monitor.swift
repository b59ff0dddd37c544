public import PlumblineBundle

/// What watches a rule: it tells of each letter whether it is a breach.
public enum Monitor: Sendable, Hashable {
  case automaton(Automaton)
  case counter(Counter)
  case window(Window)

  /// The monitor of a template.
  /// - Parameters:
  ///   - count: of the templates that count.
  ///   - within: in seconds. nil where there is no window; a template that takes none has none.
  ///   - known: the template's automaton, where it was made before.
  public init(
    _ template: DeclareTemplate, count: Int?, within: Int64?, known: Automaton? = nil
  ) {
    if let within,
      let window = Window.of(
        template, count: count ?? 1, length: Instant(within) * 1_000_000_000)
    {
      self = .window(window)
    } else if let counter = Counter.of(template, count: count ?? 1) {
      self = .counter(counter)
    } else {
      // Every template either counts or has a formula.
      self = .automaton(known ?? Automaton.of(template) ?? Automaton(.constant(false)))
    }
  }

  /// How long the window is, where there is one; in nanoseconds.
  public var length: Instant? {
    if case .window(let window) = self { window.length } else { nil }
  }

  public var initial: MonitorState {
    if case .window = self { .window(WindowState()) } else { .number(0) }
  }

  /// Takes a letter; false where it is a breach, and then the state is what it was.
  public func take(
    _ state: inout MonitorState, _ letter: Letter, at time: Instant, event: Int
  ) -> Bool {
    switch (self, state) {
    case (.window(let window), .window(var inner)):
      guard inner.take(letter, at: time, event: event, window) else { return false }
      state = .window(inner)
      return true
    case (_, .number(let number)):
      guard let next = step(number, letter) else { return false }
      state = .number(next)
      return true
    default: return false
    }
  }

  /// The next state of a rule without a window; nil where the letter is a breach.
  public func step(_ number: UInt32, _ letter: Letter) -> UInt32? {
    switch self {
    case .automaton(let automaton):
      let next = automaton.step(number, letter)
      return automaton.verdict(next) == .violated ? nil : next
    case .counter(let counter):
      let next = counter.step(number, letter)
      // A count that nothing can meet is broken by what it counts, not by what it does not.
      return counter.verdict(next) == .violated && (next != number || letter.a.isPossible)
        ? nil : next
    case .window: return number
    }
  }

  /// The number of states, from 0, of a rule without a window.
  public var stateCount: Int? {
    switch self {
    case .automaton(let automaton): automaton.count
    case .counter(let counter): Int(counter.limit) + 2
    case .window: nil
    }
  }

  /// The verdict on the letters so far. What waits in a window is open; else it holds.
  public func verdict(_ state: MonitorState) -> Verdict {
    switch (self, state) {
    case (.automaton(let automaton), .number(let number)): automaton.verdict(number)
    case (.counter(let counter), .number(let number)): counter.verdict(number)
    case (.window, .window(let inner)):
      inner.waitingA.isEmpty && inner.waitingB.isEmpty ? .holding : .open
    default: .violated
    }
  }

  /// Whether a letter that is in no set can change the state or be a breach.
  public var seesOthers: Bool {
    switch self {
    case .automaton(let automaton):
      (0..<UInt32(automaton.count)).contains { automaton.step($0, .other) != $0 }
    case .counter: false
    case .window(let window): window.seesOthers
    }
  }

  /// Whether a letter that is in no set can be a breach.
  public var othersCanBreach: Bool {
    switch self {
    case .automaton(let automaton):
      (0..<UInt32(automaton.count)).contains {
        automaton.verdict($0) != .violated
          && automaton.verdict(automaton.step($0, .other)) == .violated
      }
    case .counter: false
    case .window(let window): window.forward == .chain
    }
  }

  /// Whether any letter can be a breach.
  public var canBreach: Bool {
    switch self {
    case .automaton(let automaton): automaton.verdicts.contains(.violated)
    case .counter(let counter): counter.kind != .atLeast
    case .window(let window): window.canBreach
    }
  }
}

extension Monitor {
  /// Whether a letter is a breach after some letters.
  public func canBreach(_ letter: Letter) -> Bool {
    switch self {
    case .automaton(let automaton):
      (0..<UInt32(automaton.count)).contains {
        automaton.verdict($0) != .violated
          && automaton.verdict(automaton.step($0, letter)) == .violated
      }
    case .counter(let counter): counter.kind != .atLeast && letter.a.isPossible
    case .window(let window): window.canBreach(letter)
    }
  }
}

/// Where a monitor stands on the letters so far.
public enum MonitorState: Sendable, Hashable {
  case number(UInt32)
  case window(WindowState)

  /// The activations that wait in a window, in order.
  public var waiting: [Waiting] { waitingBySet.map(\.waiting) }

  /// The activations that wait in a window, in order, each with whether it is of the first set.
  public var waitingBySet: [(waiting: Waiting, isFirst: Bool)] {
    guard case .window(let inner) = self else { return [] }
    return (inner.waitingA.map { ($0, true) } + inner.waitingB.map { ($0, false) }).sorted {
      ($0.0.since, $0.0.event, $0.1 ? 0 : 1) < ($1.0.since, $1.0.event, $1.1 ? 0 : 1)
    }
  }

  /// The first deadline of what waits.
  public func deadline(_ monitor: Monitor) -> Instant? {
    guard case .window(let inner) = self, case .window(let window) = monitor else { return nil }
    return inner.deadline(window)
  }

  /// Forgets the activations whose deadline is before a moment, and gives them, first the earliest.
  public mutating func expire(before time: Instant, _ monitor: Monitor) -> [Waiting] {
    guard case .window(var inner) = self, case .window(let window) = monitor else { return [] }
    let over = inner.expire(before: time, window)
    self = .window(inner)
    return over
  }
}
