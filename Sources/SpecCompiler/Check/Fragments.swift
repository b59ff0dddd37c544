import CEL
import PlumblineBundle
import PlumblineRuntime

/// Texts of conditions that were found sound in a context: rules share many (`step == "assess"`), and what
/// was parsed, typed and looked through once need not be again. One worker's own, so nothing is locked.
///
/// Only what is sound is kept: of anything else each rule tells its own mistakes.
final class Fragments {
  /// A `when`, `require` or `forbid` that is sound by itself.
  final class Fragment {
    let checked: CheckedExpression
    private let environment: CEL.Environment
    private lazy var folded = checked.folded(in: environment)
    private(set) lazy var holds = Formula(of: folded)
    private(set) lazy var fails = Formula(of: folded, positive: false)

    init(_ checked: CheckedExpression, _ environment: CEL.Environment) {
      self.checked = checked
      self.environment = environment
    }

    /// What it says, or its contrary.
    func formula(negated: Bool) -> Formula { negated ? fails : holds }
  }

  private struct Key: Hashable {
    let text: String
    let context: SpecScope.Context
  }

  /// nil: not sound by itself.
  private var known: [Key: Fragment?] = [:]
  /// Hashes of texts that came once. Most texts of many specs never come again: only those that do are kept.
  private var seen: Set<Int> = []
  private var templates: Set<Key> = []

  /// How many are kept. A spec without repetition should pay little for them.
  private static let limit = 32_768

  /// The typed condition; nil where it must be looked at as a part of the whole.
  func condition(
    _ text: ExpressionText, _ context: SpecScope.Context, _ checks: ExpressionChecks
  ) -> Fragment? {
    let key = Key(text: text.text, context: context)
    if let known = known[key] { return known }
    let made = Self.make(text, context, checks)
    // Full: what is there stays, so that texts that come round again are found.
    if known.count < Self.limit, !isNew(key) { known[key] = .some(made) }
    return made
  }

  /// Whether a text comes for the first time. (Two of one hash count as one: it is kept a time too early.)
  private func isNew(_ key: Key) -> Bool {
    seen.count < 32 * Self.limit && seen.insert(key.hashValue).inserted
  }

  private static func make(
    _ text: ExpressionText, _ context: SpecScope.Context, _ checks: ExpressionChecks
  ) -> Fragment? {
    let input = checks.input
    let result = input.scope.compile(text, in: context, expecting: .bool)
    guard result.issues.isEmpty, let checked = result.checked,
      checks.callIssues(checked).isEmpty,
      !input.hasSensitive
        || Sensitivity.keys(checked, collections: input.collectionNames).isEmpty
    else { return nil }
    return Fragment(checked, input.scope.environment(context))
  }

  func isSoundTemplate(_ text: String, _ context: SpecScope.Context) -> Bool {
    templates.contains(Key(text: text, context: context))
  }

  func templateIsSound(_ text: String, _ context: SpecScope.Context) {
    let key = Key(text: text, context: context)
    if templates.count < Self.limit, !isNew(key) {
      templates.insert(key)
    }
  }
}
