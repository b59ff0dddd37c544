import PlumblineDiagnostics

/// PL0625–PL0649: incidents that are replayed.
extension Diagnostic {
  /// PL0625: a line of a trace that is no event.
  static func traceLine(
    _ file: String, _ line: Int, _ problem: String, more: Int, at range: SourceRange
  ) -> Self {
    let rest = more == 0 ? "" : " (and \(more) more)"
    return .init(
      "PL0625", .error, "line \(line) of `\(file)` is no event: \(problem)\(rest)", at: range)
  }

  /// PL0626: a case that the trace does not have.
  static func traceWithoutCase(
    _ caseID: String, _ file: String, at range: SourceRange, near: String?
  ) -> Self {
    .init("PL0626", .error, "`\(file)` has no case `\(caseID)`", at: range, help: meant(near))
  }

  /// PL0627: an event behind the last one.
  static func traceWithoutEvent(
    _ sequence: Int, _ caseID: String, _ file: String, count: Int, at range: SourceRange
  ) -> Self {
    .init(
      "PL0627", .error,
      "the case `\(caseID)` of `\(file)` has no event \(sequence): it has \(count)", at: range,
      help: "the events of a case are counted from 1")
  }

  /// PL0628: an event before which nothing can be decided.
  static func eventIsNoProposal(
    _ sequence: Int, _ caseID: String, _ type: String, at range: SourceRange
  ) -> Self {
    .init(
      "PL0628", .error,
      "event \(sequence) of `\(caseID)` is a `\(type)`: only what is proposed can be prevented",
      at: range, help: "name the `propose` that should have been stopped")
  }

  /// PL0629: an incident that would happen again.
  static func notPrevented(
    _ id: String, _ rules: String, _ event: String, _ came: String, at range: SourceRange,
    notes: [Note]
  ) -> Self {
    .init(
      "PL0629", .error, "`\(id)` would happen again: with \(rules) \(event) is \(came)", at: range,
      help: "make \(rules) stop it, or name what does in `prevented_by`", notes: notes)
  }

  /// PL0630: an incident that is only stopped because a fact is missing.
  static func preventedByChance(
    _ id: String, _ rule: String, _ event: String, _ category: String, _ mode: String,
    _ why: String,
    at range: SourceRange, notes: [Note]
  ) -> Self {
    .init(
      "PL0630", .error,
      "`\(id)` is stopped by chance: \(event) is only `\(category)` for `\(rule)`: \(why)",
      at: range,
      help:
        "that counts where `failure_mode` is `\(category)`, not `\(mode)`; give the trace the facts the rule needs",
      notes: notes)
  }

  /// PL0631: an incident that something else stops.
  static func preventedElsewhere(
    _ id: String, _ rules: String, _ event: String, _ came: String, at range: SourceRange,
    requirements: [String]
  ) -> Self {
    let others = requirements.map { "`\($0)`" }.joined(separator: ", ")
    return .init(
      "PL0631", .error, "`\(id)` shows nothing of \(rules): \(event) is anyway \(came)", at: range,
      help: requirements.isEmpty
        ? "take a trace in which only \(rules) stops the event"
        : "name \(others) in `prevented_by` too, or take a trace in which only \(rules) stops the event"
    )
  }

  /// PL0632: a requirement that has no part in preventing.
  static func preventsNothingHere(_ requirement: String, _ id: String, at range: SourceRange)
    -> Self
  {
    .init(
      "PL0632", .warning, "`\(requirement)` alone does not stop the event of `\(id)`", at: range,
      help: "name only what does")
  }

  /// PL0633: a twin in which something is wrong.
  static func twinNotAllowed(_ event: String, _ came: String, at range: SourceRange) -> Self {
    .init(
      "PL0633", .error, "the twin is not wholly allowed: \(event) \(came)", at: range,
      help: "the twin is the trace without the fault; a rule that stops it too stops too much")
  }

  /// PL0634: a twin that is the trace.
  static func twinIsTheTrace(_ file: String, at range: SourceRange) -> Self {
    .init(
      "PL0634", .error, "the twin `\(file)` is the trace itself", at: range,
      help: "write the trace as it should have gone")
  }

