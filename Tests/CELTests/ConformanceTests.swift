import CEL
import CELConformance
import CELTimeZones
import Foundation
import PlumblineJSON
import Testing

/// The official suite: every test without protobuf messages passes.
///
/// The suite is not part of the project; where it is not beside it, the tests are skipped.
@Suite struct ConformanceTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/cel-conformance").standardizedFileURL
  static let files: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted()
  }()
  static let isRequired = ProcessInfo.processInfo.environment["PLUMBLINE_REQUIRE_SHARED"] != nil

  @Test func theSuiteIsThereWhereItMustBe() {
    #expect(!Self.isRequired || Self.files.count == 30, "\(Self.folder.path): \(Self.files)")
  }

  @Test(
    .enabled(if: !files.isEmpty, "the conformance suite is not beside the project"),
    arguments: files)
  func passes(_ file: String) throws {
    let json = try JSON(
      JSONDocument.parse([UInt8](Data(contentsOf: Self.folder.appending(path: file)))).root)
    let result = try SuiteFile(name: file, json).run()
    #expect(result.failures == [])
    // Counted apart, so that no test can be lost on the way.
    var runnable = 0
    var skipped = 0
    for section in json["sections"]?.elements ?? [] {
      for test in section["tests"]?.elements ?? [] {
        if test["protobuf"] == .bool(true) { skipped += 1 } else { runnable += 1 }
      }
    }
    #expect(result.passed == runnable)
    #expect(result.skipped == skipped)
  }

  /// Printed and read again, each expression is the same.
  @Test(
    .enabled(if: !files.isEmpty, "the conformance suite is not beside the project"),
    arguments: files)
  func printsAndReadsBack(_ file: String) throws {
    let json = try JSON(
      JSONDocument.parse([UInt8](Data(contentsOf: Self.folder.appending(path: file)))).root)
    let extended = Environment(extensions: Set(Environment.Extension.allCases))
    for section in json["sections"]?.elements ?? [] {
      for test in section["tests"]?.elements ?? [] where test["protobuf"] != .bool(true) {
        var environment = extended
        if test["disable_macros"] == .bool(true) { environment.macros = [] }
        let source = try #require(test["expr"]?.string)
        let (expr, issues) = CELParser.parse(source, in: environment)
        #expect(issues == [], "\(source)")
        guard issues.isEmpty else { continue }
        let again = CELParser.parse(expr.unparse(), in: environment)
        #expect(again.issues == [], "\(source) as \(expr.unparse())")
        #expect(again.expr.isSameShape(as: expr), "\(source) as \(expr.unparse())")
      }
    }
  }
}

/// The zones of the system, where its database is there.
@Suite(
  .enabled(
    if: FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/Europe/Berlin"),
    "the system has no time zone database"))
struct TimeZoneTests {
  /// Held against Foundation's, which reads the same database in its own way.
  @Test(arguments: [
    "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca", "Pacific/Apia", "America/Sao_Paulo", "Asia/Tehran", "Europe/Dublin",
    "Antarctica/Troll", "Etc/GMT+5", "America/Nuuk", "Pacific/Auckland",
  ])
  func agreeWithFoundation(_ name: String) throws {
    let zone = try #require(TimeZone(identifier: name))
    var seed: UInt64 = 1
    for _ in 0..<2_000 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      // 1920 to 2400; far future rules stand in the file's last line.
      let second = Int64(bitPattern: seed >> 16) % 15_000_000_000 - 1_500_000_000
      let wanted = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
      #expect(SystemTimeZones.offset(name, at: second) == Int64(wanted), "\(name) at \(second)")
    }
  }

  @Test(arguments: [
    "", "Nowhere/Land", "../../etc/passwd", "/etc/passwd", "Europe", "Europe/", "Europe/../etc",
    "posixrules\0", "zone.tab", String(repeating: "A", count: 1000),
  ])
  func whatIsNoZone(_ name: String) {
    #expect(SystemTimeZones.offset(name, at: 0) == nil)
  }

  @Test func anEnvironmentWithoutZonesKnowsNone() {
    let source = "timestamp('2026-07-01T10:00:00Z').getHours('Europe/Berlin')"
    func value(_ environment: CEL.Environment) -> Value? {
      Program(unchecked: CELParser.parse(source, in: environment).expr, in: environment).constant
    }
    #expect(value(CEL.Environment()) == nil)
    #expect(value(CEL.Environment(timeZones: SystemTimeZones.offset)) == .int(12))
  }
}
