import PlumblineBundle
import PlumblineDiagnostics
import SpecModel
import Suggestions
import YAMLSyntax

extension Lowering {
  mutating func lowerExamples(
    _ written: WrittenRequirement, _ lowered: inout RequirementDeclaration
  ) {
    var names: [String: SourceRange] = [:]
    for (index, example) in written.examples.enumerated() {
      let name = example.name?.value ?? "example \(index + 1)"
      if let own = example.name {
        if let first = names[name] {
          report(.duplicateExample(name, of: written.id.value, at: own.range, first: first))
        }
        names[name] = own.range
      }
      guard let propose = example.propose,
        let expect = example.expect.flatMap({ ExampleDeclaration.Expectation(rawValue: $0.value) })
      else { continue }
      let before = diagnostics.count
      let given = lowerGiven(example.given)
      let proposal = lowerProposal(propose, written, lowered.appliesTo)
      let history = example.history.compactMap { lowerEvent($0) }
      checkNow(example)
      guard diagnostics.count == before, let proposal else { continue }
      lowered.examples.append(
        ExampleDeclaration(
          name: name, given: given, history: history, now: example.now?.value, propose: proposal,
          expect: expect, position: position(example.name?.range ?? example.range)))
    }
  }

  /// No proposal is judged before what has happened already.
  private mutating func checkNow(_ example: WrittenExample) {
    guard let now = example.now else { return }
    guard let judged = TimeCheck.seconds(now.value) else {
      report(.badTime(now.value, at: now.range))
      return
    }
    for event in example.history where event.isMapping {
      guard let time = event.entries().first(where: { $0.key.value == "time" })?.value,
        let happened = TimeCheck.seconds(time.tree.text(time.node)), happened > judged
      else { continue }
      report(.nowBeforeHistory(now.value, at: now.range, event: time.range))
      return
    }
  }

  /// `{ orders: { o-1: {…} }, case: {…} }`: records may leave fields out.
  private mutating func lowerGiven(_ written: WrittenValue?) -> BundleValue {
    guard let written, written.isMapping else { return .map([]) }
    var result: [BundleValue.Entry] = []
    for (name, value) in written.entries() {
      if name.value == "case" {
        guard value.isMapping else {
          report(.valueType("`case`", "a mapping", value.title, at: value.range, help: nil))
          continue
        }
        if let lowered = lowerRecord(
          value, fields: bundle.caseFields, title: "case", partial: true, depth: 0)
        {
          result.append(.init("case", lowered))
        }
        continue
      }
      guard let index = collectionIndex[name.value] else {
        report(
          .unknownCollection(
            name.value, at: name.range,
            near: Suggest.nearest(name.value, among: bundle.collections.map(\.name) + ["case"])))
        continue
      }
      guard value.isMapping else {
        report(
          .valueType(
            "`\(name.value)`", "a mapping from keys to records", value.title, at: value.range,
            help: nil))
        continue
      }
      var records: [BundleValue.Entry] = []
      for (key, record) in value.entries() {
        if let lowered = lowerValue(
          record, as: bundle.collections[index].type, of: "`\(name.value)`", partial: true)
        {
          records.append(.init(key.value, lowered))
        }
      }
      result.append(.init(name.value, .map(records)))
    }
    return .map(result)
  }

  static let proposalKeys = ["action", "args", "confidence", "claims", "digest", "agent", "id"]

  private mutating func lowerProposal(
    _ written: WrittenValue, _ requirement: WrittenRequirement, _ appliesTo: [String]
  ) -> BundleValue? {
    guard written.isMapping else {
      report(.valueType("`propose`", "a mapping", written.title, at: written.range, help: nil))
      return nil
    }
    let entries = written.entries()
    guard let action = entries.first(where: { $0.key.value == "action" }) else {
      report(.exampleWithoutAction(at: written.range))
      return nil
    }
    let name = action.value.tree.text(action.value.node)
    guard let index = toolIndex[name] else {
      report(
        .unknownAction(
          name, at: action.value.range,
          near: Suggest.nearest(name, among: bundle.tools.map(\.name))))
      return nil
    }
    if !appliesTo.contains(name), !appliesTo.isEmpty {
      report(.exampleOfOtherAction(name, requirement.id.value, at: action.value.range))
      return nil
    }
    let tool = bundle.tools[index]
    var result: [BundleValue.Entry] = [.init("action", .string(name))]
    for (key, value) in entries where key.value != "action" {
      switch key.value {
      case "args":
        guard value.isMapping else {
          report(.valueType("`args`", "a mapping", value.title, at: value.range, help: nil))
          return nil
        }
        guard
          let args = lowerRecord(
            value, fields: tool.arguments, title: name, partial: false, depth: 0)
        else { return nil }
        result.append(.init("args", args))
      case "confidence":
        guard
          let confidence = lowerValue(value, as: .number, of: "`confidence`", partial: false)
        else { return nil }
        result.append(.init(key.value, confidence))
      case "claims":
        guard
          let claims = lowerRecord(
            value,
            fields: bundle.tools[index].claims.map {
              FieldDeclaration(name: $0.name, type: $0.type)
            },
            title: "claims of \(name)", partial: true, depth: 0)
        else { return nil }
        result.append(.init(key.value, claims))
      case "agent", "digest", "id":
        guard let text = lowerValue(value, as: .string, of: "`\(key.value)`", partial: false)
        else { return nil }
        result.append(.init(key.value, text))
      default:
        report(
          .unknownProposalKey(
            key.value, at: key.range, near: Suggest.nearest(key.value, among: Self.proposalKeys)))
        return nil
      }
    }
    if !result.contains(where: { $0.key == "args" }) {
      if let missing = tool.arguments.first(where: {
        if case .optional = $0.type { false } else { true }
      }) {
        report(.missingField(missing.name, of: name, at: written.range))
        return nil
      }
      result.append(.init("args", .map([])))
    }
    return .map(result)
  }

