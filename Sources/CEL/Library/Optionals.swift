/// Optional types.
enum OptionalLibrary {
  private static let t = CELType.parameter("T")
  private static let k = CELType.parameter("K")
  private static let v = CELType.parameter("V")
  private static let optionalT = CELType.optional(.parameter("T"))

  static let declarations: [FunctionDeclaration] = [
    FunctionDeclaration(
      "optional.of",
      [Overload("optional_of", [t], optionalT, .unary { .optional(OptionalValue($0)) })]),
    FunctionDeclaration(
      "optional.none",
      [
        Overload(
          "optional_none", [], optionalT, .variadic { _ in .optional(OptionalValue(nil)) })
      ]),
    FunctionDeclaration(
      "optional.ofNonZeroValue",
      [
        Overload(
          "optional_ofNonZeroValue", [t], optionalT,
          .unary { .optional(OptionalValue(isZero($0) ? nil : $0)) })
      ]),
    FunctionDeclaration(
      "optional.unwrap",
      [Overload("optional_unwrap", [.list(optionalT)], .list(t), .unary(unwrap))]),
    FunctionDeclaration(
      "unwrapOpt",
      [
        Overload("optional_unwrapOpt", [.list(optionalT)], .list(t), member: true, .unary(unwrap))
      ]),
    FunctionDeclaration(
      "hasValue",
      [
        Overload(
          "optional_hasValue", [optionalT], .bool, member: true,
          .unary {
            guard case .optional(let optional) = $0 else {
              return .noSuchOverload("hasValue", $0)
            }
            return .bool(optional.value != nil)
          })
      ]),
    FunctionDeclaration(
      "value",
      [
        Overload(
          "optional_value", [optionalT], t, member: true,
          .unary {
            guard case .optional(let optional) = $0 else { return .noSuchOverload("value", $0) }
            return optional.value ?? .failure(.invalidArgument, "the optional holds no value")
          })
      ]),
    // `or` and `orValue` look at their right side only where the left one holds nothing.
    FunctionDeclaration(
      "or",
      [
        Overload(
          "optional_or_optional", [optionalT, optionalT], optionalT, member: true, lenient: true,
          .binary { or($0, $1, unwrapping: false) })
      ]),
    FunctionDeclaration(
      "orValue",
      [
        Overload(
          "optional_orValue_value", [optionalT, t], t, member: true, lenient: true,
          .binary { or($0, $1, unwrapping: true) })
      ]),
    FunctionDeclaration(
      "_?._",
      [
        Overload(
          "select_optional_field", [.dyn, .string], .optional(v), lenient: true,
          .binary(optionalIndex))
      ]),
    FunctionDeclaration(
      "_[?_]",
      [
        Overload(
          "list_optindex_optional_int", [.list(v), .int], .optional(v), lenient: true,
          .binary(optionalIndex)),
        Overload(
          "optional_list_optindex_optional_int", [.optional(.list(v)), .int], .optional(v),
          lenient: true, .binary(optionalIndex)),
        Overload(
          "map_optindex_optional_value", [.map(k, v), k], .optional(v), lenient: true,
          .binary(optionalIndex)),
        Overload(
          "optional_map_optindex_optional_value", [.optional(.map(k, v)), k], .optional(v),
          lenient: true, .binary(optionalIndex)),
      ]),
    FunctionDeclaration(
      "_[_]",
      [
        Overload(
          "optional_list_index_int", [.optional(.list(v)), .int], .optional(v), lenient: true,
          .binary(OperatorLibrary.index)),
        Overload(
          "optional_map_index_value", [.optional(.map(k, v)), k], .optional(v), lenient: true,
          .binary(OperatorLibrary.index)),
      ]),
  ]

  /// Left out where the `lists` extension brings its own, which give plain values.
  static let ends: [FunctionDeclaration] = [
    FunctionDeclaration(
      "first",
      [
        Overload("optional_list_first", [.list(t)], optionalT, member: true, .unary(first))
      ]),
    FunctionDeclaration(
      "last",
      [Overload("optional_list_last", [.list(t)], optionalT, member: true, .unary(last))]),
  ]

  private static func or(_ a: Value, _ b: Value, unwrapping: Bool) -> Value {
    guard case .optional(let optional) = a else {
      return a.isErrorOrUnknown ? a : .noSuchOverload(unwrapping ? "orValue" : "or", a, b)
    }
    guard let value = optional.value else { return b }
    return unwrapping ? value : a
  }

  @Sendable private static func unwrap(_ a: Value) -> Value {
    guard case .list(let list) = a else { return .noSuchOverload("unwrapOpt", a) }
    if let flaw = list.flaw { return flaw }
    var elements: [Value] = []
    for element in list.elements {
      guard case .optional(let optional) = element else {
        return .noSuchOverload("unwrapOpt", a)
      }
      if let value = optional.value { elements.append(value) }
    }
    return .list(elements)
  }

  @Sendable private static func first(_ a: Value) -> Value {
    guard case .list(let list) = a else { return .noSuchOverload("first", a) }
    if let end = list.elements.first, end.isErrorOrUnknown { return end }
    return .optional(OptionalValue(list.elements.first))
  }

  @Sendable private static func last(_ a: Value) -> Value {
    guard case .list(let list) = a else { return .noSuchOverload("last", a) }
    if let end = list.elements.last, end.isErrorOrUnknown { return end }
    return .optional(OptionalValue(list.elements.last))
  }

  /// `range[?key]` and `range.?key`: an optional; none where there is no such entry.
  @Sendable static func optionalIndex(_ range: Value, _ key: Value) -> Value {
    if case .optional(let optional) = range {
      guard let inner = optional.value else { return key.isErrorOrUnknown ? key : range }
      return optionalIndex(inner, key)
    }
    if case .list(let list) = range, let position = OperatorLibrary.wholeNumber(key),
      position < 0 || (position >= Int64(list.elements.count) && list.missing == nil)
    {
      return .optional(OptionalValue(nil))
    }
    switch OperatorLibrary.index(range, key) {
    case .error(let error) where error.kind == .absent && !range.isErrorOrUnknown:
      return .optional(OptionalValue(nil))
    case .error(let error): return .error(error)
    case .unknown(let unknown): return .unknown(unknown)
    case let found: return .optional(OptionalValue(found))
    }
  }

  /// Whether a value is its type's zero.
  static func isZero(_ value: Value) -> Bool {
    switch value {
    case .null, .absent: true
    case .bool(let value): !value
    case .int(let value): value == 0
    case .uint(let value): value == 0
    case .double(let value): value == 0
    case .string(let value): value.isEmpty
    case .bytes(let value): value.isEmpty
    case .timestamp(let value): value == Timestamp(seconds: 0)
    case .duration(let value): value == Duration(seconds: 0)
    case .date(let value): value == 0
    case .list(let list): list.elements.isEmpty && list.missing == nil
    case .map(let map): map.count == 0 && map.missing == nil
    case .record(let record):
      record.slots.allSatisfy {
        if case .absent = $0 { true } else { false }
      }
    case .optional(let optional): optional.value == nil
    case .type, .opaque, .error, .unknown: false
    }
  }
}
