import CLibYAML
import PlumblineDiagnostics

/// Follows libyaml's events and fills the arrays of a tree.
struct TreeBuilder {
  /// A collection that is still open.
  struct Frame {
    var node: Int32
    /// Where its children begin among the pending ones.
    var pending: Int
    /// Nodes below it, aliases followed.
    var weight = 1
    var height: Int = 1
    var anchor: String?
    var hasMerge = false
    var isFlow: Bool
  }

  /// What an anchor stands for.
  enum Anchor {
    /// Its node is not complete, so that an alias now would hold itself.
    case open(Int32)
    case node(Int32, weight: Int, height: Int)
  }

  let file: Int32
  let bytes: UnsafeBufferPointer<UInt8>
  let limits: YAMLLimits
  var diagnostics: [Diagnostic] = []
  var map: CodePointMap
  var records: [YAMLTree.Record] = []
  var children: [Int32] = []
  var arena: [UInt8] = []
  var tags: [Int32: String] = [:]
  var frames: [Frame] = []
  var pending: [Int32] = []
  var anchors: [String: Anchor] = [:]
  var aliased = 0
  var root: Int32?
  var keyTable = KeyTable()
  var documents = 0
  /// Too much was asked for: nothing more is read.
  var stopped = false

  init(file: Int32, bytes: UnsafeBufferPointer<UInt8>, map: CodePointMap, limits: YAMLLimits) {
    self.file = file
    self.bytes = bytes
    self.map = map
    self.limits = limits
    records.reserveCapacity(bytes.count / 16)
    children.reserveCapacity(bytes.count / 16)
  }

  func tree(of source: SourceFile) -> YAMLTree {
    YAMLTree(
      file: file, root: root.map { YAMLNode(index: $0) }, source: source, records: records,
      children: children, arena: arena, tags: tags)
  }

  /// Reads all events; false if the text cannot be followed to its end.
  mutating func run() -> Bool {
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    defer { parser.deallocate() }
    guard yaml_parser_initialize(parser) == 1 else {
      diagnostics.append(.unreadable("out of memory", at: range(0, 0)))
      return false
    }
    defer { yaml_parser_delete(parser) }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    if let start = bytes.baseAddress {
      yaml_parser_set_input_string(parser, start + map.base, bytes.count - map.base)
    } else {
      yaml_parser_set_input_string(parser, [0], 0)
    }
    let event = UnsafeMutablePointer<yaml_event_t>.allocate(capacity: 1)
    defer { event.deallocate() }
    while true {
      guard yaml_parser_parse(parser, event) == 1 else {
        explainFailure(parser)
        return false
      }
      let type = event.pointee.type
      let goesOn = handle(event, type)
      yaml_event_delete(event)
      if type == YAML_STREAM_END_EVENT { return true }
      if !goesOn || stopped { return false }
      if diagnostics.count >= limits.diagnostics { return false }
    }
  }

  mutating func offset(_ mark: yaml_mark_t) -> Int32 {
    map.offset(Int(mark.index), in: bytes)
  }

  func range(_ start: Int32, _ end: Int32) -> SourceRange {
    SourceRange(file: file, start: start, end: max(start, end))
  }

  mutating func explainFailure(_ parser: UnsafeMutablePointer<yaml_parser_t>) {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "the text is no YAML"
    let context = parser.pointee.context.map { String(cString: $0) } ?? ""
    let place = offset(parser.pointee.problem_mark)
    let began = context.isEmpty ? place : offset(parser.pointee.context_mark)
    let traps = Traps(bytes: bytes, file: file, inFlow: frames.last?.isFlow ?? false)
    let found = traps.explain(problem: problem, context: context, at: Int(place), from: Int(began))
    // One mistake, one message: what was said about this very place led to the failure.
    diagnostics.removeAll { $0.range.start == found.range.start }
    diagnostics.append(found)
  }

