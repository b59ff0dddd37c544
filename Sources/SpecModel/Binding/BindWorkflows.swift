import PlumblineDiagnostics
import YAMLSyntax

extension Binder {
  mutating func workflows(_ node: YAMLNode) -> [WrittenWorkflow] {
    guard isMapping(node, "workflows") else { return [] }
    return entries(node).compactMap { entry in
      guard let name = name(entry).flatMap({ fileName($0, of: "a workflow") }),
        isMapping(entry.value, entry.key)
      else { return nil }
      var workflow = WrittenWorkflow(name: name)
      let what = "the workflow `\(name.value)`"
      bind(SpecLanguage.workflowObject, entry.value, at: name.range, named: what) {
        binder, entry in
        switch entry.key {
        case "start": workflow.start = binder.text(entry.value, "start", expected: "a step")
        case "steps": workflow.steps = binder.steps(entry.value)
        default: return false
        }
        return true
      }
      return workflow
    }
  }

  private mutating func steps(_ node: YAMLNode) -> [WrittenStep] {
    guard isMapping(node, "steps") else { return [] }
    let all = entries(node)
    if all.isEmpty { report(.empty("steps", at: tree.range(node))) }
    return all.compactMap { entry in
      guard let name = name(entry).flatMap({ fileName($0, of: "a step") }),
        isMapping(entry.value, entry.key)
      else { return nil }
      return step(name, entry.value)
    }
  }

  private mutating func step(_ name: Located<String>, _ node: YAMLNode) -> WrittenStep {
    var step = WrittenStep(name: name)
    bind(SpecLanguage.stepObject, node, at: name.range) { binder, entry in
      let value = entry.value
      switch entry.key {
      case "goal":
        step.goalText = binder.template(value, "goal")
        step.goal = step.goalText.map { Located($0.text, at: $0.range) }
      case "tools": step.tools = binder.distinct(binder.names(value, "tools"))
      case "next": step.next = binder.edges(value)
      case "confidence": binder.confidence(value, &step)
      case "actor": step.actor = binder.text(value, "actor", expected: "a role")
      case "final": step.final = binder.boolean(value, "final")
      case "digest": step.digest = binder.word(value, "digest", of: ["required"])
      default: return false
      }
      return true
    }
    return step
  }

  private mutating func edges(_ node: YAMLNode) -> [WrittenEdge] {
    guard isList(node, "next", help: "write `- { to: STEP, when: … }`") else { return [] }
    return tree.items(node).compactMap { item in
      guard isMappingItem(item, of: "next", help: "write `{ to: STEP, when: … }`") else {
        return nil
      }
      var target: Located<String>?
      var condition: WrittenExpression?
      bind(SpecLanguage.edgeObject, item, at: tree.range(item)) { binder, entry in
        switch entry.key {
        case "to": target = binder.text(entry.value, "to", expected: "a step")
        case "when": condition = binder.expression(entry.value, "when")
        default: return false
        }
        return true
      }
      return target.map { WrittenEdge(to: $0, when: condition) }
    }
  }

  private mutating func confidence(_ node: YAMLNode, _ step: inout WrittenStep) {
    guard isMapping(node, "confidence", help: "write `{ below: 0.8, then: escalate(ROLE) }`")
    else { return }
    bind(SpecLanguage.confidenceObject, node, at: tree.range(node)) { binder, entry in
      switch entry.key {
      case "below": step.confidenceBelow = binder.fraction(entry.value, "below")
      case "then": step.confidenceThen = binder.answer(entry.value, "then")
      default: return false
      }
      return true
    }
  }

  mutating func incidents(_ node: YAMLNode) -> [WrittenIncident] {
    guard isList(node, "incidents", help: "begin each incident with `- id: …`") else { return [] }
    return tree.items(node).compactMap { item in
      guard isMappingItem(item, of: "incidents") else { return nil }
      return incident(item)
    }
  }

  private mutating func incident(_ node: YAMLNode) -> WrittenIncident? {
    var place = tree.range(node)
    if let id = tree.value(node, "id"), tree.kind(id) == .scalar { place = tree.range(id) }
    var bound = WrittenIncident(id: Located("", at: place))
    bind(SpecLanguage.incidentObject, node, at: place) { binder, entry in
      let value = entry.value
      func time(_ binder: inout Binder) -> Located<String>? {
        binder.text(value, entry.key, expected: "a time")
      }
      switch entry.key {
      case "id":
        if let id = binder.id(value) { bound.id = id }
      case "title": bound.title = binder.text(value, "title")
      case "occurred": bound.occurred = time(&binder)
      case "detected": bound.detected = time(&binder)
      case "recovered": bound.recovered = time(&binder)
      case "prevented": bound.prevented = time(&binder)
      case "failure_mode":
        bound.failureMode = binder.word(value, "failure_mode", of: SpecLanguage.failureModes)
      case "trace": bound.trace = binder.text(value, "trace", expected: "a file")
      case "twin": bound.twin = binder.text(value, "twin", expected: "a file")
      case "at":
        guard binder.isMapping(value, "at", help: "write `{ case: CASE, seq: 14 }`") else { break }
        binder.bind(SpecLanguage.atObject, value, at: binder.tree.range(value)) { binder, entry in
          switch entry.key {
          case "case": bound.atCase = binder.text(entry.value, "case", expected: "a case")
          case "seq": bound.atSequence = binder.integer(entry.value, "seq", atLeast: 1)
          default: return false
          }
          return true
        }
      case "status": bound.status = binder.word(value, "status", of: SpecLanguage.statuses)
      case "prevented_by":
        bound.preventedBy = binder.distinct(binder.names(value, "prevented_by"))
      default: return false
      }
      return true
    }
    return bound.id.value.isEmpty ? nil : bound
  }
}
