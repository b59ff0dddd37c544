/// Regular expressions by trying: the part of RE2's syntax that specs are tested with.
///
/// Literals and escapes, `.`, classes in brackets, `\d \w \s` and their opposites, `\b` and `\B`, groups (also named
/// and not captured), alternatives, `* + ? {m,n}` greedy or lazy, the flags `i` and `s`, `^ $ \A \z`. Whatever else
/// RE2 has is refused, as `unsupported`.
struct PlainPattern: Sendable {
  indirect enum Node: Sendable {
    case empty
    case set([ClosedRange<UInt32>], negated: Bool, folds: Bool)
    case sequence([Node])
    case either([Node])
    case repeated(Node, least: Int, most: Int?, lazy: Bool)
    case group(Node, number: Int)
    case start, end
    case boundary(Bool)
  }

  private let root: Node
  private let groups: Int

  init(_ text: String) throws(PlainError) {
    var parser = PlainPatternParser(text)
    root = try parser.whole()
    groups = parser.groups
  }

  typealias Scalars = [Unicode.Scalar]
  typealias Match = (whole: Range<Int>, first: Range<Int>?)

  /// The first match from a place on.
  func first(in text: Scalars, from start: Int) -> Match? {
    for place in start...max(start, text.count) where place <= text.count {
      var found: Match?
      let matcher = PlainMatcher(text: text)
      if matcher.match(
        root, place, nil,
        { end, group in
          found = (place..<end, group)
          return true
        })
      {
        return found
      }
    }
    return nil
  }

  /// The matches from the left: the first group where there are groups, else the whole. After an empty one the
  /// search goes on behind the next scalar.
  func all(in text: Scalars, limit: Int) -> [Scalars] {
    var found: [Scalars] = []
    var place = 0
    while place <= text.count, found.count < limit, let match = first(in: text, from: place) {
      let range = groups > 0 ? match.first : match.whole
      found.append(range.map { Array(text[$0]) } ?? [])
      place = match.whole.isEmpty ? match.whole.upperBound + 1 : match.whole.upperBound
    }
    return found
  }
}

/// Tries, in the order of preference; `then` says whether the rest matches.
private struct PlainMatcher {
  typealias Node = PlainPattern.Node
  typealias Rest = (Int, Range<Int>?) -> Bool
  let text: PlainPattern.Scalars

  func match(_ node: Node, _ place: Int, _ group: Range<Int>?, _ then: Rest) -> Bool {
    switch node {
    case .empty: return then(place, group)
    case .set(let ranges, let negated, let folds):
      guard place < text.count else { return false }
      let scalar = text[place].value
      let isIn = Self.variants(scalar, folds).contains { one in
        ranges.contains { $0.contains(one) }
      }
      return isIn != negated && then(place + 1, group)
    case .sequence(let nodes): return sequence(nodes[...], place, group, then)
    case .either(let nodes): return nodes.contains { match($0, place, group, then) }
    case .repeated(let inner, let least, let most, let lazy):
      return again(inner, least, most, lazy, place, group, then)
    case .group(let inner, let number):
      return match(inner, place, group) { end, found in
        then(end, number == 1 ? place..<end : found)
      }
    case .start: return place == 0 && then(place, group)
    case .end: return place == text.count && then(place, group)
    case .boundary(let wanted):
      return (isWord(place - 1) != isWord(place)) == wanted && then(place, group)
    }
  }

  private func sequence(
    _ nodes: ArraySlice<Node>, _ place: Int, _ group: Range<Int>?, _ then: Rest
  ) -> Bool {
    guard let first = nodes.first else { return then(place, group) }
    return match(first, place, group) { end, found in
      sequence(nodes.dropFirst(), end, found, then)
    }
  }

