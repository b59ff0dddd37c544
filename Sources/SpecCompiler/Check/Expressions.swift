import CEL
import PlumblineBundle
import PlumblineDiagnostics
import PlumblineRuntime
import SpecModel
import Suggestions

/// Checks expressions and tells their mistakes at their places in the file.
struct ExpressionChecks {
  let input: CheckInput
  let terms: TermTable
  /// What was found sound before.
  let fragments: Fragments
  var diagnostics: [Diagnostic] = []

  init(_ input: CheckInput, _ terms: TermTable, _ fragments: Fragments = Fragments()) {
    self.input = input
    self.terms = terms
    self.fragments = fragments
  }

  /// A part of a text that an expression came from: its offset in what was written.
  struct Origin {
    var written: WrittenExpression
    var offset = 0
    var text: String
    init(_ written: WrittenExpression) {
      self.written = written
      text = written.text
    }
    init(_ written: WrittenExpression, offset: Int, text: String) {
      self.written = written
      self.offset = offset
      self.text = text
    }
    func range(_ position: ExprPosition) -> SourceRange {
      written.range(offset + Int(position.start), offset + Int(position.end))
    }
  }

  /// Checks one text. nil where it has mistakes, which are reported.
  mutating func check(
    _ written: WrittenExpression, in context: SpecScope.Context, expecting: CELType? = nil,
    action: String? = nil
  ) -> CheckedExpression? {
    check(Origin(written), in: context, expecting: expecting, action: action)
  }

  mutating func check(
    _ origin: Origin, in context: SpecScope.Context, expecting: CELType? = nil,
    action: String? = nil
  ) -> CheckedExpression? {
    let result = input.scope.compile(
      ExpressionText(origin.text), in: context, expecting: expecting)
    if result.issues.isEmpty, let checked = result.checked {
      return checkCalls(checked, [0: origin], context)
        && checkKeys(checked, [0: origin], context) ? checked : nil
    }
    report(result.issues, [0: origin], in: context, action: action)
    return nil
  }

  /// The number of a term's text among the sources of an expression.
  func term(_ source: Int32) -> Int? {
    let number = Int(source) - Int(SpecScope.termSource)
    return input.terms.indices.contains(number) ? number : nil
  }

  /// Reports the issues of a text: those in a term at its use, with the place in the term.
  mutating func report(
    _ issues: [CELIssue], _ sources: [Int32: Origin], in context: SpecScope.Context,
    action: String? = nil
  ) {
    var places: Set<SourceRange> = []
    let firstMistake = issues.firstIndex { $0.kind == .syntax }
    for (index, issue) in issues.enumerated() {
      // What follows from the first mistake in the grammar is none of its own.
      if issue.kind == .syntax, index != firstMistake { continue }
      if issue.message.hasSuffix("is defined by itself") { continue }
      if let origin = sources[issue.position.source] {
        if usesBrokenTerm(origin, context) { continue }
        let range = origin.range(issue.position)
        if places.insert(range).inserted {
          diagnostics.append(
            .expression(withName(issue, in: context), at: range, action: action))
        }
      } else if let number = term(issue.position.source), !terms.broken.contains(number) {
        let term = input.terms[number]
        let place = term.body.range(issue.position)
        let environment = input.scope.environment(context)
        for source in sources.keys.sorted() {
          guard let origin = sources[source],
            let use = terms.use(of: number, in: origin.text, environment)
          else { continue }
          if places.insert(place).inserted {
            diagnostics.append(
              .expression(
                issue, at: origin.range(use), action: action,
                notes: [.init("in the term `\(term.name.value)`", at: place)]))
          }
          break
        }
      }
    }
  }

  /// A misspelt name may be that of a term, which CEL does not know; an argument, a pattern or a key of the
  /// case that stands alone; or a speaker without quotes.
  private func withName(_ issue: CELIssue, in context: SpecScope.Context) -> CELIssue {
    guard issue.kind == .undeclaredName || issue.kind == .undeclaredFunction else { return issue }
    func quoted(_ text: String?) -> String? {
      guard let parts = text?.split(separator: "`", omittingEmptySubsequences: false),
        parts.count > 1
      else { return nil }
      return String(parts[1])
    }
    // The help may be a name already, and a term nearer than that.
    var names = terms.index.keys.sorted()
    if let other = quoted(issue.help) { names.append(other) }
    guard let name = quoted(issue.message) else { return issue }
    let variables = input.scope.environment(context).variables
    if name == "result" {
      var issue = issue
      issue.help = "what an action gives is judged by `ensure`"
      return issue
    }
    let owner = ["args", "case", "result", "patterns"].first { owner in
      guard case .object(let type)? = variables[owner]?.type else { return false }
      return type.fields.contains { $0.name == name }
    }
    let text = input.lowering.speakers.contains(name) ? "\"\(name)\"" : nil
    guard let near = owner.map({ "\($0).\(name)" }) ?? text ?? Suggest.nearest(name, among: names)
    else {
      return issue
    }
    var issue = issue
    issue.help = "did you mean `\(near)`?"
    return issue
  }

