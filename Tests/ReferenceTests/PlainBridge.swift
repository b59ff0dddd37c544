import CEL
import PlumblineBundle

@testable import PlumblineReference

/// The same value for both interpreters.
enum PlainBridge {
  /// A partial map; the guard's collections are such.
  private final class PartialMap: MapValue, @unchecked Sendable {
    let entries: [(Value, Value)]
    let rest: Unknown?
    init(_ entries: [(Value, Value)], _ rest: Unknown?) {
      self.entries = entries
      self.rest = rest
      super.init()
    }
    override func lookup(_ key: Value) -> Value {
      if let entry = entries.first(where: { $0.0 == key }) { return entry.1 }
      return rest.map { .unknown($0) } ?? .absent
    }
    override var keys: [Value] { entries.map(\.0) }
    override var count: Int { entries.count }
    override var missing: Unknown? { rest }
  }

  static func unknown(_ missing: Missing) -> Unknown {
    Unknown(missing.attributes.map { Unknown.Attribute(path: $0.path) })
  }

  /// As the guard has it; `type` says which record types stand inside.
  static func value(_ plain: Plain, _ type: CELType) -> Value {
    switch plain {
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .int(let number): return .int(number)
    case .uint(let number): return .uint(number)
    case .double(let number): return .double(number)
    case .string(let text): return .string(text)
    case .bytes(let bytes): return .bytes(bytes)
    case .timestamp(let seconds, let nanos):
      return .timestamp(Timestamp(seconds: seconds, nanoseconds: nanos))
    case .duration(let seconds, let nanos):
      return .duration(CEL.Duration(seconds: seconds, nanoseconds: nanos))
    case .date(let days): return .date(days)
    case .list(let elements, let rest):
      var element = CELType.dyn
      if case .list(let inner) = type { element = inner }
      return .list(
        ListValue(elements.map { value($0, element) }, missing: rest.map { unknown($0) }))
    case .map(let entries, let rest):
      var inside = CELType.dyn
      if case .map(_, let inner) = type { inside = inner }
      return .map(
        PartialMap(
          entries.map { (value($0.key, .dyn), value($0.value, inside)) }, rest.map { unknown($0) }))
    case .record(let record):
      guard case .object(let object) = type else { return .failure(.other, "no record type") }
      return .record(
        RecordValue(
          type: object,
          slots: object.fields.map { field in value(record[field.name] ?? .absent, field.type) }))
    case .type, .optional: return .failure(.other, "not bridged")
    case .absent: return .absent
    case .unknown(let missing): return .unknown(unknown(missing))
    case .error(let error):
      return .failure(error.kind == .absent ? .absent : .other, error.message)
    }
  }

  /// What there is to compare, as text: errors by whether something is known to be absent, unknowns by
  /// what is needed.
  static func text(_ value: Value) -> String {
    switch value {
    case .null: return "null"
    case .bool(let flag): return "\(flag)"
    case .int(let number): return "int \(number)"
    case .uint(let number): return "uint \(number)"
    case .double(let number): return "double \(number)"
    case .string(let text): return "string \(text.debugDescription)"
    case .bytes(let bytes): return "bytes \(bytes)"
    case .timestamp(let time): return "timestamp \(time.seconds) \(time.nanoseconds)"
    case .duration(let span): return "duration \(span.seconds) \(span.nanoseconds)"
    case .date(let days): return "date \(days)"
    case .list(let list):
      return "[\(list.elements.map(text).joined(separator: ", "))\(list.missing.map(rest) ?? "")]"
    case .map(let map):
      let entries = map.keys.map { "\(text($0)): \(text(map.lookup($0)))" }.sorted()
      return "{\(entries.joined(separator: ", "))\(map.missing.map(rest) ?? "")}"
    case .record(let record):
      let fields = zip(record.type.fields, record.slots).map { "\($0.name): \(text($1))" }
      return "record {\(fields.sorted().joined(separator: ", "))}"
    case .type(let type): return "type \(type.type.runtimeName)"
    case .optional(let optional): return "optional \(optional.value.map(text) ?? "none")"
    case .opaque: return "opaque"
    case .absent: return "absent"
    case .error(let error): return error.kind == .absent ? "error absent" : "error"
    case .unknown(let unknown): return "unknown\(rest(unknown))"
    }
  }

  private static func rest(_ unknown: Unknown) -> String { names(unknown.attributes.map(\.path)) }
  private static func rest(_ missing: Missing) -> String { names(missing.attributes.map(\.path)) }
  private static func names(_ paths: [String]) -> String {
    " ?(\(paths.sorted().joined(separator: ", ")))"
  }

  static func text(_ plain: Plain) -> String {
    switch plain {
    case .null: return "null"
    case .bool(let flag): return "\(flag)"
    case .int(let number): return "int \(number)"
    case .uint(let number): return "uint \(number)"
    case .double(let number): return "double \(number)"
    case .string(let text): return "string \(text.debugDescription)"
    case .bytes(let bytes): return "bytes \(bytes)"
    case .timestamp(let seconds, let nanos): return "timestamp \(seconds) \(nanos)"
    case .duration(let seconds, let nanos): return "duration \(seconds) \(nanos)"
    case .date(let days): return "date \(days)"
    case .list(let elements, let more):
      return "[\(elements.map(text).joined(separator: ", "))\(more.map(rest) ?? "")]"
    case .map(let entries, let more):
      let entries = entries.map { "\(text($0.key)): \(text($0.value))" }.sorted()
      return "{\(entries.joined(separator: ", "))\(more.map(rest) ?? "")}"
    case .record(let record):
      let fields = record.fields.map { "\($0.name): \(text($0.value))" }
      return "record {\(fields.sorted().joined(separator: ", "))}"
    case .type(let name): return "type \(name)"
    case .optional(let content): return "optional \(content.map(text) ?? "none")"
    case .absent: return "absent"
    case .error(let error):
      switch error.kind {
      case .absent: return "error absent"
      case .failure: return "error"
      case .unsupported: return "unsupported: \(error.message)"
      }
    case .unknown(let missing): return "unknown\(rest(missing))"
    }
  }
}
