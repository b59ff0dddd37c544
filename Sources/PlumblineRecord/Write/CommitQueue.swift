import Dispatch
public import PlumblineRuntime
import Synchronization

/// Takes events from many callers at once, and commits together those that wait: one write to disk for all of them.
///
/// Events are folded in the order in which they were handed over.
public final class CommitQueue: Sendable {
  private struct Waiting: Sendable {
    let event: Event
    let continuation: CheckedContinuation<Recorder.Recorded, any Error>
  }

  private struct Line: Sendable {
    var waiting: [Waiting] = []
    var isServed = false
  }

  private let store: any RecordStore
  /// Touched on `queue` alone.
  private nonisolated(unsafe) let recorder: Recorder
  private let queue = DispatchQueue(label: "plumbline.commit", qos: .userInitiated)
  private let line = Mutex(Line())
  /// At most so many events in a transaction.
  private static let most = 1024

  public init(_ recorder: sending Recorder, _ store: any RecordStore) {
    self.recorder = recorder
    self.store = store
  }

  /// Records an event; it is durable when this returns.
  /// - Throws: `LogError` and what the store throws; then the event is not in the log, or whether it is can't be told
  ///   because the store was lost on the way.
  public func append(_ event: Event) async throws -> Recorder.Recorded {
    try await withCheckedThrowingContinuation { continuation in
      let begins = line.withLock { line in
        line.waiting.append(Waiting(event: event, continuation: continuation))
        defer { line.isServed = true }
        return !line.isServed
      }
      if begins { queue.async { self.serve() } }
    }
  }

  /// Runs a body on the recorder, between commits.
  public func with<Result: Sendable>(
    _ body: @escaping @Sendable (Recorder, any RecordStore) throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async {
        continuation.resume(with: Swift.Result { try body(self.recorder, self.store) })
      }
    }
  }

  private func serve() {
    while true {
      let batch = line.withLock { line in
        let batch = Array(line.waiting.prefix(Self.most))
        line.waiting.removeFirst(batch.count)
        if batch.isEmpty { line.isServed = false }
        return batch
      }
      if batch.isEmpty { return }
      commit(batch)
    }
  }

  private func commit(_ batch: [Waiting]) {
    do {
      let recorded = try store.write { try recorder.append(batch.map(\.event), in: $0) }
      for (one, answer) in zip(batch, recorded) { one.continuation.resume(returning: answer) }
    } catch {
      guard batch.count > 1, error is LogError else {
        for one in batch { one.continuation.resume(throwing: error) }
        return
      }
      // Nothing of it was kept. One event that can't be recorded must not take the others with it.
      for one in batch { commit([one]) }
    }
  }
}
