import Foundation
import PlumblineJSON
import Testing

@testable import PlumblineReference

/// The public conformance suite as a cheap check of the second interpreter's CEL.
///
/// The suite is not part of the project; where it is not beside it, the tests are skipped.
@Suite struct PlainConformanceTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/cel-conformance").standardizedFileURL
  static let isThere = FileManager.default.fileExists(
    atPath: folder.appending(path: "basic.json").path)

  static let files = [
    "basic", "bindings_ext", "comparisons", "conversions", "encoders_ext", "fields", "fp_math",
    "integer_math", "lists", "logic", "macros", "macros2", "math_ext", "optionals", "parse",
    "string", "string_ext", "timestamps",
  ]

  /// What is left out: types are not checked, there are no containers, and `format` is not there.
  static func isOutside(_ test: JSON) -> Bool {
    let text = test["expr"]?.string ?? ""
    return test["protobuf"]?.bool != false || test["check_only"]?.bool == true
      || test["container"] != nil || text.contains("format(") || text.contains("google.")
  }

  static func value(_ json: JSON) -> Plain? {
    guard let (kind, content) = json.members?.first.map({ ($0.key, $0.value) }) else { return nil }
    let text = content.string ?? ""
    switch kind {
    case "null": return .null
    case "bool": return content.bool.map { .bool($0) }
    case "string": return .string(text)
    case "int": return Int64(text).map { .int($0) }
    case "uint": return UInt64(text).map { .uint($0) }
    case "double": return Double(text).map { .double($0) }
    case "bytes": return PlainLibrary.call("base64.decode", [.string(text)])
    case "list": return .list((content.elements ?? []).compactMap(value), rest: nil)
    case "map":
      let entries = (content.elements ?? []).compactMap { entry -> PlainEntry? in
        guard let pair = entry.elements, pair.count == 2, let key = value(pair[0]),
          let item = value(pair[1])
        else { return nil }
        return PlainEntry(key, item)
      }
      return .map(entries, rest: nil)
    case "type": return .type(text)
    case "timestamp", "duration": return PlainLibrary.call(kind, [.string(text)])
    default: return nil
    }
  }

  /// Nil where it passes.
  static func problem(_ test: JSON) -> String? {
    let expect = test["expect"] ?? .null
    let fails = expect["error"] != nil || expect["any_error"] != nil
    var names: [String: Plain] = [:]
    for binding in test["bindings"]?.members ?? [] { names[binding.key] = value(binding.value) }
    let found: Plain
    do {
      found = evaluate(try PlainExpression(test["expr"]?.string ?? ""), in: PlainNames(names))
    } catch {
      return fails ? nil : "\(error)"
    }
    if case .error = found { return fails ? nil : "gave \(found)" }
    if fails { return "gave \(found), expected an error" }
    guard let wanted = (expect["value"] ?? expect["typed"]?["value"]).flatMap(value) else {
      return nil
    }
    return PlainBridge.text(found) == PlainBridge.text(wanted)
      || PlainCompare.areEqual(found, wanted) ? nil : "gave \(found), expected \(wanted)"
  }

  @Test(.enabled(if: isThere, "the conformance suite is not beside the project"))
  func mostOfTheSuite() throws {
    var passed = 0
    var failures: [String] = []
    for file in Self.files {
      let url = Self.folder.appending(path: "\(file).json")
      let root = try JSON.parse(try String(contentsOf: url, encoding: .utf8))
      for section in root["sections"]?.elements ?? [] {
        for test in section["tests"]?.elements ?? [] where !Self.isOutside(test) {
          if let problem = Self.problem(test) {
            failures.append("\(file): \(test["expr"]?.string ?? ""): \(problem)")
          } else {
            passed += 1
          }
        }
      }
    }
    print("CEL conformance of the second interpreter: \(passed) of \(passed + failures.count)")
    for failure in failures { print("  - \(failure)") }
    #expect(failures.count * 100 < passed * 3)
  }
}
