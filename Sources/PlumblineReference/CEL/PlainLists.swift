/// The functions of lists.
enum PlainLists {
  static func method(_ name: String, _ list: [Plain], _ arguments: [Plain]) -> Plain? {
    switch (name, arguments.count) {
    case ("join", 0): return join(list, "")
    case ("join", 1):
      guard case .string(let separator) = arguments[0] else { return nil }
      return join(list, separator)
    case ("first", 0): return list.first ?? .failure("the list is empty")
    case ("last", 0): return list.last ?? .failure("the list is empty")
    case ("indexOf", 1):
      return place(list.firstIndex { PlainCompare.areEqual($0, arguments[0]) })
    case ("lastIndexOf", 1):
      return place(list.lastIndex { PlainCompare.areEqual($0, arguments[0]) })
    case ("slice", 2):
      guard case .int(let start) = arguments[0], case .int(let end) = arguments[1] else {
        return nil
      }
      guard start >= 0, end >= start, end <= Int64(list.count) else {
        return .failure("out of range")
      }
      return .list(Array(list[Int(start)..<Int(end)]), rest: nil)
    case ("flatten", 0): return flatten(list, 1)
    case ("flatten", 1):
      guard case .int(let levels) = arguments[0] else { return nil }
      return levels < 0 ? .failure("a negative level") : flatten(list, min(levels, 200))
    case ("distinct", 0):
      return .list(
        list.enumerated().filter { place, element in
          !list[..<place].contains { PlainCompare.areEqual($0, element) }
        }.map(\.element), rest: nil)
    case ("reverse", 0): return .list(list.reversed(), rest: nil)
    case ("sum", 0): return sum(list)
    case ("max", 0): return extreme(list, .more)
    case ("min", 0): return extreme(list, .less)
    case ("sort", 0): return isOrdered(list) ? .list(sorted(list), rest: nil) : nil
    case ("isSorted", 0):
      guard isOrdered(list) else { return nil }
      return .bool(!zip(list, list.dropFirst()).contains { PlainCompare.order($0, $1) == .more })
    default: return nil
    }
  }

  /// `lists.range(n)`
  static func range(_ count: Int64) -> Plain {
    guard count <= 1_000_000 else { return .failure("too many") }
    return .list((0..<max(0, count)).map { .int($0) }, rest: nil)
  }

  private static func place(_ index: Int?) -> Plain { .int(index.map(Int64.init) ?? -1) }

  private static func join(_ list: [Plain], _ separator: String) -> Plain? {
    var texts: [String] = []
    for element in list {
      guard case .string(let text) = element else { return PlainEvaluator.flaw([element]) }
      texts.append(text)
    }
    return .string(texts.joined(separator: separator))
  }

  private static func flatten(_ list: [Plain], _ levels: Int64) -> Plain {
    var result: [Plain] = []
    for element in list {
      guard levels > 0, case .list(let inner, let rest) = element else {
        result.append(element)
        continue
      }
      if let rest { return .unknown(rest) }
      guard case .list(let flat, _) = flatten(inner, levels - 1) else {
        return .failure("no list")
      }
      result += flat
    }
    return .list(result, rest: nil)
  }

  private static func sum(_ list: [Plain]) -> Plain? {
    guard let first = list.first else { return .double(0) }
    var total = first
    for element in list.dropFirst() { total = PlainArithmetic.apply(.add, total, element) }
    switch total {
    case .int, .uint, .double, .duration, .error: return total
    default: return nil
    }
  }

  private static func isOrdered(_ list: [Plain]) -> Bool {
    guard let first = list.first else { return true }
    return list.allSatisfy { PlainCompare.order($0, first) != nil }
  }

  private static func extreme(_ list: [Plain], _ wanted: PlainCompare.Order) -> Plain? {
    guard var best = list.first else { return .failure("the list is empty") }
    guard isOrdered(list) else { return nil }
    for element in list where PlainCompare.order(element, best) == wanted { best = element }
    return best
  }

  /// By insertion behind whatever is not more, so that equal ones keep their order.
  private static func sorted(_ list: [Plain]) -> [Plain] {
    var result: [Plain] = []
    for element in list {
      let place = result.firstIndex { PlainCompare.order($0, element) == .more } ?? result.count
      result.insert(element, at: place)
    }
    return result
  }
}
