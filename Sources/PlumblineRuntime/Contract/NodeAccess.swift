import PlumblineJSON

/// The few things that the decoder asks of a JSON node.
extension JSONNode {
  /// The kind with its article, for messages.
  var article: String {
    switch kind {
    case .null: "null"
    case .bool: "a bool"
    case .int: "an integer"
    case .bigInteger: "an integer beyond 64 bits"
    case .double: "a number with a fraction"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

extension JSONNode {
  @inline(__always)
  func eachMember(_ body: (_ key: JSONNode, _ value: JSONNode) -> Void) {
    for (key, value) in members { body(key, value) }
  }

  @inline(__always)
  func eachElement(_ body: (JSONNode) -> Void) {
    for value in elements { body(value) }
  }

  /// Whether it is a text, and this one.
  @inline(__always)
  func isText(_ text: String) -> Bool { stringEquals(text) }
}
