/// Pulls elements out of an XML text: the part of XML that data formats use, strictly.
///
/// Elements, attributes, character references and the five named ones, comments, CDATA and processing
/// instructions (both passed over). Refused: document types, so that no entity can be declared, other
/// encodings than UTF-8, and elements nested beyond `maxDepth`.
struct XMLReader {
  /// What the reader stands at.
  enum Event { case start, end, endOfText }

  struct Attribute {
    var name: Range<Int>
    var value: Range<Int>
    /// The value holds references or white space that is to be normalized.
    var needsDecoding: Bool
  }

  static let maxDepth = 100

  private let bytes: [UInt8]
  private let places: LogPlaces
  private var position: Int
  private var open: [Range<Int>] = []
  private var hadRoot = false
  /// The element that was just started ends at once (`<a/>`).
  private var endsAtOnce = false
  /// The name of the element that was started or ended, with its prefix.
  private(set) var name: Range<Int> = 0..<0
  /// The attributes of the element that was started.
  private(set) var attributes: [Attribute] = []
  /// Where the tag starts that was read last.
  private(set) var tagStart = 0

  /// - Parameter bytes: UTF-8.
  init(_ bytes: [UInt8], places: LogPlaces) throws(LogImport.Problem) {
    self.bytes = bytes
    self.places = places
    position = LogImport.start(of: bytes)
    if at("<?xml"), position + 5 < bytes.count, Self.isSpace(bytes[position + 5]) {
      try declaration()
    }
  }

  /// The elements that are open.
  var depth: Int { open.count }

  func problem(at offset: Int? = nil, _ message: String, help: String? = nil) -> LogImport.Problem {
    places.problem(at: offset ?? position, message, help: help)
  }

  /// The bytes of a range as text.
  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// Whether the element's name, without its prefix, is this.
  func isNamed(_ wanted: StaticString) -> Bool {
    let count = wanted.utf8CodeUnitCount
    guard name.count >= count else { return false }
    let from = name.upperBound - count
    guard from == name.lowerBound || bytes[from - 1] == 0x3A else { return false }
    for index in 0..<count where bytes[from + index] != wanted.utf8Start[index] { return false }
    return true
  }

  /// The value of an attribute without prefix; nil where the element has none.
  func value(_ wanted: StaticString) throws(LogImport.Problem) -> String? {
    let count = wanted.utf8CodeUnitCount
    search: for attribute in attributes where attribute.name.count == count {
      for index in 0..<count
      where bytes[attribute.name.lowerBound + index] != wanted.utf8Start[index] {
        continue search
      }
      return attribute.needsDecoding ? try decoded(attribute.value) : text(attribute.value)
    }
    return nil
  }

  /// Goes to the next start or end of an element.
  mutating func next() throws(LogImport.Problem) -> Event {
    if endsAtOnce {
      endsAtOnce = false
      name = open.removeLast()
      return .end
    }
    while position < bytes.count {
      guard bytes[position] == 0x3C else {
        try characters()
        continue
      }
      tagStart = position
      if at("<!--") {
        try comment()
      } else if at("<![CDATA[") {
        if open.isEmpty { throw problem("text outside of the document's element") }
        try skip(to: "]]>", from: 9, "CDATA section")
      } else if at("<!") {
        throw problem(
          "a document type or another declaration",
          help: "logs need none, and entities that one declares could be without end; take it out")
      } else if at("<?") {
        if at("<?xml"), position + 5 < bytes.count, !Self.isNameByte(bytes[position + 5]) {
          throw problem("an XML declaration that is not at the very start")
        }
        try skip(to: "?>", from: 2, "processing instruction")
      } else if at("</") {
        try endTag()
        return .end
      } else {
        try startTag()
        return .start
      }
    }
    if let last = open.last {
      throw problem("the text ends within `<\(LogText.clip(text(last)))>`")
    }
    if !hadRoot { throw problem("no element") }
    return .endOfText
  }

  /// Behind the start of an element: goes to its end, over all it holds.
  mutating func skipElement() throws(LogImport.Problem) {
    let outside = open.count - 1
    while open.count > outside { _ = try next() }
  }

  // MARK: - markup

