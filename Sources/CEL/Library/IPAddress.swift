/// An IP address: text in and out as RFC 4291 and RFC 5952 have it.
///
/// An IPv6 address that maps an IPv4 one is that IPv4 address, if it is written in hexadecimal; mixed
/// notation for it is refused, because it hides which family is meant.
struct IPAddress: Sendable, Hashable {
  /// 4 or 16.
  let bytes: [UInt8]

  var family: Int64 { bytes.count == 4 ? 4 : 6 }
  var bits: Int { bytes.count * 8 }

  /// Why a text is no address.
  enum Problem: String, Error {
    case notAnAddress = "is no IP address"
    case zone = "has a zone, which is not allowed"
    case mapped = "is an IPv4 address mapped to IPv6, which is not allowed: write it as IPv4"
  }

  init(bytes: [UInt8]) { self.bytes = bytes }

  init(_ text: String) throws(Problem) {
    let utf8 = Array(text.utf8)
    if utf8.contains(0x25) { throw .zone }
    if !utf8.contains(0x3A) {
      guard let parsed = Self.version4(utf8[...]) else { throw .notAnAddress }
      bytes = parsed
      return
    }
    guard let parsed = Self.version6(utf8) else { throw .notAnAddress }
    let isMapped = parsed[..<10].allSatisfy { $0 == 0 } && parsed[10] == 0xFF && parsed[11] == 0xFF
    if isMapped, utf8.contains(0x2E) { throw .mapped }
    bytes = isMapped ? Array(parsed[12...]) : parsed
  }

  /// Four numbers without leading zeros.
  private static func version4(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let parts = text.split(separator: 0x2E, omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard (1...3).contains(part.count), part.count == 1 || part.first != 0x30 else { return nil }
      var value = 0
      for digit in part {
        guard (0x30...0x39).contains(digit) else { return nil }
        value = value * 10 + Int(digit - 0x30)
      }
      guard let byte = UInt8(exactly: value) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func version6(_ text: [UInt8]) -> [UInt8]? {
    /// Groups of a half; the last may be an IPv4 address.
    func groups(_ half: ArraySlice<UInt8>, isLast: Bool) -> [UInt8]? {
      if half.isEmpty { return [] }
      let parts = half.split(separator: 0x3A, omittingEmptySubsequences: false)
      var bytes: [UInt8] = []
      for (index, part) in parts.enumerated() {
        if isLast, index == parts.count - 1, part.contains(0x2E) {
          guard let embedded = version4(part) else { return nil }
          return bytes + embedded
        }
        guard (1...4).contains(part.count) else { return nil }
        var value: UInt16 = 0
        for digit in part {
          guard let nibble = hex(digit) else { return nil }
          value = value << 4 | UInt16(nibble)
        }
        bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
      }
      return bytes
    }
    let gap = text.indices.dropLast().first { text[$0] == 0x3A && text[$0 + 1] == 0x3A }
    guard let gap else {
      guard let bytes = groups(text[...], isLast: true), bytes.count == 16 else { return nil }
      return bytes
    }
    let behind = text[(gap + 2)...]
    guard let left = groups(text[..<gap], isLast: false), let right = groups(behind, isLast: true),
      left.count + right.count <= 14
    else { return nil }
    return left + [UInt8](repeating: 0, count: 16 - left.count - right.count) + right
  }

  private static func hex(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x61 + 10
    case 0x41...0x46: digit - 0x41 + 10
    default: nil
    }
  }

  /// The canonical text.
  var text: String {
    if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
    let groups = stride(from: 0, to: 16, by: 2).map {
      UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1])
    }
    // The longest run of two zeros or more, the first of equals, is left out.
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > max(best.count, 1) { best = start..<end }
      start = max(end, start + 1)
    }
    func join(_ part: ArraySlice<UInt16>) -> String {
      part.map { String($0, radix: 16) }.joined(separator: ":")
    }
    if best.isEmpty { return join(groups[...]) }
    return join(groups[..<best.lowerBound]) + "::" + join(groups[best.upperBound...])
  }

  var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
  var isLoopback: Bool {
    bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
  }
  var isMulticast: Bool { bytes.count == 4 ? bytes[0] & 0xF0 == 0xE0 : bytes[0] == 0xFF }
  var isLinkLocalMulticast: Bool {
    bytes.count == 4
      ? bytes[..<3] == [224, 0, 0] : bytes[0] == 0xFF && bytes[1] & 0x0F == 0x02
  }
  var isLinkLocalUnicast: Bool {
    bytes.count == 4
      ? bytes[..<2] == [169, 254] : bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
  }
  var isGlobalUnicast: Bool {
    !isUnspecified && !isLoopback && !isMulticast && !isLinkLocalUnicast
      && bytes != [255, 255, 255, 255]
  }

  /// The address with all bits behind the first `prefix` cleared.
  func masked(_ prefix: Int) -> IPAddress {
    IPAddress(
      bytes: bytes.enumerated().map { index, byte in
        let kept = min(max(prefix - index * 8, 0), 8)
        return byte & UInt8(truncatingIfNeeded: 0xFF00 >> kept)
      })
  }
}

/// A network: an address and how many of its bits name the network (RFC 4632).
struct IPNetwork: Sendable, Hashable {
  let address: IPAddress
  let prefix: Int

  init(address: IPAddress, prefix: Int) {
    self.address = address
    self.prefix = prefix
  }

  init(_ text: String) throws(IPAddress.Problem) {
    guard let slash = text.utf8.lastIndex(of: 0x2F) else { throw .notAnAddress }
    let digits = text[text.utf8.index(after: slash)...].utf8
    // Before the length is looked at, so that a zone is told as one.
    let front = String(text[..<slash])
    address = try IPAddress(front)
    // The length counts bits of what is written.
    if front.utf8.contains(0x3A), address.bytes.count == 4 { throw .mapped }
    guard (1...3).contains(digits.count), digits.count == 1 || digits.first != 0x30,
      digits.allSatisfy({ (0x30...0x39).contains($0) }),
      let length = Int(String(decoding: Array(digits), as: UTF8.self)), length <= address.bits
    else { throw .notAnAddress }
    prefix = length
  }

  var text: String { "\(address.text)/\(prefix)" }

  func contains(_ other: IPAddress) -> Bool {
    other.family == address.family && other.masked(prefix) == address.masked(prefix)
  }

  func contains(_ other: IPNetwork) -> Bool { other.prefix >= prefix && contains(other.address) }
}
