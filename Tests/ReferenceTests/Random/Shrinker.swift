import PlumblineBundle
import PlumblineJSON

/// A spec and a trace on which two interpreters disagree.
struct Disagreement {
  var draft: Draft
  var trace: [JSON]
}

/// Makes a disagreement smaller as long as it stays one.
struct Shrinker {
  /// Whether a spec and a trace still disagree.
  let disagrees: (Draft, [JSON]) -> Bool
  /// How many candidates may be tried.
  var budget = 6000
  private(set) var best: Disagreement

  init(_ start: Disagreement, disagrees: @escaping (Draft, [JSON]) -> Bool) {
    best = start
    self.disagrees = disagrees
  }

  static func shrink(
    _ start: Disagreement, budget: Int = 6000, disagrees: @escaping (Draft, [JSON]) -> Bool
  ) -> Disagreement {
    var shrinker = Shrinker(start, disagrees: disagrees)
    shrinker.budget = budget
    while shrinker.budget > 0, shrinker.pass() {}
    return shrinker.best
  }

  private mutating func attempt(_ draft: Draft, _ trace: [JSON]) -> Bool {
    if budget <= 0 { return false }
    budget -= 1
    guard disagrees(draft, trace) else { return false }
    best = Disagreement(draft: draft, trace: trace)
    return true
  }

  private mutating func pass() -> Bool {
    var changed = dropEvents()
    changed = dropDeclarations() || changed
    changed = simplifyExpressions() || changed
    changed = simplifyDeclarations() || changed
    changed = simplifyEvents() || changed
    return changed
  }

  /// Removes runs of a list, the long ones first.
  private mutating func dropEvents() -> Bool {
    var changed = false
    var size = best.trace.count / 2
    while size >= 1 {
      var start = best.trace.count - size
      while start >= 0, budget > 0 {
        if start + size <= best.trace.count {
          var trace = best.trace
          trace.removeSubrange(start..<start + size)
          if attempt(best.draft, trace) { changed = true }
        }
        start -= size
      }
      size /= 2
    }
    return changed
  }

  /// Leaves out elements, one by one from the last.
  /// - Parameter forgetting: whether what refers to them goes too.
  private mutating func drop<T>(
    _ list: WritableKeyPath<SpecBundle, [T]>, forgetting: Bool = true
  ) -> Bool {
    var changed = false
    var index = best.draft.bundle[keyPath: list].count - 1
    while index >= 0, budget > 0 {
      if index < best.draft.bundle[keyPath: list].count {
        var draft = best.draft
        draft.bundle[keyPath: list].remove(at: index)
        if forgetting { draft.bundle.forgetDangling() }
        if attempt(draft, best.trace) { changed = true }
      }
      index -= 1
    }
    return changed
  }

  private mutating func dropDeclarations() -> Bool {
    var changed = drop(\.requirements)
    changed = drop(\.workflows) || changed
    changed = drop(\.tools) || changed
    changed = drop(\.collections) || changed
    changed = drop(\.types) || changed
    changed = drop(\.terms) || changed
    changed = drop(\.tables) || changed
    changed = drop(\.patterns) || changed
    changed = drop(\.groups) || changed
    changed = drop(\.caseFields) || changed
    changed = drop(\.roles) || changed
    return changed
  }

  private mutating func change(_ edit: (inout SpecBundle) -> Void) -> Bool {
    var draft = best.draft
    edit(&draft.bundle)
    if draft.bundle == best.draft.bundle { return false }
    return attempt(draft, best.trace)
  }

