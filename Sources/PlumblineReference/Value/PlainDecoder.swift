import PlumblineBundle
import PlumblineJSON

/// Reads JSON by declared types, and notes where it breaks them.
struct PlainDecoder {
  let types: [TypeDeclaration]
  /// Set for a record that is known in part: what it lacks is unknown, and its lists may have more.
  private let partial: String?
  /// Where the data breaks its type; empty where it does not.
  private(set) var drifts: [String] = []
  /// Fields that the type does not mention.
  private(set) var extras: [String] = []

  private static let deepest = 100

  /// - Parameter partial: the record's path, where it is known in part.
  init(_ types: [TypeDeclaration], partial: String? = nil) {
    self.types = types
    self.partial = partial
  }

  /// A value of a type. Where there is a drift it is not to be used.
  mutating func decode(_ json: JSON, as type: TypeReference) -> Plain {
    decode(json, type, partial ?? "", 0, .nothing)
  }

  /// The arguments of a tool, the claims of a text, the keys of a case: a record with a name of its own.
  mutating func decode(_ json: JSON, fields: [FieldDeclaration], named name: String) -> Plain {
    record(json, fields, all: fields, name, partial ?? "", 0, .nothing)
  }

  // MARK: - By type

  private mutating func drift(_ path: String, _ expected: String) -> Plain {
    drifts.append("\(path): expected \(expected)")
    return .absent
  }

  private mutating func decode(
    _ json: JSON, _ type: TypeReference, _ path: String, _ depth: Int, _ asked: Asked
  ) -> Plain {
    let before = drifts.count
    let value = plain(json, type, path, depth, asked)
    switch type {
    // What is asked of it was asked of what it stands for.
    case .optional, .sensitive, .named: break
    default:
      if drifts.count == before, let missed = asked.missed(by: json) { return drift(path, missed) }
    }
    return value
  }

  private mutating func plain(
    _ json: JSON, _ type: TypeReference, _ path: String, _ depth: Int, _ asked: Asked
  ) -> Plain {
    guard depth < Self.deepest else { return drift(path, "fewer levels") }
    switch type {
    case .any: return untyped(json, path, depth)
    case .bool: if case .bool(let flag) = json { return .bool(flag) }
    case .int:
      switch json {
      case .int(let whole): return .int(whole)
      // JSON has one kind of number: 2.0 is an integer.
      case .double(let number): if let whole = Int64(exactly: number) { return .int(whole) }
      default: break
      }
    case .number:
      switch json {
      case .int(let whole): return .double(Double(whole))
      case .double(let number): return .double(number)
      default: break
      }
    case .string: if case .string(let text) = json { return .string(text) }
    case .timestamp(let offset):
      if case .string(let text) = json,
        let time = PlainTimeText.timestamp(text, offsetMinutes: offset)
      {
        return time
      }
    case .date:
      if case .string(let text) = json, let day = PlainTimeText.date(text) { return day }
    case .duration: if case .string(let text) = json, let span = Self.span(text) { return span }
    case .list(let element):
      guard case .array(let items) = json else { break }
      var elements: [Plain] = []
      for (place, item) in items.enumerated() {
        elements.append(nullable(item, element, "\(path)[\(place)]", depth, asked.element))
      }
      return .list(elements, rest: partial == nil ? nil : Missing(path, .partial))
    case .map(let value):
      guard case .object(let members) = json else { break }
      var entries: [PlainEntry] = []
      for member in members {
        if entries.contains(where: { $0.key == .string(member.key) }) {
          return drift(path, "each key once")
        }
        let read = nullable(member.value, value, "\(path).\(member.key)", depth, asked.element)
        entries.append(PlainEntry(.string(member.key), read))
      }
      return .map(entries, rest: nil)
    case .optional(let inner), .sensitive(let inner):
      return decode(json, inner, path, depth + 1, asked)
    case .enumeration(let values):
      if case .string(let text) = json, values.contains(text) { return .string(text) }
    case .record(let fields):
      return record(json, fields, all: fields, Self.name(fields), path, depth, asked)
    case .named(let name):
      let own = self.asked(of: name)
      switch definition(name) {
      case .type(.record(let fields))?:
        let value = record(json, fields, all: fields, name, path, depth, own)
        if let missed = own.missed(by: json) { return drift(path, missed) }
        return value
      case .type(let other)?: return decode(json, other, path, depth + 1, own)
      case .union(let members, let tag)?: return union(json, members, tag, name, path, depth)
      case nil: return untyped(json, path, depth)
      }
    }
    return drift(path, "\(type)")
  }