  /// PL0635: a twin in which nothing is proposed.
  static func twinWithoutProposal(_ file: String, at range: SourceRange) -> Self {
    .init(
      "PL0635", .error, "nothing is proposed in the twin `\(file)`, so it shows nothing", at: range)
  }

  /// PL0636: a twin that does not get to the point.
  static func twinWithoutAction(_ action: String, at range: SourceRange) -> Self {
    .init(
      "PL0636", .warning,
      "the twin never proposes `\(action)`: it does not show that it still can be",
      at: range)
  }

  /// PL0637: a prevented incident without a twin.
  static func preventedWithoutTwin(_ id: String, at range: SourceRange) -> Self {
    .init(
      "PL0637", .note, "`\(id)` has no `twin`: nothing shows what its rules still allow", at: range)
  }

  /// PL0638: an open incident that would not happen again.
  static func openButPrevented(_ id: String, _ event: String, _ came: String, at range: SourceRange)
    -> Self
  {
    .init(
      "PL0638", .note, "`\(id)` is open, but \(event) is \(came)", at: range,
      help: "write `status: prevented` and name what stops it in `prevented_by`")
  }

  /// PL0639: a rule made for one case.
  static func ruleNamesTrace(
    _ requirement: String, _ literal: String, _ value: String, _ file: String,
    at range: SourceRange, notes: [Note]
  ) -> Self {
    let what = value == literal ? "a value" : "`\(value)`"
    return .init(
      "PL0639", .error, "`\(requirement)` names `\(literal)`, \(what) of `\(file)`", at: range,
      help: "a rule holds for every case: speak of arguments, records, enums or tables",
      notes: notes)
  }

  /// PL0640: an incident that is gone.
  static func incidentGone(
    _ id: String, _ title: String, _ place: String?, _ bundle: String, at range: SourceRange
  ) -> Self {
    let stood = place.map { ", once at \($0)" } ?? ""
    return .init(
      "PL0640", .error, "the incident `\(id)` (\(title)) is gone\(stood); `\(bundle)` holds it",
      at: range, help: "put it back: what happened once stays, with the rule that prevents it")
  }

  /// PL0641: an incident that nothing is to prevent any more.
  static func openedAgain(_ id: String, _ bundle: String, at range: SourceRange) -> Self {
    .init(
      "PL0641", .error, "`\(id)` was prevented in `\(bundle)` and is open now", at: range,
      help: "put `status: prevented` back, with the requirements that prevent it")
  }

  /// PL0642: a requirement that is gone, though an incident rests on it.
  static func preventingRequirementGone(
    _ requirement: String, _ id: String, at range: SourceRange, near: String?
  ) -> Self {
    .init(
      "PL0642", .error,
      "`\(id)` would happen again: `\(requirement)`, which prevents it, was removed", at: range,
      help: meant(near) ?? "put it back, or name the requirement that prevents it now")
  }

  /// PL0643: a compiled bundle that can't be read.
  static func bundleUnreadable(_ path: String, _ problem: String, at range: SourceRange) -> Self {
    .init(
      "PL0643", .warning,
      "`\(path)` can't be read, so no incident is known to be missing: \(problem)", at: range,
      help: "compile the specs anew, and compare its incidents with those of the version before")
  }

  /// PL0645: a recording that is not what it was.
  static func traceChanged(_ id: String, _ file: String, at range: SourceRange) -> Self {
    .init(
      "PL0645", .warning, "`\(file)` is not the trace that `\(id)` was compiled with", at: range,
      help: "put the recording back: what happened once stays as it was")
  }

  /// PL0646: a twin that is gone.
  static func twinGone(_ id: String, _ file: String, at range: SourceRange) -> Self {
    .init(
      "PL0646", .warning, "`\(id)` had the twin `\(file)`, and has none now", at: range,
      help: "put it back: it shows what the rules of the incident still allow")
  }

  /// PL0999: what the compiler passed and the guard refuses.
  static func specDoesNotLoad(_ problem: String, at range: SourceRange) -> Self {
    .init("PL0999", .error, "the compiled spec does not load: \(problem)", at: range)
  }
}
