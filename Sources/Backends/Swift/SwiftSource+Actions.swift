import PlumblineBundle

extension SwiftSource {
  func actionsFile() -> String {
    var out = header()
    out.block("extension \(namespace)") { out in
      actionNames(&out)
      for action in actions {
        out.line()
        record(
          RecordShape(
            name: action.type + "Arguments", fields: action.tool.arguments,
            documentation: "What `\(action.tool.name)` takes.", position: action.tool.position,
            isArguments: true),
          &out)
        result(action.tool, action.type, &out)
      }
      out.line()
      proposals(&out)
      out.line()
      observations(&out)
    }
    return out.text
  }

  private func actionNames(_ out: inout SwiftText) {
    out.documentation("Every action that exists; the guard denies anything else.")
    guard !actions.isEmpty else {
      out.line("public typealias Action = NoName")
      return
    }
    out.block("public enum Action: String, SpecName, Codable") { out in
      for action in actions {
        out.documentation(action.tool.description ?? "`\(action.tool.name)`")
        out.line("case \(action.member) = \(SwiftText.literal(action.tool.name))")
      }
    }
  }

  /// The type of a tool's result.
  private func result(_ tool: ToolDeclaration, _ type: String, _ out: inout SwiftText) {
    out.line()
    let words = "What `\(tool.name)` gives."
    switch tool.returns {
    case .record(let fields):
      record(RecordShape(name: type + "Result", fields: fields, documentation: words), &out)
    case .enumeration(let values): enumeration(type + "Result", values, words, &out)
    case let returns:
      var nested: [Nested] = []
      let swift = returns.map { swiftType($0, named: type + "Element", &nested) } ?? "JSON"
      for inner in nested { declare(inner, &out) }
      out.documentation(words)
      out.line("public typealias \(type)Result = \(swift)")
    }
  }

  private func proposals(_ out: inout SwiftText) {
    out.documentation("An action with its arguments.")
    out.block("public enum Proposal: TypedProposal") { out in
      for action in actions {
        out.documentation(action.tool.description ?? "`\(action.tool.name)`")
        out.line("case \(action.member)(\(action.type)Arguments)")
      }
      for action in actions {
        var nested: [Nested] = []
        let owner = action.type + "Arguments"
        let fields = fields(action.tool.arguments, in: owner, &nested)
        let unnamed = Set(nested.map(\.name))
        let parameters = fields.map { field in
          "\(field.member): \(Self.qualified(field.type, unnamed, in: owner))"
            + (field.isOptional ? " = nil" : "")
        }
        let values = fields.map { "\($0.member): \($0.member)" }
        out.line()
        out.documentation("`\(action.tool.name)` with its arguments.")
        out.block(
          "public static func \(action.member)(\(parameters.joined(separator: ", "))) -> Self"
        ) { out in
          out.line(".\(action.member)(\(owner)(\(values.joined(separator: ", "))))")
        }
      }
      out.line()
      out.block("public var values: [Value]?") { out in
        guard !actions.isEmpty else { return out.line("nil") }
        out.line("switch self {")
        for action in actions {
          out.line("case .\(action.member)(let value): value.specValues")
        }
        out.line("}")
      }
      members(
        "Arguments", "The arguments of an action, as JSON or another format holds them.",
        json: "arguments", &out)
    }
  }

  /// The name of a type that stands within another one, seen from outside.
  private static func qualified(_ type: String, _ unnamed: Set<String>, in owner: String) -> String
  {
    let name = type.filter { !"[]?:".contains($0) }.replacing("String ", with: "")
    guard unnamed.contains(name) else { return type }
    return type.replacing(name, with: "\(owner).\(name)")
  }

  private func observations(_ out: inout SwiftText) {
    out.documentation("What an action gave back.")
    out.block("public enum Observation: TypedObservation") { out in
      for action in actions {
        out.documentation("What `\(action.tool.name)` gave.")
        let none = action.tool.returns == nil ? " = .object([])" : ""
        out.line("case \(action.member)(\(action.type)Result\(none))")
      }
      members(
        "Result", "The answer of an action, as JSON or another format holds it.", json: "result",
        &out)
    }
  }

  /// What an enumeration with a case an action has in common: how it is read, its action and its JSON.
  /// - Parameter suffix: what the type of a case's value ends with.
  private func members(
    _ suffix: String, _ documentation: String, json: String, _ out: inout SwiftText
  ) {
    out.line()
    out.documentation(documentation)
    out.block("public init(_ action: Action, from decoder: any Decoder) throws") { out in
      guard !actions.isEmpty else { return out.line("throw NoName.decodingError(decoder)") }
      out.line("switch action {")
      for action in actions {
        out.line(
          "case .\(action.member): self = .\(action.member)(try \(action.type)\(suffix)(from: decoder))"
        )
      }
      out.line("}")
    }
    out.line()
    out.block("public var action: Action") { out in
      out.line("switch self {")
      for action in actions { out.line("case .\(action.member)(_): .\(action.member)") }
      out.line("}")
    }
    out.line()
    out.block("public var \(json): JSON") { out in
      out.line("switch self {")
      for action in actions { out.line("case .\(action.member)(let value): value.specJSON") }
      out.line("}")
    }
  }
}
