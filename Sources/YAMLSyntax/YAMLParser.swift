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
