import PlumblineDiagnostics
import Suggestions
import YAMLSyntax

/// Why a type cannot be read, and where in its text.
struct TypeProblem: Error {
  var message: String
  var help: String?
  var bounds: Range<Int>
}

/// Reads the notation of types: `string`, `T?`, `list(T)`, `timestamp(-05:00)`, `[a, b]`,
/// `{ a: T }`.
struct TypeParser {
  private static let depthLimit = 50
  private static let constructors = ["list", "map", "sensitive", "timestamp"]

  private let bytes: [UInt8]
  private let tree: YAMLTree
  private let node: YAMLNode
  private var at = 0
  private var depth = 0

  init(_ text: String, tree: YAMLTree, node: YAMLNode) {
    bytes = Array(text.utf8)
    self.tree = tree
    self.node = node
  }

  /// The whole text as one type.
  mutating func whole() throws(TypeProblem) -> WrittenType {
    let type = try type()
    skipSpace()
    guard at == bytes.count else { throw unexpected() }
    return type
  }

  private mutating func type() throws(TypeProblem) -> WrittenType {
    depth += 1
    defer { depth -= 1 }
    skipSpace()
    let start = at
    guard depth <= Self.depthLimit else {
      throw TypeProblem(message: "this type is nested too deeply", bounds: start..<bytes.count)
    }
    var type: WrittenType
    if eat("[") {
      type = try enumeration(from: start)
    } else if eat("{") {
      type = try record(from: start)
    } else {
      let name = try identifier("a type")
      let isCall = eat("(")
      type = isCall ? try application(name) : .name(located(name))
    }
    skipSpace()
    if eat("?") {
      type = .optional(type, range(start..<at))
      if peek == UInt8(ascii: "?") {
        throw TypeProblem(
          message: "a type is optional once", help: "remove one `?`", bounds: at..<at + 1)
      }
    }
    return type
  }

  private mutating func application(_ name: Range<Int>) throws(TypeProblem) -> WrittenType {
    let constructor = text(name)
    guard Self.constructors.contains(constructor) else {
      let near = Suggest.nearest(constructor, among: Self.constructors)
      throw TypeProblem(
        message: "`\(constructor)` takes no argument",
        help: near.map { "did you mean `\($0)`?" }
          ?? "`list(T)`, `map(T)`, `sensitive(T)` and `timestamp(OFFSET)` take one",
        bounds: name)
    }
    if constructor == "timestamp" {
      let start = at
      while at < bytes.count, bytes[at] != UInt8(ascii: ")") { at += 1 }
      let offset = TextScanner.trim(bytes, start..<at)
      guard eat(")") else { throw unclosed("(", name) }
      guard Self.isOffset(text(offset)) else {
        throw TypeProblem(
          message: "`\(text(offset))` is no offset from UTC", help: "write it like `-05:00`",
          bounds: offset.isEmpty ? name.lowerBound..<at : offset)
      }
      return .application(located(name), .name(located(offset)))
    }
    let argument = try type()
    skipSpace()
    if peek == UInt8(ascii: ",") {
      throw TypeProblem(
        message: "`\(constructor)` takes one type",
        help: constructor == "map" ? "the keys of a map are always strings" : nil,
        bounds: at..<at + 1)
    }
    guard eat(")") else { throw at < bytes.count ? unexpected() : unclosed("(", name) }
    return .application(located(name), argument)
  }

  private mutating func enumeration(from start: Int) throws(TypeProblem) -> WrittenType {
    var values: [Located<String>] = []
    while true {
      let begin = at
      while at < bytes.count, bytes[at] != UInt8(ascii: ","), bytes[at] != UInt8(ascii: "]") {
        at += 1
      }
      let value = TextScanner.trim(bytes, begin..<at)
      guard at < bytes.count else { throw unclosed("[", start..<start + 1) }
      guard !value.isEmpty else {
        throw TypeProblem(message: "an enum needs its values", bounds: start..<at + 1)
      }
      values.append(located(value))
      at += 1
      if bytes[at - 1] == UInt8(ascii: "]") { break }
    }
    return .enumeration(values, range(start..<at))
  }

  private mutating func record(from start: Int) throws(TypeProblem) -> WrittenType {
    var fields: [WrittenField] = []
    skipSpace()
    if eat("}") { return .record([], range(start..<at)) }
    while true {
      let name = try identifier("a field")
      skipSpace()
      guard eat(":") else {
        throw at < bytes.count ? unexpected() : unclosed("{", start..<start + 1)
      }
      fields.append(WrittenField(name: located(name), type: try type()))
      skipSpace()
      if eat(",") { continue }
      guard eat("}") else {
        throw at < bytes.count ? unexpected() : unclosed("{", start..<start + 1)
      }
      return .record(fields, range(start..<at))
    }
  }

  // MARK: Pieces

  private static func isOffset(_ text: String) -> Bool {
    if text == "Z" { return true }
    let bytes = Array(text.utf8)
    guard bytes.count == 6, bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-"),
      bytes[3] == UInt8(ascii: ":"),
      let hours = Int(String(decoding: bytes[1...2], as: UTF8.self)),
      let minutes = Int(String(decoding: bytes[4...5], as: UTF8.self)),
      TextScanner.isDigit(bytes[1]), TextScanner.isDigit(bytes[4])
    else { return false }
    return hours <= 18 && minutes < 60
  }

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skipSpace() {
    while at < bytes.count, TextScanner.isSpace(bytes[at]) { at += 1 }
  }

  private mutating func eat(_ character: Unicode.Scalar) -> Bool {
    guard let next = peek, UInt32(next) == character.value else { return false }
    at += 1
    return true
  }

  private mutating func identifier(_ what: String) throws(TypeProblem) -> Range<Int> {
    skipSpace()
    let start = at
    if let first = peek, TextScanner.isIdentifierStart(first) {
      while at < bytes.count, TextScanner.isIdentifierPart(bytes[at]) { at += 1 }
      return start..<at
    }
    guard start < bytes.count else {
      throw TypeProblem(message: "\(what) is missing", bounds: max(0, start - 1)..<start)
    }
    throw unexpected()
  }

  private func unexpected() -> TypeProblem {
    var end = min(at + 1, bytes.count)
    while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
    let found = text(at..<end)
    let help: String? =
      switch found {
      case "[": "a list is written `list(T)`"
      case "|": "write `T?` for an optional value, `[a, b]` for an enum, `one_of` for a union"
      case "<": "write `list(T)` or `map(T)`"
      default:
        ["list", "map", "sensitive"].first { text(0..<at).hasPrefix("\($0) ") }
          .map { "write `\($0)(T)`" }
      }
    return TypeProblem(message: "unexpected `\(found)` in a type", help: help, bounds: at..<end)
  }

  private func unclosed(_ bracket: String, _ bounds: Range<Int>) -> TypeProblem {
    TypeProblem(message: "`\(bracket)` is never closed in this type", bounds: bounds)
  }

  private func text(_ bounds: Range<Int>) -> String {
    String(decoding: bytes[bounds], as: UTF8.self)
  }

  private func range(_ bounds: Range<Int>) -> SourceRange {
    tree.sourceRange(node, bounds.lowerBound, bounds.upperBound)
  }

  private func located(_ bounds: Range<Int>) -> Located<String> {
    Located(text(bounds), at: range(bounds))
  }
}
