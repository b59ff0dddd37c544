import PlumblineBundle

/// How facts change, and how they look.
extension PlainCase {
  static func path(_ collection: String, _ key: String) -> String {
    "\(collection)[\"\(key)\"]"
  }

  /// Makes a place unknown.
  mutating func forget(
    _ target: Target, _ reason: Missing.Reason, by write: Written?, _ spec: PlainSpec
  ) {
    if target.collection == "case" {
      let path = (["case"] + target.fields).joined(separator: ".")
      fields = Self.replacing(
        fields, target.fields[...], with: .unknown(Missing(path, reason)), spec,
        type: .record(spec.bundle.caseFields))
      return
    }
    guard var collection = collections[target.collection] else { return }
    guard let key = target.key else {
      for place in collection.entries.indices {
        collection.entries[place].entry.record = nil
        collection.entries[place].entry.reason = reason
      }
      collection.isComplete = false
      collection.missing = reason
      if let write { collection.written = write }
      collections[target.collection] = collection
      return
    }
    if var entry = collection[key] {
      if let write { entry.written = write }
      if target.fields.isEmpty {
        entry.record = nil
        entry.reason = reason
      } else if let record = entry.record {
        let path =
          "\(Self.path(target.collection, key)).\(target.fields.joined(separator: "."))"
        entry.record = Self.replacing(
          record, target.fields[...],
          with: .unknown(Missing(path, reason, collection: target.collection)), spec,
          type: spec.collection(target.collection)?.type)
      }
      collection[key] = entry
    } else {
      // Nothing was known of it, and nothing is.
      var entry = Entry()
      entry.reason = collection.isComplete || reason == .drift ? reason : .neverRead
      entry.written = write
      collection[key] = entry
    }
    collections[target.collection] = collection
  }

  /// Keeps a record.
  mutating func store(
    _ record: PlainRecord, _ collection: String, _ key: String, freshFor: Int64?,
    written: Written?
  ) {
    var entry = Entry()
    entry.record = record
    entry.exists = true
    entry.freshFor = freshFor
    entry.written = written
    collections[collection]?[key] = entry
  }

  /// Sets a place; a record that was never read becomes one that is known in part.
  mutating func set(
    _ target: Target, _ value: Plain, asOf: PlainMoment, by write: Written, _ spec: PlainSpec
  ) {
    var value = value
    if case .error = value { value = .unknown(Missing("the value set", .touched)) }
    if target.collection == "case" {
      fields = Self.replacing(
        fields, target.fields[...], with: value, spec, type: .record(spec.bundle.caseFields))
      return
    }
    guard let key = target.key, let declared = spec.collection(target.collection) else { return }
    if target.fields.isEmpty {
      if case .record(var record) = value {
        record.asOf = asOf
        store(
          record, target.collection, key, freshFor: spec.freshness(target.collection),
          written: write)
      } else {
        forget(target, .touched, by: write, spec)
      }
      return
    }
    let known = collections[target.collection]?[key]
    guard
      let base = known?.record
        ?? Self.unread(declared, key, asOf: asOf, spec)
    else { return }
    store(
      Self.replacing(base, target.fields[...], with: value, spec, type: declared.type),
      target.collection, key,
      freshFor: known?.record == nil ? spec.freshness(target.collection) : known?.freshFor,
      written: write)
  }

  /// A record of which nothing is known yet.
  static func unread(
    _ collection: CollectionDeclaration, _ key: String, asOf: PlainMoment, _ spec: PlainSpec
  ) -> PlainRecord? {
    guard let (name, fields) = recordType(collection.type, spec) else { return nil }
    let path = path(collection.name, key)
    return PlainRecord(
      type: name,
      fields: fields.map {
        .init(
          $0.name,
          .unknown(Missing("\(path).\($0.name)", .partial, collection: collection.name)))
      }, asOf: asOf)
  }

  /// The name and the fields of a type of records; of a union those of all members.
  static func recordType(
    _ type: TypeReference, _ spec: PlainSpec, depth: Int = 0
  ) -> (String, [FieldDeclaration])? {
    if depth > 50 { return nil }
    switch type {
    case .record(let fields): return ("record", fields)
    case .optional(let inner), .sensitive(let inner):
      return recordType(inner, spec, depth: depth + 1)
    case .named(let name):
      switch spec.bundle.types.first(where: { $0.name == name })?.definition {
      case .type(let inner)?:
        return recordType(inner, spec, depth: depth + 1).map { (name, $0.1) }
      case .union(let members, _)?:
        var all: [FieldDeclaration] = []
        for member in members {
          for field in recordType(.named(member), spec, depth: depth + 1)?.1 ?? []
          where !all.contains(where: { $0.name == field.name }) { all.append(field) }
        }
        return (name, all)
      case nil: return nil
      }
    default: return nil
    }
  }

