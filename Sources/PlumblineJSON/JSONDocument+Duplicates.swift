/// Finding keys that one object has twice, without a table for the small objects that are common.
extension JSONDocument {
  /// Looks at the keys of the object at `object`, which has `count` members and whose children end
  /// before `end`.
  @inline(__always)
  func findDuplicates(of object: Int, end: Int, count: UInt32) {
    let tape = tape
    let bytes = bytes
    var seen: UInt64 = 0
    var index = object + 1
    while index < end {
      let key = tape[index]
      let start = Int(key.start)
      let length = key.low - start
      // For an empty key these are its quotes.
      let mix =
        UInt64(truncatingIfNeeded: length) &* 0x9E37_79B9_7F4A_7C15
        &+ UInt64(bytes[start + 1]) &* 0xC2B2_AE3D_27D4_EB4F
        &+ UInt64(bytes[key.low - 1]) &* 0x1656_67B1_9E37_79F9
      let bit: UInt64 = 1 << (mix >> 58)
      if seen & bit != 0 || key.isEscaped {
        if count > 32 || key.isEscaped {
          compareKeys(of: object, end: end)
          return
        }
        if repeats(index, of: object) { note(index) }
      }
      seen |= bit
      let value = tape[index + 1]
      index = value.isContainer ? value.low : index + 2
    }
  }

  /// Whether a key without escapes is one of those before it. An earlier one with escapes has
  /// already led to the full comparison.
  @inline(never)
  private func repeats(_ later: Int, of object: Int) -> Bool {
    let start = Int(tape[later].start)
    let length = tape[later].low - start
    var index = object + 1
    while index < later {
      let key = tape[index]
      if key.low - Int(key.start) == length {
        let mine = bytes + start
        let theirs = bytes + Int(key.start)
        var i = 1
        while i < length, mine[i] == theirs[i] { i += 1 }
        if i == length { return true }
      }
      let value = tape[index + 1]
      index = value.isContainer ? value.low : index + 2
    }
    return false
  }

  /// Sorted rather than hashed: nobody can choose keys that make this slow.
  @inline(never)
  private func compareKeys(of object: Int, end: Int) {
    var keys: [Int] = []
    var index = object + 1
    while index < end {
      keys.append(index)
      let value = tape[index + 1]
      index = value.isContainer ? value.low : index + 2
    }
    keys.sort { a, b in
      let order = compareKey(a, b)
      return order != 0 ? order < 0 : a < b
    }
    for i in 1..<keys.count where compareKey(keys[i - 1], keys[i]) == 0 { note(keys[i]) }
  }

  private func note(_ index: Int) {
    let offset = Int(tape[index].start)
    if duplicateOffset < 0 || offset < duplicateOffset {
      duplicateOffset = offset
      duplicateIndex = index
    }
  }

  /// Below, at or above zero, by the bytes of what the keys say.
  private func compareKey(_ a: Int, _ b: Int) -> Int {
    withContent(of: a) { x in
      withContent(of: b) { y in JSONText.compare(x, y) }
    }
  }

  /// The bytes of a string without its escapes.
  @inlinable
  func withContent<R, E: Error>(
    of index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    let token = tape[index]
    let start = Int(token.start) + 1
    let raw = UnsafeBufferPointer(start: UnsafePointer(bytes + start), count: token.low - start)
    guard token.isEscaped else { return try body(raw) }
    let decoded = Self.unescaped(raw)
    let result: Result<R, E> = decoded.withUnsafeBufferPointer { buffer in
      do throws(E) { return .success(try body(buffer)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  @usableFromInline
  static func unescaped(_ raw: UnsafeBufferPointer<UInt8>) -> [UInt8] { JSONText.unescape(raw) }
}
