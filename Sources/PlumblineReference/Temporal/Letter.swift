/// Whether an event is in a set of events, where that may not be known.
public enum Truth: Int, Sendable, Hashable, CaseIterable, Comparable {
  case no, maybe, yes

  public static func < (left: Truth, right: Truth) -> Bool { left.rawValue < right.rawValue }
}

/// One letter of a rule's word: what an event is to the rule, when it was and which event it was.
struct PlainLetter: Sendable, Hashable {
  var a: Truth
  var b: Truth
  /// Nanoseconds since 1970.
  var time: Int128
  /// The event's number in its case.
  var event: Int

  init(a: Truth, b: Truth, time: Int128 = 0, event: Int = 0) {
    self.a = a
    self.b = b
    self.time = time
    self.event = event
  }

  var isNamed: Bool { a != .no || b != .no }

  /// The letter with `no` for each `maybe`.
  var certain: PlainLetter {
    PlainLetter(a: a == .yes ? .yes : .no, b: b == .yes ? .yes : .no, time: time, event: event)
  }
}
