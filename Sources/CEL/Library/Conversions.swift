/// Conversions between types, `type` and `dyn`, `size`.
enum ConversionLibrary {
  private static let t = CELType.parameter("T")

  static let declarations: [FunctionDeclaration] = {
    func conversion(
      _ name: String, _ result: CELType, from sources: [(String, CELType)],
      _ function: @escaping @Sendable (Value) -> Value
    ) -> FunctionDeclaration {
      FunctionDeclaration(
        name, sources.map { Overload("\($0.0)_to_\(name)", [$0.1], result, .unary(function)) })
    }
    let int = ("int64", CELType.int)
    let uint = ("uint64", CELType.uint)
    let double = ("double", CELType.double)
    let text = ("string", CELType.string)
    let bytes = ("bytes", CELType.bytes)
    let bool = ("bool", CELType.bool)
    let timestamp = ("timestamp", CELType.timestamp)
    let duration = ("duration", CELType.duration)
    return [
      FunctionDeclaration(
        "int",
        [int, uint, double, text, timestamp, duration].map {
          Overload("\($0.0)_to_int64", [$0.1], .int, .unary(ConversionLibrary.int))
        }),
      FunctionDeclaration(
        "uint",
        [uint, int, double, text].map {
          Overload("\($0.0)_to_uint64", [$0.1], .uint, .unary(ConversionLibrary.uint))
        }),
      conversion("double", .double, from: [double, int, uint, text], ConversionLibrary.double),
      conversion(
        "string", .string, from: [text, bool, int, uint, double, bytes, timestamp, duration],
        ConversionLibrary.string),
      conversion("bytes", .bytes, from: [bytes, text], ConversionLibrary.bytes),
      conversion("bool", .bool, from: [bool, text], ConversionLibrary.bool),
      conversion(
        "timestamp", .timestamp, from: [timestamp, text, int], ConversionLibrary.timestamp),
      conversion("duration", .duration, from: [duration, text, int], ConversionLibrary.duration),
      FunctionDeclaration("dyn", [Overload("to_dyn", [t], .dyn, .unary { $0 })]),
      FunctionDeclaration(
        "type",
        [Overload("type", [t], .type(t), .unary { .type(TypeValue($0.runtimeType)) })]),
      FunctionDeclaration(
        "size",
        [
          Overload("size_string", [.string], .int, .unary(size)),
          Overload("size_bytes", [.bytes], .int, .unary(size)),
          Overload("size_list", [.list(t)], .int, .unary(size)),
          Overload(
            "size_map", [.map(.parameter("K"), .parameter("V"))], .int, .unary(size)),
          Overload("string_size", [.string], .int, member: true, .unary(size)),
          Overload("bytes_size", [.bytes], .int, member: true, .unary(size)),
          Overload("list_size", [.list(t)], .int, member: true, .unary(size)),
          Overload(
            "map_size", [.map(.parameter("K"), .parameter("V"))], .int, member: true,
            .unary(size)),
        ]),
    ]
  }()

  @Sendable static func size(_ value: Value) -> Value {
    switch value {
    case .string(let text): .int(Int64(text.unicodeScalars.count))
    case .bytes(let bytes): .int(Int64(bytes.count))
    case .list(let list): .int(Int64(list.elements.count))
    case .map(let map): .int(Int64(map.count))
    default: .noSuchOverload("size", value)
    }
  }

  private static func outOfRange(_ type: String) -> Value {
    .failure(.range, "the number is out of the range of `\(type)`")
  }

  private static func unreadable(_ text: String, _ type: String) -> Value {
    .failure(.conversion, "`\(text)` cannot be read as `\(type)`")
  }

  @Sendable static func int(_ value: Value) -> Value {
    switch value {
    case .int: return value
    case .uint(let number):
      guard let whole = Int64(exactly: number) else { return outOfRange("int") }
      return .int(whole)
    case .double(let number):
      // The ends themselves are refused, as in cel-go: a double that near has lost its last digits.
      guard number > -0x1p63, number < 0x1p63 else { return outOfRange("int") }
      return .int(Int64(number))
    case .string(let text):
      guard let whole = Int64(text) else { return unreadable(text, "int") }
      return .int(whole)
    case .timestamp(let time): return .int(time.seconds)
    case .duration(let span): return .int(span.seconds)
    default: return .noSuchOverload("int", value)
    }
  }

  @Sendable static func uint(_ value: Value) -> Value {
    switch value {
    case .uint: return value
    case .int(let number):
      guard let whole = UInt64(exactly: number) else { return outOfRange("uint") }
      return .uint(whole)
    case .double(let number):
      guard number > -1, number < 0x1p64 else { return outOfRange("uint") }
      return .uint(UInt64(number.rounded(.towardZero)))
    case .string(let text):
      guard let whole = UInt64(text) else { return unreadable(text, "uint") }
      return .uint(whole)
    default: return .noSuchOverload("uint", value)
    }
  }

  @Sendable static func double(_ value: Value) -> Value {
    switch value {
    case .double: return value
    case .int(let number): return .double(Double(number))
    case .uint(let number): return .double(Double(number))
    case .string(let text):
      guard let number = Double(text) else { return unreadable(text, "double") }
      return .double(number)
    default: return .noSuchOverload("double", value)
    }
  }

  @Sendable static func string(_ value: Value) -> Value {
    switch value {
    case .string: return value
    case .bool(let flag): return .string(flag ? "true" : "false")
    case .int(let number): return .string(String(number))
    case .uint(let number): return .string(String(number))
    case .double(let number): return .string(NumberText.double(number))
    case .timestamp(let time): return .string(TimeFormat.timestamp(time))
    case .duration(let span): return .string(TimeFormat.duration(span))
    case .date(let day): return .string(TimeFormat.date(day))
    case .bytes(let bytes):
      guard let text = String(validating: bytes, as: UTF8.self) else {
        return .failure(.conversion, "the bytes are not valid UTF-8")
      }
      return .string(text)
    default: return .noSuchOverload("string", value)
    }
  }

  @Sendable static func bytes(_ value: Value) -> Value {
    switch value {
    case .bytes: value
    case .string(let text): .bytes(Array(text.utf8))
    default: .noSuchOverload("bytes", value)
    }
  }

  @Sendable static func bool(_ value: Value) -> Value {
    switch value {
    case .bool: return value
    case .string(let text):
      switch text {
      case "1", "t", "T", "true", "TRUE", "True": return true
      case "0", "f", "F", "false", "FALSE", "False": return false
      default: return unreadable(text, "bool")
      }
    default: return .noSuchOverload("bool", value)
    }
  }

  @Sendable static func timestamp(_ value: Value) -> Value {
    switch value {
    case .timestamp: value
    case .int(let seconds): TimeMath.timestamp(seconds)
    case .date(let day): TimeMath.timestamp(Int64(day) * 86400)
    case .string(let text):
      TimeFormat.parseTimestamp(text)
        ?? .failure(.range, "`\(text)` is no timestamp such as `2024-05-15T10:00:00Z`")
    default: .noSuchOverload("timestamp", value)
    }
  }

  @Sendable static func duration(_ value: Value) -> Value {
    switch value {
    case .duration: value
    case .int(let seconds): TimeMath.duration(seconds)
    case .string(let text):
      TimeFormat.parseDuration(text)
        ?? .failure(.conversion, "`\(text)` is no duration such as `1h30m` or `5s`")
    default: .noSuchOverload("duration", value)
    }
  }
}
