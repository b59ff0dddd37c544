/// A function of CEL's library or of a host, as compiled conditions call it.
public struct LibraryFunction: Sendable {
  private let name: String
  private let overloads: [Overload]

  /// - Parameters:
  ///   - overloads: the overloads that the checker found to apply; one that does not exist makes every call an
  ///     error.
  public init(_ name: String, _ overloads: [String], in functions: FunctionTable) {
    self.name = name
    let all = functions[name]?.overloads ?? []
    self.overloads = overloads.compactMap { id in all.first { $0.id == id } }
  }

  /// What the call comes to; of several overloads the first that the values fit.
  public func call(_ values: [Value], _ activation: any Activation) -> Value {
    CallNode.call(name, overloads, values, activation)
  }
}

/// A regular expression (RE2) of a compiled condition.
public struct TextPattern: Sendable {
  private let compiled: CompiledPattern?

  /// A pattern that is not one matches nothing and never decides.
  public init(_ pattern: String) { compiled = CompiledPattern(pattern) }

  /// `text.matches(pattern)`.
  public func matches(_ text: String?) -> Bool? {
    guard let text, let compiled else { return nil }
    return compiled.matches(text)
  }
}
