public import PlumblineBundle

/// A minimal deterministic automaton over letters, its states numbered from the initial one, 0.
public struct Automaton: Sendable, Hashable {
  /// The next state, by state and `Letter.index`.
  public let next: [UInt32]
  public let verdicts: [Verdict]

  /// The number of states.
  public var count: Int { verdicts.count }

  /// The state after a letter. A state that is none stays what it is.
  public func step(_ state: UInt32, _ letter: Letter) -> UInt32 {
    let place = Int(state) * 9 + letter.index
    return next.indices.contains(place) ? next[place] : state
  }

  public func verdict(_ state: UInt32) -> Verdict {
    verdicts.indices.contains(Int(state)) ? verdicts[Int(state)] : .violated
  }

  /// The automaton of a template that does not count; nil for one that does.
  public static func of(_ template: DeclareTemplate) -> Automaton? { known[template] }

  private static let known: [DeclareTemplate: Automaton] = Dictionary(
    uniqueKeysWithValues: DeclareTemplate.allCases.compactMap { template in
      template.formula.map { (template, Automaton($0)) }
    })

  /// An automaton that was made before.
  /// - Parameters:
  ///   - next: the next state, by state and `Letter.index`.
  ///   - verdicts: of each state, as `Verdict` counts them.
  public init(next: [UInt32], verdicts: [UInt8]) {
    self.next = next
    // What is no verdict, or leads nowhere, is violated.
    self.verdicts = verdicts.map { Verdict(rawValue: $0) ?? .violated }
  }

  init(_ formula: Formula) {
    // Each state is what the rest of the word must satisfy.
    var states = [formula]
    var number = [formula: 0]
    var next: [[Int]] = []
    while next.count < states.count {
      let state = states[next.count]
      next.append(
        Letter.all.map { letter in
          let after = state.after(letter)
          if let known = number[after] { return known }
          number[after] = states.count
          states.append(after)
          return states.count - 1
        })
    }
    self.init(next: next, accepting: states.map(\.holdsOnEmpty))
  }

  /// Minimises an automaton whose states are all reachable from the first (Moore's partition
  /// refinement), and finds the verdict of each state.
  private init(next: [[Int]], accepting: [Bool]) {
    var block = accepting.map { $0 ? 1 : 0 }
    while true {
      var numbers: [[Int]: Int] = [:]
      let refined = next.indices.map { state in
        let key = [block[state]] + next[state].map { block[$0] }
        if let known = numbers[key] { return known }
        numbers[key] = numbers.count
        return numbers.count - 1
      }
      let before = Set(block).count
      block = refined
      if numbers.count == before { break }
    }
    // The initial state's block comes first, since the states are looked at in order.
    let count = (block.max() ?? 0) + 1
    var table = [UInt32](repeating: 0, count: count * 9)
    var accepts = [Bool](repeating: false, count: count)
    for state in next.indices {
      accepts[block[state]] = accepting[state]
      for letter in 0..<9 {
        table[block[state] * 9 + letter] = UInt32(block[next[state][letter]])
      }
    }
    func reaches(_ goal: Bool) -> [Bool] {
      var found = accepts.map { $0 == goal }
      var changed = true
      while changed {
        changed = false
        for state in 0..<count where !found[state] {
          if (0..<9).contains(where: { found[Int(table[state * 9 + $0])] }) {
            found[state] = true
            changed = true
          }
        }
      }
      return found
    }
    let canAccept = reaches(true)
    let canReject = reaches(false)
    self.next = table
    verdicts = (0..<count).map { state in
      if !canAccept[state] { return .violated }
      if !canReject[state] { return .satisfied }
      return accepts[state] ? .holding : .open
    }
  }
}
