import CEL

/// Why a fact is not known. The raw values stand in `Unknown.Attribute.reason`.
enum UnknownReason: Int, Sendable {
  case neverRead, stale, partial, drift, inFlight, inDoubt, touched, absent, unreadable
  /// Of a collection: some of it was read, and there may be more.
  case incomplete

  /// An unknown of one attribute. `source` is the number of a `FactSource`.
  func unknown(_ path: String, source: FactSource?, asOf: Timestamp? = nil) -> Unknown {
    Unknown([
      Unknown.Attribute(
        path: path, reason: rawValue, source: source?.number ?? -1, asOf: asOf)
    ])
  }

  /// What is wrong with the fact, as the end of a sentence.
  var phrase: String {
    switch self {
    case .neverRead: "was never read"
    case .stale: "is out of date"
    case .partial: "is known in part only"
    case .drift: "came in a form that breaks its contract"
    case .inFlight: "is being changed by an action without a result yet"
    case .inDoubt: "depends on an action whose outcome is in doubt"
    case .touched: "was changed by an action and not read again"
    case .absent: "was not given"
    case .unreadable: "cannot be read from the text"
    case .incomplete: "may hold more than was read"
    }
  }
}

/// Where a fact would come from.
enum FactSource: Sendable, Hashable {
  case collection(Int)
  case caseField(Int)
  /// The tool that settles an action in doubt.
  case settling(tool: Int)

  var number: Int {
    switch self {
    case .collection(let index): index * 4
    case .caseField(let index): index * 4 + 1
    case .settling(let tool): tool * 4 + 2
    }
  }
  init?(number: Int) {
    guard number >= 0 else { return nil }
    switch number % 4 {
    case 0: self = .collection(number / 4)
    case 1: self = .caseField(number / 4)
    case 2: self = .settling(tool: number / 4)
    default: return nil
    }
  }
}
