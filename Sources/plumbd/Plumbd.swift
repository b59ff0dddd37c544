import ArgumentParser

#if canImport(Darwin)
  import Darwin
#else
  @preconcurrency import Glibc
#endif

/// The companion of `plumb` for what needs a store or a server. Its commands come with the record and
/// the server; until then it says so, and exits like any wrong call.
@main
struct Plumbd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumbd",
    abstract: "The companion of plumb for what needs a store or a server.",
    discussion: "This version has no commands yet; `plumb` has all there is.")

  @Argument(help: "The command that plumb handed over.")
  var command: [String] = []

  func run() throws {
    if let first = command.first {
      throw ValidationError("`\(first)` is not in this version of plumbd")
    }
    throw CleanExit.helpRequest(self)
  }

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      guard exitCode(for: error).isSuccess else {
        fputs(fullMessage(for: error) + "\n", stderr)
        _exit(2)
      }
      print(fullMessage(for: error))
    }
  }
}
