/// One text for one value: RFC 8785, except that integers are written in full.
///
/// Keys are sorted by UTF-16 code units, strings escape only what they must, doubles are written
/// as ECMAScript writes them. Of a key that stands twice in one object the first value counts.
public enum CanonicalJSON {
  /// The canonical text. Fails for an infinity or NaN.
  public static func encode(_ value: JSON) throws(JSONError) -> [UInt8] {
    var out: [UInt8] = []
    try append(value, to: &out)
    return out
  }

  /// The canonical text of a value that was read.
  public static func encode(_ node: JSONNode) -> [UInt8] {
    var out: [UInt8] = []
    append(node, to: &out)
    return out
  }

  /// Appends the canonical text. Fails for an infinity or NaN.
  public static func append(_ value: JSON, to out: inout [UInt8]) throws(JSONError) {
    switch value {
    case .array(let elements):
      out.append(0x5B)
      var first = true
      for element in elements {
        if !first { out.append(0x2C) }
        first = false
        try append(element, to: &out)
      }
      out.append(0x5D)
    case .object(let members):
      var order = Array(members.indices)
      order.sort { a, b in
        JSONText.precedes(members[a].key, members[b].key)
          || (a < b && !JSONText.precedes(members[b].key, members[a].key))
      }
      out.append(0x7B)
      var last: String?
      for index in order {
        let member = members[index]
        // Compared as code units: Swift's own equality would unite what JSON keeps apart.
        if let last, last.utf8.elementsEqual(member.key.utf8) { continue }
        if last != nil { out.append(0x2C) }
        last = member.key
        JSONWriter.append(member.key, to: &out)
        out.append(0x3A)
        try append(member.value, to: &out)
      }
      out.append(0x7D)
    default: try JSONWriter.appendScalar(value, to: &out)
    }
  }

  /// Appends the canonical text of a value that was read.
  public static func append(_ node: JSONNode, to out: inout [UInt8]) {
    switch node.kind {
    case .null: out.append(contentsOf: "null".utf8)
    case .bool: out.append(contentsOf: (node.bool == true ? "true" : "false").utf8)
    case .int: JSONNumber.append(node.int ?? 0, to: &out)
    // Without leading zeros there is one way to write an integer.
    case .bigInteger: node.withRawBytes { out.append(contentsOf: $0) }
    case .double: JSONNumber.append(node.double ?? 0, to: &out)
    case .string: node.withUTF8 { JSONWriter.append($0, to: &out) }
    case .array:
      out.append(0x5B)
      var first = true
      for element in node.elements {
        if !first { out.append(0x2C) }
        first = false
        append(element, to: &out)
      }
      out.append(0x5D)
    case .object:
      var members = Array(node.members)
      members.sort { a, b in
        let order = compare(a.key, b.key)
        return order != 0 ? order < 0 : a.key.index < b.key.index
      }
      out.append(0x7B)
      var last: JSONNode?
      for member in members {
        if let last, compare(last, member.key) == 0 { continue }
        if last != nil { out.append(0x2C) }
        last = member.key
        append(member.key, to: &out)
        out.append(0x3A)
        append(member.value, to: &out)
      }
      out.append(0x7D)
    }
  }

  private static func compare(_ a: JSONNode, _ b: JSONNode) -> Int {
    a.withUTF8 { x in b.withUTF8 { y in JSONText.compareUTF16(x, y) } }
  }
}

/// For writers that put canonical text together themselves.
extension CanonicalJSON {
  /// Appends a string with its quotes.
  public static func append(_ text: String, to out: inout [UInt8]) {
    JSONWriter.append(text, to: &out)
  }

  /// Appends an integer.
  public static func append(_ value: Int64, to out: inout [UInt8]) {
    JSONNumber.append(value, to: &out)
  }

  /// Appends a double; `null` for an infinity or NaN.
  public static func append(_ value: Double, to out: inout [UInt8]) {
    if !JSONNumber.append(value, to: &out) { out.append(contentsOf: "null".utf8) }
  }

  /// Whether a key comes before another one.
  public static func precedes(_ a: String, _ b: String) -> Bool { JSONText.precedes(a, b) }
}
