/// An expression that passed the type checker: the tree, and for each node its type and reference.
public struct CheckedExpression: Sendable {
  /// Node ids are 0 ..< types.count.
  public let root: Expr
  /// By node id.
  public let types: [CELType]
  /// By node id; nil where a node refers to nothing.
  public let references: [Reference?]
  public var type: CELType { types[Int(root.id)] }

  /// What a node of the tree was resolved to; nil where it refers to nothing.
  public func reference(of expr: Expr) -> Reference? {
    let id = Int(expr.id)
    return references.indices.contains(id) ? references[id] : nil
  }

  /// The type of a node of the tree; dyn where it has none.
  public func type(of expr: Expr) -> CELType {
    let id = Int(expr.id)
    return types.indices.contains(id) ? types[id] : .dyn
  }

  /// What a name or a call was resolved to.
  public enum Reference: Sendable {
    /// An identifier, or a select chain that is one qualified name.
    case variable(VariableDeclaration)
    case local(String)
    case constant(Value)
    /// The overloads that can apply: one, or several where an argument is `dyn`.
    case overloads([Overload])
    /// A field of a record type.
    case slot(Int)
  }

  public init(root: Expr, types: [CELType], references: [Reference?]) {
    self.root = root
    self.types = types
    self.references = references
  }
}

/// What compiling one expression gave. `expression` is nil only where a syntax error left no tree;
/// a checked expression with issues must not be planned.
public struct CheckResult: Sendable {
  public let checked: CheckedExpression?
  public let issues: [CELIssue]
  public init(checked: CheckedExpression?, issues: [CELIssue]) {
    self.checked = checked
    self.issues = issues
  }
}
