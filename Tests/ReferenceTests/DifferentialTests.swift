import Foundation
import PlumblineBundle
import PlumblineJSON
import Testing

/// The guard and the plain second interpreter on random specs and traces: they agree on every step.
///
/// `PLUMBLINE_RANDOM_STEPS` says how many steps (a few thousand without it), `PLUMBLINE_SEED` the seed of the first
/// spec: what a disagreement prints repeats it.
@Suite struct DifferentialTests {
  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  @Test func theGuardAndTheReferenceAgree() throws {
    let wanted = Self.number("PLUMBLINE_RANDOM_STEPS") ?? 3_000
    var seed = UInt64(Self.number("PLUMBLINE_SEED") ?? 1)
    let differ = Differ { try Interpreters.plain($0, $1) }
    var steps = 0
    var found = 0
    while steps < wanted {
      defer { seed += 1 }
      let draft = RandomSpec.make(seed)
      guard let sound = try? Sound(draft.bundle) else { continue }
      for part in UInt64(0)..<4 {
        let trace = RandomTrace.make(sound.bundle, seed &* 4 &+ part, events: 20)
        let (count, first) = differ.compare(sound, trace)
        steps += count
        guard first != nil else { continue }
        found += 1
        Issue.record(
          "\(differ.report(Disagreement(draft: draft, trace: trace), seed: seed))")
        break
      }
      if found >= (Self.number("PLUMBLINE_DISAGREEMENTS") ?? 1) { break }
    }
    print("the guard and the reference agreed on \(steps) random steps")
  }
}
