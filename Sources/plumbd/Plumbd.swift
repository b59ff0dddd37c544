import ArgumentParser
import CommandSupport
import Plumbline

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The companion of `plumb` for what needs a store or a server.
#if Companion
struct Plumbd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumbd",
    abstract: "The companion of plumb for what needs a store or a server.",
    discussion: """
      Call these as commands of `plumb`, which hands them over.

      Exit status: 0 nothing worse than a warning; 1 a deny, an escalation, a finding; 2 a wrong call, or a
      log that can't be used.
      """,
    version: "plumbd \(PlumblineVersion.current)",
    subcommands: [
      LogCommand.self, ExplainLogCommand.self, PermitCommand.self, KeyCommand.self,
    ])
}
#else
struct Plumbd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumbd",
    abstract: "The companion of plumb for what needs a store or a server.",
    discussion: """
      This one was built without its commands. Build it with them: \
      swift build --traits Companion --product plumbd
      """)

  @Argument(help: "The command that plumb handed over.")
  var command: [String] = []

  func run() async throws {
    if let first = command.first {
      throw ValidationError(
        "`\(first)` is not in this plumbd: it was built without `--traits Companion`")
    }
    throw CleanExit.helpRequest(self)
  }
}
#endif

@main
enum Main {
  static func main() async {
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try Plumbd.parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      #if Companion
      if let message = Refusal.text(error) {
        Console.error("\(Console.program): \(message)")
        exit(2)
      }
      #endif
      ExitStatus.end(Plumbd.self, with: error)
    }
  }
}
