public import PlumblineDiagnostics

/// A node of a `YAMLTree`, by number.
public struct YAMLNode: Sendable, Hashable {
  /// Its place in the tree's array of nodes.
  public let index: Int32
  /// Makes a reference; only numbers that a tree gave mean anything to it.
  public init(index: Int32) { self.index = index }
}

/// One YAML document with the place of every node: flat arrays, no object a node.
///
/// An alias is the node it refers to: the same number, the range of the anchored text. Merge keys
/// (`<<`) are resolved when the tree is built. A node of another tree reads as an empty scalar.
public final class YAMLTree: Sendable {
  /// What a node is.
  public enum Kind: UInt8, Sendable, Hashable {
    case scalar, sequence, mapping
  }

  /// How a scalar is written.
  public enum Style: UInt8, Sendable, Hashable, CaseIterable {
    case plain, singleQuoted, doubleQuoted, literal, folded
  }

  /// A scalar's value under the core schema of YAML 1.2.
  public enum Scalar: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    /// An integer that 64 bits do not hold, as written.
    case bigInteger(String)
    case double(Double)
    case string(String)
  }

  /// One node: small integers only.
  struct Record {
    var start: Int32
    var end: Int32
    /// Scalar: the offset of its text (in the arena, or in the source). Collection: its first child.
    var first: Int32
    /// Scalar: the length of its text. Collection: the number of children (a mapping has two a key).
    var count: Int32
    var kind: Kind
    var style: Style
    var flags: Flags
  }

  struct Flags: OptionSet {
    let rawValue: UInt8
    /// The decoded text is byte for byte in the source, so it is not copied.
    static let inSource = Flags(rawValue: 1)
    static let flow = Flags(rawValue: 2)
    static let tagged = Flags(rawValue: 4)
    /// An error was reported about this very node.
    static let broken = Flags(rawValue: 8)
  }

  /// The number of the file in its `SourceSet`.
  public let file: Int32
  /// The top node; nil for an empty document.
  public let root: YAMLNode?

  let source: SourceFile
  let records: [Record]
  let children: [Int32]
  let arena: [UInt8]
  let tags: [Int32: String]

  init(
    file: Int32, root: YAMLNode?, source: SourceFile, records: [Record], children: [Int32],
    arena: [UInt8], tags: [Int32: String]
  ) {
    self.file = file
    self.root = root
    self.source = source
    self.records = records
    self.children = children
    self.arena = arena
    self.tags = tags
  }

  private static let none = Record(
    start: 0, end: 0, first: 0, count: 0, kind: .scalar, style: .plain, flags: [])

  func record(_ node: YAMLNode) -> Record {
    let index = Int(node.index)
    return index >= 0 && index < records.count ? records[index] : Self.none
  }

  /// How many nodes were written (an aliased one counts once).
  public var nodeCount: Int { records.count }

  /// What a node is.
  public func kind(_ node: YAMLNode) -> Kind { record(node).kind }

  /// How a scalar is written; plain for collections.
  public func style(_ node: YAMLNode) -> Style { record(node).style }

  /// Whether a collection is written with brackets or braces.
  public func isFlow(_ node: YAMLNode) -> Bool { record(node).flags.contains(.flow) }

  /// Whether an error about this very node was already reported, so that more about it is noise.
  public func isBroken(_ node: YAMLNode) -> Bool { record(node).flags.contains(.broken) }

  /// The node's tag if one is written, resolved (`tag:yaml.org,2002:str` for `!!str`).
  public func tag(_ node: YAMLNode) -> String? {
    record(node).flags.contains(.tagged) ? tags[node.index] : nil
  }

  /// The node's own text, quotes and block header included, tags and anchors not; for a collection
  /// from its first byte to its last. Trailing white space is cut.
  public func range(_ node: YAMLNode) -> SourceRange {
    let record = record(node)
    return SourceRange(file: file, start: record.start, end: record.end)
  }

  /// The node as it stands in the file.
  public func rawText(_ node: YAMLNode) -> String {
    let record = record(node)
    return String(decoding: source.bytes[Int(record.start)..<Int(record.end)], as: UTF8.self)
  }

  /// The decoded text of a scalar; empty for collections.
  public func text(_ node: YAMLNode) -> String {
    withText(node) { String(decoding: $0, as: UTF8.self) }
  }

  /// The decoded text of a scalar as UTF-8, without making a string of it.
  public func withText<R>(
    _ node: YAMLNode, _ body: (UnsafeBufferPointer<UInt8>) throws -> R
  ) rethrows -> R {
    let record = record(node)
    guard record.kind == .scalar, record.count > 0 else {
      return try body(UnsafeBufferPointer(start: nil, count: 0))
    }
    let range = Int(record.first)..<Int(record.first) + Int(record.count)
    let bytes = record.flags.contains(.inSource) ? source.bytes : arena
    return try bytes.withUnsafeBufferPointer {
      try body(UnsafeBufferPointer(rebasing: $0[range]))
    }
  }

  /// Whether a scalar's decoded text is this one.
  public func textEquals(_ node: YAMLNode, _ text: StaticString) -> Bool {
    guard record(node).kind == .scalar, text.hasPointerRepresentation else { return false }
    return text.withUTF8Buffer { other in withText(node) { $0.elementsEqual(other) } }
  }

  /// Whether a scalar's decoded text is this one.
  public func textEquals(_ node: YAMLNode, _ text: String) -> Bool {
    guard record(node).kind == .scalar else { return false }
    return withText(node) { $0.elementsEqual(text.utf8) }
  }

  /// A scalar's value under the core schema; a quoted or block scalar is a string, as are dates,
  /// `yes` and `no`. A collection reads as null.
  public func scalar(_ node: YAMLNode) -> Scalar {
    let record = record(node)
    guard record.kind == .scalar else { return .null }
    switch tag(node) {
    case CoreTag.string: return .string(text(node))
    case CoreTag.null: return .null
    case .some: break
    case nil:
      if record.style != .plain { return .string(text(node)) }
    }
    return withText(node) { CoreSchema.resolve($0) }
  }

  /// The items of a sequence; empty for anything else.
  public func items(_ node: YAMLNode) -> [YAMLNode] {
    let record = record(node)
    guard record.kind == .sequence else { return [] }
    return childRange(record).map { YAMLNode(index: children[$0]) }
  }

  /// The entries of a mapping in order, those it merges in last; empty for anything else.
  public func entries(_ node: YAMLNode) -> [(key: YAMLNode, value: YAMLNode)] {
    let record = record(node)
    guard record.kind == .mapping else { return [] }
    let range = childRange(record)
    return stride(from: range.lowerBound, to: range.upperBound - 1, by: 2).map {
      (YAMLNode(index: children[$0]), YAMLNode(index: children[$0 + 1]))
    }
  }

  /// The value of a mapping's key, found by its text.
  public func value(_ mapping: YAMLNode, _ key: String) -> YAMLNode? {
    let record = record(mapping)
    guard record.kind == .mapping else { return nil }
    let range = childRange(record)
    for index in stride(from: range.lowerBound, to: range.upperBound - 1, by: 2)
    where textEquals(YAMLNode(index: children[index]), key) {
      return YAMLNode(index: children[index + 1])
    }
    return nil
  }

  private func childRange(_ record: Record) -> Range<Int> {
    Int(record.first)..<Int(record.first) + Int(record.count)
  }
}

/// The tags of the core schema.
enum CoreTag {
  static let string = "tag:yaml.org,2002:str"
  static let null = "tag:yaml.org,2002:null"
  static let scalars: Set<String> = [
    string, null, "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool",
  ]
  static let sequence = "tag:yaml.org,2002:seq"
  static let mapping = "tag:yaml.org,2002:map"
}
