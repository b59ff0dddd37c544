/// Assignability of types, with type parameters that become bound on the way (as in cel-go's checker).
struct Unifier {
  private(set) var bindings: [String: CELType] = [:]
  private var count = 0

  /// A type parameter of its own.
  mutating func fresh() -> CELType {
    count += 1
    return .parameter("%\(count)")
  }

  /// The types with their parameters replaced by fresh ones, the same for the same name.
  mutating func instantiate(_ types: [CELType]) -> [CELType] {
    count += 1
    let number = count
    return types.map { rename($0, number) }
  }

  private func rename(_ type: CELType, _ number: Int) -> CELType {
    switch type {
    case .parameter(let name): .parameter("\(name)%\(number)")
    case .list(let element): .list(rename(element, number))
    case .map(let key, let value): .map(rename(key, number), rename(value, number))
    case .optional(let wrapped): .optional(rename(wrapped, number))
    case .type(let of): .type(rename(of, number))
    case .wrapper(let of): .wrapper(rename(of, number))
    case .abstract(let name, let parameters):
      .abstract(name, parameters.map { rename($0, number) })
    default: type
    }
  }

  // MARK: - assignability

  // MARK: - the common case

  /// Whether nothing at the top of the types forbids a match already.
  static func canMatch(_ types: [CELType], _ parameters: [CELType]) -> Bool {
    guard types.count == parameters.count else { return false }
    for index in types.indices
    where types[index].isPrimitive && parameters[index].isPrimitive
      && types[index] != parameters[index]
    {
      return false
    }
    return true
  }

  /// Matches types without parameters against those of a declaration by equality alone: no fresh
  /// parameters, no bindings to take back. Nil where that does not tell.
  static func matchExactly(_ types: [CELType], _ overload: Overload) -> CELType?? {
    var bound: [(name: String, type: CELType)] = []
    for (type, parameter) in zip(types, overload.parameters) {
      if type.isPrimitive, parameter.isPrimitive {
        if type != parameter { return .some(nil) }
      } else if !matchExactly(type, parameter, &bound) {
        return nil
      }
    }
    guard let result = substitute(overload.result, bound) else { return nil }
    return .some(result)
  }

  private static func matchExactly(
    _ type: CELType, _ parameter: CELType, _ bound: inout [(name: String, type: CELType)]
  ) -> Bool {
    switch (type, parameter) {
    case (.dyn, _), (.error, _), (.null, _), (.parameter, _): return false
    case (_, .parameter(let name)):
      for (known, its) in bound where known == name { return its == type }
      if type.isVague { return false }
      bound.append((name, type))
      return true
    case (.list(let a), .list(let b)), (.optional(let a), .optional(let b)):
      return matchExactly(a, b, &bound)
    case (.map(let k, let v), .map(let l, let w)):
      return matchExactly(k, l, &bound) && matchExactly(v, w, &bound)
    default: return type.isPrimitive && type == parameter
    }
  }

  private static func substitute(
    _ type: CELType, _ bound: [(name: String, type: CELType)]
  ) -> CELType? {
    switch type {
    case .parameter(let name):
      for (known, its) in bound where known == name { return its }
      return nil
    case .list(let a): return substitute(a, bound).map { .list($0) }
    case .optional(let a): return substitute(a, bound).map { .optional($0) }
    case .map(let k, let v):
      guard let key = substitute(k, bound), let value = substitute(v, bound) else { return nil }
      return .map(key, value)
    default: return type.isGeneric ? nil : type
    }
  }

  /// Whether a value of type `from` can stand where `to` is asked for. On success type parameters are bound,
  /// on failure nothing is changed.
  mutating func assign(_ from: CELType, to: CELType) -> Bool {
    let saved = bindings
    if accepts(from, to) { return true }
    bindings = saved
    return false
  }

  /// The same, pairwise and all together.
  mutating func assign(_ from: [CELType], to: [CELType]) -> Bool {
    guard from.count == to.count else { return false }
    let saved = bindings
    for (a, b) in zip(from, to) where !accepts(a, b) {
      bindings = saved
      return false
    }
    return true
  }

  private mutating func accepts(_ from: CELType, _ to: CELType) -> Bool {
    if case .parameter(let name) = to {
      switch bind(name, to: from) {
      case .bound: return true
      case .contradicts: return false
      case .circular: break
      }
    }
    if case .parameter(let name) = from { return bind(name, to: to) == .bound }
    switch (from, to) {
    case (.dyn, _), (_, .dyn), (.error, _), (_, .error): return true
    case (.null, .null): return true
    case (.null, let other), (let other, .null): return Self.isNullable(other)
    case (.wrapper(let a), .wrapper(let b)): return accepts(a, b)
    case (.wrapper(let a), let b): return accepts(a, b)
    case (let a, .wrapper(let b)): return accepts(a, b)
    case (.enumeration, .string): return true
    case (.enumeration(let a), .enumeration(let b)):
      return !Set(a.values).isDisjoint(with: b.values)
    case (.list(let a), .list(let b)): return accepts(a, b)
    case (.map(let k, let v), .map(let l, let w)): return accepts(k, l) && accepts(v, w)
    case (.optional(let a), .optional(let b)): return accepts(a, b)
    case (.type, .type): return true
    case (.abstract(let a, let p), .abstract(let b, let q)):
      guard a == b, p.count == q.count else { return false }
      for (x, y) in zip(p, q) where !accepts(x, y) { return false }
      return true
    case (.object(let a), .object(let b)): return a == b
    default: return from == to
    }
  }

