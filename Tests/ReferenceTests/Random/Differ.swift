import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime

/// Holds two interpreters against each other.
struct Differ {
  /// What the second interpreter says to the events of a trace.
  typealias Second = (SpecBundle, [JSON]) throws -> [Seen]
  let second: Second

  /// The first event to which they say different things.
  struct First {
    var index: Int
    var guarded: Seen?
    var reference: Seen?
    var error: String?
  }

  func compare(_ sound: Sound, _ trace: [JSON]) -> (steps: Int, first: First?) {
    let events = Interpreters.events(trace)
    let guarded = Interpreters.guarded(sound.guardian, events.map(\.event))
    do {
      let reference = try second(sound.bundle, events.map(\.json))
      for index in 0..<max(guarded.count, reference.count) {
        let one = index < guarded.count ? guarded[index] : nil
        let other = index < reference.count ? reference[index] : nil
        if one != other {
          return (events.count, First(index: index, guarded: one, reference: other))
        }
      }
      return (events.count, nil)
    } catch {
      return (events.count, First(index: 0, error: "\(error)"))
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
    lines += events.map { String(decoding: (try? $0.encoded()) ?? [], as: UTF8.self) }
    if let first = first(small.draft, small.trace) {
      if let error = first.error {
        lines.append("the reference fails: \(error)")
      } else {
        lines.append("at event \(first.index + 1)")
        lines.append("  guard:     \(first.guarded.map { "\($0)" } ?? "nothing")")
        lines.append("  reference: \(first.reference.map { "\($0)" } ?? "nothing")")
      }
    }
    return lines.joined(separator: "\n")
  }
}
