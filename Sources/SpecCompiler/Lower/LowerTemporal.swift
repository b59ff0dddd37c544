import PlumblineBundle
import PlumblineDiagnostics
import SpecModel

extension DeclareTemplate {
  /// How many parameters it takes.
  var arity: Int {
    switch self {
    case .existence, .absence, .exactly, .initial, .end: 1
    default: 2
    }
  }
  var takesCount: Bool { self == .existence || self == .absence || self == .exactly }

  /// Whether `within` means something: it bounds an activation's pair, or slides for `absence`.
  var takesWithin: Bool {
    switch self {
    case .absence: true
    case .existence, .exactly, .initial, .end, .choice, .exclusiveChoice: false
    default: true
    }
  }

  /// Whether it is decided at the later event: *it* stands second.
  var activatesSecond: Bool {
    switch self {
    case .precedence, .alternatePrecedence, .chainPrecedence, .notPrecedence,
      .notChainPrecedence, .notSuccession, .notChainSuccession:
      true
    default: false
    }
  }
}

extension Lowering {
  mutating func lowerTemporal(
    _ written: WrittenRequirement, _ target: Target, _ lowered: inout RequirementDeclaration
  ) {
    guard !written.temporal.isEmpty else {
      // `after` and its like are absent: nothing that `same` or `within` could belong to.
      if let first = written.same.first { report(.sameWithoutRule(at: first.range)) }
      if let within = written.within { report(.withinWithoutRule(at: within.range)) }
      return
    }
    var it: [EventDeclaration] = []
    if !target.actions.isEmpty { it.append(EventDeclaration(.actions(target.actions))) }
    it += target.activities.map { EventDeclaration(.activity($0)) }

    for temporal in written.temporal {
      let sugar = temporal.sugar.value
      let same = temporal.same.isEmpty ? written.same : temporal.same
      let within = temporal.within ?? written.within
      var declaration: TemporalDeclaration
      if sugar == "declare" {
        guard let made = lowerDeclare(temporal) else { continue }
        declaration = made
        if let when = temporal.when {
          if let first = written.when {
            report(.whenTwice(at: when.range, first: first.range))
          } else {
            lowered.when = expression(when)
          }
        }
      } else {
        if it.isEmpty {
          // An unknown name in `applies_to` was reported.
          if written.appliesTo.isEmpty { report(.noTarget(sugar, at: temporal.sugar.range)) }
          continue
        }
        let others = lowerEvents(temporal.events.first ?? [])
        if others.isEmpty,
          ["after", "immediately_after", "not_after", "followed_by"].contains(sugar)
        {
          continue
        }
        switch sugar {
        case "after":
          declaration = .init(template: .precedence, events: [others, it], sugar: sugar)
        case "immediately_after":
          declaration = .init(template: .chainPrecedence, events: [others, it], sugar: sugar)
        case "not_after":
          declaration = .init(template: .notSuccession, events: [others, it], sugar: sugar)
        case "followed_by":
          declaration = .init(template: .response, events: [it, others], sugar: sugar)
        case "once_per":
          declaration = .init(template: .absence, events: [it], count: 2, sugar: sugar)
        case "at_most":
          let count = temporal.count?.value ?? 1
          let (limit, overflow) = count.addingReportingOverflow(1)
          declaration = .init(
            template: .absence, events: [it], count: Int(clamping: overflow ? count : limit),
            sugar: sugar)
        default: continue
        }
      }
      for key in same where checkSame(key, declaration.events) {
        declaration.same.append(key.value)
      }
      if let within {
        if declaration.template == .absence, declaration.count == 1 {
          report(.withinNever(at: within.range))
        } else if declaration.template.takesWithin {
          declaration.within = within.value
        } else {
          report(.withinMisused(declaration.template.rawValue, at: within.range))
        }
      }
      lowered.temporal.append(declaration)
    }
  }

  private mutating func lowerDeclare(_ temporal: WrittenTemporal) -> TemporalDeclaration? {
    guard let name = temporal.template, let template = DeclareTemplate(rawValue: name.value) else {
      return nil
    }
    if temporal.events.count != template.arity {
      report(.templateArity(name.value, template.arity, temporal.events.count, at: name.range))
      return nil
    }
    if let count = temporal.count, !template.takesCount {
      report(.countMisused(name.value, at: count.range))
    }
    // The binder refuses what is below 0. `exactly` 0 says what `absence` 1 does.
    if let count = temporal.count, count.value == 0 {
      switch template {
      case .absence: report(.countNeverHolds(name.value, at: count.range))
      case .existence: report(.countAlwaysHolds(name.value, at: count.range))
      default: break
      }
    }
    let events = temporal.events.map { lowerEvents($0) }
    guard events.allSatisfy({ !$0.isEmpty }) else { return nil }
    return TemporalDeclaration(
      template: template, events: events,
      count: template.takesCount ? Int(clamping: temporal.count?.value ?? 1) : nil,
      sugar: "declare")
  }

  /// Events by what they name. An unknown role or effect is reported and left out.
  private mutating func lowerEvents(_ written: [WrittenEvent]) -> [EventDeclaration] {
    var events: [EventDeclaration] = []
    for event in written {
      let name = event.name
      var kind: EventDeclaration.Kind
      switch event.function?.value {
      case "effect":
        kind = .actions(effectActions(name).sorted())
      case "attempt":
        guard let actions = actions(name) else { continue }
        kind = .attempt(actions)
      case "approval":
        checkRole(name)
        kind = .approval(role: name.value)
      case "message":
        kind = .message(speaker: name.value)
      default:
        if toolIndex[name.value] != nil {
          kind = .actions([name.value])
        } else if let group = groupIndex[name.value] {
          kind = .actions(group)
        } else {
          activity(name)
          kind = .activity(name.value)
        }
      }
      events.append(EventDeclaration(kind, condition: event.condition.map { expression($0) }))
    }
    return events
  }

  /// `same` keys are arguments of every action named; an activity may lack one.
  private mutating func checkSame(
    _ key: Located<String>, _ events: [[EventDeclaration]]
  ) -> Bool {
    for event in events.joined() {
      switch event.kind {
      case .actions(let actions), .attempt(let actions):
        for action in actions {
          guard let index = toolIndex[action] else { continue }
          if !checkArgument(key, of: bundle.tools[index]) { return false }
        }
      case .message:
        if key.value != "text" {
          report(.unknownArgument(key.value, of: "message", at: key.range, near: nil))
          return false
        }
      case .approval, .activity: break
      }
    }
    return true
  }
}
