import CEL
import Declare
import PlumblineBundle

/// One temporal rule of a bundle.
final class TemporalRule: Sendable {
  /// Its place among the rules.
  let index: Int
  /// The requirement's place in the bundle.
  let requirement: Int
  let declaration: RequirementDeclaration
  let temporal: TemporalDeclaration
  /// The sets of events, without the approvals that `reviewers` are.
  let sets: [[EventDeclaration]]
  /// Roles of which one must have approved the very action (`after: approval(ROLE)`).
  let reviewers: [String]
  let monitor: Monitor
  let filters: (a: Bool, b: Bool)
  let isShadow: Bool
  let seesOthers: Bool
  let othersCanBreach: Bool

  init(
    index: Int, requirement: Int, declaration: RequirementDeclaration,
    temporal: TemporalDeclaration, compiled: CompiledSpec?
  ) {
    self.index = index
    self.requirement = requirement
    self.declaration = declaration
    self.temporal = temporal
    var sets = temporal.events
    var reviewers: [String] = []
    if temporal.sugar == "after", let first = sets.first {
      for event in first {
        if case .approval(let role) = event.kind { reviewers.append(role) }
      }
      sets[0] = first.filter { event in
        if case .approval = event.kind { false } else { true }
      }
    }
    self.sets = sets
    self.reviewers = reviewers
    monitor = Monitor(
      temporal.template, count: temporal.count, within: temporal.within,
      known: compiled?.monitors[temporal.template])
    let activations = temporal.template.activations
    let hasFilter = declaration.when != nil
    filters = (hasFilter && activations.a, hasFilter && activations.b)
    isShadow = declaration.mode == .shadow
    // A slice begins with its first letter, and may then wait for something.
    seesOthers =
      monitor.seesOthers
      || (!temporal.same.isEmpty && monitor.verdict(monitor.initial) == .open)
    othersCanBreach = monitor.othersCanBreach
  }

  /// Whether its state is one number for the whole case.
  var isPlain: Bool {
    if case .window = monitor { return false }
    return temporal.same.isEmpty
  }

  var namesMessages: Bool {
    sets.joined().contains { if case .message = $0.kind { true } else { false } }
  }

  /// The actions and attempts that it names.
  var actions: Set<String> {
    var names: Set<String> = []
    for event in temporal.events.joined() {
      switch event.kind {
      case .actions(let actions), .attempt(let actions): names.formUnion(actions)
      default: break
      }
    }
    return names
  }
}

/// What one kind of event is to one rule.
final class TemporalUse: Sendable {
  /// Whether the kind of event is in a set.
  enum Membership: Sendable {
    case none, certain
    /// If one of these conditions holds; compiled at the first event.
    case conditional([ExpressionText], SpecScope.Context, Lazy<[Condition]>)
  }

  let rule: TemporalRule
  let a: Membership
  let b: Membership
  private let scope: SpecScope
  private let filter: SpecScope.Context
  private let isFiltered: Bool
  private let lazyWhen = Lazy<Condition?>()

  /// `when`, where it filters a set that the event may be in.
  var when: Condition? {
    guard isFiltered, let text = rule.declaration.when else { return nil }
    return lazyWhen.get { scope.condition(text, in: filter, expecting: .bool) }
  }

  /// - Parameters:
  ///   - matches: whether an event of a set is of the kind.
  ///   - context: what its `where` sees.
  ///   - filter: what `when` sees.
  init(
    _ rule: TemporalRule, _ scope: SpecScope, context: SpecScope.Context,
    filter: SpecScope.Context, matches: (EventDeclaration.Kind) -> Bool
  ) {
    self.rule = rule
    self.scope = scope
    self.filter = filter
    func membership(_ set: Int) -> Membership {
      guard rule.sets.indices.contains(set) else { return .none }
      let events = rule.sets[set].filter { matches($0.kind) }
      if events.isEmpty { return .none }
      let texts = events.compactMap(\.condition)
      if texts.count < events.count { return .certain }
      return .conditional(texts, context, Lazy())
    }
    a = membership(0)
    b = membership(1)
    var isFiltered = rule.filters.a
    if case .none = a { isFiltered = false }
    if rule.filters.b, case .none = b {} else if rule.filters.b { isFiltered = true }
    self.isFiltered = isFiltered
  }

  var isNamed: Bool {
    if case .none = a, case .none = b { return false }
    return true
  }

  /// Whether the event can be a breach by itself, whatever came before.
  var canBreach: Bool {
    func certainties(_ membership: Membership) -> [Certainty] {
      switch membership {
      case .none: [.no]
      case .certain: isFiltered ? Certainty.allCases : [.yes]
      case .conditional: Certainty.allCases
      }
    }
    let second = certainties(b)
    return certainties(a).contains { a in
      second.contains { b in rule.monitor.canBreach(Letter(a: a, b: b)) }
    }
  }

  /// Makes its conditions, which are made when they are first asked for.
  func compile() {
    _ = when
    for membership in [a, b] {
      if case .conditional(let texts, let context, let conditions) = membership {
        _ = made(texts, context, conditions)
      }
    }
  }