  /// The keys of each type of event, as traces write them.
  static let eventKeys: [(type: String, keys: [String])] = [
    ("open", ["data", "workflow"]),
    ("propose", ["action", "args", "confidence", "claims", "digest", "agent", "id"]),
    ("result", ["of", "result", "error"]),
    ("message", ["from", "text"]),
    ("approve", ["of", "action", "args", "by", "role", "verdict"]),
    ("fact", ["record", "value", "as_of", "complete"]),
    ("enter", ["step"]),
    ("tick", []),
    ("compacted", []),
    ("close", ["outcome"]),
    ("activity", ["name", "data"]),
  ]
  static let eventTypes = eventKeys.map(\.type)

  /// A trace may hold more than is read; in a spec, what is not read is a mistake.
  private mutating func checkKeys(
    of type: String, _ entries: [(key: Located<String>, value: WrittenValue)]
  ) -> Bool {
    let keys =
      ["case", "time", "type"] + (Self.eventKeys.first { $0.type == type }?.keys ?? [])
    for (key, value) in entries {
      guard keys.contains(key.value) else {
        report(
          .unknownEventKey(
            key.value, of: type, at: key.range, near: Suggest.nearest(key.value, among: keys)))
        return false
      }
      let text = value.tree.text(value.node)
      if key.value == "from", let near = nearSpeaker(text) {
        report(.unknownSpeaker(text, at: value.range, near: near))
        return false
      }
      if type == "result", key.value == "error", value.isMapping,
        let entry = value.entries().first(where: { !["message", "effect"].contains($0.key.value) })
      {
        report(
          .unknownEventKey(
            entry.key.value, of: "error", at: entry.key.range,
            near: Suggest.nearest(entry.key.value, among: ["message", "effect"])))
        return false
      }
    }
    return true
  }

  /// An event of `history`, as the trace format writes it.
  private mutating func lowerEvent(_ written: WrittenValue) -> BundleValue? {
    guard written.isMapping else {
      report(.valueType("an event", "a mapping", written.title, at: written.range, help: nil))
      return nil
    }
    let entries = written.entries()
    guard let type = entries.first(where: { $0.key.value == "type" }) else {
      report(.eventWithoutType(at: written.range))
      return nil
    }
    let name = type.value.tree.text(type.value.node)
    guard Self.eventTypes.contains(name) else {
      report(
        .unknownEventType(
          name, at: type.value.range, near: Suggest.nearest(name, among: Self.eventTypes)))
      return nil
    }
    guard checkKeys(of: name, entries) else { return nil }
    if let time = entries.first(where: { $0.key.value == "time" }) {
      let text = time.value.tree.text(time.value.node)
      if TimeCheck.seconds(text) == nil {
        report(.badTime(text, at: time.value.range))
        return nil
      }
    }
    if name == "propose" || name == "approve",
      let action = entries.first(where: { $0.key.value == "action" })
    {
      let text = action.value.tree.text(action.value.node)
      guard let index = toolIndex[text] else {
        report(
          .unknownAction(
            text, at: action.value.range,
            near: Suggest.nearest(text, among: bundle.tools.map(\.name))))
        return nil
      }
      // Arguments as the action's types want them, so that 20 is the number 20.0.
      var result: [BundleValue.Entry] = []
      for (key, value) in entries {
        if key.value == "args", value.isMapping {
          guard
            let args = lowerRecord(
              value, fields: bundle.tools[index].arguments, title: text, partial: false, depth: 0)
          else { return nil }
          result.append(.init("args", args))
        } else {
          result.append(.init(key.value, value.untyped()))
        }
      }
      return .map(result)
    }
    return written.untyped()
  }
}
