import CEL
import Foundation
import Testing

/// The public conformance suite as a yardstick: tests without protobuf messages.
///
/// The suite is not part of the project; where it is not beside it, the tests are skipped.
@Suite struct ConformanceSmokeTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/cel-conformance").standardizedFileURL
  static let isThere = FileManager.default.fileExists(
    atPath: folder.appending(path: "basic.json").path)

  /// The share of passing tests that each file must keep.
  static let floors: [(file: String, floor: Double)] = [
    ("basic", 1), ("comparisons", 1), ("conversions", 1), ("fields", 1), ("fp_math", 1),
    ("integer_math", 1), ("lists", 1), ("logic", 1), ("macros", 1), ("namespace", 1),
    ("parse", 1), ("plumbing", 1), ("string", 1), ("timestamps", 0.9), ("type_deduction", 1),
    ("bindings_ext", 1), ("block_ext", 1), ("encoders_ext", 1), ("macros2", 1), ("math_ext", 1),
    ("optionals", 1), ("string_ext", 1),
  ]

  @Test(.enabled(if: isThere, "the conformance suite is not beside the project"), arguments: floors)
  func file(_ name: String, _ floor: Double) throws {
    let data = try Data(contentsOf: Self.folder.appending(path: "\(name).json"))
    let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    var passed = 0
    var failures: [String] = []
    for section in root["sections"] as? [[String: Any]] ?? [] {
      for test in section["tests"] as? [[String: Any]] ?? [] {
        guard test["protobuf"] as? Bool == false else { continue }
        if let problem = ConformanceCase(test).run() {
          failures.append(
            "\(section["name"] ?? "")/\(test["name"] ?? ""): \(test["expr"] ?? ""): \(problem)")
        } else {
          passed += 1
        }
      }
    }
    let total = passed + failures.count
    print("CEL conformance, \(name): \(passed) of \(total)")
    for failure in failures { print("  - \(failure)") }
    #expect(Double(passed) >= floor * Double(total), "\(failures)")
  }
}

/// One test of the suite.
struct ConformanceCase {
  let test: [String: Any]
  init(_ test: [String: Any]) { self.test = test }

  final class Bindings: Activation {
    let values: [Value]
    init(_ values: [Value]) { self.values = values }
    func load(_ slot: Int) -> Value {
      values.indices.contains(slot) ? values[slot] : .absent
    }
  }

  private var environment: (environment: CEL.Environment, bindings: Bindings) {
    var extensions = Set(CEL.Environment.Extension.allCases)
    extensions.subtract([.lists, .date, .regex])
    var environment = CEL.Environment(extensions: extensions)
    environment.container = test["container"] as? String ?? ""
    if test["disable_macros"] as? Bool == true { environment.macros = [] }
    var values: [Value] = []
    let bound = test["bindings"] as? [String: Any] ?? [:]
    func declare(_ name: String, _ type: CELType) {
      environment.variables[name] = VariableDeclaration(
        name: name, type: type, slot: values.count)
      values.append(bound[name].flatMap(Self.value) ?? .failure(.other, "`\(name)` is not bound"))
    }
    for declaration in test["type_env"] as? [[String: Any]] ?? [] {
      guard let name = declaration["name"] as? String else { continue }
      if let type = declaration["type"] as? String {
        declare(name, Self.type(type))
      } else {
        var overloads: [Overload] = []
        for overload in declaration["overloads"] as? [[String: Any]] ?? [] {
          let parameters = overload["params"] as? [String] ?? []
          let names = Set(overload["type_params"] as? [String] ?? [])
          overloads.append(
            Overload(
              overload["id"] as? String ?? "", parameters.map { Self.type($0, names) },
              Self.type(overload["result"] as? String ?? "dyn", names),
              member: overload["member"] as? Bool ?? false,
              .variadic { _ in .failure(.other, "declared only") }))
        }
        environment.functions = environment.functions.adding([FunctionDeclaration(name, overloads)])
      }
    }
    for name in bound.keys.sorted() where environment.variables[name] == nil { declare(name, .dyn) }
    return (environment, Bindings(values))
  }

