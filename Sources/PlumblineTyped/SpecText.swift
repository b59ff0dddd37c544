public import CEL
public import PlumblineJSON
import PlumblineRuntime

/// A value that JSON writes as text: what it says is held to its contract by the guard.
public protocol SpecText: SpecValue, ExpressibleByStringLiteral, CustomStringConvertible {
  /// As it stands in events.
  var text: String { get }
  init(_ text: String)
}

extension SpecText {
  public init(stringLiteral value: String) { self.init(value) }
  public var specJSON: JSON { .string(text) }
  public var description: String { text }
  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(String.self))
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// A point in time, as RFC 3339 writes it.
public struct SpecTimestamp: SpecText {
  public var text: String
  public init(_ text: String) { self.text = text }
  /// The text of a time, in UTC.
  public init(_ time: Timestamp) { text = TimeText.text(time) }
  /// The time; nil where the text is none, or has no zone.
  public var timestamp: Timestamp? { TimeText.timestamp(text) }
}

/// A calendar day, `YYYY-MM-DD`.
public struct SpecDate: SpecText {
  public var text: String
  public init(_ text: String) { self.text = text }
}

/// A span of time, such as `900s`.
public struct SpecDuration: SpecText {
  public var text: String
  public init(_ text: String) { self.text = text }
}
