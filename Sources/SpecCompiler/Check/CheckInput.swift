import CEL
import PlumblineBundle
import PlumblineDiagnostics
import PlumblineRuntime
import SpecModel

/// Everything the checks look at: what was written beside what it was lowered to. Never changed, so that
/// requirements can be checked side by side. A class, since it holds a hundred references that every copy
/// of a value would count.
final class CheckInput: Sendable {
  let model: SpecModel
  let bundle: SpecBundle
  let scope: SpecScope
  let package: PackageFiles
  let tools: [WrittenTool]
  let terms: [WrittenTerm]
  let requirements: [WrittenRequirement]
  let workflows: [WrittenWorkflow]
  let types: [WrittenTypeDeclaration]
  let toolIndex: [String: Int]
  let termIndex: [String: Int]
  /// Requirements that lowering found a mistake in.
  let brokenRequirements: Set<Int>
  let lowering: Lowering
  let collectionNames: Set<String>
  /// Whether any type holds something sensitive: else there is nothing to look for.
  let hasSensitive: Bool

  init(_ lowering: Lowering, scope: SpecScope) {
    self.lowering = lowering
    model = lowering.model
    bundle = lowering.bundle
    self.scope = scope
    package = lowering.package
    tools = lowering.writtenTools
    terms = lowering.writtenTerms
    requirements = lowering.writtenRequirements
    workflows = lowering.writtenWorkflows
    types = lowering.writtenTypes
    toolIndex = lowering.toolIndex
    termIndex = Dictionary(
      lowering.bundle.terms.enumerated().map { ($1.name, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    brokenRequirements = lowering.brokenRequirements
    collectionNames = Set(lowering.bundle.collections.map(\.name))
    hasSensitive = lowering.bundle.mentionsSensitive
  }
}

/// The passes over a lowered spec, in order.
enum SpecChecker {
  static func check(_ input: CheckInput) -> [Diagnostic] {
    let terms = TermTable(input)
    var diagnostics = terms.diagnostics
    diagnostics += ToolChecks.check(input, terms)
    diagnostics += RequirementChecks.check(input, terms)
    diagnostics += UnusedTerms.check(input, terms)
    // An action that rules are about but no step allows was told at the first of them.
    let dead = Set(diagnostics.lazy.filter { $0.code == "PL0434" }.map(\.range))
    var told: Set<String> = []
    if !dead.isEmpty {
      for index in input.requirements.indices
      where dead.contains(
        input.requirements[index].appliesTo.first?.name.range ?? input.requirements[index].id.range)
      {
        told.formUnion(input.bundle.requirements[index].appliesTo)
      }
    }
    diagnostics += WorkflowChecks.check(input, terms, told: told)
    diagnostics = Self.withoutRepetition(diagnostics)
    // Remarks are for sound specs: what a mistake kept from being used is not unused.
    let broken =
      input.lowering.diagnostics.contains { $0.severity == .error }
      || diagnostics.contains { $0.severity == .error }
    if broken { return diagnostics.filter { $0.severity != .note || $0.code.hasPrefix("PL07") } }
    return diagnostics + UnusedChecks.check(input, terms)
  }

  /// One mistake in a term that many rules use is one message.
  private static func withoutRepetition(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    struct Key: Hashable {
      let code: String
      let message: String
      let place: SourceRange
    }
    var seen: Set<Key> = []
    return diagnostics.filter { diagnostic in
      let place = diagnostic.notes.first?.range ?? diagnostic.range
      return seen.insert(
        Key(code: diagnostic.code, message: diagnostic.message, place: place)
      ).inserted
    }
  }
}

extension SpecBundle {
  fileprivate var mentionsSensitive: Bool {
    func mentions(_ type: TypeReference) -> Bool {
      switch type {
      case .sensitive: true
      case .optional(let inner), .list(let inner), .map(let inner): mentions(inner)
      case .record(let fields): fields.contains { mentions($0.type) }
      default: false
      }
    }
    return caseFields.contains { mentions($0.type) }
      || tools.contains { tool in
        tool.arguments.contains { mentions($0.type) } || tool.returns.map(mentions) ?? false
      }
      || types.contains { type in
        if case .type(let type) = type.definition { return mentions(type) }
        return false
      }
  }
}
