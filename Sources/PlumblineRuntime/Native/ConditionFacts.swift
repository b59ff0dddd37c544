public import CEL
import PlumblineBundle

/// What a condition that was compiled to Swift reads: the case, and the proposal or result at hand. It lives
/// as long as the call that it is given to.
public struct ConditionFacts {
  // INVARIANT: the activation outlives the condition's call.
  unowned(unsafe) let activation: GuardActivation

  init(_ activation: GuardActivation) { self.activation = activation }

  // MARK: - Variables

  /// The proposal's arguments.
  public var args: RecordValue? { activation.args.asRecord }
  /// The result, as it is typed.
  public var result: Value { activation.load(Slot.result) }
  /// What is known of the case.
  public var caseRecord: RecordValue? { activation.load(Slot.caseRecord).asRecord }
  /// The last message of each speaker.
  public var said: RecordValue? { activation.load(Slot.said).asRecord }
  /// The agent's message of this turn.
  public var turn: RecordValue? { activation.load(Slot.turn).asRecord }
  /// What the text claims.
  public var claims: RecordValue? { activation.claims.asRecord }
  /// How sure the agent is.
  public var confidence: Double? { activation.confidence }
  /// Who proposes.
  public var agent: String? { activation.agent }
  /// The time.
  public var now: Timestamp? { activation.now }
  /// The day, counted from 1970-01-01.
  public var today: Int32? { activation.load(Slot.today).asDate }
  /// The step's name.
  public var step: String? { activation.stepName }
  /// When the step was entered.
  public var entered: Timestamp? { activation.load(Slot.entered).asTimestamp }
  /// How many actions are under way.
  public var inFlight: Int64? { activation.load(Slot.inFlight).asInt }
  /// The element that is kept.
  public var each: Value { activation.load(Slot.each) }
  /// The message that a pattern is held against.
  public var text: String? { activation.text }

  /// A variable by its slot in the environment; an absent one is an error.
  public func variable(_ slot: Int, _ name: StaticString) -> Value {
    let value = activation.load(slot)
    if case .absent = value { return .failure(.absent, "no such key: `\(name)`") }
    return value
  }

  /// A table of the spec, by its place in the bundle.
  public func table(_ index: Int) -> Value {
    let constants = activation.guardian.scope.constants
    return constants.indices.contains(index)
      ? constants[index].constant ?? .open : .open
  }

  /// A collection of records, by its place in the bundle.
  public func collection(_ index: Int) -> Value { activation.load(Slot.collections + index) }

  /// A record of a collection; nil where it is not known or not there.
  public func record(_ collection: Int, _ key: String?) -> RecordValue? {
    guard let key else { return nil }
    return activation.record(of: collection, key)
  }

  /// What a macro of the guard stands for, by its place in the compiled spec's list.
  public func host(_ index: Int) -> Value {
    let slots = activation.guardian.hostSlots
    return slots.indices.contains(index) ? activation.load(slots[index]) : .open
  }

  // MARK: - Functions

  /// Calls a function of the library or of the guard.
  public func call(_ function: LibraryFunction, _ values: Value...) -> Value {
    function.call(values, activation)
  }

  /// A list made of these; the first that is an error or unknown stands for it.
  public func list(_ values: Value...) -> Value {
    var unknown: Unknown?
    var error: Value?
    for value in values {
      switch value {
      case .unknown(let found): unknown = unknown?.union(found) ?? found
      case .error: error = error ?? value
      default: break
      }
    }
    if let unknown { return .unknown(unknown) }
    return error ?? .list(values)
  }

  // MARK: - Folds

  /// The steps of one condition's folds are limited, as the interpreter's are.
  private func takesStep() -> Bool {
    activation.steps -= 1
    return activation.steps >= 0
  }

  /// Goes through the elements of a list or the keys of a map, until the body is false.
  /// - Returns: whether it came to the end of all there is.
  private func each(_ range: Value, _ body: (Value) -> Bool) -> Bool {
    switch range {
    case .list(let list):
      for element in list.elements {
        guard takesStep() else { return false }
        if !body(element) { return false }
      }
      return list.missing == nil
    case .map(let map):
      for key in map.keys {
        guard takesStep() else { return false }
        if !body(key) { return false }
      }
      return map.missing == nil
    default: return false
    }
  }

