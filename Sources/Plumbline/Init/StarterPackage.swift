/// The small working package that `plumb init` writes: it passes the check, and replaying its trace
/// shows an allow, a deny and an escalation.
public enum StarterPackage {
  /// The files, by path relative to the new folder.
  public static func files(name: String) -> [(path: String, text: String)] {
    [
      ("\(name).yaml", spec(name)), ("traces/first.jsonl", trace),
      ("traces/INC-1.jsonl", incident(amount: "150.00")),
      ("traces/INC-1.twin.jsonl", incident(amount: "80.00")), ("README.md", readme(name)),
    ]
  }

  /// A name for the spec made of the folder's: letters, digits, `_` and `-`, starting with a letter.
  public static func specName(folder: String) -> String {
    let last = folder.split(separator: "/").last.map(String.init) ?? ""
    let kept = String(
      last.unicodeScalars.map { scalar -> Character in
        let isWord =
          scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
        return isWord || scalar == "-" || scalar == "_" ? Character(scalar) : "_"
      })
    guard let first = kept.first, first.isLetter,
      !["true", "false", "null"].contains(kept.lowercased())
    else { return "desk" }
    return kept
  }

  private static func spec(_ name: String) -> String {
    """
    plumb: 1
    spec: \(name)
    version: 0.1.0
    owner: you
    purpose: Refund the right amount of an order, once.

    roles: [lead]

    case:
      order_id: string

    types:
      Order:
        id: string
        status: [pending, delivered, cancelled]
        total: number

    tools:
      get_order:
        effect: read
        args: { order_id: string }
        returns: Order
        keeps: orders[args.order_id]
        fresh_for: 15m
        learns: { case.order_id: result.id }
      issue_refund:
        effect: write
        args: { order_id: string, amount: number }
        once_per: [order_id]
        touches: orders[args.order_id]
        settled_by: get_order

    requirements:
      - id: REF-1
        statement: If a refund exceeds what was paid, then the agent shall not issue it.
        source: Refund policy, section 1
        applies_to: issue_refund
        require: args.amount <= orders[args.order_id].total
        tell: Propose at most ${orders[args.order_id].total}.
        examples:
          - name: one cent too much
            given: { orders: { o-1: { total: 20.00 } } }
            propose: { action: issue_refund, args: { order_id: o-1, amount: 20.01 } }
            expect: deny
          - name: all of it
            given: { orders: { o-1: { total: 20.00 } } }
            propose: { action: issue_refund, args: { order_id: o-1, amount: 20.00 } }
            expect: allow
          - name: nobody read the order
            propose: { action: issue_refund, args: { order_id: o-1, amount: 1.00 } }
            expect: ungrounded

      - id: REF-2
        statement: When a refund is above 100, the agent shall have a lead approve it.
        applies_to: issue_refund
        require: args.amount <= 100.0
        otherwise: escalate(lead)

    incidents:
      - id: INC-1
        title: A refund of 150 was issued that no lead had seen
        occurred: 2026-01-05T09:10:03Z
        detected: 2026-01-07T10:00:00Z
        recovered: 2026-01-08T16:30:00Z
        prevented: 2026-01-09T09:00:00Z
        failure_mode: violated
        trace: traces/INC-1.jsonl
        at: { case: c-2, seq: 3 }
        twin: traces/INC-1.twin.jsonl
        status: prevented
        prevented_by: [REF-2]

    """
  }

  /// What happened, or what should have: the two differ by the amount.
  private static func incident(amount: String) -> String {
    """
    {"case":"c-2","time":"2026-01-05T09:10:00Z","type":"propose","id":"1","action":"get_order","args":{"order_id":"o-2"}}
    {"case":"c-2","time":"2026-01-05T09:10:01Z","type":"result","of":"1","result":{"id":"o-2","status":"delivered","total":180.00}}
    {"case":"c-2","time":"2026-01-05T09:10:02Z","type":"propose","id":"2","action":"issue_refund","args":{"order_id":"o-2","amount":\(amount)}}
    {"case":"c-2","time":"2026-01-05T09:10:03Z","type":"result","of":"2","result":{}}

    """
  }

  private static let trace = """
    {"case":"c-1","time":"2026-01-05T09:00:00Z","type":"open","data":{}}
    {"case":"c-1","time":"2026-01-05T09:00:01Z","type":"propose","id":"1","action":"issue_refund","args":{"order_id":"o-1","amount":20}}
    {"case":"c-1","time":"2026-01-05T09:00:02Z","type":"propose","id":"2","action":"get_order","args":{"order_id":"o-1"}}
    {"case":"c-1","time":"2026-01-05T09:00:03Z","type":"result","of":"2","result":{"id":"o-1","status":"delivered","total":20.00}}
    {"case":"c-1","time":"2026-01-05T09:00:04Z","type":"propose","id":"3","action":"issue_refund","args":{"order_id":"o-1","amount":25.00}}
    {"case":"c-1","time":"2026-01-05T09:00:05Z","type":"propose","id":"4","action":"issue_refund","args":{"order_id":"o-1","amount":20.00}}
    {"case":"c-1","time":"2026-01-05T09:00:06Z","type":"result","of":"4","result":{}}
    {"case":"c-1","time":"2026-01-05T09:00:07Z","type":"propose","id":"5","action":"issue_refund","args":{"order_id":"o-1","amount":20.00}}
    {"case":"c-2","time":"2026-01-05T09:10:00Z","type":"propose","id":"1","action":"get_order","args":{"order_id":"o-2"}}
    {"case":"c-2","time":"2026-01-05T09:10:01Z","type":"result","of":"1","result":{"id":"o-2","status":"delivered","total":180.00}}
    {"case":"c-2","time":"2026-01-05T09:10:02Z","type":"propose","id":"2","action":"issue_refund","args":{"order_id":"o-2","amount":150.00}}

    """

  private static func readme(_ name: String) -> String {
    """
    # \(name)

    A spec package for Plumbline.

        plumb check .
        plumb replay . traces/first.jsonl
        plumb explain . traces/first.jsonl --case c-1 --index 2

    The replay allows one refund, denies what nothing grounds, what is too much and what is a second
    time, and escalates what is above 100.

    The incident at the end of the spec is a failure that happened. `plumb check` replays its trace: weaken the rule
    that prevents it, and the spec does not compile.

    """
  }
}
