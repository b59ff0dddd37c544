extension Macro {
  /// The standard macros, with those of the extensions named.
  static func standard(_ extensions: Set<Environment.Extension>) -> [Macro] { [] }
}
