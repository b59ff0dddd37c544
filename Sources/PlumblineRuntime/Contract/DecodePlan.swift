import CEL
import PlumblineBundle

/// How one declared type is read from JSON; made once per type.
final class DecodePlan: Sendable {
  indirect enum Kind: Sendable {
    case any, bool, int, number, string, date, duration
    case timestamp(offsetMinutes: Int?)
    case list(DecodePlan)
    case map(DecodePlan)
    case enumeration([String])
    case record(RecordPlan)
    case union(UnionPlan)
  }
  let kind: Kind
  /// Absent and null stand for known absence.
  let optional: Bool
  /// As specs write it, for messages.
  let text: String
  /// What came must not be shown.
  let sensitive: Bool
  /// Whether a value of its type, no record and no time, is all that is asked.
  var isPlain: Bool {
    guard limits.isEmpty else { return false }
    switch kind {
    case .bool, .int, .number, .string, .enumeration: return true
    case .list(let element): return element.isPlain
    case .any, .date, .duration, .timestamp, .map, .record, .union: return false
    }
  }
  /// What is asked beyond the type.
  let limits: [ValueLimit]
  init(
    _ kind: Kind, optional: Bool, text: String, sensitive: Bool = false, limits: [ValueLimit] = []
  ) {
    self.sensitive = sensitive
    self.limits = limits
    self.kind = kind
    self.optional = optional
    self.text = text
  }
}

/// How a record is read. Fields are set once, before the plan is shared: types may be cyclic.
final class RecordPlan: @unchecked Sendable {
  final class Field: Sendable {
    let name: String
    let plan: DecodePlan
    let slot: Int
    /// A missing one is a drift; otherwise it is known absence.
    let mustBeThere: Bool
    /// null is known absence; otherwise it is a drift.
    let mayBeNull: Bool
    /// The name's UTF-8, at a place that does not move.
    nonisolated(unsafe) let bytes: UnsafeBufferPointer<UInt8>
    init(name: String, plan: DecodePlan, slot: Int, presence: FieldDeclaration.Presence) {
      self.name = name
      mustBeThere = !plan.optional || presence == .required
      mayBeNull = plan.optional && presence != .notNull
      self.plan = plan
      self.slot = slot
      let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, name.utf8.count))
      _ = bytes.initialize(from: name.utf8)
      self.bytes = UnsafeBufferPointer(rebasing: bytes[..<name.utf8.count])
    }
    deinit { bytes.deallocate() }
  }
  let type: ObjectType
  fileprivate(set) var fields: [Field] = []
  fileprivate(set) var index: [String: Int] = [:]
  /// Whether types alone say all that is asked of its fields, none of which is a record or a time.
  var isPlain: Bool { required != nil && fields.allSatisfy { $0.plan.isPlain } }
  /// No other field may be there.
  fileprivate(set) var isClosed = false
  /// Bits of the fields that must be there; nil where there are more than 64.
  fileprivate(set) var required: UInt64?
  let slotCount: Int
  init(type: ObjectType) {
    self.type = type
    slotCount = type.fields.count
  }
  fileprivate func define(_ fields: [Field]) {
    self.fields = fields
    if fields.count <= 64 {
      var bits: UInt64 = 0
      for (position, field) in fields.enumerated() where field.mustBeThere {
        bits |= 1 << UInt64(position)
      }
      required = bits
    }
    index = Dictionary(
      fields.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }
}

/// How a union is read: the tag picks the member, whose fields fill the union's slots.
final class UnionPlan: @unchecked Sendable {
  let type: ObjectType
  let tag: String
  fileprivate(set) var members: [String: RecordPlan] = [:]
  fileprivate(set) var tags: [String] = []
  init(type: ObjectType, tag: String) {
    self.type = type
    self.tag = tag
  }
}

/// Makes plans; one for each named type.
struct DecodePlanner {
  let types: ScopeTypes
  private var records: [String: RecordPlan] = [:]
  private var unions: [String: UnionPlan] = [:]

  init(_ types: ScopeTypes) { self.types = types }

  /// Where a type stands in the declaration that it is part of, and what is asked there.
  private struct Place {
    var limits: [String: [ValueLimit]] = [:]
    var path = ""
    func field(_ name: String) -> Place {
      limits.isEmpty
        ? self : Place(limits: limits, path: PlacedLimit.field(name, of: path))
    }
    var element: Place {
      limits.isEmpty ? self : Place(limits: limits, path: PlacedLimit.element(of: path))
    }
    var asked: [ValueLimit] { limits[path] ?? [] }
  }

