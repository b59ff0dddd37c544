import Dispatch
import Synchronization

/// Independent work on all cores, a stretch at a time, with results in the order of the input.
enum SideBySide {
  static func map<T: Sendable>(
    _ count: Int, stretch: Int = 1, _ work: @Sendable (Int) -> T
  ) -> [T] {
    stretches(count, of: stretch, with: {}) { _, range in range.map(work) }.flatMap { $0 }
  }

  /// One result for each stretch. A worker makes its tools once and keeps them from stretch to stretch;
  /// it takes the next stretch when it is done with one, so that none waits for another.
  static func stretches<Tools, T: Sendable>(
    _ count: Int, of size: Int, with tools: @Sendable () -> Tools,
    _ work: @Sendable (inout Tools, Range<Int>) -> T
  ) -> [T] {
    let parts = (count + size - 1) / size
    @Sendable func range(_ part: Int) -> Range<Int> {
      part * size..<min(count, (part + 1) * size)
    }
    guard parts > 1 else {
      var own = tools()
      return (0..<parts).map { work(&own, range($0)) }
    }
    let results = Mutex<[T?]>(Array(repeating: nil, count: parts))
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: min(parts, workers)) { _ in
      var own: Tools?
      while true {
        let part = next.add(1, ordering: .relaxed).oldValue
        guard part < parts else { return }
        var mine = own ?? tools()
        let made = work(&mine, range(part))
        own = mine
        results.withLock { $0[part] = made }
      }
    }
    return results.withLock { $0 }.compactMap { $0 }
  }

  /// No fewer than the cores of a large machine. Where there are fewer cores, the last ones find nothing
  /// left to do.
  private static let workers = 64
}
