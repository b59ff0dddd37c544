/// The `encoders` extension: base64.
enum EncoderLibrary {
  static let declarations: [FunctionDeclaration] = [
    FunctionDeclaration(
      "base64.encode",
      [
        Overload(
          "base64_encode_bytes", [.bytes], .string,
          .unary {
            guard case .bytes(let bytes) = $0 else { return .noSuchOverload("base64.encode", $0) }
            return .string(encode(bytes))
          })
      ]),
    FunctionDeclaration(
      "base64.decode",
      [
        Overload(
          "base64_decode_string", [.string], .bytes,
          .unary {
            guard case .string(let text) = $0 else { return .noSuchOverload("base64.decode", $0) }
            guard let bytes = decode(text) else {
              return .failure(.conversion, "the text is not base64")
            }
            return .bytes(bytes)
          })
      ]),
  ]

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let count = min(3, bytes.count - index)
      var group: UInt32 = 0
      for offset in 0..<3 {
        group = group << 8 | (offset < count ? UInt32(bytes[index + offset]) : 0)
      }
      for place in 0..<4 {
        result.append(
          place <= count
            ? alphabet[Int(group >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
      }
      index += 3
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Padding may be left out.
  static func decode(_ text: String) -> [UInt8]? {
    var bytes = Array(text.utf8)
    if bytes.count % 4 == 0 {
      for _ in 0..<2 where bytes.last == UInt8(ascii: "=") { bytes.removeLast() }
    }
    guard bytes.count % 4 != 1 else { return nil }
    var result: [UInt8] = []
    var group: UInt32 = 0
    var bits = 0
    for byte in bytes {
      let value: UInt8
      switch byte {
      case 65...90: value = byte - 65
      case 97...122: value = byte - 71
      case 48...57: value = byte + 4
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      default: return nil
      }
      group = (group << 6 | UInt32(value)) & 0xffffff
      bits += 6
      if bits >= 8 {
        bits -= 8
        result.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
      }
    }
    return result
  }
}
