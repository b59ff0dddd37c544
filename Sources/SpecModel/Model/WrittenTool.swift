public import PlumblineDiagnostics

/// `orders[args.order_id].address`, split: the key is an expression.
public struct WrittenPath: Sendable {
  /// The record collection, or `case`.
  public var collection: Located<String>
  /// The record's key.
  public var key: WrittenExpression?
  /// The fields below the record.
  public var fields: [Located<String>]
  /// Where it stands.
  public var range: SourceRange
  /// Makes one from its parts.
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
  /// The name of one element.
  public var each: Located<String>?
  /// The list whose elements are kept; for a requirement where it comes from.
  public var source: WrittenExpression?
  /// The record.
  public var path: WrittenPath
  /// Makes one from its parts.
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
  /// Its name.
  public var name: Located<String>
  /// What it does to the world.
  public var effect: Located<String>?
  /// What it is for.
  public var description: Located<String>?
  /// Its arguments.
  public var arguments: [WrittenField] = []
  /// The contract of its result.
  public var returns: WrittenType?
  /// Where its result is kept.
  public var keeps: [WrittenKeep] = []
  /// Seconds.
  public var freshFor: Located<Int64>?
  /// Conditions that mark an error in disguise.
  public var fails: [WrittenExpression] = []
  /// Each name is a key of the case, without the `case.` before it.
  public var learns: [WrittenEntry<WrittenExpression>] = []
  /// The arguments for which it may succeed once.
  public var oncePer: [Located<String>] = []
  /// What its success makes unknown.
  public var touches: Touches?
  /// What its success changes.
  public var sets: [(path: WrittenPath, value: WrittenExpression)] = []
  /// The read that tells whether it happened.
  public var settledBy: Located<String>?
  /// The speaker whose messages count as its.
  public var message: Located<String>?
  /// What its text asserts.
  public var claims: [WrittenEntry<WrittenExpression>] = []
  /// When its data was true.
  public var asOf: WrittenExpression?
  /// Makes one from its parts.
  public init(name: Located<String>) { self.name = name }
}

/// A named expression.
public struct WrittenTerm: Sendable {
  /// Its name.
  public var name: Located<String>
  /// nil for a term without parentheses.
  public var parameters: [Located<String>]?
  /// What it stands for.
  public var body: WrittenExpression
  /// Makes one from its parts.
  public init(name: Located<String>, parameters: [Located<String>]?, body: WrittenExpression) {
    self.name = name
    self.parameters = parameters
    self.body = body
  }
}
