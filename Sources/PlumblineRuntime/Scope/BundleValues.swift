import CEL
import PlumblineBundle

/// A map from strings, in a fixed order. Used for tables and for untyped JSON objects.
final class StringMap: MapValue, @unchecked Sendable {
  private let entries: [String: Value]
  private let order: [Value]

  init(_ pairs: [(String, Value)]) {
    var entries: [String: Value] = [:]
    var order: [Value] = []
    entries.reserveCapacity(pairs.count)
    order.reserveCapacity(pairs.count)
    for (key, value) in pairs where entries[key] == nil {
      entries[key] = value
      order.append(.string(key))
    }
    self.entries = entries
    self.order = order
    super.init()
  }
  override func lookup(_ key: Value) -> Value {
    guard case .string(let name) = key else { return .absent }
    return entries[name] ?? .absent
  }
  override var keys: [Value] { order }
  override var count: Int { order.count }
}

/// Constants of a bundle as typed values.
enum BundleValues {
  static func value(_ value: BundleValue, as type: TypeReference, _ types: ScopeTypes) -> Value {
    convert(value, type, types, depth: 0)
  }

  private static func convert(
    _ value: BundleValue, _ type: TypeReference, _ types: ScopeTypes, depth: Int
  ) -> Value {
    if depth > 100 { return .error(EvaluationError(.depth, "a constant is nested too deeply")) }
    func mismatch() -> Value {
      .error(EvaluationError(.conversion, "a constant is no `\(type.description)`"))
    }
    switch type {
    case .optional(let wrapped), .sensitive(let wrapped):
      if case .null = value { return .absent }
      return convert(value, wrapped, types, depth: depth + 1)
    case .named(let name):
      guard let definition = types.resolve(name) else { return mismatch() }
      switch definition {
      case .type(.record(let fields)):
        guard case .object(let object) = types.celType(type) else { return mismatch() }
        return record(value, fields, object, types, depth: depth)
      case .type(let other): return convert(value, other, types, depth: depth + 1)
      case .union: return dynamic(value, depth: depth)
      }
    case .record(let fields):
      guard case .object(let object) = types.celType(type) else { return mismatch() }
      return record(value, fields, object, types, depth: depth)
    case .list(let element):
      guard case .list(let items) = value else { return mismatch() }
      return .list(ListValue(items.map { convert($0, element, types, depth: depth + 1) }))
    case .map(let element):
      guard case .map(let entries) = value else { return mismatch() }
      return .map(
        StringMap(
          entries.map { ($0.key, convert($0.value, element, types, depth: depth + 1)) }))
    case .number:
      switch value {
      case .int(let whole): return .double(Double(whole))
      case .double(let number): return .double(number)
      default: return mismatch()
      }
    case .int:
      guard case .int = value else { return mismatch() }
      return dynamic(value, depth: depth)
    case .bool:
      guard case .bool = value else { return mismatch() }
      return dynamic(value, depth: depth)
    case .string, .enumeration:
      guard case .string = value else { return mismatch() }
      return dynamic(value, depth: depth)
    case .timestamp(let offset):
      guard case .string(let text) = value,
        let time = TimeText.timestamp(text.utf8, offsetMinutes: offset)
      else { return mismatch() }
      return .timestamp(time)
    case .date:
      guard case .string(let text) = value, let day = TimeText.date(text.utf8) else {
        return mismatch()
      }
      return .date(day)
    case .duration:
      guard case .string(let text) = value, let span = TimeText.duration(text.utf8) else {
        return mismatch()
      }
      return .duration(span)
    case .any: return dynamic(value, depth: depth)
    }
  }

  private static func record(
    _ value: BundleValue, _ fields: [FieldDeclaration], _ object: ObjectType, _ types: ScopeTypes,
    depth: Int
  ) -> Value {
    guard case .map(let entries) = value else {
      return .error(EvaluationError(.conversion, "a constant is no `\(object.name)`"))
    }
    return .record(
      RecordValue(
        type: object,
        slots: fields.map { field in
          guard let entry = entries.first(where: { $0.key == field.name }) else { return .absent }
          return convert(entry.value, field.type, types, depth: depth + 1)
        }))
  }

  static func dynamic(_ value: BundleValue, depth: Int = 0) -> Value {
    if depth > 100 { return .error(EvaluationError(.depth, "a constant is nested too deeply")) }
    switch value {
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .int(let whole): return .int(whole)
    case .double(let number): return .double(number)
    case .string(let text): return .string(text)
    case .list(let items): return .list(ListValue(items.map { dynamic($0, depth: depth + 1) }))
    case .map(let entries):
      return .map(StringMap(entries.map { ($0.key, dynamic($0.value, depth: depth + 1)) }))
    }
  }
}
