extension Monitor {
  /// Whether a letter could be, or lead to, a breach: whether there are sequences x and y of different
  /// members of `open` such that x · y breaches nothing and x · letter · y has a breach.
  ///
  /// A search over the states that can be reached with the letter and without it, each with what is left of
  /// `open`; equal letters are interchangeable. Where that grows beyond all reason the answer is yes.
  public func couldBreach(
    _ state: MonitorState, _ letter: Letter, open: [Letter], at time: Instant, event: Int
  ) -> Bool {
    func after(_ state: MonitorState, _ letter: Letter) -> MonitorState? {
      var next = state
      return take(&next, letter, at: time, event: event) ? next : nil
    }
    if open.isEmpty { return after(state, letter) == nil }
    var kinds: [Letter] = []
    var counts: [Int] = []
    for other in open {
      if let place = kinds.firstIndex(of: other) {
        counts[place] += 1
      } else {
        kinds.append(other)
        counts.append(1)
      }
    }
    struct Point: Hashable {
      var without: MonitorState
      /// nil before the letter.
      var with: MonitorState?
      var left: [Int]
    }
    var points = [Point(without: state, with: nil, left: counts)]
    var seen = Set(points)
    func reach(_ point: Point) {
      if seen.insert(point).inserted { points.append(point) }
    }
    var place = 0
    while place < points.count {
      if points.count > Self.reason { return true }
      let point = points[place]
      place += 1
      if point.with == nil {
        guard let with = after(point.without, letter) else { return true }
        reach(Point(without: point.without, with: with, left: point.left))
      }
      for kind in kinds.indices where point.left[kind] > 0 {
        guard let without = after(point.without, kinds[kind]) else { continue }
        var next = Point(without: without, with: nil, left: point.left)
        next.left[kind] -= 1
        if let with = point.with {
          guard let reached = after(with, kinds[kind]) else { return true }
          next.with = reached
        }
        reach(next)
      }
    }
    return false
  }

  private static var reason: Int { 20_000 }
}
