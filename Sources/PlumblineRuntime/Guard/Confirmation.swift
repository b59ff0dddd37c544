import CEL
import PlumblineBundle

extension Guard {
  /// `confirmed`: the agent listed the values, then the speaker agreed (semantics 30, 35).
  func judgeConfirmation(
    _ activation: GuardActivation, _ requirement: RequirementPlan, _ plan: ConfirmationPlan,
    _ judgement: inout Judgement, _ report: (Finding) -> Void
  ) {
    let applies: Condition.Verdict = plan.when?.test(activation) ?? .yes
    if case .no = applies { return }
    var finding = Finding(
      requirement: requirement.declaration.id, rule: "confirmed", category: .violated, message: "",
      position: requirement.declaration.position, shadow: requirement.shadow,
      time: activation.now)
    switch confirm(activation, plan) {
    case .confirmed(let message):
      if !requirement.shadow, !judgement.usedConfirmations.contains(message) {
        judgement.usedConfirmations.append(message)
      }
      return
    case .refused(let reason, let evidence):
      if case .yes = applies {
        violate(&finding, requirement, activation)
        if requirement.declaration.tell == nil { finding.message += " (\(reason))" }
        finding.evidence = evidence
      } else {
        // Whether it applies is not known either.
        unground(&finding, requirement)
        if case .unknown(let unknown) = applies {
          explain(shown(unknown, of: [plan.when], activation), &finding)
        }
        if case .error(let error) = applies {
          finding.message =
            "the condition cannot be evaluated: \(shown(error, of: plan.when, activation))"
        }
      }
    case .unknown(let unknown):
      unground(&finding, requirement)
      explain(shown(unknown, of: [plan.when] + plan.lists, activation), &finding)
    case .error(let error):
      unground(&finding, requirement)
      let shown = plan.lists.map { self.shown(error, of: $0, activation) }
      finding.message =
        "the confirmation cannot be evaluated: "
        + (shown.first { $0 != error.message } ?? error.message)
    }
    if finding.fix == nil { finding.fix = Self.fix(finding.answer, finding.role) }
    if finding.fix == nil, finding.category == .violated {
      finding.fix = "tell the \(plan.speaker) the details, wait for the answer, then propose again"
    }
    report(finding)
  }

  /// What became of asking.
  enum Confirmation {
    /// By the message with this number.
    case confirmed(Int)
    case refused(String, [Evidence])
    case unknown(Unknown)
    case error(EvaluationError)
  }

  func confirm(_ activation: GuardActivation, _ plan: ConfirmationPlan) -> Confirmation {
    guard let state = activation.state else { return .refused("there is no case", []) }
    let messages = state.pointee.messages
    guard let answer = messages.lastIndex(where: { $0.speaker == plan.speaker }) else {
      return .refused("the \(plan.speaker) has not said anything", [])
    }
    activation.text = messages[answer].text
    switch plan.agrees.test(activation) {
    case .yes: break
    case .no: return .refused("the \(plan.speaker)'s last message does not agree", [])
    case .unknown(let unknown): return .unknown(unknown)
    case .error(let error): return .error(error)
    }
    switch plan.refuses?.test(activation) ?? .no {
    case .no: break
    case .yes: return .refused("the \(plan.speaker)'s last message refuses", [])
    case .unknown(let unknown): return .unknown(unknown)
    case .error(let error): return .error(error)
    }
    let listed = messages[..<answer].last { $0.speaker == "agent" }?.text ?? ""
    var evidence: [Evidence] = []
    var missing: [String] = []
    for (condition, text) in zip(plan.lists, plan.texts) {
      let value = condition.value(activation)
      switch value {
      case .unknown(let unknown): return .unknown(unknown)
      case .error(let error): return .error(error)
      default: break
      }
      if let problem = ListedValues.unlisted(value, in: listed) {
        switch problem {
        case .unknown(let unknown): return .unknown(unknown)
        case .missing: missing.append("`\(text)`")
        }
        evidence += self.evidence(condition, activation)
      }
    }
    if !missing.isEmpty {
      return .refused(
        "the agent's message before it does not hold \(missing.joined(separator: ", "))", evidence)
    }
    let message = messages[answer].seq
    if case .record(let args) = activation.args,
      state.pointee.usedConfirmations.contains(where: {
        $0.message == message && $0.action == activation.action
      })
    {
      let hash = Hashing.arguments(args)
      if state.pointee.usedConfirmations.contains(where: {
        $0.message == message && $0.action == activation.action && $0.argumentHash == hash
      }) {
        return .refused("the \(plan.speaker)'s agreement was used already", [])
      }
    }
    return .confirmed(message)
  }
}

/// Whether a text holds values: numbers by value, other values as whole words, in any case.
enum ListedValues {
  enum Problem {
    case missing
    case unknown(Unknown)
  }

  static func unlisted(_ value: Value, in text: String) -> Problem? {
    var words: Words?
    return check(value, text, &words, depth: 0)
  }

