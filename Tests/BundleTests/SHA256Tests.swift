import PlumblineBundle
import Testing

@Suite struct SHA256Tests {
  /// FIPS 180-4 examples and NIST's short vectors.
  static let vectors: [(String, String)] = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
        + "lmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ]

  @Test(arguments: vectors)
  func hashes(_ text: String, _ expected: String) {
    #expect(SHA256.hex(text) == expected)
  }

  @Test func piecesMakeTheWhole() {
    let bytes = (0..<300).map { UInt8($0 & 255) }
    let whole = SHA256.hash(bytes)
    for size in [1, 7, 55, 56, 63, 64, 65, 128, 200] {
      var state = SHA256.State()
      var start = 0
      while start < bytes.count {
        Array(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes { state.update($0) }
        start += size
      }
      #expect(state.finish() == whole)
    }
  }

  /// RFC 4231.
  @Test func authenticates() {
    func code(_ key: [UInt8], _ text: String) -> String {
      SHA256.hexText(SHA256.authenticate(Array(text.utf8), key: key))
    }
    #expect(
      code(Array(repeating: 0x0B, count: 20), "Hi There")
        == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    #expect(
      code(Array("Jefe".utf8), "what do ya want for nothing?")
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
      code(
        Array(repeating: 0xAA, count: 131),
        "Test Using Larger Than Block-Size Key - Hash Key First")
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }
}
