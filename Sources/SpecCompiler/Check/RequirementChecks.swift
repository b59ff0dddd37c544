import CEL
import PlumblineBundle
import PlumblineDiagnostics
import PlumblineRuntime
import SpecModel
import Suggestions

/// What requirements say, one by one and against each other.
enum RequirementChecks {
  static func check(_ input: CheckInput, _ terms: TermTable) -> [Diagnostic] {
    let (each, rules) = checkEach(input, terms)
    var diagnostics = each
    diagnostics += CoverCheck.check(input, rules)
    if rules.count > 1_000 { GiveBack.later(rules) }
    diagnostics += NeedsCheck.check(input)
    diagnostics += SourceCheck.check(input)
    return diagnostics
  }

  /// The requirements in parts, side by side; what they give is kept in order.
  private static func checkEach(
    _ input: CheckInput, _ terms: TermTable
  ) -> ([Diagnostic], [CoverCheck.Rule]) {
    let allowed = WorkflowChecks.allowedTools(input)
    let parts = SideBySide.stretches(
      input.requirements.count, of: 64,
      with: { RequirementCheck(input, terms, allowed: allowed) },
      { check, range in
        check.checks.diagnostics = []
        check.rules = []
        for index in range { check.check(index) }
        return (check.checks.diagnostics, check.rules)
      })
    var diagnostics: [Diagnostic] = []
    var rules: [CoverCheck.Rule] = []
    for (found, made) in parts {
      diagnostics += found
      rules += made
    }
    return (diagnostics, rules)
  }
}

/// The checks of one requirement after another.
struct RequirementCheck {
  let input: CheckInput
  /// The actions that some step allows, if that is known.
  let allowed: Set<String>?
  /// Names whose values the spec itself gives.
  let constants: Set<String>
  var checks: ExpressionChecks
  /// What the sound ones forbid, to compare them.
  var rules: [CoverCheck.Rule] = []

  init(_ input: CheckInput, _ terms: TermTable, allowed: Set<String>?) {
    self.input = input
    self.allowed = allowed
    constants = Set(input.bundle.tables.map(\.name) + ["patterns"])
    checks = ExpressionChecks(input, terms)
  }

  mutating func report(_ diagnostic: Diagnostic) { checks.diagnostics.append(diagnostic) }

  mutating func check(_ index: Int) {
    let written = input.requirements[index]
    let lowered = input.bundle.requirements[index]
    StatementCheck.check(written, &checks.diagnostics)
    if written.isBroken { return }
    let before = checks.diagnostics.count
    shape(written, lowered)
    let sound =
      !input.brokenRequirements.contains(index)
      && !checks.diagnostics[before...].contains { $0.severity == .error }
    let typed = expressions(written, lowered)
    guard sound, typed.isSound, lowered.isEnforced else { return }
    reach(written, lowered)
    dead(index, written, lowered, typed.found)
  }

  // MARK: Shape

