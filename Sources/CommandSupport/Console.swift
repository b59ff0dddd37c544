import Plumbline

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Standard output and error, buffered and checked: a full disk or a closed pipe is an error, not silence.
package enum Console {
  /// The name that messages begin with.
  package static let program: String = {
    let own = CommandLine.arguments.first ?? "plumb"
    return own.split(separator: "/").last.map(String.init) ?? own
  }()

  /// Writes a line to standard output.
  package static func print(_ text: String) { write(Array(text.utf8) + [10]) }

  /// Writes bytes to standard output; ends the program where that fails.
  package static func write(_ bytes: [UInt8]) {
    do {
      try FileSystem.append(bytes, to: STDOUT_FILENO, path: "standard output")
    } catch {
      // A reader that has seen enough (`| head`) is no failure worth a message.
      if errno != EPIPE { Console.error("\(program): \(error)") }
      exit(2)
    }
  }

  /// Writes a line to standard error.
  package static func error(_ text: String) {
    try? FileSystem.append(Array(text.utf8) + [10], to: STDERR_FILENO, path: "standard error")
  }

  /// Whether diagnostics may be coloured: a terminal, and no `NO_COLOR`.
  package static var colorsErrors: Bool {
    isatty(STDERR_FILENO) == 1 && getenv("NO_COLOR") == nil
      && getenv("TERM").map { String(cString: $0) } != "dumb"
  }

  package static var showsProgress: Bool { isatty(STDERR_FILENO) == 1 }

  /// Shows how far long work is, on a terminal only; overwritten by the next call.
  package static func progress(_ text: String) {
    guard showsProgress else { return }
    try? FileSystem.append(
      Array("\r\u{1B}[K\(text)".utf8), to: STDERR_FILENO, path: "standard error")
  }
}
