import PlumblineBundle
import PlumblineJSON

extension SpecBundle {
  /// A type without its names and wrappers.
  func plain(_ type: TypeReference, depth: Int = 0) -> Kind {
    if depth > 20 { return .any }
    switch type {
    case .any: return .any
    case .bool: return .bool
    case .int: return .int
    case .number: return .number
    case .string: return .string
    case .timestamp: return .timestamp
    case .date: return .date
    case .duration: return .duration
    case .list(let element): return .list(plain(element, depth: depth + 1))
    case .map(let value): return .map(plain(value, depth: depth + 1))
    case .optional(let inner), .sensitive(let inner): return plain(inner, depth: depth + 1)
    case .enumeration(let values): return .enumeration(values)
    case .record(let fields): return .record(fields)
    case .named(let name):
      switch types.first(where: { $0.name == name })?.definition {
      case .type(let type)?: return plain(type, depth: depth + 1)
      case .union(let members, let by)?: return .union(members, by: by)
      case nil: return .any
      }
    }
  }

  func isOptional(_ type: TypeReference) -> Bool {
    switch type {
    case .optional: true
    case .sensitive(let inner): isOptional(inner)
    case .named(let name):
      if case .type(let inner)? = types.first(where: { $0.name == name })?.definition {
        isOptional(inner)
      } else {
        false
      }
    default: false
    }
  }
}

/// Values of declared types, as JSON; some of them wrong.
struct RandomValue {
  let bundle: SpecBundle
  /// In how many of a hundred places a value breaks its type.
  var wrong = 0
  /// Around which moments times lie, in seconds.
  var around: Int64 = 1_780_000_000

  static let keys = ["a", "b", "c"]
  static let words = ["yes", "no", "ok", "paid", "a", "b", "Late", "x1", "20.00", "5.5", "7"]
  static let numbers: [Double] = [0, 1, 2, 5, 5.5, 7, 10, 20, 20.01, 100, -1]
  static let spans: [Int64] = [0, 1, 60, 600, 3600, 86_400]

  func json(_ type: TypeReference, _ chance: inout Chance, depth: Int = 0) -> JSON {
    if wrong > 0, chance.percent(wrong) { return wrongValue(&chance) }
    if bundle.isOptional(type), chance.percent(30) { return .null }
    if case .timestamp(let offset?) = unwrapped(type) {
      let time = around + chance.pick(0, 60, -60, 3600, -7200)
      return .string(Moment.local(time + Int64(offset) * 60))
    }
    switch bundle.plain(type) {
    case .bool: return .bool(chance.percent(50))
    case .int: return chance.percent(4) ? .double(2) : .int(Int64(chance.number(-2...8)))
    case .number:
      let number = chance.pick(Self.numbers) ?? 0
      if chance.percent(30), let whole = Int64(exactly: number) { return .int(whole) }
      return .double(number)
    case .string: return .string(chance.percent(60) ? key(&chance) : word(&chance))
    case .timestamp:
      return .string(Moment.text(around + (chance.pick(Self.spans) ?? 0) * chance.pick(1, -1)))
    case .date: return .string(chance.pick("2026-05-28", "2026-05-29", "2026-06-30", "2024-02-29"))
    case .duration: return .string("\(chance.pick(Self.spans) ?? 0)s")
    case .enumeration(let values): return .string(chance.pick(values) ?? "")
    case .list(let kind):
      return .array(
        (0..<chance.number(0...3)).map { _ in
          json(element(type) ?? reference(kind), &chance, depth: depth + 1)
        })
    case .map(let kind):
      return .object(
        Self.keys.prefix(chance.number(0...3)).map {
          .init($0, json(element(type) ?? reference(kind), &chance, depth: depth + 1))
        })
    case .record(let fields): return record(fields, &chance, depth: depth + 1)
    case .union(let members, _):
      return json(.named(chance.pick(members) ?? ""), &chance, depth: depth + 1)
    case .any:
      return chance.pick(
        JSON.null, .int(1), .string("a"), .bool(true), .double(2.5), .array([.int(1)]),
        .object([.init("error", .string("x"))]), .object([.init("status", .string("failed"))]))
    }
  }

  func record(_ fields: [FieldDeclaration], _ chance: inout Chance, depth: Int = 0) -> JSON {
    var members: [JSON.Member] = []
    for field in fields {
      if field.presence != .required, bundle.isOptional(field.type), chance.percent(35) { continue }
      if wrong > 0, chance.percent(wrong) { continue }
      if field.name == "id" {
        members.append(.init("id", .string(key(&chance))))
      } else if field.name == "text" {
        members.append(.init("text", .string(sentence(&chance))))
      } else {
        let type = field.presence == .notNull ? field.type.notNull : field.type
        members.append(.init(field.name, json(type, &chance, depth: depth)))
      }
    }
    return .object(members)
  }

  func key(_ chance: inout Chance) -> String { Self.keys[chance.below(3)] }
  func word(_ chance: inout Chance) -> String { chance.pick(Self.words) ?? "" }
  func sentence(_ chance: inout Chance) -> String {
    (0..<chance.number(0...4)).map { _ in word(&chance) }.joined(separator: " ")
  }

  private func wrongValue(_ chance: inout Chance) -> JSON {
    chance.pick(
      JSON.null, .string("?"), .int(-5), .double(1.5), .bool(true), .array([]), .object([]),
      .bigInteger("123456789012345678901234567890"))
  }

  private func unwrapped(_ type: TypeReference) -> TypeReference {
    switch type {
    case .optional(let inner), .sensitive(let inner): return unwrapped(inner)
    default: return type
    }
  }
  private func element(_ type: TypeReference) -> TypeReference? {
    switch unwrapped(type) {
    case .list(let inner), .map(let inner): inner
    default: nil
    }
  }
  private func reference(_ kind: Kind) -> TypeReference {
    switch kind {
    case .bool: .bool
    case .int: .int
    case .number: .number
    case .string: .string
    case .timestamp: .timestamp(offsetMinutes: nil)
    case .duration: .duration
    case .date: .date
    case .enumeration(let values): .enumeration(values)
    case .list(let inner): .list(reference(inner))
    case .map(let inner): .map(reference(inner))
    case .record(let fields): .record(fields)
    case .union, .any: .any
    }
  }
}
