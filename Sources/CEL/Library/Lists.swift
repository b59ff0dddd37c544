/// The `lists` extension.
enum ListLibrary {
  private static let t = CELType.parameter("T")

  private typealias Body = @Sendable ([Value], [Value]) -> Value?

  /// A method of lists. Unless it takes elements as they are, those that are not known are the answer.
  private static func method(
    _ name: String, _ id: String, _ parameters: [CELType], _ result: CELType,
    lenient: Bool = false, _ body: @escaping Body
  ) -> FunctionDeclaration {
    FunctionDeclaration(
      name,
      [
        Overload(
          id, parameters, result, member: true,
          .variadic { arguments in
            guard let first = arguments.first, case .list(let list) = first else {
              return .noSuchOverload(name, arguments)
            }
            if !lenient, let flaw = list.flaw { return flaw }
            return body(list.elements, Array(arguments.dropFirst()))
              ?? .noSuchOverload(name, arguments)
          })
      ])
  }

  private static let ordered: [(String, CELType)] = [
    ("int", .int), ("uint", .uint), ("double", .double), ("string", .string), ("bool", .bool),
    ("bytes", .bytes), ("timestamp", .timestamp), ("duration", .duration), ("date", .date),
  ]

  private static func empty(_ name: String) -> Value {
    .failure(.range, "`\(name)` of an empty list")
  }

  static let declarations: [FunctionDeclaration] =
    sums + extremes + sorts + [
      method("first", "list_first", [.list(t)], t, lenient: true) { list, _ in
        list.first ?? empty("first")
      },
      method("last", "list_last", [.list(t)], t, lenient: true) { list, _ in
        list.last ?? empty("last")
      },
      method("indexOf", "list_index_of", [.list(t), t], .int, lenient: true) { list, rest in
        rest.first.map { position(of: $0, in: Array(list.enumerated())) }
      },
      method("lastIndexOf", "list_last_index_of", [.list(t), t], .int, lenient: true) {
        list, rest in
        rest.first.map { position(of: $0, in: list.enumerated().reversed()) }
      },
      method("slice", "list_slice", [.list(t), .int, .int], .list(t), lenient: true) {
        list, rest in
        guard rest.count == 2, case .int(let start) = rest[0], case .int(let end) = rest[1] else {
          return nil
        }
        guard start >= 0, end >= start, end <= Int64(list.count) else {
          return .failure(
            .range, "cannot slice(\(start), \(end)), the list has \(list.count) elements")
        }
        let slice = ListValue(Array(list[Int(start)..<Int(end)]))
        return slice.flaw ?? .list(slice)
      },
      method("flatten", "list_flatten", [.list(.list(t))], .list(t)) { list, _ in
        flatten(list, depth: 1)
      },
      method("flatten", "list_flatten_int", [.list(.dyn), .int], .list(.dyn)) { list, rest in
        guard case .int(let depth)? = rest.first else { return nil }
        guard depth >= 0 else {
          return .failure(.invalidArgument, "flatten: the level is negative")
        }
        return flatten(list, depth: depth)
      },
      method("distinct", "list_distinct", [.list(t)], .list(t)) { list, _ in
        var seen: Set<Value> = []
        return .list(list.filter { seen.insert($0).inserted })
      },
      method("reverse", "list_reverse", [.list(t)], .list(t)) { list, _ in
        .list(Array(list.reversed()))
      },
      FunctionDeclaration(
        "lists.range",
        [
          Overload(
            "lists_range", [.int], .list(.int),
            .unary {
              guard case .int(let count) = $0 else { return .noSuchOverload("lists.range", $0) }
              if count > 1_000_000 { return OperatorLibrary.tooLarge }
              return .list(count <= 0 ? [] : (0..<count).map { .int($0) })
            })
        ]),
    ]

  /// The first place in the order given that holds the value; what comes before it must be known.
  private static func position(
    of value: Value, in elements: [(offset: Int, element: Value)]
  ) -> Value {
    var flaw = Flaw()
    for (offset, element) in elements {
      let equal = Value.equals(element, value)
      if case .bool(true) = equal { return flaw.value ?? .int(Int64(offset)) }
      _ = flaw.add(equal)
    }
    return flaw.value ?? -1
  }

