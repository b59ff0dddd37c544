import Foundation
import Testing

/// The README's tour, run as it stands: each `$` line is a command, the lines below it are what it prints
/// (`…` stands for any lines, or for the rest of one).
@Suite struct ReadmeTests {
  struct Step {
    var command: String
    var output: [String] = []
  }

  static func steps() throws -> [Step] {
    let text = try String(
      contentsOf: Tool.root.appendingPathComponent("README.md"), encoding: .utf8)
    var steps: [Step] = []
    var inside = false
    for line in text.components(separatedBy: "\n") {
      if line == "```console" {
        inside = true
      } else if line == "```" {
        inside = false
      } else if inside, line.hasPrefix("$ ") {
        steps.append(Step(command: String(line.dropFirst(2))))
      } else if inside, !steps.isEmpty {
        steps[steps.count - 1].output.append(line)
      }
    }
    return steps
  }

  @Test func theTourDoesWhatItShows() throws {
    let steps = try Self.steps()
    #expect(steps.count >= 8)
    try Tool.withFolder { folder in
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent("Specs"),
        withDestinationURL: Tool.root.appendingPathComponent("Specs"))
      let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
      for step in steps {
        let run = try Tool.run(
          URL(fileURLWithPath: "/bin/sh"), ["-c", step.command + " 2>&1"], in: folder,
          environment: ["PATH": Tool.products.path + ":" + path])
        #expect(run.status <= 2, "\(step.command)")
        let printed = run.out.components(separatedBy: "\n")
        var at = 0
        for line in step.output where line != "…" {
          let wanted = line.hasSuffix("…") ? String(line.dropLast()) : line
          let found = printed[at...].firstIndex {
            line.hasSuffix("…") ? $0.hasPrefix(wanted) : $0 == wanted
          }
          guard let found else {
            Issue.record("`\(step.command)` does not print `\(line)` but:\n\(run.out)")
            break
          }
          at = found + 1
        }
      }
    }
  }

  @Test func theReplayOfTheRecordedRunsIsTheOneShown() throws {
    guard let shared = Tool.shared else { return }
    let readme = try String(
      contentsOf: Tool.root.appendingPathComponent("README.md"), encoding: .utf8)
    let runs = shared.appendingPathComponent("airline/runs.jsonl")
    let trace = try Tool.run(
      ["import", "chat", runs.path, "--clock", "2024-05-15T15:00:00-05:00"])
    #expect(trace.status == 0)
    let replay = try Tool.run(["replay", "Specs/airline", "-"], input: trace.out)
    #expect(replay.status == 1)
    let shown = replay.out.components(separatedBy: "\n\nrequirements\n")[0]
    #expect(readme.contains(shown), "the README shows another summary than:\n\(shown)")
  }

  @Test func theTwoCommandsAreOneLineEach() throws {
    let text = try String(
      contentsOf: Tool.root.appendingPathComponent("README.md"), encoding: .utf8)
    for marker in ["run-command", "test-command"] {
      let parts = text.components(separatedBy: "<!-- \(marker) -->")
      #expect(parts.count == 2)
      let block = parts[1].components(separatedBy: "<!-- end -->")[0]
      let lines = block.split(separator: "\n").filter { !$0.hasPrefix("```") }
      #expect(lines.count == 1)
      #expect(lines[0].contains("libyaml-dev"))
    }
  }
}
