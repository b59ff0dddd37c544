import CEL
import PlumblineJSON

/// Values and types in the suite's notation.
enum SuiteValue {
  /// Exact equality: of type too, and NaN is NaN.
  static func same(_ a: Value, _ b: Value) -> Bool {
    switch (a, b) {
    case (.double(let x), .double(let y)): return x == y || (x.isNaN && y.isNaN)
    case (.list(let x), .list(let y)):
      return x.missing == nil && x.elements.count == y.elements.count
        && zip(x.elements, y.elements).allSatisfy(same)
    case (.map(let x), .map(let y)):
      return x.missing == nil && x.count == y.count
        && x.keys.allSatisfy { key in
          y.keys.contains { same($0, key) } && same(x.lookup(key), y.lookup(key))
        }
    case (.int(let x), .int(let y)): return x == y
    case (.uint(let x), .uint(let y)): return x == y
    case (.int, _), (.uint, _), (.double, _), (_, .int), (_, .uint), (_, .double): return false
    default: return a == b
    }
  }

  /// nil: no value of the notation.
  static func value(_ json: JSON) -> Value? {
    guard case .object(let members) = json, members.count == 1 else { return nil }
    let content = members[0].value
    switch members[0].key {
    case "null": return .null
    case "bool": return content.bool.map { .bool($0) }
    case "string": return content.string.map { .string($0) }
    case "int": return content.string.flatMap { Int64($0) }.map { .int($0) }
    case "uint": return content.string.flatMap { UInt64($0) }.map { .uint($0) }
    case "double": return content.string.flatMap { Double($0) }.map { .double($0) }
    case "bytes":
      guard let text = content.string, case .bytes(let bytes)? = constant("base64.decode", text)
      else { return nil }
      return .bytes(bytes)
    case "list":
      guard let elements = content.elements else { return nil }
      let values = elements.compactMap(value)
      return values.count == elements.count ? .list(values) : nil
    case "map":
      guard let entries = content.elements else { return nil }
      var pairs: [(Value, Value)] = []
      for entry in entries {
        guard let pair = entry.elements, pair.count == 2, let key = value(pair[0]),
          let item = value(pair[1])
        else { return nil }
        pairs.append((key, item))
      }
      return .map(pairs)
    case "type": return content.string.map { .type(type($0)) }
    case "timestamp", "duration": return content.string.flatMap { constant(members[0].key, $0) }
    default: return nil
    }
  }

  private static let environment = Environment(extensions: [.encoders])

  /// A conversion of a text, as the language itself does it.
  private static func constant(_ function: String, _ text: String) -> Value? {
    let source = "\(function)(\(JSON.string(text).description))"
    let parsed = CELParser.parse(source, in: environment)
    guard parsed.issues.isEmpty else { return nil }
    return Program(unchecked: parsed.expr, in: environment).constant
  }

  static func type(_ text: String, _ parameters: Set<String> = []) -> CELType {
    if parameters.contains(text) { return .parameter(text) }
    switch text {
    case "bool": return .bool
    case "int": return .int
    case "uint": return .uint
    case "double": return .double
    case "string": return .string
    case "bytes": return .bytes
    case "null_type": return .null
    case "dyn": return .dyn
    case "list": return .list(.dyn)
    case "map": return .map(.dyn, .dyn)
    case "type": return .type(.dyn)
    case "optional_type": return .optional(.dyn)
    case "google.protobuf.Timestamp": return .timestamp
    case "google.protobuf.Duration": return .duration
    default: break
    }
    guard let open = text.firstIndex(of: "("), text.last == ")" else { return .abstract(text, []) }
    var arguments: [String] = [""]
    var depth = 0
    for character in text[text.index(after: open)...].dropLast() {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if character == ",", depth == 0 {
        arguments.append("")
      } else if character != " " {
        arguments[arguments.count - 1].append(character)
      }
    }
    let types = arguments.map { type($0, parameters) }
    switch text[..<open] {
    case "list": return .list(types[0])
    case "map": return .map(types[0], types.count > 1 ? types[1] : .dyn)
    case "optional_type": return .optional(types[0])
    case "type": return .type(types[0])
    case "wrapper": return .wrapper(types[0])
    default: return .abstract(String(text[..<open]), types)
    }
  }
}
