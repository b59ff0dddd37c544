public import PlumblineBundle

extension DeclareTemplate {
  /// Its meaning in LTLf (Docs/Temporal.md); nil for the templates that count.
  var formula: Formula? {
    let a = Formula.a
    let b = Formula.b
    let notA = Formula.notA
    let notB = Formula.notB
    switch self {
    case .existence, .absence, .exactly: return nil
    case .initial: return a
    case .end: return .eventually(.all([a, .weakNext(.constant(false))]))
    case .choice: return .any([.eventually(a), .eventually(b)])
    case .exclusiveChoice:
      return .all([.any([.eventually(a), .eventually(b)]), Self.never])
    case .respondedExistence: return .any([.always(notA), .eventually(b)])
    case .coExistence:
      return .all([
        .any([.always(notA), .eventually(b)]), .any([.always(notB), .eventually(a)]),
      ])
    case .response: return .always(.any([notA, .eventually(b)]))
    case .alternateResponse: return .always(.any([notA, .strongNext(.until(notA, b))]))
    case .chainResponse: return .always(.any([notA, .strongNext(b)]))
    case .precedence: return .weakUntil(notB, a)
    case .alternatePrecedence:
      return .all([
        .weakUntil(notB, a), .always(.any([notB, .weakNext(.weakUntil(notB, a))])),
      ])
    case .chainPrecedence: return .all([notB, .always(.any([.weakNext(notB), a]))])
    case .succession: return Self.both(.response, .precedence)
    case .alternateSuccession: return Self.both(.alternateResponse, .alternatePrecedence)
    case .chainSuccession: return Self.both(.chainResponse, .chainPrecedence)
    case .notCoExistence, .notRespondedExistence: return Self.never
    case .notSuccession, .notResponse, .notPrecedence:
      return .always(.any([notA, .always(notB)]))
    case .notChainSuccession, .notChainResponse, .notChainPrecedence:
      return .always(.any([notA, .weakNext(notB)]))
    }
  }

  private static let never = Formula.any([.always(.notA), .always(.notB)])

  private static func both(_ first: DeclareTemplate, _ second: DeclareTemplate) -> Formula {
    .all([first, second].compactMap(\.formula))
  }

  /// Which sets `when` filters.
  public var activations: (a: Bool, b: Bool) {
    switch self {
    case .response, .alternateResponse, .chainResponse, .respondedExistence, .notResponse,
      .notRespondedExistence, .notChainResponse:
      (true, false)
    case .precedence, .alternatePrecedence, .chainPrecedence, .notPrecedence,
      .notChainPrecedence, .notSuccession, .notChainSuccession:
      (false, true)
    default: (true, true)
    }
  }
}
