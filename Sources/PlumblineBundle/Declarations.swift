/// Where something was written: path relative to the spec package, 1-based line and column.
public struct SourcePosition: Sendable, Hashable {
  public var file: String
  public var line: Int
  public var column: Int
  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }
}

/// A type as specs write it.
public indirect enum TypeReference: Sendable, Hashable {
  /// Anything JSON can hold; untyped.
  case any
  case bool
  case int
  /// A double; integers widen to it.
  case number
  case string
  /// Text with a date and time. `offsetMinutes` is set for `timestamp(-05:00)`: text without a zone, read in that one.
  case timestamp(offsetMinutes: Int?)
  case date
  /// Text such as `15m` or `PT15M` is not used: seconds as text in CEL's form (`900s`).
  case duration
  case list(TypeReference)
  /// A map from strings.
  case map(TypeReference)
  case optional(TypeReference)
  case sensitive(TypeReference)
  case enumeration([String])
  case record([FieldDeclaration])
  case named(String)
}

/// A field of a record.
public struct FieldDeclaration: Sendable, Hashable {
  /// What data may lack of an optional field. Conditions see the same: its absence.
  public enum Presence: String, Sendable, Hashable, CaseIterable {
    /// It may be left out, and it may be null.
    case either
    /// It must be there, and may be null: `required` in a JSON Schema that allows null.
    case required
    /// It may be left out, but may not be null: not `required` in a JSON Schema that does not allow null.
    case notNull = "not_null"
  }
  public var name: String
  public var type: TypeReference
  public var presence: Presence
  public init(name: String, type: TypeReference, presence: Presence = .either) {
    self.name = name
    self.type = type
    self.presence = presence
  }
}

/// A declared type. `definition` is a record, an enumeration, a union or any other type under a name.
public struct TypeDeclaration: Sendable, Hashable {
  public enum Definition: Sendable, Hashable {
    case type(TypeReference)
    /// `one_of`: `by` picks the member whose own enumeration of that field holds the value.
    case union(members: [String], by: String)
  }
  public var name: String
  public var definition: Definition
  /// What a JSON Schema file asks beyond types; a named type inside has its own.
  public var limits: [PlacedLimit]
  /// The JSON Schema file it was read from, relative to the spec package.
  public var schemaFile: String?
  public var position: SourcePosition?
  public init(
    name: String, definition: Definition, limits: [PlacedLimit] = [], schemaFile: String? = nil,
    position: SourcePosition? = nil
  ) {
    self.name = name
    self.definition = definition
    self.limits = limits
    self.schemaFile = schemaFile
    self.position = position
  }
}

/// A CEL expression as written, with the place of its first character.
public struct ExpressionText: Sendable, Hashable {
  public var text: String
  public var position: SourcePosition?
  public init(_ text: String, position: SourcePosition? = nil) {
    self.text = text
    self.position = position
  }
}

/// A path to facts: a record collection (or `case`), a key and fields below it.
public struct FactPath: Sendable, Hashable {
  /// The collection's name, or `case`.
  public var collection: String
  /// The key's expression; nil means the whole collection (or, for `case`, that there is none).
  public var key: ExpressionText?
  public var fields: [String]
  public init(collection: String, key: ExpressionText?, fields: [String] = []) {
    self.collection = collection
    self.key = key
    self.fields = fields
  }
}

/// How a tool's result is kept as records.
public struct KeepDeclaration: Sendable, Hashable {
  /// `each`: the variable that stands for an element of `source` (an expression that gives a list).
  public var each: String?
  public var source: ExpressionText?
  public var collection: String
  public var key: ExpressionText
  public init(
    each: String? = nil, source: ExpressionText? = nil, collection: String, key: ExpressionText
  ) {
    self.each = each
    self.source = source
    self.collection = collection
    self.key = key
  }
}

/// A record collection and the type of its records; derived from what tools keep.
public struct CollectionDeclaration: Sendable, Hashable {
  public var name: String
  public var type: TypeReference
  /// The read tools that ground it, in order of name.
  public var groundedBy: [String]
  public init(name: String, type: TypeReference, groundedBy: [String]) {
    self.name = name
    self.type = type
    self.groundedBy = groundedBy
  }
}

public enum Effect: String, Sendable, Hashable, CaseIterable {
  case read, write, say, handoff, none
}

public struct ToolDeclaration: Sendable, Hashable {
  public var name: String
  public var effect: Effect
  public var arguments: [FieldDeclaration]
  public var returns: TypeReference?
  public var keeps: [KeepDeclaration]
  /// Seconds.
  public var freshFor: Int64?
  public var fails: [ExpressionText]
  /// Case keys learned from the result.
  public var learns: [LearnDeclaration]
  public var oncePer: [String]
  /// nil where the tool says nothing; empty for `touches: none`.
  public var touches: [FactPath]?
  public var sets: [SetDeclaration]
  public var settledBy: String?
  /// The speaker whose messages count as this tool's (`agent`).
  public var message: String?
  public var claims: [ClaimDeclaration]
  public var asOf: ExpressionText?
  public var description: String?
  public var position: SourcePosition?

  public init(name: String, effect: Effect) {
    self.name = name
    self.effect = effect
    arguments = []
    keeps = []
    fails = []
    learns = []
    oncePer = []
    sets = []
    claims = []
  }
  /// Reads, and tools whose effect is none, are never in flight or in doubt.
  public var actsAsRead: Bool { effect == .read || effect == .none }
}

public struct LearnDeclaration: Sendable, Hashable {
  /// A key of the case.
  public var key: String
  public var value: ExpressionText
  public init(key: String, value: ExpressionText) {
    self.key = key
    self.value = value
  }
}

public struct SetDeclaration: Sendable, Hashable {
  public var path: FactPath
  public var value: ExpressionText
  public init(path: FactPath, value: ExpressionText) {
    self.path = path
    self.value = value
  }
}

public struct ClaimDeclaration: Sendable, Hashable {
  public var name: String
  public var value: ExpressionText
  /// bool, or a list of values.
  public var type: TypeReference
  public init(name: String, value: ExpressionText, type: TypeReference) {
    self.name = name
    self.value = value
    self.type = type
  }
}

public struct PatternDeclaration: Sendable, Hashable {
  public var name: String
  public var pattern: String
  public init(name: String, pattern: String) {
    self.name = name
    self.pattern = pattern
  }
}

public struct GroupDeclaration: Sendable, Hashable {
  public var name: String
  /// Resolved to tools, sorted.
  public var actions: [String]
  public init(name: String, actions: [String]) {
    self.name = name
    self.actions = actions
  }
}

/// A constant, as a typed value.
public struct TableDeclaration: Sendable, Hashable {
  public var name: String
  public var type: TypeReference
  public var value: BundleValue
  public init(name: String, type: TypeReference, value: BundleValue) {
    self.name = name
    self.type = type
    self.value = value
  }
}

/// A constant of a bundle: JSON without big integers, comparable and hashable.
public indirect enum BundleValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case string(String)
  case list([BundleValue])
  /// In the order written.
  case map([Entry])
  public struct Entry: Sendable, Hashable {
    public var key: String
    public var value: BundleValue
    public init(_ key: String, _ value: BundleValue) {
      self.key = key
      self.value = value
    }
  }
}

/// A named expression: a macro, typed at each use.
public struct TermDeclaration: Sendable, Hashable {
  public var name: String
  /// nil for a term written without parentheses.
  public var parameters: [String]?
  public var body: ExpressionText
  public init(name: String, parameters: [String]?, body: ExpressionText) {
    self.name = name
    self.parameters = parameters
    self.body = body
  }
}
