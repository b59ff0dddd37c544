#if Companion
import ArgumentParser
import CommandSupport
import Plumbline
import PlumblineRecord
import PlumblineRuntime
import PlumblineStore

struct LogEraseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "erase",
    abstract: "Erases what a case held; the chain of the log can be verified as before.",
    discussion: """
      What stays of each event: its number, time and kind, the decision, the rules it broke, and who asked.
      Exports that were made before are not reached: they are yours to delete.
      """)

  @Argument(help: "The log.")
  var log: String

  @Option(name: .customLong("case"), help: "The case.")
  var caseID: String

  @Option(help: "Why; it stays in the log, so it must not say what is to be forgotten.")
  var reason: String

  @OptionGroup var keys: KeyOptions

  func run() throws {
    let store = try OpenLog.store(log, creates: false)
    let recorder = Recorder(appendingWith: try keys.settings())
    let count = try store.write { try recorder.erase(caseID, reason: reason, in: $0) }
    Console.print("case \(caseID): what \(Words.count(count, "record")) held is erased")
  }
}

struct LogRefoldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refold",
    abstract: "Goes on with a case under another bundle: all its events are folded anew.")

  @Argument(help: "A spec package, or a bundle.json.")
  var spec: String

  @Option(help: "The log.")
  var log: String

  @Option(name: .customLong("case"), help: "The case.")
  var caseID: String

  @OptionGroup var keys: KeyOptions

  func run() throws {
    let spec = try LoadedSpec.loadOrExit(spec, key: keys.key)
    let store = try OpenLog.store(log, creates: false)
    let recorder = try Recorder(bundle: spec.bytes, settings: try keys.settings())
    let state = try store.write { try recorder.refold(caseID, in: $0) }
    let meaning = spec.guardEngine.meaning.prefix(12)
    if let state {
      Console.print(
        "case \(caseID): \(Words.count(state.seq, "event")) folded anew under \(meaning)")
    } else {
      Console.print("case \(caseID): has this bundle already (\(meaning))")
    }
  }
}
#endif
