/// A JSON value. Objects keep their order.
public indirect enum JSON: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int64)
  /// An integer beyond 64 bits, by its digits: kept, never computed with.
  case bigInteger(String)
  case double(Double)
  case string(String)
  case array([JSON])
  case object([Member])

  public struct Member: Sendable, Hashable {
    public var key: String
    public var value: JSON
    public init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }
}
