/// Attributes that are not known: a variable, or what lies in it on a path.
///
/// `AttributePattern("order", .key("items"), .any, .key("price"))` are the prices of all items.
public struct AttributePattern: Sendable, Hashable {
  /// One step of a path.
  public enum Qualifier: Sendable, Hashable {
    /// A field, a key or an index.
    case key(Value)
    /// Every one, whether it is there or not.
    case any
  }

  public let variable: String
  public let qualifiers: [Qualifier]

  public init(_ variable: String, _ qualifiers: Qualifier...) {
    self.init(variable, path: qualifiers)
  }

  public init(_ variable: String, path: [Qualifier]) {
    self.variable = variable
    self.qualifiers = path
  }
}

/// Values of variables by name, some attributes of which are not known.
///
/// Evaluation gives a value where these do not matter, and else an unknown with the attributes it still
/// needs.
public final class PartialActivation: Activation {
  private let values: [Int: Value]

  /// - Parameters:
  ///   - environment: where the variables are declared.
  ///   - values: by the names of the variables. A variable that has no value and no pattern of its own is
  ///     an error where it is used.
  ///   - unknown: what is not known, whatever the values say.
  public init(
    _ environment: Environment, _ values: [String: Value], unknown: [AttributePattern] = []
  ) {
    var slots: [Int: Value] = [:]
    for (name, variable) in environment.variables {
      let paths = unknown.filter { $0.variable == name }.map { $0.qualifiers[...] }
      if let value = values[name] {
        slots[variable.slot] = Hidden.value(value, paths, at: name)
      } else if !paths.isEmpty {
        // Of a variable without a value nothing is known.
        slots[variable.slot] = .unknown(Unknown(name))
      } else {
        slots[variable.slot] = .failure(.other, "`\(name)` is not bound")
      }
    }
    self.values = slots
  }

  public func load(_ slot: Int) -> Value {
    values[slot] ?? .failure(.other, "there is no such variable")
  }
}

/// Values without what is not known of them.
private enum Hidden {
  typealias Path = ArraySlice<AttributePattern.Qualifier>

  static func value(_ value: Value, _ paths: [Path], at place: String) -> Value {
    if paths.isEmpty { return value }
    if paths.contains(where: \.isEmpty) { return .unknown(Unknown(place)) }
    switch value {
    case .map(let map): return .map(HiddenMap(map, paths, at: place))
    case .list(let list):
      let elements = list.elements.enumerated().map { index, element in
        let key = Value.int(Int64(index))
        return self.value(element, rest(paths, of: key), at: step(place, key))
      }
      let hasMore = paths.contains { path in
        guard path.count == 1, case .key(.int(let index))? = path.first else {
          return endsInAny(path)
        }
        return index >= Int64(list.elements.count)
      }
      return .list(
        ListValue(elements, missing: list.missing ?? (hasMore ? Unknown(place) : nil)))
    case .record(let record):
      let slots = zip(record.type.fields, record.slots).map { field, slot in
        let key = Value.string(field.name)
        return self.value(slot, rest(paths, of: key), at: step(place, key))
      }
      return .record(RecordValue(type: record.type, slots: slots, origin: record.origin))
    case .optional(let optional):
      return .optional(OptionalValue(optional.value.map { self.value($0, paths, at: place) }))
    default: return value
    }
  }

  /// What the paths say of the value behind `key`.
  static func rest(_ paths: [Path], of key: Value) -> [Path] {
    paths.compactMap { path in
      switch path.first {
      case .key(let own) where own == key: path.dropFirst()
      case .any: path.dropFirst()
      default: nil
      }
    }
  }

  static func endsInAny(_ path: Path) -> Bool { path.count == 1 && path.first == .any }

  /// The path as a reader would write it.
  static func step(_ place: String, _ key: Value) -> String {
    if case .string(let name) = key, Identifier.isPlain(name) { return "\(place).\(name)" }
    return "\(place)[\(key)]"
  }
}

private enum Identifier {
  static func isPlain(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy {
      (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0)
        || $0 == 0x5F
    }
  }
}

/// A map some of whose entries, or what lies in them, are not known.
private final class HiddenMap: MapValue, @unchecked Sendable {
  private let map: MapValue
  private let paths: [Hidden.Path]
  private let place: String

  init(_ map: MapValue, _ paths: [Hidden.Path], at place: String) {
    self.map = map
    self.paths = paths
    self.place = place
    super.init()
  }

  override func lookup(_ key: Value) -> Value {
    Hidden.value(map.lookup(key), Hidden.rest(paths, of: key), at: Hidden.step(place, key))
  }
  override var keys: [Value] { map.keys }
  override var count: Int { map.count }
  override var missing: Unknown? {
    if let missing = map.missing { return missing }
    let hasMore = paths.contains { path in
      guard path.count == 1, case .key(let key)? = path.first else {
        return Hidden.endsInAny(path)
      }
      if case .absent = map.lookup(key) { return true }
      return false
    }
    return hasMore ? Unknown(place) : nil
  }
}