  private static func flatten(_ list: [Value], depth: Int64) -> Value {
    var result: [Value] = []
    var flaw = Flaw()
    var isTooLarge = false
    // A list inside holds less than the whole, so that this ends; deep ones are cut by `depth`.
    func add(_ elements: [Value], _ left: Int64, _ level: Int) {
      for element in elements where !isTooLarge {
        if flaw.add(element) { continue }
        if case .list(let inner) = element, left > 0, level < Value.deepestComparison {
          if let missing = inner.missing { flaw.add(missing) }
          add(inner.elements, left - 1, level + 1)
        } else {
          result.append(element)
        }
        isTooLarge = result.count > OperatorLibrary.largest
      }
    }
    add(list, depth, 0)
    return isTooLarge ? OperatorLibrary.tooLarge : flaw.value ?? .list(result)
  }

  private static let sums: [FunctionDeclaration] = {
    let zeros: [(String, CELType, Value)] = [
      ("int", .int, 0), ("uint", .uint, .uint(0)), ("double", .double, 0.0),
      ("duration", .duration, .duration(Duration(seconds: 0))),
    ]
    return zeros.map { name, type, zero in
      method("sum", "list_sum_\(name)", [.list(type)], type) { list, _ in
        var total = list.isEmpty ? zero : list[0]
        for element in list.dropFirst() {
          total = OperatorLibrary.add(total, element)
          if total.isErrorOrUnknown { return total }
        }
        // A single element is not added to anything: hold it to the types that can be summed.
        switch total {
        case .int, .uint, .double, .duration: return total
        default: return nil
        }
      }
    }
  }()

  private static let extremes: [FunctionDeclaration] = {
    var all: [FunctionDeclaration] = []
    for (name, wanted) in [("max", Value.Ordering.more), ("min", Value.Ordering.less)] {
      for (typeName, type) in ordered {
        all.append(
          method(name, "list_\(name)_\(typeName)", [.list(type)], type) { list, _ in
            guard var best = list.first else { return empty(name) }
            for value in list {
              guard let order = Value.compare(value, best) else { return nil }
              if order == wanted { best = value }
            }
            return best
          })
      }
    }
    return all
  }()

  /// The function behind the macro `sortBy`.
  static let byKeys = "@sortByAssociatedKeys"

  /// The positions of the elements in their order, equal ones as they stand; nil where there is no order.
  private static func sorted(_ list: [Value]) -> [Int]? {
    guard let first = list.first else { return [] }
    if list.contains(where: { Value.compare($0, first) == nil }) { return nil }
    return list.indices.sorted { a, b in
      switch Value.compare(list[a], list[b]) {
      case .less: true
      case .more: false
      default: a < b
      }
    }
  }

  private static let sorts: [FunctionDeclaration] = {
    var all: [FunctionDeclaration] = []
    for (typeName, type) in ordered {
      all.append(
        method("sort", "list_sort_\(typeName)", [.list(type)], .list(type)) { list, _ in
          sorted(list).map { .list($0.map { list[$0] }) }
        })
      // What the macro `sortBy` comes to: the keys stand in a list of their own.
      all.append(
        method(
          byKeys, "list_sort_by_\(typeName)", [.list(t), .list(type)], .list(t)
        ) { list, rest in
          guard case .list(let keys)? = rest.first, keys.elements.count == list.count else {
            return nil
          }
          if let flaw = keys.flaw { return flaw }
          return sorted(keys.elements).map { .list($0.map { list[$0] }) }
        })
      all.append(
        method("isSorted", "list_is_sorted_\(typeName)", [.list(type)], .bool) { list, _ in
          for (a, b) in zip(list, list.dropFirst()) {
            guard let order = Value.compare(a, b) else { return nil }
            if order == .more { return false }
          }
          return true
        })
    }
    return all
  }()
}
