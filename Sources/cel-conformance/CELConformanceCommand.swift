import ArgumentParser
import CELConformance
import Plumbline
import PlumblineJSON

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The command `cel-conformance`.
@main
struct CELConformanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cel-conformance",
    abstract: "Runs tests of the CEL conformance suite, written as JSON.",
    discussion: """
      Every *.json file of each folder is run. Tests marked `protobuf` are skipped, nothing else is. A test
      that expects an error passes only where the expression type-checks and its evaluation fails.

      Exit status: 0 all passed; 1 a failure; 2 a file that cannot be read, or a wrong call.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Argument(help: "A folder of test files, or one file.")
  var folders: [String]

  @Option(help: "How the result is written.")
  var format: Format = .text

  func run() throws {
    var report = SuiteReport()
    var isWhole = true
    func unreadable(_ path: String, _ reason: String) {
      isWhole = false
      write("cel-conformance: \(path): \(reason)\n", STDERR_FILENO)
    }
    for folder in folders {
      var files = [folder]
      if FileSystem.kind(folder) == .folder {
        do throws(FileError) {
          files = try FileSystem.list(folder).filter { $0.hasSuffix(".json") }.sorted()
            .map { FileSystem.join(folder, $0) }
        } catch {
          unreadable(folder, error.reason)
          continue
        }
        if files.isEmpty { unreadable(folder, "no *.json file in it") }
      }
      for file in files {
        do {
          let json = JSON(try JSONDocument.parse(try FileSystem.read(file)).root)
          let last = file.split(separator: "/").last.map(String.init) ?? file
          let name = last.hasSuffix(".json") ? String(last.dropLast(5)) : last
          report.add(name, try SuiteFile(name: name, json).run())
        } catch let error as FileError {
          unreadable(file, error.reason)
        } catch {
          unreadable(file, "\(error)")
        }
      }
    }
    write(
      format == .json ? report.json().compactText + "\n" : report.text(), STDOUT_FILENO)
    if !isWhole { throw ExitCode(2) }
    if !report.total.failures.isEmpty { throw ExitCode(1) }
  }

  private func write(_ text: String, _ descriptor: Int32) {
    do throws(FileError) {
      try FileSystem.append(Array(text.utf8), to: descriptor, path: "output")
    } catch {
      Self.exit(withError: ExitCode(2))
    }
  }

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let code as ExitCode {
      Self.exit(withError: code)
    } catch {
      // A wrong call is 2 here as in `plumb`.
      let isFine = exitCode(for: error).isSuccess
      let text = fullMessage(for: error)
      try? FileSystem.append(
        Array((text + "\n").utf8), to: isFine ? STDOUT_FILENO : STDERR_FILENO, path: "output")
      Self.exit(withError: ExitCode(isFine ? 0 : 2))
    }
  }
}
