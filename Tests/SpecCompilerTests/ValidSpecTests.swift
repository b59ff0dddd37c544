import CEL
import Foundation
import PlumblineBundle
import PlumblineDiagnostics
import SpecCompiler
import Testing

/// Specs without mistakes compile in silence, and to what they say.
@Suite struct ValidSpecTests {
  static let shop = """
    plumb: 1
    spec: shop
    version: "2.0"
    owner: desk
    purpose: Send what was bought back, once.
    digest: required
    roles: [chief]
    fails: has(result.error)
    case: { customer_id: string, parcel_id: string }
    types:
      Colour: [red, blue]
      Parcel:
        id: string
        state: [packed, sent]
        weight: number
        sent_at: timestamp(+02:00)?
        lines: list(Line)
        colour: Colour
        email: sensitive(string)
      Line: { sku: string, price: number }
      Card: { kind: [card], last: string }
      Voucher: { kind: [voucher], code: string, left: number }
      Means: { one_of: [Card, Voucher], by: kind }
    patterns:
      yes: '(?i)\\byes\\b'
      sent: '(?i)was sent'
      sum: '\\d+\\.\\d\\d'
    groups:
      post: [send, recall]
      all_writes: [post, label]
    tables:
      weights: { light: 1, heavy: 20.5 }
      zones: { a: [one, two], b: [three] }
    terms:
      heavy(p): p.weight > weights["heavy"]
      late: now - timestamp("2026-01-01T00:00:00Z") > duration("24h")
      both(p): heavy(p) && late
    tools:
      get_parcel:
        effect: read
        args: { parcel_id: string }
        returns: Parcel
        keeps: parcels[args.parcel_id]
        fresh_for: 5m
        as_of: now
        learns: { case.parcel_id: result.id }
      list_parcels:
        effect: read
        args: { day: date }
        returns: { parcels: list(Parcel), means: map(Means) }
        keeps: { each: p, in: result.parcels, as: 'parcels[p.id]' }
        fails: size(result.parcels) == 0
      send:
        effect: write
        args: { parcel_id: string, fee: number, note: string? }
        once_per: [parcel_id]
        sets: { 'parcels[args.parcel_id].state': '"sent"' }
        settled_by: get_parcel
      recall: { effect: write, args: { parcel_id: string }, touches: [parcels] }
      label: { effect: write, args: { parcel_id: string }, touches: none }
      tell:
        effect: say
        args: { text: string }
        message: agent
        claims:
          was_sent: args.text.matches(patterns.sent)
          sums: args.text.findAll(patterns.sum)
      give_up: { effect: handoff, args: { reason: string } }
    requirements:
      - id: S-1
        statement: If a parcel is heavy, then the agent shall not send it for a low fee.
        applies_to: send
        when: both(parcels[args.parcel_id])
        require: args.fee >= parcels[args.parcel_id].weight
        tell: Ask for ${parcels[args.parcel_id].weight} at least.
        needs: [S-2]
        examples:
          - name: too cheap
            now: 2026-05-01T00:00:00Z
            given: { parcels: { p-1: { weight: 30 } } }
            propose: { action: send, args: { parcel_id: p-1, fee: 20 } }
            expect: deny
          - name: dear enough
            now: 2026-05-01T00:00:00Z
            given: { parcels: { p-1: { weight: 30.0 } } }
            propose: { action: send, args: { parcel_id: p-1, fee: 30 } }
            expect: allow
          - name: nobody looked
            now: 2026-05-01T00:00:00Z
            propose: { action: send, args: { parcel_id: p-1, fee: 30.5 } }
            expect: ungrounded
      - id: S-2
        statement: The agent shall send only what is packed.
        source: Desk rules, page 3
        applies_to: [send, label]
        forbid: parcels[args.parcel_id].state == "sent"
        otherwise: escalate(chief)
        ungrounded: warn
        because: The packing line sends nothing twice.
      - id: S-3
        statement: When a parcel was sent, the agent shall tell the customer within an hour.
        applies_to: send
        followed_by: { event: tell, where: 'args.text.contains("sent")' }
        within: 1h
      - id: S-4
        statement: The agent shall send a parcel only after the chief approved.
        applies_to: send
        when: args.fee > 10.0
        after: [approval(chief), message(user)]
      - id: S-5
        statement: The agent shall recall at most two parcels a day.
        applies_to: recall
        at_most: 2
        within: 24h
      - id: S-6
        statement: The agent shall label a parcel once.
        applies_to: label
        once_per: [parcel_id]
      - id: S-7
        statement: The agent shall not send what was recalled.
        applies_to: send
        not_after: recall
        same: [parcel_id]
      - id: S-8
        statement: Where a label is printed, the agent shall send the parcel next.
        declare:
          template: chain_response
          events: [label, send]
          same: [parcel_id]
          when: args.parcel_id != "test"
      - id: S-9
        statement: When the agent writes anything, the customer shall have agreed.
        applies_to: all_writes
        confirmed: { by: user, agrees: patterns.yes, lists: [args.parcel_id] }
      - id: S-10
        statement: The agent shall be kind.
        advice: true
      - id: S-11
        statement: The agent shall name a parcel it read.
        applies_to: get_parcel
        ensure: result.id == args.parcel_id
        otherwise: warn
        mode: shadow
      - id: S-12
        statement: The desk shall bill each fee.
        enforced_by: the billing system
      - id: S-13
        statement: The agent shall hand over only once it looked.
        applies_to: effect(handoff)
        require: done("get_parcel") || calls("list_parcels").exists(c, c.args.day == today)
    workflows:
      main:
        start: look
        steps:
          look:
            goal: Know the parcel ${case.parcel_id}.
            tools: [get_parcel, list_parcels, give_up]
            next:
              - { to: act, when: 'known(parcels[case.parcel_id].sent_at) || known(parcels[case.parcel_id])' }
              - { to: chief, when: 'done_here("give_up")' }
          act:
            tools: [get_parcel, all_writes, give_up]
            confidence: { below: 0.7, then: escalate(chief) }
            digest: required
            next: [{ to: over, when: done_here("send") }]
          chief: { actor: chief, tools: [get_parcel], next: [{ to: over }, { to: act, when: now > entered }] }
          over: { final: true }
    incidents:
      - id: I-1
        title: A parcel was sent twice
        occurred: 2026-03-01T00:00:00Z
        detected: 2026-03-01T00:00:00Z
        failure_mode: violated
        status: open
    """