  private mutating func shape(
    _ written: WrittenRequirement, _ lowered: RequirementDeclaration
  ) {
    let id = written.id.value
    if let require = written.require, let forbid = written.forbid {
      report(.requireAndForbid(id, at: forbid.range, first: require.range))
    }
    let rule: (name: String, range: SourceRange)? =
      written.require.map { ("require", $0.range) } ?? written.forbid.map { ("forbid", $0.range) }
      ?? written.ensure.map { ("ensure", $0.range) }
      ?? written.temporal.first.map { ($0.sugar.value, $0.sugar.range) }
      ?? written.confirmed.map { ("confirmed", $0.range) }
    if lowered.advice, let held = written.enforcedBy {
      report(.adviceEnforced(id, at: held.range))
    }
    if lowered.advice, let rule {
      report(.adviceWithRule(id, rule.name, at: rule.range))
    } else if let held = written.enforcedBy, let rule {
      report(.heldElsewhereWithRule(id, rule.name, at: rule.range, held: held.range))
    } else if lowered.isEnforced, rule == nil {
      report(.decidesNothing(id, at: written.id.range))
    }
    if let rule, written.appliesTo.isEmpty, rule.name != "declare" {
      report(.ruleWithoutTarget(id, rule.name, at: rule.range))
    }
    if let otherwise = written.otherwise, case .warn = otherwise.kind,
      written.priority?.value == "must"
    {
      report(.mustWarns(id, at: otherwise.range))
    }
    if let ungrounded = written.ungrounded, case .warn = ungrounded.kind, written.because == nil {
      report(.warnWithoutBecause(at: ungrounded.range))
    }
    if let because = written.because {
      if case .warn? = written.ungrounded?.kind {
      } else {
        report(.becauseOfNothing(at: because.range))
      }
    }
    if let held = written.enforcedBy, held.value != "types",
      Suggest.nearest(held.value, among: ["types"]) != nil
    {
      report(.nearlyTypes(held.value, at: held.range))
    }
    for temporal in lowered.temporal where temporal.sugar == "once_per" {
      guard lowered.appliesTo.count == 1, let action = lowered.appliesTo.first,
        let tool = input.toolIndex[action],
        !input.bundle.tools[tool].oncePer.isEmpty,
        Set(input.bundle.tools[tool].oncePer) == Set(temporal.same),
        let place = written.temporal.first(where: { $0.sugar.value == "once_per" })?.sugar.range
      else { continue }
      report(
        .repeatsOncePer(action, at: place, tool: input.tools[tool].name.range))
    }
  }

  // MARK: Expressions

  /// Whether all is well typed, and the whole condition for the first action.
  private mutating func expressions(
    _ written: WrittenRequirement, _ lowered: RequirementDeclaration
  ) -> (isSound: Bool, found: Conditions) {
    let before = checks.diagnostics.count
    var first = Conditions()
    for action in lowered.appliesTo {
      let named = lowered.appliesTo.count > 1 ? action : nil
      let found = conditions(written, lowered, action, named)
      // On an action that lacks what a guard asks for, the condition may be a constant.
      func take(_ condition: Condition?, _ known: Condition?) -> Condition? {
        guard known == nil, let condition, named == nil || !condition.isLiteral else {
          return known
        }
        return condition
      }
      first.whole = take(found.whole, first.whole)
      first.ensure = take(found.ensure, first.ensure)
      first.when = take(found.when, first.when)
      if let tell = written.tell {
        checks.checkTemplate(
          tell, in: .tell(action: action), what: "`tell`", action: named)
      }
      confirmation(written, action, named)
      if checks.diagnostics.count > before { break }
    }
    if lowered.appliesTo.isEmpty, let when = written.when, !lowered.temporal.isEmpty {
      first.when = checks.check(when, in: .event(actions: []), expecting: .bool).map { .whole($0) }
    }
    temporal(written, lowered)
    let sound = !checks.diagnostics[before...].contains { $0.severity == .error }
    if sound { hints(written, lowered) }
    return (sound, first)
  }

  /// What decides on one action; nil where there is none, or it has mistakes, which are reported.
  private struct Conditions {
    /// `when` with `require` or `forbid`.
    var whole: Condition?
    /// `when` with `ensure`.
    var ensure: Condition?
    /// `when` by itself, where it filters something else.
    var when: Condition?
  }

  private mutating func conditions(
    _ written: WrittenRequirement, _ lowered: RequirementDeclaration, _ action: String,
    _ named: String?
  ) -> Conditions {
    let context = SpecScope.Context.requirement(action: action)
    var found = Conditions()
    if let require = written.require ?? written.forbid {
      if named == nil, let parts = parts(lowered, context) {
        found.whole = parts
      } else {
        found.whole = composed(written, require, lowered, context, action, named)
        if found.whole == nil { return found }
      }
    } else if let when = written.when, written.ensure == nil {
      let context: SpecScope.Context =
        lowered.temporal.isEmpty ? context : .activation(action: action)
      found.when = checks.check(when, in: context, expecting: .bool, action: named)
        .map { .whole($0) }
    }
    if let ensure = written.ensure {
      let composed = input.scope.postcondition(of: lowered, action: action)
      found.ensure = composite(
        composed.expr, composed.issues, when: written.when, then: ensure,
        source: SpecScope.ensureSource, in: .ensure(action: action), named
      ).map { .whole($0) }
    }
    return found
  }