  /// Nil where it passes.
  func run() -> String? {
    let (environment, bindings) = environment
    let expect = test["expect"] as? [String: Any] ?? [:]
    let fails = expect["error"] != nil || expect["any_error"] != nil
    let (expr, issues) = CELParser.parse(test["expr"] as? String ?? "", in: environment)
    if let issue = issues.first { return fails ? nil : "parse: \(issue.message)" }
    let program: Program
    var type: CELType?
    if test["disable_check"] as? Bool == true {
      program = Program(unchecked: expr, in: environment)
    } else {
      let result = CELChecker.check(expr, in: environment)
      if let issue = result.issues.first { return fails ? nil : "check: \(issue.message)" }
      guard let checked = result.checked else { return "no checked tree" }
      type = checked.type
      program = Program(checked, in: environment)
    }
    var wanted = expect["value"]
    if let typed = expect["typed"] as? [String: Any] {
      wanted = typed["value"]
      let expected = typed["type"] as? String ?? ""
      if let type, type.description != expected { return "type \(type), expected \(expected)" }
    }
    if test["check_only"] as? Bool == true { return nil }
    let value = program.evaluate(bindings)
    if fails {
      if case .error = value { return nil }
      return "gave \(value), expected an error"
    }
    guard let wanted else { return nil }
    guard let expected = Self.value(wanted) else { return "unreadable expectation \(wanted)" }
    if Self.same(value, expected) { return nil }
    return "gave \(value), expected \(expected)"
  }

  /// Exact equality: of type too, and NaN is NaN.
  static func same(_ a: Value, _ b: Value) -> Bool {
    switch (a, b) {
    case (.double(let x), .double(let y)): return x == y || (x.isNaN && y.isNaN)
    case (.list(let x), .list(let y)):
      return x.elements.count == y.elements.count && zip(x.elements, y.elements).allSatisfy(same)
    case (.map(let x), .map(let y)):
      return x.count == y.count && x.keys.allSatisfy { same(x.lookup($0), y.lookup($0)) }
    case (.int, .int), (.uint, .uint): return a == b
    case (.int, _), (.uint, _), (_, .int), (_, .uint): return false
    default: return a == b
    }
  }

  /// A value of the suite's notation.
  static func value(_ json: Any) -> Value? {
    guard let object = json as? [String: Any], let (kind, content) = object.first else {
      return nil
    }
    let text = content as? String
    switch kind {
    case "null": return .null
    case "bool": return (content as? Bool).map { .bool($0) }
    case "string": return text.map { .string($0) }
    case "int": return text.flatMap { Int64($0) }.map { .int($0) }
    case "uint": return text.flatMap { UInt64($0) }.map { .uint($0) }
    case "double": return text.flatMap { Double($0) }.map { .double($0) }
    case "bytes": return text.flatMap { Data(base64Encoded: $0) }.map { .bytes([UInt8]($0)) }
    case "list": return .list((content as? [Any] ?? []).compactMap(value))
    case "map":
      var pairs: [(Value, Value)] = []
      for entry in content as? [[Any]] ?? [] {
        guard entry.count == 2, let key = value(entry[0]), let item = value(entry[1]) else {
          return nil
        }
        pairs.append((key, item))
      }
      return .map(pairs)
    case "type": return text.map { .type(type($0)) }
    case "timestamp", "duration": return text.flatMap { time("\(kind)(\"\($0)\")") }
    default: return nil
    }
  }

  private static func time(_ source: String) -> Value? {
    let environment = CEL.Environment()
    return Program(unchecked: CELParser.parse(source, in: environment).expr, in: environment)
      .constant
  }

  /// A type of the suite's notation.
  static func type(_ text: String, _ parameters: Set<String> = []) -> CELType {
    if parameters.contains(text) { return .parameter(text) }
    switch text {
    case "bool": return .bool
    case "int": return .int
    case "uint": return .uint
    case "double": return .double
    case "string": return .string
    case "bytes": return .bytes
    case "null_type": return .null
    case "dyn": return .dyn
    case "list": return .list(.dyn)
    case "map": return .map(.dyn, .dyn)
    case "type": return .type(.dyn)
    case "optional_type": return .optional(.dyn)
    case "google.protobuf.Timestamp": return .timestamp
    case "google.protobuf.Duration": return .duration
    default: break
    }
    guard let open = text.firstIndex(of: "("), text.last == ")" else { return .abstract(text, []) }
    var arguments: [String] = [""]
    var depth = 0
    for character in text[text.index(after: open)...].dropLast() {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if character == ",", depth == 0 {
        arguments.append("")
      } else {
        arguments[arguments.count - 1].append(character)
      }
    }
    let types = arguments.map { type($0.trimmingCharacters(in: .whitespaces), parameters) }
    let first = types.first ?? .dyn
    switch text[..<open] {
    case "list": return .list(first)
    case "map": return .map(first, types.last ?? .dyn)
    case "optional_type": return .optional(first)
    case "type": return .type(first)
    case "wrapper": return .wrapper(first)
    default: return .abstract(String(text[..<open]), types)
    }
  }
}
