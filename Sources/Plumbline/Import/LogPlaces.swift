/// Lines and columns of a log, found only where a problem needs them.
final class LogPlaces {
  private let bytes: [UInt8]
  private lazy var lineStarts: [Int] = {
    var starts = [LogImport.start(of: bytes)]
    for (index, byte) in bytes.enumerated() where byte == 0x0A { starts.append(index + 1) }
    return starts
  }()

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func problem(at offset: Int, _ message: String, help: String? = nil) -> LogImport.Problem {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    let start = min(lineStarts[low], bytes.count)
    let end = max(min(offset, bytes.count), start)
    let column = bytes[start..<end].reduce(1) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
    return LogImport.Problem(line: low + 1, column: column, message: message, help: help)
  }
}

/// Text from a log as a message shows it.
enum LogText {
  static func clip(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars.prefix(60) {
      shown.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
    }
    return text.unicodeScalars.count <= 60 ? shown : shown + "…"
  }

  /// Names for a message: at most thirty.
  static func list(_ names: [String]) -> String {
    let shown = names.prefix(30).map { "`\(clip($0))`" }.joined(separator: ", ")
    return names.count > 30 ? shown + " and \(names.count - 30) more" : shown
  }
}

/// Whether bytes are UTF-8.
enum UTF8Check {
  /// The offset of the first byte that belongs to no well-formed character.
  static func firstError(in bytes: [UInt8]) -> Int? {
    var index = 0
    let end = bytes.count
    func continues(_ at: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
      at < end && range.contains(bytes[at])
    }
    while index < end {
      let lead = bytes[index]
      if lead < 0x80 {
        index += 1
        continue
      }
      let second: ClosedRange<UInt8>
      let more: Int
      switch lead {
      case 0xC2...0xDF: (second, more) = (0x80...0xBF, 0)
      case 0xE0: (second, more) = (0xA0...0xBF, 1)
      case 0xED: (second, more) = (0x80...0x9F, 1)
      case 0xE1...0xEF: (second, more) = (0x80...0xBF, 1)
      case 0xF0: (second, more) = (0x90...0xBF, 2)
      case 0xF1...0xF3: (second, more) = (0x80...0xBF, 2)
      case 0xF4: (second, more) = (0x80...0x8F, 2)
      default: return index
      }
      guard continues(index + 1, second), more < 1 || continues(index + 2),
        more < 2 || continues(index + 3)
      else { return index }
      index += 2 + more
    }
    return nil
  }
}