  /// A text made ready for looking things up.
  private struct Words {
    let folded: [Unicode.Scalar]
    let numbers: [Double]
  }

  private static func check(_ value: Value, _ text: String, _ words: inout Words?, depth: Int)
    -> Problem?
  {
    if depth > 64 { return .missing }
    let ready: Words
    if let words {
      ready = words
    } else {
      let folded = Array(text.lowercased().unicodeScalars)
      ready = Words(folded: folded, numbers: numbers(folded))
      words = ready
    }
    func each(_ values: [Value]) -> Problem? {
      for element in values {
        if let problem = check(element, text, &words, depth: depth + 1) { return problem }
      }
      return nil
    }
    func number(_ number: Double) -> Problem? {
      ready.numbers.contains(number) ? nil : .missing
    }
    switch value {
    case .null, .absent: return nil
    case .int(let whole): return number(Double(whole))
    case .uint(let whole): return number(Double(whole))
    case .double(let double): return number(double)
    case .list(let list):
      if let missing = list.missing { return .unknown(missing) }
      return each(list.elements)
    case .record(let record): return each(record.slots)
    case .map(let map):
      if let missing = map.missing { return .unknown(missing) }
      return each(map.keys.map { map.lookup($0) })
    case .unknown(let unknown): return .unknown(unknown)
    case .optional(let optional): return optional.value.flatMap { each([$0]) }
    default:
      let word = Array(ValueJSON.text(value).lowercased().unicodeScalars)
      return holds(ready.folded, word) ? nil : .missing
    }
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return isLetter(scalar) || isDigit(scalar) || scalar == "_" }
    return isLetter(scalar) || scalar.properties.numericType != nil
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z": true
    default: !scalar.isASCII && (scalar.properties.isAlphabetic || isMark(scalar))
    }
  }

  /// What stands over or under the letter before it.
  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar >= "0" && scalar <= "9" }

  private static func holds(_ text: [Unicode.Scalar], _ word: [Unicode.Scalar]) -> Bool {
    guard let first = word.first, let last = word.last else { return true }
    if word.count > text.count { return false }
    for start in 0...(text.count - word.count) where text[start] == first {
      let end = start + word.count
      if !text[start..<end].elementsEqual(word) { continue }
      if start > 0, isWord(first), isWord(text[start - 1]) { continue }
      if end < text.count, isWord(last), isWord(text[end]) { continue }
      return true
    }
    return false
  }

  /// The numbers in a text: `20`, `$20.00`, `1,234.5`, `-3`. Digits that are part of something else
  /// are none: of a word (`hat083`, `o-20`), a date, a time, a range (`20-30`), of `20k`.
  private static func numbers(_ text: [Unicode.Scalar]) -> [Double] {
    var result: [Double] = []
    var index = 0
    while index < text.count {
      guard isDigit(text[index]) else {
        index += 1
        continue
      }
      let start = index
      var digits = ""
      while index < text.count {
        if isDigit(text[index]) {
          digits.unicodeScalars.append(text[index])
          index += 1
        } else if text[index] == ",", groups(text, after: index) {
          index += 1
        } else {
          break
        }
      }
      if index + 1 < text.count, text[index] == ".", isDigit(text[index + 1]) {
        digits += "."
        index += 1
        while index < text.count, isDigit(text[index]) {
          digits.unicodeScalars.append(text[index])
          index += 1
        }
      }
      if continues(text, before: start) || continues(text, after: index) { continue }
      guard let number = Double(digits) else { continue }
      let isNegative = start > 0 && (text[start - 1] == "-" || text[start - 1] == "\u{2212}")
      result.append(number)
      if isNegative { result.append(-number) }
    }
    return result
  }

  /// Whether digits that start here belong to what stands before them.
  private static func continues(_ text: [Unicode.Scalar], before start: Int) -> Bool {
    guard start > 0 else { return false }
    if isWord(text[start - 1]) { return true }
    guard start > 1 else { return false }
    switch text[start - 1] {
    case "-", "\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}": return isWord(text[start - 2])
    case ".", ",", ":", "/": return isDigit(text[start - 2])
    default: return false
    }
  }

  /// Whether digits that end here go on in what stands after them.
  private static func continues(_ text: [Unicode.Scalar], after end: Int) -> Bool {
    guard end < text.count else { return false }
    let next = end + 1 < text.count ? text[end + 1] : " "
    switch text[end] {
    case "k", "m": return !isWord(next)
    case "_": return true
    case "-", "\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}", ".", ",", ":", "/":
      return isDigit(next)
    default: return false
    }
  }

  /// Whether exactly three digits follow: a comma between thousands.
  private static func groups(_ text: [Unicode.Scalar], after comma: Int) -> Bool {
    guard comma + 3 < text.count else { return false }
    for index in (comma + 1)...(comma + 3) where !isDigit(text[index]) { return false }
    return comma + 4 >= text.count || !isDigit(text[comma + 4])
  }
}
