import CEL

/// What a rule's `where` sees of a message: `args.text`.
final class MessageArguments: MapValue, @unchecked Sendable {
  // INVARIANT: never changed.
  private let text: String

  init(_ text: String) {
    self.text = text
    super.init()
  }

  override func lookup(_ key: Value) -> Value {
    if case .string("text") = key { return .string(text) }
    return .absent
  }
  override var keys: [Value] { [.string("text")] }
  override var count: Int { 1 }
}
