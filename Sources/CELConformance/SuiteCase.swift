import CEL
import CELTimeZones
import PlumblineJSON

/// One test of the suite.
struct SuiteCase: Sendable {
  let section: String
  let name: String
  let needsProtobuf: Bool
  let expected: Expected
  private let source: String
  private let test: JSON

  /// What a test wants.
  enum Expected: Sendable {
    case value(JSON)
    /// The type that is deduced, and the value where the test is not about the type alone.
    case typed(String, JSON?)
    /// Evaluation fails. The messages are other implementations' words.
    case error([String])
    /// Of unknown attributes, by expression ids.
    case unknown

    var text: String {
      switch self {
      case .value(let value): value.description
      case .typed(let type, let value):
        (value.map { $0.description + " " } ?? "") + "of type \(type)"
      case .error(let messages): "an error (\(messages.joined(separator: "; ")))"
      case .unknown: "an unknown"
      }
    }
  }

  init(section: String, _ test: JSON) throws(SuiteFile.Unreadable) {
    func unreadable(_ what: String) -> SuiteFile.Unreadable {
      SuiteFile.Unreadable(
        description: "`\(section)/\(test["name"]?.string ?? "?")`: \(what)")
    }
    guard let name = test["name"]?.string, let source = test["expr"]?.string else {
      throw unreadable("a test needs `name` and `expr`")
    }
    guard case .object(let members)? = test["expect"], members.count == 1 else {
      throw unreadable("`expect` needs exactly one key")
    }
    switch members[0].key {
    case "value": expected = .value(members[0].value)
    case "typed":
      guard let type = members[0].value["type"]?.string else {
        throw unreadable("`typed` needs `type`")
      }
      expected = .typed(type, members[0].value["value"])
    case "error", "any_error":
      expected = .error(Self.texts(members[0].value))
    case "unknown", "any_unknown": expected = .unknown
    default: throw unreadable("`\(members[0].key)` is no expectation")
    }
    self.section = section
    self.name = name
    self.source = source
    self.test = test
    // Whatever says nothing is run.
    needsProtobuf = test["protobuf"]?.bool ?? false
  }

  private static func texts(_ json: JSON) -> [String] {
    switch json {
    case .string(let text): [text]
    case .array(let elements): elements.flatMap(texts)
    default: []
    }
  }

  private final class Bindings: Activation {
    private let values: [Value]
    init(_ values: [Value]) { self.values = values }
    func load(_ slot: Int) -> Value {
      values.indices.contains(slot) ? values[slot] : .absent
    }
  }

  /// The libraries of the suite: ours for lists, dates and patterns have other functions of the same name.
  private static let base = Environment(
    extensions: Set(Environment.Extension.allCases).subtracting([.lists, .date, .regex]),
    timeZones: SystemTimeZones.offset)

  private func environment() throws(Wrong) -> (Environment, any Activation) {
    var environment = Self.base
    environment.container = test["container"]?.string ?? ""
    if test["disable_macros"]?.bool == true { environment.macros = [] }
    var values: [Value] = []
    let bound = test["bindings"]?.members ?? []
    func declare(_ name: String, _ type: CELType) throws(Wrong) {
      environment.variables[name] = VariableDeclaration(
        name: name, type: type, slot: values.count)
      guard let member = bound.first(where: { $0.key == name }) else {
        values.append(.failure(.other, "`\(name)` is not bound"))
        return
      }
      guard let value = SuiteValue.value(member.value) else {
        throw Wrong(got: "the binding of `\(name)` cannot be read")
      }
      values.append(value)
    }
    for declaration in test["type_env"]?.elements ?? [] {
      guard let name = declaration["name"]?.string else { continue }
      if let type = declaration["type"]?.string {
        try declare(name, SuiteValue.type(type))
        continue
      }
      let overloads = (declaration["overloads"]?.elements ?? []).map { overload in
        let parameters = Set((overload["type_params"]?.elements ?? []).compactMap(\.string))
        return Overload(
          overload["id"]?.string ?? "",
          (overload["params"]?.elements ?? []).compactMap(\.string)
            .map { SuiteValue.type($0, parameters) },
          SuiteValue.type(overload["result"]?.string ?? "dyn", parameters),
          member: overload["member"]?.bool ?? false,
          .variadic { _ in .failure(.other, "`\(name)` is declared only") })
      }
      environment.functions = environment.functions.adding([FunctionDeclaration(name, overloads)])
    }
    for member in bound where environment.variables[member.key] == nil {
      try declare(member.key, .dyn)
    }
    return (environment, Bindings(values))
  }

  private struct Wrong: Error { var got: String }

  /// What came in place of what was expected; nil where the test passes.
  func run() -> String? {
    do throws(Wrong) {
      try check()
      return nil
    } catch {
      return error.got
    }
  }

  private func check() throws(Wrong) {
    let (environment, bindings) = try environment()
    let (expr, issues) = CELParser.parse(source, in: environment)
    if let issue = issues.first { throw Wrong(got: "no expression: \(issue.message)") }
    let program: Program
    if test["disable_check"]?.bool == true {
      // A function that is not there fails too; that is no pass unless it is what the test is about.
      if case .error(let messages) = expected, !messages.contains("unbound function"),
        let name = Self.missingFunction(expr, environment)
      {
        throw Wrong(got: "there is no function `\(name)`")
      }
      program = Program(unchecked: expr, in: environment)
    } else {
      let result = CELChecker.check(expr, in: environment)
      guard result.issues.isEmpty, let checked = result.checked else {
        throw Wrong(got: "not checked: \(result.issues.first?.message ?? "")")
      }
      if case .typed(let type, _) = expected {
        guard checked.type == SuiteValue.type(type) else {
          throw Wrong(got: "type \(checked.type)")
        }
      }
      program = Program(checked, in: environment)
    }
    if test["check_only"]?.bool == true { return }
    let value = program.evaluate(bindings)
    switch expected {
    case .error:
      if case .error = value { return }
      throw Wrong(got: "\(value)")
    case .unknown:
      throw Wrong(got: "\(value)")
    case .value(let wanted): try compare(value, wanted)
    case .typed(_, let wanted):
      if let wanted { try compare(value, wanted) }
    }
  }

  private func compare(_ value: Value, _ wanted: JSON) throws(Wrong) {
    guard let expected = SuiteValue.value(wanted) else {
      throw Wrong(got: "the expectation cannot be read")
    }
    if !SuiteValue.same(value, expected) {
      if case .error(let error) = value { throw Wrong(got: "an error: \(error.message)") }
      throw Wrong(got: "\(value)")
    }
  }

  private static func missingFunction(_ expr: Expr, _ environment: Environment) -> String? {
    var missing: String?
    expr.walk { node in
      guard missing == nil, case .call(let function, let target, _) = node.kind else { return }
      if environment.functions[function] != nil { return }
      // `math.sqrt(x)` is a function with a qualified name.
      if let space = target?.qualifiedName, environment.functions["\(space).\(function)"] != nil {
        return
      }
      missing = function
    }
    return missing
  }
}
