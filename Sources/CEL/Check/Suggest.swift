/// Names that may have been meant.
public enum Suggest {
  /// The name nearest to `name`, if one is near enough to be a slip: a letter too many, too few, changed
  /// or swapped, about one in three, or another case.
  public static func nearest(_ name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.utf8)
    guard !wanted.isEmpty, wanted.count <= 100 else { return nil }
    let lowered = wanted.map(lowercase)
    let allowed = max(1, wanted.count / 3)
    var best: String?
    var bestDistance = allowed + 1
    for candidate in candidates where candidate != name {
      let other = Array(candidate.utf8)
      guard abs(other.count - wanted.count) <= allowed else { continue }
      let distance =
        other.map(lowercase) == lowered ? 0 : editDistance(wanted, other, limit: allowed)
      // Ties go to the first in the alphabet, so that the answer does not depend on hashing.
      if distance < bestDistance || (distance == bestDistance && candidate < best ?? candidate) {
        best = candidate
        bestDistance = distance
      }
    }
    return bestDistance <= allowed ? best : nil
  }

  private static func lowercase(_ c: UInt8) -> UInt8 {
    c &- UInt8(ascii: "A") < 26 ? c | 0x20 : c
  }

  /// Damerau's distance with adjacent swaps; `limit + 1` where it is more than `limit`.
  static func editDistance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int {
    var before = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    var current = previous
    for i in 0..<a.count {
      current[0] = i + 1
      var least = current[0]
      for j in 0..<b.count {
        var cost = min(
          previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, current[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
        current[j + 1] = cost
        least = min(least, cost)
      }
      if least > limit { return limit + 1 }
      (before, previous, current) = (previous, current, before)
    }
    return previous[b.count]
  }
}
