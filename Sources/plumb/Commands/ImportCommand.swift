import ArgumentParser
import CommandSupport
import Plumbline

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Turns recordings of other tools into traces.",
    subcommands: [Chat.self, ImportLogCommand.self])

  struct Chat: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Chat transcripts (OpenAI's or Anthropic's message form) to a trace.",
      discussion: """
        One JSON object a line with `id` and `messages`. Texts become messages of user or agent, each
        tool call a proposal, each answer its result. A transcript's own times are kept; where there
        are none, every event stands at --clock.
        """)

    @Argument(help: "Transcripts, a conversation a line; `-` is standard input.")
    var file: String

    @Option(
      help: "The time of messages without one, RFC 3339, as 2026-01-31T09:00:00Z.")
    var clock: String?

    func run() throws {
      if let clock, ChatImport.isTime(clock) == false {
        throw ValidationError(
          "--clock: `\(clock)` is no RFC 3339 time such as 2026-01-31T09:00:00Z")
      }
      let importer = ChatImport(clock: clock ?? ChatImport.epoch)
      let bytes = try FileSystem.read(file)
      var failed = false
      var number = 0
      var usedEpoch = false
      for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
        number += 1
        if line.allSatisfy({ $0 == 32 || $0 == 13 || $0 == 9 }) { continue }
        do {
          let result = try importer.events(of: Array(line), line: number)
          usedEpoch = usedEpoch || result.usedClock
          var out: [UInt8] = []
          for event in result.lines {
            out += event
            out.append(10)
          }
          Console.write(out)
          for problem in result.problems {
            failed = true
            Console.error("\(file):\(number):1: warning: \(problem.message)")
          }
        } catch {
          failed = true
          Console.error("\(file):\(number):1: error: \(error.message)")
        }
      }
      if clock == nil, usedEpoch {
        Console.error(
          "plumb: note: messages without a time stand at \(ChatImport.epoch); give --clock for another"
        )
      }
      if failed { throw ExitStatus.finding }
    }
  }
}