  /// The same with two variables: index and element, or key and value.
  private func each2(_ range: Value, _ body: (Value, Value) -> Bool) -> Bool {
    var index: Int64 = -1
    if case .map(let map) = range { return each(range) { body($0, map.lookup($0)) } }
    return each(range) {
      index += 1
      return body(.int(index), $0)
    }
  }

  private func quantified(_ wanted: Bool, _ run: ((Bool?) -> Bool) -> Bool) -> Bool? {
    var isPlain = true
    var isFound = false
    let isWhole = run { holds in
      if holds == wanted {
        isFound = true
        return false
      }
      if holds == nil { isPlain = false }
      return true
    }
    if isFound { return wanted }
    return isWhole && isPlain ? !wanted : nil
  }

  /// `range.exists(x, body)`.
  public func exists(_ range: Value, _ body: (Value) -> Bool?) -> Bool? {
    quantified(true) { take in each(range) { take(body($0)) } }
  }
  /// `range.all(x, body)`.
  public func all(_ range: Value, _ body: (Value) -> Bool?) -> Bool? {
    quantified(false) { take in each(range) { take(body($0)) } }
  }
  /// `range.exists(k, v, body)`.
  public func exists2(_ range: Value, _ body: (Value, Value) -> Bool?) -> Bool? {
    quantified(true) { take in each2(range) { take(body($0, $1)) } }
  }
  /// `range.all(k, v, body)`.
  public func all2(_ range: Value, _ body: (Value, Value) -> Bool?) -> Bool? {
    quantified(false) { take in each2(range) { take(body($0, $1)) } }
  }

  private func exactlyOne(_ run: ((Bool?) -> Bool) -> Bool) -> Bool? {
    var count = 0
    var isPlain = true
    let isWhole = run { holds in
      switch holds {
      case true: count += 1
      case false: break
      default: isPlain = false
      }
      return true
    }
    return isWhole && isPlain ? count == 1 : nil
  }

  /// `range.exists_one(x, body)`.
  public func existsOne(_ range: Value, _ body: (Value) -> Bool?) -> Bool? {
    exactlyOne { take in each(range) { take(body($0)) } }
  }
  /// `range.exists_one(k, v, body)`.
  public func existsOne2(_ range: Value, _ body: (Value, Value) -> Bool?) -> Bool? {
    exactlyOne { take in each2(range) { take(body($0, $1)) } }
  }

  /// A list that is made, as far as all in it is plain.
  private struct Collected {
    var values: [Value] = []
    var isPlain = true

    mutating func take(_ holds: Bool?, _ element: () -> Value) {
      switch holds {
      case false: return
      case true:
        let value = element()
        switch value {
        case .error, .unknown: isPlain = false
        default: values.append(value)
        }
      default: isPlain = false
      }
    }
  }

  /// `range.map(x, condition, body)`, and without a condition; `filter` gives the element itself.
  public func map(
    _ range: Value, where condition: (Value) -> Bool? = { _ in true }, _ body: (Value) -> Value
  ) -> Value {
    var made = Collected()
    let isWhole = each(range) { element in
      made.take(condition(element)) { body(element) }
      return true
    }
    return isWhole && made.isPlain ? .list(made.values) : .open
  }
  /// `range.transformList(k, v, condition, body)`, and without a condition.
  public func map2(
    _ range: Value, where condition: (Value, Value) -> Bool? = { _, _ in true },
    _ body: (Value, Value) -> Value
  ) -> Value {
    var made = Collected()
    let isWhole = each2(range) { first, second in
      made.take(condition(first, second)) { body(first, second) }
      return true
    }
    return isWhole && made.isPlain ? .list(made.values) : .open
  }

  /// `cel.bind(x, value, body)`.
  public func bind<T>(_ value: Value, _ body: (Value) -> T) -> T { body(value) }
}
