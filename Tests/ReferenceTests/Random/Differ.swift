import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime

/// Holds two interpreters against each other.
struct Differ: Sendable {
  /// What the second interpreter says to the events of a trace.
  typealias Second = @Sendable (SpecBundle, [JSON]) throws -> [Seen]
  let second: Second

  /// The first event to which they say different things.
  struct First: CustomStringConvertible {
    var index: Int
    var guarded: Seen?
    var reference: Seen?
    var error: String?

    var description: String {
      if let error { return "the reference fails: \(error)" }
      return """
        at event \(index + 1)
          guard:     \(guarded.map { "\($0)" } ?? "nothing")
          reference: \(reference.map { "\($0)" } ?? "nothing")
        """
    }
  }

  func compare(_ sound: Sound, _ trace: [JSON]) -> (seen: [Seen], first: First?) {
    compare(sound.bundle, sound.guardian, trace)
  }

  func compare(
    _ bundle: SpecBundle, _ guardian: Guard, _ trace: [JSON]
  ) -> (seen: [Seen], first: First?) {
    let events = Interpreters.events(trace)
    let guarded = Interpreters.guarded(guardian, events.map(\.event))
    do {
      let reference = try second(bundle, events.map(\.json))
      for index in 0..<max(guarded.count, reference.count) {
        let one = index < guarded.count ? guarded[index] : nil
        let other = index < reference.count ? reference[index] : nil
        if one != other {
          return (guarded, First(index: index, guarded: one, reference: other))
        }
      }
      return (guarded, nil)
    } catch {
      return (guarded, First(index: 0, error: "\(error)"))
    }
  }

  func first(_ draft: Draft, _ trace: [JSON]) -> First? {
    guard let sound = try? Sound(draft.bundle) else { return nil }
    return compare(sound, trace).first
  }

  /// The smallest form of a disagreement, as text.
  func report(_ found: Disagreement, seed: UInt64, budget: Int = 6000) -> String {
    let kind = first(found.draft, found.trace)?.error == nil
    let small = Shrinker.shrink(found, budget: budget) { draft, trace in
      guard let first = self.first(draft, trace) else { return false }
      return (first.error == nil) == kind
    }
    var lines = ["the guard and the reference disagree; repeat it with PLUMBLINE_SEED=\(seed)"]
    lines.append(small.draft.bundle.describe())
    let events = Interpreters.events(small.trace).map(\.json)
    lines += events.map(\.description)
    if let first = first(small.draft, small.trace) {
      lines.append(first.description)
    }
    lines.append("as a case to keep:")
    lines.append(KeptCase(about: "", bundle: small.draft.bundle, trace: events).json.description)
    return lines.joined(separator: "\n")
  }
}
