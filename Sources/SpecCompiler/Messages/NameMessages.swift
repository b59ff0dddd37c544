import PlumblineDiagnostics

/// PL0201–PL0249: names, types and values.
extension Diagnostic {
  static func meant(_ near: String?) -> String? { near.map { "did you mean `\($0)`?" } }

  /// PL0201: a type that nobody declares.
  static func unknownType(_ name: String, at range: SourceRange, near: String?) -> Self {
    .init("PL0201", .error, "unknown type `\(name)`", at: range, help: meant(near))
  }

  /// PL0202: a role that `roles` does not list.
  static func unknownRole(_ name: String, at range: SourceRange, near: String?) -> Self {
    .init(
      "PL0202", .error, "unknown role `\(name)`", at: range,
      help: meant(near) ?? "declare it in `roles`")
  }

  /// PL0203: an id that no requirement has.
  static func unknownRequirement(_ id: String, at range: SourceRange, near: String?) -> Self {
    .init("PL0203", .error, "unknown requirement `\(id)`", at: range, help: meant(near))
  }

  /// PL0204: a name that is neither a tool nor a group.
  static func unknownAction(
    _ name: String, at range: SourceRange, near: String?, list: [String]? = nil
  ) -> Self {
    .init(
      "PL0204", .error, "unknown action `\(name)`", at: range,
      help: list.map { "write several as a list: `[\($0.joined(separator: ", "))]`" }
        ?? meant(near) ?? "declare it in `tools` or `groups`")
  }

  /// PL0205: a step that its workflow does not have.
  static func unknownStep(
    _ name: String, of workflow: String?, at range: SourceRange, near: String?
  ) -> Self {
    .init("PL0205", .error, "unknown step `\(name)`", at: range, help: meant(near))
  }

  /// PL0206: a record collection that no tool keeps.
  static func unknownCollection(_ name: String, at range: SourceRange, near: String?) -> Self {
    .init(
      "PL0206", .error, "unknown record collection `\(name)`", at: range,
      help: meant(near) ?? "a collection is there when a tool keeps its result in it")
  }

  /// PL0207: a field that a type does not have.
  static func unknownField(
    _ name: String, of type: String, at range: SourceRange, near: String?
  ) -> Self {
    .init("PL0207", .error, "`\(type)` has no field `\(name)`", at: range, help: meant(near))
  }

  /// PL0208: a key that the case does not have.
  static func unknownCaseKey(_ name: String, at range: SourceRange, near: String?) -> Self {
    .init(
      "PL0208", .error, "the case has no key `\(name)`", at: range,
      help: meant(near) ?? "declare it in `case`")
  }

  /// PL0209: an argument that an action does not have.
  static func unknownArgument(
    _ name: String, of action: String, at range: SourceRange, near: String?
  ) -> Self {
    .init("PL0209", .error, "`\(action)` has no argument `\(name)`", at: range, help: meant(near))
  }

  /// PL0212: `settled_by` names something that does not read.
  static func settledByNoRead(_ name: String, _ effect: String, at range: SourceRange) -> Self {
    .init(
      "PL0212", .error, "`\(name)` cannot settle anything: its effect is `\(effect)`, not `read`",
      at: range)
  }

  /// PL0213: two things of different kinds that conditions call by one name.
  static func nameTaken(
    _ name: String, _ what: String, by other: String, at range: SourceRange, first: SourceRange
  ) -> Self {
    .init(
      "PL0213", .error, "the \(what) `\(name)` has the name of a \(other)", at: range,
      notes: [.init("the \(other) is here", at: first)])
  }

  /// PL0214: a name that conditions use for something else.
  static func reservedName(_ name: String, _ what: String, at range: SourceRange) -> Self {
    .init(
      "PL0214", .error, "a \(what) cannot be called `\(name)`: conditions use that name", at: range)
  }

  /// PL0215: a type with the name of a built-in one.
  static func reservedType(_ name: String, at range: SourceRange) -> Self {
    .init("PL0215", .error, "`\(name)` is a type of the language already", at: range)
  }

  /// PL0217: the same value twice in an enum.
  static func repeatedValue(_ value: String, at range: SourceRange) -> Self {
    .init("PL0217", .error, "the enum holds `\(value)` twice", at: range)
  }

  /// PL0218: a type that can have no value, since it needs one of itself.
  static func recursiveType(_ name: String, at range: SourceRange) -> Self {
    .init(
      "PL0218", .error, "a value of `\(name)` would need another one inside", at: range,
      help: "go through a list, a map or an optional field")
  }

  /// PL0219: a member of a union that is no record.
  static func unionOfNoRecord(_ name: String, at range: SourceRange) -> Self {
    .init("PL0219", .error, "`\(name)` is no record, so a union cannot have it", at: range)
  }

