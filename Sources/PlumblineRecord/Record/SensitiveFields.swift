import PlumblineBundle
import PlumblineJSON
import PlumblineRuntime

/// Takes the values that a spec declares sensitive out of events, before they are logged (semantics 23).
///
/// Where a value does not have the shape of its type, more is taken out rather than less: a renamed field of a
/// record that has sensitive ones may be the one that was renamed.
struct SensitiveFields: Sendable {
  private let types: [String: TypeDeclaration]
  private let tools: [String: ToolDeclaration]
  private let collections: [String: TypeReference]
  private let caseFields: [FieldDeclaration]
  private let sensitiveTypes: Set<String>
  private let redaction: Redaction
  /// Whether the spec declares anything sensitive at all.
  let isEmpty: Bool

  init(_ bundle: SpecBundle, _ redaction: Redaction) {
    types = Dictionary(bundle.types.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    tools = Dictionary(bundle.tools.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    collections = Dictionary(
      bundle.collections.map { ($0.name, $0.type) }, uniquingKeysWith: { a, _ in a })
    caseFields = bundle.caseFields
    self.redaction = redaction
    var found: Set<String> = []
    var grew = true
    while grew {
      grew = false
      for type in bundle.types where !found.contains(type.name) {
        let holds: Bool
        switch type.definition {
        case .type(let type): holds = Self.holds(type, found)
        case .union(let members, _): holds = members.contains { found.contains($0) }
        }
        if holds {
          found.insert(type.name)
          grew = true
        }
      }
    }
    sensitiveTypes = found
    let places =
      bundle.caseFields.map(\.type) + bundle.collections.map(\.type)
      + bundle.tools.flatMap { $0.arguments.map(\.type) + ($0.returns.map { [$0] } ?? []) }
    isEmpty = !places.contains { Self.holds($0, found) }
  }

  private static func holds(_ type: TypeReference, _ sensitive: Set<String>) -> Bool {
    switch type {
    case .sensitive: true
    case .list(let inner), .map(let inner), .optional(let inner): holds(inner, sensitive)
    case .record(let fields): fields.contains { holds($0.type, sensitive) }
    case .named(let name): sensitive.contains(name)
    default: false
    }
  }

  private func holds(_ type: TypeReference) -> Bool { Self.holds(type, sensitiveTypes) }

  /// An event without its sensitive values.
  /// - Parameter action: what the event is about, where it does not say so itself: the action of a result, or of
  ///   an approval by id.
  /// - Returns: the event as it may be shown, and the values by JSON Pointer.
  func split(_ event: JSON, action: String?) -> (shown: JSON, values: [JSON.Member]) {
    guard !isEmpty else { return (event, []) }
    var taken: [JSON.Member] = []
    var shown = event
    func take(_ key: String, _ type: TypeReference?) {
      guard let value = event[key], value != .null else { return }
      shown[key] = split(value, type, "/\(key)", &taken)
    }
    let tool = (event["action"]?.string ?? action).flatMap { tools[$0] }
    switch event["type"]?.string {
    case "propose", "approve": take("args", tool.map { .record($0.arguments) })
    case "result": take("result", tool.map { $0.returns ?? .any })
    case "open": take("data", .record(caseFields))
    case "fact":
      let record = event["record"]?.string ?? ""
      let name = String(record.prefix { $0 != "[" && $0 != "." })
      if name == "case" {
        let key = record.dropFirst("case.".count)
        take(
          "value",
          key.isEmpty ? .record(caseFields) : caseFields.first { $0.name == key }?.type)
      } else {
        let type = collections[name]
        take("value", name == record ? type.map { .map($0) } : inner(record, type))
      }
    default: break
    }
    return (shown, taken)
  }

  /// The type of what a path such as `orders["o-1"].total` names: the record where it ends at its key.
  private func inner(_ record: String, _ type: TypeReference?) -> TypeReference? {
    guard let type else { return nil }
    // A path below a record may name anything in it: judged by the record as a whole.
    if record.hasSuffix("]") || !record.contains("[") { return type }
    return holds(type) ? nil : type
  }

  /// - Parameter type: nil where it is not known: all is taken out.
  private func split(
    _ value: JSON, _ type: TypeReference?, _ path: String, _ taken: inout [JSON.Member]
  ) -> JSON {
    func hide() -> JSON {
      taken.append(.init(path, value))
      return hidden(value)
    }
    guard let type else { return hide() }
    guard value != .null, holds(type) else { return value }
    switch (type, value) {
    case (.optional(let inner), _): return split(value, inner, path, &taken)
    case (.list(let inner), .array(let elements)):
      return .array(
        elements.enumerated().map { split($1, inner, "\(path)/\($0)", &taken) })
    case (.map(let inner), .object(let members)):
      return .object(
        members.map {
          .init($0.key, split($0.value, inner, "\(path)/\(Pointer.escaped($0.key))", &taken))
        })
    case (.record(let fields), .object(let members)):
      return split(members, fields, path, &taken)
    case (.named(let name), _):
      switch types[name]?.definition {
      case .type(let inner)?: return split(value, inner, path, &taken)
      case .union(let names, let by)?:
        guard case .object(let members) = value,
          let member = names.first(where: { isMember($0, by, value[by]) })
        else { return hide() }
        return split(.object(members), .named(member), path, &taken)
      case nil: return hide()
      }
    default: return hide()
    }
  }

  private func split(
    _ members: [JSON.Member], _ fields: [FieldDeclaration], _ path: String,
    _ taken: inout [JSON.Member]
  ) -> JSON {
    .object(
      members.map { member in
        let type = fields.first { $0.name == member.key }?.type
        return .init(
          member.key, split(member.value, type, "\(path)/\(Pointer.escaped(member.key))", &taken))
      })
  }

  /// Whether a member of a union is the one that a value says it is.
  private func isMember(_ name: String, _ by: String, _ value: JSON?) -> Bool {
    guard case .type(.record(let fields))? = types[name]?.definition,
      let field = fields.first(where: { $0.name == by }),
      case .enumeration(let values) = field.type, let text = value?.string
    else { return false }
    return values.contains(text)
  }

  private func hidden(_ value: JSON) -> JSON {
    guard case .keyed(let key) = redaction else { return ValueJSON.redacted }
    let bytes = StoredRecord.canonical(value)
    return .string("hmac-sha256:" + SHA256.hexText(SHA256.authenticate(bytes, key: key)))
  }
}
