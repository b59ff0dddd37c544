import PlumblineJSON

extension LogImport {
  func readJSONLines(
    _ bytes: [UInt8], _ places: LogPlaces, _ trace: inout LogTrace
  ) throws(Problem) {
    // `data` lies a level deeper in the trace, whose reader has a limit too.
    let parser = JSONParser(limits: JSONLimits(depth: 190))
    var columns: KeyNames?
    var start = LogImport.start(of: bytes)
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      defer { start = end + 1 }
      if bytes[start..<end].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      let parsed: Swift.Result<JSONDocument, JSONError> = bytes[start..<end].withUnsafeBytes {
        raw in
        do throws(JSONError) {
          return .success(try parser.parse(raw))
        } catch {
          return .failure(error)
        }
      }
      let document: JSONDocument
      switch parsed {
      case .success(let read): document = read
      case .failure(let error):
        trace.leaveOut(places.problem(at: start + error.offset, "not JSON: \(error.message)"))
        continue
      }
      guard document.root.kind == .object else {
        trace.leaveOut(places.problem(at: start, "an event must be an object"))
        continue
      }
      if let twice = document.duplicateKey {
        trace.leaveOut(
          places.problem(
            at: start + twice.offset, "the key `\(LogText.clip(twice.key))` is given twice"))
        continue
      }
      // The first event says which keys the log uses; another choice at each line would mix columns.
      let keys: KeyNames
      if let columns {
        keys = columns
      } else {
        keys = try keyNames(document.root, at: start, places)
        columns = keys
      }
      event(document.root, keys, at: start, places, &trace)
    }
  }

  /// The keys of case, activity and time.
  private struct KeyNames {
    var caseID: String
    var activity: String
    var time: String
  }

  private func keyNames(
    _ event: JSONNode, at start: Int, _ places: LogPlaces
  ) throws(Problem) -> KeyNames {
    let names = event.members.map { $0.key.string ?? "" }
    // An event without a transition is filtered out, not a log without the column.
    var log = self
    log.lifecycle = nil
    switch LogColumns.find(in: names, for: log, what: "key") {
    case .success(let found):
      return KeyNames(
        caseID: names[found.caseID], activity: names[found.activity], time: names[found.time])
    case .failure(let error): throw places.problem(at: start, error.message, help: error.help)
    }
  }

  private func event(
    _ root: JSONNode, _ keys: KeyNames, at start: Int, _ places: LogPlaces, _ trace: inout LogTrace
  ) {
    let caseID: String
    let activity: String
    let written: String
    do throws(Problem) {
      caseID = try text(root, keys.caseID, "case", at: start, places)
      activity = try text(root, keys.activity, "activity", at: start, places)
      written = try text(root, keys.time, "time", at: start, places)
    } catch {
      return trace.leaveOut(error)
    }
    guard let time = LogTime.read(written, zoneMinutes: trace.zoneMinutes) else {
      let offset = root[keys.time]?.range.lowerBound ?? 0
      return trace.leaveOut(Self.timeProblem(written, at: start + offset, places))
    }
    if let lifecycle,
      root[Self.lifecycleKey]?.string?.lowercased() != lifecycle.lowercased()
    {
      return trace.filterOut()
    }
    trace.add(case: caseID, activity: activity, time: time) { out in
      var first = true
      for (key, value) in root.members {
        guard let name = key.string, name != keys.caseID, name != keys.activity, name != keys.time
        else { continue }
        if !first { out.append(0x2C) }
        first = false
        // As it is written: numbers keep their digits.
        key.withRawBytes { out.append(contentsOf: $0) }
        out.append(0x3A)
        value.withRawBytes { out.append(contentsOf: $0) }
      }
    }
  }
  /// The text of a key; of a case a whole number too, for that is how many databases name them. A time
  /// as a number does not say in which unit.
  private func text(
    _ root: JSONNode, _ key: String, _ what: String, at start: Int, _ places: LogPlaces
  ) throws(Problem) -> String {
    guard let node = root[key], node.kind != .null else {
      throw places.problem(at: start, "an event without its \(what) (`\(LogText.clip(key))`)")
    }
    let offset = start + node.range.lowerBound
    if what == "case", node.kind == .int || node.kind == .bigInteger { return node.text }
    guard let text = node.string else {
      throw places.problem(at: offset, "the \(what) (`\(LogText.clip(key))`) must be a text")
    }
    if text.isEmpty { throw places.problem(at: offset, "an event without its \(what)") }
    return text
  }
}
