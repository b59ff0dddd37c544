/// Finds the name that was meant.
package enum Suggest {
  /// The name that a misspelt one was most likely meant to be, if any is near enough: the same letters in
  /// another case or with other joints (`orderId`, `order_id`); else one change for a word of three to
  /// five letters, a third of its length after that; else the only name that it shortens (`qty`,
  /// `quant`) or is a part of (`refund` of `issue_refund`). Among equals one that begins with the same
  /// letter, then the first by alphabet.
  package static func nearest(_ name: String, among names: some Sequence<String>) -> String? {
    let wanted = letters(name)
    guard !wanted.isEmpty, wanted.count <= 100 else { return nil }
    let allowed = wanted.count < 3 ? 0 : max(1, wanted.count / 3)
    var best: (name: String, cost: Int)?
    var longer: Set<String> = []
    for candidate in names where candidate != name {
      let letters = letters(candidate)
      let limit = min(allowed, (best?.cost ?? 2 * allowed) / 2)
      if let cost = cost(wanted, letters, limit: limit) {
        if let best, (best.cost, best.name) <= (cost, candidate) { continue }
        best = (candidate, cost)
      } else if best == nil, isShort(wanted, for: letters) {
        longer.insert(candidate)
      }
    }
    return best?.name ?? (longer.count == 1 ? longer.first : nil)
  }

  /// What there is, where nothing is near; nil where there is nothing.
  package static func known(_ names: [String]) -> String? {
    guard !names.isEmpty else { return nil }
    let some = names.prefix(10).map { "`\($0)`" }.joined(separator: ", ")
    return "it has \(some)\(names.count > 10 ? ", …" : "")"
  }

  private static func letters(_ name: String) -> [Unicode.Scalar] {
    Array(name.lowercased().unicodeScalars)
  }

  /// Twice the changes, and one more where the first letter is another; nil beyond the limit.
  private static func cost(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], limit: Int) -> Int? {
    func joined(_ letters: [Unicode.Scalar]) -> [Unicode.Scalar] {
      letters.filter { !isJoint($0) }
    }
    if a == b { return 0 }
    if !joined(a).isEmpty, joined(a) == joined(b) { return 1 }
    return distance(a, b, limit: limit).map { 2 * $0 + (a.first == b.first ? 0 : 1) }
  }

  private static func isJoint(_ letter: Unicode.Scalar) -> Bool {
    letter == "_" || letter == "-" || letter == " "
  }

  /// Whether three letters or more are the beginning of a name, some of its words, or some letters of a
  /// name from its first on that is not much longer.
  private static func isShort(_ a: [Unicode.Scalar], for b: [Unicode.Scalar]) -> Bool {
    guard a.count >= 3, a.count < b.count else { return false }
    if b.starts(with: a) { return true }
    for start in b.indices.dropFirst() where isJoint(b[start - 1]) {
      let end = start + a.count
      if b[start...].starts(with: a), end == b.count || isJoint(b[end]) { return true }
    }
    guard a.first == b.first, 3 * a.count >= b.count else { return false }
    var rest = b[...]
    for letter in a {
      guard let place = rest.firstIndex(of: letter) else { return false }
      rest = rest[(place + 1)...]
    }
    return true
  }

  /// How many letters must be added, removed, changed or swapped with their neighbour; nil if more
  /// than the limit.
  package static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], limit: Int) -> Int? {
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
