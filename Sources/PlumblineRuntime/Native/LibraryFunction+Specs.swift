public import CEL

extension LibraryFunction {
  /// A function that specs can call: of CEL's library, or the guard's own.
  /// - Parameter overloads: those that the checker found to apply.
  public init(specs name: String, _ overloads: [String]) {
    self.init(name, overloads, in: SpecScope.baseEnvironment.functions)
  }
}
