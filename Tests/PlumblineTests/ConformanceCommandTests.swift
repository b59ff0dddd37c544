import Foundation
import Testing

/// `cel-conformance`, as a person runs it.
@Suite struct ConformanceCommandTests {
  static let command = Tool.products.appendingPathComponent("cel-conformance")

  private func suite(_ tests: String...) -> String {
    """
    {"file":"x","sections":[{"name":"s","tests":[\(tests.joined(separator: ","))]}]}
    """
  }

  private func write(_ text: String, _ name: String, in folder: URL) throws {
    try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
  }

  @Test func countsFailuresAndSkips() throws {
    try Tool.withFolder { folder in
      try write(
        suite(
          #"{"name":"one","expr":"1 + 1","protobuf":false,"expect":{"value":{"int":"2"}}}"#,
          #"{"name":"type","expr":"[1]","protobuf":false,"check_only":true,"expect":{"typed":{"type":"list(int)"}}}"#,
          #"{"name":"message","expr":"x.Y{}","protobuf":true,"expect":{"value":{"int":"2"}}}"#,
          #"{"name":"fails","expr":"1 / 0","protobuf":false,"expect":{"error":["divide"]}}"#),
        "good.json", in: folder)
      let fine = try Tool.run(Self.command, [".", "--format", "json"], in: folder)
      #expect(fine.status == 0)
      #expect(
        fine.out
          == #"{"files":{"good":{"passed":3,"failed":0,"skipped":1}},"passed":3,"failed":0,"skipped":1,"failures":[]}"#
          + "\n")
      try write(
        suite(
          #"{"name":"wrong","expr":"1 + 1","protobuf":false,"expect":{"value":{"uint":"2"}}}"#,
          #"{"name":"typed","expr":"1","protobuf":false,"expect":{"typed":{"type":"uint","value":{"int":"1"}}}}"#,
          // Not checked, not there, or a value: none of these is the error that was asked for.
          #"{"name":"unchecked","expr":"1 + 'a'","protobuf":false,"expect":{"error":["no such overload"]}}"#,
          #"{"name":"missing","expr":"nothing(1)","disable_check":true,"protobuf":false,"expect":{"error":["range"]}}"#,
          #"{"name":"qualified","expr":"math.sqrt('x')","disable_check":true,"protobuf":false,"expect":{"error":["no such overload"]}}"#,
          #"{"name":"value","expr":"1","protobuf":false,"expect":{"any_error":[["x"]]}}"#,
          #"{"name":"unbound","expr":"nothing(1)","disable_check":true,"protobuf":false,"expect":{"error":["unbound function"]}}"#
        ), "bad.json", in: folder)
      let bad = try Tool.run(Self.command, [".", "--format", "json"], in: folder)
      #expect(bad.status == 1)
      let report = try Tool.json(bad.out)
      #expect(report["passed"] as? Int == 5)
      #expect(report["failed"] as? Int == 5)
      #expect(report["skipped"] as? Int == 1)
      let failures = try #require(report["failures"] as? [[String: String]])
      #expect(
        failures.map { $0["name"] } == ["wrong", "typed", "unchecked", "missing", "value"])
      #expect(
        failures[0] == [
          "file": "bad", "section": "s", "name": "wrong", "expected": #"{"uint":"2"}"#, "got": "2",
        ])
      #expect(failures[3]["got"] == "there is no function `nothing`")
      let text = try Tool.run(Self.command, ["."], in: folder)
      #expect(text.status == 1)
      #expect(text.out.hasSuffix("5 passed, 5 failed, 1 skipped (protobuf)\n"))
      #expect(text.out.contains("bad/s/wrong\n  expected {\"uint\":\"2\"}\n  got      2\n"))
    }
  }

  @Test(arguments: [
    "{", "{}", #"{"sections":[{"name":"s"}]}"#,
    #"{"sections":[{"name":"s","tests":[{"name":"n","expect":{"value":{"int":"1"}}}]}]}"#,
    #"{"sections":[{"name":"s","tests":[{"name":"n","expr":"1","expect":{}}]}]}"#,
    #"{"sections":[{"name":"s","tests":[{"name":"n","expr":"1","expect":{"wish":1}}]}]}"#,
  ])
  func whatIsNoTestFile(_ text: String) throws {
    try Tool.withFolder { folder in
      try write(text, "x.json", in: folder)
      let run = try Tool.run(Self.command, ["."], in: folder)
      #expect(run.status == 2)
      #expect(run.err.hasPrefix("cel-conformance: x.json: "))
    }
  }

  @Test func wrongCalls() throws {
    try Tool.withFolder { folder in
      for arguments in [[], ["nowhere"], ["."], ["--format", "xml", "."]] {
        let run = try Tool.run(Self.command, arguments, in: folder)
        #expect(run.status == 2, "\(arguments)")
        #expect(!run.err.isEmpty, "\(arguments)")
      }
      #expect(try Tool.run(Self.command, ["--help"], in: folder).status == 0)
    }
  }
}
