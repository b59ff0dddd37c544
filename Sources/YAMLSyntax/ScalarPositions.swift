public import PlumblineDiagnostics

/// Where each byte of a scalar's decoded text stands in its file.
public struct ScalarPositions: Sendable {
  private let file: Int32
  /// The whole node, and where its content begins, for answers about nothing.
  private let node: SourceRange
  /// A scalar that stands in the file as it is decoded needs no table.
  private let first: Int32
  private let count: Int
  private let starts: [Int32]
  private let ends: [Int32]

  init(identical first: Int32, count: Int, node: SourceRange) {
    (file, self.node, self.first, self.count) = (node.file, node, first, count)
    (starts, ends) = ([], [])
  }

  init(starts: [Int32], ends: [Int32], node: SourceRange) {
    (file, self.node, self.starts, self.ends) = (node.file, node, starts, ends)
    (first, count) = (0, starts.count)
  }

  /// The place in the file of a stretch of the decoded text, in UTF-8 offsets. Offsets beyond the
  /// text are taken as its end.
  public func range(_ lower: Int, _ upper: Int) -> SourceRange {
    let lower = min(max(lower, 0), count)
    let upper = min(max(upper, lower), count)
    guard !starts.isEmpty else {
      return SourceRange(file: file, start: first + Int32(lower), end: first + Int32(upper))
    }
    let start = lower < count ? starts[lower] : ends[count - 1]
    let end = upper > lower ? ends[upper - 1] : start
    return SourceRange(file: file, start: start, end: max(start, end))
  }
}

extension YAMLTree {
  /// The exact place in the file of a stretch of a scalar's decoded text, in UTF-8 offsets.
  public func sourceRange(_ node: YAMLNode, _ lower: Int, _ upper: Int) -> SourceRange {
    positions(node).range(lower, upper)
  }

  /// The places of a scalar's decoded text, for many questions about one scalar.
  ///
  /// Made by reading the scalar's own source again, so that scalars nobody asks about cost nothing.
  public func positions(_ node: YAMLNode) -> ScalarPositions {
    let record = record(node)
    let place = range(node)
    guard record.kind == .scalar else {
      return ScalarPositions(identical: record.start, count: 0, node: place)
    }
    if record.flags.contains(.inSource) {
      return ScalarPositions(identical: record.first, count: Int(record.count), node: place)
    }
    guard record.count > 0 else {
      let inside = record.style == .singleQuoted || record.style == .doubleQuoted
      return ScalarPositions(
        identical: min(record.start + (inside ? 1 : 0), record.end), count: 0, node: place)
    }
    return source.bytes.withUnsafeBufferPointer { bytes in
      withText(node) { text in
        var scan = ScalarScan(bytes: bytes, text: text, start: Int(record.start))
        switch record.style {
        case .plain:
          scan.flow(from: Int(record.start), to: Int(record.end), quote: nil)
        case .singleQuoted:
          scan.flow(from: Int(record.start) + 1, to: Int(record.end) - 1, quote: UInt8(ascii: "'"))
        case .doubleQuoted:
          scan.flow(from: Int(record.start) + 1, to: Int(record.end) - 1, quote: UInt8(ascii: "\""))
        case .literal: scan.block(from: Int(record.start), isFolded: false)
        case .folded: scan.block(from: Int(record.start), isFolded: true)
        }
        let (starts, ends) = scan.finished(end: record.end)
        return ScalarPositions(starts: starts, ends: ends, node: place)
      }
    }
  }
}

/// Decodes a scalar a second time, as libyaml does, noting places instead of text.
private struct ScalarScan {
  let bytes: UnsafeBufferPointer<UInt8>
  let text: UnsafeBufferPointer<UInt8>
  private var starts: [Int32] = []
  private var ends: [Int32] = []

  init(bytes: UnsafeBufferPointer<UInt8>, text: UnsafeBufferPointer<UInt8>, start: Int) {
    self.bytes = bytes
    self.text = text
    starts.reserveCapacity(text.count)
    ends.reserveCapacity(text.count)
  }

  private static let space = UInt8(ascii: " ")
  private static let tab = UInt8(ascii: "\t")

