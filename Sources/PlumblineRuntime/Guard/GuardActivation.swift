import CEL
import PlumblineBundle

/// What programs see while one event is looked at: the case, and the proposal or result at hand.
///
/// Used by one evaluation at a time; guards keep a pool of them. `state` is set only while the case
/// is not changed.
final class GuardActivation: GuardFacts, @unchecked Sendable {
  // INVARIANT: the guard that owns the pool outlives every evaluation.
  unowned(unsafe) let guardian: Guard
  // One evaluation at a time, so that exclusivity need not be checked at every access.
  @exclusivity(unchecked) var state: UnsafePointer<CaseState>? {
    didSet { states &+= 1 }
  }
  /// How often a state was set: what was looked up before holds no longer.
  @exclusivity(unchecked) private(set) var states = 0
  @exclusivity(unchecked) var now = Timestamp(seconds: 0)
  @exclusivity(unchecked) var args: Value = .absent
  @exclusivity(unchecked) var result: Value = .absent
  @exclusivity(unchecked) var each: Value = .absent
  @exclusivity(unchecked) var claims: Value = .absent
  @exclusivity(unchecked) var confidence: Double?
  @exclusivity(unchecked) var agent: String?
  @exclusivity(unchecked) var turnText = ""
  @exclusivity(unchecked) var text = ""
  /// The pending call that is being resolved and must not count as in flight.
  @exclusivity(unchecked) var resolving = 0
  /// Steps of folds that the compiled condition at hand may still take.
  @exclusivity(unchecked) var steps = 0
  /// The action that is judged.
  @exclusivity(unchecked) var action = -1
  /// The first moment at which a record read goes stale.
  @exclusivity(unchecked) var validUntil: Timestamp?
  @exclusivity(unchecked) private var views: [Value] = []
  @exclusivity(unchecked) private var collections: [CollectionView] = []
  @exclusivity(unchecked) private var hosts: [HostPlan] = []

  init(_ guardian: Guard) {
    self.guardian = guardian
    collections = guardian.bundle.collections.indices.map { CollectionView($0, self) }
    views = collections.map { .map($0) }
  }

  /// Forgets the proposal and the result of the last use.
  func reset(now: Timestamp) {
    self.now = now
    args = .absent
    result = .absent
    each = .absent
    claims = .absent
    confidence = nil
    agent = nil
    turnText = ""
    text = ""
    resolving = 0
    action = -1
    validUntil = nil
  }

  func load(_ slot: Int) -> Value {
    guard let state else { return missing("the case", .absent) }
    switch slot {
    case Slot.args: return args
    case Slot.result: return result
    case Slot.caseRecord: return caseValue(state)
    case Slot.said:
      return .record(
        RecordValue(
          type: guardian.scope.saidType,
          slots: Speaker.known.indices.map { .string(state.pointee.said[$0]) }))
    case Slot.turn:
      return .record(RecordValue(type: guardian.scope.turnType, slots: [.string(turnText)]))
    case Slot.claims: return claims
    case Slot.confidence:
      return confidence.map { .double($0) } ?? missing("confidence", .absent)
    case Slot.agent: return agent.map { .string($0) } ?? missing("agent", .absent)
    case Slot.now: return .timestamp(now)
    case Slot.today:
      return .date(
        Int32(clamping: (now.seconds >= 0 ? now.seconds : now.seconds - 86_399) / 86_400))
    case Slot.step: return stepName.map { .string($0) } ?? missing("step", .absent)
    case Slot.entered:
      return state.pointee.entered.map { .timestamp($0) } ?? missing("entered", .absent)
    case Slot.inFlight:
      var count: Int64 = 0
      for call in state.pointee.pending
      where call.accepted && call.doubt == nil && call.seq != resolving { count += 1 }
      return .int(count)
    case Slot.each: return each
    case Slot.text: return .string(text)
    default: break
    }
    if slot >= Slot.hosts { return host(slot - Slot.hosts, state) }
    let collection = slot - Slot.collections
    if views.indices.contains(collection) { return views[collection] }
    return .error(EvaluationError(.other, "a name without a value"))
  }

