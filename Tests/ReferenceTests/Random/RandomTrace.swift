import PlumblineBundle
import PlumblineJSON

/// Traces of one case that fit a spec, mostly.
struct RandomTrace {
  private let bundle: SpecBundle
  private var chance: Chance
  private var now: Int64 = 1_780_000_000
  private var half = false
  /// Moments that something may be due after.
  private var anchors: [Int64] = []
  private var spans: [Int64]
  private var proposals: [Made] = []
  private var events: [JSON] = []
  private var lastText = ""

  private struct Made {
    var id: String
    var tool: ToolDeclaration?
    var action: String
    var args: JSON?
    var answered = false
  }

  static func make(_ bundle: SpecBundle, _ seed: UInt64, events: Int) -> [JSON] {
    var trace = RandomTrace(bundle, seed)
    trace.build(events)
    return trace.events
  }

  private init(_ bundle: SpecBundle, _ seed: UInt64) {
    self.bundle = bundle
    chance = Chance(seed)
    spans = bundle.tools.compactMap(\.freshFor)
    for requirement in bundle.requirements {
      spans += requirement.temporal.compactMap(\.within)
    }
  }

  private mutating func build(_ count: Int) {
    if chance.percent(80) { open() }
    while events.count < count { one() }
  }

  // MARK: Time

  private mutating func advance() {
    switch chance.below(20) {
    case 0...6: break
    case 7...12: now += Int64(chance.number(1...20))
    case 13: now += Int64(chance.number(60...900))
    case 14: now += Int64(chance.pick(3600, 7200, 86_400))
    case 15:
      half.toggle()
      if !half { now += 1 }
    case 16...18:
      guard let anchor = chance.pick(anchors), let span = chance.pick(spans) else { return }
      let due = anchor + span + chance.pick(0, 0, 1, -1)
      if due > now {
        now = due
        half = false
      }
    default: if chance.percent(30) { now -= Int64(chance.number(1...100)) }
    }
    if anchors.last != now { anchors.append(now) }
  }

  private mutating func add(_ type: String, _ members: [(String, JSON?)]) {
    advance()
    events.append(
      .object(
        [
          .init("case", .string("c-1")), .init("time", .string(Moment.text(now, half: half))),
          .init("type", .string(type)),
        ] + members.compactMap { name, value in value.map { .init(name, $0) } }))
  }

  private func values(_ wrong: Int) -> RandomValue {
    RandomValue(bundle: bundle, wrong: wrong, around: now)
  }

  // MARK: Events

  private mutating func one() {
    switch chance.below(34) {
    case 0...11:
      propose()
      if chance.percent(65) { answer(proposals.indices.last) }
    case 12...16: answer(nil)
    case 17...20: message()
    case 21...23: approve()
    case 24...26: fact()
    case 27: enter()
    case 28: add("tick", [])
    case 29: add("compacted", [])
    case 30: activity()
    case 31: reread()
    case 32: confirmation()
    default:
      if chance.percent(15) {
        add("close", [])
      } else if chance.percent(10) {
        open()
      } else {
        again()
      }
    }
  }

  private mutating func open() {
    var workflow: JSON?
    if bundle.workflows.count > 1 || chance.percent(20) {
      workflow = chance.percent(92) ? bundle.workflows.last.map { .string($0.name) } : .string("?")
    }
    let data = values(chance.percent(5) ? 20 : 0).record(
      bundle.caseFields.filter { _ in chance.percent(75) }, &chance)
    add("open", [("data", chance.percent(90) ? data : nil), ("workflow", workflow)])
  }

