import PlumblineBundle
import PlumblineJSON

/// What a case learns from others: keys, messages, approvals and facts (semantics 1 to 5, 11, 14 and 32).
extension PlainFold {
  mutating func learn(_ key: String, _ value: Plain, _ rule: String) {
    switch value {
    case .unknown, .error, .absent, .null: return
    default: break
    }
    guard let known = state.fields[key] else { return }
    if case .unknown = known {
      state.fields[key] = value
    } else if PlainKeys.equal(known, value) != true {
      report(rule, .violated)
    }
  }

  mutating func learnCase(_ data: JSON) {
    guard let members = data.members else {
      report("open", .invalid)
      return
    }
    for member in members { learnCase(member.key, member.value) }
  }

  mutating func learnCase(_ name: String, _ json: JSON) {
    guard let field = spec.bundle.caseFields.first(where: { $0.name == name }),
      let known = state.fields[name]
    else { return }
    var isUnknown = false
    if case .unknown = known { isUnknown = true }
    var decoder = PlainDecoder(spec.bundle.types)
    if json == .null, decoder.isOptional(field.type) {
      if isUnknown { state.fields[name] = .absent }
      return
    }
    let value = decoder.decode(json, as: field.type)
    if !decoder.drifts.isEmpty {
      report("contract", .contractDrift)
      if isUnknown { state.fields[name] = .unknown(Missing("case.\(name)", .drift)) }
      return
    }
    learn(name, value, "fact")
  }

  // MARK: - Messages, approvals

  mutating func message(_ from: String, _ text: String) {
    let isKnown = state.saidByTool == text && from == "agent"
    if !isKnown {
      let judge = PlainJudge(spec: spec, state: state, now: now)
      for tool in spec.bundle.tools where tool.message == from {
        output.findings += judge.judgeMessage(tool, text)
      }
    }
    state.saidByTool = nil
    if isKnown { return }
    observe(
      args: .map([PlainEntry(.string("text"), .string(text))], rest: nil), result: .absent
    ) { rule in
      rule.namesMessages ? { $0 == .message(speaker: from) } : nil
    }
    state.messages.append(.init(speaker: from, text: text, seq: state.seq))
  }

  private func arguments(_ given: JSON, of action: String) -> PlainRecord? {
    guard let tool = spec.tool(action) else { return nil }
    var decoder = PlainDecoder(spec.bundle.types)
    guard case .record(let args) = decoder.decode(given, fields: tool.arguments, named: "args"),
      decoder.drifts.isEmpty, decoder.extras.isEmpty
    else { return nil }
    return args
  }

  mutating func approve(_ event: JSON) {
    guard let role = event["role"]?.string, let by = event["by"]?.string,
      !PlainCase.who(by).isEmpty,
      spec.bundle.roles.contains(role)
    else {
      report("approve", .invalid)
      return
    }
    let isApproved = event["verdict"]?.string == "approved"
    var approval: PlainCase.Approval
    if let of = event["of"]?.string {
      guard let call = state.pending.last(where: { $0.id == of }), let action = call.action
      else {
        report("approve", .invalid)
        return
      }
      let shown = event["args"].map { arguments($0, of: action) }
      if event["action"].map({ $0.string != action }) ?? false
        || shown.map({ $0 != call.args }) ?? false
      {
        report("approve", .invalid)
        return
      }
      approval = .init(
        action: action, args: call.args, visit: call.visit, by: by, role: role,
        isApproved: isApproved, time: now, asked: call.time, proposer: call.agent)
    } else {
      guard let tool = spec.tool(event["action"]?.string ?? ""), let given = event["args"] else {
        report("approve", .invalid)
        return
      }
      guard let args = arguments(given, of: tool.name) else {
        report("approve", .invalid)
        return
      }
      approval = .init(
        action: tool.name, args: args, visit: state.visit, by: by, role: role,
        isApproved: isApproved, time: now,
        asked: state.escalations.last { $0.action == tool.name && $0.args == args }?.time)
    }
    if !isApproved {
      for place in state.approvals.indices
      where state.approvals[place].action == approval.action
        && state.approvals[place].args == approval.args
      {
        state.approvals[place].isRevoked = true
      }
      state.escalations.removeAll {
        $0.action == approval.action && $0.args == approval.args
      }
    }
    state.approvals.append(approval)
    if isApproved {
      observe(args: .record(approval.args), result: .absent) { _ in { $0 == .approval(role: role) }
      }
    }
  }

  // MARK: - Facts