  /// Takes one event; false stops the reading.
  mutating func handle(
    _ event: UnsafeMutablePointer<yaml_event_t>, _ type: yaml_event_type_t
  ) -> Bool {
    switch type {
    case YAML_SCALAR_EVENT:
      return scalar(event)
    case YAML_MAPPING_START_EVENT:
      let data = event.pointee.data.mapping_start
      return open(
        .mapping, event, anchor: data.anchor, tag: data.tag,
        isFlow: data.style == YAML_FLOW_MAPPING_STYLE)
    case YAML_SEQUENCE_START_EVENT:
      let data = event.pointee.data.sequence_start
      return open(
        .sequence, event, anchor: data.anchor, tag: data.tag,
        isFlow: data.style == YAML_FLOW_SEQUENCE_STYLE)
    case YAML_MAPPING_END_EVENT, YAML_SEQUENCE_END_EVENT:
      close(event)
      return true
    case YAML_ALIAS_EVENT:
      return alias(event)
    case YAML_DOCUMENT_START_EVENT:
      documents += 1
      guard documents == 1 else {
        let start = offset(event.pointee.start_mark)
        diagnostics.append(.secondDocument(at: range(start, min(start + 3, Int32(bytes.count)))))
        return false
      }
      return true
    default:
      return true
    }
  }

  // MARK: Scalars

