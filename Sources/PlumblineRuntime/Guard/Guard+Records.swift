import CEL
import PlumblineBundle
import PlumblineJSON

/// One place in the facts of a case.
struct FactTarget {
  /// -1: the case.
  var collection: Int
  /// nil: all of the collection.
  var key: String?
  var fields: [String]
}

/// How records and keys of the case change.
extension Guard {
  /// Keeps a record.
  func store(
    _ state: inout CaseState, _ collection: Int, _ key: String, _ record: RecordValue,
    lastWrite: LastWrite
  ) {
    if state.collections[collection].entries[key] == nil {
      state.collections[collection].order.append(key)
    }
    state.collections[collection].entries[key] = RecordEntry(
      record: record, freshUntil: (record.origin as? RecordOrigin)?.freshUntil, exists: true,
      lastWrite: lastWrite)
  }

  /// Makes a path unknown.
  func forget(
    _ state: inout CaseState, _ target: FactTarget, _ reason: UnknownReason, isWrite: Bool
  ) {
    guard target.collection >= 0 else {
      let unknown = reason.unknown(
        (["case"] + target.fields).joined(separator: "."),
        source: target.fields.first.flatMap { scope.caseObject.slot(of: $0) }.map { .caseField($0) }
      )
      state.caseRecord = state.caseRecord.replacing(
        target.fields[...], with: .unknown(unknown), origin: nil)
      return
    }
    let written = isWrite ? state.writing : LastWrite()
    guard let key = target.key else {
      for key in state.collections[target.collection].order {
        state.collections[target.collection].entries[key]?.record = nil
        state.collections[target.collection].entries[key]?.reason = reason
      }
      state.collections[target.collection].complete = false
      state.collections[target.collection].missing = reason
      if isWrite { state.collections[target.collection].lastWrite = written }
      return
    }
    if state.collections[target.collection].entries[key] == nil {
      state.collections[target.collection].order.append(key)
      // Nothing was known of it, and nothing is; a read from before the write must not be kept.
      let known = state.collections[target.collection].complete
      state.collections[target.collection].entries[key] = RecordEntry(
        reason: known ? reason : (reason == .drift ? .drift : .neverRead), lastWrite: written)
      return
    }
    let collection = target.collection
    if isWrite { state.collections[collection].entries[key]?.lastWrite = written }
    if target.fields.isEmpty {
      state.collections[collection].entries[key]?.record = nil
      state.collections[collection].entries[key]?.reason = reason
    } else if let record = state.collections[collection].entries[key]?.record {
      let path =
        "\(bundle.collections[collection].name)[\(TextForm.quoted(key))].\(target.fields.joined(separator: "."))"
      state.collections[collection].entries[key]?.record = record.replacing(
        target.fields[...],
        with: .unknown(reason.unknown(path, source: .collection(collection))),
        origin: record.origin)
    }
  }

  /// Sets a path; a record that was never read becomes one that is known in part.
  func set(
    _ state: inout CaseState, _ target: FactTarget, _ value: Value, asOf: Timestamp
  ) {
    var value = value
    if case .error = value {
      value = .unknown(UnknownReason.touched.unknown("the value set", source: nil))
    }
    guard target.collection >= 0, let key = target.key else {
      if target.collection < 0 {
        state.caseRecord = state.caseRecord.replacing(target.fields[...], with: value, origin: nil)
      }
      return
    }
    let collection = target.collection
    let origin = RecordOrigin(
      asOf: asOf, tool: nil, freshFor: collectionFreshness[collection])
    if target.fields.isEmpty {
      if case .record(let record) = value {
        store(
          &state, collection, key,
          RecordValue(type: record.type, slots: record.slots, origin: origin),
          lastWrite: state.writing)
      } else {
        forget(&state, target, .touched, isWrite: true)
      }
      return
    }
    guard
      let base = state.collections[collection].entries[key]?.record
        ?? partialRecord(collection, key, origin)
    else { return }
    store(
      &state, collection, key,
      base.replacing(target.fields[...], with: value, origin: base.origin),
      lastWrite: state.writing)
  }

  /// A record of which nothing is known yet.
  func partialRecord(_ collection: Int, _ key: String, _ origin: RecordOrigin) -> RecordValue? {
    guard case .object(let type) = scope.celType(bundle.collections[collection].type) else {
      return nil
    }
    let path = "\(bundle.collections[collection].name)[\(TextForm.quoted(key))]"
    return RecordValue(
      type: type,
      slots: type.fields.map {
        .unknown(
          UnknownReason.partial.unknown("\(path).\($0.name)", source: .collection(collection)))
      }, origin: origin)
  }

  /// The first value of a case key stays; a different one later is a finding that shows both.
  func learn(
    _ state: inout CaseState, _ slot: Int, _ key: String, _ value: Value, rule: String,
    at now: Timestamp, _ output: inout StepOutput
  ) {
    switch value {
    case .unknown, .error, .absent, .null: return
    default: break
    }
    let known = state.caseRecord.slots[slot]
    if case .unknown = known {
      var slots = state.caseRecord.slots
      slots[slot] = value
      state.caseRecord = RecordValue(type: state.caseRecord.type, slots: slots)
      return
    }
    if ArgumentKeys.equal(known, value) == true { return }
    let isSensitive = scope.caseObject.fields[slot].sensitive
    func shown(_ value: Value) -> JSON {
      isSensitive
        ? ValueJSON.hide(value, redaction) : ValueJSON.json(value, redact: redaction)
    }
    output.findings.append(
      Finding(
        rule: rule, category: .violated,
        message: "`case.\(key)` is known already, and a different value came",
        evidence: [
          Evidence(path: "case.\(key)", value: shown(known), source: "case", asOf: nil),
          Evidence(path: "case.\(key)", value: shown(value), source: rule, asOf: now),
        ], answer: .allow, time: now))
  }
}
