/// A stretch of a source file, in UTF-8 offsets. Lines and columns are made when printing.
public struct SourceRange: Sendable, Hashable, Comparable {
  /// The number of the file in the `SourceSet` it belongs to.
  public var file: Int32
  public var start: Int32
  /// Exclusive.
  public var end: Int32
  public init(file: Int32, start: Int32, end: Int32) {
    self.file = file
    self.start = start
    self.end = end
  }
  public static func < (a: SourceRange, b: SourceRange) -> Bool {
    (a.file, a.start, a.end) < (b.file, b.start, b.end)
  }
}

/// One file that specs were read from.
public final class SourceFile: Sendable {
  /// As it is shown: relative, with forward slashes.
  public let path: String
  public let bytes: [UInt8]
  /// Where the lines begin, made when the first position is asked for.
  let lines = LineTableCache()
  public init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }
}

/// The files of one run, numbered in the order they were added.
public struct SourceSet: Sendable {
  public private(set) var files: [SourceFile] = []
  public init() {}
  /// Adds a file and gives its number.
  public mutating func add(_ file: SourceFile) -> Int32 {
    files.append(file)
    return Int32(files.count - 1)
  }
  public subscript(file: Int32) -> SourceFile? {
    files.indices.contains(Int(file)) ? files[Int(file)] : nil
  }
}

public enum Severity: String, Sendable, Hashable, CaseIterable {
  case error, warning, note
}

/// Something to tell the author of a spec, at its place.
public struct Diagnostic: Sendable, Hashable {
  /// Stable: `PL0203`. The wording is free to change, the code is not.
  public var code: String
  public var severity: Severity
  /// Lowercase start, no final period, user text in backticks, no line breaks.
  public var message: String
  public var range: SourceRange
  /// What to do.
  public var help: String?
  /// Other places that explain it (the first declaration of a duplicate).
  public var notes: [Note]

  public struct Note: Sendable, Hashable {
    public var message: String
    public var range: SourceRange
    public init(_ message: String, at range: SourceRange) {
      self.message = message
      self.range = range
    }
  }

  public init(
    _ code: String, _ severity: Severity, _ message: String, at range: SourceRange,
    help: String? = nil, notes: [Note] = []
  ) {
    self.code = code
    self.severity = severity
    self.message = message
    self.range = range
    self.help = help
    self.notes = notes
  }
}
