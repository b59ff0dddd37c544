import PlumblineBundle
import PlumblineJSON
import Testing

/// What the guard and the second interpreter once disagreed on, as small as it became.
@Suite struct RegressionTests {
  struct Case: CustomTestStringConvertible {
    var name: String
    var tools: [ToolDeclaration]
    var requirement: RequirementDeclaration
    var trace: [String]
    /// What both say to the last event.
    var last: Seen
    var testDescription: String { name }
  }

  static func requirement(
    _ change: (inout RequirementDeclaration) -> Void
  ) -> RequirementDeclaration {
    var requirement = RequirementDeclaration(id: "R", statement: "R")
    change(&requirement)
    return requirement
  }

  static let cases: [Case] = [
    Case(
      name: "a closed case misses no deadline: it was told when it closed",
      tools: [ToolDeclaration(name: "tell", effect: .say)],
      requirement: requirement {
        $0.temporal = [
          TemporalDeclaration(
            template: .response,
            events: [[.init(.actions(["tell"]))], [.init(.activity("never"))]], within: 60,
            sugar: "declare")
        ]
      },
      trace: [
        #"{"case":"c-1","time":"2026-05-28T20:26:43Z","type":"propose","id":"p","action":"tell","args":{}}"#,
        #"{"case":"c-1","time":"2026-05-28T20:26:44Z","type":"result","of":"p","result":{}}"#,
        #"{"case":"c-1","time":"2026-05-28T20:26:50Z","type":"close"}"#,
        #"{"case":"c-1","time":"2026-05-28T22:26:50Z","type":"tick"}"#,
      ], last: Seen())
  ]

  @Test(arguments: cases)
  func bothSay(_ test: Case) throws {
    var bundle = SpecBundle(spec: "regression", version: "1")
    bundle.tools = test.tools
    bundle.requirements = [test.requirement]
    let sound = try Sound(bundle)
    let events = Interpreters.events(try test.trace.map { try JSON.parse($0) })
    #expect(events.count == test.trace.count)
    let guarded = Interpreters.guarded(sound.guardian, events.map(\.event))
    #expect(guarded.last == test.last)
    #expect(guarded == (try Interpreters.plain(sound.bundle, events.map(\.json))))
  }
}
