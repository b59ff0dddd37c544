/// One value of the tape. Its children follow it, keys and values in turn.
///
/// `value` holds, by kind: an integer or a double its bits; a string and a big integer the offset
/// of the end; a container the index after its last child (low half) and its end (high half).
@usableFromInline
struct JSONToken {
  @usableFromInline var start: UInt32
  /// The kind in the low four bits, then one for escapes, then 24 for the number of children.
  @usableFromInline var meta: UInt32
  @usableFromInline var value: UInt64

  @inlinable
  init(start: UInt32, meta: UInt32, value: UInt64) {
    self.start = start
    self.meta = meta
    self.value = value
  }

  @usableFromInline static let null: UInt32 = 0
  @usableFromInline static let no: UInt32 = 1
  @usableFromInline static let yes: UInt32 = 2
  @usableFromInline static let int: UInt32 = 3
  @usableFromInline static let bigInteger: UInt32 = 4
  @usableFromInline static let double: UInt32 = 5
  @usableFromInline static let string: UInt32 = 6
  @usableFromInline static let array: UInt32 = 7
  @usableFromInline static let object: UInt32 = 8

  /// The flag of a string that holds a backslash.
  @usableFromInline static let escaped: UInt32 = 16
  /// The count of a container that has at least so many children.
  @usableFromInline static let manyChildren: UInt32 = 0xFF_FFFF

  @inlinable var kind: UInt32 { meta & 15 }
  @inlinable var isContainer: Bool { kind >= 7 }
  @inlinable var isEscaped: Bool { meta & 16 != 0 }
  @inlinable var count: UInt32 { meta >> 8 }
  @inlinable var low: Int { Int(truncatingIfNeeded: value & 0xFFFF_FFFF) }
  @inlinable var high: Int { Int(truncatingIfNeeded: value >> 32) }
}
