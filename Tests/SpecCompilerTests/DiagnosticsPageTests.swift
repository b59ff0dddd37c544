import Foundation
import PlumblineDiagnostics
import Testing

/// The page of diagnostics lists every code that the sources can say, and no other.
@Suite struct DiagnosticsPageTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The codes that texts of a folder name, with the places to look left to the caller.
  static func codes(
    below folder: String, _ pattern: some RegexComponent<(Substring, Substring)>,
    where isRead: (String) -> Bool
  ) throws -> Set<String> {
    var found: Set<String> = []
    let folder = Self.root.appendingPathComponent(folder)
    let files = try #require(FileManager.default.enumerator(atPath: folder.path))
    for case let file as String in files where isRead(file) {
      let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
      for match in text.matches(of: pattern) { found.insert(String(match.output.1)) }
    }
    return found
  }

  /// What the sources can say.
  static func saidCodes() throws -> Set<String> {
    var said = try codes(below: "Sources", /"(PL\d{4})"/) { $0.hasSuffix(".swift") }
    // A bound that code compares with, not a code.
    said.remove("PL0100")
    return said
  }

  @Test func everyCodeIsListed() throws {
    let said = try Self.saidCodes()
    let page = try String(
      contentsOf: Self.root.appendingPathComponent("Docs/Diagnostics.md"), encoding: .utf8)
    let listed = page.matches(of: /(?m)^\| (PL\d{4}) \|/).map { String($0.1) }
    #expect(said.subtracting(listed).sorted() == [])
    #expect(Set(listed).subtracting(said).sorted() == [])
    #expect(listed == listed.sorted())
  }

  /// Every message has a case that produces it: a test or the data of one names its code.
  @Test func everyCodeIsTested() throws {
    let kinds = [".swift", ".yaml", ".txt", ".json", ".jsonl", ".md"]
    var tested = try Self.codes(below: "Tests", /\b(PL\d{4})\b/) { file in
      // Renderers are tested with diagnostics made up for them, and this file names codes too.
      !file.hasPrefix("DiagnosticsTests/") && !file.hasSuffix("DiagnosticsPageTests.swift")
        && kinds.contains { file.hasSuffix($0) }
    }
    // An invariant: a guard that refuses what the compiler passed. No spec is to produce it.
    tested.insert("PL0999")
    let untested = try Self.saidCodes().subtracting(tested).sorted()
    #expect(untested == [])
  }

  /// A case about the order `o-1` in which one is refunded and the customer is told so: the 14th event.
  static func review(refunded: String) -> String {
    func read(_ id: Int, _ action: String, _ args: String, _ result: String) -> [String] {
      [
        #""type":"propose","id":"\#(id)","action":"\#(action)","args":{\#(args)}"#,
        #""type":"result","of":"\#(id)","result":\#(result)"#,
      ]
    }
    func order(_ id: String) -> String {
      #"{"id":"\#(id)","status":"delivered","total":40.0,"address":"here","items":[]}"#
    }
    let customer = #"{"id":"k-1","tier":"basic","escalated":false,"verified":true}"#
    let events =
      [#""type":"open","data":{"order_id":"o-1"}"#]
      + read(1, "get_customer", #""customer_id":"k-1""#, customer)
      + read(2, "get_order", #""order_id":"o-1""#, order("o-1"))
      + read(3, "get_order", #""order_id":"o-2""#, order("o-2"))
      + [
        #""type":"message","from":"agent","text":"I can refund 25.00.""#,
        #""type":"message","from":"user","text":"Yes, please do.""#,
        #""type":"propose","id":"4","action":"issue_refund","confidence":0.9,"#
          + #""args":{"order_id":"\#(refunded)","amount":25.0,"reason":"late"}"#,
        #""type":"result","of":"4","result":{"id":"r-1"}"#, #""type":"tick""#, #""type":"tick""#,
        #""type":"propose","id":"5","action":"tell_customer","#
          + #""args":{"text":"Your refund was issued."}"#,
      ]
    return events.enumerated().map { index, event in
      #"{"case":"c-88","time":"2026-05-02T10:00:\#(10 + index)Z",\#(event)}"# + "\n"
    }.joined()
  }

  /// The example of the plan of record compiles without an error.
  @Test func theDesignsExampleCompiles() throws {
    let url = Self.root.deletingLastPathComponent().appendingPathComponent("shared/design.md")
    guard let page = try? String(contentsOf: url, encoding: .utf8) else {
      print("skipped: ../shared/design.md is not there")
      return
    }
    let block = try #require(page.firstMatch(of: /(?s)```yaml\n(.*?)```/)?.1)
    let compiled = Compiled(
      String(block),
      files: [
        "schemas/refund.json":
          #"{"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}"#,
        "traces/INC-2026-014.jsonl": Self.review(refunded: "o-2"),
        "traces/INC-2026-014.twin.jsonl": Self.review(refunded: "o-1"),
      ])
    let worse = compiled.diagnostics.filter { $0.severity != .note }
    #expect(worse.map { compiled.describe($0) } == [])
    #expect(compiled.bundle != nil)
  }
}
