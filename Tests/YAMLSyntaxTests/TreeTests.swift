import PlumblineDiagnostics
import Testing

@testable import YAMLSyntax

/// Parses a text and gives the tree and what was found, each as `CODE@start-end`.
func parse(_ text: String, limits: YAMLLimits = .init()) -> (tree: YAMLTree?, found: [Diagnostic]) {
  let result = YAMLParser.parse(
    SourceFile(path: "a.yaml", bytes: Array(text.utf8)), file: 0, limits: limits)
  return (result.tree, result.diagnostics)
}

@Suite struct TreeTests {
  /// Parses a text that holds no mistake.
  private func tree(_ text: String) throws -> (YAMLTree, YAMLNode) {
    let (tree, found) = parse(text)
    #expect(found.isEmpty, "\(found.map(\.message))")
    let whole = try #require(tree)
    return (whole, try #require(whole.root))
  }

  @Test func readsMappingsAndSequences() throws {
    let (tree, root) = try tree("a: 1\nb:\n  - x\n  - {c: d}\n")
    #expect(tree.kind(root) == .mapping)
    #expect(tree.entries(root).map { tree.text($0.key) } == ["a", "b"])
    let list = try #require(tree.value(root, "b"))
    #expect(tree.kind(list) == .sequence)
    let items = tree.items(list)
    #expect(tree.text(items[0]) == "x")
    #expect(tree.textEquals(items[0], "x" as StaticString))
    #expect(tree.isFlow(items[1]))
    #expect(tree.value(items[1], "c").map { tree.text($0) } == "d")
    #expect(tree.value(root, "z") == nil)
  }

  @Test(arguments: [
    ("a: 1 # c\nb: [x, y]  \n\n", "a: 1 # c\nb: [x, y]"),
    ("- a\n- - b\n  - c\n\n# end\n", "- a\n- - b\n  - c"),
    ("{ a: 1 } # x\n", "{ a: 1 }"),
    ("a: >-\n  text\n  more\n\n\n", "a: >-\n  text\n  more"),
    ("&x !!map {a: b}\n", "{a: b}"),
    ("x: &k 1\ny: *k\n", "x: &k 1\ny: *k"),
    ("\u{FEFF}é: ü\n", "é: ü"),
    ("- é: ü\n- €\n", "- é: ü\n- €"),
  ])
  func rangeOfTheWhole(_ text: String, _ expected: String) throws {
    let (tree, root) = try tree(text)
    #expect(tree.rawText(root) == expected)
  }

  @Test(arguments: [
    ("!!str 5", "5"), ("&a 'x y'", "'x y'"), ("&a\n  x", "x"), ("!!str &b # c\n  \"q\"", "\"q\""),
    ("|\n  a\n  b\n", "|\n  a\n  b"), (">2\n    a\n", ">2\n    a"), ("", ""), ("a b  # c", "a b"),
  ])
  func rangeOfAValue(_ value: String, _ expected: String) throws {
    let (tree, root) = try tree("k: \(value)\n")
    let node = try #require(tree.value(root, "k"))
    #expect(tree.rawText(node) == expected)
  }

  @Test func emptyDocumentsHaveNoRoot() {
    for text in ["", "\n\n", "# only a comment\n", "---\n", "\u{FEFF}"] {
      let (tree, found) = parse(text)
      #expect(found.isEmpty)
      #expect(tree != nil && tree?.root == nil)
    }
  }

  @Test(arguments: [
    ("null", YAMLTree.Scalar.null), ("~", .null), ("", .null), ("Null", .null), ("NULL", .null),
    ("true", .bool(true)), ("True", .bool(true)), ("FALSE", .bool(false)),
    ("tRUE", .string("tRUE")),
    ("yes", .string("yes")), ("no", .string("no")), ("on", .string("on")), ("off", .string("off")),
    ("0", .int(0)), ("-12", .int(-12)), ("+3", .int(3)), ("007", .int(7)), ("0o17", .int(15)),
    ("0x1F", .int(31)), ("0o8", .string("0o8")), ("1_000", .string("1_000")),
    ("9223372036854775807", .int(.max)),
    ("9223372036854775808", .bigInteger("9223372036854775808")),
    ("1e3", .double(1000)), ("1.", .double(1)), (".5", .double(0.5)), ("-1.5e-2", .double(-0.015)),
    (".inf", .double(.infinity)), ("-.INF", .double(-.infinity)), ("1.10", .double(1.1)),
    ("1.2.3", .string("1.2.3")), (".", .string(".")), ("1e", .string("1e")),
    ("2026-05-02", .string("2026-05-02")),
    ("2026-05-02T10:11:00Z", .string("2026-05-02T10:11:00Z")),
    ("'1'", .string("1")), ("\"true\"", .string("true")), ("!!str 12", .string("12")),
    ("!!int '12'", .int(12)), ("|\n  1", .string("1\n")), ("0b1", .string("0b1")),
  ])
  func coreSchema(_ text: String, _ expected: YAMLTree.Scalar) throws {
    let (tree, root) = try tree("k: \(text)\n")
    let node = try #require(tree.value(root, "k"))
    #expect(tree.scalar(node) == expected)
  }

  @Test func notANumber() throws {
    let (tree, root) = try tree("- .nan\n- -.nan\n")
    let items = tree.items(root)
    guard case .double(let value) = tree.scalar(items[0]) else {
      Issue.record("no double")
      return
    }
    #expect(value.isNaN)
    #expect(tree.scalar(items[1]) == .string("-.nan"))
  }

  @Test func mergeKeys() throws {
    let (tree, root) = try tree(
      """
      a: &a { x: 1, y: 2 }
      b: &b { y: 3, z: 4 }
      c:
        <<: [*a, *b]
        x: own
      d:
        <<: *b
        w: 0
      e: { '<<': 5 }
      """)
    func shown(_ key: String) -> [String] {
      guard let node = tree.value(root, key) else { return [] }
      return tree.entries(node).map { "\(tree.text($0.key))=\(tree.text($0.value))" }
    }
    #expect(shown("c") == ["x=own", "y=2", "z=4"])
    #expect(shown("d") == ["w=0", "y=3", "z=4"])
    #expect(shown("e") == ["<<=5"])
  }

  @Test func aliasesAreTheNodeTheyName() throws {
    let (tree, root) = try tree("a: &n [1, 2]\nb: *n\n")
    #expect(tree.value(root, "a") == tree.value(root, "b"))
  }

  @Test func aNodeOfAnotherTreeIsEmpty() throws {
    let (tree, _) = try tree("a: b")
    let stranger = YAMLNode(index: 99)
    #expect(tree.text(stranger) == "" && tree.items(stranger).isEmpty)
    #expect(tree.scalar(YAMLNode(index: -1)) == .null)
    #expect(tree.sourceRange(stranger, 3, 9).start == 0)
  }
}
