import CommandSupport

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What needs a store or a server lives in the companion `plumbd`, so that `plumb` stays light.
enum HandOver {
  static let commands = [
    "serve", "mcp", "log", "key", "review", "approve", "permit", "report", "probe",
  ]

  /// Whether a call is one of the companion's. Explaining is both: a trace is plumb's, a log is not.
  static func takes(_ arguments: [String]) -> Bool {
    guard let first = arguments.first else { return false }
    if first == "explain" {
      return arguments.contains { $0 == "--log" || $0.hasPrefix("--log=") }
    }
    return commands.contains(first)
  }

  /// Becomes `plumbd` with the same arguments: the one beside this executable, else the one on the path.
  static func run(_ arguments: [String]) -> Never {
    let own = CommandLine.arguments.first ?? ""
    var candidates = ["plumbd"]
    if let slash = own.lastIndex(of: "/") { candidates.insert(own[...slash] + "plumbd", at: 0) }
    for candidate in candidates {
      var pointers: [UnsafeMutablePointer<CChar>?] = ([candidate] + arguments).map { strdup($0) }
      pointers.append(nil)
      execvp(candidate, &pointers)
      for pointer in pointers { free(pointer) }
    }
    Console.error(
      "plumb: `\(arguments.first ?? "")` is a command of the companion `plumbd`, which was not found beside plumb or on the path"
    )
    exit(2)
  }
}
