import Dispatch

/// Gives large values back on another thread: to free the tree of ten thousand requirements takes as long
/// as to check a thousand.
package enum GiveBack {
  /// Keeps a value until its turn comes; whoever calls should be done with it.
  package static func later<T: Sendable>(_ value: T) {
    DispatchQueue.global(qos: .utility).async { withExtendedLifetime(value) {} }
  }
}