  /// A requirement's condition on its first action.
  private enum Condition {
    case whole(CheckedExpression)
    /// Sound by themselves, and so they are together: what one knows can only take mistakes from the other.
    case parts(when: Fragments.Fragment?, then: Fragments.Fragment)

    var isLiteral: Bool {
      if case .whole(let checked) = self { return checked.root.isLiteral }
      return false
    }
  }

  /// The parts of a condition, where each is sound by itself.
  private func parts(
    _ lowered: RequirementDeclaration, _ context: SpecScope.Context
  ) -> Condition? {
    guard let require = lowered.require,
      let then = checks.fragments.condition(require, context, checks)
    else { return nil }
    guard let text = lowered.when else { return .parts(when: nil, then: then) }
    return checks.fragments.condition(text, context, checks).map { .parts(when: $0, then: then) }
  }

  private mutating func composed(
    _ written: WrittenRequirement, _ then: WrittenExpression, _ lowered: RequirementDeclaration,
    _ context: SpecScope.Context, _ action: String, _ named: String?
  ) -> Condition? {
    let composed = input.scope.condition(of: lowered, action: action)
    return composite(
      composed.expr, composed.issues, when: written.when, then: then,
      source: SpecScope.requireSource, in: context, named
    ).map { .whole($0) }
  }

  /// `!(when) || (then)`. Where the whole has mistakes, its parts are asked, so that each is told once and
  /// in its own words.
  private mutating func composite(
    _ expr: Expr?, _ issues: [CELIssue], when: WrittenExpression?, then: WrittenExpression,
    source: Int32, in context: SpecScope.Context, _ named: String?
  ) -> CheckedExpression? {
    var sources: [Int32: ExpressionChecks.Origin] = [source: .init(then)]
    if let when { sources[SpecScope.whenSource] = .init(when) }
    if !issues.isEmpty {
      checks.report(issues, sources, in: context, action: named)
      return nil
    }
    guard let expr else { return nil }
    let result = CELChecker.check(expr, in: input.scope.environment(context), expecting: .bool)
    if result.issues.isEmpty, let checked = result.checked {
      return checks.checkCalls(checked, sources, context)
        && checks.checkKeys(checked, sources, context) ? checked : nil
    }
    let before = checks.diagnostics.count
    for (part, number) in [(when, SpecScope.whenSource), (then, source)] {
      guard let part else { continue }
      let alone = input.scope.compile(
        ExpressionText(part.text), source: number, in: context, expecting: .bool)
      let own = alone.issues.filter { issue in
        if issue.kind == .unguardedOptional { return false }
        // A field that this action lacks may be guarded in the whole.
        return named == nil || issue.kind != .undeclaredField
          || result.issues.contains { $0.position == issue.position }
      }
      if !own.isEmpty { checks.report(own, sources, in: context, action: named) }
    }
    if checks.diagnostics.count == before {
      checks.report(result.issues, sources, in: context, action: named)
    }
    return nil
  }

  private mutating func confirmation(
    _ written: WrittenRequirement, _ action: String, _ named: String?
  ) {
    guard let confirmed = written.confirmed else { return }
    let context = SpecScope.Context.requirement(action: action)
    for pattern in [confirmed.agrees, confirmed.refuses] {
      guard let pattern else { continue }
      let before = checks.diagnostics.count
      guard let checked = checks.check(pattern, in: context, expecting: .string, action: named)
      else {
        for index in before..<checks.diagnostics.count
        where checks.diagnostics[index].code == "PL0301" && checks.diagnostics[index].help == nil {
          checks.diagnostics[index].help = "write a pattern as CEL text: `r'…'`"
        }
        continue
      }
      if case .literal(.string(let text)) = checked.root.kind,
        let problem = RegexPattern.validate(text)
      {
        report(.invalidPattern(nil, problem, at: pattern.range))
      }
    }
    for value in confirmed.lists {
      _ = checks.check(value, in: context, action: named)
    }
  }

