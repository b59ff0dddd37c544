import Foundation
import Testing

/// The commands, from outside: arguments in, output and exit status out.
@Suite struct CommandTests {
  @Test func initMakesAPackageThatWorks() throws {
    try Tool.withFolder { folder in
      let made = try Tool.run(["init", "desk"], in: folder)
      #expect(made.status == 0)
      #expect(made.out.contains("desk/desk.yaml"))
      let check = try Tool.run(["check", "desk"], in: folder)
      #expect(check.status == 0, "\(check.err)")
      #expect(check.out == "no errors\n")
      #expect(check.err == "")
      let replay = try Tool.run(
        ["replay", "desk", "desk/traces/first.jsonl", "--format", "json"], in: folder)
      #expect(replay.status == 1)
      let summary = try Tool.json(replay.out)
      #expect(summary["cases"] as? Int == 2)
      #expect(summary["proposals"] as? Int == 7)
      let decisions = try #require(summary["decisions"] as? [String: Int])
      #expect(decisions == ["allow": 3, "warn": 0, "escalate": 1, "deny": 3])
      #expect(summary["cases_with_deny"] as? Int == 1)
      #expect(
        summary["findings"] as? [String: Int] == ["violated": 2, "ungrounded": 2, "duplicate": 1])
      let again = try Tool.run(["init", "desk"], in: folder)
      #expect(again.status == 2)
      #expect(again.err.contains("not empty"))
    }
  }

  /// A spec file that is left out unseen would take its rules with it.
  @Test func aBrokenLinkAmongTheSpecFilesIsAnError() throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      try FileManager.default.createSymbolicLink(
        atPath: folder.appendingPathComponent("desk/more.yaml").path,
        withDestinationPath: "nowhere.yaml")
      let check = try Tool.run(["check", "desk"], in: folder)
      #expect(check.status == 2)
      #expect(check.out == "")
      #expect(check.err.hasPrefix("plumb: desk/more.yaml: "))
    }
  }

  @Test(arguments: [
    (["check", "desk/desk.yaml"], "name the folder it is in"),
    (["init", ""], "name the new folder"),
  ])
  func wrongCallsSayWhatToDo(_ arguments: [String], _ words: String) throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      let run = try Tool.run(arguments, in: folder)
      #expect(run.status == 2)
      #expect(run.err.contains(words))
    }
  }

  @Test func initInAFolderNamedLikeAValue() throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "true"], in: folder)
      #expect(try Tool.run(["check", "true"], in: folder).status == 0)
    }
  }

  @Test(arguments: [
    #""time":5"#, #""case":5"#, #""type":"tick""#, #""type":true"#, #""action":"get_order""#,
  ])
  func proposalsThatSayTwoThingsAreNotAllowed(_ member: String) throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      let proposal = #"{"action":"get_order","args":{"order_id":"o"},\#(member)}"#
      let decide = try Tool.run(["decide", "desk", "--proposal", "-"], in: folder, input: proposal)
      #expect(decide.status != 0)
      #expect(!decide.out.contains(#""decision":"allow""#))
    }
  }

  @Test func aMistakeIsShownAtItsPlace() throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      let file = folder.appendingPathComponent("desk/desk.yaml")
      let text = try String(contentsOf: file, encoding: .utf8)
      try text.replacingOccurrences(
        of: "args.amount <= orders[args.order_id].total",
        with: "args.amount <= orders[args.order_id].totel"
      ).write(to: file, atomically: true, encoding: .utf8)
      let check = try Tool.run(["check", "desk"], in: folder)
      #expect(check.status == 2)
      #expect(check.out == "")
      #expect(check.err.contains("error: `Order` has no field `totel`"))
      #expect(check.err.contains("did you mean `total`?"))
      #expect(check.err.contains("desk/desk.yaml:38:"))
      let json = try Tool.run(["check", "desk", "--format", "json"], in: folder)
      #expect(json.status == 2)
      let list = try #require(
        JSONSerialization.jsonObject(with: Data(json.out.utf8)) as? [[String: Any]])
      #expect(list.count == 1)
      let first = try #require(list.first)
      #expect(
        Set(first.keys) == [
          "code", "severity", "message", "file", "line", "column", "endLine", "endColumn", "help",
          "notes",
        ])
      #expect(first["file"] as? String == "desk/desk.yaml")
      #expect(first["line"] as? Int == 38)
      let elsewhere = folder.appendingPathComponent("elsewhere")
      try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: true)
      let full = try Tool.run(
        ["check", folder.appendingPathComponent("desk").path, "--format", "json"], in: elsewhere)
      #expect(full.out.contains(#""../desk/desk.yaml""#), "\(full.out)")
      let sarif = try Tool.run(["check", "desk", "--format", "sarif"], in: folder)
      #expect(try Tool.json(sarif.out)["version"] as? String == "2.1.0")
      let replay = try Tool.run(["replay", "desk", "desk/traces/first.jsonl"], in: folder)
      #expect(replay.status == 2)
    }
  }

  @Test func wrongCallsExitWithTwo() throws {
    for arguments in [
      ["chek"], ["check"], ["check", "nowhere"], ["replay", "nowhere", "x"], ["decide"],
      ["check", "Specs/airline", "--format", "xml"], ["serve"],
      ["compile", "README.md"], ["digest", "Specs/airline", "--step", "nowhere"],
    ] {
      let run = try Tool.run(arguments)
      #expect(run.status == 2, "\(arguments)")
      #expect(!run.err.isEmpty, "\(arguments)")
      #expect(run.out.isEmpty, "\(arguments): \(run.out)")
    }
    let help = try Tool.run(["--help"])
    #expect(help.status == 0)
    #expect(help.out.contains("SUBCOMMANDS"))
    #expect(try Tool.run(["--version"]).status == 0)
  }

  /// A case that a trace lacks may be a slip of the pen, unless nothing has happened at all.
  @Test func decideBeginsACaseWhereTheTraceIsEmpty() throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      func decide(after trace: String) throws -> Tool.Run {
        try trace.write(
          to: folder.appendingPathComponent("t.jsonl"), atomically: true, encoding: .utf8)
        return try Tool.run(
          ["decide", "desk", "--trace", "t.jsonl", "--proposal", "-"], in: folder,
          input: #"{"case":"c-1","action":"get_order","args":{"order_id":"o-1"}}"#)
      }
      #expect(try decide(after: "\n").status == 0)
      let other = try decide(
        after:
          #"{"case":"c-2","time":"2026-01-05T09:00:00Z","type":"open"}"#)
      #expect(other.status == 2)
      #expect(
        other.err.contains(
          "holds no case `c-1` (it has `c-2`); a new one needs an `open` there, or no trace"))
      let broken = try decide(after: #"{"case":"c-1","type":"opn"}"#)
      #expect(broken.status == 2)
    }
  }

  @Test func decideGivesTheDesignsFields() throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      let trace = """
        {"case":"c-9","time":"2026-01-05T09:00:00Z","type":"propose","id":"1","action":"get_order","args":{"order_id":"o-1"}}
        {"case":"c-9","time":"2026-01-05T09:00:01Z","type":"result","of":"1","result":{"id":"o-1","status":"delivered","total":20}}

        """
      try trace.write(
        to: folder.appendingPathComponent("t.jsonl"), atomically: true, encoding: .utf8)
      func decide(_ proposal: String) throws -> (Tool.Run, [String: Any]) {
        let run = try Tool.run(
          ["decide", "desk", "--trace", "t.jsonl", "--proposal", "-"], in: folder, input: proposal)
        return (run, try Tool.json(run.out))
      }
      let (allow, allowed) = try decide(
        #"{"type":"propose","id":"2","action":"issue_refund","args":{"order_id":"o-1","amount":20}}"#
      )
      #expect(allow.status == 0)
      #expect(allowed["decision"] as? String == "allow")
      #expect(allowed["case"] as? String == "c-9")
      #expect(allowed["seq"] as? Int == 3)
      // The fact it rests on goes stale a quarter of an hour after the read's proposal.
      #expect(allowed["valid_until"] as? String == "2026-01-05T09:15:00Z")
      let keys = [
        "case", "seq", "time", "decision", "findings", "step", "digest", "bundle", "valid_until",
        "idempotency_key",
      ]
      #expect(Set(allowed.keys) == Set(keys))
      var last = allow.out.startIndex
      for key in keys {
        let found = try #require(allow.out.range(of: "\"\(key)\":"))
        #expect(found.lowerBound >= last, "\(key) is out of order")
        last = found.lowerBound
      }
      let (early, earlier) = try decide(
        #"{"action":"issue_refund","args":{"order_id":"o-1","amount":20},"time":"2026-01-05T08:00:00Z"}"#
      )
      #expect(early.status == 1)
      #expect(early.err.contains("the proposal is from before the last event"))
      #expect(earlier["time"] as? String == "2026-01-05T09:00:01Z")
      let (deny, denied) = try decide(
        #"{"action":"issue_refund","args":{"order_id":"o-1","amount":20.01},"time":"2026-01-05T09:01:00Z"}"#
      )
      #expect(deny.status == 1)
      let finding = try #require((denied["findings"] as? [[String: Any]])?.first)
      #expect(finding["requirement"] as? String == "REF-1")
      #expect(finding["category"] as? String == "violated")
      #expect(finding["message"] as? String == "Propose at most 20.")
      #expect((finding["position"] as? String)?.hasPrefix("desk.yaml:") == true)
      let (_, stale) = try decide(
        #"{"action":"issue_refund","args":{"order_id":"o-1","amount":20},"time":"2026-01-05T09:15:01Z"}"#
      )
      let aged = try #require((stale["findings"] as? [[String: Any]])?.first)
      #expect(aged["category"] as? String == "stale")
      #expect(aged["ground_by"] as? [String] == ["get_order"])
      for broken in [#""time":5"#, #""time":"soon""#, #""case":7"#] {
        let run = try Tool.run(
          ["decide", "desk", "--trace", "t.jsonl", "--proposal", "-"], in: folder,
          input: #"{"action":"get_order","args":{"order_id":"o-1"},\#(broken)}"#)
        #expect(run.status == 2, "\(broken)")
        #expect(run.out.isEmpty && run.err.contains("invalid: `"), "\(run.err)")
      }
      #expect(
        try Tool.run(
          ["decide", "desk", "--trace", "-", "--proposal", "-"], in: folder, input: trace
        ).status == 2)
      let (_, sure) = try decide(
        #"{"action":"issue_refund","args":{"order_id":"o-1","amount":20},"confidence":95}"#)
      #expect(
        (sure["findings"] as? [[String: Any]])?.first?["category"] as? String == "invalid")
      let (_, unknown) = try decide(#"{"action":"issue_refnd","args":{}}"#)
      #expect(
        (unknown["findings"] as? [[String: Any]])?.first?["category"] as? String == "undeclared")
    }
  }

  @Test func aBundleDecidesLikeItsPackage() throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      let compile = try Tool.run(["compile", "desk", "-o", "out"], in: folder)
      #expect(compile.status == 0, "\(compile.err)")
      #expect(try Tool.run(["compile", "desk", "-o", "out", "--check"], in: folder).status == 0)
      let trace = "desk/traces/first.jsonl"
      for (spec, name) in [("desk", "a"), ("out/desk/bundle.json", "b")] {
        let run = try Tool.run(
          ["replay", spec, trace, "--decisions", name, "--findings", name + "f"], in: folder)
        #expect(run.status == 1)
      }
      for suffix in ["", "f"] {
        #expect(
          try Data(contentsOf: folder.appendingPathComponent("a" + suffix))
            == Data(contentsOf: folder.appendingPathComponent("b" + suffix)))
      }
      let decisions = try Tool.lines(folder.appendingPathComponent("a"))
      #expect(decisions.map { $0["index"] as? Int } == [0, 1, 2, 3, 4, 0, 1])
      #expect(decisions.map { $0["of"] as? String } == ["1", "2", "3", "4", "5", "1", "2"])
      // A damaged bundle is refused, a stale one is noticed.
      let bundle = folder.appendingPathComponent("out/desk/bundle.json")
      let text = try String(contentsOf: bundle, encoding: .utf8)
      try text.replacingOccurrences(of: "args.amount <= 100.0", with: "args.amount <= 900.0")
        .write(to: bundle, atomically: true, encoding: .utf8)
      let damaged = try Tool.run(["replay", "out/desk/bundle.json", trace], in: folder)
      #expect(damaged.status == 2)
      #expect(damaged.err.contains("not a bundle that can be used"))
      let stale = try Tool.run(["compile", "desk", "-o", "out", "--check"], in: folder)
      #expect(stale.status == 1)
      #expect(stale.out.contains("changed desk/bundle.json"))
    }
  }

  /// To compile one spec touches nothing of another, and nothing that was not written by `compile`.
  @Test func compileDeletesOnlyWhatItWrote() throws {
    try Tool.withFolder { folder in
      for name in ["desk", "shop"] { _ = try Tool.run(["init", name], in: folder) }
      #expect(try Tool.run(["compile", "shop", "-o", "out"], in: folder).status == 0)
      #expect(try Tool.run(["compile", "desk", "-o", "out"], in: folder).status == 0)
      let kept = ["shop/bundle.json", "desk/notes.md", "desk/workflows/deep/er/mine.md", "mine.md"]
      let stale = ["desk/workflows/gone.md", "desk/digests/gone/step.json"]
      for path in kept.dropFirst() + stale {
        try Tool.write("x", "out/" + path, in: folder)
      }
      let check = try Tool.run(["compile", "desk", "-o", "out", "--check"], in: folder)
      #expect(check.status == 1)
      let again = try Tool.run(["compile", "desk", "-o", "out"], in: folder)
      #expect(again.status == 0)
      #expect(again.out == check.out.replacingOccurrences(of: "stale", with: "changed"))
      func isThere(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent("out/" + path).path)
      }
      #expect(kept.filter { !isThere($0) } == [])
      #expect(stale.filter(isThere) == [])
    }
  }

  @Test func brokenLinesAreFindingsAndTheRestGoesOn() throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      let lines = [
        #"{"case":"c","time":"2026-01-05T09:00:10Z","type":"propose","id":"1","action":"get_order","args":{"order_id":"o-1"}}"#,
        #"{"case":"c","time":"2026-01-05T09:00:11Z","type":"result","of":"1","result":{"id":"o-1","#,
        #"{"case":"c","time":"2026-01-05T09:00:12Z","type":"dance"}"#,
        #"{"case":"c","time":"2026-01-05T09:00:05Z","type":"tick"}"#,
        #"{"case":"c","time":"2026-01-05T09:00:13Z","type":"result","of":"7","result":{}}"#,
        #"{"case":"c","time":"2026-01-05T09:00:14Z","type":"result","of":"1","result":{"id":"o-1","status":"delivered","total":20}}"#,
        #"{"case":"c","time":"2026-01-05T09:00:15Z","type":"propose","id":"2","action":"issue_refund","args":{"order_id":"o-1","amount":20}}"#,
        #"{"case":"c","time":"2026-01-05T09:00:16Z","type":"propose","id":"3","act"#,
      ]
      try lines.joined(separator: "\n").write(
        to: folder.appendingPathComponent("t.jsonl"), atomically: true, encoding: .utf8)
      let run = try Tool.run(
        ["replay", "desk", "t.jsonl", "--findings", "f", "--format", "json"], in: folder)
      #expect(run.status == 1)
      let summary = try Tool.json(run.out)
      #expect(
        summary["decisions"] as? [String: Int] == ["allow": 2, "warn": 0, "escalate": 0, "deny": 0])
      #expect(summary["findings"] as? [String: Int] == ["invalid": 5])
      let found = try Tool.lines(folder.appendingPathComponent("f"))
      #expect(found.map { $0["line"] as? Int } == [2, 3, 4, 5, 8])
      for line in [2, 3, 8] { #expect(run.err.contains("t.jsonl:\(line): invalid: ")) }
    }
  }

  /// Some editors begin a file with a byte order mark; it is no part of the first event.
  @Test(arguments: ["", "\n", "\r\n{"])
  func aByteOrderMarkCostsNoEvent(end: String) throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      let line = #"{"case":"c","time":"2026-01-05T09:00:00Z","type":"tick"}"#
      for input in [line + end, "\u{FEFF}" + line + end] {
        let run = try Tool.run(
          ["replay", "desk", "-", "--format", "json"], in: folder, input: input)
        #expect(run.status == (end.hasSuffix("{") ? 1 : 0))
        #expect(try Tool.json(run.out)["events"] as? Int == 1)
      }
    }
  }

  @Test func anExtraFieldIsNotedOnceAndARenamedOneIsDrift() throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      func events(_ id: Int, _ result: String) -> String {
        """
        {"case":"c-\(id)","time":"2026-01-05T09:00:00Z","type":"propose","id":"1","action":"get_order","args":{"order_id":"o-1"}}
        {"case":"c-\(id)","time":"2026-01-05T09:00:01Z","type":"result","of":"1","result":\(result)}

        """
      }
      let extra = #"{"id":"o-1","status":"delivered","total":20,"colour":"red"}"#
      let fine = try Tool.run(
        ["replay", "desk", "-"], in: folder, input: events(1, extra) + events(2, extra))
      #expect(fine.status == 0)
      #expect(fine.err.components(separatedBy: "\n").filter { !$0.isEmpty }.count == 1)
      #expect(fine.err.contains("2: note: `get_order` gives the field `colour`"))
      let renamed = try Tool.run(
        ["replay", "desk", "-", "--findings", "f"], in: folder,
        input: events(3, #"{"id":"o-1","status":"delivered","totel":20}"#))
      #expect(renamed.status == 1)
      let finding = try #require(try Tool.lines(folder.appendingPathComponent("f")).first)
      #expect(finding["category"] as? String == "contract_drift")
      let message = try #require(finding["message"] as? String)
      #expect(message.contains("total") && message.contains("totel"))
    }
  }

  @Test func sensitiveValuesAreHiddenOrHashedUnderAKey() throws {
    try Tool.withFolder { folder in
      let spec = """
        plumb: 1
        spec: mail
        version: 1.0.0
        tools:
          send:
            effect: write
            args: { to: sensitive(string) }
            touches: none
        requirements:
          - id: M-1
            statement: The agent shall send only to addresses of the house.
            applies_to: send
            require: args.to.endsWith("@house.example")

        """
      try Tool.write(spec, "mail/mail.yaml", in: folder)
      let proposal = #"{"action":"send","args":{"to":"ann@elsewhere.example"}}"#
      let hidden = try Tool.run(
        ["decide", "mail", "--proposal", "-"], in: folder, input: proposal)
      #expect(hidden.status == 1)
      #expect(hidden.out.contains("(sensitive)"))
      #expect(!hidden.out.contains("elsewhere"))
      try "k".write(to: folder.appendingPathComponent("key"), atomically: true, encoding: .utf8)
      let keyed = try Tool.run(
        ["decide", "mail", "--proposal", "-", "--key", "key"], in: folder, input: proposal)
      // printf '"ann@elsewhere.example"' | openssl dgst -sha256 -hmac k
      #expect(
        keyed.out.contains(
          "hmac-sha256:dee87e31a68d96ba33fcd1abc65212965d6d6415d335def8d9e35731623d736c"),
        "\(keyed.out)")
      #expect(!keyed.out.contains("elsewhere"))
    }
  }

  @Test func importPairsRepeatedIdsAndKeepsWhatIsNoJSON() throws {
    let chat = [
      #"{"id":"k-1","messages":[{"role":"user","content":"hello"},"#,
      #"{"role":"assistant","content":"one moment","tool_calls":[{"id":"a","type":"function","function":{"name":"get_order","arguments":"{\"order_id\": \"o-1\"}"}}]},"#,
      #"{"role":"tool","tool_call_id":"a","content":"{\"total\": 20}"},"#,
      #"{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"issue_refund","arguments":"not json"}}]},"#,
      #"{"role":"tool","tool_call_id":"a","content":"Error: no such order"}]}"#,
    ].joined()
    let blocks = [
      #"{"id":"k-2","messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},"#,
      #"{"role":"assistant","content":[{"type":"text","text":"let me look"},{"type":"tool_use","id":"t1","name":"get_order","input":{"order_id":"o-2"}}]},"#,
      #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"42"}]}]}"#,
    ].joined()
    let run = try Tool.run(
      ["import", "chat", "-", "--clock", "2026-01-05T09:00:00Z"],
      input: chat + "\n" + blocks + "\nbroken\n")
    #expect(run.status == 1)
    #expect(run.err.contains("-:3:1: error: "))
    let events = try run.out.split(separator: "\n").map { try Tool.json(String($0)) }
    #expect(
      events.map { $0["type"] as? String } == [
        "message", "message", "propose", "result", "propose", "result", "message", "message",
        "propose", "result",
      ])
    #expect(
      events.map { $0["case"] as? String } == .init(repeating: "k-1", count: 6)
        + .init(repeating: "k-2", count: 4))
    #expect(events[1]["from"] as? String == "agent")
    #expect((events[2]["args"] as? [String: Any])?["order_id"] as? String == "o-1")
    #expect((events[3]["result"] as? [String: Any])?["total"] as? Int == 20)
    #expect(events[4]["args"] as? String == "not json")
    #expect((events[5]["error"] as? [String: Any])?["effect"] as? String == "none")
    #expect(events[9]["result"] as? Int == 42)
    #expect(try Tool.run(["import", "chat", "-", "--clock", "yesterday"], input: "").status == 2)
  }

  /// Nothing of a transcript is dropped unseen, and its own times are kept.
  @Test func importKeepsTimesAndTellsWhatItLeavesOut() throws {
    let chat = [
      #"{"id":"k","messages":[{"role":"system","content":"be kind"},"#,
      #"{"role":"user","content":"hello","created_at":1767603600},"#,
      #"{"role":"assistant","content":null,"refusal":"I can't do that","timestamp":1767603601500},"#,
      #"{"role":"assistant","content":null,"function_call":{"name":"get_order","arguments":"{}"},"time":"2026-01-05T09:00:05Z"},"#,
      #"{"role":"function","name":"get_order","content":"{\"total\": 20}","timestamp":"soon"},"#,
      #"{"role":"critic","content":"well"},"#,
      #"{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{}}]},"#,
      #"{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"refusal","refusal":"no"}]},"#,
      #"{"role":"user","content":{"text":"x"}},"lost"]}"#,
    ].joined()
    let run = try Tool.run(
      ["import", "chat", "-", "--clock", "2026-01-05T10:00:00Z"], input: "\u{FEFF}" + chat + "\n")
    #expect(run.status == 1)
    #expect(
      run.err.split(separator: "\n").map(String.init) == [
        "-:1:1: warning: the time of message 5 was left out: `timestamp` is no time",
        "-:1:1: warning: message 6 was left out: nobody knows the role `critic`",
        "-:1:1: warning: a part of message 7 was left out: a trace has no `image_url`",
        "-:1:1: warning: message 9 was left out: its `content` is neither text nor a list of parts",
        "-:1:1: warning: message 10 was left out: it has no `role`",
      ])
    let events = try run.out.split(separator: "\n").map { try Tool.json(String($0)) }
    #expect(
      events.map { "\($0["time"] ?? "") \($0["type"] ?? "") \($0["text"] ?? $0["action"] ?? "")" }
        == [
          "2026-01-05T09:00:00Z message hello", "2026-01-05T09:00:01.5Z message I can't do that",
          "2026-01-05T09:00:05Z propose get_order", "2026-01-05T10:00:00Z result ",
          "2026-01-05T10:00:00Z message look", "2026-01-05T10:00:00Z message no",
        ])
    #expect(events[3]["of"] as? String == events[2]["id"] as? String)
    #expect((events[3]["result"] as? [String: Any])?["total"] as? Int == 20)
  }

  /// A proposal fires the deadlines before it, as any event does.
  @Test func decideTellsWhatIsOverdue() throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      let spec = folder.appendingPathComponent("desk/desk.yaml")
      let text = try String(contentsOf: spec, encoding: .utf8)
      try text.replacingOccurrences(
        of: "requirements:\n",
        with: """
          requirements:
            - id: REF-9
              statement: When an order was read, the agent shall refund it within a minute.
              applies_to: get_order
              followed_by: issue_refund
              within: 1m

          """
      ).write(to: spec, atomically: true, encoding: .utf8)
      let trace = folder.appendingPathComponent("t.jsonl")
      try [
        #"{"case":"c","time":"2026-01-06T00:00:00Z","type":"propose","id":"1","action":"get_order","args":{"order_id":"o-1"}}"#,
        #"{"case":"c","time":"2026-01-06T00:00:01Z","type":"result","of":"1","result":{"id":"o-1","status":"pending","total":5}}"#,
        "",
      ].joined(separator: "\n").write(to: trace, atomically: true, encoding: .utf8)
      func decide(at time: String) throws -> (status: Int32, out: String, err: String) {
        let run = try Tool.run(
          ["decide", "desk", "--trace", "t.jsonl", "--proposal", "-"], in: folder,
          input: #"{"case":"c","time":"\#(time)","type":"propose","id":"2","action":"get_order","#
            + #""args":{"order_id":"o-1"}}"#)
        return (run.status, run.out, run.err)
      }
      let early = try decide(at: "2026-01-06T00:00:30Z")
      #expect(early.status == 0 && early.err == "")
      let late = try decide(at: "2026-01-06T00:02:00Z")
      #expect(late.status == 1 && late.out.contains(#""decision":"allow""#))
      #expect(late.err.contains("overdue: REF-9: `issue_refund` did not happen in time"))
    }
  }

  /// A byte order mark, as some editors put it, is no mistake.
  @Test func aByteOrderMarkIsPassedOver() throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      let mark = "\u{FEFF}"
      let trace = folder.appendingPathComponent("desk/traces/first.jsonl")
      try (mark + String(contentsOf: trace, encoding: .utf8))
        .write(to: trace, atomically: true, encoding: .utf8)
      let proposal =
        #"{"case":"c-2","time":"2026-02-06T00:00:00Z","type":"propose","id":"9","#
        + #""action":"get_order","args":{"order_id":"o-1"}}"#
      let run = try Tool.run(
        ["decide", "desk", "--trace", trace.path, "--proposal", "-"], in: folder,
        input: mark + proposal)
      #expect(run.err == "" && run.status == 0)
    }
  }

  @Test func explainTellsOfABrokenTraceByItsStatus() throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      let trace = folder.appendingPathComponent("desk/traces/first.jsonl")
      let arguments = ["explain", "desk", trace.path, "--case", "c-1", "--index", "2"]
      #expect(try Tool.run(arguments, in: folder).status == 0)
      try ("broken\n" + String(contentsOf: trace, encoding: .utf8))
        .write(to: trace, atomically: true, encoding: .utf8)
      let run = try Tool.run(arguments, in: folder)
      #expect(run.status == 1 && run.out.contains("DENIED") && run.err.contains("first.jsonl:1: "))
    }
  }

  @Test func whatInitSaysNextCanBeTyped() throws {
    try Tool.withFolder { folder in
      let run = try Tool.run(["init", "it's a desk"], in: folder)
      #expect(run.status == 0)
      let quoted = #"'it'\''s a desk'"#
      #expect(run.out.contains("next: plumb check \(quoted) && plumb replay \(quoted) "))
    }
  }

  @Test func theSameInputGivesTheSameBytes() throws {
    try Tool.withFolder { folder in
      for name in ["one", "two"] {
        let run = try Tool.run(
          ["compile", Tool.root.appendingPathComponent("Specs").path, "-o", name], in: folder,
          environment: ["LC_ALL": name == "one" ? "C" : "de_DE.UTF-8", "TZ": "Asia/Tokyo"])
        #expect(run.status == 0, "\(run.err)")
      }
      let diff = try Tool.run(
        URL(fileURLWithPath: "/usr/bin/env"), ["diff", "-r", "one", "two"], in: folder)
      #expect(diff.status == 0, "\(diff.out)")
    }
  }

  @Test func aFullDiskIsSaid() throws {
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      let run = try Tool.run(
        ["replay", "desk", "desk/traces/first.jsonl", "--decisions", "/dev/full"], in: folder)
      #expect(run.status == 2)
      #expect(run.err.contains("/dev/full"))
    }
  }
}
