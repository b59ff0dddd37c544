import PlumblineBundle
import PlumblineJSON

/// Temporal rules on a case: what events are to them, what a proposal could break, what is owed.
struct PlainRules {
  let spec: PlainSpec
  let state: PlainCase
  let now: PlainMoment

  init(_ spec: PlainSpec, _ state: PlainCase, at now: PlainMoment) {
    self.spec = spec
    self.state = state
    self.now = now
  }

  // MARK: - Letters

  /// Whether an event is in a set, by the conditions of those of its events that it is one of.
  private func truth(
    _ set: [EventDeclaration], _ view: PlainView, _ isOne: (EventDeclaration.Kind) -> Bool
  ) -> Truth {
    set.filter { isOne($0.kind) }.map { event -> Truth in
      guard let condition = event.condition else { return .yes }
      return Self.truth(view.test(condition))
    }.max() ?? .no
  }

  static func truth(_ value: Plain) -> Truth {
    switch value {
    case .bool(true): .yes
    case .bool(false): .no
    default: .maybe
    }
  }

  func letter(
    _ rule: PlainRule, _ view: PlainView, filter: Truth, event: Int,
    _ isOne: (EventDeclaration.Kind) -> Bool
  ) -> PlainLetter {
    func truth(_ place: Int) -> Truth {
      rule.sets.indices.contains(place) ? self.truth(rule.sets[place], view, isOne) : .no
    }
    var letter = PlainLetter(
      a: truth(0), b: truth(1), time: now.instant, event: event)
    let activating = rule.temporal.template.activating
    if activating.a { letter.a = min(letter.a, filter) }
    if activating.b { letter.b = min(letter.b, filter) }
    return letter
  }

  /// `when`, where the event is in a set that it filters.
  func filter(
    _ rule: PlainRule, _ view: PlainView, _ isOne: (EventDeclaration.Kind) -> Bool
  ) -> Truth {
    guard let when = when(rule, isOne) else { return .yes }
    return Self.truth(view.test(when))
  }

  /// The `when` of an event; nil where it is in no set that it filters.
  private func when(
    _ rule: PlainRule, _ isOne: (EventDeclaration.Kind) -> Bool
  ) -> ExpressionText? {
    let activating = rule.temporal.template.activating
    func names(_ place: Int) -> Bool {
      rule.sets.indices.contains(place) && rule.sets[place].contains { isOne($0.kind) }
    }
    guard (activating.a && names(0)) || (activating.b && names(1)) else { return nil }
    return rule.requirement.when
  }