  /// Conditions on the events of temporal rules.
  private mutating func temporal(
    _ written: WrittenRequirement, _ lowered: RequirementDeclaration
  ) {
    for (temporal, rule) in zip(written.temporal, lowered.temporal) where rule.events.count == 2 {
      let (a, b) = (rule.events[0], rule.events[1])
      guard Set(a) == Set(b), (a + b).allSatisfy({ $0.condition == nil }) else { continue }
      switch rule.template {
      case .choice, .notChainSuccession, .notChainResponse, .notChainPrecedence: break
      default: report(.bothSides(temporal.sugar.value, at: temporal.sugar.range))
      }
    }
    for temporal in written.temporal {
      if let when = temporal.when, written.when == nil {
        let own = eventActions(activations(temporal).joined())
        if own.isEmpty {
          _ = checks.check(when, in: .event(actions: []), expecting: .bool)
        }
        for action in own {
          // One message, for the first action that it does not fit.
          let context = SpecScope.Context.activation(action: action)
          if checks.check(when, in: context, expecting: .bool) == nil { break }
        }
      }
      for event in temporal.events.joined() {
        guard let condition = event.condition else { continue }
        let context: SpecScope.Context =
          event.function?.value == "message" ? .message : .event(actions: eventActions([event]))
        _ = checks.check(condition, in: context, expecting: .bool)
      }
    }
  }

  /// The events that `when` filters: the first of two, the later one where the template is decided
  /// there, and both where either may begin.
  private func activations(_ temporal: WrittenTemporal) -> [[WrittenEvent]] {
    guard let name = temporal.template, let template = DeclareTemplate(rawValue: name.value),
      temporal.events.count == 2
    else { return temporal.events }
    switch template {
    case .response, .alternateResponse, .chainResponse, .respondedExistence, .notResponse,
      .notRespondedExistence, .notChainResponse:
      return [temporal.events[0]]
    default:
      return template.activatesSecond ? [temporal.events[1]] : temporal.events
    }
  }

  private func eventActions(_ events: some Sequence<WrittenEvent>) -> [String] {
    var actions: Set<String> = []
    for event in events {
      let name = event.name.value
      switch event.function?.value {
      case "approval", "message": continue
      case "effect":
        actions.formUnion(
          input.bundle.tools.filter { $0.effect.rawValue == name }.map(\.name))
      default:
        if input.toolIndex[name] != nil {
          actions.insert(name)
        } else if let group = input.lowering.groupIndex[name] {
          actions.formUnion(group)
        }
      }
    }
    return actions.sorted()
  }

  /// Risks that are no mistakes.
  private mutating func hints(
    _ written: WrittenRequirement, _ lowered: RequirementDeclaration
  ) {
    if let when = written.when, !lowered.appliesTo.isEmpty, when.text.utf8.count > 6 {
      if let action = lowered.appliesTo.first, mentions("known", when.text, action) {
        report(.waitsForKnowledge(written.id.value, at: place(of: "known", in: when, action)))
      }
    }
    if let claims = [written.when, written.require, written.forbid].compactMap({ $0 }).first(
      where: { $0.text.holds("claims") })
    {
      report(.detectedNotGuaranteed(written.id.value, at: claims.range))
    }
  }

