import PlumblineJSON

extension LogImport {
  func readXES(_ bytes: [UInt8], _ places: LogPlaces, _ trace: inout LogTrace) throws(Problem) {
    var reader = XESReader(try XMLReader(bytes, places: places), log: self)
    try reader.read(&trace)
  }
}

/// Reads the elements of an XES log (IEEE 1849).
private struct XESReader {
  private struct Attribute {
    var key: String
    var value: JSON
  }

  /// What a trace, an event or a global holds.
  private struct Attributes {
    var start = 0
    var items: [Attribute] = []
    /// Why it can't be taken.
    var problem: Problem?

    func text(_ key: String) -> String? { items.first { $0.key == key }?.value.string }
  }

  private typealias Problem = LogImport.Problem

  private var xml: XMLReader
  private let log: LogImport
  private var eventDefaults: [Attribute] = []
  private var traceDefaults: [Attribute] = []

  static let name = "concept:name"
  static let time = "time:timestamp"

  init(_ xml: XMLReader, log: LogImport) {
    self.xml = xml
    self.log = log
  }

  mutating func read(_ trace: inout LogTrace) throws(LogImport.Problem) {
    guard try xml.next() == .start, xml.isNamed("log") else {
      throw xml.problem(at: xml.tagStart, "an XES log starts with `<log>`")
    }
    while try xml.next() == .start {
      if xml.isNamed("trace") {
        try readTrace(&trace)
      } else if xml.isNamed("global") {
        try readGlobal()
      } else {
        if xml.isNamed("event") {
          let problem = xml.problem(
            at: xml.tagStart, "an event outside of a trace belongs to no case")
          trace.leaveOut(problem)
        }
        // Extensions, classifiers and attributes of the log tell nothing of an event.
        try xml.skipElement()
      }
    }
    // What follows the log's end is checked too.
    guard try xml.next() == .endOfText else { return }
  }

  private mutating func readGlobal() throws(LogImport.Problem) {
    let scope = try xml.value("scope") ?? "event"
    let read = try readAttributes()
    if let problem = read.problem { throw problem }
    if scope == "trace" { traceDefaults = read.items } else { eventDefaults = read.items }
  }

  private mutating func readTrace(_ trace: inout LogTrace) throws(LogImport.Problem) {
    var own = Attributes(start: xml.tagStart)
    var events: [Attributes] = []
    while try xml.next() == .start {
      if xml.isNamed("event") {
        events.append(try readAttributes())
      } else {
        try readAttribute(into: &own)
      }
    }
    if let problem = own.problem { return leaveOut(events.count, problem, &trace) }
    // A default would throw the events of all nameless traces into one case.
    guard let caseID = own.text(Self.name), !caseID.isEmpty else {
      let problem = xml.problem(at: own.start, "a trace without its `\(Self.name)`")
      return leaveOut(events.count, problem, &trace)
    }
    var data: [Attribute] = []
    for attribute in own.items + missing(traceDefaults, in: own.items)
    where attribute.key != Self.name {
      data.append(Attribute(key: "case:" + attribute.key, value: attribute.value))
    }
    for event in events { add(event, caseID, data, &trace) }
  }

  /// One problem for a whole trace, which counts at least once.
  private func leaveOut(_ events: Int, _ problem: LogImport.Problem, _ trace: inout LogTrace) {
    let left = events == 1 ? "its event is" : "its \(events) events are"
    trace.leaveOut(
      LogImport.Problem(
        line: problem.line, column: problem.column,
        message: problem.message + (events == 0 ? "" : "; \(left) left out"), help: problem.help))
  }

  private func add(
    _ event: Attributes, _ caseID: String, _ caseData: [Attribute], _ trace: inout LogTrace
  ) {
    if let problem = event.problem { return trace.leaveOut(problem) }
    let items = event.items + missing(eventDefaults, in: event.items)
    guard let activity = items.first(where: { $0.key == Self.name })?.value.string,
      !activity.isEmpty
    else {
      return trace.leaveOut(
        xml.problem(at: event.start, "an event without its `\(Self.name)`"))
    }
    // A default would be no time at which anything happened.
    guard let written = event.text(Self.time), !written.isEmpty else {
      return trace.leaveOut(
        xml.problem(at: event.start, "an event without its `\(Self.time)`"))
    }
    guard let time = LogTime.read(written, zoneMinutes: trace.zoneMinutes) else {
      return trace.leaveOut(
        xml.problem(
          at: event.start, "`\(LogText.clip(written))` is no time such as 2026-01-31T10:00:00Z"))
    }
    if let lifecycle = log.lifecycle,
      items.first(where: { $0.key == LogImport.lifecycleKey })?.value.string?.lowercased()
        != lifecycle.lowercased()
    {
      return trace.filterOut()
    }
    let data =
      items.filter { $0.key != Self.name && $0.key != Self.time } + missing(caseData, in: items)
    trace.add(case: caseID, activity: activity, time: time) { out in
      var first = true
      for attribute in data {
        if !first { out.append(0x2C) }
        first = false
        JSONWriter.append(attribute.key, to: &out)
        out.append(0x3A)
        if case .string(let text) = attribute.value {
          JSONWriter.append(text, to: &out)
        } else {
          out.append(contentsOf: attribute.value.compact)
        }
      }
    }
  }

