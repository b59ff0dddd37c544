import PlumblineBundle
import PlumblineDiagnostics
import SpecModel
import Suggestions

extension Lowering {
  /// The requirements in parts, side by side. One depends on what was lowered before, on the ids of the
  /// others and on nothing else of them.
  mutating func lowerRequirements() {
    var ids: Set<String> = []
    writtenRequirements = model.requirements.filter { ids.insert($0.id.value).inserted }
    var own = self
    own.diagnostics = []
    let (start, known, written) = (own, ids, writtenRequirements)
    let parts = SideBySide.stretches(
      written.count, of: 64, with: { start },
      { lowering, range in lowering.lowerRequirements(written[range], known) })
    bundle.requirements.reserveCapacity(written.count)
    for part in parts {
      for index in part.broken { brokenRequirements.insert(index) }
      bundle.requirements += part.lowered
      diagnostics += part.diagnostics
    }
  }

  private struct Part: Sendable {
    var lowered: [RequirementDeclaration] = []
    var broken: [Int] = []
    var diagnostics: [Diagnostic] = []
  }

  private mutating func lowerRequirements(
    _ written: ArraySlice<WrittenRequirement>, _ ids: Set<String>
  ) -> Part {
    var part = Part()
    part.lowered.reserveCapacity(written.count)
    diagnostics = []
    for index in written.indices {
      let before = diagnostics.count
      part.lowered.append(lowerRequirement(written[index], ids))
      if diagnostics[before...].contains(where: { $0.severity == .error }) {
        part.broken.append(index)
      }
    }
    part.diagnostics = diagnostics
    return part
  }

  /// What `applies_to` names: tools, or activities of an imported log where only temporal rules speak.
  struct Target {
    var actions: [String] = []
    var activities: [String] = []
  }

  private mutating func lowerRequirement(
    _ written: WrittenRequirement, _ ids: Set<String>
  ) -> RequirementDeclaration {
    var lowered = RequirementDeclaration(
      id: written.id.value, statement: written.statement?.value ?? "")
    lowered.source = written.source?.value
    lowered.mode = written.mode.flatMap { .init(rawValue: $0.value) } ?? .enforce
    lowered.advice = written.advice?.value ?? false
    lowered.enforcedBy = written.enforcedBy?.value
    lowered.notes = written.notes?.value
    lowered.position = position(written.id.range)
    lowered.otherwise = answer(written.otherwise) ?? .deny
    lowered.ungrounded = answer(written.ungrounded) ?? .deny
    if case .warn = lowered.otherwise {
      lowered.priority = .should
      // A warning stays one where a fact is missing (semantics 10).
      if written.ungrounded == nil { lowered.ungrounded = .warn }
    }
    if let priority = written.priority.flatMap({ Priority(rawValue: $0.value) }) {
      lowered.priority = priority
    }
    lowered.because = written.because?.value
    checkRole(of: written.otherwise)
    checkRole(of: written.ungrounded)

    let target = lowerTarget(written)
    lowered.appliesTo = target.actions
    lowered.when = written.when.map { expression($0) }
    if let require = written.require {
      lowered.require = expression(require)
    } else if let forbid = written.forbid {
      lowered.require = expression(forbid)
      lowered.negated = true
    }
    lowered.ensure = written.ensure.map { expression($0) }
    lowered.tell = written.tell.map { expression($0) }
    if let confirmed = written.confirmed, let agrees = confirmed.agrees {
      lowered.confirmed = ConfirmationDeclaration(
        by: confirmed.by?.value ?? "user", agrees: expression(agrees),
        refuses: confirmed.refuses.map { expression($0) },
        lists: confirmed.lists.map { expression($0) })
    }
    lowerTemporal(written, target, &lowered)
    for need in written.needs {
      if need.value == written.id.value {
        report(.needsItself(need.value, at: need.range))
      } else if ids.contains(need.value) {
        lowered.needs.append(need.value)
      } else {
        report(
          .unknownRequirement(
            need.value, at: need.range, near: Suggest.nearest(need.value, among: ids.sorted())))
      }
    }
    lowerExamples(written, &lowered)
    return lowered
  }

  private mutating func lowerTarget(_ written: WrittenRequirement) -> Target {
    var target = Target()
    let onlyTemporal =
      !written.temporal.isEmpty && written.require == nil && written.forbid == nil
      && written.ensure == nil && written.confirmed == nil
    for event in written.appliesTo {
      switch event.function?.value {
      case "effect":
        target.actions += effectActions(event.name)
      case nil:
        if toolIndex[event.name.value] != nil {
          target.actions.append(event.name.value)
        } else if let group = groupIndex[event.name.value] {
          target.actions += group
        } else if onlyTemporal {
          activity(event.name)
          target.activities.append(event.name.value)
        } else {
          report(unknownAction(event.name))
        }
      case _?: break  // The binder has refused other functions.
      }
    }
    target.actions = Array(Set(target.actions)).sorted()
    return target
  }

  /// The tools of `effect(…)`.
  mutating func effectActions(_ name: Located<String>) -> [String] {
    // The binder has refused words that are no effect; one that came here would have no tool.
    let actions = bundle.tools.filter { $0.effect.rawValue == name.value }.map(\.name)
    if actions.isEmpty { report(.effectOfNoTool(name.value, at: name.range)) }
    return actions
  }

  /// Who speaks in traces.
  var speakers: [String] { SpecLanguage.speakers + bundle.tools.compactMap(\.message) }

  /// The speaker that was meant; nil where the name is one, or no misspelt one.
  func nearSpeaker(_ name: String) -> String? {
    let known = speakers
    return known.contains(name) ? nil : Suggest.nearest(name, among: known)
  }

  /// A name that is no tool is an activity of an imported log; one close to a tool's is suspect.
  mutating func activity(_ name: Located<String>) {
    if let near = nearAction(name.value) {
      report(.activityNearTool(name.value, near: near, at: name.range))
    }
  }
}
