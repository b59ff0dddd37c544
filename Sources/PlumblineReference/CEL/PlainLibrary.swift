import PlumblineJSON

/// The standard library and its extensions. A function is found by its name and by what it is given.
enum PlainLibrary {
  static let typeNames: Set<String> = [
    "null_type", "bool", "int", "uint", "double", "string", "bytes", "list", "map", "type",
    "google.protobuf.Timestamp", "google.protobuf.Duration", "date", "optional_type",
  ]

  /// Functions whose names have a dot.
  static let dottedNames: Set<String> = [
    "optional.of", "optional.none", "optional.ofNonZeroValue", "lists.range", "strings.quote",
    "base64.encode", "base64.decode", "math.greatest", "math.least", "math.abs", "math.sign",
    "math.sqrt", "math.ceil", "math.floor", "math.round", "math.trunc", "math.isNaN", "math.isInf",
    "math.isFinite", "math.bitAnd", "math.bitOr", "math.bitXor", "math.bitNot",
    "math.bitShiftLeft", "math.bitShiftRight",
  ]

  /// nil: there is no such function, or not of such arguments.
  static func call(_ name: String, _ arguments: [Plain]) -> Plain? {
    if name.hasPrefix("math.") { return PlainMath.call(String(name.dropFirst(5)), arguments) }
    if name == "lists.range" {
      guard arguments.count == 1, case .int(let count) = arguments[0] else { return nil }
      return PlainLists.range(count)
    }
    if PlainTime.parts.contains(name) { return PlainTime.part(name, arguments) }
    switch arguments.first {
    case .list(let elements, _)?:
      if let found = PlainLists.method(name, elements, Array(arguments.dropFirst())) {
        return found
      }
    case .string(let text)?:
      if let found = PlainStrings.method(name, text, Array(arguments.dropFirst())) { return found }
    default: break
    }
    return conversion(name, arguments) ?? optional(name, arguments) ?? encoding(name, arguments)
  }

  static func typeName(_ value: Plain) -> String {
    switch value {
    case .null: "null_type"
    case .bool: "bool"
    case .int: "int"
    case .uint: "uint"
    case .double: "double"
    case .string: "string"
    case .bytes: "bytes"
    case .timestamp: "google.protobuf.Timestamp"
    case .duration: "google.protobuf.Duration"
    case .date: "date"
    case .list: "list"
    case .map: "map"
    case .record(let record): record.type
    case .type: "type"
    case .optional: "optional_type"
    case .absent, .unknown, .error: "none"
    }
  }

  /// A number that stands for a place, whatever its type.
  static func whole(_ value: Plain) -> Int64? {
    switch value {
    case .int(let number): number
    case .uint(let number): Int64(exactly: number)
    case .double(let number): Int64(exactly: number)
    default: nil
    }
  }

  // MARK: - Conversions

  private static func conversion(_ name: String, _ arguments: [Plain]) -> Plain? {
    if name == "date" { return date(arguments) }
    guard arguments.count == 1, let value = arguments.first else { return nil }
    switch name {
    case "dyn": return value
    case "type": return .type(typeName(value))
    case "size":
      switch value {
      case .string(let text): return .int(Int64(text.unicodeScalars.count))
      case .bytes(let bytes): return .int(Int64(bytes.count))
      case .list(let elements, _): return .int(Int64(elements.count))
      case .map(let entries, _): return .int(Int64(entries.count))
      default: return nil
      }
    case "int": return int(value)
    case "uint": return uint(value)
    case "double":
      switch value {
      case .double: return value
      case .int(let number): return .double(Double(number))
      case .uint(let number): return .double(Double(number))
      case .string(let text): return Double(text).map { .double($0) } ?? unreadable
      default: return nil
      }
    case "bool":
      switch value {
      case .bool: return value
      case .string(let text):
        if ["1", "t", "T", "true", "TRUE", "True"].contains(text) { return .bool(true) }
        if ["0", "f", "F", "false", "FALSE", "False"].contains(text) { return .bool(false) }
        return unreadable
      default: return nil
      }
    case "bytes":
      switch value {
      case .bytes: return value
      case .string(let text): return .bytes(Array(text.utf8))
      default: return nil
      }
    case "string": return string(value)
    case "timestamp":
      switch value {
      case .timestamp: return value
      case .int(let seconds): return PlainTime.timestamp(Int128(seconds) * PlainTime.billion)
      case .date(let days):
        return PlainTime.timestamp(Int128(days) * 86_400 * PlainTime.billion)
      case .string(let text): return PlainTimeText.timestamp(text) ?? unreadable
      default: return nil
      }
    case "duration":
      switch value {
      case .duration: return value
      case .int(let seconds): return PlainTime.duration(Int128(seconds) * PlainTime.billion)
      case .string(let text):
        return PlainTimeText.span(text).map(PlainTime.duration) ?? unreadable
      default: return nil
      }
    default: return nil
    }
  }

  private static let unreadable = Plain.failure("it cannot be read as that")
  private static let outOfRange = Plain.failure("out of range")

  private static func int(_ value: Plain) -> Plain? {
    switch value {
    case .int: return value
    case .uint(let number): return Int64(exactly: number).map { .int($0) } ?? outOfRange
    case .double(let number):
      // The ends are refused: a double that near has lost its last digits.
      guard number > -0x1p63, number < 0x1p63 else { return outOfRange }
      return .int(Int64(number))
    case .string(let text): return Int64(text).map { .int($0) } ?? unreadable
    case .timestamp(let seconds, _), .duration(let seconds, _): return .int(seconds)
    default: return nil
    }
  }

