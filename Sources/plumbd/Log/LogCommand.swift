#if Companion
import ArgumentParser

struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "The record of what was proposed and decided: write, verify, replay, query it.",
    discussion: """
      A LOG is a record (an SQLite file that `log record` made), or a log exported from one.
      """,
    subcommands: [
      LogRecordCommand.self, LogVerifyCommand.self, LogReplayCommand.self, LogQueryCommand.self,
      LogExportCommand.self, LogCheckpointCommand.self, LogStatementCommand.self,
      LogEraseCommand.self, LogRefoldCommand.self,
    ])
}
#endif
