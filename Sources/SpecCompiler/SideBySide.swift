import Dispatch
import Synchronization

/// Independent work on all cores, a stretch at a time, with results in the order of the input.
enum SideBySide {
  static func map<T: Sendable>(
    _ count: Int, stretch: Int = 1, _ work: @Sendable (Int) -> T
  ) -> [T] {
    let parts = (count + stretch - 1) / stretch
    guard parts > 1 else { return (0..<count).map(work) }
    let results = Mutex<[Int: [T]]>([:])
    DispatchQueue.concurrentPerform(iterations: parts) { part in
      let made = (part * stretch..<min(count, (part + 1) * stretch)).map(work)
      results.withLock { $0[part] = made }
    }
    let all = results.withLock { $0 }
    return (0..<parts).flatMap { all[$0] ?? [] }
  }
}
