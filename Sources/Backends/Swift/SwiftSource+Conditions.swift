import CEL
import Declare
import PlumblineBundle
import PlumblineRuntime

extension SwiftSource {
  /// How many files conditions are spread over, so that no file grows beyond what a compiler takes well and the
  /// names of all are known beforehand.
  static let conditionFiles = 4

  static func conditionFileName(_ stem: String, _ index: Int) -> String {
    "\(stem)+Conditions\(index == 0 ? "" : "\(index + 1)").swift"
  }

  /// The conditions that have no function, and why.
  public var interpreted: [(condition: String, reason: String)] {
    writtenConditions().left.map { ($0.condition.name, $0.reason) }
  }

  private func writtenConditions() -> (
    shared: ConditionWriter.Shared, written: [WrittenCondition],
    left: [(condition: NamedCondition, reason: String)]
  ) {
    var shared = ConditionWriter.Shared()
    var names = SwiftNames(reserved: SwiftNames.members.union(["interpreted", "meaning"]))
    var written: [WrittenCondition] = []
    var left: [(condition: NamedCondition, reason: String)] = []
    for condition in conditions {
      var writer = ConditionWriter(condition, bundle, shared)
      do {
        let expression = try writer.write()
        shared = writer.shared
        written.append(
          WrittenCondition(
            condition: condition, function: names.member(Self.stem(ofCondition: condition.name)),
            expression: expression))
      } catch {
        left.append((condition, error.reason))
      }
    }
    return (shared, written, left)
  }

  /// The conditions as functions, in `conditionFiles` parts.
  func conditionTexts() -> [String] {
    let (shared, written, left) = writtenConditions()
    let size = max(40, (written.count + Self.conditionFiles - 1) / Self.conditionFiles)
    let parts = (0..<Self.conditionFiles).map { index in
      written[min(index * size, written.count)..<min((index + 1) * size, written.count)]
    }
    return parts.enumerated().map { index, part in
      var out = header(imports: [
        index == 0 ? "public import PlumblineTyped" : "import PlumblineTyped"
      ])
      if index == 0 { preamble(shared, parts.count, left, &out) }
      functions(Array(part), part: index + 1, &out)
      return out.text
    }
  }

  private struct WrittenCondition {
    let condition: NamedCondition
    let function: String
    let expression: SwiftExpression
  }

  /// What a function is named after: the place, without the text that stands there.
  private static func stem(ofCondition name: String) -> String {
    let place = name.firstIndex(of: ":").map { name[..<$0] } ?? name[...]
    return String(String.UnicodeScalarView(place.unicodeScalars.prefix(80)))
  }

  private func preamble(
    _ shared: ConditionWriter.Shared, _ parts: Int,
    _ left: [(condition: NamedCondition, reason: String)], _ out: inout SwiftText
  ) {
    out.block("extension \(namespace)") { out in
      out.documentation(
        """
        The conditions of the spec as functions: true, false, or nil where the interpreter has to say \
        what is not plain.
        """)
      out.block("public enum Conditions") { out in
        out.documentation("The conditions that are always interpreted, and why.")
        Self.list(
          "public static", "interpreted", of: "(condition: String, reason: String)",
          left.map { "(\(SwiftText.literal($0.condition.name)), \(SwiftText.literal($0.reason)))" },
          &out)
      }
      out.line()
      out.documentation("What the guard runs in place of interpreting.")
      out.line("public static let compiled = CompiledSpec(")
      out.line("  meaning: meaning,")
      let names = (1...parts).map { "Conditions.part\($0)" }
      out.line("  conditions: [\(names.joined(separator: ", "))],")
      out.line("  hosts: [\(shared.hosts.map(SwiftText.literal).joined(separator: ", "))],")
      out.line("  monitors: monitors)")
      out.line()
      monitors(&out)
    }
    out.line()
    out.block("extension \(namespace).Conditions") { out in
      for (name, text) in shared.patterns.made {
        out.line("static let \(name) = TextPattern(\(text))")
      }
      for (name, text) in shared.functions.made {
        out.line("static let \(name) = LibraryFunction(specs: \(text))")
      }
      for (name, text) in shared.constants.made {
        out.line("static let \(name) = \(text)")
      }
      for (name, text) in shared.tables.made {
        let lines = text.split(separator: "\n").map(String.init)
        out.line()
        out.line(lines[0])
        out.block("static func \(name)(_ key: String?) -> \(lines[1])?") { out in
          out.line("switch key {")
          for line in lines.dropFirst(2) { out.line(line) }
          out.line("default: nil")
          out.line("}")
        }
      }
    }
    out.line()
  }

  /// The automata of the templates that rules follow.
  private func monitors(_ out: inout SwiftText) {
    let templates = Set(
      bundle.requirements.filter(\.isEnforced).flatMap(\.temporal)
        .filter { rule in
          if case .automaton = Monitor(rule.template, count: rule.count, within: rule.within) {
            true
          } else {
            false
          }
        }.map(\.template))
    out.documentation(
      """
      The monitors of rules over time: for each state of a template's automaton the next one, by letter, \
      and what each state is (\(Verdict.allCases.map { "\($0.rawValue) \($0)" }.joined(separator: ", "))).
      """)
    out.line("private static let monitors: [MonitorTable] = [")
    for template in templates.sorted(by: { $0.rawValue < $1.rawValue }) {
      guard let automaton = Automaton.of(template) else { continue }
      out.line("  MonitorTable(")
      out.line("    \(SwiftText.literal(template.rawValue)),")
      out.line("    next: [")
      for state in 0..<automaton.count {
        let row = automaton.next[(state * 9)..<(state * 9 + 9)]
        out.line("      \(row.map(String.init).joined(separator: ", ")),")
      }
      out.line("    ],")
      out.line(
        "    verdicts: [\(automaton.verdicts.map { "\($0.rawValue)" }.joined(separator: ", "))]),")
    }
    out.line("]")
  }

  private func functions(_ conditions: [WrittenCondition], part: Int, _ out: inout SwiftText) {
    out.block("extension \(namespace).Conditions") { out in
      Self.list(
        "static", "part\(part)", of: "CompiledSpec.Condition",
        conditions.map { ".init(\(SwiftText.literal($0.condition.name)), \($0.function))" }, &out)
      for one in conditions {
        out.line()
        out.documentation(one.condition.name)
        for text in one.condition.texts where !one.condition.name.contains(text.text) {
          out.documentation(
            "\n    " + text.text.split(whereSeparator: \.isNewline).joined(separator: " "))
        }
        out.line("@Sendable")
        out.block("static func \(one.function)(_ facts: ConditionFacts) -> Bool?") { out in
          located(one.condition.texts.first?.position, &out) { out in
            for line in one.expression.lines() { out.line(line) }
          }
        }
      }
    }
  }
}
