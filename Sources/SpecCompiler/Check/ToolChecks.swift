import CEL
import PlumblineBundle
import PlumblineDiagnostics
import PlumblineRuntime
import SpecModel

/// What a tool says of its results and effects.
enum ToolChecks {
  static func check(_ input: CheckInput, _ terms: TermTable) -> [Diagnostic] {
    var checks = ExpressionChecks(input, terms)
    for (index, tool) in input.tools.enumerated() {
      shape(tool, input.bundle.tools[index], &checks)
      expressions(tool, index, input, &checks)
    }
    return checks.diagnostics
  }

  private static func shape(
    _ written: WrittenTool, _ tool: ToolDeclaration, _ checks: inout ExpressionChecks
  ) {
    let name = written.name.value
    if tool.effect == .write, written.keeps.isEmpty, written.sets.isEmpty, written.touches == nil {
      checks.diagnostics.append(.writeWithoutChange(name, at: written.name.range))
    }
    if tool.effect != .say {
      if let claim = written.claims.first {
        checks.diagnostics.append(
          .onlyForSay("claims", name, tool.effect.rawValue, at: claim.name.range))
      }
      if let message = written.message {
        checks.diagnostics.append(
          .onlyForSay("message", name, tool.effect.rawValue, at: message.range))
      }
    } else if let message = written.message {
      let text = tool.arguments.first { $0.name == "text" }
      if text?.type != .string {
        checks.diagnostics.append(.messageWithoutText(name, at: message.range))
      }
    }
    if tool.actsAsRead {
      if let set = written.sets.first {
        checks.diagnostics.append(.readChanges("sets", name, at: set.path.range))
      } else if case .paths(let paths)? = written.touches, let path = paths.first {
        checks.diagnostics.append(.readChanges("touches", name, at: path.range))
      }
    }
    if let fresh = written.freshFor, written.keeps.isEmpty {
      checks.diagnostics.append(.freshWithoutKeeps(name, at: fresh.range))
    }
  }

  private static func expressions(
    _ tool: WrittenTool, _ index: Int, _ input: CheckInput, _ checks: inout ExpressionChecks
  ) {
    let name = tool.name.value
    let result = SpecScope.Context.result(tool: name)
    for keep in tool.keeps {
      var context = SpecScope.Context.keep(tool: name, each: nil)
      var kept: CELType =
        input.bundle.tools[index].returns.map { input.scope.celType($0) } ?? .dyn
      if let source = keep.source, let each = keep.each {
        guard let checked = checks.check(source, in: result) else { continue }
        let element: CELType
        switch checked.type {
        case .list(let type): element = type
        case .dyn, .error: element = .dyn
        default:
          checks.diagnostics.append(.eachOfNoList(checked.type.specText, at: source.range))
          continue
        }
        context = .keep(tool: name, each: .init(name: each.value, type: element))
        kept = element
      }
      switch kept {
      case .object, .error: break
      case .dyn where tool.returns != nil: break  // A mistake in it was told already.
      default:
        // What has no fields of its own would be read and never known.
        let type = kept == .dyn ? nil : kept.specText
        checks.diagnostics.append(.keepsNoRecord(name, type, at: keep.path.range))
        continue
      }
      if let key = keep.path.key { checkKey(key, context, &checks) }
    }
    for learn in tool.learns {
      let key = Lowering.caseKey(learn.name.value)
      let field = input.bundle.caseFields.first { $0.name == key }
      let learned = checks.check(
        learn.content, in: result, expecting: field.map { input.scope.celType($0.type) })
      if let field { checkSheds("`case.\(key)`", field.type, learned, learn.content, &checks) }
    }
    if case .paths(let paths)? = tool.touches {
      for path in paths { if let key = path.key { checkKey(key, result, &checks) } }
    }
    for set in tool.sets {
      if let key = set.path.key { checkKey(key, result, &checks) }
      var silent = input.lowering
      let type = silent.lowerPath(set.path)?.type
      let value = checks.check(
        set.value, in: result, expecting: type.map { input.scope.celType($0) })
      if let type {
        let whole = set.path.fields.isEmpty
        checkSheds(
          "`\(set.path.collection.value)\(set.path.fields.map { ".\($0.value)" }.joined())`",
          whole ? .sensitive(type) : type, value, set.value, &checks)
      }
    }
    if let asOf = tool.asOf { _ = checks.check(asOf, in: result, expecting: .timestamp) }
    for fails in input.model.fails + tool.fails {
      _ = checks.check(fails, in: .rawResult(tool: name), expecting: .bool)
    }
    for claim in tool.claims { _ = checks.check(claim.content, in: .claim(tool: name)) }
  }

  /// What is sensitive stays so wherever it is kept.
  private static func checkSheds(
    _ place: String, _ type: TypeReference, _ value: CheckedExpression?,
    _ written: WrittenExpression, _ checks: inout ExpressionChecks
  ) {
    guard checks.input.hasSensitive, let value, Sensitivity.isSensitive(value),
      !checks.input.scope.isSensitive(type)
    else { return }
    // Of a record, its own fields say what is.
    if case .object = value.type, !Sensitivity.flows(value) { return }
    checks.diagnostics.append(.sheds(place, at: written.range))
  }

  /// A record's key is a string, and shows nothing sensitive.
  private static func checkKey(
    _ key: WrittenExpression, _ context: SpecScope.Context, _ checks: inout ExpressionChecks
  ) {
    guard let checked = checks.check(key, in: context) else { return }
    switch checked.type {
    case .string, .enumeration, .dyn, .error: break
    default:
      checks.diagnostics.append(.keyNoString(checked.type.specText, at: key.range))
      return
    }
    if Sensitivity.isSensitive(checked) {
      checks.diagnostics.append(.sensitive("a record's key", at: key.range))
    }
  }
}
