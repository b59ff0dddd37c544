import CEL
import PlumblineBundle
import PlumblineJSON

extension Guard {
  /// The facts that a condition read, with value, source and time.
  func evidence(_ condition: Condition, _ activation: GuardActivation) -> [Evidence] {
    guard let checked = condition.checked else { return [] }
    var values: [Int32: Value] = [:]
    for entry in condition.trace(activation) { values[entry.expression.id] = entry.value }
    let hidden = HiddenKeys(checked, ValueMask(checked, self, action: activation.action)) {
      values[$0.id].map { [$0] } ?? []
    }
    var collector = EvidenceCollector(
      guardian: self, checked: checked, values: values, hidden: hidden.ids)
    collector.collect(checked.root)
    return collector.evidence
  }
}

/// Finds the longest paths to facts in a checked expression.
struct EvidenceCollector {
  let guardian: Guard
  let checked: CheckedExpression
  let values: [Int32: Value]
  /// Keys that are shown as they are written.
  let hidden: Set<Int32>
  var evidence: [Evidence] = []

  /// What is known of a path while it grows.
  private struct Path {
    var text: String
    var source: String?
    var asOf: Timestamp?
    var sensitive = false
    /// Text of a message: never shown.
    var isMessage = false
  }

  mutating func collect(_ expr: Expr) {
    if let path = path(expr) {
      add(path, expr)
      collectKeys(expr)
      return
    }
    for child in expr.children { collect(child) }
  }

  /// Keys inside a path are facts of their own.
  private mutating func collectKeys(_ expr: Expr) {
    switch expr.kind {
    case .select(let operand, _, _, _): collectKeys(operand)
    case .call("_[_]", nil, let arguments) where arguments.count == 2:
      collectKeys(arguments[0])
      collect(arguments[1])
    default: break
    }
  }

  private mutating func add(_ path: Path, _ expr: Expr) {
    // Not reached: short-circuited, or in a comprehension that was not traced there.
    guard let value = values[expr.id], !path.isMessage else { return }
    if evidence.contains(where: { $0.path == path.text }) { return }
    var shown: JSON
    switch value {
    case .unknown: shown = .null
    case .error(let error): shown = error.kind == .absent ? .string("absent") : .null
    case .absent: shown = .string("absent")
    case .list(let list) where path.text.hasPrefix("calls("):
      // Calls may hold messages and much else: how many there are is what matters.
      shown = .int(Int64(list.elements.count))
    case .list(let list) where path.text.hasPrefix("claims."):
      // Found in the text of a message: that there are some, not which.
      shown = .int(Int64(list.elements.count))
    case .record(let record) where isMessageArguments(record.type): return
    case .map(let map): shown = .int(Int64(map.count))
    case .bool: shown = ValueJSON.json(value)
    case _ where path.text.hasPrefix("claims."): shown = .string("(text of a message)")
    default: shown = ValueJSON.json(value, redact: guardian.redaction)
    }
    if path.sensitive, case .bool = shown {
    } else if path.sensitive {
      shown = ValueJSON.hide(value, guardian.redaction)
    }
    var source = path.source
    var asOf = path.asOf
    if case .record(let record) = value, let origin = record.origin as? RecordOrigin {
      (source, asOf) = described(origin)
    }
    evidence.append(Evidence(path: path.text, value: shown, source: source, asOf: asOf))
  }

  private func described(_ origin: RecordOrigin) -> (String, Timestamp) {
    (origin.tool.map { guardian.bundle.tools[$0].name } ?? "fact", origin.asOf)
  }

  private func path(_ expr: Expr) -> Path? {
    switch expr.kind {
    case .ident:
      guard case .variable(let variable)? = checked.reference(of: expr), variable.constant == nil
      else {
        return nil
      }
      return root(variable)
    case .select(let operand, let field, let test, _):
      if case .variable(let variable)? = checked.reference(of: expr) {
        return variable.constant == nil ? root(variable) : nil
      }
      guard var path = path(operand) else { return nil }
      step(into: operand, &path)
      path.text += ".\(field)"
      if test { path.text = "has(\(path.text))" }
      if case .object(let type) = checked.type(of: operand), let slot = type.slot(of: field) {
        if type.fields[slot].sensitive, !test { path.sensitive = true }
        if type.name == "said" || type.name == "turn" { path.isMessage = true }
        if field == "text", isMessageArguments(type) { path.isMessage = true }
      }
      return path
    case .call("_[_]", nil, let arguments) where arguments.count == 2:
      guard var path = path(arguments[0]) else { return nil }
      step(into: arguments[0], &path)
      switch hidden.contains(arguments[1].id) ? nil : values[arguments[1].id] {
      case .string(let key)?: path.text += "[\(TextForm.quoted(key))]"
      case .int(let index)?: path.text += "[\(index)]"
      default: path.text += "[\(arguments[1].unparse())]"
      }
      return path
    case .call("heard", nil, let arguments) where arguments.count == 2:
      guard case .literal(.string(let speaker)) = arguments[0].kind else { return nil }
      return Path(text: "heard(\(TextForm.quoted(speaker)), \(arguments[1].unparse()))")
    case .call("known", nil, let arguments) where arguments.count == 1,
      .call("age", nil, let arguments) where arguments.count == 1:
      guard case .call(let function, _, _) = expr.kind, let inner = path(arguments[0]) else {
        return nil
      }
      var path = inner
      if let value = values[arguments[0].id] { learn(value, &path) }
      path.text = "\(function)(\(inner.text))"
      return path
    default: return nil
    }
  }

  /// Takes over where the record came from that a path goes through.
  private func step(into operand: Expr, _ path: inout Path) {
    if let value = values[operand.id] { learn(value, &path) }
  }

  private func learn(_ value: Value, _ path: inout Path) {
    switch value {
    case .record(let record):
      if let origin = record.origin as? RecordOrigin {
        let (source, asOf) = described(origin)
        path.source = source
        path.asOf = asOf
      }
    case .unknown(let unknown):
      if let asOf = unknown.attributes.first?.asOf { path.asOf = asOf }
    default: break
    }
  }

  private func root(_ variable: VariableDeclaration) -> Path? {
    switch variable.slot {
    case Slot.said, Slot.turn: return Path(text: variable.name, isMessage: true)
    case Slot.caseRecord: return Path(text: variable.name, source: "case")
    case Slot.each, Slot.text: return nil
    case Slot.args:
      // All arguments of a message are never shown at once.
      return Path(text: variable.name)
    case Slot.hosts...: return Path(text: HostText.text(variable.name))
    default: return Path(text: variable.name)
    }
  }

  private func isMessageArguments(_ type: ObjectType) -> Bool {
    guardian.scope.isMessageArguments(type)
  }
}

/// The variables of macros as their authors wrote them: `@calls:a,b` is `calls(["a", "b"])`.
enum HostText {
  static func text(_ name: String) -> String {
    guard name.hasPrefix("@"), let colon = name.firstIndex(of: ":") else { return name }
    let function = name[name.index(after: name.startIndex)..<colon]
    let parts = name[name.index(after: colon)...].split(separator: ";", maxSplits: 1)
    func list(_ text: Substring) -> [String] {
      text.split(separator: ",").map { TextForm.quoted(String($0)) }
    }
    let actions = parts.first.map(list) ?? []
    var result = "\(function)("
    result += actions.count == 1 ? actions.joined() : "[\(actions.joined(separator: ", "))]"
    if parts.count > 1 { result += ", [\(list(parts[1]).joined(separator: ", "))]" }
    return result + ")"
  }
}