  /// In a list or a map the null of an optional element stands as itself.
  private mutating func nullable(
    _ json: JSON, _ type: TypeReference, _ path: String, _ depth: Int, _ asked: Asked
  ) -> Plain {
    if json == .null, isOptional(type) { return .null }
    return decode(json, type, path, depth + 1, asked)
  }

  /// What the declaration that a name stands for asks beyond types.
  private func asked(of name: String, depth: Int = 0) -> Asked {
    guard let declaration = types.first(where: { $0.name == name }) else { return .nothing }
    if depth < Self.deepest, case .type(.named(let next)) = declaration.definition {
      return asked(of: next, depth: depth + 1)
    }
    return Asked(limits: declaration.limits, path: "")
  }

  private func definition(_ name: String) -> TypeDeclaration.Definition? {
    types.first { $0.name == name }?.definition
  }

  /// Whether a field of this type may be absent or null.
  func isOptional(_ type: TypeReference, depth: Int = 0) -> Bool {
    guard depth < Self.deepest else { return false }
    switch type {
    case .optional: return true
    case .sensitive(let inner): return isOptional(inner, depth: depth + 1)
    case .named(let name):
      if case .type(let other)? = definition(name) { return isOptional(other, depth: depth + 1) }
      return false
    default: return false
    }
  }

  /// A record without a name has that of its fields.
  private static func name(_ fields: [FieldDeclaration]) -> String {
    "{\(fields.map { "\($0.name): \($0.type)" }.joined(separator: ", "))}"
  }

  private static func span(_ text: String) -> Plain? {
    guard text != "0", let nanos = PlainTimeText.span(text),
      nanos.magnitude <= 315_576_000_001 * UInt128(PlainTime.billion)
    else { return nil }
    let (seconds, rest) = nanos.quotientAndRemainder(dividingBy: PlainTime.billion)
    guard seconds.magnitude <= 315_576_000_000 else { return nil }
    return .duration(seconds: Int64(seconds), nanos: Int32(rest))
  }

  // MARK: - Records and unions

  /// - Parameter all: the fields of the record type; of a union, those of all its members.
  private mutating func record(
    _ json: JSON, _ fields: [FieldDeclaration], all: [FieldDeclaration], _ name: String,
    _ path: String, _ depth: Int, _ asked: Asked
  ) -> Plain {
    guard case .object(let members) = json else { return drift(path, name) }
    for (place, member) in members.enumerated() {
      let isKnown = fields.contains { $0.name == member.key }
      if !isKnown, asked.isClosed {
        _ = drift("\(path).\(member.key)", "no such field")
      } else if !isKnown {
        extras.append("\(path).\(member.key)")
      }
      if isKnown, members[..<place].contains(where: { $0.key == member.key }) {
        _ = drift("\(path).\(member.key)", "each key once")
      }
    }
    var read: [PlainRecord.Field] = []
    for field in all {
      let fieldPath = "\(path).\(field.name)"
      var value = Plain.absent
      if fields.contains(field) {
        let optional = isOptional(field.type)
        if let member = members.first(where: { $0.key == field.name }) {
          if member.value != .null || !optional || partial == nil && field.presence == .notNull {
            value = decode(
              member.value, field.type, fieldPath, depth + 1, asked.field(field.name))
          }
        } else if partial != nil {
          value = .unknown(Missing(fieldPath, .partial))
        } else if !optional || field.presence == .required {
          value = drift(fieldPath, "\(field.type)")
        }
      }
      read.append(.init(field.name, value))
    }
    return .record(PlainRecord(type: name, fields: read))
  }

