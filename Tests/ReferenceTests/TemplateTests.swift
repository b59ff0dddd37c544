import PlumblineBundle
import PlumblineReference
import Testing

@testable import Declare

/// The guard's automata against the definition of each template, on every short word.
@Suite struct TemplateTests {
  struct Rule: Sendable, CustomTestStringConvertible {
    var template: DeclareTemplate
    var count: Int?
    var testDescription: String { template.rawValue + (count.map { " \($0)" } ?? "") }

    static let all: [Rule] = DeclareTemplate.allCases.flatMap { template in
      switch template {
      case .existence, .absence, .exactly: (0...3).map { Rule(template: template, count: $0) }
      default: [Rule(template: template, count: nil)]
      }
    }

    /// The guard's states as a table: the next one by letter, and the verdicts.
    var table: (next: [[Int]], verdicts: [Verdict]) {
      switch Monitor(template, count: count, within: nil) {
      case .automaton(let automaton):
        return (
          (0..<automaton.count).map { state in
            Letter.all.map { Int(automaton.step(UInt32(state), $0)) }
          }, automaton.verdicts
        )
      case .counter(let counter):
        // Its states are numbers; those that can be reached are followed here.
        var states: [UInt32] = [0]
        var next: [[Int]] = []
        while next.count < states.count {
          let state = states[next.count]
          next.append(
            Letter.all.map { letter in
              let after = counter.step(state, letter)
              if let known = states.firstIndex(of: after) { return known }
              states.append(after)
              return states.count - 1
            })
        }
        return (next, states.map(counter.verdict))
      case .window: return ([], [])
      }
    }
  }

  private static func truth(_ certainty: Certainty) -> Truth {
    switch certainty {
    case .no: .no
    case .maybe: .maybe
    case .yes: .yes
    }
  }

  private static func verdict(_ verdict: PlainTemporal.Verdict) -> Verdict {
    switch verdict {
    case .violated: .violated
    case .open: .open
    case .holding: .holding
    case .satisfied: .satisfied
    }
  }

  /// Follows every word over some letters; gives those on which the two differ.
  private static func differences(_ rule: Rule, _ letters: [Letter], length: Int) -> (
    words: Int, wrong: [String]
  ) {
    let (next, verdicts) = rule.table
    var words = 0
    var wrong: [String] = []
    func follow(_ state: Int, _ word: [(a: Truth, b: Truth)]) {
      words += 1
      let expected = verdict(
        PlainTemporal.verdict(rule.template, count: rule.count, word: word))
      if verdicts[state] != expected, wrong.count < 5 {
        wrong.append("\(word): the guard says \(verdicts[state]), the definition \(expected)")
      }
      if word.count == length { return }
      for letter in letters {
        let place = Letter.all.firstIndex(of: letter) ?? 0
        follow(next[state][place], word + [(truth(letter.a), truth(letter.b))])
      }
    }
    follow(0, [])
    return (words, wrong)
  }

  @Test("on every word of up to six of three letters", arguments: Rule.all)
  func threeLetters(_ rule: Rule) {
    let letters = [Letter(a: .yes), Letter(b: .yes), .other]
    let found = Self.differences(rule, letters, length: 6)
    #expect(found.words == 1093)
    #expect(found.wrong.isEmpty, "\(found.wrong)")
  }

  @Test("on every word of up to four of all nine letters", arguments: Rule.all)
  func nineLetters(_ rule: Rule) {
    let found = Self.differences(rule, Letter.all, length: 4)
    #expect(found.words == 7381)
    #expect(found.wrong.isEmpty, "\(found.wrong)")
  }

  @Test("no state is like another one, and each is reached", arguments: Rule.all)
  func minimal(_ rule: Rule) {
    let (next, verdicts) = rule.table
    let count = verdicts.count
    var reached: Set<Int> = [0]
    var open = [0]
    while let state = open.popLast() {
      for after in next[state] where reached.insert(after).inserted { open.append(after) }
    }
    #expect(reached.count == count)
    // Pairs that some word tells apart: one of them accepts after it, the other does not.
    let accepts = verdicts.map { $0 == .holding || $0 == .satisfied }
    var apart = Set<[Int]>()
    for one in 0..<count {
      for other in 0..<one where accepts[one] != accepts[other] { apart.insert([other, one]) }
    }
    var grows = true
    while grows {
      grows = false
      for one in 0..<count {
        for other in 0..<one where !apart.contains([other, one]) {
          let isApart = Letter.all.indices.contains { letter in
            apart.contains([next[one][letter], next[other][letter]].sorted())
          }
          if isApart {
            apart.insert([other, one])
            grows = true
          }
        }
      }
    }
    #expect(apart.count == count * (count - 1) / 2, "\(verdicts)")
  }
}
