extension SpecLanguage {
  /// Every object of the language.
  public static let objects: [SpecObject] = [
    specObject, toolObject, keepObject, unionObject, schemaObject, requirementObject,
    followedByObject, declareObject, confirmedObject, exampleObject, workflowObject, stepObject,
    edgeObject, confidenceObject, incidentObject, atObject,
  ]

  static let effects = ["read", "write", "say", "handoff", "none"]
  static let priorities = ["must", "should", "may"]
  static let modes = ["enforce", "shadow"]
  static let expectations = ["allow", "deny", "escalate", "warn", "ungrounded"]
  static let statuses = ["open", "prevented"]
  package static let speakers = ["user", "agent", "human"]
  static let failureModes = [
    "violated", "ungrounded", "stale", "partial", "contract_drift", "undeclared", "out_of_step",
    "duplicate", "outdated_digest", "low_confidence", "unreviewed", "overdue", "bypassed",
    "invalid",
  ]
  static let eventFunctions = ["effect", "attempt", "approval", "message"]
  static let templates = [
    "existence", "absence", "exactly", "init", "end", "choice", "exclusive_choice",
    "responded_existence", "co_existence", "response", "alternate_response", "chain_response",
    "precedence", "alternate_precedence", "chain_precedence", "succession",
    "alternate_succession", "chain_succession", "not_co_existence", "not_succession",
    "not_chain_succession", "not_response", "not_precedence", "not_responded_existence",
    "not_chain_response", "not_chain_precedence",
  ]

  static let specObject = SpecObject(
    "spec", title: "a spec file",
    "A spec package is a folder; every `*.yaml` or `*.yml` file in it may hold any of these keys.",
    keys: [
      .init(
        "plumb", .constant(version),
        "The version of the language. Required in the file that names the spec."),
      .init("spec", .name, "The name of the spec; exactly one file of the package gives it."),
      .init("version", .text, "The version of this spec. Quote it if it looks like a number."),
      .init("owner", .text, "Who answers for the spec."),
      .init("purpose", .text, "What the spec is for, in one or two sentences."),
      .init(
        "digest", .words(["required"]),
        "With `required`, every write must be proposed against the current digest."),
      .init("roles", .list(.name), "The roles that can approve or act in a step."),
      .init(
        "case", .map(.type),
        "What is known when a case opens or is learned later; read as `case.KEY`."),
      .init(
        "types", .map(.either([.type, .object("union"), .object("schema")])),
        "Named types: records, enums, unions, or a JSON Schema file."),
      .init(
        "tools", .map(.object("tool")),
        "Every action that exists. A proposal of anything else is denied."),
      .init(
        "fails", .oneOrList(.expression),
        "For every tool: a condition over the raw answer `result` that marks an error in disguise."),
      .init("patterns", .map(.pattern), "Named RE2 patterns, read as `patterns.NAME`."),
      .init(
        "groups", .map(.oneOrList(.name)),
        "Names for sets of tools (or of other groups), usable wherever an action is named."),
      .init("tables", .map(.value), "Constants: maps, lists and values, read by their name."),
      .init(
        "terms", .map(.expression),
        "Named expressions: `NAME` or `NAME(PARAMETERS)`, each defined once."),
      .init(
        "requirements", .list(.object("requirement")), "What the agent shall and shall not do."),
      .init("workflows", .map(.object("workflow")), "The steps a case goes through."),
      .init("incidents", .list(.object("incident")), "Failures that happened, with their traces."),
    ])

  static let toolObject = SpecObject(
    "tool", title: "a tool", "An action the agent can propose, and what its result means.",
    keys: [
      .init(
        "effect", .words(effects), required: true,
        "What it does to the world: it reads, writes, says something, hands over, or does nothing."
      ),
      .init("description", .text, "What it is for, in a line."),
      .init("args", .map(.type), "Its arguments. Those of a type `T?` may be left out."),
      .init(
        "returns", .type, "The contract its result is held to. Without it the result is unchecked."),
      .init(
        "keeps", .oneOrList(.either([.path, .object("keep")])),
        "The record collection its result is kept in, with the key."),
      .init(
        "fresh_for", .duration,
        "How long its records may be relied on. Without it they never go stale."),
      .init(
        "as_of", .expression, "When the source says its data was true; else the read's proposal."),
      .init(
        "fails", .oneOrList(.expression),
        "A condition over the raw answer `result` that marks an error in disguise."),
      .init(
        "learns", .map(.expression),
        "Keys of the case that its result teaches: `case.KEY: EXPRESSION`. The first value stays."),
      .init(
        "once_per", .oneOrList(.name),
        "Arguments for whose values it may succeed only once in a case."),
      .init(
        "touches", .either([.words(["none"]), .oneOrList(.path)]),
        "The facts its success makes unknown until they are read again, or `none`."),
      .init(
        "sets", .map(.expression),
        "The facts its success changes, and to what: `PATH: EXPRESSION`."),
      .init(
        "settled_by", .name, "The read that tells whether an action in doubt has happened."),
      .init(
        "message", .words(["agent"]),
        "Makes the agent's messages count as this tool's: those never proposed are judged too."),
      .init(
        "claims", .map(.expression),
        "What a text asserts, found by pattern: a bool or a list of values, read as `claims.NAME`."),
    ])

