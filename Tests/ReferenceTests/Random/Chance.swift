/// Numbers that look random and are the same for the same seed on every machine (SplitMix64).
struct Chance: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number from 0 to below `count`.
  mutating func below(_ count: Int) -> Int { count <= 1 ? 0 : Int(next() % UInt64(count)) }
  mutating func number(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.upperBound - range.lowerBound + 1)
  }
  /// True in so many of a hundred cases.
  mutating func percent(_ share: Int) -> Bool { below(100) < share }

  mutating func pick<T>(_ values: [T]) -> T? { values.isEmpty ? nil : values[below(values.count)] }
  mutating func pick<T>(_ first: T, _ more: T...) -> T {
    let index = below(more.count + 1)
    return index == 0 ? first : more[index - 1]
  }
  /// Some of the values, in their order.
  mutating func some<T>(_ values: [T], _ share: Int) -> [T] {
    values.filter { _ in percent(share) }
  }

  /// One of the cases by its weight.
  mutating func weighted<T>(_ cases: [(weight: Int, value: T)]) -> T? {
    var rest = below(cases.reduce(0) { $0 + $1.weight })
    for (weight, value) in cases {
      if rest < weight { return value }
      rest -= weight
    }
    return cases.last?.value
  }
}
