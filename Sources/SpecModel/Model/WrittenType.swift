public import PlumblineDiagnostics

/// A type as written; names are not resolved.
public indirect enum WrittenType: Sendable {
  /// `string`, `Order`, `timestamp`; the range is the name's.
  case name(Located<String>)
  /// `list(T)`, `map(T)`, `sensitive(T)`, `timestamp(-05:00)` (its argument is kept as a name).
  case application(Located<String>, WrittenType)
  /// `T?`
  case optional(WrittenType, SourceRange)
  case enumeration([Located<String>], SourceRange)
  case record([WrittenField], SourceRange)
  /// Could not be read; already reported.
  case invalid(SourceRange)
}

/// A field, an argument or a key of the case.
public struct WrittenField: Sendable {
  /// Its name.
  public var name: Located<String>
  /// Its type.
  public var type: WrittenType
  /// Makes one from its parts.
  public init(name: Located<String>, type: WrittenType) {
    self.name = name
    self.type = type
  }
}

/// An entry of `types`.
public struct WrittenTypeDeclaration: Sendable {
  /// The three ways to declare a type.
  public enum Definition: Sendable {
    case type(WrittenType)
    case union(members: [Located<String>], by: Located<String>)
    case schema(Located<String>)
  }
  /// Its name.
  public var name: Located<String>
  /// What the name stands for.
  public var definition: Definition
  /// Makes one from its parts.
  public init(name: Located<String>, definition: Definition) {
    self.name = name
    self.definition = definition
  }
}
