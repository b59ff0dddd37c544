/// A regular expression function whose pattern is a constant, compiled once.
final class RegexNode: Node, @unchecked Sendable {
  enum Operation { case matches, find, findAll }
  let operation: Operation
  let text: Node
  let pattern: CompiledPattern
  init(_ operation: Operation, _ text: Node, _ pattern: CompiledPattern) {
    self.operation = operation
    self.text = text
    self.pattern = pattern
  }

  override func evaluate(_ frame: inout Frame) -> Value {
    let value = text.evaluate(&frame)
    guard case .string(let text) = value else {
      return CallNode.stop(value)
        ?? .failure(.noSuchOverload, "expected a string, found \(value.runtimeType)")
    }
    switch operation {
    case .matches: return .bool(pattern.matches(text))
    case .find: return .string(pattern.find(text, limit: 1).first ?? "")
    case .findAll: return .list(ListValue(pattern.find(text, limit: .max).map(Value.string)))
    }
  }

  /// The node for a call, where its pattern is a constant that compiles.
  static func make(_ function: String, _ nodes: [Node]) -> Node? {
    let operations: [String: Operation] = [
      "matches": .matches, "find": .find, "findAll": .findAll,
    ]
    guard nodes.count == 2, nodes[0].constant == nil, let operation = operations[function],
      case .string(let pattern)? = nodes[1].constant,
      let compiled = CompiledPattern(pattern)
    else { return nil }
    return RegexNode(operation, nodes[0], compiled)
  }
}
