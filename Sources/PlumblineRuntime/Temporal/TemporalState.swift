public import CEL
import Declare
import PlumblineBundle
public import PlumblineJSON

/// Where the temporal rules stand in one case.
struct TemporalState: Sendable {
  /// By rule, of those without keys and windows; empty before the first letter.
  private(set) var plain: [Plain] = []
  /// The letters that made plain rules open.
  private var moments: [Waiting] = []
  var slices: [SliceKey: Slice] = [:]
  /// The events that rules name, where explanations are to be given; nil: none are kept.
  var witnesses: [TemporalWitness]?
  /// The first deadline of all.
  var deadline: Instant?

  struct Plain: Sendable {
    /// The state of its automaton.
    var number: UInt32 = 0
    /// The place of the moment since which it is open, from 1; 0: from the beginning, or it is not open.
    fileprivate var opened: UInt32 = 0
  }

  /// Room for the states of plain rules.
  mutating func begin(_ rules: Int) {
    if plain.isEmpty { plain = [Plain](repeating: Plain(), count: rules) }
  }

  /// Moves a plain rule to another state.
  mutating func move(
    _ rule: Int, to number: UInt32, wasOpen: Bool, isOpen: Bool, here: Waiting
  ) {
    plain[rule].number = number
    if wasOpen == isOpen { return }
    if !isOpen {
      plain[rule].opened = 0
      return
    }
    if moments.last != here {
      if moments.count > 2 * plain.count + 16 { forgetMoments() }
      moments.append(here)
    }
    plain[rule].opened = UInt32(truncatingIfNeeded: moments.count)
  }

  /// Since when a plain rule is open; nil: from the beginning.
  func opened(_ rule: TemporalRule) -> Waiting? {
    guard plain.indices.contains(rule.index), plain[rule.index].opened > 0 else { return nil }
    return moments[Int(plain[rule.index].opened) - 1]
  }

  /// Leaves out the moments since which nothing is open any more.
  private mutating func forgetMoments() {
    var kept: [Waiting] = []
    var places: [UInt32: UInt32] = [:]
    for rule in plain.indices where plain[rule].opened > 0 {
      let place = plain[rule].opened
      if places[place] == nil {
        kept.append(moments[Int(place) - 1])
        places[place] = UInt32(truncatingIfNeeded: kept.count)
      }
      plain[rule].opened = places[place] ?? 0
    }
    moments = kept
  }

  struct SliceKey: Sendable, Hashable {
    var rule: Int
    /// The values of `same`, as canonical JSON.
    var values: String
  }
  struct Slice: Sendable {
    var state: MonitorState
    /// Since when it is open, where it has no window.
    var openSince: Waiting?
    /// As they may be shown.
    var shown: [JSON]
  }

  /// Where a rule stands in the slice of these values, which may not have begun.
  func state(of rule: TemporalRule, _ values: String) -> MonitorState {
    if rule.isPlain { return .number(plain.isEmpty ? 0 : plain[rule.index].number) }
    return slices[SliceKey(rule: rule.index, values: values)]?.state ?? rule.monitor.initial
  }

  mutating func note(_ deadline: Instant?) {
    guard let deadline else { return }
    self.deadline = self.deadline.map { min($0, deadline) } ?? deadline
  }
}

extension Timestamp {
  /// Nanoseconds since 1970.
  var instant: Instant { Instant(seconds) * 1_000_000_000 + Instant(nanoseconds) }

  init(instant: Instant) {
    var (seconds, rest) = instant.quotientAndRemainder(dividingBy: 1_000_000_000)
    if rest < 0 {
      rest += 1_000_000_000
      seconds -= 1
    }
    self.init(seconds: Int64(clamping: seconds), nanoseconds: Int32(clamping: rest))
  }
}

/// What was found out about temporal rules when an action was proposed, and stays so.
final class FrozenTemporal: Sendable {
  /// `when`, by rule, where it is not certain.
  let filters: [Int: Certainty]
  /// Rules that an approval of the very action answers.
  let reviewed: Set<Int>
  init(filters: [Int: Certainty], reviewed: Set<Int>) {
    self.filters = filters
    self.reviewed = reviewed
  }
}

/// Something that has to happen yet.
public struct Obligation: Sendable, Hashable {
  public let requirement: String
  public let statement: String
  /// The key that wrote the rule (`followed_by`, `declare`, …).
  public let rule: String
  /// The events that it waits for; any of them will do.
  public let awaits: [String]
  /// What correlates the events, by name. Sensitive values are hidden.
  public let keys: [Key]
  /// The number of the event since which it is open; 0: from the beginning.
  public let since: Int
  public let sinceTime: Timestamp
  /// nil: it is due when the case closes.
  public let deadline: Timestamp?

  /// One of the arguments that correlate events.
  public struct Key: Sendable, Hashable {
    public let name: String
    public let value: JSON
  }

  /// `{"requirement","rule","awaits","keys","since","since_time","deadline"}`
  public func json() -> JSON {
    .object([
      .init("requirement", .string(requirement)), .init("rule", .string(rule)),
      .init("awaits", .strings(awaits)),
      .init("keys", .object(keys.map { .init($0.name, $0.value) })),
      .init("since", .int(Int64(since))),
      .init("since_time", .string(TimeText.text(sinceTime))),
      .init("deadline", .text(deadline.map { TimeText.text($0) })),
    ])
  }
}

extension EventDeclaration.Kind {
  /// As a spec writes it.
  var text: [String] {
    switch self {
    case .actions(let names): names
    case .attempt(let names): names.map { "attempt(\($0))" }
    case .approval(let role): ["approval(\(role))"]
    case .message(let speaker): ["message(\(speaker))"]
    case .activity(let name): [name]
    }
  }
}
