/// `string.format(list)`.
enum StringFormat {
  private static func failure(_ text: String) -> Value { .failure(.invalidArgument, text) }

  /// What may be asked of `%.Nf`.
  private static let mostPlaces = 1000

  static func format(_ arguments: [Value]) -> Value? {
    guard arguments.count == 2, case .string(let pattern) = arguments[0],
      case .list(let list) = arguments[1]
    else { return nil }
    if let flaw = list.flaw { return flaw }
    var result = ""
    var next = 0
    var scalars = pattern.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      guard scalar == "%" else {
        result.unicodeScalars.append(scalar)
        continue
      }
      guard var verb = scalars.next() else { return failure("unexpected end of the format") }
      if verb == "%" {
        result += "%"
        continue
      }
      var places = 6
      if verb == "." {
        places = 0
        var digits = 0
        while let digit = scalars.next() {
          guard let value = digit.properties.numericValue, ("0"..."9").contains(digit) else {
            verb = digit
            break
          }
          digits += 1
          places = min(places * 10 + Int(value), mostPlaces + 1)
        }
        if digits == 0 || places > mostPlaces {
          return failure("unreadable precision in the format")
        }
      }
      guard next < list.elements.count else { return failure("index \(next) out of range") }
      let argument = list.elements[next]
      next += 1
      switch clause(verb, places, argument) {
      case .string(let text): result += text
      case let other: return other
      }
      if result.utf8.count > OperatorLibrary.largest { return OperatorLibrary.tooLarge }
    }
    return .string(result)
  }

  private static func clause(_ verb: Unicode.Scalar, _ places: Int, _ value: Value) -> Value {
    let type = value.runtimeType.runtimeName
    switch verb {
    case "s":
      return text(value, depth: 0).map { .string($0) }
        ?? failure("`%s` does not take a value of type `\(type)`")
    case "d":
      switch value {
      case .int(let number): return .string(String(number))
      case .uint(let number): return .string(String(number))
      case .double(let number) where !number.isFinite:
        return .string(NumberText.double(number))
      default: return failure("`%d` takes integers, not `\(type)`")
      }
    case "f", "e":
      let number: Double
      switch value {
      case .double(let given): number = given
      case .int(let given): number = Double(given)
      case .uint(let given): number = Double(given)
      default: return failure("`%\(verb)` takes numbers, not `\(type)`")
      }
      return .string(
        verb == "f"
          ? NumberText.fixed(number, places: places)
          : NumberText.scientific(number, places: places))
    case "b", "o":
      let radix = verb == "b" ? 2 : 8
      switch value {
      case .int(let number): return .string(String(number, radix: radix))
      case .uint(let number): return .string(String(number, radix: radix))
      case .bool(let flag) where verb == "b": return .string(flag ? "1" : "0")
      default: return failure("`%\(verb)` takes integers, not `\(type)`")
      }
    case "x", "X":
      let upper = verb == "X"
      switch value {
      case .int(let number): return .string(String(number, radix: 16, uppercase: upper))
      case .uint(let number): return .string(String(number, radix: 16, uppercase: upper))
      case .string(let text): return .string(hex(Array(text.utf8), upper))
      case .bytes(let bytes): return .string(hex(bytes, upper))
      default: return failure("`%\(verb)` takes integers, strings and bytes, not `\(type)`")
      }
    default: return failure("unrecognized formatting clause `%\(verb)`")
    }
  }

  private static func hex(_ bytes: [UInt8], _ upper: Bool) -> String {
    var result = ""
    for byte in bytes {
      if byte < 16 { result += "0" }
      result += String(byte, radix: 16, uppercase: upper)
    }
    return result
  }

  private static func text(_ value: Value, depth: Int) -> String? {
    if depth > Value.deepestComparison { return nil }
    switch value {
    case .null: return "null"
    case .list(let list):
      var parts: [String] = []
      for element in list.elements {
        guard let part = text(element, depth: depth + 1) else { return nil }
        parts.append(part)
      }
      return "[" + parts.joined(separator: ", ") + "]"
    case .map(let map):
      var parts: [(key: String, value: String)] = []
      for key in map.keys {
        guard let name = text(key, depth: depth + 1),
          let part = text(map.lookup(key), depth: depth + 1)
        else { return nil }
        parts.append((name, part))
      }
      parts.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      return "{" + parts.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "}"
    case .type(let type): return type.type.runtimeName
    case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
    default:
      if case .string(let text) = ConversionLibrary.string(value) { return text }
      return nil
    }
  }
}