  private func missing(_ defaults: [Attribute], in items: [Attribute]) -> [Attribute] {
    if defaults.isEmpty { return [] }
    return defaults.filter { wanted in !items.contains { $0.key == wanted.key } }
  }

  // MARK: - attributes

  /// Behind the start of an element: the attributes it holds, to its end.
  private mutating func readAttributes() throws(LogImport.Problem) -> Attributes {
    var read = Attributes(start: xml.tagStart)
    while try xml.next() == .start { try readAttribute(into: &read) }
    if read.items.count > 16 {
      var seen: Set<String> = []
      for item in read.items where !seen.insert(item.key).inserted { twice(item.key, &read) }
    } else {
      for (index, item) in read.items.enumerated()
      where read.items[..<index].contains(where: { $0.key == item.key }) {
        twice(item.key, &read)
      }
    }
    return read
  }

  private func twice(_ key: String, _ read: inout Attributes) {
    guard read.problem == nil else { return }
    read.problem = xml.problem(
      at: read.start, "the attribute `\(LogText.clip(key))` is given twice")
  }

  /// Behind the start of an attribute: its value, to its end. What its own attributes say of it is
  /// passed over.
  private mutating func readAttribute(into read: inout Attributes) throws(LogImport.Problem) {
    let start = xml.tagStart
    guard let key = try xml.value("key") else {
      throw xml.problem(at: start, "an attribute without its `key`")
    }
    let isList = xml.isNamed("list")
    if isList || xml.isNamed("container") {
      let value = try readNested(isList: isList, problem: &read.problem)
      read.items.append(Attribute(key: key, value: value))
      return
    }
    guard let kind = Self.kinds.first(where: { xml.isNamed($0) }) else {
      throw xml.problem(
        at: start, "`<\(LogText.clip(xml.text(xml.name)))>` is no attribute that XES knows")
    }
    guard let text = try xml.value("value") else {
      throw xml.problem(at: start, "the attribute `\(LogText.clip(key))` has no `value`")
    }
    if let value = Self.value(text, kind: "\(kind)") {
      read.items.append(Attribute(key: key, value: value))
    } else if read.problem == nil {
      read.problem = xml.problem(
        at: start, "`\(LogText.clip(text))` is no \(kind) (attribute `\(LogText.clip(key))`)")
    }
    try xml.skipElement()
  }

  private static let kinds: [StaticString] = ["string", "date", "int", "float", "boolean", "id"]

  /// A list as an array, a container as an object. The reader's limit of depth bounds the recursion.
  private mutating func readNested(
    isList: Bool, problem: inout LogImport.Problem?
  ) throws(LogImport.Problem) -> JSON {
    var read = Attributes(start: xml.tagStart)
    while try xml.next() == .start {
      // The elements of a list stand within `<values>`, in older logs directly.
      if isList, xml.isNamed("values") {
        while try xml.next() == .start { try readAttribute(into: &read) }
      } else {
        try readAttribute(into: &read)
      }
    }
    if !isList {
      var seen: Set<String> = []
      for item in read.items where !seen.insert(item.key).inserted { twice(item.key, &read) }
    }
    if problem == nil { problem = read.problem }
    return isList
      ? .array(read.items.map(\.value)) : .object(read.items.map { .init($0.key, $0.value) })
  }

  /// nil: the text is no value of this kind.
  private static func value(_ text: String, kind: String) -> JSON? {
    switch kind {
    case "int":
      if let number = Int64(text) { return .int(number) }
      let digits = text.utf8.first == 0x2D ? text.utf8.dropFirst() : text.utf8[...]
      guard digits.count > 18, digits.first != 0x30,
        digits.allSatisfy({ (0x30...0x39).contains($0) })
      else { return nil }
      return .bigInteger(text)
    case "float":
      switch text {
      // JSON has no such numbers.
      case "NaN", "INF", "-INF", "Infinity", "-Infinity": return .null
      default: break
      }
      guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }),
        let number = Double(text), number.isFinite
      else { return nil }
      return .double(number)
    case "boolean":
      switch text.lowercased() {
      case "true", "1": return .bool(true)
      case "false", "0": return .bool(false)
      default: return nil
      }
    default: return .string(text)
    }
  }
}
