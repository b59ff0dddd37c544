import CEL
import PlumblineRuntime

/// Moments in half seconds of precision, as texts.
enum Moment {
  /// UTC, as traces write it.
  static func text(_ seconds: Int64, half: Bool = false) -> String {
    TimeText.text(Timestamp(seconds: seconds, nanoseconds: half ? 500_000_000 : 0))
  }
  /// Without a zone, of a moment that was shifted already.
  static func local(_ seconds: Int64) -> String {
    let text = TimeText.text(Timestamp(seconds: seconds))
    return String(text.dropLast())
  }
}
