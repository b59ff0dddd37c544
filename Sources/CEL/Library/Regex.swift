import CRE2
import Synchronization

/// A compiled RE2 pattern. Matching takes time linear in the text.
final class CompiledPattern: @unchecked Sendable {
  // RE2 objects may be used by many threads at once; this one is never changed after creation.
  private let regex: OpaquePointer
  let groups: Int

  /// Nil where the pattern is invalid.
  init?(_ pattern: String) {
    guard let made = Self.compile(pattern) else { return nil }
    guard cre2_error(made) == nil else {
      cre2_delete(made)
      return nil
    }
    regex = made
    groups = Int(cre2_group_count(made))
  }

  deinit { cre2_delete(regex) }

  fileprivate static func compile(_ pattern: String) -> OpaquePointer? {
    var pattern = pattern
    return pattern.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { cre2_new($0.baseAddress ?? Self.empty, $0.count) }
    }
  }

  // An empty text may have no address of its own.
  private nonisolated(unsafe) static let empty: UnsafePointer<CChar> = {
    let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    byte.initialize(to: 0)
    return UnsafePointer(byte)
  }()

  func matches(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        cre2_match(regex, $0.baseAddress ?? Self.empty, $0.count, 0, nil, 0) == 1
      }
    }
  }

  /// The matches from the left, at most `limit`: group 1 where the pattern has groups, else the whole.
  func find(_ text: String, limit: Int) -> [String] {
    var text = text
    return text.withUTF8 { bytes in
      var found: [String] = []
      var start = 0
      let wanted = groups > 0 ? 2 : 1
      var bounds = [Int](repeating: -1, count: 2 * wanted)
      while start <= bytes.count, found.count < limit {
        let hit = bytes.withMemoryRebound(to: CChar.self) {
          cre2_match(
            regex, $0.baseAddress ?? Self.empty, $0.count, start, &bounds, Int32(wanted))
        }
        guard hit == 1, bounds[1] >= start else { break }
        let from = bounds[2 * (wanted - 1)]
        let to = bounds[2 * (wanted - 1) + 1]
        // A group that took no part gives the empty string.
        if from >= 0, to >= from, to <= bytes.count {
          found.append(
            String(decoding: UnsafeBufferPointer(rebasing: bytes[from..<to]), as: UTF8.self))
        } else {
          found.append("")
        }
        if bounds[1] > bounds[0] {
          start = bounds[1]
        } else {
          // After an empty match, on to the next code point.
          start = bounds[1] + 1
          while start < bytes.count, bytes[start] & 0xc0 == 0x80 { start += 1 }
        }
      }
      return found
    }
  }
}

/// Patterns of regular expressions (RE2).
public enum RegexPattern {
  /// What is wrong with a pattern; nil when it compiles.
  public static func validate(_ pattern: String) -> String? {
    guard let regex = CompiledPattern.compile(pattern) else { return "the pattern is too large" }
    defer { cre2_delete(regex) }
    return cre2_error(regex).map { String(cString: $0) }
  }

  /// Whether a pattern is found anywhere in a text. One that does not compile is found in none.
  public static func matches(_ pattern: String, _ text: String) -> Bool {
    RegexLibrary.pattern(pattern)?.matches(text) ?? false
  }
}

/// `matches`, `find`, `findAll`.
enum RegexLibrary {
  static let declarations: [FunctionDeclaration] = [
    FunctionDeclaration(
      "find",
      [
        Overload("find_string_string", [.string, .string], .string, .binary(find)),
        Overload("string_find_string", [.string, .string], .string, member: true, .binary(find)),
      ]),
    FunctionDeclaration(
      "findAll",
      [
        Overload(
          "find_all_string_string", [.string, .string], .list(.string), .binary(findAll)),
        Overload(
          "string_find_all_string", [.string, .string], .list(.string), member: true,
          .binary(findAll)),
      ]),
  ]

  // Patterns that are not constant are compiled at their first use; a few are kept.
  private static let cache: Mutex<[String: CompiledPattern]> = Mutex([:])

  fileprivate static func pattern(_ text: String) -> CompiledPattern? {
    if let known = cache.withLock({ $0[text] }) { return known }
    guard let made = CompiledPattern(text) else { return nil }
    cache.withLock {
      if $0.count >= 64 { $0.removeAll() }
      $0[text] = made
    }
    return made
  }

  static func invalid(_ pattern: String) -> Value {
    .failure(
      .invalidArgument,
      "invalid pattern `\(pattern)`: \(RegexPattern.validate(pattern) ?? "too large")")
  }

  private static func run(
    _ name: String, _ text: Value, _ pattern: Value, _ body: (CompiledPattern, String) -> Value
  ) -> Value {
    guard case .string(let text) = text, case .string(let source) = pattern else {
      return .noSuchOverload(name, text, pattern)
    }
    guard let compiled = Self.pattern(source) else { return invalid(source) }
    return body(compiled, text)
  }

  @Sendable static func matches(_ text: Value, _ pattern: Value) -> Value {
    run("matches", text, pattern) { .bool($0.matches($1)) }
  }

  @Sendable static func find(_ text: Value, _ pattern: Value) -> Value {
    run("find", text, pattern) { found($0, $1) }
  }

  @Sendable static func findAll(_ text: Value, _ pattern: Value) -> Value {
    run("findAll", text, pattern) { foundAll($0, $1) }
  }

  static func found(_ pattern: CompiledPattern, _ text: String) -> Value {
    .string(pattern.find(text, limit: 1).first ?? "")
  }

  static func foundAll(_ pattern: CompiledPattern, _ text: String) -> Value {
    .list(pattern.find(text, limit: .max).map { .string($0) })
  }
}