  /// Whether a text rests on a term that has a mistake of its own.
  private func usesBrokenTerm(_ origin: Origin, _ context: SpecScope.Context) -> Bool {
    if terms.broken.isEmpty { return false }
    let parsed = CELParser.parse(origin.text, in: input.scope.environment(context))
    return TermTable.names(in: parsed.expr).contains { name in
      terms.index[name].map(terms.broken.contains) ?? false
    }
  }

  // MARK: Calls

  /// What types do not tell: patterns that are no RE2, entries and speakers that nobody declared, calls
  /// that always fail.
  mutating func checkCalls(
    _ checked: CheckedExpression, _ sources: [Int32: Origin], _ context: SpecScope.Context
  ) -> Bool {
    let issues = callIssues(checked)
    if issues.isEmpty { return true }
    report(issues, sources, in: context)
    return false
  }

  /// Macros within macros over constants that go further than any evaluation. `place`: the outermost.
  private func endless(_ checked: CheckedExpression, at place: ExprPosition) -> CELIssue? {
    let limit = CEL.Environment.Limits().iterations
    let steps = checked.estimateConstantSteps()
    guard steps > UInt64(limit) else { return nil }
    let count = steps == .max ? "more steps than can be counted" : "up to \(steps) steps"
    return CELIssue(
      .cost, "this takes \(count) over constants alone, and the guard stops after \(limit)",
      at: place, help: "a condition that is stopped lets nothing pass: nest fewer lists")
  }

  func callIssues(_ checked: CheckedExpression) -> [CELIssue] {
    var issues: [CELIssue] = []
    var hasLoop = false
    checked.root.walk { node in
      if !hasLoop, case .comprehension = node.kind {
        // The first that is met stands outermost.
        hasLoop = true
        if let issue = endless(checked, at: node.position) { issues.append(issue) }
      }
      if let issue = missingEntry(node, in: checked.root) { issues.append(issue) }
      guard case .call(let function, let target, let arguments) = node.kind else { return }
      if function == "heard", let issue = unknownSpeaker(arguments) { issues.append(issue) }
      if function == "age", let record = arguments.first,
        let issue = noRecord(record, checked.type(of: record))
      {
        issues.append(issue)
      }
      if let failing = failing(node, function, target, arguments) {
        issues.append(failing)
        return
      }
      let pattern: Expr?
      switch function {
      case "matches", "find", "findAll":
        pattern = target == nil ? arguments.dropFirst().first : arguments.first
      case "heard": pattern = arguments.dropFirst().first
      default: return
      }
      guard let pattern, case .literal(.string(let text)) = pattern.kind,
        let problem = RegexPattern.validate(text)
      else { return }
      issues.append(
        CELIssue(.invalidPattern, "invalid pattern: \(problem)", at: pattern.position))
    }
    return issues
  }

  /// Only what was read has an age.
  private func noRecord(_ expr: Expr, _ type: CELType) -> CELIssue? {
    switch type {
    case .object, .dyn: return nil
    default:
      return CELIssue(
        .noMatchingOverload, "`age` takes a record, found `\(type)`", at: expr.position,
        help: "name the record that was read, as in `age(orders[args.order_id])`")
    }
  }

  /// Nobody speaks under a name that is almost one of those who do. Logs may know other speakers.
  private func unknownSpeaker(_ arguments: [Expr]) -> CELIssue? {
    guard let first = arguments.first, case .literal(.string(let name)) = first.kind,
      let near = input.lowering.nearSpeaker(name)
    else { return nil }
    return CELIssue(
      .undeclaredName, "unknown speaker `\(name)`", at: first.position,
      help: "did you mean `\(near)`?")
  }

