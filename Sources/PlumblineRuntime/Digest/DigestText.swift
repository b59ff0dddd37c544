import CEL
import PlumblineBundle
import PlumblineJSON

/// A digest as Markdown, shortened step by step until it fits its budget.
struct DigestText {
  let digest: Digest

  init(_ digest: Digest) { self.digest = digest }

  struct Fitted {
    let text: String
    let tokens: Int
    /// Requirements of which only the id is left.
    let shortened: [String]
  }

  /// What is given up first stands first. Musts, what is allowed and the last denial stay.
  private enum Saving: Int, CaseIterable {
    case advice, may, should, otherRecords, values, missingFields
  }

  func fitted() -> Fitted {
    var savings: Set<Saving> = []
    var result = render(savings)
    for saving in Saving.allCases {
      if result.tokens <= digest.budget { break }
      savings.insert(saving)
      result = render(savings)
    }
    return result
  }

  /// A model's tokens, roughly and the same on every machine: a quarter of the bytes.
  static func tokens(_ text: String) -> Int { (text.utf8.count + 3) / 4 }

  private func render(_ savings: Set<Saving>) -> Fitted {
    var lines: [String] = ["# Digest \(digest.identity)", ""]
    var shortened: [String] = []
    head(&lines)
    rules(savings, &lines, &shortened)
    denial(&lines)
    obligations(&lines)
    knownFacts(savings, &lines)
    missingFacts(savings, &lines)
    advice(savings, &lines, &shortened)
    if let id = digest.gravest, let worst = digest.requirements.first(where: { $0.id == id }) {
      lines += ["**Above all** \(id): \(Self.line(worst.statement))", ""]
    }
    lines.append("Digest \(digest.identity)")
    let text = lines.joined(separator: "\n") + "\n"
    return Fitted(text: text, tokens: Self.tokens(text), shortened: shortened)
  }

  private func head(_ lines: inout [String]) {
    var place = "Spec `\(digest.spec)` \(digest.version)"
    if let workflow = digest.workflow { place += ", workflow `\(workflow)`" }
    if let step = digest.step { place += ", step `\(step)`" }
    lines.append(place + (digest.isFinal ? ": nothing is left to do." : "."))
    if let goal = digest.goal { lines.append("**Goal:** \(Self.line(goal))") }
    if let actor = digest.actor, !digest.isFinal {
      lines.append("**Who acts:** `\(actor)`. You may only read.")
    }
    let allowed = digest.actions.map { action in
      var note = action.effect.rawValue
      if !action.oncePer.isEmpty {
        note += ", once per \(action.oncePer.map { "`\($0)`" }.joined(separator: ", "))"
      }
      return "`\(action.name)` (\(note))"
    }
    lines.append("**Allowed:** \(allowed.isEmpty ? "nothing" : allowed.joined(separator: ", "))")
    if !digest.edges.isEmpty {
      let ways = digest.edges.map { edge in
        if let after = edge.after { return "`\(edge.to)` after `\(after)`" }
        if let when = edge.when { return "`\(edge.to)` when `\(Self.line(when))`" }
        return "`\(edge.to)`"
      }
      lines.append("**Leads to:** \(ways.joined(separator: "; "))")
    }
    if let confidence = digest.confidence {
      lines.append(
        "**Confidence:** a write or a message below \(ValueJSON.text(confidence.below)): "
          + Self.answer(confidence.then))
    }
    switch digest.quoting {
    case .never: break
    case .writes: lines.append("**Quote** this digest's identity with every write.")
    case .always: lines.append("**Quote** this digest's identity with every proposal.")
    }
    lines.append("")
  }

  private func rules(
    _ savings: Set<Saving>, _ lines: inout [String], _ shortened: inout [String]
  ) {
    let titles: [(Priority, String, Saving?)] = [
      (.must, "Must", nil), (.should, "Should", .should), (.may, "May", .may),
    ]
    for (priority, title, saving) in titles {
      let rules = digest.requirements.filter { $0.priority == priority }
      if rules.isEmpty { continue }
      if let saving, savings.contains(saving) {
        lines += ["\(title), by id: \(rules.map(\.id).joined(separator: ", "))", ""]
        shortened += rules.map(\.id)
        continue
      }
      lines.append("## \(title)")
      for rule in rules {
        var note = Self.names(rule.actions, of: digest.actions)
        if rule.otherwise != .deny { note += "; else \(Self.answer(rule.otherwise))" }
        lines.append("- \(rule.id) (\(note)): \(Self.line(rule.statement))")
      }
      lines.append("")
    }
  }

  private func denial(_ lines: inout [String]) {
    guard let denial = digest.lastDenial else { return }
    lines.append("## Last denial")
    for reason in denial.reasons {
      var text =
        "- `\(denial.action)` (event \(denial.seq)): \(reason.name) \(reason.category.rawValue): "
        + Self.line(reason.message)
      if let fix = reason.fix, fix != reason.message {
        // Most messages are sentences already.
        if let last = text.last, !".!?…".contains(last) { text += "." }
        text += " To do: \(Self.line(fix))"
      }
      lines.append(text)
    }
    lines.append("")
  }

  /// What has to happen yet: a duty, so never left out.
  private func obligations(_ lines: inout [String]) {
    if digest.obligations.isEmpty { return }
    lines.append("## To be done")
    for obligation in digest.obligations {
      var text =
        "- \(obligation.requirement): "
        + obligation.awaits.map { "`\($0)`" }.joined(separator: " or ")
      if !obligation.keys.isEmpty {
        text +=
          " with "
          + obligation.keys.map { "\($0.name) \(Self.value($0.value))" }.joined(separator: ", ")
      }
      if let deadline = obligation.deadline {
        text += " by \(TimeText.text(deadline))"
        if let time = digest.time { text += " (\(Self.left(deadline, time)))" }
      } else {
        text += " before the case closes"
      }
      lines.append(text + (obligation.since > 0 ? ", since event \(obligation.since)" : ""))
    }
    lines.append("")
  }

