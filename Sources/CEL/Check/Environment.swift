/// A variable of an environment. Evaluation reads it by its slot.
public struct VariableDeclaration: Sendable, Hashable {
  public let name: String
  public let type: CELType
  /// What `Activation.load` is asked for. Chosen by whoever declares the variable.
  public let slot: Int
  /// A value known at compile time (a table, a pattern): folded into the program.
  public let constant: Value?
  public init(name: String, type: CELType, slot: Int, constant: Value? = nil) {
    self.name = name
    self.type = type
    self.slot = slot
    self.constant = constant
  }
  public static func == (a: Self, b: Self) -> Bool {
    a.name == b.name && a.type == b.type && a.slot == b.slot
  }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// Where a running program finds its variables, and what host functions get to see.
public protocol Activation: AnyObject {
  /// The value of the variable with this slot. May be `.unknown` or `.error`.
  func load(_ slot: Int) -> Value
  /// The record in the variable with this slot, not retained, as it is while the activation does not change;
  /// nil where it holds none, or cannot tell quickly: then `load` is asked. To implement it is never necessary.
  func record(_ slot: Int) -> Unmanaged<RecordValue>?
}

extension Activation {
  public func record(_ slot: Int) -> Unmanaged<RecordValue>? { nil }
}

/// One overload of a function, with its implementation.
public struct Overload: Sendable {
  /// How an overload is carried out. Arguments (the receiver first) are values; unless the function is
  /// `lenient`, no argument is an error, unknown, or a partial list or map.
  public enum Implementation: Sendable {
    case unary(@Sendable (Value) -> Value)
    case binary(@Sendable (Value, Value) -> Value)
    case variadic(@Sendable ([Value]) -> Value)
    /// Also gets the activation of the evaluation (host functions that look at more than their arguments).
    case host(@Sendable ([Value], any Activation) -> Value)
    /// Built into the planner (logic, index, comprehension helpers).
    case intrinsic
  }
  public let id: String
  public let parameters: [CELType]
  public let result: CELType
  /// Called as `receiver.function(…)`; the receiver is the first parameter.
  public let member: Bool
  /// Sees errors, unknowns and partial collections as they are.
  public let lenient: Bool
  /// Asks whether its argument is there, so that a field that may be absent needs no guard in it.
  public let asksPresence: Bool
  public let implementation: Implementation
  public init(
    _ id: String, _ parameters: [CELType], _ result: CELType, member: Bool = false,
    lenient: Bool = false, asksPresence: Bool = false, _ implementation: Implementation
  ) {
    self.id = id
    self.parameters = parameters
    self.result = result
    self.member = member
    self.lenient = lenient
    self.asksPresence = asksPresence
    self.implementation = implementation
  }
}

/// A function or operator with all its overloads.
public struct FunctionDeclaration: Sendable {
  public let name: String
  public var overloads: [Overload]
  public init(_ name: String, _ overloads: [Overload]) {
    self.name = name
    self.overloads = overloads
  }
}

/// A macro of the parser. `expand` returns nil where the call is not one it stands for, and may report
/// a mistake; positions of new nodes are taken from the call.
public struct Macro: Sendable {
  public let name: String
  /// nil: any number of arguments.
  public let argumentCount: Int?
  /// Called as `receiver.name(…)`.
  public let member: Bool
  public let expand:
    @Sendable (_ call: Expr, _ target: Expr?, _ arguments: [Expr], _ context: MacroContext) -> Expr?
  public init(
    _ name: String, argumentCount: Int?, member: Bool,
    _ expand: @escaping @Sendable (Expr, Expr?, [Expr], MacroContext) -> Expr?
  ) {
    self.name = name
    self.argumentCount = argumentCount
    self.member = member
    self.expand = expand
  }
}

/// What a macro may ask of the parser while it expands.
public final class MacroContext {
  public private(set) var issues: [CELIssue] = []
  private var fresh = 0
  public init() {}
  public func report(_ issue: CELIssue) { issues.append(issue) }
  /// A variable name that no source text can hold, for hygienic expansions.
  public func freshName(_ stem: String) -> String {
    fresh += 1
    return "@\(stem)\(fresh)"
  }
}

/// A mistake found in an expression.
public struct CELIssue: Sendable, Hashable {
  /// Stable kinds; hosts map them to their own codes.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case syntax, limit, cost, undeclaredName, undeclaredFunction, undeclaredField, undeclaredType
    case noMatchingOverload, typeMismatch, notInEnum, invalidLiteral, invalidMacro, invalidPattern
    case unguardedOptional
  }
  public var kind: Kind
  /// Lowercase start, no final period, user text in backticks.
  public var message: String
  public var position: ExprPosition
  /// What to do (`did you mean …`).
  public var help: String?
  public init(_ kind: Kind, _ message: String, at position: ExprPosition, help: String? = nil) {
    self.kind = kind
    self.message = message
    self.position = position
    self.help = help
  }
}

