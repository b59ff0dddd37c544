import CEL
import CELConformance
import Foundation
import PlumblineJSON
import Testing

@testable import CELTimeZones

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
  /// Held against Foundation's, as far as the past goes: what a government decides for the future is in one of
  /// the two databases before it is in the other.
  @Test(arguments: [
    "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia", "America/Sao_Paulo", "Europe/Dublin", "Etc/GMT+5", "Pacific/Auckland",
  ])
  func agreeWithFoundation(_ name: String) throws {
    let zone = try #require(TimeZone(identifier: name))
    var seed: UInt64 = 1
    var wrong: [Int64] = []
    for _ in 0..<2_000 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      // 1970 to 2020.
      let second = Int64(seed >> 16) % 1_577_836_800
      let wanted = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
      if SystemTimeZones.offset(name, at: second) != Int64(wanted) { wrong.append(second) }
    }
    #expect(wrong.prefix(3) == [])
  }

  /// A file of one offset and a rule for all time, as the database's last lines are.
  private static func file(_ rule: String, offset: Int32) -> [UInt8] {
    func header(types: UInt8) -> [UInt8] {
      Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15 + 16) + [0, 0, 0, types, 0, 0, 0, 4]
    }
    let type = withUnsafeBytes(of: offset.bigEndian) { Array($0) } + [0, 0] + Array("ABC\0".utf8)
    return header(types: 1) + type + header(types: 1) + type + Array("\n\(rule)\n".utf8)
  }

  /// By hand: the rules of POSIX, of both hemispheres, by month, by day of the year and by Julian day.
  @Test(arguments: [
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2150-03-29T00:59:59Z", 3_600),
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2150-03-29T01:00:00Z", 7_200),
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2150-10-25T00:59:59Z", 7_200),
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2150-10-25T01:00:00Z", 3_600),
    ("EST5EDT,M3.2.0,M11.1.0", "2026-03-08T06:59:59Z", -18_000),
    ("EST5EDT,M3.2.0,M11.1.0", "2026-03-08T07:00:00Z", -14_400),
    ("EST5EDT,M3.2.0,M11.1.0", "2026-11-01T06:00:00Z", -18_000),
    ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-15T00:00:00Z", 39_600),
    ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-07-15T00:00:00Z", 37_800),
    ("AAA3BBB,J60,300", "2024-03-01T04:59:59Z", -10_800),
    ("AAA3BBB,J60,300", "2024-03-01T05:00:00Z", -7_200),
    ("AAA3BBB,J60,300", "2024-10-27T04:00:00Z", -10_800),
    ("<+0545>-5:45", "2026-07-15T00:00:00Z", 20_700),
    ("no rule", "2026-07-15T00:00:00Z", 1_234),
  ])
  func rules(_ rule: String, _ moment: String, _ offset: Int64) throws {
    let zone = try #require(ZoneFile(Self.file(rule, offset: 1_234)))
    let date = try #require(ISO8601DateFormatter().date(from: moment))
    #expect(zone.offset(at: Int64(date.timeIntervalSince1970)) == offset)
  }

  @Test func aDamagedFileIsNoZone() {
    let whole = Self.file("CET-1CEST,M3.5.0,M10.5.0/3", offset: 3_600)
    #expect(ZoneFile(whole) != nil)
    for count in 0..<92 { #expect(ZoneFile(Array(whole[..<count])) == nil, "\(count) bytes") }
    var seed: UInt64 = 9
    for _ in 0..<2_000 {
      var bytes = whole
      for _ in 0..<3 {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes[Int(seed >> 33) % bytes.count] = UInt8(truncatingIfNeeded: seed >> 24)
      }
      _ = ZoneFile(bytes)?.offset(at: Int64(bitPattern: seed) >> 20)
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
