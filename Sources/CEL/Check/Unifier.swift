/// Type parameters and what they turned out to be.
struct Unifier {
  private var bound: [String: CELType] = [:]
  private var count = 0

  /// A parameter of its own.
  mutating func fresh() -> CELType {
    count += 1
    return .parameter("%\(count)")
  }

  /// The type with fresh parameters in place of the declared ones; one `names` an overload.
  mutating func instantiate(_ type: CELType, _ names: inout [String: CELType]) -> CELType {
    switch type {
    case .parameter(let name):
      if let known = names[name] { return known }
      let new = fresh()
      names[name] = new
      return new
    case .list(let element): return .list(instantiate(element, &names))
    case .map(let key, let value):
      let newKey = instantiate(key, &names)
      return .map(newKey, instantiate(value, &names))
    case .optional(let wrapped): return .optional(instantiate(wrapped, &names))
    case .type(let of): return .type(instantiate(of, &names))
    case .abstract(let name, let parameters):
      var new: [CELType] = []
      for parameter in parameters { new.append(instantiate(parameter, &names)) }
      return .abstract(name, new)
    default: return type
    }
  }

  /// What a parameter stands for, at the top of the type alone.
  func resolved(_ type: CELType) -> CELType {
    var type = type
    while case .parameter(let name) = type, let next = bound[name] { type = next }
    return type
  }

  /// The type with every parameter replaced; what stayed open is dyn.
  func finished(_ type: CELType) -> CELType {
    switch resolved(type) {
    case .parameter(let name): return name.hasPrefix("%") ? .dyn : .parameter(name)
    case .list(let element): return .list(finished(element))
    case .map(let key, let value): return .map(finished(key), finished(value))
    case .optional(let wrapped): return .optional(finished(wrapped))
    case .type(let of): return .type(finished(of))
    case .abstract(let name, let parameters):
      return .abstract(name, parameters.map { finished($0) })
    case let other: return other
    }
  }

  /// Whether a value of one type can stand where the other is wanted; binds parameters on the way,
  /// and leaves them as they were where it can't.
  mutating func assign(_ from: CELType, to: CELType) -> Bool {
    let before = bound
    if unify(from, to) { return true }
    bound = before
    return false
  }

  private mutating func unify(_ from: CELType, _ to: CELType) -> Bool {
    let a = resolved(from)
    let b = resolved(to)
    switch (a, b) {
    case (.parameter(let x), .parameter(let y)):
      if x != y { bound[x] = b }
      return true
    case (_, .parameter(let name)):
      if occurs(name, in: a) { return false }
      bound[name] = a
      return true
    case (.parameter(let name), _):
      if occurs(name, in: b) { return false }
      bound[name] = b
      return true
    case (.dyn, _), (_, .dyn), (.error, _), (_, .error): return true
    case (.enumeration, .string), (.string, .enumeration): return true
    case (.enumeration(let x), .enumeration(let y)):
      return x == y || !Set(x.values).isDisjoint(with: y.values)
    case (.list(let x), .list(let y)), (.optional(let x), .optional(let y)):
      return unify(x, y)
    case (.map(let k, let v), .map(let l, let w)): return unify(k, l) && unify(v, w)
    case (.type, .type): return true
    case (.wrapper(let x), .wrapper(let y)): return unify(x, y)
    case (.wrapper(let x), _): return unify(x, b)
    case (.null, .wrapper), (.null, .object), (.null, .timestamp), (.null, .duration),
      (.null, .abstract), (.null, .date), (.null, .optional):
      return true
    case (.object, .null), (.timestamp, .null), (.duration, .null), (.abstract, .null),
      (.date, .null):
      return true
    case (_, .wrapper(let y)): return unify(a, y)
    case (.abstract(let x, let ps), .abstract(let y, let qs)):
      guard x == y, ps.count == qs.count else { return false }
      for (p, q) in zip(ps, qs) where !unify(p, q) { return false }
      return true
    default: return a == b
    }
  }

  private func occurs(_ name: String, in type: CELType) -> Bool {
    switch resolved(type) {
    case .parameter(let other): return name == other
    case .list(let x), .optional(let x), .type(let x), .wrapper(let x): return occurs(name, in: x)
    case .map(let k, let v): return occurs(name, in: k) || occurs(name, in: v)
    case .abstract(_, let parameters): return parameters.contains { occurs(name, in: $0) }
    default: return false
    }
  }
}