  /// A record with the value at a path of fields replaced.
  static func replacing(
    _ record: PlainRecord, _ path: ArraySlice<String>, with value: Plain, _ spec: PlainSpec,
    type: TypeReference?
  ) -> PlainRecord {
    guard let field = path.first, let old = record[field] else { return record }
    var record = record
    let fieldType =
      type.flatMap { recordType($0, spec) }?.1.first { $0.name == field }?.type
    if path.count == 1 {
      record[field] = value
    } else if case .record(let inner) = old {
      record[field] = .record(
        replacing(inner, path.dropFirst(), with: value, spec, type: fieldType))
    } else if let fieldType, let (name, fields) = recordType(fieldType, spec) {
      // A record below that is not known becomes one that is known in part.
      var unknown = Plain.unknown(Missing(field, .partial))
      if case .unknown = old { unknown = old }
      let empty = PlainRecord(type: name, fields: fields.map { .init($0.name, unknown) })
      record[field] = .record(
        replacing(empty, path.dropFirst(), with: value, spec, type: fieldType))
    } else {
      record[field] = value
    }
    return record
  }

  // MARK: - As conditions see them

  /// A collection at a moment. What the call that is being resolved changes casts no shadow on itself.
  func view(
    _ name: String, at now: PlainMoment, resolving: Int, _ spec: PlainSpec
  ) -> Plain {
    guard let collection = collections[name] else { return .unsupported("no collection") }
    let shadows = shadows.filter {
      $0.target.collection == name && $0.proposal != resolving
    }
    let type = spec.collection(name)?.type
    func unknown(_ shadow: Shadow, _ path: String) -> Missing {
      let full = ([path] + shadow.target.fields).joined(separator: ".")
      return Missing(
        full, shadow.reason, collection: shadow.settledBy.map { "@\($0)" } ?? name)
    }
    func stored(_ key: String, _ entry: Entry) -> Plain {
      let path = Self.path(name, key)
      guard let record = entry.record else {
        return .unknown(Missing(path, entry.reason, collection: name))
      }
      if let freshFor = entry.freshFor, let asOf = record.asOf,
        asOf.instant + Int128(freshFor) * 1_000_000_000 < now.instant
      {
        return .unknown(Missing(path, .stale, collection: name, asOf: asOf))
      }
      return .record(record)
    }
    func value(_ key: String, _ entry: Entry) -> Plain {
      var found = stored(key, entry)
      for shadow in shadows where shadow.target.key == nil || shadow.target.key == key {
        let missing = unknown(shadow, Self.path(name, key))
        if shadow.target.fields.isEmpty { return .unknown(missing) }
        guard case .record(let record) = found else { continue }
        found = .record(
          Self.replacing(
            record, shadow.target.fields[...], with: .unknown(missing), spec, type: type))
      }
      return found
    }
    var entries = collection.entries.map { key, entry in
      PlainEntry(
        .string(key), value(key, entry), isThere: entry.record != nil || entry.exists)
    }
    // A key without an entry that is being changed.
    for shadow in shadows {
      guard let key = shadow.target.key, collection[key] == nil else { continue }
      if entries.contains(where: { $0.key == .string(key) }) { continue }
      if collection.isComplete && !shadow.target.fields.isEmpty { continue }
      let whole = shadows.first {
        ($0.target.key == nil || $0.target.key == key) && $0.target.fields.isEmpty
      }
      let missing =
        whole.map { unknown($0, Self.path(name, key)) }
        ?? Missing(Self.path(name, key), collection.missing, collection: name)
      entries.append(PlainEntry(.string(key), .unknown(missing), isThere: false))
    }
    // What is changing a record may take it away or bring another: an entry under a key of no record.
    if let shadow = shadows.first(where: { $0.target.fields.isEmpty }) {
      entries.insert(
        PlainEntry(.null, .unknown(unknown(shadow, name)), isThere: false), at: 0)
    }
    return .map(entries, rest: rest(collection, name, shadows, unknown))
  }

  /// Why there may be more than is known.
  private func rest(
    _ collection: Collection, _ name: String, _ shadows: [Shadow],
    _ unknown: (Shadow, String) -> Missing
  ) -> Missing? {
    if let shadow = shadows.first(where: { $0.target.key == nil && $0.target.fields.isEmpty }) {
      return unknown(shadow, name)
    }
    return collection.isComplete
      ? nil : Missing(name, collection.missing, collection: name)
  }

  /// The case's own keys.
  func caseView(resolving: Int, _ spec: PlainSpec) -> Plain {
    var record = fields
    for shadow in shadows
    where shadow.target.collection == "case" && shadow.proposal != resolving {
      let path = (["case"] + shadow.target.fields).joined(separator: ".")
      let missing = Missing(
        path, shadow.reason, collection: shadow.settledBy.map { "@\($0)" })
      record = Self.replacing(
        record, shadow.target.fields[...], with: .unknown(missing), spec,
        type: .record(spec.bundle.caseFields))
    }
    return .record(record)
  }
}
