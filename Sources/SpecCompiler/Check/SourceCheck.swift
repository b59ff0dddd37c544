import PlumblineDiagnostics
import SpecModel
import Suggestions

/// `source: FILE#SECTION`: the file is looked for in the package, the section among its headings.
enum SourceCheck {
  static func check(_ input: CheckInput) -> [Diagnostic] {
    var sections: [String: Set<String>?] = [:]
    var diagnostics: [Diagnostic] = []
    for index in input.requirements.indices {
      guard let source = input.requirements[index].source, source.value.utf8.contains(0x23),
        let hash = source.value.firstIndex(of: "#")
      else { continue }
      let file = String(source.value[..<hash])
      let section = String(source.value[source.value.index(after: hash)...])
      guard !file.isEmpty, !file.contains(" ") else { continue }
      let known: Set<String>?
      if let cached = sections[file] {
        known = cached
      } else {
        known = input.package.read(file).map { headings(String(decoding: $0, as: UTF8.self)) }
        sections[file] = .some(known)
      }
      guard let known else {
        diagnostics.append(.sourceNotHere(file, at: source.range))
        continue
      }
      if !section.isEmpty, !known.contains(slug(section)) {
        diagnostics.append(
          .sourceWithoutSection(
            section, file, at: source.range,
            near: Suggest.nearest(slug(section), among: known.sorted())))
      }
    }
    return diagnostics
  }

  /// The headings and anchors of a text in Markdown, as their names in links; lines that begin with a
  /// number (`2.3 Refunds`) go by that too.
  static func headings(_ text: String) -> Set<String> {
    var found: Set<String> = []
    for line in text.split(whereSeparator: \.isNewline) {
      var rest = line.drop { $0 == " " || $0 == "\t" }
      let marks = rest.prefix { $0 == "#" }
      if !marks.isEmpty {
        rest = rest.dropFirst(marks.count)
        while rest.last == "#" || rest.last == " " { rest = rest.dropLast() }
        found.insert(slug(String(rest)))
      }
      let words = rest.split(separator: " ")
      if let first = words.first, first.first?.isNumber == true {
        var number = String(first)
        while number.last == "." || number.last == ")" { number.removeLast() }
        found.insert(slug(number))
      }
      for mark in ["id=\"", "name=\"", "{#"] {
        var from = line.startIndex
        while let start = line[from...].range(of: mark) {
          let name = line[start.upperBound...].prefix { $0 != "\"" && $0 != "}" }
          found.insert(slug(String(name)))
          from = start.upperBound
        }
      }
    }
    return found
  }

  static func slug(_ text: String) -> String {
    var result = ""
    for character in text.lowercased() {
      if character.isLetter || character.isNumber || character == "_" || character == "." {
        result.append(character)
      } else if character == " " || character == "-" {
        if !result.isEmpty, result.last != "-" { result.append("-") }
      }
    }
    while result.last == "-" { result.removeLast() }
    return result
  }
}

extension Substring {
  /// The first place of a text in this one.
  fileprivate func range(of needle: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(needle) {
        return start..<index(start, offsetBy: needle.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
