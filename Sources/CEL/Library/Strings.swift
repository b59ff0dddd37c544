/// Functions on strings: the standard ones and the `strings` extension. Positions count code points.
enum StringLibrary {
  static let core: [FunctionDeclaration] = {
    func test(
      _ name: String, _ id: String, _ function: @escaping @Sendable (String, String) -> Bool
    ) -> FunctionDeclaration {
      FunctionDeclaration(
        name,
        [
          Overload(
            id, [.string, .string], .bool, member: true,
            .binary { a, b in
              guard case .string(let x) = a, case .string(let y) = b else {
                return .noSuchOverload(name, a, b)
              }
              return .bool(function(x, y))
            })
        ])
    }
    return [
      test("contains", "contains_string") { find($1.utf8, in: $0.utf8) },
      test("startsWith", "starts_with_string") { $0.utf8.starts(with: $1.utf8) },
      test("endsWith", "ends_with_string") { ends($0, with: $1) },
      FunctionDeclaration(
        "matches",
        [
          Overload("matches", [.string, .string], .bool, .binary(RegexLibrary.matches)),
          Overload(
            "matches_string", [.string, .string], .bool, member: true,
            .binary(RegexLibrary.matches)),
        ]),
    ]
  }()

  static func ends(_ text: String, with end: String) -> Bool {
    text.utf8.count >= end.utf8.count && text.utf8.suffix(end.utf8.count).elementsEqual(end.utf8)
  }

  static func find(_ needle: String.UTF8View, in text: String.UTF8View) -> Bool {
    let fast: Bool?? = text.withContiguousStorageIfAvailable { text in
      needle.withContiguousStorageIfAvailable { needle in
        guard let first = needle.first else { return true }
        var start = 0
        while start &+ needle.count <= text.count {
          if text[start] == first {
            var length = 1
            while length < needle.count, text[start &+ length] == needle[length] { length &+= 1 }
            if length == needle.count { return true }
          }
          start &+= 1
        }
        return false
      }
    }
    if let known = fast ?? nil { return known }
    guard needle.count <= text.count else { return false }
    var rest = text[...]
    while !rest.starts(with: needle) {
      if rest.isEmpty { return false }
      rest = rest.dropFirst()
    }
    return true
  }

  static let extensions: [FunctionDeclaration] = {
    typealias Body = @Sendable ([Value]) -> Value?
    func method(
      _ name: String, _ overloads: [(String, [CELType], CELType, Body)]
    ) -> FunctionDeclaration {
      FunctionDeclaration(
        name,
        overloads.map { id, parameters, result, body in
          Overload(
            id, parameters, result, member: true,
            .variadic { body($0) ?? .noSuchOverload(name, $0) })
        })
    }
    return [
      method("charAt", [("string_char_at_int", [.string, .int], .string, charAt)]),
      method(
        "indexOf",
        [
          ("string_index_of_string", [.string, .string], .int, indexOf),
          ("string_index_of_string_int", [.string, .string, .int], .int, indexOf),
        ]),
      method(
        "lastIndexOf",
        [
          ("string_last_index_of_string", [.string, .string], .int, lastIndexOf),
          ("string_last_index_of_string_int", [.string, .string, .int], .int, lastIndexOf),
        ]),
      method(
        "join",
        [
          ("list_join", [.list(.string)], .string, join),
          ("list_join_string", [.list(.string), .string], .string, join),
        ]),
      method(
        "lowerAscii", [("string_lower_ascii", [.string], .string, { ascii($0, upper: false) })]),
      method(
        "upperAscii", [("string_upper_ascii", [.string], .string, { ascii($0, upper: true) })]),
      method(
        "replace",
        [
          ("string_replace_string_string", [.string, .string, .string], .string, replace),
          (
            "string_replace_string_string_int", [.string, .string, .string, .int], .string, replace
          ),
        ]),
      method(
        "split",
        [
          ("string_split_string", [.string, .string], .list(.string), split),
          ("string_split_string_int", [.string, .string, .int], .list(.string), split),
        ]),
      method(
        "substring",
        [
          ("string_substring_int", [.string, .int], .string, substring),
          ("string_substring_int_int", [.string, .int, .int], .string, substring),
        ]),
      method("trim", [("string_trim", [.string], .string, trim)]),
      method("reverse", [("string_reverse", [.string], .string, reverse)]),
      method(
        "format", [("string_format", [.string, .list(.dyn)], .string, { StringFormat.format($0) })]),
      FunctionDeclaration(
        "strings.quote",
        [
          Overload(
            "strings_quote", [.string], .string,
            .unary {
              guard case .string(let text) = $0 else {
                return .noSuchOverload("strings.quote", $0)
              }
              return .string(quote(text))
            })
        ]),
    ]
  }()

