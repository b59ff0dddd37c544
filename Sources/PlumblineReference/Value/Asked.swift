import PlumblineBundle
import PlumblineJSON

/// What a JSON Schema file asks beyond types, at a place below a declared type.
struct Asked {
  let limits: [PlacedLimit]
  let path: String
  static let nothing = Asked(limits: [], path: "")

  func field(_ name: String) -> Asked {
    Asked(limits: limits, path: PlacedLimit.field(name, of: path))
  }
  var element: Asked { Asked(limits: limits, path: PlacedLimit.element(of: path)) }
  var isClosed: Bool { here.contains(.closed) }

  private var here: [ValueLimit] { limits.filter { $0.path == path }.map(\.limit) }

  /// The first limit that a value does not keep to.
  func missed(by json: JSON) -> String? {
    here.first { !Self.holds($0, json) }?.expected
  }

  private static func holds(_ limit: ValueLimit, _ json: JSON) -> Bool {
    switch (limit, json) {
    case (_, .int(let whole)): return holds(limit, Double(whole))
    case (_, .double(let number)): return holds(limit, number)
    case (.minLength(let least), .string(let text)): return text.unicodeScalars.count >= least
    case (.maxLength(let most), .string(let text)): return text.unicodeScalars.count <= most
    case (.pattern(let pattern), .string(let text)):
      guard let made = try? PlainPattern(pattern) else { return false }
      return made.first(in: Array(text.unicodeScalars), from: 0) != nil
    case (.minItems(let least), .array(let items)): return items.count >= least
    case (.maxItems(let most), .array(let items)): return items.count <= most
    case (.uniqueItems, .array(let items)):
      return !items.indices.contains { items[..<$0].contains(items[$0]) }
    case (.minProperties(let least), .object(let members)): return members.count >= least
    case (.maxProperties(let most), .object(let members)): return members.count <= most
    default: return true
    }
  }

  private static func holds(_ limit: ValueLimit, _ number: Double) -> Bool {
    switch limit {
    case .minimum(let least): number >= least
    case .maximum(let most): number <= most
    case .exclusiveMinimum(let least): number > least
    case .exclusiveMaximum(let most): number < most
    case .multipleOf(let step):
      ((number / step).rounded() * step - number).magnitude
        <= max(step, number.magnitude) * 1e-12
    default: true
    }
  }
}
