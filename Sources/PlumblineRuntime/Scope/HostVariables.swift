import CEL
import PlumblineBundle
import Suggestions
import Synchronization

/// A variable that a macro of the guard stands for: `calls("a")` is the variable `@calls:a`.
struct HostVariable: Sendable, Hashable {
  enum Kind: String, Sendable, Hashable {
    case calls, done
    case doneHere = "done_here"
    case approvals
  }
  var kind: Kind
  /// Numbers of tools, in the order of the bundle.
  var actions: [Int]
  /// The arguments that must equal those of the proposal (`done` only).
  var keys: [String] = []
}

extension SpecScope {
  static func name(_ kind: HostVariable.Kind, _ actions: [String], _ keys: [String]) -> String {
    let base = "@\(kind.rawValue):\(actions.joined(separator: ","))"
    return keys.isEmpty ? base : "\(base);\(keys.joined(separator: ","))"
  }

  /// The variable of a name that a macro made, with a slot of its own.
  func hostVariable(_ name: String) -> VariableDeclaration? {
    guard name.hasPrefix("@") else { return nil }
    if let known = shared.withLock({ $0.variables[name] }) { return known }
    guard let host = parseHost(name) else { return nil }
    let type: CELType
    switch host.kind {
    case .calls: type = .list(.object(callType(host.actions)))
    case .done, .doneHere: type = .bool
    case .approvals: type = .list(.object(approvalType(host.actions)))
    }
    return shared.withLock { shared in
      if let known = shared.variables[name] { return known }
      let made = VariableDeclaration(
        name: name, type: type, slot: Slot.hosts + shared.hosts.count)
      shared.hosts.append(host)
      shared.variables[name] = made
      return made
    }
  }

  private func parseHost(_ name: String) -> HostVariable? {
    guard let colon = name.firstIndex(of: ":"),
      let kind = HostVariable.Kind(
        rawValue: String(name[name.index(after: name.startIndex)..<colon]))
    else { return nil }
    let rest = name[name.index(after: colon)...].split(
      separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
    guard let actions = rest.first else { return nil }
    let keys = rest.count > 1 ? rest[1].split(separator: ",").map(String.init) : []
    return HostVariable(
      kind: kind,
      actions: actions.split(separator: ",").compactMap { toolIndex[String($0)] }, keys: keys)
  }

  /// The host variables made so far, by slot.
  var hostVariables: [HostVariable] { shared.withLock { $0.hosts } }

  /// The macros of the guard. `proposal` is the action a condition judges, where there is one.
  func hostMacros(proposal: String?) -> [Macro] {
    [HostVariable.Kind.calls, .done, .doneHere, .approvals].map { kind in
      Macro(kind.rawValue, argumentCount: nil, member: false) {
        [weak self] call, _, arguments, context in
        self?.expand(kind, call, arguments, proposal, context)
      }
    }
  }

  private func expand(
    _ kind: HostVariable.Kind, _ call: Expr, _ arguments: [Expr], _ proposal: String?,
    _ context: MacroContext
  ) -> Expr? {
    let invalid = Expr(position: call.position, kind: .invalid)
    let most = kind == .done ? 2 : 1
    guard let first = arguments.first, arguments.count <= most else {
      context.report(
        CELIssue(
          .invalidMacro, "`\(kind.rawValue)` takes an action, not \(arguments.count) arguments",
          at: call.position, help: "write \(kind.rawValue)(\"action\")"))
      return invalid
    }
    guard let actions = actionNames(first, kind, context) else { return invalid }
    var keys: [String] = []
    if arguments.count == 2 {
      guard let found = keyNames(arguments[1], actions, proposal, context) else { return invalid }
      keys = found
    }
    let ordered = Set(actions.compactMap { toolIndex[$0] }).sorted().map { bundle.tools[$0].name }
    return Expr(position: call.position, kind: .ident(Self.name(kind, ordered, keys)))
  }

  private func actionNames(_ expr: Expr, _ kind: HostVariable.Kind, _ context: MacroContext)
    -> [String]?
  {
    switch expr.kind {
    case .literal(.string(let name)):
      if let found = actions(named: name) { return found }
      let near = Suggest.nearest(
        name, among: bundle.tools.map(\.name) + bundle.groups.map(\.name))
      context.report(
        CELIssue(
          .undeclaredName, "unknown action `\(name)`", at: expr.position,
          help: near.map { "did you mean `\($0)`?" }))
      return nil
    case .call("effect", nil, let arguments):
      if arguments.count == 1, case .ident(let name) = arguments[0].kind,
        let effect = Effect(rawValue: name)
      {
        return actions(ofEffect: effect)
      }
    case .list(let elements):
      var all: [String] = []
      for element in elements {
        guard let names = actionNames(element.value, kind, context) else { return nil }
        all += names
      }
      if !all.isEmpty { return all }
    default: break
    }
    var example = "action"
    if case .ident(let name) = expr.kind, actions(named: name) != nil { example = name }
    context.report(
      CELIssue(
        .invalidMacro, "`\(kind.rawValue)` takes the name of an action, written out",
        at: expr.position, help: "write \(kind.rawValue)(\"\(example)\") or a list of names"))
    return nil
  }

  private func keyNames(
    _ expr: Expr, _ actions: [String], _ proposal: String?, _ context: MacroContext
  ) -> [String]? {
    var texts: [(String, ExprPosition)] = []
    switch expr.kind {
    case .literal(.string(let key)): texts = [(key, expr.position)]
    case .list(let elements):
      for element in elements {
        guard case .literal(.string(let key)) = element.value.kind else { break }
        texts.append((key, element.value.position))
      }
      if texts.count != elements.count { texts = [] }
    default: break
    }
    if texts.isEmpty {
      context.report(
        CELIssue(
          .invalidMacro, "the keys of `done` are names of arguments, written out",
          at: expr.position, help: "write done(\"action\", [\"argument\"])"))
      return nil
    }
    guard let proposal, let own = toolIndex[proposal] else {
      context.report(
        CELIssue(
          .invalidMacro,
          "`done` with keys compares with a proposal's arguments; there is none here",
          at: expr.position))
      return nil
    }
    for (key, position) in texts {
      for action in [bundle.tools[own].name] + actions {
        guard let index = toolIndex[action], argumentTypes[index].slot(of: key) == nil else {
          continue
        }
        let near = Suggest.nearest(key, among: argumentTypes[index].fields.map(\.name))
        context.report(
          CELIssue(
            .undeclaredField, "`\(action)` has no argument `\(key)`", at: position,
            help: near.map { "did you mean `\($0)`?" }))
        return nil
      }
    }
    return texts.map(\.0)
  }
}
