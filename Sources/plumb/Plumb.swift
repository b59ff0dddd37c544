import ArgumentParser
import CommandSupport
import Plumbline

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The command `plumb`.
struct Plumb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumb",
    abstract: "Compiles living specs into what keeps an AI agent on them.",
    discussion: """
      A SPEC is a spec package (a folder of YAML files) or a compiled bundle.json. Data goes to
      standard output, diagnostics to standard error; `-` stands for standard input or output.

      Exit status: 0 nothing worse than a warning; 1 a deny, an escalation, a finding or stale
      output; 2 a wrong call or a spec with errors.

      Handed over to the companion `plumbd`: \(HandOver.commands.joined(separator: ", ")).
      """,
    version: "plumb \(PlumblineVersion.current), spec language 1, bundle format 1",
    subcommands: [
      InitCommand.self, CheckCommand.self, CompileCommand.self, SwiftCommand.self,
      DecideCommand.self,
      ReplayCommand.self, DigestCommand.self, ExplainCommand.self, ImportCommand.self,
    ])
}

@main
enum Main {
  static func main() {
    signal(SIGPIPE, SIG_IGN)
    let arguments = Array(CommandLine.arguments.dropFirst())
    if HandOver.takes(arguments) { HandOver.run(arguments) }
    do {
      var command = try Plumb.parseAsRoot(arguments)
      try command.run()
    } catch {
      ExitStatus.end(Plumb.self, with: error)
    }
  }
}
