public import CEL
import PlumblineBundle
public import PlumblineJSON

/// What is done with values that are declared sensitive.
public enum Redaction: Sendable, Hashable {
  /// They are shown: for hashes that never leave.
  case none
  /// `(sensitive)` stands in their place.
  case hidden
  /// HMAC-SHA-256 (RFC 2104) of their canonical JSON under a key: equal values can be told, values not.
  case keyed([UInt8])
}

/// Values as JSON, for evidence and hashes.
public enum ValueJSON {
  /// What stands for a value that must not be shown.
  public static let redacted = JSON.string("(sensitive)")

  /// A value as JSON. Fields known to be absent are left out, unknown ones are null.
  /// - Parameter redact: what stands in place of fields that are declared sensitive.
  public static func json(_ value: Value, redact: Redaction = .hidden) -> JSON {
    json(value, redact: redact, depth: 0)
  }

  private static func json(_ value: Value, redact: Redaction, depth: Int) -> JSON {
    if depth > 64 { return .string("(nested too deeply)") }
    switch value {
    case .null, .absent, .unknown, .error: return .null
    case .bool(let flag): return .bool(flag)
    case .int(let whole): return .int(whole)
    case .uint(let whole):
      if let fits = Int64(exactly: whole) { return .int(fits) }
      return .bigInteger(String(whole))
    case .double(let number): return number.isFinite ? .double(number) : .string("\(number)")
    case .string(let text): return .string(text)
    case .bytes(let bytes): return .array(bytes.map { .int(Int64($0)) })
    case .timestamp(let time): return .string(TimeText.text(time))
    case .duration(let span): return .string(TimeText.text(span))
    case .date(let day): return .string(TimeText.text(date: day))
    case .list(let list):
      return .array(list.elements.map { json($0, redact: redact, depth: depth + 1) })
    case .map(let map):
      return .object(
        map.keys.map { key in
          .init(text(key), json(map.lookup(key), redact: redact, depth: depth + 1))
        })
    case .record(let record):
      var members: [JSON.Member] = []
      for (field, slot) in zip(record.type.fields, record.slots) {
        if case .absent = slot { continue }
        members.append(
          .init(
            field.name,
            field.sensitive
              ? hide(slot, redact) : json(slot, redact: redact, depth: depth + 1)))
      }
      return .object(members)
    case .type(let type): return .string(type.type.description)
    case .optional(let optional):
      return optional.value.map { json($0, redact: redact, depth: depth + 1) } ?? .null
    case .opaque(let opaque): return .string(opaque.type.description)
    }
  }

  /// What stands for a sensitive value.
  static func hide(_ value: Value, _ redaction: Redaction) -> JSON {
    switch redaction {
    case .none: return json(value, redact: .none)
    case .hidden: return redacted
    case .keyed(let key):
      let open = json(value, redact: .none)
      guard open != .null, let bytes = try? CanonicalJSON.encode(open) else { return redacted }
      return .string("hmac-sha256:" + SHA256.hexText(SHA256.authenticate(bytes, key: key)))
    }
  }

  /// A value as plain text, as `tell` and keys write it.
  public static func text(_ value: Value) -> String {
    switch value {
    case .string(let text): text
    case .bool(let flag): flag ? "true" : "false"
    case .int(let whole): String(whole)
    case .uint(let whole): String(whole)
    case .double(let number): text(number)
    case .timestamp(let time): TimeText.text(time)
    case .duration(let span): TimeText.text(span)
    case .date(let day): TimeText.text(date: day)
    case .list(let list): list.elements.map(text).joined(separator: ", ")
    case .optional(let optional): optional.value.map(text) ?? "none"
    case .record(let record): record.type.name
    case .null, .absent: "none"
    case .unknown, .error: "(unknown)"
    case .bytes, .map, .type, .opaque: "(\(json(value)))"
    }
  }

  /// A number without needless zeros: 20 and 20.5, as people write them.
  static func text(_ number: Double) -> String {
    if let whole = Int64(exactly: number), number.magnitude < 1e15 { return String(whole) }
    return number.description
  }
}
