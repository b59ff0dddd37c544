import Dispatch

/// Gives large values back later, on another thread: to free the tree of ten thousand requirements takes as
/// long as to check a thousand.
package enum GiveBack {
  /// Keeps a value for a moment; whoever calls should be done with it. A moment, so that it takes no core
  /// from the check that is going on: a command has ended by then and frees nothing one by one.
  package static func later<T: Sendable>(_ value: T) {
    DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + .seconds(1)) {
      withExtendedLifetime(value) {}
    }
  }
}
