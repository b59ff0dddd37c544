import PlumblineDiagnostics

/// PL0401–PL0449: requirements.
extension Diagnostic {
  /// PL0401: a requirement without anything that decides.
  static func decidesNothing(_ id: String, at range: SourceRange) -> Self {
    .init(
      "PL0401", .error, "`\(id)` decides nothing", at: range,
      help:
        "add `require`, `forbid`, `ensure`, `confirmed` or a temporal rule, or mark it `advice: true` or `enforced_by`"
    )
  }

  /// PL0402: both `require` and `forbid`.
  static func requireAndForbid(_ id: String, at range: SourceRange, first: SourceRange) -> Self {
    .init(
      "PL0402", .error, "`\(id)` has both `require` and `forbid`", at: range,
      help: "write two requirements, or one condition",
      notes: [.init("`require` is here", at: first)])
  }

  /// PL0403: a rule that says nothing of what it judges.
  static func ruleWithoutTarget(_ id: String, _ key: String, at range: SourceRange) -> Self {
    .init(
      "PL0403", .error, "`\(key)` of `\(id)` judges no action", at: range, help: "add `applies_to`")
  }

  /// PL0404: advice with a rule.
  static func adviceWithRule(_ id: String, _ key: String, at range: SourceRange) -> Self {
    .init(
      "PL0404", .error, "`\(id)` is advice, so its `\(key)` would decide nothing", at: range,
      help: "leave out `advice` or `\(key)`")
  }

  /// PL0405: a rule beside `enforced_by`.
  static func heldElsewhereWithRule(
    _ id: String, _ key: String, at range: SourceRange, held: SourceRange
  ) -> Self {
    .init(
      "PL0405", .error, "`\(id)` is enforced elsewhere, so its `\(key)` would decide nothing",
      at: range, notes: [.init("`enforced_by` is here", at: held)])
  }

  /// PL0406: both `advice` and `enforced_by`.
  static func adviceEnforced(_ id: String, at range: SourceRange) -> Self {
    .init("PL0406", .error, "`\(id)` is either advice or enforced elsewhere, not both", at: range)
  }

  /// PL0407: a must that only warns.
  static func mustWarns(_ id: String, at range: SourceRange) -> Self {
    .init(
      "PL0407", .error, "`\(id)` is a must, so it cannot only warn", at: range,
      help: "deny or escalate, or make it `priority: should`")
  }

  /// PL0408: `ungrounded: warn` without a reason.
  static func warnWithoutBecause(at range: SourceRange) -> Self {
    .init(
      "PL0408", .error,
      "`ungrounded: warn` lets an action pass on missing facts, so it needs `because`",
      at: range)
  }

  /// PL0409: `same` without a temporal rule.
  static func sameWithoutRule(at range: SourceRange) -> Self {
    .init(
      "PL0409", .error, "`same` means nothing without a temporal rule", at: range,
      help: "it correlates `after`, `not_after`, `followed_by` and their like")
  }

  /// PL0410: `within` without a temporal rule.
  static func withinWithoutRule(at range: SourceRange) -> Self {
    .init(
      "PL0410", .error, "`within` means nothing without a temporal rule", at: range,
      help: "it bounds `after`, `not_after`, `followed_by` and their like")
  }

  /// PL0411: `within` where a template has nothing to bound.
  static func withinMisused(_ template: String, at range: SourceRange) -> Self {
    .init("PL0411", .error, "`within` means nothing for `\(template)`", at: range)
  }

  /// PL0411 too: a window on what may not happen once.
  static func withinNever(at range: SourceRange) -> Self {
    .init(
      "PL0411", .error, "`within` means nothing where not one may happen", at: range,
      help: "it slides over as many as may happen: leave it out, or allow one")
  }

  /// PL0412: two conditions that filter one activation.
  static func whenTwice(at range: SourceRange, first: SourceRange) -> Self {
    .init(
      "PL0412", .error, "the requirement has a `when` already", at: range,
      notes: [.init("it is here", at: first)])
  }

  /// PL0403 too: a temporal rule on nothing.
  static func noTarget(_ key: String, at range: SourceRange) -> Self {
    .init("PL0403", .error, "`\(key)` judges no action", at: range, help: "add `applies_to`")
  }

  /// PL0414: the wrong number of events for a template.
  static func templateArity(_ name: String, _ expected: Int, _ found: Int, at range: SourceRange)
    -> Self
  {
    .init(
      "PL0414", .error,
      "`\(name)` takes \(expected) event\(expected == 1 ? "" : "s"), not \(found)", at: range)
  }

  /// PL0415: a count for a template that has none.
  static func countMisused(_ name: String, at range: SourceRange) -> Self {
    .init("PL0415", .error, "`\(name)` takes no count", at: range)
  }

  /// PL0416: a count that nothing can meet.
  static func countNeverHolds(_ name: String, at range: SourceRange) -> Self {
    .init(
      "PL0416", .error, "`\(name)` with `n: 0` asks for fewer than none, which nothing can be",
      at: range, help: "`n: 1` says that it never happens")
  }

