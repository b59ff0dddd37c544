/// An expression, as it is written; only the macros are resolved.
struct PlainExpression: Sendable, Hashable {
  var root: Node

  init(_ root: Node) { self.root = root }

  indirect enum Node: Sendable, Hashable {
    case literal(Plain)
    /// A name; with a leading dot where one was written.
    case name(String)
    case select(Node, String)
    /// `x.?f`
    case optionalSelect(Node, String)
    /// `has(x.f)`
    case has(Node, String)
    case index(Node, Node)
    /// `x[?i]`
    case optionalIndex(Node, Node)
    /// An operator.
    case apply(Operator, [Node])
    /// A function.
    case call(String, [Node])
    /// A method of a value, or a function whose name has dots.
    case method(Node, String, [Node])
    case list([Part])
    case map([Entry])
    /// `Type{field: value}`
    case record(String, [Entry])
    /// A macro over the elements of a list, or the keys of a map.
    case fold(Fold)
    /// `cel.bind(name, value, body)`
    case bind(String, Node, Node)
    /// `x.optMap(name, body)`; `flat` for `optFlatMap`.
    case optionalMap(Node, String, Node, flat: Bool)
  }

  enum Operator: String, Sendable, Hashable {
    case or = "||"
    case and = "&&"
    case not = "!"
    case conditional = "?:"
    case equal = "=="
    case unequal = "!="
    case less = "<"
    case lessEqual = "<="
    case more = ">"
    case moreEqual = ">="
    case contained = "in"
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case negate = "-_"
  }

  /// An element of a list; `optional` where it is written `[?x]`.
  struct Part: Sendable, Hashable {
    var value: Node
    var optional = false
  }

  struct Entry: Sendable, Hashable {
    var key: Node
    var value: Node
    var optional = false
  }

  struct Fold: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
      case all, exists, existsOne, filter, map
      /// New values for the keys.
      case transformMap
      /// New entries.
      case transformMapEntry
    }
    var kind: Kind
    var range: Node
    var variable: String
    /// With a second one the first is the index or the key, and this the element or the value.
    var second: String?
    /// The condition of `all`, `exists`, `exists_one` and `filter`, or the filter of `map`.
    var test: Node?
    /// What `map` makes of an element.
    var make: Node?
  }
}

/// A text that is no expression.
struct PlainSyntaxError: Error, Sendable, Hashable {
  var message: String
  /// Of the character at which it was found, in scalars.
  var place: Int
}
