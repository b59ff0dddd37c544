/// One mistake, one message: diagnostics that have one cause are put together.
public enum OneMistake {
  /// How many further places of one name are shown.
  private static let shownPlaces = 5
  /// What is said of a name that nothing declares.
  private static let unknownNames: Set<String> = [
    "PL0201", "PL0202", "PL0203", "PL0204", "PL0205", "PL0206", "PL0207", "PL0208", "PL0303",
    "PL0304", "PL0305",
  ]

  /// A name that is no tool is an activity, if nothing else says that it is a mistake.
  private static let activity = "PL0417"

  /// Puts together what has one cause; the order stays. Remarks are made on sound specs only.
  public static func merge(_ diagnostics: [Diagnostic], in sources: SourceSet) -> [Diagnostic] {
    let merged = sameName(cutByComment(diagnostics, in: sources), in: sources)
    guard merged.contains(where: { $0.severity == .error }) else { return merged }
    return merged.filter { $0.severity != .note }
  }

  /// A name that is misspelt where it is declared is missing wherever it is used: told at the first place.
  private static func sameName(
    _ diagnostics: [Diagnostic], in sources: SourceSet
  ) -> [Diagnostic] {
    struct Name: Hashable {
      let written: [UInt8]
      /// What was meant, or what is missing.
      let about: String
    }
    var groups: [Name: [Int]] = [:]
    for (index, diagnostic) in diagnostics.enumerated() {
      guard diagnostic.severity == .error || diagnostic.code == activity,
        var written = text(place(diagnostic), sources)
      else { continue }
      let about: String
      if let help = diagnostic.help, help.hasPrefix("did you mean `") {
        about = help
      } else if unknownNames.contains(diagnostic.code) {
        about = diagnostic.message
      } else {
        continue
      }
      // In conditions some names stand as text.
      if let quote = written.first, quote == 0x22 || quote == 0x27, written.last == quote {
        written = Array(written.dropFirst().dropLast())
      }
      groups[Name(written: written, about: about), default: []].append(index)
    }
    var result = diagnostics
    var merged: Set<Int> = []
    for group in groups.values where group.count > 1 {
      let sorted = group.sorted {
        (diagnostics[$0].severity != .error ? 1 : 0, diagnostics[$0].range)
          < (diagnostics[$1].severity != .error ? 1 : 0, diagnostics[$1].range)
      }
      let first = sorted[0]
      merged.formUnion(sorted.dropFirst())
      var shown = [place(diagnostics[first])]
      for other in sorted where !shown.contains(place(diagnostics[other])) {
        shown.append(place(diagnostics[other]))
      }
      let others = shown.dropFirst()
      for other in others.prefix(shownPlaces) {
        result[first].notes.append(.init("the same name is here", at: other))
      }
      if let last = others.last, others.count > shownPlaces {
        result[first].notes.append(
          .init(
            "and at \(others.count - shownPlaces) more, the last of them here", at: last))
      }
    }
    return result.indices.filter { !merged.contains($0) }.map { result[$0] }
  }

  /// Where the name itself stands: in a term perhaps, that another place uses.
  private static func place(_ diagnostic: Diagnostic) -> SourceRange {
    if let last = diagnostic.notes.last, last.message.hasPrefix("in the term ") {
      return last.range
    }
    return diagnostic.range
  }

  /// A comment that cuts a value short explains what is wrong with the rest.
  private static func cutByComment(
    _ diagnostics: [Diagnostic], in sources: SourceSet
  ) -> [Diagnostic] {
    guard diagnostics.contains(where: { $0.code == "PL0013" }) else { return diagnostics }
    var result = diagnostics
    var merged: Set<Int> = []
    for (number, comment) in diagnostics.enumerated() where comment.code == "PL0013" {
      for (index, diagnostic) in diagnostics.enumerated()
      where diagnostic.code != "PL0013" && diagnostic.range.file == comment.range.file
        && diagnostic.range.end <= comment.range.start
      {
        let between = SourceRange(
          file: comment.range.file, start: diagnostic.range.end, end: comment.range.start)
        guard text(between, sources)?.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) == true else {
          continue
        }
        result[index].notes.append(.init(comment.message, at: comment.range))
        result[index].help = comment.help
        merged.insert(number)
      }
    }
    return result.indices.filter { !merged.contains($0) }.map { result[$0] }
  }

  private static func text(_ range: SourceRange, _ sources: SourceSet) -> [UInt8]? {
    guard let bytes = sources[range.file]?.bytes, range.start >= 0, range.start <= range.end,
      Int(range.end) <= bytes.count
    else { return nil }
    return Array(bytes[Int(range.start)..<Int(range.end)])
  }
}
