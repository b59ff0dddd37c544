import Foundation
import PlumblineTyped
import Specs
import Synchronization

// Folds the traces of each random spec twice, with the conditions that were compiled to Swift and without, and
// compares every output. `RandomSpecs FOLDER`: the traces, `NAME.jsonl`; status 1 where any output differs.

let tally = Mutex((plain: 0, open: 0))
var events = 0
var decisions: [String: Int] = [:]
var differences = 0
var interpreted = 0

func text(_ output: StepOutput) throws -> String {
  let parts = try [output.decision?.json() ?? .null, .array(output.findings.map { $0.json() })]
    .map { String(decoding: try $0.encoded(), as: UTF8.self) }
  return parts.joined(separator: "\n") + output.notes.joined(separator: "\n")
}

for spec in everySpec {
  interpreted += spec.interpreted.count
  for one in spec.interpreted {
    print("\(spec.name): interpreted: \(one.condition): \(one.reason)")
  }
  let bundle = spec.engine.bundle
  let compiled = try Guard(
    bundle,
    compiled: spec.compiled.watched { _, holds in
      tally.withLock { if holds == nil { $0.open += 1 } else { $0.plain += 1 } }
    })
  let plain = try Guard(bundle)
  var states: [String: (compiled: CaseState, plain: CaseState)] = [:]
  let trace = try String(
    contentsOfFile: "\(CommandLine.arguments[1])/\(spec.name).jsonl", encoding: .utf8)
  for line in trace.split(separator: "\n") {
    guard
      case .success(let event) = TraceReader.event(from: try JSONDocument.parse(String(line)).root)
    else { continue }
    var (a, b) = states[event.caseID] ?? (compiled.open(event.caseID), plain.open(event.caseID))
    let (made, expected) = (compiled.step(&a, event), plain.step(&b, event))
    states[event.caseID] = (a, b)
    events += 1
    if let decision = expected.decision { decisions["\(decision.outcome)", default: 0] += 1 }
    if try text(made) != text(expected) {
      differences += 1
      print(
        "\(spec.name): \(line)\n  compiled:    \(try text(made))\n  interpreted: \(try text(expected))"
      )
    }
  }
}
let counts = tally.withLock { $0 }
print(
  "RandomSpecs: \(everySpec.count) specs, \(events) events, \(differences) differences;"
    + " conditions: \(counts.plain) times plain, \(counts.open) times left open;"
    + " \(interpreted) never compiled;"
    + " \(decisions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))"
)
// A run in which functions decide nothing shows nothing.
exit(differences == 0 && counts.plain > counts.open && !decisions.isEmpty ? 0 : 1)
