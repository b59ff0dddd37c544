public import PlumblineJSON

/// A file of the official conformance suite, written as JSON.
///
/// Source: github.com/google/cel-spec, `tests/simple`.
public struct SuiteFile: Sendable {
  /// Its name without `.json`.
  public let name: String
  let cases: [SuiteCase]

  /// Why a file is none of the suite.
  public struct Unreadable: Error, CustomStringConvertible {
    public let description: String
  }

  /// - Throws: `Unreadable` where the value is no such file: nothing of it is run.
  public init(name: String, _ json: JSON) throws(Unreadable) {
    self.name = name
    guard let sections = json["sections"]?.elements else {
      throw Unreadable(description: "no `sections`: not a file of the suite")
    }
    var cases: [SuiteCase] = []
    for (number, section) in sections.enumerated() {
      guard let title = section["name"]?.string, let tests = section["tests"]?.elements else {
        throw Unreadable(description: "section \(number + 1) lacks `name` or `tests`")
      }
      for test in tests { cases.append(try SuiteCase(section: title, test)) }
    }
    self.cases = cases
  }

  /// Runs every test but those that need protobuf messages.
  public func run() -> SuiteResult {
    var result = SuiteResult()
    for test in cases {
      if test.needsProtobuf {
        result.skipped += 1
      } else if let got = test.run() {
        result.failures.append(
          .init(
            file: name, section: test.section, name: test.name, expected: test.expected.text,
            got: got))
      } else {
        result.passed += 1
      }
    }
    return result
  }
}

/// What a run gave.
public struct SuiteResult: Sendable {
  public struct Failure: Sendable, Hashable {
    public let file: String
    public let section: String
    public let name: String
    public let expected: String
    public let got: String
  }
  public internal(set) var passed = 0
  /// Tests that need protobuf messages.
  public internal(set) var skipped = 0
  public internal(set) var failures: [Failure] = []

  public init() {}

  public static func + (a: Self, b: Self) -> Self {
    var sum = a
    sum.passed += b.passed
    sum.skipped += b.skipped
    sum.failures += b.failures
    return sum
  }
}

/// The results of files, in the order in which they were added.
public struct SuiteReport: Sendable {
  public private(set) var files: [(name: String, result: SuiteResult)] = []

  public init() {}

  /// Adds what a file gave; files of one name count together.
  public mutating func add(_ name: String, _ result: SuiteResult) {
    if let index = files.firstIndex(where: { $0.name == name }) {
      files[index].result = files[index].result + result
    } else {
      files.append((name, result))
    }
  }

  public var total: SuiteResult { files.reduce(SuiteResult()) { $0 + $1.result } }

  /// `{"files":{name:{"passed","failed","skipped"}},"passed","failed","skipped","failures":[…]}`
  public func json() -> JSON {
    func counts(_ result: SuiteResult) -> [JSON.Member] {
      [
        .init("passed", .int(Int64(result.passed))),
        .init("failed", .int(Int64(result.failures.count))),
        .init("skipped", .int(Int64(result.skipped))),
      ]
    }
    let total = total
    return .object(
      [.init("files", .object(files.map { .init($0.name, .object(counts($0.result))) }))]
        + counts(total)
        + [
          .init(
            "failures",
            .array(
              total.failures.map { failure in
                .object([
                  .init("file", .string(failure.file)), .init("section", .string(failure.section)),
                  .init("name", .string(failure.name)),
                  .init("expected", .string(failure.expected)), .init("got", .string(failure.got)),
                ])
              }))
        ])
  }

  /// A table of the files, and each failure.
  public func text() -> String {
    let width = max(16, files.map(\.name.count).max() ?? 0)
    func line(_ name: String, _ result: SuiteResult) -> String {
      func right(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: " ", count: max(0, 8 - text.count)) + text
      }
      return name + String(repeating: " ", count: max(0, width - name.count))
        + right(result.passed) + right(result.failures.count) + right(result.skipped) + "\n"
    }
    let total = total
    var out =
      "file" + String(repeating: " ", count: width - 4) + "  passed  failed skipped\n"
    out += files.map { line($0.name, $0.result) }.joined()
    out += line("all", total)
    for failure in total.failures {
      out += "\n\(failure.file)/\(failure.section)/\(failure.name)\n"
      out += "  expected \(failure.expected)\n  got      \(failure.got)\n"
    }
    return out
      + "\n\(total.passed) passed, \(total.failures.count) failed, \(total.skipped) skipped"
      + " (protobuf)\n"
  }
}
