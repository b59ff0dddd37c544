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
        if case .unknown(let unknown) = applies { explain(unknown, &finding) }
        if case .error(let error) = applies {
          finding.message =
            "the condition cannot be evaluated: \(shown(error, of: plan.when, activation))"
        }
      }
    case .unknown(let unknown):
      unground(&finding, requirement)
      explain(unknown, &finding)
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
    let folded: [UInt8]
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
      let folded = Array(text.lowercased().utf8)
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
      let word = Array(ValueJSON.text(value).lowercased().utf8)
      return holds(ready.folded, word) ? nil : .missing
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z"))
      || (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z"))
      || isDigit(byte) || byte >= 0x80 || byte == UInt8(ascii: "_")
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private static func holds(_ text: [UInt8], _ word: [UInt8]) -> Bool {
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

  /// The numbers in a text: `20`, `20.00`, `1,234.5`, `-3`.
  private static func numbers(_ text: [UInt8]) -> [Double] {
    var result: [Double] = []
    var index = 0
    while index < text.count {
      guard isDigit(text[index]) else {
        index += 1
        continue
      }
      let start = index
      // Digits inside a word (`hat083`, `v2`) are no numbers.
      let inside = start > 0 && isWord(text[start - 1])
      var digits: [UInt8] = []
      while index < text.count {
        if isDigit(text[index]) {
          digits.append(text[index])
          index += 1
        } else if text[index] == UInt8(ascii: ","), groups(text, after: index) {
          index += 1
        } else {
          break
        }
      }
      if index + 1 < text.count, text[index] == UInt8(ascii: "."), isDigit(text[index + 1]) {
        digits.append(text[index])
        index += 1
        while index < text.count, isDigit(text[index]) {
          digits.append(text[index])
          index += 1
        }
      }
      if inside { continue }
      guard let number = Double(String(decoding: digits, as: UTF8.self)) else { continue }
      result.append(number)
      if start > 0, text[start - 1] == UInt8(ascii: "-"), start < 2 || !isWord(text[start - 2]) {
        result.append(-number)
      }
    }
    return result
  }

  /// Whether exactly three digits follow: a comma between thousands.
  private static func groups(_ text: [UInt8], after comma: Int) -> Bool {
    guard comma + 3 < text.count else { return false }
    for index in (comma + 1)...(comma + 3) where !isDigit(text[index]) { return false }
    return comma + 4 >= text.count || !isDigit(text[comma + 4])
  }
}
