/// What evaluation costs, in the units of cel-go: about the time of reading one variable.
///
/// - A variable, a field, `has`, an index, arithmetic and most functions: 1. A literal: 0. `&&`, `||` and `?:`
///   cost what of their parts is evaluated.
/// - A list that is made: 10; a map: 30; a record: 40.
/// - Comparing: a tenth of the smaller size, at least 1. Joining strings: a tenth of the size of both. `in` a list:
///   its size. `startsWith`, `endsWith`: a tenth of what is looked for. `contains`: a tenth of the one by a tenth of
///   the other. `matches`, `find`, `findAll`: a tenth of the text by a quarter of the pattern. `sets.…`: one size by the
///   other. `lists.range`: 1 and its result's size. Any other function: 1, a tenth of its strings, and the sizes of its
///   lists and maps.
/// - A comprehension: its range, and for each element that it goes through 1 and its body. (cel-go counts the loop
///   that the macro stands for, which is more.)
///
/// The size of a string is its number of code points; of bytes, lists and maps how much they hold; of
/// everything else 1. What is unknown or in error has size 0. Sums and products stop at `UInt64.max`.
public enum CostModel {
  /// Of a name, a field or an index.
  public static let access: UInt64 = 1
  public static let list: UInt64 = 10
  public static let map: UInt64 = 30
  public static let structure: UInt64 = 40
  /// Of one step of a comprehension, besides its body.
  public static let step: UInt64 = 1

  /// What a function is given, as far as it matters.
  struct Operand {
    enum Kind { case text, list, map, scalar, any }
    var kind: Kind
    var size: UInt64

    static let flawed = Operand(kind: .scalar, size: 0)

    init(kind: Kind, size: UInt64) {
      self.kind = kind
      self.size = size
    }

    init(_ value: Value) {
      switch value {
      case .string(let text): self.init(kind: .text, size: UInt64(text.unicodeScalars.count))
      case .bytes(let bytes): self.init(kind: .text, size: UInt64(bytes.count))
      case .list(let list): self.init(kind: .list, size: UInt64(list.elements.count))
      case .map(let map): self.init(kind: .map, size: UInt64(max(0, map.count)))
      case .error, .unknown: self = .flawed
      default: self.init(kind: .scalar, size: 1)
      }
    }
  }

  /// What calling a function costs besides its arguments; grows with every size.
  static func call(_ function: String, _ operands: [Operand], result: Operand) -> UInt64 {
    func size(_ index: Int) -> UInt64 {
      operands.indices.contains(index) ? operands[index].size : 0
    }
    switch function {
    case "_&&_", "_||_", "_?_:_": return 0
    case "_[_]", "_[?_]", "size", "!_", "-_", "_-_", "_*_", "_/_", "_%_", "dyn", "type",
      "optional.of", "optional.none", "optional.ofNonZeroValue", "hasValue", "value", "orValue",
      "or", "first", "last":
      return 1
    case "@not_strictly_false": return 1
    case "_+_":
      let isText = operands.contains { $0.kind == .text || $0.kind == .any }
      guard isText else { return 1 }
      let joined = tenth(size(0).plus(size(1)))
      return operands.contains { $0.kind == .any } ? max(1, joined) : joined
    case "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_": return max(1, tenth(min(size(0), size(1))))
    case "@in", "_in_":
      guard operands.count == 2, operands[1].kind != .map else { return 1 }
      return max(1, size(1))
    case "startsWith", "endsWith": return max(1, tenth(size(1)))
    case "contains": return max(1, tenth(size(0)).times(tenth(size(1))))
    case "matches", "find", "findAll":
      return max(1, tenth(size(0).plus(1)).times(quarter(size(1))))
    case "sets.contains", "sets.equivalent", "sets.intersects":
      return max(1, size(0).times(size(1)))
    case "lists.range": return result.size.plus(1)
    default:
      var sum: UInt64 = 1
      for operand in operands {
        switch operand.kind {
        case .text: sum = sum.plus(tenth(operand.size))
        case .list, .map, .any: sum = sum.plus(operand.size)
        case .scalar: break
        }
      }
      return sum
    }
  }

  /// A tenth, rounded up: what a character costs.
  static func tenth(_ size: UInt64) -> UInt64 { size / 10 + (size % 10 == 0 ? 0 : 1) }
  private static func quarter(_ size: UInt64) -> UInt64 { size / 4 + (size % 4 == 0 ? 0 : 1) }
}

extension UInt64 {
  func plus(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
  func times(_ other: UInt64) -> UInt64 {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
