import CEL
import PlumblineBundle
import PlumblineDiagnostics
import SpecModel
import Suggestions

/// Declarations that nothing uses: notes, since a spec may be on its way.
enum UnusedChecks {
  static func check(_ input: CheckInput, _ terms: TermTable) -> [Diagnostic] {
    let model = input.model
    let alike = alikeCollections(input)
    if model.terms.isEmpty, model.patterns.isEmpty, model.types.isEmpty, model.groups.isEmpty,
      alike.isEmpty
    {
      return []
    }
    var words = Words(
      wanted: Set(
        model.terms.map(\.name.value) + model.patterns.map(\.name.value)
          + model.groups.map(\.name.value) + alike.keys))
    collect(input, &words)
    var diagnostics: [Diagnostic] = []
    for keep in input.tools.flatMap(\.keeps) {
      let name = keep.path.collection
      if let near = alike[name.value], !words.found.contains(name.value) {
        diagnostics.append(.unusedCollection(name.value, at: name.range, near: near))
      }
    }
    for term in input.terms where !words.found.contains(term.name.value) {
      diagnostics.append(.unused("term", term.name.value, at: term.name.range))
    }
    for pattern in model.patterns where !words.found.contains(pattern.name.value) {
      diagnostics.append(.unused("pattern", pattern.name.value, at: pattern.name.range))
    }
    for group in model.groups where !words.found.contains(group.name.value) {
      diagnostics.append(.unused("group", group.name.value, at: group.name.range))
    }
    let types = usedTypes(input)
    for type in input.types where !types.contains(type.name.value) {
      diagnostics.append(.unused("type", type.name.value, at: type.name.range))
    }
    return diagnostics
  }

  /// Collections whose name is one slip from that of another one, which they may have been meant to be.
  private static func alikeCollections(_ input: CheckInput) -> [String: String] {
    let names = input.bundle.collections.map(\.name)
    var alike: [String: String] = [:]
    for name in names {
      alike[name] = names.first {
        $0 != name
          && Suggest.distance(Array(name.unicodeScalars), Array($0.unicodeScalars), limit: 1) != nil
      }
    }
    return alike
  }

  /// The terms that no text mentions, other terms included.
  static func unusedTerms(_ input: CheckInput) -> Set<String> {
    var words = Words(wanted: Set(input.terms.map(\.name.value)))
    collect(input, &words)
    return words.wanted
  }

  /// Which of some words stand in texts.
  private struct Words {
    var wanted: Set<String>
    var found: Set<String> = []
    mutating func add(_ text: String) {
      if wanted.isEmpty { return }
      var text = text
      var hits: [String] = []
      text.withUTF8 { bytes in
        var index = 0
        while index < bytes.count {
          guard Self.isWord(bytes[index]) else {
            index += 1
            continue
          }
          let start = index
          while index < bytes.count, Self.isWord(bytes[index]) { index += 1 }
          let word = String(
            decoding: UnsafeBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
          if wanted.contains(word) { hits.append(word) }
        }
      }
      for hit in hits {
        found.insert(hit)
        wanted.remove(hit)
      }
    }
    mutating func add(_ expression: WrittenExpression?) {
      if let expression { add(expression.text) }
    }
    private static func isWord(_ byte: UInt8) -> Bool {
      (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x5F
    }
  }

  private static func collect(_ input: CheckInput, _ words: inout Words) {
    for tool in input.tools {
      for keep in tool.keeps {
        words.add(keep.source)
        words.add(keep.path.key)
      }
      for entry in tool.learns + tool.claims { words.add(entry.content) }
      for set in tool.sets {
        words.add(set.path.collection.value)
        words.add(set.path.key)
        words.add(set.value)
      }
      if case .paths(let paths)? = tool.touches {
        for path in paths {
          words.add(path.collection.value)
          words.add(path.key)
        }
      }
      for fails in tool.fails { words.add(fails) }
      words.add(tool.asOf)
    }
    for fails in input.model.fails { words.add(fails) }
    for workflow in input.workflows {
      for step in workflow.steps {
        for tool in step.tools { words.add(tool.value) }
        for edge in step.next { words.add(edge.when) }
        words.add(step.goalText)
      }
    }
    for group in input.model.groups { for member in group.content { words.add(member.value) } }
    // There may be many of them: what the others use need not be looked for.
    for index in input.requirements.indices {
      if words.wanted.isEmpty { break }
      let requirement = input.requirements[index]
      for event in requirement.appliesTo { words.add(event.name.value) }
      words.add(requirement.when)
      words.add(requirement.require)
      words.add(requirement.forbid)
      words.add(requirement.ensure)
      words.add(requirement.tell)
      if let confirmed = requirement.confirmed {
        words.add(confirmed.agrees)
        words.add(confirmed.refuses)
        for value in confirmed.lists { words.add(value) }
      }
      for temporal in requirement.temporal {
        words.add(temporal.when)
        for event in temporal.events.joined() {
          words.add(event.name.value)
          words.add(event.condition)
        }
      }
    }
    // A term that only an unused term uses counts as used: fixing the one shows the other.
    for term in input.terms {
      var other = term.body.text
      if words.wanted.contains(term.name.value), other.contains(term.name.value) { other = "" }
      words.add(other)
    }
  }

  private static func usedTypes(_ input: CheckInput) -> Set<String> {
    var used: Set<String> = []
    func add(_ type: TypeReference) {
      switch type {
      case .named(let name): used.insert(name)
      case .list(let inner), .map(let inner), .optional(let inner), .sensitive(let inner):
        add(inner)
      case .record(let fields): for field in fields { add(field.type) }
      default: break
      }
    }
    for field in input.bundle.caseFields { add(field.type) }
    for tool in input.bundle.tools {
      for field in tool.arguments { add(field.type) }
      if let returns = tool.returns { add(returns) }
    }
    for type in input.bundle.types {
      switch type.definition {
      case .type(let inner): add(inner)
      case .union(let members, _): used.formUnion(members)
      }
    }
    for written in input.types {
      if case .union(let members, _) = written.definition { used.formUnion(members.map(\.value)) }
    }
    return used
  }
}
