import Foundation
import Testing

/// The invariants of `Docs/Architecture.md` that a test can hold.
@Suite struct ArchitectureTests {
  /// Target and what it may import, from the page's table.
  static func table() throws -> [String: Set<String>] {
    let page = try String(
      contentsOf: Tool.root.appendingPathComponent("Docs/Architecture.md"), encoding: .utf8)
    var table: [String: Set<String>] = [:]
    var inside = false
    for line in page.components(separatedBy: "\n") {
      if line.hasPrefix("| target |") {
        inside = true
        continue
      }
      guard inside, !line.hasPrefix("| ---") else { continue }
      guard line.hasPrefix("|") else { break }
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      table[cells[1]] = Set(
        cells[3].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
    }
    return table
  }

  static func sources(_ target: String) -> [URL] {
    let folder = Tool.root.appendingPathComponent("Sources/\(target)")
    let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return (all?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
  }

  /// The modules a file imports.
  static func imports(_ file: URL) throws -> Set<String> {
    var found: Set<String> = []
    for line in try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n") {
      let words = line.split(separator: " ")
      guard let at = words.firstIndex(of: "import"), at <= 2, words.count > at + 1,
        words[..<at].allSatisfy({
          ["public", "package", "internal", "@testable", "@_exported"].contains($0)
        })
      else { continue }
      found.insert(String(words[at + 1].split(separator: ".")[0]))
    }
    return found
  }

  @Test func everyTargetImportsOnlyWhatTheTableAllows() throws {
    let table = try Self.table()
    let folders = try FileManager.default.contentsOfDirectory(
      atPath: Tool.root.appendingPathComponent("Sources").path
    ).filter { !$0.hasPrefix("CLib") && $0 != "Plugins" }
    #expect(Set(folders) == Set(table.keys))
    for (target, allowed) in table {
      var used: Set<String> = []
      for file in Self.sources(target) {
        let imports = try Self.imports(file)
        used.formUnion(imports)
        let surplus = imports.subtracting(allowed)
        #expect(surplus.isEmpty, "\(file.lastPathComponent) of \(target) imports \(surplus)")
      }
      let system: Set<String> = ["Darwin", "Glibc", "Musl", "Dispatch", "Synchronization"]
      let unused = allowed.subtracting(used).subtracting(system)
      #expect(unused.isEmpty, "the table allows \(target) \(unused), which it does not import")
    }
  }

  @Test func cStandsBehindOneModule() throws {
    for target in try Self.table().keys {
      for file in Self.sources(target) {
        let text = try String(contentsOf: file, encoding: .utf8)
        if target != "YAMLSyntax" {
          #expect(!text.contains("yaml_parser_"), "\(file.path)")
        }
        if target != "CEL" { #expect(!text.contains("cre2_"), "\(file.path)") }
      }
    }
  }

  @Test func theCommandLoadsNeitherFoundationNorAStore() throws {
    #if os(Linux)
    let run = try Tool.run(
      URL(fileURLWithPath: "/usr/bin/env"), ["ldd", Tool.plumb.path], in: Tool.root)
    #expect(run.status == 0)
    #expect(run.out.contains("libyaml"))
    for library in [
      "libFoundation.so", "FoundationInternationalization", "icu", "sqlite", "libpq", "ssl",
      "curl", "z3",
    ] {
      #expect(!run.out.contains(library), "plumb loads \(library)")
    }
    #endif
  }
}
