import CEL
import PlumblineBundle
import PlumblineJSON

extension Explanation {
  /// The explanation for people: first one screen in plain words, then each rule with the values
  /// of its sub-expressions.
  public func text() -> String {
    var lines: [String] = []
    headline(&lines)
    why(&lines)
    facts(&lines)
    whatToDo(&lines)
    details(&lines)
    return lines.joined(separator: "\n") + "\n"
  }

  private func headline(_ lines: inout [String]) {
    let word =
      switch decision.outcome {
      case .allow: "ALLOWED"
      case .warn: "ALLOWED WITH A WARNING"
      case .escalate: "ESCALATED"
      case .deny: "DENIED"
      }
    lines.append("\(word): \(action)")
    if let arguments { lines.append("  proposed with \(OneLine.cut("\(arguments)", to: 300))") }
    var place = "  case \(decision.caseID), event \(decision.seq), \(TimeText.text(decision.time))"
    if let step = decision.step { place += ", step \(step)" }
    lines += [place, ""]
  }

  private func why(_ lines: inout [String]) {
    lines.append("Why")
    if decision.findings.isEmpty {
      lines.append(
        rules.isEmpty
          ? "  No requirement applies to this action here."
          : "  Every requirement that applies is satisfied.")
    }
    for finding in decision.findings {
      let name = finding.requirement ?? finding.rule
      var text = "  \(name) \(finding.category.rawValue)"
      if finding.shadow {
        text += " (in shadow mode, decides nothing)"
      } else if let role = finding.role {
        text += ", escalates to \(role)"
      }
      let statement = rules.first { $0.id == finding.requirement }?.statement
      lines.append("\(text): \(OneLine.text(statement ?? finding.message))")
      if let statement, OneLine.text(finding.message) != OneLine.text(statement) {
        lines.append("    \(OneLine.text(finding.message))")
      }
      if let position = finding.position {
        lines.append("    \(position)")
      }
    }
    for rule in rules where rule.status == .approved {
      lines.append("  \(rule.id) would escalate; an approval answers it.")
    }
    lines.append("")
  }

  private func facts(_ lines: inout [String]) {
    // Facts of rules that hold say nothing about why others do not.
    let decisive = rules.filter { $0.status == .failed && !$0.isShadow }
    let known =
      decisive.isEmpty ? known : decisive.flatMap(\.known).unique { $0.path }
    if !known.isEmpty {
      lines.append(decisive.isEmpty ? "What was known" : "What was known, of the rules that failed")
      for fact in known { lines.append("  \(Self.text(fact))") }
      lines.append("")
    }
    let missing = missing
    if !missing.isEmpty {
      lines.append("What was missing")
      for fact in missing { lines.append("  \(Self.text(fact))") }
      lines.append("")
    }
    if let until = decision.validUntil {
      lines += ["This holds until \(TimeText.text(until)); then a fact it rests on is stale.", ""]
    }
  }

  private func whatToDo(_ lines: inout [String]) {
    var fixes: [String] = []
    for finding in decision.findings where !finding.shadow {
      // What a rule tells is what its author wants done.
      let statement = rules.first { $0.id == finding.requirement }?.statement
      if finding.category == .violated, let statement, finding.message != statement,
        !finding.message.hasPrefix(statement)
      {
        fixes.append(OneLine.text(finding.message))
        if finding.rule == "confirmed" { continue }
      }
      guard let fix = finding.fix.map({ OneLine.text($0) }), !fixes.contains(fix) else { continue }
      fixes.append(fix)
    }
    if fixes.isEmpty { return }
    lines.append("What to do")
    for fix in fixes { lines.append("  \(fix)") }
    lines.append("")
  }

  private func details(_ lines: inout [String]) {
    if rules.isEmpty { return }
    lines.append("The rules that apply")
    for rule in rules.filter({ $0.status == .failed }) + rules.filter({ $0.status != .failed }) {
      lines.append("")
      lines.append("  \(rule.id): \(Self.words(rule))\(rule.isShadow ? " (shadow)" : "")")
      lines.append("    \(OneLine.text(rule.statement))")
      if let source = rule.source { lines.append("    from: \(OneLine.text(source))") }
      if let note = rule.note { lines.append("    \(note)") }
      events(rule.events, &lines)
      for part in rule.parts {
        lines.append("    \(part.key):")
        tree(part.expression, depth: 3, &lines)
      }
    }
  }

  /// The last events that a temporal rule names; the first ones of many say least.
  private func events(_ events: [TemporalEvent], _ lines: inout [String]) {
    let shown = events.suffix(8)
    if shown.count < events.count {
      lines.append("      \(events.count - shown.count) earlier events, left out here")
    }
    for event in shown {
      let note =
        switch event.counts {
        case .yes: "counts"
        case .maybe: "may count: its condition is not known"
        case .no: "does not count: its condition does not hold"
        case .broke: "broke the rule, so it does not count"
        case .tooOld: "does not count: too long ago"
        case .inFlight: "has no result yet"
        case .inDoubt: "is in doubt"
        }
      lines.append(
        "      event \(event.seq), \(TimeText.text(event.time)): "
          + "\(OneLine.cut(OneLine.text(event.name), to: 100)) \(note)")
    }
  }

  private func tree(_ expression: Expression, depth: Int, _ lines: inout [String]) {
    var line = String(repeating: "  ", count: min(depth, 40))
    line += "\(OneLine.cut(expression.text, to: 200)) → "
    switch expression.result {
    case .value(let value): line += OneLine.cut("\(value)", to: 120)
    case .described(let words): line += words
    case .unknown(let paths): line += "unknown: \(paths.joined(separator: ", "))"
    case .error(let message): line += "error: \(OneLine.text(message))"
    }
    if let note = expression.note { line += "  (\(note))" }
    lines.append(line)
    for child in expression.children { tree(child, depth: depth + 1, &lines) }
  }

  private static func words(_ rule: Rule) -> String {
    switch rule.status {
    case .satisfied: "satisfied"
    case .notApplicable: "does not apply, its `when` is false"
    case .failed: rule.findings.map(\.category.rawValue).joined(separator: ", ")
    case .approved: "escalates; approved"
    case .notJudged: "not judged"
    case .elsewhere: "not decided at the proposal"
    }
  }

  private static func text(_ fact: Evidence) -> String {
    let path = OneLine.cut(fact.path, to: 100)
    var line = "\(path) = \(OneLine.cut("\(fact.value)", to: 120))"
    if fact.value == .string("absent") { line = "\(path) is absent" }
    switch fact.source {
    case nil:
      if fact.path.hasPrefix("args.") || fact.path.hasPrefix("claims.") {
        line += "  (the proposal)"
      }
    case "case"?: line += "  (the case)"
    case "fact"?: line += "  (a fact given by the host"
    case let tool?: line += "  (read with \(tool)"
    }
    if let asOf = fact.asOf { line += ", as of \(TimeText.text(asOf))" }
    if let source = fact.source, source != "case" { line += ")" }
    return line
  }

  private static func text(_ fact: Missing) -> String {
    var line = "\(fact.path) \(fact.reason)"
    if let asOf = fact.asOf { line += " (last known as of \(TimeText.text(asOf)))" }
    if fact.groundBy.isEmpty { return line }
    return line + ": \(fact.groundBy.joined(separator: " or ")) would tell"
  }
}
