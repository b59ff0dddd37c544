extension FunctionTable {
  /// The standard library with the extensions named.
  static func standard(_ extensions: Set<Environment.Extension>) -> FunctionTable {
    FunctionTable([:])
  }
}
