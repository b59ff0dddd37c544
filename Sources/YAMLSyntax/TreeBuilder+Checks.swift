import PlumblineDiagnostics

/// Checks that need a whole collection.
extension TreeBuilder {
  mutating func checkKeys(_ frame: Frame) {
    let first = frame.pending
    let count = (pending.count - first) / 2
    guard count > 1 else { return }
    var twins: [(Int32, Int32)] = []
    // Taken out while it is used: inside `self` it would be copied at each key, and `self` with it.
    var table = KeyTable()
    swap(&table, &keyTable)
    defer { swap(&table, &keyTable) }
    table.reset(count)
    for entry in 0..<count {
      let key = pending[first + 2 * entry]
      if let earlier = table.insert(key, self) { twins.append((earlier, key)) }
    }
    for (earlier, key) in twins {
      let name = withText(key) { String(decoding: $0, as: UTF8.self) }
      let (a, b) = (records[Int(earlier)], records[Int(key)])
      records[Int(key)].flags.insert(.broken)
      diagnostics.append(
        .duplicateKey(name, at: range(b.start, b.end), first: range(a.start, a.end)))
    }
  }

  func withText<R>(_ node: Int32, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    let record = records[Int(node)]
    guard record.kind == .scalar, record.count > 0 else { return body(.init(start: nil, count: 0)) }
    let range = Int(record.first)..<Int(record.first) + Int(record.count)
    if record.flags.contains(.inSource) {
      return body(UnsafeBufferPointer(rebasing: bytes[range]))
    }
    return arena.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[range])) }
  }

  /// Replaces `<<` by the entries it stands for; own keys win, then earlier sources.
  mutating func merge(_ frame: Frame, weight: inout Int) {
    var own: [Int32] = []
    var sources: [(key: Int32, value: Int32)] = []
    for index in stride(from: frame.pending, to: pending.count - 1, by: 2) {
      let (key, value) = (pending[index], pending[index + 1])
      if records[Int(key)].style == .plain, withText(key, { $0.elementsEqual("<<".utf8) }) {
        sources.append((key, value))
      } else {
        own.append(key)
        own.append(value)
      }
    }
    var seen = Set<String>()
    func name(_ key: Int32) -> String { withText(key) { String(decoding: $0, as: UTF8.self) } }
    for index in stride(from: 0, to: own.count, by: 2) { seen.insert(name(own[index])) }
    for (key, value) in sources {
      let record = records[Int(value)]
      let range = Int(record.first)..<Int(record.first) + Int(record.count)
      let mappings: [Int32] =
        switch record.kind {
        case .mapping: [value]
        case .sequence: Array(children[range])
        case .scalar: []
        }
      let valid = mappings.allSatisfy { records[Int($0)].kind == .mapping }
      if record.kind == .scalar || !valid {
        guard !record.flags.contains(.broken) else { continue }
        let place = records[Int(key)]
        diagnostics.append(.mergeOfNoMapping(at: self.range(place.start, place.end)))
        continue
      }
      for mapping in mappings {
        let source = records[Int(mapping)]
        aliased += Int(source.count)
        weight += Int(source.count)
        guard aliased <= limits.aliasedNodes else {
          let place = records[Int(key)]
          diagnostics.append(.aliasTooLarge("<<", at: self.range(place.start, place.end)))
          stopped = true
          return
        }
        let first = Int(source.first)
        for index in stride(from: first, to: first + Int(source.count) - 1, by: 2)
        where seen.insert(name(children[index])).inserted {
          own.append(children[index])
          own.append(children[index + 1])
        }
      }
    }
    pending.replaceSubrange(frame.pending..., with: own)
  }

  /// Finds an expression that a comma inside `{ }` or `[ ]` has split.
  mutating func checkCommas(_ frame: Frame) {
    let items = frame.pending..<pending.count
    let isMapping = records[Int(frame.node)].kind == .mapping
    var open: Int32?
    for index in items {
      if isMapping, open == nil, isCutText(index, in: frame) { continue }
      let node = pending[index]
      let record = records[Int(node)]
      guard record.kind == .scalar, record.style == .plain, record.flags.contains(.inSource),
        record.start >= records[Int(frame.node)].start
      else { continue }
      if let first = open {
        // The rest of a split value is a key without a value, or the next item.
        let isRest = !isMapping || (index - items.lowerBound) % 2 == 0
        guard isRest, Traps.closesMore(bytes[Int(record.start)..<Int(record.end)]) else { continue }
        records[Int(first)].flags.insert(.broken)
        records[Int(frame.node)].flags.insert(.broken)
        records[Int(node)].flags.insert(.broken)
        let place = range(records[Int(first)].start, record.end)
        diagnostics.append(.commaSplits(isMapping ? "{ }" : "[ ]", at: place))
        open = nil
      } else if Traps.opensMore(bytes[Int(record.start)..<Int(record.end)]) {
        open = node
      }
    }
  }

  /// Finds braces around what is no mapping: `{ a, b }`.
  mutating func checkPairs(_ frame: Frame) {
    let place = records[Int(frame.node)]
    guard place.kind == .mapping, !place.flags.contains(.broken), pending.count > frame.pending
    else { return }
    var names: [String] = []
    for index in stride(from: frame.pending, to: pending.count - 1, by: 2) {
      let (key, value) = (records[Int(pending[index])], records[Int(pending[index + 1])])
      guard key.kind == .scalar, key.start >= place.start, value.kind == .scalar,
        value.style == .plain, value.start == value.end, !value.flags.contains(.tagged),
        !value.flags.contains(.broken)
      else { return }
      // `{ a: }` has a key whose value was forgotten.
      var next = Int(key.end)
      while next < bytes.count, bytes[next] == 0x20 { next += 1 }
      if next < bytes.count, bytes[next] == UInt8(ascii: ":") { return }
      names.append(withText(pending[index]) { String(decoding: $0, as: UTF8.self) })
    }
    records[Int(frame.node)].flags.insert(.broken)
    diagnostics.append(.bracesWithoutValues(names, at: range(place.start, place.end)))
  }

  /// Whether a key is the rest of a text that a comma has cut: several words without a value. It is
  /// reported, if so.
  private mutating func isCutText(_ index: Int, in frame: Frame) -> Bool {
    guard (index - frame.pending) % 2 == 0, index > frame.pending, index + 1 < pending.count else {
      return false
    }
    let nodes = [pending[index - 1], pending[index], pending[index + 1]]
    for node in nodes {
      let record = records[Int(node)]
      guard record.kind == .scalar, record.style == .plain, record.flags.contains(.inSource),
        !record.flags.contains(.broken), record.start >= records[Int(frame.node)].start
      else { return false }
    }
    let (before, key, value) = (
      records[Int(nodes[0])], records[Int(nodes[1])], records[Int(nodes[2])]
    )
    guard before.start < before.end, value.start == value.end,
      bytes[Int(key.start)..<Int(key.end)].contains(0x20)
    else { return false }
    for node in nodes + [frame.node] { records[Int(node)].flags.insert(.broken) }
    diagnostics.append(.commaSplits("{ }", at: range(before.start, key.end)))
    return true
  }
}
