import Foundation
import PlumblineDiagnostics
import SpecModel
import Testing
import YAMLSyntax

/// The table of keys, the binder and `Docs/Language.md` say the same.
@Suite struct LanguageTableTests {
  /// Where an object of the table stands in a file; `KEY` is replaced.
  static let places: [String: String] = [
    "spec": "KEY: x\n",
    "tool": "tools:\n  t:\n    KEY: x\n",
    "keep": "tools:\n  t:\n    keeps:\n      KEY: x\n",
    "union": "types:\n  T:\n    one_of: [A]\n    KEY: x\n",
    "schema": "types:\n  T:\n    KEY: a.json\n",
    "requirement": "requirements:\n  - KEY: x\n",
    "followed_by": "requirements:\n  - followed_by:\n      KEY: x\n",
    "declare": "requirements:\n  - declare:\n      KEY: x\n",
    "confirmed": "requirements:\n  - confirmed:\n      KEY: x\n",
    "example": "requirements:\n  - examples:\n      - KEY: x\n",
    "workflow": "workflows:\n  w:\n    KEY: x\n",
    "step": "workflows:\n  w:\n    steps:\n      s:\n        KEY: x\n",
    "edge": "workflows:\n  w:\n    steps:\n      s:\n        next:\n          - KEY: x\n",
    "confidence": "workflows:\n  w:\n    steps:\n      s:\n        confidence:\n          KEY: x\n",
    "incident": "incidents:\n  - KEY: x\n",
    "at": "incidents:\n  - at:\n      KEY: x\n",
  ]

