#if Companion
import PlumblineKeys
import PlumblineRecord

/// Errors that say all there is to say.
enum Refusal {
  static func text(_ error: any Error) -> String? {
    switch error {
    case let error as LogError: error.description
    case let error as StoreLost: error.description
    case let error as KeyError: error.description
    default: nil
    }
  }
}
#endif
