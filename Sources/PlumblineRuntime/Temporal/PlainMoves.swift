import Declare

/// What one kind of event is to the rules that see it.
struct EventUses: Sendable {
  /// The rules of one state for the whole case to which the event is always the same letter.
  let moves: PlainMoves
  /// All others, in the order of rules.
  let uses: [TemporalUse]
  /// Both of them.
  let all: [TemporalUse]

  init(_ all: [TemporalUse]) {
    self.all = all
    var moves = PlainMoves()
    uses = all.filter { !moves.take($0) }
    self.moves = moves
  }

  var isEmpty: Bool { moves.isEmpty && uses.isEmpty }
}

/// Moves of automata as tables, so that an event costs a rule a look-up.
struct PlainMoves: Sendable {
  private struct Move {
    /// The rule's number, and so the place of its state.
    let rule: Int
    /// Where its table begins: for each state the next one and what that is.
    let start: Int
    let count: UInt32
  }

  /// What a table holds of a state: the next one, above two bits for what is open.
  private enum Cell {
    static let breach = UInt32.max
    static let wasOpen: UInt32 = 1
    static let isOpen: UInt32 = 2
  }

  private var moves: [Move] = []
  private var cells: [UInt32] = []

  /// No more states than this: a template that counts to a large number is left to its counter.
  private static let limit = 256

  var isEmpty: Bool { moves.isEmpty }

  /// Adds a use; false where it is none of the kind.
  mutating func take(_ use: TemporalUse) -> Bool {
    guard let letter = use.certainLetter else { return false }
    let rule = use.rule
    if letter == .other, !rule.seesOthers { return true }
    guard let count = rule.monitor.stateCount, count <= Self.limit else { return false }
    func isOpen(_ state: UInt32) -> Bool { rule.monitor.verdict(.number(state)) == .open }
    moves.append(Move(rule: rule.index, start: cells.count, count: UInt32(count)))
    for state in 0..<UInt32(count) {
      guard let next = rule.monitor.step(state, letter) else {
        cells.append(Cell.breach)
        continue
      }
      cells.append(
        next << 2 | (isOpen(state) ? Cell.wasOpen : 0) | (isOpen(next) ? Cell.isOpen : 0))
    }
    return true
  }

  /// Moves the states; gives the rules for which the event is a breach, which do not move.
  func apply(to temporal: inout TemporalState, of rules: Int, here: Waiting) -> [Int] {
    if moves.isEmpty { return [] }
    temporal.begin(rules)
    var breached: [Int] = []
    moves.withUnsafeBufferPointer { moves in
      cells.withUnsafeBufferPointer { cells in
        for move in moves {
          let state = temporal.plain[move.rule].number
          // A state is one of its automaton; anything else would be a mistake of ours.
          guard state < move.count else { continue }
          let cell = cells[move.start + Int(state)]
          if cell == Cell.breach {
            breached.append(move.rule)
          } else if cell >> 2 != state {
            temporal.move(
              move.rule, to: cell >> 2, wasOpen: cell & Cell.wasOpen != 0,
              isOpen: cell & Cell.isOpen != 0, here: here)
          }
        }
      }
    }
    return breached
  }
}
