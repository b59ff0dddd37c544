/// The functions of texts. A text is a list of Unicode scalars.
enum PlainStrings {
  private typealias Scalars = [Unicode.Scalar]

  static func method(_ name: String, _ text: String, _ arguments: [Plain]) -> Plain? {
    let all = Array(text.unicodeScalars)
    var texts: [String] = []
    var wholes: [Int64] = []
    for argument in arguments {
      switch argument {
      case .string(let other): texts.append(other)
      case .int(let number): wholes.append(number)
      default: return nil
      }
    }
    let other = Array((texts.first ?? "").unicodeScalars)
    let count = Int64(all.count)
    switch (name, texts.count, wholes.count) {
    case ("contains", 1, 0): return .bool(find(other, in: all, from: 0) != nil)
    case ("startsWith", 1, 0): return .bool(all.starts(with: other))
    case ("endsWith", 1, 0): return .bool(all.reversed().starts(with: other.reversed()))
    case ("matches", 1, 0), ("find", 1, 0), ("findAll", 1, 0), ("findAll", 1, 1):
      return pattern(name, all, texts[0], wholes.first)
    case ("charAt", 0, 1):
      guard wholes[0] >= 0, wholes[0] <= count else { return outOfRange }
      return string(all.dropFirst(Int(wholes[0])).prefix(1))
    case ("indexOf", 1, 0), ("indexOf", 1, 1):
      let start = wholes.first ?? 0
      guard start >= 0, start <= count else { return outOfRange }
      return .int(find(other, in: all, from: Int(start)).map(Int64.init) ?? -1)
    case ("lastIndexOf", 1, 0), ("lastIndexOf", 1, 1):
      let start = wholes.first ?? count
      guard start >= 0, start <= count else { return outOfRange }
      let places = (0...Int(start)).reversed()
      return .int(places.first { starts(other, all, $0) }.map(Int64.init) ?? -1)
    case ("lowerAscii", 0, 0): return string(all.map { shifted($0, "A"..."Z", by: 32) })
    case ("upperAscii", 0, 0): return string(all.map { shifted($0, "a"..."z", by: -32) })
    case ("trim", 0, 0):
      let start = all.drop { $0.properties.isWhitespace }
      return string(start.reversed().drop { $0.properties.isWhitespace }.reversed())
    case ("reverse", 0, 0): return string(all.reversed())
    case ("substring", 0, 1), ("substring", 0, 2):
      let start = wholes[0]
      let end = wholes.count > 1 ? wholes[1] : count
      guard start >= 0, start <= end, end <= count else { return outOfRange }
      return string(all[Int(start)..<Int(end)])
    case ("replace", 2, 0), ("replace", 2, 1):
      let new = Array(texts[1].unicodeScalars)
      return string(replace(all, other, new, wholes.first ?? -1))
    case ("split", 1, 0), ("split", 1, 1): return split(all, other, wholes.first ?? -1)
    case ("strings.quote", 0, 0): return .string(quote(all))
    default: return nil
    }
  }

  private static let outOfRange = Plain.failure("out of range")

  private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> Plain {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return .string(String(view))
  }

  private static func shifted(
    _ scalar: Unicode.Scalar, _ range: ClosedRange<Unicode.Scalar>, by distance: Int
  ) -> Unicode.Scalar {
    guard range.contains(scalar) else { return scalar }
    return Unicode.Scalar(UInt8(truncatingIfNeeded: Int(scalar.value) + distance))
  }

  private static func starts(_ part: Scalars, _ text: Scalars, _ place: Int) -> Bool {
    text.dropFirst(place).starts(with: part)
  }

  private static func find(_ part: Scalars, in text: Scalars, from start: Int) -> Int? {
    (start...max(start, text.count)).first { starts(part, text, $0) }
  }

  /// Of nothing: before each scalar and at the end. A negative limit is none.
  private static func replace(
    _ text: Scalars, _ old: Scalars, _ new: Scalars, _ limit: Int64
  ) -> Scalars {
    var result: Scalars = []
    var place = 0
    var done: Int64 = 0
    while place <= text.count {
      let isOpen = limit < 0 || done < limit
      if isOpen, starts(old, text, place), old.isEmpty || place < text.count {
        result += new
        done += 1
        if !old.isEmpty {
          place += old.count
          continue
        }
      }
      if place < text.count { result.append(text[place]) }
      place += 1
    }
    return result
  }

  private static func split(_ text: Scalars, _ separator: Scalars, _ limit: Int64) -> Plain {
    if limit == 0 { return .list([], rest: nil) }
    var parts: [Plain] = []
    var rest = text
    while limit < 0 || Int64(parts.count) < limit - 1 {
      if separator.isEmpty {
        guard rest.count > 1 else { break }
        parts.append(string(rest.prefix(1)))
        rest = Array(rest.dropFirst())
      } else {
        guard let place = find(separator, in: rest, from: 0) else { break }
        parts.append(string(rest.prefix(place)))
        rest = Array(rest.dropFirst(place + separator.count))
      }
    }
    if !separator.isEmpty || !rest.isEmpty { parts.append(string(rest)) }
    return .list(parts, rest: nil)
  }

  private static func quote(_ text: Scalars) -> String {
    let escapes: [Unicode.Scalar: String] = [
      "\"": "\\\"", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u{7}": "\\a",
      "\u{8}": "\\b", "\u{c}": "\\f", "\u{b}": "\\v",
    ]
    return "\"" + text.map { escapes[$0] ?? String($0) }.joined() + "\""
  }

  // MARK: - Patterns

  private static func pattern(
    _ name: String, _ text: Scalars, _ source: String, _ limit: Int64?
  ) -> Plain {
    let pattern: PlainPattern
    do {
      pattern = try PlainPattern(source)
    } catch {
      return .error(error)
    }
    switch name {
    case "matches": return .bool(pattern.first(in: text, from: 0) != nil)
    case "find": return pattern.all(in: text, limit: 1).first.map { string($0) } ?? .string("")
    default:
      let most = limit.map { $0 < 0 ? Int.max : Int($0) } ?? Int.max
      return .list(pattern.all(in: text, limit: most).map { string($0) }, rest: nil)
    }
  }
}
