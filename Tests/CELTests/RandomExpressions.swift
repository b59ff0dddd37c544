import CEL

/// Random expressions that type-check, and random facts for them, unknown and failing ones included.
enum RandomExpressions {
  static let types: [(String, CELType)] = [
    ("b", .bool), ("c", .bool), ("i", .int), ("j", .int), ("d", .double), ("s", .string),
    ("list", .list(.int)), ("names", .list(.string)), ("m", .map(.string, .int)),
  ]

  /// The most that `facts` puts into a string, list or map.
  static let sizes = CostSizes([:], otherwise: 6)

  static let environment: CEL.Environment = {
    var environment = CEL.Environment(extensions: Set(CEL.Environment.Extension.allCases))
    for (slot, (name, type)) in types.enumerated() {
      environment.variables[name] = VariableDeclaration(name: name, type: type, slot: slot)
    }
    return environment
  }()

  final class Facts: Activation {
    let values: [Value]
    init(_ values: [Value]) { self.values = values }
    func load(_ slot: Int) -> Value {
      values.indices.contains(slot) ? values[slot] : .error(EvaluationError(.other, "no slot"))
    }
  }

  static func facts(_ random: inout ParseFuzzTests.Random) -> Facts {
    func pick<T>(_ items: [T], _ other: T) -> T { items.randomElement(using: &random) ?? other }
    func int() -> Value { .int(pick([-1, 0, 1, 2, 3, .max], 0)) }
    func string() -> Value { .string(pick(["", "a", "ab", "abcdef", "é"], "")) }
    return Facts(
      types.map { name, type in
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return .unknown(Unknown(name))
        case 1: return .error(EvaluationError(.other, "\(name) failed"))
        default: break
        }
        let count = Int.random(in: 0...6, using: &random)
        let isPartial = Int.random(in: 0..<5, using: &random) == 0
        let missing = isPartial ? Unknown("more of \(name)") : nil
        switch type {
        case .bool: return .bool(Bool.random(using: &random))
        case .int: return int()
        case .double: return .double(pick([0.5, -2, 1, .nan, .infinity], 0))
        case .string: return string()
        case .list(.int): return .list(ListValue((0..<count).map { _ in int() }, missing: missing))
        case .list: return .list(ListValue((0..<count).map { _ in string() }, missing: missing))
        default: return ["a": 1, "ab": 2]
        }
      })
  }

  /// The text of an expression of this type.
  static func text(_ type: CELType, _ depth: Int, _ random: inout ParseFuzzTests.Random) -> String {
    var names: [String] = []
    return text(type, depth, &names, &random)
  }

  private static func text(
    _ type: CELType, _ depth: Int, _ ints: inout [String], _ random: inout ParseFuzzTests.Random
  ) -> String {
    func roll(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
    func sub(_ type: CELType) -> String { text(type, depth - 1, &ints, &random) }
    func inside(_ type: CELType, _ variable: String) -> String {
      ints.append(variable)
      defer { ints.removeLast() }
      return text(type, depth - 1, &ints, &random)
    }
    let isLeaf = depth <= 0 || roll(6) == 0
    let variable = "v\(ints.count)"
    switch type {
    case .bool:
      if isLeaf { return ["b", "c", "true", "false"][roll(4)] }
      let signs = ["<", "<=", ">", ">=", "==", "!="]
      switch roll(13) {
      case 0, 1: return "(\(sub(.bool)) && \(sub(.bool)))"
      case 2, 3: return "(\(sub(.bool)) || \(sub(.bool)))"
      case 4, 5, 6: return "!(\(sub(.bool)))"
      case 7: return "(\(sub(.bool)) ? \(sub(.bool)) : \(sub(.bool)))"
      case 8:
        let of: CELType = [.int, .double, .string][roll(3)]
        return "(\(sub(of)) \(signs[roll(6)]) \(sub(of)))"
      case 9: return "(\(sub(.int)) in \(sub(.list(.int))))"
      case 10:
        return "\(sub(.list(.int))).\(["all", "exists", "exists_one"][roll(3)])(\(variable), "
          + inside(.bool, variable) + ")"
      case 11:
        let function = ["contains", "startsWith", "endsWith", "matches"][roll(4)]
        return "\(sub(.string)).\(function)(\(function == "matches" ? "'a.*'" : sub(.string)))"
      default: return "has(m.\(["a", "zz"][roll(2)]))"
      }
    case .int:
      if isLeaf { return (ints + ["i", "j", "1", "0", "3"])[roll(ints.count + 5)] }
      switch roll(6) {
      case 0, 1: return "(\(sub(.int)) \(["+", "-", "*", "/", "%"][roll(5)]) \(sub(.int)))"
      case 2: return "size(\(sub(roll(2) == 0 ? .string : .list(.int))))"
      case 3: return "(\(sub(.bool)) ? \(sub(.int)) : \(sub(.int)))"
      case 4: return "m[\(sub(.string))]"
      default: return "\(sub(.list(.int)))[\(sub(.int))]"
      }
    case .double:
      if isLeaf { return ["d", "1.5", "0.0"][roll(3)] }
      return roll(2) == 0
        ? "(\(sub(.double)) \(["+", "-", "*", "/"][roll(4)]) \(sub(.double)))"
        : "double(\(sub(.int)))"
    case .string:
      if isLeaf { return ["s", "'a'", "''", "'abcdefghijklm'"][roll(4)] }
      switch roll(5) {
      case 0, 1: return "(\(sub(.string)) + \(sub(.string)))"
      case 2: return "string(\(sub(.int)))"
      case 3: return "(\(sub(.bool)) ? \(sub(.string)) : \(sub(.string)))"
      default: return "names.join(\(sub(.string)))"
      }
    default:
      if isLeaf { return ["list", "[1, 2, 3]", "[i, j]"][roll(3)] }
      switch roll(4) {
      case 0: return "(\(sub(type)) + \(sub(type)))"
      case 1: return "\(sub(type)).map(\(variable), \(inside(.int, variable)))"
      case 2: return "\(sub(type)).filter(\(variable), \(inside(.bool, variable)))"
      default: return "[\(sub(.int)), \(sub(.int))]"
      }
    }
  }

  static func checked(_ text: String) -> CheckedExpression? {
    let (expr, issues) = CELParser.parse(text, in: environment)
    guard issues.isEmpty else { return nil }
    let result = CELChecker.check(expr, in: environment)
    return result.issues.isEmpty ? result.checked : nil
  }

  /// The value to compare: errors are alike, whatever they say; what is needed has no order.
  static func plain(_ value: Value) -> String {
    switch value {
    case .error: "error"
    case .unknown(let unknown): "unknown \(unknown.attributes.map(\.path).sorted())"
    default: value.description
    }
  }
}
