/// Why a text is no expression of an environment.
public struct CompileError: Error, CustomStringConvertible {
  /// At least one, in order of place.
  public let issues: [CELIssue]

  public var description: String {
    issues.map { issue in
      let place = "\(issue.position.start)..<\(issue.position.end)"
      return "\(place): \(issue.message)" + (issue.help.map { " (\($0))" } ?? "")
    }.joined(separator: "\n")
  }
}

extension Environment {
  /// Declares a variable, in the next free slot. One of the same name is replaced.
  public mutating func declare(_ name: String, _ type: CELType) {
    let last = variables.values.map(\.slot).max() ?? -1
    let slot = variables[name]?.slot ?? last + 1
    variables[name] = VariableDeclaration(name: name, type: type, slot: slot)
  }

  /// Parses, checks and plans an expression.
  /// - Parameter expecting: the type that the whole must have; any where nil.
  public func compile(
    _ text: String, expecting: CELType? = nil
  ) throws(CompileError) -> Program {
    let (expr, mistakes) = CELParser.parse(text, in: self)
    guard mistakes.isEmpty else { throw CompileError(issues: mistakes) }
    let result = CELChecker.check(expr, in: self, expecting: expecting)
    guard result.issues.isEmpty, let checked = result.checked else {
      throw CompileError(issues: result.issues)
    }
    return Program(checked, in: self)
  }
}

extension Program {
  /// The value over these values of variables, by name.
  ///
  /// `unknown` names attributes that are not known. The value is then what it would be whatever they are, or an
  /// unknown with exactly those attributes that are still needed. A host that evaluates often has an
  /// `Activation` of its own instead.
  public func evaluate(_ values: [String: Value], unknown: [AttributePattern] = []) -> Value {
    evaluate(PartialActivation(environment, values, unknown: unknown))
  }
}
