/// Finds equal keys of one mapping; its memory is used again for the next.
struct KeyTable {
  private var slots: [Int32] = []
  private var mask = 0
  private var few: [Int32] = []
  private var isSmall = true

  mutating func reset(_ count: Int) {
    few.removeAll(keepingCapacity: true)
    isSmall = count <= 8
    guard !isSmall else { return }
    var size = 32
    while size < count * 2 { size *= 2 }
    mask = size - 1
    slots.removeAll(keepingCapacity: true)
    slots.append(contentsOf: repeatElement(-1, count: size))
  }

  /// Notes a key; gives the earlier one with the same text.
  mutating func insert(_ key: Int32, _ builder: borrowing TreeBuilder) -> Int32? {
    let record = builder.records[Int(key)]
    guard record.kind == .scalar else { return nil }
    return builder.withText(key) { text in
      if isSmall {
        for other in few
        where builder.withText(other, { $0.count == text.count && $0.elementsEqual(text) }) {
          return other
        }
        few.append(key)
        return nil
      }
      var hasher = Hasher()
      hasher.combine(bytes: UnsafeRawBufferPointer(text))
      var slot = hasher.finalize() & mask
      while slots[slot] >= 0 {
        let other = slots[slot]
        if builder.withText(other, { $0.count == text.count && $0.elementsEqual(text) }) {
          return other
        }
        slot = (slot + 1) & mask
      }
      slots[slot] = key
      return nil
    }
  }
}
