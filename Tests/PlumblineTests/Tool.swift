import Foundation
import Testing

/// Runs the built commands as a person would.
struct Tool {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The folder of the built products: the test bundle lies in it.
  static let products: URL = {
    for bundle in Bundle.allBundles where bundle.bundlePath.hasSuffix(".xctest") {
      return bundle.bundleURL.deletingLastPathComponent()
    }
    return URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
      .deletingLastPathComponent()
  }()

  static var plumb: URL { products.appendingPathComponent("plumb") }

  struct Run {
    var status: Int32
    var out: String
    var err: String
  }

  /// Runs `plumb` with these arguments in a folder.
  static func run(
    _ arguments: [String], in folder: URL = root, input: String? = nil,
    environment: [String: String] = [:]
  ) throws -> Run {
    try run(plumb, arguments, in: folder, input: input, environment: environment)
  }

  static func run(
    _ executable: URL, _ arguments: [String], in folder: URL, input: String? = nil,
    environment: [String: String] = [:]
  ) throws -> Run {
    // Files, not pipes: a full pipe would stop the command.
    let scratch = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: scratch) }
    let outFile = scratch.appendingPathComponent("out")
    let errFile = scratch.appendingPathComponent("err")
    let inFile = scratch.appendingPathComponent("in")
    for file in [outFile, errFile] { try Data().write(to: file) }
    try Data((input ?? "").utf8).write(to: inFile)
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = try FileHandle(forReadingFrom: inFile)
    process.standardOutput = try FileHandle(forWritingTo: outFile)
    process.standardError = try FileHandle(forWritingTo: errFile)
    try process.run()
    process.waitUntilExit()
    return Run(
      status: process.terminationStatus,
      out: String(decoding: try Data(contentsOf: outFile), as: UTF8.self),
      err: String(decoding: try Data(contentsOf: errFile), as: UTF8.self))
  }

  static func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "plumb-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  /// Runs `body` with a new folder that is gone afterwards.
  static func withFolder<T>(_ body: (URL) throws -> T) throws -> T {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  /// Writes a file, and the folders that it stands in.
  static func write(_ text: String, _ path: String, in folder: URL) throws {
    let file = folder.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: file, atomically: true, encoding: .utf8)
  }

  static func json(_ text: String) throws -> [String: Any] {
    try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed])
        as? [String: Any])
  }

  static func lines(_ file: URL) throws -> [[String: Any]] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
      try json(String($0))
    }
  }

  /// The shared data beside the project, or nil where there are none. Where they must be there
  /// (`PLUMBLINE_REQUIRE_SHARED`), their absence fails the test that asks.
  static var shared: URL? {
    let folder = root.deletingLastPathComponent().appendingPathComponent("shared")
    if FileManager.default.fileExists(atPath: folder.path) { return folder }
    if ProcessInfo.processInfo.environment["PLUMBLINE_REQUIRE_SHARED"] != nil {
      Issue.record("the shared data are required but not beside the project")
    } else {
      print("skipped: no shared data beside the project")
    }
    return nil
  }
}