  private static func uint(_ value: Plain) -> Plain? {
    switch value {
    case .uint: return value
    case .int(let number): return UInt64(exactly: number).map { .uint($0) } ?? outOfRange
    case .double(let number):
      guard number > -1, number < 0x1p64 else { return outOfRange }
      return .uint(UInt64(number.rounded(.towardZero)))
    case .string(let text): return UInt64(text).map { .uint($0) } ?? unreadable
    default: return nil
    }
  }

  private static func string(_ value: Plain) -> Plain? {
    switch value {
    case .string: return value
    case .bool(let flag): return .string(flag ? "true" : "false")
    case .int(let number): return .string(String(number))
    case .uint(let number): return .string(String(number))
    case .double(let number): return .string(text(number))
    case .timestamp(let seconds, let nanos):
      return .string(PlainTimeText.text(seconds: seconds, nanos: nanos))
    case .duration(let seconds, let nanos):
      return .string(PlainTimeText.text(span: seconds, nanos: nanos))
    case .date(let days): return .string(PlainTimeText.text(days: Int64(days)))
    case .bytes(let bytes):
      return String(validating: bytes, as: UTF8.self).map { .string($0) } ?? unreadable
    default: return nil
    }
  }

  /// As JSON writes numbers; what JSON cannot write by its name.
  static func text(_ number: Double) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
    if number == 0, number.sign == .minus { return "-0" }
    return JSONNumber.text(of: number) ?? "NaN"
  }

  private static func date(_ arguments: [Plain]) -> Plain? {
    switch arguments.first {
    case .date? where arguments.count == 1: return arguments[0]
    case .string(let text)? where arguments.count == 1:
      return PlainTimeText.date(text) ?? unreadable
    case .timestamp(let seconds, _)? where arguments.count == 1:
      return PlainTime.date(PlainTime.floored(seconds, 86_400).quotient)
    case .timestamp(let seconds, _)? where arguments.count == 2:
      guard case .string(let zone) = arguments[1] else { return nil }
      guard let offset = PlainTimeText.offset(zone) else { return .failure("no fixed offset") }
      return PlainTime.date(PlainTime.floored(seconds + offset, 86_400).quotient)
    case .int(let year)? where arguments.count == 3:
      guard case .int(let month) = arguments[1], case .int(let day) = arguments[2] else {
        return nil
      }
      return PlainTime.days(year, month, day).map(PlainTime.date) ?? outOfRange
    default: return nil
    }
  }

  // MARK: - Optional values

  private static func optional(_ name: String, _ arguments: [Plain]) -> Plain? {
    switch (name, arguments.count) {
    case ("optional.none", 0): return .optional(nil)
    case ("optional.of", 1): return .optional(arguments[0])
    case ("optional.ofNonZeroValue", 1):
      return .optional(isZero(arguments[0]) ? nil : arguments[0])
    default: break
    }
    guard case .optional(let content)? = arguments.first else { return nil }
    switch (name, arguments.count) {
    case ("hasValue", 1): return .bool(content != nil)
    case ("value", 1): return content ?? .failure("there is no value")
    case ("orValue", 2): return content ?? arguments[1]
    case ("or", 2):
      guard case .optional = arguments[1] else { return nil }
      return content == nil ? arguments[1] : arguments[0]
    default: return nil
    }
  }

  private static func isZero(_ value: Plain) -> Bool {
    switch value {
    case .null: true
    case .bool(let flag): !flag
    case .int(let number): number == 0
    case .uint(let number): number == 0
    case .double(let number): number == 0
    case .string(let text): text.isEmpty
    case .bytes(let bytes): bytes.isEmpty
    case .list(let elements, _): elements.isEmpty
    case .map(let entries, _): entries.isEmpty
    case .duration(let seconds, let nanos): seconds == 0 && nanos == 0
    case .timestamp(let seconds, let nanos): seconds == 0 && nanos == 0
    case .optional(let content): content == nil
    default: false
    }
  }

  // MARK: - Base64

  private static let digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static func encoding(_ name: String, _ arguments: [Plain]) -> Plain? {
    guard arguments.count == 1 else { return nil }
    switch (name, arguments[0]) {
    case ("base64.encode", .bytes(let bytes)):
      var text = ""
      for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
        for place in 0..<4 {
          text +=
            place <= group.count
            ? String(decoding: [digits[bits >> (18 - 6 * place) & 63]], as: UTF8.self) : "="
        }
      }
      return .string(text)
    case ("base64.decode", .string(let text)):
      var bytes = Array(text.utf8)
      if bytes.count % 4 == 0 {
        for _ in 0..<2 where bytes.last == UInt8(ascii: "=") { bytes.removeLast() }
      }
      let values = bytes.compactMap { digits.firstIndex(of: $0) }
      guard values.count == bytes.count, bytes.count % 4 != 1 else { return unreadable }
      var decoded: [UInt8] = []
      for start in stride(from: 0, to: values.count, by: 4) {
        let group = values[start..<min(start + 4, values.count)]
        let bits = group.reduce(0) { $0 << 6 | $1 } << (6 * (4 - group.count))
        for place in 0..<(group.count - 1) {
          decoded.append(UInt8(bits >> (16 - 8 * place) & 255))
        }
      }
      return .bytes(decoded)
    default: return nil
    }
  }
}
