public import PlumblineJSON

extension Event {
  /// The event as a line of a trace, its fields in a fixed order.
  public var json: JSON {
    if let raw { return JSON(raw) }
    var members: [JSON.Member] = [
      .init("case", .string(caseID)), .init("time", .string(TimeText.text(time))),
    ]
    func add(_ name: String, _ value: JSON?) {
      if let value { members.append(.init(name, value)) }
    }
    func add(_ name: String, _ text: String?) { add(name, text.map { JSON.string($0) }) }
    func type(_ name: String) { add("type", JSON.string(name)) }
    switch body {
    case .open(let data, let workflow):
      type("open")
      add("data", data.map { JSON($0) })
      add("workflow", workflow)
    case .propose(let proposal):
      type("propose")
      members += proposal.members
    case .result(let of, let outcome):
      type("result")
      add("of", of)
      switch outcome {
      case .success(let node): add("result", JSON(node))
      case .failure(let message, let effect):
        var error: [JSON.Member] = [.init("message", .string(message))]
        if let effect { error.append(.init("effect", .string(effect.rawValue))) }
        add("error", .object(error))
      }
    case .message(let from, let text):
      type("message")
      add("from", from)
      add("text", text)
    case .approve(let approval):
      type("approve")
      add("of", approval.of)
      add("action", approval.action)
      add("args", approval.args.map { JSON($0) })
      add("by", approval.by)
      add("role", approval.role)
      add("verdict", approval.verdict.rawValue)
    case .fact(let fact):
      type("fact")
      add("record", fact.record)
      add("value", JSON(fact.value))
      add("as_of", fact.asOf.map { TimeText.text($0) })
      if fact.complete { add("complete", JSON.bool(true)) }
    case .enter(let step):
      type("enter")
      add("step", step)
    case .tick: type("tick")
    case .compacted: type("compacted")
    case .close(let outcome):
      type("close")
      add("outcome", outcome)
    case .activity(let name, let data):
      type("activity")
      add("name", name)
      add("data", data.map { JSON($0) })
    }
    return .object(members)
  }
}

extension Proposal {
  var members: [JSON.Member] {
    var members: [JSON.Member] = []
    if let id { members.append(.init("id", .string(id))) }
    members.append(.init("action", .string(action)))
    if let args { members.append(.init("args", JSON(args))) }
    if let confidence { members.append(.init("confidence", .double(confidence))) }
    if let claims { members.append(.init("claims", JSON(claims))) }
    if let digest { members.append(.init("digest", .string(digest))) }
    if let agent { members.append(.init("agent", .string(agent))) }
    return members
  }

  /// The proposal as the command line and tests write it.
  public var json: JSON { .object(members) }
}
