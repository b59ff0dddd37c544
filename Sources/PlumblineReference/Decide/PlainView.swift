import PlumblineBundle

/// What an expression sees of a case at a moment, and of the proposal or result at hand.
struct PlainView: PlainScope {
  let spec: PlainSpec
  let state: PlainCase
  let now: PlainMoment
  /// The action that is judged or resolved.
  var action: String?
  var args: Plain = .absent
  var result: Plain = .absent
  var claims: Plain = .absent
  var confidence: Double?
  var agent: String?
  var turnText = ""
  /// The number of the proposal whose result is looked at: it is not in flight.
  var resolving = 0
  /// The element of a list that is kept.
  var each: (name: String, value: Plain)?

  init(_ spec: PlainSpec, _ state: PlainCase, at now: PlainMoment) {
    self.spec = spec
    self.state = state
    self.now = now
  }

  func value(_ text: ExpressionText) -> Plain { evaluate(spec.expression(text), in: self) }

  /// A condition: anything but a truth value is none.
  func test(_ text: ExpressionText) -> Plain { Self.condition(value(text)) }

  static func condition(_ value: Plain) -> Plain {
    switch value {
    case .bool, .unknown, .error: value
    default: PlainEvaluator.flaw([value]) ?? .failure("no condition")
    }
  }

  /// `!(when) || (then)`
  func implication(_ when: ExpressionText?, _ then: ExpressionText, negated: Bool) -> Plain {
    var root = spec.expression(then).root
    if negated { root = .apply(.not, [root]) }
    if let when { root = .apply(.or, [.apply(.not, [spec.expression(when).root]), root]) }
    return Self.condition(evaluate(PlainExpression(root), in: self))
  }

  private func missing(_ name: String) -> Plain { .unknown(Missing(name, .absent)) }

  func variable(_ name: String) -> Plain? {
    if let each, each.name == name { return each.value }
    switch name {
    case "args": return args
    case "result": return result
    case "case": return state.caseView(resolving: resolving, spec)
    case "claims": return claims
    case "confidence": return confidence.map { .double($0) } ?? missing(name)
    case "agent": return agent.map { .string($0) } ?? missing(name)
    case "now": return now.plain
    case "today":
      let day = now.seconds >= 0 ? now.seconds / 86_400 : (now.seconds - 86_399) / 86_400
      return .date(days: Int32(clamping: day))
    case "step": return state.step.map { .string($0.name) } ?? missing(name)
    case "entered": return state.entered.map(\.plain) ?? missing(name)
    case "in_flight":
      let count = state.pending.count {
        $0.isAccepted && $0.doubt == nil && $0.seq != resolving
      }
      return .int(Int64(count))
    case "said":
      return .record(
        PlainRecord(
          type: "said",
          fields: ["user", "agent", "human"].map { speaker in
            .init(
              speaker, .string(state.messages.last { $0.speaker == speaker }?.text ?? ""))
          }))
    case "turn":
      return .record(PlainRecord(type: "turn", fields: [.init("text", .string(turnText))]))
    case "patterns":
      return .map(
        spec.bundle.patterns.map { PlainEntry(.string($0.name), .string($0.pattern)) },
        rest: nil)
    default: break
    }
    if spec.collection(name) != nil {
      return state.view(name, at: now, resolving: resolving, spec)
    }
    if let table = spec.bundle.tables.first(where: { $0.name == name }) {
      return PlainDecoder.constant(table.value, as: table.type, spec.bundle.types)
    }
    return nil
  }

  func term(_ name: String) -> (parameters: [String]?, body: PlainExpression)? {
    spec.term(name)
  }

  func function(_ name: String, _ arguments: [Plain]) -> Plain? {
    guard name == "heard" else { return nil }
    guard arguments.count == 2, case .string(let speaker) = arguments[0],
      case .string = arguments[1]
    else { return .failure("heard takes two texts") }
    return heard(speaker, arguments[1])
  }

