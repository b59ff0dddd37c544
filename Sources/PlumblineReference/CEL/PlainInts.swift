/// What an expression's form says about whether it gives ints.
///
/// An empty list does not say of what it is, and the sum of nothing is a zero of the elements' type. Values tell the
/// type everywhere else; here the form does: what is not evidently of ints is of doubles.
extension PlainExpression.Node {
  /// Whether it is evidently a list of ints, as `[]` alone is.
  func isListOfInts(_ ints: Set<String> = []) -> Bool {
    switch self {
    case .list(let parts): return parts.allSatisfy { $0.value.isInt(ints) }
    case .fold(let fold) where fold.second == nil:
      let isOfInts = fold.range.isListOfInts(ints)
      if fold.kind == .filter { return isOfInts }
      guard fold.kind == .map, let make = fold.make else { return false }
      return make.isInt(isOfInts ? ints.union([fold.variable]) : ints.subtracting([fold.variable]))
    default: return false
    }
  }

  func isInt(_ ints: Set<String>) -> Bool {
    switch self {
    case .literal(.int): return true
    case .name(let name): return ints.contains(name)
    case .apply(.conditional, let parts): return parts.dropFirst().allSatisfy { $0.isInt(ints) }
    case .apply(let operation, let parts):
      return [.add, .subtract, .multiply, .divide, .modulo, .negate].contains(operation)
        && parts.allSatisfy { $0.isInt(ints) }
    case .call(let name, _): return name == "int" || name == "size"
    case .method(let list, "sum", _): return list.isListOfInts(ints)
    case .method(.name("math"), let name, let parts):
      return ["abs", "greatest", "least"].contains(name) && parts.allSatisfy { $0.isInt(ints) }
    default: return false
    }
  }
}