  private func mentions(_ function: String, _ text: String, _ action: String) -> Bool {
    // Few do: only what may is parsed once more.
    if !text.holds(function), !checks.terms.names.contains(where: { $0.contains(function) }) {
      return false
    }
    let parsed = CELParser.parse(
      text, in: input.scope.environment(.requirement(action: action)))
    let names = TermTable.names(in: parsed.expr)
    if names.contains(function) { return true }
    if input.terms.isEmpty { return false }
    var open = names.compactMap { input.termIndex[$0] }
    var seen = Set(open)
    while let term = open.popLast() {
      if checks.terms.names[term].contains(function) { return true }
      for next in checks.terms.uses[term] where seen.insert(next).inserted { open.append(next) }
    }
    return false
  }

  private func place(
    of function: String, in written: WrittenExpression, _ action: String
  ) -> SourceRange {
    var place: ExprPosition?
    CELParser.parse(
      written.text, in: input.scope.environment(.requirement(action: action))
    ).expr.walk { node in
      if place == nil, case .call(function, _, _) = node.kind { place = node.position }
    }
    return place.map { written.range($0) } ?? written.range
  }

  /// The value of a condition that speaks of nothing but tables and patterns.
  private func constantValue(
    _ condition: CheckedExpression, _ context: SpecScope.Context
  ) -> Bool? {
    guard !input.bundle.tables.isEmpty, condition.root.takesOnly(constants) else { return nil }
    var calls = false
    condition.root.walk { node in
      if case .call(let function, _, _) = node.kind, ["heard", "age"].contains(function) {
        calls = true
      }
    }
    if calls { return nil }
    let environment = input.scope.environment(context)
    switch Program(condition, in: environment).evaluate(NoFacts()) {
    case .bool(let value): return value
    default: return nil
    }
  }

  // MARK: Dead by itself

  /// A rule for actions that no step allows.
  private mutating func reach(
    _ written: WrittenRequirement, _ lowered: RequirementDeclaration
  ) {
    guard !input.workflows.isEmpty, !lowered.appliesTo.isEmpty, let allowed else { return }
    let reachable = lowered.appliesTo.contains { action in
      if allowed.contains(action) { return true }
      guard let tool = input.toolIndex[action] else { return true }
      // Messages that were never proposed have no step.
      return input.bundle.tools[tool].message != nil
    }
    if !reachable {
      report(
        .actionInNoStep(
          written.id.value, lowered.appliesTo,
          at: written.appliesTo.first?.name.range
            ?? written.id.range))
    }
  }

  private mutating func dead(
    _ index: Int, _ written: WrittenRequirement, _ lowered: RequirementDeclaration,
    _ found: Conditions
  ) {
    if let whole = found.whole, let then = written.require ?? written.forbid {
      let sides = sides(
        of: whole, written, lowered, negated: lowered.negated,
        in: { .requirement(action: $0) })
      let key = written.require == nil ? "forbid" : "require"
      let violation = sides.violation
      if tellDead(sides, violation, written, key, then) { return }
      if lowered.mode == .enforce {
        rules.append(CoverCheck.Rule(requirement: index, violation: violation, of: lowered))
      }
    }
    if let condition = found.ensure, let ensure = written.ensure {
      let sides = sides(
        of: condition, written, lowered, negated: false, in: { .ensure(action: $0) })
      if tellDead(sides, sides.violation, written, "ensure", ensure) { return }
    }
    if case .whole(let checked)? = found.when, let when = written.when {
      let context: SpecScope.Context =
        lowered.appliesTo.first.map {
          lowered.temporal.isEmpty ? .requirement(action: $0) : .activation(action: $0)
        } ?? .event(actions: [])
      let single = lowered.appliesTo.count <= 1
      _ = tellDead(whenNever: formula(checked, single, context), written.id.value, when)
    }
  }

  /// What a rule says: under which condition, and what must hold then.
  private struct Sides {
    var when = Formula.constant(true)
    var then: Formula

    var violation: Formula { Formula.and([when, then.negated]).simplified }
  }