  /// The field `by` picks the member: the one whose own enumeration of it holds the value.
  private mutating func union(
    _ json: JSON, _ members: [String], _ tag: String, _ name: String, _ path: String,
    _ depth: Int
  ) -> Plain {
    guard case .object(let given) = json else { return drift(path, name) }
    guard case .string(let text)? = given.first(where: { $0.key == tag })?.value else {
      return drift("\(path).\(tag)", "the name of a member")
    }
    var all: [FieldDeclaration] = []
    var picked: [FieldDeclaration]?
    var asked = Asked.nothing
    for member in members {
      let fields = recordFields(.named(member), 0)
      let own = fields.first { $0.name == tag }.map { enumeration($0.type, 0) } ?? []
      if picked == nil, own.contains(text) {
        picked = fields
        asked = self.asked(of: member)
      }
      for field in fields where !all.contains(where: { $0.name == field.name }) {
        all.append(field)
      }
    }
    guard let picked else { return drift("\(path).\(tag)", "the name of a member") }
    // A field that members type differently is read as the member says.
    let fields = all.map { field in picked.first { $0.name == field.name } ?? field }
    return record(json, picked, all: fields, name, path, depth, asked)
  }

  private func recordFields(_ type: TypeReference, _ depth: Int) -> [FieldDeclaration] {
    switch type {
    case .record(let fields): return fields
    case .named(let name) where depth < Self.deepest:
      if case .type(let other)? = definition(name) { return recordFields(other, depth + 1) }
      return []
    default: return []
    }
  }

  private func enumeration(_ type: TypeReference, _ depth: Int) -> [String] {
    switch type {
    case .enumeration(let values): return values
    case .optional(let inner), .sensitive(let inner):
      return depth < Self.deepest ? enumeration(inner, depth + 1) : []
    case .named(let name) where depth < Self.deepest:
      if case .type(let other)? = definition(name) { return enumeration(other, depth + 1) }
      return []
    default: return []
    }
  }

  // MARK: - Without a type

  /// Whatever JSON holds; integers beyond 64 bits have no value.
  private mutating func untyped(_ json: JSON, _ path: String, _ depth: Int) -> Plain {
    guard depth < Self.deepest else { return drift(path, "fewer levels") }
    switch json {
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .int(let whole): return .int(whole)
    case .bigInteger: return drift(path, "an integer within 64 bits")
    case .double(let number): return .double(number)
    case .string(let text): return .string(text)
    case .array(let items):
      var elements: [Plain] = []
      for (place, item) in items.enumerated() {
        elements.append(untyped(item, "\(path)[\(place)]", depth + 1))
      }
      return .list(elements, rest: nil)
    case .object(let members):
      var entries: [PlainEntry] = []
      for member in members {
        if entries.contains(where: { $0.key == .string(member.key) }) {
          return drift(path, "each key once")
        }
        entries.append(
          PlainEntry(
            .string(member.key), untyped(member.value, "\(path).\(member.key)", depth + 1)))
      }
      return .map(entries, rest: nil)
    }
  }
}

extension PlainDecoder {
  /// A constant of the bundle, as its type has it.
  static func constant(
    _ value: BundleValue, as type: TypeReference, _ types: [TypeDeclaration]
  ) -> Plain {
    var decoder = PlainDecoder(types)
    let isNothing = value == .null && decoder.isOptional(type)
    let read = isNothing ? Plain.absent : decoder.decode(json(value, 0), as: type)
    return decoder.drifts.isEmpty ? read : .failure("a constant that is not of its type")
  }

  private static func json(_ value: BundleValue, _ depth: Int) -> JSON {
    guard depth < deepest else { return .null }
    switch value {
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .int(let whole): return .int(whole)
    case .double(let number): return .double(number)
    case .string(let text): return .string(text)
    case .list(let items): return .array(items.map { json($0, depth + 1) })
    case .map(let entries):
      return .object(entries.map { JSON.Member($0.key, json($0.value, depth + 1)) })
    }
  }
}
