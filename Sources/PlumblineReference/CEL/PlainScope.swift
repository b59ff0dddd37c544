/// What an expression can name.
protocol PlainScope {
  /// nil: there is no such name.
  func variable(_ name: String) -> Plain?
  /// A function of the host, of arguments that are known as far as they go; nil: it is none.
  func function(_ name: String, _ arguments: [Plain]) -> Plain?
  /// A function of the host that takes expressions, or values that may be unknown; nil: it is none.
  func special(
    _ name: String, _ arguments: [PlainExpression.Node],
    _ evaluate: (PlainExpression.Node) -> Plain
  ) -> Plain?
  /// A term of the spec; without parameters where it is written without parentheses.
  func term(_ name: String) -> (parameters: [String]?, body: PlainExpression)?
}

extension PlainScope {
  func function(_ name: String, _ arguments: [Plain]) -> Plain? { nil }
  func special(
    _ name: String, _ arguments: [PlainExpression.Node],
    _ evaluate: (PlainExpression.Node) -> Plain
  ) -> Plain? { nil }
  func term(_ name: String) -> (parameters: [String]?, body: PlainExpression)? { nil }
}

/// A scope of names only.
struct PlainNames: PlainScope {
  var names: [String: Plain]
  init(_ names: [String: Plain] = [:]) { self.names = names }
  func variable(_ name: String) -> Plain? { names[name] }
}
