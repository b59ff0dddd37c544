#if Companion
import ArgumentParser
import CommandSupport
import Plumbline
import PlumblineJSON
import PlumblineKeys
import PlumblineRecord
import PlumblineStore

struct LogStatementCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "statement",
    abstract: "A decision as an in-toto statement (v1); signed, in a DSSE envelope.")

  @Argument(help: "The log.")
  var log: String

  @Argument(help: ArgumentHelp("The decision.", valueName: "case/seq"))
  var decision: DecisionName

  @Option(help: "A file with the private key (JWK, Ed25519) that signs it.")
  var signingKey: String?

  func run() throws {
    let signer = try signingKey.map { path in
      try Secret.key(path) { bytes throws(KeyError) in try SigningKey(jwk: bytes) }
    }
    let statement = try OpenLog.read(log) {
      try InTotoStatement.make(decision.caseID, decision.seq, in: $0)
    }
    Console.print(
      try signer.map { try InTotoStatement.envelope(statement, $0) }?.compactText
        ?? statement.compactText)
  }
}
#endif
