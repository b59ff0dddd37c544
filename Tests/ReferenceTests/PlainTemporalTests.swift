import Declare
import PlumblineBundle
import Testing

@testable import PlumblineReference

/// The verdicts of the second interpreter, and the bounds that they rely on.
struct PlainTemporalTests {
  static let counted: [(DeclareTemplate, Int?)] = DeclareTemplate.allCases.flatMap { template in
    switch template {
    case .existence, .absence, .exactly: (0...3).map { (template, $0 as Int?) }
    default: [(template, nil)]
    }
  }

  static func words(_ length: Int, _ letters: [(Truth, Truth)]) -> [[(a: Truth, b: Truth)]] {
    if length == 0 { return [[]] }
    return words(length - 1, letters).flatMap { word in letters.map { word + [$0] } }
  }

  static let nine: [(Truth, Truth)] = Truth.allCases.flatMap { a in
    Truth.allCases.map { (a, $0) }
  }

  @Test("no longer continuation than those that are tried changes a verdict")
  func bounds() {
    for (template, count) in Self.counted {
      for word in Self.words(2, Self.nine) + Self.words(1, Self.nine) + [[]] {
        let letters = word.map { PlainLetter(a: $0.a, b: $0.b) }
        let verdict = PlainTemporal.verdict(template, count: count, word: word)
        let (kept, broken) = PlainTemporal.prospects(
          template, count: count, word: letters, depth: 4)
        #expect((verdict == .violated) == !kept, "\(template) \(String(describing: count)) \(word)")
        #expect(
          (verdict == .satisfied) == !broken, "\(template) \(String(describing: count)) \(word)")
      }
    }
  }

  @Test("the guard's monitors give the same verdicts", arguments: counted.indices)
  func agreement(_ index: Int) {
    let (template, count) = Self.counted[index]
    let monitor = Monitor(template, count: count, within: nil)
    let three: [(Truth, Truth)] = [(.yes, .no), (.no, .yes), (.no, .no)]
    for word in (0...6).flatMap({ Self.words($0, three) })
      + (0...3).flatMap({ Self.words($0, Self.nine) })
    {
      let mine = PlainTemporal.verdict(template, count: count, word: word)
      #expect(Self.text(mine) == Self.verdict(monitor, word), "\(template) \(word)")
    }
  }

  private static func text(_ verdict: PlainTemporal.Verdict) -> String { "\(verdict)" }

  /// The monitor's verdict, where every letter is taken, breaches too.
  private static func verdict(_ monitor: Monitor, _ word: [(a: Truth, b: Truth)]) -> String {
    var number: UInt32 = 0
    for letter in word {
      let letter = Letter(
        a: Certainty(rawValue: UInt8(letter.a.rawValue)) ?? .no,
        b: Certainty(rawValue: UInt8(letter.b.rawValue)) ?? .no)
      switch monitor {
      case .automaton(let automaton): number = automaton.step(number, letter)
      case .counter(let counter): number = counter.step(number, letter)
      case .window: break
      }
    }
    return "\(monitor.verdict(.number(number)))"
  }
}
