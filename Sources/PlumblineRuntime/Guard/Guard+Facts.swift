import CEL
import PlumblineBundle
import PlumblineJSON
import Suggestions

extension Guard {
  /// Takes over keys of the case. Keys that are not mentioned stay unknown.
  func learnCase(
    _ state: inout CaseState, _ data: JSONNode, complete: Bool, at now: Timestamp,
    _ output: inout StepOutput
  ) {
    guard data.kind == .object else {
      output.findings.append(
        invalid("open", "the data of a case must be an object, not \(data.article)", at: now))
      return
    }
    data.eachMember { key, value in
      learnCase(&state, key.string ?? "", value, at: now, &output)
    }
  }

  private func learnCase(
    _ state: inout CaseState, _ name: String, _ node: JSONNode, at now: Timestamp,
    _ output: inout StepOutput
  ) {
    guard let index = casePlan.fields.firstIndex(where: { $0.name == name }) else {
      let note = "the case gives the key `\(name)`, which the spec does not declare"
      if state.notedExtras.insert(note).inserted { output.notes.append(note) }
      return
    }
    let field = casePlan.fields[index]
    if node.kind == .null, field.plan.optional {
      if case .unknown = state.caseRecord.slots[field.slot] {
        var slots = state.caseRecord.slots
        slots[field.slot] = .absent
        state.caseRecord = RecordValue(type: state.caseRecord.type, slots: slots)
      }
      return
    }
    var decoder = ContractDecoder()
    let value = decoder.decode(node, field.plan)
    if let drift = decoder.drifts.first {
      output.findings.append(
        Finding(
          rule: "contract", category: .contractDrift,
          message: "`case.\(name)` breaks its type: \(drift.message)", answer: .allow, time: now))
      if case .unknown = state.caseRecord.slots[field.slot] {
        var slots = state.caseRecord.slots
        slots[field.slot] = .unknown(
          UnknownReason.drift.unknown("case.\(name)", source: .caseField(field.slot)))
        state.caseRecord = RecordValue(type: state.caseRecord.type, slots: slots)
      }
      return
    }
    learn(&state, field.slot, name, value, rule: "fact", at: now, &output)
  }

  func foldFact(
    _ state: inout CaseState, _ fact: FactEvent, at now: Timestamp, _ output: inout StepOutput
  ) {
    guard let path = FactText.parse(fact.record) else {
      output.findings.append(
        invalid("fact", "`\(fact.record)` names no record: write orders[\"o-1\"]", at: now))
      return
    }
    if path.collection == "case" {
      if let key = path.key {
        learnCase(&state, key, fact.value, at: now, &output)
      } else {
        learnCase(&state, fact.value, complete: fact.complete, at: now, &output)
      }
      return
    }
    guard let collection = scope.collectionIndex[path.collection] else {
      let near = Suggest.nearest(path.collection, among: bundle.collections.map(\.name))
      output.findings.append(
        invalid(
          "fact",
          "there is no record collection `\(path.collection)`"
            + (near.map { "; did you mean `\($0)`?" } ?? ""), at: now))
      return
    }
    let origin = RecordOrigin(
      asOf: min(fact.asOf ?? now, now), tool: nil, freshFor: collectionFreshness[collection])
    let before = state.collections[collection]
    if let key = path.key {
      if before.lastWrite(to: key).isAfter(origin.asOf) {
        outdated(fact, &state, &output)
        return
      }
      fold(&state, fact, collection, key, path.fields, fact.value, origin, at: now, &output)
      return
    }
    guard fact.value.kind == .object else {
      output.findings.append(
        invalid(
          "fact", "a fact about all of `\(path.collection)` must be an object keyed by record",
          at: now))
      return
    }
    if before.lastWrite.isAfter(origin.asOf) {
      outdated(fact, &state, &output)
      return
    }
    if fact.complete {
      let lastWrite = before.entries.values.reduce(before.lastWrite) { max($0, $1.lastWrite) }
      // What it does not mention is known not to be there, but for what was written since.
      // A read from before a write to any of it must still not be kept.
      let written = before.order.filter {
        before.entries[$0]?.lastWrite.isAfter(origin.asOf) ?? false
      }
      state.collections[collection] = CollectionState()
      state.collections[collection].lastWrite = lastWrite
      state.collections[collection].complete = true
      for key in written {
        state.collections[collection].order.append(key)
        state.collections[collection].entries[key] = before.entries[key]
      }
    }
    fact.value.eachMember { key, value in
      let key = key.string ?? ""
      if before.lastWrite(to: key).isAfter(origin.asOf) {
        outdated(fact, &state, &output)
        return
      }
      fold(&state, fact, collection, key, [], value, origin, at: now, &output)
    }
  }