  private static func isNullable(_ type: CELType) -> Bool {
    switch type {
    case .wrapper, .object, .timestamp, .duration, .abstract, .optional, .dyn, .null: true
    default: false
    }
  }

  private enum Binding { case bound, contradicts, circular }

  private mutating func bind(_ name: String, to type: CELType) -> Binding {
    if case .parameter(name) = type { return .bound }
    if let known = bindings[name] {
      if known == type { return .bound }
      let saved = bindings
      var fits = accepts(type, known)
      if !fits {
        // The first argument may be the narrower one: an enumeration beside a string.
        bindings = saved
        fits = accepts(known, type)
      }
      guard fits else {
        bindings = saved
        return .contradicts
      }
      let general = moreGeneral(type, known)
      if !occurs(name, in: general) { bindings[name] = general }
      return .bound
    }
    guard !occurs(name, in: type) else { return .circular }
    bindings[name] = type
    return .bound
  }

  private func occurs(_ name: String, in type: CELType) -> Bool {
    switch type {
    case .parameter(let other):
      if other == name { return true }
      return bindings[other].map { occurs(name, in: $0) } ?? false
    case .list(let a), .optional(let a), .type(let a), .wrapper(let a): return occurs(name, in: a)
    case .map(let k, let v): return occurs(name, in: k) || occurs(name, in: v)
    case .abstract(_, let parameters): return parameters.contains { occurs(name, in: $0) }
    default: return false
    }
  }

  /// Of two types that agree, the one that says less.
  func moreGeneral(_ a: CELType, _ b: CELType) -> CELType {
    if case .enumeration = a, case .enumeration = b, a != b { return .string }
    return isLessSpecific(a, b) ? a : b
  }

  private func isLessSpecific(_ a: CELType, _ b: CELType) -> Bool {
    switch (a, b) {
    case (.dyn, _), (.parameter, _), (.error, _): true
    case (_, .dyn), (_, .parameter), (_, .error): false
    case (.null, _): false
    case (_, .null): true
    case (.string, .enumeration): true
    case (.wrapper(let x), .wrapper(let y)): isLessSpecific(x, y)
    case (.wrapper, _): true
    case (.list(let x), .list(let y)), (.optional(let x), .optional(let y)): isLessSpecific(x, y)
    case (.map(let k, let v), .map(let l, let w)): isLessSpecific(k, l) && isLessSpecific(v, w)
    case (.type, .type): true
    case (.abstract(let x, let p), .abstract(let y, let q)):
      x == y && p.count == q.count && zip(p, q).allSatisfy { isLessSpecific($0, $1) }
    default: a == b
    }
  }

  // MARK: - substitution

  /// The type with bound parameters replaced; unbound ones stay, or become `dyn` at the end.
  func resolve(_ type: CELType, final: Bool = false) -> CELType {
    guard type.isGeneric else { return type }
    switch type {
    case .parameter(let name):
      if let bound = bindings[name] { return resolve(bound, final: final) }
      return final ? .dyn : type
    case .list(let element): return .list(resolve(element, final: final))
    case .map(let key, let value):
      return .map(resolve(key, final: final), resolve(value, final: final))
    case .optional(let wrapped): return .optional(resolve(wrapped, final: final))
    case .type(let of): return .type(resolve(of, final: final))
    case .wrapper(let of): return .wrapper(resolve(of, final: final))
    case .abstract(let name, let parameters):
      return .abstract(name, parameters.map { resolve($0, final: final) })
    default: return type
    }
  }
}

extension CELType {
  /// Whether a type parameter occurs in it.
  var isGeneric: Bool {
    switch self {
    case .parameter: true
    case .list(let a), .optional(let a), .type(let a), .wrapper(let a): a.isGeneric
    case .map(let k, let v): k.isGeneric || v.isGeneric
    case .abstract(_, let parameters): parameters.contains { $0.isGeneric }
    default: false
    }
  }

  /// A type that only itself can stand for.
  var isPrimitive: Bool {
    switch self {
    case .bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration, .date: true
    default: false
    }
  }

  /// Whether some of it is not known, or may stand for something else too.
  var isVague: Bool {
    switch self {
    case .dyn, .error, .null, .parameter, .wrapper, .enumeration, .abstract, .type: true
    case .list(let a), .optional(let a): a.isVague
    case .map(let k, let v): k.isVague || v.isVague
    case .bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration, .date, .object: false
    }
  }

  var isDynamic: Bool {
    switch self {
    case .dyn, .error: true
    default: false
    }
  }

  var isError: Bool {
    if case .error = self { true } else { false }
  }
}
