import CEL
import PlumblineBundle
import PlumblineJSON
import Suggestions

/// One way in which data breaks its contract.
public struct Drift: Sendable, Hashable {
  /// Below the value that was held to the contract: `items[0].price`; empty for the value itself.
  public var path: String
  public var expected: String
  public var found: String
  /// The undeclared field that comes nearest in name to a missing one.
  public var nearest: String?

  /// One sentence for a reader.
  public var message: String {
    let place = path.isEmpty ? "the value" : "`\(path)`"
    let near = nearest.map { "; is it `\($0)` now?" } ?? ""
    return "\(place): expected \(expected), found \(found)\(near)"
  }
}

/// Reads JSON into typed values, and says where it departs from its type.
struct ContractDecoder {
  enum Mode {
    /// A missing field that is not optional is a drift.
    case complete
    /// A missing field is unknown: of a record that is known in part.
    case partial
  }
  let mode: Mode
  private(set) var drifts: [Drift] = []
  /// Paths of fields that the contract does not mention.
  private(set) var extras: [String] = []

  /// Below something sensitive: what came must not be shown.
  private var isHidden = false

  init(mode: Mode = .complete) { self.mode = mode }

  /// `path` is needed in `partial` mode only, to name what stays unknown.
  mutating func decode(_ node: JSONNode, _ plan: DecodePlan, path: String = "") -> Value {
    if plan.limits.isEmpty { return read(node, plan, path) }
    let before = drifts.count
    let value = read(node, plan, path)
    // Of what has another type, that is all there is to say.
    if drifts.count == before {
      for limit in plan.limits { hold(node, limit, plan) }
    }
    return value
  }

  private mutating func read(_ node: JSONNode, _ plan: DecodePlan, _ path: String) -> Value {
    switch plan.kind {
    case .string:
      if node.kind == .string, let text = node.string { return .string(text) }
    case .number:
      if node.kind == .double || node.kind == .int, let number = node.double {
        return .double(number)
      }
    case .int:
      if node.kind == .int, let whole = node.int { return .int(whole) }
      // JSON has one kind of number: 2.0 is an integer.
      if node.kind == .double, let whole = node.double.flatMap({ Int64(exactly: $0) }) {
        return .int(whole)
      }
    case .bool:
      if let flag = node.bool { return .bool(flag) }
    case .record(let record):
      let wasHidden = isHidden
      defer { isHidden = wasHidden }
      if plan.sensitive { isHidden = true }
      return self.record(node, record, plan, path)
    case .list(let element):
      if node.kind == .array { return list(node, element, path) }
    case .enumeration(let values):
      if node.kind == .string {
        for value in values where node.isText(value) { return .string(value) }
        let text = node.string ?? ""
        drifts.append(
          Drift(
            path: "", expected: "one of \(values.map { "`\($0)`" }.joined(separator: ", "))",
            found: shown(text, plan), nearest: nil))
        return drifted
      }
    case .map(let element):
      if node.kind == .object { return map(node, element, path) }
    case .union(let union):
      let wasHidden = isHidden
      defer { isHidden = wasHidden }
      if plan.sensitive { isHidden = true }
      return self.union(node, union, plan, path)
    case .timestamp(let offset):
      if node.kind == .string, let text = node.string {
        if let time = TimeText.timestamp(text.utf8, offsetMinutes: offset) {
          return .timestamp(time)
        }
        return mismatch(plan, "the text \(shown(text, plan))")
      }
    case .date:
      if node.kind == .string, let text = node.string {
        if let day = TimeText.date(text.utf8) { return .date(day) }
        return mismatch(plan, "the text \(shown(text, plan))")
      }
    case .duration:
      if node.kind == .string, let text = node.string {
        if let span = TimeText.duration(text.utf8) { return .duration(span) }
        return mismatch(plan, "the text \(shown(text, plan))")
      }
    case .any: return dynamic(node)
    }
    return mismatch(plan, node.article)
  }

  private var drifted: Value { .absent }

  private func shown(_ text: String, _ plan: DecodePlan) -> String {
    plan.sensitive || isHidden ? "(sensitive)" : "`\(clipped(text))`"
  }

