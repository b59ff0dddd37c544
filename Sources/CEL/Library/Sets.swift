/// The `sets` extension: lists as sets, whose order and repetitions have no meaning.
///
/// Source: the `sets` library of cel-go.
enum SetLibrary {
  private static let t = CELType.parameter("T")

  static let declarations: [FunctionDeclaration] = [
    function("sets.contains", "list_sets_contains_list") { holds($0, all: $1) },
    function("sets.equivalent", "list_sets_equivalent_list") {
      both(holds($0, all: $1), holds($1, all: $0))
    },
    function("sets.intersects", "list_sets_intersects_list") { a, b in
      var flaw = Flaw()
      for element in a.elements {
        let found = OperatorLibrary.contains(element, .list(b))
        if case .bool(true) = found { return true }
        _ = flaw.add(found)
      }
      // An element that is not known may be in the other list, where that one can hold any.
      if let missing = a.missing, !b.elements.isEmpty || b.missing != nil { flaw.add(missing) }
      return flaw.value ?? false
    },
  ]

  /// Lenient: a witness in a partial list decides.
  private static func function(
    _ name: String, _ id: String, _ body: @escaping @Sendable (ListValue, ListValue) -> Value
  ) -> FunctionDeclaration {
    FunctionDeclaration(
      name,
      [
        Overload(
          id, [.list(t), .list(t)], .bool, lenient: true,
          .binary { a, b in
            var flaw = Flaw()
            let broken = flaw.add(a)
            if flaw.add(b) || broken { return flaw.value ?? a }
            guard case .list(let x) = a, case .list(let y) = b else {
              return .noSuchOverload(name, a, b)
            }
            return body(x, y)
          })
      ])
  }

  /// Whether every element of `wanted` is in `list`.
  private static func holds(_ list: ListValue, all wanted: ListValue) -> Value {
    var flaw = Flaw()
    for element in wanted.elements {
      let found = OperatorLibrary.contains(element, .list(list))
      if case .bool(false) = found { return false }
      _ = flaw.add(found)
    }
    if let missing = wanted.missing { flaw.add(missing) }
    return flaw.value ?? true
  }

  private static func both(_ a: Value, _ b: Value) -> Value {
    if case .bool(false) = a { return false }
    if case .bool(false) = b { return false }
    var flaw = Flaw()
    _ = flaw.add(a)
    _ = flaw.add(b)
    return flaw.value ?? true
  }
}