  /// An entry of a table, by its name, that the table does not have: it would never be there.
  private func missingEntry(_ node: Expr, in expr: Expr) -> CELIssue? {
    let (operand, key, place): (Expr, String, Expr)
    switch node.kind {
    case .select(let table, let field, false, false): (operand, key, place) = (table, field, node)
    case .call("_[_]", nil, let arguments):
      guard arguments.count == 2, case .literal(.string(let text)) = arguments[1].kind else {
        return nil
      }
      (operand, key, place) = (arguments[0], text, arguments[1])
    default: return nil
    }
    // A table that has taken a name of ours was told as such.
    guard case .ident(let name) = operand.kind, !Lowering.reserved.contains(name),
      let table = input.bundle.tables.first(where: { $0.name == name }),
      case .map(let entries) = table.value, !entries.contains(where: { $0.key == key })
    else { return nil }
    var isElement = false
    expr.walk {
      guard case .comprehension(let each) = $0.kind else { return }
      if each.variable == name || each.variable2 == name { isElement = true }
    }
    if isElement { return nil }
    let keys = entries.map(\.key)
    let near = Suggest.nearest(key, among: keys)
    return CELIssue(
      .undeclaredField, "the table `\(name)` has no entry `\(key)`", at: place.position,
      help: near.map { "did you mean `\($0)`?" } ?? Suggest.known(keys))
  }

  /// A call whose arguments are written out and that can only fail.
  private func failing(
    _ call: Expr, _ function: String, _ target: Expr?, _ arguments: [Expr]
  ) -> CELIssue? {
    guard let last = arguments.last, case .literal = last.kind else { return nil }
    let probe: String
    switch function {
    case "timestamp", "duration", "date", "int", "double":
      guard target == nil, arguments.count == 1 else { return nil }
      probe = call.unparse()
    case "_/_", "_%_":
      guard case .literal = arguments[0].kind else { return nil }
      probe = call.unparse()
    case _ where function.hasPrefix("get") && target != nil && arguments.count == 1:
      probe = "timestamp(\"2026-01-01T00:00:00Z\").\(function)(\(last.unparse()))"
    default: return nil
    }
    let environment = input.scope.environment(.constant)
    guard
      let checked = input.scope.compile(ExpressionText(probe), in: .constant).checked,
      case .error(let error) = Program(checked, in: environment).evaluate(NoFacts())
    else { return nil }
    return CELIssue(.invalidLiteral, "this always fails: \(error.message)", at: last.position)
  }

  // MARK: Keys of records

  /// Nothing sensitive picks a record: keys stand in messages, evidence and logs.
  mutating func checkKeys(
    _ checked: CheckedExpression, _ sources: [Int32: Origin], _ context: SpecScope.Context
  ) -> Bool {
    guard input.hasSensitive else { return true }
    let keys = Sensitivity.keys(checked, collections: input.collectionNames)
    for key in keys {
      if let origin = sources[key.source] {
        diagnostics.append(.sensitive("a record's key", at: origin.range(key)))
      } else if let number = term(key.source) {
        let environment = input.scope.environment(context)
        for source in sources.keys.sorted() {
          guard let origin = sources[source],
            let use = terms.use(of: number, in: origin.text, environment)
          else { continue }
          let term = input.terms[number]
          diagnostics.append(
            .sensitive(
              "a record's key", at: origin.range(use),
              notes: [.init("in the term `\(term.name.value)`", at: term.body.range(key))]))
          break
        }
      }
    }
    return keys.isEmpty
  }

  // MARK: Texts with `${…}`

  /// Checks the expressions in a text and that nothing sensitive is shown.
  mutating func checkTemplate(
    _ written: WrittenExpression, in context: SpecScope.Context, what: String,
    action: String? = nil
  ) {
    guard written.text.utf8.contains(0x24), !fragments.isSoundTemplate(written.text, context)
    else { return }
    let before = diagnostics.count
    defer {
      if diagnostics.count == before { fragments.templateIsSound(written.text, context) }
    }
    for piece in TellTemplate.parse(written.text) {
      let (text, offset): (String, Int)
      switch piece {
      case .text: continue
      case .unterminated(let open):
        diagnostics.append(
          .unterminatedTemplate(at: written.range(open, written.text.utf8.count)))
        return
      case .expression(let expression, let start): (text, offset) = (expression, start)
      }
      guard !text.allSatisfy(\.isWhitespace) else {
        diagnostics.append(.emptyTemplate(at: written.range(offset - 2, offset + 1)))
        continue
      }
      let origin = Origin(written, offset: offset, text: text)
      guard let checked = check(origin, in: context, action: action) else { continue }
      if Sensitivity.isSensitive(checked) {
        diagnostics.append(
          .sensitive(what, at: written.range(offset, offset + text.utf8.count)))
      }
    }
  }
}
