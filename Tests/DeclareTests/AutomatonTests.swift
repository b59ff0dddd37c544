import PlumblineBundle
import Testing

@testable import Declare

/// Words of `a`, `b` and `o` (neither); `A` and `B` are in doubt.
private func word(_ text: String) -> [Letter] {
  text.map { character in
    switch character {
    case "a": Letter(a: .yes)
    case "b": Letter(b: .yes)
    case "A": Letter(a: .maybe)
    case "B": Letter(b: .maybe)
    default: .other
    }
  }
}

private func verdict(_ template: DeclareTemplate, _ text: String, count: Int = 1) -> Verdict? {
  if let counter = Counter.of(template, count: count) {
    return counter.verdict(word(text).reduce(0) { counter.step($0, $1) })
  }
  return Automaton.of(template).map { automaton in
    automaton.verdict(word(text).reduce(0) { automaton.step($0, $1) })
  }
}

@Suite struct AutomatonTests {
  /// The number of states of each minimal automaton, over letters that may be in doubt or in both sets.
  @Test(arguments: [
    (DeclareTemplate.initial, 3), (.end, 2), (.choice, 2), (.response, 2), (.precedence, 3),
    (.chainPrecedence, 3), (.notCoExistence, 4), (.notSuccession, 3), (.notChainSuccession, 3),
  ]) func theAutomatonIsMinimal(_ template: DeclareTemplate, _ states: Int) throws {
    #expect(try #require(Automaton.of(template)).count == states)
  }

  @Test(arguments: [
    (DeclareTemplate.initial, "", Verdict.open), (.initial, "a", .satisfied),
    (.initial, "oa", .violated), (.end, "ao", .open), (.end, "oa", .holding),
    (.choice, "o", .open), (.choice, "ob", .satisfied), (.exclusiveChoice, "a", .holding),
    (.exclusiveChoice, "ab", .violated), (.respondedExistence, "a", .open),
    (.respondedExistence, "ba", .satisfied), (.coExistence, "b", .open),
    (.response, "", .holding), (.response, "ao", .open), (.response, "ab", .holding),
    (.alternateResponse, "aoa", .violated), (.alternateResponse, "aob", .holding),
    (.chainResponse, "ao", .violated), (.chainResponse, "ab", .holding),
    (.precedence, "ob", .violated), (.precedence, "ab", .satisfied),
    (.alternatePrecedence, "abb", .violated), (.alternatePrecedence, "abab", .holding),
    (.chainPrecedence, "aob", .violated), (.chainPrecedence, "oab", .holding),
    (.succession, "a", .open), (.succession, "b", .violated),
    (.alternateSuccession, "abab", .holding), (.chainSuccession, "aob", .violated),
    (.notCoExistence, "aob", .violated), (.notSuccession, "ba", .holding),
    (.notSuccession, "aob", .violated), (.notChainSuccession, "aob", .holding),
    (.notChainSuccession, "ab", .violated),
    // What is in doubt activates and excludes, but fulfils nothing.
    (.response, "A", .open), (.response, "aB", .open), (.precedence, "Ab", .violated),
    (.precedence, "B", .violated), (.notSuccession, "AB", .violated),
  ]) func theVerdictIs(_ template: DeclareTemplate, _ text: String, _ expected: Verdict) {
    #expect(verdict(template, text) == expected)
  }

  @Test(arguments: [
    (DeclareTemplate.existence, 2, "a", Verdict.open), (.existence, 2, "aa", .satisfied),
    (.existence, 1, "A", .open), (.existence, 0, "", .satisfied), (.absence, 2, "a", .holding),
    (.absence, 2, "aA", .violated), (.absence, 0, "", .violated), (.exactly, 1, "", .open),
    (.exactly, 1, "a", .holding), (.exactly, 1, "aa", .violated), (.exactly, 1, "A", .violated),
    (.exactly, 0, "o", .holding),
  ]) func countsAre(
    _ template: DeclareTemplate, _ count: Int, _ text: String, _ expected: Verdict
  ) {
    #expect(verdict(template, text, count: count) == expected)
  }

