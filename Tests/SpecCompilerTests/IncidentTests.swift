import PlumblineBundle
import SpecCompiler
import Testing

/// Incidents that are prevented, and what their replay rests on.
@Suite struct IncidentTests {
  /// A desk whose service renamed a field of its answer.
  static func desk(mode: String, head: String = "", rules: String = "") -> String {
    """
    plumb: 1
    spec: s
    \(head)
    types:
      Review: { id: string, state: [waiting, complete] }
    patterns:
      complete: '(?i)is complete'
    tools:
      get_review: { effect: read, args: { id: string }, returns: Review, keeps: 'reviews[args.id]' }
      refund: { effect: write, args: { id: string }, touches: none }
      tell:
        effect: say
        args: { text: string, id: string }
        claims: { complete: args.text.matches(patterns.complete) }
    requirements:
      - id: R-1
        statement: The agent shall say that a review is complete only when it is.
        applies_to: tell
        when: claims.complete
        require: reviews[args.id].state == "complete"
    \(rules)
    incidents:
      - id: I-1
        title: A review was told complete when half of it had failed.
        failure_mode: \(mode)
        trace: t.jsonl
        at: { case: c-1, seq: 3 }
        twin: twin.jsonl
        status: prevented
        prevented_by: [R-1]
    # file: t.jsonl
    \(trace(#""status":"complete""#))
    # file: twin.jsonl
    \(trace(#""state":"complete""#))
    """
  }

  static func trace(_ field: String, other: String = "") -> String {
    """
    {"case":"c-1","time":"2026-05-02T10:00:00Z","type":"propose","id":"1","action":"get_review","args":{"id":"v-1"}}
    {"case":"c-1","time":"2026-05-02T10:00:01Z","type":"result","of":"1","result":{"id":"v-1",\(field)}}
    {"case":"c-1","time":"2026-05-02T10:00:02Z","type":"propose","id":"2","action":"tell","args":{"text":"Your review is complete.","id":"v-1"}}
    """
  }

  @Test func aRenamedFieldIsPreventedAsTheDriftItIs() {
    let compiled = Compiled(Self.desk(mode: "contract_drift"))
    #expect(compiled.remarks == [])
    #expect(compiled.bundle?.incidents.map(\.id) == ["I-1"])
  }

  /// What is not known prevents only the failure it is.
  @Test(arguments: ["violated", "ungrounded", "stale", "partial"])
  func andAsNothingElse(_ mode: String) {
    let said = Compiled(Self.desk(mode: mode)).remarks
    #expect(said.count == 1)
    #expect(said.first?.contains("PL0630 error `I-1` is stopped by chance") == true)
    #expect(said.first?.contains("where `failure_mode` is `contract_drift`, not `\(mode)`") == true)
  }

  /// A digest that was current when the trace was recorded is not held against it.
  @Test func digestsAreRenewed() {
    let text = Self.desk(mode: "violated", head: "digest: required")
      .replacingFirst("prevented_by: [R-1]", with: "prevented_by: [R-2]")
    let rules = """
        - id: R-2
          statement: The agent shall refund only what is complete.
          applies_to: refund
          require: reviews[args.id].state == "complete"
      """
    let refund =
      #"{"case":"c-1","time":"2026-05-02T10:00:02Z","type":"propose","id":"2","action":"refund","args":{"id":"v-1"},"digest":"of its day"}"#
    func trace(_ state: String) -> String {
      let lines = Self.trace(#""state":"\#(state)""#).split(separator: "\n").prefix(2)
      return lines.joined(separator: "\n") + "\n" + refund
    }
    let spec = text.components(before: "# file:").replacingFirst(
      "incidents:", with: rules + "\nincidents:")
    let whole =
      spec + "\n# file: t.jsonl\n" + trace("waiting") + "\n# file: twin.jsonl\n" + trace("complete")
    #expect(Compiled(whole).remarks == [])
    // Where the digest is the failure, it is kept: the requirement alone does not stop the event.
    let said = Compiled(
      whole.replacingFirst("failure_mode: violated", with: "failure_mode: outdated_digest")
    ).said
    #expect(said.contains { $0.contains("PL0631") && $0.contains("the check `digest`") })
  }

  /// Of two requirements one may need the other: each is asked alone.
  @Test func aRequirementThatNeedsAnotherIsAskedAlone() {
    let text = Self.desk(
      mode: "contract_drift",
      rules: """
          - id: R-2
            statement: The agent shall say that a review is complete only when it was read.
            applies_to: tell
            when: claims.complete
            require: reviews[args.id].id == args.id
            needs: [R-1]
        """
    ).replacingFirst("prevented_by: [R-1]", with: "prevented_by: [R-1, R-2]")
    #expect(Compiled(text).remarks == [])
  }

  /// Other cases of the trace do not matter.
  @Test func onlyTheCaseIsReplayed() {
    let other =
      #"{"case":"c-0","time":"2026-05-02T09:00:00Z","type":"propose","id":"1","action":"tell","args":{"text":"It is complete.","id":"v-9"}}"#
    let text = Self.desk(mode: "contract_drift").replacingFirst(
      "# file: t.jsonl\n", with: "# file: t.jsonl\n\(other)\n")
    #expect(Compiled(text).remarks == [])
  }

  @Test func aBundleThatCannotBeReadIsAWarning() {
    let damaged = CommittedBundle(path: "Generated/s/bundle.json", content: .unreadable("not JSON"))
    let said = Compiled(Self.desk(mode: "contract_drift"), committed: damaged).remarks
    #expect(said.count == 1 && said[0].contains("PL0643 warning"))
  }
}

extension Compiled {
  /// What was said, without that claims are found by pattern.
  var remarks: [String] { said.filter { !$0.contains(" PL0422 ") } }
}

extension String {
  func replacingFirst(_ text: String, with other: String) -> String {
    guard let range = firstRange(of: text) else { return self }
    return replacingCharacters(in: range, other)
  }
  private func replacingCharacters(in range: Range<Index>, _ other: String) -> String {
    String(self[..<range.lowerBound]) + other + self[range.upperBound...]
  }
  func components(before text: String) -> String {
    firstRange(of: text).map { String(self[..<$0.lowerBound]) } ?? self
  }
}
