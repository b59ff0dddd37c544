import CEL
import PlumblineBundle
import PlumblineDiagnostics
import PlumblineRuntime
import SpecModel

/// The terms as trees: which uses which, and which cannot be used because of a mistake of their own.
struct TermTable: Sendable {
  /// By number: the terms that a term mentions.
  private(set) var uses: [[Int]] = []
  private(set) var names: [Set<String>] = []
  private(set) var broken: Set<Int> = []
  private(set) var diagnostics: [Diagnostic] = []
  let index: [String: Int]

  init(_ input: CheckInput) {
    index = input.termIndex
    let context: SpecScope.Context =
      input.bundle.tools.first.map { .requirement(action: $0.name) } ?? .constant
    let environment = input.scope.environment(context)
    for (number, term) in input.terms.enumerated() {
      let parsed = CELParser.parse(term.body.text, in: environment)
      let own = parsed.issues.filter {
        $0.kind == .syntax || $0.kind == .limit || $0.kind == .undeclaredName
      }
      if let first = own.first {
        broken.insert(number)
        diagnostics.append(.expression(first, at: term.body.range(first.position)))
      }
      let mentioned = Self.names(in: parsed.expr)
      names.append(mentioned)
      let parameters = Set((term.parameters ?? []).map(\.value))
      uses.append(mentioned.subtracting(parameters).compactMap { input.termIndex[$0] }.sorted())
    }
    findCycles(input)
  }

  private mutating func findCycles(_ input: CheckInput) {
    var state = Array(repeating: 0, count: uses.count)
    for start in uses.indices where state[start] == 0 {
      var stack = [(node: start, next: 0)]
      state[start] = 1
      while let top = stack.last {
        if top.next < uses[top.node].count {
          stack[stack.count - 1].next += 1
          let target = uses[top.node][top.next]
          if state[target] == 0 {
            state[target] = 1
            stack.append((target, 0))
          } else if state[target] == 1, broken.insert(target).inserted {
            diagnostics.append(
              .recursiveTerm(input.terms[target].name.value, at: input.terms[target].name.range))
          }
        } else {
          state[top.node] = 2
          stack.removeLast()
        }
      }
    }
    // Whatever rests on a broken term is broken with it, silently.
    var changed = true
    while changed {
      changed = false
      for number in uses.indices
      where !broken.contains(number) && uses[number].contains(where: broken.contains) {
        broken.insert(number)
        changed = true
      }
    }
  }

  /// Names and functions that a tree mentions.
  static func names(in expr: Expr) -> Set<String> {
    var found: Set<String> = []
    expr.walk { node in
      switch node.kind {
      case .ident(let name): found.insert(name)
      case .call(let function, nil, _): found.insert(function)
      default: break
      }
    }
    return found
  }

  /// Where a text uses a term, itself or through others.
  func use(of term: Int, in text: String, _ environment: CEL.Environment) -> ExprPosition? {
    var reaching: Set<Int> = [term]
    var changed = true
    while changed {
      changed = false
      for number in uses.indices
      where !reaching.contains(number) && uses[number].contains(where: reaching.contains) {
        reaching.insert(number)
        changed = true
      }
    }
    var place: ExprPosition?
    CELParser.parse(text, in: environment).expr.walk { node in
      switch node.kind {
      case .ident(let name), .call(let name, nil, _):
        if place == nil, let number = index[name], reaching.contains(number) {
          place = node.position
        }
      default: break
      }
    }
    return place
  }
}

extension WrittenExpression {
  func range(_ position: ExprPosition) -> SourceRange {
    range(Int(position.start), Int(position.end))
  }
}
