import Foundation
import PlumblineJSON
import Testing

/// Numbers that only depend on the seed, so that a failure can be replayed.
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct CanonicalJSONTests {
  /// The table of RFC 8785, appendix B.
  static let numbers: [(UInt64, String)] = [
    (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
    (0x8000_0000_0000_0001, "-5e-324"), (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"),
    (0xFFEF_FFFF_FFFF_FFFF, "-1.7976931348623157e+308"),
    (0x4340_0000_0000_0000, "9007199254740992"),
    (0xC340_0000_0000_0000, "-9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
    (0x44B5_2D02_C7E1_4AF5, "9.999999999999997e+22"), (0x44B5_2D02_C7E1_4AF6, "1e+23"),
    (0x44B5_2D02_C7E1_4AF7, "1.0000000000000001e+23"),
    (0x444B_1AE4_D6E2_EF4E, "999999999999999700000"),
    (0x444B_1AE4_D6E2_EF4F, "999999999999999900000"), (0x444B_1AE4_D6E2_EF50, "1e+21"),
    (0x3EB0_C6F7_A0B5_ED8C, "9.999999999999997e-7"), (0x3EB0_C6F7_A0B5_ED8D, "0.000001"),
    (0x41B3_DE43_5555_5553, "333333333.3333332"), (0x41B3_DE43_5555_5554, "333333333.33333325"),
    (0x41B3_DE43_5555_5555, "333333333.3333333"), (0x41B3_DE43_5555_5556, "333333333.3333334"),
    (0x41B3_DE43_5555_5557, "333333333.33333343"),
    (0xBECB_F647_612F_3696, "-0.0000033333333333333333"),
    (0x4314_3FF3_C1CB_0959, "1424953923781206.2"),
  ]

  @Test(arguments: numbers)
  func writesNumbers(_ bits: UInt64, _ text: String) throws {
    #expect(JSONNumber.text(of: Double(bitPattern: bits)) == text)
    let value = try JSONDocument.parse(text).root.double
    #expect(value == Double(bitPattern: bits))
  }

  @Test func refusesWhatJSONLacks() {
    for value in [Double.nan, .infinity, -.infinity] {
      #expect(throws: JSONError.self) { _ = try CanonicalJSON.encode(["a": .double(value)]) }
    }
    #expect(throws: JSONError.self) { _ = try CanonicalJSON.encode(.bigInteger("1}")) }
  }

  @Test func sortsByCodeUnits() throws {
    // RFC 8785, 3.2.3.
    let text = """
      {"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh",\
      "1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin"}
      """
    let keys = ["\r", "1", "\u{80}", "\u{f6}", "\u{20ac}", "\u{1F600}", "\u{fb33}"]
    let document = try JSONDocument.parse(text)
    let bytes = CanonicalJSON.encode(document.root)
    #expect(try JSONDocument.parse(bytes).root.members.map { $0.key.string } == keys)
    #expect(try CanonicalJSON.encode(JSON(document.root)) == bytes)
    #expect(JSON(document.root).sorted().members?.map(\.key) == keys)
  }

  @Test func escapesOnlyWhatItMust() throws {
    let value: JSON = .string("\u{0}\u{1f}\u{7f}\"\\/\n\u{2028}é")
    #expect(
      String(decoding: try CanonicalJSON.encode(value), as: UTF8.self)
        == "\"\\u0000\\u001f\u{7f}\\\"\\\\/\\n\u{2028}é\"")
  }

  @Test func prints() throws {
    let value: JSON = ["b": [1, .object([]), []], "a": ["x": nil]]
    #expect(
      try value.prettyPrinted() == """
        {
          "b": [
            1,
            {},
            []
          ],
          "a": {
            "x": null
          }
        }

        """)
  }

  static func random(_ depth: Int, _ g: inout SeededNumbers) -> JSON {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &g) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &g))
    case 2: return .int(Int64.random(in: .min ... .max, using: &g))
    case 3: return .int(Int64.random(in: -100...100, using: &g))
    case 4:
      let value = Double(bitPattern: g.next())
      // Whole doubles below 1e21 are written like integers and come back as such.
      return value.isFinite && value.rounded() != value ? .double(value) : .double(0.25)
    case 5, 6: return .string(randomText(&g))
    case 7: return .array((0..<Int.random(in: 0..<5, using: &g)).map { _ in random(depth - 1, &g) })
    default:
      var members: [JSON.Member] = []
      for i in 0..<Int.random(in: 0..<40, using: &g) / (depth > 2 ? 1 : 8) {
        members.append(.init(randomText(&g) + "#\(i)", random(depth - 1, &g)))
      }
      return .object(members)
    }
  }

  static func randomText(_ g: inout SeededNumbers) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0..<12, using: &g) {
      let top: UInt32 = [0x30, 0x80, 0x800, 0x10000, 0x110000][Int.random(in: 0..<5, using: &g)]
      if let scalar = Unicode.Scalar(UInt32.random(in: 0..<top, using: &g)) {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  @Test func canonicalTextReadsBack() throws {
    for seed in 0..<400 {
      var g = SeededNumbers(state: UInt64(seed))
      let value = Self.random(4, &g)
      let bytes = try CanonicalJSON.encode(value)
      let document = try JSONDocument.parse(bytes)
      #expect(JSON(document.root) == value.sorted(), "seed \(seed)")
      #expect(CanonicalJSON.encode(document.root) == bytes, "seed \(seed)")
      #expect(try CanonicalJSON.encode(JSON(document.root)) == bytes, "seed \(seed)")
      let pretty = try JSONDocument.parse(try value.prettyPrinted())
      #expect(CanonicalJSON.encode(pretty.root) == bytes, "seed \(seed)")
    }
  }

  /// Seconds of fuzzing in a usual run; `PLUMBLINE_FUZZ_SECONDS` asks for more.
  @Test func brokenBytesNeverTrap() throws {
    let wish = ProcessInfo.processInfo.environment["PLUMBLINE_FUZZ_SECONDS"].flatMap(Double.init)
    let end = Date().addingTimeInterval(wish ?? 1)
    let parser = JSONParser()
    var seed: UInt64 = 1
    while Date() < end {
      for _ in 0..<100 {
        seed += 1
        var g = SeededNumbers(state: seed)
        var bytes = try CanonicalJSON.encode(Self.random(3, &g))
        for _ in 0..<Int.random(in: 0..<4, using: &g) where !bytes.isEmpty {
          let at = Int.random(in: 0..<bytes.count, using: &g)
          switch Int.random(in: 0..<4, using: &g) {
          case 0: bytes.removeSubrange(at...)
          case 1: bytes[at] = UInt8.random(in: 0...255, using: &g)
          case 2: bytes.insert(Array("{}[]\",:\\ue0-.9".utf8).randomElement(using: &g) ?? 0, at: at)
          default: bytes.remove(at: at)
          }
        }
        let document = bytes.withUnsafeBytes { try? parser.parse($0) }
        if let root = document?.root {
          // What is accepted is valid by Foundation's reader too, and stable.
          let once = CanonicalJSON.encode(root)
          let again = try JSONDocument.parse(once)
          #expect(CanonicalJSON.encode(again.root) == once, "seed \(seed)")
          let theirs = try? JSONSerialization.jsonObject(
            with: Data(bytes), options: [.fragmentsAllowed])
          #expect(theirs != nil, "seed \(seed)")
        }
      }
    }
  }
}
