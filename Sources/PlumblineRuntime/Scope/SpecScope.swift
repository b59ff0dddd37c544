public import CEL
public import PlumblineBundle
import Synchronization

/// The one place that says what is in scope where: it turns a spec's declarations into CEL
/// environments, one for each context an expression can stand in.
public final class SpecScope: Sendable {
  /// What an expression is about; decides which names it may use.
  public enum Context: Sendable, Hashable {
    /// `when`, `require`, `confirmed` and claims-based conditions on a proposal of this action.
    case requirement(action: String)
    /// A post-condition: as a requirement, and `result`.
    case ensure(action: String)
    /// The `${…}` of a requirement's answer.
    case tell(action: String)
    /// The `when` of an edge.
    case next(workflow: String, step: String)
    /// The key of `keeps {each, in, as}`: the element stands under the name given.
    case keep(tool: String, each: Each?)
    /// `learns`, `sets`, `touches`, `as_of`, and keys of `keeps`: arguments and the typed result.
    case result(tool: String)
    /// `fails`: `result` is what came, untyped.
    case rawResult(tool: String)
    /// A claim's pattern: the arguments of a say.
    case claim(tool: String)
    /// The `where` of an event of these actions.
    case event(actions: [String])
    /// The `when` of a temporal rule.
    case activation(action: String)
    /// The `where` of a message event: `args.text`.
    case message
    /// The text of a pattern, or a constant: tables and patterns only.
    case constant
  }

  /// The element variable of `keeps {each, …}`.
  public struct Each: Sendable, Hashable {
    public var name: String
    public var type: CELType
    public init(name: String, type: CELType) {
      self.name = name
      self.type = type
    }
  }

  public let bundle: SpecBundle
  /// The record types of the spec, by name.
  public let objectTypes: [String: ObjectType]

  let types: ScopeTypes
  let toolIndex: [String: Int]
  let collectionIndex: [String: Int]
  let termIndex: [String: Int]
  let groupIndex: [String: [String]]
  let stepNames: [String]
  let constants: [VariableDeclaration]
  let argumentTypes: [ObjectType]
  let claimTypes: [ObjectType?]
  private let roleType: CELType
  let saidType: ObjectType
  let turnType: ObjectType
  let caseObject: ObjectType
  let base: CEL.Environment
  let shared: Mutex<Shared>
  /// The functions that conditions have; nil: all are interpreted.
  let compiled: CompiledSpec?
  /// Takes note of conditions as they are made.
  let recorder: ConditionRecorder?
  /// The texts of the terms, by the numbers that positions in them have.
  private let termSources: [Int32: ExpressionText]
  private let termsNameStep: Bool

  /// What grows as contexts are asked for.
  struct Shared: Sendable {
    var contexts: [Context: ContextScope] = [:]
    var variables: [String: VariableDeclaration] = [:]
    var hosts: [HostVariable] = []
    /// Of calls and of approvals.
    var callTypes: [String: ObjectType] = [:]
  }

  /// The sources of the texts that make up a requirement's condition.
  public static let whenSource: Int32 = 1
  public static let requireSource: Int32 = 2
  public static let ensureSource: Int32 = 3
  /// The first `${…}` of a `tell`; the next ones count on.
  public static let tellSource: Int32 = 100
  /// The first term; the next ones count on, in the order of the bundle.
  public static let termSource: Int32 = 1000

  public convenience init(_ bundle: SpecBundle, compiled: CompiledSpec? = nil) {
    self.init(bundle, compiled: compiled, recording: false)
  }

  init(_ bundle: SpecBundle, compiled: CompiledSpec?, recording: Bool) {
    self.bundle = bundle
    self.compiled = compiled
    recorder = recording ? ConditionRecorder() : nil
    let types = ScopeTypes(bundle)
    self.types = types
    objectTypes = types.named
    toolIndex = Self.index(bundle.tools.map(\.name))
    collectionIndex = Self.index(bundle.collections.map(\.name))
    termIndex = Self.index(bundle.terms.map(\.name))
    groupIndex = Dictionary(
      bundle.groups.map { ($0.name, $0.actions) }, uniquingKeysWith: { first, _ in first })
    var steps: [String] = []
    var seen: Set<String> = []
    for workflow in bundle.workflows {
      for step in workflow.steps where seen.insert(step.name).inserted { steps.append(step.name) }
    }
    stepNames = steps
    argumentTypes = bundle.tools.map {
      ObjectType(name: "args(\($0.name))", fields: types.fields($0.arguments))
    }
    claimTypes = bundle.tools.map { tool in
      tool.claims.isEmpty
        ? nil
        : ObjectType(
          name: "claims(\(tool.name))",
          fields: tool.claims.map { .init(name: $0.name, type: types.celType($0.type)) })
    }
    roleType =
      bundle.roles.isEmpty ? .string : .enumeration(EnumType(name: "role", values: bundle.roles))
    saidType = ObjectType(
      name: "said",
      fields: Speaker.known.map { .init(name: $0, type: .string) })
    turnType = ObjectType(name: "turn", fields: [.init(name: "text", type: .string)])
    caseObject = ObjectType(name: "case", fields: types.fields(bundle.caseFields))
    constants = Self.constants(bundle, types)
    base = Self.baseEnvironment
    shared = Mutex(Shared())
    termSources = Dictionary(
      bundle.terms.enumerated().map { index, term in
        (Self.termSource + Int32(truncatingIfNeeded: index), term.body)
      }, uniquingKeysWith: { first, _ in first })
    termsNameStep = bundle.terms.contains { Self.mentionsStep($0.body.text) }
  }