  /// The slice of an event; nil where it is in none.
  static func slice(_ rule: PlainRule, _ args: Plain) -> String? {
    var values: [JSON] = []
    for key in rule.temporal.same {
      let value: Plain
      switch args {
      case .record(let record):
        guard let field = record[key] else { return nil }
        value = field == .absent ? .null : field
      case .map(let entries, _):
        guard let entry = entries.first(where: { $0.key == .string(key) }) else { return nil }
        value = entry.value
      default: return nil
      }
      guard let json = json(value) else { return nil }
      values.append(json)
    }
    guard let bytes = try? CanonicalJSON.encode(.array(values)) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A value whose text is the same for equal values; nil where it is not known.
  private static func json(_ value: Plain) -> JSON? {
    switch value {
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .int(let whole): return .int(whole)
    case .uint(let whole): return .string(String(whole))
    case .double(let number): return .double(number)
    case .string(let text): return .string(text)
    case .unknown, .error, .absent: return nil
    case .list(let elements, _): return .array(elements.map { json($0) ?? .null })
    case .record(let record):
      return .object(record.fields.map { .init($0.name, json($0.value) ?? .null) })
    case .map(let entries, _):
      return .object(
        entries.map { entry in
          if case .string(let key) = entry.key {
            return .init(key, json(entry.value) ?? .null)
          }
          return .init("", .null)
        })
    default:
      if case .string(let text)? = PlainLibrary.call("string", [value]) { return .string(text) }
      return nil
    }
  }

  // MARK: - At the proposal

  /// What is found out when an action is proposed, and stays so.
  func freeze(_ tool: ToolDeclaration, _ view: PlainView) -> ([Int: Truth], Set<Int>) {
    var filters: [Int: Truth] = [:]
    var reviewed: Set<Int> = []
    for rule in spec.rules {
      filters[rule.number] = filter(rule, view) { kind in
        if case .attempt(let names) = kind { return names.contains(tool.name) }
        return PlainRule.isSuccess(kind, tool)
      }
      if rule.namesSuccess(tool) || rule.namesAttempt(tool.name), isReviewed(rule, view) {
        reviewed.insert(rule.number)
      }
    }
    return (filters, reviewed)
  }

  private func isReviewed(_ rule: PlainRule, _ view: PlainView) -> Bool {
    guard !rule.reviewers.isEmpty, let action = view.action, case .record(let args) = view.args
    else { return false }
    return state.validApprovals(action, args, agent: view.agent).contains { place in
      let approval = state.approvals[place]
      guard rule.reviewers.contains(approval.role) else { return false }
      guard let within = rule.temporal.within else { return true }
      return now.instant - approval.time.instant <= Int128(within) * 1_000_000_000
    }
  }

  private func consumed(_ rule: PlainRule, _ key: String) -> [PlainLetter] {
    state.slices[rule.number].first { $0.key == key }?.consumed ?? []
  }

  /// Asks a rule about a proposal; nil where it breaks nothing, or the rule is not asked.
  func judge(_ rule: PlainRule, _ judgement: PlainJudgement, _ view: PlainView) -> PlainFinding? {
    guard !state.isClosed, let tool = judgement.tool, let key = Self.slice(rule, view.args)
    else { return nil }
    let filter = judgement.filters[rule.number] ?? .yes
    var view = view
    view.result = .unknown(Missing("result", .inFlight))
    var word = consumed(rule, key)
    let seq = state.seq + 1
    if rule.namesAttempt(tool.name) {
      func isAttempt(_ kind: EventDeclaration.Kind) -> Bool {
        if case .attempt(let names) = kind { names.contains(tool.name) } else { false }
      }
      let attempt = letter(rule, view, filter: filter, event: seq, isAttempt)
      if rule.meaning.isBreach(attempt, after: word) {
        let isCertain = rule.meaning.isBreach(attempt.certain, after: word)
        return finding(rule, isCertain ? nil : .some(when(rule, isAttempt)), [], view)
      }
      word.append(attempt)
    }
    let isNamed = rule.namesSuccess(tool)
    guard isNamed || (rule.othersCanBreach && !tool.actsAsRead),
      !judgement.reviewed.contains(rule.number)
    else { return nil }
    let success = letter(rule, view, filter: filter, event: seq) {
      PlainRule.isSuccess($0, tool)
    }
    if !success.isNamed, !rule.othersCanBreach { return nil }
    let open = openLetters(rule, key, view)
    let letters = open.map(\.letter)
    guard rule.meaning.couldBreak(success, after: word, open: letters) else { return nil }
    let isCertain =
      success.certain == success
      || rule.meaning.couldBreak(success.certain, after: word, open: letters)
    let isInDoubt =
      !open.isEmpty && !rule.meaning.couldBreak(success, after: word, open: [])
    var settling: [String] = []
    if isInDoubt {
      for (_, action) in open {
        guard let tool = spec.tool(action)?.settledBy, !settling.contains(tool) else { continue }
        settling.append(tool)
      }
    }
    let filtering = when(rule) { PlainRule.isSuccess($0, tool) }
    return finding(rule, isCertain ? nil : .some(filtering), settling, view)
  }

  /// What other calls without a final result would be, in the same slice.
  private func openLetters(
    _ rule: PlainRule, _ key: String, _ view: PlainView
  ) -> [(letter: PlainLetter, action: String)] {
    state.pending.compactMap { call in
      guard let action = call.action, let tool = spec.tool(action),
        call.doubt != nil || call.isAccepted, !call.reviewed.contains(rule.number),
        Self.slice(rule, .record(call.args)) == key,
        rule.namesSuccess(tool) || !tool.actsAsRead
      else { return nil }
      var own = view
      own.args = .record(call.args)
      let letter = letter(
        rule, own, filter: call.filters[rule.number] ?? .yes, event: state.seq + 1
      ) { PlainRule.isSuccess($0, tool) }
      return letter.isNamed || rule.othersMatter ? (letter, action) : nil
    }
  }

  /// - Parameter uncertain: nil where it breaks the rule for certain; else the `when` of the event, if it has one.
  private func finding(
    _ rule: PlainRule, _ uncertain: ExpressionText??, _ settling: [String], _ view: PlainView
  ) -> PlainFinding {
    let judge = PlainJudge(spec: spec, state: state, now: now)
    if let uncertain {
      if let when = uncertain, case .unknown(let missing) = view.test(when) {
        return judge.ungrounded(rule.requirement, missing)
      }
      return judge.ungrounded(rule.requirement, nil)
    }
    var category = FindingCategory.violated
    if rule.temporal.sugar == "once_per" { category = .duplicate }
    if !rule.reviewers.isEmpty { category = .unreviewed }
    return PlainFinding(
      rule.requirement.id, category, PlainAnswer(rule.requirement.otherwise), at: now,
      shadow: rule.requirement.mode == .shadow, groundBy: settling)
  }

  // MARK: - Events

  func breach(_ rule: PlainRule) -> PlainFinding {
    PlainFinding(
      rule.requirement.id, rule.reviewers.isEmpty ? .violated : .unreviewed,
      PlainAnswer(rule.requirement.otherwise), at: now, shadow: rule.requirement.mode == .shadow)
  }

  /// The deadlines that passed since a moment, and lie before now.
  func overdue(since: PlainMoment) -> [PlainFinding] {
    if state.isClosed { return [] }
    var found: [PlainFinding] = []
    for rule in spec.rules {
      guard let window = rule.meaning.window else { continue }
      for slice in state.slices[rule.number] {
        for letter in window.overdue(slice.consumed, from: since.instant, to: now.instant) {
          found.append(
            PlainFinding(
              rule.requirement.id, .overdue, PlainAnswer(rule.requirement.otherwise),
              at: PlainMoment(instant: letter.time + window.length),
              shadow: rule.requirement.mode == .shadow))
        }
      }
    }
    return found
  }

  /// What has to happen yet, of rules that decide something.
  func obligations() -> [PlainObligation] {
    if state.isClosed { return [] }
    return spec.rules.filter { $0.requirement.mode != .shadow }.flatMap { rule in
      slices(rule).flatMap { slice -> [PlainObligation] in
        let id = rule.requirement.id
        if let window = rule.meaning.window {
          return window.waiting(slice.consumed, at: now.instant).map {
            PlainObligation(
              requirement: id, since: $0.event,
              deadline: PlainMoment(instant: $0.time + window.length).text)
          }
        }
        return rule.meaning.openSince(slice.consumed, beginning: slice.since).map {
          [PlainObligation(requirement: id, since: $0)]
        } ?? []
      }
    }
  }

  /// The slices that have begun. A rule without `same` has one, from the case's beginning.
  private func slices(_ rule: PlainRule) -> [PlainCase.Slice] {
    let begun = state.slices[rule.number]
    return begun.isEmpty && rule.temporal.same.isEmpty ? [.init(key: "[]", since: 0)] : begun
  }

  /// The slices that the case's end leaves broken.
  func closing() -> [PlainFinding] {
    spec.rules.flatMap { rule -> [PlainFinding] in
      slices(rule).filter { slice in
        if let window = rule.meaning.window {
          return !window.waiting(slice.consumed, at: now.instant).isEmpty
        }
        return rule.meaning.isOpen(slice.consumed)
      }.map { _ in
        PlainFinding(
          rule.requirement.id, .violated, PlainAnswer(rule.requirement.otherwise), at: now,
          shadow: rule.requirement.mode == .shadow)
      }
    }
  }
}
