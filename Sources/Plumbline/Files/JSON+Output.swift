public import PlumblineJSON

extension JSON {
  /// The value in one line, fields in their order. A number JSON has no form for becomes null.
  public var compact: [UInt8] { (try? encoded()) ?? Array("null".utf8) }
  public var compactText: String { String(decoding: compact, as: UTF8.self) }
  /// The value on many lines, for people and for files under version control.
  public var prettyText: String { (try? prettyPrinted()) ?? "null" }
}