  private func again(
    _ node: Node, _ least: Int, _ most: Int?, _ lazy: Bool, _ place: Int, _ group: Range<Int>?,
    _ then: Rest
  ) -> Bool {
    func once() -> Bool {
      guard most != 0 else { return false }
      return match(node, place, group) { end, found in
        // An empty round leads nowhere new.
        if end == place { return least > 0 && then(end, found) }
        return again(node, max(0, least - 1), most.map { $0 - 1 }, lazy, end, found, then)
      }
    }
    if least > 0 { return once() }
    return lazy ? then(place, group) || once() : once() || then(place, group)
  }

  private static func variants(_ scalar: UInt32, _ folds: Bool) -> [UInt32] {
    guard folds, let made = Unicode.Scalar(scalar) else { return [scalar] }
    let others = [made.properties.lowercaseMapping, made.properties.uppercaseMapping]
    return [scalar]
      + others.compactMap { $0.unicodeScalars.count == 1 ? $0.unicodeScalars.first?.value : nil }
  }

  private func isWord(_ place: Int) -> Bool {
    guard text.indices.contains(place) else { return false }
    return PlainPatternParser.word.contains { $0.contains(text[place].value) }
  }
}

struct PlainPatternParser {
  private typealias Node = PlainPattern.Node
  private let text: [Unicode.Scalar]
  private var place = 0
  private var folds = false
  private var dotIsAll = false
  private var depth = 0
  private(set) var groups = 0

  static let digit: [ClosedRange<UInt32>] = [48...57]
  static let word: [ClosedRange<UInt32>] = [48...57, 65...90, 95...95, 97...122]
  static let space: [ClosedRange<UInt32>] = [9...10, 12...13, 32...32]

  init(_ text: String) { self.text = Array(text.unicodeScalars) }

  private func refuse(_ what: String) -> PlainError { PlainError(.unsupported, "pattern: \(what)") }

  private var next: Unicode.Scalar? { place < text.count ? text[place] : nil }

  private mutating func take(_ word: String) -> Bool {
    guard text.dropFirst(place).starts(with: word.unicodeScalars) else { return false }
    place += word.unicodeScalars.count
    return true
  }

  mutating func whole() throws(PlainError) -> PlainPattern.Node {
    let node = try either()
    guard place == text.count else { throw refuse("a bracket too many") }
    return node
  }

  private mutating func either() throws(PlainError) -> Node {
    depth += 1
    defer { depth -= 1 }
    guard depth < 50 else { throw refuse("too many levels") }
    var choices = [try sequence()]
    while take("|") { choices.append(try sequence()) }
    return choices.count == 1 ? choices[0] : .either(choices)
  }

