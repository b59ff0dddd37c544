import CEL

/// The keys in a condition that carry the text of a message or something sensitive: a path shows how such
/// a key is made, never the key.
struct HiddenKeys {
  /// The expressions of the keys to hide.
  private(set) var ids: Set<Int32> = []
  /// By collection: how its first hidden key is written.
  private var written: [String: String] = [:]
  /// By collection: the keys that may be shown.
  private var open: [String: Set<String>] = [:]

  init() {}

  /// - Parameter values: what the keys came to, as far as it is known.
  init(_ checked: CheckedExpression, _ mask: ValueMask, _ values: (Expr) -> [Value]) {
    for use in mask.keys(in: checked.root) where use.kind != .open {
      ids.insert(use.key.id)
      if let name = use.collection, written[name] == nil { written[name] = use.key.unparse() }
    }
    if written.isEmpty { return }
    for use in mask.keys(in: checked.root) where use.kind == .open {
      guard let name = use.collection, written[name] != nil else { continue }
      for case .string(let key) in values(use.key) {
        open[name, default: []].insert("\(name)[\(TextForm.quoted(key))]")
      }
    }
  }

  /// The path of a fact that is not known, without the key of its record if that is to be hidden.
  func path(_ path: String) -> String {
    let name = String(path.prefix { $0 != "[" })
    guard let key = written[name], let end = Self.end(of: path, after: name) else { return path }
    if open[name]?.contains(String(path[..<end])) == true { return path }
    return "\(name)[\(key)]\(path[end...])"
  }

  /// Behind the `]` of a quoted key.
  private static func end(of path: String, after name: String) -> String.Index? {
    var index = path.index(path.startIndex, offsetBy: name.count)
    guard path[index...].hasPrefix("[\"") else { return nil }
    index = path.index(index, offsetBy: 2)
    while index < path.endIndex, path[index] != "\"" {
      if path[index] == "\\" { index = path.index(after: index) }
      if index < path.endIndex { index = path.index(after: index) }
    }
    guard path[index...].hasPrefix("\"]") else { return nil }
    return path.index(index, offsetBy: 2)
  }
}

extension Guard {
  /// What a condition did not know, without keys that must not be shown.
  func shown(_ unknown: Unknown, of conditions: [Condition?], _ activation: GuardActivation)
    -> Unknown
  {
    var result = unknown
    for case let condition? in conditions {
      guard let checked = condition.checked else { continue }
      let mask = ValueMask(checked, self, action: activation.action)
      guard mask.keys(in: checked.root).contains(where: { $0.kind != .open }) else { continue }
      var values: [Int32: [Value]] = [:]
      for entry in condition.trace(activation) {
        values[entry.expression.id, default: []].append(entry.value)
      }
      let keys = HiddenKeys(checked, mask) { values[$0.id] ?? [] }
      result = Unknown(result.attributes.map { $0.at(keys.path($0.path)) })
    }
    return result
  }
}

extension Unknown.Attribute {
  /// The same with another path.
  func at(_ path: String) -> Unknown.Attribute {
    .init(path: path, reason: reason, source: source, asOf: asOf)
  }
}
