// What conditions that were compiled to Swift read of values: nil stands for whatever is not plainly of the
// type that was asked for, as what is unknown or an error.

extension Value {
  /// The truth value; nil: it is none.
  @inlinable @inline(__always) public var asBool: Bool? {
    if case .bool(let holds) = self { holds } else { nil }
  }
  /// The int; nil: it is none.
  @inlinable @inline(__always) public var asInt: Int64? {
    if case .int(let number) = self { number } else { nil }
  }
  /// The double; nil: it is none.
  @inlinable @inline(__always) public var asDouble: Double? {
    if case .double(let number) = self { number } else { nil }
  }
  /// The text; nil: it is none.
  @inlinable @inline(__always) public var asText: String? {
    if case .string(let text) = self { text } else { nil }
  }
  /// The moment; nil: it is none.
  @inlinable @inline(__always) public var asTimestamp: Timestamp? {
    if case .timestamp(let moment) = self { moment } else { nil }
  }
  /// The span; nil: it is none.
  @inlinable @inline(__always) public var asDuration: Duration? {
    if case .duration(let span) = self { span } else { nil }
  }
  /// The day, counted from 1970-01-01; nil: it is none.
  @inlinable @inline(__always) public var asDate: Int32? {
    if case .date(let day) = self { day } else { nil }
  }
  /// The record; nil: it is none.
  @inlinable @inline(__always) public var asRecord: RecordValue? {
    if case .record(let record) = self { record } else { nil }
  }

  /// The field of a record in this slot of its declared type, as `value.field` gives it.
  @inlinable
  public func field(_ slot: Int, _ name: StaticString) -> Value {
    if case .record(let record) = self, slot < record.slots.count {
      let found = record.slots[slot]
      if case .absent = found { return Self.absentKey(name) }
      return found
    }
    return Self.select(self, name)
  }

  @usableFromInline
  static func absentKey(_ name: StaticString) -> Value { .noSuchKey(name.description) }

  @usableFromInline
  static func select(_ value: Value, _ name: StaticString) -> Value {
    Field.select(value, name.description)
  }

  /// `value.field` where the field is looked up by its name.
  public func field(named name: String) -> Value { Field.select(self, name) }

  /// `has(value.field)`, by the field's name.
  public func has(named name: String) -> Bool? { Field.has(self, name).asBool }

  /// `value[key]`.
  public subscript(key: Value) -> Value {
    if case .map(let map) = self, case .string = key {
      let found = map.lookup(key)
      if case .absent = found { return .noSuchKey(key) }
      return found
    }
    return OperatorLibrary.index(self, key)
  }

  /// `value.?key`, `value[?key]`.
  public func optional(_ key: Value) -> Value { OptionalLibrary.optionalIndex(self, key) }

  /// `key in value`.
  public func contains(_ key: Value) -> Bool? { OperatorLibrary.contains(key, self).asBool }

  /// What a part that is not plainly of its type stands for.
  public static let open = Value.failure(.other, "the value is not plain")
}

extension Optional {
  /// The value that a part of a condition came to; what is nil stays nil in whatever is made of it.
  @inlinable public func value(_ make: (Wrapped) -> Value) -> Value {
    switch self {
    case .some(let wrapped): make(wrapped)
    case nil: .open
    }
  }
}

extension RecordValue {
  /// The slot's value if it is a truth value.
  @inlinable @inline(__always) public func bool(_ slot: Int) -> Bool? {
    slot < slots.count ? slots[slot].asBool : nil
  }
  /// The slot's value if it is an int.
  @inlinable @inline(__always) public func int(_ slot: Int) -> Int64? {
    slot < slots.count ? slots[slot].asInt : nil
  }
  /// The slot's value if it is a double.
  @inlinable @inline(__always) public func double(_ slot: Int) -> Double? {
    slot < slots.count ? slots[slot].asDouble : nil
  }
  /// The slot's value if it is a text.
  @inlinable @inline(__always) public func text(_ slot: Int) -> String? {
    slot < slots.count ? slots[slot].asText : nil
  }
  /// The slot's value if it is a moment.
  @inlinable @inline(__always) public func timestamp(_ slot: Int) -> Timestamp? {
    slot < slots.count ? slots[slot].asTimestamp : nil
  }
  /// The slot's value if it is a span.
  @inlinable @inline(__always) public func duration(_ slot: Int) -> Duration? {
    slot < slots.count ? slots[slot].asDuration : nil
  }
  /// The slot's value if it is a day.
  @inlinable @inline(__always) public func date(_ slot: Int) -> Int32? {
    slot < slots.count ? slots[slot].asDate : nil
  }
  /// The slot's value if it is a record.
  @inlinable @inline(__always) public func record(_ slot: Int) -> RecordValue? {
    slot < slots.count ? slots[slot].asRecord : nil
  }
  /// Whether there is something in the slot; nil where that is not known.
  @inlinable @inline(__always) public func has(_ slot: Int) -> Bool? {
    guard slot < slots.count else { return nil }
    switch slots[slot] {
    case .absent, .null: return false
    case .unknown, .error: return nil
    default: return true
    }
  }
}
