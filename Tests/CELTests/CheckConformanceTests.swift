import Foundation
import Testing

@testable import CEL

/// The official suite, as far as parsing and checking go: every test without protobuf messages must
/// parse, print, read back and type.
@Suite struct CheckConformanceTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("shared/cel-conformance")

  static let files: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted()
  }()

  static var isPresent: Bool { !files.isEmpty }

  struct File: Decodable {
    struct Section: Decodable {
      var name: String
      var tests: [Case]
    }
    struct Case: Decodable {
      struct Declaration: Decodable {
        struct Overload: Decodable {
          var id: String
          var params: [String]
          var result: String
          var member: Bool?
          var typeParams: [String]?
        }
        var name: String
        var type: String?
        var overloads: [Overload]?
      }
      struct Expectation: Decodable {
        struct Typed: Decodable { var type: String }
        var typed: Typed?
      }
      var name: String
      var expr: String
      var container: String?
      var disableMacros: Bool?
      var disableCheck: Bool?
      var typeEnv: [Declaration]?
      var expect: Expectation
      var protobuf: Bool
    }
    var sections: [Section]
  }

  /// A type as the suite writes it.
  static func type(_ text: String, parameters: [String] = []) -> CELType {
    var rest = text[...]
    func parse() -> CELType {
      let name = String(rest.prefix { $0 != "(" && $0 != ")" && $0 != "," })
      rest = rest.dropFirst(name.count)
      var arguments: [CELType] = []
      if rest.first == "(" {
        rest = rest.dropFirst()
        while let next = rest.first, next != ")" {
          if next == "," || next == " " {
            rest = rest.dropFirst()
          } else {
            arguments.append(parse())
          }
        }
        rest = rest.dropFirst()
      }
      if parameters.contains(name) { return .parameter(name) }
      switch (name, arguments.count) {
      case ("list", 1): return .list(arguments[0])
      case ("map", 2): return .map(arguments[0], arguments[1])
      case ("type", 1): return .type(arguments[0])
      case ("wrapper", 1): return .wrapper(arguments[0])
      case ("optional_type", 1): return .optional(arguments[0])
      case (_, 0):
        if case .type = Checker.typeNames[name] ?? .dyn { return .type(.dyn) }
        return Checker.typeNames[name] ?? .abstract(name, [])
      default: return .abstract(name, arguments)
      }
    }
    return parse()
  }

  /// Known to differ, with the reason.
  static let skipped: [String: String] = [
    "network_ext": "the network library comes with full conformance"
  ]

  @Test(.enabled(if: isPresent, "the conformance suite is not here"), arguments: files)
  func parsesAndChecks(_ file: String) throws {
    let name = String(file.dropLast(5))
    if Self.skipped[name] != nil { return }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let content = try decoder.decode(
      File.self, from: Data(contentsOf: Self.folder.appendingPathComponent(file)))
    let base = Environment(extensions: Set(Environment.Extension.allCases))
    for section in content.sections {
      for test in section.tests where !test.protobuf {
        var environment = base
        environment.container = test.container ?? ""
        if test.disableMacros == true { environment.macros = [] }
        for (slot, declaration) in (test.typeEnv ?? []).enumerated() {
          if let type = declaration.type {
            environment.variables[declaration.name] = VariableDeclaration(
              name: declaration.name, type: Self.type(type), slot: slot)
          }
          let overloads = (declaration.overloads ?? []).map { overload in
            Overload(
              overload.id,
              overload.params.map { Self.type($0, parameters: overload.typeParams ?? []) },
              Self.type(overload.result, parameters: overload.typeParams ?? []),
              member: overload.member ?? false, .intrinsic)
          }
          if !overloads.isEmpty {
            environment.functions = environment.functions.adding([
              FunctionDeclaration(declaration.name, overloads)
            ])
          }
        }
        let label = "\(name)/\(section.name)/\(test.name): \(test.expr)"
        let (expr, issues) = CELParser.parse(test.expr, in: environment)
        #expect(issues == [], "\(label)")
        guard issues.isEmpty else { continue }
        let again = CELParser.parse(expr.unparse(), in: environment)
        #expect(again.issues == [], "\(label) as \(expr.unparse())")
        #expect(again.expr.isSameShape(as: expr), "\(label) as \(expr.unparse())")
        if test.disableCheck == true { continue }
        let result = CELChecker.check(expr, in: environment)
        #expect(result.issues == [], "\(label)")
        if let typed = test.expect.typed {
          #expect(result.checked?.type == Self.type(typed.type), "\(label)")
        }
      }
    }
  }
}
