import CEL
import PlumblineBundle
import PlumblineJSON

/// What is known and what is missing of the facts that are used somewhere.
struct FactReport {
  let guardian: Guard
  let uses: FactUses
  /// Numbers of the tools possible now.
  let allowed: Set<Int>
  /// Of one collection, at most so many records that no rule names.
  private static let others = 8

  private var bundle: SpecBundle { guardian.bundle }

  /// Without a case: everything that is read, with what grounds it.
  func needed() -> [Digest.MissingFact] {
    var missing: [Digest.MissingFact] = []
    for use in uses.order {
      if case .caseField(-1) = use.root { continue }
      let path = use.path(bundle)
      let fields = uses.fields[use] ?? []
      if let place = missing.firstIndex(where: { $0.path == path }) {
        let old = missing[place]
        missing[place] = Digest.MissingFact(
          path: path, fields: old.fields + fields.filter { !old.fields.contains($0) },
          reason: nil, asOf: nil, groundBy: old.groundBy)
      } else {
        missing.append(
          Digest.MissingFact(
            path: path, fields: fields, reason: nil, asOf: nil, groundBy: grounding(use)))
      }
    }
    return missing
  }

  /// In a case: records and keys of the case that are known, and what is not.
  func inCase(_ state: CaseState) -> (known: [Digest.KnownFact], missing: [Digest.MissingFact]) {
    guardian.withActivation { activation in
      withUnsafePointer(to: state) { pointer in
        activation.reset(now: state.clock ?? Timestamp(seconds: 0))
        activation.state = pointer
        defer { activation.state = nil }
        var found = Found(report: self, activation: activation)
        found.collect()
        found.collectOpenCalls(pointer.pointee)
        return (found.known, found.missing)
      }
    }
  }

  private func grounding(_ use: FactUse) -> [Digest.MissingFact.Grounding] {
    switch use.root {
    case .collection(let index):
      return grounding(
        bundle.collections.indices.contains(index) ? bundle.collections[index].groundedBy : [])
    case .caseField(let index):
      guard bundle.caseFields.indices.contains(index) else { return [] }
      return grounding(
        guardian.grounding(
          Unknown.Attribute(
            path: "case.\(bundle.caseFields[index].name)",
            source: FactSource.caseField(index).number)))
    }
  }

  private func grounding(_ tools: [String]) -> [Digest.MissingFact.Grounding] {
    tools.map { tool in
      .init(
        tool: tool, isAllowed: guardian.scope.toolIndex[tool].map { allowed.contains($0) } ?? false)
    }
  }

  /// Goes through a case once.
  private struct Found {
    let report: FactReport
    let activation: GuardActivation
    var known: [Digest.KnownFact] = []
    var missing: [Digest.MissingFact] = []

    mutating func collect() {
      for use in report.uses.order {
        if case .caseField(let index) = use.root { caseKey(index) }
      }
      // Records that a rule names come first, the others of its collection after them.
      for use in report.uses.order {
        guard case .collection(let index) = use.root, let map = collection(index) else { continue }
        named(use, index, map)
      }
      var seen: Set<Int> = []
      for use in report.uses.order {
        guard case .collection(let index) = use.root, seen.insert(index).inserted,
          let map = collection(index)
        else { continue }
        others(index, map)
      }
    }

    private func collection(_ index: Int) -> MapValue? {
      guard case .map(let map) = activation.load(Slot.collections + index) else { return nil }
      return map
    }

    private mutating func caseKey(_ index: Int) {
      guard case .record(let record) = activation.load(Slot.caseRecord),
        record.slots.indices.contains(index), record.type.fields.indices.contains(index)
      else { return }
      let field = record.type.fields[index]
      let path = "case.\(field.name)"
      switch record.slots[index] {
      case .unknown(let unknown): miss(path, [], unknown)
      case .absent, .error: break
      case let value:
        add(
          .init(
            path: path, fields: [],
            value: field.sensitive ? ValueJSON.redacted : ValueJSON.json(value), source: "case",
            asOf: nil, isNamed: true))
      }
    }

    private mutating func named(_ use: FactUse, _ index: Int, _ map: MapValue) {
      let name = report.bundle.collections[index].name
      let fields = report.uses.fields[use] ?? []
      guard use.key != nil else {
        if let unknown = map.missing { miss(name, fields, unknown, "is not known to be all read") }
        return
      }
      guard let key = report.uses.keys[use] else {
        // Which one is meant, the proposal says.
        if map.keys.isEmpty, let unknown = map.missing {
          miss(use.path(report.bundle), fields, unknown)
        }
        return
      }
      let value = key.value(activation)
      guard case .string(let text) = value else {
        if case .unknown = value {
          miss(use.path(report.bundle), fields, map.missing, "waits for its key to be known")
        }
        return
      }
      record(text, map, index, isNamed: true)
    }

