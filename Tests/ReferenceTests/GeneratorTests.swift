import PlumblineBundle
import PlumblineJSON
import Testing

@Suite struct GeneratorTests {
  @Test func specsAreSound() {
    var rejected: [String] = []
    let count = 400
    for seed in 0..<UInt64(count) {
      do { _ = try Sound(RandomSpec.make(seed).bundle) } catch {
        rejected.append("\(seed): \(error)")
      }
    }
    print("of \(count) random specs \(rejected.count) were refused")
    for line in rejected.prefix(25) { print("  \(line)") }
    #expect(rejected.count * 100 < count * 5)
  }

  @Test func tracesReachEverything() throws {
    var decisions: [String: Int] = [:]
    var categories: [String: Int] = [:]
    var steps = 0
    var unread = 0
    for seed in 0..<UInt64(150) {
      guard let sound = try? Sound(RandomSpec.make(seed).bundle) else { continue }
      let trace = RandomTrace.make(sound.bundle, seed, events: 30)
      let events = Interpreters.events(trace)
      unread += trace.count - events.count
      for seen in Interpreters.guarded(sound.guardian, events.map(\.event)) {
        steps += 1
        if let decision = seen.decision { decisions[decision, default: 0] += 1 }
        for finding in seen.findings {
          categories[String(finding.split(separator: " ")[1]), default: 0] += 1
        }
      }
    }
    print(steps, "steps", unread, "unread", decisions, categories)
    #expect(Set(decisions.keys) == ["allow", "warn", "escalate", "deny"])
  }
}

@Suite struct ShrinkerTests {
  /// A second interpreter that is the guard, but for one thing it says wrongly.
  private func liar(_ bundle: SpecBundle, _ trace: [JSON]) throws -> [Seen] {
    let sound = try Sound(bundle)
    return Interpreters.guarded(sound.guardian, Interpreters.events(trace).map(\.event)).map {
      var seen = $0
      seen.findings = seen.findings.map { $0.replacing("violated deny", with: "violated warn") }
      return seen
    }
  }

  @Test func aDisagreementBecomesSmall() throws {
    let differ = Differ { bundle, trace in try liar(bundle, trace) }
    for seed in UInt64(0)..<500 {
      let draft = RandomSpec.make(seed, temporal: false)
      let sound = try Sound(draft.bundle)
      let trace = RandomTrace.make(sound.bundle, seed, events: 30)
      guard differ.compare(sound, trace).first != nil else { continue }
      let small = Shrinker.shrink(Disagreement(draft: draft, trace: trace)) {
        differ.first($0, $1) != nil
      }
      print(differ.report(small, seed: seed))
      #expect(small.trace.count <= 2)
      #expect(small.draft.bundle.requirements.count == 1)
      #expect(small.draft.bundle.tools.count == 1)
      return
    }
    Issue.record("no disagreement in five hundred specs")
  }

  @Test func aMistypedSpecIsRefused() {
    var draft = RandomSpec.make(1)
    var requirement = RequirementDeclaration(id: "X", statement: "X")
    requirement.appliesTo = [draft.bundle.tools[0].name]
    requirement.require = ExpressionText("args.nothing > 1")
    draft.bundle.requirements.append(requirement)
    #expect(throws: (any Error).self) { try Sound(draft.bundle) }
  }
}
