import CEL
import PlumblineBundle
import PlumblineDiagnostics
import PlumblineRuntime
import SpecModel

/// Judges the examples of requirements on the guard. An example judges its requirement alone, after its
/// history, at its time; given records are fresh and partial, all else is unknown.
enum ExampleRunner {
  static func check(_ input: CheckInput) -> [Diagnostic] {
    let requirements = input.bundle.requirements
    guard requirements.contains(where: { !$0.examples.isEmpty }) else { return [] }
    // INVARIANT: a bundle without errors loads. Whoever loads it next says so where it does not (PL0999).
    guard let runner = try? Guard(input.scope, meaning: "example") else { return [] }
    let indices = requirements.indices.filter { !requirements[$0].examples.isEmpty }
    let found = SideBySide.map(indices.count) { position in
      check(indices[position], input, runner)
    }
    if requirements.count > 1_000 { GiveBack.later(runner) }
    return found.flatMap { $0 }
  }

  private static func check(_ index: Int, _ input: CheckInput, _ runner: Guard) -> [Diagnostic] {
    let requirement = input.bundle.requirements[index]
    // Examples with mistakes were left out; the places are those of the ones that were not.
    var written = input.requirements[index].examples.filter {
      $0.propose != nil && $0.expect != nil
    }
    if written.count != requirement.examples.count { written = [] }
    var diagnostics: [Diagnostic] = []
    for (number, example) in requirement.examples.enumerated() {
      guard number < written.count else { continue }
      if let problem = run(example, of: requirement, runner) {
        diagnostics.append(problem(written[number]))
      }
    }
    return diagnostics
  }

  private static func run(
    _ example: ExampleDeclaration, of requirement: RequirementDeclaration, _ runner: Guard
  ) -> ((WrittenExample) -> Diagnostic)? {
    switch ExampleReplay.problem(of: example, of: requirement.id, on: runner) {
    case nil: nil
    case .event(let number?, let message):
      {
        .exampleEvent(
          message, at: number < $0.history.count ? $0.history[number].range : $0.range)
      }
    case .event(nil, let message):
      { .exampleEvent(message, at: $0.given?.range ?? $0.range) }
    case .proposal(let message):
      { .exampleEvent(message, at: $0.propose?.range ?? $0.range) }
    case .outcome(let came, let why):
      {
        .exampleFails(
          example.name, example.expect.rawValue, came, why, at: $0.expect?.range ?? $0.range)
      }
    }
  }
}