  private mutating func propose(_ tool: ToolDeclaration? = nil, args: JSON? = nil) {
    let id = "p\(proposals.count + 1)"
    var made = Made(id: chance.percent(96) ? id : "p1", tool: tool, action: tool?.name ?? "")
    if tool == nil {
      if chance.percent(2) {
        made.action = "nothing"
      } else {
        made.tool = chance.pick(bundle.tools)
        made.action = made.tool?.name ?? "nothing"
      }
    }
    if let declared = made.tool {
      made.args =
        args ?? values(chance.percent(6) ? 25 : 0).record(declared.arguments, &chance)
      if chance.percent(2), case .object(let members)? = made.args {
        made.args = .object(members + [.init("extra", .int(1))])
      }
      if chance.percent(1), case .object(let members)? = made.args, let first = members.first {
        made.args = .object(members + [first])
      }
    }
    if chance.percent(1) { made.args = nil }
    var claims: JSON?
    if let declared = made.tool?.claims, !declared.isEmpty, chance.percent(25) {
      claims = .object(
        declared.filter { _ in chance.percent(60) }.map { claim in
          .init(claim.name, values(4).json(claim.type, &chance))
        })
    }
    let confidence: JSON? =
      chance.percent(70) ? .double(chance.pick(0.5, 0.8, 0.79, 1, 0, 0.95)) : nil
    add(
      "propose",
      [
        ("id", chance.percent(98) ? .string(made.id) : nil), ("action", .string(made.action)),
        ("args", made.args), ("confidence", confidence), ("claims", claims),
        ("agent", chance.percent(85) ? .string("bot") : nil),
      ])
    proposals.append(made)
  }

  /// The same proposal once more.
  private mutating func again() {
    guard let made = chance.pick(Array(proposals.suffix(4))), let tool = made.tool else { return }
    propose(tool, args: made.args)
  }

  private mutating func reread() {
    guard let tool = chance.pick(bundle.tools.filter { $0.effect == .read }) else { return }
    propose(tool)
    answer(proposals.indices.last)
  }

  private mutating func answer(_ which: Int?) {
    let index: Int
    if let which {
      index = which
    } else {
      let open = proposals.indices.filter { !proposals[$0].answered }
      guard let found = chance.pick(chance.percent(92) ? open : Array(proposals.indices)) else {
        return
      }
      index = found
    }
    let made = proposals[index]
    var kind = chance.below(20)
    if made.tool == nil { kind = 19 }
    switch kind {
    case 0, 1:
      add(
        "result", [("of", .string(made.id)), ("error", .object([.init("message", .string("no"))]))])
    case 2:
      let effect = chance.pick("none", "unknown", "none")
      add(
        "result",
        [
          ("of", .string(made.id)),
          ("error", .object([.init("message", .string("no")), .init("effect", .string(effect))])),
        ])
      if effect == "none" { proposals[index].answered = true }
    default:
      add("result", [("of", .string(made.id)), ("result", result(made, kind: kind))])
      proposals[index].answered = true
    }
  }

  private mutating func result(_ made: Made, kind: Int) -> JSON {
    guard let returns = made.tool?.returns else { return values(0).json(.any, &chance) }
    let drifted = kind == 3 || kind == 4
    var value = values(drifted ? 20 : 0).json(returns, &chance)
    if kind == 5, case .object(let members) = value {
      value = .object(members + [.init(chance.pick("error", "extra"), .string("x"))])
    }
    // The id is that of what was asked for, mostly.
    if kind != 6, case .object(var members) = value,
      let id = made.args?["id"], let place = members.firstIndex(where: { $0.key == "id" })
    {
      members[place].value = id
      value = .object(members)
    }
    return value
  }

  private mutating func message() {
    let from = chance.pick("user", "user", "agent", "human", "clerk")
    var text = values(0).sentence(&chance)
    // The text of a say, repeated.
    if from == "agent", chance.percent(40),
      let said = proposals.last(where: { $0.action == "tell" })?.args?["text"]?.string
    {
      text = said
    }
    lastText = text
    add("message", [("from", .string(from)), ("text", .string(text))])
  }

  /// The agent names values, somebody agrees, and the action follows.
  private mutating func confirmation() {
    let asked = bundle.requirements.filter { $0.confirmed != nil }
    guard let requirement = chance.pick(asked), let action = requirement.appliesTo.first,
      let tool = bundle.tools.first(where: { $0.name == action })
    else { return message() }
    let args = values(0).record(tool.arguments, &chance)
    let words = (args.members ?? []).map { member -> String in
      switch member.value {
      case .string(let text): text
      case .int(let number): "\(number)"
      case .double(let number): chance.percent(50) ? "\(number)0" : "\(number)"
      default: "x"
      }
    }
    add(
      "message",
      [("from", .string("agent")), ("text", .string("a b " + words.joined(separator: " and ")))])
    add(
      "message",
      [
        ("from", .string(requirement.confirmed?.by ?? "user")),
        ("text", .string(chance.pick("yes", "Yes please", "no", "ok", "ok, no"))),
      ])
    for _ in 0..<chance.pick(1, 1, 2) {
      propose(tool, args: args)
      if chance.percent(50) { answer(proposals.indices.last) }
    }
  }