  static let keepObject = SpecObject(
    "keep", title: "a `keeps`", "Keeps each element of a list as a record of its own.",
    keys: [
      .init("each", .name, required: true, "The name that stands for one element."),
      .init("in", .expression, required: true, "The list, usually `result` or a field of it."),
      .init("as", .path, required: true, "The record, with its key: `offers[offer.id]`."),
    ])

  static let unionObject = SpecObject(
    "union", title: "a union type", "A value of one of several record types.",
    keys: [
      .init("one_of", .list(.name), required: true, "The record types."),
      .init(
        "by", .name, required: true,
        "The field whose value tells them apart; each member has an enum there."),
    ])

  static let schemaObject = SpecObject(
    "schema", title: "a type from a file", "A type read from a JSON Schema file of the package.",
    keys: [.init("schema", .file, required: true, "The file, relative to the package.")])

  static let workflowObject = SpecObject(
    "workflow", title: "a workflow", "Steps, and what leads from one to another.",
    keys: [
      .init("start", .name, required: true, "The step a case begins in."),
      .init("steps", .map(.object("step")), required: true, "The steps by name."),
    ])

  static let stepObject = SpecObject(
    "step", title: "a step", "A place in a workflow: what is to be done there and with what.",
    keys: [
      .init("goal", .template, "What is to be reached here; the first line of its digest."),
      .init("tools", .oneOrList(.name), "The tools and groups allowed here."),
      .init("next", .list(.object("edge")), "The ways out, tried in order after each event."),
      .init(
        "confidence", .object("confidence"),
        "How sure the agent must be of a write or a say; no confidence counts as low."),
      .init("actor", .name, "The role that acts here; the agent may only read."),
      .init("final", .boolean, "Whether the workflow ends here; nothing is allowed then."),
      .init(
        "digest", .words(["required"]),
        "With `required`, proposals here must carry the current digest."),
    ])

  static let edgeObject = SpecObject(
    "edge", title: "a `next`", "A way from one step to another.",
    keys: [
      .init("to", .name, required: true, "The step it leads to."),
      .init(
        "when", .expression,
        "Taken once this is definitely true; without it, by an `enter` event alone."),
    ])

  static let confidenceObject = SpecObject(
    "confidence", title: "a `confidence`", "A threshold on the agent's own confidence.",
    keys: [
      .init("below", .fraction, required: true, "The threshold, from 0 to 1."),
      .init("then", .answer, required: true, "What a proposal below it is answered."),
    ])

  static let incidentObject = SpecObject(
    "incident", title: "an incident", "A failure in production and what now prevents it.",
    keys: [
      .init("id", .name, required: true, "Its id, unique in the package."),
      .init("title", .text, required: true, "What happened, in a line."),
      .init("occurred", .time, "When it happened."),
      .init("detected", .time, "When it was noticed."),
      .init("recovered", .time, "When the damage was undone."),
      .init("prevented", .time, "When a rule began to prevent it."),
      .init("failure_mode", .words(failureModes), required: true, "The category of the failure."),
      .init("trace", .file, "The recorded trace."),
      .init("at", .object("at"), "The event that should not have happened."),
      .init("twin", .file, "The same trace but for the fault; it must be wholly allowed."),
      .init("status", .words(statuses), required: true, "Whether a rule prevents it yet."),
      .init("prevented_by", .oneOrList(.name), "The requirements that prevent it."),
    ])

  static let atObject = SpecObject(
    "at", title: "an `at`", "One event of a trace.",
    keys: [
      .init("case", .name, required: true, "The case."),
      .init(
        "seq", .integer(atLeast: 1), required: true, "The number of the event in its case, from 1."
      ),
    ])
}
