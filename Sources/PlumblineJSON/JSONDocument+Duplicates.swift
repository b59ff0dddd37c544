/// Finding keys that one object has twice, without a table for the small objects that are common.
extension JSONDocument {
  /// Looks at the keys of the object at `object`, whose children end before `end`.
  @inline(__always)
  func findDuplicates(of object: Int, end: Int) {
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
        compareKeys(of: object, end: end)
        return
      }
      seen |= bit
      let value = tape[index + 1]
      index = value.isContainer ? value.low : index + 2
    }
  }

  @inline(never)
  private func compareKeys(of object: Int, end: Int) {
    var keys: [Int] = []
    var index = object + 1
    while index < end {
      keys.append(index)
      let value = tape[index + 1]
      index = value.isContainer ? value.low : index + 2
    }
    if keys.count <= 24 {
      for later in 1..<keys.count {
        for earlier in 0..<later where sameKey(keys[earlier], keys[later]) {
          note(keys[later])
          return
        }
      }
      return
    }
    // Sorted rather than hashed: nobody can choose keys that make this slow.
    let sorted = keys.sorted { a, b in
      let order = compareKey(a, b)
      return order != 0 ? order < 0 : a < b
    }
    for i in 1..<sorted.count where compareKey(sorted[i - 1], sorted[i]) == 0 {
      note(sorted[i])
    }
  }

  private func note(_ index: Int) {
    let offset = Int(tape[index].start)
    if duplicateOffset < 0 || offset < duplicateOffset {
      duplicateOffset = offset
      duplicateIndex = index
    }
  }

  private func sameKey(_ a: Int, _ b: Int) -> Bool {
    if !tape[a].isEscaped, !tape[b].isEscaped, length(a) != length(b) { return false }
    return compareKey(a, b) == 0
  }

  private func length(_ index: Int) -> Int { tape[index].low - Int(tape[index].start) - 1 }

  /// Below, at or above zero, by the bytes of what the keys say.
  private func compareKey(_ a: Int, _ b: Int) -> Int {
    withContent(of: a) { x in
      withContent(of: b) { y in JSONText.compare(x, y) }
    }
  }

  /// The bytes of a string without its escapes.
  func withContent<R, E: Error>(
    of index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    let token = tape[index]
    let start = Int(token.start) + 1
    let raw = UnsafeBufferPointer(start: UnsafePointer(bytes + start), count: token.low - start)
    guard token.isEscaped else { return try body(raw) }
    let decoded = JSONText.unescape(raw)
    let result: Result<R, E> = decoded.withUnsafeBufferPointer { buffer in
      do throws(E) { return .success(try body(buffer)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}