    /// What is read of any record of a collection.
    private func fields(of index: Int) -> [String] {
      var fields: [String] = []
      for use in report.uses.order where use.root == .collection(index) {
        for field in report.uses.fields[use] ?? [] where !fields.contains(field) {
          fields.append(field)
        }
      }
      return fields
    }

    private mutating func others(_ index: Int, _ map: MapValue) {
      var left = FactReport.others
      for key in map.keys {
        guard case .string(let text) = key else { continue }
        let path = "\(report.bundle.collections[index].name)[\(TextForm.quoted(text))]"
        if known.contains(where: { $0.path == path })
          || missing.contains(where: { $0.path == path })
        {
          continue
        }
        if left == 0 { break }
        left -= 1
        record(text, map, index, isNamed: false)
      }
    }

    private mutating func record(
      _ key: String, _ map: MapValue, _ index: Int, isNamed: Bool
    ) {
      let path = "\(report.bundle.collections[index].name)[\(TextForm.quoted(key))]"
      let fields = fields(of: index)
      let value = map.lookup(.string(key))
      if case .unknown(let unknown) = value {
        miss(path, fields, unknown)
        return
      }
      guard case .record(let record) = value else { return }
      let hidden = report.guardian.scope.types.isSensitive(report.bundle.collections[index].type)
      var shown: [Digest.KnownFact.Field] = []
      for field in fields {
        guard let slot = record.type.slot(of: field), record.slots.indices.contains(slot) else {
          continue
        }
        switch record.slots[slot] {
        case .unknown(let unknown): miss("\(path).\(field)", [], unknown)
        case .absent: shown.append(.init(name: field, value: .string("absent")))
        case .error: break
        case let value:
          let sensitive = hidden || record.type.fields[slot].sensitive
          shown.append(
            .init(name: field, value: sensitive ? ValueJSON.redacted : ValueJSON.json(value)))
        }
      }
      let origin = record.origin as? RecordOrigin
      let source = origin.flatMap(\.tool).flatMap { tool in
        report.bundle.tools.indices.contains(tool) ? report.bundle.tools[tool].name : nil
      }
      add(
        .init(
          path: path, fields: shown, value: nil, source: source ?? "fact", asOf: origin?.asOf,
          isNamed: isNamed))
    }

    private mutating func add(_ fact: Digest.KnownFact) {
      guard let place = known.firstIndex(where: { $0.path == fact.path }) else {
        known.append(fact)
        return
      }
      // Another rule reads other fields of the same record.
      let old = known[place]
      known[place] = .init(
        path: old.path,
        fields: old.fields
          + fact.fields.filter { new in !old.fields.contains { $0.name == new.name } },
        value: old.value, source: old.source, asOf: old.asOf,
        isNamed: old.isNamed || fact.isNamed)
    }

    private mutating func miss(
      _ path: String, _ fields: [String], _ unknown: Unknown?, _ reason: String? = nil
    ) {
      if let place = missing.firstIndex(where: { $0.path == path }) {
        let old = missing[place]
        missing[place] = .init(
          path: path, fields: old.fields + fields.filter { !old.fields.contains($0) },
          reason: old.reason, asOf: old.asOf, groundBy: old.groundBy)
        return
      }
      var tools: [String] = []
      for attribute in unknown?.attributes ?? [] {
        for tool in report.guardian.grounding(attribute) where !tools.contains(tool) {
          tools.append(tool)
        }
      }
      let first = unknown?.attributes.first
      missing.append(
        .init(
          path: path, fields: fields,
          reason: reason
            ?? (first.flatMap { UnknownReason(rawValue: $0.reason) } ?? .neverRead).phrase,
          asOf: first?.asOf, groundBy: report.grounding(tools)))
    }

    /// Actions whose outcome is open: rules about them cannot decide.
    mutating func collectOpenCalls(_ state: CaseState) {
      for call in state.pending
      where call.isOpen && report.bundle.tools.indices.contains(call.action) {
        let tool = report.bundle.tools[call.action]
        missing.append(
          .init(
            path: tool.name, fields: [],
            reason: call.doubt == nil
              ? "(event \(call.seq)) has no result yet"
              : "(event \(call.seq)): whether it happened is in doubt",
            asOf: nil, groundBy: report.grounding([tool.settledBy].compactMap { $0 })))
      }
    }
  }
}
