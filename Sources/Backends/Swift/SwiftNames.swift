/// Names of a spec as Swift writes them. Two names that come to the same get numbers.
struct SwiftNames {
  private var taken: Set<String>

  /// - Parameter reserved: names that are not to be given.
  init(reserved: Set<String> = []) { taken = reserved }

  /// `orderID` for `order_id`.
  mutating func member(_ text: String) -> String {
    Self.quoted(unique(Self.camel(text, upper: false), else: "value"))
  }

  /// `OrderLine` for `order_line`.
  mutating func type(_ text: String) -> String {
    unique(Self.camel(text, upper: true), else: "Value")
  }

  private mutating func unique(_ name: String, else other: String) -> String {
    var name = name.isEmpty ? other : name
    if let first = name.utf8.first, (0x30...0x39).contains(first) { name = "_" + name }
    var made = name
    var number = 2
    while !taken.insert(made).inserted {
      made = "\(name)\(number)"
      number += 1
    }
    return made
  }

  /// Words joined as Swift does it; `id` is written `ID` but at the start.
  static func camel(_ text: String, upper: Bool) -> String {
    var words: [String] = []
    var word = ""
    for character in text.unicodeScalars {
      if character.isASCII,
        character.properties.isAlphabetic || character.properties.numericType != nil
      {
        word.unicodeScalars.append(character)
      } else if !word.isEmpty {
        words.append(word)
        word = ""
      }
    }
    if !word.isEmpty { words.append(word) }
    var out = ""
    for (index, word) in words.enumerated() {
      if let last = out.utf8.last, (0x30...0x39).contains(last), let next = word.utf8.first,
        (0x30...0x39).contains(next)
      {
        out += "_"
      }
      let shouted = word.utf8.allSatisfy { !(0x61...0x7A).contains($0) }
      if index == 0, !upper {
        out += shouted ? word.lowercased() : word.prefix(1).lowercased() + word.dropFirst()
      } else if word == "id" {
        out += index == 0 && words.count == 1 ? "Id" : "ID"
      } else {
        out += word.prefix(1).uppercased() + word.dropFirst()
      }
    }
    return out
  }

  /// What the files of a spec package begin with, by the name of its folder.
  static func stem(_ folder: String) -> String {
    let name = camel(folder, upper: true)
    return name.isEmpty ? "Spec" : name
  }

  static func quoted(_ name: String) -> String { keywords.contains(name) ? "`\(name)`" : name }

  /// Words that a member can't be named by as they are.
  private static let keywords: Set<String> = [
    "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer",
    "deinit", "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for",
    "func", "guard", "if", "import", "in", "init", "inout", "internal", "is", "let", "nil",
    "operator", "precedencegroup", "private", "protocol", "public", "repeat", "rethrows", "return",
    "self", "Self", "static", "struct", "subscript", "super", "switch", "throw", "throws", "true",
    "try", "Type", "Protocol", "typealias", "var", "where", "while", "Any",
  ]

  /// Members that generated types have already.
  static let members: Set<String> = [
    "specCases", "specJSON", "specValue", "specValues", "specSlot", "hashValue", "hash", "encode",
    "rawValue", "allCases", "CodingKeys",
  ]

  /// Types that generated Swift uses, or that stand in each namespace.
  static let types: Set<String> = [
    "Action", "Any", "Array", "Bool", "Boxed", "CaseIterable", "Case", "Codable", "CodingKey",
    "CodingKeys", "Decoder", "Decoding", "DecodingError", "Dictionary", "Double", "EmbeddedSpec",
    "Encoder", "Equatable", "Error", "Guard", "Hashable", "Int", "JSON", "NoName", "Never",
    "Observation", "Optional", "Proposal", "Protocol", "Requirement", "Result", "Self", "Sendable",
    "Set", "SpecDate", "SpecDuration", "SpecKey", "SpecName", "SpecTimestamp", "SpecValue",
    "StaticString", "Step", "String", "Swift", "Tag", "Type", "TypedGuard", "TypedObservation",
    "TypedProposal", "TypedSpec", "Workflow", "PlumblineTyped",
    "CEL", "CompiledSpec", "ConditionFacts", "Conditions", "Duration", "Int32", "Int64",
    "LibraryFunction", "MonitorTable", "RecordValue", "Ternary", "TextPattern", "Timestamp",
    "Value",
  ]
}