  // MARK: - What they do; nil where the arguments have other types

  private static func scalars(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }

  private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> Value {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return .string(String(view))
  }

  private static func outOfRange(_ index: Int64) -> Value {
    .failure(.range, "index out of range: \(index)")
  }

  /// The string at `index`, or nil.
  private static func text(_ arguments: [Value], _ index: Int) -> String? {
    guard index < arguments.count, case .string(let text) = arguments[index] else { return nil }
    return text
  }

  private static func whole(_ arguments: [Value], _ index: Int) -> Int64? {
    guard index < arguments.count, case .int(let whole) = arguments[index] else { return nil }
    return whole
  }

  @Sendable private static func charAt(_ arguments: [Value]) -> Value? {
    guard let text = text(arguments, 0), let index = whole(arguments, 1) else { return nil }
    let all = scalars(text)
    guard index >= 0, index <= Int64(all.count) else { return outOfRange(index) }
    return string(all.dropFirst(Int(index)).prefix(1))
  }

  private static func matches(_ needle: [Unicode.Scalar], _ text: [Unicode.Scalar], at index: Int)
    -> Bool
  {
    text[index...].starts(with: needle)
  }

  @Sendable private static func indexOf(_ arguments: [Value]) -> Value? {
    guard let text = text(arguments, 0), let part = self.text(arguments, 1) else { return nil }
    var start: Int64 = 0
    if arguments.count > 2 {
      guard let given = whole(arguments, 2) else { return nil }
      start = given
    }
    let all = scalars(text)
    let needle = scalars(part)
    guard start >= 0, start <= Int64(all.count) else { return outOfRange(start) }
    if needle.isEmpty { return .int(start) }
    var index = Int(start)
    while index + needle.count <= all.count {
      if matches(needle, all, at: index) { return .int(Int64(index)) }
      index += 1
    }
    return .int(-1)
  }

  @Sendable private static func lastIndexOf(_ arguments: [Value]) -> Value? {
    guard let text = text(arguments, 0), let part = self.text(arguments, 1) else { return nil }
    let all = scalars(text)
    let needle = scalars(part)
    var start = Int64(all.count)
    if arguments.count > 2 {
      guard let given = whole(arguments, 2) else { return nil }
      start = given
      guard start >= 0, start <= Int64(all.count) else { return outOfRange(start) }
    }
    var index = min(Int(start), all.count - needle.count)
    while index >= 0 {
      if matches(needle, all, at: index) { return .int(Int64(index)) }
      index -= 1
    }
    return .int(-1)
  }

  @Sendable private static func join(_ arguments: [Value]) -> Value? {
    guard let first = arguments.first, case .list(let list) = first else { return nil }
    var separator = ""
    if arguments.count > 1 {
      guard let given = text(arguments, 1) else { return nil }
      separator = given
    }
    if let flaw = list.flaw { return flaw }
    var result = ""
    for (index, element) in list.elements.enumerated() {
      guard case .string(let text) = element else { return nil }
      if index > 0 { result += separator }
      result += text
      if result.utf8.count > OperatorLibrary.largest { return OperatorLibrary.tooLarge }
    }
    return .string(result)
  }

  private static func ascii(_ arguments: [Value], upper: Bool) -> Value? {
    guard let text = text(arguments, 0) else { return nil }
    let range: ClosedRange<UInt8> = upper ? 97...122 : 65...90
    return .string(
      String(decoding: text.utf8.map { range.contains($0) ? $0 ^ 0x20 : $0 }, as: UTF8.self))
  }

