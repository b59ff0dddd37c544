public import PlumblineBundle
public import PlumblineJSON

/// The traceability record of a spec: for each requirement where it comes from, what enforces it, what
/// exercises it and at which steps an agent is shown it.
public struct Traceability: Sendable {
  /// A step whose digest shows a requirement.
  public struct Step: Sendable, Hashable {
    public let workflow: String
    public let step: String
    public init(workflow: String, step: String) {
      self.workflow = workflow
      self.step = step
    }
  }

  let bundle: SpecBundle
  let meaning: String
  let shown: [String: [Step]]

  /// - Parameters:
  ///   - meaning: the bundle's meaning hash, hexadecimal.
  ///   - shown: by requirement id, the steps whose digest shows it.
  public init(_ bundle: SpecBundle, meaning: String, shown: [String: [Step]]) {
    self.bundle = bundle
    self.meaning = meaning
    self.shown = shown
  }

  /// How a requirement is held.
  enum Holding: String, CaseIterable {
    case enforced, shadow
    case elsewhere
    case advice
  }

  func holding(_ requirement: RequirementDeclaration) -> Holding {
    if requirement.advice { return .advice }
    if requirement.enforcedBy != nil { return .elsewhere }
    return requirement.mode == .shadow ? .shadow : .enforced
  }

  /// The rules a requirement compiles to, by the key that wrote each.
  func rules(_ requirement: RequirementDeclaration) -> [String] {
    var rules: [String] = []
    if requirement.require != nil { rules.append(requirement.negated ? "forbid" : "require") }
    if requirement.ensure != nil { rules.append("ensure") }
    if requirement.confirmed != nil { rules.append("confirmed") }
    for temporal in requirement.temporal {
      rules.append(
        temporal.sugar == "declare" ? "declare \(temporal.template.rawValue)" : temporal.sugar)
    }
    return rules
  }

  private func incidents(_ requirement: RequirementDeclaration) -> [String] {
    bundle.incidents.filter { $0.preventedBy.contains(requirement.id) }.map(\.id)
  }

  private var counts: [(Holding, Int)] {
    Holding.allCases.map { kind in
      (kind, bundle.requirements.count { holding($0) == kind })
    }
  }

  /// The record for programs.
  public func json() -> JSON {
    .object([
      .init("spec", .string(bundle.spec)), .init("version", .string(bundle.version)),
      .init("meaning", .string(meaning)),
      .init(
        "counts",
        .object(
          [.init("requirements", .int(Int64(bundle.requirements.count)))]
            + counts.map { .init($0.rawValue, .int(Int64($1))) }
            + [
              .init(
                "ungrounded_warn",
                .int(Int64(bundle.requirements.count { $0.isEnforced && $0.ungrounded == .warn }))),
              .init(
                "with_examples", .int(Int64(bundle.requirements.count { !$0.examples.isEmpty }))),
            ])),
      .init("requirements", .array(bundle.requirements.map(row))),
      .init("incidents", .array(bundle.incidents.map(row))),
    ])
  }

  private func row(_ requirement: RequirementDeclaration) -> JSON {
    .object([
      .init("id", .string(requirement.id)), .init("statement", .string(requirement.statement)),
      .init("source", text(requirement.source)),
      .init("priority", .string(requirement.priority.rawValue)),
      .init("held", .string(holding(requirement).rawValue)),
      .init("enforced_by", text(requirement.enforcedBy)),
      .init("rules", strings(rules(requirement))),
      .init("applies_to", strings(requirement.appliesTo)),
      .init("examples", strings(requirement.examples.map(\.name))),
      .init(
        "shown_in",
        strings((shown[requirement.id] ?? []).map { "\($0.workflow)/\($0.step)" })),
      .init("incidents", strings(incidents(requirement))),
      .init("position", text(requirement.position?.description)),
    ])
  }