  /// PL0220: a member of a union that lacks the field that tells members apart.
  static func unionWithoutTag(
    _ member: String, _ field: String, at range: SourceRange, near: String?
  ) -> Self {
    .init(
      "PL0220", .error, "`\(member)` has no field `\(field)` to tell it from the others",
      at: range, help: meant(near))
  }

  /// PL0221: the field that tells members apart is no enum.
  static func unionTagNoEnum(_ member: String, _ field: String, at range: SourceRange) -> Self {
    .init(
      "PL0221", .error, "the field `\(field)` of `\(member)` is no enum", at: range,
      help: "give it the values that mean this member, as in `\(field): [card]`")
  }

  /// PL0222: a value that would mean two members of a union.
  static func unionTagTwice(
    _ value: String, _ first: String, _ second: String, at range: SourceRange
  ) -> Self {
    .init(
      "PL0222", .error, "`\(value)` means both `\(first)` and `\(second)`", at: range)
  }

  /// PL0223: a file that the package does not have.
  static func missingFile(_ path: String, at range: SourceRange) -> Self {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let help =
      if path.hasPrefix("/") || path.hasPrefix("~") || parts.contains("..") {
        "the file must be inside the folder of the package, and its path relative to it without `..`"
      } else if parts.last == "" || parts.last == "." {
        "name a file, not a folder"
      } else {
        "paths are relative to the folder of the package"
      }
    return .init(
      "PL0223", .error, "there is no file `\(path)` in the package", at: range, help: help)
  }

  /// PL0224: a JSON Schema that cannot be used as a type.
  static func badSchema(_ path: String, _ problem: String, at range: SourceRange) -> Self {
    .init("PL0224", .error, "`\(path)` cannot be read as a type: \(problem)", at: range)
  }

  /// PL0225: a record collection with two types.
  static func conflictingCollection(
    _ name: String, _ type: String, _ tool: String, _ other: String, at range: SourceRange,
    first: SourceRange
  ) -> Self {
    .init(
      "PL0225", .error, "`\(name)` holds records of type `\(type)`, not `\(other)`", at: range,
      help: "keep this result in a collection of its own",
      notes: [.init("`\(tool)` keeps `\(type)` in it", at: first)])
  }

  /// PL0226: a table whose values have different types.
  static func mixedTable(
    _ type: String, _ other: String, at range: SourceRange, first: SourceRange
  ) -> Self {
    .init(
      "PL0226", .error, "a table holds values of one type: this is `\(other)`, not `\(type)`",
      at: range, notes: [.init("the first value is `\(type)`", at: first)])
  }

  /// PL0227: nothing in a table.
  static func tableNull(at range: SourceRange) -> Self {
    .init("PL0227", .error, "a table cannot hold nothing", at: range, help: "leave the key out")
  }

  /// PL0228: an integer beyond 64 bits in a table.
  static func tableBigInteger(_ text: String, at range: SourceRange) -> Self {
    .init("PL0228", .error, "`\(text)` does not fit into 64 bits", at: range, help: "quote it")
  }

  /// PL0229: infinity or not-a-number in a table.
  static func tableNotFinite(at range: SourceRange) -> Self {
    .init("PL0229", .error, "a table holds finite numbers", at: range)
  }

  /// PL0230: a pattern that RE2 refuses.
  static func invalidPattern(_ name: String?, _ problem: String, at range: SourceRange) -> Self {
    let what = name.map { "pattern `\($0)`" } ?? "this pattern"
    return .init("PL0230", .error, "\(what) is not valid: \(problem)", at: range)
  }

  /// PL0231: groups that contain each other.
  static func cyclicGroup(_ name: String, through other: String, at range: SourceRange) -> Self {
    .init(
      "PL0231", .error,
      name == other
        ? "the group `\(name)` contains itself"
        : "the group `\(name)` contains `\(other)`, which contains it", at: range)
  }

  /// PL0232: values nested beyond any use.
  static func tooDeep(at range: SourceRange) -> Self {
    .init("PL0232", .error, "values are nested too deeply", at: range)
  }

  /// PL0233: a value of another type.
  static func valueType(
    _ what: String, _ type: String, _ found: String, at range: SourceRange, help: String?
  ) -> Self {
    .init(
      "PL0233", .error,
      "expected \(type.hasPrefix("a ") ? type : "`\(type)`") for \(what), found \(found)",
      at: range, help: help)
  }

  /// PL0234: a value outside an enum.
  static func notInEnumeration(
    _ value: String, _ what: String, at range: SourceRange, near: String?, values: [String]
  ) -> Self {
    .init(
      "PL0234", .error, "`\(value)` is no value of \(what)", at: range,
      help: meant(near) ?? "it is one of \(values.joined(separator: ", "))")
  }

