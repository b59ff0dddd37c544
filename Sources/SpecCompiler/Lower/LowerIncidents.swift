import PlumblineBundle
import PlumblineDiagnostics
import SpecModel
import Suggestions

extension Lowering {
  mutating func lowerIncidents() {
    let ids = Set(bundle.requirements.map(\.id))
    var seen: Set<String> = []
    compareIncidents()
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
      incident.traceHash = incident.trace.flatMap { package.read($0) }.map { SHA256.hex($0) }
      for requirement in written.preventedBy {
        if ids.contains(requirement.value) {
          incident.preventedBy.append(requirement.value)
        } else {
          let near = Suggest.nearest(requirement.value, among: ids.sorted())
          let existed =
            written.status?.value == "prevented"
            && committed?.requirements.contains { $0.id == requirement.value } ?? false
          report(
            existed
              ? .preventingRequirementGone(
                requirement.value, written.id.value, at: requirement.range, near: near)
              : .unknownRequirement(requirement.value, at: requirement.range, near: near))
        }
      }
      checkIncident(written, incident)
      bundle.incidents.append(incident)
      writtenIncidents.append(written)
    }
  }

  /// An incident of the bundle that was compiled before must still be there, and still be prevented.
  private mutating func compareIncidents() {
    guard let spec = model.spec, let before = package.committed(spec.value) else { return }
    switch before.content {
    case .unreadable(let problem):
      report(.bundleUnreadable(before.path, problem, at: spec.range))
    case .bundle(let bundle):
      committed = bundle
      for incident in bundle.incidents {
        guard let written = model.incidents.first(where: { $0.id.value == incident.id }) else {
          report(
            .incidentGone(
              incident.id, incident.title, incident.position?.description, before.path,
              at: spec.range))
          continue
        }
        if incident.status == .prevented, let status = written.status, status.value == "open" {
          report(.openedAgain(incident.id, before.path, at: status.range))
        }
      }
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
        let why: String
        if !requirement.isEnforced {
          why = "is enforced by nothing"
        } else if requirement.mode == .shadow {
          why = "is in shadow mode"
        } else {
          continue
        }
        let place = writtenRequirements.first { $0.id.value == name.value }
        let changes = committed?.requirements.first { $0.id == name.value }.map {
          SpecChanges.of($0, requirement)
        }
        report(
          .preventedByAdvice(
            name.value, why, at: name.range,
            notes: (changes ?? []).map { change in
              .init(change.text, at: place?.range(of: change.key) ?? name.range)
            }))
      }
    }
  }
}