  mutating func fact(_ event: JSON) {
    guard let path = Self.path(event["record"]?.string ?? "") else {
      report("fact", .invalid)
      return
    }
    let value = event["value"] ?? .null
    if path.collection == "case" {
      if let key = path.key { learnCase(key, value) } else { learnCase(value) }
      return
    }
    guard let declared = spec.collection(path.collection) else {
      report("fact", .invalid)
      return
    }
    let asOf = min(Self.moment(event["as_of"]) ?? now, now)
    let isComplete = event["complete"]?.bool ?? false
    let before = state.collections[declared.name] ?? .init()
    func isOutdated(_ written: PlainCase.Written?) -> Bool {
      written.map { asOf < $0.time } ?? false
    }
    if let key = path.key {
      if isOutdated(before.lastWrite(key)) { return }
      keep(declared, key, path.fields, value, asOf, isComplete)
      return
    }
    guard let members = value.members else {
      report("fact", .invalid)
      return
    }
    if isOutdated(before.written) { return }
    if isComplete {
      var fresh = PlainCase.Collection()
      fresh.isComplete = true
      fresh.written = ([before.written] + before.entries.map(\.entry.written))
        .compactMap { $0 }.max { $0.seq < $1.seq }
      for (key, entry) in before.entries where isOutdated(entry.written) { fresh[key] = entry }
      state.collections[declared.name] = fresh
    }
    for member in members where !isOutdated(before.lastWrite(member.key)) {
      keep(declared, member.key, [], member.value, asOf, isComplete)
    }
  }

  private mutating func keep(
    _ declared: CollectionDeclaration, _ key: String, _ fields: [String], _ value: JSON,
    _ asOf: PlainMoment, _ isComplete: Bool
  ) {
    let known = state.collections[declared.name]?[key]
    let path = PlainCase.path(declared.name, key)
    let freshFor = spec.freshness(declared.name)
    func broken(_ fold: inout PlainFold) {
      fold.report("contract", .contractDrift)
      fold.state.forget(
        .init(collection: declared.name, key: key, fields: fields), .drift, by: nil, fold.spec)
    }
    if !fields.isEmpty {
      var type: TypeReference? = declared.type
      for field in fields {
        type = type.flatMap { PlainCase.recordType($0, spec) }?.1.first { $0.name == field }?.type
      }
      guard let type else {
        broken(&self)
        return
      }
      var decoder = PlainDecoder(spec.bundle.types)
      let read =
        value == .null && decoder.isOptional(type) ? Plain.absent : decoder.decode(value, as: type)
      guard decoder.drifts.isEmpty else {
        broken(&self)
        return
      }
      let base = known?.record ?? PlainCase.unread(declared, key, asOf: asOf, spec)
      guard let base else { return }
      state.store(
        PlainCase.replacing(base, fields[...], with: read, spec, type: declared.type),
        declared.name, key, freshFor: known?.record == nil ? freshFor : known?.freshFor,
        written: known?.written)
      return
    }
    var decoder = PlainDecoder(spec.bundle.types, partial: isComplete ? nil : path)
    guard case .record(var record) = decoder.decode(value, as: declared.type),
      decoder.drifts.isEmpty
    else {
      if !decoder.drifts.isEmpty { broken(&self) }
      return
    }
    record.asOf = asOf
    var lasting = freshFor
    if !isComplete, let old = known?.record, isPlainRecord(declared.type) {
      // What is known in part adds to what is known, and is as old as the older of them.
      var merged = old
      for field in record.fields where value[field.name] != nil {
        merged[field.name] = field.value
      }
      let oldest = [old.asOf, asOf].compactMap { $0 }.min() ?? asOf
      merged.asOf = oldest
      // It is fresh while both are.
      let ends = [
        freshFor.map { asOf.instant + Int128($0) * 1_000_000_000 },
        known?.freshFor.map { (old.asOf ?? asOf).instant + Int128($0) * 1_000_000_000 },
      ].compactMap { $0 }
      lasting = ends.min().map { Int64(($0 - oldest.instant) / 1_000_000_000) }
      record = merged
    }
    state.store(record, declared.name, key, freshFor: lasting, written: known?.written)
  }

  private func isPlainRecord(_ type: TypeReference) -> Bool {
    guard case .named(let name) = type,
      case .union? = spec.bundle.types.first(where: { $0.name == name })?.definition
    else { return true }
    return false
  }

  /// `orders["o-1"].total`, `orders.o-1`, `orders`.
  private static func path(_ text: String) -> (collection: String, key: String?, fields: [String])?
  {
    var rest = Substring(text)
    func word(_ stops: Set<Character>) -> String {
      let found = rest.prefix { !stops.contains($0) }
      rest = rest.dropFirst(found.count)
      return String(found)
    }
    let collection = word(["[", "."])
    if collection.isEmpty { return nil }
    if rest.isEmpty { return (collection, nil, []) }
    var key = ""
    if rest.first == "[" {
      rest = rest.dropFirst()
      guard let quote = rest.popFirst(), quote == "\"" || quote == "'" else { return nil }
      while let next = rest.popFirst(), next != quote {
        if next == "\\" {
          guard let escaped = rest.popFirst() else { return nil }
          key.append(escaped)
        } else {
          key.append(next)
        }
      }
      guard rest.popFirst() == "]" else { return nil }
    } else {
      rest = rest.dropFirst()
      key = word(["."])
    }
    if key.isEmpty { return nil }
    var fields: [String] = []
    while rest.popFirst() == "." {
      let field = word([".", "["])
      if field.isEmpty { return nil }
      fields.append(field)
    }
    return rest.isEmpty ? (collection, key, fields) : nil
  }
}