  private mutating func simplifyDeclarations() -> Bool {
    var changed = false
    for index in best.draft.bundle.tools.indices {
      for edit in Self.toolEdits {
        changed = change { edit(&$0.tools[index]) } || changed
      }
      changed =
        drop(\.tools[index].arguments, forgetting: false) || changed
    }
    for index in best.draft.bundle.requirements.indices {
      for edit in Self.requirementEdits {
        changed = change { edit(&$0.requirements[index]) } || changed
      }
      changed = drop(\.requirements[index].appliesTo, forgetting: false) || changed
      changed = drop(\.requirements[index].temporal, forgetting: false) || changed
      for rule in best.draft.bundle.requirements[index].temporal.indices {
        for edit in Self.ruleEdits {
          changed = change { edit(&$0.requirements[index].temporal[rule]) } || changed
        }
        for set in best.draft.bundle.requirements[index].temporal[rule].events.indices {
          changed =
            drop(\.requirements[index].temporal[rule].events[set], forgetting: false) || changed
        }
      }
    }
    for workflow in best.draft.bundle.workflows.indices {
      changed = drop(\.workflows[workflow].steps, forgetting: false) || changed
      for step in best.draft.bundle.workflows[workflow].steps.indices {
        changed = drop(\.workflows[workflow].steps[step].next, forgetting: false) || changed
        changed = drop(\.workflows[workflow].steps[step].tools, forgetting: false) || changed
        changed =
          change {
            $0.workflows[workflow].steps[step].confidence = nil
          } || changed
        changed = change { $0.workflows[workflow].steps[step].actor = nil } || changed
      }
    }
    for index in best.draft.bundle.types.indices {
      guard case .type(.record(let fields)) = best.draft.bundle.types[index].definition else {
        continue
      }
      for field in fields.indices.reversed() {
        changed =
          change {
            var fields = fields
            fields.remove(at: field)
            $0.types[index].definition = .type(.record(fields))
          } || changed
      }
    }
    return changed
  }

  private static let toolEdits: [@Sendable (inout ToolDeclaration) -> Void] = [
    { $0.freshFor = nil }, { $0.fails = [] }, { $0.learns = [] }, { $0.oncePer = [] },
    { $0.sets = [] }, { $0.settledBy = nil }, { $0.asOf = nil }, { $0.message = nil },
    { $0.claims = [] }, { $0.touches = $0.touches == nil ? nil : [] },
    { $0.keeps = [] }, { $0.returns = nil },
  ]

  private static let requirementEdits: [@Sendable (inout RequirementDeclaration) -> Void] = [
    { $0.when = nil }, { $0.needs = [] }, { $0.mode = .enforce }, { $0.otherwise = .deny },
    { $0.ungrounded = .deny }, { $0.confirmed?.lists = [] }, { $0.confirmed?.refuses = nil },
    { $0.negated = false },
  ]

  private static let ruleEdits: [@Sendable (inout TemporalDeclaration) -> Void] = [
    { $0.same = [] }, { $0.within = nil }, { $0.count = $0.count.map { max(0, $0 - 1) } },
    { rule in
      for set in rule.events.indices {
        for index in rule.events[set].indices { rule.events[set][index].condition = nil }
      }
    },
  ]

  private mutating func simplifyExpressions() -> Bool {
    var changed = false
    for place in ExpressionPlace.all(in: best.draft.bundle) {
      var again = true
      while again, budget > 0 {
        again = false
        guard let text = place.text(best.draft.bundle), let sketch = best.draft.sketches[text]
        else { break }
        for smaller in sketch.smaller.prefix(200) {
          var draft = best.draft
          place.set(&draft.bundle, draft.write(smaller))
          if attempt(draft, best.trace) {
            changed = true
            again = true
            break
          }
        }
      }
    }
    return changed
  }

  private mutating func simplifyEvents() -> Bool {
    var changed = false
    for index in best.trace.indices {
      for smaller in Self.smaller(best.trace[index], depth: 0) {
        if index >= best.trace.count { break }
        var trace = best.trace
        trace[index] = smaller
        if attempt(best.draft, trace) { changed = true }
      }
    }
    return changed
  }

  /// Events and values with one part left out or made simple.
  private static func smaller(_ value: JSON, depth: Int) -> [JSON] {
    if depth > 8 { return [] }
    switch value {
    case .object(let members):
      var result: [JSON] = []
      for (index, member) in members.enumerated() {
        if depth == 0, ["case", "time", "type"].contains(member.key) { continue }
        var fewer = members
        fewer.remove(at: index)
        result.append(.object(fewer))
        for part in smaller(member.value, depth: depth + 1) {
          var copy = members
          copy[index].value = part
          result.append(.object(copy))
        }
      }
      return result
    case .array(let elements):
      var result: [JSON] = []
      for (index, element) in elements.enumerated() {
        var fewer = elements
        fewer.remove(at: index)
        result.append(.array(fewer))
        for part in smaller(element, depth: depth + 1) {
          var copy = elements
          copy[index] = part
          result.append(.array(copy))
        }
      }
      return result
    case .string(let text) where text.utf8.count > 1 && !text.contains("T"):
      return [.string("a"), .string("")]
    case .double(let number) where number != 0: return [.int(0), .int(1)]
    default: return []
    }
  }
}

