import Plumbline

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Standard output and error, buffered and checked: a full disk or a closed pipe is an error, not silence.
enum Console {
  /// Writes a line to standard output.
  static func print(_ text: String) { write(Array(text.utf8) + [10]) }

  /// Writes bytes to standard output; ends the program where that fails.
  static func write(_ bytes: [UInt8]) {
    do {
      try FileSystem.append(bytes, to: STDOUT_FILENO, path: "standard output")
    } catch {
      // A reader that has seen enough (`| head`) is no failure worth a message.
      if errno != EPIPE { Console.error("plumb: \(error)") }
      exit(2)
    }
  }

  /// Writes a line to standard error.
  static func error(_ text: String) {
    try? FileSystem.append(Array(text.utf8) + [10], to: STDERR_FILENO, path: "standard error")
  }

  /// Whether diagnostics may be coloured: a terminal, and no `NO_COLOR`.
  static var colorsErrors: Bool {
    isatty(STDERR_FILENO) == 1 && getenv("NO_COLOR") == nil
      && getenv("TERM").map { String(cString: $0) } != "dumb"
  }

  static var showsProgress: Bool { isatty(STDERR_FILENO) == 1 }

  /// Shows how far long work is, on a terminal only; overwritten by the next call.
  static func progress(_ text: String) {
    guard showsProgress else { return }
    try? FileSystem.append(
      Array("\r\u{1B}[K\(text)".utf8), to: STDERR_FILENO, path: "standard error")
  }
}
