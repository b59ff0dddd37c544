import CEL

/// What a running guard offers to the functions below.
protocol GuardFacts: Activation {
  /// Whether a speaker has said something that matches.
  func heard(_ speaker: String, _ pattern: String) -> Value
}

/// The functions of specs that CEL does not have.
enum HostFunctions {
  static let all: [FunctionDeclaration] = [known, age, heard]

  /// `known(x)`: never unknown; false for what is missing, stale, partial or off contract.
  static let known = FunctionDeclaration(
    "known",
    [
      Overload(
        "known", [.parameter("T")], .bool, lenient: true, asksPresence: true,
        .unary { value in .bool(isKnown(value)) })
    ])

  static func isKnown(_ value: Value) -> Bool {
    switch value {
    case .unknown, .error, .absent, .null: return false
    case .list(let list): return list.missing == nil
    case .map(let map): return map.missing == nil
    case .record(let record):
      for slot in record.slots {
        if case .unknown = slot { return false }
      }
      return true
    default: return true
    }
  }

  /// `age(record)`: how long ago it was read. A stale record's age is known too.
  static let age = FunctionDeclaration(
    "age",
    [
      Overload(
        "age", [.parameter("T")], .duration, lenient: true,
        .host { arguments, activation in
          guard let value = arguments.first else {
            return .error(EvaluationError(.invalidArgument, "`age` takes a record"))
          }
          var asOf: Timestamp?
          switch value {
          case .record(let record): asOf = (record.origin as? RecordOrigin)?.asOf
          case .unknown(let unknown):
            if unknown.attributes.count == 1 { asOf = unknown.attributes.first?.asOf }
          default: break
          }
          guard let asOf else {
            switch value {
            case .unknown, .error: return value
            default:
              return .error(
                EvaluationError(.invalidArgument, "`age` takes a record that was read"))
            }
          }
          guard case .timestamp(let now) = activation.load(Slot.now) else { return value }
          return .duration(now.since(asOf))
        })
    ])

  /// `heard(speaker, pattern)`: any message so far.
  static let heard = FunctionDeclaration(
    "heard",
    [
      Overload(
        "heard", [.string, .string], .bool,
        .host { arguments, activation in
          guard arguments.count == 2, case .string(let speaker) = arguments[0],
            case .string(let pattern) = arguments[1], let facts = activation as? any GuardFacts
          else { return .error(EvaluationError(.invalidArgument, "`heard` takes two texts")) }
          return facts.heard(speaker, pattern)
        })
    ])
}

/// Where a record came from. Kept in `RecordValue.origin`.
final class RecordOrigin: Sendable {
  let asOf: Timestamp
  /// The tool whose result it is; nil for facts.
  let tool: Int?
  /// Seconds; nil: never stale.
  let freshFor: Int64?
  init(asOf: Timestamp, tool: Int?, freshFor: Int64?) {
    self.asOf = asOf
    self.tool = tool
    self.freshFor = freshFor
  }

  /// Of a record that is made of two: as old as the older of them, and fresh while both are.
  func joined(to other: RecordOrigin) -> RecordOrigin {
    let older = other.asOf < asOf ? other : self
    let until = [freshUntil, other.freshUntil].compactMap { $0 }.min()
    return RecordOrigin(
      asOf: older.asOf, tool: older.tool, freshFor: until.map { $0.since(older.asOf).seconds })
  }

  /// The last moment at which it is fresh.
  var freshUntil: Timestamp? {
    guard let freshFor else { return nil }
    let (seconds, overflow) = asOf.seconds.addingReportingOverflow(freshFor)
    return overflow ? nil : Timestamp(seconds: seconds, nanoseconds: asOf.nanoseconds)
  }
}

extension Timestamp {
  /// The span from another moment to this one. Both are in CEL's range, so it cannot overflow;
  /// beyond it, it is clamped.
  func since(_ other: Timestamp) -> CEL.Duration {
    let (whole, overflow) = seconds.subtractingReportingOverflow(other.seconds)
    if overflow {
      return CEL.Duration(seconds: seconds < other.seconds ? -Int64.max : Int64.max)
    }
    var whole64 = whole
    var nanos = nanoseconds - other.nanoseconds
    if whole64 > 0, nanos < 0 {
      whole64 -= 1
      nanos += 1_000_000_000
    } else if whole64 < 0, nanos > 0 {
      whole64 += 1
      nanos -= 1_000_000_000
    }
    return CEL.Duration(seconds: whole64, nanoseconds: nanos)
  }
}
