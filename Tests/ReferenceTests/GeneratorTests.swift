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
