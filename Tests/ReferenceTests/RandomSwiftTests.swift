import Backends
import Foundation
import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime
import Testing

/// Swift of random specs. `Tests/RandomSpecs/run` compiles it and holds it against the interpreter.
///
/// `PLUMBLINE_SWIFT_OUT` says where to, `PLUMBLINE_SWIFT_SPECS` of how many specs, `PLUMBLINE_SEED` with which seed
/// they begin.
@Suite struct RandomSwiftTests {
  private static let environment = ProcessInfo.processInfo.environment

  /// Most conditions have a function, whatever a spec holds.
  @Test func conditionsAreWritten() throws {
    var all = 0
    var left: [String: Int] = [:]
    for seed in UInt64(1)...240 {
      guard let sound = try? Sound(RandomSpec.make(seed).bundle) else { continue }
      let source = try Self.source(sound.bundle)
      all += source.conditions.count
      for one in source.interpreted { left[one.reason, default: 0] += 1 }
    }
    print("\(all) conditions of random specs, interpreted: \(left)")
    #expect(all > 600)
    #expect(left.values.reduce(0, +) * 20 < all)
  }

  @Test(
    .enabled(if: environment["PLUMBLINE_SWIFT_OUT"] != nil, "asked for by Tests/RandomSpecs/run"))
  func writes() throws {
    let folder = URL(fileURLWithPath: Self.environment["PLUMBLINE_SWIFT_OUT"] ?? "")
    let count = Self.environment["PLUMBLINE_SWIFT_SPECS"].flatMap { Int($0) } ?? 24
    var seed = Self.environment["PLUMBLINE_SEED"].flatMap { UInt64($0) } ?? 1
    var names: [String] = []
    while names.count < count {
      defer { seed += 1 }
      var draft = RandomSpec.make(seed)
      draft.bundle.spec = "random_\(seed)"
      guard let sound = try? Sound(draft.bundle) else { continue }
      let source = try Self.source(sound.bundle)
      for file in source.files() {
        try Data(file.text.utf8).write(
          to: folder.appendingPathComponent("Sources/Specs/\(file.name)"))
      }
      var lines = ""
      for number in 0..<UInt64(12) {
        for event in RandomTrace.make(sound.bundle, seed &* 31 &+ number, events: 24) {
          guard case .object(var members) = event else { continue }
          if let place = members.firstIndex(where: { $0.key == "case" }) {
            members[place].value = .string("\(number)")
          }
          lines += String(decoding: try JSON.object(members).encoded(), as: UTF8.self) + "\n"
        }
      }
      try Data(lines.utf8).write(to: folder.appendingPathComponent("Traces/random_\(seed).jsonl"))
      names.append("\(seed)")
    }
    let list = names.map { seed in
      "  (\"random_\(seed)\", Random\(seed).embedded.engine, Random\(seed).compiled, Random\(seed).Conditions.interpreted),"
    }
    let text = """
      public import PlumblineTyped

      public let everySpec:
        [(name: String, engine: Guard, compiled: CompiledSpec, interpreted: [(condition: String, reason: String)])] = [
      \(list.joined(separator: "\n"))
      ]
      """
    try Data(text.utf8).write(
      to: folder.appendingPathComponent("Sources/Specs/EverySpec.swift"))
  }

  private static func source(_ bundle: SpecBundle) throws -> SwiftSource {
    SwiftSource(
      bundle, meaning: bundle.meaningHash, bytes: bundle.encode(), stem: bundle.spec, folder: ".",
      conditions: try Guard.conditions(of: bundle))
  }
}
