import PlumblineDiagnostics
import YAMLSyntax

extension Binder {
  /// `orders[args.order_id].address`: the key is cut out at its matching bracket.
  mutating func path(_ node: YAMLNode, _ key: String) -> WrittenPath? {
    guard !tree.isBroken(node) else { return nil }
    guard let text = text(node, key, expected: "a path such as `orders[args.order_id]`") else {
      return nil
    }
    return path(of: text.value, node)
  }

  /// The path that a scalar spells.
  mutating func path(of text: String, _ node: YAMLNode) -> WrittenPath? {
    let bytes = Array(text.utf8)
    let whole = TextScanner.trim(bytes, 0..<bytes.count)
    var at = whole.lowerBound
    let shown = String(decoding: bytes[whole], as: UTF8.self)

    func name() -> Range<Int>? {
      let start = at
      guard at < whole.upperBound, TextScanner.isIdentifierStart(bytes[at]) else { return nil }
      while at < whole.upperBound, TextScanner.isIdentifierPart(bytes[at]) { at += 1 }
      return start..<at
    }
    func located(_ bounds: Range<Int>) -> Located<String> {
      Located(
        String(decoding: bytes[bounds], as: UTF8.self),
        at: tree.sourceRange(node, bounds.lowerBound, bounds.upperBound))
    }
    func problem(_ message: String, _ bounds: Range<Int>) -> Diagnostic {
      .badPath(message, at: tree.sourceRange(node, bounds.lowerBound, bounds.upperBound))
    }

    guard let collection = name() else {
      report(problem("`\(shown.prefix(60))` is not a path", whole))
      return nil
    }
    var key: WrittenExpression?
    if at < whole.upperBound, bytes[at] == UInt8(ascii: "[") {
      let open = at
      guard let close = TextScanner.closing(bytes, open), close < whole.upperBound,
        bytes[close] == UInt8(ascii: "]")
      else {
        report(problem("this `[` is not closed", open..<open + 1))
        return nil
      }
      let inner = TextScanner.trim(bytes, open + 1..<close)
      guard !inner.isEmpty else {
        report(problem("a key is missing between `[` and `]`", open..<close + 1))
        return nil
      }
      key = WrittenExpression(
        text: String(decoding: bytes[inner], as: UTF8.self),
        range: tree.sourceRange(node, inner.lowerBound, inner.upperBound), tree: tree, node: node,
        offset: inner.lowerBound)
      at = close + 1
    }
    var fields: [Located<String>] = []
    while at < whole.upperBound {
      let rest = at
      guard bytes[at] == UInt8(ascii: ".") else {
        report(problem("unexpected text in a path", rest..<whole.upperBound))
        return nil
      }
      at += 1
      guard let field = name() else {
        report(problem("a field is missing after `.`", rest..<whole.upperBound))
        return nil
      }
      fields.append(located(field))
    }
    return WrittenPath(
      collection: located(collection), key: key, fields: fields,
      range: tree.sourceRange(node, whole.lowerBound, whole.upperBound))
  }

  /// `keeps`: where a result is kept.
  mutating func keeps(_ node: YAMLNode) -> [WrittenKeep] {
    guard !tree.isBroken(node) else { return [] }
    return oneOrList(node).compactMap { item in
      if tree.kind(item) == .mapping { return keepEach(item) }
      return path(item, "keeps").flatMap { record($0) }
        .map { WrittenKeep(each: nil, source: nil, path: $0) }
    }
  }

  private mutating func keepEach(_ node: YAMLNode) -> WrittenKeep? {
    var each: Located<String>?
    var source: WrittenExpression?
    var target: WrittenPath?
    bind(SpecLanguage.keepObject, node, at: tree.range(node)) { binder, entry in
      switch entry.key {
      case "each": each = binder.identifier(entry.value, "each", of: "an element")
      case "in": source = binder.expression(entry.value, "in")
      case "as": target = binder.path(entry.value, "as").flatMap { binder.record($0) }
      default: return false
      }
      return true
    }
    guard let each, let source, let target else { return nil }
    return WrittenKeep(each: each, source: source, path: target)
  }

  /// The path if it names one whole record.
  private mutating func record(_ path: WrittenPath) -> WrittenPath? {
    if path.collection.value == "case" {
      report(.keepsNoRecord("`case` is not a record collection", at: path.collection.range))
      return nil
    }
    if path.key == nil {
      report(.keepsNoRecord("a key is missing after `\(path.collection.value)`", at: path.range))
      return nil
    }
    if let field = path.fields.first {
      report(
        .keepsNoRecord("a result cannot be kept in the field `\(field.value)`", at: field.range))
      return nil
    }
    return path
  }
}