  mutating func plan(_ type: TypeReference) -> DecodePlan {
    plan(type, optional: false, depth: 0, Place())
  }

  /// The plan of a tool's arguments or of a case's fields.
  mutating func record(_ fields: [FieldDeclaration], as type: ObjectType) -> RecordPlan {
    record(fields, as: type, Place())
  }

  private mutating func record(
    _ fields: [FieldDeclaration], as type: ObjectType, _ place: Place
  ) -> RecordPlan {
    let plan = RecordPlan(type: type)
    define(plan, fields, place)
    return plan
  }

  private mutating func define(
    _ plan: RecordPlan, _ fields: [FieldDeclaration], _ place: Place
  ) {
    plan.isClosed = place.asked.contains(.closed)
    var planned: [RecordPlan.Field] = []
    for field in fields {
      guard let slot = plan.type.slot(of: field.name) else { continue }
      planned.append(
        .init(
          name: field.name,
          plan: self.plan(field.type, optional: false, depth: 0, place.field(field.name)),
          slot: slot, presence: field.presence))
    }
    plan.define(planned)
  }

  private mutating func plan(
    _ type: TypeReference, optional: Bool, depth: Int, sensitive: Bool = false, _ place: Place
  ) -> DecodePlan {
    var place = place
    func made(_ kind: DecodePlan.Kind) -> DecodePlan {
      // A closed record says so where its fields are read.
      DecodePlan(
        kind, optional: optional, text: type.description, sensitive: sensitive,
        limits: place.asked.filter { $0 != .closed })
    }
    if depth > 64 { return made(.any) }
    switch type {
    case .any: return made(.any)
    case .bool: return made(.bool)
    case .int: return made(.int)
    case .number: return made(.number)
    case .string: return made(.string)
    case .timestamp(let offset): return made(.timestamp(offsetMinutes: offset))
    case .date: return made(.date)
    case .duration: return made(.duration)
    case .list(let element):
      return made(
        .list(
          plan(element, optional: false, depth: depth + 1, sensitive: sensitive, place.element)))
    case .map(let value):
      return made(
        .map(plan(value, optional: false, depth: depth + 1, sensitive: sensitive, place.element)))
    case .optional(let wrapped):
      return plan(wrapped, optional: true, depth: depth + 1, sensitive: sensitive, place)
    case .sensitive(let wrapped):
      return plan(wrapped, optional: optional, depth: depth + 1, sensitive: true, place)
    case .enumeration(let values): return made(.enumeration(values))
    case .record(let fields):
      guard case .object(let object) = types.celType(type) else { return made(.any) }
      return made(.record(record(fields, as: object, place)))
    case .named(let name):
      guard let definition = types.resolve(name) else { return made(.any) }
      // A declared type brings its own.
      place = Place(limits: types.limits(name))
      switch definition {
      case .type(.record(let fields)):
        guard case .object(let object) = types.celType(type) else { return made(.any) }
        if let known = records[object.name] { return made(.record(known)) }
        let plan = RecordPlan(type: object)
        records[object.name] = plan
        define(plan, fields, place)
        return made(.record(plan))
      case .union(let members, let tag):
        guard case .object(let object) = types.celType(type) else { return made(.any) }
        return made(.union(union(members, tag, object)))
      case .type(let other):
        return plan(
          other, optional: optional || types.isOptional(type), depth: depth + 1,
          sensitive: sensitive, place)
      }
    }
  }

  private mutating func union(_ members: [String], _ tag: String, _ object: ObjectType) -> UnionPlan
  {
    if let known = unions[object.name] { return known }
    let made = UnionPlan(type: object, tag: tag)
    unions[object.name] = made
    for member in members {
      guard let fields = types.record(member) else { continue }
      let plan = record(fields, as: object, Place(limits: types.limits(member)))
      for field in fields where field.name == tag {
        for value in enumerated(field.type) where made.members[value] == nil {
          made.members[value] = plan
          made.tags.append(value)
        }
      }
    }
    return made
  }

  private func enumerated(_ type: TypeReference) -> [String] {
    if case .enumeration(let set) = types.celType(type) { return set.values }
    return []
  }
}