  private func made(
    _ texts: [ExpressionText], _ context: SpecScope.Context, _ conditions: Lazy<[Condition]>
  ) -> [Condition] {
    conditions.get { texts.map { scope.condition($0, in: context, expecting: .bool) } }
  }

  /// What the event is to a rule of one state for the whole case, where that depends on nothing.
  var certainLetter: Letter? {
    guard rule.isPlain, rule.reviewers.isEmpty, !isFiltered || rule.declaration.when == nil else {
      return nil
    }
    func certainty(_ membership: Membership) -> Certainty? {
      switch membership {
      case .none: .no
      case .certain: .yes
      case .conditional: nil
      }
    }
    guard let a = certainty(a), let b = certainty(b) else { return nil }
    return Letter(a: a, b: b)
  }

  /// The letter of an event whose arguments and result the activation holds.
  func letter(_ activation: GuardActivation, filter: Certainty) -> Letter {
    var letter = Letter(a: truth(a, activation), b: truth(b, activation))
    if rule.filters.a { letter.a = min(letter.a, filter) }
    if rule.filters.b { letter.b = min(letter.b, filter) }
    return letter
  }

  private func truth(_ membership: Membership, _ activation: GuardActivation) -> Certainty {
    switch membership {
    case .none: .no
    case .certain: .yes
    case .conditional(let texts, let context, let conditions):
      made(texts, context, conditions)
        .map { Certainty($0.test(activation)) }.max() ?? .no
    }
  }
}

extension Certainty {
  init(_ verdict: Condition.Verdict) {
    switch verdict {
    case .yes: self = .yes
    case .no: self = .no
    case .unknown, .error: self = .maybe
    }
  }
}

/// What a rule asks of the proposals of one action.
struct TemporalQuestion: Sendable {
  let rule: TemporalRule
  /// What a success would be to it.
  let success: TemporalUse?
  /// What the proposal itself is to it.
  let attempt: TemporalUse?
}

/// The temporal rules of a bundle, and which of them see which event. Uses are in the order of rules.
final class TemporalPlan: Sendable {
  /// In the order of requirement ids.
  let rules: [TemporalRule]
  private let byRequirement: [Int: [TemporalRule]]
  /// By tool.
  let successes: [[TemporalUse]]
  let attempts: [[TemporalUse]]
  /// `successes`, as results are taken.
  let results: [EventUses]
  /// By role, activity and speaker; of any other, `others` (of messages, `otherMessages`).
  let approvals: [String: EventUses]
  let activities: [String: EventUses]
  let messages: [String: EventUses]
  let others: EventUses
  let otherMessages: EventUses
  init(_ scope: SpecScope) {
    let bundle = scope.bundle
    let order = bundle.requirements.indices
      .filter { bundle.requirements[$0].isEnforced && !bundle.requirements[$0].temporal.isEmpty }
      .sorted { a, b in
        let (left, right) = (bundle.requirements[a].id, bundle.requirements[b].id)
        return left == right ? a < b : left < right
      }
    var rules: [TemporalRule] = []
    for index in order {
      for temporal in bundle.requirements[index].temporal {
        rules.append(
          TemporalRule(
            index: rules.count, requirement: index, declaration: bundle.requirements[index],
            temporal: temporal, compiled: scope.compiled))
      }
    }
    self.rules = rules
    byRequirement = Dictionary(grouping: rules) { $0.requirement }

    var successes = [[TemporalUse]](repeating: [], count: bundle.tools.count)
    var attempts = successes
    var roles: Set<String> = []
    var names: Set<String> = []
    var speakers: Set<String> = []
    for rule in rules {
      var isSuccess = Set<Int>()
      var isAttempt = Set<Int>()
      for event in rule.sets.joined() {
        switch event.kind {
        case .actions(let actions): isSuccess.formUnion(actions.compactMap { scope.toolIndex[$0] })
        case .attempt(let actions): isAttempt.formUnion(actions.compactMap { scope.toolIndex[$0] })
        case .approval(let role): roles.insert(role)
        case .activity(let name): names.insert(name)
        case .message(let speaker):
          speakers.insert(speaker)
          for (index, tool) in bundle.tools.enumerated()
          where tool.effect == .say && tool.message == speaker {
            isSuccess.insert(index)
          }
        }
      }
      if rule.seesOthers {
        isSuccess.formUnion(bundle.tools.indices.filter { !bundle.tools[$0].actsAsRead })
      }
      for index in isSuccess {
        let tool = bundle.tools[index]
        successes[index].append(
          TemporalUse(
            rule, scope, context: .event(actions: [tool.name]),
            filter: .activation(action: tool.name)
          ) { kind in
            switch kind {
            case .actions(let actions): actions.contains(tool.name)
            case .message(let speaker): tool.effect == .say && tool.message == speaker
            default: false
            }
          })
      }
      for index in isAttempt {
        let name = bundle.tools[index].name
        attempts[index].append(
          TemporalUse(
            rule, scope, context: .event(actions: [name]), filter: .activation(action: name)
          ) { if case .attempt(let actions) = $0 { actions.contains(name) } else { false } })
      }
    }
    self.successes = successes
    results = successes.map { EventUses($0) }
    self.attempts = attempts

    let outside = SpecScope.Context.event(actions: [])
    /// What an event is to those of the rules that name it, or see what they do not name.
    func uses(
      of rules: [TemporalRule], context: SpecScope.Context,
      matches: (EventDeclaration.Kind) -> Bool
    ) -> EventUses {
      EventUses(
        rules.compactMap { rule in
          let use = TemporalUse(rule, scope, context: context, filter: outside, matches: matches)
          return use.isNamed || rule.seesOthers ? use : nil
        })
    }
    // Few rules name such events: only those are looked at for each name.
    let special = rules.filter { rule in
      rule.seesOthers
        || rule.sets.joined().contains { event in
          switch event.kind {
          case .actions, .attempt: false
          case .approval, .message, .activity: true
          }
        }
    }
    approvals = Dictionary(
      uniqueKeysWithValues: roles.map { role in
        (role, uses(of: special, context: outside) { $0 == .approval(role: role) })
      })
    activities = Dictionary(
      uniqueKeysWithValues: names.map { name in
        (name, uses(of: special, context: outside) { $0 == .activity(name) })
      })
    let aboutMessages = special.filter(\.namesMessages)
    messages = Dictionary(
      uniqueKeysWithValues: speakers.map { speaker in
        (
          speaker,
          uses(of: aboutMessages, context: .message) { $0 == .message(speaker: speaker) }
        )
      })
    others = uses(of: special, context: outside) { _ in false }
    otherMessages = uses(of: aboutMessages, context: outside) { _ in false }
  }

