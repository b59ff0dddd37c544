import PlumblineBundle
import PlumblineJSON

/// A case folded event by event, from the beginning (semantics 1 to 8, 12, 15, 16, 29 to 31).
struct PlainFold {
  let spec: PlainSpec
  var state: PlainCase
  var output = PlainOutput()
  var now = PlainMoment(seconds: 0)

  init(_ spec: PlainSpec) {
    self.spec = spec
    state = PlainCase(spec)
  }

  mutating func report(_ name: String, _ category: FindingCategory) {
    output.findings.append(PlainFinding(name, category, at: now))
  }

  func view() -> PlainView { PlainView(spec, state, at: now) }
  var rules: PlainRules { PlainRules(spec, state, at: now) }
  var writing: PlainCase.Written { .init(seq: state.seq, time: now) }

  mutating func take(_ event: JSON) -> PlainOutput {
    output = PlainOutput()
    state.seq += 1
    let time = Self.moment(event["time"]) ?? PlainMoment(seconds: 0)
    now = time
    if let clock = state.clock, time < clock {
      now = clock
      report("clock", .invalid)
    }
    let overdue = state.clock.map { rules.overdue(since: $0) } ?? []
    let isFirst = state.clock == nil
    state.clock = now
    let type = event["type"]?.string ?? ""
    if isFirst { begin(type == "open" ? event["workflow"]?.string : nil) }
    fold(type, event, isFirst: isFirst)
    let text = event["text"]?.string ?? ""
    state.turnText = type == "message" && event["from"]?.string == "agent" ? text : ""
    advance()
    output.findings += overdue
    output.step = state.step?.name
    output.obligations = rules.obligations()
    return output
  }

  static func moment(_ json: JSON?) -> PlainMoment? {
    guard let text = json?.string,
      case .timestamp(let seconds, let nanos)? = PlainTimeText.timestamp(text)
    else { return nil }
    return PlainMoment(seconds: seconds, nanos: nanos)
  }

  private mutating func fold(_ type: String, _ event: JSON, isFirst: Bool) {
    switch type {
    case "open":
      if isFirst {
        if let data = event["data"], data != .null { learnCase(data) }
      } else {
        report("open", .invalid)
      }
    case "propose": propose(PlainProposal(event))
    case "result": result(event)
    case "message": message(event["from"]?.string ?? "", event["text"]?.string ?? "")
    case "approve": approve(event)
    case "fact": fact(event)
    case "enter": enter(named: event["step"]?.string ?? "")
    case "activity":
      let name = event["name"]?.string ?? ""
      var decoder = PlainDecoder(spec.bundle.types)
      let data = event["data"].flatMap { $0 == .null ? nil : $0 }
      let args = data.map { decoder.decode($0, as: .any) } ?? .map([], rest: nil)
      observe(args: args, result: .absent) { _ in { $0 == .activity(name) } }
    case "close":
      if state.isClosed {
        report("close", .invalid)
      } else {
        output.findings += rules.closing()
      }
      state.isClosed = true
    default: break
    }
  }

  // MARK: - Steps

  private mutating func begin(_ name: String?) {
    let workflows = spec.bundle.workflows
    if let name {
      state.workflow = workflows.first { $0.name == name }
      if state.workflow == nil { report("workflow", .invalid) }
    } else if workflows.count > 1 {
      report("workflow", .invalid)
    }
    if workflows.count == 1 { state.workflow = workflows[0] }
    if let workflow = state.workflow,
      let start = workflow.steps.first(where: { $0.name == workflow.start })
    {
      enter(start, at: 0)
    }
  }

  private mutating func enter(_ step: StepDeclaration, at seq: Int) {
    state.step = step
    state.visit += 1
    state.entered = now
    state.enteredSeq = seq
  }

  /// Takes the first edge whose condition is true, again and again, no step twice.
  private mutating func advance() {
    guard let start = state.step?.name else { return }
    var visited: Set<String> = [start]
    while let step = state.step {
      let view = view()
      let edge = step.next.first { edge in
        edge.when.map { view.test($0) == .bool(true) } ?? false
      }
      guard let edge, let target = state.workflow?.steps.first(where: { $0.name == edge.to }),
        visited.insert(target.name).inserted
      else { return }
      enter(target, at: state.seq)
    }
  }

  private mutating func enter(named name: String) {
    guard let step = state.step, let workflow = state.workflow else {
      report("enter", .invalid)
      return
    }
    let view = view()
    let isOpen = step.next.contains { edge in
      edge.to == name && (edge.when.map { view.test($0) == .bool(true) } ?? true)
    }
    guard isOpen, let target = workflow.steps.first(where: { $0.name == name }) else {
      report("enter", .outOfStep)
      return
    }
    enter(target, at: state.seq)
  }

  // MARK: - Temporal rules

  /// Whether an event is a letter of a rule, by what it is; nil: it is not in the rule's alphabet.
  typealias IsOne = (EventDeclaration.Kind) -> Bool

  mutating func observe(
    args: Plain, result: Plain, filters: [Int: Truth]? = nil, reviewed: Set<Int> = [],
    answered: Set<String> = [],
    _ letterOf: (PlainRule) -> IsOne?
  ) {
    if state.isClosed { return }
    var view = view()
    view.args = args
    view.result = result
    let rules = rules
    for rule in spec.rules where !reviewed.contains(rule.number) {
      guard let isOne = letterOf(rule) else { continue }
      let filter =
        filters.map { $0[rule.number] ?? .yes } ?? rules.filter(rule, view, isOne)
      let letter = rules.letter(rule, view, filter: filter, event: state.seq, isOne)
      if !consume(rule, letter, args), !answered.contains(rule.requirement.id) {
        output.findings.append(rules.breach(rule))
      }
    }
  }

  /// Takes a letter; false where it is a breach, and is not consumed.
  mutating func consume(_ rule: PlainRule, _ letter: PlainLetter, _ args: Plain) -> Bool {
    guard let key = PlainRules.slice(rule, args) else { return true }
    var slice =
      state.slices[rule.number].first { $0.key == key }
      ?? PlainCase.Slice(key: key, since: rule.temporal.same.isEmpty ? 0 : state.seq)
    let isBreach = rule.meaning.isBreach(letter, after: slice.consumed)
    if !isBreach { slice.consumed.append(letter) }
    if let place = state.slices[rule.number].firstIndex(where: { $0.key == key }) {
      state.slices[rule.number][place] = slice
    } else {
      state.slices[rule.number].append(slice)
    }
    return !isBreach
  }
}
