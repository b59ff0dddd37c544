import Foundation

/// The fences of `Docs/Language.md`.
///
/// ` ```yaml plumb ` is a whole spec, ` name=NAME ` gives it a name, and ` in=NAME ` is read together
/// with the spec of that name. ` ```json file=PATH ` is another file of the package.
struct LanguagePage {
  struct Fence {
    var line: Int
    var text: String
    var name: String?
    var base: String?
  }

  var specs: [Fence] = []
  var files: [String: String] = [:]

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func read() throws -> LanguagePage {
    let url = root.appendingPathComponent("Docs/Language.md")
    let lines = try String(contentsOf: url, encoding: .utf8).components(separatedBy: "\n")
    var page = LanguagePage()
    var index = 0
    while index < lines.count {
      let head = lines[index]
      index += 1
      guard head.hasPrefix("```"), head.count > 3 else { continue }
      let first = index
      while index < lines.count, lines[index] != "```" { index += 1 }
      let text = lines[first..<min(index, lines.count)].joined(separator: "\n") + "\n"
      index += 1
      let words = head.dropFirst(3).split(separator: " ").map(String.init)
      func option(_ key: String) -> String? {
        words.first { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
      }
      if words.contains("plumb") {
        page.specs.append(
          Fence(line: first + 1, text: text, name: option("name"), base: option("in")))
      } else if let path = option("file") {
        page.files[path] = text
      }
    }
    return page
  }

  /// The spec files of a fence, by name.
  func package(_ fence: Fence) -> [(path: String, text: String)] {
    let own = (path: "spec.yaml", text: fence.text)
    guard let base = fence.base else { return [own] }
    let harness = specs.first { $0.name == base }.map { [(path: "base.yaml", text: $0.text)] }
    return (harness ?? []) + [own]
  }
}
