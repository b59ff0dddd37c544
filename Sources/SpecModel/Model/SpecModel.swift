/// All that the files of one spec package say, merged, in the order of files and places.
/// Names are not resolved and expressions not parsed here. What the binder has reported is absent:
/// a word outside a closed set (`effect`, `priority`, `mode`, `template`, `status`, …), a duration or
/// a condition of the wrong shape is nil or left out, and so is the later of two equal names.
/// Keys that an object must have are checked by the binder too.
public struct SpecModel: Sendable {
  /// Whether every declaration that others may name is here, whole. Where it is not, an error was
  /// reported, and to look names up would only repeat it.
  public var isComplete = true
  /// The language version.
  public var language: Located<Int64>?
  /// The spec's name.
  public var spec: Located<String>?
  /// The spec's version.
  public var version: Located<String>?
  /// Who answers for it.
  public var owner: Located<String>?
  /// What it is for.
  public var purpose: Located<String>?
  /// `required`, if it is.
  public var digest: Located<String>?
  /// Conditions that mark an error in disguise.
  public var fails: [WrittenExpression] = []
  /// Who can approve.
  public var roles: [Located<String>] = []
  /// The keys of the case.
  public var caseFields: [WrittenField] = []
  /// The named types.
  public var types: [WrittenTypeDeclaration] = []
  /// The tools.
  public var tools: [WrittenTool] = []
  /// The named patterns.
  public var patterns: [WrittenEntry<Located<String>>] = []
  /// The named sets of actions.
  public var groups: [WrittenEntry<[Located<String>]>] = []
  /// The constants.
  public var tables: [WrittenEntry<WrittenValue>] = []
  /// The named expressions.
  public var terms: [WrittenTerm] = []
  /// The requirements.
  public var requirements: [WrittenRequirement] = []
  /// The workflows.
  public var workflows: [WrittenWorkflow] = []
  /// The incidents.
  public var incidents: [WrittenIncident] = []
  /// Makes one from its parts.
  public init() {}
}
