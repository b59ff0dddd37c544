import CEL
import PlumblineBundle

/// `calls`, `done`, `done_here` and `approvals` of certain actions.
final class HostPlan {
  let variable: HostVariable
  private let isWanted: [Bool]
  private let callType: ObjectType
  private let approvalType: ObjectType
  /// By tool: for each argument of the merged type the tool's own slot, -1 where it has none.
  private var slots: [[Int]] = []
  private let mergedType: ObjectType?
  private let path: String
  private let settledBy: [FactSource?]

  init(_ variable: HostVariable, _ scope: SpecScope) {
    self.variable = variable
    var wanted = [Bool](repeating: false, count: scope.bundle.tools.count)
    for action in variable.actions { wanted[action] = true }
    isWanted = wanted
    callType = scope.callType(variable.actions)
    approvalType = scope.approvalType(variable.actions)
    let names = variable.actions.map { TextForm.quoted(scope.bundle.tools[$0].name) }
    let list = names.count == 1 ? names.joined() : "[\(names.joined(separator: ", "))]"
    let keys =
      variable.keys.isEmpty
      ? "" : ", [\(variable.keys.map { TextForm.quoted($0) }.joined(separator: ", "))]"
    path = "\(variable.kind.rawValue)(\(list)\(keys))"
    settledBy = scope.bundle.tools.map { tool in
      tool.settledBy.flatMap { scope.toolIndex[$0] }.map { .settling(tool: $0) }
    }
    if variable.actions.count > 1 {
      let merged = scope.mergedArguments(variable.actions)
      mergedType = merged
      slots = scope.argumentTypes.map { own in
        merged.fields.map { own.slot(of: $0.name) ?? -1 }
      }
    } else {
      mergedType = nil
    }
  }

  func value(_ state: UnsafePointer<CaseState>, _ activation: GuardActivation) -> Value {
    switch variable.kind {
    case .calls: calls(state, activation)
    case .done: done(state, activation, since: 0)
    case .doneHere: done(state, activation, since: state.pointee.enteredSeq)
    case .approvals: approvals(state, activation)
    }
  }

  /// What is in flight or in doubt of these actions, with the same keys.
  private func open(
    _ state: UnsafePointer<CaseState>, _ activation: GuardActivation
  ) -> Unknown? {
    var unknown: Unknown?
    for call in state.pointee.pending
    where call.isOpen && call.action >= 0 && isWanted[call.action]
      && call.seq != activation.resolving
    {
      if matches(call.action, call.args, activation) == false { continue }
      let reason: UnknownReason = call.doubt == nil ? .inFlight : .inDoubt
      let one = reason.unknown(path, source: settledBy[call.action])
      unknown = unknown?.union(one) ?? one
    }
    return unknown
  }

  private func calls(_ state: UnsafePointer<CaseState>, _ activation: GuardActivation) -> Value {
    var elements: [Value] = []
    for call in state.pointee.calls where isWanted[call.action] {
      elements.append(.record(record(call, activation)))
    }
    return .list(ListValue(elements, missing: open(state, activation)))
  }

  private func record(_ call: CallRecord, _ activation: GuardActivation) -> RecordValue {
    RecordValue(
      type: callType,
      slots: [
        .string(activation.guardian.bundle.tools[call.action].name),
        .record(merged(call.args, of: call.action)), call.result, .timestamp(call.time),
      ])
  }

  /// The arguments of one of the actions as those of any of them.
  private func merged(_ args: RecordValue, of action: Int) -> RecordValue {
    guard let mergedType, slots.indices.contains(action) else { return args }
    return RecordValue(
      type: mergedType, slots: slots[action].map { $0 < 0 ? .absent : args.slots[$0] })
  }

  private func done(
    _ state: UnsafePointer<CaseState>, _ activation: GuardActivation, since: Int
  ) -> Value {
    var doubtful: Unknown?
    for call in state.pointee.calls.reversed() where isWanted[call.action] {
      // In the order of results: what is left is older. The event that entered the step ended the
      // step before.
      if call.seq <= since { break }
      switch matches(call.action, call.args, activation) {
      case true: return .bool(true)
      case false: break
      case nil: doubtful = UnknownReason.partial.unknown(path, source: nil)
      }
    }
    if let unknown = open(state, activation) { return .unknown(unknown) }
    if let doubtful { return .unknown(doubtful) }
    return .bool(false)
  }

