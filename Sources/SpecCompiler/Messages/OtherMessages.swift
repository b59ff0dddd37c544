import PlumblineDiagnostics

/// PL0501–PL0529: workflows.
extension Diagnostic {
  /// PL0501: an action that no step allows.
  static func toolInNoStep(_ name: String, at range: SourceRange) -> Self {
    .init(
      "PL0501", .warning, "no step allows `\(name)`", at: range, help: "add it to a step's `tools`")
  }

  /// PL0502: a step that nothing leads to.
  static func stepNeverReached(_ name: String, from start: String, at range: SourceRange) -> Self {
    .init("PL0502", .warning, "nothing leads from `\(start)` to the step `\(name)`", at: range)
  }

  /// PL0503: a step without a way out.
  static func stepNeverLeft(_ name: String, at range: SourceRange) -> Self {
    .init(
      "PL0503", .warning, "the step `\(name)` is never left", at: range,
      help: "add `next`, or make it `final: true`")
  }

  /// PL0504: a step from which no final step can be reached.
  static func stepNeverEnds(_ name: String, at range: SourceRange) -> Self {
    .init("PL0504", .warning, "no final step can be reached from `\(name)`", at: range)
  }

  /// PL0505: the same edge twice.
  static func duplicateEdge(_ to: String, at range: SourceRange, first: SourceRange) -> Self {
    .init(
      "PL0505", .error, "the step has this way to `\(to)` already", at: range,
      notes: [.init("it is here", at: first)])
  }

  /// PL0506: an edge behind one whose `when` is always true.
  static func edgeNeverTaken(
    _ to: String, after other: String, at range: SourceRange, first: SourceRange
  ) -> Self {
    .init(
      "PL0506", .error, "the way to `\(to)` is never taken", at: range,
      notes: [.init("the way to `\(other)` is always taken before it", at: first)])
  }

  /// PL0507: an edge whose condition is never true.
  static func edgeNever(_ to: String, at range: SourceRange) -> Self {
    .init(
      "PL0507", .error, "the way to `\(to)` is never taken: its `when` is never true", at: range)
  }

  /// PL0508: a final step that leads on.
  static func finalWithNext(_ name: String, at range: SourceRange) -> Self {
    .init("PL0508", .error, "the step `\(name)` is final, so nothing leads on from it", at: range)
  }

  /// PL0509: a final step that allows actions.
  static func finalWithTools(_ name: String, at range: SourceRange) -> Self {
    .init("PL0509", .error, "the step `\(name)` is final, so it allows nothing", at: range)
  }

  /// PL0510: an action that is no read in a step where someone else acts.
  static func actorStepActs(
    _ action: String, _ effect: String, _ step: String, at range: SourceRange
  ) -> Self {
    .init(
      "PL0510", .error,
      "in the step `\(step)` someone else acts, so the agent may only read: the effect of `\(action)` is `\(effect)`",
      at: range)
  }
}

/// PL0601–PL0649: examples and incidents.
extension Diagnostic {
  /// PL0601: an example that is decided otherwise.
  static func exampleFails(
    _ name: String, _ expected: String, _ came: String, _ why: String?, at range: SourceRange
  ) -> Self {
    let reason = why.map { ": \($0.replacing("\n", with: " "))" } ?? ""
    return .init(
      "PL0601", .error, "example `\(name)` expects \(expected), but it is \(came)\(reason)",
      at: range)
  }

  /// PL0602: two examples of one name.
  static func duplicateExample(
    _ name: String, of id: String, at range: SourceRange, first: SourceRange
  ) -> Self {
    .init(
      "PL0602", .error, "`\(id)` has two examples `\(name)`", at: range,
      notes: [.init("the first is here", at: first)])
  }

  /// PL0603: a proposal without an action.
  static func exampleWithoutAction(at range: SourceRange) -> Self {
    .init("PL0603", .error, "`propose` needs an `action`", at: range)
  }

  /// PL0604: an example that proposes something its requirement does not judge.
  static func exampleOfOtherAction(_ action: String, _ id: String, at range: SourceRange) -> Self {
    .init("PL0604", .error, "`\(id)` does not judge `\(action)`", at: range)
  }

  /// PL0605: a key that a proposal does not have.
  static func unknownProposalKey(_ key: String, at range: SourceRange, near: String?) -> Self {
    .init("PL0605", .error, "a proposal has no `\(key)`", at: range, help: meant(near))
  }

  /// PL0605: a key that an event does not have.
  static func unknownEventKey(
    _ key: String, of type: String, at range: SourceRange, near: String?
  ) -> Self {
    .init("PL0605", .error, "`\(type)` has no `\(key)`", at: range, help: meant(near))
  }

