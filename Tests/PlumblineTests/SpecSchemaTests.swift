import Backends
import Foundation
import PlumblineDiagnostics
import PlumblineJSON
import SpecModel
import Testing
import YAMLSyntax

/// `spec.schema.json` is a valid schema, accepts what compiles, and refuses common mistakes.
@Suite struct SpecSchemaTests {
  @Test func everyReferenceResolves() {
    let schema = specSchema()
    let definitions = Set((schema["$defs"]?.members ?? []).map(\.key))
    var references: Set<String> = []
    func walk(_ value: JSON) {
      for member in value.members ?? [] {
        if member.key == "$ref", let text = member.value.string { references.insert(text) }
        walk(member.value)
      }
      for element in value.elements ?? [] { walk(element) }
    }
    walk(schema)
    #expect(references == Set(definitions.map { "#/$defs/\($0)" }))
    #expect(schema["properties"]?["requirements"]?["items"]?["$ref"] == "#/$defs/requirement")
    #expect(schema["$defs"]?["tool"]?["required"] == ["effect"])
  }

  @Test(.enabled(if: SpecSchemaTests.hasValidator, "python3 has no module jsonschema"))
  func acceptsThePageAndRefusesMistakes() throws {
    let page = try LanguagePage.read()
    var good = try page.specs.map { try Self.json($0.text) }
    good += try Self.specFiles().map { try Self.json($0) }
    let bad: [JSON] = try [
      "plumb: 2\nspec: s\n", "spec: s\n", "plumb: 1\nspec: s\ntols: {}\n",
      "tools: { t: { effect: wirte } }\n", "tools: { t: { args: {} } }\n",
      "tools: { t: { effect: read, fresh_for: 15 } }\n",
      "tools: { t: { effect: read, fresh_for: 15 minutes } }\n",
      "requirements: [{ id: R }]\n", "requirements: [{ id: R, statement: s, otherwise: refuse }]\n",
      "requirements: [{ id: R, statement: s, require: [a] }]\n", "version: 1.10\n",
      "types: { T: { a: 1 } }\n", "roles: lead\n",
      "workflows: { w: { start: a, steps: { a: { final: 'yes' } } } }\n",
    ].map { try Self.json($0) }
    let input: JSON = ["schema": specSchema(), "good": .array(good), "bad": .array(bad)]
    let program = """
      import json, sys
      from jsonschema import Draft202012Validator as V
      data = json.load(sys.stdin)
      V.check_schema(data["schema"])
      v = V(data["schema"])
      for i, d in enumerate(data["good"]):
          for e in v.iter_errors(d):
              print("good", i, list(e.absolute_path), e.message[:200])
      for i, d in enumerate(data["bad"]):
          if v.is_valid(d):
              print("bad", i, "is accepted")
      """
    let said = try Self.python(program, input: try input.encoded())
    #expect(said == "")
  }

  // MARK: Tools of these tests

  static let hasValidator: Bool = {
    guard let out = try? python("import jsonschema; print('ok')", input: []) else { return false }
    return out.contains("ok")
  }()

  static func python(_ program: String, input: [UInt8]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program]
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = FileHandle.nullDevice
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent(
        "schema-\(ProcessInfo.processInfo.processIdentifier)-\(input.count).json")
    try Data(input).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    process.standardInput = try FileHandle(forReadingFrom: file)
    try process.run()
    let data = stdout.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return "exit \(process.terminationStatus)" }
    return String(decoding: data, as: UTF8.self)
  }

  /// The texts of all specs in `Specs/`.
  static func specFiles() throws -> [String] {
    let folder = LanguagePage.root.appendingPathComponent("Specs")
    guard let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    else { return [] }
    return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "yaml" }
      .sorted { $0.path < $1.path }.map { try String(contentsOf: $0, encoding: .utf8) }
  }

  /// A YAML text as JSON, by the core schema.
  static func json(_ text: String) throws -> JSON {
    let source = SourceFile(path: "a.yaml", bytes: Array(text.utf8))
    let tree = try #require(YAMLParser.parse(source, file: 0).tree, "\(text.prefix(200))")
    func value(_ node: YAMLNode) -> JSON {
      switch tree.kind(node) {
      case .mapping: .fields(tree.entries(node).map { (tree.text($0.key), value($0.value)) })
      case .sequence: .array(tree.items(node).map(value))
      case .scalar:
        switch tree.scalar(node) {
        case .null: .null
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .bigInteger(let digits): .bigInteger(digits)
        case .double(let value): .double(value)
        case .string(let text): .string(text)
        }
      }
    }
    return value(try #require(tree.root))
  }
}