  private func compile(_ text: String = Self.shop) throws -> (SpecBundle, [String]) {
    let compiled = Compiled(text)
    return (
      try #require(compiled.bundle, "\(compiled.said.joined(separator: "\n"))"), compiled.said
    )
  }

  @Test func saysNothing() throws {
    #expect(try compile().1 == [])
  }

  @Test func examplesNeedNoWorkflow() {
    let compiled = Compiled(
      """
      plumb: 1
      spec: s
      tools:
        lock: { effect: write, args: { door: string }, touches: none }
      requirements:
        - id: L-1
          statement: The agent shall lock doors in the evening only.
          applies_to: lock
          require: now.getHours() >= 18
          examples:
            - name: at noon
              now: 2026-05-01T12:00:00Z
              history: [{ type: message, from: user, text: Lock it. }]
              propose: { action: lock, args: { door: front } }
              expect: deny
            - name: in a workflow that is not there
              history: [{ type: open, workflow: nights }]
              propose: { action: lock, args: { door: front } }
              expect: deny
      workflows:
        day: { start: a, steps: { a: { tools: [lock], next: [{ to: b }] }, b: { final: true } } }
        night: { start: a, steps: { a: { tools: [lock], next: [{ to: b }] }, b: { final: true } } }
      """)
    let errors = compiled.diagnostics.filter { $0.severity == .error }
    #expect(errors.map(\.code) == ["PL0609"])
    #expect(errors.first?.message.contains("`nights`") == true)
  }

