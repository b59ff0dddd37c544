extension SpecLanguage {
  static let eventOrWhere: SpecShape = .either([.event, .object("followed_by")])

  static let requirementObject = SpecObject(
    "requirement", title: "a requirement", "One thing the agent shall or shall not do.",
    keys: [
      .init("id", .name, required: true, "Its id, unique in the package."),
      .init("statement", .text, required: true, "The requirement in one EARS sentence."),
      .init("source", .text, "Where it comes from; `FILE#SECTION` names a section of a file."),
      .init(
        "priority", .words(priorities),
        "`must` by default, `should` where `otherwise` is `warn`; a digest never drops a must."),
      .init(
        "mode", .words(modes), "With `shadow` it is evaluated and logged but decides nothing."),
      .init("advice", .boolean, "Shown in digests, enforced by nothing, and counted as such."),
      .init(
        "enforced_by", .text, "Held elsewhere: `types`, or a text that says where. Counted apart."),
      .init("notes", .text, "Anything a reader should know; decides nothing."),
      .init(
        "applies_to", .oneOrList(.event),
        "The actions it judges: tools, groups, or `effect(EFFECT)`."),
      .init("when", .expression, "The condition under which it holds; without it, always."),
      .init("require", .expression, "What must be definitely true for the action to be allowed."),
      .init("forbid", .expression, "What must be definitely false: `require: !(…)`."),
      .init("ensure", .expression, "A post-condition over `result`, judged when it arrives."),
      .init(
        "after", .oneOrList(eventOrWhere), "One of these events must have come before the action."),
      .init(
        "immediately_after", .oneOrList(eventOrWhere),
        "One of these events must come directly before the action."),
      .init(
        "not_after", .oneOrList(eventOrWhere), "None of these events may have come before it."),
      .init(
        "followed_by", .oneOrList(eventOrWhere),
        "One of these events must follow the action, by the deadline `within` if there is one."),
      .init(
        "once_per", .oneOrList(.name),
        "The action may succeed once for the same values of these arguments."),
      .init("at_most", .integer(atLeast: 0), "How often the action may succeed."),
      .init("per", .oneOrList(.name), "With `at_most`: counted for each value of these arguments."),
      .init(
        "declare", .oneOrList(.object("declare")), "Any Declare template by its standard name."),
      .init(
        "same", .oneOrList(.name),
        "Events belong together only if these arguments of theirs are equal."),
      .init("within", .duration, "The deadline, or how long an event counts."),
      .init(
        "confirmed", .object("confirmed"),
        "The agent named these values, and then the speaker agreed."),
      .init(
        "otherwise", .answer, "What a definite violation is answered; `deny` by default."),
      .init("ungrounded", .answer, "What a missing fact is answered; `deny` by default."),
      .init("because", .text, "Why `ungrounded: warn` is right here."),
      .init("tell", .template, "What the agent is told to do instead; `${CEL}` is filled in."),
      .init(
        "needs", .oneOrList(.name), "Requirements without which this one is not judged."),
      .init("examples", .list(.object("example")), "Worked cases, judged at compile time."),
    ])

  static let followedByObject = SpecObject(
    "followed_by", title: "an event with a condition", "An event that also meets a condition.",
    keys: [
      .init("event", .event, required: true, "The event."),
      .init("where", .expression, "A condition over the event's own `args` and `result`."),
    ])

  static let declareObject = SpecObject(
    "declare", title: "a `declare`", "A Declare template over events.",
    keys: [
      .init("template", .words(templates), required: true, "Its standard name."),
      .init("n", .integer(atLeast: 0), "The count of `existence`, `absence` and `exactly`."),
      .init(
        "events", .list(.oneOrList(eventOrWhere)), required: true,
        "One for each parameter of the template; a list means any of them."),
      .init("same", .oneOrList(.name), "Arguments that correlate the events."),
      .init("when", .expression, "Which activations count."),
      .init("within", .duration, "The longest time between the two events."),
    ])

  static let confirmedObject = SpecObject(
    "confirmed", title: "a `confirmed`", "What was said, and who agreed to it.",
    keys: [
      .init("by", .words(speakers), required: true, "Who must agree."),
      .init("agrees", .expression, required: true, "The pattern of a yes."),
      .init("refuses", .expression, "The pattern of a no, which overrides a yes."),
      .init(
        "lists", .oneOrList(.expression), "The values the agent must have named before the yes."),
    ])

  static let exampleObject = SpecObject(
    "example", title: "an example", "A worked case of its requirement, judged alone.",
    keys: [
      .init("name", .text, "What it shows."),
      .init("given", .anyMapping, "Known records by collection and key, and `case`."),
      .init("history", .list(.anyMapping), "Events that came before, as in a trace."),
      .init("now", .time, "The time of the proposal."),
      .init("propose", .anyMapping, required: true, "The proposal: `action`, `args`, …"),
      .init("expect", .words(expectations), required: true, "How it is decided."),
    ])
}
