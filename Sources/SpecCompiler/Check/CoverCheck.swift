import PlumblineBundle
import PlumblineDiagnostics
import SpecModel

/// Rules that another rule makes superfluous: whenever one is broken, so is the other, with an answer at
/// least as strong.
enum CoverCheck {
  struct Rule: Sendable {
    var requirement: Int
    /// When it is broken.
    var violation: Formula
  }

  /// How many rules one is compared with.
  private static let limit = 64

  static func check(_ input: CheckInput, _ rules: [Rule]) -> [Diagnostic] {
    // By action and one subject: whatever covers a rule speaks of nothing that the rule does not.
    struct Key: Hashable {
      var action: String
      var subject: UInt64
    }
    var index: [Key: [Int]] = [:]
    for (number, rule) in rules.enumerated() {
      let requirement = input.bundle.requirements[rule.requirement]
      guard requirement.needs.isEmpty,
        let first = rule.violation.conjuncts.first
      else { continue }
      for action in requirement.appliesTo {
        for subject in first.subjects {
          index[Key(action: action, subject: subject), default: []].append(number)
        }
      }
    }
    var diagnostics: [Diagnostic] = []
    for (number, rule) in rules.enumerated() {
      let own = input.bundle.requirements[rule.requirement]
      guard let action = own.appliesTo.first else { continue }
      var budget = limit
      search: for subject in rule.violation.subjects.sorted() {
        for other in index[Key(action: action, subject: subject)] ?? [] where other != number {
          budget -= 1
          if budget < 0 { break search }
          let cover = input.bundle.requirements[rules[other].requirement]
          guard covers(cover, own), Set(own.appliesTo).isSubset(of: cover.appliesTo),
            Formula.implies(rule.violation, rules[other].violation)
          else { continue }
          // Of two that cover each other the later one is superfluous.
          if other > number, covers(own, cover), Set(cover.appliesTo).isSubset(of: own.appliesTo),
            own.needs.isEmpty, Formula.implies(rules[other].violation, rule.violation)
          {
            continue
          }
          let written = input.requirements[rule.requirement]
          diagnostics.append(
            .covered(
              own.id, by: cover.id, at: written.id.range,
              other: input.requirements[rules[other].requirement].id.range))
          break search
        }
      }
    }
    return diagnostics
  }

  private static func covers(_ a: RequirementDeclaration, _ b: RequirementDeclaration) -> Bool {
    covers(a.otherwise, b.otherwise) && covers(a.ungrounded, b.ungrounded)
  }

  private static func covers(_ a: Answer, _ b: Answer) -> Bool {
    switch (a, b) {
    case (.deny, _), (.warn, .warn), (.escalate, .warn): true
    case (.escalate(let x), .escalate(let y)): x == y
    default: false
    }
  }
}

/// `needs` that lead back to where they began: none of them would ever be judged.
enum NeedsCheck {
  static func check(_ input: CheckInput) -> [Diagnostic] {
    let requirements = input.bundle.requirements
    guard requirements.contains(where: { !$0.needs.isEmpty }) else { return [] }
    let index = Dictionary(
      requirements.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    var state = Array(repeating: 0, count: requirements.count)
    var diagnostics: [Diagnostic] = []
    for start in requirements.indices where state[start] == 0 {
      var stack = [(node: start, next: 0)]
      state[start] = 1
      while let top = stack.last {
        let needs = requirements[top.node].needs
        guard top.next < needs.count else {
          state[top.node] = 2
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next += 1
        guard let target = index[needs[top.next]] else { continue }
        if state[target] == 0 {
          state[target] = 1
          stack.append((target, 0))
        } else if state[target] == 1 {
          let written = input.requirements[top.node].needs.first {
            $0.value == requirements[target].id
          }
          diagnostics.append(
            .needsCycle(
              requirements[top.node].id, requirements[target].id,
              at: written?.range ?? input.requirements[top.node].id.range))
        }
      }
    }
    return diagnostics
  }
}
