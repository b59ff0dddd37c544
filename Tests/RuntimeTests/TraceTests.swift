import CEL
import Foundation
import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Testing

@Suite struct TraceTests {
  func read(_ line: String) throws -> Result<Event, EventError> {
    TraceReader.event(from: try JSONDocument.parse(Array(line.utf8)).root)
  }

  @Test(arguments: [
    (#"[]"#, "an event must be an object, not a list"),
    (#"{"time":"2026-01-01T00:00:00Z","type":"tick"}"#, "an event needs `case`, a text"),
    (#"{"case":7,"time":"2026-01-01T00:00:00Z","type":"tick"}"#, "an event needs `case`, a text"),
    (
      #"{"case":"c","time":"yesterday","type":"tick"}"#,
      "`yesterday` is no time such as 2026-01-31T10:00:00Z"
    ),
    (
      #"{"case":"c","time":"2026-01-01T00:00:00","type":"tick"}"#,
      "`2026-01-01T00:00:00` is no time such as 2026-01-31T10:00:00Z"
    ),
    (#"{"case":"c","time":"2026-01-01T00:00:00Z","type":"tock"}"#, "unknown type `tock` of event"),
    (
      #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"enter"}"#,
      "an event of type `enter` needs `step`"
    ),
    (
      #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"result","of":"p"}"#,
      "a result needs `result` or `error`"
    ),
    (
      #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"result","of":"p","result":1,"error":{}}"#,
      "a result holds either `result` or `error`"
    ),
    (
      #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"result","of":"p","error":{"effect":"some"}}"#,
      "`effect` of an error is `none` or `unknown`"
    ),
    (
      #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"approve","of":"p","verdict":"maybe"}"#,
      "`verdict` is `approved` or `rejected`, not `maybe`"
    ),
    (
      #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"propose","id":"p"}"#,
      "an event of type `propose` needs `action`"
    ),
    (
      #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"result","of":"p","result":1,"result":2}"#,
      "the key `result` is given twice"
    ),
    (
      #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"propose","action":"a","c\u0061se":"d"}"#,
      "the key `case` is given twice"
    ),
    (
      #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"result","of":"p","error":{"effect":"unknown","effect":"none"}}"#,
      "the key `effect` is given twice"
    ),
  ])
  func linesThatAreNoEvents(_ line: String, _ message: String) throws {
    guard case .failure(let error) = try read(line) else {
      Issue.record("it was read")
      return
    }
    #expect(error.message == message)
  }

  @Test(arguments: [
    #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"open","data":{"a":1},"workflow":"w"}"#,
    #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"propose","id":"p","action":"a","args":{"x":[1,2.5,null]},"confidence":0.5,"claims":{},"digest":"d","agent":"g"}"#,
    #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"result","of":"p","result":null}"#,
    #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"result","of":"p","error":{"message":"m","effect":"none"}}"#,
    #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"message","from":"user","text":"hi"}"#,
    #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"approve","of":"p","by":"b","role":"r","verdict":"rejected"}"#,
    #"{"case":"c","time":"2026-01-01T00:00:00.5Z","type":"fact","record":"o.x","value":{"a":1},"as_of":"2026-01-01T00:00:00Z","complete":true}"#,
    #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"enter","step":"s"}"#,
    #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"tick"}"#,
    #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"compacted"}"#,
    #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"close","outcome":"o"}"#,
    #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"activity","name":"n","data":{}}"#,
  ])
  func eventsAreWrittenAsTheyAreRead(_ line: String) throws {
    var event = try read(line).get()
    event.raw = nil
    #expect(String(decoding: try event.json.encoded(), as: UTF8.self) == line)
  }

  /// An executor may read the other one: what would be done is not what was judged.
  @Test(arguments: [
    (#""action":"a","args":{},"action":"b""#, "action"),
    (#""action":"a","args":{"x":1},"args":{"x":2}"#, "args"),
  ])
  func proposalsWithAKeyTwiceAreMalformed(_ members: String, _ key: String) throws {
    let line = #"{"case":"c","time":"2026-01-01T00:00:00Z","type":"propose",\#(members)}"#
    guard case .propose(let proposal) = try read(line).get().body else {
      Issue.record("it is no proposal")
      return
    }
    #expect(proposal.malformed == "the key `\(key)` is given twice")
  }

  @Test func unknownFieldsAreKept() throws {
    let line = #"{"case":"c","time":"2026-01-01T01:00:00+01:00","type":"tick","x":{"y":1}}"#
    let event = try read(line).get()
    #expect(event.time == Timestamp(seconds: 1_767_225_600))
    #expect(String(decoding: try event.json.encoded(), as: UTF8.self) == line)
  }

  @Test(arguments: [
    ("2026-01-01T00:00:00Z", 1_767_225_600), ("1970-01-01T00:00:00.000Z", 0),
    ("1969-12-31T23:59:59-00:00", -1), ("2024-02-29T12:00:00-05:00", 1_709_226_000),
    ("0001-01-01T00:00:00Z", -62_135_596_800),
  ])
  func times(_ text: String, _ seconds: Int) {
    #expect(TimeText.timestamp(text) == Timestamp(seconds: Int64(seconds)))
    #expect(
      TimeText.timestamp(TimeText.text(Timestamp(seconds: Int64(seconds))))
        == Timestamp(seconds: Int64(seconds)))
  }

  @Test(arguments: [
    "", "2026", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z",
    "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1:00",
    "2026-01-01T00:00:00Zx", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00",
  ])
  func noTimes(_ text: String) { #expect(TimeText.timestamp(text) == nil) }

  @Test func timesWithoutAZone() {
    #expect(
      TimeText.timestamp("2024-05-15T15:00:00", offsetMinutes: -300)
        == TimeText.timestamp("2024-05-15T20:00:00Z"))
  }

  @Test func everyDayOfFourCenturiesComesBack() {
    for day in Swift.stride(from: Int32(-719_162), to: 200_000, by: 97) {
      #expect(TimeText.date(TimeText.text(date: day)) == day)
    }
  }

  @Test func tellTemplates() {
    #expect(
      TellTemplate.parse(#"a ${x["}"]} b ${ {1: 2}[1] }$"#) == [
        .text("a "), .expression(#"x["}"]"#, offset: 4), .text(" b "),
        .expression(" {1: 2}[1] ", offset: 16), .text("$"),
      ])
    #expect(TellTemplate.parse("a ${b") == [.text("a "), .unterminated(offset: 2)])
  }

  /// Whatever the bytes and the order of events, nothing traps and decisions stay decisions.
  @Test func anythingCanHappen() throws {
    let environment = ProcessInfo.processInfo.environment
    let seed = environment["PLUMBLINE_SEED"].flatMap { UInt64($0) } ?? 42
    let limit = environment["PLUMBLINE_FUZZ_SECONDS"].flatMap { Double($0) } ?? 2
    var generator = Generator(seed: seed)
    let end = Date().addingTimeInterval(limit)
    let ids = ["p", "q", "r"]
    let orders = ["o-1", "o-2"]
    var confirmed = CaseTests.confirmed
    confirmed.id = "D"
    let rules: [RequirementDeclaration] = [
      .init("A", on: ["issue_refund"], require: "args.amount <= orders[args.order_id].total"),
      .init(
        "B", on: ["hand_over"],
        require: #"done("issue_refund") || orders.exists(k, orders[k].total > 1.0)"#
      ) {
        $0.otherwise = .escalate(role: "legal")
      },
      .init(
        "C", on: ["tell_customer"], when: "claims.refund_issued", require: #"done("issue_refund")"#),
      confirmed,
    ]
    while Date() < end {
      var run = try Run(
        Desk.bundle {
          $0.requirements = rules
          if generator.next(2) == 0 { $0.workflows = [CaseTests.workflow()] }
        })
      for _ in 0..<40 {
        let id = generator.pick(ids)
        let order = generator.pick(orders)
        let line: String
        switch generator.next(14) {
        case 0:
          line =
            #"{"type":"propose","id":"\#(id)","action":"get_order","args":{"order_id":"\#(order)"}}"#
        case 1:
          line =
            #"{"type":"propose","id":"\#(id)","action":"issue_refund","args":{"order_id":"\#(order)","amount":\#(generator.next(30))},"agent":"a"}"#
        case 2:
          line =
            #"{"type":"propose","id":"\#(id)","action":"hand_over","args":{"summary":"s"},"agent":"a"}"#
        case 3:
          line =
            #"{"type":"propose","id":"\#(id)","action":"tell_customer","args":{"text":"refund was issued"},"claims":{"amounts":[1,{}]}}"#
        case 4:
          line =
            #"{"type":"propose","id":"\#(id)","action":"change_address","args":{"order_id":"\#(order)","address":"x"}}"#
        case 5: line = #"{"type":"result","of":"\#(id)","result":\#(Run.order(order))}"#
        case 6: line = #"{"type":"result","of":"\#(id)","result":{"refund_id":"x"}}"#
        case 7: line = #"{"type":"result","of":"\#(id)","error":{"message":"m"}}"#
        case 8: line = #"{"type":"result","of":"\#(id)","error":{"message":"m","effect":"none"}}"#
        case 9:
          line =
            #"{"type":"approve","of":"\#(id)","by":"b","role":"legal","verdict":"\#(generator.next(4) == 0 ? "rejected" : "approved")"}"#
        case 10:
          line =
            #"{"type":"message","from":"\#(generator.next(2) == 0 ? "user" : "agent")","text":"yes 10 o-1"}"#
        case 11:
          line =
            #"{"type":"fact","record":"orders.\#(order)","value":\#(Run.order(order)),"complete":\#(generator.next(2) == 0)}"#
        case 12: line = #"{"type":"enter","step":"human"}"#
        default:
          line =
            #"{"type":"propose","id":"\#(id)","action":"issue_refund","args":\#(generator.pick(["7", "[]", "{}", #"{"order_id":1}"#, "null"]))}"#
        }
        let before = run.state
        let output = try run.event(line)
        // The fold is a function: the same state and event give the same.
        var again = before
        let repeated = run.guardian.step(&again, try Run.event(line, at: run.clock))
        #expect(try output.decision?.json().encoded() == repeated.decision?.json().encoded())
        #expect(output.findings == repeated.findings)
        if let decision = output.decision {
          let strongest = decision.findings.filter { !$0.shadow }.map(\.answer).max() ?? .allow
          #expect(decision.outcome == strongest)
        }
      }
    }
  }
}

/// Small, seeded and replayable.
struct Generator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
  mutating func next(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[next(elements.count)] }
}