  private func heard(_ speaker: String, _ pattern: Plain) -> Plain {
    var verdict = Plain.bool(false)
    for message in state.messages where message.speaker == speaker {
      let hit = PlainLibrary.call("matches", [.string(message.text), pattern])
      if hit == .bool(true) { return .bool(true) }
      if let hit, hit != .bool(false) { verdict = hit }
    }
    return verdict
  }

  func special(
    _ name: String, _ arguments: [PlainExpression.Node],
    _ evaluate: (PlainExpression.Node) -> Plain
  ) -> Plain? {
    switch name {
    case "known":
      guard arguments.count == 1 else { return nil }
      return .bool(Self.isKnown(evaluate(arguments[0])))
    case "age":
      guard arguments.count == 1 else { return nil }
      return age(evaluate(arguments[0]))
    case "calls":
      guard arguments.count == 1, let actions = actions(arguments[0]) else { return nil }
      return calls(actions)
    case "done":
      guard let first = arguments.first, let actions = actions(first) else { return nil }
      return done(actions, keys: arguments.count > 1 ? texts(arguments[1]) : [], since: 0)
    case "done_here":
      guard arguments.count == 1, let actions = actions(arguments[0]) else { return nil }
      return done(actions, keys: [], since: state.enteredSeq)
    case "approvals":
      guard arguments.count == 1, let actions = actions(arguments[0]) else { return nil }
      return approvals(actions)
    default: return nil
    }
  }

  // MARK: - Facts about facts

  static func isKnown(_ value: Plain) -> Bool {
    switch value {
    case .unknown, .error, .absent, .null: return false
    case .list, .map: return value.openRest == nil
    case .record(let record):
      return !record.fields.contains { if case .unknown = $0.value { true } else { false } }
    default: return true
    }
  }

  private func age(_ value: Plain) -> Plain {
    var asOf: PlainMoment?
    switch value {
    case .record(let record): asOf = record.asOf
    case .unknown(let missing):
      if missing.attributes.count == 1 { asOf = missing.attributes[0].asOf }
    default: break
    }
    guard let asOf else {
      switch value {
      case .unknown, .error: return value
      default: return PlainEvaluator.flaw([value]) ?? .failure("age takes a record")
      }
    }
    let nanos = now.instant - asOf.instant
    let (seconds, rest) = nanos.quotientAndRemainder(dividingBy: 1_000_000_000)
    return .duration(seconds: Int64(seconds), nanos: Int32(rest))
  }

  // MARK: - Calls

  /// The actions that are named: by name, by group, by effect, or a list of these.
  private func actions(_ node: PlainExpression.Node) -> [String]? {
    switch node {
    case .literal(.string(let name)):
      if spec.tool(name) != nil { return [name] }
      if let group = spec.bundle.groups.first(where: { $0.name == name }) { return group.actions }
      return nil
    case .call("effect", let arguments):
      guard arguments.count == 1, case .name(let name) = arguments[0],
        let effect = Effect(rawValue: name)
      else { return nil }
      return spec.bundle.tools.filter { $0.effect == effect }.map(\.name)
    case .list(let parts):
      var all: [String] = []
      for part in parts {
        guard let more = actions(part.value) else { return nil }
        all += more
      }
      return all
    default: return nil
    }
  }

  private func texts(_ node: PlainExpression.Node) -> [String] {
    switch node {
    case .literal(.string(let text)): [text]
    case .list(let parts): parts.flatMap { texts($0.value) }
    default: []
    }
  }

  /// Whether a call has the proposal's keys; nil where that is not known.
  private func matches(_ keys: [String], _ other: PlainRecord) -> Bool? {
    if keys.isEmpty { return true }
    guard case .record(let own) = args else { return nil }
    return PlainKeys.equal(keys, own, other)
  }

