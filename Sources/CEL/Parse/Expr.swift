/// A place in one of the texts that make up an expression.
///
/// `source` is 0 for the expression's own text; texts that macros of the host bring in (named terms)
/// have numbers of their own, given by the environment. Offsets are UTF-8.
public struct ExprPosition: Sendable, Hashable {
  public var source: Int32
  public var start: Int32
  public var end: Int32
  public init(source: Int32 = 0, start: Int32, end: Int32) {
    self.source = source
    self.start = start
    self.end = end
  }
}

/// A node of the abstract syntax tree of a CEL expression (cel-spec, syntax.proto).
public struct Expr: Sendable, Hashable {
  /// Unique within one checked expression; types and references are looked up by it.
  public var id: Int32
  public var position: ExprPosition
  public var kind: Kind

  public init(id: Int32 = 0, position: ExprPosition, kind: Kind) {
    self.id = id
    self.position = position
    self.kind = kind
  }

  public indirect enum Kind: Sendable, Hashable {
    case literal(Literal)
    /// A name. Qualified names are selects over identifiers until the checker resolves them. A leading dot is kept.
    case ident(String)
    /// `operand.field`, `operand.?field` (`optional`), or the argument of `has` (`test`).
    case select(operand: Expr, field: String, test: Bool, optional: Bool)
    /// A function, operator (`_+_`, `_&&_`, `_[_]`, `_?_:_`, `!_`, `-_`, `@in`, `_[?_]`) or, with a target, a method.
    case call(function: String, target: Expr?, arguments: [Expr])
    case list([ListElement])
    case map([MapEntry])
    case structure(type: String, fields: [StructureField])
    case comprehension(Comprehension)
    /// What a syntax error leaves; typed as error, which silences follow-ups.
    case invalid
  }

  public enum Literal: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
  }

  public struct ListElement: Sendable, Hashable {
    public var value: Expr
    /// `[?e]`
    public var optional: Bool
    public init(value: Expr, optional: Bool = false) {
      self.value = value
      self.optional = optional
    }
  }

  public struct MapEntry: Sendable, Hashable {
    public var key: Expr
    public var value: Expr
    public var optional: Bool
    public init(key: Expr, value: Expr, optional: Bool = false) {
      self.key = key
      self.value = value
      self.optional = optional
    }
  }

  public struct StructureField: Sendable, Hashable {
    public var name: String
    public var value: Expr
    public var optional: Bool
    public init(name: String, value: Expr, optional: Bool = false) {
      self.name = name
      self.value = value
      self.optional = optional
    }
  }

  /// What the standard macros expand to: a fold over a list or over a map's keys.
  public struct Comprehension: Sendable, Hashable {
    /// The macro it came from. The evaluator needs it for partial collections: `exists` and `all` know
    /// how to go on without a witness, `map` and `filter` give a partial list, others become unknown.
    public enum Macro: String, Sendable, Hashable {
      case exists, all, existsOne, map, filter, bind, other
    }
    public var macro: Macro
    public var range: Expr
    public var variable: String
    /// The second variable of the two-variable macros (value of a map, element of a list).
    public var variable2: String?
    public var accumulator: String
    public var initial: Expr
    public var condition: Expr
    public var step: Expr
    public var result: Expr
    public init(
      macro: Macro, range: Expr, variable: String, variable2: String? = nil, accumulator: String,
      initial: Expr, condition: Expr, step: Expr, result: Expr
    ) {
      self.macro = macro
      self.range = range
      self.variable = variable
      self.variable2 = variable2
      self.accumulator = accumulator
      self.initial = initial
      self.condition = condition
      self.step = step
      self.result = result
    }
  }
}
