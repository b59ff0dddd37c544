public struct WrittenWorkflow: Sendable {
  public var name: Located<String>
  public var start: Located<String>?
  public var steps: [WrittenStep] = []
  public init(name: Located<String>) { self.name = name }
}

public struct WrittenStep: Sendable {
  public var name: Located<String>
  public var goal: Located<String>?
  /// The goal again, for the `${CEL}` in it.
  public var goalText: WrittenExpression?
  /// Names of tools or groups.
  public var tools: [Located<String>] = []
  public var next: [WrittenEdge] = []
  public var confidenceBelow: Located<Double>?
  public var confidenceThen: WrittenAnswer?
  public var actor: Located<String>?
  public var final: Located<Bool>?
  public var digest: Located<String>?
  public init(name: Located<String>) { self.name = name }
}

public struct WrittenEdge: Sendable {
  public var to: Located<String>
  public var when: WrittenExpression?
  public init(to: Located<String>, when: WrittenExpression?) {
    self.to = to
    self.when = when
  }
}

public struct WrittenIncident: Sendable {
  public var id: Located<String>
  public var title: Located<String>?
  public var occurred: Located<String>?
  public var detected: Located<String>?
  public var recovered: Located<String>?
  public var prevented: Located<String>?
  public var failureMode: Located<String>?
  public var trace: Located<String>?
  public var atCase: Located<String>?
  public var atSequence: Located<Int64>?
  public var twin: Located<String>?
  public var status: Located<String>?
  public var preventedBy: [Located<String>] = []
  public init(id: Located<String>) { self.id = id }
}