  /// The name of the step that the case is in; nil where it is in none.
  var stepName: String? {
    guard let state else { return nil }
    return guardian.step(state.pointee.workflow, state.pointee.stepIndex)?.declaration.name
  }

  /// A record of a collection, as it is known now; nil where it is not plainly there.
  func record(of collection: Int, _ key: String) -> RecordValue? {
    guard collections.indices.contains(collection) else { return nil }
    return collections[collection].lookup(key).asRecord
  }

  func missing(_ path: String, _ reason: UnknownReason) -> Value {
    .unknown(reason.unknown(path, source: nil))
  }

  private func caseValue(_ state: UnsafePointer<CaseState>) -> Value {
    var record = state.pointee.caseRecord
    for shadow in state.pointee.shadows
    where shadow.collection == -1 && shadow.pending != resolving {
      record = record.replacing(
        shadow.fields[...], with: .unknown(unknown(shadow, "case")), origin: record.origin)
    }
    return .record(record)
  }

  /// Whether a speaker said something that matches; patterns are compiled once for the guard.
  func heard(_ speaker: String, _ pattern: String) -> Value {
    guard let state else { return missing("heard", .absent) }
    let condition = guardian.pattern(pattern)
    var verdict = Value.bool(false)
    for message in state.pointee.messages where message.speaker == speaker {
      text = message.text
      switch condition.test(self) {
      case .yes: return .bool(true)
      case .no: break
      case .unknown(let unknown): verdict = .unknown(unknown)
      case .error(let error): verdict = .error(error)
      }
    }
    return verdict
  }

  func unknown(_ shadow: FactShadow, _ path: String) -> Unknown {
    let full = shadow.fields.isEmpty ? path : "\(path).\(shadow.fields.joined(separator: "."))"
    return shadow.reason.unknown(
      full, source: shadow.settledBy.map { .settling(tool: $0) } ?? source(of: shadow.collection))
  }

  private func source(of collection: Int) -> FactSource? {
    collection >= 0 ? .collection(collection) : nil
  }

  /// A record rests on its source until it goes stale.
  func rests(until: Timestamp) {
    if let known = validUntil, known <= until { return }
    validUntil = until
  }

  private func host(_ index: Int, _ state: UnsafePointer<CaseState>) -> Value {
    if index >= hosts.count {
      hosts = guardian.scope.hostVariables.map { HostPlan($0, guardian.scope) }
    }
    guard hosts.indices.contains(index) else {
      return .error(EvaluationError(.other, "a name without a value"))
    }
    return hosts[index].value(state, self)
  }
}

/// A record collection as CEL sees it.
final class CollectionView: MapValue, @unchecked Sendable {
  let index: Int
  // INVARIANT: views live and die with their activation.
  private unowned(unsafe) let activation: GuardActivation

  init(_ index: Int, _ activation: GuardActivation) {
    self.index = index
    self.activation = activation
    super.init()
  }

  // What the last look-up gave: conditions ask for the same record again and again. Its parts stand alone,
  // so that none is copied to be looked at.
  @exclusivity(unchecked) private var lastStates = -1
  @exclusivity(unchecked) private var lastKey = ""
  @exclusivity(unchecked) private var lastValue = Value.absent
  /// The last moment at which it is fresh.
  @exclusivity(unchecked) private var lastUntil: Timestamp?
  @exclusivity(unchecked) private var lastResolving = 0
  @exclusivity(unchecked) private var lastNow = Timestamp(seconds: 0)

  private var name: String { activation.guardian.bundle.collections[index].name }

  private func path(_ key: String) -> String { "\(name)[\(TextForm.quoted(key))]" }

  override func lookup(_ key: Value) -> Value {
    guard case .string(let key) = key else { return .absent }
    return lookup(key)
  }

  func lookup(_ key: String) -> Value {
    guard let state = activation.state else { return .absent }
    if lastStates == activation.states, lastResolving == activation.resolving,
      lastNow == activation.now, lastKey == key, lastKey.utf8.count == key.utf8.count
    {
      if let until = lastUntil { activation.rests(until: until) }
      return lastValue
    }
    // What this look-up alone rests on.
    let before = activation.validUntil
    activation.validUntil = nil
    var value: Value?
    if !state.pointee.shadows.isEmpty { value = lookupShadowed(key, state) }
    let found = value ?? stored(key, state)
    lastStates = activation.states
    lastKey = key
    lastValue = found
    lastUntil = activation.validUntil
    lastResolving = activation.resolving
    lastNow = activation.now
    if let before { activation.rests(until: before) }
    return found
  }

