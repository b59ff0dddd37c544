/// The keys of the spec language, version 1, as data.
///
/// The binder takes its suggestions from this table, `Docs/Language.md` its key lists, and
/// `spec.schema.json` its properties, so that the three cannot drift apart.
public enum SpecLanguage {
  /// The language version that this package reads.
  public static let version: Int64 = 1

  /// The object a file is; its name is `spec`.
  public static var root: SpecObject { specObject }

  /// The object of a name.
  public static func object(_ name: String) -> SpecObject? {
    objects.first { $0.name == name }
  }
}

/// A mapping with fixed keys.
public struct SpecObject: Sendable {
  /// As messages name it: `a requirement`.
  public var title: String
  /// Its name.
  public var name: String
  /// What it is, in a sentence.
  public var summary: String
  /// Its keys.
  public var keys: [SpecKey]
  /// The names of the keys that must be there.
  public let requiredKeys: [String]
  /// Makes one from its parts.
  public init(_ name: String, title: String, _ summary: String, keys: [SpecKey]) {
    self.name = name
    self.title = title
    self.summary = summary
    self.keys = keys
    requiredKeys = keys.filter(\.isRequired).map(\.name)
  }
}

/// A key of a mapping.
public struct SpecKey: Sendable {
  /// Its name.
  public var name: String
  /// What may stand there.
  public var shape: SpecShape
  /// Whether it must be there.
  public var isRequired: Bool
  /// What it is, in a sentence.
  public var summary: String
  /// Makes one from its parts.
  public init(_ name: String, _ shape: SpecShape, required: Bool = false, _ summary: String) {
    self.name = name
    self.shape = shape
    isRequired = required
    self.summary = summary
  }
}

/// What may stand at a key.
public indirect enum SpecShape: Sendable {
  /// Prose.
  case text
  /// A name or an id.
  case name
  /// A file of the package, relative to its folder.
  case file
  /// A CEL condition or value.
  case expression
  /// A text with `${CEL}` in it.
  case template
  /// `15m`, `1h30m`, `7d`.
  case duration
  /// A date and time with a zone.
  case time
  /// `deny`, `warn` or `escalate(ROLE)`.
  case answer
  /// `tool`, `effect(write)`, `approval(role)`, …
  case event
  /// `orders[args.order_id].address`
  case path
  /// An RE2 pattern.
  case pattern
  /// A type: a name, a list of values or a mapping of fields.
  case type
  /// `true` or `false`.
  case boolean
  /// A whole number, at least as large as this.
  case integer(atLeast: Int64)
  /// A number from 0 to 1.
  case fraction
  /// Exactly this number.
  case constant(Int64)
  /// One of these words.
  case words([String])
  /// Any YAML value.
  case value
  /// A mapping with any keys, whatever they hold.
  case anyMapping
  /// An object of this table.
  case object(String)
  /// A list of these.
  case list(SpecShape)
  /// One of these, or a list of them.
  case oneOrList(SpecShape)
  /// A mapping from names to these.
  case map(SpecShape)
  /// Either of these.
  case either([SpecShape])
}
