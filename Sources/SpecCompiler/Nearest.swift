import PlumblineDiagnostics

/// The name that was meant; CEL has a helper of the same name for its own messages.
enum Suggest {
  static func nearest(_ name: String, among names: some Sequence<String>) -> String? {
    PlumblineDiagnostics.Suggest.nearest(name, among: names)
  }
}
