import CEL
import PlumblineBundle
import PlumblineDiagnostics
import SpecModel

extension Lowering {
  /// The type in a JSON Schema file of the package. The definitions in it that are used become types too.
  mutating func lowerSchema(
    _ declaration: inout TypeDeclaration, _ file: Located<String>
  ) -> TypeDeclaration.Definition {
    guard let bytes = package.read(file.value) else {
      report(.missingFile(file.value, at: file.range))
      return .type(.any)
    }
    let read = JSONSchemaReader.read(bytes, name: declaration.name, file: file.value)
    if let problem = read.problems.first {
      report(.badSchema(file.value, problem.description, at: file.range))
      return .type(.any)
    }
    for unchecked in read.unchecked {
      report(.schemaUnchecked(file.value, unchecked.description, at: file.range))
    }
    var types = read.types
    for index in types.indices {
      types[index].limits.removeAll { placed in
        guard case .pattern(let pattern) = placed.limit,
          let problem = RegexPattern.validate(pattern)
        else { return false }
        report(
          .schemaUnchecked(
            file.value, "the pattern `\(pattern)` is not checked, for RE2 refuses it: \(problem)",
            at: file.range))
        return true
      }
    }
    guard let first = types.first else { return .type(.any) }
    declaration.limits = first.limits
    for extra in types.dropFirst() {
      if typeNames.insert(extra.name).inserted {
        schemaTypes.append(extra)
      } else {
        report(.schemaTypeTaken(extra.name, file.value, at: file.range))
      }
    }
    return first.definition
  }
}