  private func fold(
    _ state: inout CaseState, _ fact: FactEvent, _ collection: Int, _ key: String,
    _ fields: [String], _ node: JSONNode, _ origin: RecordOrigin, at now: Timestamp,
    _ output: inout StepOutput
  ) {
    let path = "\(bundle.collections[collection].name)[\(TextForm.quoted(key))]"
    func drifted(_ drift: Drift) {
      output.findings.append(
        Finding(
          rule: "contract", category: .contractDrift,
          message: "the fact `\(path)` breaks its type: \(drift.message)", answer: .allow, time: now
        ))
      forget(
        &state, FactTarget(collection: collection, key: key, fields: fields), .drift,
        isWrite: false)
    }
    let known = state.collections[collection].entries[key]?.record
    let plan = collectionPlans[collection]
    if !fields.isEmpty {
      if let drift = setField(&state, collection, key, fields, node, plan, known, origin) {
        drifted(drift)
      }
      return
    }
    var decoder = ContractDecoder(mode: fact.complete ? .complete : .partial)
    var record: RecordValue?
    if case .record(let fieldsPlan) = plan.kind, node.kind == .object, !fact.complete, let known {
      // What is known in part adds to what is known.
      let slots = decoder.slots(node, fieldsPlan, path, known: known.slots)
      let merged = (known.origin as? RecordOrigin).map { origin.joined(to: $0) } ?? origin
      record = RecordValue(type: known.type, slots: slots, origin: merged)
    } else if case .record(let value) = decoder.decode(node, plan, path: path) {
      record = RecordValue(type: value.type, slots: value.slots, origin: origin)
    }
    if let drift = decoder.drifts.first {
      drifted(drift)
      return
    }
    guard let record else { return }
    let lastWrite = state.collections[collection].entries[key]?.lastWrite ?? LastWrite()
    store(&state, collection, key, record, lastWrite: lastWrite)
  }

  /// A fact from before the last write to what it is about, such as a look-up that a write overtook.
  private func outdated(_ fact: FactEvent, _ state: inout CaseState, _ output: inout StepOutput) {
    let note = "the fact `\(fact.record)` is from before the last write to it and is not kept"
    if state.notedExtras.insert(note).inserted { output.notes.append(note) }
  }

  /// A fact about a field below a record; gives what is wrong with it.
  private func setField(
    _ state: inout CaseState, _ collection: Int, _ key: String, _ fields: [String],
    _ node: JSONNode, _ plan: DecodePlan, _ known: RecordValue?, _ origin: RecordOrigin
  ) -> Drift? {
    var plan = plan
    for field in fields {
      guard case .record(let record) = plan.kind, let index = record.index[field] else {
        return Drift(path: field, expected: "a declared field", found: "none", nearest: nil)
      }
      plan = record.fields[index].plan
    }
    var decoder = ContractDecoder()
    let value: Value =
      node.kind == .null && plan.optional ? .absent : decoder.decode(node, plan)
    if let drift = decoder.drifts.first { return drift }
    guard let base = known ?? partialRecord(collection, key, origin) else { return nil }
    store(
      &state, collection, key,
      base.replacing(fields[...], with: value, origin: base.origin),
      lastWrite: state.collections[collection].entries[key]?.lastWrite ?? LastWrite())
    return nil
  }

  /// The arguments of an action; nil where they are none of it.
  private func arguments(_ node: JSONNode, of action: Int) -> RecordValue? {
    var decoder = ContractDecoder()
    guard case .record(let args) = decoder.record(node, argumentPlans[action], nil, ""),
      decoder.drifts.isEmpty, decoder.extras.isEmpty
    else { return nil }
    return args
  }

