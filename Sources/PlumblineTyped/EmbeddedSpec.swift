public import CEL
import PlumblineBundle
public import PlumblineJSON
public import PlumblineRuntime

/// A compiled spec within a program: its bundle's text, and the guard that it makes.
public struct EmbeddedSpec: Sendable {
  /// The guard; made once, when it is first asked for.
  public let engine: Guard
  private let statements: [String: String]

  /// Loads a bundle that generated Swift holds in parts.
  /// - Parameter compiled: its conditions as functions.
  public init(_ parts: [StaticString], compiled: CompiledSpec? = nil) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(parts.reduce(0) { $0 + $1.utf8CodeUnitCount })
    for part in parts { part.withUTF8Buffer { bytes.append(contentsOf: $0) } }
    do {
      let sealed = try SpecBundle.load(bytes)
      engine = try Guard(sealed.bundle, meaning: sealed.meaning, compiled: compiled)
    } catch {
      // INVARIANT: `plumb` wrote this text and loaded it before; somebody edited it.
      preconditionFailure("the generated Swift of a spec holds a damaged bundle: \(error)")
    }
    statements = Dictionary(
      engine.bundle.requirements.map { ($0.id, $0.statement) }, uniquingKeysWith: { a, _ in a })
  }

  /// The statement of a requirement; empty for one that the spec does not have.
  public func statement(_ requirement: String) -> String { statements[requirement] ?? "" }
}

/// What `plumb` generates for a spec: an enum without cases that holds its types.
public protocol TypedSpec: Sendable {
  /// What is known when a case opens; every key may be missing.
  associatedtype Case: SpecValue
  associatedtype Action: SpecName
  associatedtype Proposal: TypedProposal where Proposal.Action == Action
  associatedtype Observation: TypedObservation where Observation.Action == Action
  associatedtype Workflow: SpecName
  associatedtype Step: SpecName
  static var embedded: EmbeddedSpec { get }
}

/// A call of an action with its arguments.
public protocol TypedProposal: Hashable, Sendable {
  associatedtype Action: SpecName
  var action: Action { get }
  var arguments: JSON { get }
  /// The arguments as conditions read them; nil where they have to be read from `arguments`.
  var values: [Value]? { get }
}

/// What an action gave back.
public protocol TypedObservation: Hashable, Sendable {
  associatedtype Action: SpecName
  var action: Action { get }
  var result: JSON { get }
}