  /// How old an approval by a role may be that answers a finding: a rule that asks for one `within` a time is
  /// not answered by an older one. nil: of any age.
  func approvalWindow(of finding: Finding, role: String) -> Instant? {
    guard let id = finding.requirement else { return nil }
    return rules.filter { rule in
      rule.declaration.id == id
        && rule.temporal.events.joined().contains { $0.kind == .approval(role: role) }
    }.compactMap(\.temporal.within).min().map { Instant($0) * 1_000_000_000 }
  }

  /// What the rules of a requirement ask of an action's proposals.
  func questions(of requirement: Int, action: Int) -> [TemporalQuestion] {
    byRequirement[requirement, default: []].compactMap { rule in
      let success = Self.use(of: rule, in: successes[action])
      let attempt = Self.use(of: rule, in: attempts[action])
      let asksSuccess =
        rule.monitor.canBreach && (success.map { $0.isNamed || rule.othersCanBreach } ?? false)
      if !asksSuccess, attempt == nil { return nil }
      return TemporalQuestion(rule: rule, success: asksSuccess ? success : nil, attempt: attempt)
    }
  }

  /// Whether an action can break a rule of a requirement, or has a part in one that wants something
  /// to happen.
  func isAbout(action: Int, requirement: Int) -> Bool {
    byRequirement[requirement, default: []].contains { rule in
      [successes[action], attempts[action]].compactMap { Self.use(of: rule, in: $0) }
        .contains { $0.canBreach || $0.isNamed && rule.wantsSomething }
    }
  }

  /// Uses are in the order of rules.
  static func use(of rule: TemporalRule, in uses: [TemporalUse]) -> TemporalUse? {
    var low = 0
    var high = uses.count
    while low < high {
      let middle = (low + high) / 2
      if uses[middle].rule.index < rule.index { low = middle + 1 } else { high = middle }
    }
    return low < uses.count && uses[low].rule === rule ? uses[low] : nil
  }
}

extension TemporalRule {
  /// Whether something has to happen for it to hold; else it only looks back, or forbids.
  var wantsSomething: Bool {
    switch temporal.template {
    case .absence, .precedence, .alternatePrecedence, .chainPrecedence, .notCoExistence,
      .notRespondedExistence, .notSuccession, .notResponse, .notPrecedence, .notChainSuccession,
      .notChainResponse, .notChainPrecedence:
      false
    case .existence, .exactly, .initial, .end, .choice, .exclusiveChoice, .respondedExistence,
      .coExistence, .response, .alternateResponse, .chainResponse, .succession,
      .alternateSuccession, .chainSuccession:
      true
    }
  }

  /// The rule in short: `after approval(lead)`, `at_most 2`, `declare response: a, b`.
  var text: String {
    let count = temporal.count ?? 1
    if temporal.sugar == "at_most" { return "at_most \(max(count, 1) - 1)" }
    let sets = temporal.events.map { $0.flatMap(\.kind.text).joined(separator: " or ") }
    return temporal.sugar == "declare"
      ? "declare \(temporal.template.rawValue)\(temporal.count.map { " \($0)" } ?? ""): \(sets.joined(separator: ", "))"
      : sets.count == 2
        ? "\(temporal.sugar) \(temporal.sugar == "followed_by" ? sets[1] : sets[0])"
        : temporal.sugar
  }
}
