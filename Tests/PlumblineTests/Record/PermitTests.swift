#if Companion
import Foundation
import Testing

/// Permits: for what was allowed, as it was allowed, soon, and once.
@Suite struct PermitTests {
  /// The permit of the refund of `mon-1`, and its arguments.
  static func permit(_ desk: RecordDesk) throws -> String {
    try desk.record([RecordDesk.trace], "--answers", "answers.jsonl")
    for line in try desk.lines("answers.jsonl") {
      let answer = try Tool.json(line)
      if answer["case"] as? String == "mon-1", let token = answer["permit"] as? String {
        return token
      }
    }
    Issue.record("nothing was permitted")
    return ""
  }

  static let args = #"{"order_id":"or-100","amount":6.0,"reason":"one of six cups broken"}"#

  @Test func onlyAllowedWritesGetOne() throws {
    try RecordDesk.with { desk in
      _ = try Self.permit(desk)
      let bundle = try Tool.json(
        String(
          contentsOf: Tool.root.appendingPathComponent("Generated/support/bundle.json"),
          encoding: .utf8))
      let writes = (bundle["tools"] as? [[String: Any]] ?? [])
        .filter { $0["effect"] as? String == "write" }.compactMap { $0["name"] as? String }
      var permitted = 0
      for line in try desk.lines("answers.jsonl") {
        let answer = try Tool.json(line)
        guard let decision = answer["decision"] as? [String: Any] else {
          #expect(answer["permit"] is NSNull)
          continue
        }
        if decision["decision"] as? String == "deny"
          || decision["decision"] as? String == "escalate"
        {
          #expect(answer["permit"] is NSNull)
        }
        if answer["permit"] is String {
          let row = try desk.run(
            "log", "query", "desk.log", "--case", "\(answer["case"] ?? "")"
          ).out
            .split(separator: "\n").map { try Tool.json(String($0)) }
            .first { $0["seq"] as? Int == answer["seq"] as? Int }
          #expect(writes.contains(row?["action"] as? String ?? ""), "\(row ?? [:])")
          permitted += 1
        }
      }
      #expect(permitted > 5)
    }
  }

