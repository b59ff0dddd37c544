import Foundation
import Testing

/// Results held to a JSON Schema file, from outside: `required` means present, and null stands only where
/// the schema allows it.
@Suite struct SchemaContractTests {
  static let spec = """
    plumb: 1
    spec: d
    types: { X: { schema: schemas/x.json } }
    tools:
      get: { effect: read, args: { id: string }, returns: X, keeps: 'xs[args.id]' }
      put: { effect: write, args: { x: X }, touches: none }
    requirements:
      - id: R
        statement: The agent shall put nothing that is noted.
        applies_to: put
        require: '!has(args.x.note)'
        examples:
          - name: without a note
            propose: { action: put, args: { x: { id: a, note: null } } }
            expect: allow
    """
  static let schema = """
    {"type":"object","required":["id","note"],"properties":{"id":{"type":"string"},
     "note":{"type":["string","null"]},"kind":{"enum":["a","b"]},"count":{"type":"integer"},
     "more":{"type":["string","null"]}}}
    """

  static let cases: [(value: String, finds: String?)] = [
    (#"{"id":"a","note":null}"#, nil), (#"{"id":"a","note":"n","kind":"a","count":2}"#, nil),
    (#"{"id":"a","note":"n","more":null}"#, nil),
    (#"{"id":"a"}"#, "`note`: expected `string` or null, found nothing"),
    (#"{"id":"a","note":"n","kind":null}"#, "`kind`: expected `[a, b]`, found null"),
    (#"{"id":"a","note":"n","count":null}"#, "`count`: expected `int`, found null"),
  ]

  @Test(arguments: cases)
  func resultsAndArguments(_ value: String, _ finds: String?) throws {
    try holds(Self.spec, Self.schema, value, finds)
  }

  private func holds(_ spec: String, _ schema: String, _ value: String, _ finds: String?) throws {
    try Tool.withFolder { folder in
      try Tool.write(spec, "d/d.yaml", in: folder)
      try Tool.write(schema, "d/schemas/x.json", in: folder)
      let check = try Tool.run(["check", "d"], in: folder)
      #expect(check.status == 0, "\(check.err)")
      let trace = """
        {"case":"c","time":"2026-01-05T09:00:00Z","type":"propose","id":"1","action":"get","args":{"id":"1"}}
        {"case":"c","time":"2026-01-05T09:00:01Z","type":"result","of":"1","result":\(value)}
        {"case":"c","time":"2026-01-05T09:00:02Z","type":"propose","id":"2","action":"put","args":{"x":\(value)}}

        """
      _ = try Tool.run(["replay", "d", "-", "--findings", "f"], in: folder, input: trace)
      let findings = try Tool.lines(folder.appendingPathComponent("f")).filter {
        $0["requirement"] is NSNull
      }
      #expect(
        findings.map { $0["category"] as? String }
          == (finds == nil ? [] : ["contract_drift", "invalid"]))
      if let finds {
        #expect((findings.first?["message"] as? String)?.hasSuffix(finds) == true, "\(findings)")
      }
    }
  }

  static let limited = """
    {"type":"object","required":["id"],"additionalProperties":false,"properties":{
     "id":{"type":"string","minLength":2,"maxLength":4,"pattern":"^[a-z]+[0-9]*$"},
     "amount":{"type":"number","minimum":0,"exclusiveMaximum":100,"multipleOf":0.01},
     "count":{"type":["integer","null"],"exclusiveMinimum":0,"maximum":9},
     "tags":{"type":"array","items":{"type":"string","maxLength":3},"minItems":1,"maxItems":2,"uniqueItems":true},
     "rates":{"type":"object","additionalProperties":{"type":"number","maximum":1},"maxProperties":1},
     "line":{"$ref":"#/$defs/Line"},"note":{"type":"string"},
     "by":{"type":"string","format":"uuid"}},
     "$defs":{"Line":{"properties":{"sku":{"type":"string","minLength":1}},"additionalProperties":false}}}
    """

  static let limits: [(value: String, finds: String?)] = [
    (
      #"{"id":"ab1","amount":19.99,"count":null,"tags":["a","b"],"rates":{"x":1},"line":{"sku":"s"}}"#,
      nil
    ),
    (#"{"id":"ab","amount":0.07,"count":9,"rates":{}}"#, nil),
    (#"{"id":"a"}"#, "`id`: expected at least 2 characters, found 1 character"),
    (#"{"id":"abcde"}"#, "`id`: expected at most 4 characters, found 5 characters"),
    (#"{"id":"1a"}"#, "`id`: expected a text that matches `^[a-z]+[0-9]*$`, found the text `1a`"),
    (#"{"id":"ab","amount":-3}"#, "`amount`: expected at least 0, found -3"),
    (#"{"id":"ab","amount":100}"#, "`amount`: expected less than 100, found 100"),
    (#"{"id":"ab","amount":1.005}"#, "`amount`: expected a multiple of 0.01, found 1.005"),
    (#"{"id":"ab","count":0}"#, "`count`: expected more than 0, found 0"),
    (#"{"id":"ab","count":10}"#, "`count`: expected at most 9, found 10"),
    (#"{"id":"ab","tags":[]}"#, "`tags`: expected at least 1 element, found 0 elements"),
    (
      #"{"id":"ab","tags":["a","b","c"]}"#, "`tags`: expected at most 2 elements, found 3 elements"
    ),
    (#"{"id":"ab","tags":["a","a"]}"#, "`tags`: expected each element once, found one twice"),
    (
      #"{"id":"ab","tags":["abcd"]}"#,
      "`tags[0]`: expected at most 3 characters, found 4 characters"
    ),
    (#"{"id":"ab","rates":{"x":1.5}}"#, "`rates.x`: expected at most 1, found 1.5"),
    (#"{"id":"ab","rates":{"x":1,"y":1}}"#, "`rates`: expected at most 1 key, found 2 keys"),
    (#"{"id":"ab","colour":"red"}"#, "`colour`: expected no field of this name, found one"),
    (
      #"{"id":"ab","line":{"sku":"s","x":1}}"#,
      "`line.x`: expected no field of this name, found one"
    ),
    (#"{"id":"ab","amount":"1"}"#, "`amount`: expected `number`, found a text"),
  ]

  @Test(arguments: limits)
  func limitsOfASchema(_ value: String, _ finds: String?) throws {
    try holds(
      Self.spec.replacingOccurrences(of: "id: a, note: null", with: "id: ab"), Self.limited, value,
      finds)
  }

  /// In Swift nil is written as null where it must be there.
  @Test func generatedSwiftWritesNull() throws {
    try Tool.withFolder { folder in
      try Tool.write(Self.spec, "d/d.yaml", in: folder)
      try Tool.write(Self.schema, "d/schemas/x.json", in: folder)
      let run = try Tool.run(["swift", "d", "-o", "out"], in: folder)
      #expect(run.status == 0, "\(run.err)")
      let out = folder.appendingPathComponent("out")
      var text = ""
      for name in try FileManager.default.contentsOfDirectory(atPath: out.path) {
        text += try String(contentsOf: out.appendingPathComponent(name), encoding: .utf8)
      }
      #expect(text.contains(#"members.append(.init("note", self.note.specJSON))"#))
      #expect(text.contains(#"if let value = self.kind { members.append"#))
    }
  }

  /// An example's arguments are checked like a trace's, at their place.
  @Test func examplesToo() throws {
    try Tool.withFolder { folder in
      try Tool.write(
        Self.spec.replacingOccurrences(of: ", note: null", with: ""), "d/d.yaml", in: folder)
      try Tool.write(Self.schema, "d/schemas/x.json", in: folder)
      let check = try Tool.run(["check", "d"], in: folder)
      #expect(check.status == 2)
      #expect(check.err.contains("d/d.yaml:14:44: error: "), "\(check.err)")
      #expect(check.err.contains("`note`"))
    }
  }
}
