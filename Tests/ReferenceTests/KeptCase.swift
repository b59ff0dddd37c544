import Foundation
import PlumblineBundle
import PlumblineJSON

/// A spec and a trace on which the interpreters once disagreed, and what both must say now.
struct KeptCase {
  var about: String
  var bundle: SpecBundle
  var trace: [JSON]
  /// What is said to each event.
  var expected: [String] = []

  init(about: String, bundle: SpecBundle, trace: [JSON], expected: [String] = []) {
    self.about = about
    self.bundle = bundle
    self.trace = trace
    self.expected = expected
  }

  struct Problem: Error, CustomStringConvertible { var description: String }

  init(_ bytes: [UInt8]) throws {
    let json = try JSON(JSONDocument.parse(bytes).root)
    guard let written = json["bundle"], let trace = json["trace"]?.elements else {
      throw Problem(description: "a case needs `bundle` and `trace`")
    }
    about = json["about"]?.string ?? ""
    bundle = try SpecBundle.decode(written.encoded())
    self.trace = trace
    expected = (json["expect"]?.elements ?? []).compactMap(\.string)
  }

  var json: JSON {
    let bundle = (try? JSON(JSONDocument.parse(bundle.encode()).root)) ?? .null
    return .object([
      .init("about", .string(about)), .init("bundle", bundle), .init("trace", .array(trace)),
      .init("expect", .array(expected.map { .string($0) })),
    ])
  }

  static let folder = Package.folder.appendingPathComponent("Tests/ReferenceTests/Cases")

  static var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
      .filter { $0.hasSuffix(".json") }.sorted()
  }
}

/// The package that these tests are part of.
enum Package {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func bytes(_ url: URL) throws -> [UInt8] { Array(try Data(contentsOf: url)) }
}