  private static func index(_ names: [String]) -> [String: Int] {
    Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The CEL type of a spec's type. `T?` is `T`: that a field may be absent is said by the field.
  public func celType(_ type: TypeReference) -> CELType { types.celType(type) }

  /// Whether values of a type are sensitive as a whole; of a record, its fields say.
  public func isSensitive(_ type: TypeReference) -> Bool { types.isSensitive(type) }

  /// The environment in which the expressions of a context are parsed and checked.
  public func environment(_ context: Context) -> CEL.Environment { scope(context).environment }

  func scope(_ context: Context) -> ContextScope {
    if let known = shared.withLock({ $0.contexts[context] }) { return known }
    let made = ContextScope(context, in: self)
    return shared.withLock { shared in
      if let known = shared.contexts[context] { return known }
      shared.contexts[context] = made
      return made
    }
  }

  /// Parses a text of a context and writes out the terms in it.
  public func parse(_ text: ExpressionText, source: Int32 = 0, in context: Context) -> (
    expr: Expr, issues: [CELIssue]
  ) {
    let scope = scope(context)
    let parsed = CELParser.parse(text.text, source: source, in: scope.environment)
    if parsed.issues.isEmpty, !bundle.terms.isEmpty {
      return scope.expandTerms(parsed.expr)
    }
    return parsed
  }

  /// Parses and checks a text of a context.
  public func compile(
    _ text: ExpressionText, source: Int32 = 0, in context: Context, expecting: CELType? = nil
  ) -> CheckResult {
    let parsed = parse(text, source: source, in: context)
    if !parsed.issues.isEmpty { return CheckResult(checked: nil, issues: parsed.issues) }
    return CELChecker.check(parsed.expr, in: environment(context), expecting: expecting)
  }

  /// A requirement's whole condition on a proposal of one action: `!(when) || (require)`.
  /// nil where the requirement has neither.
  public func condition(of requirement: RequirementDeclaration, action: String) -> (
    expr: Expr?, issues: [CELIssue]
  ) {
    guarded(
      implication(
        when: requirement.when, then: requirement.require, negated: requirement.negated,
        thenSource: Self.requireSource, in: .requirement(action: action)),
      requirement, action)
  }

  /// A requirement's post-condition: `!(when) || (ensure)`.
  public func postcondition(of requirement: RequirementDeclaration, action: String) -> (
    expr: Expr?, issues: [CELIssue]
  ) {
    guarded(
      implication(
        when: requirement.when, then: requirement.ensure, negated: false,
        thenSource: Self.ensureSource, in: .ensure(action: action)),
      requirement, action)
  }

  /// The texts that the positions of a requirement's conditions point into.
  func sources(of requirement: RequirementDeclaration) -> [Int32: ExpressionText] {
    var sources = termSources
    sources[Self.whenSource] = requirement.when
    sources[Self.requireSource] = requirement.require
    sources[Self.ensureSource] = requirement.ensure
    return sources
  }

  /// Whether a condition may speak of the step, itself or in a term.
  func mayNameStep(_ text: ExpressionText) -> Bool {
    termsNameStep || Self.mentionsStep(text.text)
  }

  private static func mentionsStep(_ text: String) -> Bool {
    var rest = text.utf8[...]
    while let start = rest.firstIndex(of: 0x73) {
      rest = rest[start...]
      if rest.starts(with: "step".utf8) { return true }
      rest = rest.dropFirst()
    }
    return false
  }

  /// An argument that another action of the requirement has and this one lacks is known not to be
  /// there: what `has` guards is left out.
  private func guarded(
    _ whole: (expr: Expr?, issues: [CELIssue]), _ requirement: RequirementDeclaration,
    _ action: String
  ) -> (expr: Expr?, issues: [CELIssue]) {
    guard requirement.appliesTo.count > 1, let expr = whole.expr, let own = toolIndex[action]
    else { return whole }
    var lacking: Set<String> = []
    for other in requirement.appliesTo {
      guard let index = toolIndex[other], index != own else { continue }
      for field in argumentTypes[index].fields
      where argumentTypes[own].slot(of: field.name) == nil {
        lacking.insert(field.name)
      }
    }
    if lacking.isEmpty { return whole }
    return (MissingArguments.fold(expr, lacking), whole.issues)
  }

  private func implication(
    when: ExpressionText?, then: ExpressionText?, negated: Bool, thenSource: Int32,
    in context: Context
  ) -> (expr: Expr?, issues: [CELIssue]) {
    guard let then else { return (nil, []) }
    var (expr, issues) = parse(then, source: thenSource, in: context)
    if negated {
      expr = Expr(
        position: expr.position, kind: .call(function: "!_", target: nil, arguments: [expr]))
    }
    if let when {
      let parsed = parse(when, source: Self.whenSource, in: context)
      issues = parsed.issues + issues
      let not = Expr(
        position: parsed.expr.position,
        kind: .call(function: "!_", target: nil, arguments: [parsed.expr]))
      expr = Expr(
        position: expr.position,
        kind: .call(function: "_||_", target: nil, arguments: [not, expr]))
    }
    return (expr, issues)
  }

  /// The tools an action name stands for: a tool, or a group's tools.
  func actions(named name: String) -> [String]? {
    if toolIndex[name] != nil { return [name] }
    return groupIndex[name]
  }

  /// The tools of an effect, in the order of the bundle. `read` leaves out effect none.
  func actions(ofEffect effect: Effect) -> [String] {
    bundle.tools.filter { $0.effect == effect }.map(\.name)
  }

  /// The type of one accepted call of these actions.
  func callType(_ actions: [Int]) -> ObjectType {
    let names = actions.map { bundle.tools[$0].name }
    let name = "call(\(names.joined(separator: ", ")))"
    if let known = shared.withLock({ $0.callTypes[name] }) { return known }
    let arguments: CELType = .object(mergedArguments(actions))
    let made = ObjectType(
      name: name,
      fields: [
        .init(name: "action", type: .enumeration(EnumType(name: "action", values: names))),
        .init(name: "args", type: arguments),
        .init(name: "result", type: mergedResult(actions)),
        .init(name: "time", type: .timestamp),
      ])
    return shared.withLock { shared in
      if let known = shared.callTypes[name] { return known }
      shared.callTypes[name] = made
      return made
    }
  }

  /// The type of one approval of these actions.
  func approvalType(_ actions: [Int]) -> ObjectType {
    let names = actions.map { bundle.tools[$0].name }
    let name = "approval(\(names.joined(separator: ", ")))"
    if let known = shared.withLock({ $0.callTypes[name] }) { return known }
    let made = ObjectType(
      name: name,
      fields: [
        .init(name: "by", type: .string),
        .init(name: "role", type: roleType),
        .init(
          name: "verdict",
          type: .enumeration(EnumType(name: "verdict", values: ["approved", "rejected"]))),
        .init(name: "time", type: .timestamp),
        .init(name: "asked", type: .timestamp),
        .init(name: "args", type: .object(mergedArguments(actions))),
      ])
    return shared.withLock { shared in
      if let known = shared.callTypes[name] { return known }
      shared.callTypes[name] = made
      return made
    }
  }

  /// The arguments of one action, or what several have in common (the rest must be guarded).
  func mergedArguments(_ actions: [Int]) -> ObjectType {
    if actions.count == 1, let only = actions.first { return argumentTypes[only] }
    let names = actions.map { bundle.tools[$0].name }
    return ObjectType(
      name: "args(\(names.joined(separator: ", ")))",
      fields: ScopeTypes.merge(actions.map { argumentTypes[$0].fields }))
  }

  /// Whether a type is of the arguments of a tool that says something, alone or merged with others.
  func isMessageArguments(_ type: ObjectType) -> Bool {
    guard type.name.hasPrefix("args("), type.name.hasSuffix(")") else { return false }
    return type.name.dropFirst(5).dropLast().split(separator: ",").contains { name in
      toolIndex[String(name.drop { $0 == " " })].map { bundle.tools[$0].message != nil } ?? false
    }
  }

  func mergedResult(_ actions: [Int]) -> CELType {
    var result: CELType?
    for action in actions {
      let type = bundle.tools[action].returns.map { types.celType($0) } ?? .dyn
      if let known = result, known != type { return .dyn }
      result = type
    }
    return result ?? .dyn
  }
}

/// Who can speak in a case.
enum Speaker {
  static let known = ["user", "agent", "human"]
  static func slot(_ name: String) -> Int? { known.firstIndex(of: name) }
}
