/// A workflow.
public struct WrittenWorkflow: Sendable {
  /// Its name.
  public var name: Located<String>
  /// The first step.
  public var start: Located<String>?
  /// The steps.
  public var steps: [WrittenStep] = []
  /// Makes one from its parts.
  public init(name: Located<String>) { self.name = name }
}

/// A step of a workflow.
public struct WrittenStep: Sendable {
  /// Its name.
  public var name: Located<String>
  /// What is to be reached.
  public var goal: Located<String>?
  /// The goal again, for the `${CEL}` in it.
  public var goalText: WrittenExpression?
  /// Names of tools or groups.
  public var tools: [Located<String>] = []
  /// The ways out.
  public var next: [WrittenEdge] = []
  /// The threshold of confidence.
  public var confidenceBelow: Located<Double>?
  /// The answer below it.
  public var confidenceThen: WrittenAnswer?
  /// The role that acts here.
  public var actor: Located<String>?
  /// Whether it ends here.
  public var final: Located<Bool>?
  /// `required`, if it is.
  public var digest: Located<String>?
  /// Makes one from its parts.
  public init(name: Located<String>) { self.name = name }
}

/// A way from one step to another.
public struct WrittenEdge: Sendable {
  /// The step it leads to.
  public var to: Located<String>
  /// The condition under which it holds.
  public var when: WrittenExpression?
  /// Makes one from its parts.
  public init(to: Located<String>, when: WrittenExpression?) {
    self.to = to
    self.when = when
  }
}

/// A failure that happened.
public struct WrittenIncident: Sendable {
  /// Its id.
  public var id: Located<String>
  /// What happened.
  public var title: Located<String>?
  /// When it happened.
  public var occurred: Located<String>?
  /// When it was noticed.
  public var detected: Located<String>?
  /// When the damage was undone.
  public var recovered: Located<String>?
  /// When a rule began to prevent it.
  public var prevented: Located<String>?
  /// The category of the failure.
  public var failureMode: Located<String>?
  /// The recorded trace.
  public var trace: Located<String>?
  /// The case of the event that should not have happened.
  public var atCase: Located<String>?
  /// The number of that event in its case.
  public var atSequence: Located<Int64>?
  /// The trace without the fault.
  public var twin: Located<String>?
  /// `open` or `prevented`.
  public var status: Located<String>?
  /// The requirements that prevent it.
  public var preventedBy: [Located<String>] = []
  /// Makes one from its parts.
  public init(id: Located<String>) { self.id = id }
}
