import Foundation
import Plumbline
import PlumblineJSON
import PlumblineRuntime
import Testing

/// Logs of other systems, as people export them, through `import log` and `replay`.
@Suite struct LogImportTests {
  static let spec = """
    plumb: 1
    spec: permits
    requirements:
      - id: P-1
        statement: When a request is registered, the office shall decide on it within two days.
        declare: { template: response, events: [Register request (v2), Decide 1st instance], within: 48h }
      - id: P-2
        statement: The office shall decide only after a check.
        declare: { template: precedence, events: [[Check ticket, Check in depth], Decide 1st instance] }
      - id: P-3
        statement: The office shall not pay twice.
        declare: { template: absence, n: 2, events: [{ event: Pay, where: args.amount != "0" }] }
      - id: P-4
        statement: When a request is registered, the office shall archive it.
        declare: { template: response, events: [Register request (v2), Archive] }

    """

  static let csv = """
    case_id,activity,timestamp,amount,note\r
    A,Register request (v2),2026-01-05 09:00,,\r
    A,Check ticket,2026-01-05 10:00,,"said ""ok"", fine"\r
    A,Decide 1st instance,2026-01-06 10:00,,\r
    A,Archive,2026-01-06 10:00,,\r
    B,Register request (v2),2026-01-05 09:30,,\r
    B,Decide 1st instance,2026-01-05 11:00,,\r
    B,Pay,2026-01-05 12:00,10,\r
    B,Pay,2026-01-05 11:30,0,\r
    B,Pay,2026-01-05 13:00,5,\r
    C,Register request (v2),2026-01-05 09:00,,\r
    C,Check in depth,2026-01-08 09:00,,\r

    """

  /// The same events as JSON Lines and as XES.
  static func others() -> (jsonl: String, xes: String) {
    var jsonl = ""
    var traces: [(String, String)] = []
    for line in csv.components(separatedBy: "\r\n").dropFirst() where !line.isEmpty {
      let note = line.contains("said") ? "said \"ok\", fine" : nil
      let cells = line.components(separatedBy: ",")
      var object = ["case_id": cells[0], "activity": cells[1], "timestamp": cells[2]]
      if !cells[3].isEmpty { object["amount"] = cells[3] }
      object["note"] = note
      let members = object.keys.sorted().map { key in
        let text = (object[key] ?? "").replacingOccurrences(of: "\"", with: "\\\"")
        return "\"\(key)\":\"\(text)\""
      }
      jsonl += "{\(members.joined(separator: ","))}\n"
      var event = "<event><string key=\"concept:name\" value=\"\(cells[1])\"/>"
      event += "<date key=\"time:timestamp\" value=\"\(cells[2].replacing(" ", with: "T")):00Z\"/>"
      if !cells[3].isEmpty { event += "<string key=\"amount\" value=\"\(cells[3])\"/>" }
      if note != nil {
        event += "<string key=\"note\" value=\"said &quot;ok&#34;, fine\"/>"
      }
      event += "</event>\n"
      if traces.last?.0 == cells[0] {
        traces[traces.count - 1].1 += event
      } else {
        traces.append((cells[0], event))
      }
    }
    let xes =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a log -->\n<log xes.version=\"2.0\">\n"
      + traces.map {
        "<trace><string key=\"concept:name\" value=\"\($0.0)\"/>\n\($0.1)</trace>\n"
      }.joined() + "</log>\n"
    return (jsonl, xes)
  }

  private func write(_ text: String, _ name: String, in folder: URL) throws {
    try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
  }

