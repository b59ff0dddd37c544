/// A node of a `YAMLTree`, by number.
public struct YAMLNode: Sendable, Hashable {
  public let index: Int32
  public init(index: Int32) { self.index = index }
}
