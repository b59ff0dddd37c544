import CLibYAML
public import PlumblineDiagnostics

/// How much a file may ask for.
public struct YAMLLimits: Sendable, Hashable {
  /// The largest file, in bytes.
  public var bytes: Int
  /// How deep collections may nest, aliases followed.
  public var depth: Int
  /// How many nodes all aliases and merge keys may repeat, taken together.
  public var aliasedNodes: Int
  /// How many diagnostics one file may give before reading stops.
  public var diagnostics: Int
  /// Limits; the defaults fit specs written by hand with much room.
  public init(
    bytes: Int = 64 << 20, depth: Int = 100, aliasedNodes: Int = 1_000_000, diagnostics: Int = 1000
  ) {
    self.bytes = bytes
    self.depth = depth
    self.aliasedNodes = aliasedNodes
    self.diagnostics = diagnostics
  }
}

/// Reads YAML. Bad input is a diagnostic, never a trap.
public enum YAMLParser {
  /// Parses one file, which holds one document.
  ///
  /// The tree is nil if the text cannot be followed as YAML. After an error about a single node
  /// (a duplicate key, an unknown alias) there is a tree, with that node marked as broken.
  public static func parse(
    _ source: SourceFile, file: Int32, limits: YAMLLimits = .init()
  ) -> (tree: YAMLTree?, diagnostics: [Diagnostic]) {
    let bytes = source.bytes
    guard bytes.count <= min(limits.bytes, Int(Int32.max) - 1) else {
      let place = SourceRange(file: file, start: 0, end: 0)
      return (nil, [.fileTooLarge(bytes.count, limit: limits.bytes, at: place)])
    }
    return bytes.withUnsafeBufferPointer { buffer in
      let base = buffer.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
      let check = SourceCheck(buffer, from: base)
      if let fault = check.fault { return (nil, [.fault(fault, in: buffer, file: file)]) }
      let map = CodePointMap(buffer, base: base, isASCII: check.isASCII)
      var builder = TreeBuilder(file: file, bytes: buffer, map: map, limits: limits)
      let complete = builder.run()
      let tree = complete ? builder.tree(of: source) : nil
      return (tree, builder.diagnostics)
    }
  }
}

/// Follows libyaml's events and fills the arrays of a tree.
struct TreeBuilder {
  /// A collection that is still open.
  private struct Frame {
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
  private enum Anchor {
    /// Its node is not complete, so that an alias now would hold itself.
    case open(Int32)
    case node(Int32, weight: Int, height: Int)
  }

  let file: Int32
  let bytes: UnsafeBufferPointer<UInt8>
  let limits: YAMLLimits
  private(set) var diagnostics: [Diagnostic] = []
  private var map: CodePointMap
  private(set) var records: [YAMLTree.Record] = []
  private var children: [Int32] = []
  private var arena: [UInt8] = []
  private var tags: [Int32: String] = [:]
  private var frames: [Frame] = []
  private var pending: [Int32] = []
  private var anchors: [String: Anchor] = [:]
  private var aliased = 0
  private var root: Int32?
  private var keyTable = KeyTable()
  private var documents = 0
  /// Too much was asked for: nothing more is read.
  private var stopped = false

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

  private mutating func offset(_ mark: yaml_mark_t) -> Int32 {
    map.offset(Int(mark.index), in: bytes)
  }

  private func range(_ start: Int32, _ end: Int32) -> SourceRange {
    SourceRange(file: file, start: start, end: max(start, end))
  }

  private mutating func explainFailure(_ parser: UnsafeMutablePointer<yaml_parser_t>) {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "the text is no YAML"
    let context = parser.pointee.context.map { String(cString: $0) } ?? ""
    let place = offset(parser.pointee.problem_mark)
    let began = context.isEmpty ? place : offset(parser.pointee.context_mark)
    let traps = Traps(bytes: bytes, file: file, inFlow: frames.last?.isFlow ?? false)
    diagnostics.append(
      traps.explain(problem: problem, context: context, at: Int(place), from: Int(began)))
  }

