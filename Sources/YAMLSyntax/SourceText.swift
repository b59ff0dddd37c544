import PlumblineDiagnostics

/// What is wrong with a file before any YAML is looked at.
enum SourceFault {
  case notUTF8(offset: Int)
  case utf16
  case control(offset: Int, length: Int, scalar: UInt32)
}

/// One pass over the bytes: valid UTF-8, nothing unprintable, and whether all is ASCII.
struct SourceCheck {
  var isASCII = true
  var fault: SourceFault?

  init(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) {
    if bytes.count >= 2 {
      let pair = (bytes[0], bytes[1])
      if pair == (0xFF, 0xFE) || pair == (0xFE, 0xFF) {
        fault = .utf16
        return
      }
    }
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      if byte >= 0x20 && byte < 0x7F || byte == 0x0A || byte == 0x0D || byte == 0x09 {
        index += 1
        continue
      }
      if byte < 0x80 {
        fault = .control(offset: index, length: 1, scalar: UInt32(byte))
        return
      }
      isASCII = false
      guard let (scalar, length) = Self.decode(bytes, at: index) else {
        fault = .notUTF8(offset: index)
        return
      }
      let printable =
        scalar == 0x85 || (scalar >= 0xA0 && scalar < 0xFFFE && scalar != 0xFEFF)
        || scalar >= 0x1_0000
      guard printable else {
        fault = .control(offset: index, length: length, scalar: scalar)
        return
      }
      index += length
    }
  }

  /// The scalar at an offset and its length in bytes; nil unless well formed.
  static func decode(
    _ bytes: UnsafeBufferPointer<UInt8>, at index: Int
  ) -> (scalar: UInt32, length: Int)? {
    let lead = bytes[index]
    let length: Int
    var scalar: UInt32
    let least: UInt32
    switch lead {
    case 0xC2...0xDF: (length, scalar, least) = (2, UInt32(lead & 0x1F), 0x80)
    case 0xE0...0xEF: (length, scalar, least) = (3, UInt32(lead & 0x0F), 0x800)
    case 0xF0...0xF4: (length, scalar, least) = (4, UInt32(lead & 0x07), 0x1_0000)
    default: return nil
    }
    guard index + length <= bytes.count else { return nil }
    for next in index + 1..<index + length {
      guard bytes[next] & 0xC0 == 0x80 else { return nil }
      scalar = scalar << 6 | UInt32(bytes[next] & 0x3F)
    }
    let surrogate = scalar >= 0xD800 && scalar <= 0xDFFF
    return scalar >= least && scalar <= 0x10_FFFF && !surrogate ? (scalar, length) : nil
  }
}

/// From libyaml's marks, which count code points, to offsets in the file.
///
/// Marks come almost in order, so the last answer is where the next search begins; samples make a
/// jump elsewhere cheap.
struct CodePointMap {
  private static let step = 256
  /// Where the text given to libyaml begins: after a byte order mark.
  let base: Int
  let isASCII: Bool
  private let count: Int
  /// The offset of every 256th code point.
  private var samples: [Int32] = []
  private var lastPoint = 0
  private var lastOffset: Int

  init(_ bytes: UnsafeBufferPointer<UInt8>, base: Int, isASCII: Bool) {
    self.base = base
    self.isASCII = isASCII
    count = bytes.count
    lastOffset = base
    guard !isASCII else { return }
    samples.reserveCapacity((bytes.count - base) / Self.step + 1)
    var point = 0
    for index in base..<bytes.count where bytes[index] & 0xC0 != 0x80 {
      if point % Self.step == 0 { samples.append(Int32(index)) }
      point += 1
    }
  }

  mutating func offset(_ point: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
    if isASCII { return Int32(min(base + max(point, 0), count)) }
    if point < lastPoint || point - lastPoint > Self.step {
      let sample = min(max(point, 0) / Self.step, samples.count - 1)
      lastPoint = max(sample, 0) * Self.step
      lastOffset = sample >= 0 ? Int(samples[sample]) : base
    }
    while lastPoint < point, lastOffset < count {
      lastOffset += 1
      while lastOffset < count, bytes[lastOffset] & 0xC0 == 0x80 { lastOffset += 1 }
      lastPoint += 1
    }
    return Int32(lastOffset)
  }
}