  mutating func scalar(_ event: UnsafeMutablePointer<yaml_event_t>) -> Bool {
    let data = event.pointee.data.scalar
    var start = offset(event.pointee.start_mark)
    var end = offset(event.pointee.end_mark)
    let node = Int32(records.count)
    if data.anchor != nil || data.tag != nil { start = afterProperties(start, before: end) }
    let style: YAMLTree.Style
    var lead: Int32 = 0
    switch data.style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: (style, lead) = (.singleQuoted, 1)
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: (style, lead) = (.doubleQuoted, 1)
    case YAML_LITERAL_SCALAR_STYLE: style = .literal
    case YAML_FOLDED_SCALAR_STYLE: style = .folded
    default: style = .plain
    }
    if style == .literal || style == .folded { end = trimmed(end, after: start) }
    let length = Int32(clamping: data.length)
    var record = YAMLTree.Record(
      start: start, end: end, first: Int32(clamping: arena.count), count: length, kind: .scalar,
      style: style, flags: [])
    let text = UnsafeBufferPointer(start: UnsafePointer(data.value), count: data.length)
    let same =
      style != .literal && style != .folded && length == end - start - 2 * lead
      && bytes[Int(start + lead)..<Int(end - lead)].elementsEqual(text)
    if same {
      record.first = start + lead
      record.flags = .inSource
    } else {
      arena.append(contentsOf: text)
    }
    records.append(record)
    if style == .plain, length > 0 { checkComment(node) }
    if style == .doubleQuoted, !same, text.contains(0x08) { checkBackspace(node) }
    if data.anchor != nil, style == .plain, length == 0 {
      let sign = offset(event.pointee.start_mark)
      records[Int(node)].flags.insert(.broken)
      diagnostics.append(.reservedStart("&", "starts a YAML anchor", at: range(sign, sign + 1)))
    }
    if let tag = data.tag { setTag(tag, of: node, event) }
    guard add(node, weight: 1, height: 0) else { return false }
    if let anchor = data.anchor {
      anchors[String(cString: anchor)] = .node(node, weight: 1, height: 0)
    }
    return true
  }

  /// Warns where ` #` seems to have cut an expression short.
  mutating func checkComment(_ node: Int32) {
    let record = records[Int(node)]
    var index = Int(record.end)
    while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
    guard index > Int(record.end), index < bytes.count, bytes[index] == UInt8(ascii: "#") else {
      return
    }
    var end = index
    while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
    let value = bytes[Int(record.start)..<Int(record.end)]
    guard Traps.looksCut(value) || Traps.isSentenceCut(value, by: bytes[index..<end]) else {
      return
    }
    diagnostics.append(.commentInValue(at: range(Int32(index), Int32(end))))
  }

  /// Inside double quotes `\b` is a character that nobody writes, and no word boundary of a pattern.
  mutating func checkBackspace(_ node: Int32) {
    let record = records[Int(node)]
    var index = Int(record.start)
    while index + 1 < Int(record.end) {
      guard bytes[index] == UInt8(ascii: "\\") else {
        index += 1
        continue
      }
      if bytes[index + 1] == UInt8(ascii: "b") {
        diagnostics.append(.backspace(at: range(Int32(index), Int32(index + 2))))
        return
      }
      index += 2
    }
  }

  /// The place after a node's tag and anchor.
  func afterProperties(_ start: Int32, before end: Int32) -> Int32 {
    var index = Int(start)
    func isSpace(_ byte: UInt8) -> Bool {
      byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
    while index < Int(end), bytes[index] == UInt8(ascii: "!") || bytes[index] == UInt8(ascii: "&") {
      while index < Int(end), !isSpace(bytes[index]) { index += 1 }
      while index < Int(end) {
        if isSpace(bytes[index]) {
          index += 1
        } else if bytes[index] == UInt8(ascii: "#") {
          while index < Int(end), bytes[index] != 0x0A, bytes[index] != 0x0D { index += 1 }
        } else {
          break
        }
      }
    }
    return Int32(index)
  }

  func trimmed(_ end: Int32, after start: Int32) -> Int32 {
    var end = Int(end)
    while end > Int(start) {
      let byte = bytes[end - 1]
      guard byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D else { break }
      end -= 1
    }
    return Int32(end)
  }

  // MARK: Collections

  mutating func open(
    _ kind: YAMLTree.Kind, _ event: UnsafeMutablePointer<yaml_event_t>,
    anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?,
    isFlow: Bool
  ) -> Bool {
    var start = offset(event.pointee.start_mark)
    if anchor != nil || tag != nil {
      start = afterProperties(start, before: Int32(bytes.count))
    }
    guard frames.count < limits.depth else {
      let end = min(start + 1, Int32(bytes.count))
      diagnostics.append(.tooDeep(limits.depth, at: range(start, end)))
      return false
    }
    let node = Int32(records.count)
    records.append(
      YAMLTree.Record(
        start: start, end: start, first: 0, count: 0, kind: kind, style: .plain,
        flags: isFlow ? .flow : []))
    if let tag { setTag(tag, of: node, event) }
    let name = anchor.map { String(cString: $0) }
    if let name { anchors[name] = .open(node) }
    frames.append(Frame(node: node, pending: pending.count, anchor: name, isFlow: isFlow))
    return true
  }

  mutating func close(_ event: UnsafeMutablePointer<yaml_event_t>) {
    guard let frame = frames.popLast() else { return }
    let index = Int(frame.node)
    let start = records[index].start
    var end = start
    if frame.isFlow {
      end = trimmed(offset(event.pointee.end_mark), after: start)
    } else if pending.count > frame.pending, let last = pending.last {
      // An alias stands where it is written, not where its node is.
      end = max(lastAliasEnd, start)
      let record = records[Int(last)]
      if record.start >= start { end = max(end, record.end) }
    }
    var weight = frame.weight
    records[index].end = max(end, start)
    if records[index].kind == .mapping {
      checkKeys(frame)
      if frame.hasMerge { merge(frame, weight: &weight) }
    }
    if frame.isFlow {
      checkCommas(frame)
      checkPairs(frame)
    }
    records[index].first = Int32(children.count)
    records[index].count = Int32(pending.count - frame.pending)
    children.append(contentsOf: pending[frame.pending...])
    pending.removeLast(pending.count - frame.pending)
    if let anchor = frame.anchor {
      anchors[anchor] = .node(frame.node, weight: weight, height: frame.height)
    }
    _ = add(frame.node, weight: weight, height: frame.height)
  }

  /// The end of the last alias that was read.
  var lastAliasEnd: Int32 = 0

  /// Puts a complete node into the collection that holds it.
  mutating func add(_ node: Int32, weight: Int, height: Int) -> Bool {
    guard let last = frames.indices.last else {
      root = node
      let record = records[Int(node)]
      // Nothing but comments, or `---` alone.
      if record.kind == .scalar, record.style == .plain, record.count == 0,
        record.start == record.end,
        !record.flags.contains(.tagged)
      {
        root = nil
      }
      return true
    }
    frames[last].weight += weight
    frames[last].height = max(frames[last].height, height + 1)
    pending.append(node)
    let frame = frames[last]
    // A key has just been read.
    if records[Int(frame.node)].kind == .mapping, (pending.count - frame.pending) % 2 == 1 {
      let record = records[Int(node)]
      if record.kind != .scalar {
        records[Int(frame.node)].flags.insert(.broken)
        diagnostics.append(.keyNotText(at: range(record.start, record.end)))
      } else if record.style == .plain, record.count == 2, record.flags.contains(.inSource),
        bytes[Int(record.first)] == UInt8(ascii: "<"),
        bytes[Int(record.first) + 1] == UInt8(ascii: "<")
      {
        frames[last].hasMerge = true
      }
    }
    return true
  }

  mutating func alias(_ event: UnsafeMutablePointer<yaml_event_t>) -> Bool {
    let start = offset(event.pointee.start_mark)
    let end = offset(event.pointee.end_mark)
    lastAliasEnd = end
    let name = event.pointee.data.alias.anchor.map { String(cString: $0) } ?? ""
    switch anchors[name] {
    case .node(let node, let weight, let height):
      aliased += weight
      guard aliased <= limits.aliasedNodes, frames.count + height <= limits.depth else {
        diagnostics.append(.aliasTooLarge(name, at: range(start, end)))
        return false
      }
      return add(node, weight: weight, height: height)
    case .open(let node):
      let place = records[Int(node)].start
      diagnostics.append(
        .aliasHoldsItself(name, at: range(start, end), anchor: range(place, place)))
      return addBroken(start, end)
    case nil:
      diagnostics.append(.unknownAlias(name, at: range(start, end)))
      return addBroken(start, end)
    }
  }

  mutating func addBroken(_ start: Int32, _ end: Int32) -> Bool {
    let node = Int32(records.count)
    records.append(
      YAMLTree.Record(
        start: start, end: end, first: start, count: 0, kind: .scalar, style: .plain,
        flags: .broken))
    return add(node, weight: 1, height: 0)
  }

  mutating func setTag(
    _ tag: UnsafeMutablePointer<yaml_char_t>, of node: Int32,
    _ event: UnsafeMutablePointer<yaml_event_t>
  ) {
    let text = String(cString: tag)
    records[Int(node)].flags.insert(.tagged)
    tags[node] = text
    let known =
      switch records[Int(node)].kind {
      case .scalar: CoreTag.scalars.contains(text)
      case .sequence: text == CoreTag.sequence
      case .mapping: text == CoreTag.mapping
      }
    guard !known else { return }
    records[Int(node)].flags.insert(.broken)
    let start = offset(event.pointee.start_mark)
    // The properties may come in either order.
    var index = Int(start)
    let limit = max(Int(records[Int(node)].start), index)
    while index < limit, bytes[index] != UInt8(ascii: "!") { index += 1 }
    var end = index
    while end < bytes.count, bytes[end] > 0x20 { end += 1 }
    let closers: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: "}")]
    if frames.last?.isFlow == true {
      while end > index + 1, closers.contains(bytes[end - 1]) { end -= 1 }
    }
    let written = String(decoding: bytes[index..<end], as: UTF8.self)
    diagnostics.append(.unknownTag(written, at: range(Int32(index), Int32(end))))
  }
}