  /// Byte ranges of `part` in `text`, not overlapping, from the left.
  private static func pieces(_ text: String, by part: String, limit: Int) -> [[UInt8]] {
    let bytes = Array(text.utf8)
    let needle = Array(part.utf8)
    var pieces: [[UInt8]] = []
    var start = 0
    var index = 0
    while index + needle.count <= bytes.count, pieces.count < limit {
      if bytes[index...].starts(with: needle) {
        pieces.append(Array(bytes[start..<index]))
        index += needle.count
        start = index
      } else {
        index += 1
      }
    }
    pieces.append(Array(bytes[start...]))
    return pieces
  }

  @Sendable private static func replace(_ arguments: [Value]) -> Value? {
    guard let text = text(arguments, 0), let old = self.text(arguments, 1),
      let new = self.text(arguments, 2)
    else { return nil }
    var limit = Int.max
    if arguments.count > 3 {
      guard let given = whole(arguments, 3) else { return nil }
      limit = given < 0 ? Int.max : Int(given)
    }
    if limit == 0 { return arguments[0] }
    var result = ""
    if old.isEmpty {
      // Before each code point and at the end, as Go does it.
      var done = 0
      for scalar in text.unicodeScalars {
        if done < limit {
          result += new
          done += 1
        }
        result.unicodeScalars.append(scalar)
        if result.utf8.count > OperatorLibrary.largest { return OperatorLibrary.tooLarge }
      }
      return .string(done < limit ? result + new : result)
    }
    for (index, piece) in pieces(text, by: old, limit: limit).enumerated() {
      if index > 0 { result += new }
      result += String(decoding: piece, as: UTF8.self)
      if result.utf8.count > OperatorLibrary.largest { return OperatorLibrary.tooLarge }
    }
    return .string(result)
  }

  @Sendable private static func split(_ arguments: [Value]) -> Value? {
    guard let text = text(arguments, 0), let separator = self.text(arguments, 1) else {
      return nil
    }
    var limit = Int.max
    if arguments.count > 2 {
      guard let given = whole(arguments, 2) else { return nil }
      limit = given < 0 ? Int.max : Int(given)
    }
    if limit == 0 { return [] }
    if separator.isEmpty {
      let all = scalars(text)
      var parts = all.prefix(limit - 1).map { string([$0]) }
      if parts.count < all.count { parts.append(string(all.dropFirst(parts.count))) }
      return .list(parts)
    }
    return .list(
      pieces(text, by: separator, limit: limit - 1).map {
        .string(String(decoding: $0, as: UTF8.self))
      })
  }

  @Sendable private static func substring(_ arguments: [Value]) -> Value? {
    guard let text = text(arguments, 0), let start = whole(arguments, 1) else { return nil }
    let all = scalars(text)
    var end = Int64(all.count)
    if arguments.count > 2 {
      guard let given = whole(arguments, 2) else { return nil }
      end = given
    }
    guard start >= 0, start <= Int64(all.count) else { return outOfRange(start) }
    guard end >= 0, end <= Int64(all.count) else { return outOfRange(end) }
    guard start <= end else {
      return .failure(.range, "invalid substring range. start: \(start), end: \(end)")
    }
    return string(all[Int(start)..<Int(end)])
  }

  @Sendable private static func trim(_ arguments: [Value]) -> Value? {
    guard let text = text(arguments, 0) else { return nil }
    var all = text.unicodeScalars[...]
    while let first = all.first, first.properties.isWhitespace { all = all.dropFirst() }
    while let last = all.last, last.properties.isWhitespace { all = all.dropLast() }
    return string(all)
  }

  @Sendable private static func reverse(_ arguments: [Value]) -> Value? {
    guard let text = text(arguments, 0) else { return nil }
    return string(text.unicodeScalars.reversed())
  }

  /// The string as a literal in double quotes.
  static func quote(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{7}": result += "\\a"
      case "\u{8}": result += "\\b"
      case "\u{c}": result += "\\f"
      case "\u{b}": result += "\\v"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