  private mutating func approve() {
    guard let made = chance.pick(Array(proposals.suffix(3))) else { return }
    let by = chance.pick("ann", "ann", "joe", "bot", "Bot ")
    var role = chance.pick(bundle.roles) ?? "lead"
    if chance.percent(4) { role = "nobody" }
    let verdict = chance.percent(80) ? "approved" : "rejected"
    let common: [(String, JSON?)] = [
      ("by", chance.percent(97) ? .string(by) : nil), ("role", .string(role)),
      ("verdict", .string(verdict)),
    ]
    if chance.percent(70) {
      var shown: [(String, JSON?)] = []
      if chance.percent(10) {
        let other = chance.pick(Array(proposals.suffix(3))) ?? made
        shown = [("action", .string(other.action)), ("args", other.args)]
      }
      add("approve", [("of", .string(made.id))] + shown + common)
    } else {
      add("approve", [("action", .string(made.action)), ("args", made.args)] + common)
    }
    if chance.percent(75), let tool = made.tool { propose(tool, args: made.args) }
  }

  private mutating func fact() {
    let asOf: JSON? =
      chance.percent(30)
      ? .string(Moment.text(now - (chance.pick(spans + [0, 30, -10]) ?? 0))) : nil
    let complete: JSON? = chance.percent(40) ? .bool(true) : nil
    if chance.percent(15), let field = chance.pick(bundle.caseFields) {
      add(
        "fact",
        [
          ("record", .string("case.\(field.name)")), ("value", values(5).json(field.type, &chance)),
          ("as_of", asOf), ("complete", complete),
        ])
      return
    }
    guard let collection = chance.pick(bundle.collections) else { return }
    var record = collection.name
    var value: JSON
    let values = values(chance.percent(6) ? 15 : 0)
    let key = values.key(&chance)
    switch chance.below(10) {
    case 0...2:
      value = .object(
        RandomValue.keys.filter { _ in chance.percent(50) }.map {
          .init($0, part(values.json(collection.type, &chance), id: $0))
        })
    case 3:
      if case .record(let fields) = bundle.plain(collection.type), let field = chance.pick(fields) {
        record += "[\"\(key)\"].\(field.name)"
        value = values.json(field.type, &chance)
      } else {
        value = .null
      }
    default:
      record += chance.percent(80) ? "[\"\(key)\"]" : ".\(key)"
      value = part(values.json(collection.type, &chance), id: key)
    }
    add(
      "fact",
      [("record", .string(record)), ("value", value), ("as_of", asOf), ("complete", complete)])
  }

  /// A record of which something is left out, perhaps.
  private mutating func part(_ value: JSON, id: String) -> JSON {
    guard case .object(var members) = value else { return value }
    for index in members.indices where members[index].key == "id" {
      members[index].value = .string(id)
    }
    if chance.percent(50) { members = members.filter { _ in chance.percent(75) } }
    return .object(members)
  }

  private mutating func enter() {
    guard let workflow = chance.pick(bundle.workflows), let step = chance.pick(workflow.steps)
    else {
      if chance.percent(10) { add("enter", [("step", .string("s1"))]) }
      return
    }
    add("enter", [("step", .string(chance.percent(95) ? step.name : "?"))])
  }

  private mutating func activity() {
    let name = chance.pick("Ship it", "b2", "other")
    var data: [JSON.Member] = []
    if chance.percent(75) { data.append(.init("id", .string(values(0).key(&chance)))) }
    if chance.percent(60) { data.append(.init("n", .int(Int64(chance.number(0...3))))) }
    add("activity", [("name", .string(name)), ("data", chance.percent(90) ? .object(data) : nil)])
  }
}
