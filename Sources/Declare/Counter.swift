public import PlumblineBundle

/// The automaton of a template that counts, its states numbers: what a table of `n` states would say.
public struct Counter: Sendable, Hashable {
  public enum Kind: Sendable, Hashable { case atLeast, fewerThan, exactly }
  public let kind: Kind
  public let limit: UInt32

  /// The counter of a template with a count; nil for one that does not count.
  public static func of(_ template: DeclareTemplate, count: Int) -> Counter? {
    let limit = UInt32(clamping: count)
    return switch template {
    case .existence: Counter(kind: .atLeast, limit: limit)
    case .absence: Counter(kind: .fewerThan, limit: limit)
    case .exactly: Counter(kind: .exactly, limit: limit)
    default: nil
    }
  }

  /// The state that is violated for good.
  private var violated: UInt32 {
    kind == .exactly ? (limit == .max ? limit : limit + 1) : limit
  }

  public func step(_ state: UInt32, _ letter: Letter) -> UInt32 {
    switch kind {
    case .atLeast: letter.a.isCertain && state < limit ? state + 1 : state
    case .fewerThan: letter.a.isPossible && state < limit ? state + 1 : state
    case .exactly:
      // One that may have been the last of them leaves no way to be sure of exactly so many.
      letter.a == .maybe
        ? violated : letter.a.isCertain && state < violated ? state + 1 : state
    }
  }

  public func verdict(_ state: UInt32) -> Verdict {
    switch kind {
    case .atLeast: state >= limit ? .satisfied : .open
    case .fewerThan: state >= limit ? .violated : .holding
    case .exactly: state > limit ? .violated : state == limit ? .holding : .open
    }
  }
}
