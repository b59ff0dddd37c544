/// Finds the name that was meant.
public enum Suggest {
  /// The name nearest to a misspelt one, if any is near enough: one change for a word of three to
  /// five letters, a third of its length after that. Among equals the first by alphabet.
  public static func nearest(_ name: String, among names: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased().unicodeScalars)
    guard !wanted.isEmpty, wanted.count <= 100 else { return nil }
    let allowed = wanted.count < 3 ? 0 : max(1, wanted.count / 3)
    var best: (name: String, distance: Int)?
    for candidate in names where candidate != name {
      guard abs(candidate.unicodeScalars.count - wanted.count) <= allowed else { continue }
      let letters = Array(candidate.lowercased().unicodeScalars)
      let limit = min(allowed, best?.distance ?? allowed)
      guard let distance = distance(wanted, letters, limit: limit) else { continue }
      if let best, (best.distance, best.name) <= (distance, candidate) { continue }
      best = (candidate, distance)
    }
    return best?.name
  }

  /// How many letters must be added, removed, changed or swapped with their neighbour; nil if more
  /// than the limit.
  static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], limit: Int) -> Int? {
    guard abs(a.count - b.count) <= limit else { return nil }
    var before = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    var row = last
    for i in 0..<a.count {
      row[0] = i + 1
      var least = row[0]
      for j in 0..<b.count {
        let cost = a[i] == b[j] ? 0 : 1
        var value = min(row[j] + 1, last[j + 1] + 1, last[j] + cost)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          value = min(value, before[j - 1] + 1)
        }
        row[j + 1] = value
        least = min(least, value)
      }
      if least > limit { return nil }
      (before, last, row) = (last, row, before)
    }
    return last[b.count] <= limit ? last[b.count] : nil
  }
}