  /// PL0235: a field that must be there.
  static func missingField(_ name: String, of type: String, at range: SourceRange) -> Self {
    .init("PL0235", .error, "`\(type)` needs `\(name)`", at: range)
  }

  /// PL0236: a path into a collection without the record's key.
  static func pathWithoutKey(_ name: String, at range: SourceRange) -> Self {
    .init(
      "PL0236", .error, "which record of `\(name)`?", at: range, help: "write `\(name)[KEY].field`")
  }

  /// PL0237: a field below something that has none.
  static func fieldOfNoRecord(_ name: String, _ type: String, at range: SourceRange) -> Self {
    .init("PL0237", .error, "`\(type)` has no fields, so no `\(name)`", at: range)
  }

  /// PL0239: a declaration that nothing uses.
  static func unused(_ what: String, _ name: String, at range: SourceRange) -> Self {
    .init("PL0239", .note, "nothing uses the \(what) `\(name)`", at: range)
  }
}

extension Diagnostic {
  /// PL0260: a record collection that nothing reads, with nearly the name of another.
  static func unusedCollection(_ name: String, at range: SourceRange, near: String) -> Self {
    .init(
      "PL0260", .warning, "nothing reads the record collection `\(name)`", at: range,
      help: meant(near))
  }

  /// PL0240: something in a schema that nobody checks.
  static func schemaUnchecked(_ file: String, _ what: String, at range: SourceRange) -> Self {
    .init("PL0240", .note, "`\(file)`: \(what)", at: range)
  }

  /// PL0241: a definition of a schema whose name is taken.
  static func schemaTypeTaken(_ name: String, _ file: String, at range: SourceRange) -> Self {
    .init(
      "PL0241", .error,
      "a definition in `\(file)` would be the type `\(name)`, which exists already",
      at: range, help: "rename the type")
  }
}

/// PL0250–PL0269: tools.
extension Diagnostic {
  /// PL0250: a write that does not say what it changes.
  static func writeWithoutChange(_ name: String, at range: SourceRange) -> Self {
    .init(
      "PL0250", .error, "the write `\(name)` does not say what it changes", at: range,
      help: "declare `keeps`, `sets` or `touches`, or `touches: none`")
  }

  /// PL0251: a key that only a say can have.
  static func onlyForSay(_ key: String, _ tool: String, _ effect: String, at range: SourceRange)
    -> Self
  {
    .init(
      "PL0251", .error,
      "`\(key)` is for tools whose effect is `say`; that of `\(tool)` is `\(effect)`",
      at: range)
  }

  /// PL0252: a tool for messages that takes no text.
  static func messageWithoutText(_ tool: String, at range: SourceRange) -> Self {
    .init(
      "PL0252", .error, "`\(tool)` stands for messages, so it needs an argument `text: string`",
      at: range)
  }

  /// PL0253: a read that would change something.
  static func readChanges(_ key: String, _ tool: String, at range: SourceRange) -> Self {
    .init(
      "PL0253", .error, "`\(tool)` only reads, so `\(key)` has nothing to say", at: range,
      help: "its effect is `write` if it changes something")
  }

  /// PL0254: `fresh_for` without anything kept.
  static func freshWithoutKeeps(_ tool: String, at range: SourceRange) -> Self {
    .init(
      "PL0254", .warning, "`\(tool)` keeps nothing that could go stale", at: range,
      help: "add `keeps`, or leave `fresh_for` out")
  }

  /// PL0255: a claim that is neither a bool nor a list.
  static func claimType(_ name: String, _ type: String, at range: SourceRange) -> Self {
    .init(
      "PL0255", .error, "the claim `\(name)` is a bool or a list, not `\(type)`", at: range)
  }

  /// PL0256: `each … in` over something that is no list.
  static func eachOfNoList(_ type: String, at range: SourceRange) -> Self {
    .init("PL0256", .error, "`in` needs a list, not `\(type)`", at: range)
  }

  /// PL0257: a record's key that is no string.
  static func keyNoString(_ type: String, at range: SourceRange) -> Self {
    .init(
      "PL0257", .error, "a record's key is a string, not `\(type)`", at: range,
      help: "write string(…)")
  }

  /// PL0259: `keeps` of something that is no record.
  static func keepsNoRecord(_ tool: String, _ type: String?, at range: SourceRange) -> Self {
    .init(
      "PL0259", .error,
      type.map { "`\(tool)` keeps `\($0)`, which is no record" }
        ?? "`\(tool)` keeps a result whose type is not declared", at: range,
      help: type == nil
        ? "declare `returns` as a record type"
        : "keep records: of a list of them, each: { each, in, as }")
  }

  /// PL0258: an effect that no tool has.
  static func effectOfNoTool(_ name: String, at range: SourceRange) -> Self {
    .init("PL0258", .error, "no tool has the effect `\(name)`", at: range)
  }
}