  @Test func namesAreResolved() throws {
    let bundle = try compile().0
    #expect(
      bundle.groups.first { $0.name == "all_writes" }?.actions == ["label", "recall", "send"])
    #expect(bundle.requirements[8].appliesTo == ["label", "recall", "send"])
    #expect(bundle.requirements[12].appliesTo == ["give_up"])
    #expect(bundle.collections.map(\.name) == ["parcels"])
    #expect(bundle.collections[0].type == .named("Parcel"))
    #expect(bundle.collections[0].groundedBy == ["get_parcel", "list_parcels"])
    #expect(
      bundle.workflows[0].steps[1].tools == ["get_parcel", "label", "recall", "send", "give_up"])
  }

  @Test func typesAreKept() throws {
    let bundle = try compile().0
    let tell = try #require(bundle.tools.first { $0.name == "tell" })
    #expect(tell.claims.map(\.type) == [.bool, .list(.string)])
    #expect(bundle.tables.map(\.type) == [.map(.number), .map(.list(.string))])
    #expect(
      bundle.tables[0].value
        == .map([.init("light", .double(1)), .init("heavy", .double(20.5))]))
    let parcel = try #require(bundle.types.first { $0.name == "Parcel" })
    guard case .type(.record(let fields)) = parcel.definition else {
      Issue.record("no record")
      return
    }
    #expect(fields[3].type == .optional(.timestamp(offsetMinutes: 120)))
    #expect(fields[6].type == .sensitive(.string))
    #expect(
      bundle.requirements[0].examples[0].propose["args"]
        == .map([.init("parcel_id", .string("p-1")), .init("fee", .double(20))]))
  }

  @Test func sugarBecomesDeclare() throws {
    let requirements = try compile().0.requirements
    let rules = requirements.flatMap(\.temporal)
    #expect(
      rules.map(\.template) == [
        .response, .precedence, .absence, .absence, .notSuccession, .chainResponse,
      ])
    #expect(rules.map(\.count) == [nil, nil, 3, 2, nil, nil])
    #expect(rules.map(\.within) == [3600, nil, 86_400, nil, nil, nil])
    #expect(rules.map(\.same) == [[], [], [], ["parcel_id"], ["parcel_id"], ["parcel_id"]])
    #expect(
      rules[1].events[0].map(\.kind) == [.approval(role: "chief"), .message(speaker: "user")])
    #expect(rules[1].events[1].map(\.kind) == [.actions(["send"])])
    #expect(rules[0].events[1][0].condition?.text == "args.text.contains(\"sent\")")
    #expect(requirements[7].when?.text == "args.parcel_id != \"test\"")
  }

  @Test func defaults() throws {
    let requirements = try compile().0.requirements
    #expect(requirements[0].priority == .must)
    #expect(requirements[0].otherwise == .deny)
    #expect(requirements[0].ungrounded == .deny)
    #expect(requirements[1].negated)
    #expect(requirements[1].otherwise == .escalate(role: "chief"))
    #expect(requirements[1].ungrounded == .warn)
    #expect(requirements[10].priority == .should)
    #expect(requirements[10].ungrounded == .warn)
    #expect(requirements[10].mode == .shadow)
    #expect(!requirements[9].isEnforced && !requirements[11].isEnforced)
  }

  @Test func placesAreThoseOfTheFile() throws {
    let lines = Self.shop.split(separator: "\n", omittingEmptySubsequences: false)
    let line = try #require(lines.firstIndex { $0.contains("args.fee >= ") })
    let column =
      lines[line].utf8.count - "args.fee >= parcels[args.parcel_id].weight".utf8.count + 1
    #expect(
      try compile().0.requirements[0].require?.position
        == SourcePosition(file: "a.yaml", line: line + 1, column: column))
  }

  @Test func compilesTheSameEachTime() throws {
    let first = try compile().0
    for _ in 0..<3 { #expect(try compile().0 == first) }
  }

  @Test func requirementsAloneAreASpec() throws {
    let text = """
      plumb: 1
      spec: log
      requirements:
        - id: L-1
          statement: The clerk shall pay a bill only after it was checked.
          applies_to: Pay bill
          after: Check bill
        - id: L-2
          statement: When a bill arrives, the clerk shall pay it.
          declare: { template: response, events: [Receive bill, Pay bill], within: 30d }
      """
    let (bundle, said) = try compile(text)
    #expect(said == [])
    #expect(bundle.requirements[0].temporal[0].events[1].map(\.kind) == [.activity("Pay bill")])
  }

  /// An argument that only some of a requirement's actions have is guarded by `has`.
  @Test(arguments: ["[pay, hold]", "[hold, pay]"])
  func anArgumentMayBeGuarded(_ actions: String) throws {
    let text = """
      plumb: 1
      spec: s
      tools:
        pay: { effect: write, args: { id: string, amount: number }, touches: none }
        hold: { effect: write, args: { id: string }, touches: none }
      requirements:
        - id: A
          statement: The clerk shall pay no more than five.
          applies_to: \(actions)
          when: has(args.amount)
          require: args.amount <= 5.0 && args.id != "x"
        - id: B
          statement: The clerk shall pay no more than six.
          applies_to: \(actions)
          require: '!has(args.amount) || args.amount <= 6.0 && args.id != "y"'
      """
    #expect(try compile(text).1 == [])
  }

  /// Breaking any one line of a sound spec never traps, and never gives a bundle with an error.
  @Test func brokenLinesNeverTrap() {
    let lines = Self.shop.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var seed: UInt64 = 7
    func random(_ bound: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((seed >> 33) % UInt64(bound))
    }
    let seconds =
      ProcessInfo.processInfo.environment["PLUMBLINE_FUZZ_SECONDS"].flatMap(Double.init) ?? 3
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      var mutated = lines
      for _ in 0..<(1 + random(2)) {
        let index = random(mutated.count)
        switch random(5) {
        case 0: mutated.remove(at: index)
        case 1: mutated[index] = mutated[random(mutated.count)]
        case 2:
          var bytes = Array(mutated[index].utf8)
          if !bytes.isEmpty { bytes.remove(at: random(bytes.count)) }
          mutated[index] = String(decoding: bytes, as: UTF8.self)
        case 3:
          var bytes = Array(mutated[index].utf8)
          if !bytes.isEmpty { bytes[random(bytes.count)] = UInt8(32 + random(95)) }
          mutated[index] = String(decoding: bytes, as: UTF8.self)
        default:
          let words = mutated[index].split(separator: " ", omittingEmptySubsequences: false)
          if words.count > 1 {
            var shuffled = words
            shuffled.swapAt(random(words.count), random(words.count))
            mutated[index] = shuffled.joined(separator: " ")
          }
        }
      }
      let compiled = Compiled(mutated.joined(separator: "\n"))
      let failed = compiled.diagnostics.contains { $0.severity == .error }
      #expect(failed == (compiled.bundle == nil))
    }
  }
}

extension BundleValue {
  subscript(key: String) -> BundleValue? {
    guard case .map(let entries) = self else { return nil }
    return entries.first { $0.key == key }?.value
  }
}