  private func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }
  private func isBlank(_ index: Int) -> Bool {
    byte(index) == Self.space || byte(index) == Self.tab
  }

  /// A line break here: its length, and how many bytes it decodes to.
  private func lineBreak(_ index: Int) -> (length: Int, decoded: Int)? {
    guard index < bytes.count else { return nil }
    switch bytes[index] {
    case 0x0D: return (byte(index + 1) == 0x0A ? 2 : 1, 1)
    case 0x0A: return (1, 1)
    case 0xC2: return byte(index + 1) == 0x85 ? (2, 1) : nil
    case 0xE2:
      let isSeparator =
        byte(index + 1) == 0x80 && (byte(index + 2) == 0xA8 || byte(index + 2) == 0xA9)
      return isSeparator ? (3, 3) : nil
    default: return nil
    }
  }

  private var isFull: Bool { starts.count >= text.count }

  private mutating func emit(_ count: Int, from start: Int, to end: Int) {
    for _ in 0..<count where !isFull {
      starts.append(Int32(start))
      ends.append(Int32(end))
    }
  }

  /// One character that stands for itself.
  private mutating func emitCharacter(_ index: inout Int) {
    var end = index + 1
    while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
    emit(end - index, from: index, to: end)
    index = end
  }

  /// The lists, completed if the second reading came out shorter.
  func finished(end: Int32) -> (starts: [Int32], ends: [Int32]) {
    let missing = max(0, text.count - starts.count)
    return (
      starts + repeatElement(ends.last ?? end, count: missing),
      ends + repeatElement(end, count: missing)
    )
  }

  // MARK: Plain and quoted

  mutating func flow(from start: Int, to end: Int, quote: UInt8?) {
    var index = start
    /// After an escaped line break, which decodes to nothing.
    var escapedBreak = false
    while index < end, !isFull {
      if escapedBreak || isBlank(index) || lineBreak(index) != nil {
        whiteSpace(&index, to: end, afterEscape: escapedBreak)
        escapedBreak = false
      } else if quote == UInt8(ascii: "'"), bytes[index] == UInt8(ascii: "'") {
        emit(1, from: index, to: min(index + 2, end))
        index += 2
      } else if quote == UInt8(ascii: "\""), bytes[index] == UInt8(ascii: "\\") {
        if let (length, _) = lineBreak(index + 1) {
          index += 1 + length
          escapedBreak = true
        } else {
          escape(&index)
        }
      } else {
        emitCharacter(&index)
      }
    }
  }

  /// Blanks and breaks between two words: kept within a line, folded across lines.
  private mutating func whiteSpace(_ index: inout Int, to end: Int, afterEscape: Bool) {
    let start = index
    var breaks: [(at: Int, length: Int, decoded: Int)] = []
    while index < end {
      if let (length, decoded) = lineBreak(index) {
        breaks.append((index, length, decoded))
        index += length
      } else if isBlank(index) {
        index += 1
      } else {
        break
      }
    }
    guard let first = breaks.first else {
      if !afterEscape { for at in start..<index { emit(1, from: at, to: at + 1) } }
      return
    }
    if !afterEscape {
      if first.decoded > 1 {
        emit(first.decoded, from: first.at, to: first.at + first.length)
      } else if breaks.count == 1 {
        emit(1, from: first.at, to: index)
      }
    }
    for other in breaks.dropFirst(afterEscape ? 0 : 1) {
      emit(other.decoded, from: other.at, to: other.at + other.length)
    }
  }

  private mutating func escape(_ index: inout Int) {
    let digits: Int
    var decoded = 1
    switch byte(index + 1) {
    case UInt8(ascii: "x"): digits = 2
    case UInt8(ascii: "u"): digits = 4
    case UInt8(ascii: "U"): digits = 8
    case UInt8(ascii: "N"), UInt8(ascii: "_"): (digits, decoded) = (0, 2)
    case UInt8(ascii: "L"), UInt8(ascii: "P"): (digits, decoded) = (0, 3)
    default: digits = 0
    }
    if digits > 0 {
      var scalar: UInt32 = 0
      for at in index + 2..<index + 2 + digits {
        scalar = scalar << 4 | UInt32(Character(UnicodeScalar(byte(at))).hexDigitValue ?? 0)
      }
      decoded = scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x1_0000 ? 3 : 4
    }
    let end = index + 2 + digits
    emit(decoded, from: index, to: end)
    index = end
  }

  // MARK: Blocks

  mutating func block(from start: Int, isFolded: Bool) {
    var index = start
    while index < bytes.count, lineBreak(index) == nil { index += 1 }
    index += lineBreak(index)?.length ?? 0
    let indent = indentation(from: index)
    var pendingBreak: (at: Int, length: Int, decoded: Int)?
    var breaks: [(at: Int, length: Int, decoded: Int)] = []
    var leadingBlank = false
    var goesOn = blankLines(&index, indent, into: &breaks)
    while goesOn, index < bytes.count, !isFull {
      let trailingBlank = isBlank(index)
      if let first = pendingBreak {
        if isFolded, first.decoded == 1, !leadingBlank, !trailingBlank {
          if breaks.isEmpty { emit(1, from: first.at, to: index) }
        } else {
          emit(first.decoded, from: first.at, to: first.at + first.length)
        }
        pendingBreak = nil
      }
      for other in breaks { emit(other.decoded, from: other.at, to: other.at + other.length) }
      breaks.removeAll(keepingCapacity: true)
      leadingBlank = trailingBlank
      while index < bytes.count, lineBreak(index) == nil { emitCharacter(&index) }
      guard let (length, decoded) = lineBreak(index) else { break }
      pendingBreak = (index, length, decoded)
      index += length
      goesOn = blankLines(&index, indent, into: &breaks)
    }
    if let first = pendingBreak {
      emit(first.decoded, from: first.at, to: first.at + first.length)
    }
    for other in breaks { emit(other.decoded, from: other.at, to: other.at + other.length) }
  }

  /// Passes the indentation and the empty lines before the next line with content; false if that
  /// line is no part of the block.
  private func blankLines(
    _ index: inout Int, _ indent: Int, into breaks: inout [(at: Int, length: Int, decoded: Int)]
  ) -> Bool {
    while true {
      var column = 0
      while column < indent, byte(index) == Self.space {
        index += 1
        column += 1
      }
      guard let (length, decoded) = lineBreak(index) else { return column == indent }
      breaks.append((index, length, decoded))
      index += length
    }
  }

  /// How far the block is indented: what its first line with content has lost in decoding.
  private func indentation(from start: Int) -> Int {
    var spaces = 0
    for byte in text {
      switch byte {
      case Self.space: spaces += 1
      case 0x0A: spaces = 0
      default:
        return max(0, leadingSpaces(ofFirstLineFrom: start) - spaces)
      }
    }
    return Int.max
  }

  private func leadingSpaces(ofFirstLineFrom start: Int) -> Int {
    var (index, spaces) = (start, 0)
    while index < bytes.count {
      if byte(index) == Self.space {
        spaces += 1
        index += 1
      } else if let (length, _) = lineBreak(index) {
        spaces = 0
        index += length
      } else {
        return spaces
      }
    }
    return spaces
  }
}
