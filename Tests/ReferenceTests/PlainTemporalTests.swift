import Declare
import PlumblineBundle
import Testing

@testable import PlumblineReference

/// The verdicts of the second interpreter, and the bounds that they rely on.
struct PlainTemporalTests {
  static let counted: [(template: DeclareTemplate, count: Int?)] = {
    var found: [(template: DeclareTemplate, count: Int?)] = []
    for template in DeclareTemplate.allCases {
      switch template {
      case .existence, .absence, .exactly: for count in 0...3 { found.append((template, count)) }
      default: found.append((template, nil))
      }
    }
    return found
  }()

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
          template, count: count, word: letters, depth: 3)
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

  /// Numbers that look random and are the same each time.
  private struct Dice {
    var state: UInt64
    mutating func below(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(limit))
    }
    mutating func letter() -> PlainLetter {
      PlainLetter(a: Truth.allCases[below(3)], b: Truth.allCases[below(3)])
    }
  }

  private static func letter(_ letter: PlainLetter) -> Letter {
    Letter(
      a: Certainty(rawValue: UInt8(letter.a.rawValue)) ?? .no,
      b: Certainty(rawValue: UInt8(letter.b.rawValue)) ?? .no)
  }

  @Test(
    "breaches, deadlines, what waits and what open calls could break: as the guard's monitors have it",
    arguments: counted.indices, [nil, 0, 2, 5] as [Int64?])
  func monitors(_ index: Int, _ within: Int64?) {
    let (template, count) = Self.counted[index]
    var rule = TemporalDeclaration(template: template, events: [], count: count, sugar: "declare")
    rule.within = within
    let meaning = RuleMeaning(rule)
    let monitor = Monitor(template, count: count, within: within)
    var dice = Dice(state: UInt64(index) &+ 77)
    for _ in 0..<150 {
      var state = monitor.initial
      var word: [PlainLetter] = []
      var clock: Int128 = 0
      var told: [String] = []
      for event in 1...8 {
        let before = clock
        clock += Int128([0, 1, 1, 2, 3, 5, 6][dice.below(7)]) * 1_000_000_000
        // Deadlines come before the event.
        let due = (meaning.window?.overdue(word, from: before, to: clock) ?? [])
          .map { "\($0.time) \($0.event)" }.sorted()
        let fired = state.expire(before: clock, monitor).map { "\($0.since) \($0.event)" }.sorted()
        #expect(due == fired, "\(template) \(word)")
        told += due

        var next = dice.letter()
        next.time = clock
        next.event = event
        let open = (0..<dice.below(4)).map { _ in dice.letter() }.map {
          PlainLetter(a: $0.a, b: $0.b, time: clock)
        }
        #expect(
          meaning.couldBreak(next, after: word, open: open)
            == monitor.couldBreach(
              state, Self.letter(next), open: open.map(Self.letter), at: clock, event: event),
          "\(template) \(String(describing: within)) \(word) then \(next) with \(open)")
        let isBreach = meaning.isBreach(next, after: word)
        let taken = monitor.take(&state, Self.letter(next), at: clock, event: event)
        #expect(
          isBreach == !taken, "\(template) \(String(describing: within)) \(word) then \(next)")
        if !taken { continue }
        word.append(next)
        if let window = meaning.window {
          #expect(
            window.waiting(word, at: clock).map(\.event).sorted()
              == state.waiting.map(\.event).sorted(), "\(template) \(word)")
        } else {
          #expect(meaning.isOpen(word) == (monitor.verdict(state) == .open), "\(template) \(word)")
        }
      }
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
