/// Why a text is no JSON, and where.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The UTF-8 offset at which reading stopped; 0 where there was no text.
  public var offset: Int
  /// Plain words, lowercase, without a final period.
  public var message: String
  public init(offset: Int, message: String) {
    self.offset = offset
    self.message = message
  }
  public var description: String { "\(message) (at byte \(offset))" }
}

/// What a JSON text may cost its reader.
public struct JSONLimits: Sendable, Hashable {
  /// How deep arrays and objects may nest.
  public var depth: Int
  /// How many bytes a text may have.
  public var bytes: Int
  /// Limits that suit events and bundles: 200 levels, 256 MiB.
  public init(depth: Int = 200, bytes: Int = 256 << 20) {
    self.depth = depth
    // Offsets are kept in 32 bits.
    self.bytes = min(bytes, Int(UInt32.max) - 64)
  }
}