  /// Whether a call has the proposal's keys; nil where that cannot be known.
  private func matches(_ action: Int, _ args: RecordValue, _ activation: GuardActivation) -> Bool? {
    if variable.keys.isEmpty { return true }
    guard case .record(let own) = activation.args else { return nil }
    return ArgumentKeys.equal(variable.keys, own, args)
  }

  private func approvals(_ state: UnsafePointer<CaseState>, _ activation: GuardActivation) -> Value
  {
    var elements: [Value] = []
    var hash: String?
    for approval in state.pointee.approvals
    where isWanted[approval.action] && approval.usedBy == nil && !approval.revoked {
      // Nobody's own counts, whatever is proposed.
      if activation.action >= 0, approval.approved, !approval.isOthers(than: activation.agent) {
        continue
      }
      // On a proposal of the same action, an approval is for exactly its arguments, in this step.
      if approval.action == activation.action, case .record(let args) = activation.args {
        let own = hash ?? Hashing.arguments(args)
        hash = own
        if own != approval.argumentHash { continue }
        if approval.approved,
          !approval.isValid(
            for: activation.action, argumentHash: own, visit: state.pointee.visit,
            agent: activation.agent)
        {
          continue
        }
      }
      elements.append(
        .record(
          RecordValue(
            type: approvalType,
            slots: [
              approval.by.map { .string($0) } ?? .absent,
              approval.role.map { .string($0) } ?? .absent,
              .string(approval.approved ? "approved" : "rejected"),
              .timestamp(approval.time),
              approval.asked.map { .timestamp($0) } ?? .absent,
              .record(merged(approval.args, of: approval.action)),
            ])))
    }
    return .list(ListValue(elements))
  }
}

/// Equality of arguments, by value.
enum ArgumentKeys {
  /// Whether two records agree in these fields; nil where one of them is unknown.
  static func equal(_ keys: [String], _ a: RecordValue, _ b: RecordValue) -> Bool? {
    var result: Bool? = true
    for key in keys {
      guard let left = a.type.slot(of: key), let right = b.type.slot(of: key),
        a.slots.indices.contains(left), b.slots.indices.contains(right)
      else { return nil }
      switch equal(a.slots[left], b.slots[right]) {
      case true: break
      case false: return false
      case nil: result = nil
      }
    }
    return result
  }

  static func equal(_ a: Value, _ b: Value) -> Bool? { equal(a, b, depth: 0) }

  private static func equal(_ a: Value, _ b: Value, depth: Int) -> Bool? {
    if depth > 64 { return nil }
    switch (a, b) {
    case (.unknown, _), (_, .unknown), (.error, _), (_, .error): return nil
    case (.null, .null), (.absent, .absent), (.null, .absent), (.absent, .null): return true
    case (.bool(let x), .bool(let y)): return x == y
    case (.int(let x), .int(let y)): return x == y
    case (.double(let x), .double(let y)): return x == y
    case (.int(let x), .double(let y)), (.double(let y), .int(let x)):
      return Int64(exactly: y) == x
    case (.uint(let x), .uint(let y)): return x == y
    case (.string(let x), .string(let y)): return x == y
    case (.timestamp(let x), .timestamp(let y)): return x == y
    case (.duration(let x), .duration(let y)): return x == y
    case (.date(let x), .date(let y)): return x == y
    case (.list(let x), .list(let y)):
      if x.elements.count != y.elements.count { return false }
      return all(zip(x.elements, y.elements).map { equal($0, $1, depth: depth + 1) })
    case (.record(let x), .record(let y)):
      if x.slots.count != y.slots.count { return false }
      return all(zip(x.slots, y.slots).map { equal($0, $1, depth: depth + 1) })
    case (.map(let x), .map(let y)):
      if x.missing != nil || y.missing != nil { return nil }
      if x.count != y.count { return false }
      return all(x.keys.map { equal(x.lookup($0), y.lookup($0), depth: depth + 1) })
    default: return false
    }
  }

  private static func all(_ results: [Bool?]) -> Bool? {
    if results.contains(false) { return false }
    return results.contains(nil) ? nil : true
  }
}