  private func sides(
    of condition: Condition, _ written: WrittenRequirement, _ lowered: RequirementDeclaration,
    negated: Bool, in context: (String) -> SpecScope.Context
  ) -> Sides {
    guard let action = lowered.appliesTo.first else { return Sides(then: .constant(true)) }
    let context = context(action)
    switch condition {
    case .parts(let before, let then):
      var sides = Sides(then: then.formula(negated: negated))
      if let before {
        sides.when = constantValue(before.checked, context).map { .constant($0) } ?? before.holds
      }
      if let value = constantValue(then.checked, context) {
        sides.then = .constant(value != negated)
      }
      return sides
    case .whole(let checked):
      let single = lowered.appliesTo.count <= 1
      guard written.when != nil, case .call("_||_", nil, let parts) = checked.root.kind,
        parts.count == 2
      else { return Sides(then: formula(checked, single, context)) }
      return Sides(
        when: formula(checked.part(parts[0]), single, context, positive: false),
        then: formula(checked.part(parts[1]), single, context))
    }
  }

  private func formula(
    _ checked: CheckedExpression, _ single: Bool, _ context: SpecScope.Context,
    positive: Bool = true
  ) -> Formula {
    if let value = constantValue(checked, context) { return .constant(value == positive) }
    let folded = checked.folded(in: input.scope.environment(context))
    return Formula(of: folded, positive: positive, tellsGuards: single)
  }

  private mutating func tellDead(
    whenNever when: Formula, _ id: String, _ written: WrittenExpression
  ) -> Bool {
    if case .constant(false) = when {
      report(.whenNever(id, contradiction: false, at: written.range))
      return true
    }
    if when.isContradiction {
      report(.whenNever(id, contradiction: true, at: written.range))
      return true
    }
    return false
  }

  /// Whether a rule is dead by itself, which is told.
  private mutating func tellDead(
    _ sides: Sides, _ violation: Formula, _ written: WrittenRequirement, _ key: String,
    _ then: WrittenExpression
  ) -> Bool {
    let id = written.id.value
    if let when = written.when, tellDead(whenNever: sides.when, id, when) { return true }
    if case .constant(let value) = sides.then {
      // To allow nothing may be meant where it is said in one word.
      if !value, then.text == "true" || then.text == "false" { return false }
      report(
        value
          ? .alwaysSatisfied(id, key, nil, at: then.range)
          : .neverSatisfied(id, key, contradiction: false, at: then.range))
      return true
    }
    if sides.then.negated.isContradiction {
      report(.alwaysSatisfied(id, key, nil, at: then.range))
      return true
    }
    // Parts that speak of different things do not contradict each other.
    let meet = sides.when.mask & sides.then.mask != 0
    if meet, let place = written.when?.range, violation.isContradiction {
      report(.alwaysSatisfied(id, key, place, at: then.range))
      return true
    }
    if sides.then.isContradiction {
      report(.neverSatisfied(id, key, contradiction: true, at: then.range))
      return true
    }
    if meet, let place = written.when?.range,
      Formula.and([sides.when, sides.then]).isContradiction
    {
      report(.contradictsWhen(id, key, at: then.range, when: place))
      return true
    }
    return false
  }
}

/// Nothing is known while compiling.
final class NoFacts: Activation {
  func load(_ slot: Int) -> Value { .unknown(Unknown("nothing")) }
}

extension Expr {
  /// Whether the names that it takes from outside are among these.
  fileprivate func takesOnly(_ names: Set<String>) -> Bool {
    switch kind {
    case .ident(let name): return names.contains(name)
    case .comprehension(let loop):
      guard loop.range.takesOnly(names), loop.initial.takesOnly(names) else { return false }
      let result = names.union([loop.accumulator])
      let inner = result.union([loop.variable]).union(loop.variable2.map { [$0] } ?? [])
      return loop.condition.takesOnly(inner) && loop.step.takesOnly(inner)
        && loop.result.takesOnly(result)
    default:
      return children.allSatisfy { $0.takesOnly(names) }
    }
  }

  fileprivate var isLiteral: Bool {
    if case .literal = kind { return true }
    return false
  }
}