  @Test(arguments: SpecLanguage.objects.map(\.name))
  func binderKnowsEveryKey(object: String) throws {
    let place = try #require(Self.places[object])
    for key in try #require(SpecLanguage.object(object)).keys {
      let text = place.replacingOccurrences(of: "KEY", with: key.name)
      let unknown = Self.bind(text).diagnostics.filter { $0.code == "PL0101" }
      #expect(unknown.isEmpty, "\(object).\(key.name)")
    }
    let nonsense = place.replacingOccurrences(of: "KEY: ", with: "zzzzzz: ")
    if object != "schema" {
      #expect(Self.bind(nonsense).diagnostics.contains { $0.code == "PL0101" }, "\(object)")
    }
  }

  @Test func theCompleteSpecUsesEveryKey() throws {
    var sources = SourceSet()
    let source = SourceFile(path: "complete.yaml", bytes: Array(EverySpec.text.utf8))
    let (parsed, _) = YAMLParser.parse(source, file: sources.add(source))
    let tree = try #require(parsed)
    var walk = Walk(tree: tree)
    walk.object(SpecLanguage.root, try #require(tree.root))
    for object in SpecLanguage.objects {
      for key in object.keys {
        #expect(walk.seen.contains("\(object.name).\(key.name)"), "\(object.name).\(key.name)")
      }
    }
    #expect(walk.strange.isEmpty)
  }

  @Test func theCompleteSpecBindsSilently() {
    let (model, diagnostics) = Self.bind(EverySpec.text)
    #expect(diagnostics.isEmpty)
    #expect(model.spec?.value == "lending")
    #expect(model.tools.count == 8)
    #expect(model.requirements.count == 16)
    #expect(model.types.count == 8)
    #expect(model.tools.first { $0.name.value == "get_member" }?.freshFor?.value == 900)
    #expect(
      model.tools.first { $0.name.value == "get_member" }?.learns.first?.name.value == "member_id")
  }

  /// Every trap of the page's table gets one message of its own.
  @Test func trapsAreNamed() throws {
    let page = try String(contentsOf: EverySpec.page, encoding: .utf8)
    let lines = page.components(separatedBy: "\n")
    let start = try #require(lines.firstIndex { $0.hasPrefix("| In an unquoted condition") })
    let rows = lines[(start + 2)...].prefix { $0.hasPrefix("|") }
    #expect(rows.count == 8)
    for row in rows {
      let cell = row.split(separator: "|", omittingEmptySubsequences: false).suffix(2).first ?? ""
      let example = cell.trimmingCharacters(in: CharacterSet(charactersIn: " "))
      let code =
        example.hasPrefix("`` ")
        ? String(example.dropFirst(3).dropLast(3)) : String(example.dropFirst().dropLast())
      let head = "plumb: 1\nspec: s\n"
      let text =
        code.hasPrefix("{")
        ? head
          + "workflows:\n  w:\n    start: a\n    steps:\n      a:\n        next:\n          - \(code)\n"
        : head + "requirements:\n  - id: R-1\n    statement: The agent shall ask.\n    \(code)\n"
      let said = Self.bind(text).diagnostics
      #expect(said.count == 1, "\(code): \(said.map(\.message))")
      #expect(said.first?.help?.isEmpty == false, "\(code)")
    }
  }

  @Test func whatIsBrokenIsMarked() {
    let head = "plumb: 1\nspec: s\n"
    let rule = "requirements:\n  - { id: R-1, statement: The agent shall ask., "
    let broken = Self.bind(head + rule + "applies_to: t, require: [] }\n").model
    #expect(broken.isComplete)
    #expect(broken.requirements.map(\.isBroken) == [true])
    #expect(broken.requirements.first?.advice?.value == true)
    #expect(broken.requirements.first?.appliesTo.isEmpty == true)
    #expect(!Self.bind(head + "patterns: { a: 1 }\n").model.isComplete)
    #expect(!Self.bind("- a\n").model.isComplete)
  }

  @Test func durationsTypesAndEvents() throws {
    let model = Self.bind(
      """
      plumb: 1
      spec: s
      types:
        A:
          a: list(map(string)?)
          b: timestamp(-05:00)?
          c: '[x, y]?'
          d: '{ e: int, f: list([g, h]) }'
      tools:
        t:
          effect: write
          fresh_for: 1d2h3m4s
          keeps: ['os[string(args.a) + "]"]', 'ps[m[args.a]]']
          touches: [os, 'ps["a.b"].c.d', case.x]
      requirements:
        - id: R-1
          statement: The agent shall ask.
          applies_to: [t, effect(write)]
          after: [approval(lead), message(user), attempt(t), W_Completeren aanvraag 2, Send (all)]
      """
    ).model
    let fields: [WrittenField] =
      if case .type(.record(let fields, _)) = model.types.first?.definition { fields } else { [] }
    guard case .application(let list, .optional(.application(let map, .name), _)) = fields[0].type,
      case .optional(.application(let timestamp, .name(let offset)), _) = fields[1].type,
      case .optional(.enumeration(let values, _), _) = fields[2].type,
      case .record(let inner, _) = fields[3].type
    else {
      Issue.record("types read otherwise")
      return
    }
    #expect(
      [list.value, map.value, timestamp.value, offset.value] == [
        "list", "map", "timestamp", "-05:00",
      ])
    #expect(values.map(\.value) == ["x", "y"])
    #expect(inner.map(\.name.value) == ["e", "f"])
    let tool = try #require(model.tools.first)
    #expect(tool.freshFor?.value == 93784)
    #expect(tool.keeps.map(\.path.key?.text) == [#"string(args.a) + "]""#, "m[args.a]"])
    guard case .paths(let paths) = tool.touches else {
      Issue.record("touches read otherwise")
      return
    }
    #expect(paths.map(\.collection.value) == ["os", "ps", "case"])
    #expect(paths.map(\.key?.text) == [nil, #""a.b""#, nil])
    #expect(paths.map { $0.fields.map(\.value) } == [[], ["c", "d"], ["x"]])
    let requirement = try #require(model.requirements.first)
    #expect(requirement.appliesTo.map(\.function?.value) == [nil, "effect"])
    let events = try #require(requirement.temporal.first?.events.first)
    #expect(events.map(\.function?.value) == ["approval", "message", "attempt", nil, nil])
    #expect(
      events.map(\.name.value) == ["lead", "user", "t", "W_Completeren aanvraag 2", "Send (all)"])
  }

  /// The key tables of the page; `PLUMBLINE_RECORD=1` writes them anew.
  @Test func thePageListsEveryKey() throws {
    let page = try String(contentsOf: EverySpec.page, encoding: .utf8)
    var written = page
    for object in SpecLanguage.objects {
      let head = "<!-- keys: \(object.name) -->\n"
      let start = try #require(written.range(of: head), "no table of \(object.name)")
      let rest = start.upperBound..<written.endIndex
      let end = try #require(written.range(of: "<!-- end -->", range: rest))
      written.replaceSubrange(start.upperBound..<end.lowerBound, with: Self.table(object))
    }
    if ProcessInfo.processInfo.environment["PLUMBLINE_RECORD"] != nil {
      try written.write(to: EverySpec.page, atomically: true, encoding: .utf8)
      Issue.record("recorded \(EverySpec.page.lastPathComponent)")
    } else {
      #expect(written == page)
    }
  }

  // MARK: Tools of these tests

  static func bind(_ text: String) -> (model: SpecModel, diagnostics: [Diagnostic]) {
    var sources = SourceSet()
    let source = SourceFile(path: "a.yaml", bytes: Array(text.utf8))
    let (tree, diagnostics) = YAMLParser.parse(source, file: sources.add(source))
    let bound = SpecBinder.bind(tree.map { [$0] } ?? [], in: sources)
    return (bound.model, diagnostics + bound.diagnostics)
  }

  static func table(_ object: SpecObject) -> String {
    let title = object.title.prefix(1).uppercased() + object.title.dropFirst()
    var text = "\(title): \(object.summary)\n\n| Key | Value | Meaning |\n| --- | --- | --- |\n"
    for key in object.keys {
      let name = "`\(key.name)`" + (key.isRequired ? " (required)" : "")
      text += "| \(name) | \(words(key.shape)) | \(key.summary) |\n"
    }
    return text.replacingOccurrences(of: " | | ", with: " \\| ") + "\n"
  }

  static func words(_ shape: SpecShape) -> String {
    switch shape {
    case .text: "text"
    case .name: "name"
    case .file: "file"
    case .expression: "condition"
    case .template: "text with `${CEL}`"
    case .duration: "duration"
    case .time: "time"
    case .answer: "answer"
    case .event: "event"
    case .path: "path"
    case .pattern: "RE2 pattern"
    case .type: "type"
    case .boolean: "`true` or `false`"
    case .integer(let least): "whole number, at least \(least)"
    case .fraction: "number from 0 to 1"
    case .constant(let number): "`\(number)`"
    case .words(let words):
      words.count > 6 ? "one of the names below" : words.map { "`\($0)`" }.joined(separator: ", ")
    case .value: "any value"
    case .anyMapping: "mapping"
    case .object(let name): SpecLanguage.object(name)?.title ?? name
    case .list(let item): "list of: " + Self.words(item)
    case .oneOrList(let item): Self.words(item) + ", or a list"
    case .map(let item): "mapping from names to: " + Self.words(item)
    case .either(let shapes): shapes.map { Self.words($0) }.joined(separator: ", or ")
    }
  }

  /// Follows the shapes of the table through a tree and notes the keys it meets.
  struct Walk {
    let tree: YAMLTree
    var seen: Set<String> = []
    var strange: [String] = []

    mutating func object(_ object: SpecObject, _ node: YAMLNode) {
      for (keyNode, value) in tree.entries(node) {
        let key = tree.text(keyNode)
        guard let entry = object.keys.first(where: { $0.name == key }) else {
          strange.append("\(object.name).\(key)")
          continue
        }
        seen.insert("\(object.name).\(key)")
        shape(entry.shape, value, "\(object.name).\(key)")
      }
    }

    mutating func shape(_ shape: SpecShape, _ node: YAMLNode, _ path: String) {
      switch shape {
      case .object(let name):
        guard tree.kind(node) == .mapping, let object = SpecLanguage.object(name) else {
          strange.append(path)
          return
        }
        self.object(object, node)
      case .list(let item):
        if tree.kind(node) != .sequence { strange.append(path) }
        for child in tree.items(node) { self.shape(item, child, path) }
      case .oneOrList(let item):
        let children = tree.kind(node) == .sequence ? tree.items(node) : [node]
        for child in children { self.shape(item, child, path) }
      case .map(let item):
        if tree.kind(node) != .mapping { strange.append(path) }
        for (_, value) in tree.entries(node) { self.shape(item, value, path) }
      case .either(let shapes):
        if let fitting = shapes.first(where: { fits($0, node) }) {
          self.shape(fitting, node, path)
        } else {
          strange.append(path)
        }
      case .type, .value, .anyMapping: break
      default: if tree.kind(node) != .scalar { strange.append(path) }
      }
    }

    private func fits(_ shape: SpecShape, _ node: YAMLNode) -> Bool {
      switch shape {
      case .object(let name):
        guard tree.kind(node) == .mapping, let object = SpecLanguage.object(name) else {
          return false
        }
        return object.requiredKeys.allSatisfy { tree.value(node, $0) != nil }
      case .type:
        return tree.value(node, "one_of") == nil && tree.value(node, "schema") == nil
      case .oneOrList: return true
      default: return tree.kind(node) == .scalar
      }
    }
  }
}