  @Test func aPermitIsForWhatWasAllowedAndGoodOnce() throws {
    try RecordDesk.with { desk in
      let token = try Self.permit(desk)
      func verify(
        _ token: String, action: String = "issue_refund", args: String = Self.args,
        caseID: String = "mon-1", at: String = "2026-04-06T08:01:00Z", key: String = "public.jwk",
        _ more: String...
      ) throws -> Tool.Run {
        try Tool.run(
          [
            "permit", "verify", token, "--public-key", key, "--case", caseID, "--action", action,
            "--args", args, "--at", at,
          ] + more, in: desk.folder)
      }
      let good = try verify(token)
      #expect(good.status == 0, "\(good.err)")
      let claims = try Tool.json(good.out)
      #expect(claims["case"] as? String == "mon-1")
      #expect(claims["expires"] as? String == "2026-04-06T08:05:14Z")
      func refused(_ run: Tool.Run, _ words: String) {
        #expect(run.status == 1)
        #expect(run.err == "plumbd: not permitted: \(words)\n")
      }
      // The order of fields and how a number is written do not matter; a cent does.
      #expect(
        try verify(
          token, args: #"{"amount":6,"reason":"one of six cups broken","order_id":"or-100"}"#
        ).status == 0)
      refused(
        try verify(token, args: Self.args.replacingOccurrences(of: "6.0", with: "6.01")),
        "the permit is for other arguments")
      refused(
        try verify(token, action: "resolve_ticket"),
        "the permit is for another action: issue_refund")
      refused(try verify(token, caseID: "mon-2"), "the permit is for another case: mon-1")
      refused(
        try verify(token, at: "2026-04-06T08:05:14Z"), "the permit has expired")
      refused(
        try verify(token, at: "2026-04-06T08:00:00Z"), "the permit is from the future")
      refused(
        try verify(token, "--meaning", "0000"),
        "the permit is for another meaning: \(try #require(claims["meaning"] as? String))")
      refused(
        try verify(token, "--step", "intake"), "the permit is for another step: assess")
      let changed = "the permit is not one of this key: it was changed, or is none"
      refused(try verify(String(token.dropLast(4)) + "AAAA"), changed)
      refused(try verify("nonsense"), changed)
      // Another algorithm, or none, is no signature.
      let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + token.split(separator: ".")[1] + "."
      refused(try verify(none), changed)
      #expect(try desk.run("key", "new", "other.jwk").status == 0)
      refused(try verify(token, key: "other.jwk"), changed)
      // Once: the log knows.
      let log = ["--log", "desk.log", "--signing-key", "key.jwk"]
      #expect(try verify(token, log[0], log[1], log[2], log[3]).status == 0)
      refused(
        try verify(token, log[0], log[1], log[2], log[3]), "the permit was redeemed before")
      #expect(try desk.verify("desk.log").status == 0)
    }
  }

  @Test func theExecutorInTheDocsRefusesWhatDidNotPass() throws {
    guard let python = try Python.interpreter() else { return }
    let page = try String(
      contentsOf: Tool.root.appendingPathComponent("Docs/Record.md"), encoding: .utf8)
    let start = try #require(page.range(of: "<!-- permit.py -->\n```python\n"))
    let end = try #require(page.range(of: "```", range: start.upperBound..<page.endIndex))
    let program = String(page[start.upperBound..<end.lowerBound])
    #expect(program.split(separator: "\n", omittingEmptySubsequences: false).count < 20)
    try RecordDesk.with { desk in
      let token = try Self.permit(desk)
      try Tool.write(
        program + """

          import sys, time
          jwt.api_jwt.datetime = type("Then", (), {"now": staticmethod(
            lambda tz=None: __import__("datetime").datetime.fromtimestamp(float(sys.argv[1]), tz))})
          action, case, args = sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
          try:
            print(permitted(sys.argv[5], open("public.jwk").read(), case, action, args))
            permitted(sys.argv[5], open("public.jwk").read(), case, action, args)
          except Exception as problem:
            print(type(problem).__name__, problem)

          """, "executor.py", in: desk.folder)
      func run(
        _ permit: String, time: String = "1775462450", action: String = "issue_refund",
        caseID: String = "mon-1", args: String = Self.args
      ) throws -> [String] {
        let run = try Tool.run(
          python, ["executor.py", time, action, caseID, args, permit], in: desk.folder)
        #expect(run.status == 0, "\(run.err)")
        return run.out.split(separator: "\n").map(String.init)
      }
      let good = try run(token)
      #expect(good.count == 2)
      #expect(good[0].count == 64, "the idempotency key: \(good)")
      #expect(good[1] == "PermissionError redeemed before")
      #expect(try run(token, time: "1775462720")[0].hasPrefix("ExpiredSignatureError"))
      let other = ["PermissionError for something else"]
      #expect(try run(token, action: "resolve_ticket") == other)
      #expect(try run(token, caseID: "mon-2") == other)
      #expect(
        try run(token, args: Self.args.replacingOccurrences(of: "6.0", with: "60")) == other)
      #expect(try run(String(token.dropLast(4)) + "AAAA")[0].hasPrefix("InvalidSignatureError"))
    }
  }
}

/// A Python with the packages that executors and analysts would use; made once, under `.build`.
enum Python {
  static func interpreter() throws -> URL? {
    let folder = Tool.root.appendingPathComponent(".build/python")
    let python = folder.appendingPathComponent("bin/python")
    let ready = folder.appendingPathComponent("ready")
    return try lock.withLock {
      if FileManager.default.fileExists(atPath: ready.path) { return python }
      let made = try Tool.run(
        URL(fileURLWithPath: "/bin/sh"),
        [
          "-c",
          "python3 -m venv '\(folder.path)' && '\(python.path)' -m pip install -q "
            + "'duckdb>=1.1' 'pyjwt>=2.9' 'cryptography>=42' 'rfc8785>=0.1.3' && touch '\(ready.path)'",
        ], in: Tool.root)
      if made.status == 0 { return python }
      if ProcessInfo.processInfo.environment["PLUMBLINE_REQUIRE_SHARED"] != nil {
        Issue.record("no Python with duckdb, pyjwt and rfc8785: \(made.err)")
      } else {
        print("skipped: no Python with duckdb, pyjwt and rfc8785")
      }
      return nil
    }
  }
  private static let lock = NSLock()
}
#endif
