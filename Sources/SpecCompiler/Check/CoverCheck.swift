import PlumblineBundle
import PlumblineDiagnostics
import SpecModel

/// Rules that another rule makes superfluous: whenever one is broken, so is the other, with an answer at
/// least as strong.
enum CoverCheck {
  /// What is compared, gathered once.
  final class Rule: Sendable {
    let requirement: Int
    /// When it is broken.
    let violation: Formula
    let actions: [String]
    let otherwise: Answer
    let ungrounded: Answer
    /// Without `needs`: only such a rule is always judged, and can stand for another.
    let alone: Bool
    /// What it speaks of. Whatever covers it is found under one of these.
    let keys: [UInt64]
    /// Where it is found itself: the most telling part of its violation.
    let places: [UInt64]
    /// One bit for each subject; in `needed` only of the parts that are plain constraints.
    let mask: UInt64
    let needed: UInt64

    init(requirement: Int, violation: Formula, of declaration: RequirementDeclaration) {
      self.requirement = requirement
      self.violation = violation
      actions = declaration.appliesTo
      otherwise = declaration.otherwise
      ungrounded = declaration.ungrounded
      alone = declaration.needs.isEmpty
      let conjuncts = violation.conjuncts
      var all: [UInt64] = []
      var mask: UInt64 = 0
      violation.forEachLiteral { literal in
        mask |= Self.bit(literal.subject)
        literal.addKeys(to: &all)
        if case .range = literal.constraint {
        } else {
          all.append(literal.subject)
        }
      }
      self.mask = mask
      keys = all
      var needed: UInt64 = 0
      var best: (rank: Int, part: Formula)?
      for part in conjuncts {
        var rank = 4
        if case .literal(let literal) = part {
          needed |= Self.bit(literal.subject)
          rank = literal.rank
        }
        if rank < (best?.rank ?? .max) { best = (rank, part) }
      }
      self.needed = needed
      var places: [UInt64] = []
      best?.part.forEachLiteral { $0.addKeys(to: &places) }
      self.places = places
    }

    private static func bit(_ subject: UInt64) -> UInt64 { 1 << (subject & 63) }
  }

  /// How many rules one is compared with in earnest.
  private static let limit = 64

  static func check(_ input: CheckInput, _ rules: [Rule]) -> [Diagnostic] {
    var actions: [String: Int] = [:]
    // Of each action: the rules that are about it, and those that are looked at with it.
    var about: [(all: [Int], first: [Int])] = []
    for (number, rule) in rules.enumerated() {
      for (place, action) in rule.actions.enumerated() {
        let index = actions[action] ?? about.count
        if index == about.count {
          actions[action] = index
          about.append(([], []))
        }
        about[index].all.append(number)
        if place == 0 { about[index].first.append(number) }
      }
    }
    let known = about
    let found = SideBySide.map(known.count) { action -> [(rule: Int, cover: Int)] in
      var candidates: [UInt64: [Int]] = [:]
      for number in known[action].all where rules[number].alone {
        for place in rules[number].places { candidates[place, default: []].append(number) }
      }
      return known[action].first.compactMap { number in
        cover(of: number, rules, candidates).map { (number, $0) }
      }
    }
    var covers: [Int?] = Array(repeating: nil, count: rules.count)
    for (rule, cover) in found.joined() { covers[rule] = cover }
    return zip(rules, covers).compactMap { rule, cover in
      guard let cover else { return nil }
      let own = input.requirements[rule.requirement].id
      let other = input.requirements[rules[cover].requirement].id
      return .covered(own.value, by: other.value, at: own.range, other: other.range)
    }
  }

  private static func cover(
    of number: Int, _ rules: [Rule], _ candidates: [UInt64: [Int]]
  ) -> Int? {
    var budget = limit
    let rule = rules[number]
    let mask = ~rule.mask
    for key in rule.keys {
      guard let others = candidates[key] else { continue }
      for other in others where other != number {
        let candidate = rules[other]
        if candidate.needed & mask != 0 { continue }
        budget -= 1
        if budget < 0 { return nil }
        guard covers(candidate, rule) else { continue }
        // Of two that cover each other the later one is superfluous.
        if other > number, rule.alone, covers(rule, candidate) { continue }
        return other
      }
    }
    return nil
  }

  private static func covers(_ a: Rule, _ b: Rule) -> Bool {
    covers(a.otherwise, b.otherwise) && covers(a.ungrounded, b.ungrounded)
      && (a.actions == b.actions || Set(b.actions).isSubset(of: a.actions))
      && Formula.implies(b.violation, a.violation)
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