  private mutating func declaration() throws(LogImport.Problem) {
    let start = position
    try skip(to: "?>", from: 5, "XML declaration")
    guard let found = (start..<position).first(where: { at("encoding", from: $0) }) else { return }
    let value = text(found + 8..<position).lowercased()
      .drop { $0 == " " || $0 == "=" || $0 == "\t" }
    guard let quote = value.first, quote == "\"" || quote == "'" else {
      throw problem(at: start, "an XML declaration without a readable encoding")
    }
    let encoding = String(value.dropFirst().prefix { $0 != quote })
    guard ["utf-8", "utf8", "us-ascii", "ascii"].contains(encoding) else {
      throw problem(
        at: start, "the encoding `\(LogText.clip(encoding))`; only UTF-8 is read",
        help: "convert the log first, its declaration too")
    }
  }

  private mutating func startTag() throws(LogImport.Problem) {
    let start = position
    if open.isEmpty, hadRoot { throw problem("a second element behind the document's own") }
    guard open.count < Self.maxDepth else {
      throw problem("elements nested more than \(Self.maxDepth) deep")
    }
    position += 1
    name = try readName()
    attributes.removeAll(keepingCapacity: true)
    while true {
      let spaced = skipSpace()
      guard position < bytes.count else {
        throw problem(at: start, "a tag that does not end")
      }
      switch bytes[position] {
      case 0x3E:
        position += 1
      case 0x2F:
        guard position + 1 < bytes.count, bytes[position + 1] == 0x3E else {
          throw problem("`/` within a tag")
        }
        position += 2
        endsAtOnce = true
      default:
        if !spaced { throw problem("no space before the name of an attribute") }
        try attribute()
        continue
      }
      open.append(name)
      hadRoot = true
      return
    }
  }

  private mutating func attribute() throws(LogImport.Problem) {
    let nameStart = position
    let name = try readName()
    for other in attributes where bytes[other.name] == bytes[name] {
      throw problem(at: nameStart, "the attribute `\(LogText.clip(text(name)))` is given twice")
    }
    // An element of a log has two; a bound keeps the comparison above short.
    guard attributes.count < 200 else { throw problem("an element with more than 200 attributes") }
    _ = skipSpace()
    guard position < bytes.count, bytes[position] == 0x3D else {
      throw problem("no `=` behind the name of an attribute")
    }
    position += 1
    _ = skipSpace()
    guard position < bytes.count, bytes[position] == 0x22 || bytes[position] == 0x27 else {
      throw problem("the value of an attribute must be in quotes")
    }
    let quote = bytes[position]
    let opening = position
    position += 1
    let from = position
    var needsDecoding = false
    while position < bytes.count, bytes[position] != quote {
      switch bytes[position] {
      case 0x3C: throw problem("`<` in the value of an attribute", help: "write `&lt;`")
      case 0x26:
        needsDecoding = true
        _ = try reference()
      case 0x09, 0x0A, 0x0D:
        needsDecoding = true
        position += 1
      case 0..<0x20: throw problem("a control character")
      default: position += 1
      }
    }
    guard position < bytes.count else {
      throw problem(at: opening, "the value of an attribute that does not end")
    }
    attributes.append(
      Attribute(name: name, value: from..<position, needsDecoding: needsDecoding))
    position += 1
  }

  private mutating func endTag() throws(LogImport.Problem) {
    let start = position
    position += 2
    let found = try readName()
    _ = skipSpace()
    guard position < bytes.count, bytes[position] == 0x3E else {
      throw problem(at: start, "a tag that does not end")
    }
    position += 1
    guard let wanted = open.last else {
      throw problem(at: start, "`</\(LogText.clip(text(found)))>` without its start")
    }
    guard bytes[wanted] == bytes[found] else {
      throw problem(
        at: start,
        "`</\(LogText.clip(text(found)))>` where `</\(LogText.clip(text(wanted)))>` is due")
    }
    name = open.removeLast()
  }

  private mutating func comment() throws(LogImport.Problem) {
    let start = position
    position += 4
    while position + 1 < bytes.count {
      if bytes[position] == 0x2D, bytes[position + 1] == 0x2D {
        guard position + 2 < bytes.count, bytes[position + 2] == 0x3E else {
          throw problem("`--` within a comment")
        }
        position += 3
        return
      }
      position += 1
    }
    throw problem(at: start, "a comment that does not end")
  }

