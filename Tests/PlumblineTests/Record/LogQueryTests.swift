#if Companion
import Foundation
import Testing

/// Rows out of a log.
@Suite struct LogQueryTests {
  @Test func filtersPickWhatTheySay() throws {
    try RecordDesk.with { desk in
      let lines = try String(contentsOfFile: RecordDesk.trace, encoding: .utf8)
        .split(separator: "\n").map { line in
          // Who the model was, as far as whoever proposes says so.
          line.contains("\"mon-2\"")
            ? line.replacingOccurrences(
              of: "\"type\":\"propose\"",
              with: "\"type\":\"propose\",\"model\":\"m-2\",\"prompt\":\"9f\"")
            : String(line)
        }
      try desk.write(lines, "models.jsonl")
      try desk.record(["models.jsonl"])
      func rows(_ filters: String...) throws -> [[String: Any]] {
        let run = try Tool.run(["log", "query", "desk.log"] + filters, in: desk.folder)
        #expect(run.status == 0, "\(run.err)")
        return try run.out.split(separator: "\n").map { try Tool.json(String($0)) }
      }
      let all = try rows()
      #expect(all.count == 34)
      func expect(_ picked: [[String: Any]], _ condition: ([String: Any]) -> Bool) {
        #expect(!picked.isEmpty)
        #expect(
          picked.map { $0["position"] as? Int }
            == all.filter(condition).map { $0["position"] as? Int })
      }
      expect(try rows("--case", "mon-3")) { $0["case"] as? String == "mon-3" }
      expect(try rows("--decision", "deny")) { $0["decision"] as? String == "deny" }
      expect(try rows("--action", "issue_refund")) { $0["action"] as? String == "issue_refund" }
      expect(try rows("--agent", "refund-agent")) { $0["agent"] as? String == "refund-agent" }
      expect(try rows("--model", "m-2")) {
        $0["case"] as? String == "mon-2" && $0["type"] as? String == "propose"
      }
      expect(try rows("--since", "2026-04-06T08:00:14Z", "--until", "2026-04-06T08:00:18Z")) {
        let time = $0["time"] as? String ?? ""
        return time >= "2026-04-06T08:00:14Z" && time < "2026-04-06T08:00:18Z"
      }
      let categories = Set(all.compactMap { $0["categories"] as? String }.filter { !$0.isEmpty })
      for category in categories where !category.contains(" ") {
        expect(try rows("--category", category)) {
          ($0["categories"] as? String)?.split(separator: " ").contains(Substring(category)) == true
        }
      }
      let requirements = all.compactMap { $0["requirements"] as? String }.filter { !$0.isEmpty }
      let requirement = try #require(requirements.first)
      expect(try rows("--requirement", requirement)) {
        $0["requirements"] as? String == requirement
      }
      #expect(try rows("--all").count == 77)
      let wrong = try desk.run("log", "query", "desk.log", "--category", "violatd")
      #expect(wrong.status == 2)
      #expect(wrong.err.contains("violated"), "\(wrong.err)")
      #expect(try desk.run("log", "query", "desk.log", "--since", "yesterday").status == 2)
    }
  }

  @Test func duckDBReadsBothForms() throws {
    guard let python = try Python.interpreter() else { return }
    try RecordDesk.with { desk in
      // A name that CSV has to quote.
      let odd =
        #"{"case":"a, \"b\"","time":"2026-05-01T00:00:00Z","type":"propose","action":"get_order","args":{}}"#
      try desk.record([RecordDesk.trace])
      try desk.record(["-"], input: odd)
      for format in ["csv", "jsonl"] {
        let run = try desk.run("log", "query", "desk.log", "--format", format)
        try Tool.write(run.out, "rows.\(format)", in: desk.folder)
      }
      let program = """
        import duckdb
        for rows in ["read_csv('rows.csv', header=true)", "read_json('rows.jsonl')"]:
            print(duckdb.sql(f"select decision, count(*) from {rows} where decision is not null "
                             "group by 1 order by 1").fetchall())
            print(duckdb.sql(f"select \\"case\\" from {rows} order by position desc limit 1").fetchall())
            print(duckdb.sql(f"select typeof(time), typeof(position) from {rows} limit 1").fetchall())
        """
      let run = try Tool.run(python, ["-c", program], in: desk.folder)
      #expect(run.status == 0, "\(run.err)")
      let lines = run.out.split(separator: "\n")
      #expect(lines.count == 6)
      #expect(lines[0] == "[('allow', 28), ('deny', 6), ('escalate', 1)]")
      #expect(lines[1] == "[('a, \"b\"',)]")
      #expect(lines[0] == lines[3])
      #expect(lines[1] == lines[4])
      #expect(lines[2].contains("TIMESTAMP") && lines[2].contains("BIGINT"))
    }
  }
}
#endif