extension SpecBundle {
  /// Takes out names of what is no longer there, where they stand in lists.
  mutating func forgetDangling() {
    let tools = Set(self.tools.map(\.name))
    let collections = Set(self.collections.map(\.name))
    let ids = Set(requirements.map(\.id))
    for index in self.collections.indices {
      self.collections[index].groundedBy.removeAll { !tools.contains($0) }
    }
    for index in groups.indices { groups[index].actions.removeAll { !tools.contains($0) } }
    for index in self.tools.indices {
      self.tools[index].keeps.removeAll { !collections.contains($0.collection) }
      self.tools[index].sets.removeAll {
        $0.path.collection != "case" && !collections.contains($0.path.collection)
      }
      self.tools[index].touches?.removeAll {
        $0.collection != "case" && !collections.contains($0.collection)
      }
      let keys = Set(caseFields.map(\.name))
      self.tools[index].learns.removeAll { !keys.contains($0.key) }
      if let read = self.tools[index].settledBy, !tools.contains(read) {
        self.tools[index].settledBy = nil
      }
    }
    for index in requirements.indices {
      requirements[index].appliesTo.removeAll { !tools.contains($0) }
      requirements[index].needs.removeAll { !ids.contains($0) }
      for rule in requirements[index].temporal.indices {
        for set in requirements[index].temporal[rule].events.indices {
          requirements[index].temporal[rule].events[set] =
            requirements[index].temporal[rule].events[set].compactMap { event in
              var event = event
              switch event.kind {
              case .actions(let actions):
                let left = actions.filter { tools.contains($0) }
                event.kind = .actions(left)
                return left.isEmpty ? nil : event
              case .attempt(let actions):
                let left = actions.filter { tools.contains($0) }
                event.kind = .attempt(left)
                return left.isEmpty ? nil : event
              default: return event
              }
            }
        }
      }
    }
    for workflow in workflows.indices {
      for step in workflows[workflow].steps.indices {
        workflows[workflow].steps[step].tools.removeAll { !tools.contains($0) }
      }
    }
  }
}

/// A place of a bundle that an expression stands at.
struct ExpressionPlace {
  let text: (SpecBundle) -> String?
  let set: (inout SpecBundle, ExpressionText) -> Void

  private static func at(_ path: WritableKeyPath<SpecBundle, ExpressionText?>) -> ExpressionPlace {
    ExpressionPlace(
      text: { $0[keyPath: path]?.text }, set: { $0[keyPath: path] = $1 })
  }
  private static func at(_ path: WritableKeyPath<SpecBundle, ExpressionText>) -> ExpressionPlace {
    ExpressionPlace(text: { $0[keyPath: path].text }, set: { $0[keyPath: path] = $1 })
  }

  static func all(in bundle: SpecBundle) -> [ExpressionPlace] {
    var places: [ExpressionPlace] = []
    for (r, requirement) in bundle.requirements.enumerated() {
      if requirement.when != nil { places.append(at(\.requirements[r].when)) }
      if requirement.require != nil { places.append(at(\.requirements[r].require)) }
      if requirement.ensure != nil { places.append(at(\.requirements[r].ensure)) }
      for index in requirement.confirmed?.lists.indices ?? 0..<0 {
        places.append(
          ExpressionPlace(
            text: { $0.requirements[r].confirmed?.lists[index].text },
            set: { $0.requirements[r].confirmed?.lists[index] = $1 }))
      }
      for (t, rule) in requirement.temporal.enumerated() {
        for (s, set) in rule.events.enumerated() {
          for e in set.indices where set[e].condition != nil {
            places.append(at(\.requirements[r].temporal[t].events[s][e].condition))
          }
        }
      }
    }
    for (w, workflow) in bundle.workflows.enumerated() {
      for (s, step) in workflow.steps.enumerated() {
        for e in step.next.indices where step.next[e].when != nil {
          places.append(at(\.workflows[w].steps[s].next[e].when))
        }
      }
    }
    for (t, tool) in bundle.tools.enumerated() {
      for s in tool.sets.indices { places.append(at(\.tools[t].sets[s].value)) }
    }
    return places
  }
}
