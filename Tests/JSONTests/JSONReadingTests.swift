import PlumblineJSON
import Testing

@Suite struct JSONReadingTests {
  static let valid: [(String, JSON)] = [
    ("null", .null), (" true ", true), ("false", false), ("0", 0), ("-0", 0), ("-12", -12),
    ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
    ("9223372036854775808", .bigInteger("9223372036854775808")),
    ("-9223372036854775809", .bigInteger("-9223372036854775809")),
    ("1.5", 1.5), ("-1e3", -1000.0), ("1E+2", 100.0),
    ("123456789012345678901.5", 1.2345678901234568e20),
    ("1e-400", 0.0), ("5e-324", .double(.leastNonzeroMagnitude)), ("0.1", 0.1),
    ("1.7976931348623157e308", 1.7976931348623157e308),
    (#""""#, ""), (#""a\n\"\\\/\b\f\r\t""#, "a\n\"\\/\u{8}\u{c}\r\t"),
    (#""\u0041\u00e9\u20AC\ud83d\ude00""#, "Aé€😀"),
    (#""é€😀 and some more text""#, "é€😀 and some more text"),
    ("[]", []), ("[ ]", []), ("{}", .object([])), ("{ }", .object([])),
    ("[[],{}]", [[], .object([])]), ("[1,[2,[3]],4]", [1, [2, [3]], 4]),
    (#"{"a":{"b":[]},"c":{}}"#, ["a": ["b": []], "c": .object([])]),
    ("\t[\r\n1 ,\n2 ]\n", [1, 2]), (#"{ "a" : 1 , "b" : "x" }"#, ["a": 1, "b": "x"]),
    (#"{"":0}"#, ["": 0]),
  ]

  @Test(arguments: valid)
  func reads(_ text: String, _ value: JSON) throws {
    let document = try JSONDocument.parse(text)
    #expect(JSON(document.root) == value)
    let again = try JSONDocument.parse(CanonicalJSON.encode(document.root))
    #expect(again.root.isEqual(to: document.root))
  }

  static let invalid: [(String, Int, String)] = [
    ("", 0, "the text ends too early"), ("  ", 2, "the text ends too early"),
    ("nul", 0, "expected a value"),
    ("truE", 0, "expected a value"), ("01", 0, "must not start with zero"),
    ("-", 1, "ends too early"),
    ("+1", 0, "expected a value"), (".5", 0, "expected a value"), ("1.", 2, "expected a digit"),
    ("1e", 2, "expected a digit"), ("1e400", 0, "too large"), ("1 2", 2, "unexpected text"),
    ("[1,]", 3, "expected a value"), ("[,1]", 1, "expected a value"),
    ("[1 2]", 3, "expected `,` or `]`"),
    ("[1", 2, "expected `,` or `]`"), ("[1}", 2, "expected `,` or `]`"),
    ("{1:2}", 1, "double quotes"),
    (#"{"a"}"#, 4, "expected `:`"), (#"{"a":1,}"#, 7, "double quotes"),
    (#"{"a":}"#, 5, "expected a value"),
    (#"{"a":1"#, 6, "expected `,` or `}`"), (#"{"a":1]"#, 6, "expected `,` or `}`"),
    ("{,}", 1, "double quotes"),
    ("\"a", 2, "inside a string"), ("\"a\nb\"", 2, "control characters"),
    (#""\x""#, 1, "unknown escape"),
    (#""\u12""#, 1, "unknown escape"), ("\"\\", 2, "inside a string"),
    (#""\ud800""#, 1, "surrogate"),
    (#""\udc00""#, 1, "surrogate"), (#""\ud800\u0041""#, 1, "surrogate"),
    ("NaN", 0, "expected a value"),
    ("'a'", 0, "expected a value"), ("// x\n1", 0, "expected a value"),
    ("\u{FEFF}\u{FEFF}1", 3, "expected a value"),
    ("]", 0, "expected a value"), ("[1\u{0}]", 2, "expected `,` or `]`"),
  ]

  @Test(arguments: invalid)
  func refuses(_ text: String, _ offset: Int, _ message: String) {
    let error = #expect(throws: JSONError.self) { _ = try JSONDocument.parse(text) }
    #expect(error?.offset == offset)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "none")")
  }

  static let notUTF8: [[UInt8]] = [
    [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x9F, 0x80],
    [0xED, 0xA0, 0x80],
    [0xE1, 0x80], [0xF0, 0x8F, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
    [0xFF],
  ]

  @Test(arguments: notUTF8)
  func refusesNotUTF8(_ bytes: [UInt8]) {
    for prefix in 0..<10 {
      let text = [0x22] + Array(repeating: UInt8(0x61), count: prefix) + bytes + [0x22]
      let error = #expect(throws: JSONError.self) { _ = try JSONDocument.parse(text) }
      #expect(error == JSONError(offset: 1 + prefix, message: "not valid UTF-8"))
      _ = #expect(throws: JSONError.self) { _ = try JSONDocument.parse(Array(text.dropLast())) }
    }
  }

  @Test func limits() throws {
    let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    #expect(try JSONDocument.parse(deep).root.count == 1)
    #expect(throws: JSONError(offset: 200, message: "nested more than 200 deep")) {
      _ = try JSONDocument.parse("[" + deep + "]")
    }
    let veryDeep = String(repeating: "[", count: 1_000_000)
    #expect(throws: JSONError.self) { _ = try JSONDocument.parse(veryDeep) }
    #expect(throws: JSONError.self) {
      _ = try JSONDocument.parse("[1,2,3]", limits: JSONLimits(bytes: 5))
    }
  }

  @Test func duplicates() throws {
    #expect(try JSONDocument.parse(#"{"a":1,"b":{"a":1}}"#).duplicateKey == nil)
    let small = try JSONDocument.parse(#"{"a":1,"b":2,"\u0061":3}"#)
    #expect(small.duplicateKey?.key == "a")
    #expect(small.duplicateKey?.offset == 13)
    #expect(small.root["a"]?.int == 1)
    #expect(CanonicalJSON.encode(small.root) == Array(#"{"a":1,"b":2}"#.utf8))
    // é composed and decomposed are two keys.
    #expect(try JSONDocument.parse("{\"\u{E9}\":1,\"e\u{301}\":2}").duplicateKey == nil)
    let names = (0..<5000).map { "\"key\($0)\":\($0)" }
    let large = "{" + names.joined(separator: ",")
    #expect(try JSONDocument.parse(large + "}").duplicateKey == nil)
    #expect(try JSONDocument.parse(large + #","key77":0}"#).duplicateKey?.key == "key77")
    #expect(try JSONDocument.parse(#"[{"x":0,"x":1},{"y":0,"y":1}]"#).duplicateKey?.key == "x")
  }

  @Test func nodes() throws {
    let text = #"{"s":"a\u0062","n":-12,"d":2.50,"l":[1,"two",null],"big":12345678901234567890}"#
    let document = try JSONDocument.parse(text)
    let root = document.root
    #expect(root.count == 5)
    #expect(root["s"]?.string == "ab")
    #expect(root["s"]?.stringEquals("ab") == true)
    #expect(root["s"]?.stringEquals("a") == false)
    #expect(root["n"]?.int == -12)
    #expect(root["n"]?.double == -12)
    #expect(root["d"]?.text == "2.50")
    #expect(root["d"]?.double == 2.5)
    #expect(root["d"]?.int == nil)
    #expect(root["l"]?.count == 3)
    #expect(root["l"]?[index: 1]?.string == "two")
    #expect(root["l"]?[index: 3] == nil)
    #expect(root["l"]?[index: -1] == nil)
    #expect(root["l"]?.text == #"[1,"two",null]"#)
    #expect(root["none"] == nil)
    #expect(root["big"]?.kind == .bigInteger)
    #expect(root["big"]?.double == 1.2345678901234567e19)
    #expect(document.bigInteger == text.utf8.count - 21)
    #expect(root.members.map { $0.key.string } == ["s", "n", "d", "l", "big"])
    #expect(root["l"]?.copy().text == root["l"]?.text)
    let made = try JSONNode.make(from: ["a": [1, 2.5, "x"]])
    #expect(JSON(made) == ["a": [1, 2.5, "x"]])
  }

  @Test func parserKeepsWhatIsHeld() throws {
    let parser = JSONParser()
    let first = try Array("{\"a\":1}".utf8).withUnsafeBytes { try parser.parse($0) }
    let long = "[" + (0..<5000).map(String.init).joined(separator: ",") + "]"
    let second = try Array(long.utf8).withUnsafeBytes { try parser.parse($0) }.root.count
    #expect(second == 5000)
    #expect(first.root["a"]?.int == 1)
    #expect(throws: JSONError.self) {
      _ = try Array("{".utf8).withUnsafeBytes { try parser.parse($0) }
    }
    #expect(try Array("7".utf8).withUnsafeBytes { try parser.parse($0) }.root.int == 7)
  }

  @Test func lines() {
    let text = Array("a\r\nbb\n\nccc".utf8)
    let whole = text.withUnsafeBytes { raw in
      JSONLines(raw).map {
        "\($0.number) \($0.offset) " + String(decoding: $0.bytes, as: UTF8.self)
      }
    }
    #expect(whole == ["1 0 a", "2 3 bb", "3 6 ", "4 7 ccc"])
    for size in 1...text.count {
      var splitter = JSONLineSplitter()
      var lines: [String] = []
      func keep(_ line: JSONLines.Line) {
        lines.append("\(line.number) \(line.offset) " + String(decoding: line.bytes, as: UTF8.self))
      }
      var start = 0
      while start < text.count {
        let chunk = Array(text[start..<min(start + size, text.count)])
        chunk.withUnsafeBytes { splitter.append($0, keep) }
        start += size
      }
      splitter.finish(keep)
      #expect(lines == whole)
    }
  }
}
