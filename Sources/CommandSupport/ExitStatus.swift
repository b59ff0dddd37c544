package import ArgumentParser
import Plumbline

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What the exit status says.
package enum ExitStatus {
  package static let fine = ExitCode(0)
  package static let finding = ExitCode(1)
  package static let wrongCall = ExitCode(2)

  /// How a command ends that threw an error: says what is wrong, and exits. A wrong call is 2, as is a file that
  /// can't be used.
  package static func end(_ root: any ParsableCommand.Type, with error: any Error) -> Never {
    if let error = error as? FileError {
      Console.error("\(Console.program): \(error)")
      exit(2)
    }
    if let code = error as? ExitCode { exit(code.rawValue) }
    let status = root.exitCode(for: error)
    let message = root.fullMessage(for: error)
    if status.isSuccess {
      if !message.isEmpty { Console.print(message) }
      exit(0)
    }
    if !message.isEmpty { Console.error(message) }
    exit(2)
  }
}