  mutating func drift(_ expected: String, _ found: Found, _ plan: DecodePlan) {
    let words =
      switch found {
      case .text(let text): "the text \(shown(text, plan))"
      case .number(let number): plan.sensitive || isHidden ? "(sensitive)" : number
      case .words(let words): words
      }
    drifts.append(Drift(path: "", expected: expected, found: words, nearest: nil))
  }

  private func clipped(_ text: String) -> String {
    text.unicodeScalars.count <= 40 ? text : String(text.prefix(40)) + "…"
  }

  private mutating func mismatch(_ plan: DecodePlan, _ found: String) -> Value {
    drifts.append(Drift(path: "", expected: "`\(plan.text)`", found: found, nearest: nil))
    return drifted
  }

  /// Puts a component before the paths of drifts found since `start`.
  private mutating func prefix(
    _ component: @autoclosure () -> String, drifts start: Int, extras first: Int
  ) {
    if drifts.count == start, extras.count == first { return }
    let component = component()
    for index in start..<drifts.count { drifts[index].path = join(component, drifts[index].path) }
    for index in first..<extras.count { extras[index] = join(component, extras[index]) }
  }

  private func join(_ component: String, _ rest: String) -> String {
    if rest.isEmpty { return component }
    return rest.hasPrefix("[") ? component + rest : "\(component).\(rest)"
  }

  mutating func record(_ node: JSONNode, _ record: RecordPlan, _ plan: DecodePlan?, _ path: String)
    -> Value
  {
    guard node.kind == .object else {
      drifts.append(
        Drift(
          path: "", expected: "`\(plan?.text ?? record.type.name)`", found: node.article,
          nearest: nil))
      return drifted
    }
    return .record(
      RecordValue(type: record.type, slots: slots(node, record, path, known: nil)))
  }

  /// The slots of an object's fields. `known` are the slots of an earlier record, kept where the
  /// object does not mention them (`partial` mode).
  mutating func slots(
    _ node: JSONNode, _ record: RecordPlan, _ path: String, known: [Value]?
  ) -> [Value] {
    let fields = record.fields
    let partial = mode == .partial
    var slots = known ?? [Value](repeating: .absent, count: record.slotCount)
    if slots.count < record.slotCount { return slots }
    var seen: UInt64 = 0
    var seenBeyond: Set<Int> = []
    var unmentioned: [String] = []
    var expected = 0
    node.eachMember { key, value in
      var position = -1
      if expected < fields.count, key.stringEquals(fields[expected].bytes) {
        position = expected
      } else if let name = key.string {
        if let found = record.index[name] {
          position = found
        } else {
          unmentioned.append(name)
          return
        }
      }
      guard position >= 0 else { return }
      expected = position + 1
      let repeated: Bool
      if position < 64 {
        repeated = seen & (1 << UInt64(position)) != 0
        seen |= 1 << UInt64(position)
      } else {
        repeated = !seenBeyond.insert(position).inserted
      }
      let field = fields[position]
      if repeated {
        drifts.append(
          Drift(path: field.name, expected: "one value", found: "the key twice", nearest: nil))
        return
      }
      // Of what is known in part, null says that the field is known to be absent.
      if value.kind == .null, field.mayBeNull || partial && field.plan.optional {
        slots[field.slot] = .absent
        return
      }
      let start = drifts.count
      let first = extras.count
      slots[field.slot] = decode(
        value, field.plan, path: partial ? "\(path).\(field.name)" : "")
      prefix(field.name, drifts: start, extras: first)
    }
    if record.isClosed {
      for name in unmentioned {
        drifts.append(
          Drift(path: name, expected: ValueLimit.closed.expected, found: "one", nearest: nil))
      }
    }
    if !partial, let required = record.required, seen & required == required {
      if !record.isClosed { extras += unmentioned }
      return slots
    }
    for (position, field) in fields.enumerated() {
      let present =
        position < 64 ? seen & (1 << UInt64(position)) != 0 : seenBeyond.contains(position)
      if present { continue }
      if partial {
        if known == nil {
          slots[field.slot] = .unknown(
            UnknownReason.partial.unknown("\(path).\(field.name)", source: nil))
        }
      } else if field.mustBeThere {
        drifts.append(
          Drift(
            path: field.name,
            expected: "`\(field.plan.text)`\(field.plan.optional ? " or null" : "")",
            found: "nothing",
            nearest: Suggest.nearest(field.name, among: unmentioned)
              ?? renamed(field.name, unmentioned)))
      }
    }
    if !record.isClosed { extras += unmentioned }
    return slots
  }

