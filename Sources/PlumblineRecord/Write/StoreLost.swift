/// The store went away. What was to be recorded may be in the log or not: ask it once it is back.
public struct StoreLost: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
