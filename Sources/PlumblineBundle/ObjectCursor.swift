import PlumblineJSON

/// Reads the members of an object in the order of canonical JSON, so that each is looked at once.
struct ObjectCursor {
  private var members: JSONNode.Members
  private var current: (key: JSONNode, value: JSONNode)?

  init(_ node: JSONNode) throws(BundleError) {
    guard node.isObject else { throw node.mismatch("an object") }
    members = node.members
    current = members.next()
  }

  /// The next member, if this is its key.
  mutating func take(_ key: StaticString) -> JSONNode? {
    guard let found = current, found.key.stringEquals(key) else { return nil }
    current = members.next()
    return found.value
  }

  /// The next member, which must have this key.
  mutating func need(_ key: StaticString) throws(BundleError) -> JSONNode {
    if let value = take(key) { return value }
    throw BundleError(path: "", message: "`\(key)` is missing")
  }

  /// Nothing may be left: what is not known is not ignored.
  func end() throws(BundleError) {
    guard let left = current else { return }
    let key = left.key.string ?? ""
    throw BundleError(path: "", message: "unknown or misplaced field `\(key)`")
  }

  mutating func string(_ key: StaticString) throws(BundleError) -> String? {
    guard let node = take(key) else { return nil }
    guard let text = node.string else { throw node.mismatch("a string").under("\(key)") }
    return text
  }

  mutating func needString(_ key: StaticString) throws(BundleError) -> String {
    if let text = try string(key) { return text }
    throw BundleError(path: "", message: "`\(key)` is missing")
  }

  mutating func integer(_ key: StaticString) throws(BundleError) -> Int64? {
    guard let node = take(key) else { return nil }
    guard let value = node.int else { throw node.mismatch("an integer").under("\(key)") }
    return value
  }

  mutating func int(_ key: StaticString) throws(BundleError) -> Int? {
    guard let value = try integer(key) else { return nil }
    guard let int = Int(exactly: value) else {
      throw BundleError(path: "/\(key)", message: "the integer is too large")
    }
    return int
  }

  mutating func flag(_ key: StaticString) throws(BundleError) -> Bool {
    guard let node = take(key) else { return false }
    guard let value = node.bool else { throw node.mismatch("true or false").under("\(key)") }
    return value
  }

  mutating func strings(_ key: StaticString) throws(BundleError) -> [String] {
    try list(key) { node throws(BundleError) in
      guard let text = node.string else { throw node.mismatch("a string") }
      return text
    }
  }

  mutating func list<T>(
    _ key: StaticString, _ read: (JSONNode) throws(BundleError) -> T
  ) throws(BundleError) -> [T] {
    guard let node = take(key) else { return [] }
    return try node.array(key, read)
  }

  mutating func read<T>(
    _ key: StaticString, _ read: (JSONNode) throws(BundleError) -> T
  ) throws(BundleError) -> T? {
    guard let node = take(key) else { return nil }
    do throws(BundleError) { return try read(node) } catch { throw error.under("\(key)") }
  }

  mutating func need<T>(
    _ key: StaticString, _ read: (JSONNode) throws(BundleError) -> T
  ) throws(BundleError) -> T {
    let node = try need(key)
    do throws(BundleError) { return try read(node) } catch { throw error.under("\(key)") }
  }

  /// One of an enumeration's raw values.
  mutating func choice<T: RawRepresentable & CaseIterable>(
    _ key: StaticString, _ type: T.Type
  ) throws(BundleError) -> T? where T.RawValue == String {
    guard let text = try string(key) else { return nil }
    guard let value = T(rawValue: text) else {
      let known = T.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
      throw BundleError(path: "/\(key)", message: "`\(text)` is none of \(known)")
    }
    return value
  }

  mutating func needChoice<T: RawRepresentable & CaseIterable>(
    _ key: StaticString, _ type: T.Type
  ) throws(BundleError) -> T where T.RawValue == String {
    if let value = try choice(key, type) { return value }
    throw BundleError(path: "", message: "`\(key)` is missing")
  }
}

extension JSONNode {
  /// An array, with the place of what is wrong in it.
  func array<T>(
    _ key: StaticString, _ read: (JSONNode) throws(BundleError) -> T
  ) throws(BundleError) -> [T] {
    guard isArray else { throw mismatch("an array").under("\(key)") }
    var values: [T] = []
    values.reserveCapacity(count)
    for element in elements {
      do throws(BundleError) { values.append(try read(element)) } catch {
        throw error.under("\(values.count)").under("\(key)")
      }
    }
    return values
  }

  /// The error of a value that is of another kind.
  func mismatch(_ expected: String) -> BundleError {
    let found =
      switch kind {
      case .null: "null"
      case .bool: "true or false"
      case .int, .bigInteger: "an integer"
      case .double: "a number"
      case .string: "a string"
      case .array: "an array"
      case .object: "an object"
      }
    return BundleError(path: "", message: "expected \(expected), found \(found)")
  }
}
