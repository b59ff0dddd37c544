#if Companion
import ArgumentParser
import CEL
import CommandSupport
import Foundation
import Plumbline
import PlumblineJSON
import PlumblineKeys
import PlumblineRecord
import PlumblineRuntime
import PlumblineStore

struct PermitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "permit",
    abstract: "Holds a permit against what is to be done, before it is done.",
    subcommands: [PermitVerifyCommand.self])
}

struct PermitVerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Whether a permit lets this be done now, and only once.",
    discussion: """
      What you are about to do is held against what the guard allowed: give --case, --action and --args.
      With --log the permit is redeemed: it is good once, whoever asks.

      Exit status: 0 it is permitted; 1 it is not; 2 a wrong call.
      """)

  @Argument(help: "The permit, a JSON Web Token; `-` reads it from standard input.")
  var token: String

  @Option(help: "The public key (JWK, Ed25519) of the guard.")
  var publicKey: String

  @Option(name: .customLong("case"), help: "The case it is done for.")
  var caseID: String

  @Option(help: "What is about to be done.")
  var action: String

  @Option(help: "The arguments it is about to be done with, a JSON object.")
  var args: String

  @Option(help: "The meaning hash of the bundle that has to have allowed it.")
  var meaning: String?

  @Option(help: "The step it has to have been allowed in.")
  var step: String?

  @Option(help: "The moment to judge by, such as 2026-01-31T10:00:00Z; now, where none is given.")
  var at: Moment?

  @Option(help: "Redeem it in this log.")
  var log: String?

  @OptionGroup var keys: KeyOptions

  func run() async throws {
    let token =
      try token == "-"
      ? String(decoding: FileSystem.read("-", limit: 1 << 20), as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines) : self.token
    let now = at?.time.seconds ?? Int64(Date().timeIntervalSince1970)
    var use = PermitToken.Use(now: now)
    use.caseID = caseID
    use.action = action
    use.meaning = meaning
    use.step = step
    do {
      use.arguments = JSON(try JSONDocument.parse(Array(args.utf8)).root)
    } catch {
      throw ValidationError("--args is not JSON: \(error)")
    }
    let key = try Secret.publicKey(publicKey)
    do {
      let verified = try await PermitToken.verify(token, with: key, for: use)
      if let log {
        let store = try OpenLog.store(log, creates: false)
        let recorder = Recorder(appendingWith: try keys.settings())
        let isFirst = try store.write {
          try recorder.redeem(
            verified.id, of: verified.caseID, at: TimeText.text(.init(seconds: now)), in: $0)
        }
        guard isFirst else { throw KeyError("the permit was redeemed before") }
      }
      Console.print(verified.json.compactText)
    } catch let error as KeyError {
      Console.error("\(Console.program): not permitted: \(error)")
      throw ExitStatus.finding
    }
  }
}
#endif