  /// What is in flight or in doubt of these actions.
  private func open(_ actions: [String], _ keys: [String]) -> Missing? {
    var found: Missing?
    for call in state.pending where call.isOpen && call.seq != resolving {
      guard let action = call.action, actions.contains(action) else { continue }
      if matches(keys, call.args) == false { continue }
      let one = Missing(
        "calls", call.doubt == nil ? .inFlight : .inDoubt,
        collection: spec.tool(action)?.settledBy.map { "@\($0)" })
      found = Missing.union(found, one)
    }
    return found
  }

  private func calls(_ actions: [String]) -> Plain {
    let elements = state.calls.filter { actions.contains($0.action) }.map { call in
      Plain.record(
        PlainRecord(
          type: "call",
          fields: [
            .init("action", .string(call.action)), .init("args", .record(call.args)),
            .init("result", call.result), .init("time", call.time.plain),
          ]))
    }
    return .list(elements, rest: open(actions, []))
  }

  private func done(_ actions: [String], keys: [String], since: Int) -> Plain {
    var doubtful = false
    for call in state.calls where actions.contains(call.action) && call.seq > since {
      switch matches(keys, call.args) {
      case true: return .bool(true)
      case false: break
      case nil: doubtful = true
      }
    }
    if let open = open(actions, keys) { return .unknown(open) }
    return doubtful ? .unknown(Missing("done", .partial)) : .bool(false)
  }

  private func approvals(_ actions: [String]) -> Plain {
    var elements: [Plain] = []
    for approval in state.approvals
    where actions.contains(approval.action) && approval.usedBy == nil && !approval.isRevoked {
      if action != nil, approval.isApproved, !PlainCase.isSecondPerson(approval, beside: agent) {
        continue
      }
      // Asked about a proposal of that action: only what counts for it.
      if approval.action == action, case .record(let own) = args {
        if approval.args != own { continue }
        if approval.isApproved,
          !state.validApprovals(approval.action, own, agent: agent).contains(where: {
            state.approvals[$0].by == approval.by && state.approvals[$0].role == approval.role
              && state.approvals[$0].time == approval.time
          })
        {
          continue
        }
      }
      elements.append(
        .record(
          PlainRecord(
            type: "approval",
            fields: [
              .init("by", .string(approval.by)), .init("role", .string(approval.role)),
              .init("verdict", .string(approval.isApproved ? "approved" : "rejected")),
              .init("time", approval.time.plain),
              .init("asked", approval.asked.map(\.plain) ?? .absent),
              .init("args", .record(approval.args)),
            ])))
    }
    return .list(elements, rest: nil)
  }
}

/// Equality of arguments, by value.
enum PlainKeys {
  /// nil: one of them is not known.
  static func equal(_ keys: [String], _ one: PlainRecord, _ other: PlainRecord) -> Bool? {
    all(
      keys.map { key in
        guard let left = one[key], let right = other[key] else { return nil }
        return equal(left, right)
      })
  }

  static func equal(_ one: Plain, _ other: Plain) -> Bool? {
    switch (one, other) {
    case (.unknown, _), (_, .unknown), (.error, _), (_, .error): return nil
    case (.absent, .null), (.null, .absent): return true
    case (.int(let whole), .double(let number)), (.double(let number), .int(let whole)):
      return Int64(exactly: number) == whole
    case (.list(let left, _), .list(let right, _)):
      if left.count != right.count { return false }
      return all(zip(left, right).map { equal($0, $1) })
    case (.record(let left), .record(let right)):
      if left.fields.count != right.fields.count { return false }
      return all(zip(left.fields, right.fields).map { equal($0.value, $1.value) })
    case (.map(let left, let more), .map(let right, let rest)):
      if more != nil || rest != nil { return nil }
      if left.count != right.count { return false }
      return all(
        left.map { entry in
          guard let found = right.first(where: { $0.key == entry.key }) else { return false }
          return equal(entry.value, found.value)
        })
    default: return one == other
    }
  }

  private static func all(_ answers: [Bool?]) -> Bool? {
    if answers.contains(false) { return false }
    return answers.contains(nil) ? nil : true
  }
}