  private mutating func sequence() throws(PlainError) -> Node {
    var nodes: [Node] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      nodes.append(try repeated(try atom()))
    }
    return .sequence(nodes)
  }

  private mutating func repeated(_ node: Node) throws(PlainError) -> Node {
    let least: Int
    let most: Int?
    if take("*") {
      (least, most) = (0, nil)
    } else if take("+") {
      (least, most) = (1, nil)
    } else if take("?") {
      (least, most) = (0, 1)
    } else if next == "{" {
      place += 1
      guard let low = number() else { throw refuse("a brace that counts nothing") }
      var high: Int? = low
      if take(",") { high = number() }
      guard take("}"), low <= 1000, high.map({ $0 >= low && $0 <= 1000 }) ?? true else {
        throw refuse("a count")
      }
      (least, most) = (low, high)
    } else {
      return node
    }
    let lazy = take("?")
    if let more = next, "*+?{".unicodeScalars.contains(more) { throw refuse("repeated twice") }
    return .repeated(node, least: least, most: most, lazy: lazy)
  }

  private mutating func number() -> Int? {
    var digits = ""
    while let scalar = next, ("0"..."9").contains(scalar), digits.count < 5 {
      digits.unicodeScalars.append(scalar)
      place += 1
    }
    return Int(digits)
  }

  private func literal(_ scalar: Unicode.Scalar) -> Node {
    .set([scalar.value...scalar.value], negated: false, folds: folds)
  }

  private mutating func atom() throws(PlainError) -> Node {
    if take("(") { return try group() }
    if take("[") { return try brackets() }
    if take("\\") { return try escape() }
    guard let scalar = next else { return .empty }
    place += 1
    switch scalar {
    case ".": return .set(dotIsAll ? [] : [10...10], negated: true, folds: false)
    case "^": return .start
    case "$": return .end
    case "*", "+", "?", "{": throw refuse("nothing to repeat")
    default: return literal(scalar)
    }
  }

  private mutating func group() throws(PlainError) -> Node {
    let flags = (folds, dotIsAll)
    var number: Int?
    if take("?") {
      if take("P<") || take("<") {
        while let scalar = next, scalar != ">" {
          _ = scalar
          place += 1
        }
        guard take(">") else { throw refuse("a name") }
        groups += 1
        number = groups
      } else {
        var isOn = true
        while let scalar = next, scalar != ":", scalar != ")" {
          place += 1
          switch scalar {
          case "i": folds = isOn
          case "s": dotIsAll = isOn
          case "-": isOn = false
          default: throw refuse("the flag \(scalar)")
          }
        }
        // Flags alone hold to the end of the group around them.
        if take(")") { return .empty }
        guard take(":") else { throw refuse("a group") }
      }
    } else {
      groups += 1
      number = groups
    }
    let inner = try either()
    guard take(")") else { throw refuse("a group that does not end") }
    (folds, dotIsAll) = flags
    return number.map { .group(inner, number: $0) } ?? inner
  }

  private static func named(_ scalar: Unicode.Scalar) -> (
    ranges: [ClosedRange<UInt32>], negated: Bool
  )? {
    switch scalar {
    case "d": (digit, false)
    case "D": (digit, true)
    case "w": (word, false)
    case "W": (word, true)
    case "s": (space, false)
    case "S": (space, true)
    default: nil
    }
  }

  private static let controls: [Unicode.Scalar: UInt32] = [
    "n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "a": 7,
  ]

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII && !word.dropLast().contains { $0.contains(scalar.value) }
      && !("a"..."z").contains(scalar)
  }

  private mutating func escape() throws(PlainError) -> Node {
    guard let scalar = next else { throw refuse("an escape of nothing") }
    place += 1
    if let set = Self.named(scalar) { return .set(set.ranges, negated: set.negated, folds: false) }
    if let control = Self.controls[scalar] {
      return .set([control...control], negated: false, folds: false)
    }
    switch scalar {
    case "b": return .boundary(true)
    case "B": return .boundary(false)
    case "A": return .start
    case "z": return .end
    default:
      guard Self.isPunctuation(scalar) else { throw refuse("the escape \(scalar)") }
      return literal(scalar)
    }
  }

  private mutating func brackets() throws(PlainError) -> Node {
    let negated = take("^")
    var ranges: [ClosedRange<UInt32>] = []
    var isFirst = true
    while isFirst || next != "]" {
      isFirst = false
      if next == "[", place + 1 < text.count, text[place + 1] == ":" {
        throw refuse("a class by its name")
      }
      guard let low = next else { throw refuse("brackets that do not end") }
      place += 1
      var start = low.value
      if low == "\\" {
        guard let escaped = next else { throw refuse("an escape of nothing") }
        place += 1
        if let set = Self.named(escaped) {
          guard !set.negated else { throw refuse("an opposite in brackets") }
          ranges += set.ranges
          continue
        }
        if let control = Self.controls[escaped] {
          start = control
        } else {
          guard Self.isPunctuation(escaped) else { throw refuse("the escape \(escaped)") }
          start = escaped.value
        }
      }
      if next == "-", place + 1 < text.count, text[place + 1] != "]" {
        place += 1
        guard let high = next, high != "\\", high.value >= start else { throw refuse("a range") }
        place += 1
        ranges.append(start...high.value)
      } else {
        ranges.append(start...start)
      }
    }
    place += 1
    return .set(ranges, negated: negated, folds: folds)
  }
}