  private static func left(_ deadline: Timestamp, _ now: Timestamp) -> String {
    let seconds = max(0, deadline.since(now).seconds)
    if seconds < 60 { return "\(seconds)s left" }
    if seconds < 3600 { return "\(seconds / 60)m left" }
    if seconds < 48 * 3600 {
      let minutes = seconds % 3600 / 60
      return "\(seconds / 3600)h" + (minutes > 0 ? " \(minutes)m left" : " left")
    }
    return "\(seconds / 86_400)d left"
  }

  private func knownFacts(_ savings: Set<Saving>, _ lines: inout [String]) {
    guard let known = digest.known, !known.isEmpty else { return }
    lines.append("## Known")
    var left = 0
    for fact in known {
      if savings.contains(.otherRecords), !fact.isNamed {
        left += 1
        continue
      }
      var text = "- `\(fact.path)`"
      if !savings.contains(.values) {
        if let value = fact.value {
          text += " = \(Self.value(value))"
        } else if !fact.fields.isEmpty {
          text +=
            ": "
            + fact.fields.map { "\($0.name) \(Self.value($0.value))" }.joined(separator: ", ")
        }
      }
      text += " (\(fact.source)"
      if let asOf = fact.asOf, let time = digest.time { text += ", \(Self.age(asOf, time))" }
      lines.append(text + ")")
    }
    if left > 0 { lines.append("- \(left) more, left out here") }
    lines.append("")
  }

  private func missingFacts(_ savings: Set<Saving>, _ lines: inout [String]) {
    if digest.missing.isEmpty { return }
    lines.append(digest.known == nil ? "## Facts the rules here need" : "## Missing")
    for fact in digest.missing {
      var text = "- `\(fact.path)`"
      if !fact.fields.isEmpty, !savings.contains(.missingFields) {
        text += " (\(fact.fields.joined(separator: ", ")))"
      }
      if let reason = fact.reason { text += " \(reason)" }
      if let asOf = fact.asOf, let time = digest.time {
        text += " (known \(Self.age(asOf, time)))"
      }
      let tools = fact.groundBy.map {
        "`\($0.tool)`" + ($0.isAllowed ? "" : " (not allowed in this step)")
      }
      if !tools.isEmpty {
        text += ": \(tools.joined(separator: " or "))"
      } else {
        text += fact.path.hasPrefix("case.") ? ": given with the case" : ": no tool tells"
      }
      lines.append(text)
    }
    lines.append("")
  }

  private func advice(
    _ savings: Set<Saving>, _ lines: inout [String], _ shortened: inout [String]
  ) {
    if digest.advice.isEmpty { return }
    if savings.contains(.advice) {
      lines += ["Advice, by id: \(digest.advice.map(\.id).joined(separator: ", "))", ""]
      shortened += digest.advice.map(\.id)
      return
    }
    lines.append("## Advice (not enforced)")
    for advice in digest.advice { lines.append("- \(advice.id): \(Self.line(advice.statement))") }
    lines.append("")
  }

  /// The actions a rule is about, in few words.
  private static func names(_ actions: [String], of all: [Digest.Action]) -> String {
    func list(_ names: [String]) -> String {
      names.map { "`\($0)`" }.joined(separator: ", ")
    }
    if actions.count < 3 { return list(actions) }
    let rest = all.map(\.name).filter { !actions.contains($0) }
    if rest.isEmpty { return "every action" }
    for effect in Effect.allCases {
      let same = all.filter { $0.effect == effect }.map(\.name)
      if Set(same) == Set(actions) { return "every \(effect.rawValue)" }
    }
    return rest.count < 3 ? "every action but \(list(rest))" : list(actions)
  }

  static func answer(_ answer: Answer) -> String {
    switch answer {
    case .deny: "deny"
    case .warn: "warn"
    case .escalate(let role): "escalate to `\(role)`"
    }
  }

  /// A value of a fact on one line: it comes from outside and must not look like the digest's own
  /// text.
  static func value(_ json: JSON) -> String {
    if json == ValueJSON.redacted { return "(sensitive)" }
    return OneLine.cut("\(json)", to: 80)
  }

  static func line(_ text: String) -> String { OneLine.text(text) }

  static func age(_ asOf: Timestamp, _ now: Timestamp) -> String {
    let seconds = max(0, now.since(asOf).seconds)
    if seconds < 60 { return "\(seconds)s ago" }
    if seconds < 3600 { return "\(seconds / 60)m ago" }
    if seconds < 48 * 3600 { return "\(seconds / 3600)h ago" }
    return "\(seconds / 86_400)d ago"
  }
}

/// Texts on one line.
enum OneLine {
  /// Line breaks and what surrounds them become one space.
  static func text(_ text: String) -> String {
    if !text.utf8.contains(where: { $0 < 0x20 }) { return text }
    return text.split(whereSeparator: { $0.isNewline || $0 == "\t" })
      .map { $0.trimming() }.filter { !$0.isEmpty }.joined(separator: " ")
  }

  static func cut(_ text: String, to limit: Int) -> String {
    if text.count <= limit { return text }
    return text.prefix(limit - 1) + "…"
  }
}

extension Substring {
  fileprivate func trimming() -> Substring {
    var rest = self
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return rest
  }
}
