public import CEL
import Declare
public import PlumblineBundle

/// What `plumb` compiled of a bundle to Swift: conditions as functions, and the tables of its monitors.
///
/// A guard that is given one decides as one that is not: a function says true or false where that is plain;
/// of whatever is not, an error or what nobody knows, the interpreter says what it is, and so it does of every
/// reason.
public struct CompiledSpec: Sendable {
  /// A condition as a function: true, false, or nil where it is neither.
  public typealias Test = @Sendable (ConditionFacts) -> Bool?

  /// One condition.
  public struct Condition: Sendable {
    /// As `NamedCondition.name` has it.
    let name: String
    let test: Test
    public init(_ name: String, _ test: @escaping Test) {
      self.name = name
      self.test = test
    }
  }

  /// The bundle that it was compiled from.
  let meaning: String
  private(set) var conditions: [String: Condition]
  /// The families of variables that conditions name by their place here: `@calls:issue_refund`.
  let hosts: [String]
  let monitors: [DeclareTemplate: Automaton]

  /// - Parameters:
  ///   - meaning: the bundle's meaning hash.
  ///   - conditions: of two with one name the first counts.
  ///   - hosts: what `ConditionFacts.host(_:)` counts.
  ///   - monitors: the automata of the templates that rules of the bundle follow.
  public init(
    meaning: String, conditions: [[Condition]], hosts: [String], monitors: [MonitorTable] = []
  ) {
    self.meaning = meaning
    var byName: [String: Condition] = [:]
    byName.reserveCapacity(conditions.reduce(0) { $0 + $1.count })
    for condition in conditions.joined() where byName[condition.name] == nil {
      byName[condition.name] = condition
    }
    self.conditions = byName
    self.hosts = hosts
    self.monitors = Dictionary(
      monitors.compactMap { table in
        DeclareTemplate(rawValue: table.template).map { ($0, table.automaton) }
      }, uniquingKeysWith: { first, _ in first })
  }
}

extension CompiledSpec {
  /// The same, telling of each condition that is asked what its function said.
  public func watched(
    _ note: @escaping @Sendable (_ condition: String, _ holds: Bool?) -> Void
  ) -> CompiledSpec {
    var copy = self
    for (name, condition) in conditions {
      copy.conditions[name] = Condition(name) { facts in
        let holds = condition.test(facts)
        note(name, holds)
        return holds
      }
    }
    return copy
  }
}

/// The automaton of a template as generated Swift holds it.
public struct MonitorTable: Sendable {
  /// The template's name.
  let template: String
  let automaton: Automaton
  /// - Parameters:
  ///   - next: the next state, nine to a state, one a letter (`Letter.all`).
  ///   - verdicts: of each state, as `Verdict` counts them.
  public init(_ template: String, next: [UInt32], verdicts: [UInt8]) {
    self.template = template
    automaton = Automaton(next: next, verdicts: verdicts)
  }
}

/// A condition of a bundle, by the name under which a guard asks for its function.
public struct NamedCondition: Sendable {
  /// Unique among the conditions of a bundle.
  public let name: String
  /// The texts that make it up.
  public let texts: [ExpressionText]
  /// The tree, its types and what its names refer to.
  public let checked: CheckedExpression
  /// The environment that it was checked in.
  public let environment: CEL.Environment
}

extension SpecScope.Context {
  /// What tells the context from others in the names of conditions, and in words for a reader.
  var words: String {
    switch self {
    case .requirement(let action): "a proposal of \(action)"
    case .ensure(let action): "a result of \(action)"
    case .tell(let action): "the answer about \(action)"
    case .next(let workflow, let step): "leaving \(workflow)/\(step)"
    case .keep(let tool, let each):
      "keeping what \(tool) gave\(each.map { ", each `\($0.name)`" } ?? "")"
    case .result(let tool): "a result of \(tool), as it is folded"
    case .rawResult(let tool): "what \(tool) gave"
    case .claim(let tool): "the text of \(tool)"
    case .event(let actions):
      actions.isEmpty ? "an event" : "an event of \(actions.joined(separator: ", "))"
    case .activation(let action): "whether a rule is about \(action)"
    case .message: "a message"
    case .constant: "anywhere"
    }
  }
}
