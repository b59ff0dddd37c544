#if Companion
import Foundation
import PlumblineJSON
import PlumblineKeys
import PlumblineRuntime
import Testing

/// A folder with keys and logs, as a person would have it.
struct RecordDesk {
  let folder: URL
  static let support = Tool.root.appendingPathComponent("Specs/support").path
  static let trace = Tool.root.appendingPathComponent("Specs/support/traces/desk.jsonl").path

  /// Runs a body with a new one: `key.jwk` signs, `public.jwk` verifies.
  static func with<T>(_ body: (RecordDesk) throws -> T) throws -> T {
    try Tool.withFolder { folder in
      let desk = RecordDesk(folder: folder)
      #expect(try desk.run("key", "new", "key.jwk").status == 0)
      let key = try desk.run("key", "public", "key.jwk")
      #expect(key.status == 0)
      try Tool.write(key.out, "public.jwk", in: folder)
      return try body(desk)
    }
  }

  func run(_ arguments: String..., input: String? = nil) throws -> Tool.Run {
    try Tool.run(arguments, in: folder, input: input)
  }

  /// Records the traces of a spec; the log is signed.
  @discardableResult
  func record(
    _ traces: [String] = [trace], log: String = "desk.log", spec: String = support,
    _ more: String..., input: String? = nil
  ) throws -> Tool.Run {
    let run = try Tool.run(
      ["log", "record", spec] + traces + ["--log", log, "--signing-key", "key.jwk"] + more,
      in: folder, input: input)
    #expect(run.status < 2, "\(run.err)")
    return run
  }

  func verify(_ log: String, _ more: String...) throws -> Tool.Run {
    try Tool.run(["log", "verify", log, "--public-key", "public.jwk"] + more, in: folder)
  }

  func text(_ name: String) throws -> String {
    try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
  }

  func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  func lines(_ name: String) throws -> [String] {
    try text(name).split(separator: "\n").map(String.init)
  }

  /// Writes a log of these lines.
  func write(_ lines: [String], _ name: String) throws {
    try Tool.write(lines.map { $0 + "\n" }.joined(), name, in: folder)
  }
}

enum RecordKeys {
  static func signer(_ desk: RecordDesk) throws -> SigningKey {
    try SigningKey(jwk: try desk.bytes("key.jwk"))
  }
}

enum EventText {
  static func read(_ line: String) throws -> Event {
    try TraceReader.read(try JSONDocument.parse(Array(line.utf8)).root)
  }
}
#endif