  /// A name that holds the missing one, or is held by it: `total` and `total_amount`.
  private func renamed(_ name: String, _ others: [String]) -> String? {
    others.first { $0.contains(name) || (name.contains($0) && $0.utf8.count > 2) }
  }

  private mutating func list(_ node: JSONNode, _ element: DecodePlan, _ path: String) -> Value {
    var elements: [Value] = []
    elements.reserveCapacity(node.count)
    var index = 0
    node.eachElement { value in
      let start = drifts.count
      let first = extras.count
      if value.kind == .null, element.optional {
        elements.append(.null)
      } else {
        elements.append(
          decode(value, element, path: mode == .partial ? "\(path)[\(index)]" : ""))
      }
      prefix("[\(index)]", drifts: start, extras: first)
      index += 1
    }
    let missing: Unknown? =
      mode == .partial ? UnknownReason.partial.unknown(path, source: nil) : nil
    return .list(ListValue(elements, missing: missing))
  }

  private mutating func map(_ node: JSONNode, _ element: DecodePlan, _ path: String) -> Value {
    var pairs: [(String, Value)] = []
    pairs.reserveCapacity(node.count)
    var keys: Set<String> = []
    node.eachMember { key, value in
      let name = key.string ?? ""
      let start = drifts.count
      let first = extras.count
      if !keys.insert(name).inserted {
        drifts.append(Drift(path: "", expected: "one value", found: "the key twice", nearest: nil))
      } else if value.kind == .null, element.optional {
        pairs.append((name, .null))
      } else {
        pairs.append(
          (name, decode(value, element, path: mode == .partial ? "\(path).\(name)" : "")))
      }
      prefix(name, drifts: start, extras: first)
    }
    return .map(StringMap(pairs))
  }

  private mutating func union(
    _ node: JSONNode, _ union: UnionPlan, _ plan: DecodePlan, _ path: String
  ) -> Value {
    guard node.kind == .object else { return mismatch(plan, node.article) }
    var tag: JSONNode?
    node.eachMember { key, value in
      if tag == nil, key.isText(union.tag) { tag = value }
    }
    guard let tag else {
      drifts.append(
        Drift(
          path: union.tag, expected: oneOf(union.tags), found: "nothing", nearest: nil))
      return drifted
    }
    guard tag.kind == .string, let text = tag.string, let member = union.members[text] else {
      drifts.append(
        Drift(
          path: union.tag, expected: oneOf(union.tags),
          found: tag.string.map { shown($0, plan) } ?? tag.article, nearest: nil))
      return drifted
    }
    return record(node, member, plan, path)
  }

  private func oneOf(_ values: [String]) -> String {
    "one of \(values.map { "`\($0)`" }.joined(separator: ", "))"
  }

  /// Untyped JSON. Integers beyond 64 bits have no value here.
  mutating func dynamic(_ node: JSONNode) -> Value {
    switch node.kind {
    case .null: return .null
    case .bool: return .bool(node.bool ?? false)
    case .int: return .int(node.int ?? 0)
    case .double: return .double(node.double ?? .nan)
    case .string: return .string(node.string ?? "")
    case .bigInteger:
      drifts.append(
        Drift(
          path: "", expected: "an integer within 64 bits", found: "a bigger one", nearest: nil))
      return drifted
    case .array:
      var elements: [Value] = []
      elements.reserveCapacity(node.count)
      var index = 0
      node.eachElement { value in
        let start = drifts.count
        elements.append(dynamic(value))
        prefix("[\(index)]", drifts: start, extras: extras.count)
        index += 1
      }
      return .list(ListValue(elements))
    case .object:
      var pairs: [(String, Value)] = []
      pairs.reserveCapacity(node.count)
      var keys: Set<String> = []
      node.eachMember { key, value in
        let name = key.string ?? ""
        let start = drifts.count
        if keys.insert(name).inserted {
          pairs.append((name, dynamic(value)))
        } else {
          drifts.append(
            Drift(path: "", expected: "one value", found: "the key twice", nearest: nil))
        }
        prefix(name, drifts: start, extras: extras.count)
      }
      return .map(StringMap(pairs))
    }
  }
}
