public import PlumblineDiagnostics

/// `orders[args.order_id].address`, split: the key is an expression.
public struct WrittenPath: Sendable {
  public var collection: Located<String>
  public var key: WrittenExpression?
  public var fields: [Located<String>]
  public var range: SourceRange
  public init(
    collection: Located<String>, key: WrittenExpression?, fields: [Located<String>],
    range: SourceRange
  ) {
    self.collection = collection
    self.key = key
    self.fields = fields
    self.range = range
  }
}

/// A result kept as records: the path has a key and no fields.
public struct WrittenKeep: Sendable {
  public var each: Located<String>?
  public var source: WrittenExpression?
  public var path: WrittenPath
  public init(each: Located<String>?, source: WrittenExpression?, path: WrittenPath) {
    self.each = each
    self.source = source
    self.path = path
  }
}

/// An action that exists.
public struct WrittenTool: Sendable {
  /// What a success makes unknown.
  public enum Touches: Sendable {
    case none(SourceRange)
    case paths([WrittenPath])
  }
  public var name: Located<String>
  public var effect: Located<String>?
  public var description: Located<String>?
  public var arguments: [WrittenField] = []
  public var returns: WrittenType?
  public var keeps: [WrittenKeep] = []
  /// Seconds.
  public var freshFor: Located<Int64>?
  public var fails: [WrittenExpression] = []
  /// Each name is a key of the case, without the `case.` before it.
  public var learns: [WrittenEntry<WrittenExpression>] = []
  public var oncePer: [Located<String>] = []
  public var touches: Touches?
  public var sets: [(path: WrittenPath, value: WrittenExpression)] = []
  public var settledBy: Located<String>?
  public var message: Located<String>?
  public var claims: [WrittenEntry<WrittenExpression>] = []
  public var asOf: WrittenExpression?
  public init(name: Located<String>) { self.name = name }
}

/// A named expression.
public struct WrittenTerm: Sendable {
  public var name: Located<String>
  /// nil for a term without parentheses.
  public var parameters: [Located<String>]?
  public var body: WrittenExpression
  public init(name: Located<String>, parameters: [Located<String>]?, body: WrittenExpression) {
    self.name = name
    self.parameters = parameters
    self.body = body
  }
}
