#if Companion
import ArgumentParser
import CommandSupport
import Plumbline
import PlumblineJSON
import PlumblineKeys

struct KeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key",
    abstract: "Keys that sign checkpoints and permits (Ed25519, as JSON Web Keys).",
    subcommands: [New.self, Public.self])

  struct New: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "new", abstract: "Makes a private key. No file is written over.")
    @Argument(help: "The file to write; only its owner may read it.")
    var path: String

    func run() throws {
      try FileSystem.create(
        Array((SigningKey().jwk.compactText + "\n").utf8), at: path, mode: 0o600)
    }
  }

  struct Public: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "public", abstract: "Writes the public part of a key: what others verify with.")
    @Argument(help: "The private key.")
    var path: String

    func run() throws { Console.print(try Secret.publicKey(path).jwk.compactText) }
  }
}
#endif