  @Test func oneLogInThreeFormatsIsOneTrace() throws {
    try Tool.withFolder { folder in
      let others = Self.others()
      try write(Self.csv, "log.csv", in: folder)
      try write(others.jsonl, "log.jsonl", in: folder)
      try write(others.xes, "log.xes", in: folder)
      let runs = try ["log.csv", "log.jsonl", "log.xes"].map {
        try Tool.run(["import", "log", $0], in: folder)
      }
      for run in runs {
        #expect(run.status == 0)
        #expect(
          run.err
            == "plumb: warning: 1 event stood behind a later one of their case (1 of 3 cases); these cases are sorted by time\n"
        )
      }
      #expect(runs[0].out == runs[1].out)
      #expect(runs[0].out == runs[2].out)
      let lines = runs[0].out.split(separator: "\n").map(String.init)
      #expect(lines.count == 11)
      #expect(
        lines[1]
          == #"{"case":"A","time":"2026-01-05T10:00:00Z","type":"activity","name":"Check ticket","data":{"note":"said \"ok\", fine"}}"#
      )
      // Sorted by time within the case, and nowhere else.
      #expect(lines[6].contains(#""amount":"0""#) && lines[7].contains(#""amount":"10""#))
    }
  }

  @Test func importedActivitiesAreJudgedByRequirementAndCase() throws {
    try Tool.withFolder { folder in
      try write(Self.spec, "permits.yaml", in: folder)
      try write(Self.csv, "log.csv", in: folder)
      #expect(try Tool.run(["check", "."], in: folder).out == "no errors\n")
      let open = try Tool.run(["import", "log", "log.csv"], in: folder)
      let replay = try Tool.run(
        ["replay", ".", "-", "--by-case", "cases", "--format", "json"], in: folder, input: open.out)
      #expect(replay.status == 1)
      let summary = try Tool.json(replay.out)
      #expect(summary["events"] as? Int == 11)
      #expect(
        summary["requirements"] as? [String: [String: Int]] == [
          "P-1": ["overdue": 1], "P-2": ["violated": 1], "P-3": ["violated": 1],
        ])
      let cases = try Tool.lines(folder.appendingPathComponent("cases"))
      #expect(cases.map { $0["case"] as? String } == ["A", "B", "C"])
      #expect(cases.map { $0["events"] as? Int } == [4, 5, 2])
      #expect(cases.map { $0["open"] as? Bool } == [true, true, true])
      #expect(
        cases.map { $0["requirements"] as? [String: [String: Int]] } == [
          [:], ["P-2": ["violated": 1], "P-3": ["violated": 1]], ["P-1": ["overdue": 1]],
        ])
      let obligations = cases.map {
        ($0["obligations"] as? [[String: Any]] ?? []).map { $0["requirement"] as? String }
      }
      #expect(obligations == [[], ["P-4"], ["P-4"]])

      let closed = try Tool.run(["import", "log", "log.csv", "--close"], in: folder)
      #expect(
        closed.out
          == open.out + """
            {"case":"A","time":"2026-01-06T10:00:00Z","type":"close"}
            {"case":"B","time":"2026-01-05T13:00:00Z","type":"close"}
            {"case":"C","time":"2026-01-08T09:00:00Z","type":"close"}

            """)
      let text = try Tool.run(
        ["replay", ".", "-", "--by-case", "cases"], in: folder, input: closed.out)
      #expect(text.status == 1)
      #expect(text.out.contains("  P-4  violated 2  (2 cases)\n"))
      #expect(text.out.contains("  P-1  overdue 1  (1 case)\n"))
      let after = try Tool.lines(folder.appendingPathComponent("cases"))
      #expect(after.map { $0["open"] as? Bool } == [false, false, false])
      #expect(
        after.map { ($0["obligations"] as? [Any])?.count } == [0, 0, 0])
    }
  }

  @Test func aRowThatCannotBeTakenIsToldAndLeftOut() throws {
    try Tool.withFolder { folder in
      let rows = "case,activity,time\nA,Begin,2026-01-05\nA,Wait,soon\nA,,2026-01-06\nA,End\n"
      try write(
        rows + "Ä,End,2026-02-30\nA,End,2026-01-07T10:00:00.25+02:00\n", "l.csv", in: folder)
      let run = try Tool.run(["import", "log", "l.csv"], in: folder)
      #expect(run.status == 1)
      #expect(
        run.err == """
          l.csv:3:8: error: `soon` is no time such as 2026-01-31T10:00:00Z
          l.csv:4:3: error: a row without its activity
          l.csv:5:1: error: a row of 2 cells; the header names 3 columns
          l.csv:6:7: error: `2026-02-30` is no time such as 2026-01-31T10:00:00Z

          """)
      #expect(
        run.out == """
          {"case":"A","time":"2026-01-05T00:00:00Z","type":"activity","name":"Begin","data":{}}
          {"case":"A","time":"2026-01-07T08:00:00.25Z","type":"activity","name":"End","data":{}}

          """)
    }
  }

  /// What is no log gives nothing: status 2 and one message at its place.
  @Test(arguments: [
    ("csv", "", "1:1: error: an empty file; its first line must name the columns"),
    ("csv", "case;activity;time\n", "1:1: error: no column with the case of an event"),
    ("csv", "case,activity,time,time\n", "1:20: error: two columns are named `time`"),
    ("csv", "case,activity,time\nA,\"b,c\n", "2:3: error: a quoted cell that does not end"),
    (
      "csv", "case,activity,time\nA,b\"c\n",
      "2:4: error: a quote within a cell that starts without one"
    ),
    ("csv", "case,activity,time\nA,\"b\"c\n", "2:6: error: text behind the end of a quoted cell"),
    ("csv", "case,activity,time\nA\rB\n", "2:2: error: a carriage return without a line feed"),
    ("xes", "", "1:1: error: no element"),
    ("xes", "<trace/>", "1:1: error: an XES log starts with `<log>`"),
    ("xes", "<log>\n<trace>\n", "3:1: error: the text ends within `<trace>`"),
    ("xes", "<log></trace>", "1:6: error: `</trace>` where `</log>` is due"),
    (
      "xes", "<!DOCTYPE log [<!ENTITY a \"aaaa\">]><log/>",
      "1:1: error: a document type or another declaration"
    ),
    ("xes", "<log a='1' a='2'/>", "1:12: error: the attribute `a` is given twice"),
    ("xes", "<log a='&b;'/>", "1:9: error: `&b;` is no reference that XML itself knows"),
    (
      "xes", "<log><trace><color key='a' value='b'/></trace></log>",
      "1:13: error: `<color>` is no attribute that XES knows"
    ),
    (
      "xes", "<?xml version='1.0' encoding='ISO-8859-1'?><log/>",
      "1:1: error: the encoding `iso-8859-1`; only UTF-8 is read"
    ),
    ("jsonl", "{\"id\":\"A\"}\n", "1:1: error: no key with the case of an event"),
  ])
  func whatIsNoLog(format: String, text: String, message: String) throws {
    try Tool.withFolder { folder in
      let run = try Tool.run(
        ["import", "log", "-", "--as", format], in: folder, input: text)
      #expect(run.status == 2)
      #expect(run.out.isEmpty)
      let first = run.err.split(separator: "\n").first.map(String.init)
      #expect(first == "standard input:\(message)")
    }
  }

  @Test func otherFilesAreToldForWhatTheyAre() throws {
    let starts: [([UInt8], String)] = [
      ([0x1F, 0x8B, 8], "gzip"), ([0x50, 0x4B, 3, 4], "ZIP"), ([0xFF, 0xFE, 0x61], "UTF-16"),
      (Array("case\nA".utf8) + [0xE9], "not UTF-8"),
    ]
    for (bytes, word) in starts {
      let problem = #expect(throws: LogImport.Problem.self) { try LogImport(.csv).read(bytes) }
      #expect(problem?.message.contains(word) == true)
      #expect(problem?.help?.isEmpty == false)
    }
  }

  @Test func optionsAndTheirMistakes() throws {
    try Tool.withFolder { folder in
      try write("id;was;at\n1;Begin;2026-01-05 09:00\n", "l.csv", in: folder)
      let options = ["--case", "id", "--activity", "was", "--time", "at", "--delimiter", ";"]
      let run = try Tool.run(
        ["import", "log", "l.csv"] + options + ["--zone", "+01:00"], in: folder)
      #expect(run.status == 0)
      #expect(
        run.out
          == #"{"case":"1","time":"2026-01-05T08:00:00Z","type":"activity","name":"Begin","data":{}}"#
          + "\n")
      let typo = try Tool.run(
        ["import", "log", "l.csv", "--case", "idd", "--delimiter", ";"], in: folder)
      #expect(typo.status == 2)
      #expect(
        typo.err == """
          l.csv:1:1: error: no column `idd` for --case
            help: did you mean `id`? the log has `id`, `was`, `at`

          """)
      let wrong: [[String]] = [
        ["l.txt"], ["l.csv", "--zone", "here"], ["l.csv", "--delimiter", "ab"],
        ["l.csv", "--delimiter", "\""], ["l.xes", "--case", "x"], ["l.jsonl", "--delimiter", ";"],
        ["l.csv.gz"], ["nowhere.csv"],
      ]
      for arguments in wrong {
        let run = try Tool.run(["import", "log"] + arguments, in: folder)
        #expect(run.status == 2, "\(arguments)")
        #expect(run.out.isEmpty && !run.err.isEmpty, "\(arguments)")
      }
    }
  }

  @Test func xesAttributesKeepTheirTypes() throws {
    let log = """
      <log>
        <global scope="event"><string key="org:group" value="desk"/></global>
        <global scope="trace"><int key="priority" value="3"/></global>
        <trace><string key="concept:name" value="A"/><boolean key="vip" value="true"/>
          <event><string key="concept:name" value="Begin"/><date key="time:timestamp" value="2026-01-05T09:00:00+01:00"/>
            <string key="lifecycle:transition" value="start"/></event>
          <event><string key="concept:name" value="Begin"/><date key="time:timestamp" value="2026-01-05T09:30:00+01:00"/>
            <string key="lifecycle:transition" value="complete"/><float key="cost" value="1.5"/><int key="n" value="12345678901234567890"/>
            <list key="parts"><values><string key="p" value="x"/><int key="p" value="2"/></values></list></event>
        </trace>
        <trace><event><string key="concept:name" value="Lost"/></event></trace>
      </log>
      """
    var importer = LogImport(.xes)
    importer.lifecycle = "complete"
    let result = try importer.read(Array(log.utf8))
    #expect(
      String(decoding: result.trace, as: UTF8.self)
        == #"{"case":"A","time":"2026-01-05T08:30:00Z","type":"activity","name":"Begin","data":{"lifecycle:transition":"complete","cost":1.5,"n":12345678901234567890,"parts":["x",2],"org:group":"desk","case:vip":true,"case:priority":3}}"#
        + "\n")
    #expect(result.filtered == 1)
    #expect(
      result.problems.map(\.description) == [
        "11:3: error: a trace without its `concept:name`; its event is left out"
      ])
  }

  @Test func aLogGoneWrongGivesEventsOrAProblem() throws {
    let others = Self.others()
    for (format, text) in [
      (LogImport.Format.csv, Self.csv), (.jsonl, others.jsonl), (.xes, others.xes),
    ] {
      InputFuzzTests.mutate([Array(text.utf8)]) { bytes, round in
        let result: LogImport.Result
        do throws(LogImport.Problem) {
          result = try LogImport(format).read(bytes)
        } catch {
          #expect(error.line >= 1 && error.column >= 1, "round \(round)")
          return
        }
        var count = 0
        for line in result.trace.split(separator: 10) {
          count += 1
          guard let document = try? JSONDocument.parse(Array(line)),
            case .success = TraceReader.event(from: document.root)
          else {
            Issue.record("round \(round): no event: \(String(decoding: line, as: UTF8.self))")
            continue
          }
        }
        #expect(count == result.events, "round \(round)")
      }
    }
  }
}
