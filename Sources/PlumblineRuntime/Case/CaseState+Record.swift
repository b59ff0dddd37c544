package import CEL

/// An approval that a proposal used.
package struct UsedApproval: Sendable, Hashable {
  package var by: String?
  package var role: String?
  package var time: Timestamp
  /// The event of the approval.
  package var seq: Int
}

/// What a record of the case says beside its events.
extension CaseState {
  /// The action of the latest unanswered proposal with an id.
  package func unansweredAction(_ id: String) -> String? {
    pending.last { $0.id == id }?.name
  }

  /// The approvals that the proposal of an event used up.
  package func approvals(usedBy seq: Int) -> [UsedApproval] {
    approvals.filter { $0.usedBy == seq }
      .map { UsedApproval(by: $0.by, role: $0.role, time: $0.time, seq: $0.seq) }
  }
}
