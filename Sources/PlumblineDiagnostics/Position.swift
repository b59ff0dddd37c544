import Synchronization

extension SourceFile {
  /// The line and column of an offset, both 1-based, the column in code points.
  ///
  /// A line ends with `\n`, `\r\n` or `\r`; a byte order mark takes no column. Offsets outside the
  /// file are taken as its start or end.
  public func position(at offset: Int32) -> (line: Int, column: Int) {
    // Said about files that are too large to be looked at.
    guard offset > 0 else { return (1, 1) }
    let table = lines.table(for: bytes)
    let offset = min(max(Int(offset), 0), bytes.count)
    let line = table.line(of: offset)
    let start = table.starts[line]
    let column = table.points(from: start, to: offset, in: bytes)
    let hasMark = line == 0 && bytes.starts(with: [0xEF, 0xBB, 0xBF])
    return (line + 1, max(1, column + 1 - (hasMark ? 1 : 0)))
  }

  /// How many lines the file has.
  public var lineCount: Int { lines.table(for: bytes).starts.count }

  /// The bytes of a 1-based line, its end not included; nil if there is no such line.
  public func byteRange(ofLine line: Int) -> Range<Int>? {
    let starts = lines.table(for: bytes).starts
    guard line >= 1, line <= starts.count else { return nil }
    let start = starts[line - 1]
    var end = line < starts.count ? starts[line] : bytes.count
    while end > start, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
    return start..<end
  }
}

/// Where the lines of a file begin, and how many code points lie before every 1024th byte.
struct LineTable: Sendable {
  private static let step = 1024
  private(set) var starts: [Int] = [0]
  private var points: [Int] = [0]

  init(_ bytes: [UInt8]) {
    var count = 0
    for (index, byte) in bytes.enumerated() {
      if index > 0, index % Self.step == 0 { points.append(count) }
      if byte & 0xC0 != 0x80 { count += 1 }
      let isEnd =
        byte == 0x0A
        || byte == 0x0D && !(index + 1 < bytes.count && bytes[index + 1] == 0x0A)
      if isEnd { starts.append(index + 1) }
    }
  }

  /// The 0-based line that holds an offset.
  func line(of offset: Int) -> Int {
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }

  /// How many code points lie between two offsets.
  func points(from start: Int, to end: Int, in bytes: [UInt8]) -> Int {
    guard end - start < 2 * Self.step else {
      return points(before: end, in: bytes) - points(before: start, in: bytes)
    }
    var count = 0
    for index in start..<end where bytes[index] & 0xC0 != 0x80 { count += 1 }
    return count
  }

  private func points(before offset: Int, in bytes: [UInt8]) -> Int {
    let block = min(offset / Self.step, points.count - 1)
    var count = points[block]
    for index in block * Self.step..<offset where bytes[index] & 0xC0 != 0x80 { count += 1 }
    return count
  }
}

/// The line table of a file, made once, by whoever asks first.
final class LineTableCache: Sendable {
  private let made = Mutex<LineTable?>(nil)

  func table(for bytes: [UInt8]) -> LineTable {
    made.withLock { table in
      if let table { return table }
      let new = LineTable(bytes)
      table = new
      return new
    }
  }
}