  /// PL0416 too: a count that everything meets.
  static func countAlwaysHolds(_ name: String, at range: SourceRange) -> Self {
    .init(
      "PL0416", .error, "`\(name)` with `n: 0` holds whatever happens", at: range,
      help: "`n: 1` says that it happens at least once")
  }

  /// PL0417: an activity with almost the name of a tool.
  static func activityNearTool(_ name: String, near: String, at range: SourceRange) -> Self {
    .init(
      "PL0417", .warning, "`\(name)` is no tool, so it is an activity of an imported log",
      at: range,
      help: "did you mean `\(near)`?")
  }

  /// PL0418: a requirement that needs itself.
  static func needsItself(_ id: String, at range: SourceRange) -> Self {
    .init("PL0418", .error, "`\(id)` needs itself", at: range)
  }

  /// PL0419: `needs` in a circle.
  static func needsCycle(_ id: String, _ other: String, at range: SourceRange) -> Self {
    .init(
      "PL0419", .error, "`\(id)` needs `\(other)`, which needs `\(id)` in turn", at: range,
      help: "none of them would ever be judged")
  }

  /// PL0420: a rule that repeats what its tool says.
  static func repeatsOncePer(_ action: String, at range: SourceRange, tool: SourceRange) -> Self {
    .init(
      "PL0420", .warning, "`once_per` of the tool `\(action)` says this already", at: range,
      notes: [.init("the tool is here", at: tool)])
  }

  /// PL0421: a rule that is off until someone knows something.
  static func waitsForKnowledge(_ id: String, at range: SourceRange) -> Self {
    .init(
      "PL0421", .warning, "`known` in `when` turns `\(id)` off until someone asks", at: range,
      help: "leave it out: an action whose facts are missing is not allowed anyway")
  }

  /// PL0423: a rule between an event and itself.
  static func bothSides(_ rule: String, at range: SourceRange) -> Self {
    .init(
      "PL0423", .error, "`\(rule)` relates two events, and here both are the same", at: range,
      help: "name another event, or count this one with `at_most` or `declare`")
  }

  /// PL0422: a rule on what a text claims.
  static func detectedNotGuaranteed(_ id: String, at range: SourceRange) -> Self {
    .init(
      "PL0422", .note, "`\(id)` rests on claims: detected, not guaranteed", at: range,
      help: "a claim in other words than its pattern's goes by unseen")
  }
}

/// PL0430–PL0449: rules that decide nothing.
extension Diagnostic {
  /// PL0430: a condition that is always true.
  static func alwaysSatisfied(
    _ id: String, _ key: String, _ when: SourceRange?, at range: SourceRange
  ) -> Self {
    let always = key == "forbid" ? "never" : "always"
    return .init(
      "PL0430", .error,
      when == nil
        ? "`\(key)` of `\(id)` is \(always) true, so it decides nothing"
        : "`\(key)` of `\(id)` is \(always) true where its `when` is, so it decides nothing",
      at: range, notes: when.map { [.init("`when` is here", at: $0)] } ?? [])
  }

  /// PL0431: a `when` that is never true.
  static func whenNever(_ id: String, contradiction: Bool, at range: SourceRange) -> Self {
    .init(
      "PL0431", .error,
      contradiction
        ? "`when` of `\(id)` contradicts itself, so it decides nothing"
        : "`when` of `\(id)` is never true, so it decides nothing", at: range)
  }

  /// PL0432: a condition that contradicts the `when` it stands under.
  static func contradictsWhen(
    _ id: String, _ key: String, at range: SourceRange, when: SourceRange
  ) -> Self {
    .init(
      "PL0432", .error, "`\(key)` of `\(id)` contradicts its `when`", at: range,
      help: "where `when` is true, the action would always be refused; `forbid` says so plainly",
      notes: [.init("`when` is here", at: when)])
  }

  /// PL0433: a condition that nothing meets.
  static func neverSatisfied(
    _ id: String, _ key: String, contradiction: Bool, at range: SourceRange
  ) -> Self {
    let what =
      key == "forbid" ? "is always true" : contradiction ? "contradicts itself" : "is never true"
    let follows = key == "ensure" ? "every result would break it" : "nothing would be allowed"
    return .init(
      "PL0433", .error, "`\(key)` of `\(id)` \(what), so \(follows)", at: range,
      help: contradiction || key == "ensure"
        ? nil
        : key == "forbid"
          ? "`forbid: true` says so plainly" : "`require: false` says so plainly")
  }

  /// PL0434: a rule for actions that no step allows.
  static func actionInNoStep(_ id: String, _ actions: [String], at range: SourceRange) -> Self {
    let names = actions.prefix(3).map { "`\($0)`" }.joined(separator: ", ")
    return .init(
      "PL0434", .error, "no step allows \(names), so `\(id)` decides nothing", at: range,
      help: "add the action to a step's `tools`")
  }

  /// PL0435: a rule that another one makes superfluous.
  static func covered(
    _ id: String, by other: String, at range: SourceRange, other place: SourceRange
  ) -> Self {
    .init(
      "PL0435", .warning, "`\(id)` decides nothing that `\(other)` does not decide already",
      at: range, notes: [.init("`\(other)` is here", at: place)])
  }
}
