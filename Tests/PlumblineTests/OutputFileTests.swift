import Foundation
import Testing

/// No command writes over what it reads, and an output stands under its name once it is whole.
@Suite struct OutputFileTests {
  static let trace = "desk/traces/first.jsonl"

  static let clashes: [(arguments: [String], says: String)] = [
    (["--decisions", trace], "--decisions would overwrite it"),
    (["--findings", "desk/../desk/traces/first.jsonl"], "--findings would overwrite it"),
    (["--by-case", "soft.jsonl"], "--by-case would overwrite it"),
    (["--decisions", "hard.jsonl"], "--decisions would overwrite it"),
    (["--decisions", "desk/desk.yaml"], "--decisions would overwrite it"),
    (["--decisions", "desk/traces/INC-1.twin.jsonl"], "--decisions would overwrite it"),
    (["--decisions", "key", "--key", "key"], "--decisions would overwrite it"),
    (["--decisions", "x", "--findings", "x"], "both --decisions and --findings"),
    (["--decisions", "x", "--by-case", "./x"], "both --decisions and --by-case"),
    (["--findings", "x", "--by-case", "dangling"], "both --findings and --by-case"),
    (["--findings", "old", "--by-case", "old-too"], "both --findings and --by-case"),
    (["--decisions", "-", "--findings", "-"], "both --decisions and --findings"),
  ]

  @Test(arguments: clashes)
  func nothingIsWrittenWhereOutputsClash(_ arguments: [String], _ says: String) throws {
    try Tool.withFolder { folder in
      let before = try Self.prepare(folder)
      let run = try Tool.run(["replay", "desk", Self.trace] + arguments, in: folder)
      #expect(run.status == 2)
      #expect(run.out == "")
      #expect(run.err.contains(says), "\(run.err)")
      #expect(try Self.contents(folder) == before)
    }
  }

  /// Standard input may be the file too.
  @Test func standardInputIsAFile() throws {
    try Tool.withFolder { folder in
      let before = try Self.prepare(folder)
      let script =
        "'\(Tool.plumb.path)' replay desk - --decisions hard.jsonl < \(Self.trace)"
      let run = try Tool.run(
        URL(fileURLWithPath: "/bin/sh"), ["-c", script], in: folder)
      #expect(run.status == 2)
      #expect(run.err.contains("the same file as standard input"), "\(run.err)")
      #expect(try Self.contents(folder) == before)
    }
  }

  /// What nothing writes there would be removed: the specs themselves.
  @Test(arguments: [
    ["compile", "desk", "-o", "."], ["compile", ".", "-o", "."],
    ["compile", "desk", "-o", "around"],
  ])
  func compilingOverTheSpecsIsRefused(_ arguments: [String]) throws {
    try Tool.withFolder { folder in
      _ = try Self.prepare(folder)
      let around = folder.appendingPathComponent("around")
      try FileManager.default.createDirectory(at: around, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: around.appendingPathComponent("desk").path, withDestinationPath: "../desk")
      let before = try Self.contents(folder)
      let run = try Tool.run(arguments, in: folder)
      #expect(run.status == 2)
      #expect(run.err.contains("name another output folder"), "\(run.err)")
      #expect(try Self.contents(folder) == before)
    }
  }

  /// A package that holds its own bundle is not the leftover of a spec that is gone.
  @Test func anotherPackageWithABundleStays() throws {
    try Tool.withFolder { folder in
      _ = try Tool.run(["init", "desk"], in: folder)
      _ = try Tool.run(["init", "specs/other"], in: folder)
      try "{}".write(
        to: folder.appendingPathComponent("desk/bundle.json"), atomically: true, encoding: .utf8)
      let before = try Self.contents(folder.appendingPathComponent("desk"))
      let run = try Tool.run(["compile", "specs/other", "-o", "."], in: folder)
      #expect(run.status == 0, "\(run.err)")
      #expect(try Self.contents(folder.appendingPathComponent("desk")) == before)
    }
  }

  @Test func anOutputIsWholeOrAsItWas() throws {
    try Tool.withFolder { folder in
      _ = try Self.prepare(folder)
      // The second trace is not there: the first one's decisions are no whole output.
      let failed = try Tool.run(
        ["replay", "desk", Self.trace, "nowhere.jsonl", "--decisions", "old"], in: folder)
      #expect(failed.status == 2)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(names.filter { $0.contains("partial") } == [])
      let old = folder.appendingPathComponent("old")
      #expect(try String(contentsOf: old, encoding: .utf8) == "old\n")
      // Through a link what it points to is replaced, with its rights.
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: old.path)
      let run = try Tool.run(["replay", "desk", Self.trace, "--decisions", "old-too"], in: folder)
      #expect(run.status == 1)
      #expect(try Tool.lines(old).count == 7)
      let link = folder.appendingPathComponent("old-too").path
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "old")
      let rights = try FileManager.default.attributesOfItem(atPath: old.path)[.posixPermissions]
      #expect(rights as? Int == 0o600)
    }
  }

  @Test func devicesAndStandardOutputAreWrittenTo() throws {
    try Tool.withFolder { folder in
      _ = try Self.prepare(folder)
      let run = try Tool.run(
        [
          "replay", "desk", Self.trace, "--decisions", "/dev/null", "--findings", "/dev/null",
          "--by-case", "-",
        ], in: folder)
      #expect(run.status == 1)
      #expect(run.out.hasPrefix(#"{"case":"c-1""#), "\(run.out)")
    }
  }

  /// A package, its trace under other names, and a few files beside it.
  static func prepare(_ folder: URL) throws -> [String: String] {
    _ = try Tool.run(["init", "desk"], in: folder)
    let files = FileManager.default
    let path = { (name: String) in folder.appendingPathComponent(name).path }
    try files.createSymbolicLink(atPath: path("soft.jsonl"), withDestinationPath: trace)
    try files.linkItem(atPath: path(trace), toPath: path("hard.jsonl"))
    try files.createSymbolicLink(atPath: path("dangling"), withDestinationPath: "x")
    try Data("secret\n".utf8).write(to: folder.appendingPathComponent("key"))
    try Data("old\n".utf8).write(to: folder.appendingPathComponent("old"))
    try files.createSymbolicLink(atPath: path("old-too"), withDestinationPath: "old")
    return try contents(folder)
  }

  /// Every file of a folder with its text.
  static func contents(_ folder: URL) throws -> [String: String] {
    var found: [String: String] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      let file = folder.appendingPathComponent(name)
      found[name] = (try? String(contentsOf: file, encoding: .utf8)) ?? "(none)"
    }
    return found
  }
}
