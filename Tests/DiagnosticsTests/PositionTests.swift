import Testing

@testable import PlumblineDiagnostics
@testable import Suggestions

@Suite struct PositionTests {
  @Test(arguments: [
    ("abc", 0, 1, 1), ("abc", 3, 1, 4), ("abc", 99, 1, 4), ("abc", -1, 1, 1), ("", 0, 1, 1),
    ("a\nb", 2, 2, 1), ("a\r\nb", 3, 2, 1), ("a\r\nb", 2, 1, 3), ("a\rb", 2, 2, 1),
    ("a\n\nb", 2, 2, 1), ("é€😀x", 9, 1, 4), ("x\né", 4, 2, 2), ("a\n", 2, 2, 1),
    ("\u{FEFF}ab", 3, 1, 1), ("\u{FEFF}ab", 4, 1, 2), ("\u{FEFF}", 0, 1, 1),
    ("\u{FEFF}a\nb", 5, 2, 1), ("a\u{2028}b", 4, 1, 3),
  ])
  func positions(_ text: String, _ offset: Int32, _ line: Int, _ column: Int) {
    let position = SourceFile(path: "a", bytes: Array(text.utf8)).position(at: offset)
    #expect(position == (line, column))
  }

  /// The table agrees with counting from the start, also beyond its first blocks.
  @Test func longFiles() {
    var random = SystemRandomNumberGenerator()
    let pieces = ["a", "é", "€", "😀", "\n", "\r\n", "\r", "word "]
    var text = ""
    for _ in 0..<3000 { text += pieces.randomElement(using: &random) ?? "" }
    let file = SourceFile(path: "a", bytes: Array(text.utf8))
    var (line, column, offset) = (1, 1, Int32(0))
    let scalars = Array(text.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      #expect(file.position(at: offset) == (line, column))
      offset += Int32(UTF8.width(scalar))
      let isEnd =
        scalar == "\n"
        || scalar == "\r" && !(index + 1 < scalars.count && scalars[index + 1] == "\n")
      (line, column) = isEnd ? (line + 1, 1) : (line, column + 1)
    }
    #expect(file.lineCount == line)
  }

  @Test func linesWithoutTheirEnds() {
    let file = SourceFile(path: "a", bytes: Array("ab\r\nc\n".utf8))
    #expect(file.byteRange(ofLine: 1) == 0..<2)
    #expect(file.byteRange(ofLine: 2) == 4..<5)
    #expect(file.byteRange(ofLine: 3) == 6..<6)
    #expect(file.byteRange(ofLine: 4) == nil)
    #expect(file.byteRange(ofLine: 0) == nil)
  }
}

@Suite struct SuggestTests {
  @Test(
    arguments: [
      ("custmer", ["customer", "customers", "order"], "customer"),
      ("oders", ["orders", "older"], "orders"), ("REF-9", ["REF-1", "REF-8"], "REF-1"),
      ("Order", ["order"], "order"), ("ordre", ["order"], "order"), ("ab", ["ac"], nil),
      ("", ["a"], nil), ("zebra", ["order"], nil), ("same", ["same"], nil),
      ("amonut", ["amount", "account"], "amount"), ("ID", ["id"], "id"),
      ("Paid", ["said", "paid"], "paid"), ("paid", ["payd", "said"], "payd"),
      ("orderId", ["order_ids", "order_id"], "order_id"),
      ("qty", ["quantity", "total"], "quantity"),
      ("quant", ["quantity", "total"], "quantity"),
      ("refund", ["issue_refund", "tell"], "issue_refund"),
      ("refund", ["issue_refund", "undo_refund"], nil), ("at", ["amount"], nil),
      ("total", ["total_paid", "totals"], "totals"), ("fun", ["issue_refund"], nil),
    ] as [(String, [String], String?)])
  func nearest(_ name: String, _ names: [String], _ expected: String?) {
    #expect(Suggest.nearest(name, among: names) == expected)
    #expect(Suggest.nearest(name, among: names.reversed()) == expected)
  }

  @Test func distances() {
    func distance(_ a: String, _ b: String) -> Int? {
      Suggest.distance(Array(a.unicodeScalars), Array(b.unicodeScalars), limit: 9)
    }
    #expect(distance("abc", "abc") == 0)
    #expect(distance("abc", "acb") == 1)
    #expect(distance("", "abc") == 3)
    #expect(distance("kitten", "sitting") == 3)
  }
}
