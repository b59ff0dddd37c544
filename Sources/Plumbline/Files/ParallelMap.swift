import Dispatch

/// Independent work on all cores, with results in the order of the input.
enum ParallelMap {
  static func map<T: Sendable>(_ count: Int, _ work: @Sendable (Int) -> T) -> [T] {
    guard count > 1 else { return (0..<count).map(work) }
    let results = UnsafeMutableBufferPointer<T?>.allocate(capacity: count)
    results.initialize(repeating: nil)
    defer {
      results.deinitialize()
      results.deallocate()
    }
    // Each iteration writes its own element, so sharing the buffer is sound.
    nonisolated(unsafe) let shared = results
    DispatchQueue.concurrentPerform(iterations: count) { shared[$0] = work($0) }
    return results.compactMap { $0 }
  }
}
