public import PlumblineDiagnostics
public import YAMLSyntax

/// Something written, with its place.
public struct Located<Value: Sendable>: Sendable {
  /// What was written.
  public var value: Value
  /// Where it stands.
  public var range: SourceRange
  /// Makes one from its parts.
  public init(_ value: Value, at range: SourceRange) {
    self.value = value
    self.range = range
  }
}

extension Located: Equatable where Value: Equatable {}
extension Located: Hashable where Value: Hashable {}

/// A CEL expression (or a text with `${CEL}` in it) as written, able to map its own offsets to the file.
public struct WrittenExpression: Sendable {
  /// The text as decoded.
  public var text: String
  /// Where it stands.
  public var range: SourceRange
  /// The tree that the node belongs to.
  public var tree: YAMLTree
  /// The node.
  public var node: YAMLNode
  /// UTF-8 offset of `text` in the decoded scalar (it may be a part of one: `key(ARGS)`).
  public var offset: Int
  /// Makes one from its parts.
  public init(
    text: String, range: SourceRange, tree: YAMLTree, node: YAMLNode, offset: Int = 0
  ) {
    self.text = text
    self.range = range
    self.tree = tree
    self.node = node
    self.offset = offset
  }
  /// The place in the file of a UTF-8 offset range of `text`.
  public func range(_ lower: Int, _ upper: Int) -> SourceRange {
    tree.sourceRange(node, offset + lower, offset + upper)
  }
}

/// A YAML value kept as it is (tables, examples), to be typed by the compiler.
public struct WrittenValue: Sendable {
  /// The tree that the node belongs to.
  public var tree: YAMLTree
  /// The node.
  public var node: YAMLNode
  /// Where it stands.
  public var range: SourceRange
  /// Makes one from its parts.
  public init(tree: YAMLTree, node: YAMLNode) {
    self.tree = tree
    self.node = node
    range = tree.range(node)
  }
}

/// A named entry of a mapping.
public struct WrittenEntry<Content: Sendable>: Sendable {
  /// Its name.
  public var name: Located<String>
  /// What stands under the name.
  public var content: Content
  /// Makes one from its parts.
  public init(name: Located<String>, content: Content) {
    self.name = name
    self.content = content
  }
}