/// Everything names in an expression can mean. A value; cheap to copy and extend.
public struct Environment: Sendable {
  /// Names without a dot first; may also hold qualified ones ("a.b.c").
  public var variables: [String: VariableDeclaration] = [:]
  /// Asked for names that `variables` lacks (hosts with open families of variables).
  public var resolveVariable: (@Sendable (String) -> VariableDeclaration?)?
  /// Shared by copies: the standard library is built once.
  public var functions: FunctionTable
  public var objectTypes: [String: ObjectType] = [:]
  public var macros: [Macro] = []
  /// The namespace in which names are first looked for.
  public var container: String = ""
  /// An int widens to a double where the two meet (specs' `number`).
  public var widensIntegers = false
  /// A field that may be absent must be guarded by `has` before it is selected.
  public var requiresGuards = false
  public var limits = Limits()

  /// What texts and evaluations may come to. What passes a limit is an error at its place.
  public struct Limits: Sendable {
    /// Bytes of source text.
    public var size = 100_000
    /// Nesting of the syntax tree, with what macros expand to; at most `deepest`.
    public var depth = 100
    /// Nodes of the syntax tree, with what macros expand to.
    public var nodes = 100_000
    /// Steps of comprehensions in one evaluation: how often a variable of a macro is set. This limit is
    /// always kept. `Program.evaluate(_:costLimit:)` counts everything else too.
    public var iterations = 100_000
    /// What no depth may exceed, so that checking, planning, evaluating and freeing a tree fit the stack.
    public static let deepest = 250
    public init() {}
  }

  /// An environment with CEL's standard library and macros, and the extensions named.
  /// - Parameter timeZones: the zones that accessors of timestamps know by name. Without them they know
  ///   fixed offsets and UTC alone, so that no answer depends on the system; `CELTimeZones` has the system's.
  public init(extensions: Set<Extension> = [], timeZones: TimeZoneOffsets? = nil) {
    functions = FunctionTable.standard(extensions, timeZones)
    macros = Macro.standard(extensions)
  }

  public enum Extension: String, Sendable, Hashable, CaseIterable {
    case strings, math, lists, optional, regex, encoders, bindings, date, twoVariable, block,
      network, sets
  }
}

/// Seconds east of UTC of a zone, by its name, at a moment in seconds since 1970; nil where there is no such
/// zone.
public typealias TimeZoneOffsets = @Sendable (_ zone: String, _ second: Int64) -> Int64?

/// Functions by name. Immutable storage shared by reference; `adding` makes an extended copy.
public final class FunctionTable: Sendable {
  public let functions: [String: FunctionDeclaration]
  public init(_ functions: [String: FunctionDeclaration]) { self.functions = functions }
  public subscript(name: String) -> FunctionDeclaration? { functions[name] }
  public func adding(_ more: [FunctionDeclaration]) -> FunctionTable {
    var all = functions
    for function in more {
      all[function.name, default: FunctionDeclaration(function.name, [])].overloads +=
        function.overloads
    }
    return FunctionTable(all)
  }
}