  /// Text between tags: checked, and passed over.
  private mutating func characters() throws(LogImport.Problem) {
    let byte = bytes[position]
    if Self.isSpace(byte) {
      position += 1
      return
    }
    if open.isEmpty { throw problem("text outside of the document's element") }
    if byte == 0x26 {
      _ = try reference()
    } else if byte < 0x20 {
      throw problem("a control character")
    } else {
      position += 1
    }
  }

  private mutating func skip(
    to end: StaticString, from offset: Int, _ what: String
  ) throws(LogImport.Problem) {
    let start = position
    position += offset
    while position < bytes.count {
      if at(end) {
        position += end.utf8CodeUnitCount
        return
      }
      position += 1
    }
    throw problem(at: start, "a \(what) that does not end")
  }

  // MARK: - characters

  /// The character of the reference that stands here, and behind it.
  private mutating func reference() throws(LogImport.Problem) -> Unicode.Scalar {
    let (scalar, end) = try reference(at: position)
    position = end
    return scalar
  }

  private func reference(at start: Int) throws(LogImport.Problem) -> (Unicode.Scalar, Int) {
    let limit = min(start + 12, bytes.count)
    guard let end = bytes[start..<limit].firstIndex(of: 0x3B) else {
      throw problem(at: start, "`&` that starts no reference", help: "write `&amp;`")
    }
    if let scalar = Self.scalar(of: text(start + 1..<end)) { return (scalar, end + 1) }
    throw problem(
      at: start, "`&\(LogText.clip(text(start + 1..<end)));` is no reference that XML itself knows")
  }

  private static func scalar(of reference: String) -> Unicode.Scalar? {
    switch reference {
    case "lt": return "<"
    case "gt": return ">"
    case "amp": return "&"
    case "quot": return "\""
    case "apos": return "'"
    default: break
    }
    guard reference.hasPrefix("#") else { return nil }
    var digits = reference.dropFirst()
    var radix = 10
    if digits.first == "x" {
      radix = 16
      digits = digits.dropFirst()
    }
    // Swift's own reader would take a sign.
    guard let first = digits.utf8.first, first != 0x2B, first != 0x2D,
      let code = UInt32(digits, radix: radix), let scalar = Unicode.Scalar(code)
    else { return nil }
    switch code {
    case 0x09, 0x0A, 0x0D, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: return scalar
    default: return nil
    }
  }

  /// An attribute's value with its references replaced and its line breaks as spaces.
  private func decoded(_ range: Range<Int>) throws(LogImport.Problem) -> String {
    var out: [UInt8] = []
    out.reserveCapacity(range.count)
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes[index]
      if byte == 0x26 {
        let (scalar, end) = try reference(at: index)
        out.append(contentsOf: UTF8.encode(scalar) ?? .init())
        index = end
        continue
      }
      // CRLF is one line break, and so one space.
      let isSecond = byte == 0x0A && index > range.lowerBound && bytes[index - 1] == 0x0D
      if !isSecond { out.append(Self.isSpace(byte) ? 0x20 : byte) }
      index += 1
    }
    return String(decoding: out, as: UTF8.self)
  }

  private mutating func readName() throws(LogImport.Problem) -> Range<Int> {
    let from = position
    guard position < bytes.count, Self.isNameByte(bytes[position]),
      !(0x30...0x39).contains(bytes[position]), bytes[position] != 0x2D, bytes[position] != 0x2E
    else { throw problem("no name where one is due") }
    while position < bytes.count, Self.isNameByte(bytes[position]) { position += 1 }
    return from..<position
  }

  private mutating func skipSpace() -> Bool {
    let from = position
    while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    return position > from
  }

  private func at(_ wanted: StaticString) -> Bool { at(wanted, from: position) }

  private func at(_ wanted: StaticString, from start: Int) -> Bool {
    let count = wanted.utf8CodeUnitCount
    guard bytes.count - start >= count else { return false }
    for index in 0..<count where bytes[start + index] != wanted.utf8Start[index] {
      return false
    }
    return true
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x5F, 0x3A, 0x2D, 0x2E, 0x80...: true
    default: false
    }
  }
}