  /// Takes one event; false stops the reading.
  private mutating func handle(
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

  private mutating func scalar(_ event: UnsafeMutablePointer<yaml_event_t>) -> Bool {
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
    if let tag = data.tag { setTag(tag, of: node, event) }
    guard add(node, weight: 1, height: 0) else { return false }
    if let anchor = data.anchor {
      anchors[String(cString: anchor)] = .node(node, weight: 1, height: 0)
    }
    return true
  }

  /// Warns where ` #` seems to have cut an expression short.
  private mutating func checkComment(_ node: Int32) {
    let record = records[Int(node)]
    var index = Int(record.end)
    while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
    guard index > Int(record.end), index < bytes.count, bytes[index] == UInt8(ascii: "#") else {
      return
    }
    guard Traps.looksCut(bytes[Int(record.start)..<Int(record.end)]) else { return }
    var end = index
    while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
    diagnostics.append(.commentInValue(at: range(Int32(index), Int32(end))))
  }

  /// The place after a node's tag and anchor.
  private func afterProperties(_ start: Int32, before end: Int32) -> Int32 {
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

  private func trimmed(_ end: Int32, after start: Int32) -> Int32 {
    var end = Int(end)
    while end > Int(start) {
      let byte = bytes[end - 1]
      guard byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D else { break }
      end -= 1
    }
    return Int32(end)
  }

  // MARK: Collections

  private mutating func open(
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

  private mutating func close(_ event: UnsafeMutablePointer<yaml_event_t>) {
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
    if frame.isFlow { checkCommas(frame) }
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
  private var lastAliasEnd: Int32 = 0

  /// Puts a complete node into the collection that holds it.
  private mutating func add(_ node: Int32, weight: Int, height: Int) -> Bool {
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

  private mutating func alias(_ event: UnsafeMutablePointer<yaml_event_t>) -> Bool {
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

  private mutating func addBroken(_ start: Int32, _ end: Int32) -> Bool {
    let node = Int32(records.count)
    records.append(
      YAMLTree.Record(
        start: start, end: end, first: start, count: 0, kind: .scalar, style: .plain,
        flags: .broken))
    return add(node, weight: 1, height: 0)
  }

  private mutating func setTag(
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
    diagnostics.append(.unknownTag(text, at: range(Int32(index), Int32(end))))
  }

  // MARK: Checks of a whole collection

  private mutating func checkKeys(_ frame: Frame) {
    let first = frame.pending
    let count = (pending.count - first) / 2
    guard count > 1 else { return }
    var twins: [(Int32, Int32)] = []
    keyTable.reset(count)
    for entry in 0..<count {
      let key = pending[first + 2 * entry]
      if let earlier = keyTable.insert(key, self) { twins.append((earlier, key)) }
    }
    for (earlier, key) in twins {
      let name = withText(key) { String(decoding: $0, as: UTF8.self) }
      let (a, b) = (records[Int(earlier)], records[Int(key)])
      records[Int(key)].flags.insert(.broken)
      diagnostics.append(
        .duplicateKey(name, at: range(b.start, b.end), first: range(a.start, a.end)))
    }
  }

  func withText<R>(_ node: Int32, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    let record = records[Int(node)]
    guard record.kind == .scalar, record.count > 0 else { return body(.init(start: nil, count: 0)) }
    let range = Int(record.first)..<Int(record.first) + Int(record.count)
    if record.flags.contains(.inSource) {
      return body(UnsafeBufferPointer(rebasing: bytes[range]))
    }
    return arena.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[range])) }
  }

  /// Replaces `<<` by the entries it stands for; own keys win, then earlier sources.
  private mutating func merge(_ frame: Frame, weight: inout Int) {
    var own: [Int32] = []
    var sources: [(key: Int32, value: Int32)] = []
    for index in stride(from: frame.pending, to: pending.count - 1, by: 2) {
      let (key, value) = (pending[index], pending[index + 1])
      if records[Int(key)].style == .plain, withText(key, { $0.elementsEqual("<<".utf8) }) {
        sources.append((key, value))
      } else {
        own.append(key)
        own.append(value)
      }
    }
    var seen = Set<String>()
    func name(_ key: Int32) -> String { withText(key) { String(decoding: $0, as: UTF8.self) } }
    for index in stride(from: 0, to: own.count, by: 2) { seen.insert(name(own[index])) }
    for (key, value) in sources {
      let record = records[Int(value)]
      let range = Int(record.first)..<Int(record.first) + Int(record.count)
      let mappings: [Int32] =
        switch record.kind {
        case .mapping: [value]
        case .sequence: Array(children[range])
        case .scalar: []
        }
      let valid = mappings.allSatisfy { records[Int($0)].kind == .mapping }
      if record.kind == .scalar || !valid {
        guard !record.flags.contains(.broken) else { continue }
        let place = records[Int(key)]
        diagnostics.append(.mergeOfNoMapping(at: self.range(place.start, place.end)))
        continue
      }
      for mapping in mappings {
        let source = records[Int(mapping)]
        aliased += Int(source.count)
        weight += Int(source.count)
        guard aliased <= limits.aliasedNodes else {
          let place = records[Int(key)]
          diagnostics.append(.aliasTooLarge("<<", at: self.range(place.start, place.end)))
          stopped = true
          return
        }
        let first = Int(source.first)
        for index in stride(from: first, to: first + Int(source.count) - 1, by: 2)
        where seen.insert(name(children[index])).inserted {
          own.append(children[index])
          own.append(children[index + 1])
        }
      }
    }
    pending.replaceSubrange(frame.pending..., with: own)
  }

  /// Finds an expression that a comma inside `{ }` or `[ ]` has split.
  private mutating func checkCommas(_ frame: Frame) {
    let items = frame.pending..<pending.count
    let isMapping = records[Int(frame.node)].kind == .mapping
    var open: Int32?
    for index in items {
      let node = pending[index]
      let record = records[Int(node)]
      guard record.kind == .scalar, record.style == .plain, record.flags.contains(.inSource),
        record.start >= records[Int(frame.node)].start
      else { continue }
      if let first = open {
        // The rest of a split value is a key without a value, or the next item.
        let isRest = !isMapping || (index - items.lowerBound) % 2 == 0
        guard isRest, Traps.closesMore(bytes[Int(record.start)..<Int(record.end)]) else { continue }
        records[Int(first)].flags.insert(.broken)
        records[Int(frame.node)].flags.insert(.broken)
        records[Int(node)].flags.insert(.broken)
        let place = range(records[Int(first)].start, record.end)
        diagnostics.append(.commaSplits(isMapping ? "{ }" : "[ ]", at: place))
        open = nil
      } else if Traps.opensMore(bytes[Int(record.start)..<Int(record.end)]) {
        open = node
      }
    }
  }
}

/// Finds equal keys of one mapping; its memory is used again for the next.
struct KeyTable {
  private var slots: [Int32] = []
  private var mask = 0
  private var few: [Int32] = []
  private var isSmall = true

  mutating func reset(_ count: Int) {
    few.removeAll(keepingCapacity: true)
    isSmall = count <= 8
    guard !isSmall else { return }
    var size = 32
    while size < count * 2 { size *= 2 }
    mask = size - 1
    slots.removeAll(keepingCapacity: true)
    slots.append(contentsOf: repeatElement(-1, count: size))
  }

  /// Notes a key; gives the earlier one with the same text.
  mutating func insert(_ key: Int32, _ builder: borrowing TreeBuilder) -> Int32? {
    let record = builder.records[Int(key)]
    guard record.kind == .scalar else { return nil }
    return builder.withText(key) { text in
      if isSmall {
        for other in few
        where builder.withText(other, { $0.count == text.count && $0.elementsEqual(text) }) {
          return other
        }
        few.append(key)
        return nil
      }
      var hasher = Hasher()
      hasher.combine(bytes: UnsafeRawBufferPointer(text))
      var slot = hasher.finalize() & mask
      while slots[slot] >= 0 {
        let other = slots[slot]
        if builder.withText(other, { $0.count == text.count && $0.elementsEqual(text) }) {
          return other
        }
        slot = (slot + 1) & mask
      }
      slots[slot] = key
      return nil
    }
  }
}