  /// What is kept under the key, whatever is in flight.
  private func stored(_ key: String, _ state: UnsafePointer<CaseState>) -> Value {
    guard let entry = state.pointee.collections[index].entries[key] else {
      let collection = state.pointee.collections[index]
      if collection.complete { return .absent }
      return .unknown(collection.missing.unknown(path(key), source: .collection(index)))
    }
    guard let record = entry.record else {
      return .unknown(entry.reason.unknown(path(key), source: .collection(index)))
    }
    if let until = entry.freshUntil {
      if until < activation.now {
        return .unknown(
          UnknownReason.stale.unknown(
            path(key), source: .collection(index),
            asOf: (record.origin as? RecordOrigin)?.asOf))
      }
      activation.rests(until: until)
    }
    return .record(record)
  }

  private func lookupShadowed(_ key: String, _ state: UnsafePointer<CaseState>) -> Value? {
    var found: Value?
    for shadow in state.pointee.shadows
    where shadow.collection == index && shadow.pending != activation.resolving {
      if let shadowKey = shadow.key, shadowKey != key { continue }
      let unknown = activation.unknown(shadow, path(key))
      if shadow.fields.isEmpty { return .unknown(unknown) }
      let value = found ?? stored(key, state)
      guard case .record(let record) = value else {
        // What hides the whole record may still come, and says more.
        found = value
        continue
      }
      found = .record(
        record.replacing(shadow.fields[...], with: .unknown(unknown), origin: record.origin))
    }
    return found
  }

  override var keys: [Value] {
    guard let collection = activation.state?.pointee.collections[index] else { return [] }
    return collection.order.compactMap { key in
      guard let entry = collection.entries[key], entry.record != nil || entry.exists else {
        return nil
      }
      return .string(key)
    }
  }

  override var count: Int { keys.count }

  override var missing: Unknown? {
    guard let state = activation.state else {
      return UnknownReason.absent.unknown(name, source: nil)
    }
    for shadow in state.pointee.shadows
    where shadow.collection == index && shadow.fields.isEmpty
      && shadow.pending != activation.resolving
    {
      return activation.unknown(shadow, name)
    }
    let collection = state.pointee.collections[index]
    if !collection.complete {
      let reason =
        collection.missing == .neverRead && !collection.entries.isEmpty
        ? .incomplete : collection.missing
      return reason.unknown(name, source: .collection(index))
    }
    for key in collection.order {
      if let entry = collection.entries[key], entry.record == nil, !entry.exists {
        return entry.reason.unknown(path(key), source: .collection(index))
      }
    }
    return nil
  }
}

/// Texts as CEL writes them.
enum TextForm {
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension RecordValue {
  /// The record with the value at a path of fields replaced; what lies beside it stays. A path through
  /// something that is no record replaces that.
  func replacing(_ path: ArraySlice<String>, with value: Value, origin: (any Sendable)?)
    -> RecordValue
  {
    guard let field = path.first, let slot = type.slot(of: field), slots.indices.contains(slot)
    else { return self }
    var slots = slots
    if path.count > 1, case .record(let inner) = slots[slot] {
      slots[slot] = .record(
        inner.replacing(path.dropFirst(), with: value, origin: inner.origin))
    } else if path.count > 1, case .object(let object) = type.fields[slot].type {
      // A record below that is not known yet becomes one that is known in part.
      let unknown: Value
      if case .unknown = slots[slot] {
        unknown = slots[slot]
      } else {
        unknown = .unknown(UnknownReason.partial.unknown(field, source: nil))
      }
      let empty = RecordValue(
        type: object, slots: object.fields.map { _ in unknown }, origin: nil)
      slots[slot] = .record(empty.replacing(path.dropFirst(), with: value, origin: nil))
    } else {
      slots[slot] = value
    }
    return RecordValue(type: type, slots: slots, origin: origin)
  }
}
