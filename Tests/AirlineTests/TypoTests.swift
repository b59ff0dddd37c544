import Foundation
import Plumbline
import PlumblineDiagnostics
import Testing

/// One typo at a time in the airline's spec: `check` says so at its line, and mostly which word was meant.
///
/// `PLUMBLINE_TYPOS=300` makes that many, `=all` every one; `PLUMBLINE_TYPO_SEED` picks others.
@Suite struct TypoTests {
  struct Place {
    var file: Int
    var line: Int
    var range: Range<Int>
    var word: String
    /// The word is a key whose name the author chooses: a typo there is seen where the name is used.
    var isKey: Bool
  }

  struct Typo {
    var place: Place
    var word: String
  }

  enum Outcome {
    case atTheLine(named: Bool)
    case elsewhere, missed
  }

  /// What people read, and what stands for an id or a name of the world: other words are no mistake.
  static let prose: Set<String> = [
    "statement", "tell", "notes", "source", "goal", "purpose", "owner", "spec", "version", "text",
    "summary", "id", "of", "message", "email", "brand", "city", "country", "province", "payment_id",
    "user_id", "reservation_id", "first_name", "last_name", "flight_number", "origin",
    "destination",
  ]

  /// The words of a file that name something.
  static func places(_ bytes: [UInt8], file: Int) -> [Place] {
    let text = String(decoding: bytes, as: UTF8.self)
    var places: [Place] = []
    var offset = 0
    var line = 0
    var inPatterns = false
    /// Deeper lines than this are the rest of a text.
    var textIndent: Int?
    for row in text.split(separator: "\n", omittingEmptySubsequences: false) {
      line += 1
      defer { offset += row.utf8.count + 1 }
      let indent = row.prefix { $0 == " " }.count
      if row.allSatisfy({ $0 == " " }) { continue }
      if let limit = textIndent, indent > limit { continue }
      textIndent = nil
      if indent == 0 { inPatterns = row.hasPrefix("patterns:") }
      var code = row
      if let comment = code.range(of: " #") { code = code[..<comment.lowerBound] }
      if code.drop(while: { $0 == " " }).hasPrefix("#") { continue }
      let key = code.drop { $0 == " " || $0 == "-" }.prefix { $0.isLetter || $0 == "_" }
      let isEntry = code[key.endIndex...].hasPrefix(":")
      let isExampleName = isEntry && key == "name" && code.contains("- name:")
      if isEntry, prose.contains(String(key)) || isExampleName || inPatterns && indent > 0 {
        // An entry of a file's own type is checked; a text is not.
        let rest = code[code.index(after: key.endIndex)...]
        let isType = ["string", "number", "date"].contains {
          rest.trimmingCharacters(in: .whitespaces) == $0
        }
        if !isType {
          textIndent = code.contains("- ") && !inPatterns ? indent + 2 : indent
          if key != "id" { code = code[..<key.endIndex] } else { continue }
        }
      }
      places += words(code, offset: offset, line: line, file: file)
    }
    return places
  }

  /// The words of a line, without the values of keys that are prose.
  private static func words(_ code: Substring, offset: Int, line: Int, file: Int) -> [Place] {
    var found: [Place] = []
    var index = code.startIndex
    var lastKey = ""
    while index < code.endIndex {
      let letter = code[index]
      guard letter.isASCII, letter.isLetter || letter == "_" else {
        // Numbers, ids and dates: `QWE123`, `2024-05-15T…`.
        if letter.isNumber {
          index =
            code[index...].firstIndex { !($0.isLetter || $0.isNumber || "_-:@".contains($0)) }
            ?? code.endIndex
        } else {
          // An escape or a fragment of a pattern within a condition.
          index = code.index(after: index)
          if letter == "\\", index < code.endIndex { index = code.index(after: index) }
        }
        continue
      }
      let end =
        code[index...].firstIndex { !($0.isASCII && ($0.isLetter || $0 == "_")) } ?? code.endIndex
      let word = String(code[index..<end])
      let after = code[end...]
      if let next = after.first, next.isNumber || next == "-" || next == "@" {
        index =
          after.firstIndex { !($0.isLetter || $0.isNumber || "_-@".contains($0)) }
          ?? code.endIndex
        continue
      }
      let isKey = after.first == ":"
      if isKey { lastKey = word }
      let isValue = !isKey && prose.contains(lastKey) && code.contains("{")
      let names = [
        "Ann", "Bob", "Cat", "Dan", "Eve", "Fay", "Lee", "AAA", "BBB", "CCC", "ASD", "QWE",
      ]
      if word.count >= 4 || isKey && word.count >= 3, !names.contains(word),
        !isValue || ["string", "number", "date"].contains(word)
      {
        let start = offset + code[..<index].utf8.count
        found.append(
          Place(
            file: file, line: line, range: start..<start + word.utf8.count, word: word, isKey: isKey
          ))
      }
      index = end
    }
    return found
  }

  /// A letter lost, two swapped, or one doubled.
  static func typo(_ word: String, _ kind: Int, at place: Int) -> String {
    var letters = Array(word)
    let at = 1 + place % max(1, letters.count - 2)
    switch kind % 3 {
    case 0: letters.remove(at: at)
    case 1 where at + 1 < letters.count && letters[at] != letters[at + 1]:
      letters.swapAt(at, at + 1)
    default: letters.insert(letters[at], at: at)
    }
    return String(letters)
  }

