extension JSONNode {
  /// The members of an object that a reader of a fixed format asks for, found in one pass.
  public struct Fields {
    /// The object.
    public let object: JSONNode
    // Where the values lie on the tape, by number of the key; 0, the object's own place, for none.
    @usableFromInline let places: SIMD32<UInt32>

    @inlinable
    init(object: JSONNode, places: SIMD32<UInt32>) {
      self.object = object
      self.places = places
    }

    /// The value of the first member whose key has this number.
    @inlinable
    public subscript(number: Int) -> JSONNode? {
      guard number >= 0, number < 32, places[number] != 0 else { return nil }
      return JSONNode(document: object.document, index: Int(places[number]))
    }
  }

  /// Finds the members whose keys a format knows.
  /// - Parameter number: the number of a key, given as UTF-8: below 32; others are passed over.
  @inlinable
  public func fields(_ number: (UnsafeBufferPointer<UInt8>) -> Int) -> Fields {
    var places = SIMD32<UInt32>()
    let token = token
    if token.kind == JSONToken.object {
      let tape = document.tape
      var i = index + 1
      while i < token.low {
        let found = document.withContent(of: i) { number($0) }
        if found >= 0, found < 32, places[found] == 0 {
          places[found] = UInt32(truncatingIfNeeded: i + 1)
        }
        i = Self.next(tape, i + 1)
      }
    }
    return Fields(object: self, places: places)
  }
}