  /// PL0606: an event without a type.
  static func eventWithoutType(at range: SourceRange) -> Self {
    .init(
      "PL0606", .error, "an event needs a `type`", at: range,
      help: "events are written as in a trace: { type: message, from: user, text: … }")
  }

  /// PL0607: an event type that is none.
  static func unknownEventType(_ name: String, at range: SourceRange, near: String?) -> Self {
    .init("PL0607", .error, "unknown type of event `\(name)`", at: range, help: meant(near))
  }

  /// PL0608: a time that cannot be read.
  static func badTime(_ text: String, at range: SourceRange) -> Self {
    .init(
      "PL0608", .error, "`\(text)` is no time", at: range, help: "write it as 2026-05-02T10:11:00Z")
  }

  /// PL0609: an event of an example that the guard refuses.
  static func exampleEvent(_ problem: String, at range: SourceRange) -> Self {
    .init("PL0609", .error, "the example cannot be judged: \(problem)", at: range)
  }

  /// PL0611: an example that is judged before its history has happened.
  static func nowBeforeHistory(_ now: String, at range: SourceRange, event: SourceRange) -> Self {
    .init(
      "PL0611", .error, "`\(now)` lies before an event of the history", at: range,
      help: "no time goes back: give a `now` that is not before the last event",
      notes: [.init("the event is here", at: event)])
  }

  /// PL0610: a speaker that is none.
  static func unknownSpeaker(_ name: String, at range: SourceRange, near: String?) -> Self {
    .init("PL0610", .error, "unknown speaker `\(name)`", at: range, help: meant(near))
  }

  /// PL0620: times of an incident out of order.
  static func timesOutOfOrder(_ later: String, _ earlier: String, at range: SourceRange) -> Self {
    .init("PL0620", .error, "`\(later)` is before `\(earlier)`", at: range)
  }

  /// PL0621: a prevented incident that nothing prevents.
  static func preventedByNothing(_ id: String, at range: SourceRange) -> Self {
    .init(
      "PL0621", .error, "`\(id)` is prevented, but by nothing", at: range,
      help: "name the requirements in `prevented_by`")
  }

  /// PL0622: a prevented incident without a trace to show it.
  static func preventedWithoutTrace(_ id: String, at range: SourceRange) -> Self {
    .init("PL0622", .error, "`\(id)` is prevented, but has no `trace` to show it", at: range)
  }

  /// PL0623: a prevented incident that names no event.
  static func preventedWithoutEvent(_ id: String, at range: SourceRange) -> Self {
    .init(
      "PL0623", .error,
      "`\(id)` is prevented, but does not say which event should not have happened",
      at: range, help: "add `at: { case: …, seq: … }`")
  }

  /// PL0624: a requirement that cannot prevent anything.
  static func preventedByAdvice(
    _ id: String, _ why: String, at range: SourceRange, notes: [Note]
  ) -> Self {
    .init("PL0624", .error, "`\(id)` prevents nothing: it \(why)", at: range, notes: notes)
  }
}

/// PL0701–PL0719: statements and sources.
extension Diagnostic {
  /// PL0701: a statement that does not follow EARS.
  static func notEARS(_ problem: String, at range: SourceRange) -> Self {
    .init(
      "PL0701", .warning, "the statement \(problem)", at: range,
      help:
        "write `The SYSTEM shall …`, `While …, the SYSTEM shall …`, `When …, the SYSTEM shall …`, `Where …, the SYSTEM shall …` or `If …, then the SYSTEM shall …`"
    )
  }

  /// PL0702: a word that nobody can test.
  static func vagueWord(_ word: String, at range: SourceRange) -> Self {
    .init(
      "PL0702", .warning, "nobody can test `\(word.replacing("\n", with: " "))`", at: range,
      help: "say what is meant, with a number or a name")
  }

  /// PL0705: a reason for what is not there.
  static func becauseOfNothing(at range: SourceRange) -> Self {
    .init(
      "PL0705", .warning, "`because` gives the reason for `ungrounded: warn`, which is not here",
      at: range, help: "write `notes` for other remarks")
  }

  /// PL0706: a text of `enforced_by` that is nearly its one word.
  static func nearlyTypes(_ text: String, at range: SourceRange) -> Self {
    .init(
      "PL0706", .warning, "`\(text)` is read as the name of what holds it", at: range,
      help: meant("types"))
  }

  /// PL0703: a source that is not in the package.
  static func sourceNotHere(_ file: String, at range: SourceRange) -> Self {
    .init("PL0703", .note, "the source `\(file)` is not in the package", at: range)
  }

  /// PL0704: a section that the source does not have.
  static func sourceWithoutSection(
    _ section: String, _ file: String, at range: SourceRange, near: String?
  ) -> Self {
    .init(
      "PL0704", .warning, "`\(file)` has no section `\(section)`", at: range, help: meant(near))
  }
}
