import PlumblineBundle
import PlumblineDiagnostics
import SpecModel
import Suggestions

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
}
