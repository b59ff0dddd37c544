/// All that the files of one spec package say, merged, in the order of files and places.
/// Names are not resolved and expressions not parsed here. What the binder has reported is absent:
/// a word outside a closed set (`effect`, `priority`, `mode`, `template`, `status`, …), a duration or
/// a condition of the wrong shape is nil or left out, and so is the later of two equal names.
/// Keys that an object must have are checked by the binder too.
public struct SpecModel: Sendable {
  public var language: Located<Int64>?
  public var spec: Located<String>?
  public var version: Located<String>?
  public var owner: Located<String>?
  public var purpose: Located<String>?
  public var digest: Located<String>?
  public var fails: [WrittenExpression] = []
  public var roles: [Located<String>] = []
  public var caseFields: [WrittenField] = []
  public var types: [WrittenTypeDeclaration] = []
  public var tools: [WrittenTool] = []
  public var patterns: [WrittenEntry<Located<String>>] = []
  public var groups: [WrittenEntry<[Located<String>]>] = []
  public var tables: [WrittenEntry<WrittenValue>] = []
  public var terms: [WrittenTerm] = []
  public var requirements: [WrittenRequirement] = []
  public var workflows: [WrittenWorkflow] = []
  public var incidents: [WrittenIncident] = []
  public init() {}
}