  /// Typos after which the spec means something else that is just as well: names that nothing else
  /// speaks of, and texts that conditions compare with texts of the world.
  static func isLegal(_ typo: Typo, _ line: String, uses: Int) -> Bool {
    let word = typo.place.word
    // `startsWith("certificate")`: the ids of the desk's database.
    if line.contains("startsWith(\"\(word)") { return true }
    // What a pattern within a condition looks for.
    if line.contains("(?i") && line.contains("\\\\b") { return true }
    // `enforced_by` takes any text.
    if line.contains("enforced_by:") { return true }
    // Declared, and no rule looks at it.
    if line.contains("args: { origin: string") || line.contains("status: [available]") {
      return true
    }
    // Declared, and named nowhere else.
    return uses == 1
  }

  /// Typos that `check` should see and does not yet: they are counted apart.
  static func isKnownGap(_ typo: Typo, _ line: String) -> Bool {
    // One of several tools keeps its records under a name that nothing reads.
    if line.contains("keeps: reservations[") || line.contains("offers[offer.") { return true }
    // A table's entry that is looked up by a value: `free_bags[…][args.cabin]`.
    let row = line.trimmingCharacters(in: .whitespaces)
    return ["regular: {", "silver: {", "gold: {", "basic_economy: '", "economy: '", "business: '"]
      .contains { row.hasPrefix($0) }
  }

  @Test func everyTypoIsSeen() throws {
    let folder = Recordings.package.appendingPathComponent("Specs/airline")
    let package = try SpecPackage(folder.path)
    let files = package.files.map(\.bytes)
    let places = files.enumerated().flatMap { Self.places($1, file: $0) }
    let uses = Dictionary(grouping: places, by: \.word).mapValues(\.count)
    let environment = ProcessInfo.processInfo.environment
    var random = SplitMix(seed: environment["PLUMBLINE_TYPO_SEED"].flatMap { UInt64($0) } ?? 1)
    let wanted = environment["PLUMBLINE_TYPOS"] ?? "100"
    var typos: [Typo] = []
    if wanted == "all" {
      for (index, place) in places.enumerated() {
        for kind in 0..<3 {
          typos.append(Typo(place: place, word: Self.typo(place.word, kind, at: index)))
        }
      }
    } else {
      for _ in 0..<(Int(wanted) ?? 100) {
        let place = places[Int(random.next() % UInt64(places.count))]
        let word = Self.typo(
          place.word, Int(random.next() % 3), at: Int(random.next() % 1_000))
        typos.append(Typo(place: place, word: word))
      }
    }
    let rows = files.map { bytes in
      String(decoding: bytes, as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    func row(_ typo: Typo) -> String { rows[typo.place.file][typo.place.line - 1] }
    typos = typos.filter { typo in
      uses[typo.word] == nil
        && !Self.isLegal(typo, row(typo), uses: uses[typo.place.word] ?? 1)
    }
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent(
      "plumbline-typos-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let names = package.files.map { ($0.path as NSString).lastPathComponent }
    for (name, bytes) in zip(names, files) {
      try Data(bytes).write(to: scratch.appendingPathComponent(name))
    }
    var seen = (line: 0, named: 0, elsewhere: 0)
    var gaps = 0
    var missed: [String] = []
    for typo in typos {
      let name = names[typo.place.file]
      var bytes = files[typo.place.file]
      bytes.replaceSubrange(typo.place.range, with: Array(typo.word.utf8))
      try Data(bytes).write(to: scratch.appendingPathComponent(name))
      switch try Self.outcome(of: typo, in: scratch.path, name) {
      case .atTheLine(let named):
        seen.line += 1
        if named { seen.named += 1 }
      case .elsewhere: seen.elsewhere += 1
      case .missed where Self.isKnownGap(typo, row(typo)): gaps += 1
      case .missed:
        missed.append("\(name):\(typo.place.line): `\(typo.place.word)` as `\(typo.word)`")
      }
      try Data(files[typo.place.file]).write(to: scratch.appendingPathComponent(name))
    }
    print(
      "typos: \(typos.count); at their line \(seen.line), of which \(seen.named) name the word;",
      "at the uses of the name \(seen.elsewhere); known gaps \(gaps); missed \(missed.count)")
    #expect(missed == [])
    #expect(seen.named * 10 >= seen.line * 9, "did you mean: \(seen.named) of \(seen.line)")
  }

  static func outcome(of typo: Typo, in folder: String, _ name: String) throws -> Outcome {
    var sources = SourceSet()
    let result = try Pipeline.check(folder, into: &sources, against: .none)
    let bad = result.diagnostics.filter { $0.severity != .note }
    if bad.isEmpty { return .missed }
    let here = bad.filter { diagnostic in
      guard let file = sources[diagnostic.range.file], file.path.hasSuffix("/\(name)") else {
        return false
      }
      let first = file.position(at: diagnostic.range.start).line
      let last = file.position(at: diagnostic.range.end).line
      return first...max(first, last) ~= typo.place.line
    }
    func names(_ found: [Diagnostic]) -> Bool {
      found.contains { diagnostic in
        (diagnostic.message + " " + (diagnostic.help ?? "")).contains("`\(typo.place.word)")
      }
    }
    if !here.isEmpty { return .atTheLine(named: names(here)) }
    return .elsewhere
  }
}

/// A small seeded generator: the same typos everywhere.
private struct SplitMix {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
