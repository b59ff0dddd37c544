import PlumblineBundle

/// Small specs that use every part of the language, well-typed by construction.
struct RandomSpec {
  private(set) var draft: Draft
  private var chance: Chance
  /// Whether temporal rules are among the requirements.
  private let temporal: Bool

  static func make(_ seed: UInt64, temporal: Bool = true) -> Draft {
    var spec = RandomSpec(seed, temporal)
    spec.build()
    return spec.draft
  }

  private init(_ seed: UInt64, _ temporal: Bool) {
    chance = Chance(seed)
    self.temporal = temporal
    draft = Draft(bundle: SpecBundle(spec: "random", version: "1"))
  }

  private mutating func build() {
    draft.bundle.roles = chance.percent(80) ? ["lead", "boss"] : ["lead"]
    words()
    types()
    caseFields()
    reads()
    changes()
    say()
    others()
    ground()
    groups()
    terms()
    rest()
    requirements()
    workflows()
  }

  private mutating func words() {
    draft.bundle.patterns = [
      PatternDeclaration(name: "yes", pattern: #"(?i)\b(yes|ok)\b"#),
      PatternDeclaration(name: "no", pattern: #"(?i)\bno\b"#),
      PatternDeclaration(name: "amount", pattern: #"\d+\.\d\d"#),
      PatternDeclaration(name: "paid", pattern: "paid|late"),
    ]
    if chance.percent(60) {
      draft.bundle.tables.append(
        TableDeclaration(
          name: "limits", type: .map(.int), value: .map([.init("a", .int(1)), .init("b", .int(5))]))
      )
    }
    if chance.percent(30) {
      draft.bundle.tables.append(
        TableDeclaration(name: "ceiling", type: .number, value: .double(10.5)))
    }
    if chance.percent(30) {
      draft.bundle.tables.append(
        TableDeclaration(
          name: "steps_allowed", type: .list(.string), value: .list([.string("a"), .string("yes")]))
      )
    }
  }

  // MARK: Types

  private static let fieldPool: [FieldDeclaration] = [
    .init(name: "total", type: .number), .init(name: "total", type: .number),
    .init(name: "count", type: .int), .init(name: "level", type: .optional(.int)),
    .init(name: "status", type: .enumeration(["open", "paid", "late"])),
    .init(name: "due", type: .optional(.timestamp(offsetMinutes: nil))),
    .init(name: "at", type: .timestamp(offsetMinutes: nil)),
    .init(name: "local", type: .timestamp(offsetMinutes: -300)),
    .init(name: "note", type: .optional(.string)), .init(name: "name", type: .string),
    .init(name: "memo", type: .optional(.string), presence: .required),
    .init(name: "grade", type: .optional(.enumeration(["a", "b"])), presence: .notNull),
    .init(name: "ok", type: .bool), .init(name: "vip", type: .optional(.bool)),
    .init(name: "day", type: .date), .init(name: "wait", type: .duration),
    .init(name: "tags", type: .list(.string)), .init(name: "prices", type: .list(.number)),
    .init(name: "stock", type: .map(.number)), .init(name: "color", type: .named("Color")),
    .init(name: "address", type: .named("Address")),
    .init(name: "lines", type: .list(.named("Line"))),
    .init(name: "secret", type: .sensitive(.string)),
    .init(name: "more", type: .optional(.list(.string))),
    .init(name: "where", type: .optional(.named("Address"))),
  ]

  private mutating func fields(_ count: ClosedRange<Int>, _ pool: [FieldDeclaration])
    -> [FieldDeclaration]
  {
    var result: [FieldDeclaration] = []
    for _ in 0..<chance.number(count) {
      guard let field = chance.pick(pool), !result.contains(where: { $0.name == field.name }) else {
        continue
      }
      result.append(field)
    }
    return result
  }

  /// Now and then, what a schema file asks beyond types.
  private mutating func limits(_ limits: PlacedLimit...) -> [PlacedLimit] {
    chance.percent(20) ? limits : []
  }

  private mutating func types() {
    draft.bundle.types = [
      TypeDeclaration(name: "Color", definition: .type(.enumeration(["red", "blue"]))),
      TypeDeclaration(
        name: "Address",
        definition: .type(
          .record([
            .init(name: "city", type: .string),
            .init(name: "zip", type: .optional(.string), presence: .notNull),
          ])),
        limits: limits(
          .init(path: "/zip", limit: .maxLength(3)), .init(path: "/city", limit: .pattern("[a-z]$"))
        )),
      TypeDeclaration(
        name: "Line",
        definition: .type(
          .record([.init(name: "sku", type: .string), .init(name: "price", type: .number)])),
        limits: limits(
          .init(path: "/price", limit: .exclusiveMinimum(-1)),
          .init(path: "/price", limit: .multipleOf(0.5)), .init(path: "", limit: .closed))),
    ]
    for name in ["Order", "Person"].prefix(chance.number(1...2)) {
      var pool = Self.fieldPool
      if chance.percent(25) {
        pool += [.init(name: "paid_by", type: .named("Payment"))]
        if !draft.bundle.types.contains(where: { $0.name == "Payment" }) {
          draft.bundle.types += [
            TypeDeclaration(
              name: "Card",
              definition: .type(
                .record([
                  .init(name: "kind", type: .enumeration(["card"])),
                  .init(name: "limit", type: .number), .init(name: "holder", type: .string),
                ]))),
            TypeDeclaration(
              name: "Cash",
              definition: .type(
                .record([
                  .init(name: "kind", type: .enumeration(["cash", "coins"])),
                  .init(name: "limit", type: .number),
                  .init(name: "desk", type: .optional(.string)),
                ])),
              limits: limits(
                .init(path: "", limit: .closed), .init(path: "/limit", limit: .maximum(20)))),
            TypeDeclaration(
              name: "Payment", definition: .union(members: ["Card", "Cash"], by: "kind")),
          ]
        }
      }
      draft.bundle.types.append(
        TypeDeclaration(
          name: name,
          definition: .type(.record([.init(name: "id", type: .string)] + fields(2...6, pool))),
          limits: limits(.init(path: "", limit: .closed))))
      draft.bundle.collections.append(
        CollectionDeclaration(
          name: name == "Order" ? "orders" : "people", type: .named(name), groundedBy: []))
    }
  }

  private mutating func caseFields() {
    draft.bundle.caseFields = chance.some(
      [
        .init(name: "who", type: .string), .init(name: "order_id", type: .string),
        .init(name: "level", type: .int), .init(name: "vip", type: .optional(.bool)),
        .init(name: "since", type: .timestamp(offsetMinutes: nil)),
        .init(name: "limit", type: .number),
        .init(name: "tier", type: .enumeration(["basic", "gold"])),
      ], 45)
  }

  // MARK: Tools

  private func record(_ type: TypeReference?) -> [FieldDeclaration] {
    guard let type, case .record(let fields) = draft.bundle.plain(type) else { return [] }
    return fields
  }

  /// Names in a tool's own expressions.
  private func names(_ tool: ToolDeclaration, result: Bool, facts: Bool) -> Names {
    var names = Names()
    names.variables.append(("args", .record(tool.arguments)))
    if result, let returns = tool.returns { names.variables.append(("result", returns)) }
    names.facts = facts
    return names
  }

  /// An expression in a scope, kept with its tree.
  private mutating func expression(_ kind: Kind, _ names: Names, depth: Int) -> ExpressionText {
    var maker = RandomExpression(draft.bundle, names, Chance(chance.next()))
    return draft.write(maker.make(kind, depth))
  }

  private mutating func refine(_ tool: inout ToolDeclaration) {
    if chance.percent(12) {
      tool.fails.append(
        ExpressionText(chance.pick("has(result.error)", #"result.status == "late""#, "result.ok")))
    }
    let fields = record(tool.returns)
    if !fields.isEmpty {
      for key in draft.bundle.caseFields where chance.percent(20) {
        guard
          let field = fields.first(where: { $0.type == key.type && $0.type != .optional(.bool) })
        else { continue }
        tool.learns.append(
          LearnDeclaration(key: key.name, value: ExpressionText("result.\(field.name)")))
      }
      if fields.contains(where: { $0.name == "at" }), chance.percent(50) {
        tool.asOf = ExpressionText("result.at")
      }
    }
  }

  private mutating func reads() {
    for collection in draft.bundle.collections {
      let noun = collection.name == "orders" ? "order" : "person"
      var read = ToolDeclaration(name: "get_\(noun)", effect: .read)
      read.arguments = [.init(name: "id", type: .string)]
      read.returns = collection.type
      read.keeps = [
        KeepDeclaration(
          collection: collection.name,
          key: ExpressionText(chance.percent(85) ? "args.id" : "result.id"))
      ]
      if chance.percent(60) { read.freshFor = chance.pick(60, 600, 3600) }
      refine(&read)
      draft.bundle.tools.append(read)
      if chance.percent(40) {
        var list = ToolDeclaration(name: "list_\(collection.name)", effect: .read)
        list.arguments = chance.percent(50) ? [] : [.init(name: "note", type: .optional(.string))]
        let inside = chance.percent(40)
        list.returns =
          inside
          ? .record([
            .init(name: "items", type: .list(collection.type)),
            .init(name: "count", type: .optional(.int)),
          ])
          : .list(collection.type)
        list.keeps = [
          KeepDeclaration(
            each: "e", source: ExpressionText(inside ? "result.items" : "result"),
            collection: collection.name, key: ExpressionText("e.id"))
        ]
        if chance.percent(50) { list.freshFor = chance.pick(60, 600) }
        draft.bundle.tools.append(list)
      }
    }
    if chance.percent(25) {
      var think = ToolDeclaration(name: "think", effect: .none)
      think.arguments = [.init(name: "note", type: .optional(.string))]
      draft.bundle.tools.append(think)
    }
  }

  private static let argumentPool: [FieldDeclaration] = [
    .init(name: "amount", type: .number), .init(name: "amount", type: .number),
    .init(name: "n", type: .int), .init(name: "note", type: .optional(.string)),
    .init(name: "kind", type: .enumeration(["open", "paid"])),
    .init(name: "when", type: .optional(.timestamp(offsetMinutes: nil))),
    .init(name: "day", type: .date), .init(name: "tags", type: .list(.string)),
    .init(name: "force", type: .optional(.bool)), .init(name: "to", type: .named("Address")),
    .init(name: "color", type: .named("Color")),
  ]

  private mutating func changes() {
    for name in ["pay", "change", "put"].prefix(chance.number(1...3)) {
      guard let collection = chance.pick(draft.bundle.collections) else { continue }
      var tool = ToolDeclaration(name: name, effect: .write)
      tool.arguments = [.init(name: "id", type: .string)] + fields(0...3, Self.argumentPool)
      switch chance.below(4) {
      case 0: tool.returns = nil
      case 1:
        tool.returns = .record([
          .init(name: "ok", type: .bool), .init(name: "total", type: .optional(.number)),
        ])
      default: tool.returns = collection.type
      }
      var kinds = chance.some([0, 1, 2], 45)
      if kinds.isEmpty { kinds = [chance.below(4)] }
      for kind in kinds { change(&tool, kind, collection) }
      if chance.percent(30) {
        tool.oncePer =
          ["id"] + (chance.percent(20) ? tool.arguments.dropFirst().prefix(1).map(\.name) : [])
      }
      if chance.percent(40) { tool.settledBy = draft.bundle.tools.first?.name }
      refine(&tool)
      draft.bundle.tools.append(tool)
    }
  }

  private mutating func change(
    _ tool: inout ToolDeclaration, _ kind: Int, _ collection: CollectionDeclaration
  ) {
    let fields = record(collection.type)
    let scope = names(tool, result: true, facts: true)
    switch kind {
    case 0:
      let field = chance.percent(50) ? chance.pick(fields).map { [$0.name] } ?? [] : []
      var path = FactPath(
        collection: collection.name, key: ExpressionText("args.id"), fields: field)
      switch chance.below(10) {
      case 0: path = FactPath(collection: collection.name, key: nil)
      case 1:
        var maker = RandomExpression(draft.bundle, scope, Chance(chance.next()))
        path.key = draft.write(maker.key())
      case 2:
        if let key = chance.pick(draft.bundle.caseFields) {
          path = FactPath(collection: "case", key: nil, fields: [key.name])
        }
      default: break
      }
      tool.touches = (tool.touches ?? []) + [path]
    case 1:
      guard let field = chance.pick(fields.filter { $0.name != "id" }) else { return }
      var path = FactPath(
        collection: collection.name, key: ExpressionText("args.id"), fields: [field.name])
      var type = field.type
      if case .record(let inner) = draft.bundle.plain(field.type), !draft.bundle.isOptional(type),
        let below = inner.first
      {
        path.fields.append(below.name)
        type = below.type
      }
      let plain = draft.bundle.plain(type)
      switch plain {
      case .map, .record, .union, .any: return
      case .list(.record): return
      default: break
      }
      tool.sets.append(SetDeclaration(path: path, value: expression(plain, scope, depth: 1)))
    case 2:
      if tool.returns == collection.type {
        tool.keeps.append(
          KeepDeclaration(collection: collection.name, key: ExpressionText("args.id")))
      }
    default: break
    }
    if tool.touches == nil, tool.sets.isEmpty, tool.keeps.isEmpty { tool.touches = [] }
  }

  private mutating func say() {
    guard chance.percent(75) else { return }
    var tell = ToolDeclaration(name: "tell", effect: .say)
    tell.arguments =
      [.init(name: "text", type: .string)]
      + (chance.percent(25) ? [.init(name: "to", type: .optional(.string))] : [])
    if chance.percent(75) { tell.message = "agent" }
    if chance.percent(70) {
      tell.claims = [
        ClaimDeclaration(
          name: "done", value: ExpressionText("args.text.matches(patterns.paid)"), type: .bool),
        ClaimDeclaration(
          name: "amounts", value: ExpressionText("args.text.findAll(patterns.amount)"),
          type: .list(.string)),
      ]
    }
    if chance.percent(15) { tell.oncePer = ["text"] }
    draft.bundle.tools.append(tell)
  }

  private mutating func others() {
    guard chance.percent(40) else { return }
    var pass = ToolDeclaration(name: "pass", effect: .handoff)
    pass.arguments = chance.percent(50) ? [] : [.init(name: "n", type: .int)]
    draft.bundle.tools.append(pass)
  }

  private mutating func ground() {
    for index in draft.bundle.collections.indices {
      let name = draft.bundle.collections[index].name
      draft.bundle.collections[index].groundedBy = draft.bundle.tools.filter { tool in
        tool.effect == .read && tool.keeps.contains { $0.collection == name }
      }.map(\.name).sorted()
    }
  }

  private mutating func groups() {
    let writes = draft.bundle.tools.filter { $0.effect == .write }.map(\.name).sorted()
    draft.bundle.groups = [GroupDeclaration(name: "money", actions: writes)]
  }

  private mutating func terms() {
    guard chance.percent(40) else { return }
    draft.bundle.terms = [
      TermDeclaration(name: "large", parameters: ["x"], body: ExpressionText("x > 5.0")),
      TermDeclaration(
        name: "busy", parameters: nil,
        body: ExpressionText("in_flight > 0 || now < timestamp(\"2026-05-28T20:30:00Z\")")),
    ]
  }

  private mutating func rest() {
    for index in draft.bundle.tools.indices where draft.bundle.tools[index].fails.isEmpty {
      if chance.percent(4) {
        draft.bundle.tools[index].fails = [ExpressionText("has(result.error)")]
      }
    }
  }

  // MARK: Requirements

  private mutating func answer() -> Answer {
    switch chance.below(10) {
    case 0...4: .deny
    case 5...7: .escalate(role: chance.pick(draft.bundle.roles) ?? "lead")
    default: .warn
    }
  }

  /// What a condition on a proposal of these actions may name.
  private func names(_ actions: [String]) -> Names {
    let tools = draft.bundle.tools.filter { actions.contains($0.name) }
    var names = Names()
    names.facts = true
    if tools.count == 1 { names.proposal = tools[0] }
    let common = (tools.first?.arguments ?? []).filter { field in
      tools.allSatisfy { $0.arguments.contains(field) }
    }
    names.variables = [("args", .record(common))]
    for table in draft.bundle.tables where table.name != "limits" {
      names.variables.append((table.name, table.type))
    }
    return names
  }

  private mutating func condition(_ names: Names) -> ExpressionText {
    var maker = RandomExpression(draft.bundle, names, Chance(chance.next()))
    var sketch = maker.bool(chance.number(0...3))
    if !draft.bundle.terms.isEmpty, chance.percent(25) {
      let number = maker.number(1)
      sketch =
        chance.percent(50)
        ? Sketch(.bool, "(§ || large(§))", sketch, number) : Sketch(.bool, "(busy && §)", sketch)
    }
    return draft.write(sketch)
  }

  private mutating func requirements() {
    let count = chance.number(1...6)
    for index in 0..<count {
      var made = RequirementDeclaration(id: "R\(index + 1)", statement: "R\(index + 1)")
      made.otherwise = answer()
      made.ungrounded = answer()
      if made.ungrounded == .warn { made.because = "x" }
      if made.otherwise == .warn { made.priority = .should }
      if chance.percent(12) { made.mode = .shadow }
      if index > 0, chance.percent(20) {
        made.needs = ["R\(chance.number(1...index))"]
      }
      if temporal, chance.percent(45) {
        timed(&made)
      } else {
        plain(&made)
      }
      draft.bundle.requirements.append(made)
    }
    // Whatever is named by `needs` may be of another action; that is allowed.
    let salt = draft.bundle.tools.count
    draft.bundle.requirements.sort { Self.order($0.id, salt) < Self.order($1.id, salt) }
  }

  /// An order that is not that of the ids.
  private static func order(_ id: String, _ salt: Int) -> Int {
    id.utf8.reduce(salt) { ($0 &* 31 &+ Int($1)) % 97 }
  }

  private mutating func targets() -> [String] {
    let writes = draft.bundle.tools.filter { $0.effect != .read && $0.effect != .none }
    if chance.percent(20) {
      return chance.some(draft.bundle.tools.map(\.name), 40).sorted()
    }
    return [
      (chance.percent(85) ? chance.pick(writes) : chance.pick(draft.bundle.tools))?.name ?? ""
    ]
  }

  private mutating func plain(_ made: inout RequirementDeclaration) {
    made.appliesTo = targets()
    if made.appliesTo.isEmpty { made.appliesTo = ["pay"] }
    let scope = names(made.appliesTo)
    if chance.percent(35) { made.when = condition(scope) }
    switch chance.below(10) {
    case 0...4: made.require = condition(scope)
    case 5, 6:
      made.require = condition(scope)
      made.negated = true
    case 7:
      var scope = scope
      let tools = draft.bundle.tools.filter { made.appliesTo.contains($0.name) }
      if tools.count == 1, let returns = tools[0].returns {
        scope.variables.append(("result", returns))
      }
      made.ensure = condition(scope)
    default:
      var lists: [ExpressionText] = []
      for _ in 0..<chance.number(0...2) {
        lists.append(
          expression(chance.pick(.number, .string, .int, .list(.string), .date), scope, depth: 1))
      }
      made.confirmed = ConfirmationDeclaration(
        by: chance.pick("user", "user", "human"), agrees: ExpressionText("patterns.yes"),
        refuses: chance.percent(50) ? ExpressionText("patterns.no") : nil, lists: lists)
    }
  }

  private mutating func event(_ same: Bool) -> EventDeclaration {
    let tool = chance.pick(draft.bundle.tools)
    var event: EventDeclaration
    switch chance.below(same ? 8 : 12) {
    case 0...4: event = EventDeclaration(.actions([tool?.name ?? "pay"]))
    case 5:
      event = EventDeclaration(.actions(draft.bundle.groups.first?.actions ?? ["pay"]))
    case 6: event = EventDeclaration(.attempt([tool?.name ?? "pay"]))
    case 7: event = EventDeclaration(.activity(chance.pick("Ship it", "b2")))
    case 8, 9: event = EventDeclaration(.approval(role: draft.bundle.roles.first ?? "lead"))
    default: event = EventDeclaration(.message(speaker: chance.pick("user", "agent", "human")))
    }
    if chance.percent(20) {
      switch event.kind {
      case .actions(let actions), .attempt(let actions):
        var scope = names(actions)
        scope.facts = false
        scope.proposal = nil
        if case .actions = event.kind, actions.count == 1,
          let returns = draft.bundle.tools.first(where: { $0.name == actions[0] })?.returns
        {
          scope.variables.append(("result", returns))
        }
        event.condition = expression(.bool, scope, depth: 1)
      case .message: event.condition = ExpressionText("args.text.matches(patterns.yes)")
      case .activity: event.condition = ExpressionText("args.n > 1")
      case .approval: break
      }
    }
    return event
  }

  private func has(_ key: String, _ events: [[EventDeclaration]]) -> Bool {
    events.joined().allSatisfy { event in
      switch event.kind {
      case .actions(let actions), .attempt(let actions):
        return actions.allSatisfy { action in
          draft.bundle.tools.first { $0.name == action }?.arguments.contains { $0.name == key }
            ?? false
        }
      case .message: return key == "text"
      case .approval, .activity: return true
      }
    }
  }

  private mutating func timed(_ made: inout RequirementDeclaration) {
    let within: Int64? = chance.percent(45) ? chance.pick(60, 60, 600, 3600, 0) : nil
    if chance.percent(50) {
      made.appliesTo = targets()
      if made.appliesTo.isEmpty { made.appliesTo = ["pay"] }
      let it = [EventDeclaration(.actions(made.appliesTo))]
      var rules: [TemporalDeclaration] = []
      let others = (0..<chance.pick(1, 1, 2)).map { _ in event(false) }
      switch chance.below(8) {
      case 0: rules = [.init(template: .precedence, events: [others, it], sugar: "after")]
      case 1:
        var given = [EventDeclaration(.approval(role: draft.bundle.roles.last ?? "lead"))]
        if chance.percent(30) { given += others }
        rules = [.init(template: .precedence, events: [given, it], sugar: "after")]
      case 2:
        rules = [
          .init(template: .chainPrecedence, events: [others, it], sugar: "immediately_after")
        ]
      case 3: rules = [.init(template: .notSuccession, events: [others, it], sugar: "not_after")]
      case 4, 5: rules = [.init(template: .response, events: [it, others], sugar: "followed_by")]
      case 6:
        rules = [.init(template: .absence, events: [it], count: 2, sugar: "once_per")]
        if has("id", [it]) { rules[0].same = ["id"] }
      default:
        rules = [
          .init(template: .absence, events: [it], count: chance.number(1...3), sugar: "at_most")
        ]
        if chance.percent(30) {
          rules.append(.init(template: .absence, events: [it], count: 2, sugar: "once_per"))
        }
      }
      for index in rules.indices {
        rules[index].within = within
        if chance.percent(35), has("id", rules[index].events) { rules[index].same = ["id"] }
      }
      made.temporal = rules
      if chance.percent(25) {
        var scope = names(made.appliesTo)
        if made.appliesTo.count > 1 { scope.proposal = nil }
        made.when = condition(scope)
      }
      return
    }
    let template = chance.pick(DeclareTemplate.allCases) ?? .response
    let unary: [DeclareTemplate] = [.existence, .absence, .exactly, .initial, .end]
    let correlated = chance.percent(45)
    let count = unary.contains(template) ? 1 : 2
    var events: [[EventDeclaration]] = []
    for _ in 0..<count {
      events.append((0..<chance.pick(1, 1, 1, 2)).map { _ in event(correlated) })
    }
    var rule = TemporalDeclaration(template: template, events: events, sugar: "declare")
    if [.existence, .absence, .exactly].contains(template) { rule.count = chance.number(0...3) }
    if correlated, has("id", events) { rule.same = ["id"] }
    let windowless: [DeclareTemplate] = [
      .existence, .exactly, .initial, .end, .choice, .exclusiveChoice,
    ]
    if !windowless.contains(template) { rule.within = within }
    made.temporal = [rule]
    if chance.percent(20), let actions = activating(rule), !actions.isEmpty {
      var scope = names(actions)
      if actions.count > 1 { scope.proposal = nil }
      made.when = condition(scope)
    }
  }

  /// The actions that `when` filters; nil where something else is filtered too.
  private func activating(_ rule: TemporalDeclaration) -> [String]? {
    let isOther = Sound.activatingEvents(rule).contains { event in
      switch event.kind {
      case .actions, .attempt: false
      case .approval, .message, .activity: true
      }
    }
    return isOther ? nil : Sound.activating(rule)
  }

  // MARK: Workflows

  private mutating func workflows() {
    let count = chance.weighted([(35, 0), (50, 1), (15, 2)]) ?? 0
    // The names of steps are in scope everywhere, so they come before their conditions.
    for number in 0..<count {
      let steps = ["s1", "s2", "s3", "s4"].prefix(chance.number(1...4)).map {
        StepDeclaration(name: number == 0 ? $0 : "t\($0)")
      }
      draft.bundle.workflows.append(
        WorkflowDeclaration(name: "w\(number)", start: steps[0].name, steps: Array(steps)))
    }
    for number in draft.bundle.workflows.indices {
      let all = draft.bundle.workflows[number].steps.map(\.name)
      for index in draft.bundle.workflows[number].steps.indices {
        var step = draft.bundle.workflows[number].steps[index]
        step.tools = chance.some(draft.bundle.tools.map(\.name), 80)
        if index > 0, chance.percent(15) { step.final = true }
        if chance.percent(10) { step.actor = draft.bundle.roles.first }
        if chance.percent(20) {
          step.confidence = ConfidenceDeclaration(
            below: chance.pick(0.5, 0.8), then: answer())
        }
        if !step.final {
          for _ in 0..<chance.number(0...2) {
            guard let to = chance.pick(all), to != step.name else { continue }
            var scope = Names()
            scope.facts = true
            step.next.append(
              EdgeDeclaration(to: to, when: chance.percent(85) ? condition(scope) : nil))
          }
        }
        draft.bundle.workflows[number].steps[index] = step
      }
    }
  }
}