  private func row(_ incident: IncidentDeclaration) -> JSON {
    .object([
      .init("id", .string(incident.id)), .init("title", .string(incident.title)),
      .init("status", .string(incident.status.rawValue)),
      .init("failure_mode", .string(incident.failureMode.rawValue)),
      .init("occurred", text(incident.occurred)), .init("detected", text(incident.detected)),
      .init("recovered", text(incident.recovered)), .init("prevented", text(incident.prevented)),
      .init("prevented_by", strings(incident.preventedBy)),
      .init("trace", text(incident.trace)), .init("twin", text(incident.twin)),
      .init("time_to_detect", span(incident, to: incident.detected)),
      .init("time_to_recover", span(incident, to: incident.recovered)),
      .init("time_to_prevent", span(incident, to: incident.prevented)),
      .init("position", text(incident.position?.description)),
    ])
  }

  /// A time since an incident occurred, for programs.
  private func span(_ incident: IncidentDeclaration, to end: String?) -> JSON {
    guard let seconds = Self.seconds(incident, to: end) else { return .null }
    return .object([
      .init("seconds", .int(seconds)), .init("text", .string(Self.words(seconds: seconds))),
    ])
  }

  private static func seconds(_ incident: IncidentDeclaration, to end: String?) -> Int64? {
    guard let start = incident.occurred.flatMap({ TimeCheck.seconds($0) }),
      let end = end.flatMap({ TimeCheck.seconds($0) })
    else { return nil }
    return Int64(exactly: (end - start).rounded(.down))
  }

  /// `2d 1h`: whole days, hours, minutes and seconds, without those that are none.
  static func words(seconds: Int64) -> String {
    if seconds < 0 { return "-" + words(seconds: seconds == .min ? .max : -seconds) }
    var parts: [String] = []
    var rest = seconds
    for (unit, length) in [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)] as [(String, Int64)] {
      if rest / length > 0 { parts.append("\(rest / length)\(unit)") }
      rest %= length
    }
    return parts.isEmpty ? "0s" : parts.joined(separator: " ")
  }

  /// The record for people.
  public func markdown() -> String {
    var out = "# Traceability: \(bundle.spec) \(bundle.version)\n\n"
    if let purpose = bundle.purpose { out += "\(purpose)\n\n" }
    out += "Meaning `\(meaning)`\n\n"
    out += "| held | requirements |\n| --- | ---: |\n"
    for (kind, count) in counts { out += "| \(kind.rawValue) | \(count) |\n" }
    out += "| all | \(bundle.requirements.count) |\n\n"
    out +=
      "| id | statement | source | priority | held | rules | applies to | examples | shown in |"
    out += "\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    for requirement in bundle.requirements {
      let cells = [
        requirement.id, requirement.statement, requirement.source ?? "",
        requirement.priority.rawValue,
        requirement.enforcedBy.map { "elsewhere: \($0)" } ?? holding(requirement).rawValue,
        rules(requirement).joined(separator: ", "),
        requirement.appliesTo.joined(separator: ", "),
        requirement.examples.map(\.name).joined(separator: "; "),
        (shown[requirement.id] ?? []).map { "\($0.workflow)/\($0.step)" }.joined(separator: ", "),
      ]
      out += "| " + cells.map(Self.cell).joined(separator: " | ") + " |\n"
    }
    if !bundle.incidents.isEmpty {
      out +=
        "\n## Incidents\n\nTimes to detect, to recover and to prevent count from when it occurred.\n\n"
      out +=
        "| incident | title | status | failure mode | occurred | detected | recovered | prevented |"
      out += " prevented by | trace |\n"
      out += "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
      for incident in bundle.incidents {
        func after(_ time: String?) -> String {
          guard let time else { return "" }
          return Self.seconds(incident, to: time).map { "after " + Self.words(seconds: $0) } ?? time
        }
        let cells = [
          incident.id, incident.title, incident.status.rawValue, incident.failureMode.rawValue,
          incident.occurred ?? "", after(incident.detected), after(incident.recovered),
          after(incident.prevented), incident.preventedBy.joined(separator: ", "),
          incident.trace ?? "",
        ]
        out += "| " + cells.map(Self.cell).joined(separator: " | ") + " |\n"
      }
    }
    return out
  }

  /// Text for a cell of a Markdown table: no line breaks, no bars.
  static func cell(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ").replacing("|", with: "\\|")
  }

  private func text(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }
  private func strings(_ texts: [String]) -> JSON { .array(texts.map(JSON.string)) }
}