  /// Gives the arguments that it is about; nil where it says nothing that counts.
  func foldApproval(
    _ state: inout CaseState, _ approval: ApprovalEvent, at now: Timestamp,
    _ output: inout StepOutput
  ) -> RecordValue? {
    func refuse(_ message: String) {
      output.findings.append(invalid("approve", message, at: now))
    }
    guard let role = approval.role, let by = approval.by, !ApprovalRecord.person(by).isEmpty else {
      refuse("an approval must say `by` whom and in which `role`")
      return nil
    }
    guard bundle.roles.contains(role) else {
      let near = Suggest.nearest(role, among: bundle.roles)
      refuse(
        "the spec declares no role `\(role)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
      return nil
    }
    var record: ApprovalRecord
    let about: RecordValue
    if let of = approval.of {
      guard let call = state.pending.last(where: { $0.id == of }), call.action >= 0 else {
        refuse("no unanswered proposal has the id `\(of)`")
        return nil
      }
      // What is shown beside the id must be what the id stands for.
      if let named = approval.action, scope.toolIndex[named] != call.action {
        refuse("the proposal `\(of)` is no `\(named)`")
        return nil
      }
      let hash = call.argumentHash ?? Hashing.arguments(call.args)
      if let given = approval.args,
        arguments(given, of: call.action).map({ Hashing.arguments($0) }) != hash
      {
        refuse("the proposal `\(of)` has other arguments than the approval")
        return nil
      }
      about = call.args
      record = ApprovalRecord(
        action: call.action, args: call.args, argumentHash: hash,
        visit: call.visit, by: by, role: role, approved: approval.verdict == .approved, time: now,
        asked: call.time, proposer: call.agent, seq: state.seq)
    } else {
      let name = approval.action ?? ""
      guard let action = scope.toolIndex[name] else {
        refuse("there is no action `\(name)`")
        return nil
      }
      guard let args = approval.args.flatMap({ arguments($0, of: action) }) else {
        refuse("the approval's arguments are none of `\(name)`")
        return nil
      }
      about = args
      let hash = Hashing.arguments(args)
      record = ApprovalRecord(
        action: action, args: args, argumentHash: hash, visit: state.visit, by: by, role: role,
        approved: approval.verdict == .approved, time: now,
        asked: state.escalations.last { $0.action == name && $0.argumentHash == hash }?.time,
        seq: state.seq)
    }
    if !record.approved {
      for index in state.approvals.indices
      where state.approvals[index].action == record.action
        && state.approvals[index].argumentHash == record.argumentHash
      {
        state.approvals[index].revoked = true
      }
      let name = bundle.tools[record.action].name
      state.escalations.removeAll { $0.action == name && $0.argumentHash == record.argumentHash }
    }
    state.approvals.append(record)
    return about
  }
}

/// The paths of facts: `orders["o-1"].total`, `orders.o-1`, `orders`.
enum FactText {
  static func parse(_ text: String) -> (collection: String, key: String?, fields: [String])? {
    var rest = Substring(text)
    let collection = rest.prefix { $0 != "[" && $0 != "." }
    rest = rest.dropFirst(collection.count)
    if collection.isEmpty { return nil }
    if rest.isEmpty { return (String(collection), nil, []) }
    let key: String
    if rest.first == "[" {
      rest = rest.dropFirst()
      guard let quote = rest.first, quote == "\"" || quote == "'" else { return nil }
      rest = rest.dropFirst()
      var made = ""
      var isClosed = false
      while let character = rest.first {
        rest = rest.dropFirst()
        if character == "\\" {
          guard let escaped = rest.first else { return nil }
          made.append(escaped)
          rest = rest.dropFirst()
        } else if character == quote {
          isClosed = true
          break
        } else {
          made.append(character)
        }
      }
      guard isClosed, rest.first == "]" else { return nil }
      rest = rest.dropFirst()
      key = made
    } else {
      rest = rest.dropFirst()
      let found = rest.prefix { $0 != "." }
      rest = rest.dropFirst(found.count)
      key = String(found)
    }
    if key.isEmpty { return nil }
    var fields: [String] = []
    while !rest.isEmpty {
      guard rest.first == "." else { return nil }
      rest = rest.dropFirst()
      let field = rest.prefix { $0 != "." && $0 != "[" }
      if field.isEmpty { return nil }
      fields.append(String(field))
      rest = rest.dropFirst(field.count)
    }
    return (String(collection), key, fields)
  }
}
