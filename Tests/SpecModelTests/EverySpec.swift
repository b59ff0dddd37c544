import Foundation

/// The complete example of `Docs/Language.md`: it uses every key of the language.
enum EverySpec {
  static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Docs/Language.md")

  static var text: String {
    guard let page = try? String(contentsOf: page, encoding: .utf8),
      let start = page.range(of: "```yaml plumb name=complete\n"),
      let end = page.range(of: "\n```", range: start.upperBound..<page.endIndex)
    else { return "" }
    return String(page[start.upperBound..<end.lowerBound]) + "\n"
  }
}