  @Test func everyTemplateHasAMonitor() {
    for template in DeclareTemplate.allCases {
      let monitor = Monitor(template, count: 1, within: nil)
      if case .automaton(let automaton) = monitor {
        // One that is violated from the start, or never, is no template's.
        #expect(automaton.count > 1, "\(template)")
      }
      #expect(monitor.canBreach || !monitor.othersCanBreach, "\(template)")
    }
  }
}

@Suite struct WindowTests {
  /// Letters with their times in seconds; what is a breach is in capitals in the result.
  private func breaches(
    _ template: DeclareTemplate, within: Int64, count: Int = 1, _ events: [(String, Int64)]
  ) -> [Int] {
    let monitor = Monitor(template, count: count, within: within)
    var state = monitor.initial
    var found: [Int] = []
    for (number, (text, time)) in events.enumerated() {
      let at = Instant(time) * 1_000_000_000
      for _ in state.expire(before: at, monitor) { found.append(-number) }
      for letter in word(text) where !monitor.take(&state, letter, at: at, event: number) {
        found.append(number)
      }
    }
    return found
  }

  @Test func theBoundBelongsToTheWindow() {
    #expect(breaches(.precedence, within: 10, [("a", 0), ("b", 10)]) == [])
    #expect(breaches(.precedence, within: 10, [("a", 0), ("b", 11)]) == [1])
    #expect(breaches(.notSuccession, within: 10, [("a", 0), ("b", 10)]) == [1])
    #expect(breaches(.notSuccession, within: 10, [("a", 0), ("b", 11)]) == [])
    #expect(breaches(.response, within: 10, [("a", 0), ("b", 10)]) == [])
    #expect(breaches(.response, within: 10, [("a", 0), ("b", 11)]) == [-1])
  }

  @Test func absenceSlides() {
    let events: [(String, Int64)] = [("a", 0), ("a", 5), ("a", 11), ("a", 12), ("a", 16)]
    // The fourth stands within ten seconds of the second; it is not counted, so that the fifth is the third.
    #expect(breaches(.absence, within: 10, count: 3, events) == [3])
    #expect(breaches(.absence, within: 100, count: 1, [("a", 0)]) == [0])
  }

  @Test func aBreachIsNotConsumed() {
    #expect(
      breaches(.alternateResponse, within: 10, [("a", 0), ("a", 1), ("b", 2), ("a", 3)]) == [1])
    #expect(breaches(.chainResponse, within: 10, [("a", 0), ("o", 1), ("b", 2)]) == [1])
    #expect(breaches(.alternatePrecedence, within: 10, [("a", 0), ("b", 1), ("b", 2)]) == [2])
  }

  @Test func eachActivationIsMissedForItself() {
    #expect(
      breaches(.response, within: 10, [("a", 0), ("a", 5), ("o", 11), ("o", 16)]) == [-2, -3])
    #expect(breaches(.coExistence, within: 10, [("b", 0), ("a", 20), ("b", 25)]) == [-1])
  }
}

@Suite struct ForesightTests {
  @Test func openActionsCountAgainstLimits() {
    let monitor = Monitor(.absence, count: 3, within: nil)
    let letter = Letter(a: .yes)
    #expect(!monitor.couldBreach(.number(0), letter, open: [letter], at: 0, event: 1))
    #expect(monitor.couldBreach(.number(0), letter, open: [letter, letter], at: 0, event: 1))
  }

  @Test func anyOrderIsThoughtOf() {
    let monitor = Monitor(.notSuccession, count: nil, within: nil)
    let (a, b) = (Letter(a: .yes), Letter(b: .yes))
    #expect(monitor.couldBreach(.number(0), b, open: [a], at: 0, event: 1))
    #expect(monitor.couldBreach(.number(0), a, open: [b], at: 0, event: 1))
    #expect(!monitor.couldBreach(.number(0), a, open: [a], at: 0, event: 1))
  }

  @Test func whatIsOpenFulfilsNothing() {
    let monitor = Monitor(.precedence, count: nil, within: nil)
    #expect(
      monitor.couldBreach(
        .number(0), Letter(b: .yes), open: [Letter(a: .yes)], at: 0, event: 1))
  }

  @Test func whatBreaksWithoutTheProposalDoesNotCount() {
    let monitor = Monitor(.precedence, count: nil, within: nil)
    #expect(
      !monitor.couldBreach(
        .number(0), Letter(a: .yes), open: [Letter(b: .yes)], at: 0, event: 1))
  }
}
