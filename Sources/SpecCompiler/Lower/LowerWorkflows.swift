import PlumblineBundle
import PlumblineDiagnostics
import SpecModel

extension Lowering {
  mutating func lowerWorkflows() {
    var seen: Set<String> = []
    for written in model.workflows where seen.insert(written.name.value).inserted {
      var steps: [StepDeclaration] = []
      let names = written.steps.map(\.name.value)
      var known: Set<String> = []
      var writtenSteps: [WrittenStep] = []
      for step in written.steps where known.insert(step.name.value).inserted {
        steps.append(lowerStep(step, names))
        writtenSteps.append(step)
      }
      var start = written.start?.value ?? names.first ?? ""
      if let place = written.start, !known.contains(place.value) {
        report(
          .unknownStep(
            place.value, of: written.name.value, at: place.range,
            near: Suggest.nearest(place.value, among: names)))
        start = names.first ?? ""
      }
      var kept = written
      kept.steps = writtenSteps
      writtenWorkflows.append(kept)
      bundle.workflows.append(
        WorkflowDeclaration(
          name: written.name.value, start: start, steps: steps,
          position: position(written.name.range)))
    }
  }

  private mutating func lowerStep(_ written: WrittenStep, _ names: [String]) -> StepDeclaration {
    var step = StepDeclaration(name: written.name.value)
    step.goal = written.goal?.value
    step.position = position(written.name.range)
    step.final = written.final?.value ?? false
    step.digestRequired = written.digest?.value == "required"
    var listed: Set<String> = []
    for name in written.tools {
      for action in actions(name) ?? [] where listed.insert(action).inserted {
        step.tools.append(action)
      }
    }
    for edge in written.next {
      guard names.contains(edge.to.value) else {
        report(
          .unknownStep(
            edge.to.value, of: nil, at: edge.to.range,
            near: Suggest.nearest(edge.to.value, among: names)))
        continue
      }
      step.next.append(
        EdgeDeclaration(to: edge.to.value, when: edge.when.map { expression($0) }))
    }
    if let below = written.confidenceBelow {
      checkRole(of: written.confidenceThen)
      step.confidence = ConfidenceDeclaration(
        below: below.value, then: answer(written.confidenceThen) ?? .deny)
    }
    if let actor = written.actor {
      checkRole(actor)
      step.actor = actor.value
    }
    return step
  }

  mutating func lowerIncidents() {
    let ids = Set(bundle.requirements.map(\.id))
    var seen: Set<String> = []
    for written in model.incidents where seen.insert(written.id.value).inserted {
      var incident = IncidentDeclaration(
        id: written.id.value, title: written.title?.value ?? "",
        failureMode: written.failureMode.flatMap { FindingCategory(rawValue: $0.value) }
          ?? .violated,
        status: written.status.flatMap { .init(rawValue: $0.value) } ?? .open)
      incident.position = position(written.id.range)
      incident.occurred = written.occurred?.value
      incident.detected = written.detected?.value
      incident.recovered = written.recovered?.value
      incident.prevented = written.prevented?.value
      incident.trace = written.trace?.value
      incident.atCase = written.atCase?.value
      incident.atSequence = written.atSequence.map { Int(clamping: $0.value) }
      incident.twin = written.twin?.value
      for requirement in written.preventedBy {
        if ids.contains(requirement.value) {
          incident.preventedBy.append(requirement.value)
        } else {
          report(
            .unknownRequirement(
              requirement.value, at: requirement.range,
              near: Suggest.nearest(requirement.value, among: ids.sorted())))
        }
      }
      checkIncident(written, incident)
      bundle.incidents.append(incident)
      writtenIncidents.append(written)
    }
  }

  private mutating func checkIncident(_ written: WrittenIncident, _ incident: IncidentDeclaration) {
    var last: (name: String, seconds: Double)?
    for (name, time) in [
      ("occurred", written.occurred), ("detected", written.detected),
      ("recovered", written.recovered), ("prevented", written.prevented),
    ] {
      guard let time else { continue }
      guard let seconds = TimeCheck.seconds(time.value) else {
        report(.badTime(time.value, at: time.range))
        continue
      }
      if let last, seconds < last.seconds {
        report(.timesOutOfOrder(name, last.name, at: time.range))
      }
      last = (name, seconds)
    }
    for file in [written.trace, written.twin] {
      if let file, package.read(file.value) == nil {
        report(.missingFile(file.value, at: file.range))
      }
    }
    if incident.status == .prevented {
      let place = written.status?.range ?? written.id.range
      if written.preventedBy.isEmpty {
        report(.preventedByNothing(written.id.value, at: place))
      } else if written.trace == nil {
        report(.preventedWithoutTrace(written.id.value, at: place))
      } else if written.atSequence == nil {
        report(.preventedWithoutEvent(written.id.value, at: place))
      }
      for name in written.preventedBy {
        guard let requirement = bundle.requirements.first(where: { $0.id == name.value }) else {
          continue
        }
        if !requirement.isEnforced {
          report(.preventedByAdvice(name.value, "is enforced by nothing", at: name.range))
        } else if requirement.mode == .shadow {
          report(.preventedByAdvice(name.value, "is in shadow mode", at: name.range))
        }
      }
    }
  }
}
