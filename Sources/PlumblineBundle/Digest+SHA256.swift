/// SHA-256 (FIPS 180-4).
public enum SHA256 {
  /// The 32 bytes of the digest.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBytes { hash($0) }
  }

  /// The 32 bytes of the digest.
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var state = State()
    state.update(bytes)
    return state.finish()
  }

  /// The digest of a text's UTF-8.
  public static func hash(_ text: String) -> [UInt8] {
    var text = text
    return text.withUTF8 { hash(UnsafeRawBufferPointer($0)) }
  }

  /// The digest as 64 lowercase hexadecimal digits.
  public static func hex(_ bytes: [UInt8]) -> String { hexText(hash(bytes)) }

  /// The digest of a text's UTF-8 as 64 lowercase hexadecimal digits.
  public static func hex(_ text: String) -> String { hexText(hash(text)) }

  /// Bytes as lowercase hexadecimal digits.
  public static func hexText(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      out.append(digits[Int(byte >> 4)])
      out.append(digits[Int(byte & 15)])
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// HMAC-SHA-256 (RFC 2104): the 32 bytes of the code.
  public static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    var block = key.count > 64 ? hash(key) : key
    block.append(contentsOf: repeatElement(0, count: 64 - block.count))
    var inner = State()
    block.map { $0 ^ 0x36 }.withUnsafeBytes { inner.update($0) }
    message.withUnsafeBytes { inner.update($0) }
    var outer = State()
    block.map { $0 ^ 0x5C }.withUnsafeBytes { outer.update($0) }
    inner.finish().withUnsafeBytes { outer.update($0) }
    return outer.finish()
  }

  /// A digest in the making.
  public struct State: Sendable {
    private var h: SIMD8<UInt32> = [
      0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB,
      0x5BE0_CD19,
    ]
    private var rest: [UInt8] = []
    private var length: UInt64 = 0

    public init() {}

    /// Adds bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
      length &+= UInt64(bytes.count)
      var position = 0
      if !rest.isEmpty {
        position = min(64 - rest.count, bytes.count)
        rest.append(contentsOf: bytes[..<position])
        guard rest.count == 64 else { return }
        rest.withUnsafeBytes { Self.compress(&h, $0, 1) }
        rest.removeAll(keepingCapacity: true)
      }
      let blocks = (bytes.count - position) / 64
      if blocks > 0 {
        let end = position + blocks * 64
        Self.compress(&h, UnsafeRawBufferPointer(rebasing: bytes[position..<end]), blocks)
        position = end
      }
      rest.append(contentsOf: bytes[position...])
    }

    /// Adds the UTF-8 of a text.
    public mutating func update(_ text: String) {
      var text = text
      text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    /// The digest of what was added.
    public mutating func finish() -> [UInt8] {
      let bits = length &* 8
      var tail: [UInt8] = [0x80]
      let used = (rest.count + 1 + 8) % 64
      tail.append(contentsOf: repeatElement(0, count: used == 0 ? 0 : 64 - used))
      for shift in stride(from: 56, through: 0, by: -8) {
        tail.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
      }
      tail.withUnsafeBytes { update($0) }
      var out: [UInt8] = []
      out.reserveCapacity(32)
      for i in 0..<8 {
        for shift in stride(from: 24, through: 0, by: -8) {
          out.append(UInt8(truncatingIfNeeded: h[i] >> UInt32(shift)))
        }
      }
      return out
    }

    @inline(__always)
    private static func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 {
      (x &>> n) | (x &<< (32 &- n))
    }

    @inline(__always)
    private static func round(
      _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32,
      _ g: UInt32, _ h: inout UInt32, _ word: UInt32
    ) {
      h =
        h &+ word &+ (g ^ (e & (f ^ g))) &+ (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25))
      d = d &+ h
      h = h &+ ((a & b) | (c & (a | b))) &+ (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22))
    }

    /// Takes whole blocks into the state. Eight rounds are written out, so that no word moves.
    private static func compress(
      _ state: inout SIMD8<UInt32>, _ bytes: UnsafeRawBufferPointer, _ blocks: Int
    ) {
      // INVARIANT: `bytes` holds at least 64 bytes a block, `constants` and `words` 64 words.
      precondition(bytes.count >= blocks * 64, "a block of SHA-256 has 64 bytes")
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { words in
        constants.withUnsafeBufferPointer { constants in
          guard let w = words.baseAddress, let k = constants.baseAddress,
            let base = bytes.baseAddress
          else { return }
          var (a, b, c, d) = (state[0], state[1], state[2], state[3])
          var (e, f, g, h) = (state[4], state[5], state[6], state[7])
          for block in 0..<blocks {
            let start = base + block &* 64
            let (a0, b0, c0, d0, e0, f0, g0, h0) = (a, b, c, d, e, f, g, h)
            var i = 0
            while i < 16 {
              w[i] = UInt32(
                bigEndian: start.loadUnaligned(fromByteOffset: i &* 4, as: UInt32.self))
              i &+= 1
            }
            while i < 64 {
              let x = w[i &- 15]
              let y = w[i &- 2]
              w[i] =
                w[i &- 16] &+ (rotate(x, 7) ^ rotate(x, 18) ^ (x &>> 3)) &+ w[i &- 7]
                &+ (rotate(y, 17) ^ rotate(y, 19) ^ (y &>> 10))
              i &+= 1
            }
            i = 0
            while i < 64 {
              round(a, b, c, &d, e, f, g, &h, k[i] &+ w[i])
              round(h, a, b, &c, d, e, f, &g, k[i &+ 1] &+ w[i &+ 1])
              round(g, h, a, &b, c, d, e, &f, k[i &+ 2] &+ w[i &+ 2])
              round(f, g, h, &a, b, c, d, &e, k[i &+ 3] &+ w[i &+ 3])
              round(e, f, g, &h, a, b, c, &d, k[i &+ 4] &+ w[i &+ 4])
              round(d, e, f, &g, h, a, b, &c, k[i &+ 5] &+ w[i &+ 5])
              round(c, d, e, &f, g, h, a, &b, k[i &+ 6] &+ w[i &+ 6])
              round(b, c, d, &e, f, g, h, &a, k[i &+ 7] &+ w[i &+ 7])
              i &+= 8
            }
            a = a &+ a0
            b = b &+ b0
            c = c &+ c0
            d = d &+ d0
            e = e &+ e0
            f = f &+ f0
            g = g &+ g0
            h = h &+ h0
          }
          state = SIMD8(a, b, c, d, e, f, g, h)
        }
      }
    }

    private static let constants: [UInt32] = [
      0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
      0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
      0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
      0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
      0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
      0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
      0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
      0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
      0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
      0xc671_78f2,
    ]
  }
}
