public import PlumblineBundle
public import PlumblineJSON

/// The guard's meaning, written a second time: plainly, and slowly.
///
/// It shares nothing with the guard but the bundle's types. Conditions are evaluated by walking their trees,
/// temporal rules by their definition over all letters so far, and what is said to an event is worked out
/// from the case's first event on.
public struct PlainGuard: Sendable {
  private let spec: PlainSpec

  /// - Throws: where an expression of the bundle cannot be read.
  public init(_ bundle: SpecBundle) throws { spec = try PlainSpec(bundle) }

  /// What is said to each event of one case.
  /// - Parameter trace: the events, as a trace has them.
  public func outputs(of trace: [JSON]) -> [PlainOutput] {
    trace.indices.map { last in
      var fold = PlainFold(spec)
      var output = PlainOutput()
      for event in trace[...last] { output = fold.take(event) }
      return output
    }
  }
}
