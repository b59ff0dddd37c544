import CEL
import PlumblineBundle
import PlumblineJSON

extension ContractDecoder {
  /// Notes a value that is of its type but beyond what its schema allows.
  mutating func hold(_ node: JSONNode, _ limit: ValueLimit, _ plan: DecodePlan) {
    guard let found = beyond(node, limit) else { return }
    drift(limit.expected, found, plan)
  }

  /// What is found where a value does not keep to a limit; nil where it does, and for values of which the
  /// limit does not speak.
  private func beyond(_ node: JSONNode, _ limit: ValueLimit) -> Found? {
    switch limit {
    case .minimum(let least): number(node) { $0 >= least }
    case .maximum(let most): number(node) { $0 <= most }
    case .exclusiveMinimum(let least): number(node) { $0 > least }
    case .exclusiveMaximum(let most): number(node) { $0 < most }
    case .multipleOf(let step): number(node) { Self.isMultiple($0, of: step) }
    case .minLength(let least): text(node, "character") { $0 >= least }
    case .maxLength(let most): text(node, "character") { $0 <= most }
    case .minItems(let least): size(node, .array, "element") { $0 >= least }
    case .maxItems(let most): size(node, .array, "element") { $0 <= most }
    case .minProperties(let least): size(node, .object, "key") { $0 >= least }
    case .maxProperties(let most): size(node, .object, "key") { $0 <= most }
    case .pattern(let pattern):
      node.string.flatMap {
        // A pattern that does not compile matches nothing.
        RegexPattern.matches(pattern, $0) ? nil : .text($0)
      }
    case .uniqueItems: isRepeating(node) ? .words("one twice") : nil
    case .closed: nil
    }
  }

  /// What stands in a message.
  enum Found {
    /// Shown unless the value is sensitive.
    case text(String)
    case number(String)
    case words(String)
  }

  private func number(_ node: JSONNode, _ holds: (Double) -> Bool) -> Found? {
    guard node.kind == .int || node.kind == .double || node.kind == .bigInteger,
      let number = node.double
    else { return nil }
    return holds(number) ? nil : .number(node.text)
  }

  /// Decimal steps such as 0.01 are no doubles: a quotient next to a whole number counts as one.
  private static func isMultiple(_ number: Double, of step: Double) -> Bool {
    let quotient = number / step
    let distance = (quotient - quotient.rounded()).magnitude
    return distance <= max(1, quotient.magnitude) * 1e-12
  }

  private func text(_ node: JSONNode, _ unit: String, _ holds: (Int) -> Bool) -> Found? {
    guard let count = node.string?.unicodeScalars.count, !holds(count) else { return nil }
    return .words("\(count) \(unit)\(count == 1 ? "" : "s")")
  }

  private func size(
    _ node: JSONNode, _ kind: JSONNode.Kind, _ unit: String, _ holds: (Int) -> Bool
  ) -> Found? {
    guard node.kind == kind else { return nil }
    let count = node.count
    return holds(count) ? nil : .words("\(count) \(unit)\(count == 1 ? "" : "s")")
  }

  private func isRepeating(_ node: JSONNode) -> Bool {
    guard node.kind == .array else { return false }
    var seen: Set<[UInt8]> = []
    for element in node.elements where !seen.insert(CanonicalJSON.encode(element)).inserted {
      return true
    }
    return false
  }
}
